/** Kernels of stencils as text: assignments, compiled for the fields that they are run with. */
import { show, wrong } from "../../argument.js";
import { isPlain } from "../../environment.js";
import { emit } from "../../expression/emit.js";
import { listing } from "../../expression/listing.js";
import { sizeOf } from "../../expression/lower.js";
import { runCell } from "../../expression/oracle.js";
import { arraysOf, type Cell, neededOf, type Program, type ProgramArray } from "../../expression/program.js";
import { type KernelText, kernelProgram, readKernel } from "../../expression/text/kernel.js";
import { takenBy } from "../../expression/text/names.js";
import { compiled } from "../../wasm/binary.js";
import { allocator } from "../../wasm/core.js";
import { functions } from "../../wasm/functions.js";
import { memory } from "../../wasm/memory.js";
import { type Code, type FieldUse, type KernelSource, type NumberUse, stridesOf } from "../code.js";
import { type AnyField, type Dtype, type DtypeArrays, Field } from "../field.js";
import type { Grid } from "../grid.js";
import { Shares } from "./shares.js";

/** Reads a text. **Local.** @throws CompileError that shows what is wrong */
export function textSource(where: string, text: string, grid: Grid): KernelSource {
  return new TextSource(where, text, grid);
}

class TextSource implements KernelSource {
  readonly names: readonly string[];
  readonly candidates: readonly FieldUse[];
  readonly #kernel: KernelText;
  readonly #grid: Grid;
  readonly #isPlain = isPlain();
  /** By type and names of fields. */
  readonly #codes = new Map<string, TextCode>();
  /** What was compiled last; before the first run as if every name were a field. */
  #program: Program;

  constructor(where: string, text: string, grid: Grid) {
    this.#grid = grid;
    this.#kernel = readKernel(where, text);
    const { axes } = grid;
    this.names = this.#kernel.names.filter((name) => takenBy(name, { axes, use: "kernel" }) === undefined);
    this.#program = kernelProgram(this.#kernel, axes, this.names, "f64");
    const used = usesOf(this.#program, undefined);
    this.candidates = this.names.map(
      (name) => used.find((use) => use.name === name) ?? { name, reads: [], isSet: false },
    );
  }

  codeOf(where: string, values: Readonly<Record<string, unknown>>): Code {
    const fields: string[] = [];
    let first: { readonly name: string; readonly dtype: Dtype } | undefined;
    for (const { name, reads } of this.candidates) {
      const value = values[name];
      const isAssigned = this.#kernel.assigned.includes(name);
      if (value instanceof Field) {
        const { dtype } = value as AnyField;
        first ??= { name, dtype };
        fields.push(name);
        if (dtype === first.dtype) continue;
        const expected = `a field of ${first.dtype} as "${first.name}" is`;
        throw wrong(`${where}: "${name}"`, expected, `one of ${dtype}`, "Use fields of one type in a text.");
      }
      if (isAssigned && value !== undefined) {
        const todo = "Make it with grid.field().";
        throw wrong(`${where}: "${name}"`, "a field, since the text sets it", show(value), todo);
      }
      if (reads.some((offset) => offset.some((count) => count !== 0))) {
        const got = value === undefined ? "nothing" : show(value);
        const todo = "Make it with grid.field().";
        throw wrong(`${where}: "${name}"`, "a field, since the text reads its neighbours", got, todo);
      }
      if (!isAssigned && value === undefined) {
        throw wrong(`${where}: "${name}"`, "a field or a number", "nothing", "Give what the name stands for.");
      }
    }
    const dtype = first?.dtype ?? "f64";
    const key = [dtype, ...fields].join();
    let code = this.#codes.get(key);
    if (!code) {
      const kernel = { ...this.#kernel, source: { ...this.#kernel.source, where } };
      const program = kernelProgram(kernel, this.#grid.axes, fields, dtype);
      code = new TextCode(program, this.#grid, dtype, this.#isPlain);
      this.#codes.set(key, code);
    }
    this.#program = code.program;
    return code;
  }

  text(): string {
    return listing(this.#program);
  }

  free(): void {
    for (const code of this.#codes.values()) code.free();
  }
}

/** The one sweep of the program of a kernel. */
function cellOf(program: Program): Cell {
  const sweep = program.steps.find((step) => step.kind === "sweep");
  return sweep?.kind === "sweep" ? sweep.cell : { nodes: [], stores: [] };
}

/** The fields of a program. */
function usesOf(program: Program, dtype: Dtype | undefined): FieldUse[] {
  const cell = cellOf(program);
  const needed = neededOf(cell);
  return program.arrays.flatMap(({ name, kind }, array): FieldUse[] => {
    if (kind === "along") return [];
    const reads = new Map<string, readonly number[]>();
    for (const [place, node] of cell.nodes.entries()) {
      if (node.op === "load" && node.array === array && needed[place]) reads.set(node.offset.join(), node.offset);
    }
    const isSet = cell.stores.some((store) => store.array === array);
    return [{ name, ...(dtype ? { dtype } : {}), reads: [...reads.values()], isSet }];
  });
}

class TextCode implements Code {
  readonly program: Program;
  readonly fields: readonly FieldUse[];
  readonly numbers: readonly NumberUse[];
  readonly #grid: Grid;
  readonly #dtype: Dtype;
  readonly #cell: Cell;
  /** The sweep of the compiled cell; in plain mode there is none. */
  readonly #sweep: Shares | undefined;
  readonly #parametersPtr: number;
  /** Coordinates and factors along an axis, by array; none for fields. */
  readonly #along: readonly (DtypeArrays[Dtype] | undefined)[];

  constructor(program: Program, grid: Grid, dtype: Dtype, isPlain: boolean) {
    this.program = program;
    this.#grid = grid;
    this.#dtype = dtype;
    this.#cell = cellOf(program);
    this.fields = usesOf(program, dtype);
    this.numbers = program.parameters.map(({ name }) => ({ name, type: dtype === "i32" ? "i32" : "f64" }));
    if (!isPlain) {
      const bytes = emit([this.#cell], { dtype, strides: stridesOf(grid) });
      const imports = { env: { memory: allocator().memory }, functions: functions() };
      const module = compiled(bytes);
      const { exports } = new WebAssembly.Instance(module, imports);
      const call = exports.sweep0 as (...values: number[]) => void;
      const sweep = { title: "kernel", module, name: "sweep0", call };
      this.#sweep = new Shares(sweep, { threads: grid.threads, axes: grid.shape.length });
    }
    this.#parametersPtr = memory.alloc(8 * Math.max(1, program.parameters.length));
    this.#along = program.arrays.map((array) => (array.kind === "along" ? this.#coordinates(array) : undefined));
  }

  /** The numbers of the cells of the block along an axis: they are read at the cell itself alone. */
  #coordinates({ name, axis = 0 }: ProgramArray): DtypeArrays[Dtype] {
    const grid = this.#grid;
    const count = grid.blockShape[axis]!;
    const values = memory[this.#dtype](memory.alloc(sizeOf[this.#dtype] * count), count);
    for (let i = 0; i < count; i++) values[i] = grid.axes[axis]!.numberAt(name, grid.start[axis]! + i);
    return values;
  }

  bind(fields: readonly AnyField[], numbers: readonly number[]) {
    const cell = this.#cell;
    const { arrays } = this.program;
    const fieldOf = new Map(this.fields.map(({ name }, index) => [name, fields[index]!]));
    const sweep = this.#sweep;
    if (!sweep) {
      const layout = { dtype: this.#dtype, strides: stridesOf(this.#grid) };
      const placed = arrays.map(({ name }, array) => {
        const coordinates = this.#along[array];
        if (coordinates) return { data: coordinates, start: 0 };
        const field = fieldOf.get(name)!;
        return { data: field.data, start: field.index() };
      });
      return (box: readonly number[]) => runCell(cell, layout, placed, numbers, box, functions());
    }
    const pointers = arraysOf(cell).map((array) => {
      return this.#along[array]?.byteOffset ?? fieldOf.get(arrays[array]!.name)!.originPtr;
    });
    const parameters = memory.f64(this.#parametersPtr, Math.max(1, numbers.length));
    const args = [...pointers, this.#parametersPtr, ...new Array<number>(2 * this.#grid.shape.length).fill(0)];
    const first = pointers.length + 1;
    const run = sweep.bind(args, first);
    return (box: readonly number[]) => {
      for (let i = 0; i < numbers.length; i++) parameters[i] = numbers[i]!;
      run(box);
    };
  }

  free(): void {
    this.#sweep?.free();
    memory.free(this.#parametersPtr);
    for (const coordinates of this.#along) if (coordinates) memory.free(coordinates.byteOffset);
  }
}
