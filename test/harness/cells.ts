/** Random cells with arrays to run them on, compiled and by the oracle, and the bits of both. */
import { emit } from "../../src/expression/emit.js";
import { type Functions, type Placed, runCell } from "../../src/expression/oracle.js";
import { arraysOf, type Cell, type Dtype, type Layout, type Node } from "../../src/expression/program.js";
import type { Shape } from "../../src/expression/shape.js";
import { functions } from "../../src/wasm/functions.js";

/** Layers around the interior of arrays of cells, and indices before and behind arrays along an axis. */
const halo = 2;

/** Numbers between arrays, and before the first and behind the last. */
const guard = 7;

const typed = { f64: Float64Array, f32: Float32Array, i32: Int32Array } as const;

const unary = ["neg", "abs", "sqrt", "floor", "not"] as const;
const binary = ["add", "sub", "mul", "div", "min", "max", "lt", "le", "gt", "ge", "eq", "ne"] as const;
const calls = { sin: 1, exp: 1, log: 1, tanh: 1, erf: 1, cbrt: 1, pow: 2, atan2: 2, hypot: 2, mod: 2 } as const;

/** Numbers with which something may be wrong, cut and rounded where they are whole or `f32`. */
const special = [0, -0, 1, -1, 5e-324, -1e-310, 1e-40, -2e-45, Number.NaN, Number.POSITIVE_INFINITY];
const whole = [0, 1, -1, 2 ** 31 - 1, -(2 ** 31), 65536, -3, 7, 1e9, -2];

export type Random = () => number;

const pick = <T>(random: Random, list: readonly T[]): T => list[Math.floor(random() * list.length)]!;

/** A number of an array or a constant: mostly ordinary. */
export function randomNumber(random: Random, dtype: Dtype): number {
  if (random() < 0.15) {
    if (dtype === "i32") return pick(random, whole);
    return random() < 0.1 ? Number.NEGATIVE_INFINITY : pick(random, special);
  }
  const value = 8 * (random() - 0.5);
  return dtype === "i32" ? Math.round(4 * value) : value;
}

/** What the arrays of a cell are, by their numbers: of cells, or along an axis. */
export type Kinds = readonly (number | undefined)[];

/** A cell, the kinds of its arrays, and how many parameters it has. */
export interface Sample {
  readonly cell: Cell;
  readonly kinds: Kinds;
  readonly dtype: Dtype;
  readonly axes: number;
}

/** The parameters that cells may name. */
const parameterCount = 3;

/** A cell of about `size` nodes. A sixth of them are stored in place, and a fourth call functions. */
export function randomSample(random: Random, dtype: Dtype, axes: number, size: number): Sample {
  const kinds: (number | undefined)[] = [undefined, undefined];
  for (let axis = 0; axis < axes; axis++) kinds.push(axis);
  const inPlace = random() < 1 / 6;
  const results = random() < 0.2 ? 2 : 1;
  const calling = dtype !== "i32" && random() < 0.25;
  const offset = () => (random() < 0.5 ? 0 : Math.floor(random() * (2 * halo + 1)) - halo);
  const nodes: Node[] = [];
  // Operands are rather late nodes, so that most of the graph is used.
  const operand = () => nodes.length - 1 - Math.floor(random() * random() * nodes.length);
  const leaf = (): Node => {
    const kind = random();
    if (kind < 0.15) return { op: "constant", value: randomNumber(random, dtype) };
    if (kind < 0.3) return { op: "parameter", index: Math.floor(random() * parameterCount) };
    if (kind < 0.45) {
      const axis = Math.floor(random() * axes);
      return { op: "along", array: 2 + axis, axis, offset: offset() };
    }
    const array = Math.floor(random() * 2);
    const still = inPlace && array === 0;
    return { op: "load", array, offset: Array.from({ length: axes }, () => (still ? 0 : offset())) };
  };
  const isWhole = (op: string) => !["sqrt", "floor", "div"].includes(op);
  while (nodes.length < size) {
    const kind = random();
    if (nodes.length < 2 || kind < 0.35) nodes.push(leaf());
    else if (kind < 0.5)
      nodes.push({ op: pick(random, dtype === "i32" ? unary.filter(isWhole) : unary), a: operand() });
    else if (kind < 0.58) nodes.push({ op: "select", test: operand(), a: operand(), b: operand() });
    else if (kind < 0.64 && calling) {
      const [name, count] = pick(random, Object.entries(calls));
      nodes.push({ op: "call", name, args: Array.from({ length: count }, operand) });
    } else {
      const ops = dtype === "i32" ? binary.filter(isWhole) : binary;
      nodes.push({ op: pick(random, ops), a: operand(), b: operand() });
    }
  }
  const first = inPlace ? 0 : kinds.push(undefined) - 1;
  const stores = [{ array: first, node: nodes.length - 1 }];
  if (results === 2) stores.push({ array: kinds.push(undefined) - 1, node: operand() });
  return { cell: { nodes, stores }, kinds, dtype, axes };
}

/** A block of cells and the arrays of a sample on it, one behind the other with guards between. */
export interface Block {
  readonly layout: Layout;
  readonly shape: readonly number[];
  /** Where index 0 of each array is, in numbers. */
  readonly starts: readonly number[];
  readonly length: number;
}

export function blockOf({ kinds, dtype }: Sample, shape: readonly number[]): Block {
  const extents = shape.map((n) => n + 2 * halo);
  const strides = shape.map((_, axis) => extents.slice(axis + 1).reduce((product, n) => product * n, 1));
  const inside = strides.reduce((sum, stride) => sum + halo * stride, 0);
  let length = guard;
  const starts = kinds.map((axis) => {
    const start = length + (axis === undefined ? inside : halo);
    length += (axis === undefined ? extents[0]! * strides[0]! : extents[axis]!) + guard;
    return start;
  });
  return { layout: { dtype, strides }, shape, starts, length };
}

let sharedMemory: WebAssembly.Memory | undefined;

/** A memory for all runs: its first numbers are parameters, the arrays follow. */
export function memoryOf(byteLength: number): WebAssembly.Memory {
  sharedMemory ??= new WebAssembly.Memory({ initial: 1, maximum: 65536, shared: true });
  const missing = Math.ceil((byteLength - sharedMemory.buffer.byteLength) / 65536);
  if (missing > 0) sharedMemory.grow(missing);
  return sharedMemory;
}

const arraysAt = 1024;

export type Sweep = (...addresses: number[]) => void;

/** Compiled sweeps of cells. */
export function compile(cells: readonly Cell[], layout: Layout, shape?: Partial<Shape>): Sweep[] {
  const module = new WebAssembly.Module(emit(cells, layout, shape));
  const linked = { env: { memory: memoryOf(0) }, functions: functions() as Record<string, WebAssembly.ExportValue> };
  const { exports } = new WebAssembly.Instance(module, linked);
  return cells.map((_, i) => exports[`sweep${i}`] as Sweep);
}

/**
 * Runs a sample on the same random numbers compiled and by the oracle.
 * @returns the first number of the arrays, guards included, that differs; `undefined` where none does
 */
export function difference(
  { cell, dtype }: Sample,
  sweep: Sweep,
  { layout, starts, length }: Block,
  box: readonly number[],
  random: Random,
): string | undefined {
  const size = typed[dtype].BYTES_PER_ELEMENT;
  const { buffer } = memoryOf(arraysAt + size * length);
  const parameters = new Float64Array(buffer, 8, parameterCount);
  for (const i of parameters.keys())
    parameters[i] = dtype === "i32" ? 1e10 * (random() - 0.5) : randomNumber(random, dtype);
  const compiled = new typed[dtype](buffer, arraysAt, length);
  for (let i = 0; i < length; i++) compiled[i] = randomNumber(random, dtype);
  const expected = new typed[dtype](compiled);
  const placed: Placed[] = starts.map((start) => ({ data: expected, start }));
  runCell(cell, layout, placed, [...parameters], box, functions() as Functions);
  sweep(...arraysOf(cell).map((array) => arraysAt + size * starts[array]!), 8, ...box);
  for (let i = 0; i < length; i++)
    if (!Object.is(compiled[i], expected[i])) return `number ${i}: ${compiled[i]}, by the oracle ${expected[i]}`;
  return undefined;
}
