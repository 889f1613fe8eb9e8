/** The same source compiled and in plain mode, and what its calls end with, to be compared. */
import { afterAll, beforeAll, describe } from "vitest";
import { type JitOptions, jit } from "../../src/index.js";
import { isQuick } from "./effort.js";

/** What a compiled module exports. */
export type Kernel = Record<string, (...values: unknown[]) => number | bigint> & { free(): void };

/** The same with functions of all types. */
// biome-ignore lint/suspicious/noExplicitAny: each test knows the types of its functions.
export type AnyKernel = Record<string, any> & { free(): void };

/** Does something with the variable that chooses the mode set. */
export async function withMode<T>(value: string, action: () => Promise<T>): Promise<T> {
  process.env.WASM_MPI_DISABLE_JIT = value;
  try {
    return await action();
  } finally {
    delete process.env.WASM_MPI_DISABLE_JIT;
  }
}

/** A kernel in each mode. */
export async function both(source: string, options: JitOptions = {}): Promise<[compiled: Kernel, plain: Kernel]> {
  const made = (): Promise<Kernel> => jit(source, options);
  return [await withMode("0", made), await withMode("1", made)];
}

/** What a call returns, its bits where it is a number, or the trap that ends it. */
export function outcome(call: () => number | bigint | undefined): string {
  try {
    const value = call();
    if (typeof value !== "number") return String(value);
    // The bits of a NaN are left open by WebAssembly.
    return Number.isNaN(value) ? "NaN" : String(new BigInt64Array(Float64Array.of(value).buffer)[0]);
  } catch (error) {
    return (error as Error).message.replace(/ in [\w/, ]+\. Mend that function\.$|\. Compile it .*$/, "");
  }
}

/**
 * A suite for `jit` as it is, and the same in plain mode, in this process and in those that it starts; `npm run test:quick`
 * leaves plain mode to its own tests.
 */
export function eachMode(suite: (isPlain: boolean) => void): void {
  for (const isPlain of isQuick ? [false] : [false, true]) {
    describe(isPlain ? "in plain mode" : "compiled", () => {
      beforeAll(() => {
        process.env.WASM_MPI_DISABLE_JIT = isPlain ? "1" : "0";
      });
      afterAll(() => {
        delete process.env.WASM_MPI_DISABLE_JIT;
      });
      suite(isPlain);
    });
  }
}
