/**
 * All checks in order, each stopping the run when it fails: setup, Biome, types, tests.
 *
 *   node scripts/test.mjs [--full] [arguments of vitest]
 *
 * --full  the long tests as well (WASM_MPI_TEST_FULL=1)
 * Ends with a line "N passed, N failed", which needs no colours or layout to be understood.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const env = { ...process.env };
const tests = process.argv.slice(2).filter((argument) => argument !== "--full");
if (process.argv.includes("--full")) env.WASM_MPI_TEST_FULL = "1";

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

check("", "scripts/setup.mjs", ["--test"]);
check("biome", "node_modules/@biomejs/biome/bin/biome", ["check", "--error-on-warnings", "."]);
check("tsc", "node_modules/typescript/bin/tsc", ["-p", "."]);

const folder = mkdtempSync(join(tmpdir(), "wasm-mpi-test-"));
const report = join(folder, "report.json");
const reporters = ["default", "json", ...(env.GITHUB_ACTIONS ? ["github-actions"] : [])];
process.stdout.write(`> ${["vitest run", ...tests].join(" ")}\n`);
process.exitCode = run("", "node_modules/vitest/vitest.mjs", [
  "run",
  ...reporters.map((name) => `--reporter=${name}`),
  `--outputFile.json=${report}`,
  ...tests,
]);

/** The closing line, from vitest's report. A file that could not be loaded counts as one failure. */
function summaryOf(text, code) {
  const { numPassedTests, numFailedTests, numPendingTests, numTodoTests, testResults } = JSON.parse(text);
  const broken = testResults.filter((file) => file.status === "failed" && file.assertionResults.length === 0).length;
  const failed = Math.max(numFailedTests + broken, code === 0 ? 0 : 1);
  const skipped = numPendingTests + numTodoTests;
  return `${numPassedTests} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`;
}

try {
  process.stdout.write(`${summaryOf(readFileSync(report, "utf8"), process.exitCode)}\n`);
} catch (error) {
  process.stderr.write(`test: expected a report of vitest at ${report}, got ${error.message}.\n`);
  process.exitCode ||= 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
