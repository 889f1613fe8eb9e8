/** Makes the datasets of a snapshot file, without frames, in either form. */
import fs from "node:fs";
import { resolve } from "node:path";
import { isDeepStrictEqual } from "node:util";
import type { Dataset, File } from "h5wasm/node";
import { isFull, wrongFile } from "../argument.js";
import { numbers, toShort } from "../elements.js";
import type { FileError, KernelError } from "../errors.js";
import { axisNames, makeAxes } from "../grid/axis.js";
import { load, quietly, setAttributes } from "../hdf5/library.js";
import { bytesOf, writeBytes } from "./bytes.js";
import {
  checksumOf,
  END_POSITION,
  fillValueChanges,
  NOTE_LENGTH,
  noteOf,
  numbers as numbersOf,
  readEnd,
  rootBlock,
} from "./header.js";
import {
  BOUNDS,
  CONVENTIONS,
  chunkShape,
  DIAGNOSTICS,
  faceAxisOf,
  faceScale,
  facesName,
  PLACE,
  type SnapshotLayout,
  SYSTEM,
  shapeOf,
  storageName,
  stored,
  variablesThat,
} from "./snapshot.js";
import { writeMesh } from "./xdmf.js";

/** The error of a file that HDF5 did not create; to be thrown. */
export function notCreated(path: string, cause: unknown): FileError | KernelError {
  const todo = isFull(cause)
    ? "Make room, or raise the limit of files (ulimit -f)."
    : "Close or free what is in the way.";
  return wrongFile(path, "a file that HDF5 can create", cause, todo);
}

/** Frames per chunk of the diagnostics: 4 KiB, rewritten with each frame. */
const SERIES_CHUNK = 512;
/** The same of `time`: 64 KiB, because the frame that begins a chunk is the only one a stop can leave at time 0. */
const TIME_CHUNK = 8192;

/** The form of the file; chunks are compressed with gzip at a level from 1 to 9, or not with 0. */
export type Storage =
  | { readonly form: "contiguous" }
  | { readonly form: "chunked" | "compressed"; readonly gzip: number };

/** The datasets that grow with the frames. */
export interface Datasets {
  readonly time: Dataset;
  readonly variables: ReadonlyMap<string, Dataset>;
  /** Those that do not grow, and have no cells yet. */
  readonly statics: ReadonlyMap<string, Dataset>;
  readonly diagnostics: ReadonlyMap<string, Dataset>;
}

/** Makes all datasets and attributes of an empty file. */
export function createDatasets(file: File, layout: SnapshotLayout, storage: Storage): Datasets {
  const { variables, coordinateUnits = "1", timeUnits = "1" } = layout;
  // Whatever others add is none of these.
  const namesThat = (areStatic: boolean) => Object.keys(variablesThat(areStatic, variables)).join(" ");
  const marks = {
    storage: storageName(storage.form),
    variables: namesThat(false),
    statics: namesThat(true) || undefined,
    ...(layout.system ? { [SYSTEM]: layout.system } : {}),
  };
  setAttributes(file, { Conventions: CONVENTIONS, ...layout.attributes, ...marks });

  const time = createSeries(file, "time", storage, TIME_CHUNK);
  setAttributes(time, { units: timeUnits, long_name: "time", axis: "T" });
  time.make_scale("time");
  const axes = axisNames(layout.system).slice(0, layout.shape.length);
  for (const [i, axis] of axes.entries()) {
    const scale = file.create_dataset({ name: axis, data: layout.coordinates[i]!, dtype: "<d" });
    const long_name = `cell centres along ${axis}`;
    // The convention has no letter for a radius.
    const letter = axis === "r" ? {} : { axis: axis.toUpperCase() };
    setAttributes(scale, { units: unitsAlong(coordinateUnits, i), long_name, ...letter });
    const { bounds, periodic } = layout;
    if (bounds) for (const [end, name] of BOUNDS.entries()) scale.create_attribute(name, bounds[i]![end]!, [], "<d");
    const faces = layout.faces?.[i];
    if (faces) {
      // The convention has both ends of each cell.
      const data = Float64Array.from({ length: 2 * (faces.length - 1) }, (_, n) => faces[(n + 1) >> 1]!);
      file.create_dataset({ name: facesName(axis), data, shape: [faces.length - 1, 2], dtype: "<d" });
      setAttributes(scale, { bounds: facesName(axis) });
    }
    if (periodic) setAttributes(scale, { periodic: Number(periodic[i]) });
    scale.make_scale(axis);
  }

  makeFaceScales(file, layout);
  const all = Object.entries(variables).map(([name, { units, longName, dtype = "f64", at, isStatic = false }]) => {
    const across = faceAxisOf(layout, { ...(at ? { at } : {}) });
    const scales = axes.map((axis, i) => (i === across ? faceScale(axis) : axis));
    const shape = shapeOf(layout, { ...(at ? { at } : {}) });
    const chunks = chunkShape(shape);
    const chunked = isStatic
      ? { maxshape: [...shape], chunks }
      : { maxshape: [null, ...shape], chunks: [1, ...chunks] };
    const { code, fill } = stored[toShort(dtype)];
    // Rank 0 compresses all of a file that it writes; else the ranks compress frames.
    const isChunked = storage.form === "chunked" || (storage.form === "compressed" && !isStatic);
    const gzip = isChunked && storage.gzip > 0 ? { compression: storage.gzip } : {};
    const dataset = file.create_dataset({
      name,
      data: new numbers[toShort(dtype)].array(0),
      // None yet of what grows; whoever writes gives a static one its cells.
      shape: [0, ...shape.slice(isStatic ? 1 : 0)],
      dtype: code,
      ...(isChunked ? chunked : {}),
      ...gzip,
    });
    setAttributes(dataset, { units, long_name: longName, [PLACE]: across < 0 ? undefined : at });
    // Of the variable's own type, as netCDF wants it. Readers take integers with one for floats.
    if (Number.isNaN(fill)) dataset.create_attribute("_FillValue", fill, [], code);
    for (const [i, scale] of (isStatic ? scales : ["time", ...scales]).entries()) dataset.attach_scale(i, scale);
    return [name, dataset] as const;
  });
  const [first, { units }] = Object.entries(variablesThat(false, variables))[0]!;
  const diagnostics = DIAGNOSTICS.map((name) => {
    const dataset = createSeries(file, name, storage, SERIES_CHUNK);
    if (name === "walltime") setAttributes(dataset, { units: "s", long_name: "wall-clock time since the run began" });
    else setAttributes(dataset, { units, long_name: `${name} of ${first}` });
    dataset.attach_scale(0, "time");
    return [name, dataset] as const;
  });
  if (layout.hasMesh) writeMesh(file, layout);
  const mapThat = (areStatic: boolean) =>
    new Map(all.filter(([name]) => (variables[name]!.isStatic ?? false) === areStatic));
  return { time, variables: mapThat(false), statics: mapThat(true), diagnostics: new Map(diagnostics) };
}

/** The unit of the coordinates of an axis. */
function unitsAlong(units: string | readonly string[], axis: number): string {
  return typeof units === "string" ? units : units[axis]!;
}

/** The faces across the axes of which variables have values. */
function makeFaceScales(file: File, layout: SnapshotLayout): void {
  const { shape, bounds, periodic = [], faces = [], system, coordinateUnits = "1", variables } = layout;
  const used = new Set(Object.values(variables).map((variable) => faceAxisOf(layout, variable)));
  const names = axisNames(system);
  for (const [i, n] of shape.entries()) {
    if (!used.has(i)) continue;
    const extent = faces[i] ? { faces: { x: faces[i] } } : { bounds: [bounds![i]!] };
    const [axis] = makeAxes({ shape: [n], periodic: [periodic[i] ?? false], ...extent });
    const data = Float64Array.from({ length: n + Number(!periodic[i]) }, (_, face) => axis!.face(face));
    const name = faceScale(names[i]!);
    const scale = file.create_dataset({ name, data, dtype: "<d" });
    setAttributes(scale, { units: unitsAlong(coordinateUnits, i), long_name: `faces across ${names[i]}` });
    scale.make_scale(name);
  }
}

/** A dataset with one value per frame. */
function createSeries(file: File, name: string, storage: Storage, chunk: number): Dataset {
  const chunked = storage.form === "chunked" ? { maxshape: [null], chunks: [chunk] } : {};
  return file.create_dataset({ name, data: new Float64Array(0), shape: [0], dtype: "<d", ...chunked });
}

/** What is in a file before its frames. */
interface Metadata {
  /** Where the headers of what grows are, `time` and the diagnostics first, and those of what does not change. */
  readonly addresses: ReadonlyMap<string, number>;
  /** Where the note of the ends is, the last of it. */
  readonly notePosition: number;
}

/**
 * Writes the metadata of a file that is there and empty, and opens it. The file then is whole, with no frames: that of a run that
 * is stopped before the first one can be read.
 * @param mould of files like it, where there are any @throws Error of the system or of HDF5
 */
export async function layOut(
  path: string,
  layout: SnapshotLayout,
  storage: Storage,
  mould?: Mould,
): Promise<Metadata & { readonly fd: number }> {
  const cast = mould?.cast(layout);
  if (cast) {
    const fd = fs.openSync(path, "r+");
    try {
      writeBytes(fd, cast.bytes, 0);
    } catch (error) {
      fs.closeSync(fd);
      throw error;
    }
    return { ...cast.metadata, fd };
  }
  const hdf5 = await load();
  const file = new hdf5.File(resolve(path), "w", { libver: ["earliest", "v108"], track_order: true });
  if (file.file_id === -1n) throw new Error("H5Fopen failed");
  let addresses: Map<string, number>;
  try {
    addresses = addressesOf(createDatasets(file, layout, storage));
  } catch (error) {
    quietly(() => file.close());
    throw error;
  }
  file.close();
  const fd = fs.openSync(path, "r+");
  try {
    const read = bytesOf(fd);
    const notePosition = giveFillValues(fd, layout, addresses, readEnd(read));
    const end = notePosition + NOTE_LENGTH;
    writeBytes(fd, noteOf(end, end), notePosition);
    writeBytes(fd, numbersOf([end]), END_POSITION);
    mould?.take(layout, read(0, end), { addresses, notePosition });
    return { addresses, notePosition, fd };
  } catch (error) {
    fs.closeSync(fd);
    throw error;
  }
}

/** The addresses of the headers of datasets. */
function addressesOf({ time, variables, statics, diagnostics }: Datasets): Map<string, number> {
  const all = [["time", time] as const, ...diagnostics, ...statics, ...variables];
  return new Map(
    all.map(([name, dataset]) => {
      const { ref_data: bytes } = dataset.create_reference();
      return [name, Number(Buffer.from(bytes).readBigUInt64LE())] as const;
    }),
  );
}

/**
 * The metadata of files that differ in the text of an attribute alone. HDF5 lays out the first of them, which takes 3 to 4 ms,
 * and those whose text is of another length than that of the one before; the others have the times of that one in their headers.
 */
export class Mould {
  readonly #attribute: string;
  /** The last that HDF5 has laid out, where its text is in a place that is known. */
  #last:
    | {
        readonly layout: SnapshotLayout;
        readonly bytes: Buffer;
        readonly metadata: Metadata;
        /** Where the text is, and the block with its checksum. */
        readonly position: number;
        readonly byteLength: number;
        readonly block: { readonly begin: number; readonly end: number };
      }
    | undefined;

  /** @param attribute whose text differs, of the file */
  constructor(attribute: string) {
    this.#attribute = attribute;
  }

  /** Keeps the metadata that HDF5 has laid out. */
  take(layout: SnapshotLayout, bytes: Buffer, metadata: Metadata): void {
    this.#last = undefined;
    const text = this.#textOf(layout);
    const position = bytes.indexOf(text);
    const block = rootBlock(bytes);
    // Longer texts are elsewhere.
    if (!block || position < block.begin || position + text.length > block.end - 4) return;
    if (bytes.indexOf(text, position + 1) >= 0) return;
    this.#last = { layout: this.#restOf(layout), bytes, metadata, position, byteLength: text.length, block };
  }

  /** The metadata of a file, if HDF5 need not lay it out. The bytes are good until the next one. */
  cast(layout: SnapshotLayout): { readonly bytes: Buffer; readonly metadata: Metadata } | undefined {
    const text = this.#textOf(layout);
    if (text.length !== this.#last?.byteLength || !isDeepStrictEqual(this.#restOf(layout), this.#last.layout)) {
      return undefined;
    }
    const { bytes, metadata, position, block } = this.#last;
    text.copy(bytes, position);
    bytes.writeUInt32LE(checksumOf(bytes.subarray(block.begin, block.end - 4)), block.end - 4);
    return { bytes, metadata };
  }

  #textOf({ attributes }: SnapshotLayout): Buffer {
    return Buffer.from(String(attributes?.[this.#attribute] ?? ""));
  }

  #restOf(layout: SnapshotLayout): SnapshotLayout {
    return { ...layout, attributes: { ...layout.attributes, [this.#attribute]: "" } };
  }
}

/**
 * Gives the variables the fill value of their attribute: readers pad a variable with it where they find `time` longer.
 * @param end of the file; the bytes behind it are used. @returns the end of those
 */
function giveFillValues(
  fd: number,
  { variables }: SnapshotLayout,
  addresses: ReadonlyMap<string, number>,
  end: number,
): number {
  let spare = Math.ceil(end / 8) * 8;
  for (const [name, { dtype }] of Object.entries(variables)) {
    const type = toShort(dtype ?? "f64");
    const value = Buffer.from(new numbers[type].array([stored[type].fill]).buffer);
    const changes = fillValueChanges(bytesOf(fd), addresses.get(name)!, value, spare);
    for (const { position, bytes } of changes) writeBytes(fd, bytes, position);
    spare += changes[0]!.bytes.length;
  }
  return spare;
}
