import type { Constant } from "../library/abi.js";
import { type Reduction, reductionOf } from "./arithmetic.js";
import type { Datatypes } from "./datatypes.js";
import { constants, fail } from "./failure.js";
import type { Functions } from "./functions.js";
import { readLong, writeInt, writeLong } from "./memory.js";
import { Table } from "./table.js";
import { combine } from "./transfer.js";
import type { Datatype } from "./typemap.js";

const predefined = [
  ...["SUM", "PROD", "MAX", "MIN", "LAND", "BAND", "LOR", "BOR", "LXOR", "BXOR"],
  ...["MINLOC", "MAXLOC", "REPLACE", "NO_OP"],
];

/** An operation of reductions. */
export interface Operation {
  /** `SUM`; absent of one that the program defines. */
  readonly name?: string;
  readonly commutes: boolean;
}

/** The operations. */
export class Operations extends Table<Operation> {
  constructor() {
    super(
      "OP",
      predefined.map((name) => [constants[`MPI_${name}` as Constant], { name, commutes: name !== "REPLACE" }]),
    );
  }

  /** Fails unless the operation is defined for the type. */
  check(handle: number, type: Datatype): void {
    const { name } = this.get(handle);
    if (name !== undefined) this.reduction(handle, type.predefined ? type : undefined);
  }

  /** The reduction of the values that a type consists of. */
  reduction(handle: number, type: Datatype | undefined): Reduction {
    const { name } = this.get(handle);
    if (name === undefined) return fail("OP", "an operation of the program's own cannot be applied here");
    return reductionOf(name, type?.unit?.kind ?? fail("OP"));
  }
}

/** The functions on operations. */
export function operationFunctions(types: Datatypes, ops: Operations): Functions {
  return {
    MPI_Op_create: (_function, commutes, opPtr) => writeLong(opPtr, ops.add({ commutes: commutes !== 0 })),
    MPI_Op_free: (opPtr) => {
      ops.remove(readLong(opPtr));
      writeLong(opPtr, constants.MPI_OP_NULL);
    },
    MPI_Op_commutative: (op, flagPtr) => writeInt(flagPtr, Number(ops.get(op).commutes)),
    MPI_Reduce_local: (fromPtr, intoPtr, count, handle, op) => {
      const from = types.data(fromPtr, count, handle);
      ops.check(op, from.type);
      combine(from, types.data(intoPtr, count, handle), ops.reduction(op, from.type));
    },
  };
}
