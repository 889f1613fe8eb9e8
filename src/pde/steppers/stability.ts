/**
 * The longest stable step of a stepper, or of its explicit part, from the symbol of the linearised equations: a wave through the
 * grid is multiplied by a matrix, whose eigenvalues say how fast it decays, grows and turns.
 */

import { linearise, type Slope } from "../../expression/derivative.js";
import type { Id } from "../../expression/graph.js";
import type { GridAxis } from "../../grid/axis.js";
import { extreme } from "../../grid/figures.js";
import { indexOf, placeOf } from "../../grid/order.js";
import type { Comm } from "../../mpi/comm/comm.js";
import type { Equations } from "../options.js";
import { Evaluation, type Sources } from "../programs/evaluation.js";
import type { Problem } from "../programs/problem.js";
import type { Rates } from "../programs/stage.js";
import { type Complex, growing, radiusOf } from "./amplification.js";
import { blocksOf } from "./blocks.js";
import { Eigenvalues } from "./eigenvalues.js";
import type { StepperName } from "./name.js";
import type { Split } from "./stepper.js";

/** Cells at which coefficients that vary are looked at. */
const sampled = 4096;

/** Wave numbers of each axis: this many from 0 to half a wave a cell. */
const waves = 8;

/** What is known of the steps of a stepper. */
export interface Limit {
  /** The longest stable step; infinite where there is none. */
  readonly dt: number;
  /** The axis along which the worst mode has its shortest wave. */
  readonly axis: string;
  /** The fastest oscillation that the stepper lets grow [1 / time]. */
  readonly oscillation: number;
  /** The largest absolute value of a damped eigenvalue that is real. */
  readonly damping: number;
  /** True where all damped eigenvalues are real, or nearly so. */
  readonly isReal: boolean;
}

/** The derivatives of the rates by the unknowns around: one matrix entry each. */
interface Entry {
  readonly row: number;
  readonly column: number;
  readonly offset: readonly number[];
  readonly node: Id;
}

/** The limit of a stepper at the present unknowns. **Collective.** */
export function limitOf(
  problem: Problem,
  { isSecond }: Pick<Equations, "isSecond">,
  stepper: StepperName,
  { meaning, values }: Rates,
  sources: Sources,
): Limit {
  const { graph } = meaning;
  const { grid } = problem.domain;
  const axes = grid.shape.length;
  const names = [...values.keys()];
  const entries = names.flatMap((name, row) =>
    linearise(graph, values.get(name)!, axes, names).map(({ field, offset, node }: Slope): Entry => {
      return { row, column: names.indexOf(field), offset, node };
    }),
  );
  const samples = sampleAll(problem, meaning, entries, sources);
  const survey = new Survey(stepper, isSecond, grid.axes);
  const reduce = reducerOf(grid.comm);
  const isSame = (axis: number) => reduce(Number(hasSameValues(entries, samples, axis)), "min") === 1;
  const table = wavesOf(grid.shape.map((_, axis) => isEven(entries, axis) || (!grid.isBox && isSame(axis))));
  if (names.length === 1) surveyOne(survey, entries, samples, table);
  else surveyAll(survey, entries, samples, table, names.length);
  return survey.result(reduce);
}

/**
 * The limit of an implicit stepper for what it takes at the old time, of each unknown by itself: a mode that changes by l and m,
 * of which l is solved for, is multiplied by (1 + dt m) / (1 - dt l), and by half of l at either time where `isMean`.
 * **Collective.**
 */
export function splitLimitOf(
  problem: Problem,
  splits: ReadonlyMap<string, Split>,
  isMean: boolean,
  { meaning }: Rates,
  sources: Sources,
): Limit {
  const { grid } = problem.domain;
  const survey = new Survey("euler", false, grid.axes);
  const names = [...splits.keys()];
  for (const [name, { linear, rest }] of splits) {
    const entriesOf = (id: Id | undefined, row: number): Entry[] =>
      (id === undefined ? [] : linearise(meaning.graph, id, grid.shape.length, names))
        .filter(({ field }) => field === name)
        .map(({ offset, node }) => ({ row, column: 0, offset, node }));
    const explicit = entriesOf(rest, 1);
    if (explicit.length === 0) continue;
    const entries = [...entriesOf(linear, 0), ...explicit];
    const count = entries.length - explicit.length;
    const samples = sampleAll(problem, meaning, entries, sources);
    for (const wave of wavesOf(grid.shape.map((_, axis) => isEven(entries, axis)))) {
      const phases = entries.map(({ offset }) => phaseOf(wave, offset));
      for (const coefficients of samples) {
        let [solved, re, im] = [0, 0, 0];
        for (const [i, coefficient] of coefficients.entries()) {
          const [cosine, sine] = phases[i]!;
          if (i < count) solved += coefficient * cosine;
          else [re, im] = [re + coefficient * cosine, im + coefficient * sine];
        }
        survey.addSplit(wave, solved, re, im, isMean);
      }
    }
  }
  return survey.result(reducerOf(grid.comm));
}

/** Makes a value of each rank one of all: the least or the greatest; a rank alone asks nobody. */
function reducerOf(comm: Comm) {
  return (value: number, operation: "min" | "max") => (comm.size > 1 ? extreme(comm, value, operation) : value);
}

/** The modes of several unknowns. */
function surveyAll(
  survey: Survey,
  entries: readonly Entry[],
  samples: readonly (readonly number[])[],
  table: readonly (readonly number[])[],
  count: number,
): void {
  // Two eigenvalues have a formula, more are found step by step.
  const groups = count > 2 ? blocksOf(count, entries) : [[...Array(count).keys()]];
  const blocks = groups.map((rows) => {
    return { rows, matrix: new Float64Array(2 * rows.length ** 2), eigenvalues: new Eigenvalues(rows.length) };
  });
  const matrix = new Float64Array(2 * count ** 2);
  const places = entries.map(({ row, column }) => 2 * (row * count + column));
  const distinct = [...new Map(samples.map((coefficients) => [coefficients.join(), coefficients])).values()];
  for (const wave of table) {
    const phases = Float64Array.from(entries.flatMap(({ offset }) => [...phaseOf(wave, offset)]));
    for (const coefficients of distinct) {
      matrix.fill(0);
      for (let i = 0; i < places.length; i++) {
        const place = places[i]!;
        matrix[place] = matrix[place]! + coefficients[i]! * phases[2 * i]!;
        matrix[place + 1] = matrix[place + 1]! + coefficients[i]! * phases[2 * i + 1]!;
      }
      for (const block of blocks) {
        const found = block.eigenvalues.of(partOf(matrix, count, block.rows, block.matrix));
        for (let i = 0; i < found.length; i += 2) survey.addOne(wave, found[i]!, found[i + 1]!);
      }
    }
  }
}

/** The rows and the columns of these numbers of a matrix, in another one. */
function partOf(matrix: Float64Array, count: number, rows: readonly number[], part: Float64Array): Float64Array {
  let at = 0;
  for (const row of rows) {
    for (const column of rows) {
      const place = 2 * (row * count + column);
      part[at++] = matrix[place]!;
      part[at++] = matrix[place + 1]!;
    }
  }
  return part;
}

/** The modes of one unknown, whose eigenvalue is the sum itself. */
function surveyOne(
  survey: Survey,
  entries: readonly Entry[],
  samples: readonly (readonly number[])[],
  table: readonly (readonly number[])[],
): void {
  const count = entries.length;
  const coefficients = Float64Array.from(samples.flat());
  for (const wave of table) {
    const phases = Float64Array.from(entries.flatMap(({ offset }) => [...phaseOf(wave, offset)]));
    for (let start = 0; start < coefficients.length; start += count) {
      let re = 0;
      let im = 0;
      for (let i = 0; i < count; i++) {
        re += coefficients[start + i]! * phases[2 * i]!;
        im += coefficients[start + i]! * phases[2 * i + 1]!;
      }
      survey.addOne(wave, re, im);
    }
  }
}

/**
 * Areas and volumes that grow along an axis make the operator of fluxes no less symmetric, with volumes as weights: its
 * eigenvalues are real. Those of its symbol are so where what flows in and out is taken as equal.
 */
const symmetric = (name: string) => name.replace(/\.(upper|lower)$/, ".mean");

/** The coefficients in some cells of this block; in one where they are the same everywhere. **Collective.** */
function sampleAll(
  problem: Problem,
  meaning: Rates["meaning"],
  entries: readonly Entry[],
  sources: Sources,
): number[][] {
  const { graph } = meaning;
  const { grid } = problem.domain;
  const nodes = [...new Set(entries.map(({ node }) => node))];
  const varying = nodes.filter((node) => graph.varies(node));
  const uniform = nodes.filter((node) => !graph.varies(node) && graph.constantOf(node) === undefined);
  const numbers = new Map(uniform.map((node) => [String(node), node] as const));
  const evaluation = new Evaluation(problem, meaning, new Map(), numbers, sources);
  evaluation.run();
  const known = new Map(uniform.map((node) => [node, evaluation.number(String(node))] as const));
  evaluation.free();
  const places = varying.length === 0 ? [0] : placesOf(grid);
  const columns = new Map<Id, number[]>();
  // One field at a time.
  for (const node of varying) {
    const single = new Evaluation(problem, meaning, new Map([["slope", node]]), new Map(), {
      ...sources,
      alongOf: symmetric,
    });
    single.run();
    const cells = single.field("slope").interior();
    columns.set(
      node,
      places.map((place) => cells[place]!),
    );
    single.free();
  }
  return places.map((_, i) =>
    entries.map(({ node }) => graph.constantOf(node) ?? known.get(node) ?? columns.get(node)![i]!),
  );
}

/** Places in this block of cells that lie evenly in the whole grid. */
function placesOf({ shape, start, blockShape }: Problem["domain"]["grid"]): number[] {
  const cells = shape.reduce((product, n) => product * n, 1);
  const stride = Math.ceil(cells / sampled);
  const places: number[] = [];
  const index = [...start];
  const count = blockShape.reduce((product, n) => product * n, 1);
  for (let place = 0; place < count; place++) {
    indexOf(blockShape, place, index);
    for (let axis = 0; axis < index.length; axis++) index[axis] = index[axis]! + start[axis]!;
    if (placeOf(shape, index) % stride === 0) places.push(place);
  }
  return places;
}

/** True where what is read above along an axis counts as much as what is read below. */
function isEven(entries: readonly Entry[], axis: number): boolean {
  const keyOf = ({ row, column, offset, node }: Entry) => `${row} ${column} ${offset} ${node}`;
  const keys = new Set(entries.map(keyOf));
  return entries.every((entry) => keys.has(keyOf({ ...entry, offset: entry.offset.with(axis, -entry.offset[axis]!) })));
}

/** As {@link isEven}, by the values of the coefficients in the sampled cells of this block. */
function hasSameValues(entries: readonly Entry[], samples: readonly (readonly number[])[], axis: number): boolean {
  const placeOf = ({ row, column, offset }: Entry) => `${row} ${column} ${offset}`;
  const places = new Map(entries.map((entry, i) => [placeOf(entry), i]));
  return entries.every((entry, i) => {
    const mirror = places.get(placeOf({ ...entry, offset: entry.offset.with(axis, -entry.offset[axis]!) }));
    return mirror !== undefined && samples.every((values) => values[i] === values[mirror]);
  });
}

/** Wave numbers; of two with the same or conjugate eigenvalues one is enough. */
function wavesOf(isEvenAlong: readonly boolean[]): number[][] {
  let all: number[][] = [[]];
  for (const [axis, even] of isEvenAlong.entries()) {
    const from = axis === 0 || even ? 0 : -waves;
    all = all.flatMap((wave) => Array.from({ length: waves - from + 1 }, (_, i) => [...wave, from + i]));
  }
  return all;
}

/** Cosines of multiples of an eighth of half a turn, exact where they can be. */
const cosines = Array.from({ length: 16 }, (_, k) => {
  return k % 8 === 4 ? 0 : k === 0 ? 1 : k === 8 ? -1 : Math.cos((Math.PI * k) / waves);
});

/** The turn of a wave between a cell and one at an offset. */
function phaseOf(wave: readonly number[], offset: readonly number[]): Complex {
  const phase = wave.reduce((sum, m, axis) => sum + m * offset[axis]!, 0);
  const turn = ((phase % 16) + 16) % 16;
  return [cosines[turn]!, cosines[(turn + 12) % 16]!];
}

/** Below this share of its absolute value a part of an eigenvalue is 0. */
const nothing = 1e-9;

/** Collects what modes say of the step. */
class Survey {
  readonly #stepper: StepperName;
  readonly #isSecond: boolean;
  readonly #axes: readonly GridAxis[];
  #dt = Number.POSITIVE_INFINITY;
  #axis = 0;
  #oscillation = 0;
  #damping = 0;
  #turning = 0;
  /** Of damped modes that do not oscillate. */
  readonly #radius: number;

  constructor(stepper: StepperName, isSecond: boolean, axes: readonly GridAxis[]) {
    this.#stepper = stepper;
    this.#isSecond = isSecond;
    this.#axes = axes;
    this.#radius = isSecond || stepper === "rkl2" ? 0 : radiusOf(stepper, Math.PI);
  }

  addOne(wave: readonly number[], re: number, im: number): void {
    const size = im === 0 ? Math.abs(re) : Math.sqrt(re * re + im * im);
    if (!(size > 0) || size === Number.POSITIVE_INFINITY) return;
    if (this.#isSecond) {
      // Growth is the equation's own.
      if (re < -nothing * size) this.#bound(2 / Math.sqrt(size), wave);
      return;
    }
    const isDamped = re < -nothing * size;
    if (isDamped) {
      if (size > this.#damping) this.#damping = size;
      const turning = Math.abs(im);
      if (turning > this.#turning) this.#turning = turning;
    }
    const isOscillating = !isDamped && re <= nothing * size;
    // How many stages `rkl2` has follows from the damped modes.
    if (this.#stepper === "rkl2" && !isOscillating) return;
    if (isOscillating && growing.has(this.#stepper)) this.#oscillation = Math.max(this.#oscillation, size);
    else if (isOscillating) this.#bound(radiusOf(this.#stepper, Math.PI / 2) / size, wave);
    else if (isDamped && Math.abs(im) > nothing * size)
      this.#bound(radiusOf(this.#stepper, Math.atan2(Math.abs(im), re)) / size, wave);
    else if (isDamped) this.#bound(this.#radius / size, wave);
  }

  /** A mode that changes by `solved`, which is solved for, and by `re` and `im`, which are taken at the old time. */
  addSplit(wave: readonly number[], solved: number, re: number, im: number, isMean: boolean): void {
    const size = Math.abs(solved) + Math.hypot(re, im);
    if (!(size > 0) || size === Number.POSITIVE_INFINITY) return;
    const change = solved + re;
    // Growth is the equation's own.
    if (change > nothing * size) return;
    if (change >= -nothing * size) {
      if (Math.abs(solved) <= nothing * size) this.#oscillation = Math.max(this.#oscillation, Math.abs(im));
      return;
    }
    // The mode does not grow where 2 change + dt excess <= 0.
    const [late, early] = isMean ? [solved / 2, solved / 2] : [solved, 0];
    const excess = (re + early) ** 2 + im * im - late * late;
    if (excess > nothing * size * size) this.#bound((-2 * change) / excess, wave);
  }

  #bound(dt: number, wave: readonly number[]): void {
    if (!(dt < this.#dt)) return;
    this.#dt = dt;
    const lengths = wave.map((m, axis) => {
      const { bounds, cells } = this.#axes[axis]!;
      return Math.abs(m) / ((bounds[1] - bounds[0]) / cells);
    });
    this.#axis = lengths.indexOf(Math.max(...lengths));
  }

  /** What all ranks have found. **Collective.** */
  result(reduce: (value: number, operation: "min" | "max") => number): Limit {
    const dt = reduce(this.#dt, "min");
    const damping = reduce(this.#damping, "max");
    const axis = reduce(this.#dt === dt ? this.#axis : 9, "min");
    return {
      dt,
      axis: this.#axes[Math.min(axis, this.#axes.length - 1)]!.name,
      oscillation: reduce(this.#oscillation, "max"),
      damping,
      // A flux whose coefficient varies from cell to cell looks as if it moved waves a little.
      isReal: reduce(this.#turning, "max") <= 0.05 * damping,
    };
  }
}
