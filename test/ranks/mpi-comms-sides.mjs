/** Part of mpi-comms.mjs: intercommunicators, which join two groups. */
import assert from "node:assert/strict";
import { Comm, Intercomm, mpi, UsageError } from "wasm-mpi/mpi";
import { bySize, comm, rank, size } from "./mpi-world.mjs";

/** The even and the odd ranks of 2 to 4, which an intercommunicator joins: sides of 1 + 1, 2 + 1 and 2 + 2. */
function sides(use) {
  const odd = rank % 2;
  const side = comm.split({ color: odd });
  // The last rank of each speaks for it.
  const last = (parity) => size - 1 - parity - ((size - 1 - parity) % 2) + parity;
  const leader = side.size - 1;
  const speaks = side.rank === leader;
  const inter = side.intercommCreate({
    leader,
    tag: 9,
    ...(speaks && { peer: comm, remoteLeader: last(1 - odd) }),
  });
  const evens = bySize(0, [0], [0, 2], [0, 2])[Symbol.iterator] ? bySize([], [0], [0, 2], [0, 2]) : [];
  const odds = bySize([], [1], [1], [1, 3]);
  use(inter, { side, odd, members: odd ? odds : evens, remotes: odd ? evens : odds });
  inter.free();
  side.free();
}

export function joinsGroups() {
  sides((inter, { side, odd, members, remotes }) => {
    assert.ok(inter instanceof Intercomm);
    assert.deepEqual([inter.rank, inter.size, inter.remoteSize], [side.rank, members.length, remotes.length]);
    assert.equal(
      String(inter),
      `intercommunicator, rank ${side.rank} of ${members.length}, with ${remotes.length} others`,
    );
    const [all, near, far] = [comm.group(), inter.group(), inter.remoteGroup()];
    assert.deepEqual(
      near.translateRanks(
        members.map((_, r) => r),
        all,
      ),
      members,
    );
    assert.deepEqual(
      far.translateRanks(
        remotes.map((_, r) => r),
        all,
      ),
      remotes,
    );
    assert.equal(far.rank, undefined);
    for (const group of [all, near, far]) group.free();
    assert.equal(inter.compare(inter), "identical");
    const twin = inter.dup();
    assert.equal(twin.compare(inter), "congruent");
    assert.deepEqual([twin.rank, twin.remoteSize], [inter.rank, inter.remoteSize]);
    twin.name = "bridge";
    assert.equal(twin.name, "bridge");
    twin.free();

    // The odd ranks last, then first.
    const [oddLast, oddFirst] = [inter.merge({ high: odd === 1 }), inter.merge({ high: odd === 0 })];
    const everybody = oddLast.allgather(Int32Array.of(rank), new Int32Array(size));
    assert.deepEqual([...everybody], bySize([], [0, 1], [0, 2, 1], [0, 2, 1, 3]));
    oddFirst.allgather(Int32Array.of(rank), everybody);
    assert.deepEqual([...everybody], bySize([], [1, 0], [1, 0, 2], [1, 3, 0, 2]));
    assert.ok(oddLast instanceof Comm);
    oddLast.free();
    oddFirst.free();
  });
}

export function sendsBetweenGroups() {
  sides((inter, { side, odd, members, remotes }) => {
    // Every rank to the first of the other side, which answers.
    const recv = new Int32Array(1);
    const sent = inter.isend(Int32Array.of(rank), { to: 0, tag: 1 });
    if (side.rank === 0) {
      const from = remotes.map((_, r) => {
        const status = inter.recv(recv, { from: r, tag: 1 });
        assert.deepEqual([status.source, status.count, recv[0]], [r, 1, remotes[r]]);
        return r;
      });
      for (const r of from) inter.send(Int32Array.of(100 + rank), { to: r, tag: 2 });
    }
    sent.wait();
    const status = inter.recv(recv, { tag: 2 });
    assert.deepEqual([status.source, recv[0]], [0, 100 + remotes[0]]);
    inter.sendrecv(Int32Array.of(rank), recv, { to: mpi.PROC_NULL, from: mpi.PROC_NULL });
    assert.equal(recv[0], 100 + remotes[0]);
    assert.throws(() => inter.send(recv, { to: remotes.length }), {
      name: "UsageError",
      message: `MPI_Send: "to" expected a rank from 0 to ${remotes.length - 1}, got ${remotes.length}. Name a rank of this communicator or PROC_NULL.`,
    });
    assert.throws(() => inter.bcast(recv, { root: -9 }), {
      name: "UsageError",
      message: `MPI_Bcast: "root" expected a rank from 0 to ${remotes.length - 1}, got -9. Name a rank of this communicator, ROOT or PROC_NULL.`,
    });
    // Outside of an intercommunicator nobody is ROOT.
    assert.throws(() => comm.bcast(recv, { root: mpi.ROOT }), UsageError);

    inter.barrier();
    inter.ibarrier().wait();
    // Rank 0 of the odd ranks is the root; then of the even ones.
    for (const side1 of [1, 0]) {
      const isRoot = odd === side1 && side.rank === 0;
      const root = odd !== side1 ? 0 : isRoot ? mpi.ROOT : mpi.PROC_NULL;
      const [near, far] = odd === side1 ? [members, remotes] : [remotes, members];
      assert.deepEqual([near[0], far[0]], side1 ? [1, 0] : [0, 1]);
      const takes = odd !== side1;
      for (const wait of [false, true]) {
        const data = isRoot ? Float64Array.of(2.5, side1) : new Float64Array(2);
        if (wait) inter.ibcast(data, { root }).wait();
        else inter.bcast(data, { root });
        assert.deepEqual([...data], takes || isRoot ? [2.5, side1] : [0, 0]);
        // The others of the root's group may pass anything.
        if (root === mpi.PROC_NULL) inter.bcast(new Int32Array(0), { root });
        else inter.bcast(data, { root });

        const gathered = isRoot ? new Int32Array(2 * far.length) : undefined;
        if (wait) inter.igather(Int32Array.of(rank, -rank), gathered, { root }).wait();
        else inter.gather(Int32Array.of(rank, -rank), gathered, { root });
        if (isRoot)
          assert.deepEqual(
            [...gathered],
            far.flatMap((r) => [r, 0 - r]),
          );

        // The r-th of the others sends r + 1 elements, and gets as many back.
        const counts = far.map((_, r) => r + 1);
        const total = counts.reduce((sum, n) => sum + n, 0);
        const piece = takes ? new Int32Array(side.rank + 1).fill(rank) : new Int32Array(0);
        const pieces = isRoot ? new Int32Array(total) : undefined;
        if (wait) inter.igatherv(piece, pieces, { root, counts }).wait();
        else inter.gatherv(piece, pieces, { root, counts });
        const expected = far.flatMap((one, r) => new Array(r + 1).fill(one));
        if (isRoot) assert.deepEqual([...pieces], expected);
        piece.fill(0);
        if (wait) inter.iscatterv(pieces, piece, { root, counts }).wait();
        else inter.scatterv(pieces, piece, { root, counts });
        if (takes) assert.deepEqual([...piece], new Array(side.rank + 1).fill(rank));

        const parts = isRoot ? Int32Array.from(far, (r) => 10 * r) : undefined;
        const part = new Int32Array(1).fill(-1);
        if (wait) inter.iscatter(parts, part, { root }).wait();
        else inter.scatter(parts, part, { root });
        assert.equal(part[0], takes ? 10 * rank : -1);

        const result = isRoot ? new Int32Array(1) : undefined;
        if (wait) inter.ireduce(Int32Array.of(rank + 1), result, { root }).wait();
        else inter.reduce(Int32Array.of(rank + 1), result, { root });
        if (isRoot)
          assert.equal(
            result[0],
            far.reduce((sum, r) => sum + r + 1, 0),
          );
        // An operation that only the type of the data allows.
        const where = mpi.view(new DataView(Int32Array.of(rank, 7).buffer), { type: "int32int32" });
        const found = new Int32Array(2);
        inter.reduce(where, mpi.view(new DataView(found.buffer), { type: "int32int32" }), { root, op: "maxloc" });
        if (isRoot) assert.deepEqual([...found], [far.at(-1), 7]);
      }
    }
  });
}

export function reducesBetweenGroups() {
  sides((inter, { side, members, remotes }) => {
    const add = (ranks) => ranks.reduce((sum, r) => sum + r, 0);
    assert.equal(inter.allreduce(rank), add(remotes));
    const memory = new WebAssembly.Memory({ initial: 1 });
    const [send, recv] = [new Float64Array(memory.buffer, 64, 2), new Float64Array(memory.buffer, 128, 2)];
    send.set([rank, 1]);
    assert.deepEqual([...inter.allreduce(send, recv)], [add(remotes), remotes.length]);
    recv.fill(0);
    inter.iallreduce(send, recv, { op: "max" }).wait();
    assert.deepEqual([...recv], [remotes.at(-1), 1]);
    assert.throws(() => inter.allreduce(send, new Float64Array(1)), {
      name: "UsageError",
      message: 'MPI_Allreduce: "recv" expected 2 float64, got 1 float64. Allocate it to fit "send".',
    });
    // As many elements in all on both sides, 4: each rank of a side gets its piece of what the other side has.
    const count = 4 / members.length;
    const block = new Int32Array(count);
    const whole = Int32Array.of(rank, rank + 10, rank + 20, rank + 30);
    const sums = [0, 10, 20, 30].map((n) => add(remotes) + n * remotes.length);
    inter.reduceScatterBlock(whole, block);
    assert.deepEqual([...block], sums.slice(side.rank * count, (side.rank + 1) * count));
  });
}

export function copiesBetweenGroups() {
  sides((inter, { side, odd, members, remotes }) => {
    const all = inter.allgather(Int32Array.of(rank, 1), new Int32Array(2 * remotes.length));
    assert.deepEqual(
      [...all],
      remotes.flatMap((r) => [r, 1]),
    );
    // Strided: every second element, from 1 on.
    const wide = new Int32Array(2 * remotes.length + 1).fill(-1);
    inter.allgather(Int32Array.of(rank), mpi.view(wide, { offset: 1, shape: [remotes.length], strides: [2] }));
    assert.deepEqual([...wide], [-1, ...remotes.flatMap((r, n) => (n === remotes.length - 1 ? [r, -1] : [r, -1]))]);
    // Sides may send pieces of different lengths: the even ranks one element, the odd ones two.
    const lengths = new Int32Array(remotes.length * (odd ? 1 : 2));
    inter.iallgather(odd ? Int32Array.of(rank, -rank) : Int32Array.of(rank), lengths).wait();
    assert.deepEqual([...lengths], odd ? remotes : remotes.flatMap((r) => [r, 0 - r]));
    // Rank r of a side sends r + 1 elements.
    const counts = remotes.map((_, r) => r + 1);
    const varied = new Int32Array(counts.reduce((sum, n) => sum + n, 0));
    inter.allgatherv(new Int32Array(side.rank + 1).fill(rank), varied, { counts });
    assert.deepEqual(
      [...varied],
      remotes.flatMap((one, r) => new Array(r + 1).fill(one)),
    );

    const recv = inter.alltoall(
      Int32Array.from(remotes, (r) => 10 * rank + r),
      new Int32Array(remotes.length),
    );
    assert.deepEqual(
      [...recv],
      remotes.map((r) => 10 * r + rank),
    );
    recv.fill(0);
    inter
      .ialltoall(
        Int32Array.from(remotes, (r) => 10 * rank + r),
        recv,
      )
      .wait();
    assert.deepEqual(
      [...recv],
      remotes.map((r) => 10 * r + rank),
    );
    // Rank r of a side gets r + 1 elements from every rank of the other.
    const sendCounts = remotes.map((_, r) => r + 1);
    const recvCounts = remotes.map(() => side.rank + 1);
    const pieces = new Int32Array((side.rank + 1) * remotes.length);
    const send = Int32Array.from(remotes.flatMap((one, r) => new Array(r + 1).fill(10 * rank + one)));
    inter.alltoallv(send, pieces, { sendCounts, recvCounts });
    assert.deepEqual(
      [...pieces],
      remotes.flatMap((one) => new Array(side.rank + 1).fill(10 * one + rank)),
    );
    pieces.fill(0);
    const parts = (array, lengths) => {
      let start = 0;
      return lengths.map((n) => {
        start += n;
        return array.subarray(start - n, start);
      });
    };
    inter.alltoallw(parts(send, sendCounts), parts(pieces, recvCounts));
    assert.deepEqual(
      [...pieces],
      remotes.flatMap((one) => new Array(side.rank + 1).fill(10 * one + rank)),
    );
    assert.equal(members.includes(rank), true);
  });
}
