/** What a kernel of a stencil is made of, whatever language it is written in. */
import type { AnyField, Dtype } from "./field.js";
import type { Grid } from "./grid.js";

/** A field that a kernel names. */
export interface FieldUse {
  readonly name: string;
  /** The type that its cells have to have; any where left out, the same for all. */
  readonly dtype?: Dtype;
  /** Each offset that is read, once: one number an axis. */
  readonly reads: readonly (readonly number[])[];
  readonly isSet: boolean;
}

/** A number that a kernel names. */
export interface NumberUse {
  readonly name: string;
  readonly type: "f64" | "f32" | "i32" | "u32" | "bool";
}

/** Computes the cells of a box: the begin and the end along each axis, by index in the block. */
export type Sweep = (box: readonly number[]) => void;

/** A source, and what is known of it before the kernel is run. */
export interface KernelSource {
  /** What the source calls the kernel; a text calls it nothing. */
  readonly name?: string;
  /** All names of fields and numbers. */
  readonly names: readonly string[];
  /** Those that may be fields. */
  readonly candidates: readonly FieldUse[];
  /**
   * The code for what the kernel is run with. **Local.**
   * @param where the run in error texts
   * @throws UsageError, CompileError
   */
  codeOf(where: string, values: Readonly<Record<string, unknown>>): Code;
  /** What is computed, for people. */
  text(): string;
  /** Gives back the memory of the code. **Local.** */
  free(): void;
}

/** A kernel, compiled for the blocks of a grid. */
export interface Code {
  readonly fields: readonly FieldUse[];
  readonly numbers: readonly NumberUse[];
  /** The sweep over some fields, in the order of `fields`; `numbers` are read at each call. **Local.** */
  bind(fields: readonly AnyField[], numbers: readonly number[]): Sweep;
}

/** How far apart neighbours of a field are along each axis, in elements. */
export function stridesOf({ blockShape, haloWidth }: Grid): readonly number[] {
  return rowMajor(blockShape.map((n) => n + 2 * haloWidth));
}

/** How far apart neighbours along each axis are in an array in C order, in elements. */
export function rowMajor(shape: readonly number[]): readonly number[] {
  return shape.map((_, axis) => shape.slice(axis + 1).reduce((product, n) => product * n, 1));
}

/** How far a field is read along an axis. */
export function reachOf({ reads }: FieldUse, axis: number): number {
  return Math.max(0, ...reads.map((offset) => Math.abs(offset[axis]!)));
}

/** How far a field is read along any axis. */
export function radiusOf(field: FieldUse): number {
  return Math.max(0, ...field.reads.flat().map(Math.abs));
}

/** The cells of a block whose neighbours up to `reach` along each axis are of the block; `undefined` where there are none. */
export function interiorOf(blockShape: readonly number[], reach: readonly number[]): readonly number[] | undefined {
  const isThin = blockShape.some((n, axis) => n <= 2 * reach[axis]!);
  return isThin ? undefined : blockShape.flatMap((n, axis) => [reach[axis]!, n - reach[axis]!]);
}

/**
 * Boxes that together are the cells of a block around its interior, each cell once:
 *
 *     +-------------+
 *     |      0      |      axis 0 downwards: its layers are whole
 *     +---+-----+---+
 *     | 2 |     | 3 |
 *     +---+-----+---+
 *     |      1      |
 *     +-------------+
 */
export function shellOf(blockShape: readonly number[], interior: readonly number[]): readonly (readonly number[])[] {
  const whole = blockShape.flatMap((n) => [0, n]);
  const boxes = blockShape.flatMap((n, axis) => {
    const around = [...interior.slice(0, 2 * axis), ...whole.slice(2 * axis)];
    const slab = (begin: number, end: number) => around.with(2 * axis, begin).with(2 * axis + 1, end);
    return [slab(0, interior[2 * axis]!), slab(interior[2 * axis + 1]!, n)];
  });
  return boxes.filter((box) => blockShape.every((_, axis) => box[2 * axis]! < box[2 * axis + 1]!));
}
