import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { addressOf } from "../../src/mpi/library/native.js";
import type * as Kernels from "../../src/wasm/core.js";
import type * as Memory from "../../src/wasm/memory.js";
import { randomOf } from "../oracle/mpdata.js";

const before = process.env.WASM_MPI_DEBUG;
afterAll(() => {
  if (before === undefined) delete process.env.WASM_MPI_DEBUG;
  else process.env.WASM_MPI_DEBUG = before;
});

describe.each([
  { build: "release", debug: "0" },
  { build: "debug", debug: "1" },
])("the one memory, $build build", ({ build, debug }) => {
  let held: typeof Memory;
  let memory: typeof Memory.memory;
  let core: ReturnType<typeof Kernels.core>;
  beforeAll(async () => {
    process.env.WASM_MPI_DEBUG = debug;
    vi.resetModules();
    held = await import("../../src/wasm/memory.js");
    ({ memory } = held);
    core = (await import("../../src/wasm/core.js")).core();
  });

  /** The error of a call by its class, fields and text. */
  function errorOf(call: () => unknown): { name: string; kernel: string; message: string; cause: unknown } {
    try {
      call();
    } catch (error) {
      return error as ReturnType<typeof errorOf>;
    }
    throw new Error("expected an error, got none");
  }

  it("is shared, so that it may grow under views", () => {
    expect(core.memory.buffer).toBeInstanceOf(SharedArrayBuffer);
  });

  it("gives blocks that are aligned to 16, zero, and apart from each other", () => {
    const blocks: { ptr: number; byteLength: number }[] = [];
    for (const byteLength of [1, 7, 8, 16, 24, 100, 1000, 4096, 100_000, 3, 0]) {
      const ptr = memory.alloc(byteLength);
      expect(ptr % 16).toBe(0);
      expect(ptr).toBeGreaterThan(0);
      const bytes = new Uint8Array(core.memory.buffer, ptr, byteLength);
      expect(bytes.every((byte) => byte === 0)).toBe(true);
      bytes.fill(255);
      blocks.push({ ptr, byteLength });
    }
    blocks.sort((a, b) => a.ptr - b.ptr);
    for (const [index, { ptr }] of blocks.entries()) {
      const last = blocks[index - 1];
      if (last) expect(last.ptr + last.byteLength).toBeLessThanOrEqual(ptr);
    }
    for (const { ptr } of blocks) memory.free(ptr);
  });

  it("gives zeros again where a block was used before", () => {
    for (let round = 0; round < 50; round++) {
      const ptr = memory.alloc(800);
      const values = memory.f64(ptr, 100);
      expect(values.every((value) => Object.is(value, 0))).toBe(true);
      values.fill(Number.NaN);
      memory.free(ptr);
    }
  });

  it("does not grow when blocks are freed", () => {
    const ptr = memory.alloc(1_000_000);
    memory.free(ptr);
    const { byteLength } = core.memory.buffer;
    for (let round = 0; round < 100; round++) memory.free(memory.alloc(1_000_000));
    expect(core.memory.buffer.byteLength).toBe(byteLength);
  });

  it("keeps views and its machine address when it grows", () => {
    const ptr = memory.alloc(64);
    const [f64, i32, i64] = [memory.f64(ptr, 8), memory.i32(ptr, 16), memory.i64(ptr, 8)];
    f64[3] = 1.25;
    const { byteLength } = core.memory.buffer;
    const base = addressOf(new Uint8Array(core.memory.buffer));
    const far = memory.alloc(32 * 2 ** 20);
    expect(core.memory.buffer.byteLength).toBeGreaterThan(byteLength);
    expect(addressOf(new Uint8Array(core.memory.buffer))).toBe(base);
    expect(addressOf(f64)).toBe(base + ptr);
    expect(f64[3]).toBe(1.25);
    core.fillBox(ptr, 0, 0, 1, 1, 8, 2, 0);
    expect([...f64]).toEqual([2, 2, 2, 2, 2, 2, 2, 2]);
    expect([i32[0], i32[1], i64[7]]).toEqual([0, 0x40000000, 0x4000000000000000n]);
    expect(memory.f64(far, 4 * 2 ** 20).every((value) => value === 0)).toBe(true);
    memory.free(far);
    memory.free(ptr);
  });

  it("refuses a block that is too large for the heap", () => {
    for (const byteLength of [2 ** 30, 2 ** 32 + 8]) {
      const error = errorOf(() => memory.alloc(byteLength));
      expect([error.name, error.kernel]).toEqual(["KernelError", "alloc"]);
      expect(error.message).toBe(
        `alloc: expected room for ${byteLength} bytes, got blocks of at most 1073741820. Use more ranks or a smaller grid.`,
      );
    }
  });

  it("never hands out the same byte twice, however large blocks are", () => {
    const random = randomOf(7);
    const blocks: { ptr: number; end: number }[] = [];
    let made = 0;
    for (let turn = 0; turn < 4000; turn++) {
      const isSmall = random() < 0.3;
      const byteLength = Math.floor(isSmall ? 1 + 1e6 * random() : 2 ** 28 + (2 ** 30 - 4 - 2 ** 28) * random());
      if (blocks.length > 0 && random() < 0.5) {
        for (const { ptr } of blocks.splice(Math.floor(random() * blocks.length), 1)) core.free(ptr);
        continue;
      }
      // Reserved but never touched.
      let ptr: number;
      try {
        ptr = core.alloc(byteLength) >>> 0;
      } catch {
        for (const block of blocks.splice(0)) core.free(block.ptr);
        continue;
      }
      const end = ptr + byteLength;
      expect(blocks.filter((block) => ptr < block.end && block.ptr < end)).toEqual([]);
      expect(end).toBeLessThanOrEqual(core.memory.buffer.byteLength);
      blocks.push({ ptr, end });
      if (!isSmall) made++;
    }
    for (const { ptr } of blocks) core.free(ptr);
    expect(made).toBeGreaterThan(500);
  });

  it("says so when its 4 GiB are used up, and still serves small blocks", () => {
    const byteLength = 2 ** 30 - 4;
    // Reserved but never touched, so that no machine runs out of real memory.
    const blocks: number[] = [];
    const error = errorOf(() => {
      for (;;) blocks.push(core.alloc(byteLength));
    });
    expect(blocks.length).toBe(3);
    expect([error.name, error.kernel]).toEqual(["KernelError", "alloc"]);
    const full = errorOf(() => memory.alloc(byteLength));
    expect([full.name, full.kernel]).toEqual(["KernelError", "alloc"]);
    expect(full.message).toMatch(
      /^alloc: expected room for 1073741820 bytes, got a memory of \d{4} MiB that cannot grow\. Use more ranks or a smaller grid\.$/,
    );
    expect(full.cause).toMatchObject({ name: "KernelError", kernel: "alloc" });
    const [field, array] = [new Float64Array(2 ** 18), new Float32Array(2 ** 19)];
    held.noteHeld("field", field);
    held.noteHeld("array", array);
    held.noteHeld("array", array);
    expect(errorOf(() => memory.alloc(byteLength)).message).toMatch(
      /^alloc: expected room for 1073741820 bytes, got a memory of \d{4} MiB that cannot grow, 6 MiB of it in 1 field and 2 arrays\. Free those that are no longer used, or use more ranks or a smaller grid\.$/,
    );
    held.noteFreed("field", field);
    for (let i = 0; i < 2; i++) held.noteFreed("array", array);
    expect(errorOf(() => memory.alloc(byteLength)).message).toBe(full.message);
    const ptr = memory.alloc(1000);
    expect(memory.f64(ptr, 125).every((value) => value === 0)).toBe(true);
    memory.free(ptr);
    for (const block of blocks) memory.free(block);
  });

  it("turns a trap into an error that names the kernel, and goes on", () => {
    const wild = 2 ** 32 - 8;
    for (const [kernel, call] of Object.entries({
      fillBox: () => core.fillBox(wild, 0, 0, 1, 1, 10, 1, 0),
      copyBox: () => core.copyBox(16, 0, 0, wild, 0, 0, 1, 1, 64),
      minimum: () => core.minimum(wild, 0, 0, 1, 1, 10, 0),
      donorPass: () => core.donorPass(wild, 0, 1),
    })) {
      const error = errorOf(call);
      expect([error.name, error.kernel]).toEqual(["KernelError", kernel]);
      expect(error.message).toBe(
        `${kernel}: expected the kernel to return, got the trap "memory access out of bounds". This is a defect unless an address was wrong; WASM_MPI_DEBUG=1 tells more.`,
      );
      expect(error.cause).toBeInstanceOf(WebAssembly.RuntimeError);
    }
    const ptr = memory.alloc(80);
    core.fillBox(ptr, 0, 0, 1, 1, 10, 3, 0);
    expect([core.minimum(ptr, 0, 0, 1, 1, 10, 0), core.maximum(ptr, 0, 0, 1, 1, 10, 0)]).toEqual([3, 3]);
    memory.free(ptr);
  });

  if (build !== "debug") return;
  it("tells in the debug build which assertion failed", () => {
    const ptr = memory.alloc(32);
    memory.free(ptr);
    const error = errorOf(() => memory.free(ptr));
    expect([error.name, error.kernel]).toEqual(["KernelError", "free"]);
    expect(error.message).toMatch(
      /^free: expected the kernel to return, got the trap "assertion failed at line \d+, column \d+"\. /,
    );
  });
});
