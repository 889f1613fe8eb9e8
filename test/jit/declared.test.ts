/** Exports of a source that cannot cross the border to JavaScript. */
import { describe, expect, it } from "vitest";
import { CompileError, jit } from "../../src/index.js";

async function compileError(source: string): Promise<CompileError> {
  const error = await jit(source).catch((reason) => reason);
  expect(error).toBeInstanceOf(CompileError);
  return error;
}

describe("what cannot cross the border is an error with line and caret:", () => {
  const cases: [what: string, source: string, place: string, message: string][] = [
    [
      "a class",
      "export class Foo {}",
      "1:14",
      "Foo, a class or a namespace, cannot be exported. Export functions that use it.",
    ],
    [
      "a namespace",
      "export namespace ns { export function f(): void {} }",
      "1:18",
      "ns, a class or a namespace, cannot be exported. Export functions that use it.",
    ],
    [
      "a generic function",
      "export function g<T>(x: T): T { return x; }",
      "1:17",
      "The generic function g cannot be exported. Export a function that calls it with one type.",
    ],
    [
      "a callback",
      "export function f(x: f64, call: (x: f64) => f64): f64 { return call(x); }",
      "1:33",
      "(f64) => f64 cannot be passed between JavaScript and compiled code. Declare an import, and give the function as { imports }.",
    ],
    [
      "a variable that holds a function",
      "export const f = (x: f64): f64 => x * 2;",
      "1:14",
      "f, a variable that holds a function, cannot be exported. Write export function f.",
    ],
    [
      "no export beside a function that is not called",
      "function twice(x: f64): f64 { return x * 2; }",
      "1:10",
      "Nothing is exported, and twice is not called. Write export function twice.",
    ],
    [
      "no export beside imports that are not used",
      'import { rank, size } from "mpi"; function first(): bool { return rank() == 0; }',
      "1:44",
      "Nothing is exported, and first is not called. Write export function first.",
    ],
    [
      "a fraction in a variable that begins as a whole number",
      "export function f(): f64 { let s = 0; s += 0.5; return s; }",
      "1:44",
      "Conversion from type 'f64' to 'i32' requires an explicit cast. A variable that begins as 0 is an i32: write 0.0 there.",
    ],
    [
      "a vector",
      "\nexport function f(x: v128): void {}",
      "2:22",
      "v128 cannot be passed between JavaScript and compiled code. Pass the address of a value, as usize.",
    ],
    [
      "a vector that is returned",
      "export function f(): v128 { return f64x2.splat(1); }",
      "1:22",
      "v128 cannot be passed between JavaScript and compiled code. Pass the address of a value, as usize.",
    ],
    [
      "a variable of a vector",
      "export const V: v128 = f64x2.splat(1);",
      "1:17",
      "v128 cannot be passed between JavaScript and compiled code. Pass the address of a value, as usize.",
    ],
    [
      "an array of texts",
      "export function f(names: string[]): void {}",
      "1:26",
      "Array<string> cannot be passed between JavaScript and compiled code. Pass arrays of numbers.",
    ],
    [
      "an import that takes a function",
      '@external("host", "f") declare function f(g: () => void): void; export function h(): void { f(() => {}); }',
      "1:46",
      "() => void cannot be passed between JavaScript and compiled code. Declare an import, and give the function as { imports }.",
    ],
    [
      "the name then",
      "export function then(): void {}",
      "1:17",
      "The name then, by which await takes a module for a promise, cannot be exported. Rename it.",
    ],
    [
      "the name free",
      "export function free(): void {}",
      "1:17",
      "The name free, which gives back the module, cannot be exported. Rename it.",
    ],
    [
      "a name of the runtime",
      "export function __end(): void {}",
      "1:17",
      "The name __end, of the runtime like all that begin so, cannot be exported. Rename it.",
    ],
  ];
  it.each(cases)("%s", async (_, source, place, message) => {
    const error = await compileError(source);
    const [line, column] = place.split(":").map(Number);
    expect([error.line, error.column]).toEqual([line, column]);
    const text = source.split("\n")[line! - 1]!;
    expect(error.message).toBe(
      [
        "jit: expected source that compiles, got an error. Mend this line.",
        `kernel.ts:${place}: ${message}`,
        `  ${text}`,
        `  ${" ".repeat(column! - 1)}^`,
      ].join("\n"),
    );
  });

  it("each of several, also in files whose exports are passed on", async () => {
    const error = await jit({
      files: {
        "a.ts":
          'export * from "./b"; export { C } from "./b"; export type T = i32; export function f(x: T): T { return x; }',
        "b.ts": "export class C {}\nexport function g(x: v128): void {}",
      },
    }).catch((reason) => reason);
    expect(error).toBeInstanceOf(CompileError);
    expect(error.message).toContain("got 2 errors. Mend these lines.\nb.ts:1:14: C, a class");
    expect(error.message).toContain("\nb.ts:2:22: v128 cannot be passed");
  });
});
