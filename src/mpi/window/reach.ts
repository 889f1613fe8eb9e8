/**
 * The bytes that a one-sided call reaches in the part of a rank. Libraries do not look whether they are in the window: a
 * call beyond its end writes to other memory of the target, or ends its process.
 */
import { wrong } from "../../argument.js";
import type { Communicator } from "../calls/communicator.js";
import type { Datatype } from "../data/datatype.js";
import type { ElementType } from "../data/element.js";

/** Bytes from the place that `at` names: to the first one that is reached, and to behind the last. */
export type Reach = readonly [first: number, end: number];

const nothing: Reach = [0, 0];

/** What elements reach that lie `strides` apart along each axis; without strides side by side. */
export function reachOf(type: ElementType, shape: readonly number[], strides?: readonly number[]): Reach {
  const { byteLength, size = byteLength } = type;
  if (!strides) {
    const length = shape.reduce((product, n) => product * n, 1);
    return length === 0 ? nothing : [0, (length - 1) * byteLength + size];
  }
  if (shape.includes(0)) return nothing;
  const steps = shape.map((n, axis) => (n - 1) * strides[axis]! * byteLength);
  const sum = (pick: (step: number) => number) => steps.reduce((total, step) => total + pick(step), 0);
  return [sum((step) => Math.min(step, 0)), sum((step) => Math.max(step, 0)) + size];
}

/** What `count` elements of a derived datatype reach. */
export function reachOfLayout({ trueLowerBound, trueExtent, extent }: Datatype, count: number): Reach {
  if (count === 0 || trueExtent === 0) return nothing;
  const last = (count - 1) * extent;
  return [trueLowerBound + Math.min(0, last), trueLowerBound + trueExtent + Math.max(0, last)];
}

/** The parts of all ranks in a window: how long each is, and how many bytes a step of `at` has there. */
export class Parts {
  /** Bytes of a rank's part and of its step, in turns. */
  readonly #numbers: Float64Array;

  /** Tells all ranks about the part of each. **Collective.** */
  constructor(comm: Communicator, byteLength: number, unit: number) {
    const { world, size, handle } = comm;
    const { MPI_DOUBLE } = world.constants;
    const numbers = new Float64Array(2 * size);
    world.numbers.set([byteLength, unit]);
    const values = [world.numbersPtr, 2, MPI_DOUBLE, world.pointerTo(numbers), 2, MPI_DOUBLE, handle];
    world.waiting.run("MPI_Allgather", "MPI_Iallgather", values);
    this.#numbers = numbers;
  }

  /** @throws UsageError for bytes outside of the part of a rank */
  expectInside(call: string, target: number, at: number, [first, end]: Reach): void {
    const byteLength = this.#numbers[2 * target]!;
    const start = at * this.#numbers[2 * target + 1]!;
    if ((start + first >= 0 && start + end <= byteLength) || first === end) return;
    throw wrong(
      `${call}: "at"`,
      `data within the ${byteLength} bytes of rank ${target}`,
      `bytes ${start + first} to ${start + end}`,
      "Reach no further than the window of the target.",
    );
  }
}
