/**
 * From the graph of one cell to instructions for a tile of cells, in single numbers or in vectors along the last axis. Both
 * do the same operations in the same order, so that a cell gets the same bits in either.
 */
import { wrong } from "../argument.js";
import type { Type } from "./assemble.js";
import type { Opcode } from "./opcodes.js";
import { type Binary, type Cell, type Dtype, type Layout, type Node, neededOf } from "./program.js";
import type { Store, Values } from "./values.js";

/** Numbers of a vector. */
export const lanesOf = { f64: 2, f32: 4, i32: 4 } as const;

/** Bytes of a number. */
export const sizeOf = { f64: 8, f32: 4, i32: 4 } as const;

const vectors = { f64: "f64x2", f32: "f32x4", i32: "i32x4" } as const;

/** A tile of cells: `rows` along the last axis but one, `columns` numbers or vectors along the last. */
export interface Tile {
  readonly rows: number;
  readonly columns: number;
  readonly vector: boolean;
  /** How many cells are computed before the first of them is stored; of more than one, column after column. */
  readonly together: number;
}

/** One node of the cell, in those of its forms that were asked for: as a number or as a truth, single or in vectors. */
interface Form {
  /** Whether it is equal in all cells of a row: then its forms are single, and are spread where vectors are wanted. */
  readonly uniform: boolean;
  number?: number;
  truth?: number;
  spread?: number;
  spreadTruth?: number;
  /** The numbers of a vector, where they were computed one by one. */
  lanes?: readonly number[];
}

const comparisons: readonly string[] = ["lt", "le", "gt", "ge", "eq", "ne"];

/** Makes values of the nodes that a cell's stores need. */
export class Lowering {
  readonly #values: Values;
  readonly #cell: Cell;
  readonly #layout: Layout;
  readonly #needed: readonly boolean[];

  constructor(values: Values, cell: Cell, layout: Layout) {
    this.#values = values;
    this.#cell = cell;
    this.#layout = layout;
    this.#needed = neededOf(cell);
  }

  /** The values of all cells of a tile, and their stores: of those that are computed together in a list. */
  tile({ rows, columns, vector, together }: Tile): Store[][] {
    this.#values.startTile();
    const { dtype, strides } = this.#layout;
    const step = vector ? lanesOf[dtype] : 1;
    const across = strides.at(-2) ?? 0;
    const groups: Store[][] = [];
    for (let cell = 0; cell < rows * columns; cell++) {
      const row = together > 1 ? cell % rows : Math.floor(cell / columns);
      const column = together > 1 ? Math.floor(cell / rows) : cell % columns;
      const place = new Place(this.#values, this.#layout, row, column * step, vector);
      const forms: Form[] = [];
      this.#cell.nodes.forEach((node, n) => {
        if (this.#needed[n]) forms[n] = place.lower(node, forms);
      });
      const offset = (row * across + column * step) * sizeOf[dtype];
      const op: Opcode = vector ? "v128.store" : `${dtype}.store`;
      if (cell % together === 0) groups.push([]);
      groups
        .at(-1)!
        .push(
          ...this.#cell.stores.map(({ array, node }) => ({ op, array, offset, value: place.number(forms[node]!) })),
        );
    }
    return groups;
  }
}

/** One cell of a tile, or one vector of cells. */
class Place {
  readonly #values: Values;
  readonly #layout: Layout;
  readonly #dtype: Dtype;
  readonly #row: number;
  readonly #column: number;
  readonly #vector: boolean;

  constructor(values: Values, layout: Layout, row: number, column: number, vector: boolean) {
    this.#values = values;
    this.#layout = layout;
    this.#dtype = layout.dtype;
    this.#row = row;
    this.#column = column;
    this.#vector = vector;
  }

  lower(node: Node, forms: readonly Form[]): Form {
    const values = this.#values;
    const dtype = this.#dtype;
    switch (node.op) {
      case "constant":
        return { uniform: true, number: values.constant(dtype, node.value) };
      case "parameter":
        return { uniform: true, number: this.#parameter(node.index) };
      case "along": {
        const last = this.#layout.strides.length - 1;
        if (node.axis === last) return this.#load(node.array, node.offset + this.#column);
        const index = node.offset + (node.axis === last - 1 ? this.#row : 0);
        const offset = index * sizeOf[dtype];
        return { uniform: true, number: values.load(`${dtype}.load`, dtype, node.array, offset, true) };
      }
      case "load": {
        const { strides } = this.#layout;
        const across = strides.at(-2) ?? 0;
        const start = this.#row * across + this.#column;
        return this.#load(
          node.array,
          node.offset.reduce((sum, o, axis) => sum + o * strides[axis]!, start),
        );
      }
      case "call":
        return this.#call(
          node.name,
          node.args.map((arg) => forms[arg]!),
        );
      case "select":
        return this.#select(forms[node.test]!, forms[node.a]!, forms[node.b]!);
      case "not": {
        const a = forms[node.a]!;
        const single = a.uniform || !this.#vector;
        const truth = this.#truth(a, single);
        const op = single ? "i32.eqz" : "v128.not";
        return { uniform: a.uniform, truth: values.code(op, single ? "i32" : "v128", [truth]) };
      }
      case "neg":
      case "abs":
      case "sqrt":
      case "floor":
        return this.#unary(node.op, forms[node.a]!);
      default:
        return this.#binary(node.op, forms[node.a]!, forms[node.b]!);
    }
  }

  /** The number of a node: of this one cell, or a vector. */
  number(form: Form): number {
    if (!form.uniform || !this.#vector) return this.#own(form);
    form.spread ??= this.#values.code(`${vectors[this.#dtype]}.splat`, "v128", [this.#own(form)]);
    return form.spread;
  }

  /** The number in the form in which the node is computed. */
  #own(form: Form): number {
    if (form.number === undefined) {
      const values = this.#values;
      const dtype = this.#dtype;
      const truth = form.truth!;
      if (this.#vector && !form.uniform) {
        const ones = values.code(`${vectors[dtype]}.splat`, "v128", [values.constant(dtype, 1)]);
        form.number = values.code("v128.and", "v128", [truth, ones]);
      } else form.number = dtype === "i32" ? truth : values.code(`${dtype}.convert_i32_s`, dtype, [truth]);
    }
    return form.number;
  }

  /** Whether the number of a node is not 0: 1 or 0, or in vectors all bits or none. */
  #truth(form: Form, single: boolean): number {
    const values = this.#values;
    const dtype = this.#dtype;
    const own = form.uniform || !this.#vector;
    if (form.truth === undefined) {
      const zero = values.constant(dtype, 0);
      form.truth = own
        ? values.code(`${dtype}.ne`, "i32", [form.number!, zero])
        : values.code(`${vectors[dtype]}.ne`, "v128", [
            form.number!,
            values.code(`${vectors[dtype]}.splat`, "v128", [zero]),
          ]);
    }
    if (single || !own) return form.truth;
    form.spreadTruth ??= values.code("i32x4.splat", "v128", [
      values.code("i32.sub", "i32", [values.constant("i32", 0), form.truth]),
    ]);
    return form.spreadTruth;
  }

  /** An operation on numbers: single where all operands are uniform, else as the tile is. */
  #operation(forms: readonly Form[], write: (args: readonly number[], single: boolean) => Partial<Form>): Form {
    const uniform = forms.every((form) => form.uniform);
    const single = uniform || !this.#vector;
    return { uniform, ...write(forms.map(single ? (form) => this.#own(form) : (form) => this.number(form)), single) };
  }

  #parameter(index: number): number {
    const parameter = this.#values.parameter(8 * index);
    if (this.#dtype === "f64") return parameter;
    const op = this.#dtype === "f32" ? "f32.demote_f64" : "i32.trunc_sat_f64_s";
    return this.#values.code(op, this.#dtype, [parameter]);
  }

  #load(array: number, cells: number): Form {
    const op: Opcode = this.#vector ? "v128.load" : `${this.#dtype}.load`;
    const type: Type = this.#vector ? "v128" : this.#dtype;
    return { uniform: false, number: this.#values.load(op, type, array, cells * sizeOf[this.#dtype], false) };
  }

  #unary(op: "neg" | "abs" | "sqrt" | "floor", a: Form): Form {
    const values = this.#values;
    const dtype = this.#dtype;
    if (dtype === "i32" && (op === "sqrt" || op === "floor")) throw wholeNumbers(op);
    return this.#operation([a], ([x], single) => {
      if (dtype !== "i32") {
        const name: Opcode = single ? `${dtype}.${op}` : `${vectors[dtype]}.${op}`;
        return { number: values.code(name, single ? dtype : "v128", [x!]) };
      }
      const name = op as "neg" | "abs";
      if (!single) return { number: values.code(`i32x4.${name}`, "v128", [x!]) };
      if (name === "neg") return { number: values.code("i32.sub", "i32", [values.constant("i32", 0), x!]) };
      const sign = values.code("i32.shr_s", "i32", [x!, values.constant("i32", 31)]);
      return { number: values.code("i32.sub", "i32", [values.code("i32.xor", "i32", [x!, sign]), sign]) };
    });
  }

  #binary(op: Binary, a: Form, b: Form): Form {
    const values = this.#values;
    const dtype = this.#dtype;
    if (dtype === "i32" && op === "div") throw wholeNumbers(op);
    return this.#operation([a, b], (args, single) => {
      if (comparisons.includes(op)) {
        const compare = op as "lt" | "le" | "gt" | "ge" | "eq" | "ne";
        const name: Opcode = single ? `${dtype}.${compare}` : `${vectors[dtype]}.${compare}`;
        return { truth: values.code(name, single ? "i32" : "v128", args) };
      }
      if (!single) return { number: values.code(`${vectors[dtype]}.${op}` as Opcode, "v128", args) };
      if (dtype === "i32" && (op === "min" || op === "max")) {
        const first = values.code(op === "min" ? "i32.lt" : "i32.gt", "i32", args);
        return { number: values.code("select", "i32", [...args, first]) };
      }
      return { number: values.code(`${dtype}.${op}` as Opcode, dtype, args) };
    });
  }

  #select(test: Form, a: Form, b: Form): Form {
    const uniform = test.uniform && a.uniform && b.uniform;
    const single = uniform || !this.#vector;
    const truth = this.#truth(test, single);
    const number = single
      ? this.#values.code("select", this.#dtype, [this.#own(a), this.#own(b), truth])
      : this.#values.code("v128.bitselect", "v128", [this.number(a), this.number(b), truth]);
    return { uniform, number };
  }

  /** A call for a vector is one for each of its numbers. */
  #call(name: string, args: readonly Form[]): Form {
    const values = this.#values;
    const dtype = this.#dtype;
    if (dtype === "i32") throw wholeNumbers(name);
    const uniform = args.every((arg) => arg.uniform);
    if (uniform || !this.#vector) {
      const number = values.call(
        name,
        dtype,
        args.map((arg) => this.#own(arg)),
      );
      return { uniform, number };
    }
    const lanes = Array.from({ length: lanesOf[dtype] }, (_, k) =>
      values.call(
        name,
        dtype,
        args.map((arg) => this.#lane(arg, k)),
      ),
    );
    const first = values.code(`${vectors[dtype]}.splat`, "v128", [lanes[0]!]);
    const number = lanes
      .slice(1)
      .reduce((all, lane, k) => values.code(`${vectors[dtype]}.replace_lane`, "v128", [all, lane], k + 1), first);
    return { uniform, number, lanes };
  }

  #lane(form: Form, k: number): number {
    if (form.uniform) return this.#own(form);
    const dtype = this.#dtype;
    return form.lanes?.[k] ?? this.#values.code(`${vectors[dtype]}.extract_lane`, dtype, [this.#own(form)], k);
  }
}

function wholeNumbers(what: string): Error {
  return wrong("expression", "operations on whole numbers, as the arrays are i32", what, "Use arrays of f64.");
}
