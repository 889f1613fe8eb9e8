/**
 * Libraries that compare unsigned integers as if they had a sign. The result looks right until the first value of the
 * upper half, so the library is asked before it is trusted.
 */
import type { ElementType } from "../data/element.js";
import type { World } from "../library/world.js";
import type { Combine } from "./op.js";

type Unsigned = Uint8Array | Uint16Array | Uint32Array | BigUint64Array;

/** Long enough for the vector instructions of a library, and for what is left over. */
const length = 67;

const arrays: Readonly<Record<string, () => Unsigned>> = {
  uint8: () => new Uint8Array(length),
  uint16: () => new Uint16Array(length),
  uint32: () => new Uint32Array(length),
  uint64: () => new BigUint64Array(length),
};

const extremes: Readonly<Record<"max" | "min", Combine<never>>> = {
  max: (input: Unsigned, inout: Unsigned) => {
    for (let i = 0; i < inout.length; i++) if (input[i]! > inout[i]!) inout[i] = input[i]!;
  },
  min: (input: Unsigned, inout: Unsigned) => {
    for (let i = 0; i < inout.length; i++) if (input[i]! < inout[i]!) inout[i] = input[i]!;
  },
};

const known = new WeakMap<World, Map<string, number>>();

/**
 * The operation for `max` or `min` of a type: `predefined`, or where the library gets it wrong one in JavaScript, which
 * `create` makes.
 */
export function extremeOf(
  world: World,
  op: "max" | "min",
  type: ElementType,
  predefined: number,
  create: (combine: Combine<never>) => number,
): number {
  const make = arrays[type.name];
  if (!make || !world.differs.extremesMaybeSigned) return predefined;
  const operations = known.get(world) ?? new Map<string, number>();
  known.set(world, operations);
  const key = `${op} ${type.name}`;
  let operation = operations.get(key);
  if (operation === undefined) {
    operation = isRight(world, op, type, predefined, make) ? predefined : create(extremes[op]);
    operations.set(key, operation);
  }
  return operation;
}

/** True where the library's own operation can be trusted. */
export function comparesRight(world: World, op: "max" | "min", type: ElementType, predefined: number): boolean {
  const make = arrays[type.name];
  return !make || !world.differs.extremesMaybeSigned || isRight(world, op, type, predefined, make);
}

/** True where the library finds the extreme of one and the greatest number, whichever comes first. */
function isRight(world: World, op: "max" | "min", type: ElementType, operation: number, make: () => Unsigned): boolean {
  const [input, inout] = [make(), make()];
  new Uint8Array(input.buffer).fill(255);
  const greatest = input[0]!;
  const one = typeof greatest === "bigint" ? 1n : 1;
  for (let i = 0; i < length; i++) {
    if (i % 2) input[i] = one;
    inout[i] = i % 2 ? greatest : one;
  }
  const datatype = world.constants[type.datatype!];
  const code = world.raw.MPI_Reduce_local(
    world.addressOf(input),
    world.addressOf(inout),
    ...([length, datatype, operation] as const),
  );
  world.check(code, "MPI_Reduce_local");
  return inout.every((value: number | bigint) => value === (op === "max" ? greatest : one));
}
