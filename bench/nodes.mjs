/**
 * What `wasm-mpi bench` measures, on several versions of Node.js in turns: a column each, minima in nanoseconds of a cell and
 * step, or of a message. In a clone:
 *
 *   node bench/nodes.mjs VERSIONS ROUNDS WHAT [options of wasm-mpi bench]
 *   node bench/nodes.mjs 20,22,24,26 3 advection --sizes 256,1024 -n 1
 *
 * A version is a number, which npm installs as the package `node` into out/nodes the first time, or the path of a program.
 * The last columns are the slowest version as a multiple of the fastest, and whether all have the same digest, where the
 * bench tells one; ends with code 1 where they have not. Peers that need the C compiler or Python are left out.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { programOf } from "./version.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const [versions = "20,22,24,26", rounds = "3", ...words] = process.argv.slice(2);
if (words.length === 0) words.push("advection", "--sizes", "256,1024", "-n", "1");

if (!(Number.isInteger(Number(rounds)) && Number(rounds) > 0)) {
  fail(`expected a number of rounds from 1, got ${rounds}. Write 20,24 3 advection, for example.`);
}

function fail(text) {
  console.error(`nodes: ${text}`);
  process.exit(1);
}

function installed(version) {
  try {
    return programOf(version);
  } catch (error) {
    return fail(error.message);
  }
}

const nodes = versions.split(",").map((version) => {
  const program = /^\d+(\.\d+)*$/.test(version) ? installed(version) : version;
  const { stdout } = spawnSync(program, ["--version"], { encoding: "utf8" });
  if (!stdout) fail(`expected a version of Node.js, got "${version}". Name one as 24, or the path of a program.`);
  return { program, title: stdout.trim() };
});

// Compilers and Pythons that fail come first on the search path, so that no peer takes time.
const failing = mkdtempSync(join(tmpdir(), "wasm-mpi-nodes-"));
process.on("exit", () => rmSync(failing, { recursive: true, force: true }));
for (const name of ["cc", "python3"]) writeFileSync(join(failing, name), "#!/bin/sh\nexit 1\n", { mode: 0o755 });
const env = { ...process.env, PATH: `${failing}${delimiter}${process.env.PATH}` };

/** Rows by what they measure: the least of each version, and the digests. */
const rows = new Map();
for (let round = 0; round < Number(rounds); round++) {
  for (const [column, { program, title }] of nodes.entries()) {
    const args = [join(root, "dist", "cli.js"), "bench", ...words, "--rounds", "1", "--json"];
    const { status, stdout, stderr } = spawnSync(program, args, { env, encoding: "utf8", maxBuffer: 2 ** 28 });
    if (status !== 0) fail(`expected a report from ${title}, got exit code ${status}:\n${stdout}${stderr}`);
    for (const row of JSON.parse(stdout).rows) {
      const { name, shape, size, ranks, nsPerCellStep, seconds, result } = row;
      const key = [name, shape?.join(" x ") ?? size, ranks].filter((part) => part !== undefined).join(", ");
      if (!rows.has(key)) rows.set(key, { least: nodes.map(() => Infinity), digests: new Set() });
      const { least, digests } = rows.get(key);
      least[column] = Math.min(least[column], nsPerCellStep ?? 1e9 * seconds);
      if (result?.digest !== undefined) digests.add(result.digest);
    }
  }
}

const titles = nodes.map(({ title }) => title);
console.log(`| ${words[0]}: case, cells or bytes, ranks | ${titles.join(" | ")} | slowest to fastest | digests |`);
console.log(`|${"---|".repeat(titles.length + 3)}`);
for (const [key, { least, digests }] of rows) {
  const ratio = (Math.max(...least) / Math.min(...least)).toFixed(2);
  const same = digests.size === 0 ? "" : digests.size === 1 ? "equal" : [...digests].join(", ");
  console.log(`| ${key} | ${least.map((value) => Number(value.toPrecision(3))).join(" | ")} | ${ratio} | ${same} |`);
}
if ([...rows.values()].some(({ digests }) => digests.size > 1)) process.exitCode = 1;
