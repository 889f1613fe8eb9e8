import { expectFunction, expectList, expectValues, expectWhole, isAbove, showAll, wrong } from "../argument.js";
import { bestSplit, thinnest } from "../grid/decompose.js";
import { type Dtype, expectCells, type Field, type FieldValue, type Float } from "../grid/field.js";
import type { Grid } from "../grid/grid.js";
import { type Overlap, overlaps } from "../grid/overlap.js";
import { warn } from "../host.js";
import type { FlowSource, FlowValue, Stream } from "./flow.js";
import type { Mpdata } from "./mpdata.js";
import { checkSource, type Source } from "./source.js";
import {
  type Boundary,
  type Conditions,
  type CourantBoundary,
  checkBoundaries,
  type GBoundary,
} from "./walls/condition.js";

/** What an {@link Mpdata} solver is made of: the fields and the scheme, and the flow, which is given in one of three ways. */
export type MpdataOptions<D extends Float = "f64"> = SchemeOptions<D> & FlowOptions;

/** The flow. The names of the other ways are left out. */
export type FlowOptions = CourantOptions | VelocityOptions | StreamOptions;

interface CourantOptions {
  /**
   * The Courant field `G u dt / dx`, dimensionless, one entry an axis: a number, a function of the face's position, or
   * an array of the block's faces (C order, one more than cells along its own axis). A function that declares a fourth
   * parameter changes in time: it is evaluated in every step, at the time of the half step.
   */
  readonly courant: readonly FlowValue[];
  readonly velocity?: undefined;
  readonly stream?: undefined;
}

interface VelocityOptions {
  /** Instead of `courant`: the velocity u, length per time, in the same forms; needs `dt`. */
  readonly velocity: readonly FlowValue[];
  readonly dt: number;
  readonly courant?: undefined;
  readonly stream?: undefined;
}

interface StreamOptions {
  /**
   * Instead of `courant`, with 2 axes: the stream function of G u, length squared per time, evaluated at the corners of
   * cells: `G u = d stream / dy`, `G v = - d stream / dx`, free of divergence. Needs `dt`.
   */
  readonly stream: Stream;
  readonly dt: number;
  readonly courant?: undefined;
  readonly velocity?: undefined;
}

/** The fields and the scheme. */
export interface SchemeOptions<D extends Float = "f64"> {
  /** The advected field or fields, updated in place; all on one grid. */
  readonly psi: Field<D> | readonly Field<D>[];
  /** Time of a step. Default: 1 with `courant`. */
  readonly dt?: number;
  /** The G factor (density, Jacobian), positive; a number, a function of the cell centre, or an array. Default: 1. */
  readonly g?: FieldValue;
  /** Passes, at most a million: 1 is donor cell, each further one corrects. Default: 2. */
  readonly iterations?: number;
  /** Linearise about an infinite background: sharper, for fields of either sign; bounds only with `nonoscillatory`. */
  readonly infiniteGauge?: boolean;
  /** Limit the corrections so that no new extremes appear (flux-corrected transport). */
  readonly nonoscillatory?: boolean;
  /** Third-order terms; with 3 passes the scheme is of third order in space and time for a uniform flow. */
  readonly thirdOrderTerms?: boolean;
  /** Terms that a flow with divergence needs for second order. */
  readonly divergentFlow?: boolean;
  /** Use |psi| where the scheme needs one sign, for fields of either sign; excludes `infiniteGauge`. */
  readonly variableSign?: boolean;
  /** Leave out the cross terms between axes. */
  readonly dimensionallySplit?: boolean;
  /** With 1 axis, `nonoscillatory` and G = 1: the last pass does what infinitely many more would do. */
  readonly dpdc?: boolean;
  /** Diffusivities along the axes, length squared per time; needs `dt`. */
  readonly mu?: readonly number[];
  /** Right-hand sides of the equations of the fields. */
  readonly source?: Source<D>;
  /** Called before each step, on every rank, with psi in the user's fields; may change them and set the flow. */
  readonly before?: (solver: Mpdata<D>) => void;
  /** Called after each step, on every rank, with psi in the user's fields; may change them. */
  readonly after?: (solver: Mpdata<D>) => void;
  /** What psi is beyond the walls. Default: `periodic` on the grid's periodic axes, `open` on the others. */
  readonly boundary?: Boundary;
  /** What the G factor is beyond the walls. Default: `polar` where psi is, else `open`. */
  readonly gBoundary?: GBoundary;
  /** What the flow is on and beyond the walls. Default: as psi; `constant` where psi is constant or extrapolated. */
  readonly courantBoundary?: CourantBoundary;
  /** Added to denominators, in units of psi. Default: 1e-15, at least 1e-150, for f32 1e-18. */
  readonly epsilon?: number;
  /** The greatest outflow of a cell that is accepted. Default: 1. */
  readonly maxCourant?: number;
  /**
   * Compute the cells whose neighbours are of the block while the messages of the halo travel, and the others afterwards. The
   * bits are the same. Default: `"auto"`, true where ranks are on several nodes.
   */
  readonly overlap?: Overlap;
}

/** Options for fields of either type. */
export type AnyOptions = MpdataOptions<Float>;

/** The options that are on or off, ask for a corrective pass, and are those of a step between steps of other equations, too. */
export const splitSwitches = [
  "infiniteGauge",
  "nonoscillatory",
  "thirdOrderTerms",
  "divergentFlow",
  "variableSign",
  "dimensionallySplit",
] as const;

/** All that are on or off, and ask for a corrective pass. */
const switches = [...splitSwitches, "dpdc"] as const;

type Switches = Pick<MpdataOptions, (typeof switches)[number]>;

/** The options by name. */
export const mpdataKeys: readonly string[] = [
  "psi",
  "courant",
  "velocity",
  "stream",
  "dt",
  "g",
  "iterations",
  ...switches,
  "mu",
  "source",
  "before",
  "after",
  "boundary",
  "gBoundary",
  "courantBoundary",
  "epsilon",
  "maxCourant",
  "overlap",
];

/** How fractions of psi are taken, as the kernels number it: plain, infinite gauge, variable sign. */
/** More passes than a step can ever be waited for; a double shows nothing of what the thousandth changes. */
const mostPasses = 1e6;

export const modes = { plain: 0, gauge: 1, variable: 2 } as const;

/** The term of the last pass of `dpdc`, as the kernels number it. */
export const allPasses = 8;

/** The scheme's parameters, checked. */
export interface Scheme {
  readonly fields: readonly Field<Float>[];
  readonly iterations: number;
  readonly epsilon: number;
  readonly maxCourant: number;
  readonly flow: FlowSource;
  readonly dt: number;
  readonly dpdc: boolean;
  /** Diffusivities along the axes, where one is not 0. */
  readonly mu: readonly number[] | undefined;
  readonly mode: (typeof modes)[keyof typeof modes];
  /** Which terms the antidiffusive velocity has, as bits; see assembly/mpdata/velocity.ts. */
  readonly terms: number;
  readonly nonoscillatory: boolean;
  /** Velocity, limiter and update apart, as every option needs; without options one sweep does all. */
  readonly staged: boolean;
  /** Layers of the halo that the passes read. */
  readonly haloWidth: number;
  /** Whether a corrective pass with the limiter is one sweep, and the first one is one with pass 1, see {@link haloWanted}. */
  readonly merged: boolean;
  readonly joined: boolean;
  /** Whether two passes follow one exchange: the first two of a step, or, where there is one, those of two steps; see {@link haloFor}. */
  readonly paired: boolean;
  /** The options that are on, by name. */
  readonly names: readonly string[];
  readonly conditions: Conditions;
  /** Whether cells are computed while messages travel. */
  readonly overlap: boolean;
}

/** Layers of the halo that a scheme reads. */
export function haloNeeded(options: Pick<MpdataOptions, "thirdOrderTerms" | "divergentFlow">): number {
  return options.thirdOrderTerms || options.divergentFlow ? 2 : 1;
}

/**
 * Layers of the halo with which a scheme is fastest: on two axes a corrective pass with the limiter is one sweep, without an
 * exchange in it, where the ratios of the cells around a block can be computed as well, from a layer more; not beside poles.
 * From two layers more passes 1 and 2 are one sweep on periodic grids, but for third order, divergent flow and variable sign.
 */
function haloWanted(options: Switches, axes: number): number {
  return canMerge(options, axes) ? 3 : haloNeeded(options);
}

/** How a grid is cut. */
export interface Cuts {
  readonly ranks: number;
  /** Blocks along each axis. Default: as `Grid` chooses them. */
  readonly split?: readonly number[] | undefined;
  readonly periodic?: readonly boolean[];
}

/**
 * These layers where the blocks of a grid are as thick along each axis, as it is cut without them; else those that are needed.
 * Without options two on one or two periodic axes: then pass 1 computes a layer around the block as well, so that pass 2, or
 * pass 1 of the next step, follows without an exchange.
 */
export function haloFor(options: Switches, shape: readonly number[], { ranks, split, periodic }: Cuts): number {
  const needed = haloNeeded(options);
  const wraps = shape.map((_, axis) => periodic?.[axis] ?? false);
  const wanted = canPair(options, wraps) ? 2 : haloWanted(options, shape.length);
  const blocks = split ?? bestSplit(shape, ranks, needed, periodic);
  return blocks && shape.every((n, axis) => thinnest(n, blocks[axis]!) >= wanted) ? wanted : needed;
}

/** On three axes the layer around the block takes what is saved: 64^3 456 us in single steps, 482 in pairs; 128^3 4930, 4800. */
function canPair(options: Switches, periodic: readonly boolean[]): boolean {
  return periodic.length < 3 && periodic.every(Boolean) && !switches.some((name) => options[name]);
}

function canMerge(options: Switches, axes: number): boolean {
  const { nonoscillatory, dimensionallySplit, dpdc } = options;
  return axes === 2 && !!nonoscillatory && !(dimensionallySplit || dpdc);
}

/** Which passes are one sweep, see {@link haloWanted}: the same on all ranks. */
function fusedBy(options: AnyOptions, { ratios }: Conditions, grid: Grid, iterations: number) {
  const { shape, split, periodic, haloWidth } = grid;
  const needed = haloNeeded(options);
  const isOpen = ratios.every(({ low, high }) => ![low, high].some(({ kind }) => kind === "polar"));
  // What mirrors psi beyond a wall takes it from as many layers.
  const isThick = shape.every((n, axis) => periodic[axis] || thinnest(n, split[axis]!) > needed);
  const merged = iterations > 1 && canMerge(options, shape.length) && haloWidth > needed && isOpen && isThick;
  const canJoin = needed === 1 && !options.variableSign;
  const joined = merged && canJoin && periodic.every(Boolean) && haloWidth > needed + 1;
  return { merged, joined };
}

/** Checks what does not need the values of fields. @throws UsageError */
export function checkOptions(options: AnyOptions): Scheme {
  expectValues("Mpdata", options, mpdataKeys);
  const { psi, iterations = 2, epsilon = 1e-15, maxCourant = 1 } = options;
  const fields = Array.isArray(psi) ? (psi as readonly Field<Float>[]) : [psi as Field<Float>];
  const grid = fields[0]?.grid;
  if (!grid || fields.some((field) => field.grid !== grid)) {
    const got = grid ? "fields of several grids" : "none";
    throw wrong('Mpdata: "psi"', "fields of one grid", got, "Make them with grid.field().");
  }
  for (const field of fields) expectCells('Mpdata: "psi"', field);
  if (new Set(fields).size < fields.length) {
    throw wrong('Mpdata: "psi"', "each field once", "one twice", "Leave it out, or make another with grid.field().");
  }
  if (!grid.isBox) {
    const uneven = grid.axes.find((axis) => axis.metric)!;
    const got = `cells that differ in ${uneven.faces ? "size" : "volume"} along ${uneven.name}`;
    throw wrong('Mpdata: "psi"', "a grid of equal cells", got, 'Make a box, and give volumes and areas as "g".');
  }
  const types = [...new Set<Dtype>(fields.map(({ dtype }) => dtype))];
  if (types.length > 1 || types[0] === "i32") {
    throw wrong(
      'Mpdata: "psi"',
      "fields of f64, or all of f32",
      types.join(" and "),
      'Make them with grid.field(value, { dtype: "f32" }).',
    );
  }
  expectWhole('Mpdata: "iterations"', iterations, { least: 1, most: mostPasses }, "Use 2.");
  const least = types[0] === "f32" ? 1e-18 : 1e-150;
  if (!(Number.isFinite(epsilon) && epsilon >= least)) {
    throw wrong('Mpdata: "epsilon"', `a number from ${least}`, epsilon, "Leave it out for 1e-15.");
  }
  if (!isAbove(0, maxCourant)) {
    throw wrong('Mpdata: "maxCourant"', "a positive number", maxCourant, "Leave it out for 1.");
  }
  const flow = checkFlow(options, grid);
  const dt = checkStep(options);
  const needed = haloNeeded(options);
  if (grid.haloWidth < needed) {
    throw wrong(
      'Mpdata: "psi"',
      `a grid with a halo of at least ${needed}`,
      grid.haloWidth,
      `Make the grid with halo: ${needed}.`,
    );
  }
  checkSwitches(options, iterations);
  if (options.infiniteGauge && iterations > 2 && grid.comm.rank === 0) warnOfPasses(iterations);
  if (options.gBoundary && options.g === undefined) {
    throw wrong('Mpdata: "gBoundary"', "a G factor", "none", 'Leave it out, or give "g".');
  }
  const conditions = checkBoundaries(options, grid, needed);
  const { merged, joined } = fusedBy(options, conditions, grid, iterations);
  const haloWidth = needed + (joined ? 2 : merged ? 1 : 0);
  if (options.dpdc) checkDpdc(options, grid);
  const mu = checkMu(options, grid);
  checkCalls(options);
  const mode = options.infiniteGauge ? modes.gauge : options.variableSign ? modes.variable : modes.plain;
  const terms =
    (options.dimensionallySplit ? 1 : 0) + (options.thirdOrderTerms ? 2 : 0) + (options.divergentFlow ? 4 : 0);
  const nonoscillatory = options.nonoscillatory ?? false;
  const staged = mode !== modes.plain || terms > 0 || nonoscillatory;
  const names = switches.filter((name) => options[name]);
  const dpdc = options.dpdc ?? false;
  const overlap = overlaps('Mpdata: "overlap"', options.overlap, grid);
  const paired = canPair(options, grid.periodic) && grid.haloWidth > 1 && !mu && !overlap;
  const parameters = { iterations, epsilon, maxCourant, flow, dt, mu, haloWidth, merged, joined, paired, overlap };
  return { fields, ...parameters, mode, terms, dpdc, nonoscillatory, staged, names, conditions };
}

/** The flow, given in one of three ways. */
function checkFlow(options: AnyOptions, grid: Grid): FlowSource {
  const { stream } = options;
  const ways = (["courant", "velocity", "stream"] as const).filter((name) => options[name] !== undefined);
  const [name] = ways;
  if (!name || ways.length > 1) {
    throw wrong(
      "Mpdata",
      'one of "courant", "velocity" and "stream"',
      ways.join(" and ") || "none",
      "Give the flow in one way.",
    );
  }
  if (name !== "stream") return { kind: name, values: checkEntries(name, options[name], grid) };
  if (grid.shape.length !== 2) {
    throw wrong('Mpdata: "stream"', "a grid of 2 axes", grid.shape.length, 'Give "courant" or "velocity" instead.');
  }
  if (typeof stream !== "function") {
    throw wrong('Mpdata: "stream"', "a function of the position", showAll(stream), "Give the stream function of G u.");
  }
  return { kind: "stream", stream };
}

/** One entry for each axis. @throws UsageError */
export function checkEntries<T>(name: string, values: readonly T[] | undefined, grid: Grid): readonly T[] {
  const axes = grid.shape.length;
  const expected = `${axes} entries, one an axis`;
  return expectList(`Mpdata: "${name}"`, values, expected, "Give one for each axis.", axes) as readonly T[];
}

function checkStep(options: AnyOptions): number {
  const { dt } = options;
  if (dt === undefined) {
    const needs = (["velocity", "stream", "mu"] as const).find((name) => options[name] !== undefined);
    if (needs === undefined) return 1;
    throw wrong(`Mpdata: "${needs}"`, "a time step", "none", 'Give "dt".');
  }
  if (isAbove(0, dt)) return dt;
  throw wrong('Mpdata: "dt"', "a positive number", dt, "Give the time of a step.");
}

/** What infinitely many passes sum up to is known for one axis, psi of one sign and G = 1 only. */
function checkDpdc(options: AnyOptions, grid: Grid): void {
  const where = 'Mpdata: "dpdc"';
  if (grid.shape.length !== 1) throw wrong(where, "a grid of 1 axis", `${grid.shape.length}`, "Leave it out.");
  const excluded = (["infiniteGauge", "variableSign"] as const).find((name) => options[name]);
  if (excluded) throw wrong(where, `no ${excluded}`, "both", "Choose one.");
  if (options.g !== undefined) throw wrong(where, "no G factor", "one", "Leave one of them out.");
  if (!options.nonoscillatory) throw wrong(where, "nonoscillatory", "none", "Add it, or leave dpdc out.");
}

/** The diffusivities, if there is diffusion. */
function checkMu(options: AnyOptions, grid: Grid): readonly number[] | undefined {
  if (options.mu === undefined) return undefined;
  const mu = checkEntries("mu", options.mu, grid);
  if (!mu.every((value) => Number.isFinite(value) && value >= 0)) {
    throw wrong(
      'Mpdata: "mu"',
      "numbers from 0",
      `[${mu.map(String).join(", ")}]`,
      "Give the diffusivity along each axis.",
    );
  }
  const share = mu.reduce((sum, value, axis) => sum + (2 * value * options.dt!) / grid.spacing[axis]! ** 2, 0);
  if (share > 1 + 1e-9) {
    throw wrong(
      'Mpdata: "mu"',
      "a sum of 2 mu dt / dx^2 over the axes of at most 1",
      share.toPrecision(6),
      "Take a smaller time step.",
    );
  }
  return share > 0 ? mu : undefined;
}

function checkCalls(options: AnyOptions): void {
  for (const name of ["before", "after"] as const) {
    const hook: unknown = options[name];
    if (hook !== undefined) expectFunction(`Mpdata: "${name}"`, hook, "It is called with the solver.");
  }
  if (options.source !== undefined) checkSource(options.source);
}

function checkSwitches(options: AnyOptions, iterations: number): void {
  for (const name of switches) {
    const value = options[name];
    if (value !== undefined && typeof value !== "boolean") {
      throw wrong(`Mpdata: "${name}"`, "true or false", showAll(value), "Leave it out for false.");
    }
    if (value && iterations === 1) {
      throw wrong(`Mpdata: "${name}"`, "at least 2 passes", "iterations: 1", "Leave it out, or use iterations: 2.");
    }
  }
  if (options.infiniteGauge && options.variableSign) {
    throw wrong(
      'Mpdata: "variableSign"',
      "no infiniteGauge",
      "both",
      "Each makes fields of either sign possible; choose one.",
    );
  }
}

let isWarned = false;

/** Once a job. */
function warnOfPasses(iterations: number): void {
  if (isWarned) return;
  isWarned = true;
  warn(
    `Mpdata: "infiniteGauge" expected 2 passes, got ${iterations}, with which it is less accurate. Use iterations: 2.`,
  );
}
