/** What an output's file does, which of its forms suits, and whether a file is one that a run can go on from. */
import { accessSync, constants, readFileSync } from "node:fs";
import { hostname } from "node:os";
import { show, wrong, wrongFile } from "../argument.js";
import type { UsageError } from "../errors.js";
import type { AnyField, Place } from "../grid/field.js";
import type { Figures } from "../grid/figures.js";
import type { Grid } from "../grid/grid.js";
import type { Comm } from "../mpi/comm/comm.js";
import { isSameText } from "../mpi/comm/same.js";
import { incoherentNames, incoherentSystem } from "../path.js";
import { SnapshotReader } from "./reader.js";
import { type Dtype, placesOf, type StorageForm, typesOf } from "./snapshot.js";

/** The backends of an output: how values get into the file. */
export const BACKENDS = ["mpiio", "posix", "gather"] as const;
/** How values get into the file: through the MPI library, each rank by itself, or all through rank 0. */
export type Backend = (typeof BACKENDS)[number];

/** The fields of a frame by name. */
export type Fields = Readonly<Record<string, AnyField>>;

/** The file of an output, in one of its forms. All of it is **collective** and blocking. */
export interface Store {
  readonly backend: Backend;
  readonly choice: Choice<Backend>;
  /** Whether a frame can be written, for all that this rank knows. **Local.** */
  isReady(): boolean;
  /** @throws FileError on every rank where a frame cannot be written; there is none where it can */
  expectReady(): void;
  /**
   * Appends a frame to a file that is ready, with the figures of its first field, unless others are given.
   * @throws FileError on every rank; the frames before stay
   */
  write(time: number, fields: Fields, walltime: () => number, figures?: Figures): void;
  /** Sets a field to a variable of a frame. @throws FileError on every rank */
  read(name: string, frame: number, field: AnyField): void;
  /** Frames that count. */
  readonly counted: number;
  /**
   * Has frames under way counted: those that all ranks have written, or all.
   * @throws FileError on every rank, for the first that was not written; those behind it are left out
   */
  settle(which: "written" | "all"): void;
  /** Leaves out frames under way: they never count. */
  abandon(): void;
  close(): void;
}

/** What a file that is continued holds. */
export interface Contents {
  readonly variables: Readonly<Record<string, Dtype>>;
  readonly statics: Readonly<Record<string, Dtype>>;
  /** Where variables have their values, by name, of those that have them at faces. */
  readonly places: Readonly<Record<string, Place>>;
  readonly times: Float64Array;
  readonly attributes: Readonly<Record<string, unknown>>;
  /** Seconds that its runs took until the last frame. */
  readonly walltime: number;
}

/** A way to move blocks. */
export type BlockBackend = "mpiio" | "posix";

/** A backend, and why it was chosen. */
export interface Choice<B extends Backend = BlockBackend> {
  readonly backend: B;
  /** For people: `the ranks are on several hosts`. */
  readonly reason: string;
  /** Whether MPI-IO has to write through a single rank: what one host has written, others may not see. */
  readonly oneWriter: boolean;
}

/**
 * The way to move blocks that suits. On one host, and where the block of each rank is in one piece in the file, the
 * system's calls take 1.02 to 1.05 x the time of plain ones, and MPI-IO 1.1 to 1.3 x; where the rows of several ranks
 * alternate, MPI-IO joins them and takes 1.5 x, the system's calls 2.6 x, which do not matter beside the program. Across hosts
 * only MPI-IO is right on every file system; on those that keep pages of a file in each host's memory (NFS), a page with
 * values of two hosts would lose those of one, so that there a single rank writes for all. **Collective.**
 * @param where the call, for error texts
 * @param want the backend asked for, and what only the system's calls do: frames beside the program, compressed ones
 * @throws UsageError where that does not go across hosts
 */
export function backendFor(
  where: string,
  { comm, split }: Grid,
  path: string,
  want: { readonly backend?: BlockBackend | undefined; readonly beside: boolean; readonly gzip: number },
): Choice {
  const { backend: asked, beside, gzip } = want;
  if (comm.size === 1) return { backend: asked ?? "posix", reason: reasonOf(asked, "1 rank"), oneWriter: false };
  const isNeeded = beside || gzip > 0;
  if (isOnOneHost(comm)) {
    const inOnePiece = split.slice(1).every((blocks) => blocks === 1);
    const piece = inOnePiece ? "the block of each rank is in one piece" : "rows of several ranks alternate";
    const backend = asked ?? (inOnePiece || isNeeded ? "posix" : "mpiio");
    return { backend, reason: reasonOf(asked, `the ranks are on 1 host, ${piece}`), oneWriter: false };
  }
  if (asked === undefined && isNeeded) throw elsewhere(where, beside ? "beside" : "gzip");
  const incoherent = incoherentOn(comm, path);
  if (asked === "posix" && incoherent !== undefined) {
    const expected = `mpiio or gather where several hosts write a file on ${incoherent}`;
    throw wrong(`${where}: "backend"`, expected, show(asked), "Leave it out, or choose another file system.");
  }
  const one = incoherent === undefined ? "" : `, of which one writes, as the file is on ${incoherent}`;
  const reason = reasonOf(asked, `the ranks are on several hosts${one}`);
  return { backend: asked ?? "mpiio", reason, oneWriter: incoherent !== undefined };
}

function reasonOf(asked: Backend | undefined, reason: string): string {
  return asked ? `as asked; ${reason}` : reason;
}

/** The error of an option that wants all ranks on one host. */
export function elsewhere(where: string, option: string): UsageError {
  const todo = 'Leave it out, or pass { backend: "posix" } where all nodes see one file system at once.';
  return wrong(`${where}: "${option}"`, "all ranks on one node with it", "several nodes", todo);
}

/** Whether all ranks run on one host. **Collective**: a reduction of four numbers. */
export function isOnOneHost(comm: Comm): boolean {
  return isSameText(comm, hostOfProcess());
}

/**
 * The file system of a path where a host may not see what others have written, on whichever host. **Collective**: a reduction
 * of a number.
 */
function incoherentOn(comm: Comm, path: string): string | undefined {
  const own = incoherentSystem(path);
  const index = comm.allreduce(own === undefined ? -1 : incoherentNames.indexOf(own), { op: "max" });
  return incoherentNames[index];
}

/** What tells this machine from others, also where they have one name. */
function hostOfProcess(): string {
  try {
    return hostname() + readFileSync("/proc/sys/kernel/random/boot_id", "utf8");
  } catch {
    return hostname(); // Not Linux: the name has to do.
  }
}

/** @throws FileError for a file that may only be read: a copy could take its place */
export function checkWritable(path: string): void {
  try {
    accessSync(path, constants.W_OK);
  } catch (cause) {
    const todo = "Check its permissions, or continue in a new file: Output.create (--output NEW.h5).";
    throw wrongFile(path, "a file that can be written", cause, todo);
  }
}

/** A file that is to be continued, and what all ranks have to know of it. */
export interface Found {
  readonly reading: SnapshotReader;
  readonly contents: Contents & { readonly form: StorageForm };
}

/** Opens a file on rank 0, to be continued on a grid. */
export async function openFor(grid: Grid, path: string): Promise<Found> {
  const reading = await SnapshotReader.open(path);
  try {
    if (reading.form === undefined) {
      throw wrongFile(path, "a file that Output made", "one of another program", "Choose a file that wasm-mpi wrote.");
    }
    if (reading.shape.join() !== grid.shape.join()) {
      const expected = `the ${grid.shape.join(" x ")} cells of the grid`;
      throw wrongFile(path, expected, reading.shape.join(" x "), "Make the grid that the file is of.");
    }
    const { system } = reading;
    if (system !== grid.system) {
      throw wrongFile(path, `the ${grid.system} coordinates of the grid`, system, "Make the grid that the file is of.");
    }
    const other = reading.coordinates.findIndex((centres, axis) => {
      return grid.coordinates(axis).some((centre, index) => centre !== centres[index]);
    });
    if (other >= 0) {
      const expected = `the cell centres of the grid along ${grid.axes[other]!.name}`;
      throw wrongFile(path, expected, "others", "Make the grid that the file is of, with the same bounds.");
    }
    const { bounds, periodic } = reading; // Files of earlier versions do not tell.
    if (bounds && String(bounds) !== String(grid.bounds)) {
      const expected = `the bounds ${JSON.stringify(grid.bounds)} of the grid`;
      throw wrongFile(path, expected, JSON.stringify(bounds), "Make the grid that the file is of.");
    }
    if (periodic && String(periodic) !== String(grid.periodic)) {
      const expected = `the periodic axes ${JSON.stringify(grid.periodic)} of the grid`;
      throw wrongFile(path, expected, JSON.stringify(periodic), "Make the grid that the file is of.");
    }
    if (reading.times.length === 0) {
      throw wrongFile(path, "a file with frames", "none", "Run it again from the start.");
    }
    return { reading, contents: contentsOf(reading, reading.form) };
  } catch (error) {
    reading.close();
    throw error;
  }
}

/** What is in a file whose last frame a run on a grid is to begin with. **Local.** @throws FileError as `Output.append` */
export async function contentsFor(grid: Grid, path: string): Promise<Found["contents"]> {
  const { reading, contents } = await openFor(grid, path);
  reading.close();
  return contents;
}

function contentsOf(reading: SnapshotReader, form: StorageForm): Found["contents"] {
  const { times, attributes, layout } = reading;
  const { walltime } = reading.diagnostics(-1);
  const [variables, statics] = typesOf(layout.variables);
  return { form, variables, statics, places: placesOf(layout.variables), times, attributes, walltime };
}
