import { predefinedTypes } from "./elements.js";
import { constants, fail } from "./failure.js";
import type { Functions } from "./functions.js";
import { readInt, readInts, readLong, readLongs, readText, writeInt, writeLong, writeText } from "./memory.js";
import { bytesOf } from "./status.js";
import { Table } from "./table.js";
import { type Data, Datatype, type Part, pack, unpack } from "./typemap.js";

const { MPI_DATATYPE_NULL, MPI_IN_PLACE, MPI_MAX_OBJECT_NAME, MPI_ORDER_C, MPI_ORDER_FORTRAN, MPI_UNDEFINED } =
  constants;

/** The datatypes. */
export class Datatypes extends Table<Datatype> {
  /** Bytes. */
  readonly byte: Datatype;

  constructor() {
    super("TYPE", predefinedTypes());
    this.byte = this.get(constants.MPI_BYTE);
  }

  /** A type that data may be described with. */
  committed(handle: number): Datatype {
    const type = this.get(handle);
    return type.committed ? type : fail("TYPE", "the datatype is not committed");
  }

  /** The elements of a type at an address and an offset in bytes, or the error in their description. */
  data(start: number, count: number, handle: number, offset = 0): Data {
    if (count < 0) fail("COUNT");
    const type = this.committed(handle);
    const byteLength = count * type.size;
    const ptr = start + offset;
    if (byteLength > 0 && (start === MPI_IN_PLACE || (ptr === 0 && type.predefined))) fail("BUFFER");
    return { ptr, type, byteLength };
  }
}

/** The functions of the chapter on datatypes. */
export function datatypeFunctions(types: Datatypes): Functions {
  const make = (type: Datatype, newtypePtr: number) => writeLong(newtypePtr, types.add(type));
  /** A type of blocks of `lengths[i]` elements at `offsets[i]` bytes. */
  const blocks = (old: Datatype, lengths: readonly number[], offsets: readonly number[], newtypePtr: number) => {
    if (lengths.some((length) => length < 0)) fail("ARG", "a block length is negative");
    make(new Datatype(lengths.map((count, block) => ({ type: old, offset: offsets[block]!, count }))), newtypePtr);
  };
  const size = (count: number): number => (count < 0 ? fail("COUNT") : count);
  const vector = (count: number, length: number, strideBytes: number, old: Datatype, newtypePtr: number) => {
    const offsets = Array.from({ length: size(count) }, (_, block) => block * strideBytes);
    blocks(old, new Array(count).fill(length), offsets, newtypePtr);
  };
  const count32 = (value: number) => (value < 2 ** 31 ? value : MPI_UNDEFINED);

  return {
    MPI_Type_contiguous: (count, old, newtypePtr) => blocks(types.get(old), [size(count)], [0], newtypePtr),
    MPI_Type_vector: (count, length, stride, old, newtypePtr) => {
      const type = types.get(old);
      vector(count, length, stride * type.extent, type, newtypePtr);
    },
    MPI_Type_create_hvector: (count, length, stride, old, newtypePtr) =>
      vector(count, length, stride, types.get(old), newtypePtr),
    MPI_Type_indexed: (count, lengthsPtr, offsetsPtr, old, newtypePtr) => {
      const type = types.get(old);
      const offsets = readInts(offsetsPtr, size(count)).map((offset) => offset * type.extent);
      blocks(type, readInts(lengthsPtr, count), offsets, newtypePtr);
    },
    MPI_Type_create_hindexed: (count, lengthsPtr, offsetsPtr, old, newtypePtr) =>
      blocks(types.get(old), readInts(lengthsPtr, size(count)), readLongs(offsetsPtr, count), newtypePtr),
    MPI_Type_create_indexed_block: (count, length, offsetsPtr, old, newtypePtr) => {
      const type = types.get(old);
      const offsets = readInts(offsetsPtr, size(count)).map((offset) => offset * type.extent);
      blocks(type, new Array(count).fill(length), offsets, newtypePtr);
    },
    MPI_Type_create_subarray: (dims, sizesPtr, subsizesPtr, startsPtr, order, old, newtypePtr) => {
      if (dims < 1 || (order !== MPI_ORDER_C && order !== MPI_ORDER_FORTRAN)) fail("ARG");
      const [sizes, subsizes, starts] = [sizesPtr, subsizesPtr, startsPtr].map((ptr) => {
        const values = readInts(ptr, dims);
        return order === MPI_ORDER_C ? values : values.reverse();
      }) as [number[], number[], number[]];
      make(subarray(types.get(old), sizes, subsizes, starts), newtypePtr);
    },
    MPI_Type_create_struct: (count, lengthsPtr, offsetsPtr, oldsPtr, newtypePtr) => {
      const lengths = readInts(lengthsPtr, size(count));
      if (lengths.some((length) => length < 0)) fail("ARG", "a block length is negative");
      const offsets = readLongs(offsetsPtr, count);
      const parts = readLongs(oldsPtr, count).map(
        (old, block): Part => ({ type: types.get(old), offset: offsets[block]!, count: lengths[block]! }),
      );
      make(new Datatype(parts, { structure: true }), newtypePtr);
    },
    MPI_Type_create_resized: (old, lb, extent, newtypePtr) =>
      make(resized(types.get(old), { lb, ub: lb + extent }), newtypePtr),
    MPI_Type_dup: (old, newtypePtr) => make(duplicate(types.get(old)), newtypePtr),
    MPI_Type_commit: (typePtr) => {
      types.get(readLong(typePtr)).committed = true;
    },
    MPI_Type_free: (typePtr) => {
      types.remove(readLong(typePtr));
      writeLong(typePtr, MPI_DATATYPE_NULL);
    },
    MPI_Type_size: (handle, sizePtr) => writeInt(sizePtr, count32(types.get(handle).size)),
    MPI_Type_get_extent: (handle, lbPtr, extentPtr) => {
      const { lb, extent } = types.get(handle);
      writeLong(lbPtr, lb);
      writeLong(extentPtr, extent);
    },
    MPI_Type_get_true_extent: (handle, lbPtr, extentPtr) => {
      const { trueLb, trueExtent } = types.get(handle);
      writeLong(lbPtr, trueLb);
      writeLong(extentPtr, trueExtent);
    },
    MPI_Type_set_name: (handle, namePtr) => {
      types.get(handle).name = readText(namePtr);
    },
    MPI_Type_get_name: (handle, namePtr, lengthPtr) =>
      writeText(namePtr, types.get(handle).name, MPI_MAX_OBJECT_NAME, lengthPtr),
    MPI_Pack: (fromPtr, count, handle, toPtr, byteLength, positionPtr, _comm) => {
      const from = types.data(fromPtr, count, handle);
      const position = readInt(positionPtr);
      if (position < 0 || byteLength < 0) fail("ARG");
      if (position + from.byteLength > byteLength) fail("TRUNCATE", "the packed data do not fit the buffer");
      pack(from, toPtr + position);
      writeInt(positionPtr, position + from.byteLength);
    },
    MPI_Unpack: (fromPtr, byteLength, positionPtr, toPtr, count, handle, _comm) => {
      const to = types.data(toPtr, count, handle);
      const position = readInt(positionPtr);
      if (position < 0 || byteLength < 0) fail("ARG");
      if (position + to.byteLength > byteLength) fail("TRUNCATE", "the buffer holds less packed data");
      unpack(to, fromPtr + position);
      writeInt(positionPtr, position + to.byteLength);
    },
    MPI_Pack_size: (count, handle, _comm, sizePtr) =>
      writeInt(sizePtr, count32(size(count) * types.committed(handle).size)),
    MPI_Get_count: (statusPtr, handle, countPtr) => {
      const byteLength = bytesOf(statusPtr);
      const count = byteLength === 0 ? 0 : byteLength / types.committed(handle).size;
      writeInt(countPtr, Number.isInteger(count) ? count32(count) : MPI_UNDEFINED);
    },
    MPI_Get_elements: (statusPtr, handle, countPtr) => {
      const count = basicsIn(types.committed(handle), bytesOf(statusPtr));
      writeInt(countPtr, count === undefined ? MPI_UNDEFINED : count32(count));
    },
    MPI_Get_address: (ptr, addressPtr) => writeLong(addressPtr, ptr),
  };
}

/** The part of an array, the last axis contiguous; its bounds are those of the whole array. */
function subarray(old: Datatype, sizes: number[], subsizes: number[], starts: number[]): Datatype {
  const fits = sizes.every((length, axis) => {
    const [part, start] = [subsizes[axis]!, starts[axis]!];
    return length > 0 && part > 0 && start >= 0 && part <= length - start;
  });
  if (!fits) fail("ARG", "the part is not in the array");
  let type = old;
  let stride = old.extent;
  let offset = 0;
  for (let axis = sizes.length - 1; axis >= 0; axis--) {
    const blocks: Part[] = Array.from({ length: subsizes[axis]! }, (_, block) => ({
      type,
      offset: block * stride,
      count: 1,
    }));
    type = new Datatype(blocks);
    offset += starts[axis]! * stride;
    stride *= sizes[axis]!;
  }
  return new Datatype([{ type, offset, count: 1 }], { bounds: { lb: 0, ub: stride } });
}

function resized(type: Datatype, bounds: { lb: number; ub: number }): Datatype {
  return new Datatype([{ type, offset: 0, count: 1 }], { bounds });
}

/** A type of its own that is as the other. */
export function duplicate(type: Datatype): Datatype {
  const copied = new Datatype([{ type, offset: 0, count: 1 }]);
  copied.committed = type.committed;
  return copied;
}

/** The basic values in so many bytes of a type; undefined when they end within one. */
function basicsIn(type: Datatype, byteLength: number): number | undefined {
  if (byteLength === 0) return 0;
  if (type.size === 0) return undefined;
  let left = byteLength % type.size;
  let count = ((byteLength - left) / type.size) * type.basicCount;
  for (const [size, times] of type.basics) {
    const whole = Math.min(times, Math.floor(left / size));
    count += whole;
    left -= whole * size;
    if (whole < times) break;
  }
  return left === 0 ? count : undefined;
}
