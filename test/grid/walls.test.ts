import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isFull } from "../harness/effort.js";
import { eachLibrary, runRanks } from "../harness/launch.js";
import { root } from "../harness/process.js";

/** A module of what the program asks of `src/`, inside the package, whose kernels it loads. */
let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(root, "node_modules", ".grid-walls-"));
  await build({
    stdin: {
      contents: `export { Grid } from "./grid/grid.js"; export { LinearWall } from "./grid/wall.js"; export { mpi } from "./mpi/index.js";`,
      resolveDir: join(root, "src"),
    },
    outfile: join(folder, "grid.mjs"),
    bundle: true,
    format: "esm",
    platform: "node",
    packages: "external",
  });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("linear walls with one value a cell", () => {
  eachLibrary(isFull ? [1, 3, 4] : [1, 2, 3], (job) => {
    it("have the bits of one rank on all splits into so many ranks and fewer", async () => {
      const result = await runRanks({ ...job, program: "grid-walls.mjs", args: [join(folder, "grid.mjs")] });
      expect(result.code, result.transcript).toBe(0);
      const { grids, cells } = JSON.parse(result.stdout);
      expect(grids).toBeGreaterThanOrEqual(22);
      expect(cells).toBeGreaterThan(1e4);
    });
  });
});
