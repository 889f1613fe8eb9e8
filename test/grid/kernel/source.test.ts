/** Sources that no kernel can be made of, in the words of the compiler. */
import { describe, expect, it } from "vitest";
import { CompileError } from "../../../src/index.js";
import { isQuick } from "../../harness/effort.js";
import { grid, head } from "./heat.js";

describe.skipIf(isQuick)("what a kernel's source is refused for", () => {
  const table: readonly [source: string, message: string][] = [
    [
      "let n: i32 = 1;\nexport function f(u: Cells<f64>): void { n++; u.set(n); }",
      `2:5: n may change from cell to cell, whose order is open. Make it constant, or a parameter.
  let n: i32 = 1;
      ^`,
    ],
    [
      "class A { static n: f64 = 1; static readonly m: f64 = 2; }\nexport function f(u: Cells<f64>): void { u.set(A.n + A.m); }",
      `2:18: A.n may change from cell to cell, whose order is open. Make it constant, or a parameter.
  class A { static n: f64 = 1; static readonly m: f64 = 2; }
                   ^`,
    ],
    [
      "export function f(u: Cells<f64>): void { u.set(u.at(0)); }",
      `2:48: at takes 2 offsets, one for each axis of the grid, and not 1.
  export function f(u: Cells<f64>): void { u.set(u.at(0)); }
                                                 ^`,
    ],
    [
      "export function f(u: Cells<f64>): void { u.set(u.at(0, 0, 0)); }",
      `2:48: at takes 2 offsets, one for each axis of the grid, and not 3.
  export function f(u: Cells<f64>): void { u.set(u.at(0, 0, 0)); }
                                                 ^`,
    ],
    [
      "export function f(u: Cells<f64>, d: i32): void { u.set(u.at(d, 0)); }",
      `2:56: The offsets of at are constants, so that what a cell reads is known before the run. Pass functions values of at, not offsets.
  export function f(u: Cells<f64>, d: i32): void { u.set(u.at(d, 0)); }
                                                         ^`,
    ],
    [
      "export function f(u: Cells<f64>): void {\n  const a = u.at(-1, 0);\n  u.set(a); }",
      `3:13: u is set, and so read at (0, 0) only, not at (-1, 0): the order of the cells is open.
    const a = u.at(-1, 0);
              ^`,
    ],
    [
      "function g(v: Cells<f64>): f64 { return v.at(0, 1); }\nexport function f(u: Cells<f64>): void { u.set(g(u)); }",
      `2:41: u is set, and so read at (0, 0) only, not at (0, 1): the order of the cells is open.
  function g(v: Cells<f64>): f64 { return v.at(0, 1); }
                                          ^`,
    ],
    [
      "function g(v: Cells<f64>): Cells<f64> { return v; }\nexport function f(u: Cells<f64>): void { const w = x(0) > 1 ? u : g(u); u.set(w.at(1, 1)); }",
      `3:79: u is set, and so read at (0, 0) only, not at (1, 1): the order of the cells is open.
  export function f(u: Cells<f64>): void { const w = x(0) > 1 ? u : g(u); u.set(w.at(1, 1)); }
                                                                                ^`,
    ],
    [
      "class A { u: Cells<f64> | null = null; }\nexport function f(u: Cells<f64>): void { const a = new A(); a.u = u; u.set(1); }",
      `3:61: Cells can be passed to functions by name, and kept nowhere.
  export function f(u: Cells<f64>): void { const a = new A(); a.u = u; u.set(1); }
                                                              ^`,
    ],
    [
      "export function f(u: Cells<f64>): void { changetype<Cells<f64>>(changetype<usize>(u) + 8).set(1); }",
      `2:42: Cells are parameters of the kernel: there are no others.
  export function f(u: Cells<f64>): void { changetype<Cells<f64>>(changetype<usize>(u) + 8).set(1); }
                                           ^`,
    ],
    [
      "export function f(u: Cells<f64>, n: i32): void { u.set(i(2) + x(n)); }",
      `2:56: The axis of i is a constant from 0 to 1 of the grid.
  export function f(u: Cells<f64>, n: i32): void { u.set(i(2) + x(n)); }
                                                         ^
kernel.ts:2:63: The axis of x is a constant from 0 to 1 of the grid.
  export function f(u: Cells<f64>, n: i32): void { u.set(i(2) + x(n)); }
                                                                ^`,
    ],
    [
      "export function f(u: Cells<f64>, n: i64): void { u.set(<f64>n); }",
      `2:37: n is i64. A kernel takes Cells of f64, f32 or i32, and numbers: f64, f32, i32, u32 or bool.
  export function f(u: Cells<f64>, n: i64): void { u.set(<f64>n); }
                                      ^`,
    ],
    [
      "export function f(u: Cells<u8>): void { u.set(1); }",
      `2:22: u is Cells<u8>. A kernel takes Cells of f64, f32 or i32, and numbers: f64, f32, i32, u32 or bool.
  export function f(u: Cells<u8>): void { u.set(1); }
                       ^`,
    ],
    [
      "export function f(u: Cells<f64>): f64 { u.set(1); return 1; }",
      `2:35: A kernel returns nothing: it calls set.
  export function f(u: Cells<f64>): f64 { u.set(1); return 1; }
                                    ^`,
    ],
    [
      "export function f(u: Cells<f64>, k: f64): void { k *= u.at(0, 0); }",
      `2:17: A kernel sets a field: call set of one of its Cells.
  export function f(u: Cells<f64>, k: f64): void { k *= u.at(0, 0); }
                  ^`,
    ],
    [
      "export function f(u: Cells<f64>): void { u.set(1); }\nexport function g(): void {}",
      `3:17: A kernel exports one function, which is called for each cell, and not g beside f.
  export function g(): void {}
                  ^`,
    ],
    [
      "export const f = 1;",
      `2:14: A kernel exports one function, which is called for each cell, and not f.
  export const f = 1;
               ^`,
    ],
    [
      "function f(u: Cells<f64>): void { u.set(1); }",
      `1:1: A kernel exports one function, which is called for each cell.
  import { Cells, i, x } from "stencil";
  ^`,
    ],
    [
      'import { rank } from "mpi";\nexport function f(u: Cells<f64>): void { u.set(rank()); }',
      `2:22: A kernel imports "stencil" and files beside it, not "mpi".
  import { rank } from "mpi";
                       ^`,
    ],
  ];

  it.each(table)("%s", async (source, message) => {
    const places = message.match(/^(kernel\.ts:)?\d+:\d+:/gm)!.length;
    const count = places === 1 ? "an error. Mend this line" : `${places} errors. Mend these lines`;
    const text = `Grid.kernel: expected source that compiles, got ${count}.\nkernel.ts:${message}`;
    const error = await grid.kernel(head + source).catch((failure) => failure);
    expect(error).toBeInstanceOf(CompileError);
    expect(error.message).toBe(text);
  });
});
