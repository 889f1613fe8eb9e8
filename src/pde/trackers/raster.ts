/** Fields as pictures have them: of at most so many cells an axis, of three axes the middle plane. */
import type { GridAxis } from "../../grid/axis.js";
import type { AnyField } from "../../grid/field.js";

/** Cells along an axis that pictures have at most; more are averaged. */
const most = 1024;

/** The part of a picture that a cell belongs to. */
const partOf = (cell: number, cells: number, parts: number) => Math.floor((cell * parts) / cells);

/** A field for a picture. */
export interface Raster {
  readonly shape: readonly number[];
  /** In C order; NaN where all cells are closed. */
  readonly values: Float64Array;
  /** The centres along each axis. */
  readonly coordinates: readonly Float64Array[];
  /** The faces along each axis whose cells differ in size. */
  readonly faces: readonly (Float64Array | undefined)[];
}

/** The faces of the cells of a picture along an axis, where these differ in size. */
export function facesFor({ faces, cells }: GridAxis): Float64Array | undefined {
  const parts = Math.min(cells, most);
  return faces && Float64Array.from({ length: parts + 1 }, (_, part) => faces[Math.ceil((part * cells) / parts)]!);
}

/** Means of equally many consecutive values, up to one, so that there are at most 1024; those that are NaN do not count. */
export function averaged(values: ArrayLike<number>): Float64Array {
  const parts = Math.min(values.length, most);
  const [sums, counts] = [new Float64Array(parts), new Float64Array(parts)];
  for (let i = 0; i < values.length; i++) {
    if (Number.isNaN(values[i])) continue;
    const part = partOf(i, values.length, parts);
    sums[part] = sums[part]! + values[i]!;
    counts[part] = counts[part]! + 1;
  }
  return sums.map((sum, part) => sum / counts[part]!);
}

/** What a block has of a picture: sums over open cells in a box of its parts. */
interface Share {
  readonly first: readonly number[];
  readonly size: readonly number[];
  readonly sums: Float64Array;
  readonly counts: Float64Array;
}

/** A field for a picture, on rank 0. **Collective.** @param open not 0 in open cells, where there is a mask */
export function rasterOf(field: AnyField, open: AnyField | undefined): Raster | undefined {
  const { grid } = field;
  const shape = grid.shape.slice(0, 2).map((cells) => Math.min(cells, most));
  const shares = grid.comm.gatherObject(shareOf(field, open, shape));
  if (!shares) return undefined;
  const cells = shape.reduce((product, n) => product * n, 1);
  const [sums, counts] = [new Float64Array(cells), new Float64Array(cells)];
  for (const share of shares) {
    const [, width = 1] = share.size;
    for (let place = 0; place < share.sums.length; place++) {
      const [i, j] = [Math.floor(place / width), place % width];
      const target = (share.first[0]! + i) * (shape[1] ?? 1) + (share.first[1] ?? 0) + j;
      sums[target] = sums[target]! + share.sums[place]!;
      counts[target] = counts[target]! + share.counts[place]!;
    }
  }
  return {
    shape,
    values: sums.map((sum, place) => sum / counts[place]!),
    coordinates: shape.map((_, axis) => averaged(grid.coordinates(axis))),
    faces: shape.map((_, axis) => facesFor(grid.axes[axis]!)),
  };
}

/** The share of this block. **Local.** */
function shareOf(field: AnyField, open: AnyField | undefined, parts: readonly number[]): Share {
  const { shape, start, blockShape } = field.grid;
  const part = (axis: number, local: number) => partOf(start[axis]! + local, shape[axis]!, parts[axis]!);
  const first = parts.map((_, axis) => part(axis, 0));
  const size = parts.map((_, axis) => part(axis, blockShape[axis]! - 1) + 1 - first[axis]!);
  const length = size.reduce((product, n) => product * n, 1);
  const [sums, counts] = [new Float64Array(length), new Float64Array(length)];
  const [nx, ny = 1] = blockShape as [number, number?];
  // The plane that pictures of three axes show.
  const plane = shape.length < 3 ? [] : [Math.floor(shape[2]! / 2) - start[2]!];
  const isHere = plane.every((k) => k >= 0 && k < blockShape[2]!);
  for (let i = 0; isHere && i < nx; i++) {
    for (let j = 0; j < ny; j++) {
      const cell = [i, ...(shape.length > 1 ? [j] : []), ...plane];
      if (open && open.data[open.index(...cell)] === 0) continue;
      const row = (part(0, i) - first[0]!) * (size[1] ?? 1);
      const place = row + (shape.length > 1 ? part(1, j) - first[1]! : 0);
      sums[place] = sums[place]! + field.data[field.index(...cell)]!;
      counts[place] = counts[place]! + 1;
    }
  }
  return { first, size, sums, counts };
}
