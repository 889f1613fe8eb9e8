/**
 * Calls that return promises, settled early, late or together, between blocking and nonblocking collectives of the same
 * program, in an order that a seed decides; each rank reaches them after pauses of its local.
 *
 * Arguments: a folder for files, the first seed, how many seeds. The cache of compiled modules is that of
 * WASM_MPI_CACHE; a salt makes some sources new. Rank 0 prints each seed before it begins.
 */
import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { CompileError, FileError, Grid, jit, mpi, Output } from "wasm-mpi";

const comm = mpi.init();
const { rank, size } = comm;
const [folder, first, count] = process.argv.slice(2);
const backends = mpi.versionInfo().library === "solo" ? ["posix", "gather"] : ["mpiio", "posix", "gather"];
const salt = comm.bcastObject(`${Date.now()} ${process.pid}`);

/** Numbers from 0 to 1, by mulberry32. */
function randomOf(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const grid = new Grid(comm, { shape: [11, 9], halo: 1, periodic: true });
const cellsAt = (time) => (x, y) => 1000 * time + 20 * Math.floor(x) + Math.floor(y);
const expected = grid.field(0);
const copy = grid.field(0);
const u = grid.field(0);
const halo = grid.halo([u]);

/** One round: calls in the order of the seed, then all that is not settled. */
async function round(seed) {
  const random = randomOf(seed);
  const local = randomOf(1000 * seed + rank + 1);
  const below = (n) => Math.floor(n * random());
  /** What is not settled: functions that await something and check what comes. */
  const later = [];
  /** Files that are open, with the times of their frames. */
  const open = [];
  const closed = [];
  let [files, time] = [0, 0];

  const pause = () =>
    local() < 0.5
      ? new Promise((done) => setTimeout(done, Math.floor(4 * local())))
      : new Promise((done) => setImmediate(done));
  const settle = () => later.splice(below(later.length), 1)[0]?.();

  /** A module, and what its function gives. */
  function compile(source, value) {
    const module = jit(source);
    later.push(async () => {
      const { f, free } = await module;
      assert.equal(f(2), value);
      free();
    });
  }

  /** A file that is made or opened, and taken into the list when it is there. */
  function opened(promise, file) {
    later.push(async () => {
      const output = await promise;
      assert.deepEqual([...output.times], file.times);
      open.push({ ...file, output });
    });
  }

  const calls = {
    warm: () => compile("export function f(x: f64): f64 { return 7 + 2 * x; }", 11),
    cold: () => compile(`export function f(x: f64): f64 { return ${seed} * x; } // ${salt} ${later.length}`, 2 * seed),
    wrong() {
      const failing = jit("export function f(x: f64): f64 { return y; }").catch((error) => error);
      later.push(async () => assert.ok((await failing) instanceof CompileError));
    },
    create() {
      const path = join(folder, `${size}-${seed}-${files++}.h5`);
      const backend = backends[below(backends.length)];
      const room = backend === "gather" ? {} : { capacity: 2 };
      const variables = { u: {}, v: { dtype: "f32" } };
      opened(Output.create(grid, path, { variables, backend, overwrite: true, ...room }), { path, times: [] });
    },
    refused() {
      const missing = Output.append(grid, join(folder, "missing.h5")).catch((error) => error);
      later.push(async () => assert.ok((await missing) instanceof FileError));
    },
    write() {
      const file = open[below(open.length)];
      if (!file) return;
      u.set(cellsAt(++time));
      const v = grid.field(cellsAt(time), { dtype: "f32" });
      const writing = file.output.write(time, { u, v });
      u.set(-1); // The frame has what was there before.
      v.set(-1);
      file.times.push(time);
      later.push(async () => {
        await writing;
        v.free();
      });
    },
    read() {
      const file = open.find(({ times }) => times.length > 0);
      if (!file) return;
      const frame = below(file.times.length);
      const reading = file.output.read("u", frame, copy);
      expected.set(cellsAt(file.times[frame]));
      assert.deepEqual(copy.interior(), expected.interior());
      later.push(() => reading);
    },
    close() {
      const [file] = open.splice(below(open.length), 1);
      if (!file) return;
      const closing = file.output.close();
      if (file.times.length > 0) closed.push(file);
      later.push(() => closing);
    },
    append() {
      const [file] = closed.splice(below(closed.length), 1);
      if (file) opened(Output.append(grid, file.path), { path: file.path, times: file.times });
    },
    object() {
      const root = below(size);
      assert.deepEqual(comm.bcastObject(rank === root ? { seed, root } : undefined, { root }), { seed, root });
    },
    reduce: () => assert.equal(comm.allreduce(rank + seed), size * seed + (size * (size - 1)) / 2),
    sum() {
      u.set(seed);
      assert.equal(u.sum(), 99 * seed);
      assert.equal(u.max(), seed);
    },
    exchange: () => halo.exchange(),
    barrier: () => comm.barrier(),
    begun() {
      const sum = new Int32Array(1);
      const request = comm.iallreduce(Int32Array.of(seed), sum);
      later.push(async () => {
        await request;
        assert.equal(sum[0], size * seed);
      });
    },
    ring() {
      const [from, to] = [new Int32Array(1), (rank + 1) % size];
      comm.sendrecv(Int32Array.of(rank), from, { to, from: (rank + size - 1) % size });
      assert.equal(from[0], (rank + size - 1) % size);
    },
    settle,
    several: () => Promise.all(later.splice(0, 3).map((end) => end())),
    pause,
  };
  // What compiles anew is dear: once in four rounds.
  const names = Object.keys(calls).filter((name) => name !== "cold");
  names.push("create", "write", "write", "write", "settle", "settle", "pause", "pause", "warm");
  const cold = seed % 4 === 1 ? below(40) : undefined;
  for (let turn = 0; turn < 40; turn++) {
    const name = turn === cold ? "cold" : names[below(names.length)];
    await calls[name]();
    if (local() < 0.2) await pause();
  }
  while (later.length > 0) await settle();
  for (const { output } of open) await output.close();

  // What the files have in the end.
  for (const file of [...open, ...closed]) {
    if (file.times.length === 0) continue;
    const output = await Output.append(grid, file.path);
    assert.deepEqual([...output.times], file.times);
    for (const [frame, at] of file.times.entries()) {
      await output.read("u", frame, copy);
      expected.set(cellsAt(at));
      assert.deepEqual(copy.interior(), expected.interior());
    }
    await output.close();
    if (rank === 0) rmSync(file.path);
  }
}

/** Programs as people write them. */
async function programs() {
  // A source that is not in the cache, and a blocking call before it is awaited.
  const kernel = jit(`export function twice(x: f64): f64 { return 2 * x; } // ${salt}`);
  await new Promise((done) => setTimeout(done, 10));
  const { steps } = comm.bcastObject(rank === 0 ? { steps: 3 } : undefined);
  const { twice, free } = await kernel;
  assert.equal(twice(steps), 6);
  free();

  // An await that comes late.
  const variables = { u: {} };
  const path = (name) => join(folder, `${size}-${name}.h5`);
  const output = await Output.create(grid, path("late"), { variables, overwrite: true });
  u.set(1);
  const writing = output.write(0, { u });
  const sum = u.sum();
  assert.equal(sum, 99);
  await writing;
  await output.close();

  // Several at once, of which one is no concern of the other ranks.
  const modules = await Promise.all([
    ...[1, 2, 3].map((n) => jit(`export function f(): f64 { return ${n}; } // ${salt}`)),
    new Promise((done) => setTimeout(done, 5 * rank, { f: () => 4 })),
  ]);
  assert.deepEqual(
    modules.map(({ f }) => f()),
    [1, 2, 3, 4],
  );

  // Whole files at once; three frames not awaited, and the last of the calls.
  const frames = await Promise.all(
    backends.map(async (backend, index) => {
      const file = await Output.create(grid, path(backend), { variables, backend, overwrite: true });
      for (let time = 0; time < 3; time++) {
        u.set(10 * index + time);
        file.write(time, { u });
      }
      await file.close();
      const again = await Output.append(grid, path(backend));
      const values = [];
      for (let frame = 0; frame < 3; frame++) {
        await again.read("u", frame, copy);
        values.push(copy.max());
      }
      await again.close();
      return values;
    }),
  );
  assert.deepEqual(
    frames,
    backends.map((_, index) => [10 * index, 10 * index + 1, 10 * index + 2]),
  );

  // A program that ends too early.
  const creating = Output.create(grid, path("early"), { variables, overwrite: true });
  assert.throws(() => mpi.finalize(), {
    name: "UsageError",
    message:
      "mpi.finalize: expected no collective call under way, got 1 promise of jit, Output, solve() or the like not yet settled. Await them first.",
  });
  await (await creating).close();
}

await programs();
for (let seed = Number(first); seed < Number(first) + Number(count); seed++) {
  if (rank === 0) console.log(`seed ${seed}`);
  await round(seed);
}
comm.barrier();
if (rank === 0) console.log("done");
mpi.finalize();
