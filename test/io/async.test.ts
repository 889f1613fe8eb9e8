/** Collective calls that return promises, between all others. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "../harness/command.js";
import { isFull } from "../harness/effort.js";
import { eachLibrary, isLast, launched, runRanks } from "../harness/launch.js";

const folder = temporaryFolder();
const seeds = isFull ? 200 : 4;
const timeoutMs = isFull ? 900_000 : 100_000;

describe("jit and Output, settled early, late or together", () => {
  eachLibrary([1, 2, 3, 4], (job) => {
    // What settles when is up to Node and to the number of ranks.
    const isTried = isFull || launched.length === 0 || isLast(job.library);
    it.runIf(isTried)(
      "give what they give one by one, among other collective calls",
      { timeout: timeoutMs + 10_000 },
      async () => {
        const files = join(folder, `${job.library} ${job.ranks}`);
        mkdirSync(files);
        const args = [files, String(1000 * job.ranks), String(seeds)];
        const env = { WASM_MPI_CACHE: join(files, "cache") }; // Empty at first.
        const result = await runRanks({ ...job, program: "async-order.mjs", args, env, timeoutMs });
        expect(result.code, result.transcript).toBe(0);
        expect(result.stdout.endsWith("done\n"), result.transcript).toBe(true);
      },
    );
  });
});
