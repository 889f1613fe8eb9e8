/** What `wasm-mpi bench halo` times: exchanges of `Grid.halo`. bench/halo.c does the same. */
import { availableParallelism } from "node:os";
import type { Field } from "../../grid/field.js";
import { Grid } from "../../grid/grid.js";
import type { Comm } from "../../mpi/index.js";
import { type Exchange, type Load, timeRepeats, warmingRepeats } from "./messages.js";

const halo = 2;

/**
 * The exchanges of so many ranks by name: `x`, `y` and `z` of both ends of that axis of a block on 3 axes, and `1` to `6`
 * of so many sides of a block on 1 to 3 axes. An odd number has an axis that does not wrap, with a block at each end of it,
 * and is left out where the ranks are not even.
 */
function exchangesOf(ranks: number): (readonly [name: string, exchange: Exchange])[] {
  const axes = [0, 1, 2];
  const along = axes.map((axis) => {
    const split = axes.map((each) => (each === axis ? ranks : 1));
    return ["xyz"[axis]!, { periodic: axes.map((each) => each === axis), split }] as const;
  });
  const counted = [1, 2, 3, 4, 5, 6].flatMap((sides) => {
    const split = splitOf(sides, ranks);
    if (!split) return [];
    return [[String(sides), { periodic: split.map((_, axis) => axis < Math.floor(sides / 2)), split }] as const];
  });
  return [...along, ...counted];
}

/** Two blocks along the axis that does not wrap, then along the others from x on while that works; the rest along x. */
function splitOf(sides: number, ranks: number): number[] | undefined {
  const split = new Array<number>(Math.ceil(sides / 2)).fill(1);
  const isWalled = sides % 2 === 1;
  const walled = split.length - 1;
  let rest = ranks;
  const order = isWalled ? [walled, ...split.keys()].slice(0, -1) : [...split.keys()];
  for (const axis of order) {
    if (rest % 2 === 0) {
      split[axis] = 2;
      rest /= 2;
    } else if (isWalled && axis === walled) return undefined;
  }
  if (isWalled && walled === 0) return rest === 1 ? split : undefined;
  split[0] = split[0]! * rest;
  return split;
}

/** Bytes of the halo cells that an exchange sets on a block between neighbours, those of copies within the rank as well. */
function byteLengthOf({ periodic, split }: Exchange, cells: number): number {
  const isOpen = (axis: number) => periodic[axis]! || split[axis]! > 1;
  return split.reduce((sum, _, axis) => {
    if (!isOpen(axis)) return sum;
    const across = split.reduce((product, __, other) => {
      if (other === axis) return product;
      // As `Halo` has it: layers reach into the halo of earlier axes, and beyond walls.
      const wall = periodic[other] ? 0 : split[other]! > 1 ? 1 : 2;
      const ends = other < axis || axis === 0 ? 2 : wall;
      return product * (cells + ends * halo);
    }, 1);
    return sum + (periodic[axis] ? 2 : 1) * 8 * halo * across;
  }, 0);
}

/** All exchanges of blocks of these sizes. */
export function haloLoads(sizes: readonly number[], ranks: number): Load[] {
  return sizes.flatMap((cells) =>
    exchangesOf(ranks).map(([name, exchange]) => {
      const { periodic, split } = exchange;
      const bytes = byteLengthOf(exchange, cells);
      // Rough times, for a millisecond: measured ones would differ from job to job.
      const waiting = ranks > availableParallelism() ? 1e-3 * ranks : 0;
      const count = Math.max(4, Math.round(1e-3 / (2e-6 * split.length + bytes / 2e9 + waiting)));
      const flags = [0, 1, 2].map((axis) => Number(periodic[axis] ?? false)).join(",");
      const blocks = [0, 1, 2].map((axis) => split[axis] ?? 1).join(",");
      const words = [split.length, flags, blocks].map(String);
      return { name, size: cells, count, words, bytes, exchange };
    }),
  );
}

/** Times exchanges: the seconds of each repeat for one. **Collective.** The times are those of this rank. */
export function measureHalo(comm: Comm, { size: cells, count, exchange }: Load): number[] {
  const { periodic, split } = exchange!;
  const shape = split.map((blocks) => blocks * cells);
  const [, n1 = 1, n2 = 1] = shape;
  const grid = new Grid(comm, { shape, periodic, split, halo, threads: 1 });
  // The number of the cell in the whole grid.
  const field = grid.field((x, y, z) => (Math.floor(x) * n1 + Math.floor(y)) * n2 + Math.floor(z));
  const edges = grid.halo([field]);
  const exchangeAll = () => {
    for (let i = 0; i < count; i++) edges.exchange();
  };
  const seconds = timeRepeats(comm, count, exchangeAll, warmingRepeats);
  expectNeighbours(field);
  edges.free();
  field.free();
  grid.free();
  return seconds;
}

/** @throws Error where a halo cell, in corners as well, has another value than its number in the whole grid */
export function expectNeighbours({ grid, data, strides }: Field): void {
  const { shape, periodic, start, haloWidth } = grid;
  for (let index = 0; index < data.length; index++) {
    let [rest, number, isBeyond] = [index, 0, false];
    for (const [axis, n] of shape.entries()) {
      const along = Math.floor(rest / strides[axis]!);
      rest -= along * strides[axis]!;
      const cell = start[axis]! + along - haloWidth;
      isBeyond ||= !periodic[axis] && (cell < 0 || cell >= n);
      number = number * n + ((cell + n) % n);
    }
    if (isBeyond || data[index] === number) continue;
    throw new Error(`bench: expected ${number} in a halo cell, got ${data[index]}. Do not trust these times.`);
  }
}
