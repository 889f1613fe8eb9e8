/**
 * 2D MPDATA on one rank, wasm-mpi against C, interleaved in several processes: nanoseconds a cell and step, and ratios.
 * The flow is uniform: given to wasm-mpi as functions, which make it a field, and as numbers, which it knows to be
 * uniform; C always has a field.
 *
 *   node bench/advection.mjs [processes]      default 3
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Grid, Mpdata, mpi } from "wasm-mpi";

const self = fileURLToPath(import.meta.url);
const repeats = 9;
const variants = [1, 2, 3].flatMap((iterations) => [64, 256, 1024, 2048].map((n) => ({ n, iterations })));
/** Enough steps for some 20 ms a repeat. */
const stepsFor = (n) => Math.max(1, Math.round(2e6 / (n * n)));

if (process.argv[2] === "--child") measure(Number(process.argv[3]), Number(process.argv[4]), process.argv[5]);
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
      if (hasPeer) seconds.peer.push(...run(peer, [n, n, iterations, stepsFor(n), repeats]));
    }
    const peerFigures = hasPeer ? statistics(seconds.peer, n) : undefined;
    const cells = [`${n}, ${iterations}`.padEnd(16), show(peerFigures).padEnd(13)];
    for (const flow of ["field", "numbers"]) {
      const own = statistics(seconds[flow], n);
      const ratio = peerFigures && { min: own.min / peerFigures.min, median: own.median / peerFigures.median };
      cells.push(show(own).padEnd(16), show(ratio).padEnd(13));
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

function statistics(seconds, n) {
  const sorted = seconds.map((value) => (value * 1e9) / (n * n)).sort((a, b) => a - b);
  return { min: sorted[0], median: sorted[Math.floor(sorted.length / 2)] };
}
