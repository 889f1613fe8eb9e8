/** The Courant field on the walls of the grid. */
import { wrong } from "../../argument.js";
import type { AnyField } from "../../grid/field.js";
import type { Grid } from "../../grid/grid.js";
import { type Side, sideName, sides } from "../../grid/side.js";
import { copyEdge, layerOf } from "../../grid/wall.js";
import { core } from "../../wasm/core.js";
import { traits, type Wall, type Walls } from "./condition.js";

/** What a flow that is meant to vanish on a wall may have there from rounding. */
const negligible = 1e-12;

/** The sides of an axis with a wall of some kinds, which this block touches. */
function touched(grid: Grid, walls: Walls, axis: number, isMeant: (kind: Wall["kind"]) => boolean): Side[] {
  return sides.filter((side) => grid.atWall(axis, side) && isMeant(walls[axis]![side].kind));
}

const isRigid = (kind: Wall["kind"]) => kind === "rigid";

/**
 * Puts 0 on the faces of rigid walls and poles. **Collective.**
 * @param checks whether something else on a rigid wall is a mistake
 * @throws UsageError when something else was given on a rigid wall
 */
export function closedWalls(components: readonly AnyField[], walls: Walls, checks: boolean): void {
  if (checks && walls.some((ends) => sides.some((side) => isRigid(ends[side].kind)))) checkRigid(components, walls);
  const { grid } = components[0]!;
  for (const [axis, field] of components.entries()) {
    for (const side of touched(grid, walls, axis, (kind) => traits[kind].isClosed === true)) {
      core().fillBox(...layerOf({ field, axis, side, onFaces: true }, 0), 0, field.kernelType);
    }
  }
}

/** Refuses a flow through a rigid wall. **Collective.** */
function checkRigid(components: readonly AnyField[], walls: Walls): void {
  const { grid } = components[0]!;
  const greatest = new Float64Array(2 * components.length);
  for (const [axis, field] of components.entries()) {
    for (const side of touched(grid, walls, axis, isRigid)) {
      const place = 2 * axis + sides.indexOf(side);
      forEachCell(grid, axis, side === "low" ? 0 : grid.blockShape[axis]!, walls, 0, (face) => {
        const value = Math.abs(field.data[field.index(...face)]!);
        greatest[place] = Math.max(greatest[place]!, Number.isNaN(value) ? Number.POSITIVE_INFINITY : value);
      });
    }
  }
  const all = grid.comm.allreduce(greatest, new Float64Array(greatest.length), { op: "max" });
  const open = all.findIndex((value) => value > negligible);
  if (open >= 0) {
    const got = Number.isFinite(all[open]) ? String(all[open]) : "a value that is not finite";
    throw wrong(
      'Mpdata: "courant"',
      `0 on the rigid wall ${sideName(grid, Math.floor(open / 2), sides[open % 2]!)}`,
      got,
      "Set it to 0 there, or choose another condition.",
    );
  }
}

/**
 * Sets the faces on and beyond the open walls of the Courant field: on the wall the value that makes the edge cell free
 * of divergence, beyond it copies. Axes in order; an edge cell that touches several walls sees the faces as set so far,
 * those to come as given. Edge cells include those in the halos of other axes, but for halos that other conditions will
 * set. Needs the halos of all components, 0 beyond walls. **Local.**
 */
export function openWalls(components: readonly AnyField[], walls: Walls): void {
  const { grid } = components[0]!;
  for (const [axis, component] of components.entries()) {
    const n = grid.blockShape[axis]!;
    const open = touched(grid, walls, axis, (kind) => kind === "open");
    for (const side of open) {
      forEachCell(grid, axis, side === "low" ? 0 : n - 1, walls, grid.haloWidth, (cell) => {
        const low = component.index(...cell);
        const high = low + component.strides[axis]!;
        let outflow = 0;
        for (const [other, { data, strides }] of components.entries()) {
          if (other === axis) continue;
          // Past the far wall lies a copy of the wall face once that is set, 0 before; the array may end there.
          const beyond = cell[other]! >= grid.blockShape[other]! && grid.atWall(other, "high");
          const upper = beyond ? (other < axis ? data[low]! : 0) : data[low + strides[other]!]!;
          outflow += upper - data[low]!;
        }
        if (side === "low") component.data[low] = component.data[high]! + outflow;
        else component.data[high] = component.data[low]! - outflow;
      });
    }
    for (const side of open) {
      for (const copy of copyEdge({ field: component, axis, side, onFaces: true }, grid.haloWidth)) copy();
    }
  }
}

/**
 * Calls `visit` for the cells with index `at` along `axis`, `h` layers of the halos of other axes included, but for a
 * last layer whose upper faces are another rank's, and for what lies beyond walls that are not open.
 */
function forEachCell(
  grid: Grid,
  axis: number,
  at: number,
  walls: Walls,
  h: number,
  visit: (cell: readonly number[]) => void,
): void {
  const range = grid.blockShape.map((n, other) => {
    if (other === axis) return [at, at + 1];
    const [low, high] = sides.map((side) => (grid.atWall(other, side) ? walls[other]![side].kind : "inner"));
    return [
      low === "open" || low === "inner" ? -h : 0,
      n + (high === "open" ? h : high === "inner" ? Math.max(h - 1, 0) : 0),
    ];
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
