/** What is known of the unknowns from the texts alone, before anything runs: their names, and which of them are real. */
import type { AnyField } from "../grid/field.js";
import type { Constant, PdeField } from "./programs/problem.js";

/** Texts by name. */
export type Texts = Readonly<Record<string, string>>;

type Early = "a" | "b" | "c" | "d" | "e" | "f" | "g" | "h" | "i" | "j" | "k" | "l" | "m";
type Late = "n" | "o" | "p" | "q" | "r" | "s" | "t" | "u" | "v" | "w" | "x" | "y" | "z";
type Digit = "0" | "1" | "2" | "3" | "4" | "5" | "6" | "7" | "8" | "9" | "_";
type Letter = Early | Late | Uppercase<Early | Late> | Digit;

/** True for a text that has the word `i` in it, or of which nothing is known. */
export type NamesUnit<Text extends string> = string extends Text ? true : HasUnit<Text, "">;

/** @typeParam Before the letter before the text, if one is known to stand there */
type HasUnit<Text extends string, Before extends string> = Text extends `${infer Head}i${infer Tail}`
  ? `${Before}${Head}` extends `${string}${Letter}`
    ? HasUnit<Tail, "i">
    : Tail extends `${Letter}${string}`
      ? HasUnit<Tail, "i">
      : true
  : false;

/** The name of an unknown, whose equation may be one of second order in time. */
type NameOf<Key> = Key extends `${infer Name}_tt` ? Name : Key;

/** A complex unknown where the options name it; a real one where they name others, or where no text and no constant is complex. */
type KindOf<Name, Equations extends Texts, Complex extends string, Parts extends string, Value extends Constant> = [
  Complex,
] extends [never]
  ? true extends NamesUnit<Equations[keyof Equations] | Parts>
    ? PdeField
    : [Value] extends [number | AnyField]
      ? AnyField
      : PdeField
  : string extends Complex
    ? PdeField
    : Name extends Complex
      ? Exclude<PdeField, AnyField>
      : AnyField;

/**
 * The fields of the unknowns by name: `AnyField`, `{ re, im }`, or either where the types of the texts do not tell.
 * @typeParam Complex the names in `complex`; `never` without
 * @typeParam Parts the texts of `define`
 * @typeParam Value the values of `constants`
 */
export type Unknowns<Equations extends Texts, Complex extends string, Parts extends string, Value extends Constant> = {
  readonly [Key in keyof Equations as NameOf<Key>]: KindOf<NameOf<Key>, Equations, Complex, Parts, Value>;
};
