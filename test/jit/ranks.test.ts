/** MPI called from compiled code. */
import { describe, expect, it } from "vitest";
import { eachLibrary, eachMode, runRanks } from "../harness/launch.js";

describe("MPI in compiled code", { timeout: 200_000 }, () => {
  eachMode(() => {
    eachLibrary([1, 2, 3, 4], (job) => {
      it("has every call, type, operation, view and communicator", async () => {
        const result = await runRanks({ ...job, program: "jit-mpi.mjs", timeoutMs: 180_000 });
        expect(result.code, result.transcript).toBe(0);
      });

      it("fails with the errors of JavaScript, and goes on", async () => {
        const result = await runRanks({ ...job, program: "jit-errors.mjs", timeoutMs: 180_000 });
        expect(result.code, result.transcript).toBe(0);
      });

      if (job.ranks < 4) {
        it("does the same in a debug build", async () => {
          const result = await runRanks({ ...job, program: "jit-mpi.mjs", args: ["debug"], timeoutMs: 180_000 });
          expect(result.code, result.transcript).toBe(0);
        });
      }
    });
  });
});
