import type { AnyField, FieldValue } from "./field.js";

/** How far a field is from another: mean, root of the mean square, and maximum of the absolute difference. */
export interface Norms {
  readonly mean: number;
  readonly rms: number;
  readonly max: number;
}

/** The norms of `field - exact`, the same for any split. **Collective.** */
export function normsOf(field: AnyField, exact: FieldValue): Norms {
  const { grid } = field;
  const cells = grid.shape.reduce((product, n) => product * n, 1);
  const difference = grid.field(exact);
  const values = field.interior();
  const size = difference.interior().map((value, place) => Math.abs(values[place]! - value));
  difference.set(size);
  const [max, mean] = [difference.max(), difference.sum() / cells];
  difference.set(size.map((value) => value ** 2));
  const rms = Math.sqrt(difference.sum() / cells);
  difference.free();
  return { mean, rms, max };
}
