/** The parts of a compiled module, from its bytes: see the binary format in the WebAssembly specification, section 5. */
import { vectorAccess, vectorImmediates } from "./operators.js";

/** A type of a value, by its byte. */
export type ValueType = number;
export const i32 = 0x7f;
export const i64 = 0x7e;
export const f32 = 0x7d;
export const f64 = 0x7c;
export const v128 = 0x7b;

export interface Signature {
  readonly parameters: readonly ValueType[];
  readonly results: readonly ValueType[];
}

/** An import of a function or of a global. */
export interface Import {
  readonly module: string;
  readonly name: string;
  /** The index of the type of a function, the type of a global, `undefined` for the memory. */
  readonly kind: "function" | "global" | "memory";
  readonly type: number;
}

export interface Global {
  readonly type: ValueType;
  /** Where the expression begins that makes its first value. */
  readonly start: number;
}

export interface Body {
  /** Types of the local variables behind the parameters. */
  readonly locals: readonly ValueType[];
  /** Where the instructions begin and end. */
  readonly start: number;
  readonly end: number;
}

export interface Segment {
  /** Where the expression of the address begins; `undefined` for a passive one. */
  readonly address: number | undefined;
  readonly start: number;
  readonly end: number;
}

export interface Elements {
  readonly address: number;
  readonly functions: readonly number[];
}

/** A module, with functions and globals by index, the imported ones first. */
export interface Parts {
  readonly types: readonly Signature[];
  readonly imports: readonly Import[];
  /** The index of the type of each function that is not imported. */
  readonly functions: readonly number[];
  readonly globals: readonly Global[];
  readonly exports: readonly { readonly name: string; readonly kind: number; readonly index: number }[];
  readonly start: number | undefined;
  readonly elements: readonly Elements[];
  readonly bodies: readonly Body[];
  readonly segments: readonly Segment[];
  readonly functionNames: ReadonlyMap<number, string>;
  readonly localNames: ReadonlyMap<number, ReadonlyMap<number, string>>;
  readonly globalNames: ReadonlyMap<number, string>;
}

/** Reads numbers and texts of a module, one after another. */
export class Reader {
  at: number;
  readonly bytes: Uint8Array;
  readonly #view: DataView;

  constructor(bytes: Uint8Array, at = 0) {
    this.bytes = bytes;
    this.at = at;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  byte(): number {
    return this.#view.getUint8(this.at++);
  }

  unsigned(): number {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = this.byte();
      value += (byte & 127) * factor;
      if (byte < 128) return value;
    }
  }

  signed(bits: 32 | 64): bigint {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = this.byte();
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return BigInt.asIntN(byte & 64 ? Number(shift) + 7 : bits, value);
    }
  }

  f32(): number {
    this.at += 4;
    return this.#view.getFloat32(this.at - 4, true);
  }

  f64(): number {
    this.at += 8;
    return this.#view.getFloat64(this.at - 8, true);
  }

  take(byteLength: number): Uint8Array {
    this.at += byteLength;
    return this.bytes.subarray(this.at - byteLength, this.at);
  }

  text(): string {
    return new TextDecoder().decode(this.take(this.unsigned()));
  }

  list<T>(item: () => T): T[] {
    return Array.from({ length: this.unsigned() }, item);
  }

  /** Reads over a constant expression and returns its place: it is translated later, as other instructions are. */
  expression(): number {
    const start = this.at;
    for (;;) {
      const opcode = this.byte();
      if (opcode === 0x0b) return start;
      if (opcode === 0x41 || opcode === 0x42) this.signed(64);
      else if (opcode === 0x43) this.f32();
      else if (opcode === 0x44) this.f64();
      else if (opcode === 0x23) this.unsigned();
      else if (opcode === 0xfd) {
        this.unsigned();
        this.take(16);
      } else throw new RangeError(`constants with opcode 0x${opcode.toString(16)}`);
    }
  }
}

/** The parts of a module. @throws RangeError for parts that AssemblyScript never makes */
export function partsOf(bytes: Uint8Array): Parts {
  const parts = {
    types: [] as Signature[],
    imports: [] as Import[],
    functions: [] as number[],
    globals: [] as Global[],
    exports: [] as { name: string; kind: number; index: number }[],
    start: undefined as number | undefined,
    elements: [] as Elements[],
    bodies: [] as Body[],
    segments: [] as Segment[],
    functionNames: new Map<number, string>(),
    localNames: new Map<number, Map<number, string>>(),
    globalNames: new Map<number, string>(),
  };
  const r = new Reader(bytes, 8);
  const names = () => new Map(r.list(() => [r.unsigned(), r.text()] as const));
  const readers: Record<number, (end: number) => void> = {
    0: (end) => {
      if (r.text() !== "name") return;
      while (r.at < end) {
        const kind = r.byte();
        const next = r.unsigned() + r.at;
        if (kind === 1) parts.functionNames = names();
        else if (kind === 2) parts.localNames = new Map(r.list(() => [r.unsigned(), names()] as const));
        else if (kind === 7) parts.globalNames = names();
        r.at = next;
      }
    },
    1: () => {
      parts.types = r.list(() => {
        if (r.byte() !== 0x60) throw new RangeError("types other than functions");
        return { parameters: r.list(() => r.byte()), results: r.list(() => r.byte()) };
      });
    },
    2: () => {
      parts.imports = r.list(() => importOf(r));
    },
    3: () => {
      parts.functions = r.list(() => r.unsigned());
    },
    6: () => {
      parts.globals = r.list(() => {
        const type = r.byte();
        r.byte(); // Whether the variable may be set.
        return { type, start: r.expression() };
      });
    },
    7: () => {
      parts.exports = r.list(() => ({ name: r.text(), kind: r.byte(), index: r.unsigned() }));
    },
    8: () => {
      parts.start = r.unsigned();
    },
    9: () => {
      parts.elements = r.list(() => {
        if (r.unsigned() !== 0) throw new RangeError("tables other than the one of functions");
        return { address: r.expression(), functions: r.list(() => r.unsigned()) };
      });
    },
    10: () => {
      parts.bodies = r.list(() => {
        const end = r.unsigned() + r.at;
        const locals = r.list(() => {
          const count = r.unsigned();
          return new Array<ValueType>(count).fill(r.byte());
        });
        const body = { locals: locals.flat(), start: r.at, end };
        r.at = end;
        return body;
      });
    },
    11: () => {
      parts.segments = r.list(() => {
        const address = r.unsigned() === 0 ? r.expression() : undefined;
        const byteLength = r.unsigned();
        r.at += byteLength;
        return { address, start: r.at - byteLength, end: r.at };
      });
    },
  };
  while (r.at < bytes.length) {
    const id = r.byte();
    const end = r.unsigned() + r.at;
    readers[id]?.(end);
    r.at = end;
  }
  return parts;
}

function importOf(r: Reader): Import {
  const [module, name, kind] = [r.text(), r.text(), r.byte()];
  if (kind === 0) return { module, name, kind: "function", type: r.unsigned() };
  if (kind === 3) {
    const type = r.byte();
    r.byte();
    return { module, name, kind: "global", type };
  }
  if (kind !== 2) throw new RangeError("imports of tables");
  const flags = r.byte();
  r.unsigned();
  if (flags & 1) r.unsigned();
  return { module, name, kind: "memory", type: 0 };
}

/** Reads over the numbers that belong to an instruction, blocks aside. */
export function skipImmediates(r: Reader, opcode: number): void {
  if (opcode === 0x0e) {
    r.list(() => r.unsigned());
    r.unsigned();
  } else if (opcode === 0x1c) r.list(() => r.byte());
  else if (opcode === 0x11 || (opcode >= 0x28 && opcode <= 0x3e)) {
    r.unsigned();
    r.unsigned();
  } else if ([0x0c, 0x0d, 0x10, 0x20, 0x21, 0x22, 0x23, 0x24, 0x3f, 0x40].includes(opcode)) r.unsigned();
  else if (opcode === 0x41 || opcode === 0x42) r.signed(64);
  else if (opcode === 0x43) r.take(4);
  else if (opcode === 0x44) r.take(8);
  else if (opcode === 0xfc) {
    const { [r.unsigned() - 8]: byteLength = 0 } = [2, 1, 2, 1];
    r.take(byteLength);
  } else if (opcode === 0xfd) {
    const vector = r.unsigned();
    if (vector === 0x0c) r.take(16);
    else if (vectorAccess(vector) !== undefined) {
      r.unsigned();
      r.unsigned();
      if (vector >= 0x54 && vector <= 0x5b) r.byte();
    } else r.take(vectorImmediates(vector));
  } else if (opcode === 0xfe) {
    if (r.unsigned() === 3) r.byte();
    else {
      r.unsigned();
      r.unsigned();
    }
  }
}
