/** Sweeps of programs, compiled. */
import { emit } from "../expression/emit.js";
import { arraysOf, type Cell, type Program } from "../expression/program.js";
import { allocator } from "../wasm/core.js";
import { functions } from "../wasm/functions.js";
import type { Bounds, Domain } from "./domain.js";

/** Pointers of the arrays of a cell, the address of parameters, and a box. */
type SweepFunction = (...values: number[]) => void;

/** The sweeps of a program, compiled. */
export class Code {
  readonly program: Program;
  readonly #sweeps = new Map<Cell, SweepFunction>();

  constructor(program: Program, { layout }: Domain) {
    this.program = program;
    const cells = program.steps.flatMap((step) => (step.kind === "sweep" ? [step.cell] : []));
    if (cells.length === 0) return;
    const module = new WebAssembly.Module(emit(cells, layout));
    const imports = { env: { memory: allocator().memory }, functions: functions() };
    const { exports } = new WebAssembly.Instance(module, imports as WebAssembly.Imports);
    for (const [i, cell] of cells.entries()) this.#sweeps.set(cell, exports[`sweep${i}`] as SweepFunction);
  }

  /** A sweep on a box. @param pointerOf the address of cell 0 of an array, by its place in the program */
  bind(cell: Cell, pointerOf: (array: number) => number, parametersPtr: number, box: Bounds): () => void {
    const sweep = this.#sweeps.get(cell)!;
    const values = [...arraysOf(cell).map(pointerOf), parametersPtr, ...box];
    return () => sweep(...values);
  }
}
