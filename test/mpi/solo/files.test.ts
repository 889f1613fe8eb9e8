import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { Scratch } from "../../../src/mpi/library/native.js";
import { type FunctionName, prototypes } from "../../../src/mpi/library/prototypes.js";
import { soloLibrary } from "../../../src/mpi/solo/index.js";

const library = soloLibrary();
const { raw, constants: c } = library;
const World = c.MPI_COMM_WORLD;

/** Memory that the calls read and write; `i32(1, 2)` gives a view of two fresh integers that knows its address. */
const heap = new Scratch(1 << 20);
let top = 0;
function room(byteLength: number): { ptr: number; offset: number } {
  const offset = top;
  top += Math.ceil(byteLength / 16) * 16;
  return { ptr: heap.address + offset, offset };
}
type Placed<T> = T & { readonly ptr: number };
function placed<T extends { set(values: ArrayLike<never>): void }>(
  Type: { new (buffer: ArrayBuffer, offset: number, length: number): T; readonly BYTES_PER_ELEMENT: number },
  values: readonly (number | bigint)[],
): Placed<T> {
  const { ptr, offset } = room(values.length * Type.BYTES_PER_ELEMENT);
  const view = new Type(heap.bytes.buffer as ArrayBuffer, offset, values.length);
  view.set(values as never[]);
  return Object.assign(view, { ptr });
}
const i32 = (...values: number[]) => placed(Int32Array, values);
const f64 = (...values: number[]) => placed(Float64Array, values);
const u8 = (...values: number[]) => placed(Uint8Array, values);
/** Handles, addresses, `MPI_Aint`. */
const longs = (...values: number[]) => placed(BigInt64Array, values.map(BigInt));
const text = (value: string) => u8(...Buffer.from(`${value}\0`)).ptr;
const blank = (byteLength: number) => u8(...new Array(byteLength).fill(0));
const textAt = (bytes: Uint8Array) =>
  Buffer.from(bytes)
    .toString()
    .replace(/\0[\s\S]*$/, "");

/** `ok`, or the class of the error with its text: `MPI_ERR_RANK: invalid rank`. */
function outcome(code: number): string {
  if (code === 0) return "ok";
  const number = i32(0);
  const string = blank(512);
  raw.MPI_Error_class(code, number.ptr);
  raw.MPI_Error_string(code, string.ptr, i32(0).ptr);
  return `${library.errorClasses.get(number[0]!)}: ${textAt(string)}`;
}
const classOf = (code: number) => outcome(code).replace(/:.*/, "");
/** Expects success. */
function ok(...codes: number[]): void {
  for (const code of codes) expect(outcome(code)).toBe("ok");
}
/** The handle that a call writes where its last argument points. */
function made(call: (ptr: number) => number): number {
  const handle = longs(0);
  ok(call(handle.ptr));
  return Number(handle[0]);
}
/** The integer that a call writes where its last argument points. */
function told(call: (ptr: number) => number): number {
  const value = i32(-7);
  ok(call(value.ptr));
  return value[0]!;
}
const committed = (call: (ptr: number) => number) => {
  const handle = longs(made(call));
  ok(raw.MPI_Type_commit(handle.ptr));
  return Number(handle[0]);
};
const newStatus = () => i32(9, 9, 9, 9, 9, 9, 9, 9);
const counted = (status: { ptr: number }, type: number) => told((ptr) => raw.MPI_Get_count(status.ptr, type, ptr));

const noSender = "MPI_ERR_OTHER: no rank can send this message, so waiting for it would never end";
const noReceiver = "MPI_ERR_OTHER: no rank can receive this message, so sending it would never end";
const { MPI_DOUBLE, MPI_INT, MPI_INT32_T, MPI_STATUS_IGNORE, MPI_REQUEST_NULL, MPI_UNDEFINED, MPI_SUM } = c;

describe("the world of one rank", () => {
  it("has every function that is bound", () => {
    const missing = Object.keys(prototypes).filter((name) => raw[name as FunctionName].name === "unsupported");
    expect(missing).toEqual([]);
  });

  it("tells the version of the standard whose constants it has", () => {
    const [version, subversion] = [i32(0), i32(7)];
    ok(raw.MPI_Get_version(version.ptr, subversion.ptr));
    expect([version[0], subversion[0]]).toEqual([5, 0]);
  });

  it("gives codes that it does not know as numbers", () => {
    const string = blank(512);
    const length = i32(0);
    ok(raw.MPI_Error_string(60, string.ptr, length.ptr));
    expect([textAt(string), length[0]]).toEqual(["error 60", 8]);
  });
});

describe("messages", () => {
  const send = (value: number, tag: number, comm = World) => ok(raw.MPI_Send(i32(value).ptr, 1, MPI_INT, 0, tag, comm));

  it("arrive in order, each tag and communicator for itself", () => {
    const duplicate = made((ptr) => raw.MPI_Comm_dup(World, ptr));
    send(1, 5);
    send(2, 6);
    send(3, 5);
    send(4, 5, duplicate);
    const got: number[][] = [];
    for (const [tag, comm] of [
      [6, World],
      [c.MPI_ANY_TAG, World],
      [5, duplicate],
      [5, World],
    ] as const) {
      const [into, status] = [i32(0), newStatus()];
      ok(raw.MPI_Recv(into.ptr, 1, MPI_INT, c.MPI_ANY_SOURCE, tag, comm, status.ptr));
      got.push([into[0]!, ...status.subarray(0, 4)]);
    }
    // Value, source, tag, error, bytes.
    expect(got).toEqual([
      [2, 0, 6, 0, 4],
      [1, 0, 5, 0, 4],
      [4, 0, 5, 0, 4],
      [3, 0, 5, 0, 4],
    ]);
  });

  it("that are too long fill the buffer and are an error", () => {
    const [into, status] = [i32(0, 0, 77), newStatus()];
    ok(raw.MPI_Send(i32(1, 2, 3).ptr, 3, MPI_INT, 0, 1, World));
    expect(outcome(raw.MPI_Recv(into.ptr, 2, MPI_INT, 0, 1, World, status.ptr))).toBe(
      "MPI_ERR_TRUNCATE: message truncated",
    );
    expect([...into, counted(status, MPI_INT)]).toEqual([1, 2, 77, 2]);
  });

  it("that nobody can send or receive fail instead of waiting for ever", () => {
    const into = i32(0);
    const status = newStatus();
    const request = longs(0);
    const message = longs(0);
    const receive = () => raw.MPI_Irecv(into.ptr, 1, MPI_INT, 0, 9, World, request.ptr);
    expect(outcome(raw.MPI_Recv(into.ptr, 1, MPI_INT, 0, 9, World, MPI_STATUS_IGNORE))).toBe(noSender);
    expect(outcome(raw.MPI_Probe(0, 9, World, status.ptr))).toBe(noSender);
    expect(raw.MPI_Probe(0, 9, World, status.ptr)).toBe(16); // The class itself.
    expect(outcome(raw.MPI_Mprobe(0, 9, World, message.ptr, status.ptr))).toBe(noSender);
    expect(outcome(raw.MPI_Ssend(into.ptr, 1, MPI_INT, 0, 9, World))).toBe(noReceiver);
    ok(receive());
    expect(outcome(raw.MPI_Wait(request.ptr, status.ptr))).toBe(noSender);
    expect(Number(request[0])).toBe(MPI_REQUEST_NULL);
    ok(raw.MPI_Issend(into.ptr, 1, MPI_INT, 0, 9, World, request.ptr));
    expect(outcome(raw.MPI_Wait(request.ptr, status.ptr))).toBe(noReceiver);
    ok(receive());
    expect(outcome(raw.MPI_Waitall(1, request.ptr, status.ptr))).toBe(
      "MPI_ERR_IN_STATUS: the error codes are in the statuses",
    );
    expect(outcome(status[2]!)).toBe(noSender);
    ok(receive());
    const index = i32(7);
    expect(outcome(raw.MPI_Waitany(1, request.ptr, index.ptr, status.ptr))).toBe(noSender);
    expect(index[0]).toBe(0);
    ok(receive());
    const indices = i32(7);
    expect(classOf(raw.MPI_Waitsome(1, request.ptr, index.ptr, indices.ptr, status.ptr))).toBe("MPI_ERR_IN_STATUS");
    expect([index[0], indices[0], Number(request[0])]).toEqual([1, 0, MPI_REQUEST_NULL]);
    // Nothing that was given up takes or brings a message.
    expect(told((ptr) => raw.MPI_Iprobe(c.MPI_ANY_SOURCE, c.MPI_ANY_TAG, World, ptr, status.ptr))).toBe(0);
    send(4, 9);
    ok(raw.MPI_Recv(into.ptr, 1, MPI_INT, 0, 9, World, MPI_STATUS_IGNORE));
    expect(into[0]).toBe(4);
  });

  it("to and from the rank that does not exist carry nothing", () => {
    const [into, status, message, flag] = [i32(5), newStatus(), longs(0), i32(0)];
    ok(raw.MPI_Ssend(into.ptr, 1, MPI_INT, c.MPI_PROC_NULL, 0, World));
    ok(raw.MPI_Recv(into.ptr, 1, MPI_INT, c.MPI_PROC_NULL, 0, World, status.ptr));
    expect([...into, ...status.subarray(0, 4)]).toEqual([5, c.MPI_PROC_NULL, c.MPI_ANY_TAG, 0, 0]);
    ok(raw.MPI_Improbe(c.MPI_PROC_NULL, 0, World, flag.ptr, message.ptr, status.ptr));
    expect([flag[0], Number(message[0])]).toEqual([1, c.MPI_MESSAGE_NO_PROC]);
    ok(raw.MPI_Mrecv(into.ptr, 1, MPI_INT, message.ptr, status.ptr));
    expect([Number(message[0]), into[0], status[0]]).toEqual([c.MPI_MESSAGE_NULL, 5, c.MPI_PROC_NULL]);
  });

  it("that are sent without waiting take the memory as it is when they are waited for", () => {
    const [from, into, request] = [i32(1), i32(0), longs(0)];
    ok(raw.MPI_Isend(from.ptr, 1, MPI_INT, 0, 1, World, request.ptr), raw.MPI_Wait(request.ptr, 0));
    from[0] = 2;
    ok(raw.MPI_Recv(into.ptr, 1, MPI_INT, 0, 1, World, 0));
    expect(into[0]).toBe(1);
    ok(raw.MPI_Isend(from.ptr, 1, MPI_INT, 0, 1, World, request.ptr), raw.MPI_Request_free(request.ptr));
    from[0] = 3;
    ok(raw.MPI_Recv(into.ptr, 1, MPI_INT, 0, 1, World, 0));
    expect(into[0]).toBe(2);
  });

  it("that are synchronous end when they are received", () => {
    const [request, into] = [longs(0), i32(0)];
    ok(raw.MPI_Issend(i32(8).ptr, 1, MPI_INT, 0, 1, World, request.ptr));
    expect(told((ptr) => raw.MPI_Test(request.ptr, ptr, 0))).toBe(0);
    ok(raw.MPI_Recv(into.ptr, 1, MPI_INT, 0, 1, World, 0));
    expect(told((ptr) => raw.MPI_Test(request.ptr, ptr, 0))).toBe(1);
    ok(raw.MPI_Irecv(into.ptr, 1, MPI_INT, 0, 2, World, request.ptr));
    ok(raw.MPI_Ssend(i32(9).ptr, 1, MPI_INT, 0, 2, World), raw.MPI_Wait(request.ptr, 0));
    expect(into[0]).toBe(9);
  });

  it("that are ready need a receive that waits", () => {
    const [request, into] = [longs(0), i32(0)];
    const code = () => raw.MPI_Rsend(i32(8).ptr, 1, MPI_INT, 0, 1, World);
    expect(outcome(code())).toBe("MPI_ERR_OTHER: no receive waits for this ready send");
    ok(raw.MPI_Irecv(into.ptr, 1, MPI_INT, 0, 1, World, request.ptr), code(), raw.MPI_Wait(request.ptr, 0));
    expect(into[0]).toBe(8);
  });

  it("that are buffered need a buffer with room", () => {
    const code = () => raw.MPI_Bsend(i32(8).ptr, 1, MPI_INT, 0, 1, World);
    const none = "MPI_ERR_BUFFER: the attached buffer has no room for this message";
    const [into, address, size] = [i32(0), longs(0), i32(0)];
    expect(outcome(code())).toBe(none);
    const buffer = blank(516);
    ok(raw.MPI_Buffer_attach(buffer.ptr, 516), code());
    expect(outcome(code())).toBe(none);
    ok(raw.MPI_Recv(into.ptr, 1, MPI_INT, 0, 1, World, 0), code());
    expect(outcome(raw.MPI_Buffer_attach(buffer.ptr, 516))).toBe("MPI_ERR_BUFFER: a buffer is attached already");
    ok(raw.MPI_Buffer_detach(address.ptr, size.ptr), raw.MPI_Recv(into.ptr, 1, MPI_INT, 0, 1, World, 0));
    expect([Number(address[0]), size[0], into[0]]).toEqual([buffer.ptr, 516, 8]);
    expect(outcome(raw.MPI_Buffer_detach(address.ptr, size.ptr))).toBe("MPI_ERR_BUFFER: no buffer is attached");
  });

  it("can be sent and received in one call, in place too", () => {
    const [into, status] = [i32(0, 0), newStatus()];
    ok(raw.MPI_Sendrecv(i32(1, 2).ptr, 2, MPI_INT, 0, 3, into.ptr, 2, MPI_INT, 0, 3, World, status.ptr));
    expect([...into, counted(status, MPI_INT)]).toEqual([1, 2, 2]);
    send(7, 4);
    ok(raw.MPI_Sendrecv_replace(into.ptr, 1, MPI_INT, 0, 4, 0, 4, World, status.ptr));
    expect([...into]).toEqual([7, 2]);
    ok(raw.MPI_Recv(into.ptr, 1, MPI_INT, 0, 4, World, 0));
    expect([...into]).toEqual([1, 2]);
    const code = raw.MPI_Sendrecv(into.ptr, 1, MPI_INT, c.MPI_PROC_NULL, 0, into.ptr, 1, MPI_INT, 0, 4, World, 0);
    expect(outcome(code)).toBe(noSender);
  });

  it("can be matched first and received later", () => {
    const [status, message, into, request] = [newStatus(), longs(0), i32(0), longs(0)];
    send(1, 5);
    send(2, 5);
    ok(raw.MPI_Mprobe(0, 5, World, message.ptr, status.ptr));
    expect([...status.subarray(0, 4)]).toEqual([0, 5, 0, 4]);
    ok(raw.MPI_Recv(into.ptr, 1, MPI_INT, 0, 5, World, 0));
    expect(into[0]).toBe(2);
    ok(raw.MPI_Imrecv(into.ptr, 1, MPI_INT, message.ptr, request.ptr), raw.MPI_Wait(request.ptr, status.ptr));
    expect([into[0], Number(message[0]), status[1]]).toEqual([1, c.MPI_MESSAGE_NULL, 5]);
    expect(classOf(raw.MPI_Mrecv(into.ptr, 1, MPI_INT, message.ptr, 0))).toBe("MPI_ERR_REQUEST");
  });

  it("have a description that is checked", () => {
    const { ptr } = i32(0);
    const code = (count: number, type: number, peer: number, tag: number, comm: number, at = ptr) =>
      classOf(raw.MPI_Send(at, count, type, peer, tag, comm));
    expect(code(-1, MPI_INT, 0, 0, World)).toBe("MPI_ERR_COUNT");
    expect(code(1, c.MPI_DATATYPE_NULL, 0, 0, World)).toBe("MPI_ERR_TYPE");
    expect(code(1, MPI_INT, 1, 0, World)).toBe("MPI_ERR_RANK");
    expect(code(1, MPI_INT, c.MPI_ANY_SOURCE, 0, World)).toBe("MPI_ERR_RANK");
    expect(code(1, MPI_INT, 0, -1, World)).toBe("MPI_ERR_TAG");
    expect(code(1, MPI_INT, 0, 0, c.MPI_COMM_NULL)).toBe("MPI_ERR_COMM");
    expect(code(1, MPI_INT, 0, 0, World, 0)).toBe("MPI_ERR_BUFFER");
    expect(code(1, MPI_INT, 0, 0, World, c.MPI_IN_PLACE)).toBe("MPI_ERR_BUFFER");
    expect(code(0, MPI_INT, c.MPI_PROC_NULL, 0, World, 0)).toBe("ok");
  });
});

describe("requests", () => {
  const receive = (into: number, tag: number, ptr: number) => ok(raw.MPI_Irecv(into, 1, MPI_INT, 0, tag, World, ptr));
  const send = (value: number, tag: number) => ok(raw.MPI_Send(i32(value).ptr, 1, MPI_INT, 0, tag, World));

  it("are completed by any, some and all", () => {
    const [requests, into, flag, index, indices] = [longs(0, 0, 0), i32(0, 0, 0), i32(0), i32(0), i32(0, 0, 0)];
    const statuses = placed(Int32Array, new Array(24).fill(0));
    for (const tag of [0, 1, 2]) receive(into.ptr + 4 * tag, tag, requests.ptr + 8 * tag);
    ok(raw.MPI_Testany(3, requests.ptr, index.ptr, flag.ptr, 0));
    expect([flag[0], index[0]]).toEqual([0, MPI_UNDEFINED]);
    ok(raw.MPI_Testsome(3, requests.ptr, index.ptr, indices.ptr, statuses.ptr));
    expect(index[0]).toBe(0);
    ok(raw.MPI_Testall(3, requests.ptr, flag.ptr, statuses.ptr));
    expect(flag[0]).toBe(0);
    send(12, 2);
    ok(raw.MPI_Waitany(3, requests.ptr, index.ptr, statuses.ptr));
    expect([index[0], into[2], statuses[1]]).toEqual([2, 12, 2]);
    send(11, 1);
    send(10, 0);
    ok(raw.MPI_Waitsome(3, requests.ptr, index.ptr, indices.ptr, statuses.ptr));
    expect([index[0], ...indices.subarray(0, 2), statuses[1], statuses[9]]).toEqual([2, 0, 1, 0, 1]);
    expect([...requests].map(Number)).toEqual(new Array(3).fill(MPI_REQUEST_NULL));
    ok(raw.MPI_Waitany(3, requests.ptr, index.ptr, statuses.ptr));
    expect(index[0]).toBe(MPI_UNDEFINED);
    ok(raw.MPI_Testany(3, requests.ptr, index.ptr, flag.ptr, 0));
    expect([flag[0], index[0]]).toEqual([1, MPI_UNDEFINED]);
    ok(raw.MPI_Testsome(3, requests.ptr, index.ptr, indices.ptr, statuses.ptr));
    expect(index[0]).toBe(MPI_UNDEFINED);
    ok(raw.MPI_Waitall(3, requests.ptr, 0), raw.MPI_Testall(3, requests.ptr, flag.ptr, 0));
    expect(flag[0]).toBe(1);
  });

  it("can be started again and again", () => {
    const [from, into, requests] = [i32(0), i32(0), longs(0, 0)];
    ok(raw.MPI_Send_init(from.ptr, 1, MPI_INT, 0, 1, World, requests.ptr));
    ok(raw.MPI_Recv_init(into.ptr, 1, MPI_INT, 0, 1, World, requests.ptr + 8));
    for (const value of [3, 4, 5]) {
      from[0] = value;
      ok(raw.MPI_Startall(2, requests.ptr));
      expect(classOf(raw.MPI_Start(requests.ptr))).toBe("MPI_ERR_REQUEST");
      ok(raw.MPI_Waitall(2, requests.ptr, 0));
      expect(into[0]).toBe(value);
    }
    const status = newStatus();
    ok(raw.MPI_Wait(requests.ptr, status.ptr));
    expect([...status.subarray(0, 4)]).toEqual([c.MPI_ANY_SOURCE, c.MPI_ANY_TAG, 0, 0]);
    // A message that was sent and not received outlives the next start.
    for (const value of [6, 7]) {
      from[0] = value;
      ok(raw.MPI_Start(requests.ptr), raw.MPI_Wait(requests.ptr, 0));
    }
    for (const value of [6, 7]) {
      ok(raw.MPI_Start(requests.ptr + 8), raw.MPI_Wait(requests.ptr + 8, 0));
      expect(into[0]).toBe(value);
    }
    ok(raw.MPI_Request_free(requests.ptr), raw.MPI_Request_free(requests.ptr + 8));
    expect(classOf(raw.MPI_Start(requests.ptr))).toBe("MPI_ERR_REQUEST");
  });

  it("can be cancelled until they are matched", () => {
    const [request, into, status] = [longs(0), i32(0), newStatus()];
    const cancelled = () => told((ptr) => raw.MPI_Test_cancelled(status.ptr, ptr));
    receive(into.ptr, 1, request.ptr);
    ok(raw.MPI_Cancel(request.ptr), raw.MPI_Wait(request.ptr, status.ptr));
    expect(cancelled()).toBe(1);
    ok(raw.MPI_Isend(i32(1).ptr, 1, MPI_INT, 0, 1, World, request.ptr));
    ok(raw.MPI_Cancel(request.ptr), raw.MPI_Wait(request.ptr, status.ptr));
    expect(cancelled()).toBe(1);
    send(2, 1);
    receive(into.ptr, 1, request.ptr);
    ok(raw.MPI_Cancel(request.ptr), raw.MPI_Wait(request.ptr, status.ptr));
    expect([cancelled(), into[0]]).toEqual([0, 2]);
  });

  it("tell their status and stay as they are", () => {
    const [request, into, status] = [longs(0), i32(0), newStatus()];
    receive(into.ptr, 1, request.ptr);
    const done = () => told((ptr) => raw.MPI_Request_get_status(Number(request[0]), ptr, status.ptr));
    expect(done()).toBe(0);
    send(2, 1);
    expect([done(), done(), counted(status, MPI_INT)]).toEqual([1, 1, 1]);
    ok(raw.MPI_Wait(request.ptr, 0));
    expect(done()).toBe(1);
  });
});

describe("datatypes", () => {
  const extent = (type: number, call: "MPI_Type_get_extent" | "MPI_Type_get_true_extent" = "MPI_Type_get_extent") => {
    const [lb, length] = [longs(0), longs(0)];
    ok(raw[call](type, lb.ptr, length.ptr));
    return [Number(lb[0]), Number(length[0])];
  };
  const size = (type: number) => told((ptr) => raw.MPI_Type_size(type, ptr));
  /** Which of twelve integers a type sends. */
  const sent = (type: number, count = 1): number[] => {
    const packed = i32(...new Array(12).fill(-1));
    const values = i32(...Array.from({ length: 12 }, (_, index) => index));
    const position = i32(0);
    ok(raw.MPI_Pack(values.ptr, count, type, packed.ptr, 48, position.ptr, World));
    return [...packed.subarray(0, position[0]! / 4)];
  };

  it("have the sizes and extents of C", () => {
    const pairs = [c.MPI_FLOAT_INT, c.MPI_DOUBLE_INT, c.MPI_LONG_INT, c.MPI_SHORT_INT, c.MPI_2INT];
    expect(pairs.map((type) => [size(type), ...extent(type)])).toEqual([
      [8, 0, 8],
      [12, 0, 16],
      [12, 0, 16],
      [6, 0, 8],
      [8, 0, 8],
    ]);
    expect([c.MPI_BYTE, MPI_DOUBLE, c.MPI_C_DOUBLE_COMPLEX, c.MPI_LONG, c.MPI_C_BOOL].map(size)).toEqual([
      1, 8, 16, 8, 1,
    ]);
  });

  it("pick what they say", () => {
    const vector = committed((ptr) => raw.MPI_Type_vector(2, 2, 3, MPI_INT, ptr));
    expect([size(vector), ...extent(vector), sent(vector, 2)]).toEqual([16, 0, 20, [0, 1, 3, 4, 5, 6, 8, 9]]);
    const bytes = committed((ptr) => raw.MPI_Type_create_hvector(3, 1, 8, MPI_INT, ptr));
    expect(sent(bytes)).toEqual([0, 2, 4]);
    const indexed = committed((ptr) => raw.MPI_Type_indexed(2, i32(1, 2).ptr, i32(4, 1).ptr, MPI_INT, ptr));
    expect([...extent(indexed), sent(indexed)]).toEqual([4, 16, [4, 1, 2]]);
    const hindexed = committed((ptr) => raw.MPI_Type_create_hindexed(2, i32(1, 1).ptr, longs(8, 0).ptr, MPI_INT, ptr));
    expect(sent(hindexed)).toEqual([2, 0]);
    const block = committed((ptr) => raw.MPI_Type_create_indexed_block(2, 2, i32(6, 0).ptr, MPI_INT, ptr));
    expect(sent(block)).toEqual([6, 7, 0, 1]);
    const contiguous = committed((ptr) => raw.MPI_Type_contiguous(2, vector, ptr));
    expect([size(contiguous), ...extent(contiguous)]).toEqual([32, 0, 40]);
    const resized = committed((ptr) => raw.MPI_Type_create_resized(MPI_INT, 0, 12, ptr));
    expect([extent(resized), extent(resized, "MPI_Type_get_true_extent"), sent(resized, 4)]).toEqual([
      [0, 12],
      [0, 4],
      [0, 3, 6, 9],
    ]);
    const copied = committed((ptr) => raw.MPI_Type_dup(resized, ptr));
    expect([extent(copied), sent(copied, 2)]).toEqual([
      [0, 12],
      [0, 3],
    ]);
  });

  it("pick parts of arrays in the order of C and of Fortran", () => {
    const part = (order: number) =>
      committed((ptr) =>
        raw.MPI_Type_create_subarray(2, i32(3, 4).ptr, i32(2, 2).ptr, i32(1, 2).ptr, order, MPI_INT, ptr),
      );
    const inC = part(c.MPI_ORDER_C);
    expect([...extent(inC), sent(inC)]).toEqual([0, 48, [6, 7, 10, 11]]);
    expect(extent(inC, "MPI_Type_get_true_extent")).toEqual([24, 24]);
    expect(sent(part(c.MPI_ORDER_FORTRAN))).toEqual([7, 8, 10, 11]);
    const code = raw.MPI_Type_create_subarray(1, i32(3).ptr, i32(2).ptr, i32(2).ptr, c.MPI_ORDER_C, MPI_INT, 0);
    expect(outcome(code)).toBe("MPI_ERR_ARG: the part is not in the array");
  });

  it("of structures end where a C compiler ends them", () => {
    const types = longs(MPI_DOUBLE, MPI_INT);
    const record = committed((ptr) => raw.MPI_Type_create_struct(2, i32(1, 1).ptr, longs(0, 8).ptr, types.ptr, ptr));
    expect([size(record), ...extent(record)]).toEqual([12, 0, 16]);
    const from = f64(1.5, 0, 2.5, 0);
    new Int32Array(from.buffer, from.byteOffset, 8).set([7, -1], 2);
    new Int32Array(from.buffer, from.byteOffset, 8).set([8, -1], 6);
    const into = f64(0, 0, 0, 0);
    const status = newStatus();
    ok(raw.MPI_Sendrecv(from.ptr, 2, record, 0, 0, into.ptr, 2, record, 0, 0, World, status.ptr));
    const integers = new Int32Array(into.buffer, into.byteOffset, 8);
    expect([into[0], integers[2], integers[3], into[2], integers[6], integers[7]]).toEqual([1.5, 7, 0, 2.5, 8, 0]);
    expect([counted(status, record), counted(status, c.MPI_BYTE)]).toEqual([2, 24]);
  });

  it("count what was received in part", () => {
    const types = longs(MPI_DOUBLE, MPI_INT);
    const record = committed((ptr) => raw.MPI_Type_create_struct(2, i32(1, 1).ptr, longs(0, 8).ptr, types.ptr, ptr));
    const [bytes, into, status] = [blank(24), blank(64), newStatus()];
    const elements = (byteLength: number) => {
      ok(raw.MPI_Send(bytes.ptr, byteLength, c.MPI_BYTE, 0, 0, World));
      ok(raw.MPI_Recv(into.ptr, 4, record, 0, 0, World, status.ptr));
      return [counted(status, record), told((ptr) => raw.MPI_Get_elements(status.ptr, record, ptr))];
    };
    expect([0, 8, 12, 20, 22, 24].map(elements)).toEqual([
      [0, 0],
      [MPI_UNDEFINED, 1],
      [1, 2],
      [MPI_UNDEFINED, 3],
      [MPI_UNDEFINED, MPI_UNDEFINED],
      [2, 4],
    ]);
  });

  it("travel between different layouts", () => {
    const column = committed((ptr) => raw.MPI_Type_vector(3, 1, 3, MPI_INT, ptr));
    const from = i32(0, 1, 2, 3, 4, 5, 6, 7, 8);
    const into = i32(...new Array(9).fill(-1));
    ok(raw.MPI_Sendrecv(from.ptr + 4, 1, column, 0, 0, into.ptr, 1, column, 0, 0, World, 0));
    expect([...into]).toEqual([1, -1, -1, 4, -1, -1, 7, -1, -1]);
    const status = newStatus();
    ok(raw.MPI_Sendrecv(from.ptr, 2, MPI_INT, 0, 0, into.ptr + 4, 1, column, 0, 0, World, status.ptr));
    expect([...into]).toEqual([1, 0, -1, 4, 1, -1, 7, -1, -1]);
    expect([counted(status, column), counted(status, MPI_INT)]).toEqual([MPI_UNDEFINED, 2]);
  });

  it("are packed and unpacked one after the other", () => {
    const [packed, position, total] = [blank(16), i32(0), i32(0)];
    ok(raw.MPI_Pack_size(3, MPI_INT, World, total.ptr));
    expect(total[0]).toBe(12);
    ok(raw.MPI_Pack(i32(5).ptr, 1, MPI_INT, packed.ptr, 16, position.ptr, World));
    ok(raw.MPI_Pack(f64(2.5).ptr, 1, MPI_DOUBLE, packed.ptr, 16, position.ptr, World));
    expect(position[0]).toBe(12);
    expect(outcome(raw.MPI_Pack(f64(2.5).ptr, 1, MPI_DOUBLE, packed.ptr, 16, position.ptr, World))).toBe(
      "MPI_ERR_TRUNCATE: the packed data do not fit the buffer",
    );
    position[0] = 0;
    const [integer, number] = [i32(0), f64(0)];
    ok(raw.MPI_Unpack(packed.ptr, 12, position.ptr, integer.ptr, 1, MPI_INT, World));
    ok(raw.MPI_Unpack(packed.ptr, 12, position.ptr, number.ptr, 1, MPI_DOUBLE, World));
    expect([integer[0], number[0], position[0]]).toEqual([5, 2.5, 12]);
    expect(outcome(raw.MPI_Unpack(packed.ptr, 12, position.ptr, integer.ptr, 1, MPI_INT, World))).toBe(
      "MPI_ERR_TRUNCATE: the buffer holds less packed data",
    );
  });

  it("have to be committed, and last until they are freed", () => {
    const handle = longs(made((ptr) => raw.MPI_Type_contiguous(2, MPI_INT, ptr)));
    const type = Number(handle[0]);
    const code = () => outcome(raw.MPI_Send(i32(1, 2).ptr, 1, type, c.MPI_PROC_NULL, 0, World));
    expect(code()).toBe("MPI_ERR_TYPE: the datatype is not committed");
    ok(raw.MPI_Type_commit(handle.ptr));
    expect(code()).toBe("ok");
    const [name, length] = [blank(128), i32(0)];
    ok(raw.MPI_Type_set_name(type, text("pair")), raw.MPI_Type_get_name(type, name.ptr, length.ptr));
    expect([textAt(name), length[0]]).toEqual(["pair", 4]);
    ok(raw.MPI_Type_free(handle.ptr));
    expect([code(), Number(handle[0])]).toEqual(["MPI_ERR_TYPE: invalid datatype", c.MPI_DATATYPE_NULL]);
    expect(classOf(raw.MPI_Type_free(longs(MPI_INT).ptr))).toBe("MPI_ERR_TYPE");
  });
});

describe("operations", () => {
  const reduce = (op: number, type: number, from: { ptr: number }, into: { ptr: number }, count: number) =>
    outcome(raw.MPI_Reduce_local(from.ptr, into.ptr, count, type, op));
  const names = ["SUM", "PROD", "MAX", "MIN", "LAND", "BAND", "LOR", "BOR", "LXOR", "BXOR"] as const;

  it("reckon with integers as C does", () => {
    const results = (
      type: number,
      Type: typeof Int8Array | typeof Int32Array | typeof Uint32Array,
      a: number,
      b: number,
    ) =>
      names.map((name) => {
        const into = placed(Type as typeof Int32Array, [b]);
        expect(reduce(c[`MPI_${name}`], type, placed(Type as typeof Int32Array, [a]), into, 1)).toBe("ok");
        return into[0];
      });
    expect(results(c.MPI_INT8_T, Int8Array, 100, 100)).toEqual([-56, 16, 100, 100, 1, 100, 1, 100, 0, 0]);
    expect(results(MPI_INT32_T, Int32Array, 2 ** 31 - 1, 3)).toEqual([
      -2147483646, 2147483645, 2147483647, 3, 1, 3, 1, 2147483647, 0, 2147483644,
    ]);
    expect(results(c.MPI_UINT32_T, Uint32Array, 2 ** 32 - 1, 2)).toEqual([
      1, 4294967294, 4294967295, 2, 1, 2, 1, 4294967295, 0, 4294967293,
    ]);
    const big = names.map((name) => {
      const into = placed(BigInt64Array, [2n]);
      expect(reduce(c[`MPI_${name}`], c.MPI_INT64_T, placed(BigInt64Array, [2n ** 63n - 1n]), into, 1)).toBe("ok");
      return into[0];
    });
    const most = 2n ** 63n - 1n;
    expect(big).toEqual([-(2n ** 63n) + 1n, -2n, most, 2n, 1n, 2n, 1n, most, 0n, most - 2n]);
    const unsigned = placed(BigUint64Array, [2n]);
    expect(reduce(MPI_SUM, c.MPI_UINT64_T, placed(BigUint64Array, [2n ** 64n - 1n]), unsigned, 1)).toBe("ok");
    expect(unsigned[0]).toBe(1n);
  });

  it("round to the type", () => {
    const into = placed(Float32Array, [2 ** 24, 3]);
    expect(reduce(MPI_SUM, c.MPI_FLOAT, placed(Float32Array, [1, 0.1]), into, 2)).toBe("ok");
    expect([...into]).toEqual([2 ** 24, Math.fround(3 + Math.fround(0.1))]);
    const complex = f64(1, 2);
    expect(reduce(c.MPI_PROD, c.MPI_C_DOUBLE_COMPLEX, f64(3, 4), complex, 1)).toBe("ok");
    expect([...complex]).toEqual([-5, 10]);
    expect(reduce(MPI_SUM, c.MPI_C_FLOAT_COMPLEX, placed(Float32Array, [1, 2]), placed(Float32Array, [3, 4]), 1)).toBe(
      "ok",
    );
  });

  it("find where the extremes are, of equal ones the first", () => {
    const into = i32(5, 2, 6, 9, 1, 1);
    expect(reduce(c.MPI_MAXLOC, c.MPI_2INT, i32(5, 1, 7, 3, 0, 0), into, 3)).toBe("ok");
    expect([...into]).toEqual([5, 1, 7, 3, 1, 1]);
    const pair = (value: number, index: number) => {
      const data = f64(value, 0);
      new Int32Array(data.buffer, data.byteOffset, 4)[2] = index;
      return data;
    };
    const least = pair(2.5, 4);
    expect(reduce(c.MPI_MINLOC, c.MPI_DOUBLE_INT, pair(1.5, 3), least, 1)).toBe("ok");
    expect([least[0], new Int32Array(least.buffer, least.byteOffset, 4)[2]]).toEqual([1.5, 3]);
  });

  it("replace, or leave as it is", () => {
    const into = i32(1, 2);
    expect([reduce(c.MPI_NO_OP, MPI_INT, i32(3, 4), into, 2), ...into]).toEqual(["ok", 1, 2]);
    expect([reduce(c.MPI_REPLACE, MPI_INT, i32(3, 4), into, 2), ...into]).toEqual(["ok", 3, 4]);
  });

  it("reduce arrays of any length", () => {
    const count = 10_000;
    const [from, into] = [f64(...new Array(count).fill(0).map((_, at) => at)), f64(...new Array(count).fill(1))];
    expect(reduce(MPI_SUM, MPI_DOUBLE, from, into, count)).toBe("ok");
    expect(into.every((value, at) => value === at + 1)).toBe(true);
  });

  it("are refused for types that they are not defined for", () => {
    const refused = "MPI_ERR_OP: invalid operation, or one that is not defined for the datatype";
    const data = f64(1, 2);
    for (const [op, type] of [
      [c.MPI_BAND, MPI_DOUBLE],
      [c.MPI_LAND, c.MPI_FLOAT],
      [c.MPI_MAX, c.MPI_C_DOUBLE_COMPLEX],
      [c.MPI_MAXLOC, MPI_DOUBLE],
      [MPI_SUM, c.MPI_DOUBLE_INT],
      [MPI_SUM, c.MPI_BYTE],
      [MPI_SUM, c.MPI_CHAR],
      [MPI_SUM, c.MPI_C_BOOL],
      [c.MPI_OP_NULL, MPI_INT],
    ] as const) {
      expect(reduce(op, type, data, data, 1)).toBe(refused);
      if (op !== c.MPI_OP_NULL)
        expect(outcome(raw.MPI_Allreduce(data.ptr, data.ptr, 1, type, op, World))).toBe(refused);
    }
    const operation = longs(made((ptr) => raw.MPI_Op_create(0, 0, ptr)));
    expect(told((ptr) => raw.MPI_Op_commutative(Number(operation[0]), ptr))).toBe(0);
    expect(told((ptr) => raw.MPI_Op_commutative(MPI_SUM, ptr))).toBe(1);
    ok(
      raw.MPI_Allreduce(data.ptr, f64(0).ptr, 1, MPI_DOUBLE, Number(operation[0]), World),
      raw.MPI_Op_free(operation.ptr),
    );
    expect(Number(operation[0])).toBe(c.MPI_OP_NULL);
    expect(classOf(raw.MPI_Op_free(longs(MPI_SUM).ptr))).toBe("MPI_ERR_OP");
  });
});

describe("collective calls", () => {
  const { MPI_IN_PLACE } = c;
  const request = longs(0);
  const wait = () => ok(raw.MPI_Wait(request.ptr, 0));

  it("copy what is sent to where it is received", () => {
    const from = f64(1, 2);
    const [ones, zero, two] = [i32(1), i32(0), i32(2)];
    const doubles = longs(MPI_DOUBLE);
    const calls: ((into: number) => number)[] = [
      (into) => raw.MPI_Reduce(from.ptr, into, 2, MPI_DOUBLE, MPI_SUM, 0, World),
      (into) => raw.MPI_Allreduce(from.ptr, into, 2, MPI_DOUBLE, MPI_SUM, World),
      (into) => raw.MPI_Scan(from.ptr, into, 2, MPI_DOUBLE, MPI_SUM, World),
      (into) => raw.MPI_Reduce_scatter(from.ptr, into, two.ptr, MPI_DOUBLE, MPI_SUM, World),
      (into) => raw.MPI_Reduce_scatter_block(from.ptr, into, 2, MPI_DOUBLE, MPI_SUM, World),
      (into) => raw.MPI_Gather(from.ptr, 2, MPI_DOUBLE, into, 2, MPI_DOUBLE, 0, World),
      (into) => raw.MPI_Gatherv(from.ptr, 2, MPI_DOUBLE, into, two.ptr, zero.ptr, MPI_DOUBLE, 0, World),
      (into) => raw.MPI_Scatter(from.ptr, 2, MPI_DOUBLE, into, 2, MPI_DOUBLE, 0, World),
      (into) => raw.MPI_Scatterv(from.ptr, two.ptr, zero.ptr, MPI_DOUBLE, into, 2, MPI_DOUBLE, 0, World),
      (into) => raw.MPI_Allgather(from.ptr, 16, c.MPI_BYTE, into, 2, MPI_DOUBLE, World),
      (into) => raw.MPI_Allgatherv(from.ptr, 2, MPI_DOUBLE, into, two.ptr, zero.ptr, MPI_DOUBLE, World),
      (into) => raw.MPI_Alltoall(from.ptr, 2, MPI_DOUBLE, into, 2, MPI_DOUBLE, World),
      (into) => raw.MPI_Alltoallv(from.ptr, two.ptr, zero.ptr, MPI_DOUBLE, into, two.ptr, zero.ptr, MPI_DOUBLE, World),
      (into) =>
        raw.MPI_Alltoallw(from.ptr, two.ptr, zero.ptr, doubles.ptr, into, two.ptr, zero.ptr, doubles.ptr, World),
    ];
    for (const call of calls) {
      const into = f64(0, 0);
      ok(call(into.ptr));
      expect([...into]).toEqual([1, 2]);
    }
    const into = f64(0, 0, 0);
    ok(raw.MPI_Gatherv(from.ptr, 1, MPI_DOUBLE, into.ptr, ones.ptr, two.ptr, MPI_DOUBLE, 0, World));
    ok(raw.MPI_Alltoallv(from.ptr, ones.ptr, ones.ptr, MPI_DOUBLE, into.ptr, ones.ptr, zero.ptr, MPI_DOUBLE, World));
    expect([...into]).toEqual([2, 0, 1]);
    ok(
      raw.MPI_Alltoallw(
        from.ptr,
        ones.ptr,
        i32(8).ptr,
        doubles.ptr,
        into.ptr,
        ones.ptr,
        i32(8).ptr,
        doubles.ptr,
        World,
      ),
    );
    expect([...into]).toEqual([2, 2, 1]);
    ok(raw.MPI_Bcast(into.ptr, 3, MPI_DOUBLE, 0, World), raw.MPI_Barrier(World));
    expect([...into]).toEqual([2, 2, 1]);
  });

  it("leave the data where they are in place, and give the first rank of an exclusive scan nothing", () => {
    const data = i32(4);
    const { ptr } = data;
    const [one, zero] = [i32(1).ptr, i32(0).ptr];
    ok(raw.MPI_Reduce(MPI_IN_PLACE, ptr, 1, MPI_INT, MPI_SUM, 0, World));
    ok(raw.MPI_Allreduce(MPI_IN_PLACE, ptr, 1, MPI_INT, MPI_SUM, World));
    ok(raw.MPI_Scan(MPI_IN_PLACE, ptr, 1, MPI_INT, MPI_SUM, World));
    ok(raw.MPI_Exscan(MPI_IN_PLACE, ptr, 1, MPI_INT, MPI_SUM, World));
    ok(raw.MPI_Reduce_scatter(MPI_IN_PLACE, ptr, one, MPI_INT, MPI_SUM, World));
    ok(raw.MPI_Reduce_scatter_block(MPI_IN_PLACE, ptr, 1, MPI_INT, MPI_SUM, World));
    ok(raw.MPI_Gather(MPI_IN_PLACE, 0, 0, ptr, 1, MPI_INT, 0, World));
    ok(raw.MPI_Gatherv(MPI_IN_PLACE, 0, 0, ptr, one, zero, MPI_INT, 0, World));
    ok(raw.MPI_Scatter(ptr, 1, MPI_INT, MPI_IN_PLACE, 0, 0, 0, World));
    ok(raw.MPI_Scatterv(ptr, one, zero, MPI_INT, MPI_IN_PLACE, 0, 0, 0, World));
    ok(raw.MPI_Allgather(MPI_IN_PLACE, 0, 0, ptr, 1, MPI_INT, World));
    ok(raw.MPI_Allgatherv(MPI_IN_PLACE, 0, 0, ptr, one, zero, MPI_INT, World));
    ok(raw.MPI_Alltoall(MPI_IN_PLACE, 0, 0, ptr, 1, MPI_INT, World));
    ok(raw.MPI_Alltoallv(MPI_IN_PLACE, 0, 0, 0, ptr, one, zero, MPI_INT, World));
    ok(raw.MPI_Alltoallw(MPI_IN_PLACE, 0, 0, 0, ptr, one, zero, longs(MPI_INT).ptr, World));
    ok(raw.MPI_Exscan(i32(9).ptr, ptr, 1, MPI_INT, MPI_SUM, World));
    expect(data[0]).toBe(4);
  });

  it("are done as soon as they begin, or whenever they are started", () => {
    const [from, into] = [i32(3), i32(0)];
    ok(raw.MPI_Iallreduce(from.ptr, into.ptr, 1, MPI_INT, MPI_SUM, World, request.ptr));
    wait();
    expect([into[0], Number(request[0])]).toEqual([3, MPI_REQUEST_NULL]);
    ok(raw.MPI_Ibarrier(World, request.ptr));
    wait();
    ok(raw.MPI_Allreduce_init(from.ptr, into.ptr, 1, MPI_INT, MPI_SUM, World, c.MPI_INFO_NULL, request.ptr));
    for (const value of [4, 5]) {
      from[0] = value;
      expect(into[0]).toBe(value - 1);
      ok(raw.MPI_Start(request.ptr));
      wait();
      expect(into[0]).toBe(value);
    }
    expect(classOf(raw.MPI_Cancel(request.ptr))).toBe("MPI_ERR_REQUEST");
    ok(raw.MPI_Request_free(request.ptr));
    ok(raw.MPI_Barrier_init(World, c.MPI_INFO_NULL, request.ptr), raw.MPI_Start(request.ptr));
    wait();
    ok(raw.MPI_Request_free(request.ptr));
  });

  it("are checked", () => {
    const { ptr } = i32(1, 2);
    expect(outcome(raw.MPI_Bcast(ptr, 1, MPI_INT, 1, World))).toBe("MPI_ERR_ROOT: invalid root");
    expect(classOf(raw.MPI_Ibcast(ptr, 1, MPI_INT, c.MPI_ROOT, World, request.ptr))).toBe("MPI_ERR_ROOT");
    expect(classOf(raw.MPI_Bcast(ptr, 1, MPI_INT, 0, 7))).toBe("MPI_ERR_COMM");
    expect(classOf(raw.MPI_Bcast(MPI_IN_PLACE, 1, MPI_INT, 0, World))).toBe("MPI_ERR_BUFFER");
    expect(classOf(raw.MPI_Gather(ptr, 2, MPI_INT, ptr, 1, MPI_INT, 0, World))).toBe("MPI_ERR_TRUNCATE");
    expect(classOf(raw.MPI_Gather_init(ptr, -1, MPI_INT, ptr, 1, MPI_INT, 0, World, 0, request.ptr))).toBe(
      "MPI_ERR_COUNT",
    );
  });

  it("among neighbours give each side what the other one sends", () => {
    const grid = made((ptr) => raw.MPI_Cart_create(World, 2, i32(1, 1).ptr, i32(1, 0).ptr, 0, ptr));
    const from = i32(10, 11, 12, 13);
    const into = i32(-1, -1, -1, -1);
    ok(raw.MPI_Neighbor_alltoall(from.ptr, 1, MPI_INT, into.ptr, 1, MPI_INT, grid));
    expect([...into]).toEqual([11, 10, -1, -1]);
    into.fill(-1);
    ok(raw.MPI_Ineighbor_allgather(from.ptr, 1, MPI_INT, into.ptr, 1, MPI_INT, grid, request.ptr));
    wait();
    expect([...into]).toEqual([10, 10, -1, -1]);
    const counts = i32(1, 1, 1, 1).ptr;
    ok(raw.MPI_Neighbor_allgatherv(from.ptr, 1, MPI_INT, into.ptr, counts, i32(3, 2, 1, 0).ptr, MPI_INT, grid));
    expect([...into]).toEqual([10, 10, 10, 10]);
    const [there, back] = [i32(0, 1, 2, 3).ptr, i32(2, 3, 0, 1).ptr];
    ok(raw.MPI_Neighbor_alltoallv(from.ptr, counts, there, MPI_INT, into.ptr, counts, back, MPI_INT, grid));
    expect([...into]).toEqual([10, 10, 11, 10]);
    const types = longs(MPI_INT, MPI_INT, MPI_INT, MPI_INT).ptr;
    const [bytes, backBytes] = [longs(4, 0, 0, 0).ptr, longs(0, 12, 0, 0).ptr];
    ok(raw.MPI_Neighbor_alltoallw(from.ptr, counts, bytes, types, into.ptr, counts, backBytes, types, grid));
    expect([...into]).toEqual([10, 10, 11, 11]);
    expect(outcome(raw.MPI_Neighbor_alltoall(from.ptr, 1, MPI_INT, into.ptr, 1, MPI_INT, World))).toBe(
      "MPI_ERR_TOPOLOGY: the communicator has no such topology",
    );
  });

  it("among the neighbours of a graph follow its edges", () => {
    const zeros = i32(0, 0).ptr;
    const graph = made((ptr) =>
      raw.MPI_Dist_graph_create_adjacent(
        ...([World, 2, zeros, i32(5, 6).ptr, 2, zeros, i32(7, 8).ptr, c.MPI_INFO_NULL, 0] as const),
        ptr,
      ),
    );
    const into = i32(0, 0);
    ok(raw.MPI_Neighbor_alltoall(i32(1, 2).ptr, 1, MPI_INT, into.ptr, 1, MPI_INT, graph));
    expect([...into]).toEqual([1, 2]);
    const counts = i32(9, 9, 9);
    ok(raw.MPI_Dist_graph_neighbors_count(graph, counts.ptr, counts.ptr + 4, counts.ptr + 8));
    expect([...counts]).toEqual([2, 2, 1]);
    const [sources, inWeights, dests, outWeights] = [i32(9, 9), i32(9, 9), i32(9, 9), i32(9, 9)];
    ok(raw.MPI_Dist_graph_neighbors(graph, 2, sources.ptr, inWeights.ptr, 1, dests.ptr, outWeights.ptr));
    expect([sources, inWeights, dests, outWeights].map((values) => [...values])).toEqual([
      [0, 0],
      [5, 6],
      [0, 9],
      [7, 9],
    ]);
    const general = made((ptr) =>
      raw.MPI_Dist_graph_create(World, 1, zeros, i32(2).ptr, zeros, c.MPI_UNWEIGHTED, c.MPI_INFO_NULL, 0, ptr),
    );
    ok(raw.MPI_Dist_graph_neighbors_count(general, counts.ptr, counts.ptr + 4, counts.ptr + 8));
    expect([...counts]).toEqual([2, 2, 0]);
    expect(told((ptr) => raw.MPI_Topo_test(general, ptr))).toBe(c.MPI_DIST_GRAPH);
    const { MPI_UNWEIGHTED: none } = c;
    expect(classOf(raw.MPI_Dist_graph_create(World, 1, zeros, i32(1).ptr, i32(1).ptr, none, 0, 0, 0))).toBe(
      "MPI_ERR_RANK",
    );
    expect(outcome(raw.MPI_Dist_graph_create_adjacent(World, 1, zeros, none, 0, 0, none, 0, 0, 0))).toBe(
      "MPI_ERR_TOPOLOGY: as many edges have to end at the only rank as begin there",
    );
  });
});

describe("communicators", () => {
  it("are made of the only rank, or of nobody", () => {
    const comm = made((ptr) => raw.MPI_Comm_split(World, 0, 0, ptr));
    expect(told((ptr) => raw.MPI_Comm_rank(comm, ptr))).toBe(0);
    expect(told((ptr) => raw.MPI_Comm_size(comm, ptr))).toBe(1);
    expect(told((ptr) => raw.MPI_Comm_test_inter(comm, ptr))).toBe(0);
    expect(made((ptr) => raw.MPI_Comm_split(World, MPI_UNDEFINED, 0, ptr))).toBe(c.MPI_COMM_NULL);
    expect(outcome(raw.MPI_Comm_split(World, -1, 0, longs(0).ptr))).toBe("MPI_ERR_ARG: the color is negative");
    made((ptr) => raw.MPI_Comm_split_type(World, c.MPI_COMM_TYPE_SHARED, 0, c.MPI_INFO_NULL, ptr));
    const group = made((ptr) => raw.MPI_Comm_group(World, ptr));
    expect(made((ptr) => raw.MPI_Comm_create(World, group, ptr))).not.toBe(c.MPI_COMM_NULL);
    expect(made((ptr) => raw.MPI_Comm_create_group(World, c.MPI_GROUP_EMPTY, 0, ptr))).toBe(c.MPI_COMM_NULL);
    expect(told((ptr) => raw.MPI_Comm_compare(World, World, ptr))).toBe(c.MPI_IDENT);
    expect(told((ptr) => raw.MPI_Comm_compare(World, comm, ptr))).toBe(c.MPI_CONGRUENT);
    const handle = longs(comm);
    ok(raw.MPI_Comm_free(handle.ptr));
    expect([Number(handle[0]), classOf(raw.MPI_Barrier(comm))]).toEqual([c.MPI_COMM_NULL, "MPI_ERR_COMM"]);
    expect(classOf(raw.MPI_Comm_free(longs(World).ptr))).toBe("MPI_ERR_COMM");
  });

  it("have names", () => {
    const [name, length] = [blank(128), i32(0)];
    ok(raw.MPI_Comm_get_name(World, name.ptr, length.ptr));
    expect([textAt(name), length[0]]).toEqual(["MPI_COMM_WORLD", 14]);
    const comm = made((ptr) => raw.MPI_Comm_dup(World, ptr));
    const long = "a name that is longer than a block of memory of sixty-four bytes, so that it is read in parts";
    ok(raw.MPI_Comm_set_name(comm, text(long)), raw.MPI_Comm_get_name(comm, name.ptr, length.ptr));
    expect([textAt(name), length[0]]).toEqual([long, long.length]);
  });

  it("are never between groups", () => {
    const handle = longs(0).ptr;
    expect(outcome(raw.MPI_Intercomm_create(World, 0, World, 0, 0, handle))).toBe(
      "MPI_ERR_COMM: one rank cannot be in both groups of an intercommunicator",
    );
    expect(classOf(raw.MPI_Intercomm_create(World, 0, World, 1, 0, handle))).toBe("MPI_ERR_RANK");
    expect(outcome(raw.MPI_Comm_remote_size(World, handle))).toBe(
      "MPI_ERR_COMM: the communicator is not an intercommunicator",
    );
    expect(classOf(raw.MPI_Intercomm_merge(World, 0, handle))).toBe("MPI_ERR_COMM");
  });

  it("keep attributes, and pass them on when asked", () => {
    const copied = told((ptr) => raw.MPI_Comm_create_keyval(1, 0, ptr, 0));
    const own = told((ptr) => raw.MPI_Comm_create_keyval(0, 0, ptr, 0));
    ok(raw.MPI_Comm_set_attr(World, copied, 2 ** 40 + 1), raw.MPI_Comm_set_attr(World, own, -3));
    const comm = made((ptr) => raw.MPI_Comm_dup(World, ptr));
    const attribute = (handle: number, key: number) => {
      const [value, flag] = [longs(0), i32(9)];
      ok(raw.MPI_Comm_get_attr(handle, key, value.ptr, flag.ptr));
      return [flag[0], Number(value[0])];
    };
    expect([attribute(World, own), attribute(comm, copied), attribute(comm, own)]).toEqual([
      [1, -3],
      [1, 2 ** 40 + 1],
      [0, 0],
    ]);
    ok(raw.MPI_Comm_delete_attr(comm, copied));
    expect(attribute(comm, copied)).toEqual([0, 0]);
    expect(classOf(raw.MPI_Comm_delete_attr(comm, copied))).toBe("MPI_ERR_KEYVAL");
    const key = i32(own);
    ok(raw.MPI_Comm_free_keyval(key.ptr));
    expect([key[0], classOf(raw.MPI_Comm_set_attr(World, own, 0))]).toEqual([c.MPI_KEYVAL_INVALID, "MPI_ERR_KEYVAL"]);
    expect(classOf(raw.MPI_Comm_set_attr(World, c.MPI_TAG_UB, 0))).toBe("MPI_ERR_KEYVAL");
    // Those of the library are addresses of integers.
    const known = [c.MPI_TAG_UB, c.MPI_WTIME_IS_GLOBAL, c.MPI_UNIVERSE_SIZE, c.MPI_IO].map((one) => {
      const [flag, ptr] = attribute(World, one);
      const value = i32(0);
      ok(raw.MPI_Sendrecv(ptr!, 1, MPI_INT, 0, 0, value.ptr, 1, MPI_INT, 0, 0, World, 0));
      return [flag, value[0]];
    });
    expect(known).toEqual([
      [1, 2 ** 31 - 1],
      [1, 1],
      [1, 1],
      [1, c.MPI_ANY_SOURCE],
    ]);
    expect(attribute(World, c.MPI_APPNUM)[0]).toBe(0);
  });

  it("have groups, which are sets", () => {
    const { MPI_GROUP_EMPTY: none } = c;
    const group = made((ptr) => raw.MPI_Comm_group(World, ptr));
    const size = (handle: number) => told((ptr) => raw.MPI_Group_size(handle, ptr));
    expect([group, none].map((handle) => [size(handle), told((ptr) => raw.MPI_Group_rank(handle, ptr))])).toEqual([
      [1, 0],
      [0, MPI_UNDEFINED],
    ]);
    const sets = (call: "MPI_Group_union" | "MPI_Group_intersection" | "MPI_Group_difference") =>
      [
        [group, group],
        [group, none],
        [none, group],
        [none, none],
      ].map(([first, second]) => size(made((ptr) => raw[call](first!, second!, ptr))));
    expect(sets("MPI_Group_union")).toEqual([1, 1, 1, 0]);
    expect(sets("MPI_Group_intersection")).toEqual([1, 0, 0, 0]);
    expect(sets("MPI_Group_difference")).toEqual([0, 1, 0, 0]);
    expect(size(made((ptr) => raw.MPI_Group_incl(group, 1, i32(0).ptr, ptr)))).toBe(1);
    expect(made((ptr) => raw.MPI_Group_incl(group, 0, 0, ptr))).toBe(none);
    expect(size(made((ptr) => raw.MPI_Group_excl(group, 1, i32(0).ptr, ptr)))).toBe(0);
    expect(classOf(raw.MPI_Group_incl(group, 1, i32(1).ptr, longs(0).ptr))).toBe("MPI_ERR_RANK");
    expect(told((ptr) => raw.MPI_Group_compare(group, none, ptr))).toBe(c.MPI_UNEQUAL);
    expect(told((ptr) => raw.MPI_Group_compare(none, none, ptr))).toBe(c.MPI_IDENT);
    const ranks = i32(9, 9);
    ok(raw.MPI_Group_translate_ranks(group, 2, i32(0, c.MPI_PROC_NULL).ptr, group, ranks.ptr));
    expect([...ranks]).toEqual([0, c.MPI_PROC_NULL]);
    ok(raw.MPI_Group_translate_ranks(group, 1, i32(0).ptr, none, ranks.ptr));
    expect(ranks[0]).toBe(MPI_UNDEFINED);
    const handle = longs(group);
    ok(raw.MPI_Group_free(handle.ptr));
    expect([Number(handle[0]), classOf(raw.MPI_Group_size(group, ranks.ptr))]).toEqual([
      c.MPI_GROUP_NULL,
      "MPI_ERR_GROUP",
    ]);
  });
});

describe("grids", () => {
  const grid = made((ptr) => raw.MPI_Cart_create(World, 2, i32(1, 1).ptr, i32(1, 0).ptr, 0, ptr));
  const shift = (comm: number, axis: number, by: number) => {
    const ranks = i32(9, 9);
    return raw.MPI_Cart_shift(comm, axis, by, ranks.ptr, ranks.ptr + 4) || [...ranks];
  };

  it("of one rank have it as its own neighbour along periodic axes", () => {
    const { MPI_PROC_NULL: nobody } = c;
    expect([shift(grid, 0, 1), shift(grid, 1, 1), shift(grid, 1, 0), shift(grid, 1, -2)]).toEqual([
      [0, 0],
      [nobody, nobody],
      [0, 0],
      [nobody, nobody],
    ]);
    const coords = i32(9, 9);
    ok(raw.MPI_Cart_coords(grid, 0, 2, coords.ptr));
    expect([...coords]).toEqual([0, 0]);
    expect(told((ptr) => raw.MPI_Cart_rank(grid, i32(-4, 0).ptr, ptr))).toBe(0);
    expect(outcome(raw.MPI_Cart_rank(grid, i32(0, 1).ptr, coords.ptr))).toBe(
      "MPI_ERR_RANK: the coordinates are outside the grid",
    );
    expect(told((ptr) => raw.MPI_Topo_test(grid, ptr))).toBe(c.MPI_CART);
    expect(told((ptr) => raw.MPI_Topo_test(World, ptr))).toBe(MPI_UNDEFINED);
    expect(
      told((ptr) =>
        raw.MPI_Topo_test(
          made((copy) => raw.MPI_Comm_dup(grid, copy)),
          ptr,
        ),
      ),
    ).toBe(c.MPI_CART);
    const row = made((ptr) => raw.MPI_Cart_sub(grid, i32(0, 1).ptr, ptr));
    expect(shift(row, 0, 1)).toEqual([nobody, nobody]);
  });

  it("are checked", () => {
    const code = (dims: number) => outcome(raw.MPI_Cart_create(World, 1, i32(dims).ptr, i32(0).ptr, 0, longs(0).ptr));
    expect([2, 0, -1].map(code)).toEqual(new Array(3).fill("MPI_ERR_DIMS: the dimensions do not fit one rank"));
    expect(outcome(shift(grid, 2, 1) as number)).toBe("MPI_ERR_DIMS: there is no such dimension");
    expect(classOf(shift(World, 0, 1) as number)).toBe("MPI_ERR_TOPOLOGY");
    expect(classOf(raw.MPI_Cart_coords(grid, 1, 2, i32(0, 0).ptr))).toBe("MPI_ERR_RANK");
  });

  it("are as even as can be", () => {
    const dims = (nodes: number, ...fixed: number[]) => {
      const lengths = i32(...fixed);
      return classOf(raw.MPI_Dims_create(nodes, fixed.length, lengths.ptr)) === "ok" ? [...lengths] : "MPI_ERR_DIMS";
    };
    expect([dims(1, 0, 0), dims(12, 0, 0), dims(12, 0, 0, 0), dims(7, 0, 0), dims(36, 0, 3, 0), dims(6, 3, 2)]).toEqual(
      [
        [1, 1],
        [4, 3],
        [3, 2, 2],
        [7, 1],
        [4, 3, 3],
        [3, 2],
      ],
    );
    expect([dims(1, 2, 0), dims(7, 2, 0), dims(6, 3, 1), dims(6, -1, 0)]).toEqual(new Array(4).fill("MPI_ERR_DIMS"));
  });
});

describe("info objects", () => {
  it("keep pairs in order", () => {
    const info = made((ptr) => raw.MPI_Info_create(ptr));
    ok(raw.MPI_Info_set(info, text("b"), text("2")), raw.MPI_Info_set(info, text("a"), text("one")));
    ok(raw.MPI_Info_set(info, text("b"), text("three")));
    expect(told((ptr) => raw.MPI_Info_get_nkeys(info, ptr))).toBe(2);
    const keys = [0, 1].map((index) => {
      const key = blank(256);
      ok(raw.MPI_Info_get_nthkey(info, index, key.ptr));
      return textAt(key);
    });
    expect(keys).toEqual(["b", "a"]);
    const [value, flag, length] = [blank(8), i32(9), i32(9)];
    ok(raw.MPI_Info_get(info, text("b"), 3, value.ptr, flag.ptr));
    expect([textAt(value), flag[0]]).toEqual(["thr", 1]);
    ok(raw.MPI_Info_get_valuelen(info, text("b"), length.ptr, flag.ptr));
    expect(length[0]).toBe(5);
    ok(raw.MPI_Info_get(info, text("c"), 3, value.ptr, flag.ptr));
    expect(flag[0]).toBe(0);
    const copy = longs(made((ptr) => raw.MPI_Info_dup(info, ptr)));
    ok(raw.MPI_Info_delete(info, text("b")));
    expect(told((ptr) => raw.MPI_Info_get_nkeys(Number(copy[0]), ptr))).toBe(2);
    expect(classOf(raw.MPI_Info_delete(info, text("b")))).toBe("MPI_ERR_INFO_NOKEY");
    expect(classOf(raw.MPI_Info_get_nthkey(info, 1, value.ptr))).toBe("MPI_ERR_ARG");
    expect(classOf(raw.MPI_Info_set(info, text(""), text("1")))).toBe("MPI_ERR_INFO_KEY");
    expect(classOf(raw.MPI_Info_set(info, text("x".repeat(256)), text("1")))).toBe("MPI_ERR_INFO_KEY");
    expect(classOf(raw.MPI_Info_set(info, text("x"), text("1".repeat(1024))))).toBe("MPI_ERR_INFO_VALUE");
    ok(raw.MPI_Info_free(copy.ptr));
    expect(Number(copy[0])).toBe(c.MPI_INFO_NULL);
    expect(classOf(raw.MPI_Info_free(copy.ptr))).toBe("MPI_ERR_INFO");
    ok(raw.MPI_Comm_set_info(World, info));
    expect(
      told((ptr) =>
        raw.MPI_Info_get_nkeys(
          made((used) => raw.MPI_Comm_get_info(World, used)),
          ptr,
        ),
      ),
    ).toBe(1);
  });
});

describe("windows", () => {
  const { MPI_INFO_NULL: none } = c;
  const over = (memory: { ptr: number; byteLength: number }, unit = 4) =>
    made((ptr) => raw.MPI_Win_create(memory.ptr, memory.byteLength, unit, none, World, ptr));

  it("are put into, got from and accumulated to", () => {
    const memory = i32(1, 2, 3, 4);
    const win = over(memory);
    const [from, into] = [i32(10, 20), i32(0, 0)];
    ok(raw.MPI_Win_fence(0, win));
    ok(raw.MPI_Put(from.ptr, 2, MPI_INT, 0, 1, 2, MPI_INT, win));
    ok(raw.MPI_Accumulate(from.ptr, 1, MPI_INT, 0, 0, 1, MPI_INT, MPI_SUM, win));
    ok(raw.MPI_Get(into.ptr, 2, MPI_INT, 0, 2, 2, MPI_INT, win));
    ok(raw.MPI_Win_fence(c.MPI_MODE_NOSUCCEED, win));
    expect([[...memory], [...into]]).toEqual([
      [11, 10, 20, 4],
      [20, 4],
    ]);
    ok(raw.MPI_Win_lock(c.MPI_LOCK_EXCLUSIVE, 0, 0, win));
    ok(raw.MPI_Get_accumulate(from.ptr, 2, MPI_INT, into.ptr, 2, MPI_INT, 0, 0, 2, MPI_INT, c.MPI_MAX, win));
    expect([[...memory], [...into]]).toEqual([
      [11, 20, 20, 4],
      [11, 10],
    ]);
    ok(raw.MPI_Fetch_and_op(from.ptr, into.ptr, MPI_INT, 0, 3, c.MPI_REPLACE, win), raw.MPI_Win_flush(0, win));
    ok(raw.MPI_Fetch_and_op(0, into.ptr + 4, MPI_INT, 0, 3, c.MPI_NO_OP, win));
    expect([memory[3], ...into]).toEqual([10, 4, 10]);
    ok(raw.MPI_Compare_and_swap(i32(7).ptr, i32(10).ptr, into.ptr, MPI_INT, 0, 3, win));
    ok(raw.MPI_Compare_and_swap(i32(8).ptr, i32(10).ptr, into.ptr + 4, MPI_INT, 0, 3, win));
    expect([memory[3], ...into]).toEqual([7, 10, 7]);
    const request = longs(0);
    ok(raw.MPI_Rput(from.ptr, 1, MPI_INT, 0, 0, 1, MPI_INT, win, request.ptr), raw.MPI_Wait(request.ptr, 0));
    ok(raw.MPI_Rget(into.ptr, 1, MPI_INT, 0, 0, 1, MPI_INT, win, request.ptr), raw.MPI_Wait(request.ptr, 0));
    expect([memory[0], into[0]]).toEqual([10, 10]);
    const column = committed((ptr) => raw.MPI_Type_vector(2, 1, 2, MPI_INT, ptr));
    ok(raw.MPI_Accumulate(from.ptr, 2, MPI_INT, 0, 0, 1, column, MPI_SUM, win));
    expect([...memory]).toEqual([20, 20, 40, 7]);
    expect(classOf(raw.MPI_Accumulate(from.ptr, 1, MPI_INT, 0, 0, 1, MPI_INT, c.MPI_NO_OP, win))).toBe("MPI_ERR_OP");
    expect(outcome(raw.MPI_Accumulate(from.ptr, 1, c.MPI_FLOAT, 0, 0, 1, MPI_INT, MPI_SUM, win))).toBe(
      "MPI_ERR_TYPE: the origin and the target are of different types",
    );
    ok(raw.MPI_Win_unlock(0, win), raw.MPI_Win_free(longs(win).ptr));
  });

  it("are not left", () => {
    const memory = i32(1, 2, 3, 4);
    const win = over(memory);
    ok(raw.MPI_Win_lock_all(0, win));
    const put = (disp: number, count: number, rank = 0) =>
      outcome(raw.MPI_Put(i32(9, 9, 9).ptr, count, MPI_INT, rank, disp, count, MPI_INT, win));
    const outside = "MPI_ERR_RMA_RANGE: the target is not in the memory of the window";
    expect([put(3, 2), put(-1, 1), put(4, 1), put(4, 0), put(9, 1, c.MPI_PROC_NULL)]).toEqual([
      ...new Array(3).fill(outside),
      "ok",
      "ok",
    ]);
    expect(put(0, 1, 1)).toBe("MPI_ERR_RANK: invalid rank");
    expect([...memory]).toEqual([1, 2, 3, 4]);
    ok(raw.MPI_Win_unlock_all(win));
  });

  it("are accessed in epochs only", () => {
    const win = over(i32(1));
    const group = made((ptr) => raw.MPI_Win_get_group(win, ptr));
    const put = () => raw.MPI_Put(i32(9).ptr, 1, MPI_INT, 0, 0, 1, MPI_INT, win);
    const request = longs(0).ptr;
    const lock = () => raw.MPI_Win_lock(c.MPI_LOCK_SHARED, 0, 0, win);
    const sync = (text: string) => `MPI_ERR_RMA_SYNC: ${text}`;
    expect(outcome(put())).toBe(sync("no epoch is open"));
    expect(outcome(raw.MPI_Win_unlock(0, win))).toBe(sync("the window is not locked"));
    expect(outcome(raw.MPI_Win_unlock_all(win))).toBe(sync("the window is not locked"));
    expect(outcome(raw.MPI_Win_flush(0, win))).toBe(sync("the window is not locked"));
    expect(outcome(raw.MPI_Win_complete(win))).toBe(sync("MPI_Win_start was not called"));
    expect(outcome(raw.MPI_Win_wait(win))).toBe(sync("MPI_Win_post was not called"));
    expect(classOf(raw.MPI_Win_lock(0, 0, 0, win))).toBe("MPI_ERR_LOCKTYPE");
    ok(lock());
    expect(outcome(lock())).toBe(sync("the window is locked already"));
    expect(outcome(raw.MPI_Win_free(longs(win).ptr))).toBe(sync("an epoch is open"));
    ok(put(), raw.MPI_Win_unlock(0, win));
    ok(raw.MPI_Win_fence(0, win), put());
    expect(outcome(lock())).toBe(sync("an epoch of another kind is open"));
    expect(classOf(raw.MPI_Rput(i32(9).ptr, 1, MPI_INT, 0, 0, 1, MPI_INT, win, request))).toBe("MPI_ERR_RMA_SYNC");
    ok(raw.MPI_Win_fence(0, win));
    const flag = i32(9);
    ok(raw.MPI_Win_post(group, 0, win), raw.MPI_Win_start(group, 0, win), put());
    ok(raw.MPI_Win_test(win, flag.ptr));
    expect(flag[0]).toBe(0);
    expect(classOf(raw.MPI_Win_wait(win))).toBe("MPI_ERR_RMA_SYNC");
    ok(raw.MPI_Win_complete(win), raw.MPI_Win_wait(win));
    expect(classOf(raw.MPI_Win_start(group, 0, win))).toBe("MPI_ERR_RMA_SYNC");
    expect(classOf(put())).toBe("MPI_ERR_RMA_SYNC");
    ok(raw.MPI_Win_free(longs(win).ptr));
    expect(classOf(put())).toBe("MPI_ERR_WIN");
  });

  it("allocate memory that stays where it is", () => {
    const base = longs(0);
    const win = made((ptr) => raw.MPI_Win_allocate_shared(64, 8, none, World, base.ptr, ptr));
    const [size, unit, again] = [longs(0), i32(0), longs(0)];
    ok(raw.MPI_Win_shared_query(win, c.MPI_PROC_NULL, size.ptr, unit.ptr, again.ptr));
    expect([Number(size[0]), unit[0], again[0]]).toEqual([64, 8, base[0]]);
    const from = f64(1.5);
    const into = f64(0);
    ok(raw.MPI_Win_lock_all(0, win), raw.MPI_Put(from.ptr, 1, MPI_DOUBLE, 0, 7, 1, MPI_DOUBLE, win));
    ok(raw.MPI_Get(into.ptr, 1, MPI_DOUBLE, 0, 7, 1, MPI_DOUBLE, win), raw.MPI_Win_unlock_all(win));
    expect(into[0]).toBe(1.5);
    const attribute = (key: number) => {
      const [value, flag] = [longs(0), i32(0)];
      ok(raw.MPI_Win_get_attr(win, key, value.ptr, flag.ptr));
      return Number(value[0]);
    };
    const integer = (ptr: number, type: number) => {
      const value = longs(0);
      ok(raw.MPI_Sendrecv(ptr, 1, type, 0, 0, value.ptr, 1, type, 0, 0, World, 0));
      return Number(value[0]);
    };
    expect(attribute(c.MPI_WIN_BASE)).toBe(Number(base[0]));
    expect(integer(attribute(c.MPI_WIN_SIZE), c.MPI_AINT)).toBe(64);
    expect(integer(attribute(c.MPI_WIN_DISP_UNIT), MPI_INT)).toBe(8);
    expect(integer(attribute(c.MPI_WIN_CREATE_FLAVOR), MPI_INT)).toBe(c.MPI_WIN_FLAVOR_SHARED);
    expect(integer(attribute(c.MPI_WIN_MODEL), MPI_INT)).toBe(c.MPI_WIN_UNIFIED);
    expect(classOf(raw.MPI_Win_get_attr(win, 7, size.ptr, unit.ptr))).toBe("MPI_ERR_KEYVAL");
    const alone = made((ptr) => raw.MPI_Win_allocate(0, 1, none, World, base.ptr, ptr));
    expect(classOf(raw.MPI_Win_shared_query(alone, 0, size.ptr, unit.ptr, again.ptr))).toBe("MPI_ERR_RMA_FLAVOR");
    expect(classOf(raw.MPI_Win_allocate(-1, 1, none, World, base.ptr, size.ptr))).toBe("MPI_ERR_SIZE");
    expect(outcome(raw.MPI_Win_allocate(2 ** 52, 1, none, World, base.ptr, size.ptr))).toBe(
      "MPI_ERR_NO_MEM: not enough memory",
    );
    expect(classOf(raw.MPI_Win_allocate(8, 0, none, World, base.ptr, size.ptr))).toBe("MPI_ERR_DISP");
    const [name, length] = [blank(128), i32(0)];
    ok(raw.MPI_Win_set_name(win, text("shared")), raw.MPI_Win_get_name(win, name.ptr, length.ptr));
    expect([textAt(name), length[0]]).toEqual(["shared", 6]);
  });

  it("that are dynamic reach what is attached to them, at its address", () => {
    const win = made((ptr) => raw.MPI_Win_create_dynamic(none, World, ptr));
    const memory = i32(1, 2);
    const put = (ptr: number) => classOf(raw.MPI_Put(i32(9).ptr, 1, MPI_INT, 0, ptr, 1, MPI_INT, win));
    ok(raw.MPI_Win_fence(0, win));
    expect(put(memory.ptr)).toBe("MPI_ERR_RMA_RANGE");
    ok(raw.MPI_Win_attach(win, memory.ptr, 8));
    expect([put(memory.ptr + 4), put(memory.ptr + 8), memory[1]]).toEqual(["ok", "MPI_ERR_RMA_RANGE", 9]);
    expect(classOf(raw.MPI_Win_attach(win, memory.ptr + 4, 8))).toBe("MPI_ERR_RMA_ATTACH");
    ok(raw.MPI_Win_detach(win, memory.ptr));
    expect(classOf(raw.MPI_Win_detach(win, memory.ptr))).toBe("MPI_ERR_RMA_ATTACH");
    expect(classOf(raw.MPI_Win_attach(over(memory), memory.ptr, 8))).toBe("MPI_ERR_RMA_FLAVOR");
  });
});

describe("files", () => {
  const folder = mkdtempSync(join(tmpdir(), "solo-"));
  afterAll(() => rmSync(folder, { recursive: true }));
  let number = 0;
  const newPath = () => join(folder, `${number++}`);
  const openCode = (path: string, amode: number, ptr = longs(0).ptr) =>
    outcome(raw.MPI_File_open(World, text(path), amode, c.MPI_INFO_NULL, ptr));
  const open = (path: string, amode: number) =>
    made((ptr) => raw.MPI_File_open(World, text(path), amode, c.MPI_INFO_NULL, ptr));
  const close = (file: number) => ok(raw.MPI_File_close(longs(file).ptr));
  const ints = (path: string) => {
    const bytes = readFileSync(path);
    return [...new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4)];
  };
  const position = (file: number) => Number(placedLong((ptr) => raw.MPI_File_get_position(file, ptr)));
  const placedLong = (call: (ptr: number) => number) => {
    const value = longs(-7);
    ok(call(value.ptr));
    return value[0]!;
  };
  const { MPI_MODE_CREATE: create, MPI_MODE_RDWR: both, MPI_MODE_RDONLY: reading, MPI_MODE_WRONLY: writing } = c;

  it("are written and read at the rank's position, a given one and the shared one", () => {
    const path = newPath();
    const file = open(path, create | both);
    const [status, into, request] = [newStatus(), i32(0, 0, 0, 0), longs(0)];
    ok(raw.MPI_File_set_view(file, 0, MPI_INT, MPI_INT, text("native"), c.MPI_INFO_NULL));
    ok(raw.MPI_File_write(file, i32(1, 2).ptr, 2, MPI_INT, status.ptr));
    expect([counted(status, MPI_INT), position(file)]).toEqual([2, 2]);
    ok(raw.MPI_File_write_at(file, 3, i32(4).ptr, 1, MPI_INT, 0));
    ok(raw.MPI_File_write_all(file, i32(3).ptr, 1, MPI_INT, 0));
    expect(ints(path)).toEqual([1, 2, 3, 4]);
    ok(raw.MPI_File_seek(file, -2, c.MPI_SEEK_END));
    expect(position(file)).toBe(2);
    ok(raw.MPI_File_read(file, into.ptr, 4, MPI_INT, status.ptr));
    expect([...into, counted(status, MPI_INT), position(file)]).toEqual([3, 4, 0, 0, 2, 4]);
    ok(raw.MPI_File_read(file, into.ptr, 4, MPI_INT, status.ptr));
    expect(counted(status, MPI_INT)).toBe(0);
    ok(raw.MPI_File_seek(file, -3, c.MPI_SEEK_CUR), raw.MPI_File_iread(file, into.ptr, 1, MPI_INT, request.ptr));
    ok(raw.MPI_Wait(request.ptr, status.ptr));
    expect([into[0], counted(status, MPI_INT)]).toEqual([2, 1]);
    ok(
      raw.MPI_File_read_shared(file, into.ptr, 1, MPI_INT, 0),
      raw.MPI_File_read_ordered(file, into.ptr + 4, 1, MPI_INT, 0),
    );
    expect([into[0], into[1]]).toEqual([1, 2]);
    expect(Number(placedLong((ptr) => raw.MPI_File_get_position_shared(file, ptr)))).toBe(2);
    ok(
      raw.MPI_File_seek_shared(file, 0, c.MPI_SEEK_SET),
      raw.MPI_File_iwrite_shared(file, i32(8).ptr, 1, MPI_INT, request.ptr),
    );
    ok(raw.MPI_Wait(request.ptr, 0), raw.MPI_File_iread_at_all(file, 0, into.ptr, 1, MPI_INT, request.ptr));
    ok(raw.MPI_Wait(request.ptr, 0));
    expect(into[0]).toBe(8);
    expect(classOf(raw.MPI_File_seek(file, -9, c.MPI_SEEK_CUR))).toBe("MPI_ERR_ARG");
    expect(classOf(raw.MPI_File_read_at(file, -1, into.ptr, 1, MPI_INT, 0))).toBe("MPI_ERR_ARG");
    expect(classOf(raw.MPI_File_write(file, into.ptr, 1, c.MPI_BYTE, 0))).toBe("MPI_ERR_IO");
    close(file);
    expect(classOf(raw.MPI_File_read(file, into.ptr, 1, MPI_INT, 0))).toBe("MPI_ERR_FILE");
  });

  it("show the part that a view chooses", () => {
    const path = newPath();
    const file = open(path, create | both);
    ok(raw.MPI_File_write(file, i32(...new Array(13).fill(0)).ptr, 13, MPI_INT, 0));
    // The lower right 2 x 2 of a 3 x 4 array behind a header of one integer.
    const part = committed((ptr) =>
      raw.MPI_Type_create_subarray(2, i32(3, 4).ptr, i32(2, 2).ptr, i32(1, 2).ptr, c.MPI_ORDER_C, MPI_INT, ptr),
    );
    ok(raw.MPI_File_set_view(file, 4, MPI_INT, part, text("native"), c.MPI_INFO_NULL));
    ok(
      raw.MPI_File_write_all(file, i32(1, 2, 3).ptr, 3, MPI_INT, 0),
      raw.MPI_File_write_all(file, i32(4).ptr, 1, MPI_INT, 0),
    );
    expect(ints(path)).toEqual([0, 0, 0, 0, 0, 0, 0, 1, 2, 0, 0, 3, 4]);
    const offsets = [0, 1, 2, 4].map((offset) =>
      Number(placedLong((ptr) => raw.MPI_File_get_byte_offset(file, offset, ptr))),
    );
    expect(offsets).toEqual([28, 32, 44, 76]);
    ok(raw.MPI_File_seek(file, 0, c.MPI_SEEK_END));
    expect(position(file)).toBe(4);
    const [into, status] = [i32(0, 0, 0, 0, 0), newStatus()];
    ok(raw.MPI_File_read_at(file, 1, into.ptr, 4, MPI_INT, status.ptr));
    expect([...into, counted(status, MPI_INT)]).toEqual([2, 3, 4, 0, 0, 3]);
    const [disp, etype, filetype, datarep] = [longs(0), longs(0), longs(0), blank(128)];
    ok(raw.MPI_File_get_view(file, disp.ptr, etype.ptr, filetype.ptr, datarep.ptr));
    expect([Number(disp[0]), Number(etype[0]), textAt(datarep)]).toEqual([4, MPI_INT, "native"]);
    expect(told((ptr) => raw.MPI_Type_size(Number(filetype[0]), ptr))).toBe(16);
    ok(raw.MPI_Type_free(filetype.ptr));
    const view = (type: number, datarepText = "native", displacement = 0) =>
      classOf(raw.MPI_File_set_view(file, displacement, MPI_INT, type, text(datarepText), c.MPI_INFO_NULL));
    const backwards = committed((ptr) => raw.MPI_Type_create_indexed_block(2, 1, i32(1, 0).ptr, MPI_INT, ptr));
    expect([view(backwards), view(c.MPI_SHORT), view(MPI_INT, "external32"), view(MPI_INT, "native", -4)]).toEqual([
      "MPI_ERR_ARG",
      "MPI_ERR_ARG",
      "MPI_ERR_UNSUPPORTED_DATAREP",
      "MPI_ERR_ARG",
    ]);
    close(file);
  });

  it("of any length travel whole", () => {
    const path = newPath();
    const memory = new Scratch(3 << 20);
    for (let at = 0; at < memory.i32.length; at++) memory.i32[at] = at;
    // Strided in memory, and more than is moved at a time.
    const half = committed((ptr) => raw.MPI_Type_vector(3 << 17, 1, 2, MPI_INT, ptr));
    const file = open(path, create | both);
    ok(raw.MPI_File_write(file, memory.address, 1, half, 0));
    expect(ints(path).every((value, at) => value === 2 * at)).toBe(true);
    memory.i32.fill(-1);
    ok(raw.MPI_File_read_at(file, 0, memory.address, 1, half, 0));
    expect(memory.i32.every((value, at) => value === (at % 2 === 0 ? at : -1))).toBe(true);
    close(file);
  });

  it("are opened in the modes that make sense", () => {
    const path = newPath();
    expect(openCode(path, reading)).toBe("MPI_ERR_NO_SUCH_FILE: the file does not exist");
    expect(openCode(path, both | writing)).toBe(
      "MPI_ERR_AMODE: exactly one of reading, writing and both has to be asked for",
    );
    expect(openCode(path, create | reading)).toBe("MPI_ERR_AMODE: a file that is only read cannot be created");
    expect(openCode(path, both | c.MPI_MODE_SEQUENTIAL)).toBe(
      "MPI_ERR_AMODE: a sequential file is either read or written",
    );
    expect(openCode(folder, reading)).toBe("MPI_ERR_BAD_FILE: the file is a folder");
    writeFileSync(path, "12345678");
    expect(openCode(path, create | c.MPI_MODE_EXCL | writing)).toBe("MPI_ERR_FILE_EXISTS: the file exists");
    const bytes = blank(8);
    const input = open(path, reading);
    expect(outcome(raw.MPI_File_write(input, bytes.ptr, 1, c.MPI_BYTE, 0))).toBe(
      "MPI_ERR_READ_ONLY: the file is open for reading only",
    );
    expect(classOf(raw.MPI_File_set_size(input, 0))).toBe("MPI_ERR_READ_ONLY");
    close(input);
    const output = open(path, writing | c.MPI_MODE_APPEND | c.MPI_MODE_DELETE_ON_CLOSE);
    expect(outcome(raw.MPI_File_read(output, bytes.ptr, 1, c.MPI_BYTE, 0))).toBe(
      "MPI_ERR_ACCESS: the file is open for writing only",
    );
    expect(position(output)).toBe(8);
    expect(told((ptr) => raw.MPI_File_get_amode(output, ptr))).toBe(
      writing | c.MPI_MODE_APPEND | c.MPI_MODE_DELETE_ON_CLOSE,
    );
    close(output);
    expect(existsSync(path)).toBe(false);
    expect(classOf(raw.MPI_File_delete(text(path), c.MPI_INFO_NULL))).toBe("MPI_ERR_NO_SUCH_FILE");
    writeFileSync(path, "12345678");
    const stream = open(path, reading | c.MPI_MODE_SEQUENTIAL);
    expect(outcome(raw.MPI_File_read(stream, bytes.ptr, 1, c.MPI_BYTE, 0))).toBe(
      "MPI_ERR_UNSUPPORTED_OPERATION: the file is sequential",
    );
    ok(raw.MPI_File_read_shared(stream, bytes.ptr, 2, c.MPI_BYTE, 0));
    const current = c.MPI_DISPLACEMENT_CURRENT;
    ok(raw.MPI_File_set_view(stream, current, MPI_INT, MPI_INT, text("native"), c.MPI_INFO_NULL));
    ok(raw.MPI_File_read_shared(stream, bytes.ptr, 1, MPI_INT, 0));
    expect(textAt(bytes)).toBe("3456");
    close(stream);
    ok(raw.MPI_File_delete(text(path), c.MPI_INFO_NULL));
    expect(existsSync(path)).toBe(false);
  });

  it("have sizes and settings", () => {
    const path = newPath();
    const file = open(path, create | both);
    const size = () => Number(placedLong((ptr) => raw.MPI_File_get_size(file, ptr)));
    ok(raw.MPI_File_set_size(file, 10));
    expect(size()).toBe(10);
    ok(raw.MPI_File_preallocate(file, 5));
    expect(size()).toBe(10);
    ok(raw.MPI_File_preallocate(file, 20));
    expect(size()).toBe(20);
    expect(outcome(raw.MPI_File_set_size(file, -1))).toBe("MPI_ERR_ARG: the size is negative");
    ok(raw.MPI_File_sync(file), raw.MPI_File_set_atomicity(file, 5));
    expect(told((ptr) => raw.MPI_File_get_atomicity(file, ptr))).toBe(1);
    const info = made((ptr) => raw.MPI_Info_create(ptr));
    ok(raw.MPI_Info_set(info, text("hint"), text("1")), raw.MPI_File_set_info(file, info));
    expect(
      told((ptr) =>
        raw.MPI_Info_get_nkeys(
          made((used) => raw.MPI_File_get_info(file, used)),
          ptr,
        ),
      ),
    ).toBe(1);
    expect(
      told((ptr) =>
        raw.MPI_Group_size(
          made((group) => raw.MPI_File_get_group(file, group)),
          ptr,
        ),
      ),
    ).toBe(1);
    ok(raw.MPI_File_set_errhandler(file, c.MPI_ERRORS_RETURN));
    close(file);
  });
});
