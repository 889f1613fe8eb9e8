import { keysOf, show, wrong } from "../../argument.js";
import type { Constant } from "../library/abi.js";
import type { World } from "../library/world.js";

/** How a file is opened; equal on all ranks. */
export interface FileMode {
  /** Default true, unless `write` is given. */
  readonly read?: boolean;
  /** Default false. */
  readonly write?: boolean;
  /** Makes the file if it is not there. Default false. */
  readonly create?: boolean;
  /** With `create`: refuses a file that is there already. Default false. */
  readonly exclusive?: boolean;
  /** Sets all file pointers to the end of the file at first. Default false. */
  readonly append?: boolean;
  /** Default false. */
  readonly deleteOnClose?: boolean;
  /** Promises that nobody else has the file open, which may be faster. Default false. */
  readonly unique?: boolean;
  /** Promises to read or write only from the beginning to the end, through the shared pointer. Default false. */
  readonly sequential?: boolean;
}

const flags = {
  create: "MPI_MODE_CREATE",
  exclusive: "MPI_MODE_EXCL",
  append: "MPI_MODE_APPEND",
  deleteOnClose: "MPI_MODE_DELETE_ON_CLOSE",
  unique: "MPI_MODE_UNIQUE_OPEN",
  sequential: "MPI_MODE_SEQUENTIAL",
} as const satisfies Partial<Record<keyof FileMode, Constant>>;

/** The names of a mode, as options have them. */
export const modeNames = keysOf<FileMode>({
  read: true,
  write: true,
  create: true,
  exclusive: true,
  append: true,
  deleteOnClose: true,
  unique: true,
  sequential: true,
});

/** The library's number of a mode. @throws UsageError for a combination that MPI does not allow */
export function amodeOf(world: World, options: FileMode, call: string): number {
  for (const name of modeNames) {
    const value = options[name as keyof FileMode];
    if (value === undefined || typeof value === "boolean") continue;
    throw wrong(`${call}: "${name}"`, "true or false", show(value), "Give one of them.");
  }
  const { constants } = world;
  const { write = false, read = !write, create = false } = options;
  if (!read && !write) throw wrong(call, "read, write or both", "neither", "Set one of them to true.");
  if (create && !write) throw wrong(`${call}: "create"`, "write with it", "a file to read only", "Open it with write.");
  if (options.exclusive && !create) {
    throw wrong(`${call}: "exclusive"`, "create with it", "a file that has to be there", "Open it with create.");
  }
  if (options.sequential && read && write) {
    throw wrong(`${call}: "sequential"`, "one of read and write", "both", "Leave out one of the three.");
  }
  let amode = constants[read && write ? "MPI_MODE_RDWR" : write ? "MPI_MODE_WRONLY" : "MPI_MODE_RDONLY"];
  for (const [name, constant] of Object.entries(flags)) {
    if (options[name as keyof typeof flags]) amode |= constants[constant];
  }
  return amode;
}

/** The reverse of {@link amodeOf}. */
export function modeOf(world: World, amode: number): Required<FileMode> {
  const { constants } = world;
  const has = (constant: Constant) => (amode & constants[constant]) !== 0;
  const both = has("MPI_MODE_RDWR");
  const mode: Record<string, boolean> = {
    read: both || has("MPI_MODE_RDONLY"),
    write: both || has("MPI_MODE_WRONLY"),
  };
  for (const [name, constant] of Object.entries(flags)) mode[name] = has(constant);
  return mode as unknown as Required<FileMode>;
}
