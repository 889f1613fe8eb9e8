/**
 * The function `sweep` of a kernel of a stencil: calls the kernel for each cell of a box, a row after the other.
 *
 *     sweep(parameters of the kernel ..., begin and end of each axis ..., strides ..., [start ..., low and spacing ...])
 *
 * A field is the address of cell 0 of the block, less the `bias`; strides are in elements, one for each axis but the last,
 * whose neighbours lie side by side. Only a kernel that asks where it is has the rest: the index of cell 0 in the whole
 * grid, and the lower bound and the spacing, of each axis.
 *
 * What is read at an offset is one load. Its distance from the cell depends on the block, so that it is a number of its own
 * in the code, `placeholder + i` for the offset i of the list, in whose place the distance is written when the module is
 * linked: the same code serves every block of every grid with as many axes. In plain mode the distance is computed.
 */
import type { CellType, Kernel, Mark, NumberType, Parameter } from "./stencil.js";
import type { Node, Tree } from "./tree.js";

/** A distance that is written into the code: of an offset, between elements of a size in bytes. */
export interface Distance {
  readonly size: number;
  readonly offset: readonly number[];
}

/** The first of the numbers that stand for distances; as large as no constant offset of an address. */
export const placeholder = 2 ** 30;

const sizes: Readonly<Record<CellType, number>> = { f64: 8, f32: 4, i32: 4 };

/** The names of global variables that tell a kernel where its cell is. */
const placeNames = { index: "stencil|index", low: "stencil|low", spacing: "stencil|spacing", stride: "stencil|stride" };

/** Kernels of so many nodes at most are computed for two cells in a turn of the loop. */
const small = 200;

/** What a sweep is made for. */
export interface SweepOptions {
  readonly axes: number;
  readonly isPlain: boolean;
  /** Whether calls are put in place, so that two in a turn of a loop are faster than one: by 5 % for five points. */
  readonly isInlined: boolean;
}

/**
 * Adds the function `sweep` to a module, and makes loads and stores of the marks of its kernel.
 * @returns what stands for distances in the code
 */
export function addSweep(tree: Tree, kernel: Kernel, options: SweepOptions): readonly Distance[] {
  const distances = new Sweep(tree, kernel, options).add();
  if (options.isInlined) tree.inline(small);
  return distances;
}

class Sweep {
  readonly #tree: Tree;
  readonly #kernel: Kernel;
  readonly #axes: number;
  readonly #isPlain: boolean;
  readonly #isInlined: boolean;
  readonly #distances: Distance[] = [];
  readonly #numbers = new Map<string, number>();

  constructor(tree: Tree, kernel: Kernel, { axes, isPlain, isInlined }: SweepOptions) {
    this.#tree = tree;
    this.#kernel = kernel;
    this.#axes = axes;
    this.#isPlain = isPlain;
    this.#isInlined = isInlined;
  }

  add(): readonly Distance[] {
    const { module } = this.#tree;
    const { stencil, marks } = this.#kernel;
    const { i32, f64 } = this.#types();
    for (const axis of this.#each()) {
      if (stencil.isPlaced) {
        module.addGlobal(`${placeNames.index}${axis}`, i32, true, module.i32.const(0));
        module.addGlobal(`${placeNames.low}${axis}`, f64, true, module.f64.const(0));
        module.addGlobal(`${placeNames.spacing}${axis}`, f64, true, module.f64.const(0));
      }
      if (this.#isPlain && axis < this.#axes - 1) {
        module.addGlobal(`${placeNames.stride}${axis}`, i32, true, module.i32.const(0));
      }
    }
    const unmark = (node: Node): Node => {
      this.#tree.each(node, unmark);
      const mark = marks.get(node);
      return mark ? this.#instruction(mark, this.#tree.get(node, "Operands")) : node;
    };
    this.#tree.changeBodies((_, body) => unmark(body));
    for (const { name, body } of this.#tree.functions().values()) {
      if (body !== 0 && name.startsWith("~lib/stencil/index/")) module.removeFunction(name);
    }
    this.#addFunction();
    return this.#distances;
  }

  /** The number of nodes of a function. */
  #sizeOf(target: string): number {
    let count = 0;
    const visit = (node: Node): Node => {
      count++;
      this.#tree.each(node, visit);
      return node;
    };
    for (const { name, body } of this.#tree.functions().values()) if (name === target) visit(body);
    return count;
  }

  #each(): readonly number[] {
    return Array.from({ length: this.#axes }, (_, axis) => axis);
  }

  #types(): Readonly<Record<"i32" | "f32" | "f64" | "none", number>> {
    const type = (name: string) => this.#tree.constant(name);
    return { i32: type("i32"), f32: type("f32"), f64: type("f64"), none: type("none") };
  }

  #typeOf(type: NumberType): number {
    const { i32, f32, f64 } = this.#types();
    return type === "f64" ? f64 : type === "f32" ? f32 : i32;
  }

  #instruction(mark: Mark, [cells, value]: readonly Node[]): Node {
    const { module } = this.#tree;
    const { i32, f64 } = this.#types();
    if (mark.kind === "index") return module.global.get(`${placeNames.index}${mark.axis}`, i32);
    if (mark.kind === "centre") {
      const at = module.f64.convert_s.i32(module.global.get(`${placeNames.index}${mark.axis}`, i32));
      const [low, spacing] = [placeNames.low, placeNames.spacing].map((name) =>
        module.global.get(name + mark.axis, f64),
      );
      // The operations of grid.centre() in their order, so that every bit is the same.
      return module.f64.add(low!, module.f64.mul(module.f64.add(at, module.f64.const(0.5)), spacing!));
    }
    const size = sizes[mark.type];
    const offset = mark.kind === "at" ? mark.offset : this.#each().map(() => 0);
    const ptr = this.#isPlain ? this.#computed(cells!, offset, size) : cells!;
    const distance = this.#isPlain ? 0 : this.#number(offset, size);
    if (mark.kind === "at") return module[mark.type].load(distance, size, ptr);
    return module[mark.type].store(distance, size, ptr, value!);
  }

  /** The number that stands for a distance. */
  #number(offset: readonly number[], size: number): number {
    const key = `${size} ${offset}`;
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    const number = placeholder + this.#distances.length;
    this.#distances.push({ size, offset });
    this.#numbers.set(key, number);
    return number;
  }

  /** The address of a neighbour. */
  #computed(cells: Node, offset: readonly number[], size: number): Node {
    const { i32, global } = this.#tree.module;
    const type = this.#types().i32;
    const terms = offset.flatMap((count, axis) => {
      if (count === 0) return [];
      const times = i32.const(count * size);
      return [axis === this.#axes - 1 ? times : i32.mul(global.get(`${placeNames.stride}${axis}`, type), times)];
    });
    return terms.reduce((sum, term) => i32.add(sum, term), cells);
  }

  /**
   *     if (every axis has begin < end) for i { for j { p = address of the row of each field;  k = begin
   *       do { cell(p ...);  p += size of each field;  k += 1 } while (k < end) } }
   *
   * A small kernel is called for two cells in a turn, and for the last one of an odd number behind the loop.
   */
  #addFunction(): void {
    const tree = this.#tree;
    const { module } = tree;
    const { i32: int, local } = { i32: module.i32, local: module.local };
    const { i32, f64, none } = this.#types();
    const { stencil, target } = this.#kernel;
    const { parameters, isPlaced } = stencil;
    const types = parameters.map((parameter) => (parameter.kind === "field" ? i32 : this.#typeOf(parameter.type)));
    const first = { box: types.length, stride: 0, start: 0, bounds: 0, locals: 0 };
    first.stride = first.box + 2 * this.#axes;
    first.start = first.stride + this.#axes - 1;
    first.bounds = first.start + (isPlaced ? this.#axes : 0);
    first.locals = first.bounds + (isPlaced ? 2 * this.#axes : 0);
    types.push(...new Array<number>(first.bounds - first.box).fill(i32));
    types.push(...new Array<number>(first.locals - first.bounds).fill(f64));
    const get = (index: number) => local.get(index, i32);
    const [begin, end] = [0, 1].map((which) => (axis: number) => get(first.box + 2 * axis + which)) as [
      (axis: number) => Node,
      (axis: number) => Node,
    ];
    const index = (axis: number) => first.locals + axis;
    const fields = parameters.flatMap((parameter, place) => (parameter.kind === "field" ? [{ parameter, place }] : []));
    const pointers = new Map(fields.map(({ place }, i) => [place, first.locals + this.#axes + i]));
    const last = this.#axes - 1;

    const tell = (axis: number): Node[] => {
      if (!isPlaced) return [];
      return [module.global.set(`${placeNames.index}${axis}`, int.add(get(first.start + axis), get(index(axis))))];
    };
    const operands = () =>
      parameters.map((parameter: Parameter, place) => {
        return parameter.kind === "field" ? get(pointers.get(place)!) : local.get(place, types[place]!);
      });
    const row = (): Node[] => {
      // The index of the first cell of the row, in elements from cell 0.
      const cell = this.#each().reduce<Node | undefined>((sum, axis) => {
        const term = axis === last ? begin(axis) : int.mul(get(index(axis)), get(first.stride + axis));
        return sum === undefined ? term : int.add(sum, term);
      }, undefined)!;
      return fields.map(({ parameter, place }, i) => {
        const start = i === 0 ? cell : module.copyExpression(cell);
        const bytes = int.mul(start, int.const(sizes[parameter.type as CellType]));
        return local.set(pointers.get(place)!, int.add(get(place), bytes));
      });
    };
    const steps = (): Node[] => {
      return fields.map(({ parameter, place }) => {
        const pointer = pointers.get(place)!;
        return local.set(pointer, int.add(get(pointer), int.const(sizes[parameter.type as CellType])));
      });
    };
    const next = (axis: number) => local.set(index(axis), int.add(get(index(axis)), int.const(1)));
    const loop = (axis: number, body: Node[]): Node[] => {
      const again = module.br(`sweep|${axis}`, int.lt_s(get(index(axis)), end(axis)));
      const turn = module.block(null, [...tell(axis), ...body, next(axis), again], none);
      return [local.set(index(axis), begin(axis)), module.loop(`sweep|${axis}`, turn)];
    };
    const cell = (): Node[] => [...tell(last), module.call(target, operands(), none), ...steps(), next(last)];
    const cells = (): Node[] => {
      const isPairs = this.#isInlined && this.#sizeOf(target) <= small;
      // The last cell that a turn may begin with.
      const limit = (index: Node) => int.lt_s(int.add(index, int.const(isPairs ? 1 : 0)), end(last));
      const turn = [...cell(), ...(isPairs ? cell() : []), module.br("sweep|cells", limit(get(index(last))))];
      const whole = module.loop("sweep|cells", module.block(null, turn, none));
      const start = local.set(index(last), begin(last));
      if (!isPairs) return [start, whole];
      const rest = module.if(int.lt_s(get(index(last)), end(last)), module.block(null, cell(), none));
      return [start, module.if(limit(begin(last)), whole), rest];
    };
    let body = [...row(), ...cells()];
    for (let axis = last - 1; axis >= 0; axis--) body = loop(axis, body);

    const filled = this.#each()
      .map((axis) => int.lt_s(begin(axis), end(axis)))
      .reduce((all, test) => int.and(all, test));
    const set = (name: string, axis: number, value: Node) => module.global.set(`${name}${axis}`, value);
    const before: Node[] = [];
    for (const axis of this.#each()) {
      if (this.#isPlain && axis < last) before.push(set(placeNames.stride, axis, get(first.stride + axis)));
      if (!isPlaced) continue;
      before.push(set(placeNames.low, axis, local.get(first.bounds + 2 * axis, f64)));
      before.push(set(placeNames.spacing, axis, local.get(first.bounds + 2 * axis + 1, f64)));
    }
    const whole = module.block(null, [...before, module.if(filled, module.block(null, body, none))], none);
    const variables = new Array<number>(this.#axes + fields.length).fill(i32);
    tree.addFunction("sweep", types, variables, whole);
    module.removeExport(stencil.name);
    module.addFunctionExport("sweep", "sweep");
  }
}
