/** Frames of a file as a page, which a browser shows without anything else. */
import { wrong } from "../../argument.js";
import { arrowsMost, type Vectors } from "../../plot/arrows.js";
import { titleAlong } from "../../plot/axes.js";
import { coarseOf, edgesFor, partsOf } from "../../plot/coarse.js";
import { diverging } from "../../plot/colours.js";
import { write } from "../../plot/index.js";
import { type Contents, encoded } from "../../plot/page/contents.js";
import { pageOf } from "../../plot/page/document.js";
import { type Range, rangeOf } from "../../plot/scale.js";
import type { OptionsOf } from "../options/index.js";
import { usualRate } from "./movie.js";
import { foundIn, joined, steadyScaleOf } from "./scale.js";
import type { Scene } from "./scene.js";
import { facesAlong, type Section } from "./section.js";

type Options = OptionsOf<"view">;

/** Values along an axis at most. */
const most = 1024;

/** A page of more bytes is slow to open, and too large to send. */
const mostBytes = 128e6;
/** Up to here, values of f64 are kept in full. */
const fullBytes = 16e6;

/** What f32 has place for, with all of its digits. */
const [leastFloat, mostFloat] = [1e-30, 3e38];

/** @throws UsageError for more than a page has place for */
export function checkPage(scene: Scene, frames: readonly number[]): void {
  scene.checkRoom(1);
  const values = partsOf(scene.plane.shape, most).reduce((product, n) => product * n, frames.length);
  if (base64(values, "f32") <= mostBytes) return;
  const got = `${frames.length} of ${Math.ceil(base64(values, "f32") / 1e6)} MB`;
  throw wrong(
    '"--frames"',
    `frames for a page of at most ${mostBytes / 1e6} MB`,
    got,
    "Choose fewer --frames, or draw a --movie.",
  );
}

const base64 = (values: number, dtype: Contents["dtype"]) => ((values * (dtype === "f32" ? 4 : 8)) / 3) * 4;

/** Writes frames into a page. @throws FileError, UsageError */
export async function drawPage(path: string, scene: Scene, frames: readonly number[], options: Options): Promise<void> {
  await write(path, Buffer.from(pageOf(contentsOf(scene, frames, options))));
}

/** What a page of frames has in it. @throws FileError, UsageError */
export function contentsOf(scene: Scene, frames: readonly number[], options: Options): Contents {
  const { plane } = scene;
  const shape = partsOf(plane.shape, most);
  const inParts = (values: ArrayLike<number>, parts = shape) => coarseOf(values, plane.shape, parts);
  const shots = frames.map((frame) => {
    const all = scene.panelsOf(frame);
    const panels = all.map(({ values }) => inParts(values));
    const vectors = all[0]!.vectors?.map((values) => inParts(values, partsOf(plane.shape, arrowsMost)));
    return { title: all[0]!.title, panels, vectors: vectors as Vectors | undefined };
  });
  const fields = shots.flatMap(({ panels }) => panels);
  let [found, above]: [Range, Range] = [undefined, undefined];
  for (const values of fields) {
    found = joined(found, rangeOf([values]));
    above = joined(above, foundIn([values], true));
  }
  const scale = steadyScaleOf(options.log ? above : found, options);
  const dtype = dtypeFor(scene, fields, found);
  const { title, label } = scene;
  return {
    title: title ?? label,
    label,
    axes: plane.axes,
    titles: plane.axes.map((_, axis) => titleAlong(plane, axis)),
    units: plane.axes.map((_, axis) => plane.units?.[axis] ?? "1"),
    shape,
    cells: plane.shape,
    coordinates: plane.coordinates.map((centres) =>
      Array.from(coarseOf(centres, [centres.length], [Math.min(centres.length, most)])),
    ),
    edges: plane.shape.map((_, axis) => edgesFor(facesAlong(plane, axis), most)),
    ...(options.blocks ? { blocks: bordersOf(scene, plane) } : {}),
    dtype,
    isRounded: dtype !== scene.dtype,
    map: scale.map ?? diverging,
    log: options.log ?? false,
    range: scale.range ?? (options.log ? above : found) ?? [0, 1],
    above: above ?? null,
    ...(options.contours === undefined ? {} : { contours: options.contours }),
    ...(scene.vectors ? { arrows: scene.vectors.label } : {}),
    rate: options.rate ?? usualRate,
    frames: shots.map(({ title: words, panels: [values, exact], vectors }) => ({
      title: words,
      ...(vectors ? { vectors: [encoded(vectors[0], "f64"), encoded(vectors[1], "f64")] as const } : {}),
      values: encoded(values!, dtype),
      ...(exact ? { exact: encoded(exact, dtype) } : {}),
    })),
  };
}

/** How values are kept: in full, or where that takes too much room, in 7 digits. @throws UsageError where neither is possible */
function dtypeFor(scene: Scene, fields: readonly Float64Array[], found: Range): Contents["dtype"] {
  if (scene.dtype === "f32") return "f32";
  const bytes = base64(
    fields.reduce((sum, { length }) => sum + length, 0),
    "f64",
  );
  if (bytes <= fullBytes) return "f64";
  const most = found ? Math.max(-found[0], found[1]) : 0;
  if (most === 0 || (most >= leastFloat && most <= mostFloat)) return "f32";
  if (bytes <= mostBytes) return "f64";
  const got = `${Math.ceil(bytes / 1e6)} MB, as values up to ${most} need f64`;
  throw wrong('"--frames"', `frames for a page of at most ${mostBytes / 1e6} MB`, got, "Choose fewer --frames.");
}

/** The borders of blocks along the axes of a plane, as coordinates. */
function bordersOf(scene: Scene, plane: Section): number[][] {
  const { blocks } = scene.blocks;
  return blocks.map((cells, axis) => cells.map((cell) => facesAlong(plane, axis)[cell]!));
}
