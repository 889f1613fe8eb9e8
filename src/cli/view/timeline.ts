/** All frames in one picture, over time: figures of each, and the values along a line. */
import { wrong } from "../../argument.js";
import { coarseOf, edgesFor, partsOf } from "../../plot/coarse.js";
import { type Panel, type PlotOptions, plane, plot } from "../../plot/index.js";
import { rangeOf } from "../../plot/scale.js";
import type { OptionsOf } from "../options/index.js";
import { foundIn, scaleOf } from "./scale.js";
import type { Scene } from "./scene.js";
import { facesAlong, type Section, sectionOf } from "./section.js";

type Options = OptionsOf<"view">;

/** Times, and values along a line, that are drawn at most. */
const most = 1024;
const inParts = (values: ArrayLike<number>, shape: readonly number[]) => coarseOf(values, shape, partsOf(shape, most));

/** Draws the least, the mean and the largest of the finite values of each frame over time. @throws UsageError, FileError */
export async function drawSeries(
  path: string,
  scene: Scene,
  frames: readonly number[],
  options: Options,
): Promise<void> {
  const names = ["min", "mean", "max"];
  const figures = frames.map((frame) => figuresOf(scene.valuesOf(frame)));
  const shape = [frames.length];
  const panels: Panel[] = names.map((title, i) => ({ title, shape, values: figures.map((each) => each[i]!) }));
  await plot(path, panels, shownOf(scene, panels, options, [scene.timeLabel], [timesOf(scene, frames)]));
}

function figuresOf(values: ArrayLike<number>): readonly number[] {
  const [low, high] = rangeOf([values]) ?? [Number.NaN, Number.NaN];
  let [mean, count] = [0, 0];
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (!Number.isFinite(value)) continue;
    count++;
    // Parts of what is left to come, so that no sum of large values overflows.
    mean += value / count - mean / count;
  }
  return [low, count > 0 ? mean : Number.NaN, high];
}

/** The line that a space-time picture has: along an axis, through the middle of the others. @throws UsageError */
export function lineOf({ section }: Scene, { kymographAxis: name = section.axes[0]! }: Options): Section {
  const { axes, shape } = section;
  if (!axes.includes(name)) {
    throw wrong('"--kymograph-axis"', `an axis among ${axes.join(", ")}`, JSON.stringify(name), "Name one of them.");
  }
  const slice = axes.flatMap((axis, i) =>
    axis === name ? [] : [{ axis, at: Math.floor(shape[i]! / 2), isCell: true }],
  );
  return sectionOf(section, { slice });
}

/** Draws the values along a line over time: time to the right, the line upwards. @throws UsageError, FileError */
export async function drawKymograph(
  path: string,
  scene: Scene,
  frames: readonly number[],
  options: Options,
): Promise<void> {
  const line = lineOf(scene, options);
  const lines = frames.map((frame) => inParts(line.of(scene.valuesOf(frame)), line.shape));
  const n = lines[0]!.length;
  const all = Float64Array.from({ length: lines.length * n }, (_, k) => lines[Math.floor(k / n)]![k % n]!);
  const times = inParts(timesOf(scene, frames), [frames.length]);
  const panel = {
    title: `${scene.section.words}${line.words}`.slice(2),
    shape: [times.length, n],
    values: inParts(all, [lines.length, n]),
  };
  const centres = inParts(line.coordinates[0]!, line.shape);
  const { contours } = options;
  const shown = {
    ...shownOf(scene, [panel], options, [scene.timeLabel, line.axes[0]!], [times, centres]),
    units: [undefined, line.units?.[0]],
    ...(contours === undefined ? {} : { contours }),
  };
  await plane(path, panel, { ...shown, faces: [undefined, edgesFor(facesAlong(line, 0), most)] });
}

const timesOf = (scene: Scene, frames: readonly number[]) => frames.map((frame) => scene.timeOf(frame));

function shownOf(
  { label, title }: Scene,
  panels: readonly Panel[],
  options: Options,
  axes: readonly string[],
  coordinates: readonly ArrayLike<number>[],
): PlotOptions {
  const found = foundIn(
    panels.map(({ values }) => values),
    options.log,
  );
  return { label, axes, coordinates, ...(title === null ? {} : { title }), ...scaleOf(found, options) };
}

/** @throws UsageError for frames that are not in the order of time */
export function checkOrder(flag: string, scene: Scene, frames: readonly number[]): void {
  scene.checkRoom(1);
  const stray = frames.find((frame, i) => i > 0 && !(scene.timeOf(frame) > scene.timeOf(frames[i - 1]!)));
  if (stray === undefined) return;
  throw wrong('"--frames"', `frames in the order of time for ${flag}`, stray, "Name each once, in their order.");
}
