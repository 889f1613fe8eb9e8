/** The same source compiled and in plain mode, and what its calls end with, to be compared. */
import { jit } from "../src/index.js";

/** What a compiled module exports. */
export type Kernel = Record<string, (...values: unknown[]) => number | bigint> & { free(): void };

/** A kernel in each mode. */
export async function both(source: string): Promise<[compiled: Kernel, plain: Kernel]> {
  const compiled: Kernel = await jit(source);
  process.env.WASM_MPI_DISABLE_JIT = "1";
  try {
    return [compiled, await jit(source)];
  } finally {
    delete process.env.WASM_MPI_DISABLE_JIT;
  }
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
