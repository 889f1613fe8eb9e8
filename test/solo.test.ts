import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { Scratch } from "../src/mpi/native.js";
import { prototypes } from "../src/mpi/prototypes.js";
import { soloLibrary } from "../src/mpi/solo/index.js";

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
    const missing = Object.keys(prototypes).filter((name) => {
      return (
        !["MPI_Abort", "MPI_Wtime", "MPI_Wtick"].includes(name) &&
        /=> codeOf|UNSUPPORTED/.test(String(raw[name as "MPI_Send"]))
      );
    });
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
    const other = made((ptr) => raw.MPI_Comm_dup(World, ptr));
    send(1, 5);
    send(2, 6);
    send(3, 5);
    send(4, 5, other);
    const got: number[][] = [];
    for (const [tag, comm] of [
      [6, World],
      [c.MPI_ANY_TAG, World],
      [5, other],
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
    const own = longs(made((ptr) => raw.MPI_Op_create(0, 0, ptr)));
    expect(told((ptr) => raw.MPI_Op_commutative(Number(own[0]), ptr))).toBe(0);
    expect(told((ptr) => raw.MPI_Op_commutative(MPI_SUM, ptr))).toBe(1);
    ok(raw.MPI_Allreduce(data.ptr, f64(0).ptr, 1, MPI_DOUBLE, Number(own[0]), World), raw.MPI_Op_free(own.ptr));
    expect(Number(own[0])).toBe(c.MPI_OP_NULL);
    expect(classOf(raw.MPI_Op_free(longs(MPI_SUM).ptr))).toBe("MPI_ERR_OP");
  });
});
