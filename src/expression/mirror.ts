/** Cells that compute the mirror image of what they read, where that is one: then nothing has to be said beyond a wall that mirrors. */
import { type Cell, type Node, operandsOf } from "./program.js";

/** Operations with the same bits for operands in either order, NaN aside. */
const commutative: ReadonlySet<string> = new Set(["add", "mul", "min", "max", "eq", "ne"]);

/**
 * True where a cell stores the same bits if all that it reads is turned around along an axis, as `c[-1] + c[1]` does and
 * `c[1] - c[-1]` does not. Values are the same where they are made in the same way of the same values; what turns out equal
 * otherwise counts as different.
 */
export function isMirrored({ nodes, stores }: Cell, axis: number): boolean {
  const numbers = new Map<string, number>();
  const numberOf = (key: string) => {
    const known = numbers.get(key) ?? numbers.size;
    numbers.set(key, known);
    return known;
  };
  const valuesOf = (turn: 1 | -1) => {
    const values: number[] = [];
    for (const node of nodes) values.push(numberOf(keyOf(node, values, axis, turn)));
    return values;
  };
  const [plain, turned] = [valuesOf(1), valuesOf(-1)];
  return stores.every(({ node }) => plain[node] === turned[node]);
}

/** What tells a value from others. @param values the numbers of those before */
function keyOf(node: Node, values: readonly number[], axis: number, turn: 1 | -1): string {
  switch (node.op) {
    case "constant":
      return `constant ${Object.is(node.value, -0) ? "-0" : node.value}`;
    case "parameter":
      return `parameter ${node.index}`;
    case "along":
      // Coordinates and sizes of cells have no mirror image.
      return `along ${node.array} ${node.offset} ${node.axis === axis ? turn : 0}`;
    case "load":
      return `load ${node.array} ${node.offset.map((o, along) => (along === axis && o !== 0 ? turn * o : o))}`;
    default: {
      const operands = operandsOf(node).map((operand) => values[operand]!);
      if (commutative.has(node.op)) operands.sort((a, b) => a - b);
      return `${node.op === "call" ? node.name : node.op} (${operands})`;
    }
  }
}
