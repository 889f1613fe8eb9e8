/** Options of the calls that make communicators of the ranks of another one. */
import { keysOf } from "../../argument.js";
import type { Hints } from "../library/info.js";

/** Options of {@link Comm.split}. */
export interface SplitOptions {
  /** The same on ranks that belong together; `undefined` on those that get no communicator. */
  readonly color: number | undefined;
  /** The place among the ranks of the new communicator. Default: this rank. */
  readonly key?: number;
}

/** Options of {@link Comm.splitType}. */
export interface SplitTypeOptions {
  /** The place among the ranks of the new communicator. Default: this rank. */
  readonly key?: number;
  /** Hints for the new communicator. */
  readonly info?: Hints;
}

/** Options of {@link Comm.createGroup}. */
export interface CreateGroupOptions {
  /** Tells apart calls at the same time, from several threads. Default 0. */
  readonly tag?: number;
}

/** @internal */
export const splitKeys = keysOf<SplitOptions>({ color: true, key: true });
/** @internal */
export const splitTypeKeys = keysOf<SplitTypeOptions>({ key: true, info: true });
/** @internal */
export const createGroupKeys = keysOf<CreateGroupOptions>({ tag: true });
