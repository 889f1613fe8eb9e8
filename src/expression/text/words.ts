/** Words in texts, before these are read, and those that mean something elsewhere. */
import type { Tree } from "./grammar.js";

/** True where a text names a word, which is no part of another one, nor a function. */
export function namesWord(text: string, word: string): boolean {
  return new RegExp(`(?<![\\p{L}\\p{M}\\p{Nd}_.])${word}(?![\\p{L}\\p{M}\\p{Nd}_]|\\s*\\()`, "u").test(text);
}

/** What to write in place of words and signs that join comparisons elsewhere, or choose by them. */
const joined: ReadonlyMap<string, string> = new Map([
  ["and", "Multiply comparisons to join them, as in (a < b) * (b < c)."],
  ["or", "Write max(a < b, b < c) for one of two comparisons."],
  ["not", "Write 1 - (a < b) for the opposite of a comparison."],
  ["xor", "Write (a < b) != (b < c) for one of two comparisons alone."],
  ["if", "Write where(test, a, b)."],
  ["mod", "Write mod(a, b)."],
]);

/** The same of a word however it is written, or of a sign; undefined for another one. */
export function joinedText(word: string): string | undefined {
  const signs = ["&∧", "|∨", "!¬"].findIndex((all) => all.includes(word));
  return joined.get(["and", "or", "not"][signs] ?? word.toLowerCase());
}

/** What other languages call the names that there are. */
export const namedElsewhere: ReadonlyMap<string, string> = new Map(
  ["π", "PI", "Pi", "M_PI"].map((name) => [name, "pi"] as const),
);

/** What other languages call the functions that there are. */
export const calledElsewhere: ReadonlyMap<string, string> = new Map(
  Object.entries({
    mean: "average",
    avg: "average",
    sum: "integral",
    ln: "log",
    pow: "a^b",
    fabs: "abs",
    arctan2: "atan2",
    arctan: "atan",
    arcsin: "asin",
    arccos: "acos",
    heavyside: "heaviside",
    sgn: "sign",
    select: "where",
  }),
);

/** What to do about a name that is the unknown of another one, which is that of its rate: `u_t`. */
export function rateHint(name: string, names: readonly string[]): string | undefined {
  const rate = [`${name}_t`, `d${name}_dt`, `d${name}dt`].find((each) => names.includes(each));
  return rate && `Write ${name} in place of ${rate}: what stands there is the rate.`;
}

/** What to write in place of a call of a field with offsets, `u(1, 0)`; undefined for another call. */
export function neighbourText({ name, args }: Tree & { readonly kind: "call" }): string | undefined {
  const offsets = args.map((tree) => {
    const isNegative = tree.kind === "negate";
    const number = isNegative ? tree.operand : tree;
    return number.kind === "number" ? `${isNegative ? "-" : ""}${number.value}` : undefined;
  });
  if (offsets.length === 0 || offsets.includes(undefined)) return undefined;
  return `Write ${name}[${offsets.join(", ")}] for a cell beside.`;
}
