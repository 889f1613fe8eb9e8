/** Kernels in files: what is read, what errors say, and what tsc knows of them. */
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";
import { Grid, jit, mpi } from "../../src/index.js";
import { temporaryFolder } from "../harness/command.js";
import { root, runNode } from "../harness/process.js";

const folder = temporaryFolder();
const urlOf = (name: string) => pathToFileURL(join(folder, name));
const write = (name: string, text: string) => writeFileSync(join(folder, name), text);

/** Of the language what programs use: views, messages, addresses, vectors, 64 bits, lists, arrays of JavaScript. */
const kernel = `
import { Array2 } from "field";
import { allreduce, irecv, isend, Request, SUM, View, waitall } from "mpi";
import { weight } from "../shared/weight";

export let factor: f64 = 2;

// @ts-ignore: decorator
@inline
function square(x: f64): f64 { return x * x; }

function rowsOf(u: Array2<f64>): StaticArray<View<f64>> {
  return [u.row(-1), u.row(u.nx), u.row(0), u.row(u.nx - 1)];
}
export function step(u: Array2<f64>, k: f64, above: i32): f64 {
  const rows = rowsOf(u);
  const requests = new StaticArray<Request>(2);
  requests[0] = irecv(rows[0], above);
  requests[1] = isend(rows[2], above);
  waitall(requests);
  let sum = 0.0;
  for (let i = 0; i < u.nx; i++) for (let j = 0; j < u.ny; j++) sum += square(u.get(i, j)) * k * weight();
  return allreduce<f64>(sum, SUM);
}
export function first(ptr: usize, n: i32 = 0): f64 {
  const pair = f64x2.add(f64x2.splat(1), v128.load(ptr + 8 * <usize>n));
  store<f64>(ptr, max<f64>(load<f64>(ptr), sqrt<f64>(2.0)));
  return f64x2.extract_lane(pair, 0);
}
export function even(n: i64): bool { return n % 2 == 0; }
export function twice(n: i64): i64 { return 2 * n; }
export function greet(name: string): string { return "hello " + name; }
export function mean(values: Float64Array): f64 { return values[0] / values.length; }
export function same(values: StaticArray<f64>): StaticArray<f64> { return values; }
`;
const stencil = `import { Cells } from "stencil";
export function heat(u: Cells<f64>, next: Cells<f64>, k: f64): void {
  next.set(u.at(0) + k * (u.at(1) - 2 * u.at(0) + u.at(-1)));
}
`;

beforeAll(() => {
  for (const name of ["kernels", "shared"]) mkdirSync(join(folder, name));
  write("kernels/heat.ts", kernel);
  write("kernels/heat1.ts", stencil);
  write("shared/weight.ts", "export function weight(): f64 { return 0.5; }\n");
});

describe("a kernel in a file", () => {
  it("is read with what it imports from other folders, by names with and without extension", async () => {
    for (const [number, extension] of ["", ".ts", ".js"].entries()) {
      write(`kernels/copy${number}.ts`, kernel.replace("shared/weight", `shared/weight${extension}`));
      const module = await jit(urlOf(`kernels/copy${number}.ts`));
      const u = new Grid(mpi.init(), { shape: [4, 4] }).field(1);
      expect([module.step(u, 0.5, mpi.PROC_NULL), module.even(4n), module.twice(3)]).toEqual([4, true, 6n]);
      module.free();
    }
  });

  it("is a stencil's, too, whose text is that of the file", async () => {
    const grid = new Grid(mpi.init(), { shape: [4] });
    const [u, next] = [grid.field((x) => x), grid.field()];
    const heat = await grid.kernel(urlOf("kernels/heat1.ts"));
    heat.run({ u, next, k: 0.25 });
    expect([...next.interior()]).toEqual([0.75, 1.5, 2.5, 3.25]);
    expect(heat.text()).toBe(stencil);
    heat.free();
  });

  it("is compiled again when a file that it imports has changed", async () => {
    write("kernels/use.ts", 'import { value } from "./value";\nexport function get(): i32 { return value(); }\n');
    for (const value of [1, 2]) {
      write("kernels/value.ts", `export function value(): i32 { return ${value}; }\n`);
      const module = await jit(urlOf("kernels/use.ts"));
      expect(module.get()).toBe(value);
      module.free();
    }
  });

  it("names path, line and column of what is wrong", async () => {
    write("shared/wrong.ts", "export function f(): f64 {\n  return x;\n}\n");
    write("kernels/uses.ts", 'import { f } from "../shared/wrong";\nexport function g(): f64 { return f(); }\n');
    const path = join(folder, "shared", "wrong.ts");
    await expect(jit(urlOf("kernels/uses.ts"))).rejects.toMatchObject({
      message: `jit: expected source that compiles, got an error. Mend this line.\n${path}:2:10: Cannot find name 'x'.\n    return x;\n           ^`,
      file: path,
      line: 2,
      column: 10,
    });
  });

  it("that is none is refused", async () => {
    const none = join(folder, "none.ts");
    await expect(jit(urlOf("none.ts"))).rejects.toThrow(
      `jit: "source" expected a source, got ${none}, which does not exist. Check the path.`,
    );
    const told = `"source" expected a text, or the URL of a file, got the path "./heat.ts". Pass new URL("./heat.ts", import.meta.url).`;
    await expect(jit("./heat.ts")).rejects.toThrow(`jit: ${told}`);
    const grid = new Grid(mpi.init(), { shape: [4, 4] });
    await expect(grid.kernel("./heat.ts")).rejects.toThrow(`Grid.kernel: ${told}`);
    for (const text of ["http://example.org/heat.ts", "file:///heat.wasm"]) {
      await expect(jit(new URL(text))).rejects.toThrow(
        `jit: "source" expected the file: URL of a .ts file, got ${text}. Pass new URL("./kernel.ts", import.meta.url).`,
      );
    }
  });
});

const program = `
import { Grid, heap, jit, mpi } from "wasm-mpi";
const grid = new Grid(mpi.init(), { shape: [4, 4] });
const u = grid.field(1);
const kernel = await jit<typeof import("./kernels/heat.js")>(new URL("./kernels/heat.ts", import.meta.url));
const sum: number = kernel.step(u, 0.5, mpi.PROC_NULL);
const isEven: boolean = kernel.even(4n);
const six: bigint = kernel.twice(3);
const text: string = kernel.greet("you");
kernel.first(heap.array("f64", 8));
kernel.same(new Float64Array(3));
kernel.mean(heap.array("f64", 8));
kernel.factor = 3;
const heat = await grid.kernel(new URL("./kernels/heat1.ts", import.meta.url));
const typed = await jit<{ sum(values: Float64Array): number; factor: number }>("");
typed.factor = typed.sum(new Float64Array(2));
const untyped = await jit("");
untyped.any(1, "two").thing;
console.log(sum, isEven, six, text, heat);
`;

it("wasm-mpi/kernels.json lets tsc know the language, its modules, and how a program calls what a file exports", async () => {
  mkdirSync(join(folder, "node_modules", "@types"), { recursive: true });
  symlinkSync(root, join(folder, "node_modules", "wasm-mpi"), "junction");
  symlinkSync(join(root, "node_modules", "@types", "node"), join(folder, "node_modules", "@types", "node"), "junction");
  write("package.json", '{ "type": "module" }\n');
  write("tsconfig.json", '{ "extends": "wasm-mpi/kernels.json", "include": ["kernels/heat*.ts", "*.mts"] }\n');
  write("program.mts", program);
  const tsc = join(root, "node_modules", "typescript", "bin", "tsc");
  const check = () => runNode([tsc, "-p", folder], { cwd: folder });
  const { code, transcript } = await check();
  expect(code, transcript).toBe(0);
  const wrong = ['step(u, "k", 1)', "mean()", "none()", 'first("text")', "twice(true)"];
  write("program.mts", `${program}${wrong.map((call) => `kernel.${call};\n`).join("")}`);
  write("kernels/heat2.ts", `${stencil}export const n: i32 = "text";\n`);
  const { stdout } = await check();
  expect(stdout.match(/^\S+(?=\(\d+,\d+\): error)/gm)).toEqual(["kernels/heat2.ts", ...wrong.map(() => "program.mts")]);
});
