/** Part of mpi-comms.mjs: what a communicator keeps beside its ranks, which is its name, its info and attributes. */
import assert from "node:assert/strict";
import { Info, mpi, UsageError } from "wasm-mpi/mpi";
import { comm, rank, size } from "./mpi-world.mjs";

export function keepsNames() {
  assert.equal(comm.name, "MPI_COMM_WORLD");
  assert.equal(mpi.self.name, "MPI_COMM_SELF");
  const twin = comm.dup();
  for (const name of ["rows", "Zürich", ""]) {
    twin.name = name;
    assert.equal(twin.name, name);
  }
  twin.free();
}

export function keepsInfo() {
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

export function keepsAttributes() {
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

export function knowsTheJob() {
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
