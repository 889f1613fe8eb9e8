/** Equations that have a name. */
import { nearest, show, wrong } from "../argument.js";
import type { Advections } from "./advection.js";

/** Equations with a name, their constants, and a run that shows what they do. */
export interface NamedEquations {
  readonly about: string;
  /** The right side of each unknown. */
  readonly equations: Readonly<Record<string, string>>;
  /** The constants and what they are by default. */
  readonly constants: Readonly<Record<string, number>>;
  /** The unknowns that are complex. */
  readonly complex?: readonly string[];
  /** The flows that carry unknowns along. */
  readonly advection?: Advections;
  readonly example: Example;
}

/** A run on periodic axes with cells of size 1. */
export interface Example {
  readonly shape: readonly number[];
  readonly initial: Readonly<Record<string, string>>;
  /** The start on a grid of one axis, where that is another. */
  readonly onLine?: Readonly<Record<string, string>>;
  readonly until: number;
  readonly dt: number;
  readonly stepper: "euler" | "rk4";
}

const plane = [128, 128];

/** The equations by name. */
export const namedEquations = {
  diffusion: {
    about: "diffusion",
    equations: { c: "D * laplace(c)" },
    constants: { D: 1 },
    example: { shape: plane, initial: { c: "noise()" }, until: 20, dt: 0.1, stepper: "euler" },
  },
  "advection-diffusion": {
    about: "a substance that a flow carries along, by MPDATA, while it spreads",
    equations: { c: "D * laplace(c)" },
    advection: { c: { velocity: { x: "ux", y: "uy" } } },
    constants: { D: 0.5, ux: 1, uy: 0.5 },
    example: {
      shape: plane,
      initial: { c: "exp(-((x - 40) / 8)^2 - ((y - 40) / 8)^2)" },
      onLine: { c: "exp(-((x - 40) / 8)^2)" },
      until: 40,
      dt: 0.2,
      stepper: "rk4",
    },
  },
  "allen-cahn": {
    about: "two phases that are not conserved",
    equations: { c: "M * (gamma * laplace(c) - c^3 + c)" },
    constants: { M: 1, gamma: 1 },
    example: { shape: plane, initial: { c: "0.1 * noise()" }, until: 20, dt: 0.1, stepper: "euler" },
  },
  "cahn-hilliard": {
    about: "two phases that part, and are conserved",
    equations: { c: "laplace(c^3 - c - gamma * laplace(c))" },
    constants: { gamma: 1 },
    example: { shape: plane, initial: { c: "0.1 * noise()" }, until: 50, dt: 0.01, stepper: "rk4" },
  },
  kpz: {
    about: "Kardar, Parisi and Zhang's growing surface",
    equations: { h: "nu * laplace(h) + lambda / 2 * gradient_squared(h)" },
    constants: { nu: 0.5, lambda: 1 },
    example: { shape: plane, initial: { h: "noise()" }, until: 20, dt: 0.1, stepper: "euler" },
  },
  "kuramoto-sivashinsky": {
    about: "Kuramoto and Sivashinsky's flame front, which is chaotic",
    equations: { u: "-nu * laplace(laplace(u)) - laplace(u) - gradient_squared(u) / 2" },
    constants: { nu: 1 },
    example: { shape: plane, initial: { u: "0.1 * noise()" }, until: 50, dt: 0.02, stepper: "rk4" },
  },
  "swift-hohenberg": {
    about: "Swift and Hohenberg's patterns of one wave length",
    equations: {
      c: "(eps - kc2^2) * c - 2 * kc2 * laplace(c) - laplace(laplace(c)) + delta * c^2 - c^3",
    },
    constants: { eps: 0.1, kc2: 1, delta: 1 },
    example: { shape: plane, initial: { c: "0.1 * noise()" }, until: 50, dt: 0.02, stepper: "rk4" },
  },
  wave: {
    about: "waves of speed c",
    equations: { u: "v", v: "c^2 * laplace(u)" },
    constants: { c: 1 },
    example: { shape: plane, initial: { u: "exp(-((x - 40) / 6)^2)", v: "0" }, until: 40, dt: 0.1, stepper: "rk4" },
  },
  "klein-gordon": {
    about: "waves of particles with the mass m",
    equations: { u: "v", v: "c^2 * laplace(u) - m^2 * u" },
    constants: { c: 1, m: 0.5 },
    example: { shape: plane, initial: { u: "exp(-((x - 40) / 6)^2)", v: "0" }, until: 40, dt: 0.1, stepper: "rk4" },
  },
  brusselator: {
    about: "an oscillating reaction of two substances that diffuse",
    equations: {
      u: "D0 * laplace(u) + a - (b + 1) * u + u^2 * v",
      v: "D1 * laplace(v) + b * u - u^2 * v",
    },
    constants: { a: 1, b: 3, D0: 1, D1: 0.1 },
    example: { shape: plane, initial: { u: "a", v: "b / a + 0.1 * noise()" }, until: 20, dt: 0.01, stepper: "rk4" },
  },
  "gray-scott": {
    about: "Gray and Scott's reaction, with spots and stripes",
    equations: {
      u: "Du * laplace(u) - u * v^2 + F * (1 - u)",
      v: "Dv * laplace(v) + u * v^2 - (F + k) * v",
    },
    constants: { Du: 0.16, Dv: 0.08, F: 0.035, k: 0.06 },
    example: {
      shape: plane,
      initial: { u: "1 - 0.5 * (abs(x - 64) < 8)", v: "(0.3 + 0.1 * noise()) * (abs(x - 64) < 8)" },
      until: 2000,
      dt: 1,
      stepper: "euler",
    },
  },
  burgers: {
    about: "Burgers' flow, whose fronts get steep",
    equations: { u: "nu * laplace(u) - u * d_dx(u)" },
    constants: { nu: 0.5 },
    example: { shape: [256], initial: { u: "exp(-((x - 80) / 16)^2)" }, until: 100, dt: 0.1, stepper: "rk4" },
  },
  schroedinger: {
    about: "a free particle of quantum mechanics",
    equations: { psi: "i * laplace(psi) / 2" },
    constants: {},
    complex: ["psi"],
    example: {
      shape: [256],
      initial: { psi: "exp(-((x - 80) / 8)^2 + i * x / 2)" },
      until: 60,
      dt: 0.1,
      stepper: "rk4",
    },
  },
  "korteweg-de-vries": {
    about: "waves in shallow water that keep their shape",
    equations: { u: "-6 * u * d_dx(u) - d_dx(d2_dx2(u))" },
    constants: {},
    example: {
      shape: [256],
      initial: { u: "0.1 / cosh((x - 60) * sqrt(0.05))^2" },
      until: 200,
      dt: 0.1,
      stepper: "rk4",
    },
  },
  "complex-ginzburg-landau": {
    about: "Ginzburg and Landau's complex amplitude, which is chaotic",
    equations: { A: "A + (1 + i * b) * laplace(A) - (1 + i * c) * abs(A)^2 * A" },
    constants: { b: 1, c: -2 },
    complex: ["A"],
    example: { shape: plane, initial: { A: "0.1 * noise()" }, until: 50, dt: 0.1, stepper: "rk4" },
  },
} as const satisfies Readonly<Record<string, NamedEquations>>;

/** The names of equations. */
export type EquationsName = keyof typeof namedEquations;

/** The equations of a name. @throws UsageError for a name that there is not */
export function equationsOf(where: string, name: string): NamedEquations {
  if (typeof name === "string" && Object.hasOwn(namedEquations, name)) return namedEquations[name as EquationsName];
  const known = Object.keys(namedEquations);
  const near = typeof name === "string" ? nearest(name, known) : undefined;
  throw wrong(where, `one of ${known.join(", ")}`, show(name), near ? `Did you mean ${near}?` : "Name one of them.");
}

/** Equations on a grid of some axes: without velocities along others, and the constants that these are. */
export function onAxes(named: NamedEquations, names: readonly string[]): NamedEquations {
  const { advection, constants, example } = named;
  const { onLine, ...rest } = example;
  const start = names.length === 1 && onLine ? { ...rest, initial: onLine } : example;
  const flows = flowsAlong(advection ?? {}, names, Object.keys(constants));
  const left = speedsOf(flows);
  const strange = speedsOf(advection ?? {}).filter((speed) => !left.includes(speed));
  return {
    ...named,
    ...(advection ? { advection: flows } : {}),
    constants: Object.fromEntries(Object.entries(constants).filter(([name]) => !strange.includes(name))),
    example: start,
  };
}

/** Flows without velocities along axes that a grid has not, where these are constants that may be left out. */
export function flowsAlong(flows: Advections, names: readonly string[], spare: readonly string[]): Advections {
  const entries = Object.entries(flows).map(([name, flow]) => {
    const all = Object.entries(flow.velocity);
    // Where there is none along any axis, it is told that they are others.
    if (!all.some(([axis]) => names.includes(axis))) return [name, flow] as const;
    const kept = all.filter(([axis, speed]) => names.includes(axis) || !spare.includes(String(speed)));
    return [name, { ...flow, velocity: Object.fromEntries(kept) }] as const;
  });
  return Object.fromEntries(entries);
}

function speedsOf(flows: Advections): readonly string[] {
  return Object.values(flows).flatMap(({ velocity }) => Object.values(velocity).map(String));
}

/** The constants of equations, some of them as a caller wants them. @throws UsageError for one that there is not */
export function constantsOf<T>(
  where: string,
  { constants }: NamedEquations,
  asked: Readonly<Record<string, T>>,
): Readonly<Record<string, T | number>> {
  const known = Object.keys(constants);
  const stray = Object.keys(asked).find((name) => !known.includes(name));
  if (stray === undefined) return { ...constants, ...asked };
  if (known.length === 0)
    throw wrong(where, "no constants, of which these equations have none", show(stray), "Leave it out.");
  const near = nearest(stray, known);
  throw wrong(
    where,
    `constants among ${known.join(", ")}`,
    show(stray),
    near ? `Did you mean ${near}?` : "Leave it out.",
  );
}
