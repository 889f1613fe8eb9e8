/** Random cells with arrays to run them on, compiled and by the oracle, and the bits of both. */
import { emit, roomOf } from "../../src/expression/emit.js";
import { arraysOfFusion } from "../../src/expression/fusion.js";
import { type Placed, runCell, runFusion } from "../../src/expression/oracle.js";
import { arraysOf, type Cell, type Dtype, type Fusion, type Layout, type Node } from "../../src/expression/program.js";
import type { Shape } from "../../src/expression/shape.js";
import { functions } from "../../src/wasm/functions.js";

/** Layers around the interior of arrays of cells, and indices before and behind arrays along an axis. */
const usualHalo = 2;

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

/**
 * About `size` random nodes; a fourth of the lists calls functions.
 * @param leaf - makes a node that reads an array
 * @returns the nodes, and what picks one of them, rather a late one
 */
function randomNodes(random: Random, dtype: Dtype, size: number, leaf: () => Node): [Node[], () => number] {
  const calling = dtype !== "i32" && random() < 0.25;
  const nodes: Node[] = [];
  const operand = () => nodes.length - 1 - Math.floor(random() * random() * nodes.length);
  const isWhole = (op: string) => !["sqrt", "floor", "div"].includes(op);
  while (nodes.length < size) {
    const kind = random();
    if (nodes.length < 2 || kind < 0.35) {
      const which = random();
      if (which < 0.15) nodes.push({ op: "constant", value: randomNumber(random, dtype) });
      else if (which < 0.3) nodes.push({ op: "parameter", index: Math.floor(random() * parameterCount) });
      else nodes.push(leaf());
    } else if (kind < 0.5)
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
  return [nodes, operand];
}

const randomOffset = (random: Random, radius: number) =>
  random() < 0.5 ? 0 : Math.floor(random() * (2 * radius + 1)) - radius;

/** A cell of about `size` nodes. A sixth of them are stored in place. */
export function randomSample(random: Random, dtype: Dtype, axes: number, size: number): Sample {
  const kinds: (number | undefined)[] = [undefined, undefined];
  for (let axis = 0; axis < axes; axis++) kinds.push(axis);
  const inPlace = random() < 1 / 6;
  const [nodes, operand] = randomNodes(random, dtype, size, () => {
    if (random() < 0.2) {
      const axis = Math.floor(random() * axes);
      return { op: "along", array: 2 + axis, axis, offset: randomOffset(random, usualHalo) };
    }
    const array = Math.floor(random() * 2);
    const radius = inPlace && array === 0 ? 0 : usualHalo;
    return { op: "load", array, offset: Array.from({ length: axes }, () => randomOffset(random, radius)) };
  });
  const first = inPlace ? 0 : kinds.push(undefined) - 1;
  const stores = [{ array: first, node: nodes.length - 1 }];
  if (random() < 0.2) stores.push({ array: kinds.push(undefined) - 1, node: operand() });
  return { cell: { nodes, stores }, kinds, dtype, axes };
}

/** Cells of two or three axes that may be fused, with arrays of two fields, one along each axis, and one for each cell. */
export interface Chain {
  readonly fusion: Fusion;
  readonly kinds: Kinds;
  readonly dtype: Dtype;
}

/** Two to four cells, of which each reads those before it in the cells around; the last one may store into a field. */
export function randomChain(random: Random, dtype: Dtype, axes: number): Chain {
  const count = 2 + Math.floor(3 * random() ** 2);
  const along = Array.from({ length: axes }, (_, axis) => axis);
  const kinds: Kinds = [undefined, undefined, ...along, ...new Array<undefined>(count).fill(undefined)];
  const own = 2 + axes;
  const inPlace = random() < 0.4;
  const rolled = Array.from({ length: count - 1 }, (_, i) => own + i);
  const cells = Array.from({ length: count }, (_, i): Cell => {
    const isLast = i === count - 1;
    const [nodes] = randomNodes(random, dtype, 4 + Math.floor(12 * random()), () => {
      const which = random();
      if (which < 0.15) {
        const axis = Math.floor(axes * random());
        return { op: "along", array: 2 + axis, axis, offset: randomOffset(random, 1) };
      }
      const array = which < 0.5 || i === 0 ? Math.floor(2 * random()) : own + Math.floor(i * random());
      const radius = isLast && inPlace && array === 0 ? 0 : 1;
      return { op: "load", array, offset: along.map(() => randomOffset(random, radius)) };
    });
    return { nodes, stores: [{ array: isLast && inPlace ? 0 : own + i, node: nodes.length - 1 }] };
  });
  return { fusion: { cells, rolled }, kinds, dtype };
}

/** A block of cells and the arrays of a sample on it, one behind the other with guards between. */
export interface Block {
  readonly layout: Layout;
  readonly shape: readonly number[];
  /** Where index 0 of each array is, in numbers. */
  readonly starts: readonly number[];
  /** Where each array begins and ends, halos included. */
  readonly bounds: readonly (readonly [begin: number, end: number])[];
  readonly length: number;
}

export function blockOf(
  { kinds, dtype }: Pick<Sample, "kinds" | "dtype">,
  shape: readonly number[],
  halo = usualHalo,
): Block {
  const extents = shape.map((n) => n + 2 * halo);
  const strides = shape.map((_, axis) => extents.slice(axis + 1).reduce((product, n) => product * n, 1));
  const inside = strides.reduce((sum, stride) => sum + halo * stride, 0);
  let length = guard;
  const bounds = kinds.map((axis) => {
    const begin = length;
    const end = begin + (axis === undefined ? extents[0]! * strides[0]! : extents[axis]!);
    length = end + guard;
    return [begin, end] as const;
  });
  const starts = kinds.map((axis, array) => bounds[array]![0] + (axis === undefined ? inside : halo));
  return { layout: { dtype, strides }, shape, starts, bounds, length };
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
export function compile(cells: readonly (Cell | Fusion)[], layout: Layout, shape?: Partial<Shape>): Sweep[] {
  const module = new WebAssembly.Module(emit(cells, layout, shape));
  const linked = { env: { memory: memoryOf(0) }, functions: functions() as Record<string, WebAssembly.ExportValue> };
  const { exports } = new WebAssembly.Instance(module, linked);
  return cells.map((_, i) => exports[`sweep${i}`] as Sweep);
}

/** Random parameters, and random numbers in all arrays of a block, which are there twice: for both ways to compute. */
function fill(dtype: Dtype, length: number, room: number, random: Random) {
  const size = typed[dtype].BYTES_PER_ELEMENT;
  const { buffer } = memoryOf(arraysAt + size * (length + room));
  const parameters = new Float64Array(buffer, 8, parameterCount);
  for (const i of parameters.keys())
    parameters[i] = dtype === "i32" ? 1e10 * (random() - 0.5) : randomNumber(random, dtype);
  const compiled = new typed[dtype](buffer, arraysAt, length + room);
  for (let i = 0; i < length; i++) compiled[i] = randomNumber(random, dtype);
  return { compiled, expected: new typed[dtype](compiled), parameters: [...parameters], size };
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
  const { compiled, expected, parameters, size } = fill(dtype, length, 0, random);
  const placed: Placed[] = starts.map((start) => ({ data: expected, start }));
  runCell(cell, layout, placed, parameters, box, functions());
  sweep(...arraysOf(cell).map((array) => arraysAt + size * starts[array]!), 8, ...box);
  for (let i = 0; i < length; i++)
    if (!Object.is(compiled[i], expected[i])) return `number ${i}: ${compiled[i]}, by the oracle ${expected[i]}`;
  return undefined;
}

/** As {@link difference}, of fused cells; the oracle computes them one by one, each as far as its readers need it. */
export function differenceOfChain(
  { fusion, dtype }: Chain,
  sweep: Sweep,
  { layout, starts, bounds, length }: Block,
  box: readonly number[],
  random: Random,
): string | undefined {
  const rooms = [...roomOf(fusion, layout)];
  const room = rooms.reduce((sum, [, numbers]) => sum + numbers + guard, 0);
  const { compiled, expected, parameters, size } = fill(dtype, length, room, random);
  const placed: Placed[] = starts.map((start) => ({ data: expected, start }));
  runFusion(fusion, layout, placed, parameters, box, functions());
  // The compiled cells leave the arrays alone that are kept in rows: they have room for these elsewhere.
  for (const array of fusion.rolled) {
    const [begin, end] = bounds[array]!;
    expected.set(compiled.subarray(begin, end), begin);
  }
  const untouched = 77;
  compiled.fill(untouched, length);
  const addresses = starts.map((start) => arraysAt + size * start);
  const guards: number[] = [];
  let place = length;
  for (const [array, numbers] of rooms) {
    addresses[array] = arraysAt + size * place;
    place += numbers;
    for (let k = 0; k < guard; k++) guards.push(place++);
  }
  sweep(...arraysOfFusion(fusion).map((array) => addresses[array]!), 8, ...box);
  for (let i = 0; i < length; i++)
    if (!Object.is(compiled[i], expected[i])) return `number ${i}: ${compiled[i]}, by the oracle ${expected[i]}`;
  for (const i of guards) if (compiled[i] !== untouched) return `number ${i} behind the room for rows: ${compiled[i]}`;
  return undefined;
}
