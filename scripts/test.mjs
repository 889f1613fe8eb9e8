/**
 * All checks in order, each stopping the run when it fails: setup, Biome and types, tests.
 *
 *   node scripts/test.mjs [--quick | --full] [FILE...] [options of vitest]
 *
 * --quick  the test files that start neither ranks nor other programs, which need no MPI library and no launcher; jit's once,
 *          not in plain mode again (WASM_MPI_TEST_QUICK=1)
 * --full   every number of ranks, and the long tests as well (WASM_MPI_TEST_FULL=1); then the quick tests on other versions of
 *          Node.js, where no FILE is named (scripts/nodes.mjs)
 * FILE     a test file or a part of its path: these tests alone, without Biome and TypeScript, and without MPI libraries
 *          where they start no ranks
 * Ends with a line "N passed, N failed", which needs no colours or layout to be understood.
 */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative, sep } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { checkSwitches } from "./switches.mjs";

checkSwitches("WASM_MPI_NO_INSTALL", "WASM_MPI_TEST_FULL", "WASM_MPI_TEST_QUICK");

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const vitest = "node_modules/vitest/vitest.mjs";
const begin = Date.now();
const env = { ...process.env };
if (!process.stdout.isTTY) {
  env.NO_COLOR = "1";
  delete env.FORCE_COLOR; // Node would warn of both.
}

const [files, options, modes] = [[], [], []];
for (let words = process.argv.slice(2); words.length > 0; ) {
  const word = words.shift();
  if (word === "--quick" || word === "--full") modes.push(word.slice(2));
  else if (!word.startsWith("-")) files.push(word);
  else options.push(word, ...(/^(-t|--testNamePattern)$/.test(word) ? words.splice(0, 1) : []));
}
if (new Set(modes).size > 1) fail("test: expected --quick or --full, got both. Leave one out.");
const [mode = "all"] = modes;
if (mode === "full") env.WASM_MPI_TEST_FULL = "1";
if (mode === "quick") env.WASM_MPI_TEST_QUICK = "1";
/** The projects of vitest.config.ts that the quick mode runs; all otherwise. */
const project = mode === "quick" ? ["--project=unit", "--project=memory"] : [];

/** What a mode does, and how long that takes on two idle cores. */
const about = {
  quick: "npm run test:quick: Biome, TypeScript and the tests that start nothing, about a minute on two cores.",
  all: "npm test: Biome, TypeScript and all tests, seven to eight minutes on two cores; npm run test:quick takes one.",
  full: "npm run test:full: every number of ranks and many random inputs, one to two hours on two cores.",
};

function fail(text) {
  process.stderr.write(`${text}\n`);
  process.exit(1);
}

/** Runs a script of this repository or its tools, with its text going where ours goes; its exit code. */
function run(title, script, args) {
  if (title) process.stdout.write(`> ${[title, ...args].join(" ")}\n`);
  const { status, signal, error } = spawnSync(process.execPath, [join(root, script), ...args], {
    cwd: root,
    env,
    stdio: "inherit",
  });
  if (error) throw error;
  if (signal) process.stderr.write(`test: ${script} was ended by ${signal}.\n`);
  return status ?? 1;
}

function check(title, script, args) {
  const code = run(title, script, args);
  if (code !== 0) process.exit(code);
}

/** Two checks at a time, which two cores do in the time of the longer one; what each says stands below its title. */
async function checkBoth(...checks) {
  const told = checks.map(([title, script, args]) => {
    const child = spawn(process.execPath, [join(root, script), ...args], { cwd: root, env, stdio: "pipe" });
    return Promise.all([
      [title, ...args].join(" "),
      script,
      text(child.stdout),
      text(child.stderr),
      once(child, "close"),
    ]);
  });
  let worst = 0;
  for (const [title, script, stdout, stderr, [code, signal]] of await Promise.all(told)) {
    process.stdout.write(`> ${title}\n${stdout}${stderr}`);
    if (signal) process.stderr.write(`test: ${script} was ended by ${signal}.\n`);
    worst ||= code ?? 1;
  }
  if (worst !== 0) process.exit(worst);
}

/** The test files that vitest finds for parts of their paths, each with whether it starts ranks. */
function find(parts) {
  // The parts first: --json would take one for the file that it is to write.
  const args = [join(root, vitest), "list", ...parts, ...project, "--filesOnly", "--json"];
  const { stdout, stderr } = spawnSync(process.execPath, args, { cwd: root, env, encoding: "utf8" });
  try {
    return JSON.parse(stdout).map(({ file, projectName }) => ({
      path: relative(root, file).split(sep).join("/"),
      ranks: projectName === "ranks",
    }));
  } catch {
    return fail(`test: expected a list of test files from vitest, got:\n${stdout}${stderr}`);
  }
}

if (files.length === 0) {
  process.stdout.write(`${about[mode]}\n`);
  check("", "scripts/setup.mjs", mode === "quick" ? [] : ["--test"]);
  await checkBoth(
    ["biome", "node_modules/@biomejs/biome/bin/biome", ["check", "--error-on-warnings", "."]],
    ["tsc", "node_modules/typescript/bin/tsc", ["-p", "."]],
  );
} else {
  check("", "scripts/setup.mjs", []);
  for (const file of files) {
    if (find([file]).length > 0) continue;
    const all = find([]).map(({ path }) => path);
    const what = mode === "quick" ? "a test file without ranks" : "a test file";
    fail(`test: "FILE" expected a part of the path of ${what}, got "${file}". Name one:\n  ${all.join("\n  ")}`);
  }
  const found = find(files);
  const ranks = found.some((file) => file.ranks);
  const size = `${found.length} ${found.length === 1 ? "file" : "files"}`;
  const time = ranks ? "with ranks, up to a minute each" : "without ranks, a few seconds each";
  process.stdout.write(`npm test: ${size} ${time}; Biome, TypeScript and the other tests are left out.\n`);
  if (ranks) check("", "scripts/setup.mjs", ["--test"]);
}

const folder = mkdtempSync(join(tmpdir(), "wasm-mpi-test-"));
const report = join(folder, "report.json");
const reporters = ["./test/harness/reporter.ts", "json", ...(env.GITHUB_ACTIONS ? ["github-actions"] : [])];
process.stdout.write(`> ${["vitest run", ...project, ...files, ...options].join(" ")}\n`);
process.exitCode = run("", vitest, [
  "run",
  ...reporters.map((name) => `--reporter=${name}`),
  `--outputFile.json=${report}`,
  ...project,
  ...files,
  ...options,
]);

/** The closing line, from vitest's report. A file that could not be loaded counts as one failure. */
function summaryOf(json, code) {
  const { numPassedTests, numFailedTests, numPendingTests, numTodoTests, testResults } = JSON.parse(json);
  const broken = testResults.filter((file) => file.status === "failed" && file.assertionResults.length === 0).length;
  const failed = Math.max(numFailedTests + broken, code === 0 ? 0 : 1);
  const skipped = numPendingTests + numTodoTests;
  return `${numPassedTests} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`;
}

if (mode === "full" && files.length === 0) {
  const code = run("versions of Node.js", "scripts/nodes.mjs", []);
  process.exitCode ||= code;
}

try {
  const summary = summaryOf(readFileSync(report, "utf8"), process.exitCode);
  process.stdout.write(`> ${((Date.now() - begin) / 1e3).toFixed(0)} seconds\n${summary}\n`);
} catch (error) {
  process.stderr.write(`test: expected a report of vitest at ${report}, got ${error.message}.\n`);
  process.exitCode ||= 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
