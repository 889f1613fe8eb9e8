import { wrong } from "../../argument.js";
import type { AnyField, Float } from "../../grid/field.js";
import type { Rates } from "../source.js";
import type { Case } from "./case.js";
import { wrapped } from "./return.js";

/** Cells and steps of the published set-up. */
const published = { cells: 1000, period: 400, steps: 1400 };

/**
 * Two fields that turn into each other while a uniform flow carries them: `d psi / dt = omega phi`,
 * `d phi / dt = -omega psi`, by the trapezoidal rule.
 */
export const oscillator: Case = {
  name: "oscillator",
  about: "two coupled fields that oscillate in a uniform flow, 1 axis",
  scheme: { variableSign: true },
  setup({ shape = [published.cells], courant = [0.5] }) {
    const [n] = shape as [number];
    if (shape.length !== 1 || courant.length !== 1) {
      const [name, got] = shape.length !== 1 ? ["shape", shape] : ["courant", courant];
      throw wrong(
        `oscillator: "${name}"`,
        "1 number for its one axis",
        `[${got.join(", ")}]`,
        `Give for example ${name === "shape" ? published.cells : 0.5}.`,
      );
    }
    const scale = n / published.cells;
    const omega = (2 * Math.PI) / (published.period * scale);
    const psi = (x: number): number => {
      const i = (x - 0.5) / scale;
      return i > 50 && i < 150 ? 0.5 * (1 + Math.cos((2 * Math.PI * i) / 100)) : 0;
    };
    const source = { scheme: "trapezoidal", rhs: ratesOf(omega), implicit: implicitOf(omega) } as const;
    return {
      shape,
      bounds: [[0, n]],
      periodic: true,
      psi,
      others: { phi: 0 },
      isSigned: true,
      courant,
      couple: () => ({ source }),
      dt: 1,
      steps: Math.round(published.steps * scale),
      length: n,
      exact: (time) => (x) => psi(wrapped(x - courant[0]! * time, n)) * Math.cos(omega * time),
    };
  },
};

/** Sets both rates in each cell of the block. */
function forEach(
  fields: readonly AnyField[],
  out: readonly AnyField[],
  rates: (psi: number, phi: number) => number[],
): void {
  const [psi, phi] = fields as [AnyField, AnyField];
  const [psiRate, phiRate] = out as [AnyField, AnyField];
  const end = psi.index(...psi.grid.blockShape);
  for (let cell = psi.index(0); cell < end; cell++) {
    const [a, b] = rates(psi.data[cell]!, phi.data[cell]!) as [number, number];
    psiRate.data[cell] = a;
    phiRate.data[cell] = b;
  }
}

function ratesOf(omega: number): Rates<Float> {
  return (fields, out) => forEach(fields, out, (psi, phi) => [omega * phi, -omega * psi]);
}

/** The rates at the end of a step h, from `psi' = psi + h omega phi'` and `phi' = phi - h omega psi'`. */
function implicitOf(omega: number) {
  return (fields: readonly AnyField[], out: readonly AnyField[], _time: number, h: number): void => {
    const determinant = 1 + (h * omega) ** 2;
    forEach(fields, out, (psi, phi) => [
      ((psi + h * omega * phi) / determinant - psi) / h,
      ((phi - h * omega * psi) / determinant - phi) / h,
    ]);
  };
}
