/** The first look: what `wasm-mpi demo` prints and leaves, here on the one rank that there is without a launcher. */
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { documentOf, noLauncher, temporaryFolder } from "../harness/command.js";
import { root, runNode, wasmMpi } from "../harness/process.js";
import { without } from "../harness/without.js";

const folder = temporaryFolder();
const fewer = "wasm-mpi demo: no MPI launcher (mpiexec) was found, going on with 1 rank.\n";

describe("demo", () => {
  it("says what was shown, the files, and three commands to go on with, again and again", async () => {
    for (let n = 0; n < 2; n++) {
      const { code, stdout, stderr, transcript } = await wasmMpi(["demo"], { cwd: folder });
      expect([code, stderr], transcript).toEqual([0, fewer]);
      const lines = stdout.split("\n");
      expect(lines[0]).toBe("1 rank alone: there was nothing to compare with.");
      expect(lines[1]).toMatch(/^gaussian, 256 x 256 cells, 100 steps, 2 passes of MPDATA, MPI: /);
      expect(stdout).toMatch(
        /\nfile: wasm-mpi-demo.gaussian-1\.h5\npicture: wasm-mpi-demo.gaussian\.png\npage: wasm-mpi-demo.gaussian\.html\n\nnext:\n/,
      );
      const next = lines.slice(lines.indexOf("next:") + 1, -1).map((line) => line.trim().split(/ {2,}/)[1]);
      expect(next).toEqual(["what is in a file", "an MPI library, for more ranks", "a project of your own"]);
    }
    const files = ["gaussian-1.h5", "gaussian.html", "gaussian.png"];
    expect(readdirSync(join(folder, "wasm-mpi-demo")).toSorted()).toEqual(files);
    expect(readdirSync(folder)).toEqual(["wasm-mpi-demo"]);
  });

  it("draws lines where the package for pixels is not installed", async () => {
    const args = [
      ...without(/^@napi-rs\/canvas$/),
      join(root, "dist", "cli.js"),
      "demo",
      "--json",
      "--folder",
      "lines",
    ];
    const result = await runNode(args, { cwd: folder, env: noLauncher });
    const { identical, plot, runs } = documentOf<{ identical: boolean; plot: string; runs: { file: string }[] }>(
      result,
    );
    expect(identical).toBe(true);
    expect([plot, ...runs.map(({ file }) => file)]).toEqual(
      ["gaussian.svg", "gaussian-1.h5"].map((name) => join("lines", name)),
    );
    expect(readdirSync(join(folder, "lines")).toSorted()).toEqual(["gaussian-1.h5", "gaussian.html", "gaussian.svg"]);
  });

  it("refuses a folder that is a file, and takes no case", async () => {
    mkdirSync(join(folder, "other"));
    writeFileSync(join(folder, "other", "file"), "");
    const refused = await wasmMpi(["demo", "--folder", "other/file"], { cwd: folder });
    const name = join("other", "file");
    const text = `"--folder" expected a folder that can be written, got "${name}" (EEXIST). Name another with --folder.`;
    expect([refused.code, refused.stderr]).toEqual([1, `wasm-mpi demo: ${text}\n`]);
    const { code, stderr } = await wasmMpi(["demo", "cone"], { cwd: folder });
    const many = "wasm-mpi demo: expected at most 0 arguments, got 1. See wasm-mpi demo --help.\n";
    expect([code, stderr]).toEqual([2, many]);
  });
});
