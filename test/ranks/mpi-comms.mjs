/**
 * Communicators from others, groups, info objects, names, attributes and intercommunicators, with values worked out by
 * hand. Each rank prints "ok".
 */
import assert from "node:assert/strict";
import { Comm, Group, Info, Intercomm, MpiError, mpi, UsageError } from "wasm-mpi/mpi";

const comm = mpi.init();
const { rank, size } = comm;
const bySize = (...values) => values[size - 1];
const isMpiError = (errorClass) => (error) => error instanceof MpiError && error.errorClass === errorClass;

reachesItself();
splitsByMemory();
makesGroups();
makesCommsOfGroups();
compares();
keepsNames();
keepsInfo();
keepsAttributes();
knowsTheJob();
if (size > 1) {
  joinsGroups();
  sendsBetweenGroups();
  reducesBetweenGroups();
  copiesBetweenGroups();
}
refusesWhatIsFreed();

comm.barrier();
mpi.finalize();
assert.throws(() => mpi.self, UsageError);
assert.throws(() => mpi.createInfo(), UsageError);
console.log("ok");

function reachesItself() {
  const { self } = mpi;
  assert.ok(self instanceof Comm);
  assert.equal(mpi.self, self);
  assert.deepEqual([self.rank, self.size, self.allreduce(7)], [0, 1, 7]);
  const recv = new Float64Array(2);
  self.sendrecv(Float64Array.of(rank, 5), recv, { to: 0, from: 0 });
  assert.deepEqual([...recv], [rank, 5]);
  assert.throws(() => self.free(), isMpiError("MPI_ERR_COMM"));
  // Messages of a duplicate never meet those of the original.
  const twin = comm.dup();
  const [first, second] = [new Int32Array(1), new Int32Array(1)];
  const requests = [twin.irecv(second, { from: rank, tag: 3 }), comm.irecv(first, { from: rank, tag: 3 })];
  comm.send(Int32Array.of(1), { to: rank, tag: 3 });
  twin.send(Int32Array.of(2), { to: rank, tag: 3 });
  mpi.waitAll(requests);
  assert.deepEqual([first[0], second[0]], [1, 2]);
  twin.free();
}

function splitsByMemory() {
  // All ranks run on this machine; the keys reverse them.
  const node = comm.splitType("shared", { key: -rank });
  assert.deepEqual([node.rank, node.size, node.allreduce(1)], [size - 1 - rank, size, size]);
  node.free();
  const rest = comm.splitType(rank === 0 ? undefined : "shared", { info: { some_hint: "some value" } });
  assert.equal(rest === undefined, rank === 0);
  if (!rest) return;
  assert.deepEqual([rest.rank, rest.size], [rank - 1, size - 1]);
  rest.free();
}

function makesGroups() {
  const all = comm.group();
  assert.ok(all instanceof Group);
  assert.deepEqual([all.size, all.rank], [size, rank]);
  const none = mpi.emptyGroup;
  assert.deepEqual([none.size, none.rank], [0, undefined]);
  // The ranks in reverse, and all but the first of them.
  const reverse = all.include(Array.from({ length: size }, (_, r) => size - 1 - r));
  assert.deepEqual([reverse.size, reverse.rank], [size, size - 1 - rank]);
  const tail = reverse.exclude([0]);
  assert.deepEqual([tail.size, tail.rank], [size - 1, rank === size - 1 ? undefined : size - 2 - rank]);
  const first = all.include([0]);
  assert.deepEqual([first.size, first.rank], [1, rank === 0 ? 0 : undefined]);

  const ranksOf = (group) => {
    const numbers = Array.from({ length: group.size }, (_, r) => r);
    const found = group.translateRanks(numbers, all);
    group.free();
    return found;
  };
  // Of 4 ranks: first 0, tail 2 1 0.
  assert.deepEqual(ranksOf(first.union(tail)), bySize([0], [0], [0, 1], [0, 2, 1]));
  assert.deepEqual(ranksOf(tail.union(first)), bySize([0], [0], [1, 0], [2, 1, 0]));
  assert.deepEqual(ranksOf(all.intersection(tail)), bySize([], [0], [0, 1], [0, 1, 2]));
  assert.deepEqual(ranksOf(tail.intersection(all)), bySize([], [0], [1, 0], [2, 1, 0]));
  assert.deepEqual(ranksOf(all.difference(first)), bySize([], [1], [1, 2], [1, 2, 3]));
  assert.deepEqual(ranksOf(first.difference(all)), []);
  assert.deepEqual(ranksOf(all.include([])), []);
  assert.deepEqual(ranksOf(all.exclude([])), bySize([0], [0, 1], [0, 1, 2], [0, 1, 2, 3]));
  assert.deepEqual(ranksOf(none.union(none)), []);

  assert.deepEqual(all.translateRanks([size - 1, mpi.PROC_NULL, 0], first), [
    size === 1 ? 0 : undefined,
    mpi.PROC_NULL,
    0,
  ]);
  assert.deepEqual(all.translateRanks([], first), []);
  assert.equal(all.compare(all), "identical");
  assert.equal(all.compare(reverse), size === 1 ? "identical" : "similar");
  assert.equal(all.compare(first), size === 1 ? "identical" : "unequal");
  assert.equal(none.compare(mpi.emptyGroup), "identical");
  assert.match(String(all), new RegExp(`^group of ${size}, rank ${rank}$`));
  assert.equal(String(none), "group of 0, without this process");
  for (const group of [all, none, reverse, tail, first]) group.free();
  assert.equal(String(all), "group, freed");
  mpi.emptyGroup.free(); // Is the library's own, and stays.
  assert.equal(mpi.emptyGroup.size, 0);
}

function makesCommsOfGroups() {
  const all = comm.group();
  const odd = all.include([1, 3].filter((r) => r < size));
  const part = comm.create(odd);
  assert.equal(part === undefined, rank % 2 === 0);
  if (part) {
    assert.deepEqual([part.rank, part.size], [(rank - 1) / 2, odd.size]);
    assert.equal(part.allreduce(rank), bySize(0, 1, 1, 4));
    part.free();
  }
  // The others do not call.
  const reverse = all.exclude([0]).include(Array.from({ length: size - 1 }, (_, r) => size - 2 - r));
  if (rank > 0) {
    const rest = comm.createGroup(reverse, { tag: 5 });
    assert.deepEqual([rest.rank, rest.size], [size - 1 - rank, size - 1]);
    const group = rest.group();
    assert.equal(group.compare(reverse), "identical");
    group.free();
    rest.free();
  }
  for (const group of [all, odd, reverse]) group.free();
}

function compares() {
  const twin = comm.dup();
  const reverse = comm.split({ color: 0, key: size - rank });
  assert.equal(comm.compare(comm), "identical");
  assert.equal(comm.compare(twin), "congruent");
  assert.equal(comm.compare(reverse), size === 1 ? "congruent" : "similar");
  assert.equal(comm.compare(mpi.self), size === 1 ? "congruent" : "unequal");
  twin.free();
  reverse.free();
}

function keepsNames() {
  assert.equal(comm.name, "MPI_COMM_WORLD");
  assert.equal(mpi.self.name, "MPI_COMM_SELF");
  const twin = comm.dup();
  for (const name of ["rows", "Zürich", ""]) {
    twin.name = name;
    assert.equal(twin.name, name);
  }
  twin.free();
}

function keepsInfo() {
  const info = mpi.createInfo({ first: "1", second: "zwei" });
  assert.ok(info instanceof Info);
  info.set("third", "x".repeat(200));
  info.set("first", "one");
  assert.deepEqual(info.keys().sort(), ["first", "second", "third"]);
  assert.deepEqual(Object.fromEntries(info.entries()), { first: "one", second: "zwei", third: "x".repeat(200) });
  assert.deepEqual([info.get("first"), info.get("fourth")], ["one", undefined]);
  const twin = info.dup();
  assert.deepEqual([info.delete("third"), info.delete("third"), info.get("third")], [true, false, undefined]);
  assert.equal(twin.get("third"), "x".repeat(200));
  assert.equal(String(mpi.createInfo()), "info object, {}");
  assert.deepEqual(mpi.createInfo({}).entries(), []);

  // An object lives as long as the call; an info object stays.
  const hints = mpi.createInfo({ mpi_assert_no_any_source: "true" });
  for (const asked of [hints, { mpi_assert_no_any_source: "true" }]) {
    const careful = comm.dup({ info: asked });
    assert.deepEqual([careful.rank, careful.allreduce(1)], [rank, size]);
    careful.info = asked;
    for (const [key, value] of Object.entries(careful.info))
      assert.deepEqual([typeof key, typeof value], ["string", "string"]);
    careful.free();
  }
  assert.equal(hints.get("mpi_assert_no_any_source"), "true");
  for (const object of [info, twin, hints]) object.free();
  assert.equal(String(info), "info object, freed");

  const { infoEnv } = mpi;
  for (const [key, value] of infoEnv?.entries() ?? []) assert.equal(infoEnv.get(key), value);
}

function keepsAttributes() {
  const [passed, uncopied] = [mpi.createKeyval({ copy: true }), mpi.createKeyval()];
  const base = comm.dup();
  const value = { of: ["any", "kind"], rank };
  assert.equal(base.getAttribute(passed), undefined);
  base.setAttribute(passed, value);
  base.setAttribute(uncopied, "private");
  assert.equal(base.getAttribute(passed), value);
  const twin = base.dup();
  assert.equal(twin.getAttribute(passed), value);
  assert.equal(twin.getAttribute(uncopied), undefined);
  // From here on each has its own.
  twin.setAttribute(passed, 5);
  assert.equal(base.getAttribute(passed), value);
  assert.equal(twin.getAttribute(passed), 5);
  const third = twin.dup();
  twin.free();
  assert.equal(third.getAttribute(passed), 5);
  assert.deepEqual([third.deleteAttribute(passed), third.deleteAttribute(passed)], [true, false]);
  assert.equal(third.getAttribute(passed), undefined);
  third.free();
  base.setAttribute(uncopied, null);
  assert.equal(base.getAttribute(uncopied), null);
  // The world and this process have attributes too.
  mpi.self.setAttribute(uncopied, 0);
  assert.equal(mpi.self.getAttribute(uncopied), 0);
  assert.equal(comm.getAttribute(uncopied), undefined);
  assert.equal(String(passed), "key of attributes, copied by dup");
  passed.free();
  uncopied.free();
  assert.throws(() => base.getAttribute(uncopied), UsageError);
  base.free();
}

function knowsTheJob() {
  const twin = comm.dup();
  const half = comm.split({ color: 0 });
  for (const communicator of [comm, mpi.self, twin, half]) {
    assert.ok(communicator.attribute("tagUpperBound") >= 32767);
    assert.equal(typeof (communicator.attribute("wtimeIsGlobal") ?? false), "boolean");
    const universe = communicator.attribute("universeSize");
    assert.ok(universe === undefined || universe >= 1);
    const appnum = communicator.attribute("appnum");
    assert.ok(appnum === undefined || appnum >= 0);
    assert.ok([undefined, mpi.ANY_SOURCE, mpi.PROC_NULL, 0, 1, 2, 3].includes(communicator.attribute("io")));
    assert.ok([undefined, mpi.PROC_NULL, 0, 1, 2, 3].includes(communicator.attribute("host")));
    assert.ok((communicator.attribute("lastUsedCode") ?? 1) >= 1);
  }
  const tag = comm.attribute("tagUpperBound");
  const recv = new Int32Array(1);
  const status = comm.sendrecv(Int32Array.of(3), recv, { to: rank, from: rank, sendTag: tag, recvTag: tag });
  assert.deepEqual([status.tag, recv[0]], [tag, 3]);
  twin.free();
  half.free();
}

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

function joinsGroups() {
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

function sendsBetweenGroups() {
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

function reducesBetweenGroups() {
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

function copiesBetweenGroups() {
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

function refusesWhatIsFreed() {
  const freed = (make) => {
    const object = make();
    object.free();
    return object;
  };
  const text = (name, what) => ({
    name: "UsageError",
    message: `${name}: expected ${what} in use, got a freed one. Make a new one.`,
  });
  const twin = freed(() => comm.dup());
  const group = freed(() => comm.group());
  const info = freed(() => mpi.createInfo());
  const key = freed(() => mpi.createKeyval());
  const all = comm.group();
  const spent = "a communicator";
  for (const call of [
    () => twin.dup(),
    () => twin.split({ color: 0 }),
    () => twin.splitType("shared"),
    () => twin.create(all),
    () => twin.createGroup(all),
    () => twin.group(),
    () => twin.name,
    () => {
      twin.name = "x";
    },
    () => twin.info,
    () => twin.compare(comm),
    () => comm.compare(twin),
    () => twin.cartCreate({ dims: [1], periods: [false] }),
    () => twin.distGraphCreateAdjacent({ sources: [], destinations: [] }),
    () => twin.attribute("appnum"),
    () => twin.free(),
  ]) {
    assert.throws(call, text("Comm", spent));
  }
  for (const call of [
    () => group.include([0]),
    () => group.union(all),
    () => all.union(group),
    () => all.translateRanks([0], group),
    () => comm.create(group),
    () => group.free(),
  ]) {
    assert.throws(call, text("Group", "a group"));
  }
  for (const call of [() => info.get("x"), () => info.set("x", "y"), () => info.keys(), () => comm.dup({ info })]) {
    assert.throws(call, text("Info", "an info object"));
  }
  assert.throws(() => comm.setAttribute(key, 1), text("Keyval", "a key of attributes"));
  all.free();
}
