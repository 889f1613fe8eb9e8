import { describe, expect, it } from "vitest";
import { isFull } from "../harness/effort.js";
import { eachLibrary, isLast, runRanks, turnsOf } from "../harness/launch.js";

/** What each kind of deadlock is told as: a line of each rank, and what they mean together. */
const world = "(communicator of all ranks), for S s";
const advice = "All ranks of a communicator have to make the same collective calls in the same order.";
const kinds = {
  circle: [
    `rank 0 of 3: waits in MPI_Recv from rank 2, tag 7 ${world}`,
    `rank 1 of 3: waits in MPI_Recv from rank 0, tag 7 ${world}`,
    `rank 2 of 3: waits in MPI_Recv from rank 1, tag 7 ${world}`,
    "0 -> 2 -> 1 -> 0: each of these ranks waits for the next one, and nobody sends. Use sendrecv, or begin with a send on one of them.",
  ],
  collectives: [
    `rank 0 of 3: waits in MPI_Allreduce ${world}`,
    `rank 1 of 3: waits in MPI_Bcast with root 0 ${world}`,
    `rank 2 of 3: waits in MPI_Allreduce ${world}`,
    `ranks 0, 2 are in MPI_Allreduce, rank 1 is in MPI_Bcast with root 0. ${advice}`,
  ],
  absent: [
    `rank 0 of 2: waits in MPI_Barrier ${world}`,
    "rank 1 of 2: in no call of MPI, for S s",
    `rank 0 is in MPI_Barrier, rank 1 has not come to it. ${advice}`,
  ],
  early: [
    "rank 0 of 2: waits in MPI_Finalize, for S s",
    `rank 1 of 2: waits in MPI_Barrier ${world}`,
    "rank 0 has come to the end of the program, rank 1 is in MPI_Barrier. All ranks of a communicator have to make the same collective calls, not some of them inside an if.",
  ],
  tags: [
    `rank 0 of 2: waits in MPI_Send to rank 1, tag 3 ${world}`,
    `rank 1 of 2: waits in MPI_Recv from rank 0, tag 4 ${world}`,
    "0 -> 1 -> 0: each of these ranks waits for the next one, one sends with tag 3 what the other receives with tag 4. Give both the same tag.",
  ],
  sends: [
    `rank 0 of 2: waits in MPI_Send to rank 1, tag 0 ${world}`,
    `rank 1 of 2: waits in MPI_Send to rank 0, tag 0 ${world}`,
    "0 -> 1 -> 0: each of these ranks waits for the next one to receive. Use sendrecv, or isend and a receive.",
  ],
  requests: [
    `rank 0 of 2: waits in MPI_Recv from rank 1, tag 1; MPI_Recv from rank 1, tag 2 ${world}`,
    `rank 1 of 2: waits in MPI_Recv from rank 0, tag 1; MPI_Recv from rank 0, tag 2 ${world}`,
    "rank 0 waits in MPI_Recv from rank 1, tag 1; MPI_Recv from rank 1, tag 2, and rank 1 in MPI_Recv from rank 0, tag 1; MPI_Recv from rank 0, tag 2.",
  ],
  any: [
    `rank 0 of 2: waits in MPI_Recv from any rank, tag any ${world}`,
    `rank 1 of 2: waits in MPI_Recv from any rank, tag any ${world}`,
  ],
  probe: [
    `rank 0 of 2: waits in MPI_Probe from rank 1, tag 5 ${world}`,
    `rank 1 of 2: waits in MPI_Probe from rank 0, tag 5 ${world}`,
    "0 -> 1 -> 0: each of these ranks waits for the next one, and nobody sends. Use sendrecv, or begin with a send on one of them.",
  ],
  awaits: [
    `rank 0 of 2: waits in MPI_Recv from rank 1, tag 9 ${world}`,
    `rank 1 of 2: waits in MPI_Recv from rank 0, tag 8 ${world}`,
    "0 -> 1 -> 0: each of these ranks waits for the next one, and nobody sends. Use sendrecv, or begin with a send on one of them.",
  ],
  awaited: [
    `rank 0 of 2: waits in MPI_Recv from rank 1, tag 6 ${world}`,
    `rank 1 of 2: waits in MPI_Recv from rank 0, tag 6 ${world}`,
    "0 -> 1 -> 0: each of these ranks waits for the next one, and nobody sends. Use sendrecv, or begin with a send on one of them.",
  ],
  compiled: [
    `rank 0 of 2: waits in MPI_Recv from rank 1, tag 5 ${world}`,
    `rank 1 of 2: waits in MPI_Recv from rank 0, tag 5 ${world}`,
    "0 -> 1 -> 0: each of these ranks waits for the next one, and nobody sends. Use sendrecv, or begin with a send on one of them.",
  ],
} as const;

/**
 * In `npm test` one kind of each mechanism: a message that is polled, a collective call, a rank in no call, one that awaits,
 * compiled code.
 */
const few = ["circle", "collectives", "absent", "awaited", "compiled"];
const names = (Object.keys(kinds) as (keyof typeof kinds)[]).filter((kind) => isFull || few.includes(kind));

// Most of the time of these is waiting: all at once.
describe.concurrent("with WASM_MPI_TIMEOUT a job that waits for ever tells for what, and ends", () => {
  eachLibrary([3], ({ library }) => {
    it("with a line of each rank, and what is wrong", { timeout: 120_000 }, async () => {
      // A rank that waits in a call may keep a core: each kind on one library outside the full tests.
      const ended = turnsOf(names, library).map(async (kind) => {
        const [...expected] = kinds[kind];
        const ranks = expected[0].includes("of 3") ? 3 : 2;
        // Before, as the others await the rank that compiles; after it that rank only reads what was compiled.
        const compiled = { library: "solo", ranks: 1, program: "mpi-deadlock.mjs", args: ["compiles"] } as const;
        if (kind === "compiled") expect((await runRanks(compiled)).code).toBe(0);
        const seconds = kind === "compiled" ? 3 : 1;
        const env = { WASM_MPI_TIMEOUT: String(seconds) };
        const result = await runRanks({ library, ranks, program: "mpi-deadlock.mjs", args: [kind], env });
        expect(result.code, `${kind}\n${result.transcript}`).toBe(124);
        const lines = result.stderr.split("\n").filter((line) => line.startsWith("wasm-mpi: "));
        // On a busy machine what is awaited is told before.
        const said = lines.filter((line) => !line.includes("nothing has been left to do"));
        // How long depends on when ranks begin, and beside other work on when the threads look.
        const known = said.map((line) => line.slice("wasm-mpi: ".length).replace(/for \d+ s$/, "for S s"));
        const last = `ended after ${seconds} s without progress (WASM_MPI_TIMEOUT), exit code 124`;
        expect(known.toSorted(), `${kind}\n${result.transcript}`).toEqual([...expected, last].toSorted());
      });
      await Promise.all(ended);
    });

    it("and refuses a limit that not all ranks have", async () => {
      const env = { WASM_MPI_TIMEOUT: "9" };
      const result = await runRanks({ library, ranks: 2, program: "mpi-deadlock.mjs", args: ["mixed"], env });
      expect(result.code, result.transcript).not.toBe(0);
      expect(result.stderr, result.transcript).toMatch(
        /^wasm-mpi: rank [01] of 2: UsageError: "WASM_MPI_TIMEOUT" expected the same on all ranks, got 9 on \S+, none on \S+\. Have the launcher pass it to all\.$/m,
      );
    });

    // Ranks that keep cores for seconds, of a job that the library has no part in.
    it.runIf(isFull || isLast(library))("but none that goes on", async () => {
      const env = { WASM_MPI_TIMEOUT: "1" };
      const result = await runRanks({ library, ranks: 2, program: "mpi-deadlock.mjs", args: ["slow"], env });
      expect(result.stdout, result.transcript).toBe("ok\nok\n");
      expect(result.code, result.transcript).toBe(0);
    });
  });
});
