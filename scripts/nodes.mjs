/**
 * The quick tests, and the programs and commands of the README, on each line of Node.js that is kept, and the next:
 *
 *   node scripts/nodes.mjs [VERSIONS]          20,22,24,26 unless they are named
 *
 * npm installs the versions into out/nodes the first time. One that it cannot install is left out and said so; with CI=true that
 * is a failure.
 */
import { spawnSync } from "node:child_process";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { programOf } from "../bench/version.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const [versions = "20,22,24,26"] = process.argv.slice(2);
const parts = [
  ["quick tests", ["--quick"]],
  ["README", ["docs/pages", "-t", "README.md"]],
];

/** Runs tests on a version; how they ended, which is the last line that scripts/test.mjs prints. */
function run(program, args) {
  const env = { ...process.env, PATH: `${dirname(program)}${delimiter}${process.env.PATH}` };
  for (const name of ["WASM_MPI_TEST_FULL", "WASM_MPI_TEST_QUICK"]) delete env[name];
  const words = [join(root, "scripts", "test.mjs"), ...args];
  const { status, stdout, stderr } = spawnSync(program, words, {
    cwd: root,
    env,
    encoding: "utf8",
    maxBuffer: 2 ** 28,
  });
  return { isPassed: status === 0, summary: stdout.trimEnd().split("\n").at(-1), output: `${stdout}${stderr}` };
}

for (const version of versions.split(",")) {
  let program;
  try {
    program = programOf(version);
  } catch (error) {
    process.stdout.write(`Node ${version}: left out: ${error.message}\n`);
    if (process.env.CI === "true") process.exitCode = 1;
    continue;
  }
  const title = spawnSync(program, ["--version"], { encoding: "utf8" }).stdout.trim();
  for (const [name, args] of parts) {
    const { isPassed, summary, output } = run(program, args);
    process.stdout.write(`Node ${title}, ${name}: ${summary}\n`);
    if (isPassed) continue;
    process.stdout.write(output);
    process.exitCode = 1;
  }
}
