/** Reductions without messages. */
import { expectKeys, wrong } from "../../argument.js";
import { type Data, describe, messageOf } from "../data/buffer.js";
import type { ElementType, TypedArray } from "../data/element.js";
import { Pairs } from "../data/pairs.js";
import { View } from "../data/view.js";
import { currentWorld } from "../library/world.js";
import { type Elements, elementsOf, Op, operationOf } from "./operation.js";
import { type ReduceOptions, reduceKeys } from "./reductions.js";

const call = "MPI_Reduce_local";

/**
 * Combines `input` and `inout`, element by element, into `inout`, as reductions do with the data of two ranks. The two
 * may not overlap. **Local.**
 * @returns `inout`
 */
export function reduceLocal<D extends Data>(input: Data, inout: D, options: ReduceOptions = {}): D {
  const world = currentWorld();
  expectKeys(call, options, reduceKeys);
  const from = messageOf(world, input, call, "input");
  const into = messageOf(world, inout, call, "inout");
  const { type, length } = into;
  if (from.type.name !== type.name || from.length !== length) {
    throw wrong(`${call}: "inout"`, describe(from), describe(into), 'Give as many as "input" has.');
  }
  const { op = "sum" } = options;
  const handle = operationOf(world, op, type, call);
  if (op instanceof Op) {
    const result = elementsIn(inout, type);
    op.combine(elementsIn(input, type) as never, result as never);
    if (inout instanceof View && inout !== (result as unknown)) inout.unpack(new Uint8Array(result.buffer));
    return inout;
  }
  const [source, result] = [sideBySide(input), sideBySide(inout)];
  const inputPtr = messageOf(world, source, call, "input").address;
  const inoutPtr = messageOf(world, result, call, "inout").address;
  world.check(world.raw.MPI_Reduce_local(inputPtr, inoutPtr, length, world.constants[type.datatype!], handle), call);
  if (inout instanceof View && result instanceof Uint8Array) inout.unpack(result);
  return inout;
}

/** Data whose elements lie side by side: of a view whose elements do not, the bytes of a copy. */
function sideBySide(data: Data): Data {
  return data instanceof View && !data.contiguous ? data.pack() : data;
}

/** Data as an operation in JavaScript gets it: itself, or a copy of a view. */
function elementsIn(data: Data, type: ElementType): Elements {
  if (data instanceof Pairs) return data;
  if (data instanceof View) return elementsOf(type, data.pack().buffer as ArrayBuffer);
  if (data instanceof DataView) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return data as TypedArray;
}
