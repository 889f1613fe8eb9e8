/** Eigenvalues of small matrices of complex numbers, of which real and imaginary parts stand in turn, row after row. */

const most = 200;

/** Finds the eigenvalues of matrices of one size, one matrix after another, in memory that is made once. */
export class Eigenvalues {
  readonly #n: number;
  /** The eigenvalues of the last matrix. */
  readonly #values: Float64Array;
  readonly #moved: Float64Array;
  /** Of the characteristic polynomial, the highest first. */
  readonly #coefficients: Float64Array;
  readonly #product: Float64Array;
  readonly #shifted: Float64Array;
  /** Where the search for roots begins, on a circle. */
  readonly #circle: Float64Array;

  constructor(n: number) {
    this.#n = n;
    this.#values = new Float64Array(2 * n);
    this.#moved = new Float64Array(2 * n);
    this.#coefficients = new Float64Array(2 * n + 2);
    this.#product = new Float64Array(2 * n * n);
    this.#shifted = new Float64Array(2 * n * n);
    const angle = (k: number) => (2 * Math.PI * k) / n + 0.4;
    this.#circle = Float64Array.from({ length: 2 * n }, (_, i) => (i % 2 === 0 ? Math.cos : Math.sin)(angle(i >> 1)));
  }

  /** The eigenvalues of a matrix, until the next call. */
  of(matrix: Float64Array): Float64Array {
    if (this.#n === 1) this.#values.set(matrix);
    else if (this.#n === 2) this.#ofTwo(matrix);
    else {
      this.#findCharacteristic(matrix);
      this.#findRoots();
    }
    return this.#values;
  }

  /** The mean of the diagonal, and as far from it as the root says. */
  #ofTwo(m: Float64Array): void {
    const [halfRe, halfIm] = [(m[0]! - m[6]!) * 0.5, (m[1]! - m[7]!) * 0.5];
    const [middleRe, middleIm] = [(m[0]! + m[6]!) * 0.5, (m[1]! + m[7]!) * 0.5];
    const re = halfRe * halfRe - halfIm * halfIm + (m[2]! * m[4]! - m[3]! * m[5]!);
    const im = halfRe * halfIm + halfIm * halfRe + (m[2]! * m[5]! + m[3]! * m[4]!);
    const [x, y] = root(re, im);
    this.#values.set([middleRe + x, middleIm + y, middleRe - x, middleIm - y]);
  }

  /** By Faddeev and LeVerrier. */
  #findCharacteristic(matrix: Float64Array): void {
    const n = this.#n;
    const coefficients = this.#coefficients;
    const [product, shifted] = [this.#product, this.#shifted];
    product.fill(0);
    coefficients[0] = 1;
    coefficients[1] = 0;
    for (let k = 1; k <= n; k++) {
      shifted.set(product);
      for (let i = 0; i < n; i++) {
        const diagonal = 2 * (i * n + i);
        shifted[diagonal] = shifted[diagonal]! + coefficients[2 * k - 2]!;
        shifted[diagonal + 1] = shifted[diagonal + 1]! + coefficients[2 * k - 1]!;
      }
      for (let i = 0; i < n; i++) {
        for (let j = 0; j < n; j++) {
          let re = 0;
          let im = 0;
          for (let l = 0; l < n; l++) {
            const a = 2 * (i * n + l);
            const b = 2 * (l * n + j);
            re += matrix[a]! * shifted[b]! - matrix[a + 1]! * shifted[b + 1]!;
            im += matrix[a]! * shifted[b + 1]! + matrix[a + 1]! * shifted[b]!;
          }
          product[2 * (i * n + j)] = re;
          product[2 * (i * n + j) + 1] = im;
        }
      }
      let re = 0;
      let im = 0;
      for (let i = 0; i < n; i++) {
        re += product[2 * (i * n + i)]!;
        im += product[2 * (i * n + i) + 1]!;
      }
      coefficients[2 * k] = re * (-1 / k);
      coefficients[2 * k + 1] = im * (-1 / k);
    }
  }

  /** By Durand and Kerner. */
  #findRoots(): void {
    const n = this.#n;
    const [values, moved, coefficients] = [this.#values, this.#moved, this.#coefficients];
    let scale = 0;
    for (let k = 1; k <= n; k++) {
      scale = Math.max(scale, Math.hypot(coefficients[2 * k]!, coefficients[2 * k + 1]!) ** (1 / k));
    }
    for (let i = 0; i < 2 * n; i++) values[i] = scale === 0 ? 0 : scale * this.#circle[i]!;
    const enough = (1e-14 * scale) ** 2;
    for (let turn = 0; scale > 0 && turn < most; turn++) {
      let farthest = 0;
      for (let i = 0; i < 2 * n; i += 2) {
        const x = values[i]!;
        const y = values[i + 1]!;
        let re = 0;
        let im = 0;
        for (let k = 0; k <= n; k++) {
          const next = re * x - im * y + coefficients[2 * k]!;
          im = re * y + im * x + coefficients[2 * k + 1]!;
          re = next;
        }
        let belowRe = 1;
        let belowIm = 0;
        for (let j = 0; j < 2 * n; j += 2) {
          if (j === i) continue;
          const dx = x - values[j]!;
          const dy = y - values[j + 1]!;
          const next = belowRe * dx - belowIm * dy;
          belowIm = belowRe * dy + belowIm * dx;
          belowRe = next;
        }
        moved[i] = x;
        moved[i + 1] = y;
        if (belowRe === 0 && belowIm === 0) continue;
        const size = belowRe * belowRe + belowIm * belowIm;
        const stepRe = (re * belowRe + im * belowIm) / size;
        const stepIm = (im * belowRe - re * belowIm) / size;
        farthest = Math.max(farthest, stepRe * stepRe + stepIm * stepIm);
        moved[i] = x - stepRe;
        moved[i + 1] = y - stepIm;
      }
      values.set(moved);
      if (farthest <= enough) break;
    }
  }
}

/** The root of a complex number. */
function root(re: number, im: number): readonly [re: number, im: number] {
  const size = Math.hypot(re, im);
  const [a, b] = [Math.sqrt((size + Math.abs(re)) / 2), Math.abs(im)];
  if (a === 0) return [0, 0];
  const [x, y] = re >= 0 ? [a, b / (2 * a)] : [b / (2 * a), a];
  return [x, im < 0 ? -y : y];
}
