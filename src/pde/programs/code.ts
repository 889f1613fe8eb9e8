/** Sweeps of programs, compiled. */
import { emit } from "../../expression/emit.js";
import { fuse } from "../../expression/fuse.js";
import { arraysOfFusion, roomOf } from "../../expression/fusion.js";
import { arraysOf, type Cell, type Fusion, type Program } from "../../expression/program.js";
import { sides } from "../../grid/side.js";
import { allocator } from "../../wasm/core.js";
import { functions } from "../../wasm/functions.js";
import { memory } from "../../wasm/memory.js";
import type { Conditions } from "./boundary.js";
import type { Bounds, Domain } from "./domain.js";

/** Pointers of the arrays of a cell, the address of parameters, and a box. */
type SweepFunction = (...values: number[]) => void;

/** The program with sweeps in one pass where the halo between them is what they would compute there. */
export function fused(program: Program, { grid }: Domain, conditionsOf: (name: string) => Conditions): Program {
  const isPeriodic = (name: string) =>
    conditionsOf(name).every((ends) => sides.every((side) => ends[side].wall.kind === "periodic"));
  return fuse(program, {
    axes: grid.shape.length,
    layers: grid.haloWidth,
    isContinued: ({ condition }) => isPeriodic(condition),
  });
}

/** The sweeps of a program, compiled. */
export class Code {
  readonly program: Program;
  readonly #domain: Domain;
  readonly #sweeps = new Map<Cell | Fusion, SweepFunction>();

  constructor(program: Program, domain: Domain) {
    this.program = program;
    this.#domain = domain;
    const sweeps = program.steps.flatMap((step): (Cell | Fusion)[] => {
      return step.kind === "sweep" ? [step.cell] : step.kind === "fused" ? [step.fusion] : [];
    });
    if (sweeps.length === 0) return;
    const module = new WebAssembly.Module(emit(sweeps, domain.layout));
    const imports = { env: { memory: allocator().memory }, functions: functions() };
    const { exports } = new WebAssembly.Instance(module, imports as WebAssembly.Imports);
    for (const [i, sweep] of sweeps.entries()) this.#sweeps.set(sweep, exports[`sweep${i}`] as SweepFunction);
  }

  /** A sweep on a box. @param pointerOf the address of cell 0 of an array, by its place in the program */
  bind(
    sweep: Cell | Fusion,
    pointerOf: (array: number) => number,
    parametersPtr: number,
    box: Bounds,
  ): { readonly run: () => void; readonly free: () => void } {
    const compiled = this.#sweeps.get(sweep)!;
    const { layout, size } = this.#domain;
    const rows = new Map<number, number>();
    if ("cells" in sweep) {
      for (const [array, length] of roomOf(sweep, layout)) rows.set(array, memory.alloc(size * length));
    }
    const arrays = "cells" in sweep ? arraysOfFusion(sweep) : arraysOf(sweep);
    const values = [...arrays.map((array) => rows.get(array) ?? pointerOf(array)), parametersPtr, ...box];
    return {
      run: () => compiled(...values),
      free: () => {
        for (const ptr of rows.values()) memory.free(ptr);
      },
    };
  }
}
