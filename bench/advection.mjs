/**
 * 2D MPDATA on one rank, wasm-mpi against C, interleaved in several processes: nanoseconds a cell and step, and ratios.
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

if (process.argv[2] === "--child") measure(Number(process.argv[3]), Number(process.argv[4]));
else compare(Number(process.argv[2] ?? 3));

/** Prints the seconds a step of each repeat. */
function measure(n, iterations) {
  const grid = new Grid(mpi.init(), { shape: [n, n], periodic: true, halo: 1 });
  const psi = grid.field((x, y) => 2 + Math.sin((2 * Math.PI * x) / n) * Math.cos((2 * Math.PI * y) / n));
  const solver = new Mpdata({ psi, courant: [0.3, 0.2], iterations });
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
  console.log(
    "n x n, passes     wasm-mpi min / median      C min / median      ratio min / median   (ns a cell and step)",
  );
  for (const { n, iterations } of variants) {
    const ours = [];
    const theirs = [];
    for (let index = 0; index < processes; index++) {
      ours.push(...run(process.execPath, [self, "--child", n, iterations]));
      if (hasPeer) theirs.push(...run(peer, [n, n, iterations, stepsFor(n), repeats]));
    }
    const [a, b] = [ours, theirs].map((seconds) => statistics(seconds, n));
    const ratio = hasPeer ? `${(a.min / b.min).toFixed(2)} / ${(a.median / b.median).toFixed(2)}` : "-";
    const cell = ({ min, median }) => `${min.toFixed(2)} / ${median.toFixed(2)}`;
    const name = `${n}, ${iterations}`;
    console.log(`${name.padEnd(16)}  ${cell(a).padEnd(25)}  ${(hasPeer ? cell(b) : "-").padEnd(18)}  ${ratio}`);
  }
  rmSync(folder, { recursive: true });
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
