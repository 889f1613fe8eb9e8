// @ts-check
/** The solver gives the same bits on 1 and on 3 ranks. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const cli = fileURLToPath(new URL("dist/cli.js", import.meta.resolve("wasm-mpi/package.json")));
const solver = fileURLToPath(new URL("heat.js", import.meta.url));

/**
 * What `wasm-mpi ...args` prints.
 * @param {...string} args
 */
function wasmMpi(...args) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [cli, ...args], { encoding: "utf8" });
  assert.equal(status, 0, stdout + stderr);
  return stdout;
}

const noMpi =
  JSON.parse(wasmMpi("doctor", "--json")).installations.length === 0 &&
  "no MPI library is installed: npx wasm-mpi doctor names the command that installs one";

test("3 ranks give the bits of 1 rank", { skip: noMpi }, (t) => {
  const folder = mkdtempSync(join(tmpdir(), "heat-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const [first, second] = [1, 3].map((ranks) => {
    const file = join(folder, `heat-${ranks}.h5`);
    wasmMpi("run", "-n", String(ranks), solver, file, "100");
    return file;
  });
  // Every variable in every frame; its exit code is 1 where a bit differs.
  const { identical, differences } = JSON.parse(wasmMpi("compare", first, second, "--json"));
  assert.equal(identical, true, JSON.stringify(differences));
});
