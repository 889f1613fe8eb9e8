/** Sources that the compiler does not come to an end with, or that are nested deeper than its stack. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { CompileError, jit } from "../../src/index.js";
import { isTooLong } from "../../src/jit/apart.js";
import { temporaryFolder } from "../harness/command.js";
import { isFull, isQuick } from "../harness/effort.js";
import { root, runNode } from "../harness/process.js";

const folder = temporaryFolder();

/** Functions that each call the one before twice. */
const doubling = (count: number, f = "f") => `
  @inline function ${f}0(x: f64): f64 { return x + 1; }
  ${Array.from({ length: count }, (_, i) => `@inline function ${f}${i + 1}(x: f64): f64 { return ${f}${i}(x) * ${f}${i}(x + 1); }`).join("\n")}
  export function ${f}(x: f64): f64 { return ${f}${count}(x); }`;

const types = "names of at most 1000 letters, got ";
const todo = " .... Mend what makes a type of itself without end.";

/** Runs `jit` of the built package on a source, in a process of its own, and returns what it ends with. */
async function ended(source: string): Promise<string> {
  const program = join(folder, "limits.mjs");
  writeFileSync(
    program,
    `import { CompileError, jit } from ${JSON.stringify(join(root, "dist", "index.js"))};
    try { console.log("made", typeof (await jit(${JSON.stringify(source)})).f); }
    catch (error) { console.log(error instanceof CompileError, error.message); }`,
  );
  const { code, stdout, transcript } = await runNode([program], { env: { WASM_MPI_CACHE: "0" }, timeoutMs: 100_000 });
  expect(code, transcript).toBe(0);
  return stdout.trim();
}

describe("a source without end", { timeout: 120_000 }, () => {
  it.each([
    [
      "types of types in a function",
      "function g<T>(n: i32): i32 { return n > 0 ? g<T[]>(n - 1) + 1 : 0; } export function f(): i32 { return g<i32>(3); }",
      `jit: expected types with ${types}~lib/array/Array<~lib/array/Array<~lib/array/Array<~lib/arra${todo}`,
    ],
    [
      "types that double",
      `class P<A, B> { constructor(public a: A, public b: B) {} }
      function g<A, B>(n: i32): i32 { return n > 0 ? g<P<A, B>, A>(n - 1) + g<B, P<B, A>>(n - 1) : 0; }
      export function f(): i32 { return g<i32, f64>(20); }`,
      `jit: expected types with ${types}kernel/P<kernel/P<kernel/P<kernel/P<kernel/P<kernel/P<kernel${todo}`,
    ],
  ])("is refused: %s", async (_, source, text) => {
    const error = await jit(source).catch((reason) => reason);
    expect(error).toBeInstanceOf(CompileError);
    expect(error.message).toBe(text);
  });

  it("is refused: functions with @inline that double", async () => {
    const error = await jit(doubling(13)).catch((reason) => reason);
    expect(error).toBeInstanceOf(CompileError);
    expect(error.message).toMatch(/\nkernel\.ts:2:20: This function is inlined 8192 times\. Leave out @inline\.\n/);
    expect(error.line).toBe(2);
  });

  it.each([
    ["parentheses", `${"(".repeat(20_000)}x${")".repeat(20_000)}`],
    ["calls", `${"g(".repeat(20_000)}x${")".repeat(20_000)}`],
    ["arrays", `${"[".repeat(5_000)}x${"]".repeat(5_000)}.length`],
  ])("is an error where %s are nested deeper than the stack", async (_, text) => {
    const source = `function g(x: i32): i32 { return x; } export function f(x: i32): i32 { return ${text}; }`;
    const error = await jit(source).catch((reason) => reason);
    expect(error).toBeInstanceOf(CompileError);
    expect(error.message).toMatch(
      /^jit: expected source that compiles, got "a crash.*" from the compiler\. Make the source smaller until it compiles\.$/,
    );
  });

  it.skipIf(isQuick)("has a deeper stack on a thread of its own", async () => {
    const source = `export function f(x: i32): i32 { return ${"(".repeat(20_000)}x${")".repeat(20_000)}; }`;
    expect(await ended(source)).toBe("made function");
  });

  it("is not taken for one where other threads of the program are at work", () => {
    // Of the processor for all threads, and passed, in ms.
    expect(isTooLong(1e6, 500)).toBe(false);
    expect(isTooLong(19_000, 59_000)).toBe(false);
    expect(isTooLong(20_001, 20_001)).toBe(true);
    expect(isTooLong(5_000, 60_001)).toBe(true);
  });

  it.runIf(isFull)("ends after a time", async () => {
    // Each is inlined as often as is allowed.
    const source = Array.from({ length: 200 }, (_, index) => doubling(12, `f${index}_`)).join("\n");
    expect(await ended(source)).toBe(
      "true jit: expected source that compiles within 20 s, got no end. Split what is long, nested deep, or repeated by @inline, or pass { optimize: 0 }.",
    );
  });
});
