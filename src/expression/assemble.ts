/**
 * An assembler of WebAssembly: the bytes of a module that imports a shared memory and functions, and exports functions.
 *
 *     magic | types | imports | functions | exports | code
 *
 * Nothing is checked here: the engine does when it compiles the module.
 */
import { bytesOf, type Opcode } from "./opcodes.js";

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

const numbers = new DataView(new ArrayBuffer(8));

/** Appends a whole number from 0 to 2^32 - 1 as LEB128. */
function appendUnsigned(bytes: number[], value: number): void {
  let rest = value >>> 0;
  for (; rest >= 0x80; rest >>>= 7) bytes.push((rest & 0x7f) | 0x80);
  bytes.push(rest);
}

/** Appends a 32-bit whole number as signed LEB128. */
function appendSigned(bytes: number[], value: number): void {
  let rest = value | 0;
  for (; rest < -64 || rest > 63; rest >>= 7) bytes.push((rest & 0x7f) | 0x80);
  bytes.push(rest & 0x7f);
}

function appendText(bytes: number[], text: string): void {
  const encoded = new TextEncoder().encode(text);
  appendUnsigned(bytes, encoded.length);
  bytes.push(...encoded);
}

/** Appends bytes one by one: `push(...part)` fails where a part is longer than the engine's stack allows. */
function appendBytes(bytes: number[], part: readonly number[]): void {
  for (const byte of part) bytes.push(byte);
}

/** The code of a function: instructions are appended in order. */
export class Body {
  readonly #code: number[] = [];
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
  op(name: Opcode, ...immediates: readonly number[]): this {
    for (const byte of bytesOf[name]) this.#code.push(byte);
    for (const value of immediates) appendUnsigned(this.#code, value);
    return this;
  }

  /** `block`, `loop` or `if` without operands and results. */
  open(name: "block" | "loop" | "if"): this {
    this.#code.push(...bytesOf[name], 0x40);
    return this;
  }

  /** A load or store at an address on the stack plus a constant; the address is a multiple of `alignment` bytes. */
  access(name: Opcode, offset: number, alignment: number): this {
    return this.op(name, Math.log2(alignment), offset);
  }

  /** A constant; `f32` rounds it. */
  constant(type: "i32" | "f32" | "f64", value: number): this {
    this.op(`${type}.const`);
    if (type === "i32") {
      appendSigned(this.#code, value);
      return this;
    }
    if (type === "f32") numbers.setFloat32(0, value, true);
    else numbers.setFloat64(0, value, true);
    for (let i = 0; i < (type === "f32" ? 4 : 8); i++) this.#code.push(numbers.getUint8(i));
    return this;
  }

  get(local: number): this {
    return this.op("local.get", local);
  }

  set(local: number): this {
    return this.op("local.set", local);
  }

  /** Appends the function to the section of code: groups of locals of one type, then the instructions. */
  appendTo(bytes: number[]): void {
    const groups: { type: Type; count: number }[] = [];
    for (const type of this.#locals) {
      const last = groups.at(-1);
      if (last?.type === type) last.count++;
      else groups.push({ type, count: 1 });
    }
    const head: number[] = [];
    appendUnsigned(head, groups.length);
    for (const { type, count } of groups) {
      appendUnsigned(head, count);
      head.push(types[type]);
    }
    appendUnsigned(bytes, head.length + this.#code.length + 1);
    appendBytes(bytes, head);
    appendBytes(bytes, this.#code);
    bytes.push(...bytesOf.end);
  }
}

/** Appends a section: its number, its length, and a list with its length. */
function appendSection<T>(bytes: number[], id: number, list: readonly T[], append: (to: number[], item: T) => void) {
  const content: number[] = [];
  appendUnsigned(content, list.length);
  for (const item of list) append(content, item);
  bytes.push(id);
  appendUnsigned(bytes, content.length);
  appendBytes(bytes, content);
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
  const appendTypes = (to: number[], list: readonly Type[]) => {
    appendUnsigned(to, list.length);
    for (const type of list) to.push(types[type]);
  };

  const bytes = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];
  appendSection(bytes, 1, [...signatures.values()], (to, { params, results }) => {
    to.push(0x60);
    appendTypes(to, params);
    appendTypes(to, results);
  });
  appendSection(bytes, 2, [undefined, ...imports], (to, item) => {
    appendText(to, item?.module ?? "env");
    appendText(to, item?.name ?? "memory");
    if (item) {
      to.push(0x00);
      appendUnsigned(to, typeOf(item.signature));
    } else {
      to.push(0x02, 0x03); // A memory that is shared and has a maximum.
      appendUnsigned(to, 0);
      appendUnsigned(to, 65536);
    }
  });
  appendSection(bytes, 3, definitions, (to, { signature }) => appendUnsigned(to, typeOf(signature)));
  const exported = definitions.flatMap(({ name }, i) => (name === undefined ? [] : [{ name, i }]));
  appendSection(bytes, 7, exported, (to, { name, i }) => {
    appendText(to, name);
    to.push(0x00);
    appendUnsigned(to, imports.length + i);
  });
  appendSection(bytes, 10, definitions, (to, { body }) => body.appendTo(to));
  return new Uint8Array(bytes);
}
