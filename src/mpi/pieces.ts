/** How data is cut into one piece a rank, for the collective calls that gather and scatter. */
import { UsageError } from "../errors.js";
import { show } from "./element.js";
import { type Data, describe, largestInt, type Message, messageOf } from "./message.js";
import type { World } from "./world.js";

/** How many elements each rank has, and where they begin, both in elements. */
export interface Pieces {
  /** One count a rank. */
  readonly counts: readonly number[];
  /** Where the piece of each rank begins. Default: one after the other. */
  readonly displs?: readonly number[];
}

/** Items of the message in each of `ranks` equal pieces. @throws UsageError when they do not come out even */
export function equalPieces(message: Message, ranks: number, call: string, argument: string): number {
  if (ranks === 0 || message.count % ranks === 0) return ranks === 0 ? 0 : message.count / ranks;
  const expected = message.unit === 1 ? "a multiple of" : "rows that are a multiple of";
  throw new UsageError(
    `${call}: "${argument}" expected ${expected} ${ranks}, one piece a rank, got ${message.unit === 1 ? describe(message) : `${message.count} rows`}. Give every rank as many.`,
  );
}

/** The pieces of a message as the two C arrays of a call, in items of its datatype. */
export function unequalPieces(
  message: Message,
  pieces: Pieces,
  ranks: number,
  call: string,
  names: { readonly counts: string; readonly displs: string; readonly data: string },
): { counts: Int32Array; displs: Int32Array } {
  const counts = integers(pieces.counts, message.unit, ranks, call, names.counts);
  const displs = pieces.displs
    ? integers(pieces.displs, message.unit, ranks, call, names.displs)
    : counts.map((_, rank) => counts.subarray(0, rank).reduce((sum, count) => sum + count, 0));
  const end = counts.reduce((last, count, rank) => Math.max(last, count === 0 ? 0 : displs[rank]! + count), 0);
  if (end > message.count) {
    throw new UsageError(
      `${call}: "${names.data}" expected at least ${end * message.unit} elements, for the pieces of all ranks, got ${describe(message)}. Mend ${names.counts} and ${names.displs}.`,
    );
  }
  return { counts, displs };
}

function integers(values: readonly number[], unit: number, ranks: number, call: string, name: string): Int32Array {
  const right = Array.isArray(values) && values.length === ranks;
  if (right && values.every((one) => Number.isInteger(one / unit) && one >= 0)) {
    return Int32Array.from(values, (one) => one / unit);
  }
  const whole = unit === 1 ? "whole numbers" : `multiples of ${unit} (the elements of a row)`;
  throw new UsageError(
    `${call}: "${name}" expected ${ranks} ${whole}, one a rank, got ${show(values)}. Count in elements.`,
  );
}

/** Data for, or from, each of several ranks, as the C arrays of a call. */
export interface Parts {
  readonly base: number;
  readonly counts: Int32Array;
  /** Bytes from `base` on. */
  readonly displs: Int32Array | Uint32Array;
  readonly types: Uint32Array;
}

/** Describes parts of one buffer to a call that takes a datatype for each. `wide` displacements are of 8 bytes. */
export function partsOf(
  world: World,
  list: readonly Data[],
  ranks: number,
  wide: boolean,
  call: string,
  argument: string,
): Parts {
  if (!Array.isArray(list) || list.length !== ranks) {
    throw new UsageError(
      `${call}: "${argument}" expected a list of ${ranks}, one a rank, got ${Array.isArray(list) ? list.length : show(list)}. Give each rank its data.`,
    );
  }
  const messages = list.map((data: Data, rank) => messageOf(world, data, call, `${argument}[${rank}]`));
  const used = messages.filter(({ length }) => length > 0);
  const base = used.reduce((least, { address }) => Math.min(least, address), used[0]?.address ?? 0);
  const displs = messages.map(({ address, length }) => (length > 0 ? address - base : 0));
  const far = displs.findIndex((displ) => displ > largestInt);
  if (far >= 0 && !wide) {
    throw new UsageError(
      `${call}: "${argument}" expected parts of one buffer, at most ${largestInt} bytes apart, got one farther off at index ${far}. Take views of one array.`,
    );
  }
  return {
    base,
    counts: Int32Array.from(messages, ({ count }) => count),
    displs: wide
      ? Uint32Array.from(displs.flatMap((displ) => [displ, Math.floor(displ / 2 ** 32)]))
      : Int32Array.from(displs),
    types: world.handles(messages.map(({ datatype }) => datatype)),
  };
}
