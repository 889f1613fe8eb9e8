/** The kinds of values that options have: read from a text of the command line, written as one, described for a file. */
import { resolve } from "node:path";
import { nearest, show, wrong } from "../../argument.js";
import type { Every } from "../../pde/trackers/when.js";
import type { Schema } from "./schema.js";

/** What values an option has. */
export interface Kind<T> {
  /** The value of a text, after those of the same option before it. @throws UsageError naming the option */
  read(flag: string, text: string, example: string, before?: T): T;
  /** The texts of which the value is read, the option named before each; none for a switch. */
  texts(value: T): string[];
  readonly schema: Schema;
  /** Its texts set names to something, so that a file may have an object in place of the list. */
  readonly setsNames?: true;
}

/**
 * Values of which each is read from one text.
 * @param expected - what the text has to be, in the words of an error
 * @param read - its value; `undefined` for a text that is something else
 * @param usual - an example, in place of the option's own
 * @param meant - what a text that is something else was most likely to be
 */
function kind<T>(
  expected: string,
  read: (text: string) => T | undefined,
  schema: Schema,
  {
    write = String,
    usual,
    meant,
  }: {
    readonly write?: (value: T) => string;
    readonly usual?: string;
    readonly meant?: (text: string) => string | undefined;
  } = {},
): Kind<T> {
  return {
    read(flag, text, example) {
      const value = read(text);
      if (value !== undefined) return value;
      const near = meant?.(text);
      const todo = near === undefined ? `For example ${flag} ${usual ?? example}.` : `Did you mean ${near}?`;
      throw wrong(`"${flag}"`, expected, show(text), todo);
    },
    texts: (value) => [write(value)],
    schema,
  };
}

/** The number that a text is, blanks aside; NaN for another text. */
const numberOf = (text: string) => (text.trim() === "" ? Number.NaN : Number(text));

/** The numbers of a list, if all of them pass. */
function listOf(text: string, passes: (value: number) => boolean, separator = ","): number[] | undefined {
  const values = text.split(separator).map(numberOf);
  return values.every(passes) ? values : undefined;
}

const isWhole =
  (least: number, most = Number.MAX_SAFE_INTEGER) =>
  (value: number) =>
    Number.isSafeInteger(value) && value >= least && value <= most;

/** A whole number of at least `least`, and at most `most` where that is given. */
export function whole(least: number, most?: number): Kind<number> {
  const read = (text: string) => [numberOf(text)].find(isWhole(least, most));
  const schema: Schema = { type: "integer", minimum: least, ...(most === undefined ? {} : { maximum: most }) };
  const range = most === undefined ? `of at least ${least}` : `from ${least} to ${most}`;
  return kind(`a whole number ${range}`, read, schema, { usual: String(Math.max(least, 1)) });
}

/** A number of ranks. Launchers call it `-np` as well, which here is `-n` with the value `p`. */
export const rankCount: Kind<number> = {
  ...whole(1),
  read(flag, text, example) {
    if (/^p\d*$/.test(text)) throw wrong('"-n"', "a number of ranks behind it", `"-n${text}"`, "Write -n 2.");
    return whole(1).read(flag, text, example);
  },
};

/** Whole numbers separated by commas, each at least `least`. */
export function wholes(least: number): Kind<readonly number[]> {
  const schema: Schema = { type: "array", items: { type: "integer", minimum: least } };
  return kind(`whole numbers of at least ${least} separated by commas`, (text) => listOf(text, isWhole(least)), schema);
}

/** From 1 to `most` whole numbers of any sign, separated by commas. */
export function atMost(most: number): Kind<readonly number[]> {
  const read = (text: string) => {
    const values = listOf(text, Number.isSafeInteger);
    return values && values.length <= most ? values : undefined;
  };
  const schema: Schema = { type: "array", items: { type: "integer" }, minItems: 1, maxItems: most };
  return kind(`1 to ${most} whole numbers separated by commas`, read, schema);
}

/** Numbers separated by commas. */
export const numbers: Kind<readonly number[]> = kind(
  "numbers separated by commas",
  (text) => listOf(text, Number.isFinite),
  { type: "array", items: { type: "number" } },
);

/** A number. */
export const number: Kind<number> = kind("a number", (text) => [numberOf(text)].find(Number.isFinite), {
  type: "number",
});

/** A number above 0. */
export const positive: Kind<number> = kind(
  "a number above 0",
  (text) => [numberOf(text)].find((value) => value > 0 && value < Number.POSITIVE_INFINITY),
  { type: "number", minimum: Number.MIN_VALUE },
);

/** A number from 0 on. */
export const fromZero: Kind<number> = kind(
  "a number from 0",
  (text) => [numberOf(text)].find((value) => value >= 0 && value < Number.POSITIVE_INFINITY),
  { type: "number", minimum: 0 },
);

/** A time of a step, or the word for the library's choice. */
export const timeOfStep: Kind<number | "auto"> = kind<number | "auto">(
  "a number above 0, or auto",
  (words) => (words === "auto" ? words : [numberOf(words)].find((value) => value > 0 && Number.isFinite(value))),
  { anyOf: [positive.schema, { enum: ["auto"] }] },
);

/** The times of a text: an interval, a list, which has a comma, or the word for another row, before its numbers. */
function everyOf(words: string): Every | undefined {
  const [, name, rest = words] = /^\s*([a-z]+)\s+(.*)$/.exec(words) ?? [];
  const values = listOf(rest.replace(/,\s*$/, ""), Number.isFinite);
  if (!values) return undefined;
  const [first, factor, ...others] = values;
  const isRow = first! > 0 && factor !== undefined && factor > 1 && others.length === 0;
  switch (name) {
    case undefined:
      if (!rest.includes(",")) return first! > 0 ? first : undefined;
      return values.every((time, i) => i === 0 || time > values[i - 1]!) ? values : undefined;
    case "logarithmic":
      return isRow ? { logarithmic: [first!, factor!] } : undefined;
    case "geometric":
      return isRow ? { geometric: [first!, factor!] } : undefined;
    case "wall":
      return first! > 0 && values.length === 1 ? { wall: first! } : undefined;
    default:
      return undefined;
  }
}

function everyText(every: Every): string {
  if (typeof every === "number") return String(every);
  if (Array.isArray(every)) return every.length === 1 ? `${every[0]},` : every.join(",");
  return Object.entries(every)
    .map((entry) => entry.join(" "))
    .join(" ");
}

/** A number, or some. */
const someNumbers: readonly Schema[] = [{ type: "number" }, { type: "array", items: { type: "number" }, minItems: 1 }];

/** Times at which something is done: an interval, a list, a row that grows, or seconds on the wall. */
export const times: Kind<Every> = kind<Every>(
  "a time above 0, times in ascending order, or logarithmic T,FACTOR, geometric T,FACTOR, wall SECONDS",
  everyOf,
  { anyOf: [...someNumbers, { type: "object", additionalProperties: { anyOf: someNumbers } }] },
  { write: everyText },
);

/** What open cells see of closed ones: `frozen`, `derivative 0`, `value 1`. */
export const faces: Kind<string> = kind(
  "frozen, derivative 0 or value NUMBER",
  (words) => {
    const [, value] = /^value\s+(.*)$/.exec(words) ?? [];
    const isKnown = value === undefined ? /^(frozen|derivative\s+0)$/.test(words) : Number.isFinite(numberOf(value));
    return isKnown ? words : undefined;
  },
  { type: "string" },
);

/** Axes that a grid has at most. */
const mostAxes = 3;

/** Whole numbers of the axes of a grid, separated by commas or letters x: `2,1` and `2x1`. */
export const alongAxes = kind<readonly number[]>(
  "whole numbers of at least 1 separated by commas or x",
  (text) => listOf(text, isWhole(1), text.includes(",") ? "," : "x"),
  { type: "array", items: { type: "integer", minimum: 1 }, minItems: 1, maxItems: mostAxes },
);

/** A shape of a grid. @throws UsageError for more axes than a grid has */
function checkAxes(flag: string, shape: readonly number[]): void {
  if (shape.length <= mostAxes) return;
  throw wrong(
    `"${flag}"`,
    `the cells along 1 to ${mostAxes} axes`,
    `[${shape.join(", ")}]`,
    "Give at most three numbers.",
  );
}

/** The cells along each axis of a grid. */
export const shape: Kind<readonly number[]> = {
  ...alongAxes,
  read(flag, text, example) {
    const read = alongAxes.read(flag, text, example);
    checkAxes(flag, read);
    return read;
  },
};

const lists: Kind<readonly (readonly number[])[]> = kind<readonly (readonly number[])[]>(
  "whole numbers of cells separated by commas, or shapes as 64x32",
  (text) => {
    const read = text.split(",").map((part) => listOf(part, isWhole(1), "x"));
    return read.every((cells) => cells !== undefined) ? read : undefined;
  },
  { type: "array", items: shape.schema },
  { write: (value) => value.map((cells) => cells.join("x")).join(",") },
);

/** Several shapes, `64x32` each; one number alone is that of every axis. */
export const shapes: Kind<readonly (readonly number[])[]> = {
  ...lists,
  read(flag, text, example) {
    const read = lists.read(flag, text, example);
    for (const cells of read) checkAxes(flag, cells);
    return read;
  },
};

/** One of some words. */
export function choice<const T extends string>(words: readonly T[]): Kind<T> {
  const read = (text: string) => words.find((word) => word === text);
  const meant = (text: string) => nearest(text, words);
  return kind(`one of ${words.join(", ")}`, read, { enum: words }, { usual: words[0]!, meant });
}

/** A text that another part of the program reads. */
export function textOf(expected: string, read: (text: string) => unknown): Kind<string> {
  return kind(expected, (value) => (read(value) === undefined ? undefined : value), { type: "string" });
}

/** Any text: the name of a variable. */
export const text: Kind<string> = kind("a text", (value) => value, { type: "string" });

/** Names separated by commas. */
export const list: Kind<readonly string[]> = kind(
  "names separated by commas",
  (value) => {
    const names = value.split(",").map((name) => name.trim());
    return names.includes("") ? undefined : names;
  },
  { type: "array", items: { type: "string" }, minItems: 1 },
);

/** A kind of texts that are no options: `--output --json` lacks the name, and would make a file of that one. */
function noOption(texts: Kind<string>, expected: string): Kind<string> {
  return {
    ...texts,
    read(flag, value, example, before) {
      if (!value.startsWith("-")) return texts.read(flag, value, example, before);
      const todo = value === "-" ? "Name a file." : `Write ./${show(value).slice(1, -1)} for one of that name.`;
      throw wrong(`"${flag}"`, expected, show(value), todo);
    },
  };
}

/** The name of a file. @throws UsageError */
export const file: Kind<string> = noOption(
  kind("the name of a file", (value) => value || undefined, { type: "string" }),
  "the name of a file",
);

/** The argument of a command that is the name of a file. @throws UsageError */
export function fileArgument(value: string): string {
  if (value !== "") return value;
  throw wrong('"file"', "the name of a file", show(value), "Name one.");
}

/** The argument of a command that is the name of a folder. @throws UsageError */
export function folderArgument(value: string): string {
  if (value !== "") return value;
  throw wrong('"folder"', "the name of a folder", show(value), "Name one.");
}

/** A variable of a file. */
export interface Source {
  readonly path: string;
  readonly name: string;
}

/** The file and the variable of a text `FILE:VARIABLE`; undefined for another text. */
export function sourceOf(text: string): Source | undefined {
  // Names of files may have colons, as on Windows; those of variables hardly do.
  const colon = text.lastIndexOf(":");
  const [path, name] = [text.slice(0, Math.max(colon, 0)), text.slice(colon + 1)];
  return path === "" || name === "" ? undefined : { path, name };
}

/** A variable of a file. */
export const source: Kind<string> = kind(
  "a file and a variable of it, FILE:VARIABLE",
  (value) => (sourceOf(value) ? value : undefined),
  { type: "string" },
);

/** What a name is set to. */
export interface Assignment {
  readonly name: string;
  readonly value: string;
}

/** The two sides of a text `NAME = VALUE`; undefined for another text. */
export function assignmentOf(text: string): Assignment | undefined {
  const [, name, value] = /^([^=]*)=([^=].*|)$/s.exec(text.trim())?.map((part) => part.trim()) ?? [];
  return name ? { name, value: value ?? "" } : undefined;
}

/** `NAME = VALUE`. @param what - in place of VALUE, in the words of an error */
function assignment(what: string): Kind<string> {
  const read = (text: string) => (assignmentOf(text)?.value ? text : undefined);
  return kind(what, read, { type: "string" });
}

/** A folder, from then on by its whole path. */
export const folder: Kind<string> = noOption(
  kind(
    "the path of a folder",
    (path) => (path === "" ? undefined : resolve(path)),
    { type: "string" },
    { usual: "out" },
  ),
  "the path of a folder",
);

/** An option without a value, which is there or is not. */
export const onOff: Kind<boolean> = { read: () => true, texts: () => [], schema: { type: "boolean" } };

/** An option that may be there several times, with a value each. */
export function repeated<T>(each: Kind<T>): Kind<readonly T[]> {
  return {
    read: (flag, value, example, before = []) => [...before, each.read(flag, value, example)],
    texts: (values) => values.flatMap((value) => each.texts(value)),
    schema: { type: "array", items: each.schema },
  };
}

/** Assignments, one an option. @param what - as in {@link assignment} */
export function assignments(what: string): Kind<readonly string[]> {
  return { ...repeated(assignment(what)), setsNames: true };
}

/** Frames of a file: their numbers, negative ones from the end, or all. */
export const frames: Kind<readonly number[] | "all"> = kind<readonly number[] | "all">(
  "whole numbers separated by commas, or all",
  (words) => (words.trim() === "all" ? "all" : listOf(words, Number.isSafeInteger)),
  {},
);

/** Where an axis is cut: at a coordinate, or through a cell. */
export interface Cut {
  readonly axis: string;
  readonly at: number;
  readonly isCell: boolean;
}

/** Cuts across axes, `z=0.5` or `z=cell:3` each. */
export const cut: Kind<Cut> = kind<Cut>(
  "an axis and a coordinate along it, z=0.5, or a cell, z=cell:3",
  (words) => {
    const { name = "", value = "" } = assignmentOf(words) ?? {};
    const [, cell] = /^cell:(.*)$/.exec(value) ?? [];
    const at = numberOf(cell ?? value);
    return name && (cell === undefined ? Number.isFinite(at) : isWhole(0)(at))
      ? { axis: name, at, isCell: cell !== undefined }
      : undefined;
  },
  { type: "string" },
  { write: ({ axis, at, isCell }) => `${axis}=${isCell ? "cell:" : ""}${at}` },
);

/** What becomes of the cells along an axis. */
export interface Projection {
  /** The last one where none is named. */
  readonly axis: string | undefined;
  readonly how: "max" | "min" | "mean";
}

/** A projection, `max` or `z=max`. */
export const projection: Kind<Projection> = kind<Projection>(
  "max, min or mean, with an axis before it where it is not the last one, y=max",
  (words) => {
    const { name: axis, value: how = words.trim() } = assignmentOf(words) ?? {};
    return how === "max" || how === "min" || how === "mean" ? { axis, how } : undefined;
  },
  { type: "string" },
  { write: ({ axis, how }) => (axis === undefined ? how : `${axis}=${how}`) },
);

/** Two numbers in ascending order. */
export const ends: Kind<readonly [number, number]> = kind<readonly [number, number]>(
  "two numbers, the smaller first",
  (words) => {
    const values = listOf(words, Number.isFinite);
    return values?.length === 2 && values[0]! < values[1]! ? [values[0]!, values[1]!] : undefined;
  },
  { type: "array", items: { type: "number" }, minItems: 2, maxItems: 2 },
);

/** Levels of contours: at most so many round values, or these values. */
export const levels: Kind<number | readonly number[]> = kind<number | readonly number[]>(
  "how many levels, 8, or the levels, 0.2,0.4, a single one as at:0.2",
  (words) => {
    const [, prefix = "", list = ""] = /^\s*(at:)?(.*)$/s.exec(words)!;
    const values = listOf(list, Number.isFinite);
    if (values === undefined || values.length === 0 || values.length > mostLevels) return undefined;
    if (prefix !== "" || values.length > 1) return values;
    return isWhole(1)(values[0]!) && values[0]! <= mostLevels ? values[0] : undefined;
  },
  { type: "string" },
);

/** As many levels a picture has at most. */
const mostLevels = 64;
