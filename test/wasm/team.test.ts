import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeEach, describe, expect, it, vi } from "vitest";
import { Mpdata } from "../../src/advection/mpdata.js";
import { Grid } from "../../src/grid/grid.js";
import { allocator, core, kernelsModule } from "../../src/wasm/core.js";
import { functionsModule } from "../../src/wasm/functions.js";
import { memory } from "../../src/wasm/memory.js";
import { at, headLength, slotLength } from "../../src/wasm/slot.js";
import { cutRows, type Shared, sharedKernel, Team, team } from "../../src/wasm/team.js";
import { temporaryFolder } from "../harness/command.js";
import { runNode } from "../harness/process.js";
import { solo } from "../harness/run.js";

const section = (id: number, ...content: number[]) => [id, content.length, ...content];
const body = (...code: number[]) => [code.length + 2, 0, ...code, 0x0b];
const text = (name: string) => [name.length, ...Buffer.from(name)];

/** A module on the memory with `store(ptr, value)`, and `trap(ptr, value)`, which does so and traps unless the value is 0. */
const module = new WebAssembly.Module(
  Uint8Array.from([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, 1, 0x60, 2, 0x7f, 0x7f, 0),
    ...section(2, 1, ...text("env"), ...text("memory"), 2, 3, 1, 0x80, 0x80, 4),
    ...section(3, 2, 0, 0),
    ...section(7, 2, ...text("store"), 0, 0, ...text("trap"), 0, 1),
    ...section(
      10,
      2,
      ...body(0x20, 0, 0x20, 1, 0xfe, 0x17, 2, 0),
      ...body(...[0x20, 0, 0x20, 1, 0xfe, 0x17, 2, 0], ...[0x20, 1, 0x04, 0x40, 0x00, 0x0b]),
    ),
  ]),
);
const { exports } = new WebAssembly.Instance(module, { env: { memory: allocator().memory } });
const here = exports as Record<"store" | "trap", Shared["call"]>;

const ptr = memory.alloc(64);
const words = memory.i32(ptr, 16);
beforeEach(() => words.fill(0));
afterAll(() => memory.free(ptr));

/** Waits until some words are not 0, ten seconds at most. */
function untilSet(...all: Int32Array[]): void {
  const end = performance.now() + 10_000;
  for (const word of all) while (Atomics.load(word, 0) === 0 && performance.now() < end);
}

/** A team with the functions; before it runs one, the main thread waits as it is told. */
function teamOf(threads: number, before: () => void, options?: ConstructorParameters<typeof Team>[0]) {
  const made = new Team(options);
  made.grow(threads, false);
  const waiting = (call: Shared["call"]) => (ptr: number, value: number) => {
    before();
    call(ptr, value);
  };
  const { store, trap } = made.share(module, { store: waiting(here.store), trap: waiting(here.trap) });
  return { made, store: store!, trap: trap! };
}

/** Arguments for so many threads: each writes a word of its own. */
const partsOf = (...values: number[]) => values.map((value, part) => [ptr + 4 * part, value]);
const thread2 = () => untilSet(words.subarray(1));

const todo = "Use fewer threads: with threads: 1, or WASM_MPI_THREADS=1, there is the main one alone.";

/** A number of 32 bits as a module holds it, in 5 bytes. */
const signed = (value: number) => [0, 7, 14, 21, 28].map((shift) => ((value >> shift) & 127) | (shift < 28 ? 128 : 0));

it("writes no static data of a module that was forgotten before a thread heard of it", () => {
  const { made, store } = teamOf(2, () => untilSet(words.subarray(8)));
  const data = new WebAssembly.Module(
    Uint8Array.from([
      ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
      ...section(2, 1, ...text("env"), ...text("memory"), 2, 3, 1, 0x80, 0x80, 4),
      ...section(11, 1, 0, 0x41, ...signed(ptr), 0x0b, 4, 7, 7, 7, 7),
    ]),
  );
  made.forget(made.share(data, { none: () => {} }));
  made.run(store, [
    [ptr + 16, 1],
    [ptr + 32, 1],
  ]);
  expect([words[0], words[4], words[8]]).toEqual([0, 1, 1]);
});

describe("a team of threads", () => {
  it("runs parts at the same time, again and again", () => {
    const { made, store } = teamOf(3, () => untilSet(words.subarray(1), words.subarray(2)));
    for (let round = 1; round <= 200; round++) {
      words.fill(0);
      made.run(store, partsOf(round, round + 1, round + 2));
      expect([...words.subarray(0, 4)]).toEqual([round, round + 1, round + 2, 0]);
    }
    expect(made.size).toBe(3);
  });

  it("grows, and threads that come later know the functions", () => {
    const { made, store } = teamOf(2, () => untilSet(words.subarray(3)));
    made.grow(4, true);
    made.grow(2, true);
    expect(made.size).toBe(4);
    made.run(store, partsOf(7, 7, 7, 7));
    expect([...words.subarray(0, 5)]).toEqual([7, 7, 7, 7, 0]);
  });

  it("writes to memory that has grown since the threads began", () => {
    let awaited = words.subarray(1);
    const { made, store } = teamOf(2, () => untilSet(awaited));
    made.run(store, partsOf(1, 1));
    const farPtr = memory.alloc(allocator().memory.buffer.byteLength);
    awaited = memory.i32(farPtr, 1);
    made.run(store, [
      [ptr, 2],
      [farPtr, 3],
    ]);
    expect([words[0], awaited[0]]).toEqual([2, 3]);
    memory.free(farPtr);
  });

  it("brings back what functions return, numbers and integers of 64 bits", () => {
    const made = new Team();
    made.grow(3, false);
    const kernels = new WebAssembly.Instance(kernelsModule(), { env: { memory: allocator().memory, abort: () => {} } });
    const { minimum, digest } = kernels.exports as Record<string, (...values: number[]) => number | bigint>;
    let begun = 0;
    // Long enough for the others to take their parts.
    const late =
      (kernel: typeof minimum) =>
      (...values: number[]) => {
        const end = performance.now() + (begun++ === 0 ? 300 : 0);
        while (performance.now() < end);
        return kernel!(...values);
      };
    const shared = made.share(kernelsModule(), { minimum: late(minimum), digest: late(digest) });
    const dataPtr = memory.alloc(8 * 6);
    memory.f64(dataPtr, 6).set([3, 2, -0, 5, Number.NaN, 7]);
    const parts = [0, 1, 2].map((part) => [dataPtr + 16 * part, 0, 0, 1, 1, 2, 0]);
    const least: unknown[] = [];
    made.run(shared.minimum!, parts, least as never[]);
    expect(least).toEqual([2, -0, Number.NaN]);
    begun = 0;
    const hashes: unknown[] = [];
    const places = parts.map((part, i) => [...part.slice(0, 6), 0, 0, 2 * i, 1, 6, 0]);
    made.run(shared.digest!, places, hashes as never[]);
    expect(hashes).toEqual(places.map((values) => digest!(...values)));
    memory.free(dataPtr);
  });

  it("tells a trap of a thread when all parts are done, and goes on", () => {
    const { made, store, trap } = teamOf(3, thread2);
    expect(() => made.run(trap, partsOf(0, 1, 0))).toThrow(
      'trap: expected the kernel to return on thread 2, got the trap "unreachable". This is a defect unless an address was wrong; WASM_MPI_DEBUG=1 tells more.',
    );
    made.run(store, partsOf(4, 5, 6));
    expect([...words.subarray(0, 4)]).toEqual([4, 5, 6, 0]);
  });

  it("tells a trap of the main thread when all parts are done", () => {
    const { made, store } = teamOf(2, () => {
      thread2();
      throw new Error("a trap");
    });
    expect(() => made.run(store, partsOf(1, 2))).toThrow("a trap");
    expect([...words.subarray(0, 2)]).toEqual([0, 2]);
  });

  it("forgets functions", () => {
    const { made, store, trap } = teamOf(2, thread2);
    made.forget({ store, trap });
    made.forget({ store, trap });
    const kept = made.share(module, { store: thread2 });
    made.run(kept.store!, partsOf(1, 9));
    expect([...words.subarray(0, 2)]).toEqual([0, 9]);
  });

  const folder = temporaryFolder();
  const programOf = (name: string, source: string) => {
    const program = join(folder, `${name}.mjs`);
    writeFileSync(program, source);
    return program;
  };

  it("does on the main thread what no other has begun", () => {
    const program = programOf("asleep", "setInterval(() => {}, 1e6);");
    const { made, store } = teamOf(3, () => {}, { program });
    made.run(store, partsOf(5, 5, 5));
    expect([...words.subarray(0, 4)]).toEqual([5, 5, 5, 0]);
  });

  it("tells of a thread that does not answer, and runs nothing any more", () => {
    const source = `
      import { workerData } from "node:worker_threads";
      const { memory, slotPtr } = workerData;
      const words = new Int32Array(memory.buffer, slotPtr, ${slotLength / 4});
      Atomics.wait(words, ${at.asked}, 0);
      Atomics.store(words, ${at.taken}, Atomics.load(words, ${at.asked}));
      const [ptr] = new Float64Array(memory.buffer, slotPtr + ${headLength}, 1);
      Atomics.store(new Int32Array(memory.buffer, ptr, 1), 0, 1);
      setInterval(() => {}, 1e6);`;
    const { made, store } = teamOf(2, thread2, { program: programOf("silent", source), patience: 200 });
    const expected = `store: expected thread 2 to end its part within 0.2 s, got no answer. ${todo}`;
    expect(() => made.run(store, partsOf(1, 2))).toThrow(expected);
    expect(() => made.run(store, partsOf(1, 2))).toThrow(expected);
  });

  it("tells of a thread that cannot start, or ends", async () => {
    const program = join(folder, "missing.mjs");
    expect(() => teamOf(2, () => {}, { program })).toThrow(
      `threads: expected thread 2 to start, got "no file ${program}". ${todo}`,
    );
    const failing = programOf("failing", 'throw new Error("no room");');
    const { made, store } = teamOf(2, () => {}, { program: failing });
    const run = () => made.run(store, partsOf(1));
    await vi.waitUntil(() => outcomeOf(run) !== undefined, { timeout: 10_000 });
    expect(outcomeOf(run)).toBe(`threads: expected thread 2 to go on to the end, got "no room". ${todo}`);
  });
});

/** What a call throws. */
function outcomeOf(call: () => void): string | undefined {
  try {
    call();
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

describe("modules of which threads have instances", () => {
  it.each([
    ["kernels", kernelsModule],
    ["functions", functionsModule],
  ])("%s import no heap", (_, module) => {
    const imports = WebAssembly.Module.imports(module()).map((each) => `${each.module}.${each.name}`);
    expect(imports.filter((name) => !["env.memory", "env.abort"].includes(name))).toEqual([]);
  });

  it("leave the memory as it is", () => {
    const copy = () => memory.u8(0, 65536).slice();
    core();
    const before = copy();
    new WebAssembly.Instance(kernelsModule(), { env: { memory: allocator().memory, abort: () => {} } });
    expect(Buffer.compare(before, copy())).toBe(0);
    expect(sharedKernel("donorPass").name).toBe("donorPass");
  });
});

describe("ranges of threads", () => {
  it("are as many as there are threads, fewer where they would be thin", () => {
    expect(cutRows(100, 10_000, 3)).toEqual([0, 33, 66, 100]);
    expect(cutRows(100, 10_000, 1)).toEqual([0, 100]);
    expect(cutRows(9, 90_000, 5)).toEqual([0, 4, 9]);
    expect(cutRows(30, 1200, 5)).toEqual([0, 15, 30]);
    expect(cutRows(1, 1, 2)).toEqual([0, 1]);
  });
});

describe("threads of a process", () => {
  it("are none without a grid that asks for them", () => {
    const before = team().size;
    const grid = new Grid(solo(), { shape: [64, 64], threads: 1 });
    new Mpdata({ psi: grid.field(1), courant: [0.1, 0.2] }).advance(2);
    expect(team().size).toBe(before);
  });

  const head = `
    import { Grid, Mpdata, mpi } from "wasm-mpi";
    const grid = new Grid(mpi.init(), { shape: [128, 128], periodic: true, threads: 3 });
    const solver = new Mpdata({ psi: grid.field((x) => 1 + x), courant: [0.1, 0.2] });
    solver.advance(20);`;
  it.each([
    ["end with it", "console.log(String(grid));", 0],
    ["end with process.exit()", "setInterval(() => {}, 1e6); console.log(String(grid)); process.exit(3);", 3],
  ])("%s", async (_, tail, code) => {
    const result = await runNode(["--input-type=module", "--eval", `${head}${tail}`], { timeoutMs: 30_000 });
    expect(result.code, result.transcript).toBe(code);
    expect(result.stdout).toContain("1 rank, 3 threads each, this block");
  });
});
