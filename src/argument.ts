/**
 * Checks of what a caller passes, and the one grammar of all error texts: `where: expected WHAT, got WHAT. What to do.`
 *
 * `where` names the call, and behind it the argument where there is one: `Grid`, `MPI_Send`, `Grid: "shape"`. A check may
 * depend only on what is equal on all ranks. Texts are put together on the throwing path alone.
 */
import { FileError, KernelError, MpiError, textOf, UsageError } from "./errors.js";

/**
 * The error of a caller that passed something wrong; to be thrown: `Grid: expected ...` where `where` names a call,
 * `Grid: "shape" expected ...` where it names an argument.
 */
export function wrong(where: string, expected: string, got: unknown, todo: string, cause?: unknown): UsageError {
  const subject = /: |"$/.test(where) ? where : `${where}:`;
  const text = `${subject} expected ${expected}, got ${textOf(got)}. ${todo}`;
  return cause === undefined ? new UsageError(text) : new UsageError(text, { cause });
}

/**
 * The error of a file that is not what was expected; to be thrown. A full memory is no fault of the file, and is told as it is.
 * @param got - what there is instead, or the error that says it
 */
export function wrongFile(path: string, expected: string, got: string, todo: string): FileError;
export function wrongFile(path: string, expected: string, got: unknown, todo: string): FileError | KernelError;
export function wrongFile(path: string, expected: string, got: unknown, todo: string): FileError | KernelError {
  if (got instanceof KernelError) return got;
  const text = typeof got === "string" ? got : `"${reason(got)}"`;
  const cause = got instanceof Error ? got : undefined;
  return new FileError(`file "${path}": expected ${expected}, got ${text}. ${todo}`, path, cause);
}

/** The error of compiled code that did not do what was expected; to be thrown. */
export function wrongKernel(kernel: string, expected: string, got: string, todo: string, cause?: unknown): KernelError {
  return new KernelError(`${kernel}: expected ${expected}, got ${got}. ${todo}`, kernel, cause);
}

/** The error of a memory of WebAssembly for which a limit leaves no addresses; to be thrown. @param got the engine's words */
export function wrongMemory(of: string, got: string, cause?: unknown): KernelError {
  const todo =
    "Raise the limit of virtual memory (ulimit -v), or set NODE_OPTIONS=--disable-wasm-trap-handler, with which 4 GiB do.";
  return wrongKernel(
    of,
    "10 GiB of addresses for the memory of WebAssembly and what guards its end",
    `"${got}"`,
    todo,
    cause,
  );
}

/** The system's words in an error of HDF5 or Node, else the innermost reason in HDF5's error stack. */
export function reason(cause: unknown): string {
  const text = cause instanceof Error ? cause.message : textOf(cause);
  // The rank and the path are told beside it.
  if (cause instanceof MpiError)
    return text.replace(/^.*?: (MPI_ERR_\w+) \(\d+\): (\1: )?/, "$1: ").split(". The file is")[0]!;
  const system = /error message = '([^']*)'/.exec(text)?.[1];
  const innermost = [...text.matchAll(/^ *#\d+: .*\(\): (.*)$/gm)].at(-1)?.[1];
  // HDF5 words its errors in a temporary file, and at times for those who call it.
  const words = (system ?? innermost ?? text.split(", ")[0]!).replace(/\. See documentation for .*$/, "");
  return words || "an error without words, as when the disk of /tmp is full";
}

/** Whether a disk, a quota or a limit of files had no room, by the system's words in an error. */
export function isFull(cause: unknown): boolean {
  return /no space|too large|quota/i.test(reason(cause));
}

/** A longer text is shown as half of that. */
const LONG = 200;

/** A text, or its beginning where it is long. */
export function cut(text: string): string {
  return text.length > LONG ? `${text.slice(0, LONG / 2)}...` : text;
}

/** What is shown as it is in a list: a list of fields, or a list of lists, is told by its class. */
function isPlainValue(value: unknown): boolean {
  return value === null || ["number", "string", "boolean", "undefined"].includes(typeof value);
}

/** A wrong argument in an error text: a text in quotes, numbers as they are, an object by its class. */
export function show(value: unknown): string {
  try {
    return shown(value);
  } catch {
    // A proxy that was revoked, or an object whose class throws when it is asked for.
    return `${typeof value === "function" ? "a function" : "an object"} that cannot be read`;
  }
}

function shown(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(cut(value));
  if (Array.isArray(value) && value.every(isPlainValue)) return cut(`[${value.map(show).join(", ")}]`);
  if (typeof value === "function") return nameOr("a function", value.name, isClass(value) ? "class " : "function ");
  if (typeof value === "bigint") return `${value}n`;
  if (value === null || typeof value !== "object") return String(value);
  // Of what is computed behind an `await`, such as a field of `evaluate`.
  if (value instanceof Promise) return "a promise that was not awaited";
  // A bundler may have put an underscore before the name.
  return nameOr("object", value.constructor?.name).replace(/^_/, "");
}

/** The name of a function, which programs may have set to anything. */
function nameOr(none: string, name: unknown, noun = ""): string {
  return typeof name === "string" && name !== "" ? noun + name : none;
}

/** Whether a function is a class, which cannot be called without `new`. */
function isClass(value: unknown): boolean {
  return /^class\b/.test(Function.prototype.toString.call(value));
}

/** An argument in an error text with all that is in it, as JSON, where it can be written so. */
export function showAll(value: unknown): string {
  try {
    return JSON.stringify(value, (_, entry) => (typeof entry === "bigint" ? `${entry}n` : entry)) ?? show(value);
  } catch {
    return show(value); // An object that leads to itself, or that throws when it is read.
  }
}

/** Whether a value is a number above `least`, below infinity. */
export function isAbove(least: number, value: unknown): value is number {
  return Number.isFinite(value) && (value as number) > least;
}

/** What other MPI interfaces, solvers and libraries call what has another name here, in small letters. */
const synonyms: ReadonlyMap<string, readonly string[]> = new Map(
  Object.entries({
    source: ["from", "root"],
    src: ["from", "root"],
    sender: ["from", "root"],
    dest: ["to", "target", "root"],
    destination: ["to", "target", "root"],
    dst: ["to", "target", "root"],
    receiver: ["to", "target", "root"],
    target: ["to", "rank"],
    rank: ["target", "root", "to"],
    operation: ["op"],
    offset: ["at"],
    at: ["offset"],
    displacement: ["at", "offset", "displs"],
    disp: ["at", "offset"],
    recvcounts: ["counts"],
    sendcounts: ["counts"],
    counts: ["recvCounts"],
    displacements: ["displs", "recvDispls"],
    periodic: ["periods"],
    shape: ["dims"],
    unit: ["units"],
    datatype: ["type", "dtype"],
    dtype: ["type"],
    etype: ["type"],
    type: ["dtype"],
    whence: ["from"],
    dirichlet: ["value", "constant"],
    neumann: ["derivative", "open"],
    robin: ["mixed"],
    value: ["constant"],
    derivative: ["open"],
    flux: ["derivative"],
    n_iters: ["iterations"],
    iters: ["iterations"],
    g_factor: ["g"],
    advectee: ["psi"],
    advector: ["courant"],
    mu_coeff: ["mu"],
    bc: ["boundary"],
    bcs: ["boundary"],
    consts: ["constants"],
    parameters: ["constants"],
    user_funcs: ["define"],
    t_range: ["until"],
    t_end: ["until"],
    tend: ["until"],
    timestep: ["dt"],
    state: ["initial"],
    init: ["initial"],
    solver: ["stepper"],
    tracker: ["track"],
    trackers: ["track"],
    operator: ["op"],
    ghosts: ["halo"],
    n_halo: ["halo"],
    extent: ["bounds"],
    random: ["noise"],
    rand: ["noise"],
    randn: ["noise"],
    ln: ["log"],
    no: ["off"],
    of: ["off"],
  }),
);

/** How many letters have to be inserted, removed, replaced or exchanged with their neighbour to make `to` of `from`. */
function editDistance(from: string, to: string): number {
  let before: number[] = [];
  let above = Array.from({ length: to.length + 1 }, (_, j) => j);
  for (let i = 1; i <= from.length; i++) {
    const row = [i];
    for (let j = 1; j <= to.length; j++) {
      const replaced = above[j - 1]! + (from[i - 1] === to[j - 1] ? 0 : 1);
      row[j] = Math.min(replaced, above[j]! + 1, row[j - 1]! + 1);
      const swapped = i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1];
      if (swapped) row[j] = Math.min(row[j]!, before[j - 2]! + 1);
    }
    before = above;
    above = row;
  }
  return above[to.length]!;
}

/**
 * The known name that somebody who wrote `name` most likely meant: what the name is called elsewhere, or what differs in
 * at most a third of its letters (the case of letters aside), or the only one that goes on after three letters or more;
 * `undefined` where there is none.
 */
export function nearest(name: string, known: readonly string[]): string | undefined {
  const lower = name.toLowerCase();
  const synonym = synonyms.get(lower)?.find((meant) => known.includes(meant));
  if (synonym !== undefined) return synonym;
  let best: string | undefined;
  let least = Math.max(1, Math.floor(name.length / 3)) + 1;
  for (const candidate of known) {
    const distance = editDistance(lower, candidate.toLowerCase());
    if (distance < least && distance < candidate.length) [best, least] = [candidate, distance];
  }
  if (best !== undefined || name.length < 3) return best;
  const longer = known.filter((candidate) => candidate.toLowerCase().startsWith(lower));
  return longer.length === 1 ? longer[0] : undefined;
}

/** The names of all options of a type: the compiler refuses a list with one too many or too few. */
export function keysOf<T>(names: Readonly<Record<keyof T, true>>): readonly string[] {
  return Object.keys(names);
}

/**
 * Checks the names of options that may be left out.
 * @throws UsageError for one that is not known, with the nearest known name, for an operation that is `undefined`, and for
 * options that are no object
 */
export function expectKeys(where: string, options: object | undefined, known: readonly string[]): void {
  if (options === undefined) return;
  if (typeof options !== "object" || options === null || isRevoked(options)) throw noObject(where, options, known);
  for (const key in options) {
    // Costs a nanosecond, `known.includes(key)` some twenty: MPI calls of 300 ns are checked.
    let place = 0;
    while (place < known.length && known[place] !== key) place++;
    if (place === known.length)
      throw isPlain(options) ? unknownKey(where, key, known) : noObject(where, options, known);
    // Elsewhere `undefined` is the default. Here it is mpi.MAX, which does not exist, and the default a wrong result.
    if (key === "op" && (options as { op?: unknown }).op === undefined) throw noOperation(where);
  }
}

/** Whether a value is a proxy that was revoked, of which nothing can be asked: not even whether it is a list. */
export function isRevoked(value: unknown): boolean {
  try {
    Array.isArray(value);
    return false;
  } catch {
    return true;
  }
}

/** Whether options are written in braces: lists and objects of a class, such as fields, stand for an argument of their own. */
function isPlain(options: object): boolean {
  return !Array.isArray(options) && [undefined, "Object"].includes(options.constructor?.name);
}

/** Whether a value has entries by name: a list has none, nor has a Map, whose entries are no properties. */
export function isTable(value: unknown): value is object {
  if (typeof value !== "object" || value === null || isRevoked(value)) return false;
  return !(Array.isArray(value) || value instanceof Map || value instanceof Set);
}

/** As {@link expectKeys}, for options that have to be given. @throws UsageError */
export function expectOptions(where: string, options: object, known: readonly string[]): void {
  if (options === undefined) throw noObject(where, options, known);
  expectKeys(where, options, known);
}

/**
 * As {@link expectOptions}, where no value may be a proxy that was revoked either: for what is made seldom, as a look at each
 * value takes a few nanoseconds. @throws UsageError
 */
export function expectValues(where: string, options: object, known: readonly string[]): void {
  expectOptions(where, options, known);
  if (!isTable(options)) throw noObject(where, options, known);
  for (const [key, value] of Object.entries(options)) {
    if (!isRevoked(value)) continue;
    throw wrong(`${where}: "${key}"`, "a value that can be read", show(value), "Pass it before its proxy is revoked.");
  }
}

function nounOf(where: string): string {
  return where.endsWith('"') ? "key" : "option";
}

/** `the option root`, `options among from, tag`. */
function namesText(noun: string, known: readonly string[]): string {
  if (known.length === 1) return `the ${noun} ${known[0]}`;
  return known.length === 0 ? `no ${noun}s` : `${noun}s among ${known.join(", ")}`;
}

function noObject(where: string, got: unknown, known: readonly string[]): UsageError {
  const names = namesText(nounOf(where), known);
  const expected = known.length === 0 ? names : `an object with ${names}`;
  return wrong(where, expected, show(got), known.length === 0 ? "Leave it out." : `Write { ${known[0]}: ... }.`);
}

function noOperation(where: string): UsageError {
  return wrong(`${where}: "op"`, "an operation", undefined, 'Write its name: { op: "max" }.');
}

function unknownKey(where: string, key: string, known: readonly string[]): UsageError {
  const near = nearest(key, known);
  const todo = near ? `Did you mean ${near}?` : "Remove or rename it.";
  return wrong(where, namesText(nounOf(where), known), JSON.stringify(key), todo);
}

/** The bounds of a number, both allowed. */
export interface Bounds {
  readonly least?: number;
  readonly most?: number;
}

/** `a whole number from 1 to 8`. */
function rangeText(noun: string, { least, most }: Bounds): string {
  const from = least === undefined ? "" : ` from ${least}`;
  const to = most === undefined ? "" : least === undefined ? ` up to ${most}` : ` to ${most}`;
  return noun + from + to;
}

/** A whole number within bounds. @throws UsageError */
export function expectWhole(where: string, value: unknown, bounds: Bounds, todo: string): number {
  const { least = Number.NEGATIVE_INFINITY, most = Number.POSITIVE_INFINITY } = bounds;
  if (Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most) return value as number;
  throw wrong(where, rangeText("a whole number", bounds), show(value), todo);
}

/** A finite number within bounds. @throws UsageError */
export function expectNumber(where: string, value: unknown, bounds: Bounds, todo: string): number {
  const { least = Number.NEGATIVE_INFINITY, most = Number.POSITIVE_INFINITY } = bounds;
  if (Number.isFinite(value) && (value as number) >= least && (value as number) <= most) return value as number;
  throw wrong(where, rangeText("a finite number", bounds), show(value), todo);
}

/** One of some texts. @throws UsageError with the nearest of them */
export function expectOneOf<T extends string>(where: string, value: unknown, known: readonly T[], todo?: string): T {
  if (known.includes(value as T)) return value as T;
  const near = typeof value === "string" ? nearest(value, known) : undefined;
  const advice = todo ?? (near ? `Did you mean ${near}?` : "Choose one of them.");
  throw wrong(where, `one of ${known.join(", ")}`, show(value), advice);
}

/** A list of this length, or of any. @throws UsageError */
export function expectList(
  where: string,
  value: unknown,
  expected: string,
  todo: string,
  length?: number,
): readonly unknown[] {
  const isList = !isRevoked(value) && Array.isArray(value);
  if (isList && (length === undefined || value.length === length)) return value;
  throw wrong(where, expected, isList ? value.length : show(value), todo);
}

/** A function, or nothing where it may be left out. @throws UsageError */
export function expectFunction(where: string, value: unknown, todo: string): void {
  if (typeof value !== "function" || isClass(value) || isRevoked(value))
    throw wrong(where, "a function", show(value), todo);
  if (!/^\[object (Async|Generator)/.test(Object.prototype.toString.call(value))) return;
  const expected = "a function that is done when it returns";
  throw wrong(where, expected, "one that is async, or a generator", "Await what it needs before.");
}
