import { type Box, type Field, normalize } from "../../grid/field.js";
import type { Walls } from "./condition.js";

/** A field whose halo is to be set beyond walls. */
export interface Rim {
  readonly field: Field;
  readonly walls: Walls;
  /** The axis of a velocity component; none for a scalar. */
  readonly component?: number;
  /** Of the Courant field: leave what `openWalls` has set beyond open walls of other axes. */
  readonly keepsOpen?: boolean;
}

/** A box of cells of a field, by its first cell and counts along the grid's axes. */
export function boxOf(field: Field, start: readonly number[], count: readonly number[]): Box {
  const [stride0, stride1] = field.byteStrides();
  const ptr = field.originPtr + field.elementLength * (field.index(...start) - field.index());
  const [n0, n1, n2] = normalize(count, 1);
  return [ptr, stride0, stride1, n0, n1, n2];
}

/** Layers of a field across an axis: all cells with these indices along it, halos of the other axes included. */
export function layer(field: Field, axis: number, index: number, thickness = 1): Box {
  const { blockShape, haloWidth: h } = field.grid;
  const start = blockShape.map((_, other) => (other === axis ? index : -h));
  const count = blockShape.map((n, other) => (other === axis ? thickness : n + 2 * h));
  return boxOf(field, start, count);
}
