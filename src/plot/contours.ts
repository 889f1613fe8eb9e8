/** Lines along which the values of a plane are equal, by marching squares. Pure. */

import type { Ticks } from "./scale.js";

/** The levels of contours: about so many round values, or these. */
export type Levels = number | readonly number[];

/** Round values strictly between two ends, as near to so many as there are. @param ticksOf - at most so many of them */
export function roundLevels(count: number, low: number, high: number, ticksOf: (count: number) => Ticks): Ticks {
  let best: Ticks = { values: [], format: String };
  const distance = (levels: number) => Math.abs(Math.log(levels / count));
  // Steps are at most 2.5 times as long as the next shorter ones.
  for (let most = count; most <= Math.ceil(2.5 * count); most++) {
    const { values, format } = ticksOf(most);
    const inside = values.filter((level) => level > low && level < high);
    if (distance(inside.length) < distance(best.values.length)) best = { values: inside, format };
  }
  return best;
}

/** What an axis is cut into where it has more cells: lines as fine as pixels are not seen. */
export const mostParts = 512;

/** Whether lines of equal values can run between the centres of the cells of a plane. */
export function hasContours(shape: readonly number[]): boolean {
  return shape[0]! > 1 && shape[1]! > 1;
}

/** What is said of a plane without a contour. */
export function withoutContours(shape: readonly number[]): string {
  return `contours: none, as ${hasContours(shape) ? "no level lies between the values" : "an axis has one cell"}`;
}

/**
 * What a level is lowered to, so that values which equal it but for the rounding of a few operations are not below it: else the
 * noise of a flat background would be drawn. @param values - of the plane, not their logarithms, even where levels are these
 */
export function lowered(values: ArrayLike<number>, log = false): (level: number) => number {
  let largest = 0;
  let isSingle = true;
  for (let i = 0; i < values.length; i++) {
    const size = Math.abs(values[i]!);
    if (!(size < Infinity)) continue;
    if (size > largest) largest = size;
    isSingle &&= Math.fround(size) === size;
  }
  const rounding = 32 * (isSingle ? 2 ** -23 : Number.EPSILON);
  return (level) => level - rounding * (log ? Math.LOG10E : Math.abs(level || largest));
}

/**
 * The straight pieces of a contour: x and y of both ends of each, in the units of the centres. It ends where a value is not
 * finite, and at the outermost centres, beyond which nothing is known.
 *
 *     d --- c      squares have the centres of four cells as corners; an edge is crossed where one of
 *     |     |      its ends is below the level and the other is not, and a value in between is linear
 *     a --- b
 */
export function contourOf(
  values: ArrayLike<number>,
  [xs, ys]: readonly [ArrayLike<number>, ArrayLike<number>],
  level: number,
): number[] {
  const [nx, ny] = [xs.length, ys.length];
  const pieces: number[] = [];
  for (let i = 0; i < nx - 1; i++) {
    for (let j = 0; j < ny - 1; j++) {
      const [a, b] = [values[i * ny + j]!, values[(i + 1) * ny + j]!];
      const [d, c] = [values[i * ny + j + 1]!, values[(i + 1) * ny + j + 1]!];
      const count = Number(a >= level) + Number(b >= level) + Number(c >= level) + Number(d >= level);
      if (count === 0 || count === 4 || ![a, b, c, d].every(Number.isFinite)) continue;
      const corners = [
        [xs[i]!, ys[j]!, a],
        [xs[i + 1]!, ys[j]!, b],
        [xs[i + 1]!, ys[j + 1]!, c],
        [xs[i]!, ys[j + 1]!, d],
      ] as const;
      const crossed = corners.flatMap((from, edge) => {
        const to = corners[(edge + 1) % 4]!;
        if (from[2] >= level === to[2] >= level) return [];
        // Halves, because the difference of two finite numbers can overflow.
        const share = (level / 2 - from[2] / 2) / (to[2] / 2 - from[2] / 2);
        return [[from[0] + share * (to[0] - from[0]), from[1] + share * (to[1] - from[1])] as const];
      });
      // Where all four edges are crossed, the mean tells which corners hang together: a and c, or b and d.
      const isJoined = a / 4 + b / 4 + c / 4 + d / 4 >= level === a >= level;
      const order = crossed.length === 2 ? [0, 1] : isJoined ? [0, 1, 2, 3] : [3, 0, 1, 2];
      for (const at of order) pieces.push(...crossed[at]!);
    }
  }
  return pieces;
}
