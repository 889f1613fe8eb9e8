import { show, wrong } from "../../argument.js";
import type { ElementName } from "./element.js";
import { View } from "./view.js";

/** What the values of {@link Pairs} can be; their indices are of type `int32`. */
export type PairValue = "float64" | "float32" | "int32";

/** A value and the index that belongs to it. */
export interface Pair {
  readonly value: number;
  readonly index: number;
}

// A C struct of the value and an int, which ends where the next value may begin: `float64` | `int32` | 4 bytes unused.
const layouts: Readonly<Record<PairValue, { readonly type: ElementName; readonly byteLength: number }>> = {
  float64: { type: "float64int32", byteLength: 16 },
  float32: { type: "float32int32", byteLength: 8 },
  int32: { type: "int32int32", byteLength: 8 },
};

/**
 * Values with the indices that belong to them, for the operations `minloc` and `maxloc`: these find the least or
 * greatest value, and of equal ones the lowest index. Made with `mpi.pairs()`; data of every call. **Local.**
 */
export class Pairs extends View {
  readonly #values: Float64Array | Float32Array | Int32Array;
  readonly #indices: Int32Array;
  /** In values and in indices, from one pair to the next. */
  readonly #steps: readonly [number, number];
  /** Where the first index is. */
  readonly #first: number;

  /** @internal */
  constructor(value: PairValue, buffer: ArrayBuffer) {
    super(buffer, { type: layouts[value].type });
    const { byteLength } = layouts[value];
    const Values = { float64: Float64Array, float32: Float32Array, int32: Int32Array }[value];
    this.#values = new Values(buffer);
    this.#indices = new Int32Array(buffer);
    this.#steps = [byteLength / Values.BYTES_PER_ELEMENT, byteLength / 4];
    this.#first = Values.BYTES_PER_ELEMENT / 4;
  }

  /** The `i`-th pair. */
  get(i: number): Pair {
    this.#expect(i, "get");
    return { value: this.#values[i * this.#steps[0]]!, index: this.#indices[i * this.#steps[1] + this.#first]! };
  }

  /** Sets the `i`-th pair. */
  set(i: number, value: number, index: number): void {
    this.#expect(i, "set");
    if (!Number.isInteger(index) || index !== (index | 0)) {
      throw wrong('Pairs.set: "index"', "a whole number of 32 bits", show(index), "Number the places from 0 on.");
    }
    this.#values[i * this.#steps[0]] = value;
    this.#indices[i * this.#steps[1] + this.#first] = index;
  }

  #expect(i: number, method: string): void {
    if (Number.isInteger(i) && i >= 0 && i < this.length) return;
    throw wrong(
      `Pairs.${method}: "i"`,
      `a whole number from 0 to ${this.length - 1}`,
      show(i),
      `There are ${this.length} pairs.`,
    );
  }
}

/** `n` pairs of values of a type and indices, all 0. **Local.** */
export function pairs(value: PairValue, n: number): Pairs {
  if (!Object.hasOwn(layouts, value)) {
    const names = Object.keys(layouts).join(", ");
    throw wrong('mpi.pairs: "value"', `one of ${names}`, show(value), "Name one of them.");
  }
  if (!Number.isSafeInteger(n) || n < 0) {
    throw wrong('mpi.pairs: "n"', "a whole number from 0 on", show(n), "Count the pairs.");
  }
  return new Pairs(value, new ArrayBuffer(n * layouts[value].byteLength));
}
