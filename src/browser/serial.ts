/** Texts as bytes: of JavaScript's values what errors tell from rank to rank. */
import { wrong } from "../argument.js";
import { bytesOfText, textOfBytes } from "../mpi/library/native.js";

/** @throws UsageError for anything but a text; names the call and the argument */
export function serialized(value: unknown, call: string, argument: string): Uint8Array {
  if (typeof value === "string") return bytesOfText(value);
  const expected = "a text, or Node.js, which serialises values";
  throw wrong(`${call}: "${argument}"`, expected, "a browser", "Send typed arrays.");
}

export function expectMessage(): void {}

export function deserialized(bytes: Uint8Array): string {
  return textOfBytes(bytes);
}
