/** Pictures of runs, with the borders of their blocks. */
import { blockStart } from "../../grid/decompose.js";
import { SnapshotReader } from "../../io/reader.js";
import type { Values } from "../../io/snapshot.js";
import { unitsOfVariable } from "../../pde/trackers/units.js";
import { type Panel, type PlotOptions, plot } from "../../plot/index.js";
import { rangeOf } from "../../plot/scale.js";
import { labelOf, timeText } from "../../plot/words.js";
import { mapFor } from "../view/scale.js";
import type { FloatField, Simulation } from "./simulate.js";

/** How a run was divided. */
export interface Division {
  readonly ranks: number;
  readonly split: readonly number[];
  /** Threads of each rank. */
  readonly threads?: number;
}

/** `1 rank`, `3 ranks as 3 x 1`, `1 rank of 2 threads`. */
export function ranksText({ ranks, split, threads = 1 }: Division): string {
  const blocks = ranks === 1 ? "1 rank" : `${ranks} ranks as ${split.join(" x ")}`;
  return `${blocks}${threadsText(threads)}`;
}

/** ` of 2 threads`, nothing for one. */
export function threadsText(threads: number): string {
  return threads === 1 ? "" : ` of ${threads} threads`;
}

/** The borders of the blocks of a run as a panel has them: none on one rank. */
export function bordersOf({ ranks, split }: Division, shape: readonly number[]): Pick<Panel, "blocks"> {
  if (ranks === 1) return {};
  const edges = (cells: number, blocks: number) =>
    Array.from({ length: blocks + 1 }, (_, block) => blockStart(cells, blocks, block));
  return { blocks: shape.map((cells, axis) => edges(cells, split[axis]!)) };
}

/** Draws a picture that has been put together; on rank 0, and needs no other rank. */
export type Draw = () => Promise<void>;

/** The first state of a run; its values are on rank 0. */
interface First {
  readonly time: number;
  readonly values: Values | undefined;
}

/** The values of a field on rank 0 as pictures have them: NaN in cells that take no part. **Collective.** */
export function shownOf({ open }: Simulation, field: FloatField): Values | undefined {
  const [values, cells] = [field.gather(), open?.gather()];
  return values && cells ? values.map((value, i) => (cells[i] === 0 ? Number.NaN : value)) : values;
}

/** The field that is drawn, with its name. */
export function drawnOf({ solver, drawn }: Simulation): readonly [string, FloatField] {
  const fields = Object.entries(solver.fields);
  return fields.find(([name]) => name === drawn) ?? fields[0]!;
}

/** Puts the picture of the first and the last state of a run together. **Collective.** */
export function pictureOf(path: string, simulation: Simulation, first: First): Draw | undefined {
  const { solver, grid, title } = simulation;
  const [name, field] = drawnOf(simulation);
  const { units: known = {} } = simulation;
  const label = labelOf(name, unitsOfVariable(name, known, Object.keys(solver.fields)));
  const last = shownOf(simulation, field);
  const { comm, shape, split } = grid;
  if (comm.rank !== 0) return undefined;
  const division = { ranks: comm.size, split };
  const borders = bordersOf(division, shape);
  const coordinates = shape.map((_, axis) => grid.coordinates(axis));
  const axes = grid.axes.map(({ name }) => name);
  const faces = grid.axes.map((axis) => axis.faces);
  const panels = [
    { title: timeText(first.time, simulation.units?.t), values: first.values!, shape, ...borders },
    { title: timeText(solver.time, simulation.units?.t), values: last!, shape, ...borders },
  ];
  const units = axes.map((axis) => simulation.units?.[axis]);
  const heading = comm.size === 1 ? title : `${title}, ${ranksText(division)}`;
  return () => plot(path, panels, { title: heading, label, coordinates, faces, axes, units, map: mapOf(panels) });
}

/** A run whose file has its first and its last state. */
export interface Filed extends Division {
  readonly file: string;
}

/** Draws the first state of the first of some runs, and the last state of each, from their files. @param drawn the variable */
export async function drawRuns(
  path: string,
  { name: title, drawn }: { readonly name: string; readonly drawn?: string | undefined },
  runs: readonly Filed[],
): Promise<void> {
  const panels: Panel[] = [];
  let label = "";
  let coordinates: Float64Array[] = [];
  let axes: readonly string[] = [];
  let faces: PlotOptions["faces"] = [];
  let units: PlotOptions["units"] = [];
  for (const run of runs) {
    const reader = await SnapshotReader.open(run.file);
    try {
      const { shape, times, layout } = reader;
      const name = drawn ?? Object.keys(layout.variables)[0]!;
      label = labelOf(name, layout.variables[name]!.units);
      const timeOf = (frame: number) => timeText(times.at(frame)!, layout.timeUnits);
      coordinates = reader.coordinates;
      axes = reader.axes;
      units = reader.axisUnits;
      faces = layout.faces ?? shape.map(() => undefined);
      if (panels.length === 0) panels.push({ title: timeOf(0), values: reader.read(name, 0), shape });
      const last = `${timeOf(-1)}, ${ranksText(run)}`;
      panels.push({ title: last, values: reader.read(name, -1), shape, ...bordersOf(run, shape) });
    } finally {
      reader.close();
    }
  }
  await plot(path, panels, { title, label, coordinates, faces, axes, units, map: mapOf(panels) });
}

/** The colours that `view` has for these values as well. */
const mapOf = (panels: readonly Panel[]) => mapFor(rangeOf(panels.map(({ values }) => values)));
