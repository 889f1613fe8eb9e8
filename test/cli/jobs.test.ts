/** Commands that need one rank, in a job of several: the first does the work, and all end as a single one does. */
import { join } from "node:path";
import { expect, it } from "vitest";
import { documentOf, temporaryFolder } from "../harness/command.js";
import { inJob, launched } from "../harness/launch.js";
import { wasmMpi } from "../harness/process.js";

const folder = temporaryFolder();

it.each(launched)("what wasm-mpi view says is said once in a job of $title", async ({ name: library }) => {
  const path = join(folder, `${library}.h5`);
  documentOf(await wasmMpi(["advect", "--shape", "9,7", "--steps", "2", "--output", path, "--json"]));
  for (const args of [[path], [path, "--plot", "x.jpg"], ["nowhere.h5"]]) {
    const alone = await wasmMpi(["view", ...args], { cwd: folder });
    const result = await inJob({ library, ranks: 3 }, ["view", ...args], { cwd: folder });
    expect([result.code, result.stdout], result.transcript).toEqual([alone.code, alone.stdout]);
    const lines = result.stderr.split("\n").filter((line) => line.startsWith("wasm-mpi"));
    expect(lines.join("\n")).toBe(alone.stderr.trim());
  }
});
