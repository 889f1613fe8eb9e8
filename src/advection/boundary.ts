import { type Box, type Field, normalize } from "../grid/field.js";
import type { Grid } from "../grid/grid.js";
import { core } from "../wasm/kernels.js";

type Side = "low" | "high";

/** A layer of a field across an axis: all cells with this index along it, halos of the other axes included. */
export function layer(field: Field, axis: number, index: number, thickness = 1): Box {
  const { grid } = field;
  const h = grid.haloWidth;
  const start = grid.blockShape.map((_, other) => (other === axis ? index : -h));
  const count = grid.blockShape.map((n, other) => (other === axis ? thickness : n + 2 * h));
  const [stride0, stride1] = field.byteStrides();
  const [n0, n1, n2] = normalize(count, 1);
  return [
    field.originPtr + field.elementLength * (field.index(...start) - field.index()),
    stride0,
    stride1,
    n0,
    n1,
    n2,
  ];
}

function copyLayer(field: Field, axis: number, to: number, from: number): void {
  const [toPtr, stride0, stride1, n0, n1, n2] = layer(field, axis, to);
  const [fromPtr] = layer(field, axis, from);
  core().copyBox(toPtr, stride0, stride1, fromPtr, stride0, stride1, n0, n1, field.elementLength * n2);
}

/** The walls of the grid that this block touches along an axis. */
function walls(grid: Grid, axis: number): Side[] {
  return (["low", "high"] as const).filter((side) => grid.atWall(axis, side));
}

/** Halo cells of a scalar (psi, G) beyond open walls of an axis: the value of the edge cell. */
export function fillScalar(field: Field, axis: number): void {
  const { grid } = field;
  const n = grid.blockShape[axis]!;
  for (const side of walls(grid, axis)) {
    for (let k = 1; k <= grid.haloWidth; k++) {
      if (side === "low") copyLayer(field, axis, -k, 0);
      else copyLayer(field, axis, n - 1 + k, n - 1);
    }
  }
}

/**
 * Halo faces of a velocity component beyond open walls of an axis: along its own axis copies of the wall face (0 or
 * n), in halo cells of another axis 0.
 */
export function fillVelocity(field: Field, component: number, axis: number): void {
  const { grid } = field;
  const h = grid.haloWidth;
  const n = grid.blockShape[axis]!;
  for (const side of walls(grid, axis)) {
    if (component !== axis) core().fillBox(...layer(field, axis, side === "low" ? -h : n, h), 0, field.kernelType);
    else if (side === "low") for (let k = 1; k <= h; k++) copyLayer(field, axis, -k, 0);
    else for (let k = 1; k < h; k++) copyLayer(field, axis, n + k, n);
  }
}

/**
 * Sets the faces on and beyond the open walls of the Courant field: on the wall the value that makes the edge cell free
 * of divergence, beyond it copies. Axes in order; an edge cell that touches several walls sees the faces as set so far,
 * those to come as given. Edge cells include those in the halos of other axes. Needs the halos of all components, 0
 * beyond walls.
 */
export function openWalls(components: readonly Field[]): void {
  const { grid } = components[0]!;
  for (const [axis, own] of components.entries()) {
    const n = grid.blockShape[axis]!;
    for (const side of walls(grid, axis)) {
      forEachEdgeCell(grid, axis, side === "low" ? 0 : n - 1, (cell) => {
        const low = own.index(...cell);
        const high = low + own.strides[axis]!;
        let outflow = 0;
        for (const [other, { data, strides }] of components.entries()) {
          if (other === axis) continue;
          // Past the far wall lies a copy of the wall face once that is set, 0 before; the array may end there.
          const beyond = cell[other]! >= grid.blockShape[other]! && grid.atWall(other, "high");
          const upper = beyond ? (other < axis ? data[low]! : 0) : data[low + strides[other]!]!;
          outflow += upper - data[low]!;
        }
        if (side === "low") own.data[low] = own.data[high]! + outflow;
        else own.data[high] = own.data[low]! - outflow;
      });
    }
    fillVelocity(own, axis, axis);
  }
}

/**
 * Calls `visit` for the cells with index `at` along `axis`, halos of other axes included, but for a last layer whose
 * upper faces are another rank's.
 */
function forEachEdgeCell(grid: Grid, axis: number, at: number, visit: (cell: readonly number[]) => void): void {
  const h = grid.haloWidth;
  const range = grid.blockShape.map((n, other) => {
    return other === axis ? [at, at + 1] : [-h, grid.atWall(other, "high") ? n + h : n + h - 1];
  });
  const cell = range.map(([first]) => first!);
  const walk = (other: number): void => {
    if (other === cell.length) {
      visit(cell);
      return;
    }
    const [first, end] = range[other]!;
    for (let index = first!; index < end!; index++) {
      cell[other] = index;
      walk(other + 1);
    }
  };
  walk(0);
}
