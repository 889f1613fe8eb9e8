/** Weights of central differences of any even order, by Fornberg's recursion. */

/**
 * The weights of the derivatives up to `derivative` at 0, of values at `points`: `weights[m][j]` for the m-th.
 * @see B. Fornberg, Generation of finite difference formulas on arbitrarily spaced grids, Math. Comp. 51 (1988) 699-706
 */
function fornberg(derivative: number, points: readonly number[]): readonly (readonly number[])[] {
  const weights = Array.from({ length: derivative + 1 }, () => new Array<number>(points.length).fill(0));
  weights[0]![0] = 1;
  let before = 1;
  for (let n = 1; n < points.length; n++) {
    let product = 1;
    const most = Math.min(n, derivative);
    for (let j = 0; j < n; j++) {
      const distance = points[n]! - points[j]!;
      product *= distance;
      if (j === n - 1) {
        for (let m = most; m >= 0; m--) {
          const lower = m > 0 ? m * weights[m - 1]![n - 1]! : 0;
          weights[m]![n] = (before * (lower - points[n - 1]! * weights[m]![n - 1]!)) / product;
        }
      }
      for (let m = most; m >= 0; m--) {
        const lower = m > 0 ? m * weights[m - 1]![j]! : 0;
        weights[m]![j] = (points[n]! * weights[m]![j]! - lower) / distance;
      }
    }
    before = product;
  }
  return weights;
}

/** The weights of the values at 1, 2, ... order/2 cells above: those below are equal, with the other sign for the first. */
export function centralWeights(derivative: 1 | 2, order: number): readonly number[] {
  const reach = order / 2;
  const points = Array.from({ length: order + 1 }, (_, place) => place - reach);
  return fornberg(derivative, points)[derivative]!.slice(reach + 1);
}
