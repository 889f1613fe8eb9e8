import { describe, expect, it } from "vitest";
import {
  blank,
  c,
  classOf,
  counted,
  i32,
  longs,
  MPI_INT,
  MPI_REQUEST_NULL,
  MPI_STATUS_IGNORE,
  made,
  newStatus,
  ok,
  outcome,
  raw,
  told,
  World,
} from "./world.js";

const noSender = "MPI_ERR_OTHER: no rank can send this message, so waiting for it would never end";
const noReceiver = "MPI_ERR_OTHER: no rank can receive this message, so sending it would never end";

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
