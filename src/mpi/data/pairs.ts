import { expectWhole, show, wrong } from "../../argument.js";
import { type LongName, numbers, toLong, toShort } from "../../elements.js";
import { mostBytes } from "../../host.js";
import { elementTypes, type TypeName } from "./element.js";
import { View } from "./view.js";

/** What the values of {@link Pairs} can be; their indices are of type `int32`. */
export type PairValue = "f64" | "f32" | "i32" | LongName<"f64" | "f32" | "i32">;

/** A value and the index that belongs to it. */
export interface Pair {
  /** What `minloc` and `maxloc` compare. */
  readonly value: number;
  /** What tells where it is from: a whole number of 32 bits. */
  readonly index: number;
}

/**
 * The types of pairs by those of their values. A pair is a C struct of the value and an int, which ends where the next
 * value may begin: `float64` | `int32` | 4 bytes unused.
 */
const pairTypes = {
  float64: elementTypes.float64int32,
  float32: elementTypes.float32int32,
  int32: elementTypes.int32int32,
} as const;

/**
 * Values with the indices that belong to them, for the operations `minloc` and `maxloc`: these find the least or
 * greatest value, and of equal ones the lowest index. Made with `mpi.pairs()`; data of every call. **Local.**
 *
 * ```js
 * const pairs = mpi.pairs("f64", 1);
 * pairs.set(0, (comm.rank - 1) ** 2, comm.rank);
 * const least = comm.allreduce(pairs, mpi.pairs("f64", 1), { op: "minloc" });
 * console.log(least.get(0)); // { value: 0, index: 1 } on 3 ranks
 * ```
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
    const { name, byteLength } = pairTypes[toLong(value)];
    super(buffer, { type: name as TypeName });
    const Values = numbers[toShort(value)].array;
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
  if (typeof value !== "string" || !Object.hasOwn(pairTypes, toLong(value))) {
    const names = Object.keys(pairTypes).join(", ");
    throw wrong('mpi.pairs: "value"', `one of ${names}`, show(value), "Name one of them.");
  }
  expectWhole('mpi.pairs: "n"', n, { least: 0 }, "Count the pairs.");
  const { byteLength } = pairTypes[toLong(value)];
  const most = Math.floor(mostBytes() / byteLength);
  if (n > most) throw wrong('mpi.pairs: "n"', `at most ${most} pairs`, n, "Make several arrays.");
  return new Pairs(value, new ArrayBuffer(n * byteLength));
}
