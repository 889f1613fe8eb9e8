/** Error texts that a program on ranks prints as one document, by the names of what was done wrong. */
import { expect } from "vitest";
import type { Result } from "./process.js";

/** The program ends well, and prints exactly these texts, in this order. */
export function expectTexts(result: Result, expected: Readonly<Record<string, string | RegExp>>): void {
  expect(result.code, result.transcript).toBe(0);
  const texts = JSON.parse(result.stdout) as Record<string, string>;
  expect(Object.keys(texts)).toEqual(Object.keys(expected));
  for (const [name, text] of Object.entries(expected)) {
    if (typeof text === "string") expect(texts[name], name).toBe(text);
    else expect(texts[name], name).toMatch(text);
  }
}
