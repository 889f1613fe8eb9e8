/** Views of fields in compiled code. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import binaryen from "assemblyscript/binaryen";
import { describe, expect, it } from "vitest";
import { Grid, heap, jit, mpi } from "../../src/index.js";
import { compile } from "../../src/jit/compiler.js";
import { eachMode } from "../harness/modes.js";
import { root } from "../harness/process.js";

const comm = mpi.init({ library: "solo" });

type Kernel = Record<string, (...values: unknown[]) => number> & { free(): void };

/** Coordinates in a value, halo cells included. */
const code = (i: number, j: number, k: number) => 10_000 * (i + 5) + 100 * (j + 5) + (k + 5);

const source = (type: string) => `
  import { Array1, Array2, Array3 } from "field";
  function code(i: i32, j: i32, k: i32): i32 { return 10000 * (i + 5) + 100 * (j + 5) + k + 5; }
  export function fill1(p: usize, nx: i32, h: i32): i32 {
    const a = new Array1<${type}>(p, nx, h);
    for (let i = -h; i < nx + h; i++) a.set(i, <${type}>code(i, 0, 0));
    const same = a.ptr == p && a.at(0) == p + h * sizeof<${type}>() && a.nx == nx && a.halo == h && a.get(nx) == <${type}>code(nx, 0, 0);
    a.free();
    return same;
  }
  export function fill2(p: usize, nx: i32, ny: i32, h: i32): i32 {
    const a = new Array2<${type}>(0, nx, ny, h).moveTo(p);
    for (let i = -h; i < nx + h; i++)
      for (let j = -h; j < ny + h; j++) a.set(i, j, <${type}>code(i, j, 0));
    const same = a.ptr == p && a.nx == nx && a.ny == ny && a.halo == h && a.get(-h, ny) == <${type}>code(-h, ny, 0);
    a.free();
    return same;
  }
  export function fill3(p: usize, nx: i32, ny: i32, nz: i32, h: i32): i32 {
    const a = new Array3<${type}>(0, nx, ny, nz, h).moveTo(p);
    for (let i = -h; i < nx + h; i++)
      for (let j = -h; j < ny + h; j++)
        for (let k = -h; k < nz + h; k++) a.set(i, j, k, <${type}>code(i, j, k));
    const same = a.ptr == p && a.nx == nx && a.ny == ny && a.nz == nz && a.get(0, -h, nz) == <${type}>code(0, -h, nz);
    a.free();
    return same;
  }`;

eachMode(() => {
  describe("views of fields", () => {
    it.each([
      ["f64", {}],
      ["f64", { debug: true }],
      ["f32", {}],
      ["i32", {}],
    ] as const)("address every cell and the halo of %s fields as the grid does, %o", async (dtype, options) => {
      const kernel: Kernel = await jit(source(dtype), options);
      for (const halo of [1, 2]) {
        for (const shape of [[7], [4, 6], [3, 4, 5]]) {
          const field = new Grid(comm, { shape, halo }).field(0, { dtype });
          expect(kernel[`fill${shape.length}`]!(field, ...shape, halo)).toBe(1);
          const range = (n: number | undefined) =>
            n === undefined ? [0] : Array.from({ length: n + 2 * halo }, (_, i) => i - halo);
          for (const i of range(shape[0])) {
            for (const j of range(shape[1])) {
              for (const k of range(shape[2])) {
                const cell = [i, j, k].slice(0, shape.length);
                expect(field.data[field.index(...cell)]).toBe(code(i, j, k));
              }
            }
          }
        }
      }
      kernel.free();
    });

    it("are plain loads and stores in a release build", async () => {
      const loops = `
      import { Array2 } from "field";
      export function sum(a: Array2<f64>): f64 {
        let s = 0.0;
        for (let i = 0; i < a.nx; i++) for (let j = 0; j < a.ny; j++) s += a.get(i, j);
        return s;
      }
      export function copy(a: Array2<f64>, b: Array2<f64>): void {
        for (let i = 0; i < a.nx; i++) for (let j = 0; j < a.ny; j++) b.set(i, j, a.get(i, j));
      }`;
      const bodies = async (debug: boolean) => {
        const bytes = await compile(new Map([["kernel.ts", loops]]), { optimize: 3, debug });
        const module = binaryen.readBinary(bytes);
        const textOf = (name: string) => binaryen.emitText(binaryen.getFunctionInfo(module.getFunction(name)).body);
        const text = ["sum", "copy"].flatMap((name) => {
          const body = textOf(binaryen.getExportInfo(module.getExport(name)).value);
          // The one call goes on with a loop that has made some turns.
          const [, rest] = /\(call \$(\S+)/.exec(body)!;
          return debug ? [body] : [body.replace("(call ", "("), textOf(rest!)];
        });
        module.dispose();
        return text;
      };
      for (const text of await bodies(false)) {
        expect(text).not.toMatch(/call|unreachable/);
        expect(text.match(/f64\.load/g)).toHaveLength(1);
      }
      for (const text of await bodies(true)) expect(text).toMatch(/call/);
    });

    it("do in JavaScript's place what docs/guide/kernels.md shows", async () => {
      const text = /```ts\n(import { Array2 }.*?)^```$/ms.exec(
        readFileSync(join(root, "docs/guide/kernels.md"), "utf8"),
      )![1]!;
      const kernel: Kernel = await jit(text);
      const grid = new Grid(comm, { shape: [5, 7], halo: 1 });
      const [u, v] = [grid.field((x, y) => x * x + 3 * y), grid.field(0)];
      for (let j = 0; j < 7; j++) u.data[u.index(-1, j)] = u.data[u.index(5, j)] = 1;
      kernel.step!(u, v, 5, 7);
      const at = (i: number, j: number) => u.data[u.index(i, j)]!;
      for (let i = 0; i < 5; i++) {
        for (let j = 0; j < 7; j++) {
          const around = at(i - 1, j) + at(i + 1, j) + at(i, j - 1) + at(i, j + 1);
          expect(v.data[v.index(i, j)]).toBe(at(i, j) + 0.2 * (around - 4 * at(i, j)));
        }
      }
      kernel.free();
    });

    it.each([
      ["Array1", "4", "a.get(4 + 1)", "x"],
      ["Array1", "4", "a.set(-2, 0)", "x"],
      ["Array2", "4, 3", "a.get(0, 4)", "y"],
      ["Array2", "4, 3", "a.get(5, 0)", "x"],
      ["Array2", "4, 3", "a.row(-2)", "x"],
      ["Array3", "4, 3, 2", "a.get(0, 0, 3)", "z"],
      ["Array3", "4, 3, 2", "a.set(0, -2, 0, 1)", "y"],
      ["Array3", "4, 3, 2", "a.planeZ(-2)", "z"],
    ])("%s(%s) checks %s in a debug build", async (name, shape, action, axis) => {
      const kernel: Kernel = await jit(
        `import { ${name} } from "field"; export function f(p: usize): void { const a = new ${name}<f64>(p, ${shape}, 1); ${action}; }`,
        { debug: true },
      );
      const data = heap.array("f64", 200);
      expect(() => kernel.f!(data)).toThrow(
        `f: expected the function to return, got the abort "${name}: index ${axis} beyond the halo`,
      );
      heap.free(data);
      kernel.free();
    });
  });
});
