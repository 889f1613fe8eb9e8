/** The conditions at the walls of a grid, as they are given and as the solver uses them. */
import { nearest, showAll, wrong } from "../../argument.js";
import type { Grid } from "../../grid/grid.js";
import { type BySide, checkBlocks, parseSides, type Side, type Sides } from "../../grid/side.js";

/**
 * What lies beyond an end of an axis:
 *
 * - `periodic`: the other end; on the grid's periodic axes, and only there.
 * - `open`: the value of the edge cell. What reaches the wall leaves.
 * - `{ constant: v }`: the value v, in units of psi.
 * - `extrapolated`: the profile goes on as a geometric series, not below 0, or flat where the second and third cell from
 *   the wall differ by at most 1e-10; `{ extrapolated: t }`: by at most t, in units of psi.
 * - `rigid`: the mirror image; no flow through the wall.
 * - `polar`: the pole of a sphere, beyond which lies what is half-way round; `{ polar: "x" }` names the axis of longitude.
 */
export type Condition =
  | "periodic"
  | "open"
  | "extrapolated"
  | "rigid"
  | "polar"
  | { readonly constant: number }
  | { readonly extrapolated: number }
  | { readonly polar: string };

/** One condition for all sides that are not periodic, or conditions by axis (`x`) or side (`x-`); see {@link BySide}. */
export type Boundary = BySide<Condition>;

/** Conditions of the G factor. */
export type GBoundary = BySide<Exclude<Condition, "extrapolated" | { readonly extrapolated: number }>>;

/** Conditions of the flow; `constant`: on the wall as given, and the same beyond. */
export type CourantBoundary = BySide<"periodic" | "open" | "constant" | "rigid" | "polar" | { readonly polar: string }>;

/** The three options that give conditions. */
export interface Boundaries {
  readonly boundary?: Boundary;
  readonly gBoundary?: GBoundary;
  readonly courantBoundary?: CourantBoundary;
}

/** A condition, checked. `given`: `constant` of the flow. */
export type Wall =
  | { readonly kind: "periodic" | "open" | "rigid" | "given" }
  | { readonly kind: "constant"; readonly value: number }
  | { readonly kind: "extrapolated"; readonly threshold: number }
  | { readonly kind: "polar"; readonly longitude: number };

/** The walls of a field, by axis. */
export type Walls = Sides<Wall>;

/** The walls of everything that has a halo: psi, G, the flow, and the limiter's ratios. */
export interface Conditions {
  readonly psi: Walls;
  readonly g: Walls;
  readonly courant: Walls;
  readonly ratios: Walls;
}

/** What a kind of wall asks for, besides what is set beyond it (see fill.ts). */
interface Traits {
  /** Cells that a block at the wall has to have, of the `width` layers that the scheme reads. Default: any. */
  readonly depth?: (width: number) => number;
  /** Nothing flows through: the wall faces are 0. */
  readonly isClosed?: true;
  /** G and the limiter's ratios have the same condition as psi. Default: open. */
  readonly holdsForScalars?: true;
  /** The flow on the wall is as given. Default: the flow has the same condition as psi. */
  readonly takesFlow?: true;
  /** Only for psi of at least 0. */
  readonly needsPositive?: true;
}

/** Each kind of wall. */
export const traits: Readonly<Record<Wall["kind"], Traits>> = {
  periodic: { holdsForScalars: true },
  open: {},
  given: {},
  constant: { takesFlow: true },
  extrapolated: { depth: () => 3, takesFlow: true, needsPositive: true },
  rigid: { depth: (width) => width, isClosed: true },
  polar: { depth: (width) => width, isClosed: true, holdsForScalars: true },
};

/** What each option takes off the periodic axes: simple names, and names that take a value in braces. */
const choices = {
  boundary: { names: ["open", "extrapolated", "rigid", "polar"], values: ["constant", "extrapolated", "polar"] },
  gBoundary: { names: ["open", "rigid", "polar"], values: ["constant", "polar"] },
  courantBoundary: { names: ["open", "constant", "rigid", "polar"], values: ["polar"] },
} as const;

/**
 * The conditions of all sides: as given; else those of G and of the flow follow from psi's, and psi's from the grid.
 * @param width layers of the halo that the scheme reads
 * @throws UsageError
 */
export function checkBoundaries(options: Boundaries, grid: Grid, width: number): Conditions {
  const wallsOf = (option: keyof Boundaries, otherwise: (axis: number, side: Side) => Wall): Walls => {
    const parsed = parseSides(`Mpdata: "${option}"`, options[option], grid, {
      keys: choices[option].values,
      parse: (condition, axis, at) => parseCondition(option, condition, axis, at, grid),
    });
    return parsed.map(({ low, high }, axis) => {
      return { low: low ?? otherwise(axis, "low"), high: high ?? otherwise(axis, "high") };
    });
  };
  const psi = wallsOf("boundary", (axis) => ({ kind: grid.periodic[axis] ? "periodic" : "open" }));
  const scalar = (axis: number, side: Side): Wall => {
    const wall = psi[axis]![side];
    return traits[wall.kind].holdsForScalars ? wall : { kind: "open" };
  };
  const flow = (axis: number, side: Side): Wall => {
    const wall = psi[axis]![side];
    return traits[wall.kind].takesFlow ? { kind: "given" } : wall;
  };
  const conditions = {
    psi,
    g: wallsOf("gBoundary", scalar),
    courant: wallsOf("courantBoundary", flow),
    ratios: psi.map((_, axis) => ({ low: scalar(axis, "low"), high: scalar(axis, "high") })),
  };
  const byOption = { boundary: conditions.psi, gBoundary: conditions.g, courantBoundary: conditions.courant };
  for (const [option, walls] of Object.entries(byOption)) {
    checkBlocks(`Mpdata: "${option}"`, grid, (axis, side) => {
      const { kind } = walls[axis]![side];
      return { kind, cells: traits[kind].depth?.(width) ?? 0 };
    });
  }
  return conditions;
}

/** @param at the axis or side by name */
function parseCondition(option: keyof Boundaries, condition: unknown, axis: number, at: string, grid: Grid): Wall {
  const [where, todo] = [`Mpdata: "${option}"`, `Change the grid's "periodic" or the condition.`];
  if (grid.periodic[axis]) {
    if (condition === "periodic") return { kind: "periodic" };
    throw wrong(where, `"periodic" at ${at} (a periodic axis of the grid)`, showAll(condition), todo);
  }
  const { names, values }: { names: readonly string[]; values: readonly string[] } = choices[option];
  const pair = typeof condition === "object" && condition ? Object.entries(condition) : [];
  const [kind, value]: [string, unknown?] = pair.length === 1 ? pair[0]! : [String(condition)];
  if (!(pair.length === 1 ? values : names).includes(kind) || (pair.length !== 1 && typeof condition !== "string")) {
    const near = nearest(kind, [...names, ...values]);
    const meant = near && (values.includes(near) && !names.includes(near) ? `{ ${near}: ... }` : `"${near}"`);
    const list = [...names.map((name) => `"${name}"`), ...values.map((name) => `{ ${name}: ... }`)].join(", ");
    throw wrong(
      where,
      `one of ${list} at ${at} (an axis that is not periodic)`,
      showAll(condition),
      near ? `Did you mean ${meant}?` : kind === "periodic" ? todo : "Use one of them.",
    );
  }
  switch (kind) {
    case "constant":
      return option === "courantBoundary" ? { kind: "given" } : { kind, value: constantOf(option, value, at) };
    case "extrapolated":
      return { kind, threshold: thresholdOf(option, value, at) };
    case "polar":
      return { kind, longitude: longitudeOf(option, value, axis, at, grid) };
    default:
      return { kind: kind as "open" | "rigid" };
  }
}

function constantOf(option: keyof Boundaries, value: unknown, at: string): number {
  const positive = option === "gBoundary";
  if (Number.isFinite(value) && (!positive || (value as number) > 0)) return value as number;
  throw wrong(
    `Mpdata: "${option}"`,
    `a ${positive ? "positive " : ""}finite constant at ${at}`,
    value,
    `Give a number${positive ? " above 0" : ""}.`,
  );
}

function thresholdOf(option: keyof Boundaries, value: unknown, at: string): number {
  if (value === undefined) return 1e-10;
  if (Number.isFinite(value) && (value as number) >= 0) return value as number;
  throw wrong(`Mpdata: "${option}"`, `a threshold from 0 at ${at}`, value, 'Use "extrapolated" for 1e-10.');
}

/** The axis of longitude: as named, or the other periodic axis. */
function longitudeOf(option: keyof Boundaries, value: unknown, axis: number, at: string, grid: Grid): number {
  const nameOf = (index: number) => grid.axes[index]!.name;
  const around = grid.shape.flatMap((_, other) => (other !== axis && grid.periodic[other] ? [other] : []));
  const named =
    typeof value === "string" && value.length === 1 ? grid.axes.findIndex(({ name }) => name === value) : -1;
  if (value === undefined ? around.length !== 1 : !around.includes(named)) {
    const got = value === undefined ? around.map(nameOf).join(" and ") || "none" : showAll(value);
    const way = around.length > 0 ? `Use { polar: "${nameOf(around[0]!)}" }` : "Make one periodic";
    throw wrong(
      `Mpdata: "${option}"`,
      `one periodic axis besides ${nameOf(axis)} as the longitude of the pole ${at}`,
      got,
      `${way}.`,
    );
  }
  const longitude = value === undefined ? around[0]! : named;
  const count = grid.shape[longitude]!;
  if (count % 2 === 0) return longitude;
  throw wrong(
    `Mpdata: "${option}"`,
    `an even number of longitudes for the pole ${at}`,
    `${count} cells along ${nameOf(longitude)}`,
    "Use one cell more or less.",
  );
}
