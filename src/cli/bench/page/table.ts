/** What a bench has found, as a table. */

/** In words: the first line, others, and rows of which the first are heads. */
export interface Table {
  readonly about: string;
  readonly notes: readonly string[];
  readonly above: readonly string[];
  readonly rows: readonly (readonly string[])[];
}
