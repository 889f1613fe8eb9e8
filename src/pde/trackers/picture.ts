/** Trackers that draw: the field at a time, and a line over time. */
import { expectKeys, expectOneOf, show, wrong } from "../../argument.js";
import type { AnyField } from "../../grid/field.js";
import type { Grid } from "../../grid/grid.js";
import { Lane } from "../../mpi/comm/lane.js";
import { checkPicture, checkRange, type Panel, type PlotOptions, plane, plot } from "../../plot/index.js";
import { labelOf, timeText } from "../../plot/words.js";
import { expectTexts } from "../options.js";
import type { Watch } from "../programs/watch.js";
import { cellOf, localOf, valueAt } from "../sources/points.js";
import { expectLines, keptLines, LineFile } from "./lines.js";
import { averaged, facesFor, rasterOf } from "./raster.js";
import type { Run, Tracker } from "./tracker.js";
import { checkUnits, type Units, unitsAlong, unitsOfVariable } from "./units.js";
import { Due, type Interval } from "./when.js";

/** Options of {@link picture}. */
export interface PictureOptions extends Interval {
  /** What is drawn: a text of the unknowns. Default: the first unknown. */
  readonly value?: string;
  /** The values at the ends of the colour scale. Default: those of each picture. */
  readonly range?: readonly [low: number, high: number];
  /** Units by name, of what is drawn, axes and the time `t`: `{ c: "K", "c^2": "K2", x: "m", t: "s" }`. Default: none. */
  readonly units?: Units;
}

/** Options of {@link kymograph}. */
export interface KymographOptions extends PictureOptions {
  /** The axis of the line. Default: the first one. */
  readonly axis?: string;
  /** The coordinates of a point on the line. Default: the middle of the grid. */
  readonly at?: readonly number[];
}

/** How many pictures there are, and the step of the last one: a run that is continued at its end has it already. */
interface Drawn {
  readonly count: number;
  readonly step: number | undefined;
}

const none: Drawn = { count: 0, step: undefined };

/** The keys of {@link PictureOptions}. */
export const pictureKeys: readonly string[] = ["every", "steps", "value", "range", "units"];

/** @throws UsageError */
export function checkDrawn(where: string, path: unknown, options: PictureOptions, known: readonly string[]): void {
  if (typeof path !== "string" || !path.endsWith(".png")) {
    throw wrong(`${where}: "path"`, "a name that ends in .png", show(path), `Write ${where}("c.png").`);
  }
  expectKeys(where, options, known);
  const { value, range, units } = options;
  if (units !== undefined) expectTexts(`${where}: "units"`, units, "texts by name", '{ c: "K" }');
  if (value !== undefined && typeof value !== "string") {
    throw wrong(`${where}: "value"`, "a text", show(value), 'Write "c^2", for example.');
  }
  if (range !== undefined) checkRange(`${where}: "range"`, range);
}

/** Does on rank 0 what may fail there, which is told on all ranks. **Collective.** */
const onRoot = (run: Run, act: () => Promise<void>) => Lane.of(run.grid.comm).call((lane) => lane.fromRoot(act));

/** The field that is drawn, and what it is called. **Collective.** */
function drawnOf(
  { arrays, time }: Run,
  value: string | undefined,
  watch: Watch | undefined,
): readonly [string, AnyField] {
  if (value === undefined) return [...arrays][0]!;
  watch!.run(time);
  return [value, watch!.field("value")];
}

/** What has units where a field is drawn. */
const measuredOf = ({ arrays, grid }: Run, value: string | undefined) => ({
  variables: [...arrays.keys(), ...(value === undefined ? [] : [value])],
  axes: grid.axes.map(({ name }) => name),
});

/** What stands at the colours, with its units. */
const labelled = (run: Run, name: string, { value, units = {} }: PictureOptions) =>
  labelOf(name, unitsOfVariable(name, units, measuredOf(run, value).variables));

const rangeOption = ({ range }: { readonly range?: PictureOptions["range"] }) => (range === undefined ? {} : { range });

/** A field as a panel, and how it is drawn: on rank 0. **Collective.** */
function shownOf(
  run: Run,
  [name, field]: readonly [string, AnyField],
  options: PictureOptions,
): { readonly panel: Panel; readonly options: PlotOptions } | undefined {
  const { grid, open, time } = run;
  const raster = rasterOf(field, open);
  if (!raster) return undefined;
  const { shape, values, coordinates, faces } = raster;
  const [along, clock] = unitsAlong(options.units, measuredOf(run, undefined).axes);
  const title = timeText(time, clock);
  const axes = grid.axes.map((axis) => axis.name).slice(0, shape.length);
  const units = along.slice(0, shape.length);
  return {
    panel: { title, shape, values },
    options: { label: labelled(run, name, options), coordinates, faces, axes, units, ...rangeOption(options) },
  };
}

/** Where the pictures of a tracker go. */
interface Pictures {
  /** Begins with none, and names the file of the first. **Local.** */
  begin(): string;
  /** Goes on behind so many. **Local.** */
  goOn?(count: number): void;
  /** Adds one behind so many, on rank 0. */
  add(count: number, panels: readonly [Panel], options: PlotOptions): Promise<void>;
}

/** A tracker that draws a field each time; a run that is continued does not draw the step again that it ended with. */
export function drawing(where: string, path: string, options: PictureOptions, pictures: Pictures): Tracker {
  const { value } = options;
  let drawn = none;
  let watch: Watch | undefined;
  return {
    name: `${where} ${path}`,
    due: new Due(where, options),
    asked: options,
    get kept() {
      return drawn;
    },
    async begin(run) {
      drawn = none;
      checkUnits(`${where}: "units"`, options.units ?? {}, measuredOf(run, value));
      const first = pictures.begin();
      if (value !== undefined) watch = run.watch(where, { value }, {});
      await onRoot(run, () => checkPicture(first));
    },
    resume(kept) {
      drawn = kept as Drawn;
      pictures.goOn?.(drawn.count);
    },
    async call(run) {
      if (drawn.step === run.step) return undefined;
      const shown = shownOf(run, drawnOf(run, value, watch), options);
      await onRoot(run, () => pictures.add(drawn.count, [shown!.panel], shown!.options));
      drawn = { count: drawn.count + 1, step: run.step };
      return undefined;
    },
    end() {
      watch = undefined;
    },
  };
}

/**
 * Draws a field as a PNG: of one axis a line, of three the middle plane; of more than 1024 cells along an axis the means of
 * as many parts. Stars in the path are the number of the picture, `00000` and so on: a row of pictures for a film.
 *
 * ```js
 * const pictures = picture("frame-*.png", { every: 1, value: "c^2", range: [0, 1] }); // frame-00000.png, frame-00001.png
 * await new Pde({ c: "laplace(c)" }).solve({ grid, initial: { c }, until: 1, dt: 0.1, track: [pictures] });
 * ```
 */
export function picture(path: string, options: PictureOptions = {}): Tracker {
  const where = "picture";
  checkDrawn(where, path, options, pictureKeys);
  const nameOf = (count: number) => path.replaceAll("*", String(count).padStart(5, "0"));
  return drawing(where, path, options, {
    begin: () => nameOf(0),
    add: (count, panels, shown) => plot(nameOf(count), panels, shown),
  });
}

/**
 * Draws the values along a line over time, at the end, as a PNG: time to the right, the line upwards. The tracker has
 * `times` and `lines`, on every rank; until the end they are in a file beside the picture, `line.png.lines`, then in the picture.
 * A restart goes on with those of the run before.
 *
 * ```js
 * const line = kymograph("line.png", { every: 0.1, axis: "x" });
 * await new Pde({ c: "laplace(c)" }).solve({ grid, initial: { c }, until: 1, dt: 0.1, track: [line] });
 * console.log(line.times.length, line.lines[0]?.length); // 11 32
 * ```
 */
export function kymograph(
  path: string,
  options: KymographOptions = {},
): Tracker & { readonly times: readonly number[]; readonly lines: readonly Float64Array[] } {
  const where = "kymograph";
  checkDrawn(where, path, options, [...pictureKeys, "axis", "at"]);
  const { value, axis: name, at, range, units = {} } = options;
  const [times, lines]: [number[], Float64Array[]] = [[], []];
  let [axis, label, what] = [0, "", ""];
  const file = new LineFile(path);
  let cell: readonly number[] = [];
  let watch: Watch | undefined;
  return {
    name: `${where} ${path}`,
    due: new Due(where, options),
    asked: options,
    times,
    lines,
    async begin(run) {
      const { grid } = run;
      checkUnits(`${where}: "units"`, units, measuredOf(run, value));
      [times.length, lines.length] = [0, 0];
      const names = grid.axes.map((known) => known.name);
      axis = name === undefined ? 0 : names.indexOf(expectOneOf(`${where}: "axis"`, name, names));
      cell = at === undefined ? grid.shape.map((n) => Math.floor(n / 2)) : cellOf(`${where}: "at"`, grid, at);
      if (value !== undefined) watch = run.watch(where, { value }, {});
      what = `${value ?? [...run.arrays.keys()][0]} along ${names[axis]} at cell [${cell.with(axis, 0).join(", ")}]`;
      const kept = await Lane.of(grid.comm).call((lane) =>
        lane.fromRoot(async () => {
          await checkPicture(path);
          return run.resumed === undefined ? undefined : keptLines(path, what);
        }),
      );
      for (const [i, time] of (kept?.times ?? []).entries()) {
        if (time > run.time) break;
        times.push(time);
        lines.push(Float64Array.from(kept!.lines[i]!));
      }
      // In place of the file of that run, which may still be about to end.
      if (times.length > 0) await onRoot(run, async () => file.begin(what, { times, lines }));
    },
    get kept() {
      return times.length;
    },
    resume: (kept) => expectLines(path, kept as number, times.length),
    async call(run) {
      const [shown, field] = drawnOf(run, value, watch);
      label = labelled(run, shown, options);
      const line = lineOf(field, run.open, axis, cell);
      const isAgain = times.at(-1) === run.time;
      if (isAgain) {
        times.pop();
        lines.pop();
      }
      times.push(run.time);
      lines.push(averaged(line));
      await onRoot(run, async () => {
        if (isAgain || times.length === 1) file.begin(what, { times, lines });
        else file.add(run.time, lines.at(-1)!);
      });
      return undefined;
    },
    async end(run) {
      watch = undefined;
      if (times.length === 0) return;
      await onRoot(run, async () => {
        await drawLines(path, run.grid, { times, lines, axis, label, range, units });
        file.end(path, what, { times, lines });
      });
    },
  };
}

/** Lines over time, and what is written at their picture. */
interface Lines {
  readonly times: readonly number[];
  readonly lines: readonly Float64Array[];
  /** The axis of the lines. */
  readonly axis: number;
  readonly label: string;
  readonly range: PictureOptions["range"];
  readonly units: Units;
}

/** Draws lines over time. **Local.** */
function drawLines(path: string, grid: Grid, { times, lines, axis, label, range, units }: Lines): Promise<void> {
  const n = lines[0]!.length;
  // Where there are more times than pixels, each cell is averaged over some of them.
  const rows = Array.from({ length: n }, (_, i) => averaged(lines.map((line) => line[i]!)));
  const centres = averaged(times);
  const name = grid.axes[axis]!.name;
  const [[along], clock] = unitsAlong(units, [name]);
  const values = Float64Array.from({ length: centres.length * n }, (_, k) => rows[k % n]![Math.floor(k / n)]!);
  return plane(
    path,
    { title: "", shape: [centres.length, n], values },
    {
      ...{ label, axes: ["t", name], units: [clock, along], coordinates: [centres, averaged(grid.coordinates(axis))] },
      faces: [undefined, facesFor(grid.axes[axis]!)],
      ...rangeOption({ range }),
    },
  );
}

/** The values along an axis through a cell, on every rank; NaN in closed cells. **Collective.** */
function lineOf(field: AnyField, open: AnyField | undefined, axis: number, cell: readonly number[]): Float64Array {
  const { grid } = field;
  // Ranks that have not a cell add -0, which changes no number.
  const line = new Float64Array(grid.shape[axis]!).fill(-0);
  const [first, cells] = [grid.start[axis]!, grid.blockShape[axis]!];
  for (let i = first; i < first + cells; i++) {
    const local = localOf(grid, cell.with(axis, i));
    if (!local) break;
    line[i] = valueAt(field, open, local);
  }
  grid.comm.allreduce(line.slice(), line, { op: "sum" });
  return line;
}
