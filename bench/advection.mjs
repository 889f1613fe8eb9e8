/**
 * 2D MPDATA on one rank, wasm-mpi against C, interleaved in several processes: nanoseconds a cell and step, minimum / median,
 * and ratios, as rows of a table in Markdown.
 * The flow is uniform: given to wasm-mpi as functions, which make it a field, and as numbers, which it knows to be
 * uniform; C always has a field. `wasm-mpi bench advection` has more schemes, and another flow.
 *
 *   node bench/advection.mjs [processes]      default 3
 *
 * Three more compare solvers in turn in one process, with such rows: what it takes that kernels run in ranges, as for threads
 * or an overlap with messages (in a clone), what threads inside a rank gain, and what a halo of 1, 2 and 3 layers takes:
 *
 *   node bench/advection.mjs --ranges 4 [rounds] [grids]      default 20 64x64,512x512,64x64x64
 *   node bench/advection.mjs --threads 2 [rounds] [sizes]      default 20 64,256,1024,2048
 *   node bench/advection.mjs --halos [rounds]      default 20
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Grid, Mpdata, mpi } from "wasm-mpi";
import { sources } from "./sources.mjs";

const self = fileURLToPath(import.meta.url);
const repeats = 9;
const upwind = { iterations: 1 };
const basic = { iterations: 2 };
const FCT = { iterations: 2, nonoscillatory: true };
const gauge = { iterations: 3, infiniteGauge: true, nonoscillatory: true };
const thirdOrder = { iterations: 3, nonoscillatory: true, thirdOrderTerms: true };
const variants = [1, 2, 3].flatMap((iterations) => [64, 256, 1024, 2048].map((n) => ({ n, iterations })));
/** Enough steps for some 20 ms a repeat. */
const stepsFor = (n) => Math.max(1, Math.round(2e6 / (n * n)));

const [mode, ...words] = process.argv.slice(2);
if (mode === "--child") measure(Number(words[0]), Number(words[1]), words[2]);
else if (mode === "--ranges") await compareRanges(Number(words[0]), Number(words[1] ?? 20), words[2]);
else if (mode === "--threads") await compareThreads(Number(words[0]), Number(words[1] ?? 20), words[2]);
else if (mode === "--halos") compareHalos(Number(words[0] ?? 20));
else compare(Number(mode ?? 3));

/** Prints the seconds a step of each repeat. */
function measure(n, iterations, flow) {
  const grid = new Grid(mpi.init(), { shape: [n, n], periodic: true, halo: 1 });
  const psi = grid.field((x, y) => 2 + Math.sin((2 * Math.PI * x) / n) * Math.cos((2 * Math.PI * y) / n));
  const courant = [0.3, 0.2].map((c) => (flow === "field" ? () => c : c));
  const solver = new Mpdata({ psi, courant, iterations });
  solver.advance(stepsFor(n)); // compiled by now
  for (let repeat = 0; repeat < repeats; repeat++) console.log(solver.advance(stepsFor(n)));
}

/** Nanoseconds a cell and step with every kernel whole and in ranges, round by round. */
async function compareRanges(parts, rounds, text = "64x64,512x512,64x64x64") {
  const shapes = text.split(",").map((grid) => grid.split("x").map(Number));
  if (![parts, rounds, ...shapes.flat()].every(isCount)) {
    fail("--ranges", "a number of ranges, one of rounds from 1, and grids", "--ranges 4 20 64x64");
  }
  // The class whose method runs a kernel is no part of the interface.
  const { Grid, Mpdata, Pass, mpi } = await sources(`export { Grid, Mpdata, mpi } from "./src/index.js";
    export { Pass } from "./src/advection/kernels.js";`);
  const whole = Pass.prototype.run;
  function inRanges() {
    for (let part = 0; part < parts; part++) {
      whole.call(this, Math.floor((this.length * part) / parts), Math.floor((this.length * (part + 1)) / parts));
    }
  }
  const schemes = { basic, FCT, "third order": { iterations: 3, thirdOrderTerms: true } };
  const world = mpi.init({ library: "solo" });
  console.log(`| cells, scheme | whole | ${parts} ranges | ratio |\n|---|---|---|---|`);
  for (const shape of shapes) {
    for (const [name, options] of Object.entries(schemes)) {
      const cells = shape.reduce((product, n) => product * n);
      const grid = new Grid(world, { shape, periodic: true, halo: 2 });
      const psi = grid.field((x, y, z) => 2 + Math.sin(x + y) * Math.cos(y + z));
      const solver = new Mpdata({ psi, courant: shape.map((_, axis) => () => 0.3 - 0.1 * axis), ...options });
      const runs = [whole, inRanges].map((run) => (steps) => {
        Pass.prototype.run = run;
        return solver.advance(steps);
      });
      const [all, cut] = inTurn(runs, { cells, steps: Math.max(1, Math.round(4e5 / cells)), rounds, untimed: 60 });
      Pass.prototype.run = whole;
      console.log(rowOf(`${nameOf(shape)}, ${name}`, [all, cut, ratioOf(cut, all)]));
      solver.free();
      psi.free();
    }
  }
}

/** Nanoseconds a cell and step on one thread and on several, round by round. */
async function compareThreads(threads, rounds, text = "64,256,1024,2048") {
  const sizes = text.split(",").map(Number);
  if (![threads - 1, rounds, ...sizes].every(isCount)) {
    fail("--threads", "a number of threads from 2, one of rounds from 1, and sizes", "--threads 2 20 64,256");
  }
  const world = mpi.init();
  const schemes = { upwind, basic, FCT, "gauge, FCT": gauge, stencil: undefined };
  process.removeAllListeners("warning"); // Three passes of the gauge are timed, not recommended.
  console.log(`| cells, scheme | 1 thread | ${threads} threads | speed-up |\n|---|---|---|---|`);
  for (const n of sizes) {
    for (const [name, options] of Object.entries(schemes)) {
      const runs = [];
      for (const count of [1, threads]) {
        const grid = new Grid(world, { shape: [n, n], periodic: true, threads: count });
        const psi = grid.field((x, y) => 2 + Math.sin((2 * Math.PI * x) / n) * Math.cos((2 * Math.PI * y) / n));
        const advance = options ? mpdata(psi, options) : await stencil(grid, psi);
        runs.push((steps) => {
          advance(Math.ceil(steps / 4)); // Threads that slept while the others had their turn are awake by now.
          return advance(steps);
        });
      }
      const steps = Math.max(1, Math.round(1e6 / (n * n)));
      const [alone, several] = inTurn(runs, { cells: n * n, steps, rounds, untimed: 100 });
      console.log(rowOf(`${n}², ${name}`, [alone, several, ratioOf(alone, several)]));
    }
  }
}

/** Nanoseconds a cell and step by the layers of the halo, round by round; none where a scheme needs more of them. */
function compareHalos(rounds) {
  if (!isCount(rounds)) fail("--halos", "a number of rounds from 1", "--halos 20");
  const world = mpi.init();
  const n = 256;
  const schemes = {
    "`basic`": basic,
    "`fct`": FCT,
    "`gauge-fct`": gauge,
    "`fct` with `divergentFlow`": { ...FCT, divergentFlow: true },
    "`third-order`": thirdOrder,
    "`third-order` with `variableSign`": { ...thirdOrder, variableSign: true },
  };
  process.removeAllListeners("warning"); // Three passes of the gauge are timed, not recommended.
  console.log(`| ${n}² | 1 | 2 | 3 |\n|---|---|---|---|`);
  // A flow that differs from face to face.
  const wave = (place) => Math.sin((2 * Math.PI * place) / n);
  const courant = [(_x, y) => 0.15 + 0.1 * wave(y), (x) => 0.15 + 0.1 * wave(x)];
  for (const [name, options] of Object.entries(schemes)) {
    const needed = options.thirdOrderTerms || options.divergentFlow ? 2 : 1;
    const runs = [1, 2, 3]
      .filter((halo) => halo >= needed)
      .map((halo) => {
        const grid = new Grid(world, { shape: [n, n], periodic: true, halo });
        const psi = grid.field((x, y) => 2 + 0.5 * wave(x) + 0.3 * wave(y));
        const solver = new Mpdata({ psi, courant, ...options });
        return (steps) => solver.advance(steps);
      });
    const figures = inTurn(runs, { cells: n * n, steps: 20, rounds, untimed: 100 });
    console.log(rowOf(name, [...new Array(needed - 1).fill(undefined), ...figures]));
  }
}

/** Times runs, each of which takes so many steps and returns the seconds of one, in turn: figures of each. */
function inTurn(runs, { cells, steps, rounds, untimed }) {
  for (const run of runs) run(Math.max(untimed, steps)); // compiled by now
  const seconds = runs.map(() => []);
  for (let round = 0; round < rounds; round++) {
    for (const [place, run] of runs.entries()) seconds[place].push(run(steps));
  }
  return seconds.map((samples) => statistics(samples, cells));
}

function ratioOf(above, below) {
  return { min: above.min / below.min, median: above.median / below.median };
}

function nameOf(shape) {
  const isRegular = shape.every((n) => n === shape[0]);
  return isRegular ? `${shape[0]}${["", "²", "³"][shape.length - 1]}` : shape.join("x");
}

function rowOf(name, figures) {
  const show = ({ min, median }) => `${min.toFixed(2)} / ${median.toFixed(2)}`;
  return `| ${[name, ...figures.map((each) => (each ? show(each) : ""))].join(" | ")} |`;
}

function isCount(value) {
  return Number.isInteger(value) && value > 0;
}

function mpdata(psi, options) {
  const solver = new Mpdata({ psi, courant: [0.3, 0.2], ...options });
  return (steps) => solver.advance(steps);
}

/** Five points of a field. */
async function stencil(grid, u) {
  const kernel = await grid.kernel("next = u + 0.1 * (u[1, 0] + u[-1, 0] + u[0, 1] + u[0, -1] - 4 * u)");
  const next = grid.field();
  return (steps) => {
    const begin = performance.now();
    kernel.run({ u, next }, { steps: 2 * Math.ceil(steps / 2), swap: [["u", "next"]] });
    return (performance.now() - begin) / 1e3 / (2 * Math.ceil(steps / 2));
  };
}

function compare(processes) {
  if (!isCount(processes)) fail("processes", "a number of processes from 1", "3");
  const folder = mkdtempSync(join(tmpdir(), "wasm-mpi-bench-"));
  const peer = join(folder, "mpdata");
  const source = join(self, "..", "mpdata.c");
  const flags = ["-O3", "-march=native", "-ffast-math"];
  const built = spawnSync("cc", [...flags, source, "-lm", "-o", peer], { encoding: "utf8" });
  const hasPeer = built.status === 0;
  if (!hasPeer) console.log(`no C peer: ${built.error?.message ?? built.stderr}`);
  console.log("| cells, passes | C | wasm-mpi, flow as a field | ratio | wasm-mpi, flow as numbers | ratio |");
  console.log("|---|---|---|---|---|---|");
  for (const { n, iterations } of variants) {
    const seconds = { peer: [], field: [], numbers: [] };
    for (let index = 0; index < processes; index++) {
      for (const flow of ["field", "numbers"]) {
        seconds[flow].push(...run(process.execPath, [self, "--child", n, iterations, flow]));
      }
      if (!hasPeer) continue;
      const name = iterations === 1 ? "upwind" : "basic";
      const figures = run(peer, [name, iterations, `${n},${n}`, stepsFor(n), stepsFor(n), repeats]);
      seconds.peer.push(...figures.slice(0, repeats).map((nanoseconds) => 1e-9 * n * n * nanoseconds));
    }
    const peerFigures = hasPeer ? statistics(seconds.peer, n * n) : undefined;
    const row = ["field", "numbers"].flatMap((flow) => {
      const figures = statistics(seconds[flow], n * n);
      return [figures, peerFigures && ratioOf(figures, peerFigures)];
    });
    console.log(rowOf(`${n}², ${iterations}`, [peerFigures, ...row]));
  }
  rmSync(folder, { recursive: true });
}

function run(command, args) {
  const { status, stdout, stderr } = spawnSync(command, args.map(String), { encoding: "utf8" });
  if (status !== 0) throw new Error(`${command}: ${stderr}`);
  return stdout.trim().split("\n").map(Number);
}

function statistics(seconds, cells) {
  const sorted = seconds.map((value) => (value * 1e9) / cells).sort((a, b) => a - b);
  return { min: sorted[0], median: sorted[Math.floor(sorted.length / 2)] };
}

function fail(name, expected, example) {
  const got = process.argv.slice(name.startsWith("-") ? 3 : 2).join(" ") || "none";
  console.error(`advection: "${name}" expected ${expected}, got ${got}. Write ${example}, for example.`);
  process.exit(1);
}
