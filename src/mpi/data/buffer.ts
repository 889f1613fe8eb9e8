import { show, wrong } from "../../argument.js";
import type { UsageError } from "../../errors.js";
import { isShared } from "../../host.js";
import { addressOf, detached } from "../library/native.js";
import type { World } from "../library/world.js";
import { type ElementType, elementTypeOf, type TypedArray } from "./element.js";
import { stridedType } from "./rows.js";
import { detachedError, View } from "./view.js";

/** What messages are read from and written to: a typed array, the bytes of a `DataView`, or a {@link View}. */
export type Data = TypedArray | DataView | View;

/** Stands for the data of this rank that is in the result already. */
export const IN_PLACE: unique symbol = Symbol("mpi.IN_PLACE");

/** Data as the library takes it. */
export interface Message {
  readonly address: number;
  /** Number of `datatype`. */
  readonly count: number;
  readonly datatype: number;
  /** Elements in one `datatype`: 1, or those of a row of a view that is not contiguous. */
  readonly unit: number;
  /** Number of elements, `count * unit`. */
  readonly length: number;
  readonly type: ElementType;
}

/** Bytes that a message travels with at most: gaps of structs count. */
export function byteLengthOf({ length, type }: Message): number {
  return length * type.byteLength;
}

/** The largest C `int`: the type of counts and tags. */
export const largestInt = 2 ** 31 - 1;

/** What a C `int` can be; a number beyond would come out as another one. */
export const ints = { least: -largestInt, most: largestInt };

/**
 * Describes data to the library; `lasting` where the library uses them after the call.
 * @throws UsageError when it is no data or too long; names the call and the argument
 */
export function messageOf(world: World, data: Data, call: string, argument: string, lasting = false): Message {
  const type = elementTypeOf(data);
  if (type) {
    const array = data as TypedArray | DataView;
    // The length of a detached DataView is an error, that of a detached array is 0.
    const isView = type.kind === "byte";
    const length = isView && detached(array.buffer) ? 0 : isView ? array.byteLength : (array as TypedArray).length;
    if (length > largestInt) throw tooLong(length, call, argument);
    if (length === 0 && detached(array.buffer)) throw detachedError(call, argument);
    world.keep(array);
    return {
      address: addressOf(array, lasting, call, argument),
      count: length,
      datatype: world.constants[type.datatype!],
      unit: 1,
      length,
      type,
    };
  }
  if (data instanceof View) return messageOfView(world, data, call, argument, lasting);
  // A number that is reduced is the result of the call: whoever reduces an array in this way passes the options here.
  const todo =
    argument === "recv" && isOptions(data)
      ? "Pass the array of the result before the options; it may be the one that is sent."
      : `Pass for example a Float64Array${data !== undefined && argument !== "recv" ? objectsText(call) : ""}.`;
  throw wrong(`${call}: "${argument}"`, "a typed array", Array.isArray(data) ? "Array" : show(data), todo);
}

const ofObjects =
  /^MPI_(Send|Isend|Recv|Irecv|Sendrecv|Bcast|Gather|Allgather|Scatter|Alltoall|Reduce|Allreduce|Scan|Exscan)$/;

/** The same call for values of other kinds, where there is one. */
function objectsText(call: string): string {
  const name = ofObjects.exec(call)?.[1];
  return name === undefined ? "" : `, or use ${name[0]!.toLowerCase()}${name.slice(1)}Object for other values`;
}

function isOptions(data: unknown): boolean {
  return typeof data === "object" && data !== null && Object.getPrototypeOf(data) === Object.prototype;
}

/** The buffers of data, or of lists of them, which could be taken away: none that are shared or those of a memory. */
export function buffersOf(data: unknown): ArrayBufferLike[] {
  if (Array.isArray(data)) return data.flatMap(buffersOf);
  if (!(data instanceof View || ArrayBuffer.isView(data))) return [];
  if (data instanceof View && data.source instanceof WebAssembly.Memory) return [];
  const { buffer } = data;
  return isShared(buffer) || buffer.byteLength === 0 ? [] : [buffer];
}

function messageOfView(world: World, view: View, call: string, argument: string, lasting: boolean): Message {
  const { type, length, buffer, byteOffset, contiguous } = view;
  if (detached(buffer)) throw detachedError(call, argument);
  if (view.overlaps && receives(call, argument)) {
    throw wrong(`${call}: "${argument}"`, "a view whose elements have a place each", view, "Receive into another one.");
  }
  const { bytes } = view;
  world.keep(bytes);
  const address = addressOf(bytes, lasting, call, argument) + byteOffset;
  const count = contiguous || view.datatype ? length : view.strides[0]! > 0 ? view.shape[0]! : 1;
  if (count > largestInt) throw tooLong(length, call, argument);
  if (view.datatype) return { address, count, datatype: view.datatype.committed(), unit: 1, length, type };
  if (contiguous) return { address, count, datatype: world.constants[type.datatype!], unit: 1, length, type };
  // The blocks of the datatype along each axis are counted in an `int` as well.
  if (view.shape.some((n) => n > largestInt)) throw tooLong(length, call, argument);
  const strided = stridedType(world, view);
  return { address, ...strided, unit: length / strided.count, length, type };
}

const receiving = /^MPI_(I?m?recv|Recv_init|I?sendrecv_replace|I?bcast|Bcast_init|File_i?read\w*|Unpack|R?get)$/i;

/** True for an argument that a call writes to. */
function receives(call: string, argument: string): boolean {
  if (argument.startsWith("recv") || argument === "inout" || argument === "result") return true;
  return receiving.test(call) && !argument.startsWith("send");
}

/** The error of more elements than a C `int` counts; to be thrown. */
export function tooLong(length: number, call: string, argument: string): UsageError {
  return wrong(`${call}: "${argument}"`, `at most ${largestInt} elements`, length, "Pass it in parts.");
}

/** `2 float64`. */
export function describe(message: Message): string {
  return `${message.length} ${message.type.name}`;
}

/** True when elements of two types may meet: of one type, or those of derived datatypes, whose bytes have to agree. */
export function matches(a: ElementType, b: ElementType): boolean {
  const loose = ({ kind }: ElementType) => kind === "struct" || kind === "packed";
  return a.name === b.name || loose(a) || loose(b);
}

/** Bytes of data in a number of elements, without gaps. */
export function dataLength({ size, byteLength }: ElementType, length: number): number {
  return length * (size ?? byteLength);
}

/** Checks that a result holds a number of elements of the type that is sent. @throws UsageError naming both */
export function expectResult(call: string, recv: Message, send: Message, length: number, where = ""): void {
  if (matches(recv.type, send.type) && dataLength(recv.type, recv.length) === dataLength(send.type, length)) return;
  throw wrong(`${call}: "recv"`, `${length} ${send.type.name}`, describe(recv), `Allocate it to fit "send"${where}.`);
}
