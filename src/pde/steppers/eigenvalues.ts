/** Eigenvalues of small matrices of complex numbers. */
import type { Complex } from "./amplification.js";

const add = ([a, b]: Complex, [c, d]: Complex): Complex => [a + c, b + d];
const subtract = ([a, b]: Complex, [c, d]: Complex): Complex => [a - c, b - d];
const multiply = ([a, b]: Complex, [c, d]: Complex): Complex => [a * c - b * d, a * d + b * c];
const divide = ([a, b]: Complex, [c, d]: Complex): Complex => {
  const size = c * c + d * d;
  return [(a * c + b * d) / size, (b * c - a * d) / size];
};

function root([re, im]: Complex): Complex {
  const size = Math.hypot(re, im);
  const [a, b] = [Math.sqrt((size + Math.abs(re)) / 2), Math.abs(im)];
  if (a === 0) return [0, 0];
  const [x, y] = re >= 0 ? [a, b / (2 * a)] : [b / (2 * a), a];
  return [x, im < 0 ? -y : y];
}

/** The eigenvalues of a square matrix. */
export function eigenvaluesOf(matrix: readonly (readonly Complex[])[]): readonly Complex[] {
  const n = matrix.length;
  if (n === 1) return [matrix[0]![0]!];
  if (n === 2) {
    const [[a, b], [c, d]] = matrix as [[Complex, Complex], [Complex, Complex]];
    const half = multiply(subtract(a, d), [0.5, 0]);
    const middle = multiply(add(a, d), [0.5, 0]);
    const distance = root(add(multiply(half, half), multiply(b, c)));
    return [add(middle, distance), subtract(middle, distance)];
  }
  return rootsOf(characteristic(matrix));
}

/** The coefficients of the characteristic polynomial, the highest first, by Faddeev and LeVerrier. */
function characteristic(matrix: readonly (readonly Complex[])[]): Complex[] {
  const n = matrix.length;
  const zero: Complex = [0, 0];
  const coefficients: Complex[] = [[1, 0]];
  let product: Complex[][] = matrix.map((row) => row.map(() => zero));
  for (let k = 1; k <= n; k++) {
    const shifted = product.map((row, i) =>
      row.map((entry, j) => (i === j ? add(entry, coefficients[k - 1]!) : entry)),
    );
    product = matrix.map((row) =>
      row.map((_, j) => row.reduce((sum, entry, i) => add(sum, multiply(entry, shifted[i]![j]!)), zero)),
    );
    const trace = product.reduce((sum, row, i) => add(sum, row[i]!), zero);
    coefficients.push(multiply(trace, [-1 / k, 0]));
  }
  return coefficients;
}

/** The roots of a polynomial, by Durand and Kerner. */
function rootsOf(coefficients: readonly Complex[]): Complex[] {
  const n = coefficients.length - 1;
  const scale = Math.max(...coefficients.slice(1).map((c, k) => Math.hypot(...c) ** (1 / (k + 1))));
  if (scale === 0) return Array.from({ length: n }, (): Complex => [0, 0]);
  let roots = Array.from({ length: n }, (_, k): Complex => {
    const angle = (2 * Math.PI * k) / n + 0.4;
    return [scale * Math.cos(angle), scale * Math.sin(angle)];
  });
  for (let turn = 0; turn < 200; turn++) {
    let moved = 0;
    roots = roots.map((x, i) => {
      const value = coefficients.reduce((sum, c) => add(multiply(sum, x), c), [0, 0] as Complex);
      const below = roots.reduce((product, y, j) => (i === j ? product : multiply(product, subtract(x, y))), [
        1, 0,
      ] as Complex);
      if (below[0] === 0 && below[1] === 0) return x;
      const step = divide(value, below);
      moved = Math.max(moved, Math.hypot(...step));
      return subtract(x, step);
    });
    if (moved <= 1e-14 * scale) break;
  }
  return roots;
}
