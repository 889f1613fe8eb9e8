import type { Command } from "commander";
import { wrong, wrongFile } from "../argument.js";
import type { UsageError } from "../errors.js";
import { SnapshotReader } from "../io/reader.js";
import type { StoredVariable } from "../io/snapshot.js";
import { detectJob } from "../mpi/library/launcher.js";
import { checkPicture, plot } from "../plot/index.js";
import { aligned } from "./columns.js";
import { addOptions, type OptionsOf } from "./options/index.js";
import { fileArgument } from "./options/kind.js";
import { printableLine } from "./terminal.js";

type Options = OptionsOf<"view">;

/** `wasm-mpi view` */
export function addView(program: Command): void {
  const command = program
    .command("view")
    .description("List the frames of an HDF5 file, and draw some of them.")
    .argument("<file>", "a file that wasm-mpi wrote", fileArgument);
  addOptions(command, "view").action(async (path: string, options: Options) => {
    const { plot: picture, frames, variable, json } = options;
    // One rank reads and prints all of it, which needs no MPI.
    if ((detectJob()?.rank ?? 0) !== 0) return;
    if (picture !== undefined) await checkPicture(picture);
    const reader = await SnapshotReader.open(path);
    try {
      const isChosen = picture !== undefined || frames !== undefined || variable !== undefined;
      const panels = isChosen ? chosenOf(reader, options) : undefined;
      // What is not in the file is told before what is missing to draw it.
      if (panels && picture === undefined) throw noPicture(options);
      process.stdout.write(json ? jsonOf(reader, picture) : listing(reader));
      if (panels) await draw(reader, picture!, panels);
      if (panels && !json) process.stdout.write(`\npicture: ${picture}\n`);
    } finally {
      reader.close();
    }
  });
}

/** The error of options that choose what is drawn, where nothing is. */
function noPicture({ frames }: Options): UsageError {
  const option = frames === undefined ? "--variable" : "--frames";
  return wrong(`"${option}"`, "a picture", "none", "Add --plot FILE.png or leave it out.");
}

/** Cells that are read at a time: a small file can claim to have any number. */
const mostCells = 2 ** 27;

/** What is to be drawn of a file. */
interface Chosen {
  readonly frames: readonly number[];
  readonly variable: string;
}

/** @throws UsageError for frames and variables that are not in the file */
function chosenOf(reader: SnapshotReader, options: Options): Chosen {
  const { times, path, layout } = reader;
  const variables = [...reader.variables, ...reader.statics];
  const count = times.length;
  if (count === 0) throw wrongFile(path, "a file with frames to draw", "none", "Leave out --plot.");
  const { frames = count > 1 ? [0, -1] : [0], variable = Object.keys(layout.variables)[0]! } = options;
  const stray = frames.find((frame) => frame < -count || frame >= count);
  if (stray !== undefined) {
    throw wrong(
      '"--frames"',
      `whole numbers from ${-count} to ${count - 1} (${counted(count)})`,
      stray,
      "Choose some of them.",
    );
  }
  if (!variables.includes(variable)) {
    throw wrong('"--variable"', `one of ${variables.join(", ")}`, JSON.stringify(variable), "Choose one of them.");
  }
  const cells = frames.length * reader.shapeOf(variable).reduce((product, n) => product * n, 1);
  if (cells > mostCells) {
    const todo = "Choose fewer --frames, or read the file with another program.";
    throw wrong('"--frames"', `frames of at most ${mostCells} cells together (1 GiB)`, cells, todo);
  }
  return { frames, variable };
}

/** Draws frames of a file, and reads no others. */
async function draw(reader: SnapshotReader, picture: string, { frames, variable }: Chosen): Promise<void> {
  const { times, axes, layout } = reader;
  const shape = reader.shapeOf(variable);
  const coordinates = reader.coordinatesOf(variable);
  const isOfCells = coordinates.every((values, axis) => values === reader.coordinates[axis]);
  const faces = layout.faces && isOfCells ? { faces: layout.faces } : {};
  const panels = frames.map((frame) => {
    const time = `${Number(times.at(frame)!.toPrecision(6))}${unitsOf(layout.timeUnits, " ")}`;
    return { title: `t = ${time}`, values: reader.read(variable, frame), shape };
  });
  const title = titleOf(reader);
  const label = `${variable}${unitsOf(layout.variables[variable]!.units, " [", "]")}`;
  await plot(picture, panels, { label, coordinates, axes, ...faces, ...(title === null ? {} : { title }) });
}

function jsonOf(reader: SnapshotReader, picture: string | undefined): string {
  const { path, shape, layout, attributes } = reader;
  const times = [...reader.times];
  const document = {
    file: path,
    title: titleOf(reader),
    shape,
    variables: Object.entries(layout.variables).map(([name, { dtype, units = null }]) => ({ name, dtype, units })),
    times,
    frames: times.map((time, frame) => ({ time, ...reader.diagnostics(frame) })),
    attributes,
    plot: picture ?? null,
  };
  return `${JSON.stringify(document)}\n`;
}

/** The title that the file gives itself. */
function titleOf({ attributes }: SnapshotReader): string | null {
  return attributes.title === undefined ? null : String(attributes.title);
}

/** Units between other text, unless there are none. */
function unitsOf(units: string | undefined, before: string, after = ""): string {
  return units === undefined || units === "1" ? "" : `${before}${units}${after}`;
}

function counted(frames: number): string {
  return frames === 1 ? "1 frame" : `${frames} frames`;
}

/** More frames than this are listed as the first and the last `endFrames`. */
const mostFrames = 12;
const endFrames = 5;

/** What is in a file, for people. Of the frames only those that are listed are looked at. */
function listing(reader: SnapshotReader): string {
  const { path, shape, layout, times, attributes } = reader;
  const { decomposition } = attributes;
  const count = times.length;
  const all = Array.from(times.keys());
  const listed = count <= mostFrames ? all : [...all.slice(0, endFrames), undefined, ...all.slice(-endFrames)];
  const [first] = Object.keys(layout.variables) as [string];
  const head = [
    "frame",
    `time${unitsOf(layout.timeUnits, " [", "]")}`,
    ...["min", "max", "sum"].map((figure) => `${figure} of ${first}`),
    "walltime",
  ];
  const body = listed.map((frame) => {
    if (frame === undefined) return head.map((_, column) => (column === 0 ? "..." : ""));
    const { min, max, sum, walltime } = reader.diagnostics(frame);
    return [...[frame, times[frame], min, max, sum].map(String), `${walltime.toFixed(3)} s`];
  });
  const lines = [
    titleOf(reader) ?? path,
    `${shape.join(" x ")} cells, ${counted(count)}${decomposition === undefined ? "" : `, decomposition ${decomposition}`}`,
    ...Object.entries(layout.variables).map(described),
    ...(count > 0 ? ["", ...aligned([head, ...body])] : []),
  ];
  return `${lines.map(printableLine).join("\n")}\n`;
}

/** A variable in a line: `psi: f64, units K, potential temperature`. */
function described([name, { dtype, units, longName, at, isStatic }]: [string, StoredVariable]): string {
  return `${name}: ${[dtype, ...(at ? [`at ${at}s`] : []), ...(isStatic ? ["static"] : []), ...(units ? [`units ${units}`] : []), ...(longName ? [longName] : [])].join(", ")}`;
}
