/**
 * One step of heat conduction in 2D on one rank, in a kernel that jit compiles, with views and with vectors, and by
 * grid.kernel, of a source in AssemblyScript and of a text, with the halo of each step, against C: nanoseconds a cell,
 * minimum / median of rounds in which all take turns, as a row of a table in Markdown.
 *
 *   node bench/stencil.mjs [n] [rounds]      default 512 and 20: n x n cells, f64
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Grid, heap, jit, mpi } from "wasm-mpi";

const n = Number(process.argv[2] ?? 512);
const rounds = Number(process.argv[3] ?? 20);
// An even number: after an odd one fields that change places are copied, so that each has what its name stands for.
const repeats = 2 * Math.max(1, Math.round(2e6 / n ** 2));
if (![n, rounds].every((count) => Number.isInteger(count) && count > 0)) {
  const got = process.argv.slice(2).join(" ");
  console.error(`stencil: expected numbers of cells and rounds from 1, got ${got}. Write 512 20, for example.`);
  process.exit(1);
}

const source = `
  import { Array2 } from "field";

  export function views(up: usize, vp: usize, nx: i32, ny: i32): void {
    const u = new Array2<f64>(up, nx, ny, 1), v = new Array2<f64>(vp, nx, ny, 1);
    for (let i = 0; i < nx; i++) {
      for (let j = 0; j < ny; j++) {
        const around = u.get(i - 1, j) + u.get(i + 1, j) + (u.get(i, j - 1) + u.get(i, j + 1));
        v.set(i, j, u.get(i, j) + 0.2 * (around - 4 * u.get(i, j)));
      }
    }
    u.free();
    v.free();
  }

  // Two cells at once: what C compilers make of the loop by themselves.
  export function vectors(up: usize, vp: usize, nx: i32, ny: i32): void {
    const row: usize = 8 * (ny + 2);
    for (let i = 1; i <= nx; i++) {
      let u = up + i * row + 8, v = vp + i * row + 8;
      for (const end = u + 8 * ny; u < end; u += 16, v += 16) {
        const around = f64x2.add(
          f64x2.add(v128.load(u - row), v128.load(u + row)),
          f64x2.add(v128.load(u - 8), v128.load(u + 8)),
        );
        const c = v128.load(u);
        const change = f64x2.mul(f64x2.splat(0.2), f64x2.sub(around, f64x2.mul(f64x2.splat(4), c)));
        v128.store(v, f64x2.add(c, change));
      }
    }
  }
`;

const heat = {
  AssemblyScript: `
    import { Cells } from "stencil";
    export function heat(u: Cells<f64>, next: Cells<f64>, k: f64): void {
      const around = u.at(-1, 0) + u.at(1, 0) + (u.at(0, -1) + u.at(0, 1));
      next.set(u.at(0, 0) + k * (around - 4 * u.at(0, 0)));
    }`,
  text: "next = u + k * (u[-1, 0] + u[1, 0] + (u[0, -1] + u[0, 1]) - 4 * u)",
};

const c = `
  #include <stdio.h>
  #include <stdlib.h>
  #include <time.h>
  static double now(void) { struct timespec t; clock_gettime(CLOCK_MONOTONIC, &t); return t.tv_sec * 1e9 + t.tv_nsec; }
  static void step(const double *restrict u, double *restrict v, int nx, int ny) {
    int s = ny + 2;
    for (int i = 1; i <= nx; i++)
      for (int j = 1; j <= ny; j++) {
        double around = u[(i - 1) * s + j] + u[(i + 1) * s + j] + (u[i * s + j - 1] + u[i * s + j + 1]);
        v[i * s + j] = u[i * s + j] + 0.2 * (around - 4 * u[i * s + j]);
      }
  }
  int main(int argc, char **argv) {
    int n = atoi(argv[1]), repeats = atoi(argv[2]);
    double *u = malloc(8 * (n + 2) * (n + 2)), *v = malloc(8 * (n + 2) * (n + 2));
    for (int i = 0; i < (n + 2) * (n + 2); i++) u[i] = v[i] = i % 17;
    double best = 1e30;
    for (int round = 0; round < 5; round++) {
      double begin = now();
      for (int i = 0; i < repeats; i++) step(i & 1 ? v : u, i & 1 ? u : v, n, n);
      double ns = (now() - begin) / repeats / n / n;
      if (ns < best) best = ns;
    }
    printf("%.17g\\n", best);
    return v[n] > 1e300;
  }
`;

const folder = mkdtempSync(join(tmpdir(), "wasm-mpi-bench-"));
const file = join(folder, "stencil.c");
writeFileSync(file, c);
/** The C program, with vectors and without. */
const peers = Object.entries({ C: ["-O3"], "C, no vectors": ["-O3", "-fno-tree-vectorize"] }).flatMap(
  ([name, flags]) => {
    const program = join(folder, name.replace(/\W/g, ""));
    const { status } = spawnSync("cc", [...flags, file, "-o", program]);
    return status === 0 ? [[name, program]] : [];
  },
);

const kernel = await jit(source);
const [u, v] = [heap.array("f64", (n + 2) ** 2), heap.array("f64", (n + 2) ** 2)];
for (let i = 0; i < u.length; i++) u[i] = v[i] = i % 17;
const grid = new Grid(mpi.init(), { shape: [n, n], periodic: true });
const [field, next] = [grid.field((x, y) => (n * x + y) % 17), grid.field()];
const steps = new Map();
for (const [name, text] of Object.entries(heat)) steps.set(`\`grid.kernel\`, ${name}`, await grid.kernel(text));
const times = new Map();
const note = (name, ns) => times.set(name, [...(times.get(name) ?? []), ns]);
for (let round = 0; round < rounds; round++) {
  for (const [title, name] of [
    ["`Array2`", "views"],
    ["`f64x2`", "vectors"],
  ]) {
    let best = Number.POSITIVE_INFINITY;
    for (let part = 0; part < 5; part++) {
      const begin = performance.now();
      for (let i = 0; i < repeats; i++) kernel[name](...(i & 1 ? [v, u] : [u, v]), n, n);
      best = Math.min(best, ((performance.now() - begin) * 1e6) / repeats / n ** 2);
    }
    note(title, best);
  }
  for (const [name, step] of steps) {
    let best = Number.POSITIVE_INFINITY;
    for (let part = 0; part < 5; part++) {
      const begin = performance.now();
      step.run({ u: field, next, k: 0.2 }, { steps: repeats, swap: [["u", "next"]] });
      best = Math.min(best, ((performance.now() - begin) * 1e6) / repeats / n ** 2);
    }
    note(name, best);
  }
  for (const [name, program] of peers) {
    note(name, Number(spawnSync(program, [String(n), String(repeats)], { encoding: "utf8" }).stdout));
  }
}
rmSync(folder, { recursive: true });

if (peers.length === 0) console.log("C is left out: cc did not compile it");
const show = (all) => {
  const sorted = all.toSorted((a, b) => a - b);
  return `${sorted[0].toFixed(2)} / ${sorted[Math.floor(rounds / 2)].toFixed(2)}`;
};
console.log(`| cells | ${[...times.keys()].join(" | ")} |\n|${"---|".repeat(times.size + 1)}`);
console.log(`| ${n}² | ${[...times.values()].map(show).join(" | ")} |`);
