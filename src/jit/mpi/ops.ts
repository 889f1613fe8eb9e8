/** Operations that compiled code makes of functions of its own. */
import { wrong } from "../../argument.js";
import { Failure, register, unregister } from "../../mpi/calls/op.js";
import { type ElementType, elementTypes } from "../../mpi/data/element.js";
import { system } from "../../mpi/library/machine.js";
import { addressOf } from "../../mpi/library/native.js";
import type { FunctionName } from "../../mpi/library/prototypes.js";
import type { World } from "../../mpi/library/world.js";
import { allocator } from "../../wasm/core.js";
import { memory } from "../../wasm/memory.js";
import { typeNames } from "./datatypes.js";

/** Above every predefined handle of the standard ABI. */
export const firstOp = 0x1000;

/** Calls a function of a module on two views of it. */
type Run = (combinePtr: number, inputPtr: number, inoutPtr: number) => void;

/** An operation as the module has made it. */
interface Made {
  /** The imports of the module. */
  readonly owner: object;
  readonly combinePtr: number;
  /** The views that the function gets. */
  readonly inputPtr: number;
  readonly inoutPtr: number;
  readonly type: number;
  /** Elements that stay together. */
  readonly of: number;
  readonly commutative: boolean;
}

/** The operations by their handles, from the first on; `undefined` in the place of one that is freed. */
const made: (Made | undefined)[] = [];
const runs = new WeakMap<object, Run>();

/** An operation as a library has it. */
interface Native {
  readonly handle: number;
  readonly callback: unknown;
  /** The datatype of the elements that stay together. */
  readonly datatype: number;
  readonly failure: Failure;
}

/** Keeps an operation of a module, known by its imports, and returns its handle. */
export function addOp(
  owner: object,
  combinePtr: number,
  inputPtr: number,
  inoutPtr: number,
  type: number,
  of: number,
  commutative: number,
): number {
  if (of < 1) throw wrong('createOp: "group"', "a number of elements from 1", of, "Say how many belong together.");
  // Addresses come as signed numbers: those from 2 GiB on are negative.
  const [input, inout] = [inputPtr >>> 0, inoutPtr >>> 0];
  const op = { owner, combinePtr, inputPtr: input, inoutPtr: inout, type, of, commutative: commutative !== 0 };
  return firstOp + made.push(op) - 1;
}

/** Tells how functions of a module are called, once it has started. */
export function startOps(owner: object, run: Run): void {
  runs.set(owner, run);
}

/** What a reduction needs: an operation of the library, and the data in groups of elements. */
export interface Reduction {
  readonly count: number;
  readonly datatype: number;
  readonly handle: number;
  readonly failure: Failure;
}

/** The operations of compiled code in one library. */
export class Ops {
  readonly #world: World;
  readonly #base: number;
  readonly #natives = new Map<number, Native>();

  constructor(world: World) {
    this.#world = world;
    this.#base = addressOf(memory.u8(0, 1));
    world.onEnd.push(() => this.#release(() => true));
  }

  /** Elements of a type, to be combined with an operation. @throws UsageError where the operation is not for them */
  reduction(op: number, count: number, type: number, call: FunctionName): Reduction {
    const found = made[op - firstOp];
    if (!found) throw wrong(call, "an operation", `0x${op.toString(16)}`, 'Use SUM, MAX ... or createOp of "mpi".');
    const { name } = elementOf(found.type);
    if (type !== found.type) {
      const got = typeNames[type] ?? `datatype 0x${type.toString(16)}`;
      throw wrong(call, `elements of ${name}, which the operation combines`, got, "Make one for them with createOp.");
    }
    if (count % found.of !== 0) {
      throw wrong(call, `a multiple of ${found.of} ${name}, which the operation combines`, count, "Pass whole groups.");
    }
    let native = this.#natives.get(op);
    if (!native) {
      native = this.#create(found);
      this.#natives.set(op, native);
    }
    return { count: count / found.of, datatype: native.datatype, handle: native.handle, failure: native.failure };
  }

  #create(op: Made): Native {
    const world = this.#world;
    const failure = new Failure();
    const element = elementOf(op.type);
    const { handle, callback } = register(world, this.#combining(op, element), op.commutative, failure);
    let datatype = world.constants[element.datatype!];
    if (op.of > 1) {
      world.call("MPI_Type_contiguous", op.of, datatype, world.outPtr);
      datatype = world.readHandle(0);
      world.call("MPI_Type_commit", world.outPtr);
    }
    return { handle, callback, datatype, failure };
  }

  /** What the library calls: elements that are not in the WebAssembly memory are copied there, and the result back. */
  #combining(op: Made, { byteLength: size }: ElementType) {
    const { memcpy } = system();
    return (inPtr: number, inoutPtr: number, count: number) => {
      const run = runs.get(op.owner);
      if (!run) {
        const todo = "Make the call in a function.";
        throw wrong("createOp", "a reduction after the start of the module", "one in the start", todo);
      }
      const length = count * op.of;
      const byteLength = length * size;
      if (byteLength === 0) return;
      const { alloc, free } = allocator();
      const taken: number[] = [];
      const placed = (address: number) => {
        const ptr = address - this.#base;
        if (ptr >= 0 && ptr + byteLength <= allocator().memory.buffer.byteLength) return ptr;
        const copy = alloc(byteLength) >>> 0;
        taken.push(copy);
        memcpy(this.#base + copy, address, byteLength);
        return copy;
      };
      try {
        const [input, inout] = [placed(inPtr), placed(inoutPtr)];
        const words = new DataView(allocator().memory.buffer);
        for (const [viewPtr, ptr] of [[op.inputPtr, input] as const, [op.inoutPtr, inout] as const]) {
          // Address, length and number of blocks, as `Data` of assembly/jit/mpi/data.ts has them.
          words.setUint32(viewPtr, ptr, true);
          words.setInt32(viewPtr + 4, length, true);
          words.setInt32(viewPtr + 8, length, true);
        }
        run(op.combinePtr, op.inputPtr, op.inoutPtr);
        if (this.#base + inout !== inoutPtr) memcpy(inoutPtr, this.#base + inout, byteLength);
      } finally {
        for (const ptr of taken) free(ptr);
      }
    };
  }

  /** Frees the operations of a module, known by its imports. */
  free(owner: object): void {
    this.#release((op) => made[op - firstOp]!.owner === owner);
  }

  #release(goes: (op: number) => boolean): void {
    const world = this.#world;
    for (const [op, { handle, callback, datatype }] of this.#natives) {
      if (!goes(op)) continue;
      world.writeHandle(0, handle);
      world.call("MPI_Op_free", world.outPtr);
      if (made[op - firstOp]!.of > 1) world.freeType(datatype);
      unregister(callback);
      this.#natives.delete(op);
    }
  }
}

/** Forgets the operations of a module that is freed. */
export function forgetOps(owner: object): void {
  for (const [index, op] of made.entries()) if (op?.owner === owner) made[index] = undefined;
}

function elementOf(type: number): ElementType {
  return elementTypes[typeNames[type]!];
}
