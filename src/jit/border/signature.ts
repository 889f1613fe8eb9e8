/** What is known of the functions and variables that a module exports, and of those that it imports: their types. */
import type { ShortName } from "../../elements.js";
import type { Stencil } from "../passes/stencil.js";
import type { Distance } from "../passes/sweep.js";

/**
 * What a value is on its way between JavaScript and compiled code:
 *
 *     void bool i8 ... f64   numbers          comm      a communicator            string    a text
 *     usize                  an address       typed     Float64Array and others   static    StaticArray<f64>
 *     isize                  a difference     array     Array<f64>                buffer    ArrayBuffer
 *     view                   View<f64>        cells     Array1<f64> to Array3     object    of another class
 */
export type Kind =
  | ShortName
  | "void"
  | "bool"
  | "usize"
  | "isize"
  | "comm"
  | "string"
  | "typed"
  | "static"
  | "array"
  | "buffer"
  | "view"
  | "cells"
  | "object";

/** A type of a parameter, a result or a variable. */
export interface Crossing {
  readonly kind: Kind;
  /** The type as the source names it. */
  readonly name: string;
  /** Of arrays and views: what they hold. */
  readonly element?: ShortName;
  /** Of objects with a header: the number of the class. */
  readonly classId?: number;
  /** Of `cells`: 1 for `Array1`, and so on. */
  readonly axes?: number;
  /** Of objects: the classes that are accepted, by the compiler's names; the first is the class itself. */
  readonly classes?: readonly string[];
  readonly isNullable?: boolean;
}

/** A function that a module exports or imports. */
export interface FunctionSignature {
  readonly parameters: readonly (Crossing & { readonly parameter: string })[];
  /** How many parameters have no default. */
  readonly required: number;
  readonly result: Crossing;
}

/** A variable that a module exports. */
export interface VariableSignature {
  readonly variable: Crossing;
  readonly isConstant: boolean;
}

/** What a module exports, by name, and what it imports of functions of a caller's, by module and name. */
export interface Signatures {
  readonly exports: Readonly<Record<string, FunctionSignature | VariableSignature>>;
  readonly imports: Readonly<Record<string, Readonly<Record<string, FunctionSignature>>>>;
  /** Of a kernel of a stencil, which exports `sweep` alone. */
  readonly stencil?: Stencil & { readonly distances: readonly Distance[] };
}

/** Names of exports that have a meaning for JavaScript, with that meaning. */
export const takenNames: ReadonlyMap<string, string> = new Map([
  ["free", "which gives back the module"],
  ["then", "by which await takes a module for a promise"],
]);
