/** The shells that there is a completion for. */
import { expectOneOf } from "../../argument.js";

export const shells = ["bash", "zsh", "fish"] as const;
export type Shell = (typeof shells)[number];

/** The shell that a word names. @throws UsageError */
export const shellOf = (text: string): Shell => expectOneOf('"shell"', text, shells);
