/**
 * Runs programs in JavaScript, cell by cell and node by node as they are written: slow, and the same bits as the code of
 * `emit`. Each operation is rounded to the kind of number; functions are those that the code calls.
 */
import { wrong } from "../argument.js";
import { reachesOf } from "./fusion.js";
import {
  arraysOf,
  type Cell,
  type Dtype,
  type Fusion,
  functionName,
  type Layout,
  type Node,
  type Program,
  roundings,
  type Step,
} from "./program.js";

/** An array where a sweep finds it: `data[start]` is cell 0 of the interior, of an array along an axis that of index 0. */
export interface Placed {
  readonly data: { [index: number]: number };
  readonly start: number;
}

/** The functions of `functions.wasm`, by their names there. */
export type Functions = Readonly<Record<string, (...args: number[]) => number>>;

/** The parameters of a program, which steps may set. */
interface Numbers extends ArrayLike<number> {
  [index: number]: number;
}

/** A parameter as the kind of number: whole numbers are cut, and those out of range are the nearest there is. */
function parameterAs(dtype: Dtype, value: number): number {
  if (dtype !== "i32") return roundings[dtype](value);
  return Number.isNaN(value) ? 0 : Math.max(-(2 ** 31), Math.min(2 ** 31 - 1, Math.trunc(value)));
}

/**
 * Computes the cells of a box, as a sweep does.
 * @param arrays - by the numbers that the cell gives them
 * @param box - begin and end of each axis
 */
export function runCell(
  cell: Cell,
  layout: Layout,
  arrays: readonly (Placed | undefined)[],
  parameters: ArrayLike<number>,
  box: readonly number[],
  functions: Functions,
): void {
  for (const array of arraysOf(cell))
    if (!arrays[array]) throw wrong("expression", `array ${array} of the cell`, "nothing", "Pass all arrays.");
  const { dtype, strides } = layout;
  const values = new Array<number>(cell.nodes.length);
  const index = strides.map((_, axis) => box[2 * axis]!);
  if (strides.some((_, axis) => box[2 * axis]! >= box[2 * axis + 1]!)) return;
  const compute = evaluator(dtype, strides, arrays as readonly Placed[], parameters, functions);
  for (;;) {
    cell.nodes.forEach((node, n) => {
      values[n] = compute(node, values, index);
    });
    const place = index.reduce((sum, i, axis) => sum + i * strides[axis]!, 0);
    for (const { array, node } of cell.stores) arrays[array]!.data[arrays[array]!.start + place] = values[node]!;
    let axis = strides.length - 1;
    while (axis >= 0 && ++index[axis]! >= box[2 * axis + 1]!) {
      index[axis] = box[2 * axis]!;
      axis--;
    }
    if (axis < 0) return;
  }
}

/**
 * Computes fused cells one by one, each as far beyond the box as those behind it need; arrays that are kept in rows are
 * whole arrays here, with halos.
 */
export function runFusion(
  fusion: Fusion,
  layout: Layout,
  arrays: readonly (Placed | undefined)[],
  parameters: ArrayLike<number>,
  box: readonly number[],
  functions: Functions,
): void {
  const reaches = reachesOf(fusion, layout.strides.length);
  fusion.cells.forEach((cell, i) => {
    const { below, above } = reaches[i]!;
    const around = box.map((bound, k) => (k % 2 === 0 ? bound - below[k / 2]! : bound + above[(k - 1) / 2]!));
    runCell(cell, layout, arrays, parameters, around, functions);
  });
}

/** What the steps of a program need of the world around the block. */
export interface Surroundings {
  /** Fills a halo. */
  halo(step: Extract<Step, { kind: "halo" }>): void;
  /** Reduces an array over all cells of the grid. */
  reduce(step: Extract<Step, { kind: "reduce" }>): number;
}

/**
 * Runs the steps of a program on a block.
 * @param parameters - those that the program computes are set
 */
export function runProgram(
  { steps }: Program,
  layout: Layout,
  arrays: readonly (Placed | undefined)[],
  parameters: number[],
  box: readonly number[],
  functions: Functions,
  surroundings: Surroundings,
): void {
  for (const step of steps) {
    switch (step.kind) {
      case "halo":
        surroundings.halo(step);
        break;
      case "sweep":
        runCell(step.cell, layout, arrays, parameters, box, functions);
        break;
      case "fused":
        runFusion(step.fusion, layout, arrays, parameters, box, functions);
        break;
      case "reduce":
        parameters[step.parameter] = surroundings.reduce(step);
        break;
      case "numbers":
        computeNumbers(step.cell, layout.dtype, parameters, functions);
        break;
    }
  }
}

/** Computes parameters of parameters; the stores of the cell name parameters. */
export function computeNumbers(cell: Cell, dtype: Dtype, parameters: Numbers, functions: Functions): void {
  const data: number[] = [];
  const places = Array.from(parameters, (_, start): Placed => ({ data, start }));
  runCell(cell, { dtype, strides: [1] }, places, parameters, [0, 1], functions);
  for (const { array } of cell.stores) parameters[array] = data[array]!;
}

function evaluator(
  dtype: Dtype,
  strides: readonly number[],
  arrays: readonly Placed[],
  parameters: ArrayLike<number>,
  functions: Functions,
): (node: Node, values: readonly number[], index: readonly number[]) => number {
  const round = roundings[dtype];
  const multiply = dtype === "i32" ? Math.imul : (a: number, b: number) => round(a * b);
  return (node, values, index) => {
    const a = "a" in node ? values[node.a]! : 0;
    const b = "b" in node ? values[node.b]! : 0;
    switch (node.op) {
      case "constant":
        return round(node.value);
      case "parameter":
        return parameterAs(dtype, parameters[node.index]!);
      case "along": {
        const { data, start } = arrays[node.array]!;
        return data[start + index[node.axis]! + node.offset]!;
      }
      case "load": {
        const { data, start } = arrays[node.array]!;
        return data[node.offset.reduce((sum, o, axis) => sum + (index[axis]! + o) * strides[axis]!, start)]!;
      }
      case "neg":
        return round(-a);
      case "abs":
        return round(Math.abs(a));
      case "sqrt":
        return round(Math.sqrt(a));
      case "floor":
        return Math.floor(a);
      case "not":
        return a === 0 ? 1 : 0;
      case "add":
        return round(a + b);
      case "sub":
        return round(a - b);
      case "mul":
        return multiply(a, b);
      case "div":
        return round(a / b);
      case "min":
        return Math.min(a, b);
      case "max":
        return Math.max(a, b);
      case "lt":
        return a < b ? 1 : 0;
      case "le":
        return a <= b ? 1 : 0;
      case "gt":
        return a > b ? 1 : 0;
      case "ge":
        return a >= b ? 1 : 0;
      case "eq":
        return a === b ? 1 : 0;
      case "ne":
        return a !== b ? 1 : 0;
      case "select":
        return values[node.test]! !== 0 ? a : b;
      case "call": {
        const args = node.args.map((arg) => values[arg]!);
        return functions[functionName(node.name, dtype)]!(...args);
      }
    }
  };
}
