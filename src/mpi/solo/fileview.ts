/** What a program sees of a file: data at a displacement, in elements of a type, of which a file type leaves gaps. */
import { fail } from "./failure.js";
import { type Datatype, eachRun } from "./typemap.js";

/** Which bytes of a file are visible, and in what order. Positions are counted in bytes of the visible data. */
export class View {
  readonly disp: number;
  readonly etype: Datatype;
  readonly filetype: Datatype;
  readonly datarep: string;

  constructor(disp: number, etype: Datatype, filetype: Datatype, datarep: string) {
    if (disp < 0) fail("ARG", "the displacement is negative");
    if (datarep !== "native" && datarep !== "internal") fail("UNSUPPORTED_DATAREP");
    if (etype.size === 0 || filetype.size === 0 || filetype.size % etype.size !== 0) {
      fail("ARG", "the file type does not consist of whole elements");
    }
    const { offsets, lengths, extent, trueLb, trueExtent } = filetype;
    const ordered = offsets.every((offset, run) => run === 0 || offset >= offsets[run - 1]! + lengths[run - 1]!);
    if (offsets[0]! < 0 || !ordered || extent < trueLb + trueExtent - offsets[0]!) {
      fail("ARG", "the displacements in the file type do not increase");
    }
    this.disp = disp;
    this.etype = etype;
    this.filetype = filetype;
    this.datarep = datarep;
  }

  /** Calls `visit` with every run of bytes in the file that the visible data from `start` to `end` lie in. */
  eachRun(start: number, end: number, visit: (offset: number, byteLength: number) => void): void {
    eachRun(this.filetype, start, end, (offset, byteLength) => visit(this.disp + offset, byteLength));
  }

  /** Where in the file the visible data at a position begin. */
  offsetOf(position: number): number {
    let found = 0;
    this.eachRun(position, position + 1, (offset) => {
      found = offset;
    });
    return found;
  }

  /** The position of the end of a file: the first element that does not begin before it. */
  endOf(fileLength: number): number {
    const { extent, size, offsets, lengths } = this.filetype;
    const first = offsets[0]!;
    const beyond = Math.max(0, fileLength - this.disp - first);
    const tiles = Math.floor(beyond / extent);
    const rest = beyond - tiles * extent + first;
    const visible = offsets.reduce((sum, offset, run) => sum + clamp(rest - offset, lengths[run]!), tiles * size);
    return Math.ceil(visible / this.etype.size) * this.etype.size;
  }
}

function clamp(value: number, most: number): number {
  return Math.max(0, Math.min(value, most));
}
