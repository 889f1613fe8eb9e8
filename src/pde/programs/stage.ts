/** Stages of steppers: an evaluation of the equations, with the sums of the stepper in the same sweep. */
import type { Graph, Id } from "../../expression/graph.js";
import type { Program, ProgramArray } from "../../expression/program.js";
import { programOf, type Target } from "../../expression/stages.js";
import type { Meaning } from "../../expression/text/meaning.js";
import { twice } from "../../expression/twice.js";
import type { AnyField } from "../../grid/field.js";
import { Code, fused, isDivisible } from "./code.js";
import { Execution, type Setting } from "./execution.js";
import type { Problem } from "./problem.js";
import { Arranged, next, type State } from "./state.js";

/** What a stage can compute with, in one array of the unknowns. */
export interface StageTerms {
  readonly graph: Graph;
  /** The array. */
  readonly name: string;
  /** The value of its equation, of the fields in the slot that the stage reads. */
  readonly rate: Id;
  /** The value in a slot. */
  at(slot: string): Id;
  /** A number of the stepper, by its name in the numbers of the problem. */
  number(name: string): Id;
}

/** A stage: what it reads, and what it stores. */
export interface StagePlan {
  /** The slot of the fields that the equations are evaluated of. */
  readonly read: string;
  /** What is stored into slots. The slot that is read may be among them. */
  readonly stores: Readonly<Record<string, (terms: StageTerms) => Id>>;
  /** Numbers of the whole grid: of a value the sum or the maximum over all cells and arrays. */
  readonly reductions?: readonly Reduction[];
}

/** A number of the whole grid. */
export interface Reduction {
  readonly name: string;
  readonly operation: "sum" | "max";
  readonly of: (terms: StageTerms) => Id;
}

/** The right sides of equations, in one graph. */
export interface Rates {
  readonly meaning: Meaning;
  /** By arrays of the unknowns, all of them. */
  readonly values: ReadonlyMap<string, Id>;
  readonly noiseOf: (array: ProgramArray) => AnyField;
  /** Further arrays that the values are of, by name. */
  readonly extra?: ReadonlyMap<string, AnyField>;
}

/** True where no array is stored in a sweep that reads its neighbours. */
function isInPlace({ steps }: Program): boolean {
  return steps.every((step) => {
    if (step.kind !== "sweep") return true;
    const stored = new Set(step.cell.stores.map(({ array }) => array));
    return step.cell.nodes.every(
      (node) => node.op !== "load" || !stored.has(node.array) || node.offset.every((n) => n === 0),
    );
  });
}

/** True where threads can compute parts of each sweep. */
function isShareable({ steps }: Program): boolean {
  return steps.every((step) => step.kind !== "fused" || isDivisible(step.fusion));
}

/** How often a program goes through the block. */
function passesOf({ steps }: Program): number {
  return steps.filter(({ kind }) => kind === "sweep" || kind === "fused").length;
}

/** A stage, compiled; it is bound to arrays when it first runs on them. */
export class Stage {
  readonly program: Program;
  readonly #problem: Problem;
  readonly #state: State;
  readonly #plan: StagePlan;
  readonly #code: Code;
  readonly #setting: Setting;
  readonly #swaps: boolean = false;
  readonly #executions: Arranged<Execution>;
  #last: Execution | undefined;

  /** @param programOf what computes the stage, in place or not */
  constructor(
    problem: Problem,
    state: State,
    rates: Rates,
    plan: StagePlan,
    programOf = (inPlace: boolean) => stageProgram(problem, rates, plan, inPlace),
  ) {
    this.#problem = problem;
    this.#state = state;
    this.#plan = plan;
    const stored = Object.keys(plan.stores);
    const storesRead = stored.includes(plan.read);
    const { domain, boundary } = problem;
    const inOnePass = (program: Program) => fused(program, domain, (name) => boundary.of(name));
    const inPlace = programOf(true);
    let program = inOnePass(inPlace);
    // What a pass stores behind itself, other threads may still have to read, or other parts of the block.
    const isInTheWay = (domain.grid.threads > 1 || domain.overlap) && !isShareable(program);
    const hasToSwap = storesRead && (!isInPlace(inPlace) || isInTheWay);
    if (hasToSwap || (storesRead && passesOf(program) > 1)) {
      const swapped = inOnePass(programOf(false));
      this.#swaps = hasToSwap || passesOf(swapped) < passesOf(program);
      if (this.#swaps) program = swapped;
    }
    this.program = program;
    const found = program.arrays.flatMap(({ name }) => /^#(\w+) /.exec(name)?.[1] ?? []);
    this.#code = new Code(this.program, problem.domain);
    this.#setting = problem.setting((name) => rates.extra?.get(name) ?? this.#fieldOf(name), rates.noiseOf);
    const slots = [...new Set([plan.read, ...found, ...stored])];
    this.#executions = new Arranged(state, slots, () => new Execution(this.#code, this.#setting));
  }

  #fieldOf(name: string): AnyField | undefined {
    const known = this.#state.find(this.#plan.read, name);
    if (known) return known;
    const [, slot, array] = /^#(\w+) (.*)$/.exec(name) ?? [];
    return slot === undefined ? undefined : this.#state.field(slot, array!);
  }

  /** Computes the stage with the numbers of the problem. **Collective.** */
  run(): void {
    const execution = this.#executions.now();
    execution.run(this.#problem.numbers);
    this.#last = execution;
    if (this.#swaps) this.#state.swap(this.#plan.read, next);
  }

  /** The number that the last run has computed. */
  number(name: string): number {
    return this.#last!.number(name);
  }

  /** **Local.** */
  free(): void {
    this.#executions.free();
    this.#code.free();
  }
}

/**
 * A stage that does two steps of one that is a single sweep, in one pass and after one exchange; `undefined` where there is
 * no such pass. Two steps of several sweeps gain nothing: of Cahn-Hilliard 1.06 ns a cell at 2048 x 2048 in one pass, 1.05 in
 * two. Diffusion there 0.87 to 0.54; in cache it is as fast either way, and waits for half as many exchanges.
 * @param changing the numbers that are others in the second step, where they are called as `laterName` says
 */
export function pairOf(
  problem: Problem,
  state: State,
  rates: Rates,
  plan: StagePlan,
  changing: readonly string[],
): Stage | undefined {
  const { domain, boundary } = problem;
  const conditionsOf = (name: string) => boundary.of(name);
  const pairProgram = (inPlace: boolean) => {
    const program = stageProgram(problem, rates, plan, inPlace);
    const placeOf = (array: string) => program.arrays.findIndex(({ name }) => name === array);
    const stored = [...rates.values.keys()].map((name): [number, number] => {
      return [placeOf(name), placeOf(inPlace ? name : `#${next} ${name}`)];
    });
    return twice(program, new Map(stored.filter(([, to]) => isStored(program, to))), changing);
  };
  const program = pairProgram(false);
  const isSingle = program !== undefined && passesOf(program) === 2;
  if (!isSingle || program.arrays.some(({ noise }) => noise)) return undefined;
  if (passesOf(fused(program, domain, conditionsOf)) !== 1) return undefined;
  return new Stage(problem, state, rates, plan, (inPlace) => pairProgram(inPlace)!);
}

function isStored({ steps }: Program, array: number): boolean {
  return steps.some((step) => step.kind === "sweep" && step.cell.stores.some((store) => store.array === array));
}

/** The program of a stage. @param inPlace what is stored into the slot that is read is stored there at once */
function stageProgram(
  problem: Problem,
  { meaning, values }: Rates,
  { read, stores, reductions = [] }: StagePlan,
  inPlace: boolean,
): Program {
  const { graph } = meaning;
  const terms = Array.from(values, ([name, rate]): StageTerms => {
    return {
      graph,
      name,
      rate,
      at: (slot) => graph.field(slot === read ? name : `#${slot} ${name}`),
      number: (parameter) => graph.parameter(parameter),
    };
  });
  const cells = Object.entries(stores).flatMap(([slot, compute]) =>
    terms.flatMap((term): Target[] => {
      const target = slot !== read ? `#${slot} ${term.name}` : inPlace ? term.name : `#${next} ${term.name}`;
      const node = compute(term);
      // What stays as it is needs no store.
      return target === term.name && node === graph.field(term.name) ? [] : [{ name: target, node }];
    }),
  );
  const numbers = reductions.map(({ name, operation, of }): Target => {
    const join = operation === "max" ? "max" : "add";
    const all = terms.map(of).reduce((a, b) => graph.binary(join, a, b));
    return { name, node: graph.reduce(operation, all) };
  });
  return programOf(graph, { axes: problem.domain.axes.length, cells, numbers });
}
