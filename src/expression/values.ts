/**
 * What the code of one function computes: values that are instructions on earlier values, each computed once. Values that
 * are equal in all cells of a row (constants, parameters, coordinates across the row) are computed before the loops, the
 * others in one turn of a loop, a *tile* of cells.
 */
import type { Body, Type } from "./assemble.js";
import type { Opcode } from "./opcodes.js";

/** Where a value comes from. `array` is the number of its pointer; `offset` is in bytes, from the array's own origin. */
type Source =
  | { readonly from: "constant"; readonly type: "i32" | "f32" | "f64"; readonly value: number }
  | { readonly from: "parameter"; readonly offset: number }
  | { readonly from: "memory"; readonly op: Opcode; readonly array: number; readonly offset: number }
  | { readonly from: "code"; readonly op: Opcode; readonly immediate?: number }
  | { readonly from: "call"; readonly name: string };

/** One value; `args` are earlier values. */
interface Value {
  readonly source: Source;
  readonly type: Type;
  readonly args: readonly number[];
  readonly hoisted: boolean;
}

/** A store of a value into an array. */
export interface Store {
  readonly op: Opcode;
  readonly array: number;
  readonly offset: number;
  readonly value: number;
}

/** What an instruction needs to be told of the function it stands in. */
export interface Frame {
  /** The local that holds the address of the parameters. */
  readonly parameters: number;
  /** The local that points to an array's cell, `origin` bytes from its own origin. */
  pointerOf(array: number): { readonly local: number; readonly origin: number };
  functionOf(name: string): number;
  /** Bytes of a number: addresses are multiples of it. */
  readonly size: number;
}

/** Operands that are not in variables nest no deeper than this: neither here nor in the engine is the stack endless. */
const deepest = 32;

function keyOf(source: Source, args: readonly number[]): string {
  switch (source.from) {
    case "constant": // -0 is not 0; NaN is NaN.
      return `${source.type} ${Object.is(source.value, -0) ? "-0" : source.value}`;
    case "parameter":
      return `parameter ${source.offset}`;
    case "memory":
      return `${source.op} ${source.array} ${source.offset}`;
    case "code":
      return `${source.op} ${source.immediate} ${args}`;
    case "call":
      return `call ${source.name} ${args}`;
  }
}

/** The values of one function. */
export class Values {
  readonly #list: Value[] = [];
  readonly #hoisted = new Map<string, number>();
  #tile = new Map<string, number>();
  /** The locals of values that have one. */
  readonly #locals = new Map<number, number>();

  /** Forgets the values of the last tile: what is loaded in the next lies at other addresses. */
  startTile(): void {
    this.#tile = new Map();
  }

  constant(type: "i32" | "f32" | "f64", value: number): number {
    return this.#add({ from: "constant", type, value }, type, [], true);
  }

  /** The parameter at an offset in bytes from their address: always `f64`. */
  parameter(offset: number): number {
    return this.#add({ from: "parameter", offset }, "f64", [], true);
  }

  load(op: Opcode, type: Type, array: number, offset: number, hoisted: boolean): number {
    return this.#add({ from: "memory", op, array, offset }, type, [], hoisted);
  }

  code(op: Opcode, type: Type, args: readonly number[], immediate?: number): number {
    const source: Source = immediate === undefined ? { from: "code", op } : { from: "code", op, immediate };
    return this.#add(source, type, args, this.#areHoisted(args));
  }

  call(name: string, type: Type, args: readonly number[]): number {
    return this.#add({ from: "call", name }, type, args, this.#areHoisted(args));
  }

  #areHoisted(args: readonly number[]): boolean {
    return args.every((arg) => this.#list[arg]!.hoisted);
  }

  #add(source: Source, type: Type, args: readonly number[], hoisted: boolean): number {
    const known = hoisted ? this.#hoisted : this.#tile;
    const key = keyOf(source, args);
    let index = known.get(key);
    if (index === undefined) {
      index = this.#list.push({ source, type, args, hoisted }) - 1;
      known.set(key, index);
    }
    return index;
  }

  /**
   * Writes all values that are computed before the loops, each into a variable. Constants need no global variables here, as
   * they do in `jit/passes/constants.ts`: a cell of 15 constants takes 2.05 ns without and 2.07 with them (Node.js 24; with
   * 20 1.91), Cahn-Hilliard 0.95 and 0.95.
   */
  writeHoisted(body: Body, frame: Frame): void {
    this.#list.forEach((value, index) => {
      if (!value.hoisted) return;
      this.#write(index, body, frame);
      this.#keep(index, body);
    });
  }

  /**
   * Writes the values of a tile that its stores need, and the stores, group by group: cells are read before they are written.
   * Values that are used more than once get a variable when they are first needed, so that few are alive at a time.
   */
  writeTile(groups: readonly (readonly Store[])[], body: Body, frame: Frame): void {
    const uses = this.#countUses(groups.flat().map(({ value }) => value));
    const heights = new Map<number, number>();
    for (const stores of groups) {
      for (const { value } of stores) {
        for (const index of this.#orderOf(value)) {
          const height = this.#heightOf(index, heights);
          const last = index === value && stores.length === 1;
          const kept = uses.get(index)! > 1 || height >= deepest || (index === value && !last);
          if (!kept) {
            heights.set(index, height);
            continue;
          }
          this.#write(index, body, frame);
          this.#keep(index, body);
        }
      }
      for (const { op, array, offset, value } of stores) {
        const { local, origin } = frame.pointerOf(array);
        body.get(local);
        this.#write(value, body, frame);
        body.access(op, offset - origin, frame.size);
      }
    }
  }

  /** How often each value of a tile is an operand or stored. */
  #countUses(roots: readonly number[]): Map<number, number> {
    const uses = new Map<number, number>();
    const waiting = [...roots];
    for (let index = waiting.pop(); index !== undefined; index = waiting.pop()) {
      const count = uses.get(index) ?? 0;
      uses.set(index, count + 1);
      const { args, hoisted } = this.#list[index]!;
      if (count === 0 && !hoisted) waiting.push(...args);
    }
    return uses;
  }

  /** The values without a variable that a value needs, operands first, itself last. */
  #orderOf(root: number): number[] {
    const order: number[] = [];
    const seen = new Set<number>();
    const waiting = [{ index: root, ready: false }];
    for (let next = waiting.pop(); next; next = waiting.pop()) {
      const { index, ready } = next;
      if (ready) order.push(index);
      else if (!seen.has(index) && !this.#locals.has(index)) {
        seen.add(index);
        waiting.push({ index, ready: true });
        for (const arg of this.#list[index]!.args.toReversed()) waiting.push({ index: arg, ready: false });
      }
    }
    return order;
  }

  /** How deep the operands of a value nest, those in variables aside. */
  #heightOf(index: number, heights: ReadonlyMap<number, number>): number {
    const { args } = this.#list[index]!;
    return args.reduce((most, arg) => Math.max(most, this.#locals.has(arg) ? 0 : heights.get(arg)! + 1), 0);
  }

  /** Writes code that leaves a value on the stack. */
  #write(index: number, body: Body, frame: Frame): void {
    const local = this.#locals.get(index);
    if (local !== undefined) {
      body.get(local);
      return;
    }
    const { source, args } = this.#list[index]!;
    for (const arg of args) this.#write(arg, body, frame);
    switch (source.from) {
      case "constant":
        body.constant(source.type, source.value);
        break;
      case "parameter":
        body.get(frame.parameters).access("f64.load", source.offset, 8);
        break;
      case "memory": {
        const pointer = frame.pointerOf(source.array);
        body.get(pointer.local).access(source.op, source.offset - pointer.origin, frame.size);
        break;
      }
      case "code":
        if (source.immediate === undefined) body.op(source.op);
        else body.op(source.op, source.immediate);
        break;
      case "call":
        body.op("call", frame.functionOf(source.name));
        break;
    }
  }

  /** Moves a value from the stack into a variable of its own. */
  #keep(index: number, body: Body): void {
    const local = body.local(this.#list[index]!.type);
    this.#locals.set(index, local);
    body.set(local);
  }
}
