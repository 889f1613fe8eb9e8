/** Sources with mistakes made at random: each compiles or is an error that explains itself, in time. */
import { join } from "node:path";
import { expect, it } from "vitest";
import { isFull } from "../harness/effort.js";
import { root, runNode } from "../harness/process.js";

const program = join(root, "test", "ranks", "jit-mutations.mjs");

it.runIf(isFull).each([1, 2, 3, 4, 5])(
  "compiles or is told: 100 sources, seed %i",
  { timeout: 900_000 },
  async (seed) => {
    const env = { WASM_MPI_CACHE: "0" };
    const { code, stdout, stderr, transcript } = await runNode([program, String(seed), "100"], {
      env,
      timeoutMs: 800_000,
    });
    expect(code, transcript.slice(-3000)).toBe(0);
    expect(stderr).toBe("");
    const rows = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as { source: string; end: string; ms: number });
    expect(rows).toHaveLength(100);
    for (const row of rows) {
      expect(row.end, row.source).toMatch(/^(compiled|CompileError|UsageError|KernelError)$/);
      expect(row.ms, row.source).toBeLessThan(10_000);
    }
    const errors = rows.filter(({ end }) => end === "CompileError");
    expect(errors.length).toBeGreaterThan(50);
  },
);
