/**
 * A snapshot file whose values are contiguous, so that every rank can write its block of a frame by itself:
 *
 *     | metadata, coordinates | time | min | max | sum | walltime | psi: frame 0, 1, ... | rho: frame 0, 1, ... ->
 *                               each with room for its capacity of frames, the last one open-ended
 *
 * HDF5 lays out the metadata, once, with no frames. A frame is written behind the ones that count, where nobody looks,
 * and then counted: the headers of the datasets get one frame more, that of `time` last. Until the first frame counts the
 * file has a name of its own. Whoever is stopped in between leaves a file with the frames before.
 */
import fs from "node:fs";
import { wrongFile } from "../argument.js";
import { load, quietly } from "../hdf5/library.js";
import { checkTarget, expectThere, type Identity, isThere, takePlace, throughLinks, unfinished } from "../path.js";
import type { Plan } from "./blocks.js";
import { aligned, bytesOf, copyBytes, lengthen, Patches, writeBytes, writeZeros } from "./bytes.js";
import { layOut, type Mould, notCreated, type Storage } from "./datasets.js";
import {
  changesEnd,
  END_POSITION,
  type Header,
  NOTE_LENGTH,
  noteOf,
  numbers,
  readEnd,
  readHeader,
  readNote,
} from "./header.js";
import { Room } from "./packed/room.js";
import { type Chunk, ChunkTree } from "./packed/tree.js";
import type { SnapshotReader } from "./reader.js";
import type { Diagnostics, SnapshotLayout } from "./snapshot.js";
import { byteLengthOf, cells, DIAGNOSTICS, isSeries, shapeOf } from "./snapshot.js";

/** A dataset that grows with the frames. */
interface Region {
  readonly name: string;
  readonly frameByteLength: number;
  address: number;
  /** Frames that there is room for; infinite for the last one, which nothing is behind. */
  capacity: number;
  /** As its header in the file has it now. */
  header: Header;
  /** Cells along the first axis of one that has no frames, and does not grow. */
  readonly rows?: number;
  /** The list of chunks of one that is compressed, which has no bytes of a frame and no place. */
  readonly tree?: ChunkTree;
}

export interface TableOptions {
  readonly overwrite: boolean;
  /** Frames to reserve room for between the variables. */
  readonly capacity: number;
  /** Whether a frame counts only once the disk has it. */
  readonly durable: boolean;
  /** Frames that may be written before those before them count. */
  readonly underWay: number;
  /** Whether the file gets one frame, so that no bytes are reserved for others. */
  readonly isSingle: boolean;
  /** Level of compression of frames in chunks, from 1 to 9; 0 for frames as they are. */
  readonly gzip: number;
  /** Of the metadata of files like it, if there are any. */
  readonly mould?: Mould | undefined;
}

/** The options that matter after the start. */
type TableChoice = Pick<TableOptions, "durable" | "underWay" | "isSingle">;

/** Frames of a region that has no bytes of them. */
const UNLIMITED = Number.MAX_SAFE_INTEGER;
/** The least and the most frames that a series has room for, unless more are asked for. */
const [LEAST_SERIES, MOST_SERIES] = [512, 2 ** 20];
/** In between, all series together take this part of the room of a frame of the first variable. */
const SERIES_SHARE = 1 / 8;
/**
 * Bytes that a file is longer than its frames while it is written, so that a reader who knows an end from before does not
 * find it behind the frames. Nothing is in them; where {@link lengthen} reserves them, the next frames take their room.
 */
const AHEAD = 2 ** 26;

/** Which frames of a contiguous file count, and where they are; on one rank, the others learn the {@link plan}. */
export class FrameTable {
  readonly path: string;
  /** Frames that count. */
  frames: number;
  readonly #fd: number;
  readonly #patches: Patches;
  /** In the order in which their headers change, `time` last. */
  readonly #regions: readonly Region[];
  readonly #options: TableChoice;
  /** The end of the file as its superblock has it. */
  #end: number;
  /** Where the ends are noted; undefined where they are not. */
  readonly #notePosition: number | undefined;
  /** Room behind everything else, for chunks. */
  readonly #room: Room | undefined;
  #named: boolean;
  readonly #identity: Identity;
  /** Whether it has been told that the file is not where it was. */
  #isLost = false;

  private constructor(
    path: string,
    file: {
      fd: number;
      end: number;
      named: boolean;
      frames: number;
      notePosition: number | undefined;
      room: Room | undefined;
    },
    regions: readonly Region[],
    options: TableChoice,
  ) {
    this.path = path;
    this.#fd = file.fd;
    this.#patches = new Patches(path, file.fd);
    this.#end = file.end;
    this.#notePosition = file.notePosition;
    this.#room = file.room;
    this.#named = file.named;
    this.#identity = fs.fstatSync(file.fd);
    this.frames = file.frames;
    this.#regions = regions;
    this.#options = options;
  }

  /** Lays out a new file. @throws FileError when it cannot be made, or exists */
  static async create(name: string, layout: SnapshotLayout, options: TableOptions): Promise<FrameTable> {
    const path = throughLinks(name);
    checkTarget(path, options.overwrite);
    const part = unfinished(path);
    checkTarget(part, true);
    await load(); // Whoever cannot have HDF5 finds what was there as it was.
    let fd: number | undefined;
    try {
      fs.rmSync(part, { force: true });
      fs.closeSync(fs.openSync(part, "wx"));
    } catch (cause) {
      throw wrongFile(path, "a path that can be written", cause, "Check the permissions, or choose another path.");
    }
    try {
      const { gzip, mould } = options;
      const storage: Storage = gzip > 0 ? { form: "compressed", gzip } : { form: "contiguous" };
      const { addresses, notePosition, ...made } = await layOut(part, layout, storage, mould);
      fd = made.fd;
      const read = bytesOf(fd);
      const cellsOf = (name: string) => cells(shapeOf(layout, layout.variables[name] ?? {}));
      const frameCells = cells(layout.shape);
      const end = notePosition + NOTE_LENGTH;
      let next = end;
      const room = new Room(fd);
      const regions = [...addresses].map(([name, address]): Region => {
        const variable = layout.variables[name];
        const frameByteLength = variable ? cellsOf(name) * byteLengthOf(variable.dtype) : 8;
        const share = Math.floor((SERIES_SHARE * frameCells) / (1 + DIAGNOSTICS.length));
        const series = Math.max(LEAST_SERIES, Math.min(share, MOST_SERIES), options.capacity);
        const header = readHeader(read, address);
        if (header.isChunked) {
          const tree = ChunkTree.create(room, layout.shape.length + 1);
          return { name, frameByteLength: 0, address: 0, capacity: UNLIMITED, header, tree };
        }
        const isStatic = variable?.isStatic ?? false;
        const capacity = isStatic ? 1 : variable ? options.capacity : series;
        const region = { name, frameByteLength, address: aligned(next), capacity, header };
        next = region.address + capacity * frameByteLength;
        return isStatic ? { ...region, rows: shapeOf(layout, variable!)[0]! } : region;
      });
      if (gzip > 0) room.leave(aligned(next));
      else regions.at(-1)!.capacity = Number.POSITIVE_INFINITY;
      const file = { fd, end, named: false, frames: 0, notePosition, room: gzip > 0 ? room : undefined };
      const table = new FrameTable(path, file, commitOrder(regions), options);
      // That it cannot be so long is told with the frame.
      if (options.isSingle) quietly(() => lengthen(file.fd, next, aligned(end)));
      return table;
    } catch (cause) {
      if (fd !== undefined) fs.closeSync(fd);
      quietly(() => fs.rmSync(part, { force: true }));
      throw notCreated(path, cause);
    }
  }

  /**
   * Opens a file to continue it behind the frames that count.
   * @throws FileError when it is no such file
   */
  static open(reading: SnapshotReader, options: TableChoice): FrameTable {
    const { path, variables, statics } = reading;
    const fd = fs.openSync(path, "r+");
    try {
      const read = bytesOf(fd);
      const room = new Room(fd);
      const frames = reading.times.length;
      const isCompressed = reading.form === "compressed";
      const regions = [...DIAGNOSTICS, ...statics, ...variables, "time"].map((name): Region => {
        const header = readHeader(read, reading.headerAddress(name));
        if (header.address === undefined) throw new Error(`no values of "${name}"`);
        if (header.isChunked !== (isCompressed && variables.includes(name))) {
          throw new Error(`values of "${name}" in ${header.isChunked ? "chunks" : "one piece"}`);
        }
        if (header.isChunked) {
          const tree = room.open(header.address, reading.shapeOf(name), frames);
          return { name, frameByteLength: 0, address: 0, capacity: UNLIMITED, header, tree };
        }
        const frameByteLength = reading.elementLength(name) * (isSeries(name) ? 1 : cells(reading.shapeOf(name)));
        const rows = statics.includes(name) ? { rows: reading.shapeOf(name)[0]! } : {};
        return { name, header, frameByteLength, address: header.address, capacity: 0, ...rows };
      });
      const end = readEnd(read);
      // Behind what may have been written for frames that do not count.
      room.leave(aligned(end));
      for (const region of regions) {
        if (!region.tree) region.capacity = Math.floor(region.header.byteLength / region.frameByteLength);
      }
      // Where something else follows the last one, the frames to come go behind it.
      const last = regions.reduce((last, region) => (region.address > last.address ? region : last));
      const fillEnd = Math.max(...regions.map(({ name, header }) => (isSeries(name) ? 0 : (header.fillEnd ?? 0))));
      const ends = readNote(read, fillEnd);
      if (!isCompressed && (ends?.includes(end) || last.address + last.header.byteLength === end))
        last.capacity = Number.POSITIVE_INFINITY;
      const made = { fd, end, named: true, frames, notePosition: ends && fillEnd };
      const file = { ...made, room: isCompressed ? room : undefined };
      const table = new FrameTable(path, file, regions, options);
      table.#uncount();
      return table;
    } catch (cause) {
      fs.closeSync(fd);
      const todo = "Another program has changed it; continue in a new file: Output.create (--output NEW.h5).";
      throw wrongFile(path, "a file as wasm-mpi left it", cause, todo);
    }
  }

  /** Bytes of a frame of all variables. */
  get frameByteLength(): number {
    return this.#growing.reduce((sum, { name, frameByteLength }) => sum + (isSeries(name) ? 0 : frameByteLength), 0);
  }

  /** The regions that grow with the frames. */
  get #growing(): readonly Region[] {
    return this.#regions.filter(({ rows }) => rows === undefined);
  }

  get plan(): Plan {
    const room = Math.min(...this.#growing.map(({ capacity }) => capacity));
    const variables = this.#regions.filter(({ name, tree }) => !isSeries(name) && !tree);
    return {
      file: this.#named ? this.path : unfinished(this.path),
      frames: this.frames,
      room: Number.isFinite(room) ? room : null,
      addresses: Object.fromEntries(variables.map(({ name, address }) => [name, address])),
    };
  }

  /** Where the chunks of the next frame go. */
  get tail(): number {
    return this.#room?.tail ?? 0;
  }

  /**
   * Counts a frame, whose values all ranks have written.
   * @param chunks those of the variables that are compressed, in the order of their cells, from {@link tail} on
   * @throws FileError when the disk does not take it, or another program has changed the file
   */
  commit(time: number, diagnostics: Diagnostics, chunks: Readonly<Record<string, readonly Chunk[]>> = {}): void {
    const frame = this.frames;
    // Another file in its place is noticed at the end: to look for that takes several times as long.
    if (!this.#named || !fs.existsSync(this.path)) this.#expectThere();
    const series: Readonly<Record<string, number>> = { ...diagnostics, time };
    for (const { name, address } of this.#regions) {
      if (isSeries(name)) writeBytes(this.#fd, Buffer.from(Float64Array.of(series[name]!).buffer), address + 8 * frame);
    }
    this.#list(chunks);
    if (this.#options.durable) fs.fsyncSync(this.#fd);
    const headersEnd = Math.max(...this.#regions.map(({ header }) => changesEnd(header)));
    this.#patches.within(END_POSITION, headersEnd, () => {
      this.#reach(frame + 1);
      for (const region of this.#regions) this.#count(region, region.rows ?? frame + 1);
    });
    if (this.#options.durable) fs.fsyncSync(this.#fd);
    if (!this.#named) takePlace(unfinished(this.path), this.path, this.#options.durable);
    this.#named = true;
    this.frames = frame + 1;
  }

  /** Puts chunks into the lists of their variables. */
  #list(chunks: Readonly<Record<string, readonly Chunk[]>>): void {
    const room = this.#room;
    if (!room) return;
    room.list(this.#regions, chunks);
    this.#cover(room.tail);
    const moved = this.#regions.filter(({ tree, header }) => tree && tree.root !== header.address);
    // Frames that count are found from the new root as well.
    if (this.#options.durable && moved.length > 0) fs.fsyncSync(this.#fd);
    for (const region of moved) {
      const { header } = region;
      const address = region.tree!.root!;
      const before = header.address === undefined ? Buffer.alloc(8, 0xff) : numbers([header.address]);
      this.#patches.change(header.placePosition, before, numbers([address]));
      region.header = { ...header, address };
    }
  }

  /** Sets the end of the file ahead of all chunks, as for frames in {@link #reach}. */
  #cover(tail: number): void {
    const step = Math.floor(AHEAD / 3);
    if (tail + step <= this.#end) return;
    let end = tail + 2 * step;
    try {
      if (fs.fstatSync(this.#fd).size < end + step) fs.ftruncateSync(this.#fd, end + step);
    } catch {
      end = tail; // It cannot be so long.
    }
    if (end > this.#end) this.#setEnd(end);
  }

  /** @throws FileError where the file was removed or replaced: what is written would be in no file that anybody finds */
  #expectThere(): void {
    if (this.#isLost) return;
    try {
      expectThere(this.#named ? this.path : unfinished(this.path), this.#identity);
    } catch (error) {
      this.#isLost = true;
      throw error;
    }
  }

  /**
   * Makes room for more frames: moves regions that are full to the end of the file. What they leave is not used again,
   * as somebody may be reading there.
   */
  grow(): void {
    const { frames } = this;
    // The last one moves as well, because the others get in its way.
    const full = this.#growing.filter(({ capacity }) => capacity <= frames || capacity === Number.POSITIVE_INFINITY);
    full.sort((a, b) => a.address - b.address);
    const room = this.#room;
    let next = room ? room.tail : this.#end;
    const moved = full.map((region, index) => {
      const address = aligned(next);
      const capacity = room || index < full.length - 1 ? 2 * frames : Number.POSITIVE_INFINITY;
      next = address + capacity * region.frameByteLength;
      return { region, address, capacity };
    });
    try {
      for (const { region, address } of moved)
        copyBytes(this.#fd, region.address, address, frames * region.frameByteLength);
      if (this.#options.durable) fs.fsyncSync(this.#fd);
      for (const { region, ...place } of moved) Object.assign(region, place);
      room?.leave(next);
    } catch (cause) {
      if (!room) quietly(() => fs.ftruncateSync(this.#fd, this.#end));
      throw cause;
    }
    if (room) this.#cover(room.tail);
    this.#reach(frames);
  }

  /** Fills the room between the variables with zeros, so that the disk has it. */
  preallocate(frames: number): void {
    for (const { name, address, frameByteLength } of this.#growing) {
      if (isSeries(name)) continue;
      writeZeros(this.#fd, address + frameByteLength * this.frames, frameByteLength * (frames - this.frames));
    }
  }

  /** Closes the file, and cuts off what no frame is in; one without frames is deleted. */
  close(): void {
    try {
      if (this.frames > 0) this.#expectThere();
      if (this.frames > 0) this.expectUnchanged();
      const last = this.#last;
      if (this.#named && this.#room) {
        const { tail } = this.#room;
        if (this.#end > tail) this.#setEnd(tail);
        fs.ftruncateSync(this.#fd, tail);
      }
      if (this.#named && last) {
        const byteLength = this.frames * last.frameByteLength;
        if (last.header.byteLength > byteLength) this.#place(last, byteLength);
        const end = last.address + byteLength;
        if (this.#end > end) this.#setEnd(end);
        fs.ftruncateSync(this.#fd, end);
      }
    } finally {
      fs.closeSync(this.#fd);
      const part = unfinished(this.path);
      if (!this.#named && isThere(part, this.#identity)) fs.rmSync(part, { force: true });
    }
  }

  /** The region that nothing is behind. */
  get #last(): Region | undefined {
    return this.#regions.find(({ capacity }) => capacity === Number.POSITIVE_INFINITY);
  }

  /**
   * Reserves the bytes of a number of frames: in the length of the file, in its superblock, then in the headers. Each of
   * the three is ahead of the next by a step, which the next then takes: a reader who read one of them before the step
   * finds nothing beyond it in what it reads after.
   */
  #reach(frames: number): void {
    const last = this.#last;
    if (last && (last.header.address !== last.address || last.header.byteLength < frames * last.frameByteLength)) {
      const { address, frameByteLength } = last;
      const covered = Math.floor((this.#end - address) / frameByteLength);
      const { step, lead } = this.#stepOf(last);
      const reserved = covered >= frames ? Math.min(covered, frames + step) : frames + step;
      const isAhead = this.#extend(last, reserved + lead, step);
      this.#place(last, (isAhead ? reserved : frames) * frameByteLength);
    }
    for (const region of this.#regions) {
      const { header, address, frameByteLength, capacity } = region;
      if (region !== last && !region.tree && header.address !== address)
        this.#place(region, capacity * frameByteLength);
    }
  }

  /** Makes the end of a file lead again before its next frame comes, as readers then know of it. */
  lead(): void {
    const last = this.#last;
    if (!last) return;
    const { step, lead } = this.#stepOf(last);
    if (lead > 0) this.#extend(last, this.frames + step + lead, step);
  }

  /** The frames that are reserved at a time, and those that the end of the file leads by: none where it is not noted. */
  #stepOf({ frameByteLength }: Region): { readonly step: number; readonly lead: number } {
    const isExact = this.#notePosition === undefined || this.#options.isSingle;
    const step = isExact ? 0 : Math.floor(AHEAD / 3 / frameByteLength);
    return { step, lead: isExact ? 0 : Math.max(step, 1) };
  }

  /** Sets the end to a number of frames, in a file that is longer by some; false where it cannot be so long. */
  #extend({ address, frameByteLength }: Region, frames: number, longer: number): boolean {
    const end = address + frames * frameByteLength;
    try {
      // Never shorter than what is being written.
      const length = end + (longer + this.#options.underWay) * frameByteLength;
      lengthen(this.#fd, length, address);
    } catch {
      return false;
    }
    if (end > this.#end) this.#setEnd(end);
    return true;
  }

  /** Sets address and bytes of a region in its header, and the end of the file before that where it has to be. */
  #place(region: Region, byteLength: number): void {
    const { header, address } = region;
    if (address + byteLength > this.#end) this.#setEnd(address + byteLength);
    const none = Buffer.alloc(8, 0xff);
    const before = [header.address === undefined ? none : numbers([header.address]), numbers([header.byteLength])];
    this.#patches.change(header.placePosition, Buffer.concat(before), numbers([address, byteLength]));
    region.header = { ...header, address, byteLength };
  }

  #setEnd(end: number): void {
    if (this.#notePosition !== undefined) writeBytes(this.#fd, noteOf(this.#end, end), this.#notePosition);
    this.#patches.change(END_POSITION, numbers([this.#end]), numbers([end]));
    this.#end = end;
  }

  /** Sets the number of frames in a header, or of the cells along the first axis of one without frames. */
  #count(region: Region, frames: number): void {
    const { header, tree } = region;
    if (region.rows === header.extent[0]) return;
    const { extent, extentPosition } = header;
    // Chunks have no greatest number of frames.
    const hasMaximum = header.hasMaximum && !tree;
    const changed = [frames, ...extent.slice(1)];
    const twice = (values: readonly number[]) => numbers(hasMaximum ? [...values, ...values] : values);
    this.#patches.change(extentPosition, twice(extent), twice(changed));
    region.header = { ...header, extent: changed };
  }

  /** Takes back frames that some headers have and `time` does not, as of a run that was stopped in between. */
  #uncount(): void {
    for (const region of this.#growing) {
      if (region.header.extent[0] !== this.frames) this.#count(region, this.frames);
    }
  }

  /** Looks whether another run writes to the file, before a frame is written over its frames. @throws FileError */
  expectUnchanged(): void {
    const { header } = this.#regions.find(({ name }) => name === "time")!;
    this.#patches.expect(numbers([header.extent[0]!]), header.extentPosition);
    this.#patches.expect(numbers([this.#end]), END_POSITION);
  }
}

/** `time` counts for readers, so it comes last. */
function commitOrder(regions: readonly Region[]): Region[] {
  return [...regions].sort((a, b) => Number(a.name === "time") - Number(b.name === "time"));
}
