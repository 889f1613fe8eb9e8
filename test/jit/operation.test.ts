import { describe, expect, it } from "vitest";
import { CompileError, jit, mpi } from "../../src/index.js";

const head = 'import { SUM, View, allreduce, barrier, createOp, rank, wtime } from "mpi";\n';
const call =
  "A function of createOp calls no MPI: it is called in the middle of a reduction. Make the call before or after.";
const index = "A function of createOp gets elements that are numbered from 0. Group those that belong together.";

describe("a function of createOp", () => {
  mpi.init();
  it.each<[source: string, message: string]>([
    [
      "const op = createOp<f64>((a, b) => { for (let i = 0; i < b.length; i++) b[i] += allreduce<f64>(a[i], SUM); });\nexport function f(x: f64): f64 { return allreduce<f64>(x, op); }",
      `2:81: ${call}
  const op = createOp<f64>((a, b) => { for (let i = 0; i < b.length; i++) b[i] += allreduce<f64>(a[i], SUM); });
                                                                                  ^`,
    ],
    [
      "function wait(): void { barrier(); }\nfunction each(a: View<i32>, b: View<i32>): void { wait(); b[0] += a[0]; }\nexport function f(): i32 { const g = each; return createOp<i32>(g); }",
      `2:25: ${call}
  function wait(): void { barrier(); }
                          ^`,
    ],
    [
      "export function f(): i32 { return createOp<i32>((a, b) => { [3, 1].forEach((n) => { barrier(); }); }); }",
      `2:61: ${call}
  export function f(): i32 { return createOp<i32>((a, b) => { [3, 1].forEach((n) => { barrier(); }); }); }
                                                              ^`,
    ],
    [
      "export function f(): i32 { return createOp<f32>((a, b) => { b[0] += a[-1]; }); }",
      `2:69: ${index}
  export function f(): i32 { return createOp<f32>((a, b) => { b[0] += a[-1]; }); }
                                                                      ^`,
    ],
  ])("is refused: %s", async (source, message) => {
    const text = `jit: expected source that compiles, got an error. Mend this line.\nkernel.ts:${message}`;
    const error = await jit(head + source).catch((failure) => failure);
    expect(error).toBeInstanceOf(CompileError);
    expect(error.message).toBe(text);
  });

  it("may sort, ask for the rank and the time; what is no such function may call MPI", async () => {
    const module = await jit<{ f(x: number): number }>(`${head}
      const op = createOp<f64>((a, b) => {
        const both = [a[0], b[0]];
        both.sort((x, y) => x < y ? -1 : 1);
        b[0] = both[1] + 0 * rank() + 0 * <f64>(wtime() < 0);
      });
      function shared(x: f64, _i: i32, _all: f64[]): f64 { return allreduce<f64>(x, SUM); }
      function waits(a: View<f64>, b: View<f64>): void { barrier(); }
      const before = waits;
      export function g(): void { before(new View<f64>(0, 0), new View<f64>(0, 0)); }
      export function f(x: f64): f64 { return allreduce<f64>([x].map<f64>(shared)[0], op); }`);
    expect(module.f(3)).toBe(3);
    module.free();
  });
});
