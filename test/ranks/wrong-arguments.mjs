/**
 * Arguments of the command line at random, right ones and wrong ones, each in another process, which gets ten seconds:
 *
 *     wrong-arguments.mjs COUNT SEED [ONLY]
 *
 * Wrong arguments are to be told in one line with the exit code of the documentation, right ones to be obeyed, each of
 * them. Prints what is wrong, a line each, a table of how the commands ended, and "ok" where nothing is wrong.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { argumentsOf } from "./arguments.mjs";
import { asker } from "./ask.mjs";
import { breachOf } from "./inside.mjs";
import { randomOf } from "./random.mjs";

const [count, seed, only] = process.argv.slice(2).map(Number);
const cli = fileURLToPath(new URL("../../dist/cli.js", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "wasm-mpi-arguments-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
process.chdir(folder);
// A launcher that is found, and never started.
process.env.WASM_MPI_LAUNCHER = join(folder, "mpiexec.mpich");
writeFileSync("mpiexec.mpich", "#!/bin/sh\nexit 1\n", { mode: 0o755 });

/** Commands that a process runs before the next one takes its place. */
const commandsEach = 50;
/** Milliseconds for a command. */
const patience = 10_000;
/** Of so many commands one is run as a process of its own as well, where it is wrong: it says the same. */
const aloneEvery = 15;

const commands = asker("wrong-arguments-run.mjs", commandsEach);

/** The files beside which the commands run. */
function makeFiles() {
  for (const name of ["work", "kept"]) mkdirSync(name, { recursive: true });
  mkdirSync("kept/folder.h5", { recursive: true });
  writeFileSync("kept/text.h5", "no HDF5");
  writeFileSync("kept/program.mjs", "");
  writeFileSync("kept/source.ts", "export function twice(x: f64): f64 { return 2 * x; }\n");
  const run = "advect gaussian --shape 8,6 --steps 4 --every 2 --output kept/there.h5".split(" ");
  spawnSync(process.execPath, [cli, ...run]);
}

/** What is wrong with how a command ended, in words. */
function faultOf(vector, answer) {
  const { codes, expected } = vector;
  if (answer.died) return answer.died;
  const { code, reached } = answer;
  if (reached === undefined) {
    const breach = breachOf(answer);
    if (breach) return breach;
  }
  const end = reached === undefined ? code : 0;
  if (codes.length > 0) {
    if (end === 0) return `is taken, though ${vector.wrong.join(" and ")}`;
    return codes.includes(end) ? undefined : `ends with ${end}, though ${vector.wrong.join(" and ")}: ${answer.stderr}`;
  }
  if (end !== 0) return undefined; // What does not go together.
  const seen = reached?.options ?? reportOf(answer.stdout);
  if (seen === undefined) return undefined;
  for (const [key, value] of Object.entries(expected)) {
    if (key in seen && JSON.stringify(seen[key]) !== JSON.stringify(value)) {
      return `has ${key} ${JSON.stringify(seen[key])} instead of ${JSON.stringify(value)}`;
    }
  }
  const missing = reached?.args && passedOn(vector.args).find((word) => !reached.args.includes(word));
  return missing === undefined ? undefined : `does not pass on ${JSON.stringify(missing)}: ${reached.args.join(" ")}`;
}

/** Options of `compare` that its runs have as they are. */
const ofRuns =
  "infinite-gauge nonoscillatory third-order divergent-flow variable-sign courant iterations dtype shape steps every log-every overwrite backend"
    .split(" ")
    .map((name) => `--${name}`);

/** The words of a command that those that it starts have too. */
function passedOn([name, ...words]) {
  if (name === "advect") return words;
  if (name !== "compare") return [];
  return ofRuns.filter((flag) => words.some((word) => word === flag || word.startsWith(`${flag}=`)));
}

/** The options of a report of `advect --json`, by their names on the command line. */
function reportOf(stdout) {
  try {
    const { shape, steps, split, file, plot, options, startStep } = JSON.parse(stdout);
    if (startStep === undefined || options === undefined) return undefined;
    const { iterations, dtype = "f64", courant } = options;
    const switches = ["infiniteGauge", "nonoscillatory", "thirdOrderTerms", "divergentFlow", "variableSign"];
    const seen = {
      shape,
      steps,
      split,
      output: file ?? undefined,
      plot: plot ?? undefined,
      iterations,
      dtype,
      courant,
    };
    return { ...seen, ...Object.fromEntries(switches.map((name) => [name, options[name] === true])) };
  } catch {
    return undefined;
  }
}

makeFiles();
const table = new Map();
let failures = 0;
for (let n = 0; n < count; n++) {
  const vector = argumentsOf(randomOf(seed * 1_000_003 + n));
  if (only !== undefined && only !== n) continue;
  const answer = await commands.ask({ args: vector.args, folder }, patience);
  let fault = faultOf(vector, answer);
  const end = answer.died ? "died" : answer.reached ? "started" : `exit code ${answer.code}`;
  if (!fault && n % aloneEvery === 0 && (answer.code ?? 0) !== 0) {
    const cwd = join(folder, "work");
    const alone = spawnSync(process.execPath, [cli, ...vector.args], { cwd, encoding: "utf8", timeout: patience });
    if (alone.error === undefined && (alone.status !== answer.code || alone.stderr !== answer.stderr)) {
      fault = `ends with ${alone.status} in a process of its own: ${alone.stderr}`;
    }
  }
  const kind = `${vector.codes.length > 0 ? "wrong" : "right"}: ${end}`;
  table.set(kind, (table.get(kind) ?? 0) + 1);
  if (fault) {
    failures++;
    const shown = vector.args.map((word) => JSON.stringify(word.length > 60 ? `${word.slice(0, 60)}...` : word));
    console.log(`${n} (${shown.join(" ")}): ${fault.slice(0, 600)}`);
  }
  if (only !== undefined) console.log(JSON.stringify({ vector, answer }, undefined, 1).slice(0, 3000));
}
commands.end();
for (const [key, number] of [...table].sort()) console.log(`${key}: ${number}`);
console.log(`${failures} of ${count} vectors`);
if (failures === 0) console.log("ok");
