/** Programs at work: bound to fields, with their exchanges, walls and sums. */
import { wrong } from "../../argument.js";
import { computeNumbers } from "../../expression/oracle.js";
import {
  arraysOf,
  type Cell,
  type Fusion,
  type Program,
  type ProgramArray,
  type Step,
} from "../../expression/program.js";
import type { AnyField } from "../../grid/field.js";
import { Summary } from "../../grid/figures.js";
import { Halo } from "../../grid/halo.js";
import { type Cut, cutOf, exchangeAround } from "../../grid/overlap.js";
import { functions } from "../../wasm/functions.js";
import { memory } from "../../wasm/memory.js";
import type { Conditions } from "./boundary.js";
import { type Code, isDivisible } from "./code.js";
import type { Bounds, Domain } from "./domain.js";
import { Rim, type SideScope } from "./rim.js";

/** What a program is bound to. */
export interface Setting {
  readonly domain: Domain;
  /** Whether the interior of the block is computed while messages travel. */
  readonly overlap: boolean;
  /** The fields of the arrays that are not the program's own, by name. */
  fieldOf(name: string): AnyField;
  /** The conditions of a name. */
  conditionsOf(name: string): Conditions;
  /** What texts at sides may name. */
  readonly sideScope: SideScope;
  /** The field of the n-th intermediate result. */
  temporaryOf(n: number): AnyField;
  /** The name of the array along an axis that is read in place of another; by default that itself. */
  readonly alongOf?: ((name: string) => string) | undefined;
  /** The field of an array of normal numbers, which are drawn once a step. */
  noiseOf(array: ProgramArray): AnyField;
}

/** A step that computes cells. */
type SweepStep = Extract<Step, { kind: "sweep" | "fused" }>;

/** The halos of arrays that are needed at the same time. */
interface Exchange {
  readonly halo: Halo;
  readonly rims: readonly Rim[];
}

/** Numbers by name: parameters before a run, and what a run has computed. */
export type Numbers = Readonly<Record<string, number>>;

/** A program bound to fields. */
export class Execution {
  readonly #setting: Setting;
  readonly #code: Code;
  readonly #parametersPtr: number;
  readonly #parameters: Float64Array;
  readonly #fields: readonly (AnyField | undefined)[];
  readonly #steps: ((numbers: Numbers) => void)[] = [];
  readonly #release: (() => void)[] = [];

  /** **Collective.** */
  constructor(code: Code, setting: Setting) {
    this.#code = code;
    this.#setting = setting;
    const { arrays, parameters, steps } = code.program;
    const { grid } = setting.domain;
    const radius = Math.max(0, ...arrays.map((array) => array.radius));
    if (radius > grid.haloWidth) {
      const expected = `a grid with a halo of at least ${radius} cells, as the operators reach`;
      throw wrong(setting.sideScope.where, expected, grid.haloWidth, `Make it with halo: ${radius}.`);
    }
    this.#parametersPtr = memory.alloc(8 * Math.max(1, parameters.length));
    this.#parameters = memory.f64(this.#parametersPtr, parameters.length);
    // Those that are kept in rows lie nowhere else.
    const rolled = new Set(steps.flatMap((step) => (step.kind === "fused" ? step.fusion.rolled : [])));
    for (const step of steps) {
      if (step.kind === "sweep") for (const array of arraysOf(step.cell)) rolled.delete(array);
    }
    let temporaries = 0;
    this.#fields = arrays.map((array, place) => {
      if (array.kind === "along" || rolled.has(place)) return undefined;
      if (array.kind === "temporary") return setting.temporaryOf(temporaries++);
      return array.noise ? setting.noiseOf(array) : setting.fieldOf(array.name);
    });
    for (let i = 0; i < steps.length; i++) {
      const step = steps[i]!;
      if (step.kind !== "halo") {
        this.#steps.push(this.#stepOf(step));
        continue;
      }
      // Arrays that are needed at the same time share their messages.
      const group = [step];
      for (let next = steps[i + 1]; next?.kind === "halo"; next = steps[++i + 1]) group.push(next);
      const exchange = this.#exchangeOf(group);
      const next = steps[i + 1];
      const cut = this.#cutFor(exchange, next);
      this.#steps.push(cut ? this.#around(exchange, cut, next as SweepStep) : exchanging(exchange));
      if (cut) i++;
    }
  }

  /** The address of cell 0 of an array, of one along an axis that of index 0. */
  pointerOf(array: number): number {
    const known = this.#fields[array]?.originPtr;
    if (known !== undefined) return known;
    const { domain, alongOf } = this.#setting;
    const { name } = this.#code.program.arrays[array]!;
    return domain.alongPtr(alongOf ? alongOf(name) : name);
  }

  #stepOf(step: Exclude<Step, { kind: "halo" }>): (numbers: Numbers) => void {
    const { domain } = this.#setting;
    switch (step.kind) {
      case "sweep":
      case "fused": {
        return this.#sweepOn(step, domain.whole);
      }
      case "reduce": {
        const field = this.#fields[step.array]!;
        const { operation, parameter } = step;
        if (operation !== "sum") {
          return () => {
            this.#parameters[parameter] = field[operation]();
          };
        }
        const summary = new Summary(field);
        this.#release.push(() => summary.free());
        return () => {
          summary.clear();
          summary.add(field.box());
          this.#parameters[parameter] = summary.sum(domain.grid.comm);
        };
      }
      case "numbers":
        return () => computeNumbers(step.cell, domain.dtype, this.#parameters, functions());
    }
  }

  #sweepOn(step: SweepStep, box: Bounds): () => void {
    const pointerOf = (array: number) => this.pointerOf(array);
    const bound = this.#code.bind(sweepOf(step), pointerOf, this.#parametersPtr, box);
    this.#release.push(bound.free);
    return bound.run;
  }

  #exchangeOf(group: readonly Extract<Step, { kind: "halo" }>[]): Exchange {
    const { domain } = this.#setting;
    const width = Math.max(...group.map(({ radius }) => radius));
    const rims = group.map(({ array, condition, part, partner }) => {
      const complex = part === undefined ? undefined : { part, partner: this.#fields[partner!]! };
      const corners = hasCorners(this.#code.program, array);
      const options = { setting: this.#setting, complex, corners };
      return new Rim(this.#fields[array]!, condition, this.#setting.conditionsOf(condition), width, options);
    });
    const fields = [...new Set(group.map(({ array }) => this.#fields[array]!))];
    const fill = (axis: number) => {
      for (const rim of rims) rim.run(axis);
    };
    const halo = new Halo(domain.grid, fields, { width, fill });
    this.#release.push(() => halo.free(), ...rims.map((rim) => () => rim.free()));
    return { halo, rims };
  }

  /**
   * How to cut the block for a sweep after an exchange; `undefined` where the sweep cannot be cut, or stores what is
   * exchanged, or what the values beyond walls depend on.
   */
  #cutFor({ halo, rims }: Exchange, step: Step | undefined): Cut | undefined {
    if (!this.#setting.overlap || (step?.kind !== "sweep" && step?.kind !== "fused")) return undefined;
    const sweep = sweepOf(step);
    if (!isDivisible(sweep) || rims.some((rim) => !rim.isAlone)) return undefined;
    const { stores } = "cells" in sweep ? sweep.cells.at(-1)! : sweep;
    if (stores.some(({ array }) => halo.fields.includes(this.#fields[array]!))) return undefined;
    return cutOf(halo, halo.width);
  }

  /** An exchange, and the sweep after it, box by box. */
  #around(exchange: Exchange, cut: Cut, step: SweepStep): (numbers: Numbers) => void {
    const sweeps = new Map([...cut.slabs, ...cut.shell].map((box) => [box, this.#sweepOn(step, box)]));
    return (numbers) => {
      for (const rim of exchange.rims) rim.prepare(numbers);
      exchangeAround([exchange.halo], cut, (box) => sweeps.get(box)!());
    };
  }

  /** Runs all steps. **Collective.** @param numbers the parameters by name */
  run(numbers: Numbers): void {
    this.#set(numbers);
    for (const step of this.#steps) step(numbers);
  }

  #set(numbers: Numbers): void {
    const { parameters } = this.#code.program;
    for (let i = 0; i < parameters.length; i++) {
      const value = numbers[parameters[i]!.name];
      if (value !== undefined) this.#parameters[i] = value;
    }
  }

  /** A number that the last run has computed. */
  number(name: string): number {
    return this.#parameters[this.#code.program.parameters.findIndex((parameter) => parameter.name === name)]!;
  }

  /** Runs all steps but the last one. **Collective.** */
  runButLast(numbers: Numbers): void {
    this.#set(numbers);
    for (const step of this.#steps.slice(0, -1)) step(numbers);
  }

  /** The address of the parameters. */
  get parametersPtr(): number {
    return this.#parametersPtr;
  }

  /** **Local.** */
  free(): void {
    for (const release of this.#release) release();
    memory.free(this.#parametersPtr);
  }
}

function exchanging({ halo, rims }: Exchange): (numbers: Numbers) => void {
  return (numbers) => {
    for (const rim of rims) rim.prepare(numbers);
    halo.exchange();
  };
}

function sweepOf(step: SweepStep): Cell | Fusion {
  return step.kind === "sweep" ? step.cell : step.fusion;
}

/** True where an array is read in cells that differ along several axes. */
function hasCorners({ steps }: Program, array: number): boolean {
  const cells = steps.flatMap((step) => {
    return step.kind === "sweep" ? [step.cell] : step.kind === "fused" ? step.fusion.cells : [];
  });
  return cells.some(({ nodes }) =>
    nodes.some((node) => node.op === "load" && node.array === array && node.offset.filter((n) => n !== 0).length > 1),
  );
}
