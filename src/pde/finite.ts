/** Where a solution is no number any more. */
import { wrong } from "../argument.js";
import { normalize } from "../grid/box.js";
import type { AnyField } from "../grid/field.js";

/** A value that is not finite, and the cell that has it, by index in the whole grid. */
export interface Blemish {
  readonly name: string;
  readonly value: number;
  readonly cell: readonly number[];
}

/** Numbers that are not finite. */
const kinds = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
const kindOf = (value: number) => kinds.findIndex((kind) => Object.is(kind, value));

/** The first value that is not finite, in the order of the fields and of their cells. **Collective.** */
export function findBlemish(fields: ReadonlyMap<string, AnyField>): Blemish | undefined {
  for (const [name, field] of fields) {
    // A sum is NaN where a value is not finite.
    if (!Number.isNaN(field.sum())) continue;
    const { grid } = field;
    const [, total1, total2] = normalize(grid.shape, 1);
    const [, n1, n2] = normalize(grid.blockShape, 1);
    const [start0, start1, start2] = normalize(grid.start, 0);
    const values = field.interior();
    const none = Number.MAX_SAFE_INTEGER;
    let first = none;
    let value = 0;
    values.forEach((entry, place) => {
      if (Number.isFinite(entry)) return;
      const [i, rest] = [Math.floor(place / (n1 * n2)), place % (n1 * n2)];
      const [j, k] = [Math.floor(rest / n2), rest % n2];
      const index = ((start0 + i) * total1 + start1 + j) * total2 + start2 + k;
      if (index >= first) return;
      first = index;
      value = entry;
    });
    const [least] = grid.comm.allreduce(Float64Array.of(first), new Float64Array(1), { op: "min" });
    const kind = Float64Array.of(first === least ? kindOf(value) : -1);
    grid.comm.allreduce(kind.slice(), kind, { op: "max" });
    const cell = [Math.floor(least! / (total1 * total2)), Math.floor(least! / total2) % total1, least! % total2];
    return { name, value: kinds[kind[0]!]!, cell: cell.slice(3 - grid.shape.length) };
  }
  return undefined;
}

/** The error of an argument with a value that is not finite, to be thrown. */
export function wrongNumbers(where: string, { value, cell }: Blemish, todo: string): Error {
  return wrong(where, "finite numbers", `${value} in cell [${cell.join(", ")}]`, todo);
}

/** The error of a solution with such a value; to be thrown. */
export function blemished(where: string, { name, value, cell }: Blemish, time: number, step: number): Error {
  const got = `${value} of ${name} in cell [${cell.join(", ")}] at time ${time} (step ${step})`;
  return wrong(where, "finite numbers", got, "Use a shorter step, or another stepper.");
}
