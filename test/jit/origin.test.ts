import { describe, expect, it } from "vitest";
import { CompileError, jit, mpi } from "../../src/index.js";

mpi.init();

async function messageOf(source: string): Promise<string> {
  const error: unknown = await jit(source).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(CompileError);
  return (error as CompileError).message;
}

describe("an error that the compiler finds in a file that is not the caller's", () => {
  it("is told at the call in the caller's, once, whatever stands between", async () => {
    const source = `import { SUM, allreduce, send } from "mpi";
class Point { x: f64 = 0; }
function twice(x: f64): f64 { return 2 * allreduce(x, SUM); }
function pass<T>(values: T): void { send(values, 0); }
export function f(x: f64): f64 {
  pass([new Point()]);
  return allreduce(
    twice(allreduce(x, SUM)),
    "sum",
  );
}`;
    expect(await messageOf(source)).toBe(
      [
        "jit: expected source that compiles, got 2 errors. Mend these lines.",
        "kernel.ts:4:37: expected elements of i8 to u64, f32 or f64",
        "  function pass<T>(values: T): void { send(values, 0); }",
        "                                      ^",
        "kernel.ts:7:10: allreduce: expected a number and an operation, or two arrays or views",
        "    return allreduce(",
        "           ^",
      ].join("\n"),
    );
  });

  it("is told there as well where it is the compiler's own file", async () => {
    const source = `class Point { x: f64 = 0; }
export function f(): i32 {
  return [new Point()].join("x").length;
}`;
    expect(await messageOf(source)).toBe(
      [
        "jit: expected source that compiles, got an error. Mend this line.",
        "kernel.ts:3:10: Property 'toString' does not exist on type 'kernel/Point'.",
        '    return [new Point()].join("x").length;',
        "           ^",
      ].join("\n"),
    );
  });
});
