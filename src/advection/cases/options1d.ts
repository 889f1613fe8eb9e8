import { wrong } from "../../argument.js";
import type { Case } from "./case.js";
import { wrapped } from "./return.js";

/** Cells of the published set-up. */
const published = 600;

/** A step of 2 to 4, and one of -1 to 1, in a uniform flow along a periodic axis; by default one and a half times round. */
export const options1d: Case = {
  name: "options1d",
  about: "two steps, one of them of both signs, in a uniform flow, 1 axis",
  scheme: { variableSign: true },
  setup({ shape = [published], courant = [-0.75] }) {
    const [n] = shape as [number];
    if (shape.length !== 1 || courant.length !== 1) {
      const [name, got] = shape.length !== 1 ? ["shape", shape] : ["courant", courant];
      throw wrong(
        `options1d: "${name}"`,
        "1 number for its one axis",
        `[${got.join(", ")}]`,
        `Give for example ${name === "shape" ? published : -0.75}.`,
      );
    }
    const step = (x: number, high: number, low: number) => {
      const i = ((x - 0.5) * published) / n;
      return i > 75 && i < 125 ? high : low;
    };
    return {
      shape,
      bounds: [[0, n]],
      periodic: true,
      psi: (x) => step(x, 4, 2),
      others: { signed: (x) => step(x, 1, -1) },
      isSigned: true,
      courant,
      dt: 1,
      steps: 2 * n,
      length: n,
      exact: (time) => (x) => step(wrapped(x - courant[0]! * time, n), 4, 2),
    };
  },
};
