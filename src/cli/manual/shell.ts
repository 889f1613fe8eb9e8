/** The shells that there is a completion for, and what a text is as a word of a command. */
import { expectOneOf } from "../../argument.js";

export const shells = ["bash", "zsh", "fish"] as const;
export type Shell = (typeof shells)[number];

/** The shell that a word names. @throws UsageError */
export const shellOf = (text: string): Shell => expectOneOf('"shell"', text, shells);

/** A text as one word of a command that is suggested: as it is, or in quotes. */
export function shellWord(text: string): string {
  const isWindows = process.platform === "win32";
  if (/^[\w./:%@+=,-][\w./:%@+=,~-]*$/.test(text) || (isWindows && /^[\w./\\:~-]+$/.test(text))) return text;
  return isWindows || !/["$`\\!]/.test(text) ? `"${text}"` : `'${text.replaceAll("'", "'\\''")}'`;
}
