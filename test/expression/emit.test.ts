import { describe, expect, it } from "vitest";
import { emit } from "../../src/expression/emit.js";
import { runCell } from "../../src/expression/oracle.js";
import type { Cell, Dtype, Node } from "../../src/expression/program.js";
import { blockOf, compile, difference, type Random, randomSample, type Sample } from "../harness/cells.js";
import { isFull } from "../harness/effort.js";
import { randomOf } from "../oracle/mpdata.js";

const dtypes: readonly Dtype[] = ["f64", "f32", "i32"];

/** Cells that share a module. */
const perModule = 20;

const whole = (random: Random, least: number, most: number) => least + Math.floor(random() * (most - least + 1));

/** A box of a block: all of it, or a part. */
function randomBox(random: Random, shape: readonly number[]): number[] {
  if (random() < 0.5) return shape.flatMap((n) => [0, n]);
  return shape.flatMap((n) => {
    const begin = whole(random, 0, n);
    return [begin, whole(random, begin, n)];
  });
}

describe("compiled sweeps", () => {
  for (const axes of [1, 2, 3])
    it.each(dtypes)(
      `give the bits of the oracle for random cells of %s along ${axes} axes, and write nothing else`,
      (dtype) => {
        const random = randomOf(100 * axes + dtypes.indexOf(dtype));
        const modules = Math.ceil((isFull ? 1e5 : 4e3) / (9 * perModule));
        for (let m = 0; m < modules; m++) {
          const samples = Array.from({ length: perModule }, () =>
            randomSample(random, dtype, axes, whole(random, 2, 30)),
          );
          const most = axes === 3 ? 4 : 9;
          const shape = Array.from({ length: axes }, (_, axis) => whole(random, 1, axis === axes - 1 ? 9 : most));
          const cells = samples.map(({ cell }) => cell);
          const { layout } = blockOf(samples[0]!, shape);
          const turns = {
            vector: random() < 0.9,
            columns: whole(random, 1, 4),
            rows: axes > 1 && random() < 0.5 ? whole(random, 2, 4) : 1,
            bandColumns: whole(random, 1, 3),
            together: whole(random, 1, 3),
          };
          const sweeps = compile(cells, layout, random() < 0.3 ? {} : turns);
          samples.forEach((sample, i) => {
            const box = randomBox(random, shape);
            const found = difference(sample, sweeps[i]!, blockOf(sample, shape), box, random);
            if (found) expect.fail(`${JSON.stringify({ ...sample, shape, box, turns })}: ${found}`);
          });
        }
      },
    );
});

/** A cell of one array that is read and one that is stored. */
const sampleOf = (dtype: Dtype, axes: number, nodes: readonly Node[]): Sample => ({
  cell: { nodes, stores: [{ array: 1, node: nodes.length - 1 }] },
  kinds: [undefined, undefined],
  dtype,
  axes,
});

const agree = (sample: Sample, shape: readonly number[]) => {
  const block = blockOf(sample, shape);
  const [sweep] = compile([sample.cell], block.layout);
  const box = shape.flatMap((n) => [0, n]);
  expect(difference(sample, sweep!, block, box, randomOf(5))).toBeUndefined();
};

describe("large cells", () => {
  it("may have some thousand operations", () => {
    const random = randomOf(21);
    for (const dtype of dtypes) agree(randomSample(random, dtype, 2, 4000), [5, 9]);
  });

  it("may have operands that nest as deep as there are operations", () => {
    const nodes: Node[] = [{ op: "load", array: 0, offset: [0] }];
    for (let n = 0; n < 5000; n++) nodes.push({ op: "neg", a: n });
    agree(sampleOf("f64", 1, nodes), [9]);
  });

  it("may use each operand twice", () => {
    const nodes: Node[] = [{ op: "load", array: 0, offset: [0] }];
    for (let n = 0; n < 1000; n++) nodes.push({ op: "add", a: n, b: n });
    agree(sampleOf("f64", 1, nodes), [9]);
  });
});

describe("a long row", () => {
  it("is computed in calls for parts of it", () => {
    const nodes: Node[] = [
      { op: "load", array: 0, offset: [-1] },
      { op: "load", array: 0, offset: [1] },
      { op: "sub", a: 0, b: 1 },
    ];
    for (const n of [4095, 4096, 4097, 9001]) agree(sampleOf("f32", 1, nodes), [n]);
  });
});

describe("a cell that cannot be computed is refused", () => {
  const layout = { dtype: "f64", strides: [10, 1] } as const;
  const load = (array: number, offset: number[]): Node => ({ op: "load", array, offset });
  const along: Node = { op: "along", array: 0, axis: 0, offset: 0 };
  const messageOf = (cell: Cell, dtype: Dtype = "f64") => {
    try {
      emit([cell], { ...layout, dtype });
    } catch (error) {
      return (error as Error).message;
    }
    return "none";
  };
  const stores = [{ array: 0, node: 0 }];

  it("where it reads other cells of what it stores", () => {
    expect(messageOf({ nodes: [load(0, [1, 0])], stores })).toBe(
      "expression: expected an array that is stored to be read at offset 0, got offset [1, 0] of array 0. " +
        "Store into another array.",
    );
  });

  it("where an array is of cells and along an axis", () => {
    const text = "expression: expected an array of cells or along one axis, got array 0 as both. Use two arrays.";
    expect(messageOf({ nodes: [along], stores })).toBe(text);
    expect(messageOf({ nodes: [load(0, [0, 0]), along], stores: [{ array: 1, node: 0 }] })).toBe(text);
  });

  it("where an offset does not fit the axes", () => {
    expect(messageOf({ nodes: [load(1, [0])], stores })).toBe(
      "expression: expected offsets along 2 axes, got [0]. Name one an axis.",
    );
  });

  it("where whole numbers are divided", () => {
    const nodes: Node[] = [load(1, [0, 0]), { op: "div", a: 0, b: 0 }];
    expect(messageOf({ nodes, stores: [{ array: 0, node: 1 }] }, "i32")).toBe(
      "expression: expected operations on whole numbers, as the arrays are i32, got div. Use arrays of f64.",
    );
  });

  it("where the oracle lacks an array", () => {
    expect(() => runCell({ nodes: [load(1, [0, 0])], stores }, layout, [], [], [0, 1, 0, 1], {})).toThrow(
      "expression: expected array 0 of the cell, got nothing. Pass all arrays.",
    );
  });
});
