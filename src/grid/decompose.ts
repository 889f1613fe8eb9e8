import { show, wrong } from "../argument.js";
import { axisNames } from "./axis.js";

/** First cell of block `index` of `blocks` along `cells` cells; the block ends before the first cell of the next. **Local.** */
export function blockStart(cells: number, blocks: number, index: number): number {
  return Math.floor((cells * index) / blocks);
}

/** Cells of the thinnest block. */
export function thinnest(cells: number, blocks: number): number {
  return Math.floor(cells / blocks);
}

/**
 * How many blocks to cut each axis into: of all ways whose blocks are no thinner than the halo, the one that exchanges
 * the smallest surface between blocks, in cells, that of a periodic axis with itself included where it is cut; ties go
 * to cuts of the earlier axis. **Local.**
 * @throws UsageError when there is no way
 */
export function chooseSplit(
  shape: readonly number[],
  ranks: number,
  halo: number,
  periodic: readonly boolean[] = [],
): number[] {
  const best = bestSplit(shape, ranks, halo, periodic);
  if (best) return best;
  let fewer = Math.min(ranks - 1, mostBlocks(shape, halo));
  while (!bestSplit(shape, fewer, halo)) fewer--; // It ends at 1, which no block is cut for.
  throw wrong(
    'Grid: "shape"',
    `[${shape.join(", ")}] cells to split over ${ranks} ranks into ${describeBlocks(halo)}`,
    "no such split",
    `Use ${fewer === 1 ? "1 rank" : `${fewer} ranks`} or a larger grid.`,
  );
}

/** The most blocks that a grid can be cut into. */
function mostBlocks(shape: readonly number[], halo: number): number {
  return shape.reduce((blocks, cells) => blocks * Math.max(1, thinnest(cells, Math.max(halo, 1))), 1);
}

/** The split of {@link chooseSplit}; undefined where there is none. **Local.** */
export function bestSplit(
  shape: readonly number[],
  ranks: number,
  halo: number,
  periodic: readonly boolean[] = [],
): number[] | undefined {
  if (ranks > mostBlocks(shape, halo)) return undefined; // Of large numbers it takes long to find all factors.
  let best: number[] | undefined;
  let bestSurface = Number.POSITIVE_INFINITY;
  for (const split of factorings(ranks, shape.length)) {
    if (split.some((blocks, axis) => blocks > 1 && thinnest(shape[axis]!, blocks) < Math.max(halo, 1))) continue;
    const cells = shape.reduce((product, n) => product * n, 1);
    const seams = (blocks: number, axis: number) => (blocks > 1 && periodic[axis] ? blocks : blocks - 1);
    const surface = split.reduce((sum, blocks, axis) => sum + seams(blocks, axis) * (cells / shape[axis]!), 0);
    if (surface < bestSurface) {
      best = split;
      bestSurface = surface;
    }
  }
  return best;
}

/**
 * How many blocks of one shape to put along each axis: as even as possible, more along earlier axes. **Local.**
 * @throws UsageError where blocks beside each other would be thinner than the halo, whichever way
 */
export function chooseLocalSplit(
  localShape: readonly number[],
  ranks: number,
  halo: number,
  names: readonly string[] = axisNames(),
): number[] {
  const least = Math.max(halo, 1);
  const fitting = factorings(ranks, localShape.length).filter((split) =>
    split.every((blocks, axis) => blocks === 1 || localShape[axis]! >= least),
  );
  const sumOf = (split: readonly number[]) => split.reduce((sum, blocks) => sum + blocks, 0);
  const [first, ...others] = fitting;
  if (first) return others.reduce((best, split) => (sumOf(split) < sumOf(best) ? split : best), first);
  const axis = localShape.indexOf(Math.max(...localShape));
  throw wrong(
    'Grid: "localShape"',
    describeBlocks(halo),
    `${localShape[axis]} cells along ${names[axis]}`,
    "Use 1 rank, a smaller halo or more cells.",
  );
}

function describeBlocks(halo: number): string {
  return halo > 0 ? `blocks at least as thick as the halo of ${halo}` : "blocks of at least 1 cell";
}

/** All ways to write `ranks` as a product of `axes` factors; ways with a larger first factor come first. */
function factorings(ranks: number, axes: number): number[][] {
  if (axes === 1) return [[ranks]];
  const all: number[][] = [];
  for (const first of divisors(ranks)) {
    for (const rest of factorings(ranks / first, axes - 1)) all.push([first, ...rest]);
  }
  return all;
}

/** The divisors of a number, the largest first. */
function divisors(number: number): number[] {
  const [small, large]: [number[], number[]] = [[], []];
  for (let divisor = 1; divisor * divisor <= number; divisor++) {
    if (number % divisor !== 0) continue;
    large.push(number / divisor);
    if (divisor * divisor < number) small.unshift(divisor);
  }
  return [...large, ...small];
}

/** A split that was asked for, if it fits. **Local.** @throws UsageError when it does not */
export function checkSplit(
  split: readonly number[],
  shape: readonly number[],
  ranks: number,
  halo: number,
  names: readonly string[] = axisNames(),
): number[] {
  const got = show(split);
  if (
    !Array.isArray(split) ||
    split.length !== shape.length ||
    !split.every((blocks) => Number.isInteger(blocks) && blocks >= 1)
  ) {
    throw wrong(
      'Grid: "split"',
      `${shape.length} whole numbers of blocks, one an axis`,
      got,
      "Give the blocks along each axis.",
    );
  }
  const product = split.reduce((all, blocks) => all * blocks, 1);
  if (product !== ranks) {
    throw wrong(
      'Grid: "split"',
      `a product of ${ranks}, the number of ranks`,
      `${got} (${product} blocks)`,
      `Start ${product} ranks or change the split.`,
    );
  }
  for (const [axis, blocks] of split.entries()) {
    const cells = thinnest(shape[axis]!, blocks);
    if (cells >= Math.max(halo, 1) || (blocks === 1 && cells >= 1)) continue;
    throw wrong(
      'Grid: "split"',
      describeBlocks(halo),
      `${cells} cells along ${names[axis]} (${shape[axis]} cells in ${blocks} blocks)`,
      `Use fewer blocks along ${names[axis]}.`,
    );
  }
  return [...split];
}
