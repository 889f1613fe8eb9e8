/** What texts of others may do to a terminal: nothing. */

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
