/**
 * 2D MPDATA on one rank, wasm-mpi against C, interleaved in several processes: nanoseconds a cell and step, and ratios.
 * The flow is uniform: given to wasm-mpi as functions, which make it a field, and as numbers, which it knows to be
 * uniform; C always has a field. `wasm-mpi bench advection` has more schemes, and another flow.
 *
 *   node bench/advection.mjs [processes]      default 3
 *
 * What it takes that kernels run in ranges, as for threads or an overlap with messages: the same solvers with each kernel
 * cut into ranges, and whole, in turn in one process. In a clone:
 *
 *   node bench/advection.mjs --ranges 4 [rounds]      default 20
 *
 * What threads inside a rank gain: the same on one thread and on several, in turn in one process, each turn after some steps
 * in which threads wake up.
 *
 *   node bench/advection.mjs --threads 2 [rounds]      default 20
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
const variants = [1, 2, 3].flatMap((iterations) => [64, 256, 1024, 2048].map((n) => ({ n, iterations })));
/** Enough steps for some 20 ms a repeat. */
const stepsFor = (n) => Math.max(1, Math.round(2e6 / (n * n)));

if (process.argv[2] === "--child") measure(Number(process.argv[3]), Number(process.argv[4]), process.argv[5]);
else if (process.argv[2] === "--ranges") await compareRanges(Number(process.argv[3]), Number(process.argv[4] ?? 20));
else if (process.argv[2] === "--threads") await compareThreads(Number(process.argv[3]), Number(process.argv[4] ?? 20));
else compare(Number(process.argv[2] ?? 3));

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
async function compareRanges(parts, rounds) {
  if (!(Number.isInteger(parts) && parts > 0 && Number.isInteger(rounds) && rounds > 0)) {
    fail("--ranges", "a number of ranges and one of rounds from 1", "--ranges 4 20");
  }
  // The class whose method runs a kernel is no part of the interface.
  const { Grid, Mpdata, Pass, mpi } = await sources(`export { Grid, Mpdata, mpi } from "./src/index.js";
    export { Pass } from "./src/advection/kernels.js";`);
  const whole = Pass.prototype.run;
  const runs = {
    whole,
    ranges() {
      for (let part = 0; part < parts; part++) {
        whole.call(this, Math.floor((this.length * part) / parts), Math.floor((this.length * (part + 1)) / parts));
      }
    },
  };
  const schemes = {
    plain: { iterations: 2 },
    FCT: { iterations: 2, nonoscillatory: true },
    "third order": { iterations: 3, thirdOrderTerms: true },
  };
  const world = mpi.init({ library: "solo" });
  console.log(`minimum / median of ${rounds} rounds, ns a cell and step; ratio to whole`);
  console.log(`${"cells, scheme".padEnd(25)} ${"whole".padEnd(16)} ${`${parts} ranges`.padEnd(16)} ratio`);
  for (const shape of [
    [64, 64],
    [512, 512],
    [64, 64, 64],
  ]) {
    for (const [name, options] of Object.entries(schemes)) {
      const cells = shape.reduce((product, n) => product * n);
      const grid = new Grid(world, { shape, periodic: true, halo: 2 });
      const psi = grid.field((x, y, z) => 2 + Math.sin(x + y) * Math.cos(y + z));
      const solver = new Mpdata({ psi, courant: shape.map((_, axis) => () => 0.3 - 0.1 * axis), ...options });
      const steps = Math.max(1, Math.round(4e5 / cells));
      solver.advance(Math.max(60, steps)); // compiled by now
      const seconds = { whole: [], ranges: [] };
      for (let round = 0; round < rounds; round++) {
        for (const [kind, run] of Object.entries(runs)) {
          Pass.prototype.run = run;
          seconds[kind].push(solver.advance(steps));
        }
      }
      Pass.prototype.run = whole;
      const [all, cut] = [statistics(seconds.whole, cells), statistics(seconds.ranges, cells)];
      const ratio = { min: cut.min / all.min, median: cut.median / all.median };
      const line = [
        `${shape.join(" x ")}, ${name}`.padEnd(25),
        ...[all, cut].map((figures) => show(figures).padEnd(16)),
      ];
      console.log([...line, show(ratio)].join(" "));
      solver.free();
      psi.free();
    }
  }
}

/** Nanoseconds a cell and step on one thread and on several, round by round. */
async function compareThreads(threads, rounds) {
  if (!(Number.isInteger(threads) && threads > 1 && Number.isInteger(rounds) && rounds > 0)) {
    fail("--threads", "a number of threads from 2 and one of rounds from 1", "--threads 2 20");
  }
  const world = mpi.init();
  const schemes = {
    upwind: { iterations: 1 },
    basic: { iterations: 2 },
    FCT: { iterations: 2, nonoscillatory: true },
    "gauge, FCT": { iterations: 3, infiniteGauge: true, nonoscillatory: true },
    stencil: undefined,
  };
  process.removeAllListeners("warning"); // Three passes of the gauge are timed, not recommended.
  console.log(`minimum / median of ${rounds} rounds, ns a cell and step; speed-up of ${threads} threads`);
  console.log(`${"cells, scheme".padEnd(25)} ${"1 thread".padEnd(16)} ${`${threads} threads`.padEnd(16)} speed-up`);
  for (const n of [64, 256, 1024, 2048]) {
    for (const [name, options] of Object.entries(schemes)) {
      const runs = [];
      for (const count of [1, threads]) {
        const grid = new Grid(world, { shape: [n, n], periodic: true, threads: count });
        const psi = grid.field((x, y) => 2 + Math.sin((2 * Math.PI * x) / n) * Math.cos((2 * Math.PI * y) / n));
        runs.push({ seconds: [], advance: options ? mpdata(psi, options) : await stencil(grid, psi) });
      }
      const steps = Math.max(1, Math.round(1e6 / (n * n)));
      for (const { advance } of runs) advance(Math.max(100, steps)); // compiled by now
      for (let round = 0; round < rounds; round++) {
        for (const { seconds, advance } of runs) {
          advance(Math.ceil(steps / 4)); // Threads that slept while the others had their turn are awake by now.
          seconds.push(advance(steps));
        }
      }
      const [one, several] = runs.map(({ seconds }) => statistics(seconds, n * n));
      const gain = { min: one.min / several.min, median: one.median / several.median };
      const line = [`${n} x ${n}, ${name}`.padEnd(25), ...[one, several].map((figures) => show(figures).padEnd(16))];
      console.log([...line, show(gain)].join(" "));
    }
  }
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
  const folder = mkdtempSync(join(tmpdir(), "wasm-mpi-bench-"));
  const peer = join(folder, "mpdata");
  const source = join(self, "..", "mpdata.c");
  const flags = ["-O3", "-march=native", "-ffast-math"];
  const built = spawnSync("cc", [...flags, source, "-lm", "-o", peer], { encoding: "utf8" });
  const hasPeer = built.status === 0;
  if (!hasPeer) console.log(`no C peer: ${built.error?.message ?? built.stderr}`);
  console.log("minimum / median, ns a cell and step; ratio to C");
  console.log("n x n, passes     C, field       wasm-mpi, field   ratio          wasm-mpi, numbers  ratio");
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
    const cells = [`${n}, ${iterations}`.padEnd(16), show(peerFigures).padEnd(13)];
    for (const flow of ["field", "numbers"]) {
      const figures = statistics(seconds[flow], n * n);
      const ratio = peerFigures && { min: figures.min / peerFigures.min, median: figures.median / peerFigures.median };
      cells.push(show(figures).padEnd(16), show(ratio).padEnd(13));
    }
    console.log(cells.join("  ").trimEnd());
  }
  rmSync(folder, { recursive: true });
}

function show(figures) {
  return figures ? `${figures.min.toFixed(2)} / ${figures.median.toFixed(2)}` : "-";
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

function fail(option, expected, example) {
  const got = process.argv.slice(3).join(" ") || "none";
  console.error(`advection: "${option}" expected ${expected}, got ${got}. Write ${example}, for example.`);
  process.exit(1);
}
