/** How data is cut into one piece a rank, for the collective calls that gather and scatter. */

import { keysOf, show, wrong } from "../../argument.js";
import { isShared } from "../../host.js";
import { addressOf } from "../library/native.js";
import type { World } from "../library/world.js";
import { type Data, describe, largestInt, type Message, messageOf } from "./buffer.js";
import { View } from "./view.js";

/** How many elements each rank has, and where they begin, both in elements. */
export interface Pieces {
  /** One count a rank. */
  readonly counts: ArrayLike<number>;
  /** Where the piece of each rank begins. Default: one after the other. */
  readonly displs?: ArrayLike<number>;
}

/** @internal */
export const pieceKeys = keysOf<Pieces>({ counts: true, displs: true });

/** Pieces in items of a message's datatype. */
export interface Cut {
  readonly counts: readonly number[];
  readonly displs: readonly number[];
}

/** Items of the message in each of `ranks` equal pieces. @throws UsageError when they do not come out even */
export function equalPieces(message: Message, ranks: number, call: string, argument: string): number {
  const { count, unit, type } = message;
  if (ranks === 0 || count % ranks === 0) return ranks === 0 ? 0 : count / ranks;
  if (unit === 1) {
    throw wrong(
      `${call}: "${argument}"`,
      `a multiple of ${ranks} elements, one piece a rank`,
      describe(message),
      "Give every rank as many.",
    );
  }
  throw wrong(
    `${call}: "${argument}"`,
    `a multiple of ${ranks} rows, one piece a rank`,
    `${count} of ${unit} ${type.name}`,
    "Rows are those of a first axis that does not run backwards.",
  );
}

/** The pieces of a message, all of them inside it. */
export function unequalPieces(
  message: Message,
  pieces: Pieces,
  ranks: number,
  call: string,
  names: { readonly counts: string; readonly displs: string; readonly data: string },
): Cut {
  const counts = wholeNumbers(pieces.counts, message.unit, ranks, call, names.counts);
  const displs = pieces.displs ? wholeNumbers(pieces.displs, message.unit, ranks, call, names.displs) : behind(counts);
  let end = 0;
  for (let rank = 0; rank < ranks; rank++) {
    if (counts[rank] !== 0) end = Math.max(end, displs[rank]! + counts[rank]!);
  }
  if (end <= message.count) return { counts, displs };
  throw wrong(
    `${call}: "${names.data}"`,
    `at least ${end * message.unit} ${message.type.name}, the end of the last piece`,
    describe(message),
    `Mend "${names.counts}"${pieces.displs ? ` or "${names.displs}"` : ""}, or allocate more.`,
  );
}

/** Where pieces begin that follow each other. */
function behind(counts: readonly number[]): number[] {
  let next = 0;
  return counts.map((count) => {
    const start = next;
    next += count;
    return start;
  });
}

/** One count a rank, from 0 on, in rows, or what errors call them, of `unit` elements. */
export function wholeNumbers(
  values: ArrayLike<number>,
  unit: number,
  ranks: number,
  call: string,
  name: string,
  rows = "row",
): number[] {
  const list = Array.isArray(values) || elementsOf(values) ? Array.from(values as ArrayLike<number>) : undefined;
  if (
    list?.length === ranks &&
    list.every((length) => Number.isInteger(length) && length >= 0 && length % unit === 0)
  ) {
    return unit === 1 ? list : list.map((one) => one / unit);
  }
  const ending = ranks === 1 ? "" : "s";
  const expected = unit === 1 ? `whole number${ending}` : `multiple${ending} of ${unit}, the elements of a ${rows},`;
  const got = list ? `[${list.map(showNumber).join(", ")}]` : show(values);
  throw wrong(`${call}: "${name}"`, `${ranks} ${expected} from 0, one a rank`, got, "Count in elements.");
}

function showNumber(value: unknown): string {
  return typeof value === "bigint" ? `${value}n` : show(value);
}

function elementsOf(values: unknown): boolean {
  return ArrayBuffer.isView(values) && !(values instanceof DataView);
}

/** Room for the lists of one blocking call; there is one such call at a time. */
let room = new Int32Array(64);

/** Lists of integers where a call reads them, behind each other in `memory`. */
export interface Lists {
  readonly memory: Int32Array;
  readonly addresses: readonly number[];
}

/** Writes lists of integers for a call. `lasting` ones keep their memory for as long as `memory` is kept. */
export function listsOf(values: readonly (readonly number[])[], lasting: boolean): Lists {
  const length = values.reduce((sum, list) => sum + list.length, 0);
  if (!lasting && length > room.length) room = new Int32Array(2 * length);
  // At least one: an empty array has no address, and Open MPI takes no null pointer.
  const memory = lasting ? new Int32Array(Math.max(length, 1)) : room;
  const base = addressOf(memory);
  let next = 0;
  const addresses = values.map((list) => {
    const start = next;
    // Displacements of empty pieces may be beyond an `int`; nothing reads them.
    for (const value of list) memory[next++] = value > largestInt ? 0 : value;
    return base + 4 * start;
  });
  return { memory, addresses };
}

/** Bytes from one item of a message to the next: from element to element, or from row to row. */
export function extentOf(message: Message, data: Data): number {
  const step = data instanceof View && !data.contiguous ? Math.abs(data.strides[0]!) : 1;
  return step * message.type.byteLength;
}

/** True where `part` is that of `whole` which begins at item `start`: MPI wants to be told with `IN_PLACE`. */
export function liesIn(part: Message, whole: Message, data: Data, start: number): boolean {
  if (part.length === 0 || part.datatype !== whole.datatype) return false;
  return part.address === whole.address + start * extentOf(whole, data);
}

/** Data for, or from, each of several ranks, as the C arrays of a call. */
export interface Parts {
  readonly base: number;
  readonly counts: Int32Array;
  /** Bytes from `base` on. */
  readonly displs: Int32Array | Uint32Array;
  readonly types: Uint32Array;
  /** The same as numbers. */
  readonly datatypes: readonly number[];
  readonly messages: readonly Message[];
}

/**
 * Describes parts of one buffer to a call that takes a datatype for each. `wide` displacements are of 8 bytes; `lasting`
 * data are used after the call.
 */
export function partsOf(
  world: World,
  list: readonly Data[],
  ranks: number,
  { wide, lasting }: { readonly wide: boolean; readonly lasting: boolean },
  call: string,
  argument: string,
): Parts {
  if (!Array.isArray(list) || list.length !== ranks) {
    throw wrong(
      `${call}: "${argument}"`,
      `a list of ${ranks}, one a rank`,
      Array.isArray(list) ? list.length : show(list),
      "Give each rank its data.",
    );
  }
  const messages = list.map((data: Data, rank) => messageOf(world, data, call, `${argument}[${rank}]`, lasting));
  const first = messages.findIndex(({ length }) => length > 0);
  const buffer = first < 0 ? undefined : bufferOf(list[first]);
  const base = messages.reduce(
    (least, { address, length }) => (length > 0 ? Math.min(least, address) : least),
    messages[first]?.address ?? 0,
  );
  const displs = messages.map(({ address, length }) => (length > 0 ? address - base : 0));
  // A shared memory has a new buffer whenever it has grown.
  const apart = (rank: number) => bufferOf(list[rank]) !== buffer && !isShared(buffer);
  const far = displs.findIndex((displ, rank) => messages[rank]!.length > 0 && (displ > largestInt || apart(rank)));
  if (far >= 0 && !wide) {
    throw wrong(
      `${call}: "${argument}"`,
      `parts of one buffer, at most ${largestInt} bytes apart`,
      `another at index ${far}`,
      "Take views of one array.",
    );
  }
  const datatypes = messages.map(({ datatype }) => datatype);
  return {
    base,
    counts: Int32Array.from(messages, ({ count }) => count),
    displs: wide
      ? Uint32Array.from(displs.flatMap((displ) => [displ, Math.floor(displ / 2 ** 32)]))
      : Int32Array.from(displs),
    types: world.handles(datatypes),
    datatypes,
    messages,
  };
}

function bufferOf(data: Data): ArrayBufferLike {
  return data instanceof View ? data.bytes.buffer : data.buffer;
}
