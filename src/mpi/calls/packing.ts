import { show, wrong } from "../../argument.js";
import type { UsageError } from "../../errors.js";
import { type Data, dataLength, largestInt, type Message } from "../data/buffer.js";
import { addressOf } from "../library/native.js";
import { Communicator } from "./communicator.js";

/** Data, and bytes of it without gaps. */
interface Packable extends Message {
  readonly byteLength: number;
}

/**
 * Data of different types in one message: made bytes of, sent as `mpi.view(bytes, { type: "packed" })`, and unpacked.
 *
 * ```js
 * const packed = comm.pack([Int32Array.of(7), Float64Array.of(0.5, 0.25)]);
 * comm.bcast(packed);
 * const [count, values] = [new Int32Array(1), new Float64Array(2)];
 * comm.unpack(packed, [count, values]);
 * console.log(count[0], values[1]); // 7 0.25
 * ```
 */
export abstract class Packing extends Communicator {
  /** Bytes that {@link pack} makes of the data at most, for the buffer of a receive. **Local.** */
  packSize(data: readonly Data[]): number {
    return this.#packSize(this.#messages(data, "MPI_Pack_size"), "MPI_Pack_size");
  }

  #packSize(messages: readonly Packable[], call: string): number {
    const { world } = this;
    // The library's own sum is an `int` that overflows.
    const total = messages.reduce((sum, { byteLength }) => sum + byteLength, 0);
    if (total > largestInt) throw tooMuch(call, "data", total);
    let byteLength = 0;
    for (const { count, datatype } of messages) {
      world.call("MPI_Pack_size", count, datatype, this.handle, world.outPtr);
      byteLength += world.out;
    }
    return byteLength;
  }

  /** The elements of all data, one behind the other, in a form of the library's. **Local.** */
  pack(data: readonly Data[]): Uint8Array {
    const { world } = this;
    const { raw } = world;
    const call = "MPI_Pack";
    const messages = this.#messages(data, call);
    const packed = new Uint8Array(this.#packSize(messages, call));
    let position = 0;
    for (const { address, count, datatype, byteLength } of messages) {
      if (byteLength === 0) continue; // Libraries refuse what has no address.
      world.out = position;
      const room = packed.length;
      const code = raw.MPI_Pack(address, count, datatype, addressOf(packed), room, world.outPtr, this.handle);
      world.check(code, call);
      position = world.out;
    }
    world.keep(data);
    return packed.subarray(0, position);
  }

  /**
   * Takes the elements of all data out of what {@link pack} made, in the same order. **Local.**
   * @returns the number of bytes that were read: the rest begins there
   * @throws UsageError when there are fewer elements than the data holds
   */
  unpack(packed: Uint8Array, data: readonly Data[]): number {
    const { world } = this;
    const { raw } = world;
    const call = "MPI_Unpack";
    if (!(packed instanceof Uint8Array)) {
      throw wrong(`${call}: "packed"`, "a Uint8Array", show(packed), "Pass the bytes of comm.pack().");
    }
    if (packed.length > largestInt) throw tooMuch(call, "packed", packed.length);
    let position = 0;
    const messages = this.#messages(data, call);
    const total = messages.reduce((sum, { byteLength }) => sum + byteLength, 0);
    if (total > packed.length) {
      // MPICH reads on behind the end.
      throw wrong(
        `${call}: "packed"`,
        `at least ${total} bytes, for all of "data"`,
        packed.length,
        "Unpack no more than was packed.",
      );
    }
    for (const { address, count, datatype, byteLength } of messages) {
      if (byteLength === 0) continue;
      world.out = position;
      const { length } = packed;
      const code = raw.MPI_Unpack(addressOf(packed), length, world.outPtr, address, count, datatype, this.handle);
      world.check(code, call);
      position = world.out;
    }
    world.keep([packed, data]);
    return position;
  }

  #messages(data: readonly Data[], call: string): Packable[] {
    if (!Array.isArray(data)) {
      throw wrong(`${call}: "data"`, "a list of typed arrays or views", show(data), "Put it in brackets.");
    }
    return data.map((array: Data, index) => {
      const message = this.message(array, call, `data[${index}]`);
      return { ...message, byteLength: dataLength(message.type, message.length) };
    });
  }
}

function tooMuch(call: string, argument: string, byteLength: number): UsageError {
  return wrong(`${call}: "${argument}"`, `at most ${largestInt} bytes`, byteLength, "Pack it in parts.");
}
