/** What texts of others may do to a terminal: nothing; and what it can show. */
import { WriteStream } from "node:tty";
import type { Screen } from "../plot/terminal/screen.js";

/** Control characters but tabs and line breaks, and marks that turn the direction of a text. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for.
const unprintable = /[\0-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

const escaped = (character: string) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;

/** A text that a terminal shows and does not obey: `\u001b` in place of an escape. */
export function printable(text: string): string {
  return text.replace(unprintable, escaped);
}

/** The same, in one line. */
export function printableLine(text: string): string {
  return printable(text.replace(/[\t\n]/g, " "));
}

/** Lines of a terminal, where it does not say how many it has. */
const [usualColumns, usualRows] = [80, 24];

/** The lines that stand around a picture. */
const around = 6;

/**
 * What a stream can show: colours where it is a terminal that has them (NO_COLOR, COLORTERM and TERM say it, and FORCE_COLOR for
 * any stream), and characters beyond ASCII where the locale has no other set than UTF-8.
 */
export function screenOf(
  stream: Pick<NodeJS.WriteStream, "isTTY" | "columns" | "rows">,
  env: NodeJS.ProcessEnv = process.env,
): Screen {
  const { NO_COLOR, FORCE_COLOR, COLUMNS } = env;
  const locale = env.LC_ALL || env.LC_CTYPE || env.LANG || "UTF-8";
  const isShown = (stream.isTTY || FORCE_COLOR !== undefined) && !NO_COLOR && /utf-?8/i.test(locale);
  const depth = isShown ? WriteStream.prototype.getColorDepth.call(stream, env) : 1;
  return {
    columns: stream.columns || Number(COLUMNS) || usualColumns,
    rows: Math.max(usualRows, stream.rows || usualRows) - around,
    colours: depth >= 24 ? "true" : depth >= 8 ? "256" : "none",
  };
}
