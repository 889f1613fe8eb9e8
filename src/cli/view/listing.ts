/** What is in a file, for people and for programs. */
import type { SnapshotReader } from "../../io/reader.js";
import type { StoredVariable } from "../../io/snapshot.js";
import { unitsText } from "../../plot/words.js";
import { aligned } from "../columns.js";
import { printableLine } from "../terminal.js";

/** The document of a file, and which pictures are drawn of it. */
export function documentOf(reader: SnapshotReader, drawn: Readonly<Record<string, string | null>>): object {
  const { path, shape, layout, attributes } = reader;
  const times = [...reader.times];
  return {
    file: path,
    title: titleOf(reader),
    shape,
    variables: Object.entries(layout.variables).map(([name, { dtype, units = null }]) => ({ name, dtype, units })),
    times,
    frames: times.map((time, frame) => ({ time, ...reader.diagnostics(frame) })),
    attributes,
    ...drawn,
  };
}

/** The title that the file gives itself. */
export function titleOf({ attributes }: SnapshotReader): string | null {
  return attributes.title === undefined ? null : String(attributes.title);
}

export function counted(frames: number): string {
  return frames === 1 ? "1 frame" : `${frames} frames`;
}

/** More frames than this are listed as the first and the last `endFrames`. */
const mostFrames = 12;
const endFrames = 5;

/** What is in a file, for people. Of the frames only those that are listed are looked at. */
export function listing(reader: SnapshotReader): string {
  const { path, shape, layout, times, attributes } = reader;
  const { decomposition } = attributes;
  const count = times.length;
  const all = Array.from(times.keys());
  const listed = count <= mostFrames ? all : [...all.slice(0, endFrames), undefined, ...all.slice(-endFrames)];
  const [first] = Object.keys(layout.variables) as [string];
  const head = [
    "frame",
    `time${unitsText(layout.timeUnits, " [", "]")}`,
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
