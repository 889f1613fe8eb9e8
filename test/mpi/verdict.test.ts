import { describe, expect, it } from "vitest";
import { Board } from "../../src/mpi/library/watch/board.js";
import { ending, endingOf } from "../../src/mpi/library/watch/ending.js";
import { lineOf, type State, type Told, verdictOf } from "../../src/mpi/library/watch/verdict.js";

const all = "all ranks";
const states = (...waits: readonly (readonly Told[])[]): State[] =>
  waits.map((told, rank) => {
    // Who is in the call of a number has begun it.
    const orders = told.flatMap(({ comm = "", order }) => (order === undefined ? [] : [[comm, order] as const]));
    return { rank, size: waits.length, waits: told, seconds: 60.4, counts: Object.fromEntries(orders) };
  });

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
    const bcast = (to: number): readonly Told[] => [{ call: "MPI_Bcast", to, comm: all, order: 1 }];
    expect(verdictOf(states(bcast(0), bcast(1)))).toBe(
      "rank 0 is in MPI_Bcast with root 0, rank 1 is in MPI_Bcast with root 1. All ranks of a communicator have to make the same collective calls in the same order.",
    );
  });

  it("is other calls of a communicator that has all ranks, such as a grid's", () => {
    const call = (name: string, comm: string): readonly Told[] => [{ call: name, comm, order: 1 }];
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

  it("is a collective call by its number, whatever those do who have passed it", () => {
    const advice = "All ranks of a communicator have to make the same collective calls in the same order.";
    const call = (name: string, order: number, to?: number): Told => ({
      call: name,
      comm: all,
      order,
      ...(to === undefined ? {} : { to }),
    });
    // Rank 1 has sent its part, rank 2 has not come.
    const [gather, barrier] = [call("MPI_Gather", 4, 0), call("MPI_Barrier", 5)];
    expect(verdictOf(states([gather], [barrier], []))).toBe(
      `rank 0 is in MPI_Gather with root 0, rank 2 has not come to it. ${advice}`,
    );
    // Rank 1 was the root, and is in a message of its own.
    const [leaf, root, away] = states([call("MPI_Bcast", 7, 1)], [recv(2)], []);
    expect(verdictOf([leaf!, { ...root!, counts: { [all]: 7 } }, away!])).toBe(
      `rank 0 is in MPI_Bcast with root 1, rank 2 has not come to it. ${advice}`,
    );
    expect(verdictOf(states([call("MPI_Barrier", 2)], [call("MPI_Barrier", 1)]))).toBe(
      `rank 0 is in MPI_Barrier, collective call 2, rank 1 is in MPI_Barrier, collective call 1. ${advice}`,
    );
    expect(verdictOf(states([call("MPI_Comm_split", 1)], [call("MPI_Ibarrier", 1)]))).toBe(
      `rank 0 is in MPI_Comm_split, rank 1 is in MPI_Barrier. ${advice}`,
    );
    // Of several requests the barrier is complete.
    const [begun, message] = [call("MPI_Ibarrier", 1), recv(1)];
    expect(verdictOf(states([begun, message], [begun, { ...message, from: 0 }]))).toBeUndefined();
  });

  it("accuses nobody of what is not so", () => {
    const told = (call: string, ends: Partial<Told>): Told => ({ call, tag: 0, comm: all, ...ends });
    const circle = "each of these ranks waits for the next one";
    const wrongOrder = "Their sends and receives have to be in an order in which one of them can begin.";
    expect(verdictOf(states([told("MPI_Issend", { to: 1 })], [told("MPI_Ssend", { to: 0 })]))).toBe(
      `0 -> 1 -> 0: ${circle} to receive. Use sendrecv, or isend and a receive.`,
    );
    expect(verdictOf(states([told("MPI_Sendrecv", { to: 1, from: 1 })], [told("MPI_Recv", { from: 0, tag: 3 })]))).toBe(
      `0 -> 1 -> 0: ${circle}. ${wrongOrder}`,
    );
    expect(verdictOf(states([told("MPI_Send", { to: 1 })], [told("MPI_Send", { to: 2 })], [recv(0)]))).toBe(
      `0 -> 1 -> 2 -> 0: ${circle}. ${wrongOrder}`,
    );
    // Of a long message on a slow link the tags are not at fault.
    expect(verdictOf(states([told("MPI_Send", { to: 1, tag: 7 })], [told("MPI_Recv", { from: 0, tag: "any" })]))).toBe(
      `0 -> 1 -> 0: ${circle}. ${wrongOrder}`,
    );
    // Either message may have come.
    expect(verdictOf(states([told("MPI_Sendrecv", { to: 1, from: 2 })], [recv(2)], []))).toBe(
      "rank 1 waits for rank 2, which is in no call of MPI.",
    );
    expect(
      verdictOf(states([recv(1), recv(2)], [], [told("MPI_Recv", { from: 0, tag: 1, comm: "handle 7" })])),
    ).toBeUndefined();
    // Of a communicator of some ranks those who have left a call before others are not missing in it.
    const reduce: readonly Told[] = [{ call: "MPI_Reduce", to: 1, comm: "handle 7" }];
    expect(verdictOf(states([{ call: "MPI_Finalize" }], reduce))).toBeUndefined();
  });

  it("is not told where all ranks are in the same call, or in communicators that ranks name differently", () => {
    const barrier: readonly Told[] = [{ call: "MPI_Barrier", comm: all, order: 3 }];
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
    const board = new Board(1);
    const reader = new Board(1, board.buffer);
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

  it("have their collective calls counted, the library's own as number 0", () => {
    const board = new Board(1);
    const reader = new Board(1, board.buffer);
    board.note(11, true);
    for (const handle of [1, 11, 1, 12, 1]) board.count(board.placeOf(handle));
    expect(reader.counts).toEqual([
      [0, 3],
      [1, 1],
    ]);
    board.note(11, false);
    board.note(11, true);
    // Who has freed one has made all calls that others may still be in.
    expect(reader.counts).toEqual([
      [0, 3],
      [1, 2 ** 31],
      [2, 0],
    ]);
  });
});
