import { describe, expect, it } from "vitest";
import {
  c,
  classOf,
  counted,
  i32,
  longs,
  MPI_INT,
  MPI_REQUEST_NULL,
  MPI_UNDEFINED,
  newStatus,
  ok,
  placed,
  raw,
  told,
  World,
} from "./world.js";

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
