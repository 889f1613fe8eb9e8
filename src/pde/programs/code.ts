/** Sweeps of programs, compiled. */
import { emit, roomOf } from "../../expression/emit.js";
import { type Beyond, fuse } from "../../expression/fuse.js";
import { arraysOfFusion, radiiOf } from "../../expression/fusion.js";
import { arraysOf, type Cell, type Fusion, type Program } from "../../expression/program.js";
import { thinnest } from "../../grid/decompose.js";
import { sides } from "../../grid/side.js";
import { compiled } from "../../wasm/binary.js";
import { allocator } from "../../wasm/core.js";
import { functions } from "../../wasm/functions.js";
import { memory } from "../../wasm/memory.js";
import { cutBox, type Shared, team } from "../../wasm/team.js";
import type { Conditions, SideCondition } from "./boundary.js";
import type { Bounds, Domain } from "./domain.js";

/** Pointers of the arrays of a cell, the address of parameters, and a box. */
type SweepFunction = (...values: number[]) => void;

/** What conditions fill in beyond the ends of each axis. */
function beyondOf(conditions: Conditions): readonly Beyond[] {
  return conditions.map((ends) => {
    const isEach = (test: (condition: SideCondition) => boolean) => sides.every((side) => test(ends[side]));
    if (isEach(({ wall }) => wall.kind === "periodic")) return "other end";
    return isEach(({ wall, texts }) => wall.kind === "derivative" && wall.value === 0 && !texts) ? "mirror" : "else";
  });
}

/** How many cells the thinnest block has along the axes with walls, which a mirror image is made of. */
function cellsToMirror({ grid }: Domain): number {
  const { shape, split, periodic } = grid;
  return Math.min(...shape.map((n, axis) => (periodic[axis] ? Number.POSITIVE_INFINITY : thinnest(n, split[axis]!))));
}

/**
 * Bytes of an array of a block of three axes from which several sweeps are one pass: it saves what memory takes, and smaller
 * arrays are in the third level of cache. Two steps of diffusion, and a step of Cahn-Hilliard, take 1.06 and 1.02 of the time of
 * sweeps one by one at 64^3, 1.01 and 1.07 at 96^3, 0.74 and 0.65 at 128^3.
 */
const leastOfPlanes = 4 * 2 ** 20;

/** Whether one pass of several sweeps is faster; the same on all ranks. */
function isWorthOnePass({ grid, size }: Domain): boolean {
  const { shape, comm } = grid;
  return shape.length < 3 || (size * shape.reduce((cells, n) => cells * n, 1)) / comm.size >= leastOfPlanes;
}

/** The program with sweeps in one pass where the halo between them is what they would compute there, and that is faster. */
export function fused(program: Program, domain: Domain, conditionsOf: (name: string) => Conditions): Program {
  if (!isWorthOnePass(domain)) return program;
  const { grid } = domain;
  return fuse(program, {
    axes: grid.shape.length,
    layers: Math.min(grid.haloWidth, cellsToMirror(domain)),
    beyond: ({ condition }) => beyondOf(conditionsOf(condition)),
  });
}

/**
 * True where parts of a block can be computed at the same time: nothing is stored in one part that is read for another. Of
 * cells that follow each other in one pass the first ones are computed beyond their part, for those that read them there.
 */
export function isDivisible(sweep: Cell | Fusion): boolean {
  const fusion = "cells" in sweep ? sweep : { cells: [sweep], rolled: [] };
  const stored = fusion.cells.at(-1)!.stores.map(({ array }) => array);
  return stored.every((array) => (radiiOf(fusion).get(array) ?? 0) === 0);
}

/** The sweeps of a program, compiled. */
export class Code {
  readonly program: Program;
  readonly #domain: Domain;
  readonly #sweeps = new Map<Cell | Fusion, string>();
  readonly #module: WebAssembly.Module | undefined;
  readonly #functions: Readonly<Record<string, SweepFunction>> = {};
  /** The sweeps as all threads know them, where that is needed. */
  #shared: Readonly<Record<string, Shared>> | undefined;

  constructor(program: Program, domain: Domain) {
    this.program = program;
    this.#domain = domain;
    const sweeps = program.steps.flatMap((step): (Cell | Fusion)[] => {
      return step.kind === "sweep" ? [step.cell] : step.kind === "fused" ? [step.fusion] : [];
    });
    if (sweeps.length === 0) return;
    this.#module = compiled(emit(sweeps, domain.layout));
    const imports = { env: { memory: allocator().memory }, functions: functions() };
    const { exports } = new WebAssembly.Instance(this.#module, imports as WebAssembly.Imports);
    this.#functions = exports as Record<string, SweepFunction>;
    for (const [i, sweep] of sweeps.entries()) this.#sweeps.set(sweep, `sweep${i}`);
  }

  /** A sweep on a box. @param pointerOf the address of cell 0 of an array, by its place in the program */
  bind(
    sweep: Cell | Fusion,
    pointerOf: (array: number) => number,
    parametersPtr: number,
    box: Bounds,
  ): { readonly run: () => void; readonly free: () => void } {
    const name = this.#sweeps.get(sweep)!;
    const arrays = "cells" in sweep ? arraysOfFusion(sweep) : arraysOf(sweep);
    const rolled = "cells" in sweep ? sweep.rolled : [];
    const pointers = arrays.map((array) => (rolled.includes(array) ? 0 : pointerOf(array)));
    const threads = isDivisible(sweep) ? this.#domain.grid.threads : 1;
    const parts = cutBox([...pointers, parametersPtr, ...box], arrays.length + 1, box.length / 2, threads);
    const rooms = "cells" in sweep ? parts.map((part) => this.#placeRows(sweep, part)) : [];
    return {
      run: this.#runOf(name, parts),
      free: () => {
        for (const ptr of rooms.flat()) memory.free(ptr);
      },
    };
  }

  #runOf(name: string, parts: readonly (readonly number[])[]): () => void {
    const compiled = this.#functions[name]!;
    const [whole] = parts as [readonly number[]];
    if (parts.length === 1) return () => compiled(...whole);
    this.#shared ??= team().share(this.#module!, this.#functions);
    const shared = this.#shared[name]!;
    return () => team().run(shared, parts);
  }

  /** Puts the addresses of the rows that are kept among the arguments of a part. */
  #placeRows(fusion: Fusion, part: number[]): number[] {
    const { layout, size } = this.#domain;
    const arrays = arraysOfFusion(fusion);
    return Array.from(roomOf(fusion, layout), ([array, length]) => {
      const ptr = memory.alloc(size * length);
      part[arrays.indexOf(array)] = ptr;
      return ptr;
    });
  }

  /** No sweep must run afterwards. **Local.** */
  free(): void {
    if (this.#shared) team().forget(this.#shared);
    this.#shared = undefined;
  }
}
