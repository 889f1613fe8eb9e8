/** What lies beyond the ends of the axes, one cell or face at a time, the last axis outermost. */
import { type Cell, facesOf, placeOf, type Velocity } from "./mpdata.js";

/** The condition at an end of an axis; `given`: the flow on the wall as it is, and the same beyond. */
export type End =
  | { readonly kind: "periodic" | "open" | "rigid" | "given" }
  | { readonly kind: "constant"; readonly value: number }
  | { readonly kind: "extrapolated"; readonly threshold: number }
  | { readonly kind: "polar"; readonly longitude: number };

/** Both ends of each axis. */
export type Ends = readonly (readonly End[])[];

/** The cell half-way round. */
function turned(shape: readonly number[], cell: Cell, longitude: number): Cell {
  return cell.with(longitude, cell[longitude]! + shape[longitude]! / 2);
}

/** The value of a scalar in a cell. */
export function beyondCell(shape: readonly number[], ends: Ends, values: Float64Array, cell: Cell): number {
  const axis = cell.findLastIndex((index, one) => index < 0 || index >= shape[one]!);
  if (axis < 0) return values[placeOf(shape, cell)]!;
  const [index, n] = [cell[axis]!, shape[axis]!];
  const isLow = index < 0;
  const end = ends[axis]![isLow ? 0 : 1]!;
  /** The value k cells inwards of the edge cell. */
  const inwards = (k: number) => beyondCell(shape, ends, values, cell.with(axis, isLow ? k : n - 1 - k));
  const h = isLow ? -index : index - n + 1;
  switch (end.kind) {
    case "periodic":
      return beyondCell(shape, ends, values, cell.with(axis, (index + n) % n));
    case "constant":
      return end.value;
    case "rigid":
      return inwards(h - 1);
    case "polar":
      return beyondCell(shape, ends, values, turned(shape, cell, end.longitude).with(axis, isLow ? h - 1 : n - h));
    case "extrapolated": {
      const [d0, d1] = [inwards(1) - inwards(0), inwards(2) - inwards(1)];
      const r = Math.abs(d1) <= end.threshold ? 0 : d0 / d1;
      return Math.max(inwards(1 - h) - r * (inwards(2 - h) - inwards(1 - h)), 0);
    }
    default:
      return inwards(0);
  }
}

/** The velocity along an axis on a face. */
export function beyondFace(
  shape: readonly number[],
  ends: Ends,
  velocity: Velocity,
  axis: number,
  face: Cell,
  beyondOpen: readonly number[] = [],
): number {
  const isBeyond = (index: number, one: number) =>
    index < 0 || index > shape[one]! || (index === shape[one]! && (one !== axis || ends[one]![1]!.kind === "periodic"));
  const other = face.findLastIndex((index, one) => isBeyond(index, one) && !beyondOpen.includes(one));
  if (other < 0) {
    if (beyondOpen.length > 0) return velocity.corners.get(`${axis}: ${face}`) ?? 0;
    return velocity.faces[axis]![placeOf(facesOf(shape, axis), face)]!;
  }
  const [index, n] = [face[other]!, shape[other]!];
  const isLow = index < 0;
  const end = ends[other]![isLow ? 0 : 1]!;
  const at = (there: Cell, open = beyondOpen) => beyondFace(shape, ends, velocity, axis, there, open);
  if (end.kind === "periodic") return at(face.with(other, (index + n) % n));
  if (other === axis) {
    const wall = isLow ? 0 : n;
    if (end.kind === "rigid") return -at(face.with(other, 2 * wall - index));
    if (end.kind === "polar") return -at(turned(shape, face, end.longitude).with(other, 2 * wall - index));
    return at(face.with(other, wall));
  }
  const mirror = isLow ? -1 - index : 2 * n - 1 - index;
  if (end.kind === "rigid") return at(face.with(other, mirror));
  if (end.kind === "polar") return at(turned(shape, face, end.longitude).with(other, mirror));
  if (end.kind === "open") return at(face, [...beyondOpen, other]);
  return at(face.with(other, isLow ? 0 : n - 1));
}
