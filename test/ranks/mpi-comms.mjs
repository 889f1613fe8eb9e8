/**
 * Communicators from others, groups, info objects, names, attributes and intercommunicators, with values worked out by
 * hand. Each rank prints "ok".
 */
import assert from "node:assert/strict";
import { Comm, MpiError, mpi, UsageError } from "wasm-mpi/mpi";
import { compares, makesCommsOfGroups, makesGroups } from "./mpi-comms-groups.mjs";
import { keepsAttributes, keepsInfo, keepsNames, knowsTheJob } from "./mpi-comms-notes.mjs";
import { copiesBetweenGroups, joinsGroups, reducesBetweenGroups, sendsBetweenGroups } from "./mpi-comms-sides.mjs";
import { comm, rank, size } from "./mpi-world.mjs";

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
