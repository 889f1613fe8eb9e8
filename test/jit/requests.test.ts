/** The numbers of requests of compiled code, where no program comes within the time of a test. */
import { afterAll, describe, expect, it } from "vitest";
import { Pending } from "../../src/jit/mpi/requests.js";
import { mpi } from "../../src/mpi/index.js";
import { currentWorld } from "../../src/mpi/library/world.js";
import { memory } from "../../src/wasm/memory.js";

mpi.init({ library: "solo" });
const world = currentWorld();
const { raw, constants } = world;
const ptr = memory.alloc(64);
const list = memory.i32(ptr, 8);
const nullRequest = 0x180;

afterAll(() => memory.free(ptr));

/** Begins a message of no elements to this rank, or a receive of one. */
function begin(pending: Pending, call: "MPI_Isend" | "MPI_Irecv", tag: number): number {
  const { MPI_BYTE, MPI_COMM_WORLD } = constants;
  world.check(raw[call](world.outPtr, 0, MPI_BYTE, 0, tag, MPI_COMM_WORLD, world.outPtr), call);
  return pending.add(call === "MPI_Irecv" ? 0 : undefined);
}

describe("requests of compiled code", () => {
  it("begin with the first numbers again when all that an i32 has were given out", () => {
    const pending = new Pending(world, 2 ** 31 - 2);
    const numbers = [1, 2, 3, 4].flatMap((tag) => [begin(pending, "MPI_Isend", tag), begin(pending, "MPI_Irecv", tag)]);
    expect(numbers.every((number) => number === (number | 0))).toBe(true);
    expect(numbers.slice(0, 3)).toEqual([2 ** 31 - 2, 2 ** 31 - 1, 0x1000]);
    expect(new Set(numbers).size).toBe(numbers.length);
    list.set(numbers);
    pending.waitAll(ptr, numbers.length, 0);
    expect([...list]).toEqual(new Array(8).fill(nullRequest));
    // All of them are over, also the ones with greater numbers than the next.
    for (const number of numbers) expect(pending.test(number, 0)).toBe(true);
  });

  it("are not waited for where nothing can come any more", () => {
    const pending = new Pending(world);
    list.set([nullRequest, begin(pending, "MPI_Irecv", 7), begin(pending, "MPI_Irecv", 8)]);
    expect(() => pending.waitAny(ptr, 3, 0)).toThrow(
      "no rank can send this message, so waiting for it would never end",
    );
    expect(list[1]).toBe(nullRequest);
    // The other one is left, and takes a message that is sent.
    const sent = begin(pending, "MPI_Isend", 8);
    expect(pending.waitAny(ptr, 3, 0)).toBe(2);
    pending.wait(sent, 0);
    expect(pending.waitAny(ptr, 3, 0)).toBe(-32766);
  });
});
