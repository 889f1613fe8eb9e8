import { wrong } from "../../argument.js";
import { Request } from "../calls/request.js";
import { type Data, describe, type Message, messageOf } from "../data/buffer.js";
import { laidOut } from "../data/rows.js";
import type { FunctionName } from "../library/prototypes.js";
import { nothing, receivedCount, type Status } from "../library/status.js";
import type { World } from "../library/world.js";
import { FileHandle } from "./handle.js";
import { expectOffset, type Layout, sizeOf } from "./view.js";

type Way = "" | "_at" | "_all" | "_at_all" | "_shared" | "_ordered";
type Transfer = "read" | "write";

/**
 * Reads and writes. Data may be of any type whose bytes are a whole number of elements of the view. Statuses tell the
 * elements of the data that were read or written: at the end of the file a read gets fewer.
 *
 * Where a write may fail, as on a disk that may get full, wait in it: MPICH 4.0 never completes a nonblocking write of
 * one rank that fails, and lets a collective one that fails look complete.
 *
 * ```js
 * const file = comm.openFile("part.bin", { read: true, write: true, create: true });
 * const [data, back] = [Float64Array.of(comm.rank, 0.5), new Float64Array(2)];
 * file.writeAtAll(16 * comm.rank, data); // Offsets are in elements of the view: bytes, as none was set.
 * file.readAtAll(16 * comm.rank, back);
 * console.log(back[1]); // 0.5
 * file.close();
 * ```
 */
export abstract class Transfers extends FileHandle {
  /** The view that is set. */
  protected layout: Layout;

  /** @internal */
  constructor(world: World, handle: number, path: string) {
    super(world, handle, path);
    this.layout = wholeFile(world);
  }

  /** Reads from this rank's file pointer on, and moves it. **Blocking.** */
  read(data: Data): Status {
    return this.#run("read", "", data);
  }

  /** Writes from this rank's file pointer on, and moves it. **Blocking.** */
  write(data: Data): Status {
    return this.#run("write", "", data);
  }

  /** Reads from `offset` on, in elements of the view; no pointer moves. **Blocking.** */
  readAt(offset: number, data: Data): Status {
    return this.#run("read", "_at", data, offset);
  }

  /** Writes from `offset` on, in elements of the view; no pointer moves. **Blocking.** */
  writeAt(offset: number, data: Data): Status {
    return this.#run("write", "_at", data, offset);
  }

  /** As {@link read}, together with all ranks, which lets the library join small pieces. **Collective.** */
  readAll(data: Data): Status {
    return this.#run("read", "_all", data);
  }

  /** As {@link write}, together with all ranks, which lets the library join small pieces. **Collective.** */
  writeAll(data: Data): Status {
    return this.#run("write", "_all", data);
  }

  /** As {@link readAt}, together with all ranks. **Collective.** */
  readAtAll(offset: number, data: Data): Status {
    return this.#run("read", "_at_all", data, offset);
  }

  /** As {@link writeAt}, together with all ranks. **Collective.** */
  writeAtAll(offset: number, data: Data): Status {
    return this.#run("write", "_at_all", data, offset);
  }

  /**
   * Reads from the file pointer that all ranks share, and moves it: each rank gets what comes next. All ranks need the
   * same view. **Blocking.**
   */
  readShared(data: Data): Status {
    return this.#run("read", "_shared", data);
  }

  /** Writes at the file pointer that all ranks share, and moves it. All ranks need the same view. **Blocking.** */
  writeShared(data: Data): Status {
    return this.#run("write", "_shared", data);
  }

  /** Reads at the shared file pointer, in the order of the ranks. **Collective.** */
  readOrdered(data: Data): Status {
    return this.#run("read", "_ordered", data);
  }

  /** Writes at the shared file pointer, in the order of the ranks. **Collective.** */
  writeOrdered(data: Data): Status {
    return this.#run("write", "_ordered", data);
  }

  /** Begins {@link read}. **Local.** */
  iread<D extends Data>(data: D): Request<D> {
    return this.#begin("read", "", data);
  }

  /** Begins {@link write}. **Local.** */
  iwrite<D extends Data>(data: D): Request<D> {
    return this.#begin("write", "", data);
  }

  /** Begins {@link readAt}. **Local.** */
  ireadAt<D extends Data>(offset: number, data: D): Request<D> {
    return this.#begin("read", "_at", data, offset);
  }

  /** Begins {@link writeAt}. **Local.** */
  iwriteAt<D extends Data>(offset: number, data: D): Request<D> {
    return this.#begin("write", "_at", data, offset);
  }

  /** Begins {@link readAll}. **Collective.** */
  ireadAll<D extends Data>(data: D): Request<D> {
    return this.#begin("read", "_all", data);
  }

  /** Begins {@link writeAll}. **Collective.** */
  iwriteAll<D extends Data>(data: D): Request<D> {
    return this.#begin("write", "_all", data);
  }

  /** Begins {@link readAtAll}. **Collective.** */
  ireadAtAll<D extends Data>(offset: number, data: D): Request<D> {
    return this.#begin("read", "_at_all", data, offset);
  }

  /** Begins {@link writeAtAll}. **Collective.** */
  iwriteAtAll<D extends Data>(offset: number, data: D): Request<D> {
    return this.#begin("write", "_at_all", data, offset);
  }

  /** Begins {@link readShared}. **Local.** At the end of the file some libraries tell the count that was asked for. */
  ireadShared<D extends Data>(data: D): Request<D> {
    return this.#begin("read", "_shared", data);
  }

  /** Begins {@link writeShared}. **Local.** */
  iwriteShared<D extends Data>(data: D): Request<D> {
    return this.#begin("write", "_shared", data);
  }

  #run(transfer: Transfer, way: Way, data: Data, offset?: number): Status {
    const { world } = this;
    const call = `MPI_File_${transfer}${way}` as FunctionName;
    const { values, readStatus } = this.#arguments(call, transfer, way, data, offset);
    const { statusOffset, scratch } = world;
    scratch.bytes.fill(0, statusOffset, statusOffset + world.library.abi.statusSize);
    this.check(world.apply(call, values, world.statusPtr), call);
    return readStatus();
  }

  #begin<D extends Data>(transfer: Transfer, way: Way, data: D, offset?: number): Request<D> {
    const { world } = this;
    const call = `MPI_File_i${transfer}${way}` as FunctionName;
    const { values, readStatus } = this.#arguments(call, transfer, way, data, offset);
    // Each rank by itself gives the same.
    const byItself = world.differs.nonblockingFileCollectivesCrash;
    const made = byItself ? (call.replace("_all", "") as FunctionName) : call;
    this.check(world.apply(made, values, world.outPtr), made);
    const { describe } = this;
    const alone = world.differs.filesPolledAgain;
    const options = { name: call, buffer: data, keep: this, describe, readStatus, alone };
    return new Request(world, world.readHandle(0), options);
  }

  #arguments(call: FunctionName, transfer: Transfer, way: Way, data: Data, offset: number | undefined) {
    const { world, handle, layout } = this;
    const message = messageOf(world, data, call, "data", call.startsWith("MPI_File_i"));
    const explicit = way.startsWith("_at");
    if (explicit) expectOffset(offset, call, "elements of the view");
    if (layout.empty && message.length > 0) {
      throw wrong(
        `${call}: "data"`,
        "no elements, because this rank's block of the view has none",
        describe(message),
        "Pass an empty array.",
      );
    }
    const { address, count } = message;
    const predefined = message.datatype === world.constants[message.type.datatype!];
    const datatype = predefined ? laidOut(world, message.type) : message.datatype;
    const values = explicit ? [handle, offset!, address, count, datatype] : [handle, address, count, datatype];
    // In ROMIO only one kind of read tells where the file ended; the others claim to be complete.
    const contiguous = layout.contiguous && predefined;
    const exact = contiguous && (call === "MPI_File_read" || call === "MPI_File_read_at");
    const shared = way === "_shared" || way === "_ordered";
    const start = transfer === "write" || exact || shared ? undefined : (offset ?? this.position);
    if (start === undefined) return { values, readStatus: () => ({ ...nothing, count: this.#count(message) }) };
    // Taken now, as the datatype may be freed before a request is complete.
    const byteLength = sizeOf(world, datatype) / message.unit;
    const readStatus = () => {
      const told = this.#count(message);
      return { ...nothing, count: this.freed ? told : this.#available(told, byteLength, layout, start) };
    };
    return { values, readStatus };
  }

  /** Whole elements of the data that were read or written, by the status. */
  #count(message: Message): number {
    return Math.floor(receivedCount(this.world, message));
  }

  /** How many of `count` elements of `byteLength` lie within the file, from an offset of the view on. */
  #available(count: number, byteLength: number, layout: Layout, start: number): number {
    if (count === 0) return 0;
    const { size } = this;
    const within = (elements: number) => this.byteOffset(start + elements - 1) + layout.reach <= size;
    let [inside, beyond] = [0, Math.ceil((count * byteLength) / layout.unit)];
    if (within(beyond)) return count;
    while (beyond - inside > 1) {
      const middle = Math.floor((inside + beyond) / 2);
      if (within(middle)) inside = middle;
      else beyond = middle;
    }
    return Math.floor((inside * layout.unit) / byteLength);
  }
}

/** The view of a file that was just opened: its bytes. */
function wholeFile({ constants }: World): Layout {
  const { MPI_BYTE } = constants;
  const bytes = { etype: MPI_BYTE, filetype: MPI_BYTE, unit: 1, reach: 1, contiguous: true };
  return { ...bytes, offset: 0, temporary: false, empty: false };
}
