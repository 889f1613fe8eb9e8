/** Blocks of cells, as the kernels and MPI take them. */
import type { AnyField } from "./field.js";
import { aside, type Part, partsOf, runParts } from "./threads.js";

/**
 * A block of cells of a field: address of the first cell, strides of the first two axes in bytes, counts. In the kernels'
 * order of three axes, the missing ones first: see assembly/field.ts.
 */
export type Box = [ptr: number, stride0: number, stride1: number, n0: number, n1: number, n2: number];

/** Puts a value for each axis in the kernels' order of three, missing axes first. */
export function normalize(values: readonly number[], missing: number): [number, number, number] {
  const all = [...new Array<number>(3 - values.length).fill(missing), ...values];
  return all as [number, number, number];
}

/** Cells of a field from `start` on, by index in the block and counts along the grid's axes. **Local.** */
export function boxOf(field: AnyField, start: readonly number[], count: readonly number[]): Box {
  const [stride0, stride1] = field.byteStrides();
  const ptr = field.originPtr + field.elementLength * (field.index(...start) - field.index());
  const [n0, n1, n2] = normalize(count, 1);
  return [ptr, stride0, stride1, n0, n1, n2];
}

/** Layers of a field across an axis: all cells with these indices along it, halos of the other axes included. **Local.** */
export function layersOf(field: AnyField, axis: number, index: number, thickness = 1): Box {
  const { blockShape, haloWidth: h } = field.grid;
  const start = blockShape.map((_, other) => (other === axis ? index : -h));
  const count = blockShape.map((n, other) => (other === axis ? thickness : n + 2 * h));
  return boxOf(field, start, count);
}

/** Cells of a box. */
export function cellsOf([, , , n0, n1, n2]: Box): number {
  return n0 * n1 * n2;
}

/** A box of the same counts in memory of its own, without gaps. */
export function packedBox(ptr: number, [, , , n0, n1, n2]: Box, elementLength: number): Box {
  return [ptr, elementLength * n1 * n2, elementLength * n2, n0, n1, n2];
}

/** True for a box without gaps: the same as its {@link packedBox}. */
export function isPacked([, stride0, stride1, n0, n1, n2]: Box, elementLength: number): boolean {
  return (n1 === 1 || stride1 === elementLength * n2) && (n0 === 1 || stride0 === elementLength * n1 * n2);
}

/** Copies the cells of a box to another box of the same counts, by some threads. **Local.** */
export function copyAll(to: Box, from: Box, elementLength: number, threads: number): void {
  runParts("copyBox", partsOf(to, elementLength, threads).map(copyFrom(from, elementLength)));
}

/** A function that copies the cells of a box to another box of the same counts, at a side of a block. **Local.** @param like a field of
 * the same grid and type */
export function copyOf(to: Box, from: Box, like: AnyField): () => void {
  return aside("copyBox", to, like, copyFrom(from, like.elementLength));
}

/** The arguments of the kernel that copies a part of a box from the same place in another box. */
function copyFrom([fromPtr, stride0, stride1]: Box, elementLength: number): (part: Part) => readonly number[] {
  return ({ box: [toPtr, toStride0, toStride1, n0, n1, n2], offset: [i, j, k] }) => {
    const partPtr = fromPtr + i * stride0 + j * stride1 + k * elementLength;
    return [toPtr, toStride0, toStride1, partPtr, stride0, stride1, n0, n1, elementLength * n2];
  };
}
