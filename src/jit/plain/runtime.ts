/** What the text of a translated module uses: loads and stores within the memory, and instructions without an operator in JavaScript. */
import { newMemory } from "../../wasm/binary.js";
import { allocator } from "../../wasm/core.js";
import { accesses } from "./operators.js";

type Run = (...values: never[]) => unknown;
type Number_ = number | bigint;

let view: DataView | undefined;

/** A view of the memory, made anew when the memory has grown, up to `end` at least. @throws RuntimeError as a trap does */
function viewOf(end: number): DataView {
  if (!view || end > view.byteLength) {
    view = new DataView(allocator().memory.buffer);
    if (end > view.byteLength) trap("memory access out of bounds");
  }
  return view;
}

function trap(message: string): never {
  throw new WebAssembly.RuntimeError(message);
}

/** The sum of an address and a constant offset, which does not wrap around at 4 GiB. */
function address(ptr: number, offset: number): number {
  return (ptr >>> 0) + (offset >>> 0);
}

const getters: Readonly<Record<string, readonly [kind: string, byteLength: number]>> = {
  "8_s": ["Int8", 1],
  "8_u": ["Uint8", 1],
  "16_s": ["Int16", 2],
  "16_u": ["Uint16", 2],
  "32_s": ["Int32", 4],
  "32_u": ["Uint32", 4],
  8: ["Int8", 1],
  16: ["Int16", 2],
  32: ["Int32", 4],
};
const wholes: Readonly<Record<string, readonly [kind: string, byteLength: number]>> = {
  i: ["Int32", 4],
  l: ["BigInt64", 8],
  f: ["Float32", 4],
  d: ["Float64", 8],
};

/** `f64.load(ptr, offset)` and so on, made of the methods of a view. */
function accessOf(name: string, letter: string): Run {
  const [, isStore, part] = /\.(?:load|(store))(.*)$/.exec(name)!;
  const [kind, byteLength] = part === "" ? wholes[letter]! : getters[part!]!;
  const isWide = letter === "l" && part !== "";
  type Get = (at: number, littleEndian: boolean) => Number_;
  type Set = (at: number, value: Number_, littleEndian: boolean) => void;
  if (isStore) {
    const set = DataView.prototype[`set${kind}` as "setInt8"] as Set;
    return (ptr: number, value: Number_, offset = 0) => {
      const at = address(ptr, offset);
      set.call(viewOf(at + byteLength), at, isWide ? Number(BigInt.asIntN(32, value as bigint)) : value, true);
    };
  }
  const get = DataView.prototype[`get${kind}` as "getInt8"] as Get;
  return (ptr: number, offset = 0) => {
    const at = address(ptr, offset);
    const value = get.call(viewOf(at + byteLength), at, true);
    return isWide ? BigInt(value) : value;
  };
}

// Instructions that WebAssembly executes itself: each in a compiled function.

const types: Readonly<Record<string, number>> = { i: 0x7f, l: 0x7e, f: 0x7d, d: 0x7c, v: 0x7b };
/** A memory for vectors that go in and out, 16 bytes each: JavaScript has no values of that type. */
let vectorMemory: WebAssembly.Memory | undefined;

function scratch(): Uint8Array {
  vectorMemory ??= newMemory();
  return new Uint8Array(vectorMemory.buffer);
}

function sized(bytes: readonly number[]): number[] {
  return bytes.length < 128 ? [bytes.length, ...bytes] : [(bytes.length & 127) | 128, bytes.length >> 7, ...bytes];
}

/** A function that executes an instruction on a memory. */
function compiled(instruction: readonly number[], signature: string, memory: WebAssembly.Memory): Run {
  const [operands, result = ""] = signature.split(":") as [string, string?];
  const numbers = Array.from(operands).filter((letter) => letter !== "v");
  let local = 0;
  const body = Array.from(operands).flatMap((letter, i) =>
    letter === "v" ? [0x41, 0, 0xfd, 0x00, 0, 16 * i] : [0x20, local++],
  );
  const before = result === "v" ? [0x41, 0] : [];
  const after = result === "v" ? [0xfd, 0x0b, 0, 64] : [];
  const results = result === "" || result === "v" ? [] : [types[result]!];
  const section = (id: number, content: readonly number[]) => [id, ...sized(content)];
  const bytes = Uint8Array.from([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, [1, 0x60, ...sized(numbers.map((letter) => types[letter]!)), ...sized(results)]),
    // The memory "m" of the module "m", shared, of up to 65536 pages.
    ...section(2, [1, 1, 0x6d, 1, 0x6d, 2, 3, 1, 0x80, 0x80, 4]),
    ...section(3, [1, 0]),
    ...section(7, [1, 1, 0x66, 0, 0]),
    ...section(10, [1, ...sized([0, ...before, ...body, ...instruction, ...after, 0x0b])]),
  ]);
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), { m: { m: memory } });
  return exports.f as Run;
}

/** An instruction on numbers and vectors, by its bytes; atomic instructions work on the one memory. */
function operation(instruction: readonly number[], signature: string): Run {
  const bytes = scratch();
  const run = compiled(instruction, signature, instruction[0] === 0xfe ? allocator().memory : vectorMemory!);
  if (!signature.includes("v")) return run;
  const isVector = Array.from(signature.split(":")[0]!, (letter) => letter === "v");
  return (...values: unknown[]) => {
    for (const [i, value] of values.entries()) if (isVector[i]) bytes.set(value as Uint8Array, 16 * i);
    const result = run(...(values.filter((_, i) => !isVector[i]) as never[]));
    return signature.endsWith("v") ? bytes.slice(64, 80) : result;
  };
}

/** A load or store of a vector or a part of it, done in the memory for vectors with a copy of the bytes. */
function vectorAccess(prefix: readonly number[], lane: readonly number[], byteLength: number, isStore: boolean): Run {
  const bytes = scratch();
  // The copy lies at 128 in the memory for vectors; no alignment is hinted at.
  const instruction = [...prefix, 0, 0, ...lane];
  if (isStore) {
    const run = operation(instruction, "iv:");
    return (ptr: number, value: Uint8Array, offset: number) => {
      const at = address(ptr, offset);
      const { buffer } = viewOf(at + byteLength);
      run(...([128, value] as never[]));
      new Uint8Array(buffer, at, byteLength).set(bytes.subarray(128, 128 + byteLength));
    };
  }
  const run = operation(instruction, lane.length > 0 ? "iv:v" : "i:v");
  return (ptr: number, ...values: unknown[]) => {
    const at = address(ptr, values.at(-1) as number);
    const { buffer } = viewOf(at + byteLength);
    bytes.set(new Uint8Array(buffer, at, byteLength), 128);
    return run(...([128, ...values.slice(0, -1)] as never[]));
  };
}

/** Values of JavaScript as the values that compiled code would get, by the letter of their type. */
const conversions: Readonly<Record<string, (value: never) => unknown>> = {
  "": () => undefined,
  i: (value: number) => value | 0,
  l: (value: bigint) => BigInt.asIntN(64, value),
  f: (value: number) => Math.fround(value),
  d: (value: number) => +value,
};

/** The function of the table that is called with an index. */
function indirect(table: readonly (readonly [run: Run, type: number] | undefined)[], index: number, type: number): Run {
  if (index >>> 0 >= table.length) trap("table index is out of bounds");
  const entry = table[index];
  if (!entry || entry[1] !== type) trap("null function or function signature mismatch");
  return entry[0];
}

function within(ptr: number, byteLength: number): Uint8Array {
  const start = ptr >>> 0;
  return new Uint8Array(viewOf(start + (byteLength >>> 0)).buffer, start, byteLength >>> 0);
}

/** Functions by the names of instructions, and others that the text needs. */
export const runtime = {
  ...Object.fromEntries(accesses.map(([name, letter]) => [name.replaceAll(".", "_"), accessOf(name, letter)])),
  address,
  operation,
  vectorAccess,
  indirect,
  vector: (...bytes: number[]) => Uint8Array.from(bytes),
  unreachable: () => trap("unreachable"),
  select: <T>(a: T, b: T, condition: number): T => (condition ? a : b),
  memory_size: () => allocator().memory.buffer.byteLength / 65536,
  memory_grow(pages: number): number {
    try {
      return allocator().memory.grow(pages >>> 0);
    } catch {
      return -1;
    }
  },
  memory_copy(to: number, from: number, byteLength: number): void {
    const source = within(from, byteLength);
    within(to, byteLength).set(source);
  },
  memory_fill: (ptr: number, value: number, byteLength: number) => void within(ptr, byteLength).fill(value),
  memory_init(segment: Uint8Array, to: number, from: number, byteLength: number): void {
    const end = (from >>> 0) + (byteLength >>> 0);
    if (end > segment.length) trap("memory access out of bounds");
    within(to, byteLength).set(segment.subarray(from >>> 0, end));
  },
  /** A segment of static data, with its addresses moved. */
  segment(text: string, words: readonly number[], shift: number): Uint8Array {
    const bytes = new Uint8Array(Buffer.from(text, "base64"));
    const words32 = new DataView(bytes.buffer);
    for (const at of words) words32.setUint32(at, words32.getUint32(at, true) + shift, true);
    return bytes;
  },
  fill: (segment: Uint8Array, ptr: number) => within(ptr, segment.length).set(segment),
  place(table: unknown[], start: number, entries: readonly unknown[]): void {
    for (const [i, entry] of entries.entries()) table[start + i] = entry;
  },
  /** An imported function for the text: its result is converted to what compiled code would get. */
  imported(run: (...values: unknown[]) => unknown, signature: string): Run {
    const convert = conversions[signature.split(":")[1]!]!;
    return (...values: unknown[]) => convert(run(...values) as never);
  },
  /** A function of the text for JavaScript: its arguments are converted as for compiled code. */
  exported(run: Run, signature: string): Run {
    const [parameters] = signature.split(":") as [string];
    const letters = Array.from(parameters);
    const wrapped = (...values: unknown[]) =>
      run(...(letters.map((letter, i) => conversions[letter]!(values[i] as never)) as never[]));
    return Object.defineProperty(wrapped, "length", { value: letters.length });
  },
  /** What a variable is set to. */
  converted: (letter: string, value: unknown) => conversions[letter]!(value as never),
  valueOf: (global: unknown) => (global instanceof WebAssembly.Global ? global.value : global),
  /** Gives a function the compiler's name, for stack traces. */
  name: (run: Run, name: string) => void Object.defineProperty(run, "name", { value: name }),
};
