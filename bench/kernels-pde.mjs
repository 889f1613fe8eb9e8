/**
 * Explicit Euler steps of equations from text with linear terms folded, their compiled sweeps alone (no exchange, no
 * conditions), against C that is fused and vectorised by the compiler, with the vectors of WebAssembly (SSE) and with wider
 * ones (AVX2): nanoseconds a cell and step, minimum of several processes in turn, and ratios. In a clone:
 *
 *   node bench/kernels-pde.mjs [processes] [case ...]      default 3, all cases
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { sources } from "./sources.mjs";

const self = fileURLToPath(import.meta.url);
const repeats = 80;
const texts = {
  diffusion: { axes: 2, text: "c + dt*laplace(c)" },
  "cahn-hilliard": { axes: 2, text: "c + dt*laplace(c^3 - c - laplace(c))" },
  diffusion3: { axes: 3, text: "c + dt*laplace(c)" },
};
/** Ways to step: from one array to the other; both sweeps in one pass; in place; and two steps in one pass, in place. */
const cases = [
  ["diffusion", 512, "pingpong"],
  ["diffusion", 2048, "pingpong"],
  ["diffusion", 2048, "two steps"],
  ["cahn-hilliard", 512, "two sweeps"],
  ["cahn-hilliard", 512, "fused"],
  ["cahn-hilliard", 512, "in place"],
  ["cahn-hilliard", 1024, "two sweeps"],
  ["cahn-hilliard", 1024, "fused"],
  ["cahn-hilliard", 1024, "in place"],
  ["cahn-hilliard", 2048, "in place"],
  ["cahn-hilliard", 2048, "two steps"],
  ["diffusion3", 64, "pingpong"],
  ["diffusion3", 256, "pingpong"],
];
const peers = { sse: ["-msse4.2"], avx2: ["-mavx2", "-mfma"] };

const cellsOf = (name, n) => n ** texts[name].axes;
/** Enough steps for about a millisecond: a busy machine leaves a few of many short repeats alone. */
const stepsFor = (name, n) => Math.max(1, Math.round(1e6 / cellsOf(name, n)));

if (process.argv[2] === "--child") await measure(process.argv[3], Number(process.argv[4]), process.argv[5]);
else compare(Number(process.argv[2] ?? 3), process.argv.slice(3));

/** The sweeps that step the equation of a text, how many steps they do, and the arrays of the program. */
function sweepsOf(parts, name, way) {
  const { axes, text } = texts[name];
  const meaning = new parts.Meaning({
    where: "bench",
    axes: ["x", "y", "z"].slice(0, axes).map((axis) => ({ name: axis, spacing: 1 })),
    use: "equation",
    fields: { c: "real" },
    constants: ["dt"],
    complex: false,
    conditionOf: () => "none",
  });
  const node = parts.realOf(meaning.graph, meaning.readScalar("c", text));
  const inPlace = way === "in place" || way === "two steps";
  const program = parts.programOf(meaning.graph, { axes, cells: [{ name: inPlace ? "c" : "next", node }], fold: true });
  const cells = program.steps.filter(({ kind }) => kind === "sweep").map(({ cell }) => cell);
  const { arrays } = program;
  if (way === "pingpong" || way === "two sweeps") return { arrays, sweeps: cells, steps: 1 };
  const rolled = arrays.flatMap(({ kind }, i) => (kind === "temporary" ? [i] : []));
  const once = { cells, rolled };
  if (way !== "two steps") return { arrays, sweeps: [once], steps: 1 };
  const c = arrays.findIndex(({ kind }) => kind === "field");
  const pair = parts.twice(program, new Map([[c, c]]), []);
  const both = pair.steps.filter(({ kind }) => kind === "sweep").map(({ cell }) => cell);
  const between = pair.arrays.flatMap(({ kind }, i) => (kind === "temporary" ? [i] : []));
  return { arrays: pair.arrays, sweeps: [{ cells: both, rolled: between }], steps: 2 };
}

/** Prints nanoseconds a cell and step, one repeat a line. */
async function measure(name, n, way) {
  const parts = await sources(`export { emit } from "./src/expression/emit.js";
    export { arraysOfFusion } from "./src/expression/fusion.js";
    export { programOf } from "./src/expression/stages.js";
    export { Meaning } from "./src/expression/text/meaning.js";
    export { realOf } from "./src/expression/text/scalar.js";
    export { twice } from "./src/expression/twice.js";`);
  const { axes } = texts[name];
  const { arrays, sweeps, steps: perCall } = sweepsOf(parts, name, way);
  const halo = way === "two steps" ? 4 : 2;
  const extent = n + 2 * halo;
  const layout = { dtype: "f64", strides: Array.from({ length: axes }, (_, axis) => extent ** (axes - 1 - axis)) };
  const length = extent ** axes;
  const memory = new WebAssembly.Memory({
    initial: Math.ceil((8 * (length + 1024) * arrays.length + 65536) / 65536),
    maximum: 65536,
    shared: true,
  });
  // Arrays of one block do not lie a multiple of 4096 bytes apart: loads would wait for stores to the like address.
  const pointers = arrays.map((_, i) => 4096 + 8 * i * (length + 320));
  for (const pointer of pointers) {
    const data = new Float64Array(memory.buffer, pointer, length);
    for (let i = 0; i < length; i++) data[i] = 0.1 * Math.sin(0.37 * i);
  }
  new Float64Array(memory.buffer, 8, 1)[0] = 0.01;
  const rolled = sweeps.flatMap((sweep) => sweep.rolled ?? []);
  const module = new WebAssembly.Module(parts.emit(sweeps, layout));
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  const inside = 8 * halo * layout.strides.reduce((sum, stride) => sum + stride);
  const at = pointers.map((pointer, i) => (rolled.includes(i) ? pointer : pointer + inside));
  const [from, to] = ["c", "next"].map((array) => arrays.findIndex((candidate) => candidate.name === array));
  const numbersOf = (sweep) => parts.arraysOfFusion("cells" in sweep ? sweep : { cells: [sweep], rolled: [] });
  const used = sweeps.map(numbersOf);
  const box = (around) => Array.from({ length: axes }, () => [-around, n + around]).flat();
  const step = () => {
    sweeps.forEach((_, i) => {
      const around = sweeps.length - 1 - i;
      exports[`sweep${i}`](...used[i].map((array) => at[array]), 8, ...box(around));
    });
    if (to >= 0) [at[from], at[to]] = [at[to], at[from]];
  };
  const steps = stepsFor(name, n);
  for (let k = 0; k < Math.max(20, 3 * steps); k++) step(); // compiled by now
  await new Promise((resolve) => setTimeout(resolve, 200));
  for (let repeat = -1; repeat < repeats; repeat++) {
    const start = performance.now();
    for (let k = 0; k < steps; k++) step();
    if (repeat >= 0) console.log(((performance.now() - start) * 1e6) / (steps * perCall * cellsOf(name, n)));
  }
}

function compare(processes, wanted) {
  const unknown = wanted.find((name) => !(name in texts));
  if (!(Number.isInteger(processes) && processes > 0) || unknown) {
    const got = process.argv.slice(2).join(" ");
    const names = Object.keys(texts).join(", ");
    console.error(
      `kernels-pde: expected processes from 1, and some of ${names}, got ${got}. Write 3 diffusion, for example.`,
    );
    process.exit(1);
  }
  const folder = mkdtempSync(join(tmpdir(), "wasm-mpi-bench-"));
  const built = Object.entries(peers).map(([peer, flags]) => {
    const file = join(folder, peer);
    const args = ["-O3", "-ffast-math", ...flags, join(self, "..", "pde.c"), "-lm", "-o", file];
    const { status, stderr, error } = spawnSync("cc", args, { encoding: "utf8" });
    if (status !== 0) console.log(`no C peer: ${error?.message ?? stderr}`);
    return { peer, file, works: status === 0 };
  });
  console.log("ns a cell and step                        wasm     C sse  ratio    C avx2  ratio");
  for (const [name, n, way] of cases) {
    if (wanted.length > 0 && !wanted.includes(name)) continue;
    const least = { wasm: Number.POSITIVE_INFINITY, sse: Number.POSITIVE_INFINITY, avx2: Number.POSITIVE_INFINITY };
    for (let index = 0; index < processes; index++) {
      const take = (key, values) => (least[key] = Math.min(least[key], ...values));
      take("wasm", run(process.execPath, [self, "--child", name, n, way]));
      for (const { peer, file, works } of built)
        if (works) take(peer, run(file, [name, n, stepsFor(name, n), repeats]));
    }
    const figures = built.flatMap(({ peer, works }) =>
      works
        ? [least[peer].toFixed(3).padStart(8), (least.wasm / least[peer]).toFixed(2).padStart(6)]
        : ["       -      -"],
    );
    console.log(`${`${name} ${n}, ${way}`.padEnd(38)}${least.wasm.toFixed(3).padStart(8)}  ${figures.join(" ")}`);
  }
  rmSync(folder, { recursive: true });
}

function run(command, args) {
  const { status, stdout, stderr } = spawnSync(command, args.map(String), { encoding: "utf8" });
  if (status !== 0) throw new Error(`${command}: ${stderr}`);
  return stdout.trim().split("\n").map(Number);
}
