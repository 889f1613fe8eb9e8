import { describe, expect, it } from "vitest";
import { CompileError, Grid, mpi } from "../../src/index.js";
import { isFull, isQuick } from "../harness/effort.js";
import { withMode } from "../harness/modes.js";

const grid = new Grid(mpi.init(), { shape: [4, 3] });
const head = 'import { Cells, i } from "stencil";\n';

const write =
  "A kernel sets its Cells and local variables, and writes nothing else: the order of the cells is open. Call set of a field.";
const read = "A kernel reads its Cells, numbers and constants: what else is in memory may change. Pass it as a field.";
const object =
  "A kernel makes no objects: each cell would take memory. Use numbers, or a table outside functions: const w: StaticArray<f64> = [1, 2, 1].";
const outside =
  "Random numbers, clocks and functions of outside differ from cell to cell and from rank to rank. Pass a number to the kernel.";
const address = (name: string) =>
  `${name} is not for kernels: addresses differ from rank to rank. Use Cells and numbers.`;

/** A kernel of one field with this body, and lines before it. */
const cell = (body: string, before = "") => `${before}export function f(u: Cells<f64>): void { ${body} }`;

// Each compiles a kernel.
describe.skipIf(isQuick)("a kernel whose result could depend on the order of cells or on the rank", () => {
  // The places are by line and by what stands there.
  const table: readonly [source: string, ...refusals: [line: number, at: string, message: string][]][] = [
    [cell("a[0] = a[0] + 1; u.set(a[0]);", "const a = new StaticArray<f64>(1);\n"), [2, "new", object]],
    [cell("a.x += 1; u.set(a.x);", "class A { x: f64 = 0; }\nconst a = new A();\n"), [3, "new", object]],
    [cell("w[0] += 1; u.set(w[0]);", "const w: StaticArray<f64> = [1, 2];\n"), [3, "w[0] +=", write]],
    [cell("u.set(1); unchecked(w[1] = 2);", "const w = [1, 2];\n"), [3, "unchecked", write]],
    [
      cell("A.t[1]++; u.set(A.t[1]);", "class A { static readonly t: StaticArray<f64> = [1, 2]; }\n"),
      [3, "A.t[1]++", write],
    ],
    [
      cell(
        "fill(w); u.set(1);",
        "const w: StaticArray<f64> = [1];\nfunction fill(t: StaticArray<f64>): void { t.fill(2); }\n",
      ),
      [3, "t.fill", write],
    ],
    [cell("u.set(<f64>[1, 2].length);"), [2, "[1, 2]", object]],
    [cell("const a = new Array<f64>(3); u.set(a.length);"), [2, "new", object]],
    [cell("store<f64>(0, 1); u.set(1);"), [2, "store", write]],
    [cell("u.set(load<f64>(8));"), [2, "load", read]],
    [cell("u.set(i32.load(8));"), [2, "i32.load", read]],
    [cell("u.set(<f64>atomic.add<i32>(8, 1));"), [2, "<f64>atomic", write]],
    [cell("u.set(Math.random());"), [2, "Math", outside]],
    [cell("u.set(c);", "const c = Math.random();\n"), [2, "Math", outside]],
    [cell("u.set(g(Math.random));", "function g(h: () => f64): f64 { return h(); }\n"), [2, "h();", outside]],
    [cell("u.set(<f64>Date.now());"), [2, "<f64>Date", outside]],
    [cell('trace("cell"); u.set(1);'), [2, "trace", outside]],
    [cell("u.set(now());", '@external("env", "now") declare function now(): f64;\n'), [3, "now", outside]],
    [cell("memory.grow(1); u.set(1);"), [2, "memory", address("memory")]],
    [cell("u.set(<f64>heap.alloc(8));"), [2, "heap", address("heap")]],
    [cell("u.set(<f64>changetype<usize>(u));"), [2, "changetype", address("changetype")]],
    [cell("u.set(<f64>__heap_base);"), [2, "__heap_base", address("__heap_base")]],
    [
      cell("u.set(t);", '@external("env", "t") declare const t: f64;\n'),
      [2, "t: f64", "t may change from cell to cell, whose order is open. Make it constant, or a parameter."],
    ],
  ];

  it.each(table)("%s is refused", async (source, ...refusals) => {
    const lines = (head + source).split("\n");
    const shown = refusals.map(([line, at, message]) => {
      const column = lines[line - 1]!.indexOf(at, line === lines.length ? 40 : 0);
      return `kernel.ts:${line}:${column + 1}: ${message}\n  ${lines[line - 1]}\n  ${" ".repeat(column)}^`;
    });
    const count = shown.length === 1 ? "an error. Mend this line" : `${shown.length} errors. Mend these lines`;
    const text = `Grid.kernel: expected source that compiles, got ${count}.\n${shown.join("\n")}`;
    // What is refused is looked at before the modes part.
    for (const mode of isFull ? ["0", "1"] : ["0"]) {
      const error = await withMode(mode, () => grid.kernel(head + source).catch((failure) => failure));
      expect(error.message).toBe(text);
      expect(error).toBeInstanceOf(CompileError);
    }
  });

  const values: readonly [source: string, value: number][] = [
    [cell("u.set(w[1] + w.length);", "const w: StaticArray<f64> = [1, 2.5, 1];\n"), 5.5],
    [cell("u.set(unchecked(w[1]) * c);", "const w = [1, 2, 1 / 4.0];\nconst c = Math.sqrt(16.0);\n"), 8],
    [
      cell(
        "u.set(N.k + N.t[1]);",
        "namespace N { export const k: f64 = 3; export const t: StaticArray<i32> = [1, 2]; }\n",
      ),
      5,
    ],
    [cell("u.set(g((x) => x * x, 3));", "function g(h: (x: f64) => f64, x: f64): f64 { return h(x); }\n"), 9],
    [cell("u.set(Math.sin(1e22));"), Math.sin(1e22)],
    [
      cell(
        'if (u.at(0, 0) > 9) throw new Error("large"); u.set(load(2));',
        "function load(x: f64): f64 { return x; }\n",
      ),
      2,
    ],
    [cell("const memory = u.at(0, 0); u.set(memory + 1);"), 2],
  ];

  /** Plain mode, and debug builds: all pairs in the full tests. */
  const all: readonly [mode: string, debug: boolean][] = [
    ["0", false],
    ["1", true],
    ["0", true],
    ["1", false],
  ];
  const ways = all.slice(0, isFull ? 4 : 2);

  it.each(values)("%s is not", async (source, value) => {
    for (const [mode, debug] of ways) {
      const kernel = await withMode(mode, () => grid.kernel(head + source, { debug }));
      const u = grid.field(1);
      kernel.run({ u });
      expect(u.max()).toBeCloseTo(value, 14);
      kernel.free();
    }
  });
});
