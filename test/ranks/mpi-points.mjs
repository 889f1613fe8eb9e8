/**
 * Messages between two ranks, requests and probes, on any number of ranks from 1 to 4, against values worked out by hand.
 *
 *   mpi-points.mjs [crowded]
 *
 * `crowded` tells every rank that its node has more ranks than cores, so that blocking calls poll. Every rank prints "ok".
 */
import assert from "node:assert/strict";
import { mpi } from "wasm-mpi/mpi";

if (process.argv[2] === "crowded") process.env.OMPI_COMM_WORLD_LOCAL_SIZE = "100000";
const times = [mpi.wtime()];
const comm = mpi.init();
times.push(mpi.wtime());
const { rank, size } = comm;
const { ANY_SOURCE, ANY_TAG, PROC_NULL } = mpi;
const [next, previous] = [(rank + 1) % size, (rank + size - 1) % size];
if (process.argv[2] === "crowded") assert.equal(comm.world.waiting.crowded, true);

// It takes the communicator from mpi.init(), and so comes after it.
const { completesRequests, fails, nobody, nothing, spin } = await import("./mpi-requests.mjs");
const valuesOf = (r) => [r + 1, 10 * r, -r - 1, 7];

/** Places for four elements: what the library gets, the elements in it, and whether what lies around them is untouched. */
function* places() {
  const inMemory = (memory) => {
    const all = new Float64Array(memory.buffer, 0, 16).fill(-9);
    const data = all.subarray(5, 9);
    return { data, set: (values) => data.set(values), get: () => [...data], clean: () => only(all, [5, 6, 7, 8]) };
  };
  const inView = (options, indices) => {
    const all = new Int32Array(24).fill(-9);
    return {
      data: mpi.view(all, options),
      set: (values) => {
        for (const [i, index] of indices.entries()) all[index] = values[i];
      },
      get: () => indices.map((index) => all[index]),
      clean: () => only(all, indices),
    };
  };
  const only = (all, indices) => all.every((value, i) => indices.includes(i) || value === -9);
  yield () => inMemory({ buffer: new ArrayBuffer(128) });
  yield () => inMemory(new WebAssembly.Memory({ initial: 1 }));
  yield () => inMemory(new WebAssembly.Memory({ initial: 1, maximum: 2, shared: true }));
  yield () => inView({ offset: 1, shape: [4], strides: [3] }, [1, 4, 7, 10]);
  yield () => inView({ offset: 2, shape: [2, 2], strides: [11, 4] }, [2, 6, 13, 17]);
  yield () => inView({ offset: 20, shape: [4], strides: [-5] }, [20, 15, 10, 5]);
}

sendsInEveryMode();
restartsEveryMode();
exchanges();
replaces();
buffers();
probes();
matches();
callsOnMemory();
await completesRequests();
const allDone = comm.world.requests.size;
assert.equal(allDone, 0);
comm.barrier();
times.push(mpi.wtime());
mpi.finalize();
times.push(mpi.wtime());
for (const [i, time] of times.entries()) if (i > 0) assert.ok(time > times[i - 1] && time - times[i - 1] < 60);
console.log("ok");

function sendsInEveryMode() {
  mpi.attachBuffer(6 * 2 * (128 + mpi.bsendOverhead()));
  for (const make of places()) {
    for (const mode of ["send", "ssend", "rsend", "bsend", "isend", "issend", "irsend", "ibsend"]) {
      const [out, into] = [make(), make()];
      out.set(valuesOf(rank));
      into.set([0, 0, 0, 0]);
      const received = comm.irecv(into.data, { from: previous, tag: 3 });
      comm.barrier(); // The receive of a ready send has to be posted.
      const sent = comm[mode](out.data, { to: next, tag: 3 });
      if (mode.startsWith("i")) {
        assert.equal(sent.buffer, out.data);
        assert.equal(sent.persistent, false);
      } else assert.equal(sent, undefined);
      assert.deepEqual(received.wait(), { source: previous, tag: 3, count: 4 });
      if (sent) assert.deepEqual(sent.wait(), nothing);
      assert.deepEqual(into.get(), valuesOf(previous), mode);
      assert.deepEqual(out.get(), valuesOf(rank));
      assert.ok(into.clean() && out.clean());
      comm[mode](out.data, { to: PROC_NULL })?.wait();
    }
  }
  mpi.detachBuffer();
}

function restartsEveryMode() {
  mpi.attachBuffer(128 + mpi.bsendOverhead());
  for (const make of places()) {
    for (const mode of ["sendInit", "ssendInit", "rsendInit", "bsendInit"]) {
      const [out, into] = [make(), make()];
      const received = comm.recvInit(into.data, { from: previous, tag: 4 });
      const sent = comm[mode](out.data, { to: next, tag: 4 });
      assert.equal(String(sent), "persistent request, not active");
      for (let step = 0; step < 3; step++) {
        out.set(valuesOf(rank + 100 * step));
        received.start();
        comm.barrier();
        sent.start();
        assert.equal(String(sent), "persistent request, active");
        assert.deepEqual(received.wait(), { source: previous, tag: 4, count: 4 });
        assert.deepEqual(sent.wait(), nothing);
        assert.deepEqual(into.get(), valuesOf(previous + 100 * step), mode);
        assert.ok(into.clean());
        // The message is out of the buffer before the next one needs the room.
        if (mode === "bsendInit") {
          mpi.detachBuffer();
          mpi.attachBuffer(128 + mpi.bsendOverhead());
        }
      }
      sent.free();
      received.free();
      assert.equal(String(sent), "persistent request, freed");
    }
  }
  mpi.detachBuffer();
}

function exchanges() {
  for (const make of places()) {
    const [out, into] = [make(), make()];
    out.set(valuesOf(rank));
    into.set([0, 0, 0, 0]);
    const options = { to: next, from: previous, sendTag: 10 + rank };
    const status = { source: previous, tag: 10 + previous, count: 4 };
    assert.deepEqual(comm.sendrecv(out.data, into.data, options), status);
    assert.deepEqual(into.get(), valuesOf(previous));
    assert.deepEqual(
      comm.sendrecv(out.data, into.data, { ...options, from: ANY_SOURCE, recvTag: 10 + previous }),
      status,
    );
    assert.deepEqual(comm.sendrecv(out.data, into.data, { to: PROC_NULL, from: PROC_NULL }), nobody);
    assert.deepEqual(into.get(), valuesOf(previous));
    assert.ok(into.clean() && out.clean());
  }
  // Open MPI 4.1 does not notice it where a rank sends to itself and the receive is there first.
  if (size === 1) return;
  const [out, into] = [new Float64Array(4).fill(rank), new Float64Array(3)];
  const end = "The buffer holds 3 float64 from any rank, tag 6; receive at least as many as were sent.";
  fails(() => comm.sendrecv(out, into, { to: next, from: ANY_SOURCE, sendTag: 6, recvTag: 6 }), {
    name: "MPI_Sendrecv",
    code: "MPI_ERR_TRUNCATE",
    end,
  });
  comm.barrier();
}

function replaces() {
  for (const make of places()) {
    const place = make();
    place.set(valuesOf(rank));
    const options = { to: next, from: previous, sendTag: rank };
    assert.deepEqual(comm.sendrecvReplace(place.data, options), { source: previous, tag: previous, count: 4 });
    assert.deepEqual(place.get(), valuesOf(previous));
    assert.deepEqual(comm.sendrecvReplace(place.data, { to: PROC_NULL, from: PROC_NULL }), nobody);
    assert.deepEqual(place.get(), valuesOf(previous));
    // Along a line: the first receives from nobody and keeps what it has, the last sends to nobody.
    const [to, from] = [rank === size - 1 ? PROC_NULL : next, rank === 0 ? PROC_NULL : previous];
    const got = comm.sendrecvReplace(place.data, { to, from, sendTag: 5, recvTag: 5 });
    assert.deepEqual(got, rank === 0 ? nobody : { source: previous, tag: 5, count: 4 });
    // Rank 0 has that of the last rank, rank 1 the same from it, rank 2 that of rank 0...
    assert.deepEqual(place.get(), valuesOf(rank === 0 ? size - 1 : (rank + size - 2) % size));
    assert.ok(place.clean());
  }
  assert.equal(comm.sendrecvReplace(new Float32Array(0), { to: next, from: previous }).count, 0);
  const large = new Int32Array(100_000).fill(rank);
  assert.deepEqual(comm.sendrecvReplace(large, { to: next, from: previous, sendTag: 8, recvTag: 8 }), {
    source: previous,
    tag: 8,
    count: 100_000,
  });
  assert.ok(large.every((value) => value === previous));
  const sent = comm.isend(Float64Array.of(1, 2, 3), { to: next, tag: 9 });
  fails(() => comm.sendrecvReplace(new Float64Array(2), { to: PROC_NULL, from: previous, recvTag: 9 }), {
    name: "MPI_Sendrecv_replace",
    code: "MPI_ERR_TRUNCATE",
    end: `The buffer holds 2 float64 from rank ${previous}, tag 9; receive at least as many as were sent.`,
  });
  sent.wait();
  comm.barrier();
}

function buffers() {
  for (const [bytes, got] of [
    [-1, "-1"],
    [0.5, "0.5"],
    ["8", '"8"'],
    [2 ** 31, "2147483648"],
  ]) {
    assert.throws(() => mpi.attachBuffer(bytes), {
      name: "UsageError",
      message: `mpi.attachBuffer: "byteLength" expected a whole number of bytes up to 2147483647, got ${got}. Count in bytes.`,
    });
  }
  assert.ok(Number.isInteger(mpi.bsendOverhead()) && mpi.bsendOverhead() >= 0);
  const refuses = (length, got) => {
    for (const [call, name] of [
      ["bsend", "MPI_Bsend"],
      ["ibsend", "MPI_Ibsend"],
      ["bsendInit", "MPI_Bsend_init"],
    ]) {
      // biome-ignore format: a table
      assert.throws(() => comm[call](new Float64Array(length), { to: next }), {
        name: "UsageError",
        message: `${name}: expected ${8 * length} + ${mpi.bsendOverhead()} bytes in the buffer of mpi.attachBuffer(), got ${got}. Attach one for all messages under way.`,
      });
    }
  };
  refuses(1, "none");
  mpi.attachBuffer(80 + mpi.bsendOverhead());
  fails(() => mpi.attachBuffer(1000), {
    name: "MPI_Buffer_attach",
    code: "MPI_ERR_BUFFER",
    end: "Attach a buffer for bsend with mpi.attachBuffer(), large enough for all messages in it.",
  });
  refuses(11, `one of ${80 + mpi.bsendOverhead()} bytes`);
  comm.bsend(new Float64Array(11), { to: PROC_NULL });
  const request = comm.irecv(new Float64Array(10), { from: previous });
  comm.bsend(new Float64Array(10).fill(rank), { to: next });
  assert.equal(request.wait().count, 10);
  mpi.detachBuffer();
  refuses(0, "none");
  // Long messages are copied, so that their arrays can be reused at once, and sent by the time the buffer is back.
  const length = 50_000;
  mpi.attachBuffer(3 * (4 * length + mpi.bsendOverhead()));
  const array = new Int32Array(length);
  for (const tag of [0, 1, 2]) {
    comm.bsend(array.fill(rank + 10 * tag), { to: next, tag });
    array.fill(-1);
  }
  const received = [0, 1, 2].map((tag) => comm.irecv(new Int32Array(length), { from: previous, tag }));
  mpi.detachBuffer();
  mpi.waitAll(received);
  for (const [tag, { buffer }] of received.entries()) assert.ok(buffer.every((value) => value === previous + 10 * tag));
  comm.barrier();
}

function probes() {
  for (const options of [{}, { from: ANY_SOURCE, tag: ANY_TAG }, { from: previous }, { tag: 80 }]) {
    assert.equal(comm.iprobe(options), undefined);
    comm.barrier();
    const sent = comm.isend(Int16Array.of(rank, 1, 2), { to: next, tag: 80 });
    const expected = { source: previous, tag: 80, byteLength: 6 };
    assert.deepEqual(comm.probe(options), expected);
    assert.deepEqual(comm.probe(options), expected); // It is still there.
    assert.deepEqual(comm.iprobe(options), expected);
    assert.equal(comm.iprobe({ from: previous, tag: 81 }), undefined);
    const array = new Int16Array(expected.byteLength / 2);
    comm.recv(array, expected.source === previous ? { from: previous, tag: 80 } : {});
    assert.deepEqual([...array], [previous, 1, 2]);
    assert.equal(comm.iprobe(options), undefined);
    sent.wait();
    comm.barrier();
  }
  const none = { source: PROC_NULL, tag: ANY_TAG, byteLength: 0 };
  assert.deepEqual(comm.probe({ from: PROC_NULL }), none);
  assert.deepEqual(comm.iprobe({ from: PROC_NULL }), none);
}

function matches() {
  const fields = ({ source, tag, byteLength }) => ({ source, tag, byteLength });
  for (const options of [{}, { from: previous, tag: 82 }]) {
    for (const way of ["mprobe", "improbe"]) {
      for (const length of [3, 50_000]) {
        for (const receive of ["recv", "irecv"]) {
          assert.equal(comm.improbe(options), undefined);
          comm.barrier();
          const sent = comm.isend(new Float32Array(length).fill(rank), { to: next, tag: 82 });
          const message = way === "mprobe" ? comm.mprobe(options) : spin(() => comm.improbe(options));
          assert.deepEqual(fields(message), { source: previous, tag: 82, byteLength: 4 * length });
          assert.equal(comm.iprobe(), undefined); // Out of the reach of others.
          const array = new Float32Array(length + 1).fill(-1);
          const status = receive === "recv" ? message.recv(array) : message.irecv(array).wait();
          assert.deepEqual(status, { source: previous, tag: 82, count: length });
          assert.ok(array.subarray(0, length).every((value) => value === previous) && array[length] === -1);
          sent.wait();
          for (const again of ["recv", "irecv"]) {
            assert.throws(() => message[again](array), {
              name: "UsageError",
              message: `${again === "recv" ? "MPI_Mrecv" : "MPI_Imrecv"}: expected a message that was not received, got one that was. Receive it once.`,
            });
          }
          comm.barrier();
        }
      }
    }
  }
  const nobodys = comm.mprobe({ from: PROC_NULL });
  assert.deepEqual(fields(nobodys), { source: PROC_NULL, tag: ANY_TAG, byteLength: 0 });
  assert.deepEqual(nobodys.recv(new Int8Array(1)), nobody);
  assert.deepEqual(comm.improbe({ from: PROC_NULL }).irecv(new Int8Array(1)).wait(), nobody);
  // In order, for two that are held at the same time.
  const sent = [1, 2].map((value) => comm.isend(Int32Array.of(value), { to: next, tag: 83 }));
  const [first, second] = [comm.mprobe(), comm.mprobe()];
  const array = new Int32Array(1);
  second.recv(array);
  assert.equal(array[0], 2);
  first.recv(array);
  assert.equal(array[0], 1);
  mpi.waitAll(sent);
  comm.barrier();
  for (const [receive, name] of [
    ["recv", "MPI_Mrecv"],
    ["irecv", "MPI_Wait"],
  ]) {
    const long = comm.isend(Float64Array.of(1, 2, 3), { to: next, tag: 84 });
    const message = comm.mprobe({ tag: 84 });
    fails(() => message[receive](new Float64Array(2))?.wait(), {
      name,
      code: "MPI_ERR_TRUNCATE",
      end: "The buffer holds 2 float64, the message has 24 bytes; receive at least as many as were sent.",
    });
    long.wait();
    comm.barrier();
  }
}

function callsOnMemory() {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 4, shared: true });
  const calls = comm.on(memory, "int32");
  const words = new Int32Array(memory.buffer);
  assert.equal(String(calls), `int32 in WebAssembly memory for communicator, rank ${rank} of ${size}`);
  words.set([rank, 5, 6], 2);
  calls.sendrecv(8, 3, next, 40, 3, previous, 9);
  assert.deepEqual([...words.subarray(10, 13)], [previous, 5, 6]);
  assert.deepEqual(calls.status(), { source: previous, tag: 9, count: 3 });
  memory.grow(1);
  const request = comm.isend(Int32Array.of(7, rank), { to: next, tag: 1 });
  calls.recv(65_536, 4);
  assert.deepEqual(calls.status(), { source: previous, tag: 1, count: 2 });
  assert.deepEqual([...new Int32Array(memory.buffer, 65_536, 4)], [7, previous, 0, 0]);
  request.wait();
  calls.send(8, 3, PROC_NULL);
  calls.recv(40, 3, PROC_NULL);
  assert.deepEqual(calls.status(), nobody);
  const received = comm.irecv(new Int32Array(3), { from: previous, tag: 2 });
  calls.send(8, 3, next, 2);
  assert.deepEqual(received.wait(), { source: previous, tag: 2, count: 3 });
  calls.allreduce(8, 80, 1);
  calls.allreduce(8, 8, 1, "max");
  assert.deepEqual([words[20], words[2]], [[0, 1, 3, 6][size - 1], size - 1]);
  words[2] = 30 + rank;
  calls.bcast(8, 1, size - 1);
  assert.equal(words[2], 30 + size - 1);
  fails(() => calls.sendrecv(8, 1, next, 40, 1, size), {
    name: "MPI_Sendrecv",
    code: "MPI_ERR_RANK",
    end: "Ranks go from 0 to size - 1 of the communicator.",
  });
  comm.barrier();
}
