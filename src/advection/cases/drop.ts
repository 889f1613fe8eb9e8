import { wrong } from "../../argument.js";
import type { AnyField } from "../../grid/field.js";
import type { Case, Coupling } from "./case.js";

/** Cells along an axis, time step and steps of the published set-up. */
const published = { cells: 320, dt: 0.01, steps: 300 };

/** Water is at least this deep where it has a velocity. */
const dry = 1e-8;

/**
 * Shallow water with gravity 1: a drop with the profile of a parabola that spreads over a dry plane; depth h, momenta
 * qx, qy. Velocities are extrapolated to the half step, the slope of h is a centred difference.
 */
export const drop: Case = {
  name: "drop",
  about: "shallow water: a drop that spreads over a dry plane, 1 or 2 axes, open walls",
  scheme: { variableSign: true, nonoscillatory: true, divergentFlow: true },
  setup({ shape = [published.cells], courant }) {
    if (courant) {
      throw wrong(
        'drop: "courant"',
        "none (the flow is that of the water)",
        `[${courant.join(", ")}]`,
        "Leave it out.",
      );
    }
    if (shape.length > 2 || shape.some((n) => n < 2)) {
      throw wrong(
        'drop: "shape"',
        "1 or 2 axes of at least 2 cells",
        `[${shape.join(", ")}]`,
        "Give for example 320,320.",
      );
    }
    const scale = Math.max(...shape) / published.cells;
    const depth = shape.length === 1 ? depth1d : depth2d;
    return {
      shape,
      bounds: shape.map(() => [-8, 8] as const),
      periodic: false,
      name: "h",
      psi: (x, y) => Math.max(0, 1 - (shape.length === 1 ? x * x : x * x + y * y)),
      others: Object.fromEntries(["qx", "qy"].slice(0, shape.length).map((name) => [name, 0])),
      isSigned: true,
      courant: shape.map(() => 0),
      // With the infinite gauge a cell that is all but dry reaches 2.38 for one step of the published run in 2D.
      maxCourant: 2.5,
      couple,
      dt: published.dt / scale,
      steps: Math.round(published.steps * scale),
      exact: depth,
    };
  },
};

/** `h = (1 - (x / l)^2) / l`, with l from `t = (sqrt(l (l - 1)) + ln(sqrt(l - 1) + sqrt(l))) / 2`. */
function depth1d(time: number): (x: number) => number {
  const timeOf = (l: number) => (Math.sqrt(l * (l - 1)) + Math.log(Math.sqrt(l - 1) + Math.sqrt(l))) / 2;
  // The time grows with l, and faster than l / 2 - 1.
  let [low, high] = [1, 2 * time + 2];
  for (let halving = 0; halving < 100; halving++) {
    const middle = (low + high) / 2;
    if (timeOf(middle) < time) low = middle;
    else high = middle;
  }
  const l = high;
  return (x) => Math.max(0, (1 - (x / l) ** 2) / l);
}

/** `h = (1 - (r / l)^2) / l^2`, with `l = sqrt(2 t^2 + 1)`. */
function depth2d(time: number): (x: number, y: number) => number {
  const square = 2 * time ** 2 + 1;
  return (x, y) => Math.max(0, (1 - (x ** 2 + y ** 2) / square) / square);
}

function couple(fields: readonly AnyField[]): Coupling {
  const [h, ...momenta] = fields as [AnyField, ...AnyField[]];
  const { grid } = h;
  const velocity = momenta.map(() => grid.field());
  return {
    velocity,
    before(solver) {
      for (const [axis, momentum] of momenta.entries()) {
        const speed = velocity[axis]!;
        forEachRow(h, (start, end) => {
          for (let cell = start; cell < end; cell++) {
            speed.data[cell] = h.data[cell]! > dry ? momentum.data[cell]! / h.data[cell]! : 0;
          }
        });
      }
      solver.setVelocity(velocity, { extrapolate: true });
    },
    source: {
      scheme: "trapezoidal",
      rhs(_fields, [, ...rates]) {
        for (const [axis, rate] of rates.entries()) {
          const stride = h.strides[axis]!;
          const twice = 2 * grid.spacing[axis]!;
          forEachRow(h, (start, end) => {
            for (let cell = start; cell < end; cell++) {
              rate.data[cell] = (-h.data[cell]! * (h.data[cell + stride]! - h.data[cell - stride]!)) / twice;
            }
          });
        }
      },
    },
    free() {
      for (const field of velocity) field.free();
    },
  };
}

/** Calls `visit` for each row along the last axis, with the places of its first cell and of the cell behind its last. */
function forEachRow(field: AnyField, visit: (start: number, end: number) => void): void {
  const { blockShape } = field.grid;
  const length = blockShape.at(-1)!;
  const rows =
    blockShape.length === 1 ? [field.index(0)] : Array.from({ length: blockShape[0]! }, (_, i) => field.index(i));
  for (const start of rows) visit(start, start + length);
}
