/**
 * An assembler of WebAssembly: the bytes of a module that imports a shared memory and functions, and exports functions.
 *
 *     magic | types | imports | functions | exports | code
 *
 * Nothing is checked here: the engine does when it compiles the module.
 */
import { codes, furtherBit, type Opcode, vectorBit } from "./opcodes.js";

/** The types of values, by their bytes in the format. */
const types = { i32: 0x7f, f32: 0x7d, f64: 0x7c, v128: 0x7b } as const;

export type Type = keyof typeof types;

/** What a function takes and gives. */
export interface Signature {
  readonly params: readonly Type[];
  readonly results: readonly Type[];
}

/** A function of another module. */
export interface Import {
  readonly module: string;
  readonly name: string;
  readonly signature: Signature;
}

/** A function with its code; exported where it has a name. */
export interface Definition {
  readonly signature: Signature;
  readonly body: Body;
  readonly name?: string;
}

/** Bytes that are appended one by one: most programs are emitted once, by code that no compiler has seen yet. */
class Bytes {
  #bytes = new Uint8Array(512);
  #view = new DataView(this.#bytes.buffer);
  length = 0;

  #room(more: number): void {
    if (this.length + more <= this.#bytes.length) return;
    const bytes = new Uint8Array(2 * (this.length + more));
    bytes.set(this.taken());
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer);
  }

  taken(): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(0, this.length);
  }

  byte(value: number): void {
    this.#room(1);
    this.#bytes[this.length++] = value;
  }

  /** A whole number from 0 to 2^32 - 1 as LEB128. */
  unsigned(value: number): void {
    let rest = value >>> 0;
    for (; rest >= 0x80; rest >>>= 7) this.byte((rest & 0x7f) | 0x80);
    this.byte(rest);
  }

  /** A 32-bit whole number as signed LEB128. */
  signed(value: number): void {
    let rest = value | 0;
    for (; rest < -64 || rest > 63; rest >>= 7) this.byte((rest & 0x7f) | 0x80);
    this.byte(rest & 0x7f);
  }

  f32(value: number): void {
    this.#room(4);
    this.#view.setFloat32(this.length, value, true);
    this.length += 4;
  }

  f64(value: number): void {
    this.#room(8);
    this.#view.setFloat64(this.length, value, true);
    this.length += 8;
  }

  /** Other bytes, with their number before them. */
  counted(part: Uint8Array): void {
    this.unsigned(part.length);
    this.append(part);
  }

  append(part: Uint8Array): void {
    this.#room(part.length);
    this.#bytes.set(part, this.length);
    this.length += part.length;
  }

  text(text: string): void {
    this.counted(new TextEncoder().encode(text));
  }
}

/** The code of a function: instructions are appended in order. */
export class Body {
  readonly #code = new Bytes();
  readonly #locals: Type[] = [];
  readonly #params: number;

  /** @param params - how many parameters the function has: they are its first locals */
  constructor(params: number) {
    this.#params = params;
  }

  /** A new local variable, which is 0 at first. */
  local(type: Type): number {
    return this.#params + this.#locals.push(type) - 1;
  }

  /** An instruction, with whole numbers as immediates: a local, a function, a label, a lane. */
  op(name: Opcode, first = -1, second = -1): this {
    const code = codes[name];
    if (code < vectorBit) this.#code.byte(code);
    else {
      this.#code.byte(code < furtherBit ? 0xfd : 0xfc);
      this.#code.unsigned(code & 0xffff);
    }
    if (first >= 0) this.#code.unsigned(first);
    if (second >= 0) this.#code.unsigned(second);
    return this;
  }

  /** `block`, `loop` or `if` without operands and results. */
  open(name: "block" | "loop" | "if"): this {
    return this.op(name, 0x40);
  }

  /** A load or store at an address on the stack plus a constant; the address is a multiple of `alignment` bytes. */
  access(name: Opcode, offset: number, alignment: number): this {
    return this.op(name, Math.log2(alignment), offset);
  }

  /** A constant; `f32` rounds it. */
  constant(type: "i32" | "f32" | "f64", value: number): this {
    this.op(`${type}.const`);
    if (type === "i32") this.#code.signed(value);
    else this.#code[type](value);
    return this;
  }

  get(local: number): this {
    return this.op("local.get", local);
  }

  set(local: number): this {
    return this.op("local.set", local);
  }

  /** Appends the function to the section of code: groups of locals of one type, then the instructions. */
  appendTo(bytes: Bytes): void {
    const groups: { type: Type; count: number }[] = [];
    for (const type of this.#locals) {
      const last = groups.at(-1);
      if (last?.type === type) last.count++;
      else groups.push({ type, count: 1 });
    }
    const head = new Bytes();
    head.unsigned(groups.length);
    for (const { type, count } of groups) {
      head.unsigned(count);
      head.byte(types[type]);
    }
    bytes.unsigned(head.length + this.#code.length + 1);
    bytes.append(head.taken());
    bytes.append(this.#code.taken());
    bytes.byte(codes.end);
  }
}

/** Appends a section: its number, its length, and a list with its length. */
function appendSection<T>(bytes: Bytes, id: number, list: readonly T[], append: (to: Bytes, item: T) => void): void {
  const content = new Bytes();
  content.unsigned(list.length);
  for (const item of list) append(content, item);
  bytes.byte(id);
  bytes.counted(content.taken());
}

/**
 * The bytes of a module on the memory `env.memory`, which is shared. Functions are numbered in order: first those that
 * are imported, then those that are defined.
 */
export function assemble(imports: readonly Import[], definitions: readonly Definition[]): Uint8Array<ArrayBuffer> {
  const keyOf = ({ params, results }: Signature) => `${params}>${results}`;
  const signatures = new Map<string, Signature>();
  for (const { signature } of [...imports, ...definitions]) signatures.set(keyOf(signature), signature);
  const order = [...signatures.keys()];
  const typeOf = (signature: Signature) => order.indexOf(keyOf(signature));
  const appendTypes = (to: Bytes, list: readonly Type[]) => {
    to.unsigned(list.length);
    for (const type of list) to.byte(types[type]);
  };

  const bytes = new Bytes();
  bytes.append(Uint8Array.of(0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00));
  appendSection(bytes, 1, [...signatures.values()], (to, { params, results }) => {
    to.byte(0x60);
    appendTypes(to, params);
    appendTypes(to, results);
  });
  appendSection(bytes, 2, [undefined, ...imports], (to, item) => {
    to.text(item?.module ?? "env");
    to.text(item?.name ?? "memory");
    if (item) {
      to.byte(0x00);
      to.unsigned(typeOf(item.signature));
    } else {
      to.append(Uint8Array.of(0x02, 0x03)); // A memory that is shared and has a maximum.
      to.unsigned(0);
      to.unsigned(65536);
    }
  });
  appendSection(bytes, 3, definitions, (to, { signature }) => to.unsigned(typeOf(signature)));
  const exported = definitions.flatMap(({ name }, i) => (name === undefined ? [] : [{ name, i }]));
  appendSection(bytes, 7, exported, (to, { name, i }) => {
    to.text(name);
    to.byte(0x00);
    to.unsigned(imports.length + i);
  });
  appendSection(bytes, 10, definitions, (to, { body }) => body.appendTo(to));
  return bytes.taken().slice();
}
