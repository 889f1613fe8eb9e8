/** What a command line says of the axes of the grid. */
import { show, wrong } from "../../argument.js";
import { axisNames, type Coordinates, makeAxes } from "../../grid/axis.js";
import { SideText } from "../../grid/sidetext.js";
import { type Assignment, assignmentOf } from "../options/kind.js";
import type { Task } from "./task.js";

/** The axes of a grid, as `new Grid()` takes them. */
export interface AxesMeant {
  readonly shape: readonly number[];
  readonly bounds: readonly (readonly [number, number] | undefined)[] | undefined;
  readonly coordinates: Coordinates;
  readonly faces: Readonly<Record<string, readonly number[]>>;
  readonly periodic: readonly boolean[];
}

/**
 * The axes of a task. @throws UsageError
 * @param usual the shape where none is given
 * @param wraps whether an axis wraps around, unless the task says that all do
 */
export function axesIn(task: Task, usual: readonly number[], wraps: (name: string) => boolean): AxesMeant {
  const { coordinates = "cartesian", periodic: isPeriodic } = task;
  const all = axisNames(coordinates);
  const { shape = usual.slice(0, all.length) } = task;
  const names = all.slice(0, shape.length);
  const faces = facesIn(task, names, shape);
  const bounds = boundsIn(task, names, faces);
  const periodic = names.map((name) => isPeriodic === true || wraps(name));
  makeAxes({ shape, bounds, coordinates, faces, periodic });
  return { shape, bounds, coordinates, faces, periodic };
}

/** The ends of each axis without faces. @throws UsageError */
function boundsIn({ bounds }: Task, names: readonly string[], faces: AxesMeant["faces"]): AxesMeant["bounds"] {
  if (bounds === undefined) return undefined;
  const free = names.filter((name) => !Object.hasOwn(faces, name));
  if (bounds.length !== 2 * free.length) {
    const without = free.length < names.length ? " without faces" : "";
    const expected = `two ends of each of ${free.length} axes${without}`;
    throw wrong('"--bounds"', expected, `[${bounds.join(", ")}]`, "For example --bounds 0,1.");
  }
  return names.map((name) => {
    const place = 2 * free.indexOf(name);
    return place < 0 ? undefined : ([bounds[place]!, bounds[place + 1]!] as const);
  });
}

/** The faces of the cells of axes. @throws UsageError, CompileError */
function facesIn({ faces: texts }: Task, names: readonly string[], shape: readonly number[]): AxesMeant["faces"] {
  const faces: Record<string, readonly number[]> = Object.create(null);
  for (const text of texts) {
    const { name, value } = assignmentOf(text) as Assignment;
    if (!names.includes(name)) {
      throw wrong('"--faces"', `an axis among ${names.join(", ")} before =`, show(name), 'For example "x = s^2".');
    }
    if (Object.hasOwn(faces, name)) throw wrong('"--faces"', `one text for ${name}`, "two", "Leave out one.");
    const parts = value.split(",").map((part) => part.trim());
    const list = parts.map((part) => (part === "" ? Number.NaN : Number(part)));
    if (list.length > 1 && Number.isFinite(list[0]) && !list.every(Number.isFinite)) {
      const place = list.findIndex((face) => !Number.isFinite(face));
      const got = parts[place] === "" ? `nothing as number ${place + 1}` : show(parts[place]);
      throw wrong('"--faces"', `numbers for ${name} separated by commas`, got, 'For example "x = 0, 1, 3".');
    }
    faces[name] = list.every(Number.isFinite) ? list : facesOf(name, value, shape[names.indexOf(name)]!);
  }
  return faces;
}

/** The faces of a text of s, which goes from 0 to 1. @throws UsageError, CompileError */
function facesOf(name: string, value: string, cells: number): readonly number[] {
  const text = new SideText("solve", `faces of ${name}`, value, [{ name: "s", spacing: 1 }]);
  const [strange] = text.names;
  if (strange !== undefined) {
    const todo = "s goes from 0 to 1: write s^2, for example.";
    throw wrong(`solve: "faces of ${name}"`, "numbers, or a text of s", `the name ${strange}`, todo);
  }
  return [...text.values([Float64Array.from({ length: cells + 1 }, (_, face) => face / cells)], {})];
}
