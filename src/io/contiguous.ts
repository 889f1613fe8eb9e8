import { readFileSync } from "node:fs";
import { hostname } from "node:os";
import { reason, wrongFile } from "../argument.js";
import { FileError } from "../errors.js";
import type { Box } from "../grid/box.js";
import type { AnyField } from "../grid/field.js";
import { Summary } from "../grid/figures.js";
import type { Grid } from "../grid/grid.js";
import type { Comm } from "../mpi/comm/comm.js";
import type { Lane } from "../mpi/comm/lane.js";
import { everywhere, onRoot } from "./agree.js";
import { type Blocks, frameByteLength } from "./blocks.js";
import { FrameTable, type Plan, type TableOptions } from "./frametable.js";
import { MpiioBlocks } from "./mpiio.js";
import { PosixBlocks } from "./posix.js";
import type { SnapshotLayout } from "./snapshot.js";
import type { Fields, Store } from "./store.js";

/** A way to move blocks, or which one suits. */
export type BlockBackend = "mpiio" | "posix";

/** Options of a contiguous file, all of them set. */
export interface ContiguousOptions extends TableOptions {
  /** Whether to have the disk keep the room for `capacity` frames from the start. */
  readonly preallocate: boolean;
  readonly backend: BlockBackend;
  /** What is to be written with the first frame, and no other. */
  readonly statics: Fields;
}

/** A file into which every rank writes its blocks; rank 0 then has the frame counted. */
export class ContiguousStore implements Store {
  readonly #grid: Grid;
  readonly #path: string;
  readonly #blocks: Blocks;
  readonly #table: FrameTable | undefined;
  readonly #durable: boolean;
  /** Of the first field; its type never changes. */
  #summary: Summary | undefined;
  #plan: Plan;
  #failed = false;
  /** Whether nothing was written yet to a file that is continued. */
  #rests: boolean;
  #statics: Fields = {};

  private constructor(
    grid: Grid,
    path: string,
    blocks: Blocks,
    table: FrameTable | undefined,
    plan: Plan,
    durable: boolean,
  ) {
    this.#grid = grid;
    this.#path = path;
    this.#blocks = blocks;
    this.#table = table;
    this.#plan = plan;
    this.#durable = durable;
    this.#rests = plan.frames > 0;
  }

  get backend(): BlockBackend {
    return this.#blocks.backend;
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
      table = await FrameTable.create(path, layout, options);
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

  /** Gives every rank its access to a file. @param file its table on rank 0, and the plan of it on every rank */
  static async open(
    grid: Grid,
    lane: Lane,
    path: string,
    { table, plan }: { readonly table: FrameTable | undefined; readonly plan: Plan },
    { backend, durable }: { readonly backend: BlockBackend; readonly durable: boolean },
  ): Promise<ContiguousStore> {
    const { comm } = grid;
    let blocks: Blocks | undefined;
    try {
      await lane.everywhere(() => {
        try {
          blocks = backend === "posix" ? new PosixBlocks(plan.file) : new MpiioBlocks(comm, plan.file);
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
    return new ContiguousStore(grid, path, blocks!, table, plan, durable);
  }

  write(time: number, fields: Fields, walltime: () => number): void {
    const { comm } = this.#grid;
    const { frames, room } = this.#plan;
    const byteLength = Object.values(fields).reduce((sum, field) => sum + frameByteLength(field), 0);
    /** @param where the rank, where it is any of several */
    const withRoom = (action: () => void, where = "") => {
      try {
        action();
      } catch (cause) {
        if (cause instanceof FileError) throw cause;
        const [before, then] =
          frames === 0 ? ["", "start again"] : ["The frames before it are whole. ", "continue the file"];
        const todo = `${before}Make room for ${byteLength} bytes, then ${then}.`;
        const expected = `room for frame ${frames} (${byteLength} bytes)`;
        throw wrongFile(this.#path, expected, `"${reason(cause)}"${where}`, todo);
      }
    };
    const onRank = comm.size > 1 ? ` on rank ${comm.rank}` : "";
    if (this.#failed) {
      const got = `one that failed at frame ${frames}`;
      throw wrongFile(this.#path, "a file that can be written", got, "Close it; append to it when there is room.");
    }
    this.#failed = true; // Until all is well.
    if (this.#rests) this.#onTable((table) => withRoom(() => table.lead()));
    this.#rests = false;
    if (room !== null && frames >= room) this.#onTable((table) => withRoom(() => table.grow()));
    const [first] = Object.values(fields) as [AnyField];
    this.#summary ??= new Summary(first);
    const summary = this.#summary;
    summary.clear();
    for (const [name, field] of Object.entries(this.#statics)) {
      everywhere(comm, this.#path, () => {
        withRoom(() => this.#blocks.write(field, { address: this.#plan.addresses[name]!, frame: 0 }), onRank);
      });
    }
    this.#statics = {};
    for (const [name, field] of Object.entries(fields)) {
      const look = field === first ? (box: Box) => summary.add(box) : undefined;
      everywhere(comm, this.#path, () => {
        const place = { address: this.#plan.addresses[name]!, frame: frames };
        withRoom(() => this.#blocks.write(field, place, look), onRank);
      });
    }
    const diagnostics = { ...summary.reduce(comm), walltime: walltime() };
    if (this.#durable) {
      everywhere(comm, this.#path, () => withRoom(() => this.#blocks.sync(), onRank));
    }
    onRoot(comm, this.#path, () => withRoom(() => this.#table!.commit(time, diagnostics)));
    this.#plan = { ...this.#plan, frames: frames + 1 };
    this.#failed = false;
  }

  #onTable(change: (table: FrameTable) => void): void {
    onRoot(this.#grid.comm, this.#path, () => change(this.#table!));
    this.#plan = this.#grid.comm.bcastObject(this.#table?.plan) as Plan;
  }

  read(name: string, frame: number, field: AnyField): void {
    const { comm } = this.#grid;
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
    this.#blocks.close();
    this.#summary?.free();
    onRoot(this.#grid.comm, this.#path, () => this.#table!.close());
  }
}

/**
 * The way to move blocks that suits. On one node, and where the block of each rank is in one piece in the file, the
 * system's calls take 1.02 to 1.05 x the time of plain ones, and MPI-IO 1.1 to 1.3 x; where the rows of several ranks
 * alternate, MPI-IO joins them and takes 1.5 x, the system's calls 2.6 x. Only MPI-IO is right across nodes on every file
 * system. **Collective.**
 */
export function backendFor(grid: Grid, asked: BlockBackend | undefined): BlockBackend {
  if (asked) return asked;
  const { comm, split } = grid;
  if (comm.size === 1) return "posix";
  const inOnePiece = split.slice(1).every((blocks) => blocks === 1);
  return isOnOneNode(comm) && inOnePiece ? "posix" : "mpiio";
}

/** Whether all ranks run on one machine. **Collective.** */
function isOnOneNode(comm: Comm): boolean {
  let name = hostname();
  try {
    name += readFileSync("/proc/sys/kernel/random/boot_id", "utf8");
  } catch {
    // Not Linux: the host's name has to do.
  }
  const names = comm.allgatherObject(name) as string[];
  return names.every((host) => host === names[0]);
}
