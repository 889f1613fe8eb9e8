import type { AnyField, Place } from "../grid/field.js";
import type { Dtype } from "./snapshot.js";

/** The backends of an output: how values get into the file. */
export const BACKENDS = ["mpiio", "posix", "gather"] as const;
/** How values get into the file: through the MPI library, each rank by itself, or all through rank 0. */
export type Backend = (typeof BACKENDS)[number];

/** The fields of a frame by name. */
export type Fields = Readonly<Record<string, AnyField>>;

/** The file of an output, in one of its forms. All of it is **collective** and blocking. */
export interface Store {
  readonly backend: Backend;
  /** Appends a frame, with the figures of its first field. @throws FileError on every rank; the frames before stay */
  write(time: number, fields: Fields, walltime: () => number): void;
  /** Sets a field to a variable of a frame. @throws FileError on every rank */
  read(name: string, frame: number, field: AnyField): void;
  /** Frames that count. */
  readonly counted: number;
  /**
   * Has frames under way counted: those that all ranks have written, or all.
   * @throws FileError on every rank, for the first that was not written; those behind it are left out
   */
  settle(which: "written" | "all"): void;
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
