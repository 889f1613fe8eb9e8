/** The conditions at the walls of a grid, as they are given and as the solver uses them. */
import { wrong } from "../../argument.js";
import { axisName, blockStart } from "../../grid/decompose.js";
import type { Grid } from "../../grid/grid.js";

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

/** Conditions by axis (`x`) or side (`x-`, `x+`), the side winning over the axis. */
export type Boundary = Readonly<Record<string, Condition>>;

/** Those of the G factor. */
export type GBoundary = Readonly<
  Record<string, Exclude<Condition, "extrapolated" | { readonly extrapolated: number }>>
>;

/** Those of the flow; `constant`: on the wall as given, and the same beyond. */
export type CourantBoundary = Readonly<
  Record<string, "periodic" | "open" | "constant" | "rigid" | "polar" | { readonly polar: string }>
>;

/** The three options that give conditions. */
export interface Boundaries {
  readonly boundary?: Boundary;
  readonly gBoundary?: GBoundary;
  readonly courantBoundary?: CourantBoundary;
}

export type Side = "low" | "high";
export const sides = ["low", "high"] as const;

/** A condition, checked. `given`: `constant` of the flow. */
export type Wall =
  | { readonly kind: "periodic" | "open" | "rigid" | "given" }
  | { readonly kind: "constant"; readonly value: number }
  | { readonly kind: "extrapolated"; readonly threshold: number }
  | { readonly kind: "polar"; readonly longitude: number };

/** The walls of a field, by axis. */
export type Walls = readonly Readonly<Record<Side, Wall>>[];

/** The walls of everything that has a halo: psi, G, the flow, and the limiter's ratios. */
export interface Conditions {
  readonly psi: Walls;
  readonly g: Walls;
  readonly courant: Walls;
  readonly ratios: Walls;
}

/** What each option takes off the periodic axes: simple names, and names that take a value in braces. */
const choices = {
  boundary: { names: ["open", "extrapolated", "rigid", "polar"], values: ["constant", "extrapolated", "polar"] },
  gBoundary: { names: ["open", "rigid", "polar"], values: ["constant", "polar"] },
  courantBoundary: { names: ["open", "constant", "rigid", "polar"], values: ["polar"] },
} as const;

/** The side by its name in the options: `y-`. */
export function sideName(axis: number, side: Side): string {
  return `${axisName(axis)}${side === "low" ? "-" : "+"}`;
}

/**
 * The conditions of all sides: as given; else those of G and of the flow follow from psi's, and psi's from the grid.
 * @param width layers of the halo that the scheme reads
 * @throws UsageError
 */
export function checkBoundaries(options: Boundaries, grid: Grid, width: number): Conditions {
  const wallsOf = (option: keyof Boundaries, otherwise: (axis: number, side: Side) => Wall): Walls => {
    const given = parse(option, options[option] ?? {}, grid);
    return grid.shape.map((_, axis) => {
      const side = (end: Side) => given.get(sideName(axis, end)) ?? otherwise(axis, end);
      return { low: side("low"), high: side("high") };
    });
  };
  const psi = wallsOf("boundary", (axis) => ({ kind: grid.periodic[axis] ? "periodic" : "open" }));
  const scalar = (axis: number, side: Side): Wall => {
    const wall = psi[axis]![side];
    return wall.kind === "periodic" || wall.kind === "polar" ? wall : { kind: "open" };
  };
  const flow = (axis: number, side: Side): Wall => {
    const wall = psi[axis]![side];
    return wall.kind === "constant" || wall.kind === "extrapolated" ? { kind: "given" } : wall;
  };
  const conditions = {
    psi,
    g: wallsOf("gBoundary", scalar),
    courant: wallsOf("courantBoundary", flow),
    ratios: psi.map((_, axis) => ({ low: scalar(axis, "low"), high: scalar(axis, "high") })),
  };
  checkBlocks("boundary", conditions.psi, grid, width);
  checkBlocks("gBoundary", conditions.g, grid, width);
  checkBlocks("courantBoundary", conditions.courant, grid, width);
  return conditions;
}

/** The conditions that an option gives, by the names of sides. */
function parse(option: keyof Boundaries, given: Boundaries[typeof option] & object, grid: Grid): Map<string, Wall> {
  const all = new Map<string, Wall>();
  // Sides after axes, so that they win.
  for (const [key, condition] of Object.entries(given).sort(([a], [b]) => a.length - b.length)) {
    const axis = "xyz".indexOf(key[0] ?? "?");
    if (!/^[xyz][-+]?$/.test(key) || axis >= grid.shape.length) {
      const names = grid.shape.map((_, index) => axisName(index)).map((name) => `${name}, ${name}-, ${name}+`);
      throw wrong(`Mpdata: "${option}"`, `sides among ${names.join(", ")}`, `"${key}"`, "Name a side.");
    }
    const wall = parseOne(option, condition, axis, key, grid);
    for (const side of sides) if (key.length === 1 || key === sideName(axis, side)) all.set(sideName(axis, side), wall);
  }
  return all;
}

function parseOne(option: keyof Boundaries, condition: unknown, axis: number, key: string, grid: Grid): Wall {
  const refuse = (expected: string, why: string): never => {
    throw wrong(
      `Mpdata: "${option}"`,
      `${expected} at ${key} (${why})`,
      JSON.stringify(condition),
      `Change the grid's "periodic" or the condition.`,
    );
  };
  if (grid.periodic[axis]) {
    if (condition !== "periodic") refuse('"periodic"', "a periodic axis of the grid");
    return { kind: "periodic" };
  }
  const { names, values }: { names: readonly string[]; values: readonly string[] } = choices[option];
  const pair = typeof condition === "object" && condition ? Object.entries(condition) : [];
  const [kind, value]: [string, unknown?] = pair.length === 1 ? pair[0]! : [String(condition)];
  if (!(pair.length === 1 ? values : names).includes(kind) || (pair.length !== 1 && typeof condition !== "string")) {
    const list = [...names.map((name) => `"${name}"`), ...values.map((name) => `{ ${name}: ... }`)].join(", ");
    refuse(`one of ${list}`, "an axis that is not periodic");
  }
  switch (kind) {
    case "constant":
      return option === "courantBoundary" ? { kind: "given" } : { kind, value: constantOf(option, value, key) };
    case "extrapolated":
      return { kind, threshold: thresholdOf(option, value, key) };
    case "polar":
      return { kind, longitude: longitudeOf(option, value, axis, key, grid) };
    default:
      return { kind: kind as "open" | "rigid" };
  }
}

function constantOf(option: keyof Boundaries, value: unknown, key: string): number {
  const positive = option === "gBoundary";
  if (Number.isFinite(value) && (!positive || (value as number) > 0)) return value as number;
  throw wrong(
    `Mpdata: "${option}"`,
    `a ${positive ? "positive " : ""}finite constant at ${key}`,
    value,
    `Give a number${positive ? " above 0" : ""}.`,
  );
}

function thresholdOf(option: keyof Boundaries, value: unknown, key: string): number {
  if (value === undefined) return 1e-10;
  if (Number.isFinite(value) && (value as number) >= 0) return value as number;
  throw wrong(`Mpdata: "${option}"`, `a threshold from 0 at ${key}`, value, 'Use "extrapolated" for 1e-10.');
}

/** The axis of longitude: as named, or the other periodic axis. */
function longitudeOf(option: keyof Boundaries, value: unknown, axis: number, key: string, grid: Grid): number {
  const around = grid.shape.flatMap((_, other) => (other !== axis && grid.periodic[other] ? [other] : []));
  const named = typeof value === "string" && value.length === 1 ? "xyz".indexOf(value) : -1;
  if (value === undefined ? around.length !== 1 : !around.includes(named)) {
    const got = value === undefined ? around.map(axisName).join(" and ") || "none" : JSON.stringify(value);
    const way = around.length > 0 ? `Use { polar: "${axisName(around[0]!)}" }` : "Make one periodic";
    throw wrong(
      `Mpdata: "${option}"`,
      `one periodic axis besides ${axisName(axis)} as the longitude of the pole ${key}`,
      got,
      `${way}.`,
    );
  }
  const longitude = value === undefined ? around[0]! : named;
  const count = grid.shape[longitude]!;
  if (count % 2 === 0) return longitude;
  throw wrong(
    `Mpdata: "${option}"`,
    `an even number of longitudes for the pole ${key}`,
    `${count} cells along ${axisName(longitude)}`,
    "Use one cell more or less.",
  );
}

/** Refuses blocks at a wall that are too thin for its condition. The same on every rank: it looks at all of them. */
function checkBlocks(option: keyof Boundaries, walls: Walls, grid: Grid, width: number): void {
  for (const [axis, n] of grid.shape.entries()) {
    const blocks = grid.split[axis]!;
    for (const side of sides) {
      const { kind } = walls[axis]![side];
      const needed = kind === "extrapolated" ? 3 : kind === "rigid" || kind === "polar" ? width : 0;
      const cells = side === "low" ? blockStart(n, blocks, 1) : n - blockStart(n, blocks, blocks - 1);
      if (cells >= needed) continue;
      throw wrong(
        `Mpdata: "${option}"`,
        `at least ${needed} cells in the blocks at the ${kind} wall ${sideName(axis, side)}`,
        cells,
        `Use fewer blocks or more cells along ${axisName(axis)}.`,
      );
    }
  }
}
