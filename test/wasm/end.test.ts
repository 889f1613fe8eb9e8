import { afterEach, describe, expect, it, vi } from "vitest";
import { Mpdata } from "../../src/advection/mpdata.js";
import { Grid } from "../../src/grid/grid.js";
import { allocator, core } from "../../src/wasm/core.js";
import { memory } from "../../src/wasm/memory.js";
import { isQuick } from "../harness/effort.js";
import { solo } from "../harness/run.js";

const { alloc, free } = memory;
/** The end of the pages that the heap does not know; -1 before there are any. */
let end = -1;

/**
 * Places one block of the heap, the `chosen`th that is reserved from now on, so that it ends with the memory: what
 * reads or writes beyond the block traps. The block lies in pages of its own, which the heap does not know.
 * @returns how many blocks have been reserved so far
 */
function placeAtEnd(chosen: number): () => number {
  const pages = 8;
  if (allocator().memory.buffer.byteLength !== end) {
    allocator().memory.grow(pages);
    end = allocator().memory.buffer.byteLength;
  }
  let count = 0;
  let placed = -1;
  vi.spyOn(memory, "alloc").mockImplementation((byteLength) => {
    if (count++ !== chosen) return alloc.call(memory, byteLength);
    expect(byteLength).toBeLessThanOrEqual(pages * 65536);
    placed = end - byteLength;
    memory.u8(placed, byteLength).fill(0);
    return placed;
  });
  vi.spyOn(memory, "free").mockImplementation((ptr) => {
    if (ptr !== placed) free.call(memory, ptr);
  });
  return () => {
    // Otherwise the block would no longer be the last thing in the memory.
    expect(allocator().memory.buffer.byteLength).toBe(end);
    return count;
  };
}

/** Runs something once with each of its blocks at the end of the memory. */
function expectNoTrap(run: () => void): void {
  run(); // Makes the memory as large as it has to be.
  for (let chosen = 0, count = 1; chosen < count; chosen++) {
    const countOf = placeAtEnd(chosen);
    expect(run, `block ${chosen}`).not.toThrow();
    count = countOf();
    expect(count).toBeGreaterThan(chosen);
    vi.restoreAllMocks();
  }
}

afterEach(() => void vi.restoreAllMocks());

const sets = {
  plain: { iterations: 3 },
  limited: { iterations: 3, nonoscillatory: true, thirdOrderTerms: true, divergentFlow: true },
  gauge: { iterations: 2, infiniteGauge: true, nonoscillatory: true },
  signed: { iterations: 3, variableSign: true, nonoscillatory: true },
  diffusive: { iterations: 2, dt: 1 },
};

describe.each(isQuick ? (["f64"] as const) : (["f64", "f32"] as const))(
  "blocks at the end of the memory, %s",
  (dtype) => {
    it.each(Object.entries(sets).filter(([name]) => !isQuick || name === "limited"))(
      "are enough for the solver: %s",
      (name, options) => {
        // Every rest of vectors in a row, with the halo that the options need and no other.
        const halo = name === "limited" ? 2 : 1;
        for (const shape of [...[2, 3, 4, 5].flatMap((n) => [[n], [2, n]]), [3, 2, 4], [3, 2, 5]]) {
          for (const hasG of [false, true]) {
            expectNoTrap(() => {
              const grid = new Grid(solo(), { shape, halo, periodic: hasG });
              const psi = grid.field((x, y, z) => 1 + ((7 * x + 3 * y + 5 * z) % 4), { dtype });
              const courant = shape.map((_, axis) => () => 0.2 - 0.1 * axis);
              const g = hasG ? { g: () => 1.25 } : {};
              const mu = "dt" in options ? { mu: shape.map(() => 1e-3) } : {};
              const solver = new Mpdata({ psi, courant, ...options, ...g, ...mu } as never);
              solver.advance(2);
              solver.free();
              psi.free();
            });
          }
        }
      },
    );
  },
);

describe.each(["f64", "f32", "i32"] as const)("fields at the end of the memory, %s", (dtype) => {
  it("are enough for their own kernels", () => {
    for (const shape of [1, 2, 3, 4, 5].flatMap((n) => [[n], [3, n], [2, 3, n]])) {
      expectNoTrap(() => {
        const grid = new Grid(solo(), { shape, halo: 1, periodic: true });
        const field = grid.field(1, { dtype });
        const halo = grid.halo([field]);
        halo.exchange();
        field.set(2);
        field.figures();
        field.digest();
        field.interior();
        expect([field.min(), field.max()]).toEqual([2, 2]);
        halo.free();
        field.free();
      });
    }
  });
});

describe("a block at the end of the memory", () => {
  it("makes a kernel trap that reads beyond it", () => {
    placeAtEnd(0);
    const ptr = memory.alloc(64);
    const least = (cells: number) => core().minimum(ptr, 64, 64, 1, 1, cells, 0);
    expect(least(8)).toBe(0);
    expect(() => least(9)).toThrow("minimum: expected the kernel to return, got the trap");
  });
});
