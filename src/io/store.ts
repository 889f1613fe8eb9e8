/** What an output's file does, and which of its forms suits. */
import { readFileSync } from "node:fs";
import { hostname } from "node:os";
import { show, wrong } from "../argument.js";
import type { UsageError } from "../errors.js";
import type { AnyField } from "../grid/field.js";
import type { Figures } from "../grid/figures.js";
import type { Grid } from "../grid/grid.js";
import type { Comm } from "../mpi/comm/comm.js";
import { isSameText } from "../mpi/comm/same.js";
import { incoherentNames, incoherentSystem } from "../path.js";

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
