/** Arrows of the vectors of a plane. Pure. */
/** Pixels between arrows, and the part of them that the longest arrow has. */
export const spacing = 22;
const fullPart = 0.92;

/** Arrows along an axis at most, of a page, which is drawn in any width. */
export const arrowsMost = 64;

/** The components along both axes of a plane, one value a cell each. */
export type Vectors = readonly [across: ArrayLike<number>, upwards: ArrayLike<number>];

/** The length of the longest of some vectors; `undefined` where none is finite. */
export function longestOf(all: readonly Vectors[]): number | undefined {
  let longest = -1;
  for (const [u, v] of all) {
    for (let i = 0; i < u.length; i++) {
      const length = Math.hypot(u[i]!, v[i]!);
      if (length > longest && length < Infinity) longest = length;
    }
  }
  return longest < 0 ? undefined : longest;
}

/** What a key says where there is no arrow. */
export const withoutArrows = (label: string, longest: number | undefined): string =>
  `${label}: ${longest === undefined ? "no finite value" : "0 everywhere"}`;

/** An arrow as straight pieces, its middle at a point: x and y of both ends of each, in pixels, y downwards. */
export function arrowAt(x: number, y: number, across: number, upwards: number): number[] {
  const length = Math.hypot(across, upwards);
  const [tailX, tailY] = [x - across / 2, y + upwards / 2];
  const [tipX, tipY] = [x + across / 2, y - upwards / 2];
  const angle = Math.atan2(-upwards, across);
  const head = Math.min(6, 0.45 * length);
  const barbs = [angle + 2.6, angle - 2.6].flatMap((turned) => [
    ...[tipX, tipY],
    ...[tipX + head * Math.cos(turned), tipY + head * Math.sin(turned)],
  ]);
  return [tailX, tailY, tipX, tipY, ...barbs];
}

/** The parts of an axis with an arrow each: where its cells are equal, equally many of them. */
function partsAlong(places: ArrayLike<number>, pixels: number) {
  const n = places.length;
  const cells = Math.ceil(n / Math.max(1, Math.floor(pixels / spacing)));
  const count = Math.ceil(n / cells);
  const partOf = (cell: number) => Math.min(count - 1, Math.floor(places[cell]! * count));
  const [sums, cellsIn] = [new Float64Array(count), new Float64Array(count)];
  for (let cell = 0; cell < n; cell++) {
    sums[partOf(cell)]! += places[cell]!;
    cellsIn[partOf(cell)]! += 1;
  }
  return { count, partOf, middles: sums.map((sum, part) => sum / cellsIn[part]!) };
}

/** The centres of the cells along both axes, from 0 to 1. */
export type Places = readonly [across: ArrayLike<number>, upwards: ArrayLike<number>];

/** How many pixels arrows have to stand in. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

/** A vector that is drawn, in parts of a longest one, and the middle of its cells. */
interface Mean {
  readonly place: readonly [number, number];
  readonly vector: readonly [number, number];
}

/** The means of the finite vectors around each arrow. */
function meansOf([u, v]: Vectors, places: Places, { width, height }: Size, longest: number): readonly Mean[] {
  const [across, upwards] = [partsAlong(places[0], width), partsAlong(places[1], height)];
  const [sumsX, sumsY, counts] = [0, 1, 2].map(() => new Float64Array(across.count * upwards.count)) as [
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  const ny = places[1].length;
  for (let i = 0; i < places[0].length; i++) {
    for (let j = 0; j < ny; j++) {
      const [right, up] = [u[i * ny + j]! / longest, v[i * ny + j]! / longest];
      if (!Number.isFinite(right) || !Number.isFinite(up)) continue;
      const part = across.partOf(i) * upwards.count + upwards.partOf(j);
      sumsX[part]! += right;
      sumsY[part]! += up;
      counts[part]! += 1;
    }
  }
  return Array.from(counts).flatMap((count, part) => {
    if (count === 0) return [];
    const [px, py] = [Math.floor(part / upwards.count), part % upwards.count];
    const place = [across.middles[px]!, upwards.middles[py]!] as const;
    return [{ place, vector: [sumsX[part]! / count, sumsY[part]! / count] as const }];
  });
}

/**
 * What the longest arrow of some planes stands for, in rectangles of one size: means over cells are drawn, which are shorter
 * than the vector of one of them. `undefined` where no vector is finite.
 */
export function longestDrawn(all: readonly Vectors[], places: Places, size: Size): number | undefined {
  const most = longestOf(all);
  if (!most) return most;
  let longest = 0;
  for (const vectors of all) {
    for (const { vector } of meansOf(vectors, places, size, most)) longest = Math.max(longest, Math.hypot(...vector));
  }
  return most * longest;
}

/**
 * The arrows of a plane in a rectangle of pixels: each has the mean of the vectors around it that are finite. What is shorter
 * than half a pixel has none.
 * @param longest - what an arrow as long as their distance stands for
 */
export function arrowsIn(
  vectors: Vectors,
  places: Places,
  { x, y, width, height }: Size & { readonly x: number; readonly y: number },
  longest: number,
): number[] {
  const full = spacing * fullPart;
  return meansOf(vectors, places, { width, height }, longest).flatMap(({ place, vector }) => {
    const [right, up] = [vector[0] * full, vector[1] * full];
    if (!(Math.hypot(right, up) >= 0.5)) return [];
    return arrowAt(x + place[0] * width, y + (1 - place[1]) * height, right, up);
  });
}
