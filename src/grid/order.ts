/** Cells in C order: the last axis fastest. */

/** The index of the n-th cell. @param into takes the index, where one array serves many cells */
export function indexOf(shape: readonly number[], place: number, into = new Array<number>(shape.length)): number[] {
  let rest = place;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    into[axis] = rest % shape[axis]!;
    rest = Math.floor(rest / shape[axis]!);
  }
  return into;
}

/** How many cells there are before one. */
export function placeOf(shape: readonly number[], index: readonly number[]): number {
  return index.reduce((place, i, axis) => place * shape[axis]! + i, 0);
}
