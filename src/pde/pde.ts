/** Partial differential equations as texts. */
import { expectKeys, expectValues, isTable, show, wrong } from "../argument.js";
import { listing } from "../expression/listing.js";
import type { Program } from "../expression/program.js";
import { programOf, type Target } from "../expression/stages.js";
import { Meaning } from "../expression/text/meaning.js";
import { imaginaryOf, realOf } from "../expression/text/scalar.js";
import type { Axis } from "../expression/text/space.js";
import { Field } from "../grid/field.js";
import { Grid } from "../grid/grid.js";
import { underWayUntil } from "../mpi/comm/lane.js";
import { flowsText } from "./advection.js";
import { constantsOf, type EquationsName, equationsOf, flowsAlong } from "./equations.js";
import {
  type Equations,
  type PdeOptions,
  parseEquations,
  pdeKeys,
  type Solution,
  type SolveOptions,
} from "./options.js";
import { arraysOfField, type Constant, hintOfConstants, type Problem } from "./programs/problem.js";
import { solve } from "./solve.js";
import type { Texts, Unknowns } from "./unknowns.js";

/**
 * Equations `dc/dt = text`, one for each unknown, compiled to WebAssembly when they are solved.
 *
 * ```js
 * const eq = new Pde({ c: "laplace(c^3 - c - k*laplace(c))" }, { constants: { k: 1 } });
 * const { fields, steps } = await eq.solve({ grid, initial: { c: "0.1 * sin(pi*x/16)" }, until: 1, dt: 0.01 });
 * console.log(steps, fields.c.max().toFixed(3)); // 100 0.103
 * ```
 */
export class Pde<
  const E extends Texts = Texts,
  Complex extends string = never,
  Parts extends string = never,
  Value extends Constant = never,
> {
  #equations: Equations;
  /** Constants of equations with a name that are as they are by default: flows by them are left out where there is no axis. */
  #spare: readonly string[] = [];
  /** The problem of the solve that runs. */
  #running: Problem | undefined;
  /** The rates on a grid of cells of size 1, and the equations that they are of. */
  #compiled: { readonly of: Equations; readonly program: Program } | undefined;

  /**
   * @param equations the right side of each unknown
   * @throws CompileError that shows the place in the text; UsageError
   */
  constructor(equations: E, options: PdeOptions<Complex, Parts, Value> = {}) {
    this.#equations = parseEquations(equations, options);
    // Texts that mean nothing on any grid are told at once.
    this.#program();
  }

  /**
   * Equations that have a name, such as `cahn-hilliard`.
   *
   * ```js
   * const eq = Pde.named("cahn-hilliard", { gamma: 1 }, { boundary: { "y-": { value: 0 } } });
   * ```
   *
   * A flow that carries an unknown along is one by the axes of the grid: on a line `advection-diffusion` has no `uy`.
   *
   * @param parameters constants of the equations that are to be others than by default
   * @throws UsageError for what they have not
   */
  static named(
    name: EquationsName,
    parameters: Readonly<Record<string, Constant>> = {},
    options: Omit<PdeOptions, "constants"> = {},
  ): Pde {
    const named = equationsOf("Pde.named", name);
    if (!isTable(parameters)) {
      const expected = "an object with constants by name";
      throw wrong('Pde.named: "parameters"', expected, show(parameters), "Leave it out for those by default.");
    }
    expectValues(
      "Pde.named",
      options,
      pdeKeys.filter((key) => key !== "constants"),
    );
    const { equations, complex, advection } = named;
    const constants = constantsOf<Constant>("Pde.named", named, parameters);
    const flows = advection ? { advection: { ...advection, ...options.advection } } : {};
    const pde = new Pde(equations, { ...options, constants, ...flows, ...(complex ? { complex } : {}) });
    if (!options.advection) pde.#spare = Object.keys(named.constants).filter((key) => !Object.hasOwn(parameters, key));
    return pde;
  }

  /** How many cells the operators reach: the halo that a grid has at least, for any accuracy. */
  get reach(): number {
    return Math.max(0, ...this.#program().arrays.map(({ radius }) => radius));
  }

  /**
   * Solves the equations from `start` to `until`. Each call starts anew. **Collective.**
   * @throws UsageError, CompileError
   */
  solve(options: SolveOptions): Promise<Solution<Unknowns<E, Complex, Parts, Value>>> {
    const solved = solve(this.#on(options?.grid), options, (problem) => {
      this.#running = problem;
    });
    return underWayUntil(solved as Promise<Solution<Unknowns<E, Complex, Parts, Value>>>);
  }

  /** The equations on the axes of a grid. */
  #on(grid: unknown): Equations {
    const { advection } = this.#equations;
    if (this.#spare.length === 0 || !(grid instanceof Grid)) return this.#equations;
    const names = grid.axes.map(({ name }) => name);
    return { ...this.#equations, advection: flowsAlong(advection, names, this.#spare) };
  }

  /**
   * Changes constants that are numbers, for steps to come and solves to come; alike on all ranks. **Local.**
   * @throws UsageError
   */
  set(constants: Readonly<Record<string, number>>): void {
    const { constants: known } = this.#equations;
    const names = Object.keys(known).filter((name) => typeof known[name] === "number");
    expectKeys("Pde.set", constants, names);
    for (const [name, value] of Object.entries(constants)) {
      if (typeof value !== "number" || Number.isNaN(value)) {
        throw wrong(`Pde.set: "${name}"`, "a number", show(value), "Fields are set by themselves.");
      }
    }
    this.#equations = { ...this.#equations, constants: { ...known, ...constants } };
    this.#spare = this.#spare.filter((name) => !Object.hasOwn(constants, name));
    if (this.#running) Object.assign(this.#running.numbers, constants);
  }

  /** A listing of what is computed for the rates, step by step, on a grid of cells of size 1. */
  text(): string {
    return listing(this.#program());
  }

  /** The equations, and the stages of their rates. */
  toString(): string {
    const { texts, advection } = this.#equations;
    const { steps, arrays } = this.#program();
    const nameOf = (array: number) => arrays[array]!.name.replace(/^#rate (.*)$/, "d$1/dt");
    const lines = steps.map((step) => {
      switch (step.kind) {
        case "halo":
          return `halo of ${nameOf(step.array)}, ${step.radius} wide, by ${step.condition}`;
        case "sweep":
          return `sweep for ${step.cell.stores.map(({ array }) => nameOf(array)).join(", ")}`;
        case "reduce":
          return `${step.operation} of ${nameOf(step.array)}`;
        default:
          return "numbers";
      }
    });
    const equations = Object.entries(texts).map(([name, text]) => `d${name}/dt = ${text}`);
    return [...equations, ...flowsText(advection), ...lines.map((line, i) => `  ${i + 1}. ${line}`)].join("\n");
  }

  /** The program of the rates on a grid of cells of size 1, of two axes where the texts do not ask for others. */
  #program(): Program {
    if (this.#compiled?.of === this.#equations) return this.#compiled.program;
    let wrong: unknown;
    for (const axes of axesFor(this.#equations)) {
      try {
        const program = ratesProgram(this.#equations, axes);
        this.#compiled = { of: this.#equations, program };
        return program;
      } catch (error) {
        wrong ??= error;
      }
    }
    throw wrong;
  }
}

/** The axes that texts may be of: those with a radius first where the texts name one. */
function axesFor({ texts, parts, constants }: Equations): readonly (readonly Axis[])[] {
  const axis = (name: string): Axis => ({ name, spacing: 1, ...(name === "r" ? { metric: true } : {}) });
  const boxes = [["x", "y"], ["x", "y", "z"], ["x"]];
  const radial = [["r"], ["r", "z"]];
  const isFree = ![texts, parts, constants].some((table) => Object.hasOwn(table, "r"));
  const isRadial =
    isFree && [...Object.values(texts), ...Object.values(parts)].some((text) => /\b(r|d2?_dr\w*)\b/.test(text));
  return [...(isRadial ? [...radial, ...boxes] : [...boxes, ...radial])].map((names) => names.map(axis));
}

function ratesProgram({ texts, kinds, constants, parts, complex, order }: Equations, axes: readonly Axis[]): Program {
  const isNumber = (name: string) => typeof constants[name] === "number";
  const names = Object.keys(constants);
  const constantFields = names.filter((name) => !isNumber(name));
  const kindOf = (name: string) => (constants[name] instanceof Field ? ("real" as const) : ("complex" as const));
  const meaning = new Meaning({
    where: "Pde",
    axes,
    use: "equation",
    fields: { ...kinds, ...Object.fromEntries(constantFields.map((name) => [name, kindOf(name)])) },
    constants: names.filter(isNumber),
    parts,
    complex,
    hint: hintOfConstants(kinds, parts),
    ...(order === undefined ? {} : { order }),
  });
  const { graph } = meaning;
  const cells = Object.entries(texts).flatMap(([name, text]): Target[] => {
    const value = meaning.readScalar(name, text);
    const [re, im] = arraysOfField(name, kinds[name]);
    const target = { name: `#rate ${re!}`, node: realOf(graph, value) };
    return im === undefined ? [target] : [target, { name: `#rate ${im}`, node: imaginaryOf(graph, value) }];
  });
  // All parts, needed or not, are to be right.
  for (const [name, text] of Object.entries(parts)) meaning.read(name, text);
  return programOf(graph, { axes: axes.length, cells });
}
