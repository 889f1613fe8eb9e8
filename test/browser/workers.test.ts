/** The world of the workers of a page, whose ranks are threads here. */
import { describe, expect, it } from "vitest";
import { Mpdata } from "../../src/advection/mpdata.js";
import { Grid } from "../../src/grid/grid.js";
import { mpi } from "../../src/mpi/index.js";
import { Pde } from "../../src/pde/pde.js";
import { isFull } from "../harness/effort.js";
import { bundled, opened } from "./context.js";
import { programFor, runRanks } from "./ranks.js";

/** What programs begin with. */
const head = `
  import assert from "node:assert/strict";
  import { parentPort } from "node:worker_threads";
  import { Grid, heap, Mpdata, mpi, Pde } from "wasm-mpi";
  const comm = mpi.init();
  const { rank, size } = comm;
`;

/** Digests of fields that every kind of exchange has a part in, on grids of a split. */
const digests = `
  const isFull = ${isFull};
  async function digests({ Grid, Mpdata, Pde }, comm, splits) {
    const cone = (x, y, z = 3) => Math.max(0, 1 - ((x - 9) ** 2 + (y - 7) ** 2 + (z - 3) ** 2) / 40);
    const found = {};
    for (const dtype of ["f64", "f32"]) {
      const grid = new Grid(comm, { shape: [26, 21], periodic: [true, false], split: splits[0] });
      const psi = grid.field(cone, { dtype });
      new Mpdata({ psi, courant: [0.3, -0.2], nonoscillatory: true, iterations: 3 }).advance(9);
      found[dtype] = [psi.digest(), psi.sum(), psi.min(), psi.max()];
    }
    const box = new Grid(comm, { shape: [12, 11, 10], periodic: true, split: splits[1] });
    const psi = box.field(cone);
    new Mpdata({ psi, courant: [0.1, 0.2, -0.3], thirdOrderTerms: true }).advance(5);
    found.box = psi.digest();
    const plane = new Grid(comm, { shape: [16, 18], periodic: true, split: splits[0] });
    for (const [stepper, dt] of isFull ? [["rk4", 0.005], ["rkf45", 0.005]] : [["rk4", 0.005]]) {
      const eq = new Pde({ c: "laplace(c^3 - c - laplace(c)) + 0.01 * integral(c)" });
      const initial = { c: "0.1 * sin(pi * x / 8) * sin(pi * y / 9) + 0.01" };
      const { fields, steps } = await eq.solve({ grid: plane, initial, until: 0.02, dt, stepper });
      found[stepper] = [fields.c.digest(), steps];
    }
    return found;
  }
`;

const splitsOf: Readonly<Record<number, readonly (readonly (readonly number[])[])[]>> = {
  1: [
    [
      [1, 1],
      [1, 1, 1],
    ],
  ],
  2: [
    [
      [1, 2],
      [2, 1, 1],
    ],
  ],
  3: [
    [
      [3, 1],
      [1, 3, 1],
    ],
  ],
  4: [
    [
      [2, 2],
      [2, 1, 2],
    ],
    [
      [1, 4],
      [1, 2, 2],
    ],
  ],
};

describe("the workers of a page, as ranks", () => {
  it("have the bits of Node.js, on 1 to 4 ranks", async () => {
    const make = new Function(`${digests}; return digests;`) as () => (
      entry: object,
      comm: object,
      splits: readonly (readonly number[])[],
    ) => Promise<unknown>;
    const expected = await make()({ Grid, Mpdata, Pde }, mpi.init(), splitsOf[1]![0]!);
    const file = await programFor(`${head}${digests}
      for (const splits of ${JSON.stringify(splitsOf)}[size]) parentPort.postMessage(await digests({ Grid, Mpdata, Pde }, comm, splits));
    `);
    for (const [ranks, splits] of Object.entries(splitsOf)) {
      if (!isFull && ranks === "2") continue; // Four ranks are cut in two along each axis.
      const found = await runRanks(file, Number(ranks));
      expect(found).toHaveLength(Number(ranks));
      for (const posted of found) expect(posted).toEqual(splits.map(() => expected));
    }
  });

  it("exchange halos as ranks of an MPI library do, corners too", { timeout: 120_000 }, async () => {
    const file = await programFor(`await import("./grid-halo.mjs");`);
    for (const ranks of isFull ? [1, 2, 3, 4] : [4]) await runRanks(file, ranks);
  });

  it("receive messages in order, by tag, by sender, and longer than a wire", async () => {
    const file = await programFor(`${head}
      const [next, last] = [(rank + 1) % size, (rank + size - 1) % size];
      const numbers = (count, first) => Float64Array.from({ length: count }, (_, i) => first + i);
      // Those of a tag in the order in which they were sent, whatever the order of the tags.
      const order = [];
      for (let i = 0; i < 6; i++) comm.send(Float64Array.of(100 * rank + i), { to: next, tag: i % 2 });
      for (const tag of [1, 1, 0, 1, 0, 0]) {
        const box = new Float64Array(1);
        comm.recv(box, { from: last, tag });
        order.push(box[0] - 100 * last);
      }
      assert.deepEqual(order, [1, 3, 0, 5, 2, 4]);
      // All send before any receives, ten times what a wire holds, and an odd number of bytes.
      for (const bytes of [0, 1, 15, 16, 17, 131071, 131072, 1_300_003]) {
        const out = Uint8Array.from({ length: bytes }, (_, i) => (i * 7 + rank) % 251);
        const into = new Uint8Array(bytes).fill(255);
        const sent = comm.isend(out, { to: next, tag: 9 });
        const received = comm.irecv(into, { from: last, tag: 9 });
        sent.wait();
        const { source, count } = received.wait();
        assert.equal(source, last);
        assert.ok(into.every((byte, i) => byte === (i * 7 + last) % 251), bytes + " bytes");
      }
      // From anyone.
      if (rank > 0) comm.send(Float64Array.of(rank), { to: 0, tag: 5 });
      else {
        const from = [];
        for (let i = 1; i < size; i++) {
          const box = new Float64Array(1);
          from.push(comm.recv(box, { tag: 5 }).source);
          assert.equal(box[0], from.at(-1));
        }
        assert.deepEqual(from.toSorted(), Array.from({ length: size - 1 }, (_, i) => i + 1));
      }
      // To itself, and what persistent requests start again; cells of the one memory, as halos.
      const cells = heap.array("f64", 40000), inbox = heap.array("f64", 40000);
      const requests = [comm.recvInit(inbox, { from: rank, tag: 3 }), comm.sendInit(cells, { to: rank, tag: 3 })];
      for (let turn = 0; turn < 3; turn++) {
        cells.set(numbers(40000, turn));
        for (const request of requests) request.start();
        for (const request of requests) request.wait();
        assert.deepEqual(inbox[39999], turn + 39999);
      }
      // Too long for the receiver.
      comm.send(new Float64Array(4), { to: next, tag: 2 });
      assert.throws(() => comm.recv(new Float64Array(3), { from: last, tag: 2 }), { errorClass: "MPI_ERR_TRUNCATE" });
      comm.barrier();
      parentPort.postMessage("done");
    `);
    for (const ranks of [1, 2, 4]) expect(await runRanks(file, ranks)).toEqual(new Array(ranks).fill(["done"]));
  });

  it("reduce, gather and split as MPI has it, with calls under way at the same time", async () => {
    const file = await programFor(`${head}
      const all = Array.from({ length: size }, (_, i) => i);
      const sum = (size * (size - 1)) / 2;
      assert.deepEqual([...comm.allreduce(Int32Array.of(rank, 2 * rank), new Int32Array(2))], [sum, 2 * sum]);
      assert.equal(comm.allreduce(rank, { op: "max" }), size - 1);
      for (const root of all) {
        const box = Float64Array.of(rank === root ? root + 0.5 : Number.NaN);
        comm.bcast(box, { root });
        assert.equal(box[0], root + 0.5);
        const into = new Float64Array(1);
        comm.reduce(Float64Array.of(rank), into, { root });
        assert.equal(into[0], rank === root ? sum : 0);
      }
      assert.deepEqual([...comm.allgather(Int32Array.of(rank * rank), new Int32Array(size))], all.map((i) => i * i));
      const outs = [new Int32Array(1), new Int32Array(1), new Int32Array(1)];
      const requests = outs.map((out, i) => comm.iallreduce(Int32Array.of(rank + i), out));
      for (const request of requests.toReversed()) request.wait();
      assert.deepEqual(outs.map((out) => out[0]), [0, 1, 2].map((i) => sum + size * i));
      // Two halves, of which each counts for itself, beside messages of the world with the same tags.
      const half = comm.split({ color: rank % 2, key: -rank });
      assert.equal(half.size, all.filter((i) => i % 2 === rank % 2).length);
      assert.equal(half.allreduce(rank), all.filter((i) => i % 2 === rank % 2).reduce((a, b) => a + b, 0));
      assert.equal(half.rank, all.filter((i) => i % 2 === rank % 2 && i > rank).length);
      half.free();
      const cart = comm.cartCreate({ dims: [size, 1], periods: [true, false] });
      assert.deepEqual(cart.coords, [rank, 0]);
      assert.deepEqual(cart.shift(0), { source: (rank + size - 1) % size, dest: (rank + 1) % size });
      parentPort.postMessage(mpi.initialized);
    `);
    for (const ranks of [1, 3, 4]) expect(await runRanks(file, ranks)).toEqual(new Array(ranks).fill([true]));
  });

  it("are told on all ranks what one of them does otherwise, and what there is not", async () => {
    const file = await programFor(`${head}
      const texts = [
        () => new Grid(comm, { shape: [rank === 1 ? 9 : 8] }),
        () => comm.recvObject({ from: rank }),
        () => comm.bcastObject({ a: 1 }),
        () => mpi.init({ library: "openmpi" }),
      ].map((run) => {
        try {
          run();
          return "nothing";
        } catch (error) {
          return error.message;
        }
      });
      parentPort.postMessage(texts);
    `);
    const found = await runRanks<string[]>(file, 2);
    const grid = (n: number) =>
      `{"shape":[${n}],"bounds":[[0,${n}]],"periodic":[false],"halo":2,"split":[2],"threads":1}`;
    for (const [rank, [texts]] of found.entries()) {
      expect(texts).toEqual([
        `Grid: "options" expected the same on all ranks, ${grid(8)} as on rank 0, got ${grid(9)} on rank 1. Give all the same.`,
        `MPI_Mprobe on rank ${rank} of 2: MPI_ERR_UNSUPPORTED_OPERATION (55): not among what the workers of a page have of MPI. The text before is the library's.`,
        rank === 0
          ? 'Comm.bcastObject: "value" expected a text, or Node.js, which serialises values, got a browser. Send typed arrays.'
          : 'Comm.bcastObject: "value" expected what can be serialised on every rank, got an error on rank 0. Mend what that error names.',
        'mpi.init: "library" expected the default as in the first call, got "openmpi". Name the library in the first call.',
      ]);
    }
  });
});

describe("joining a world", () => {
  it("is refused where it is wrong, in words", async () => {
    const script = await bundled(`export * from "./browser/index.js";`);
    const isolated = opened(script, true);
    const failure = (run: () => unknown): string => {
      try {
        run();
      } catch (error) {
        return (error as Error).message;
      }
      return "nothing";
    };
    expect(failure(() => opened(script, false).newWorld(2))).toBe(
      "newWorld: expected a page that may share memory, got one that may not. Have its server send Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp.",
    );
    expect(failure(() => isolated.newWorld(0))).toBe(
      'newWorld: "ranks" expected a whole number from 1 to 16, got 0. Name as many as there will be workers.',
    );
    expect(failure(() => isolated.joinWorld(new ArrayBuffer(8) as never, 0))).toBe(
      'joinWorld: "shared" expected memory of newWorld(), got ArrayBuffer. Pass it to the worker in a message.',
    );
    const shared = isolated.newWorld(2);
    expect(failure(() => isolated.joinWorld(shared, 2))).toBe(
      'joinWorld: "rank" expected a whole number from 0 to 1, got 2. Number the workers from 0.',
    );
    expect(failure(() => isolated.joinWorld(shared, 0))).toBe("nothing");
    expect(failure(() => isolated.joinWorld(shared, 1))).toBe(
      "joinWorld: expected one call in a worker, before mpi.init(), got a second one. Start a worker for each rank.",
    );
    const page = opened(script, true);
    page.mpi.init();
    expect(failure(() => page.joinWorld(page.newWorld(1), 0))).toBe(
      "joinWorld: expected one call in a worker, before mpi.init(), got one after mpi.init(). Start a worker for each rank.",
    );
  });
});
