import { describe, expect, it } from "vitest";
import { Board } from "../../src/mpi/library/watch/board.js";
import { ending, endingOf } from "../../src/mpi/library/watch/ending.js";
import { lineOf, type State, type Told, verdictOf } from "../../src/mpi/library/watch/verdict.js";

const all = "all ranks";
const states = (...waits: readonly (readonly Told[])[]): State[] =>
  waits.map((told, rank) => ({ rank, size: waits.length, waits: told, seconds: 60.4 }));

describe("what ranks that wait say", () => {
  it("names calls as programs do, whatever their form", () => {
    const [state] = states([{ call: "MPI_Ireduce", to: 2, comm: all }]);
    expect(lineOf(state!)).toBe("rank 0 of 1: waits in MPI_Reduce with root 2 (communicator of all ranks), for 60 s");
    const [probe] = states([{ call: "MPI_Improbe", from: "any rank", tag: 3, comm: "handle 84000002" }]);
    expect(lineOf(probe!)).toBe(
      "rank 0 of 1: waits in MPI_Mprobe from any rank, tag 3 (communicator of handle 84000002), for 60 s",
    );
    const [put] = states([{ call: "MPI_Put", to: 1 }]);
    expect(lineOf(put!)).toBe("rank 0 of 1: waits in MPI_Put to rank 1, for 60 s");
  });

  it("has the communicator of each call where they differ", () => {
    const [state] = states([
      { call: "MPI_Recv_init", from: 1, tag: 0, comm: "handle 1" },
      { call: "MPI_Isend", to: 1, tag: 2, comm: all },
    ]);
    expect(lineOf(state!)).toBe(
      "rank 0 of 1: waits in MPI_Recv from rank 1, tag 0 (communicator of handle 1); MPI_Send to rank 1, tag 2 (communicator of all ranks), for 60 s",
    );
  });
});

describe("what their states mean", () => {
  const recv = (from: number): Told => ({ call: "MPI_Irecv", from, tag: 0, comm: all });

  it("is a circle wherever it is", () => {
    expect(verdictOf(states([recv(1)], [recv(2)], [recv(1)]))).toBe(
      "1 -> 2 -> 1: each of these ranks waits for the next one, and nobody sends. Use sendrecv, or begin with a send on one of them.",
    );
  });

  it("is a rank that waits for one in no call, or in another", () => {
    expect(verdictOf(states([recv(1)], []))).toBe("rank 0 waits for rank 1, which is in no call of MPI.");
    const away: Told = { call: "MPI_Bcast", to: 0, comm: "handle 7" };
    expect(verdictOf(states([recv(1)], [away]))).toBe(
      "rank 0 waits in MPI_Recv from rank 1, tag 0, and rank 1 in MPI_Bcast with root 0.",
    );
  });

  it("is a collective call with other roots", () => {
    const bcast = (to: number): readonly Told[] => [{ call: "MPI_Bcast", to, comm: all }];
    expect(verdictOf(states(bcast(0), bcast(1)))).toBe(
      "rank 0 is in MPI_Bcast with root 0, rank 1 is in MPI_Bcast with root 1. All ranks of a communicator have to make the same collective calls in the same order.",
    );
  });

  it("is other calls of a communicator that has all ranks, such as a grid's", () => {
    const call = (name: string, comm: string): readonly Told[] => [{ call: name, comm }];
    const advice = "All ranks of a communicator have to make the same collective calls in the same order.";
    const grid = "all ranks, number 1";
    expect(verdictOf(states(call("MPI_Allreduce", grid), call("MPI_Ibcast", grid)))).toBe(
      `rank 0 is in MPI_Allreduce, rank 1 is in MPI_Bcast. ${advice}`,
    );
    expect(verdictOf(states(call("MPI_Allreduce", grid), call("MPI_Allreduce", all)))).toBe(
      `rank 0 is in MPI_Allreduce (communicator of all ranks, number 1), rank 1 is in MPI_Allreduce (communicator of all ranks). ${advice}`,
    );
    expect(verdictOf(states(call("MPI_Allreduce", grid), call("MPI_Allreduce", grid)))).toBeUndefined();
  });

  it("is a collective call that others passed by on their way to the end", () => {
    const sum: readonly Told[] = [{ call: "MPI_Allreduce", comm: "handle 7" }];
    const end: readonly Told[] = [{ call: "MPI_Finalize" }];
    expect(verdictOf(states(sum, end))).toBe(
      "rank 1 has come to the end of the program, rank 0 is in MPI_Allreduce. All ranks of a communicator have to make the same collective calls, not some of them inside an if.",
    );
    expect(verdictOf(states(end, sum, end))).toBe(
      "ranks 0, 2 have come to the end of the program, rank 1 is in MPI_Allreduce. All ranks of a communicator have to make the same collective calls, not some of them inside an if.",
    );
    expect(verdictOf(states(end, end))).toBeUndefined();
  });

  it("is not told where all ranks are in the same call, or in communicators that ranks name differently", () => {
    const barrier: readonly Told[] = [{ call: "MPI_Barrier", comm: all }];
    expect(verdictOf(states(barrier, barrier))).toBeUndefined();
    expect(verdictOf(states([{ ...recv(1), comm: "handle 1" }], [{ ...recv(0), comm: "handle 2" }]))).toBeUndefined();
  });
});

describe("how a job ends that has waited too long", () => {
  it.each([1, 60, 2.5, 1e6])("is heard by the command that has started it, after %d s", (seconds) => {
    expect(ending.test(`[h1:12] wasm-mpi: ${endingOf(seconds)}\n`)).toBe(true);
  });
});

describe("communicators of all ranks", () => {
  it("have numbers in the order in which they were made, until they are freed or their handle is another's", () => {
    const board = new Board();
    const reader = new Board(board.buffer);
    board.note(11, true);
    board.note(12, false);
    board.note(0x1_0000_000d, true);
    board.note(13, true);
    expect([11, 12, 13].map((handle) => reader.numberOf(handle))).toEqual([1, 0, 2]);
    board.note(11, false);
    board.note(11, true);
    board.note(13, false);
    expect([11, 12, 13].map((handle) => reader.numberOf(handle))).toEqual([3, 0, 0]);
    for (let handle = 100; handle < 200; handle++) board.note(handle, true);
    expect([11, 100, 199].map((handle) => reader.numberOf(handle))).toEqual([0, 0, 103]);
  });
});
