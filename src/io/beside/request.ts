/**
 * What the main thread and the thread that writes files tell each other: requests and failures are messages, and words of
 * 32 bits that both see tell how far they are.
 */
import type { MessagePort } from "node:worker_threads";

/** Places of words: the last request, the last that is done, a number that changes with all that is done, an end. */
export const at = { asked: 0, done: 1, news: 2, hasEnded: 3 } as const;

/** How many words there are. */
export const wordCount = 4;

/** Where the figures of values are added up. */
export interface FiguresPlace {
  readonly ptr: number;
  /** The type of the values, as the kernels number it, and its bytes. */
  readonly type: number;
  readonly elementLength: number;
}

/** Values that lie side by side in memory, and go to a file in runs of bytes. */
export interface Write {
  readonly ptr: number;
  /** Bytes of a run. */
  readonly byteLength: number;
  /** Where the first run goes. */
  readonly position: number;
  /** How many runs there are along two axes, and the bytes of the file from one run to the next. */
  readonly counts: readonly [number, number];
  readonly steps: readonly [number, number];
  readonly figures: FiguresPlace | undefined;
}

/** A frame of the blocks of this rank. */
export interface Request {
  readonly number: number;
  readonly fd: number;
  readonly writes: readonly Write[];
  /** Whether the disk is to have it. */
  readonly sync: boolean;
}

/** Why a request was not done. */
export interface Failure {
  readonly number: number;
  /** The words of the system, or those of a trap. */
  readonly text: string;
  readonly isTrap: boolean;
}

/** What the thread starts with. */
export interface Start {
  readonly memory: WebAssembly.Memory;
  readonly kernels: WebAssembly.Module;
  readonly words: Int32Array;
  /** Brings requests, and takes failures. */
  readonly port: MessagePort;
}
