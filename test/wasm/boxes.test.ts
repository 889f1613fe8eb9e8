import { describe, expect, it } from "vitest";
import { core } from "../../src/wasm/core.js";
import { memory } from "../../src/wasm/memory.js";
import { randomOf } from "../oracle/mpdata.js";

/** The types of elements as the kernels number them, and how a number is rounded to each. */
const types = [
  { dtype: "f64", code: 0, size: 8, round: (value: number) => value },
  { dtype: "f32", code: 1, size: 4, round: Math.fround },
  { dtype: "i32", code: 2, size: 4, round: (value: number) => value | 0 },
] as const;

const sizes = [1, 2, 3, 4, 5, 6, 7, 8, 9];
/** Counts of the kernels' three axes. */
const boxes = sizes.flatMap((n) => [
  [1, 1, n],
  [1, 3, n],
  [1, n, 1],
  [2, 3, n],
]) as [number, number, number][];
/** Elements around the box along each axis, and at both ends of the array. */
const width = 4;

/** An array with room around a box of cells; `place` says where a cell lies in it, `box` where it lies for a kernel. */
function arrayOf({ dtype, size, round }: (typeof types)[number], [n0, n1, n2]: [number, number, number]) {
  const [s0, s1] = [(n1 + 2 * width) * (n2 + 2 * width), n2 + 2 * width];
  const length = (n0 + 2 * width) * s0;
  const ptr = memory.alloc(size * length);
  const random = randomOf(11);
  const data = memory[dtype](ptr, length);
  for (const place of data.keys()) data[place] = round(40 * random() - 20);
  const place = (i: number, j: number, k: number) => (i + width) * s0 + (j + width) * s1 + k + width;
  const cells = Array.from({ length: n0 * n1 * n2 }, (_, cell) =>
    place(Math.floor(cell / (n1 * n2)), Math.floor(cell / n2) % n1, cell % n2),
  );
  const at = ptr + size * place(0, 0, 0);
  const box = [at, size * s0, size * s1, n0, n1, n2] as [number, number, number, number, number, number];
  return { data, cells, box, strides: [s0, s1, 1] as const, free: () => memory.free(ptr) };
}

/** Runs a kernel on each box, and compares the whole array with what `change` makes of a copy, cell by cell. */
function expectStores(
  type: (typeof types)[number],
  run: (array: ReturnType<typeof arrayOf>, counts: [number, number, number]) => void,
  change: (copy: Float64Array, place: number, cell: number, array: ReturnType<typeof arrayOf>) => void = () => {},
): void {
  for (const counts of boxes) {
    const array = arrayOf(type, counts);
    const copy = Float64Array.from(array.data);
    for (const [cell, place] of array.cells.entries()) change(copy, place, cell, array);
    run(array, counts);
    // One comparison a box: the matchers of the test runner look at every element for long.
    const place = copy.findIndex((value, index) => !Object.is(value, array.data[index]));
    expect([counts, place, array.data[place]]).toEqual([counts, -1, undefined]);
    array.free();
  }
}

describe.each(types)("stores of the kernels on boxes, $dtype", (type) => {
  const { code, size, round } = type;

  it("fillBox sets the cells, and nothing else", () => {
    const change = (copy: Float64Array, place: number) => {
      copy[place] = round(7);
    };
    expectStores(type, ({ box }) => core().fillBox(...box, 7, code), change);
  });

  it("copyBox copies the rows, and nothing else", () => {
    for (const repeats of [false, true]) {
      const run = ({ box }: ReturnType<typeof arrayOf>, counts: [number, number, number]) => {
        const [ptr, stride0, stride1, n0, n1, n2] = box;
        const from = arrayOf(type, counts);
        for (const place of from.data.keys()) from.data[place] = 100 + place;
        const fromStride1 = repeats ? 0 : stride1;
        const fromStride0 = repeats ? 0 : stride0;
        core().copyBox(ptr, stride0, stride1, from.box[0], fromStride0, fromStride1, n0, n1, size * n2);
        from.free();
      };
      expectStores(type, run, (copy, place, cell, { cells, box: [, , , , , n2] }) => {
        copy[place] = 100 + (repeats ? cells[cell % n2]! : place);
      });
    }
  });

  it("linearWall sets the layer, and nothing else", () => {
    const a = memory[type.dtype](memory.alloc(size * 64), 64);
    const [b, c] = [memory[type.dtype](memory.alloc(size * 64), 64), memory[type.dtype](memory.alloc(size * 64), 64)];
    const random = randomOf(3);
    for (const values of [a, b, c]) for (const index of values.keys()) values[index] = round(8 * random() - 4);
    for (const axis of [0, 1, 2] as const) {
      // The two layers that are read lie beyond the box.
      const layers = (strides: readonly [number, number, number], counts: readonly number[]) => {
        const near = counts[axis]! * strides[axis];
        return [near, near + strides[axis]] as const;
      };
      for (const form of [0, 1, 2]) {
        for (const step of [0, 1]) {
          const run = ({ box, strides }: ReturnType<typeof arrayOf>, counts: [number, number, number]) => {
            const [near, far] = layers(strides, counts).map((distance) => size * distance) as [number, number];
            const coefficients = [a, b, c].flatMap(({ byteOffset }) => [byteOffset, size * step]);
            core().linearWall(
              ...box,
              near,
              far,
              ...(coefficients as [number, number, number, number, number, number]),
              form,
              code,
            );
          };
          expectStores(type, run, (copy, place, cell, { strides, box: [, , , ...counts] }) => {
            const [near, far] = layers(strides, counts).map((distance) => copy[place + distance]!) as [number, number];
            const at = step * cell;
            if (form === 0) copy[place] = round(-near);
            else copy[place] = round(a[at]! + round(b[at]! * near));
            if (form === 2) copy[place] = round(copy[place]! + round(c[at]! * far));
          });
        }
      }
    }
    for (const { byteOffset } of [a, b, c]) memory.free(byteOffset);
  });

  it.each(["minimum", "maximum", "digest", "addFigures"] as const)("%s writes to no array", (kernel) => {
    const sumPtr = memory.alloc(8 * 73);
    expectStores(type, ({ box }) => {
      const words = memory.i64(sumPtr, 73).fill(-5n);
      words.fill(0n, 1, 72);
      if (kernel === "digest") core().digest(...box, 0, 0, 0, 9, 9, code);
      else if (kernel === "addFigures") core().addFigures(sumPtr + 8, ...box, code);
      else core()[kernel](...box, code);
      expect([words[0], words[72]]).toEqual([-5n, -5n]);
    });
    memory.free(sumPtr);
  });

  it("addFigures adds up the cells, and no others", () => {
    const sumPtr = memory.alloc(8 * 71);
    expectStores(type, ({ box, data, cells }) => {
      memory.i64(sumPtr, 69).fill(0n);
      memory.f64(sumPtr + 8 * 69, 2).set([Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]);
      core().addFigures(sumPtr, ...box, code);
      const values = cells.map((place) => data[place]!);
      expect([...memory.f64(sumPtr + 8 * 69, 2)]).toEqual([Math.min(...values), Math.max(...values)]);
      // In units of 2^-60, of which all these values are multiples.
      const units = values.reduce((sum, value) => sum + BigInt(value * 2 ** 60), 0n);
      const limbs = memory.i64(sumPtr, 68).reduceRight((sum, limb) => (sum << 32n) + limb, 0n);
      expect(limbs).toBe(units << 1014n);
    });
    memory.free(sumPtr);
  });

  it("packFigures adds up the same, and copies the cells side by side", () => {
    const sumPtr = memory.alloc(8 * 71);
    const figuresOf = (run: () => void) => {
      memory.i64(sumPtr, 69).fill(0n);
      memory.f64(sumPtr + 8 * 69, 2).set([Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]);
      run();
      return [...memory.i64(sumPtr, 71)];
    };
    expectStores(type, ({ box, data, cells }) => {
      const packed = memory.alloc(size * (cells.length + 2));
      const bytes = memory.u8(packed, size * (cells.length + 2)).fill(0x5a);
      const added = figuresOf(() => core().addFigures(sumPtr, ...box, code));
      expect(figuresOf(() => core().packFigures(packed + size, sumPtr, ...box, code))).toEqual(added);
      const values = data.constructor as unknown as typeof Float64Array;
      const copied = new values(bytes.slice(size, -size).buffer);
      expect([...copied]).toEqual(cells.map((place) => data[place]));
      expect([...bytes.subarray(0, size), ...bytes.subarray(-size)].every((byte) => byte === 0x5a)).toBe(true);
      memory.free(packed);
    });
    memory.free(sumPtr);
  });
});

describe.each(types.slice(0, 2))("stores of the kernels on boxes of floats, $dtype", (type) => {
  const { code, size, round } = type;

  it("addScaled adds to the cells, and nothing else", () => {
    const run = ({ box }: ReturnType<typeof arrayOf>, counts: [number, number, number]) => {
      const from = arrayOf(type, counts);
      for (const place of from.data.keys()) from.data[place] = round(0.1 * place);
      core().addScaled(...box, from.box[0], 0.3, code);
      from.free();
    };
    expectStores(type, run, (copy, place) => {
      copy[place] = round(copy[place]! + round(round(0.3) * round(0.1 * place)));
    });
  });

  it("extrapolate sets the layers beyond the box, and nothing else", () => {
    for (const axis of [0, 1, 2] as const) {
      for (const side of [-1, 1]) {
        for (const layers of [1, 2, 3]) {
          const run = ({ box, strides }: ReturnType<typeof arrayOf>, counts: [number, number, number]) => {
            // The cells at the wall.
            const wall = [...counts] as [number, number, number];
            wall[axis] = 1;
            const inward = size * strides[axis] * side;
            core().extrapolate(box[0], box[1], box[2], ...wall, inward, layers, 1e-3, code);
          };
          expectStores(type, run, (copy, place, cell, { strides, box: [, , , , n1, n2] }) => {
            const index = [Math.floor(cell / (n1 * n2)), Math.floor(cell / n2) % n1, cell % n2];
            if (index[axis] !== 0) return;
            const step = strides[axis] * side;
            let [edge, inner] = [copy[place]!, copy[place + step]!];
            const last = round(copy[place + 2 * step]! - inner);
            const ratio = Math.abs(last) <= round(1e-3) ? 0 : round(round(inner - edge) / last);
            for (let layer = 1; layer <= layers; layer++) {
              const beyond = Math.max(round(edge - round(ratio * round(inner - edge))), 0);
              copy[place - layer * step] = beyond;
              [inner, edge] = [edge, beyond];
            }
          });
        }
      }
    }
  });
});
