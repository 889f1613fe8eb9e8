/**
 * Sweeps of a program that follow each other become one pass over the block, where the halo between them is nothing but
 * what the first one would compute in the halo: beside a neighbour, and beside a wall that mirrors if the sweep does; not
 * where a condition says otherwise. What it is computed of needs a wider halo then, and one message serves both sweeps.
 *
 *     halo of c, 1 layer        ->    halo of c, 2 layers
 *     sweep: t of c                   in one pass: t of c
 *     halo of t, 1 layer                           next of t
 *     sweep: next of t
 */
import { obstacleTo, offsetsOf, radiiOf } from "./fusion.js";
import { isMirrored } from "./mirror.js";
import { arraysOf, type Cell, type Fusion, type Program, type Step } from "./program.js";

type HaloStep = Extract<Step, { kind: "halo" }>;

/**
 * What is beyond the ends of an axis: the cells at its other end, the mirror image of those inside, bit for bit, or what
 * else a condition says.
 */
export type Beyond = "other end" | "mirror" | "else";

/** What the caller knows of the grid and of conditions. */
export interface Surroundings {
  readonly axes: number;
  /** Layers of halo that arrays can have. */
  readonly layers: number;
  /** What a step fills in, by axis. */
  readonly beyond: (step: HaloStep) => readonly Beyond[];
}

/** Sweeps that are to be one pass, with the steps between them that have to be done before. */
interface Run {
  readonly fusion: Fusion;
  /** Halos of arrays that the run does not store. */
  readonly before: readonly HaloStep[];
  /** The conditions between the sweeps. */
  readonly condition: string;
  /** How many steps of the program it is made of. */
  readonly length: number;
}

/** The program with as many sweeps in one pass as may be; the results have the same bits. */
export function fuse(program: Program, surroundings: Surroundings): Program {
  const steps: Step[] = [];
  const arrays = program.arrays.map((array) => ({ ...array }));
  for (let first = 0; first < program.steps.length; ) {
    const step = program.steps[first]!;
    const run = step.kind === "sweep" ? longestRun(program, first, surroundings) : undefined;
    if (!run) {
      steps.push(step);
      first++;
      continue;
    }
    steps.push(...run.before);
    for (const [array, radius] of radiiOf(run.fusion)) {
      arrays[array]!.radius = Math.max(arrays[array]!.radius, radius);
      if (arrays[array]!.kind !== "along") widen(steps, array, radius, run.condition);
    }
    steps.push({ kind: "fused", fusion: run.fusion });
    first += run.length;
  }
  return { ...program, arrays, steps };
}

/** The most sweeps from a step on that can be one pass; `undefined` where it is that sweep alone. */
function longestRun(program: Program, first: number, surroundings: Surroundings): Run | undefined {
  let best: Run | undefined;
  const cells: Cell[] = [];
  const before: HaloStep[] = [];
  const between: HaloStep[] = [];
  for (let place = first; place < program.steps.length; place++) {
    const step = program.steps[place]!;
    if (step.kind === "halo") {
      const isInside = cells.some(({ stores }) => stores.some(({ array }) => array === step.array));
      (isInside ? between : before).push(step);
      continue;
    }
    if (step.kind !== "sweep") break;
    cells.push(step.cell);
    if (cells.length === 1) continue;
    const rolled = cells.slice(0, -1).flatMap(({ stores }) => stores.map(({ array }) => array));
    const fusion: Fusion = { cells: [...cells], rolled: [...new Set(rolled)] };
    if (!isPossible(program, place + 1, fusion, surroundings)) break;
    if (!isContinued(program.steps.slice(0, place), fusion, surroundings)) break;
    const condition = between[0]?.condition ?? "";
    best = { fusion, before: [...before], condition, length: place + 1 - first };
  }
  return best;
}

/**
 * True where the cells in the halo of what is kept in rows would be computed with the bits that steps fill in there: what they
 * are computed of goes on in the halo as well, and beside walls the cells mirror.
 * @param steps those before the last cell of the fusion
 */
function isContinued(steps: readonly Step[], { cells, rolled }: Fusion, { axes, beyond }: Surroundings): boolean {
  const first = cells.slice(0, -1);
  const arrays = new Set([...rolled, ...first.flatMap((cell) => arraysOf(cell))]);
  const filled = steps.filter((step): step is HaloStep => step.kind === "halo" && arrays.has(step.array));
  const ends = filled.map(beyond);
  return Array.from({ length: axes }, (_, axis) => axis).every((axis) => {
    if (ends.some((end) => end[axis] === "else")) return false;
    // One step fills in the halo for all cells.
    if (new Set(ends.map((end) => end[axis])).size > 1) return false;
    return ends.every((end) => end[axis] === "other end") || first.every((cell) => isMirrored(cell, axis));
  });
}

function isPossible(program: Program, next: number, fusion: Fusion, { axes, layers }: Surroundings): boolean {
  const isTemporary = fusion.rolled.every((array) => program.arrays[array]!.kind === "temporary");
  if (!isTemporary || obstacleTo(fusion, axes)) return false;
  if (fusion.rolled.some((array) => isReadLater(program, next, array))) return false;
  return [...radiiOf(fusion).values()].every((radius) => radius <= layers);
}

/** Whether an array is read from a step on, before it is stored anew. */
function isReadLater({ steps }: Program, from: number, array: number): boolean {
  for (const step of steps.slice(from)) {
    if ((step.kind === "halo" || step.kind === "reduce") && step.array === array) return true;
    if (step.kind === "halo" && step.partner === array) return true;
    if (step.kind !== "sweep") continue;
    if (offsetsOf(step.cell, array).length > 0) return true;
    if (step.cell.stores.some((store) => store.array === array)) return false;
  }
  return false;
}

/** Makes the halo of an array as wide as it has to be; an array that had none gets one. */
function widen(steps: Step[], array: number, radius: number, condition: string): void {
  const place = steps.findLastIndex((step) => step.kind === "halo" && step.array === array);
  const step = steps[place] as HaloStep | undefined;
  if (step) steps[place] = { ...step, radius: Math.max(step.radius, radius) };
  else if (radius > 0) steps.push({ kind: "halo", array, condition, radius });
}
