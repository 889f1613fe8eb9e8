import { describe, expect, it } from "vitest";
import { emit } from "../../src/expression/emit.js";
import type { Cell, Dtype, Fusion, Node } from "../../src/expression/program.js";
import { blockOf, compile, differenceOfChain, type Random, randomChain } from "../harness/cells.js";
import { isFull } from "../harness/effort.js";
import { randomOf } from "../oracle/mpdata.js";

const whole = (random: Random, least: number, most: number) => least + Math.floor(random() * (most - least + 1));

/** Layers that four cells of radius 1 need. */
const halo = 4;

const messageOf = (fusion: Fusion, strides: readonly number[] = [20, 1]) => {
  try {
    emit([fusion], { dtype: "f64", strides });
  } catch (error) {
    return (error as Error).message;
  }
  return "none";
};

const notRead =
  /^expression: expected what is stored to have been read by then, got array 0 at offset -1 of the first axis\./;

describe("fused cells", () => {
  it.each<Dtype>(["f64", "f32", "i32"])("give the bits of cells one by one, for %s", (dtype) => {
    const random = randomOf(31);
    let inPlace = 0;
    for (let k = 0; k < (isFull ? 8000 : 150); k++) {
      const axes = random() < 0.7 ? 2 : 3;
      const chain = randomChain(random, dtype, axes);
      // Now and then more rows, or planes, than a strip has.
      const rows = axes === 3 ? whole(random, 1, 14) : random() < 0.1 ? whole(random, 60, 140) : whole(random, 1, 9);
      const shape = [rows, ...Array.from({ length: axes - 1 }, () => whole(random, 1, axes === 3 ? 5 : 9))];
      const block = blockOf(chain, shape, halo);
      const { cells } = chain.fusion;
      const refused = messageOf(chain.fusion, block.layout.strides);
      if (refused !== "none") {
        expect(refused).toMatch(notRead);
        continue;
      }
      if (cells.at(-1)!.stores[0]!.array === 0) inPlace++;
      const turns = {
        columns: whole(random, 1, 2),
        rows: whole(random, 1, 4),
        bandColumns: whole(random, 1, 2),
        together: whole(random, 1, 3),
      };
      const [sweep] = compile([chain.fusion], block.layout, random() < 0.5 ? {} : turns);
      const isWhole = random() < 0.6;
      const box = shape.flatMap((n) => [0, isWhole ? n : whole(random, 0, n)]);
      const found = differenceOfChain(chain, sweep!, block, box, random);
      if (found) expect.fail(`${JSON.stringify({ ...chain, shape, box, turns })}: ${found}`);
    }
    expect(inPlace).toBeGreaterThan(20);
  });
});

describe("cells that cannot be fused are refused", () => {
  const load = (array: number, offset: number[]): Node => ({ op: "load", array, offset });
  const cell = (from: number, to: number, offset = [0, 0]): Cell => ({
    nodes: [load(from, offset)],
    stores: [{ array: to, node: 0 }],
  });
  const advice = "Compute the cells one by one.";

  it("along one axis", () => {
    expect(messageOf({ cells: [cell(0, 1, [0]), cell(1, 2, [0])], rolled: [1] }, [1])).toBe(
      `expression: expected cells of two or three axes to fuse, got cells of 1. ${advice}`,
    );
  });

  it("where an earlier cell stores a result, and the last one rows", () => {
    const text = (array: number) =>
      `expression: expected fused cells to store rows for the last one, and that to store the results, got array ${array}. ${advice}`;
    expect(messageOf({ cells: [cell(0, 1), cell(1, 2)], rolled: [] })).toBe(text(1));
    expect(messageOf({ cells: [cell(0, 1), cell(1, 2)], rolled: [1, 2] })).toBe(text(2));
    expect(messageOf({ cells: [cell(0, 1), cell(0, 1), cell(1, 2)], rolled: [1] })).toBe(text(1));
  });

  it("where rows are read before they are stored", () => {
    expect(messageOf({ cells: [cell(2, 1), cell(1, 2), cell(2, 3)], rolled: [1, 2] })).toBe(
      `expression: expected fused cells to read rows of earlier ones, got array 2 before it is stored. ${advice}`,
    );
  });

  it("where a result is stored over what is still to be read", () => {
    const text = messageOf({ cells: [cell(0, 1, [-1, 0]), cell(1, 0)], rolled: [1] });
    expect(text).toBe(
      `expression: expected what is stored to have been read by then, got array 0 at offset -1 of the first axis. ${advice}`,
    );
    expect(text).toMatch(notRead);
  });
});
