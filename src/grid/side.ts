/** The sides of a grid, and what an option says of each of them. */
import { isTable, nearest, show, wrong } from "../argument.js";
import { blockStart } from "./decompose.js";
import type { Grid } from "./grid.js";

/** An end of an axis. */
export type Side = "low" | "high";
export const sides = ["low", "high"] as const;

/** Something for each side of a grid, by axis. */
export type Sides<T> = readonly Readonly<Record<Side, T>>[];

/**
 * How conditions are given: one alone for all sides that are not periodic, or by name: `*` for the same, an axis (`x`),
 * a side (`x-`, `x+`); the more special name wins. The centre of a radius, r = 0, is no side: `r-` alone names it.
 */
export type BySide<C> = C | Readonly<Record<string, C>>;

/** How the conditions of an option read. */
export interface SideParser<T> {
  /** The keys of a condition that is an object: what tells `{ constant: 0 }` from `{ x: ... }`. */
  readonly keys: readonly string[];
  /**
   * Checks a condition of an axis.
   * @param at the axis or side by name, for error texts
   * @throws UsageError
   */
  readonly parse: (condition: unknown, axis: number, at: string) => T;
}

/** The side by its name in the options: `y-`. */
export function sideName({ axes }: Grid, axis: number, side: Side): string {
  return `${axes[axis]!.name}${side === "low" ? "-" : "+"}`;
}

/** True for what is the name of a side or of an axis, be it of a grid with more axes. */
export function isSideName({ system }: Grid, key: string): boolean {
  return (system === "cartesian" ? /^[xyz][-+]?$/ : /^[rxyz][-+]?$/).test(key);
}

/**
 * What an option says of each side; `undefined` where it says nothing. **Local.**
 * @param where the option in error texts: `Mpdata: "boundary"`
 * @throws UsageError for an unknown side, with the nearest known name
 */
export function parseSides<T>(
  where: string,
  value: unknown,
  grid: Grid,
  { keys, parse }: SideParser<T>,
): Sides<T | undefined> {
  const parsed = grid.shape.map((): Partial<Record<Side, T>> => ({}));
  const outer = (axis: number): readonly Side[] => (grid.axes[axis]!.hasCentre ? ["high"] : sides);
  const set = (condition: unknown, axis: number, at: string, ends = outer(axis)): void => {
    const result = parse(condition, axis, at);
    for (const side of ends) parsed[axis]![side] = result;
  };
  const setAll = (condition: unknown): void => {
    const axes = [...grid.shape.keys()];
    const open = axes.filter((axis) => !grid.periodic[axis]);
    // Where all axes are periodic there is no side for it: refused as if given for an axis.
    for (const axis of open.length > 0 ? open : axes) set(condition, axis, grid.axes[axis]!.name);
  };
  if (!namesSides(value, keys)) {
    if (value !== undefined) setAll(value);
    return parsed as unknown as Sides<T | undefined>;
  }
  const table = Object.entries(value).map(([key, condition]) => ({
    key,
    condition,
    ...placeOf(where, key, grid, keys),
  }));
  // The more special after the more general, so that it wins.
  for (const { key, condition, axis, ends } of table.sort((a, b) => a.rank - b.rank)) {
    if (axis === undefined) setAll(condition);
    else set(condition, axis, key, ends);
  }
  return parsed as unknown as Sides<T | undefined>;
}

/** True for an object that names sides or what else has conditions, not for a condition, which has one of its keys. */
export function namesSides(value: unknown, keys: readonly string[]): value is Readonly<Record<string, unknown>> {
  return isTable(value) && !Object.keys(value).some((key) => keys.includes(key));
}

/** What a key names: all sides where there is no axis, both ends of an axis, or one; and how special that is. */
function placeOf(
  where: string,
  key: string,
  grid: Grid,
  keys: readonly string[],
): { readonly rank: number; readonly axis?: number; readonly ends?: readonly Side[] } {
  if (key === "*") return { rank: 0 };
  const isSide = isSideName(grid, key);
  const axis = isSide ? grid.axes.findIndex(({ name }) => name === key[0]) : -1;
  if (axis >= 0) {
    const end = sides.find((side) => key === sideName(grid, axis, side));
    return { rank: key.length, axis, ...(end ? { ends: [end] } : {}) };
  }
  const names = ["*", ...namesOfSides(grid)];
  // An axis that the grid does not have is not a slip of the pen.
  const near = isSide ? undefined : nearest(key, [...names, ...keys]);
  const todo = near ? `Did you mean ${near}?` : "Name a side.";
  throw wrong(where, `sides among ${names.join(", ")}`, show(key), todo);
}

/** The names of all axes and sides: `x`, `x-`, `x+` ... */
export function namesOfSides({ axes }: Grid): string[] {
  return axes.flatMap(({ name }) => [name, `${name}-`, `${name}+`]);
}

/** What a condition asks of the blocks at its wall. */
export interface Depth {
  /** Cells that it reads or mirrors. */
  readonly cells: number;
  /** The condition by name, for error texts. */
  readonly kind: string;
}

/**
 * Refuses blocks at a wall that are too thin for its condition. The same on every rank: it looks at all blocks. **Local.**
 * @throws UsageError
 */
export function checkBlocks(where: string, grid: Grid, depthAt: (axis: number, side: Side) => Depth): void {
  for (const [axis, n] of grid.shape.entries()) {
    const blocks = grid.split[axis]!;
    for (const side of sides) {
      const { cells: needed, kind } = depthAt(axis, side);
      const cells = side === "low" ? blockStart(n, blocks, 1) : n - blockStart(n, blocks, blocks - 1);
      if (cells >= needed) continue;
      throw wrong(
        where,
        `at least ${needed} cells in the blocks at the ${kind} wall ${sideName(grid, axis, side)}`,
        cells,
        `Use fewer blocks or more cells along ${grid.axes[axis]!.name}.`,
      );
    }
  }
}
