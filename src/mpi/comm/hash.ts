/** Two numbers below 2^48 that tell texts apart: the first of their SHA-1. In a browser there is another hash. */
import { builtin } from "../../package.js";

export function numbersOf(text: string): readonly [number, number] {
  const hash = builtin("crypto").createHash("sha1").update(text).digest();
  return [hash.readUIntBE(0, 6), hash.readUIntBE(6, 6)];
}
