/** What `wasm-mpi bench io` times: frames of one HDF5 file, and in turn with them plain writes of as many bytes. */
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import { reason, wrongFile } from "../../argument.js";
import { FileError } from "../../errors.js";
import { blockStart, chooseSplit } from "../../grid/decompose.js";
import type { Field } from "../../grid/field.js";
import { Grid } from "../../grid/grid.js";
import { everywhere, onRoot } from "../../io/agree.js";
import { Output } from "../../io/output.js";
import type { Backend } from "../../io/store.js";
import { type Comm, mpi } from "../../mpi/index.js";
import { repeats } from "./messages.js";

/** Where files are made, and how they are written. */
export interface Files {
  readonly folder: string;
  /** Default: what suits. */
  readonly backend?: Backend;
}

/** What was measured of frames. */
export interface FrameTimes {
  /** The seconds of each frame. */
  readonly seconds: readonly number[];
  /** The seconds of each plain write. */
  readonly plain: readonly number[];
  /** How the values got into the file. */
  readonly backend: string;
}

/** What the plain writes are, for people. */
export const plainProgram = "one write a rank of its share of the bytes, in the same job";

/** Bytes of a frame of a square f64 field. */
export const frameBytes = (cells: number) => 8 * cells ** 2;

const halo = 2;

/** The blocks along each axis of a square. @throws UsageError when there are too many ranks for it */
export const splitOf = (cells: number, ranks: number) => chooseSplit([cells, cells], ranks, halo);

/** A new folder for temporary files. @throws FileError when none can be made */
export function newFolder(parent: string): string {
  try {
    return mkdtempSync(join(parent, "wasm-mpi-bench-"));
  } catch (cause) {
    throw new FileError(
      `"--folder" expected an existing folder that can be written, got "${parent}" (${reason(cause)}). Create it, or choose another.`,
      parent,
      cause,
    );
  }
}

/**
 * Times frames of `cells` x `cells` f64, each appended to a file that is new, from when all ranks begin until all are done.
 * The files are removed. **Collective.**
 * @throws FileError when they cannot be written
 */
export function measureFrames(comm: Comm, cells: number, files: Files): Promise<FrameTimes> {
  return inNewFolder(comm, files, (apart) => timeFrames(comm, cells, apart));
}

/** Has something done with files in a new folder, which is removed. **Collective.** @throws FileError when none can be made */
export async function inNewFolder<T>(comm: Comm, files: Files, action: (apart: Files) => Promise<T>): Promise<T> {
  const made = onRoot(comm, files.folder, () => newFolder(files.folder));
  try {
    return await action({ ...files, folder: comm.bcastObject(made) as string });
  } finally {
    if (made !== undefined) rmSync(made, { recursive: true, force: true });
  }
}

async function timeFrames(comm: Comm, cells: number, { folder, backend }: Files): Promise<FrameTimes> {
  const grid = new Grid(comm, { shape: [cells, cells], halo, split: splitOf(cells, comm.size) });
  const psi = grid.field((x, y) => 1 + Math.sin(x) * Math.cos(y));
  const how = backend === undefined ? {} : { backend };
  const output = await Output.create(grid, join(folder, "frames.h5"), { variables: { psi: {} }, ...how });
  const plain = await PlainFile.create(comm, join(folder, "plain"), frameBytes(cells));
  const times = { seconds: [] as number[], plain: [] as number[] };
  const turns = [
    async () => times.seconds.push(await clock(comm, () => output.write(times.seconds.length, { psi }))),
    async () => times.plain.push(await plain.write()),
  ];
  // The first frame does not count, in which all is done for the first time. The two go first in turn.
  for (let frame = 0; frame <= repeats; frame++) for (const turn of turns.reverse()) await turn();
  await expectLastFrame(output, psi);
  // Not in a `finally`: where something failed, the other ranks may not reach these collective calls.
  plain.close();
  await output.close();
  psi.free();
  grid.free();
  return { seconds: times.seconds.slice(1), plain: times.plain.slice(1), backend: output.backend };
}

/** Reads the last frame of `psi` into the field, which has it already. **Collective.** @throws Error where it is another one */
export async function expectLastFrame(output: Pick<Output, "read">, psi: Field): Promise<void> {
  const digest = psi.digest();
  psi.set(0);
  await output.read("psi", -1, psi);
  if (psi.digest() === digest) return;
  throw new Error("bench: expected the last frame in the file, got other values. Do not trust these times.");
}

/** The seconds until all ranks have done something. **Collective.** */
export async function clock(comm: Comm, action: () => void | Promise<void>): Promise<number> {
  comm.barrier();
  const begin = mpi.wtime();
  await action();
  comm.barrier();
  return mpi.wtime() - begin;
}

/** A file without any format, of which each rank writes one piece a frame. */
class PlainFile {
  readonly #comm: Comm;
  readonly #path: string;
  readonly #fd: number;
  readonly #frameBytes: number;
  readonly #share: Uint8Array;
  readonly #offset: number;
  #frames = 0;

  private constructor(comm: Comm, path: string, fd: number, byteLength: number) {
    this.#comm = comm;
    this.#path = path;
    this.#fd = fd;
    this.#frameBytes = byteLength;
    const placeOf = (rank: number) => 8 * blockStart(byteLength / 8, comm.size, rank);
    this.#offset = placeOf(comm.rank);
    // Filled, because memory that nobody has written to is one page of zeros, which is read faster than any other.
    this.#share = new Uint8Array(placeOf(comm.rank + 1) - this.#offset).fill(comm.rank + 1);
  }

  /** **Collective.** @throws FileError when it cannot be made, on every rank */
  static async create(comm: Comm, path: string, byteLength: number): Promise<PlainFile> {
    onRoot(comm, path, () => closeSync(openSync(path, "wx")));
    let fd = -1;
    everywhere(comm, path, () => {
      fd = openSync(path, "r+");
    });
    return new PlainFile(comm, path, fd, byteLength);
  }

  /** Appends a frame; its seconds. **Collective.** @throws FileError when there is no room, on every rank */
  async write(): Promise<number> {
    const start = this.#frames++ * this.#frameBytes + this.#offset;
    let trouble: unknown;
    const seconds = await clock(this.#comm, () => {
      try {
        for (let done = 0; done < this.#share.length; ) {
          done += writeSync(this.#fd, this.#share, done, this.#share.length - done, start + done);
        }
      } catch (cause) {
        trouble = cause;
      }
    });
    everywhere(this.#comm, this.#path, () => {
      if (trouble === undefined) return;
      const todo = "Make room, or choose another folder with --folder.";
      throw wrongFile(this.#path, `room for ${this.#frameBytes} bytes`, trouble, todo);
    });
    return seconds;
  }

  close(): void {
    closeSync(this.#fd);
  }
}
