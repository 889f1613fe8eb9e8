/** Programs in one file that a bundler has made, in the form that has no `import.meta.url`. */
import { cpSync, mkdirSync, realpathSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { beforeAll, describe, expect, it } from "vitest";
import { temporaryFolder } from "../harness/command.js";
import { root, runNode } from "../harness/process.js";

const folder = temporaryFolder();
const program = `
  import { Grid, Mpdata, mpi } from ${JSON.stringify(join(root, "dist", "index.js"))};
  const grid = new Grid(mpi.init(), { shape: [61, 47], periodic: true });
  const psi = grid.field((x, y) => Math.exp(-((x - 20) ** 2 + (y - 24) ** 2) / 50));
  new Mpdata({ psi, courant: [0.3, 0.2], nonoscillatory: true }).advance(200);
  console.log(psi.digest());
`;

describe("a bundle that is a CommonJS module", () => {
  beforeAll(async () => {
    const outfile = join(folder, "alone", "carry.cjs");
    const stdin = { contents: program, resolveDir: root };
    await build({ stdin, outfile, bundle: true, platform: "node", format: "cjs", logLevel: "error" });
    mkdirSync(join(folder, "project", "node_modules"), { recursive: true });
    cpSync(outfile, join(folder, "project", "carry.cjs"));
    mkdirSync(join(folder, "koffi", "node_modules"), { recursive: true });
    cpSync(outfile, join(folder, "koffi", "carry.cjs"));
    symlinkSync(join(root, "node_modules", "koffi"), join(folder, "koffi", "node_modules", "koffi"), "junction");
    symlinkSync(root, join(folder, "project", "node_modules", "wasm-mpi"), "junction");
    symlinkSync(join(root, "node_modules", "koffi"), join(folder, "project", "node_modules", "koffi"), "junction");
  });

  it("runs beside the packages", async () => {
    const { stdout, transcript } = await runNode(["carry.cjs"], { cwd: join(folder, "project") });
    expect(stdout, transcript).toBe("e829a0b9b93363df\n");
  });

  it("says in a line what it lacks elsewhere", async () => {
    const text =
      "wasm-mpi: LibraryError: koffi: expected an addon that loads, got \"Cannot find module 'koffi'\". Run npm install on this machine, where the program is.\n";
    for (const library of ["solo", "openmpi"]) {
      const env = { WASM_MPI_LIBRARY: library };
      const { stderr, transcript } = await runNode(["carry.cjs"], { cwd: join(folder, "alone"), env });
      expect(stderr, transcript).toBe(text);
    }
  });

  it("says in a line that it lacks the kernels where there is koffi alone", async () => {
    const cwd = join(folder, "koffi");
    const text = `wasm-mpi: LibraryError: wasm-mpi: expected the installed package, whose kernels a bundle does not hold, got none above ${JSON.stringify(realpathSync(cwd))}. Run npm install wasm-mpi where the bundle is.\n`;
    const { stderr, transcript } = await runNode(["carry.cjs"], { cwd });
    expect(stderr, transcript).toBe(text);
  });
});
