import { describe, expect, it } from "vitest";
import { type Blocks, overlap } from "../../src/mpi/data/overlap.js";

/** All bytes of blocks. */
function bytesOf({ address, byteLength, axes }: Blocks): Set<number> {
  let starts = [address];
  for (const [count, step] of axes) {
    starts = starts.flatMap((start) => Array.from({ length: count }, (_, i) => start + i * step));
  }
  return new Set(starts.flatMap((start) => Array.from({ length: byteLength }, (_, i) => start + i)));
}

/** Numbers from 0 to below `n`, the same ones in each run. */
function numbersFrom(seed: number): (n: number) => number {
  let state = seed;
  return (n) => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return (state >>> 8) % n;
  };
}

describe("overlap", () => {
  it("is what the bytes say, for 20000 pairs of random blocks", () => {
    const next = numbersFrom(7);
    const blocks = (): Blocks => ({
      address: 100 + next(40),
      byteLength: next(5),
      axes: Array.from({ length: next(4) }, () => [next(5), next(25) - 12] as const),
    });
    const seen = [0, 0];
    for (let round = 0; round < 20_000; round++) {
      const [a, b] = [blocks(), blocks()];
      const bytes = bytesOf(a);
      const expected = [...bytesOf(b)].some((byte) => bytes.has(byte));
      seen[Number(expected)]!++;
      expect(overlap(a, b), JSON.stringify([a, b])).toBe(expected);
    }
    expect(Math.min(...seen)).toBeGreaterThan(2000);
  });

  it("ends soon for columns of a large array, and for strides that have nothing to do with each other", () => {
    const column = (first: number): Blocks => ({ address: 8 * first, byteLength: 8, axes: [[1e6, 8 * 1024]] });
    expect([overlap(column(3), column(4)), overlap(column(3), column(3 + 1024 * 999))]).toEqual([false, true]);
    const wild = (address: number, a: number, b: number): Blocks => ({
      address,
      byteLength: 1,
      axes: [
        [1e5, a],
        [1e5, b],
      ],
    });
    expect(overlap(wild(0, 2 * 997, 2 * 991), wild(1, 2 * 983, 2 * 977))).toBe(false);
  });
});
