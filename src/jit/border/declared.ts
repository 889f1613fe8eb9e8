/** The signatures of a module, read from the compiler's program of its sources, and what in them cannot cross the border. */
import type { ShortName } from "../../elements.js";
import { providedModules } from "../sources.js";
import {
  type Crossing,
  type FunctionSignature,
  type Signatures,
  takenNames,
  type VariableSignature,
} from "./signature.js";

/** A place in a source, as the compiler has it. */
export interface Range {
  readonly start: number;
  readonly source: { readonly normalizedPath: string };
}

interface Node {
  readonly range: Range;
}

interface Type {
  readonly kind: number;
  readonly isReference: boolean;
  readonly isNullableReference: boolean;
  readonly classReference: Class | null;
  readonly signatureReference: object | null;
  toString(): string;
}

interface Class {
  readonly internalName: string;
  readonly id: number;
  readonly type: { readonly isManaged: boolean };
  readonly prototype: { readonly internalName: string };
  readonly typeArguments: readonly Type[] | null;
  /** Classes below the class, and those that implement the interface. */
  readonly extenders: ReadonlySet<Class> | null;
  readonly implementers?: ReadonlySet<Class> | null;
}

interface TypeNode extends Node {
  /** Of a type that is named, by a name or by that of a namespace with the name behind it. */
  readonly name?: TypeName;
}

interface TypeName {
  readonly identifier: { readonly text: string };
  readonly next: TypeName | null;
}

interface Function_ {
  readonly signature: {
    readonly parameterTypes: readonly Type[];
    readonly returnType: Type;
    readonly requiredParameters: number;
    readonly hasRest: boolean;
  };
  readonly prototype: {
    readonly functionTypeNode: {
      readonly parameters: readonly { readonly name: { readonly text: string }; readonly type: TypeNode }[];
      readonly returnType: TypeNode;
    };
  };
  lookup(name: string): { readonly internalName: string } | null;
}

/** An export of a file: of what is used of it depends on `kind`. */
interface Element {
  readonly kind: number;
  readonly name: string;
  readonly identifierNode: Node;
  is(flags: number): boolean;
  getResolvedInstance(key: string): Function_ | null;
  /** Of a function: `null` where nothing calls it. */
  readonly instances?: object | null;
  readonly members: ReadonlyMap<string, Element> | null;
  readonly type: Type;
  readonly typeNode: TypeNode | null;
}

interface File {
  readonly exports: ReadonlyMap<string, Element> | null;
  readonly exportsStar: readonly File[] | null;
  readonly members: ReadonlyMap<string, Element> | null;
  readonly source: Range["source"];
}

/** The compiler's program, as far as it is used here. */
export interface Program {
  readonly filesByName: ReadonlyMap<string, File>;
  readonly moduleImports: ReadonlyMap<string, ReadonlyMap<string, Element | Function_>>;
}

/** Something that cannot cross the border, and where the source says it. */
export interface Refusal {
  readonly message: string;
  readonly range: Range;
}

/** Adds a refusal where there is none yet of what stands at its place. */
export function refuseOnce(refusals: Refusal[], message: string, range: Range): void {
  const { start, source } = range;
  const isKnown = refusals.some((refusal) => refusal.range.start === start && refusal.range.source === source);
  if (!isKnown) refusals.push({ message, range });
}

// Numbers of the compiler, of `ElementKind`, `CommonFlags` and `TypeKind`.
const [global, enumeration, functionPrototype, function_] = [0, 2, 4, 5];
const [interfacePrototype, interface_, typeDefinition] = [8, 9, 14];
const [constant, ambient, generic] = [1 << 3, 1 << 15, 1 << 16];
// biome-ignore format: as the compiler orders them
const kinds = [
  "bool", "i8", "i16", "i32", "i64", "isize", "u8", "u16", "u32", "u64", "usize", "f32", "f64",
] as const;
const voidKind = 25;

/** What the elements of an array are in JavaScript, by the kinds of numbers that are others there. */
const elements: Readonly<Record<string, ShortName>> = { bool: "u8", isize: "i32", usize: "u32" };

const typedArrays: Readonly<Record<string, ShortName>> = {
  Int8Array: "i8",
  Uint8Array: "u8",
  Uint8ClampedArray: "u8",
  Int16Array: "i16",
  Uint16Array: "u16",
  Int32Array: "i32",
  Uint32Array: "u32",
  Int64Array: "i64",
  Uint64Array: "u64",
  Float32Array: "f32",
  Float64Array: "f64",
};

const lists: Readonly<Record<string, Pick<Crossing, "kind" | "axes">>> = {
  "~lib/staticarray/StaticArray": { kind: "static" },
  "~lib/array/Array": { kind: "array" },
  "~lib/mpi/data/View": { kind: "view" },
  "~lib/field/index/Array1": { kind: "cells", axes: 1 },
  "~lib/field/index/Array2": { kind: "cells", axes: 2 },
  "~lib/field/index/Array3": { kind: "cells", axes: 3 },
};

/** A type as the source names it: without the paths of files. */
function nameOf(type: Type): string {
  return type
    .toString()
    .replace(/[~\w./-]*\//g, "")
    .replace(/\bString\b/g, "string");
}

function numberKind(type: Type): (typeof kinds)[number] | undefined {
  return type.isReference ? undefined : kinds[type.kind];
}

/** What a type is at the border; a text that says what else to pass where it cannot cross. */
function crossingOf(type: Type): Crossing | string {
  const name = nameOf(type);
  if (type.kind === voidKind) return { kind: "void", name };
  const number = numberKind(type);
  if (number) return { kind: number, name };
  if (type.signatureReference) return "Declare an import, and give the function as { imports }.";
  const { classReference } = type;
  if (!classReference) return "Pass the address of a value, as usize.";
  return classCrossing(classReference, { name, ...(type.isNullableReference ? { isNullable: true } : {}) });
}

function classCrossing(of: Class, base: { readonly name: string; readonly isNullable?: boolean }): Crossing | string {
  const { internalName, id: classId } = of;
  if (internalName === "~lib/string/String") return { kind: "string", classId, ...base };
  if (internalName === "~lib/arraybuffer/ArrayBuffer") return { kind: "buffer", element: "u8", classId, ...base };
  const typed = /^~lib\/typedarray\/(\w+)$/.exec(internalName)?.[1];
  if (typed) return { kind: "typed", element: typedArrays[typed]!, classId, ...base };
  const list = lists[of.prototype.internalName];
  if (list) {
    const element = numberKind(of.typeArguments![0]!);
    if (!element) return "Pass arrays of numbers.";
    return { ...list, element: elements[element] ?? (element as ShortName), classId, ...base };
  }
  // An object without a header is laid over memory: its address is passed.
  if (!of.type.isManaged) return { kind: "usize", ...base };
  const below = [...(of.extenders ?? []), ...(of.implementers ?? [])];
  return { kind: "object", classes: [internalName, ...below.map((each) => each.internalName)], ...base };
}

/** Reads the signatures of a module, and gathers what cannot cross. */
class Reader {
  readonly refusals: Refusal[] = [];
  readonly exports: Record<string, FunctionSignature | VariableSignature> = {};

  /** Of a file, by the order in which the compiler exports: the first of a name is the one that counts. */
  readFile({ exports, exportsStar }: File): void {
    for (const [name, element] of exports ?? []) if (!Object.hasOwn(this.exports, name)) this.#read(name, element);
    for (const file of exportsStar ?? []) this.readFile(file);
  }

  #read(name: string, element: Element): void {
    const { kind, identifierNode } = element;
    const refuse = (what: string, todo: string) => this.#refuse(`${what} cannot be exported. ${todo}`, identifierNode);
    if (kind === typeDefinition || kind === interfacePrototype || kind === interface_) return;
    if (takenNames.has(name)) refuse(`The name ${name}, ${takenNames.get(name)},`, "Rename it.");
    else if (name.startsWith("__")) refuse(`The name ${name}, of the runtime like all that begin so,`, "Rename it.");
    else if (kind === global) this.#readVariable(name, element);
    else if (kind === enumeration) {
      for (const [member] of element.members ?? []) {
        this.exports[`${name}.${member}`] = { variable: { kind: "i32", name: "i32" }, isConstant: true };
      }
    } else if (kind === functionPrototype && !element.is(generic)) {
      const instance = element.getResolvedInstance("");
      if (instance) this.exports[name] = this.readFunction(instance);
    } else if (kind === functionPrototype) {
      refuse(`The generic function ${element.name}`, "Export a function that calls it with one type.");
    } else refuse(`${element.name}, a class or a namespace,`, "Export functions that use it.");
  }

  /** Refuses a file that exports nothing and has a function that nothing calls: its `export` was forgotten. */
  expectExport({ exports, exportsStar, members, source }: File): void {
    if (exports || exportsStar) return;
    for (const element of members?.values() ?? []) {
      const { kind, name, instances, identifierNode } = element;
      if (kind !== functionPrototype || instances || element.is(ambient)) continue;
      if (identifierNode.range.source !== source) continue; // An import, which nothing uses.
      this.#refuse(`Nothing is exported, and ${name} is not called. Write export function ${name}.`, identifierNode);
    }
  }

  #readVariable(name: string, element: Element): void {
    if (element.type.signatureReference) {
      const todo = `Write export function ${element.name}.`;
      this.#refuse(
        `${element.name}, a variable that holds a function, cannot be exported. ${todo}`,
        element.identifierNode,
      );
      return;
    }
    const variable = this.#crossing(element.type, element.typeNode ?? element.identifierNode);
    this.exports[name] = { variable, isConstant: element.is(constant) };
  }

  readFunction(instance: Function_): FunctionSignature {
    const { parameterTypes, returnType, requiredParameters, hasRest } = instance.signature;
    const { parameters: nodes, returnType: resultNode } = instance.prototype.functionTypeNode;
    const parameters = parameterTypes.map((type, i) => {
      const node = nodes[i]!;
      return { ...this.#declared(type, node.type, instance), parameter: node.name.text };
    });
    if (hasRest) this.#refuse("A list of all further arguments cannot cross. Pass an array.", nodes.at(-1)!.type);
    return { parameters, required: requiredParameters, result: this.#declared(returnType, resultNode, instance) };
  }

  /** A type as its declaration names it: a communicator is an `i32` for the compiler. */
  #declared(type: Type, node: TypeNode, within: Function_): Crossing {
    const crossing = this.#crossing(type, node);
    if (crossing.kind !== "i32" || !node.name) return crossing;
    const { identifier, next } = node.name;
    const path = [within.lookup(identifier.text)?.internalName, ...(next ? [next.identifier.text] : [])].join("/");
    return path === "~lib/mpi/handles/Comm" ? { kind: "comm", name: "Comm" } : crossing;
  }

  #crossing(type: Type, node: Node): Crossing {
    const crossing = crossingOf(type);
    if (typeof crossing !== "string") return crossing;
    this.#refuse(`${nameOf(type)} cannot be passed between JavaScript and compiled code. ${crossing}`, node);
    return { kind: "void", name: "" };
  }

  #refuse(message: string, { range }: Node): void {
    // An element that is exported twice is shown once.
    const isKnown = this.refusals.some((refusal) => refusal.range === range && refusal.message === message);
    if (!isKnown) this.refusals.push({ message, range });
  }
}

/** The signatures of a module whose exports are those of the file `entry`, which a kernel is told otherwise to have. */
export function signaturesOf(
  program: Program,
  entry: string,
  isKernel: boolean,
): Signatures & { readonly refusals: readonly Refusal[] } {
  const reader = new Reader();
  const file = program.filesByName.get(entry.replace(/\.ts$/, ""))!;
  reader.readFile(file);
  if (!isKernel) reader.expectExport(file);
  const imports: Record<string, Record<string, FunctionSignature>> = {};
  for (const [from, members] of program.moduleImports) {
    if (providedModules.includes(from)) continue;
    const functions = [...members].filter(([, element]) => (element as Element).kind === function_);
    imports[from] = Object.fromEntries(
      functions.map(([name, element]) => [name, reader.readFunction(element as Function_)]),
    );
  }
  return { exports: reader.exports, imports, refusals: reader.refusals };
}
