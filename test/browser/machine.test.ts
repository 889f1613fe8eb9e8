import { describe, expect, it } from "vitest";
import { baseOf, system, viewAt } from "../../src/browser/machine.js";

const { memcpy } = system();

describe("addresses in a browser", () => {
  it("copy bytes between buffers, at any place inside of them", () => {
    const [a, b] = [Uint8Array.from({ length: 100 }, (_, i) => i), new Uint8Array(50)];
    const [from, to] = [baseOf(a.buffer), baseOf(b.buffer)];
    memcpy(to + 3, from + 90, 10);
    memcpy(to + 49, from + 7, 1);
    expect([...b]).toEqual([0, 0, 0, 90, 91, 92, 93, 94, 95, 96, 97, 98, 99, ...new Array(36).fill(0), 7]);
  });

  it("are never 0, never the same, and none lies right behind a buffer", () => {
    const buffers = [0, 1, 64, 65, 1000].map((length) => new ArrayBuffer(length));
    const bases = buffers.map(baseOf);
    expect(bases[0]).toBeGreaterThan(0);
    for (const [i, base] of bases.slice(1).entries()) {
      expect(base).toBeGreaterThan(bases[i]! + buffers[i]!.byteLength);
    }
  });

  it("are found among thousands, and lead to the buffer that begins there", () => {
    const buffers = Array.from({ length: 5000 }, (_, i) => Float64Array.of(i).buffer);
    const bases = buffers.map(baseOf);
    const value = new Float64Array(1);
    const to = baseOf(value.buffer);
    for (const i of [4999, 0, 2500, 1023, 1024]) {
      memcpy(to, bases[i]!, 8);
      expect(value[0]).toBe(i);
      expect(viewAt(bases[i]!, 8)).toBe(buffers[i]);
    }
  });

  it("lead nowhere beyond a buffer", () => {
    const base = baseOf(new ArrayBuffer(16));
    const room = baseOf(new ArrayBuffer(64));
    for (const [address, byteLength] of [
      [base + 9, 8],
      [base + 16, 1],
      [0, 1],
      [base - 1, 1],
    ] as const) {
      expect(() => memcpy(room, address, byteLength)).toThrow(`wasm-mpi: no ${byteLength} bytes at address ${address}`);
    }
  });
});
