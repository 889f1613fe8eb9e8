/** What a bench has found, as a table. */

/** In words: the first line, others, and rows of which the first are heads. */
export interface Table {
  readonly about: string;
  readonly notes: readonly string[];
  readonly above: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** The heads of columns of which the line above names some together. */
export function wholeHeads({ above, rows: [head = [], ...body] }: Table): (readonly string[])[] {
  let name = "";
  const heads = head.map((text, column) => {
    name = above[column] || name;
    return name === "" ? text : `${name}: ${text}`;
  });
  return [heads, ...body];
}
