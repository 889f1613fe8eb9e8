/** What compiled code finds around it: memory that may be full, printing, clocks. */
import { describe, expect, it, vi } from "vitest";
import { jit, KernelError } from "../../src/index.js";
import { allocator } from "../../src/wasm/core.js";
import { isFull } from "../harness/effort.js";
import { type AnyKernel, eachMode } from "../harness/modes.js";

function failure(action: () => unknown): KernelError {
  try {
    action();
  } catch (error) {
    expect(error).toBeInstanceOf(KernelError);
    return error as KernelError;
  }
  throw new Error("expected an error, got none");
}

describe.runIf(isFull)("an array that grows to the largest block", { timeout: 120_000 }, () => {
  it("ends with an error, and leaves the memory sound", async () => {
    const kernel = await jit<AnyKernel>(`
      export function grow(): void { const a: f64[] = []; for (;;) a.push(1); }
      export function repeat(): void { let s = "abc"; for (;;) s += s; }
      export function collect(): void { __collect(); }`);
    for (const name of ["grow", "repeat"]) {
      expect(failure(() => kernel[name]()).message).toBe(
        `${name}: expected room for more than 1 GiB, got blocks of at most 1 GiB. Use several.`,
      );
      kernel.collect();
    }
    kernel.free();
  });
});

eachMode((isPlain) => {
  describe("compiled code", () => {
    it("prints and reads clocks in a release build", async () => {
      const kernel = await jit<AnyKernel>(`
        export function say(): void {
          console.log("log"); console.info("info"); console.debug("debug"); console.warn("warn"); console.error("errör");
          console.assert(1 > 0, "true"); console.assert(0 > 1, "false");
          console.time("t"); console.timeLog("t"); console.timeEnd("t");
          trace("none"); trace("some", 3, 1, 2.5, -3);
        }
        export function now(): f64 { return performance.now(); }
        export function date(): i64 { return Date.now(); }
        export function random(): f64 { return Math.random(); }`);
      const said: string[] = [];
      const methods = ["log", "info", "debug", "warn", "error", "assert", "time", "timeLog", "timeEnd"] as const;
      const spies = methods.map((name) =>
        vi
          .spyOn(console, name)
          .mockImplementation((...values: unknown[]) => void said.push(`${name} ${values.join(" ")}`)),
      );
      kernel.say();
      for (const spy of spies) spy.mockRestore();
      expect(said).toEqual([
        ...[
          "log log",
          "info info",
          "debug debug",
          "warn warn",
          "error errör",
          "assert true true",
          "assert false false",
        ],
        ...["time t", "timeLog t", "timeEnd t", "log none", "log some 1 2.5 -3"],
      ]);
      expect(Math.abs(kernel.now() - performance.now())).toBeLessThan(1000);
      expect(Math.abs(Number(kernel.date()) - Date.now())).toBeLessThan(1000);
      expect(kernel.random()).toBeLessThan(1);
      kernel.free();
    });

    it("is told that the memory is full, with the function that was called, and goes on", async () => {
      const kernel = await jit<AnyKernel>(`
        class Big { a: StaticArray<f64> = new StaticArray<f64>(1000000); }
        let kept: Big | null = null;
        export function fill(): void { for (;;) kept = new Big(); }
        export function huge(): usize { return heap.alloc(2000000000); }
        export function reserve(): void { for (;;) heap.alloc(10000000); }
        export function collect(): void { kept = null; __collect(); }
        export function length(n: i32): i32 { return new Float64Array(n).length; }`);
      // Without touching the memory, which takes seconds.
      const blocks = Array.from({ length: 3 }, () => allocator().alloc(2 ** 30 - 64));
      for (const name of ["reserve", "fill"]) {
        const error = failure(() => kernel[name]());
        expect(error.kernel).toBe(name);
        const path = isPlain ? " in kernel/" : ". Call";
        expect(error.message).toMatch(
          new RegExp(`^${name}: expected room for \\d+ bytes, got out of memory, with 4\\d{3} MiB in use${path}`),
        );
        expect(error.message).toMatch(
          /Call __collect\(\) in the source where objects are no longer needed, use them again, or use more ranks\.$/,
        );
      }
      for (const block of blocks) allocator().free(block);
      expect(failure(() => kernel.huge()).message).toMatch(
        /^huge: expected room for more than 1 GiB, got blocks of at most 1 GiB(?: in .*)?\. Use several\.$/,
      );
      kernel.collect();
      expect(kernel.length(1000)).toBe(1000);
      kernel.free();
    });
  });
});
