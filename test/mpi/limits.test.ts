import { describe, expect, it } from "vitest";
import { eachLibrary, runRanks } from "../harness/launch.js";

const shrinks = (where: string) =>
  `UsageError: ${where} expected memory that cannot shrink, got a resizable ArrayBuffer. Pass a copy, or an array over a buffer of fixed length.`;
const detached = (where: string) =>
  `UsageError: ${where} expected an array in memory, got a detached one. Make it anew after memory.grow(), or pass mpi.view(memory, options).`;
const start =
  "UsageError: Request.start: expected an array in memory, got a detached one. Make array and request anew after memory.grow(), or pass mpi.view(memory, options).";

/** Every text, by the name of its case in the program. */
const expected: Record<string, string> = {
  irecv: shrinks('MPI_Irecv: "array"'),
  isend: shrinks('MPI_Isend: "array"'),
  recvInit: shrinks('MPI_Recv_init: "array"'),
  send: shrinks('MPI_Send: "array"'),
  view: shrinks('MPI_Irecv: "array"'),
  empty: shrinks('MPI_Irecv: "array"'),
  ibcast: shrinks('MPI_Ibcast: "array"'),
  iallreduce: shrinks('MPI_Iallreduce: "recv"'),
  ialltoallv: shrinks('MPI_Ialltoallv: "send"'),
  ialltoallw: shrinks('MPI_Ialltoallw: "recvs[0]"'),
  createWindow: shrinks('MPI_Win_create: "array"'),
  attach: shrinks('MPI_Win_attach: "array"'),
  put: shrinks('MPI_Put: "array"'),
  rget: shrinks('MPI_Rget: "array"'),
  iread: shrinks('MPI_File_iread_at: "data"'),
  start,
  startAll: start,
  detached: detached('MPI_Irecv: "array"'),
  "detached bytes": detached('MPI_Irecv: "array"'),
  "detached window": detached('MPI_Win_create: "array"'),
};

describe("the library reaches no memory but that of the data", () => {
  eachLibrary([1, 2], ({ library, ranks }) => {
    it("and what else it would reach is refused", async () => {
      const result = await runRanks({ library, ranks, program: "mpi-limits.mjs", timeoutMs: 50_000 });
      expect(result.code, result.transcript).toBe(0);
      const lines = result.stdout.split("\n");
      expect(lines.filter((line) => line === "ok").length, result.transcript).toBe(ranks);
      expect(JSON.parse(lines.find((line) => line.startsWith("{"))!)).toEqual(expected);
    });
  });
});
