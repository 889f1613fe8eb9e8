/** How steps go through the block. */
import { describe, expect, it } from "vitest";
import type { Cell } from "../../src/expression/program.js";
import { isDivisible } from "../../src/pde/programs/code.js";

describe("threads share a pass", () => {
  const load = (array: number, i: number) => ({ op: "load" as const, array, offset: [i, 0] });
  const cell = (nodes: Cell["nodes"], array: number): Cell => ({ nodes, stores: [{ array, node: nodes.length - 1 }] });
  const across = cell([load(1, -1), load(1, 1), { op: "add", a: 0, b: 1 }], 0);

  it("unless the first cells read beyond a part what the last one stores there", () => {
    const apart = cell(across.nodes, 2);
    expect(isDivisible({ cells: [cell([load(0, 0)], 1), across], rolled: [1] })).toBe(false);
    expect(isDivisible({ cells: [cell([load(0, 0)], 1), apart], rolled: [1] })).toBe(true);
    expect(isDivisible({ cells: [cell([load(3, 1)], 1), across], rolled: [1] })).toBe(true);
    expect(isDivisible(cell([load(0, 0)], 0))).toBe(true);
    expect(isDivisible(cell([load(0, 1)], 2))).toBe(true);
  });
});
