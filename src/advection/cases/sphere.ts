import { wrong } from "../../argument.js";
import type { Case } from "./case.js";
import { isWholeTurn } from "./return.js";

/** Spacing and steps of the published set-up. */
const published = { dx: 100 / 58, dt: 0.018 * 2 * Math.PI };

/** A sphere of 4 in 0, carried once around the diagonal of a cube by solid-body rotation; nodes at 0 .. 100. */
export const sphere: Case = {
  name: "sphere",
  about: "a sphere in solid-body rotation around a diagonal, 3 axes, open walls",
  setup({ shape = [59, 59, 59], courant }) {
    if (courant) {
      throw wrong('sphere: "courant"', "none (the flow is a rotation)", `[${courant.join(", ")}]`, "Leave it out.");
    }
    if (shape.length !== 3 || shape.some((n) => n < 2)) {
      throw wrong(
        'sphere: "shape"',
        "3 axes of at least 2 cells",
        `[${shape.join(", ")}]`,
        "Give for example 59,59,59.",
      );
    }
    const spacing = shape.map((n) => 100 / (n - 1));
    const [dx, dy, dz] = spacing as [number, number, number];
    const dt = published.dt * (Math.min(...spacing) / published.dx);
    const omega = 0.1;
    const offset = 25 / Math.sqrt(3);
    const speed = omega / Math.sqrt(3);
    const psi = (x: number, y: number, z: number): number => {
      return (x - 50 + offset) ** 2 + (y - 50 - offset) ** 2 + (z - 50 - offset) ** 2 <= 225 ? 4 : 0;
    };
    return {
      shape,
      bounds: spacing.map((size) => [-size / 2, 100 + size / 2] as const),
      periodic: false,
      psi,
      courant: [
        (_x, y, z) => (dt / dx) * speed * (-(y - 50) + (z - 50)),
        (x, _y, z) => (dt / dy) * speed * (x - 50 - (z - 50)),
        (x, y) => (dt / dz) * speed * (-(x - 50) + (y - 50)),
      ],
      dt,
      steps: Math.round((2 * Math.PI) / (omega * dt)),
      exact: (time) => (isWholeTurn(omega * time, omega * dt) ? psi : undefined),
    };
  },
};
