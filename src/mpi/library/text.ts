import { show, wrong } from "../../argument.js";
import type { World } from "./world.js";

/** The bounds of a text that a library keeps, in bytes of UTF-8. */
export interface TextBounds {
  readonly least: number;
  /** The length of the library's C array, with the zero at the end. */
  readonly room: number;
}

/**
 * The address of a text that the next call reads.
 * @throws UsageError when it is no text or the library would cut it; `where` names the call and the argument
 */
export function textOf(world: World, value: string, { least, room }: TextBounds, where: string): number {
  const byteLength = typeof value === "string" ? Buffer.byteLength(value) : -1;
  if (byteLength >= least && byteLength < room && !value.includes("\0")) return world.text(value);
  const range = `a text of ${least} to ${room - 1} bytes`;
  const got = byteLength < 0 || value.includes("\0") ? show(value) : `one of ${byteLength}`;
  throw wrong(where, `${range}, none of them 0`, got, "Choose another.");
}
