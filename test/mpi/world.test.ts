import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { expectMessage } from "../../src/mpi/data/serial.js";
import { MpiError, mpi, UsageError } from "../../src/mpi/index.js";
import { beginsAlone } from "../../src/mpi/library/machine.js";

describe("calls that fail one after another", () => {
  it("each throw the error of MPI, however many there are", () => {
    const comm = mpi.init();
    const cart = comm.cartCreate({ dims: [1], periods: [false] })!;
    const errors = Array.from({ length: 100 }, () => {
      try {
        return cart.rankAt([7]);
      } catch (error) {
        return error;
      }
    });
    expect(errors.filter((error) => error instanceof MpiError)).toHaveLength(100);
    cart.free();
  });
});

describe.runIf(process.platform === "linux")("the beginning of a job", () => {
  it("is of one thread at a time", () => {
    const first = beginsAlone();
    const second = beginsAlone();
    second.end();
    first.end();
    const third = beginsAlone();
    third.end();
    expect([first, second, third].map(({ isAlone }) => isAlone)).toEqual([true, false, true]);
  });
});

describe("handles", () => {
  it("are printed in one line, freed or not", () => {
    const comm = mpi.init();
    const datatype = mpi.datatype.vector({ count: 2, blockLength: 1, stride: 3 }, "f64");
    const request = comm.irecv(new Float64Array(1), { from: mpi.PROC_NULL });
    const memory = comm.on(new WebAssembly.Memory({ initial: 1 }), "f64");
    const handles = [
      comm,
      datatype,
      request,
      memory,
      mpi.pairs("f64", 2),
      mpi.view(new Float64Array(6), { shape: [2] }),
    ];
    expect(handles.map((handle) => inspect(handle))).toEqual([
      "<communicator, rank 0 of 1>",
      "<vector of float64: 16 bytes, extent 32>",
      "<request, active>",
      "<float64 in WebAssembly memory for communicator, rank 0 of 1>",
      "<view of 2 float64int32>",
      "<view of 2 float64>",
    ]);
    request.wait();
    datatype.free();
    expect(inspect(datatype)).toBe("<vector of float64: 16 bytes, extent 32>");
    const message = comm.isend(Float64Array.of(1), { to: 0, tag: 4 });
    expect(inspect(comm.mprobe({ tag: 4 }))).toBe("<message of 8 bytes from rank 0, tag 4>");
    message.wait();
  });

  it.runIf("dispose" in Symbol)("are freed at the end of a block that begins with `using`", () => {
    const comm = mpi.init();
    const ends = (handle: object) => {
      const call = (handle as Record<symbol, () => void>)[(Symbol as unknown as { dispose: symbol }).dispose]!;
      call.call(handle);
      call.call(handle);
    };
    const handles = [comm.dup(), mpi.datatype.contiguous(2, "f64"), comm.group(), comm.createWindow(new Int8Array(1))];
    const prepared = comm.sendInit(new Float64Array(1), { to: mpi.PROC_NULL });
    prepared.start();
    for (const handle of [...handles, prepared]) {
      ends(handle);
      expect(handle.freed).toBe(true);
    }
    ends(comm);
    expect([comm.freed, comm.allreduce(1)]).toEqual([false, 1]);
  });
});

describe("values that are too long for a message", () => {
  it("are refused with what to do", () => {
    expect(() => expectMessage(2 ** 31, "Comm.sendObject", "value")).toThrow(
      new UsageError(
        'Comm.sendObject: "value" expected at most 2147483647 bytes when serialised, got 2147483648. Send what is long as typed arrays, with several calls.',
      ),
    );
    expect(() => expectMessage(2 ** 31 - 1, "Comm.sendObject", "value")).not.toThrow();
  });
});

describe("lists of requests", () => {
  it.each(["startAll", "waitAll", "testAll", "waitAny", "testAny", "waitSome", "testSome"] as const)(
    "of %s are looked at",
    (name) => {
      mpi.init();
      const call = mpi[name] as (requests: unknown) => unknown;
      const list = `mpi.${name}: "requests" expected a list of requests, got 1. Put it in brackets.`;
      const request = `mpi.${name}: "requests[0]" expected a request, got 1. Pass what isend, irecv and the like returned.`;
      expect(() => call(1)).toThrow(new UsageError(list));
      expect(() => call([1])).toThrow(new UsageError(request));
      expect(() => call([null])).toThrow(UsageError);
    },
  );
});

describe("codes of errors", () => {
  it("are whole numbers", () => {
    mpi.init();
    const text = "expected a whole number from -2147483648 to 2147483647, got null. Pass the code of an MpiError.";
    expect(() => mpi.errorClass(null as never)).toThrow(new UsageError(`mpi.errorClass: "code" ${text}`));
    expect(() => mpi.errorString(null as never)).toThrow(new UsageError(`mpi.errorString: "code" ${text}`));
  });
});
