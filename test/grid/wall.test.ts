import { describe, expect, it } from "vitest";
import type { AnyField, Dtype } from "../../src/grid/field.js";
import { Grid } from "../../src/grid/grid.js";
import { sides } from "../../src/grid/side.js";
import {
  type Coefficients,
  constant,
  copyEdge,
  type Edge,
  LinearWall,
  layersBeyond,
  mirror,
  negateLayer,
} from "../../src/grid/wall.js";
import { memory } from "../../src/wasm/memory.js";
import { solo } from "../harness/run.js";
import { mapCells, randomOf } from "../oracle/mpdata.js";

const dtypes = ["f64", "f32", "i32"] as const;
const shapes = [[5], [4, 3], [3, 5, 4]];
const halo = 2;

/** What the type makes of a number. */
const rounded = (dtype: Dtype, value: number) =>
  dtype === "f32" ? Math.fround(value) : dtype === "i32" ? value | 0 : value;

/** The code of a cell by its index in the block, halo cells too. */
const codeOf = (cell: readonly number[]) => cell.reduce((sum, index, axis) => sum + (index + 10) * 100 ** axis, 0);

/** Every cell of a field with its halo: its index in the block, its place in the data. */
function eachCell(field: AnyField, visit: (cell: readonly number[], place: number) => void): void {
  const { blockShape } = field.grid;
  const padded = blockShape.map((n) => n + 2 * halo);
  mapCells(padded, (cell, place) => {
    visit(
      cell.map((index) => index - halo),
      place,
    );
    return 0;
  });
}

/** Every cell holds its code. */
function encode(field: AnyField): AnyField {
  eachCell(field, (cell, place) => {
    field.data[place] = codeOf(cell);
  });
  return field;
}

/** The layer of an edge that a cell lies in, and the cell at the same place of another layer. */
function layersAt({ field, axis, side, onFaces = false }: Edge) {
  const last = field.grid.blockShape[axis]! - (onFaces ? 0 : 1);
  const turn = (index: number) => (side === "low" ? index : last - index);
  return {
    of: (cell: readonly number[]) => turn(cell[axis]!),
    at: (cell: readonly number[], layer: number) => cell.with(axis, turn(layer)),
  };
}

/** Checks all cells: those of the layers -1 .. -count against what is expected, all others against their codes. */
function check(edge: Edge, count: number, expected: (cell: readonly number[], layer: number) => number): void {
  const layers = layersAt(edge);
  const wrong: unknown[] = [];
  eachCell(edge.field, (cell, place) => {
    const layer = layers.of(cell);
    const isSet = layer < 0 && layer >= -count;
    const right = rounded(edge.field.dtype, isSet ? expected(cell, layer) : codeOf(cell));
    if (!Object.is(edge.field.data[place], right)) wrong.push({ cell, got: edge.field.data[place], right });
  });
  expect(wrong).toEqual([]);
}

/** All edges of fields of all types with 1 to 3 axes, of cells and of faces. */
function* edges(): Generator<Edge> {
  for (const shape of shapes) {
    for (const dtype of dtypes) {
      for (const axis of shape.keys()) {
        for (const side of sides) {
          for (const onFaces of [false, true])
            yield { field: encode(new Grid(solo(), { shape, halo }).field(0, { dtype })), axis, side, onFaces };
        }
      }
    }
  }
}

describe("the layers beyond a wall, corners included", () => {
  it("are copies of the edge", () => {
    for (const edge of edges()) {
      for (const width of [2, 1]) {
        for (const action of copyEdge(edge, width)) action();
        const { at } = layersAt(edge);
        check(edge, layersBeyond(edge, width), (cell) => codeOf(at(cell, 0)));
        encode(edge.field);
      }
    }
  });

  it("are the mirror image, of cells about the wall and of faces about the wall face, with either sign", () => {
    for (const edge of edges()) {
      for (const negated of [false, true]) {
        for (const action of mirror(edge, 2, negated)) action();
        const { at } = layersAt(edge);
        check(edge, layersBeyond(edge, 2), (cell, layer) => {
          const code = codeOf(at(cell, edge.onFaces ? -layer : -layer - 1));
          return negated ? -code : code;
        });
        encode(edge.field);
      }
    }
  });

  it("are a number", () => {
    for (const edge of edges()) {
      for (const action of constant(edge, 2, -7)) action();
      check(edge, layersBeyond(edge, 2), () => -7);
    }
  });
});

describe("a linear wall", () => {
  /** A coefficient of each kind, and its value in a cell of the layer by its number there. */
  const kinds = (cells: number, random: () => number) => {
    const values = Array.from({ length: cells }, () => Math.round(20 * random() - 10) / 4);
    const [number] = values as [number];
    return [
      { coefficient: undefined, at: () => undefined },
      { coefficient: number, at: () => number },
      { coefficient: values, at: (index: number) => values[index]! },
    ];
  };

  it("is a + b near + c far, each a number, one value a cell or left out, in the arithmetic of the type", () => {
    const random = randomOf(1);
    let count = 0;
    for (const edge of edges()) {
      if (edge.onFaces) continue;
      const { dtype } = edge.field;
      const { at } = layersAt(edge);
      const layers = { to: -1, near: 0, far: 1 };
      const wall = new LinearWall(edge, layers, { a: 0 });
      const round = (value: number) => rounded(dtype, value);
      const product = (x: number, y: number) => (dtype === "i32" ? Math.imul(x, y) : round(x * y));
      const [as, bs, cs] = [0, 1, 2].map(() => kinds(wall.cells, random)) as [
        ReturnType<typeof kinds>,
        ReturnType<typeof kinds>,
        ReturnType<typeof kinds>,
      ];
      for (const a of as) {
        for (const b of bs) {
          for (const c of cs) {
            const coefficients = { a: a.coefficient, b: b.coefficient, c: c.coefficient };
            const present = Object.entries(coefficients).filter(([, value]) => value !== undefined);
            if (present.length === 0) continue;
            wall.set(Object.fromEntries(present) as Coefficients);
            wall.run();
            let index = 0;
            check(edge, 1, (cell) => {
              const [near, far] = [codeOf(at(cell, 0)), codeOf(at(cell, 1))];
              const terms = [
                a.at(index),
                b.coefficient === undefined ? undefined : product(round(b.at(index)!), round(near)),
                c.coefficient === undefined ? undefined : product(round(c.at(index)!), round(far)),
              ].filter((term) => term !== undefined);
              index++;
              return terms.map(round).reduce((sum, term) => round(sum + term));
            });
            expect(index).toBe(wall.cells);
            count++;
          }
        }
      }
      wall.free();
    }
    expect(count).toBe((3 ** 3 - 1) * 3 * 2 * (1 + 2 + 3));
  });

  it("continues through layers that it has set before, as a curvature does", () => {
    const field = new Grid(solo(), { shape: [4], halo }).field((x) => x * x);
    const coefficients = { a: 2, b: 2, c: -1 };
    for (const side of sides) {
      for (const layer of [-1, -2]) {
        const wall = new LinearWall({ field, axis: 0, side }, { to: layer, near: layer + 1 }, coefficients);
        wall.run();
        wall.free();
      }
    }
    // A parabola of curvature 2: it goes on.
    expect([...field.data]).toEqual([-1.5, -0.5, 0.5, 1.5, 2.5, 3.5, 4.5, 5.5].map((x) => x * x));
  });

  it("keeps every bit of what is copied or negated: zeros of both signs and the payloads of NaN", () => {
    const patterns = {
      f64: [0n, 1n << 63n, 0x7ff0000000000000n, 0x7ff8000000000000n, 0x7ff4_1234_5678_9abcn, 0xfff8_0000_dead_beefn],
      f32: [0n, 1n << 31n, 0x7f80_0000n, 0x7fc0_0000n, 0x7fa1_2345n, 0xffc0_beefn],
    };
    for (const dtype of ["f64", "f32"] as const) {
      const sign = dtype === "f64" ? 1n << 63n : 1n << 31n;
      const n = patterns[dtype].length;
      for (const axis of [0, 1]) {
        const grid = new Grid(solo(), { shape: axis === 0 ? [2, n] : [n, 2], halo: 1 });
        const field = grid.field(0, { dtype });
        const { buffer, byteOffset, length } = field.data;
        const bits =
          dtype === "f64"
            ? new BigUint64Array(buffer, byteOffset, length)
            : new Uint32Array(buffer, byteOffset, length);
        const place = (layer: number, index: number) =>
          axis === 0 ? field.index(layer, index) : field.index(index, layer);
        const set = (layer: number, index: number, value: bigint) => {
          bits[place(layer, index)] = (dtype === "f64" ? value : Number(value)) as never;
        };
        const edge: Edge = { field, axis, side: "low" };
        const layers = { to: -1, near: 0 };
        const results = (run: () => void) => {
          for (const [index, value] of patterns[dtype].entries()) {
            set(0, index, value);
            set(-1, index, 5n);
          }
          run();
          return patterns[dtype].map((_, index) => BigInt(bits[place(-1, index)]!));
        };
        const linear = (coefficients: Coefficients) => results(new LinearWall(edge, layers, coefficients).run);
        expect(linear({ b: 1 })).toEqual(patterns[dtype]);
        expect(linear({ b: -1 })).toEqual(patterns[dtype].map((value) => value ^ sign));
        expect(results(negateLayer(edge, -1, 0))).toEqual(patterns[dtype].map((value) => value ^ sign));
        expect(results(copyEdge(edge, 1)[0]!)).toEqual(patterns[dtype]);
        expect(results(mirror(edge, 1)[0]!)).toEqual(patterns[dtype]);
        // With b = 1 or a = -0 as values a cell there is arithmetic, and numbers keep their bits.
        const ones = new Array(n + 2).fill(1);
        expect(linear({ b: ones }).slice(0, 3)).toEqual(patterns[dtype].slice(0, 3));
        expect(linear({ a: -0, b: 1 }).slice(0, 3)).toEqual(patterns[dtype].slice(0, 3));
      }
    }
  });

  it("takes other coefficients in place, and gives its memory back", () => {
    const field = new Grid(solo(), { shape: [3, 2], halo }).field(2);
    const edge: Edge = { field, axis: 1, side: "high" };
    const wall = new LinearWall(edge, { to: -1, near: 0 }, { a: 1 });
    const got = () => [...field.data.subarray(field.index(0, 2), field.index(0, 2) + 1)];
    const values = (value: number) => new Float64Array(wall.cells).fill(value);
    for (const [coefficients, expected] of [
      [{ a: 1 }, 1],
      [{ a: 1, b: 3 }, 7],
      [{ b: -1 }, -2],
      [{ a: values(4), b: 1 }, 6],
      [{ a: values(5) }, 5],
      [{ a: 0.5, b: values(2), c: 3 }, 10.5],
      [{ c: 2 }, 4],
      [{}, 0],
    ] as const) {
      wall.set(coefficients);
      wall.run();
      expect(got()).toEqual([expected]);
    }
    wall.free();
    const again = memory.alloc(8 * wall.cells);
    expect(again).toBeGreaterThan(0);
    memory.free(again);
  });
});

describe("coefficients of a linear wall", () => {
  it("are refused where they are not one a cell of the layer", () => {
    const grid = new Grid(solo(), { shape: [4, 3] });
    const field = grid.field(0);
    const wall = (a: number[]) => new LinearWall({ field, axis: 0, side: "low" }, { to: -1, near: 0 }, { a, b: -1 });
    wall(new Array(7).fill(1)).free();
    expect(() => wall([1, 2, 3])).toThrow(
      'LinearWall: "a" expected a number or 7 of them, one a cell of the layer with its halos, got 3 numbers. Give the layer in C order.',
    );
    field.free();
    grid.free();
  });
});
