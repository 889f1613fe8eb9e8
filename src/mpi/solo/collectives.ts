/**
 * The collective calls. Of one rank, each is a copy from its send buffer to its receive buffer, or nothing. A call is
 * made in two steps, checked and then run, so that its three forms (at once, with a request, to be started again and
 * again) come from one table.
 */
import type { Communicators } from "./communicators.js";
import type { Datatypes } from "./datatypes.js";
import { constants, fail } from "./failure.js";
import type { Functions, Plans } from "./functions.js";
import { readInt, readLong } from "./memory.js";
import { neighborhoods } from "./neighborhoods.js";
import type { Operations } from "./operations.js";
import { Immediate, type Requests } from "./requests.js";
import { move } from "./transfer.js";

const { MPI_IN_PLACE } = constants;

const none = () => {};

function plans(types: Datatypes, ops: Operations, comms: Communicators): Plans {
  const data = (ptr: number, count: number, handle: number, offset = 0) => types.data(ptr, count, handle, offset);
  const checkRoot = (root: number, comm: number) => {
    comms.get(comm);
    if (root !== 0) fail("ROOT");
  };
  /** The only block of an array of blocks, of the length and at the place that the lists begin with. */
  const block = (ptr: number, countsPtr: number, offsetsPtr: number, handle: number) =>
    data(ptr, readInt(countsPtr), handle, readInt(offsetsPtr) * types.committed(handle).extent);
  /** As {@link block}, with displacements in bytes and a list of types. */
  const typedBlock = (ptr: number, countsPtr: number, offsetsPtr: number, handlesPtr: number) =>
    data(ptr, readInt(countsPtr), readLong(handlesPtr), readInt(offsetsPtr));
  const reduced = (from: number, to: number, count: number, handle: number, op: number, comm: number) => {
    comms.get(comm);
    ops.check(op, types.committed(handle));
    const into = data(to, count, handle);
    return from === MPI_IN_PLACE ? none : move(data(from, count, handle), into);
  };
  const all: Plans["Allgather"] = (from, count, type, to, toCount, toType, comm) => {
    comms.get(comm);
    const into = data(to, toCount, toType);
    return from === MPI_IN_PLACE ? none : move(data(from, count, type), into);
  };

  return {
    Barrier: (comm) => {
      comms.get(comm);
      return none;
    },
    Bcast: (ptr, count, type, root, comm) => {
      checkRoot(root, comm);
      data(ptr, count, type);
      return none;
    },
    Reduce: (from, to, count, type, op, root, comm) => {
      checkRoot(root, comm);
      return reduced(from, to, count, type, op, comm);
    },
    Allreduce: (...[from, to, count, type, op, comm]) => reduced(from, to, count, type, op, comm),
    Scan: (...[from, to, count, type, op, comm]) => reduced(from, to, count, type, op, comm),
    Exscan: (from, to, count, type, op, comm) => {
      reduced(from, to, count, type, op, comm);
      return none; // The first rank receives nothing.
    },
    Reduce_scatter: (from, to, countsPtr, type, op, comm) => reduced(from, to, readInt(countsPtr), type, op, comm),
    Reduce_scatter_block: (...[from, to, count, type, op, comm]) => reduced(from, to, count, type, op, comm),
    Gather: (from, count, type, to, toCount, toType, root, comm) => {
      checkRoot(root, comm);
      return all(from, count, type, to, toCount, toType, comm);
    },
    Gatherv: (from, count, type, to, countsPtr, offsetsPtr, toType, root, comm) => {
      checkRoot(root, comm);
      const into = block(to, countsPtr, offsetsPtr, toType);
      return from === MPI_IN_PLACE ? none : move(data(from, count, type), into);
    },
    Scatter: (from, count, type, to, toCount, toType, root, comm) => {
      checkRoot(root, comm);
      const source = data(from, count, type);
      return to === MPI_IN_PLACE ? none : move(source, data(to, toCount, toType));
    },
    Scatterv: (from, countsPtr, offsetsPtr, type, to, toCount, toType, root, comm) => {
      checkRoot(root, comm);
      const source = block(from, countsPtr, offsetsPtr, type);
      return to === MPI_IN_PLACE ? none : move(source, data(to, toCount, toType));
    },
    Allgather: all,
    Allgatherv: (from, count, type, to, countsPtr, offsetsPtr, toType, comm) => {
      comms.get(comm);
      const into = block(to, countsPtr, offsetsPtr, toType);
      return from === MPI_IN_PLACE ? none : move(data(from, count, type), into);
    },
    Alltoall: all,
    Alltoallv: (from, countsPtr, offsetsPtr, type, to, toCountsPtr, toOffsetsPtr, toType, comm) => {
      comms.get(comm);
      const into = block(to, toCountsPtr, toOffsetsPtr, toType);
      return from === MPI_IN_PLACE ? none : move(block(from, countsPtr, offsetsPtr, type), into);
    },
    Alltoallw: (from, countsPtr, offsetsPtr, typesPtr, to, toCountsPtr, toOffsetsPtr, toTypesPtr, comm) => {
      comms.get(comm);
      const into = typedBlock(to, toCountsPtr, toOffsetsPtr, toTypesPtr);
      return from === MPI_IN_PLACE ? none : move(typedBlock(from, countsPtr, offsetsPtr, typesPtr), into);
    },
    ...neighborhoods(types, comms),
  };
}

/** The functions of the collective calls, all three forms of each. */
export function collectiveFunctions(
  types: Datatypes,
  ops: Operations,
  comms: Communicators,
  requests: Requests,
): Functions {
  const functions: Record<string, (...values: number[]) => void> = {};
  const table = plans(types, ops, comms) as unknown as Record<string, (...values: number[]) => () => void>;
  for (const [name, plan] of Object.entries(table)) {
    const open = (persistent: boolean, values: number[]) => {
      const requestPtr = values.at(-1)!;
      const run = plan(...values);
      const immediate = new Immediate(persistent, () => {
        run();
        return undefined;
      });
      requests.open(immediate, requestPtr);
    };
    functions[`MPI_${name}`] = (...values) => plan(...values)();
    functions[`MPI_I${name.charAt(0).toLowerCase()}${name.slice(1)}`] = (...values) => open(false, values);
    functions[`MPI_${name}_init`] = (...values) => open(true, values);
  }
  return functions as Functions;
}
