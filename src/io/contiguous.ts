import { reason, wrongFile } from "../argument.js";
import { FileError, KernelError } from "../errors.js";
import type { AnyField } from "../grid/field.js";
import { type Figures, Summary } from "../grid/figures.js";
import type { Grid } from "../grid/grid.js";
import { shareCores } from "../grid/threads.js";
import type { Lane } from "../mpi/comm/lane.js";
import { everywhere, onRoot } from "./agree.js";
import { type Copy, copyFields, freeCopy, newCopy } from "./beside/copies.js";
import { filer } from "./beside/filer.js";
import { type Blocks, type FramePlace, frameByteLength, type Plan } from "./blocks.js";
import { writeBytes } from "./bytes.js";
import { FrameTable, type TableOptions } from "./frametable.js";
import { MpiioBlocks } from "./mpiio.js";
import { type Packed, Packer } from "./packed/packer.js";
import { PosixBlocks } from "./posix.js";
import { SnapshotReader } from "./reader.js";
import type { SnapshotLayout, Values } from "./snapshot.js";
import type { BlockBackend, Choice, Fields, Store } from "./store.js";

/** Frames that are in memory at most, where another thread writes them. */
const MOST_COPIES = 2;

/** How the ranks get at a file. */
export interface Access {
  readonly choice: Choice;
  readonly durable: boolean;
  /** Whether another thread writes frames while the program goes on. For `posix`. */
  readonly beside: boolean;
  /** Level of compression from 1 to 9, each rank its chunks; 0 for frames as they are. For `posix`. */
  readonly gzip: number;
}

/** Options of a contiguous file, all of them set. */
export interface ContiguousOptions extends Access, Pick<TableOptions, "overwrite" | "capacity" | "mould"> {
  /** Whether to have the disk keep the room for `capacity` frames from the start. */
  readonly preallocate: boolean;
  /** Whether it gets one frame, and no room for others. */
  readonly isSingle: boolean;
  /** What is to be written with the first frame, and no other. */
  readonly statics: Fields;
}

/** A frame that does not count yet. */
interface Unfinished {
  readonly time: number;
  readonly walltime: () => number;
  /** Of the first field, where its own do not say it. */
  readonly figures: Figures | undefined;
}

/** A frame that another thread writes. */
interface Pending extends Unfinished {
  /** The number of the request. */
  readonly number: number;
  readonly copy: Copy;
}

/** The options of a table: frames may be written before those that are in memory count. */
export function tableOptions(access: Pick<Access, "durable" | "beside" | "gzip">, isSingle = false) {
  const { durable, beside, gzip } = access;
  return { durable, underWay: beside && !isSingle ? MOST_COPIES : 0, gzip, isSingle };
}

/** A file into which every rank writes its blocks; rank 0 then has the frame counted. */
export class ContiguousStore implements Store {
  readonly #grid: Grid;
  readonly #path: string;
  readonly #blocks: Blocks;
  readonly #table: FrameTable | undefined;
  readonly #access: Access;
  /** Of the first field; its type never changes. */
  #summary: Summary | undefined;
  #plan: Plan;
  #failed = false;
  /** Whether nothing was written yet to a file that is continued. */
  #rests: boolean;
  #statics: Fields = {};
  /** Frames under way, and room for others. */
  readonly #pending: Pending[] = [];
  readonly #copies: Copy[] = [];
  /** Bytes of a frame of all fields. */
  #byteLength = 0;
  /** Made with the first frame. */
  #packer: Packer | undefined;

  private constructor(grid: Grid, path: string, blocks: Blocks, { table, plan }: Opened, access: Access) {
    this.#grid = grid;
    this.#path = path;
    this.#blocks = blocks;
    this.#table = table;
    this.#plan = plan;
    this.#access = access;
    this.#rests = plan.frames > 0;
  }

  get backend(): BlockBackend {
    return this.#blocks.backend;
  }

  get choice(): Choice {
    return this.#access.choice;
  }

  static async create(
    grid: Grid,
    lane: Lane,
    path: string,
    layout: SnapshotLayout,
    options: ContiguousOptions,
  ): Promise<ContiguousStore> {
    const { capacity, preallocate } = options;
    let table: FrameTable | undefined;
    const plan = await lane.fromRoot(async () => {
      table = await FrameTable.create(path, layout, { ...options, ...tableOptions(options, options.isSingle) });
      if (!preallocate) return table.plan;
      try {
        table.preallocate(capacity);
        return table.plan;
      } catch (cause) {
        table.close();
        const room = `room for ${capacity} frames (${capacity * table.frameByteLength} bytes)`;
        throw wrongFile(path, room, cause, "Make room, write fewer frames, or choose another disk.");
      }
    });
    const store = await ContiguousStore.open(grid, lane, path, { table, plan }, options);
    store.#statics = options.statics;
    return store;
  }

  /** Gives every rank its access to a file. */
  static async open(
    grid: Grid,
    lane: Lane,
    path: string,
    { table, plan }: Opened,
    access: Access,
  ): Promise<ContiguousStore> {
    const { comm } = grid;
    const { backend, oneWriter } = access.choice;
    let blocks: Blocks | undefined;
    try {
      await lane.everywhere(() => {
        try {
          blocks = backend === "posix" ? new PosixBlocks(plan.file) : new MpiioBlocks(comm, plan.file, oneWriter);
        } catch (cause) {
          const todo = "Use a file system that all ranks see.";
          throw wrongFile(path, `a file that rank ${comm.rank} can open`, cause, todo);
        }
      });
    } catch (error) {
      blocks?.close();
      table?.close();
      throw error;
    }
    if (access.beside) shareCores(grid.threads + 1);
    return new ContiguousStore(grid, path, blocks!, { table, plan }, access);
  }

  get counted(): number {
    return this.#plan.frames;
  }

  write(time: number, fields: Fields, walltime: () => number, figures?: Figures): void {
    const { comm } = this.#grid;
    this.#byteLength = Object.values(fields).reduce((sum, field) => sum + frameByteLength(field), 0);
    this.#failed = true; // Until all is well.
    this.#count("written", MOST_COPIES - 1);
    if (this.#rests) this.#onTable((table) => this.#withRoom(() => table.lead()));
    this.#rests = false;
    const frame = this.#plan.frames + this.#pending.length;
    if (this.#plan.room !== null && frame >= this.#plan.room) {
      this.#count("all");
      this.#onTable((table) => this.#withRoom(() => table.grow()));
    }
    for (const [name, field] of Object.entries(this.#statics)) {
      everywhere(comm, this.#path, () => {
        const place = { address: this.#plan.addresses[name]!, frame: 0 };
        this.#withRoom(() => this.#blocks.write(field, place), this.#onRank);
      });
    }
    this.#statics = {};
    const placeOf = (name: string) => ({ address: this.#plan.addresses[name]!, frame });
    if (this.#access.beside) this.#copy(fields, placeOf, { time, walltime: stopped(walltime), figures });
    else {
      const all = Object.entries(fields) as [[string, AnyField], ...[string, AnyField][]];
      this.#summary ??= new Summary(all[0][1]);
      const summary = this.#summary;
      summary.clear();
      const { gzip, durable } = this.#access;
      const chunks = gzip > 0 ? this.#pack(fields, frame, gzip) : undefined;
      const looking = figures ? undefined : summary;
      const parts =
        gzip > 0
          ? [() => looking?.add(all[0][1].box())]
          : all.map(([name, field], index) => () => {
              this.#blocks.write(field, placeOf(name), index === 0 ? looking : undefined);
            });
      if (durable) parts.push(() => this.#blocks.sync());
      // A rank that has failed takes no part in the next one, which may be collective.
      const last = parts.pop()!;
      for (const part of parts) everywhere(comm, this.#path, () => this.#withRoom(part, this.#onRank));
      this.#conclude(last, { time, walltime, figures }, summary, chunks);
    }
    this.#failed = false;
  }

  isReady(): boolean {
    try {
      if (!this.#failed) this.#table?.expectUnchanged();
      return !this.#failed;
    } catch {
      return false;
    }
  }

  expectReady(): void {
    if (this.#failed) {
      const got = `one that failed at frame ${this.#plan.frames}`;
      throw wrongFile(this.#path, "a file that can be written", got, "Close it; append to it when there is room.");
    }
    this.#failed = true; // Until all is well.
    onRoot(this.#grid.comm, this.#path, () => this.#table!.expectUnchanged());
    this.#failed = false;
  }

  /** Which rank it is, where there are several. */
  get #onRank(): string {
    const { comm } = this.#grid;
    return comm.size > 1 ? ` on rank ${comm.rank}` : "";
  }

  /** Does something that needs room for the next frame that counts. @param where the rank, where it is any of several */
  #withRoom(action: () => void, where = ""): void {
    try {
      action();
    } catch (cause) {
      if (cause instanceof FileError || cause instanceof KernelError) throw cause;
      const { frames } = this.#plan;
      const byteLength = this.#byteLength;
      const [before, then] =
        frames === 0 ? ["", "start again"] : ["The frames before it are whole. ", "continue the file"];
      const todo = `${before}Make room for ${byteLength} bytes, then ${then}.`;
      const expected = `room for frame ${frames} (${byteLength} bytes)`;
      throw wrongFile(this.#path, expected, `"${reason(cause)}"${where}`, todo);
    }
  }

  /** Writes the chunks of this rank, compressed. @returns those of all ranks, on rank 0 */
  #pack(fields: Fields, frame: number, gzip: number): Packed["chunks"] {
    const { comm } = this.#grid;
    this.#packer ??= new Packer(this.#grid, gzip);
    const { pieces, position, chunks } = this.#packer.pack(fields, frame, this.#table?.tail ?? 0);
    const { fd } = this.#blocks as PosixBlocks;
    everywhere(comm, this.#path, () => {
      this.#withRoom(() => {
        let begin = position;
        for (const bytes of pieces) {
          writeBytes(fd, bytes, begin);
          begin += bytes.length;
        }
      }, this.#onRank);
    });
    return chunks;
  }

  /**
   * Does what is left of a frame on each rank, and has it counted where that was done on all. The ranks have two reductions for
   * that: one of what they have met and of the extremes, and one of the sum, for which the others do not wait.
   */
  #conclude(rest: () => void, frame: Unfinished, summary: Summary, chunks?: Packed["chunks"]): void {
    const { comm } = this.#grid;
    const { time, walltime, figures } = frame;
    let extremes: Omit<Figures, "sum"> | undefined;
    const greatest = (number: number) => {
      const found = summary.extremes(comm, number);
      extremes = found;
      return found.greatest;
    };
    const run = () => this.#withRoom(rest, this.#onRank);
    everywhere(comm, this.#path, run, figures ? undefined : greatest);
    const sum = figures ? figures.sum : summary.sumOnRoot(comm);
    onRoot(comm, this.#path, () => {
      const { min, max } = (figures ?? extremes)!;
      const diagnostics = { min, max, sum: sum!, walltime: walltime() };
      this.#withRoom(() => this.#table!.commit(time, diagnostics, chunks));
    });
    this.#plan = { ...this.#plan, frames: this.#plan.frames + 1 };
  }

  /** Hands copies of the fields to the thread that writes. */
  #copy(fields: Fields, placeOf: (name: string) => FramePlace, frame: Unfinished): void {
    const { comm } = this.#grid;
    everywhere(comm, this.#path, () => {
      if (this.#copies.length === 0) this.#copies.push(newCopy(fields));
    });
    const copy = this.#copies.pop()!;
    const writes = copyFields(copy, fields, placeOf);
    const { fd } = this.#blocks as PosixBlocks;
    const number = filer().ask({ fd, writes, sync: this.#access.durable });
    this.#pending.push({ ...frame, number, copy });
  }

  settle(which: "written" | "all"): void {
    if (this.#pending.length === 0 || this.#failed) return;
    this.#failed = true; // Until all is well.
    this.#count(which);
    this.#failed = false;
  }

  abandon(): void {
    this.#failed = true;
  }

  /** Has frames under way counted, one after the other: those that all ranks have written, and others until `most` are left. */
  #count(which: "written" | "all", most = which === "all" ? 0 : MOST_COPIES): void {
    const { comm } = this.#grid;
    const pending = this.#pending;
    if (pending.length === 0) return;
    const done = pending.filter(({ number }) => filer().isDone(number)).length;
    const leave = Math.min(most, pending.length - comm.allreduce(done, { op: "min" }));
    while (pending.length > leave) {
      const [frame] = pending as [Pending];
      const { number, copy } = frame;
      this.#conclude(() => filer().wait(this.#path, number), frame, copy.summary);
      pending.shift();
      this.#copies.push(copy);
    }
  }

  #onTable(change: (table: FrameTable) => void): void {
    onRoot(this.#grid.comm, this.#path, () => change(this.#table!));
    this.#plan = this.#grid.comm.bcastObject(this.#table?.plan) as Plan;
  }

  read(name: string, frame: number, field: AnyField): void {
    const { comm } = this.#grid;
    if (this.#access.gzip > 0 && this.#plan.addresses[name] === undefined) {
      field.scatter(onRoot(comm, this.#path, () => readWhole(this.#path, name, frame)));
      return;
    }
    everywhere(comm, this.#path, () => {
      try {
        this.#blocks.read(field, { address: this.#plan.addresses[name]!, frame });
      } catch (cause) {
        const got = `"${reason(cause)}" on rank ${comm.rank}`;
        throw wrongFile(
          this.#path,
          `to read frame ${frame} of "${name}"`,
          got,
          "The file is damaged; use another copy.",
        );
      }
    });
  }

  close(): void {
    const { comm } = this.#grid;
    let failure: unknown;
    try {
      this.settle("all");
    } catch (error) {
      failure = error;
    }
    const isLost = this.#pending.some(({ number }) => {
      try {
        filer().wait(this.#path, number);
      } catch (error) {
        // A thread that may still write keeps its copies and the file.
        return error instanceof FileError;
      }
      return false;
    });
    // The table cuts the file when no rank writes any more.
    if (this.#pending.length > 0) comm.barrier();
    if (!isLost) {
      this.#blocks.close();
      for (const copy of [...this.#copies, ...this.#pending.map((frame) => frame.copy)]) freeCopy(copy);
    }
    this.#summary?.free();
    try {
      onRoot(comm, this.#path, () => this.#table!.close());
    } catch (error) {
      failure ??= error;
    }
    if (failure) throw failure;
  }
}

/** A clock that has stopped. */
function stopped(clock: () => number): () => number {
  const seconds = clock();
  return () => seconds;
}

/** Reads a frame of all ranks, where HDF5 is loaded. **Local.** */
export function readWhole(path: string, name: string, frame: number): Values {
  const reader = SnapshotReader.openAtOnce(path);
  try {
    return reader.read(name, frame);
  } finally {
    reader.close();
  }
}

/** A file that is open: its table on rank 0, and the plan of it on every rank. */
interface Opened {
  readonly table: FrameTable | undefined;
  readonly plan: Plan;
}
