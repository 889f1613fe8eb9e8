/**
 * What a snapshot file holds: its names, its shape and how it is cut into chunks where it has some.
 *
 *     /               Conventions = "CF-1.11", title, source, history ...
 *     /time (T)       dimension scale, unlimited     /x (nx) /y (ny) /z (nz)  cell centres, dimension scales
 *     /y_bounds (ny, 2)                              both faces of each cell, of an axis whose cells differ in size
 *     /x_face (nx + 1)                               the faces across an axis, where a variable has its values there
 *     /psi (T, nx, ny[, nz])                         one dataset per variable, on those scales
 *     /mask (nx, ny[, nz])                           the same of what does not change
 *     /min /max /sum (T)                             diagnostics of the first variable
 *     /walltime (T)                                  seconds since the run began
 */
import { expectKeys, expectNumber, show, wrong } from "../argument.js";
import { type LongName, numbers, toShort } from "../elements.js";
import { axisNames, type Coordinates } from "../grid/axis.js";
import { type AnyField, type Dtype, dtypeNames, type Place } from "../grid/field.js";

/** One variable of a snapshot file. */
export interface Variable {
  /** Unit, e.g. `"m s-1"` (none is written without it). */
  units?: string;
  /** Description for plots and listings (none is written without it). */
  longName?: string;
  /** Type of its values, that of the field; default `f64`. */
  dtype?: Dtype | LongName<Dtype>;
  /** Where its values are, as of the field. Default: `cell`. */
  at?: Place;
  /** What does not change: the field that is written once, with the first frame. Default: each frame has its own values. */
  static?: AnyField;
}

/** One variable of a file as it is laid out. */
export interface StoredVariable extends Omit<Variable, "static"> {
  /** Whether all frames have the same values. */
  isStatic?: boolean;
}

/** Variables that change, or those that do not, by name. */
export function variablesThat<V extends StoredVariable>(
  areStatic: boolean,
  variables: Readonly<Record<string, V>>,
): Readonly<Record<string, V>> {
  return Object.fromEntries(Object.entries(variables).filter(([, { isStatic = false }]) => isStatic === areStatic));
}

export type { Dtype };

/** The type of each variable by name. */
export function dtypesOf(variables: Readonly<Record<string, StoredVariable>>): Readonly<Record<string, Dtype>> {
  return Object.fromEntries(Object.entries(variables).map(([name, { dtype = "f64" }]) => [name, toShort(dtype)]));
}

/** The types of the variables that change, and of those that do not. */
export function typesOf(variables: Readonly<Record<string, StoredVariable>>) {
  return [dtypesOf(variablesThat(false, variables)), dtypesOf(variablesThat(true, variables))] as const;
}

/** Where variables have their values, of those that have them at faces. */
export function placesOf(variables: Readonly<Record<string, StoredVariable>>): Readonly<Record<string, Place>> {
  const entries = Object.entries(variables).map(([name, { at }]) => [name, at] as const);
  return Object.fromEntries(entries.filter((entry): entry is [string, Place] => (entry[1] ?? "cell") !== "cell"));
}

/** Bytes of a value. */
export function byteLengthOf(dtype: Variable["dtype"]): number {
  return numbers[toShort(dtype ?? "f64")].array.BYTES_PER_ELEMENT;
}

/** Values of a variable: the array of its dtype. */
export type Values = Float64Array | Float32Array | Int32Array;

/** The types as h5wasm names them, and what stands for no value, NaN or the integer of netCDF. */
export const stored = {
  f64: { code: "<d", fill: Number.NaN },
  f32: { code: "<f", fill: Number.NaN },
  i32: { code: "<i", fill: -2147483647 },
} as const;

/** The type that h5wasm names so; undefined for others. */
export function dtypeOf(code: unknown): Dtype | undefined {
  return dtypeNames.find((dtype) => stored[dtype].code === code);
}

/** What is fixed when a snapshot file is created. */
export interface SnapshotLayout {
  /** Cells per axis, 1 to 3 axes. */
  shape: readonly number[];
  /** Cell centres, one array per axis. */
  coordinates: readonly Float64Array[];
  /** Both ends of each axis. */
  bounds?: readonly (readonly [number, number])[];
  /** What the axes measure; `cartesian` by default. */
  system?: Coordinates;
  /** The faces of cells, of axes where these differ in size. */
  faces?: readonly (Float64Array | undefined)[];
  /** Which axes wrap around. */
  periodic?: readonly boolean[];
  /** Whether the corners of the cells are in the file, for a text of XDMF beside it. */
  hasMesh?: boolean;
  /** Unit of all coordinates, or one an axis; `"1"` by default. */
  coordinateUnits?: string | readonly string[];
  /** Unit of time, `"1"` by default. */
  timeUnits?: string;
  /** The variables by name; the diagnostics are those of the first, which changes. */
  variables: Readonly<Record<string, StoredVariable>>;
  /** Attributes of the whole file: title, source, history, decomposition, version, config ... */
  attributes?: Readonly<Record<string, string | number>>;
}

/** What is told of a variable. */
export const VARIABLE_KEYS = ["units", "longName", "dtype", "at", "static"] as const;

const LAYOUT_KEYS = [
  ...["shape", "coordinates", "bounds", "system", "faces", "periodic", "hasMesh"],
  ...["coordinateUnits", "timeUnits", "variables", "attributes"],
] as const;

/** Global figures of the first variable in one frame, and when it was written. */
export interface Diagnostics {
  min: number;
  max: number;
  sum: number;
  /** Seconds since the run began, those of the runs that it continues included. */
  walltime: number;
}

export const CONVENTIONS = "CF-1.11";
/** Names of axes that no variable has. */
const AXES = [...axisNames(), "r"];
/** The attribute of a file that says what its axes measure, where these are not x, y and z. */
export const SYSTEM = "coordinate_system";
/** The name of the faces of an axis. */
export const facesName = (axis: string) => `${axis}_bounds`;
/** The name of the scale of the faces across an axis. */
export const faceScale = (axis: string) => `${axis}_face`;
/** The group of the corners of the cells, for a text of XDMF. */
export const MESH = "mesh";
/** The attribute of a variable that says where its values are, if these are no centres of cells. */
export const PLACE = "location";
/** The attributes of an axis that tell its ends. */
export const BOUNDS = ["lower", "upper"] as const;
export const DIAGNOSTICS = ["min", "max", "sum", "walltime"] as const;
/** True for datasets of one value per frame. */
export const isSeries = (name: string) => name === "time" || (DIAGNOSTICS as readonly string[]).includes(name);

/**
 * How values lie in a file: `contiguous`, for a number of frames that whoever writes to the headers changes; `compressed`,
 * the same with frames in chunks that all ranks compress; `chunked`, with frames that HDF5 appends.
 */
export type StorageForm = "contiguous" | "compressed" | "chunked";
export const STORAGE_FORMS: readonly StorageForm[] = ["contiguous", "compressed", "chunked"];

/** The attribute `storage` of a file, by which its writer knows it again. */
export function storageName(form: StorageForm): string {
  return `wasm-mpi ${form} 1`;
}

/** A chunk of a variable has at most this many values (1 MiB), so that it fits HDF5's chunk cache. */
const CHUNK_VALUES = 2 ** 17;
/** One transfer moves at most this many values (4 MiB) or one chunk, which bounds the memory h5wasm needs. */
const SLAB_VALUES = 2 ** 19;

/** Shape of the chunks of one frame: whole rows while they fit, in parts as equal as possible. */
export function chunkShape(shape: readonly number[]): number[] {
  const chunk = [...shape];
  let room = CHUNK_VALUES;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const n = shape[axis]!;
    const parts = Math.ceil(n / Math.max(1, Math.floor(room)));
    chunk[axis] = Math.ceil(n / parts);
    room /= chunk[axis]!;
  }
  return chunk;
}

/** Chunks of one frame. */
export function chunksOf(shape: readonly number[]): number {
  return chunkShape(shape).reduce((product, n, axis) => product * Math.ceil(shape[axis]! / n), 1);
}

/** Ranges `[begin, end)` of axis 0 in which a frame is moved; each is a whole number of chunks. */
export function slabs(shape: readonly number[]): [begin: number, end: number][] {
  const rows = chunkShape(shape)[0]!;
  const step = rows * Math.max(1, Math.floor(SLAB_VALUES / (rows * cells(shape.slice(1)))));
  const count = Math.ceil(shape[0]! / step);
  return Array.from({ length: count }, (_, i) => [i * step, Math.min(shape[0]!, (i + 1) * step)]);
}

/**
 * Ranges `[begin, end)` along the first axes in which a frame is read, in C order. Each is a whole number of chunks and
 * at most one transfer: where a row of axis 0 is more, it is cut along axis 1, and so on.
 */
export function* parts(
  shape: readonly number[],
  before: readonly [begin: number, end: number][] = [],
): Generator<[begin: number, end: number][], undefined> {
  const rest = shape.slice(1);
  if (cells(rest) <= SLAB_VALUES) {
    for (const slab of slabs(shape)) yield [...before, slab];
  } else {
    for (let index = 0; index < shape[0]!; index++) yield* parts(rest, [...before, [index, index + 1]]);
  }
}

/** The axis across whose faces a variable has its values; -1 where cells have them. */
export function faceAxisOf({ system }: Pick<SnapshotLayout, "system">, { at = "cell" }: Pick<Variable, "at">): number {
  return axisNames(system).findIndex((name) => at === `${name}-face`);
}

/** The values of a variable along each axis: those of the cells, and one more across faces between walls. */
export function shapeOf(
  layout: Pick<SnapshotLayout, "shape" | "periodic" | "system">,
  variable: Pick<Variable, "at">,
): readonly number[] {
  const across = faceAxisOf(layout, variable);
  return layout.shape.map((n, axis) => n + Number(axis === across && !layout.periodic?.[axis]));
}

/** Number of cells of a shape. */
export function cells(shape: readonly number[]): number {
  return shape.reduce((product, n) => product * n, 1);
}

/** @throws UsageError unless a file can be made of the layout. */
export function checkLayout(where: string, layout: SnapshotLayout): void {
  const { shape, coordinates, coordinateUnits, timeUnits, variables, attributes = {} } = layout;
  expectKeys(`${where}: "layout"`, layout, LAYOUT_KEYS);
  const shapeText = `[${shape.join(", ")}]`;
  if (shape.length < 1 || shape.length > 3 || !shape.every((n) => Number.isSafeInteger(n) && n > 0)) {
    throw wrong(`${where}: "shape"`, "1 to 3 positive integers", shapeText, "Give the cells of each axis.");
  }
  if (coordinates.length !== shape.length) {
    const expected = `${shape.length} arrays (shape ${shapeText})`;
    throw wrong(`${where}: "coordinates"`, expected, `${coordinates.length}`, "Give one array per axis.");
  }
  for (const [i, centres] of coordinates.entries()) {
    checkValues(
      `${where}: "coordinates[${i}]"`,
      centres,
      shape[i]!,
      `axis ${axisNames(layout.system)[i]}`,
      "Give its cell centres.",
    );
  }
  checkUnits(`${where}: "coordinateUnits"`, coordinateUnits, shape.length);
  checkText(`${where}: "timeUnits"`, timeUnits);

  if (!isPlain(variables)) {
    throw wrong(`${where}: "variables"`, "an object with an entry a variable", show(variables), "Pass { psi: {} }.");
  }
  if (Object.values(variables).every((variable) => variable?.isStatic)) {
    const expected = `at least one variable${Object.keys(variables).length > 0 ? " that is not static" : ""}`;
    throw wrong(`${where}: "variables"`, expected, "none", "Name what is to be written.");
  }
  const names = axisNames(layout.system).slice(0, shape.length);
  const stretched = names.filter((_, axis) => layout.faces?.[axis]);
  const places = names.map((name) => `${name}-face`);
  const used = names.filter((_, axis) => Object.values(variables).some((variable) => variable?.at === places[axis]));
  const reserved = [
    ...(layout.system === undefined ? names : AXES),
    ...stretched.map(facesName),
    ...used.map(faceScale),
    ...(layout.hasMesh ? [MESH] : []),
  ];
  for (const [name, variable] of Object.entries(variables)) {
    checkName(`${where}: "variables"`, name, ["time", ...reserved, ...DIAGNOSTICS]);
    const keys = VARIABLE_KEYS;
    if (!isPlain(variable))
      throw wrong(
        `${where}: "variables.${name}"`,
        `an object with keys among ${keys.join(", ")}`,
        show(variable),
        "Pass {}.",
      );
    const { isStatic: _, ...told } = variable;
    expectKeys(`${where}: "variables.${name}"`, told, keys);
    checkText(`${where}: "variables.${name}.units"`, variable.units);
    checkText(`${where}: "variables.${name}.longName"`, variable.longName);
    const known = ["cell", ...(layout.bounds ? places : [])];
    if (variable.at !== undefined && !known.includes(variable.at)) {
      const todo = "Give that of the field.";
      throw wrong(`${where}: "variables.${name}.at"`, `one of ${known.join(", ")}`, show(variable.at), todo);
    }
    const dtype: unknown = toShort(variable.dtype ?? "f64");
    if (!dtypeNames.some((known) => known === dtype)) {
      const todo = "Give that of the field.";
      throw wrong(`${where}: "variables.${name}.dtype"`, "f64, f32 or i32", show(dtype), todo);
    }
  }
  if (!isPlain(attributes)) {
    throw wrong(`${where}: "attributes"`, "an object of texts and numbers", show(attributes), "Leave it out.");
  }
  for (const [name, value] of Object.entries(attributes)) {
    checkName(`${where}: "attributes"`, name, [
      "Conventions",
      "storage",
      "variables",
      "statics",
      ...(layout.system ? [SYSTEM] : []),
    ]);
    if (typeof value !== "number") checkText(`${where}: "attributes.${name}"`, value ?? null);
  }
}

/** @throws UsageError unless these are the values of one frame. */
export function checkFrame(
  where: string,
  expected: { shapes: ReadonlyMap<string, readonly number[]>; variables: ReadonlyMap<string, Dtype> },
  frame: { time: number; values: Readonly<Record<string, Values>>; diagnostics: Diagnostics },
): void {
  const variables = [...expected.variables.keys()];
  const { time, values, diagnostics } = frame;
  expectNumber(`${where}: "time"`, time, {}, "Check the time step.");
  expectKeys(`${where}: "values"`, values, variables);
  for (const name of variables) {
    if (values[name] === undefined) {
      throw wrong(`${where}: "values"`, `the variables ${quoted(variables)}`, `no "${name}"`, "Pass all of them.");
    }
    const shape = expected.shapes.get(name)!;
    const cellsText = `${shape.join(" x ")} cells`;
    const todo = "Pass the whole frame in C order.";
    checkValues(`${where}: "${name}"`, values[name], cells(shape), cellsText, todo, expected.variables.get(name));
  }
  expectKeys(`${where}: "diagnostics"`, diagnostics, DIAGNOSTICS);
  for (const name of DIAGNOSTICS) {
    const value = diagnostics[name];
    if (typeof value === "number") continue;
    throw wrong(`${where}: "diagnostics.${name}"`, "a number", typeof value, "Pass min, max, sum and walltime.");
  }
}

/** Whether it is an object of entries by name. */
function isPlain(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value);
}

/** Names in quotes, separated by commas. */
export function quoted(names: readonly string[]): string {
  return names.map((name) => `"${name}"`).join(", ");
}

function checkValues(
  where: string,
  values: unknown,
  length: number,
  what: string,
  todo: string,
  dtype: Dtype = "f64",
): void {
  const { array: Values } = numbers[dtype];
  if (!(values instanceof Values)) throw wrong(where, `a ${Values.name}`, typeName(values), todo);
  if (values.length !== length) throw wrong(where, `${length} values (${what})`, `${values.length}`, todo);
}

function checkName(where: string, name: string, taken: readonly string[]): void {
  if (taken.includes(name)) {
    throw wrong(where, `names other than ${quoted(taken)}`, `"${name}"`, "Choose another name.");
  }
  if (!/^[A-Za-z]\w*$/.test(name)) {
    throw wrong(where, "names of letters, digits and _ after a letter", `"${name}"`, "Choose another name.");
  }
}

/** @throws UsageError for what is neither a text nor one for each axis */
function checkUnits(where: string, units: unknown, axes: number): void {
  const isList = Array.isArray(units);
  for (const text of isList ? units : [units]) checkText(where, text);
  if (isList && (units.length !== axes || units.includes(undefined))) {
    throw wrong(where, `a text, or ${axes} of them, one an axis`, show(units), 'Write "m", or ["m", "km"].');
  }
}

function checkText(where: string, value: unknown): void {
  if (value === undefined || (typeof value === "string" && !value.includes("\0"))) return;
  const got = typeof value === "string" ? JSON.stringify(value) : typeName(value);
  throw wrong(where, "a text without NUL", got, "Pass a string.");
}

function typeName(value: unknown): string {
  return value === null ? "null" : typeof value === "object" ? (value.constructor?.name ?? "object") : typeof value;
}
