import { wrong } from "../../argument.js";
import type { AnyField } from "../../grid/field.js";
import type { Case } from "./case.js";

const { PI, cos, sin } = Math;

/** The published set-up, from which the time steps of other shapes are scaled. */
const published = { longitudes: 128, latitudes: 64, steps: 5120 };

/**
 * Over the pole: a cone carried once around the sphere by solid-body rotation, straight over both poles. x is longitude
 * with cells at i dl, y latitude with cells at (j + 1/2) dp - pi/2. The flow is `G u dt / dx` with G = dl dp cos(y), free
 * of divergence for any shape; the steps keep the greatest Courant number.
 */
export const pole: Case = {
  name: "pole",
  about: "a cone carried over both poles of a sphere, longitude and latitude",
  setup({ shape = [published.longitudes, published.latitudes], courant }) {
    if (courant) {
      throw wrong('pole: "courant"', "none (the flow is a rotation)", `[${courant.join(", ")}]`, "Leave it out.");
    }
    const [longitudes = 0, latitudes = 0] = shape;
    if (shape.length !== 2 || longitudes < 4 || latitudes < 2 || longitudes % 2 === 1) {
      throw wrong(
        'pole: "shape"',
        "an even number of longitudes from 4 and latitudes from 2",
        `[${shape.join(", ")}]`,
        "Give for example 128,64.",
      );
    }
    const [dl, dp] = [(2 * PI) / longitudes, PI / latitudes];
    const perStep = outflow(longitudes, latitudes) / outflow(published.longitudes, published.latitudes);
    const steps = Math.max(1, Math.ceil(published.steps * perStep));
    const turn = (2 * PI) / steps;
    const radius = (7 * 2 * PI) / published.longitudes;
    const along = lengthAlong(dl, dp);
    return {
      shape,
      bounds: [
        [-dl / 2, 2 * PI - dl / 2],
        [-PI / 2, PI / 2],
      ],
      units: "radian",
      periodic: [true, false],
      boundary: { y: { polar: "x" } },
      psi: (x, y) => {
        const t = 2 * ((cos(y) * sin((x - (3 * PI) / 2) / 2)) ** 2 + sin(y / 2) ** 2);
        return t <= radius ** 2 ? 1 - Math.sqrt(t) / radius : 0;
      },
      // The axis of rotation lies in the equator: b = -pi/2, cos(b) = 0, sin(b) = -1.
      courant: [(x, y) => along * turn * -sin(y) * cos(x), (x, y) => dl * turn * sin(x) * cos(y)],
      g: (_x, y) => dl * dp * cos(y),
      maxCourant: 1.02,
      dt: (2 * PI) / steps,
      steps,
      statistics,
    };
  },
};

/** What takes the place of dp for faces across longitude, so that differences cancel: dl where dl = dp, as published. */
function lengthAlong(dl: number, dp: number): number {
  return dl === dp ? dl : (dl * sin(dp / 2)) / sin(dl / 2);
}

/** The greatest outflow of a cell at the pole, for a turn by 1. */
function outflow(longitudes: number, latitudes: number): number {
  const [dl, dp] = [(2 * PI) / longitudes, PI / latitudes];
  const y = PI / 2 - dp / 2;
  const along = lengthAlong(dl, dp);
  let greatest = 0;
  for (let i = 0; i < longitudes; i++) {
    const face = (x: number) => along * -sin(y) * cos(x);
    const below = dl * sin(i * dl) * cos(PI / 2 - dp);
    const out = Math.max(face((i + 0.5) * dl), 0) - Math.min(face((i - 0.5) * dl), 0) - Math.min(below, 0);
    greatest = Math.max(greatest, out / (dl * dp * cos(y)));
  }
  return greatest;
}

/** Relative changes of the extremes, error, and relative changes of the first and second moment, G the weight. */
function statistics(psi: AnyField, first: ArrayLike<number>): Record<string, number> {
  const { grid } = psi;
  const [dl, dp] = grid.spacing as [number, number];
  const weight = grid.field((_x, y) => dl * dp * cos(y)).interior();
  const field = grid.field();
  const sum = (valueAt: (place: number) => number) => {
    field.set(Array.from({ length: first.length }, (_, place) => weight[place]! * valueAt(place)));
    return field.sum();
  };
  const last = psi.interior();
  field.set(first);
  const [min0, max0] = [field.min(), field.max()];
  const result = {
    emin: (psi.min() - min0) / max0,
    emax: (psi.max() - max0) / max0,
    err0: Math.sqrt(sum((place) => (last[place]! - first[place]!) ** 2)) / max0,
    err1: sum((place) => last[place]!) / sum((place) => first[place]!) - 1,
    err2: sum((place) => last[place]! ** 2) / sum((place) => first[place]! ** 2) - 1,
  };
  field.free();
  return result;
}
