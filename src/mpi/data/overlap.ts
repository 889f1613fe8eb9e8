/**
 * Whether data that are sent and data that are received have bytes in common, which MPI forbids: MPICH ends the process,
 * Open MPI mixes them up. Columns of one array interleave without a byte in common.
 */
import { wrong } from "../../argument.js";
import type { UsageError } from "../../errors.js";
import type { Data, Message } from "./buffer.js";
import type { Cut } from "./pieces.js";
import { View } from "./view.js";

/** Equal blocks of bytes at equal distances, along any number of axes: how many, and bytes from one to the next. */
export interface Blocks {
  readonly address: number;
  readonly byteLength: number;
  readonly axes: readonly (readonly [count: number, step: number])[];
}

/** More steps than views of one array ever need; what is not known after them is taken to be apart. */
const patience = 10_000;

/** True where a block of `a` and one of `b` have a byte in common. */
export function overlap(a: Blocks, b: Blocks): boolean {
  // Places of blocks differ by `distance` and by a sum of `times * step`, with `times` from `low` to `high`.
  const distance = b.address - a.address;
  const axes = [
    ...a.axes.map(([count, step]) => ({ step, low: 1 - count, high: 0 })),
    ...b.axes.map(([count, step]) => ({ step, low: 0, high: count - 1 })),
  ].map(({ step, low, high }) => (step < 0 ? { step: -step, low: 0 - high, high: 0 - low } : { step, low, high }));
  const merged: { step: number; low: number; high: number }[] = [];
  for (const axis of axes) {
    if (axis.high < axis.low) return false; // No blocks at all.
    const same = merged.find(({ step }) => step === axis.step);
    if (same) [same.low, same.high] = [same.low + axis.low, same.high + axis.high];
    else merged.push(axis);
  }
  merged.sort((x, y) => y.step - x.step);
  let left = patience;
  /** Whether the axes from `next` on reach a difference between both bounds, which are not reached themselves. */
  const meets = (next: number, from: number): boolean => {
    if (next === merged.length) return from > -b.byteLength && from < a.byteLength;
    if (--left < 0) return false;
    let [least, most] = [0, 0];
    for (const { step, low, high } of merged.slice(next + 1)) [least, most] = [least + low * step, most + high * step];
    const { step, low, high } = merged[next]!;
    if (step === 0) return meets(next + 1, from);
    const first = Math.max(low, Math.ceil((1 - b.byteLength - from - most) / step));
    const last = Math.min(high, Math.floor((a.byteLength - 1 - from - least) / step));
    for (let times = first; times <= last; times++) if (meets(next + 1, from + times * step)) return true;
    return false;
  };
  return a.byteLength > 0 && b.byteLength > 0 && meets(0, distance);
}

/** The bytes of data, or of some of their datatypes; of a derived datatype only where it begins is known for sure. */
export function blocksOf(message: Message, data: Data, start = 0, count = message.count): Blocks {
  const { address, length, unit, type } = message;
  const { byteLength } = type;
  if (data instanceof View && data.datatype) {
    const { extent, trueLowerBound, size } = data.datatype;
    const first = address + trueLowerBound;
    return { address: first, byteLength: Math.min(1, size), axes: [[length, extent]] };
  }
  if (!(data instanceof View) || data.contiguous) {
    return { address: address + start * unit * byteLength, byteLength: count * unit * byteLength, axes: [] };
  }
  const rows = data.strides[0]! > 0;
  const axes = data.shape.map((n, axis) => [rows && axis === 0 ? count : n, data.strides[axis]! * byteLength] as const);
  return { address: address + (rows ? start * data.strides[0]! * byteLength : 0), byteLength, axes };
}

/** How the errors of data that overlap call both sides. */
interface Sides {
  readonly send: string;
  readonly recv: string;
}

const sides: Sides = { send: "send", recv: "recv" };

function meet(out: Message, send: Data, into: Message, recv: Data): boolean {
  if (send instanceof View || recv instanceof View) return overlap(blocksOf(out, send), blocksOf(into, recv));
  // Arrays, which is what most data are, in a few nanoseconds.
  return (
    out.address < into.address + into.length * into.type.byteLength &&
    into.address < out.address + out.length * out.type.byteLength &&
    out.length > 0 &&
    into.length > 0
  );
}

/** @throws UsageError where data that are sent and data that are received overlap; names the call and both arguments */
export function expectApart(
  call: string,
  out: Message,
  send: Data,
  into: Message,
  recv: Data,
  names: Sides = sides,
): void {
  if (meet(out, send, into, recv)) throw overlapping(call, names);
}

/** As {@link expectApart}, where a cut says which pieces of the data are used: how many items from where on, in their order. */
export function expectPiecesApart(
  call: string,
  out: Message,
  send: Data,
  sent: Cut | undefined,
  into: Message,
  recv: Data,
  received: Cut | undefined,
): void {
  if (!meet(out, send, into, recv)) return;
  const recvPieces = piecesOf(into, recv, received);
  for (const piece of piecesOf(out, send, sent)) {
    if (recvPieces.some((recvPiece) => overlap(piece, recvPiece))) throw overlapping(call);
  }
}

function piecesOf(message: Message, data: Data, cut: Cut | undefined): Blocks[] {
  if (!cut) return [blocksOf(message, data)];
  return cut.counts.map((count, rank) => blocksOf(message, data, cut.displs[rank], count));
}

/** The error of data that overlap. */
export function overlapping(call: string, { send, recv }: Sides = sides): UsageError {
  const todo = /sendrecv$/i.test(call) ? "Receive into other memory, or call sendrecvReplace." : "Pass other memory.";
  return wrong(`${call}: "${recv}"`, `memory apart from "${send}"`, "some that overlaps it", todo);
}
