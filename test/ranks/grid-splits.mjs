/** All ways to cut a grid into blocks, for the rank programs of the grid and of what stands on it. */

/** Every split of `shape` into `ranks` blocks that are at least `least` cells thick where an axis is cut. */
export function splitsOf(shape, ranks, least) {
  if (shape.length === 0) return ranks === 1 ? [[]] : [];
  const [cells, ...others] = shape;
  const all = [];
  for (let blocks = 1; blocks <= ranks; blocks++) {
    if (ranks % blocks !== 0 || (blocks > 1 && Math.floor(cells / blocks) < least)) continue;
    for (const rest of splitsOf(others, ranks / blocks, least)) all.push([blocks, ...rest]);
  }
  return all;
}

/** Every list of `axes` booleans. */
export function switches(axes) {
  return Array.from({ length: 2 ** axes }, (_, number) =>
    Array.from({ length: axes }, (_, axis) => ((number >> axis) & 1) === 1),
  );
}

/** Calls `visit` with the indices of every cell from `low` to below `high`, in C order. */
export function forEachCell(low, high, visit) {
  const cell = [...low];
  const walk = (axis) => {
    if (axis === low.length) return visit(cell);
    for (cell[axis] = low[axis]; cell[axis] < high[axis]; cell[axis]++) walk(axis + 1);
  };
  walk(0);
}

export const product = (values) => values.reduce((all, value) => all * value, 1);

/** The values as 64-bit integers, which tell -0 from 0 and compare NaN. */
export const bitsOf = (values) => new BigUint64Array(Float64Array.from(values).buffer);

/** Numbers from 0 to below 1 in a sequence that the seed determines (Mulberry32). */
export function randomOf(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let x = Math.imul(state ^ (state >>> 15), 1 | state);
    x = (x + Math.imul(x ^ (x >>> 7), 61 | x)) ^ x;
    return ((x ^ (x >>> 14)) >>> 0) / 2 ** 32;
  };
}
