/** What an output is asked for, and what of it goes together. */
import { expectOneOf, show, wrong } from "../argument.js";
import { mpi } from "../mpi/index.js";
import type { StorageForm, Variable } from "./snapshot.js";
import { BACKENDS, type Backend } from "./store.js";

/** What an `Output` holds besides the fields, and how it is written. */
export interface OutputOptions {
  /** The fields that each frame has, by name; `min`, `max` and `sum` are those of the first. */
  readonly variables: Readonly<Record<string, Variable>>;
  /** Attributes of the whole file. */
  readonly attributes?: Readonly<Record<string, string | number>>;
  /** The unit of the times of frames, as an attribute of `time`. Default: `1`. */
  readonly timeUnits?: string;
  /** The unit of all axes, or one an axis, as attributes of their coordinates. Default: `1`. */
  readonly coordinateUnits?: string | readonly string[];
  /** Replace an existing file. Default: refuse. */
  readonly overwrite?: boolean;
  /**
   * How values get into the file. `mpiio`: every rank writes its block through MPI-IO. `posix`: the same through the
   * operating system. `gather`: rank 0 collects and compresses whole frames. Default: `posix` where all ranks are on one
   * node and their blocks are each in one piece in the file, else `mpiio`.
   */
  readonly backend?: Backend;
  /**
   * Frames to make room for, where there are several variables; more are moved to the end of the file when they come. Not
   * for `gather`. Default: 16, or what fits into 1 MiB.
   */
  readonly capacity?: number;
  /** Reserve the disk's space for `capacity` frames at once: a full disk is noticed now. Not for `gather`. */
  readonly preallocate?: boolean;
  /** Count a frame only when the disk has it, so that it outlives a power failure; slower. Not for `gather`. */
  readonly durable?: boolean;
  /**
   * Write copies of the fields by another thread while the program goes on, two frames at most; then it waits. A frame counts
   * at the next call of this output at which all ranks have written it, and errors are thrown there. Needs the backend
   * `posix`, and memory for two frames. Default: false.
   */
  readonly beside?: boolean;
  /**
   * Write an XDMF text beside the file, by which ParaView reads it: `out.xdmf` of `out.h5`. For 2 and 3 axes. The file has
   * the corners of the cells as well. Default: none.
   */
  readonly xdmf?: boolean;
  /**
   * Level of compression from 1 to 9, 0 for none: all ranks compress, for `posix` and on one node, or rank 0 for `gather`.
   * Default: 0, of `gather` 4. Not with `capacity`, `preallocate` or `beside`.
   */
  readonly gzip?: number;
}

/** How a file is continued; see {@link OutputOptions}. */
export type AppendOptions = Pick<OutputOptions, "backend" | "durable" | "beside">;

export const createKeys = ["variables", "attributes", "timeUnits", "coordinateUnits", "overwrite", "xdmf"];
export const storeKeys = ["backend", "capacity", "preallocate", "durable", "beside", "gzip"];

/** Options that there are, as a text behind others. */
function told(options: Readonly<Record<string, unknown>>): string {
  const known = Object.entries(options).filter(([, value]) => value !== undefined);
  return known.map(([name, value]) => `, ${name}: ${show(value)}`).join("");
}

/** What all ranks have to pass alike of the options: the attributes of the file are those that rank 0 passes. */
export function sharedText(options: Partial<OutputOptions> | undefined): string {
  const { variables, backend, durable, beside, xdmf } = options ?? {};
  const all = typeof variables === "object" && variables !== null ? variables : {};
  const types = Object.entries(all).map(([name, variable]) => {
    const { static: field, dtype = "f64", at = field?.at, units, longName } = variable ?? {};
    const type = field === undefined ? show(dtype) : "static";
    // Of a field that is written once, the type is that of the field.
    const rest = { at: at === "cell" ? undefined : at, dtype: field === undefined ? undefined : field?.dtype };
    const text = told({ ...rest, units, longName }).slice(2);
    return `${name}: ${type}${text && ` (${text})`}`;
  });
  const { gzip, capacity, preallocate, timeUnits, coordinateUnits } = options ?? {};
  const form = told({ beside, gzip, capacity, preallocate, timeUnits, coordinateUnits });
  return `{ variables: { ${types.join(", ")} }, backend: ${show(backend)}, durable: ${show(durable)}, xdmf: ${show(xdmf)}${form} }`;
}

type StoreOptions = Pick<
  OutputOptions,
  "overwrite" | "xdmf" | "backend" | "capacity" | "preallocate" | "durable" | "beside" | "gzip"
>;

/** @throws UsageError for options of a store that contradict each other. */
export function checkBackend(where: string, options: StoreOptions): StoreOptions {
  const { backend, capacity, preallocate, durable, beside, gzip, overwrite, xdmf } = options;
  if (backend !== undefined) expectOneOf(`${where}: "backend"`, backend, BACKENDS, "Leave it out.");
  for (const [name, value] of Object.entries({ preallocate, durable, beside, overwrite, xdmf })) {
    if (value !== undefined && typeof value !== "boolean") {
      throw wrong(`${where}: "${name}"`, "true or false", show(value), "Give one of them.");
    }
  }
  if (capacity !== undefined && !(Number.isSafeInteger(capacity) && capacity >= 1)) {
    throw wrong(`${where}: "capacity"`, "a whole number of frames from 1", show(capacity), "Leave it out.");
  }
  if (gzip !== undefined && !(Number.isInteger(gzip) && gzip >= 0 && gzip <= 9)) {
    throw wrong(`${where}: "gzip"`, "a level from 0 to 9", show(gzip), "Leave it out.");
  }
  // Rank 0 writes the file, or chunks come behind each other as they are.
  const others: Record<string, unknown> =
    backend === "gather" ? { capacity, preallocate, durable } : gzip ? { capacity, preallocate, beside } : {};
  const strange = Object.entries(others).find(([, value]) => value !== undefined && value !== false);
  if (strange) {
    const expected = `none with ${backend === "gather" ? 'the backend "gather"' : '"gzip"'}`;
    throw wrong(`${where}: "${strange[0]}"`, expected, String(strange[1]), "Leave out one of them.");
  }
  if (gzip && backend === "mpiio") {
    throw wrong(`${where}: "gzip"`, 'the backend "posix" or "gather" with it', '"mpiio"', "Leave out one of them.");
  }
  if (beside && backend !== undefined && backend !== "posix") {
    // A nonblocking write of MPI-IO that fails may never complete, or look complete: see Transfers.
    throw wrong(`${where}: "beside"`, 'the backend "posix" with it', show(backend), "Leave out one of them.");
  }
  if (backend === "mpiio" && mpi.versionInfo().library === "solo") {
    throw wrong(`${where}: "backend"`, "posix or gather without an MPI library", '"mpiio"', "Leave it out.");
  }
  return options;
}

/** @throws UsageError for options that a file of this form does not have */
export function checkForm(form: StorageForm, { backend, durable, beside }: AppendOptions): void {
  const where = "Output.append";
  if (form === "compressed" && backend !== undefined && backend !== "posix") {
    throw wrong(`${where}: "backend"`, '"posix", as for this file before', `"${backend}"`, "Leave it out.");
  }
  if (form === "compressed" && beside) {
    throw wrong(`${where}: "beside"`, "a file that is not compressed", "one that is", "Leave it out.");
  }
  if ((form === "chunked") !== (backend === "gather") && backend !== undefined) {
    const expected = form === "chunked" ? '"gather", as for this file before' : '"mpiio" or "posix" for this file';
    throw wrong(`${where}: "backend"`, expected, `"${backend}"`, "Leave it out.");
  }
  const strange = Object.entries({ durable, beside: beside || undefined }).find(([, value]) => value !== undefined);
  if (form === "chunked" && strange) {
    throw wrong(`${where}: "${strange[0]}"`, "a file whose blocks the ranks write", "one of rank 0", "Leave it out.");
  }
}
