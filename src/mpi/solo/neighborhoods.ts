/** The collective calls among neighbours, of which the only rank has none but itself. */
import type { Communicators } from "./communicators.js";
import type { Datatypes } from "./datatypes.js";
import type { Plans } from "./functions.js";
import { readInt, readLong } from "./memory.js";
import { arrivals } from "./topologies.js";
import { move } from "./transfer.js";
import type { Data } from "./typemap.js";

/** Where the block with a number is. */
type Blocks = (block: number) => Data;

/** The calls among neighbours, checked and then run. */
export function neighborhoods(types: Datatypes, comms: Communicators) {
  /** Blocks that follow each other. */
  const row = (ptr: number, count: number, handle: number): Blocks => {
    const { extent } = types.committed(handle);
    return (block) => types.data(ptr, count, handle, block * count * extent);
  };
  /** Blocks of lengths and at places from lists. */
  const listed = (ptr: number, countsPtr: number, offsetsPtr: number, handle: number): Blocks => {
    const { extent } = types.committed(handle);
    return (block) => types.data(ptr, readInt(countsPtr, block), handle, readInt(offsetsPtr, block) * extent);
  };
  /** As {@link listed}, with displacements in bytes and a list of types. */
  const typed = (ptr: number, countsPtr: number, offsetsPtr: number, handlesPtr: number): Blocks => {
    return (block) =>
      types.data(ptr, readInt(countsPtr, block), readLong(handlesPtr, block), readLong(offsetsPtr, block));
  };
  const exchange = (comm: number, from: () => Blocks, to: () => Blocks) => {
    const pairs = arrivals(comms.get(comm).topology);
    const [sent, received] = [from(), to()];
    const moves = pairs.flatMap((arrival, block) => {
      return arrival === undefined ? [] : [move(sent(block), received(arrival))];
    });
    return () => {
      for (const moveBlock of moves) moveBlock();
    };
  };
  /** The same data for all. */
  const same = (ptr: number, count: number, handle: number): Blocks => {
    const data = types.data(ptr, count, handle);
    return () => data;
  };

  return {
    Neighbor_allgather: (from, count, type, to, toCount, toType, comm) =>
      exchange(
        comm,
        () => same(from, count, type),
        () => row(to, toCount, toType),
      ),
    Neighbor_allgatherv: (from, count, type, to, countsPtr, offsetsPtr, toType, comm) =>
      exchange(
        comm,
        () => same(from, count, type),
        () => listed(to, countsPtr, offsetsPtr, toType),
      ),
    Neighbor_alltoall: (from, count, type, to, toCount, toType, comm) =>
      exchange(
        comm,
        () => row(from, count, type),
        () => row(to, toCount, toType),
      ),
    Neighbor_alltoallv: (from, countsPtr, offsetsPtr, type, to, toCountsPtr, toOffsetsPtr, toType, comm) =>
      exchange(
        comm,
        () => listed(from, countsPtr, offsetsPtr, type),
        () => listed(to, toCountsPtr, toOffsetsPtr, toType),
      ),
    Neighbor_alltoallw: (from, countsPtr, offsetsPtr, typesPtr, to, toCountsPtr, toOffsetsPtr, toTypesPtr, comm) =>
      exchange(
        comm,
        () => typed(from, countsPtr, offsetsPtr, typesPtr),
        () => typed(to, toCountsPtr, toOffsetsPtr, toTypesPtr),
      ),
  } satisfies Partial<Plans>;
}
