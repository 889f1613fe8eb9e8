/** Errors in a source, shown with their line and a caret under the column; whoever has found them. */
import { wrong } from "./argument.js";
import { CompileError } from "./errors.js";

/** Something that is wrong in a source. */
export interface Diagnostic {
  readonly message: string;
  /** The name of the source. */
  readonly file: string;
  /** Its text, and the index in it of the character that is wrong; left out when no place is known. */
  readonly text?: string | undefined;
  readonly position?: number | undefined;
}

/** A place in a source, by its name; line and column count from 1. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** At most so many errors are shown; further ones often follow from them. */
const shown = 5;

/** The start of a source, for an error without a place. */
export function startOf(file: string): Place {
  return { file, line: 1, column: 1 };
}

/** A line of at most so many characters is shown whole, of a longer one this much on either side of the caret. */
const [whole, around] = [160, 50];

/** The place of a character of a text, its line, and a caret under it. */
function lookUp(text: string, position: number): { line: number; column: number; source: string; caret: string } {
  const before = text.slice(0, position).split("\n");
  const [line, column] = [before.length, before.at(-1)!.length + 1];
  const full = text.split("\n")[line - 1]!.trimEnd();
  const [first, last] =
    full.length > whole ? [Math.max(0, column - 1 - around), column - 1 + around] : [0, full.length];
  const source = `${first > 0 ? "..." : ""}${full.slice(first, last)}${last < full.length ? "..." : ""}`;
  // Tabs stay tabs, so that the caret is under its column however wide they are.
  const width = column - 1 - first + (first > 0 ? 3 : 0);
  const indent = source.slice(0, width).replace(/[^\t]/g, " ");
  return { line, column, source, caret: `${indent.padEnd(width)}^` };
}

/** Where something is wrong in a source, and the lines that show it. */
export function pointOut({ message, file, text, position }: Diagnostic): Place & { readonly lines: readonly string[] } {
  if (text === undefined || position === undefined) return { ...startOf(file), lines: [`${file}:1:1: ${message}`] };
  const { line, column, source, caret } = lookUp(text, position);
  return { file, line, column, lines: [`${file}:${line}:${column}: ${message}`, `  ${source}`, `  ${caret}`] };
}

/** A text of a caller in the language of expressions, and what errors call it: `Pde: "c"`. */
export interface Text {
  readonly where: string;
  readonly text: string;
}

/** The error of a text that is wrong at a place, which it shows with a caret below; to be thrown. */
export function wrongText(
  { where, text }: Text,
  position: number,
  expected: string,
  got: string,
  todo: string,
): CompileError {
  const { line, column, source, caret } = lookUp(text, position);
  const number = text.includes("\n") ? `${line} | ` : "";
  const lines = [
    wrong(where, expected, got, todo).message,
    `  ${number}${source}`,
    `  ${" ".repeat(number.length)}${caret}`,
  ];
  return new CompileError(lines.join("\n"), { file: where, line, column });
}

/** One error of all that is wrong in the sources of a call; to be thrown. */
export function compileError(where: string, diagnostics: readonly Diagnostic[]): CompileError {
  const places = diagnostics.slice(0, shown).map(pointOut);
  const { length } = diagnostics;
  const [count, lines] = length === 1 ? ["an error", "this line"] : [`${length} errors`, "these lines"];
  const head = `${where}: expected source that compiles, got ${count}. Mend ${lines}.`;
  const rest = length > shown ? [`and ${length - shown} more`] : [];
  return new CompileError([head, ...places.flatMap((place) => place.lines), ...rest].join("\n"), places[0]!);
}
