/** Moves blocks of frames between fields and a contiguous file, each rank its own. */
import type { AnyField } from "../grid/field.js";
import type { Summary } from "../grid/figures.js";

/** Where a frame is in the file. */
export interface FramePlace {
  /** Byte at which frame 0 of the variable begins. */
  readonly address: number;
  readonly frame: number;
}

/** What every rank knows of the file. */
export interface Plan {
  /** The name that the file has now. */
  readonly file: string;
  /** Frames that count. */
  readonly frames: number;
  /** Frames that there is room for; null where nothing is in the way. */
  readonly room: number | null;
  /** By variable, the byte of the file at which its frame 0 begins. */
  readonly addresses: Readonly<Record<string, number>>;
}

/** One way to do it. */
export interface Blocks {
  readonly backend: "mpiio" | "posix";
  /**
   * Writes this rank's block, without its halo. **Collective.**
   * @param summary gets the values, each part of the block before it is written
   * @throws Error saying what the system says
   */
  write(field: AnyField, place: FramePlace, summary?: Summary): void;
  /** Reads this rank's block; the halo stays as it is. **Collective.** @throws Error saying what the system says */
  read(field: AnyField, place: FramePlace): void;
  /** Has the disk keep what this rank wrote. **Collective.** */
  sync(): void;
  /** **Collective.** */
  close(): void;
}

/** Bytes of a whole frame of fields like this one. */
export function frameByteLength(field: AnyField): number {
  return field.shape.reduce((product, n) => product * n, field.elementLength);
}
