/** What is drawn as arrows: two variables of a file, or the flow of the case that a run was of. */
import { caseOf } from "../../advection/cases/case.js";
import { show, wrong } from "../../argument.js";
import { rowMajor } from "../../grid/code.js";
import type { FieldValue } from "../../grid/field.js";
import type { SnapshotReader } from "../../io/reader.js";
import { faceAxisOf } from "../../io/snapshot.js";
import type { Vectors } from "../../plot/arrows.js";
import { unitsText } from "../../plot/words.js";
import type { OptionsOf } from "../options/index.js";
import { facesAlong, type Section } from "./section.js";

type Options = OptionsOf<"view">;

/** Reads a variable of a frame, or a difference of two. */
type Read = (variable: string, frame: number) => ArrayLike<number>;

/** What arrows are drawn of. */
export interface VectorSource {
  /** `u, v [m s-1]` */
  readonly label: string;
  /** The variables that it reads. */
  readonly variables: readonly string[];
  /** The components of a frame, along the first and the second axis of what is drawn. */
  of(frame: number): Vectors;
}

/** The word for the flow of a case in place of two variables. */
const flowName = "flow";

/** @throws UsageError for vectors that cannot be drawn in a section, or are not there */
export function vectorSourceOf(
  reader: SnapshotReader,
  section: Section,
  { vectors: names, project }: Options,
  read: Read,
  config: Readonly<Record<string, unknown>>,
): VectorSource | undefined {
  if (names === undefined) return undefined;
  const isFlow = names.length === 1 && names[0] === flowName;
  if (names.length !== 2 && !isFlow) {
    throw wrong('"--vectors"', `two variables, or ${flowName}`, names.join(","), "For example --vectors u,v.");
  }
  if (section.shape.length === 1) {
    throw wrong('"--vectors"', "a map of 2 axes", "a line along 1", "Leave it out, or cut along fewer axes.");
  }
  if (project !== undefined && project.how !== "mean") {
    throw wrong('"--vectors"', "a --slice, or a --project of the mean", project.how, "Leave out one of them.");
  }
  return isFlow ? flowOf(reader, section, config) : variablesOf(reader, section, names, read);
}

function variablesOf(reader: SnapshotReader, section: Section, names: readonly string[], read: Read): VectorSource {
  const { layout, variables, statics } = reader;
  const known = [...variables, ...statics];
  const stray = names.find((name) => !known.includes(name));
  if (stray !== undefined) {
    const flow = `${flowName}, or two of ${known.join(", ")}`;
    throw wrong('"--vectors"', flow, show(stray), "Choose two of them, u,v.");
  }
  const units = [...new Set(names.map((name) => unitsText(layout.variables[name]!.units, " [", "]")))];
  const label = units.length === 1 ? `${names.join(", ")}${units[0]}` : names.join(", ");
  const component = (name: string, frame: number) => section.of(inCells(reader, name, read(name, frame)));
  return {
    label,
    variables: names,
    of: (frame) => [component(names[0]!, frame), component(names[1]!, frame)],
  };
}

/** The values of a variable in cells: of faces the mean of those at both sides of a cell. */
function inCells(reader: SnapshotReader, name: string, values: ArrayLike<number>): ArrayLike<number> {
  const { shape, system, layout } = reader;
  const { at = "cell" } = layout.variables[name]!;
  const axis = faceAxisOf({ system } as Parameters<typeof faceAxisOf>[0], { at });
  if (axis < 0) return values;
  const n = reader.shapeOf(name)[axis]!;
  const cells = shape[axis]!;
  const stride = rowMajor(shape)[axis]!;
  return Float64Array.from({ length: shape.reduce((product, each) => product * each, 1) }, (_, at) => {
    const [outer, rest] = [Math.floor(at / (cells * stride)), at % (cells * stride)];
    const cell = Math.floor(rest / stride);
    const first = outer * n * stride + (rest % stride);
    // Where an axis wraps around, the face behind the last cell is the first one.
    return values[first + cell * stride]! / 2 + values[first + ((cell + 1) % n) * stride]! / 2;
  });
}

/** The velocity of a case whose flow is the same in all steps. @throws UsageError where the file says of none */
function flowOf(reader: SnapshotReader, section: Section, config: Readonly<Record<string, unknown>>): VectorSource {
  const { command, case: name, shape: cells, courant: asked } = config;
  const choice = { shape: cells, ...(asked === undefined ? {} : { courant: asked }) } as { shape: number[] };
  const setup = command === "advect" && typeof name === "string" ? setupOf(name, choice) : undefined;
  const isOfGrid = setup?.shape.join() === reader.shape.join();
  if (!setup || setup.couple || !isOfGrid) {
    const got = setup?.couple ? `${name}, whose flow changes` : "another file";
    throw wrong('"--vectors"', "a file of advect, of a case with a steady flow", got, "Name two variables, u,v.");
  }
  const { shape, coordinates } = reader;
  const { courant, g, dt } = setup;
  const strides = rowMajor(shape);
  const extent = { shape, axes: reader.axes, coordinates, faces: reader.layout.faces ?? shape.map(() => undefined) };
  const component = (axis: number) => {
    const faces = facesAlong(extent, axis);
    return section.of(
      Float64Array.from({ length: shape.reduce((product, n) => product * n, 1) }, (_, cell) => {
        const index = shape.map((n, along) => Math.floor(cell / strides[along]!) % n);
        const position = index.map((i, along) => coordinates[along]![i]!);
        const width = faces[index[axis]! + 1]! - faces[index[axis]!]!;
        return (evaluated(courant[axis]!, position) * width) / dt;
      }),
    );
  };
  let known: Vectors | undefined;
  return {
    // The flow of a case has its G factor in it, which is 1 in most.
    label: g === undefined ? flowName : `G times the ${flowName}`,
    variables: [],
    of: () => (known ??= [component(section.kept[0]!), component(section.kept[1]!)]),
  };
}

function evaluated(value: FieldValue, [x = 0, y = 0, z = 0]: readonly number[]): number {
  return typeof value === "function" ? value(x, y, z) : Number(value);
}

/** A case as it was run; undefined where this version does not know it. */
function setupOf(name: string, choice: { shape: number[] }) {
  try {
    return caseOf(name).setup(choice);
  } catch {
    return undefined; // A file of another version may name what is not known any more.
  }
}
