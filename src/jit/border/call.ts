/**
 * Compiled functions as functions of JavaScript. Numbers of the commonest types pass with one comparison each; all else takes
 * the longer way. There is one closure for each number of parameters, and each guards its own call, so that the engine makes
 * good code of it. Measured with 0 to 3 numbers, in ns a call: 8 to 9; 12 to 16 where one function guards the calls of all;
 * 19 to 27 with one closure of six parameters for all; 20 to 31 with a list.
 */
import { wrong } from "../../argument.js";
import { type Lower, lowering, Recent } from "./argument.js";
import type { Border } from "./border.js";
import { type Lift, lifting, liftingLive } from "./result.js";
import type { FunctionSignature, VariableSignature } from "./signature.js";

type Run = (...values: unknown[]) => unknown;

/** A number that is passed as it is: of any value, of 32 bits with and without a sign. */
const [never, anyNumber, signed, unsigned] = [0, 1, 2, 3];
/** A result that is passed as it is, or made a number without a sign or a truth, and one that takes longer. */
const [plain, withoutSign, truth, lifted] = [0, 1, 2, 3];

const shortcuts: Readonly<Record<string, number>> = {
  f64: anyNumber,
  f32: anyNumber,
  i32: signed,
  isize: signed,
  u32: unsigned,
  usize: unsigned,
};

const results: Readonly<Record<string, number>> = { u32: withoutSign, usize: withoutSign, bool: truth };

/** A parameter: what passes as it is, and the objects that it got last. */
interface Parameter {
  readonly shortcut: number;
  readonly recent: Recent;
}

/** What compiled code takes for the commonest values; `undefined` for those that need a closer look. */
function quick({ shortcut, recent }: Parameter, value: unknown): unknown {
  if (typeof value !== "number") return typeof value === "object" ? recent.get(value) : undefined;
  if (shortcut === signed) return (value | 0) === value ? value : undefined;
  if (shortcut === unsigned) return value >>> 0 === value ? value : undefined;
  return shortcut === anyNumber ? value : undefined;
}

/** What calls need of their module. */
export interface Surroundings {
  readonly border: Border;
  /** Tells a function with defaults how many arguments there are. */
  readonly setLength: ((count: number) => void) | undefined;
  /** What the caller of a function is told of an error in it. */
  told(name: string, error: unknown): unknown;
}

/** A compiled function, and what its calls need. */
class Call {
  readonly name: string;
  readonly run: Run;
  readonly border: Border;
  readonly parameters: readonly Parameter[];
  readonly #surroundings: Surroundings;
  readonly #lowers: readonly Lower[];
  readonly #required: number;
  /** What takes the place of an argument that is left out. */
  readonly #absent: readonly (number | bigint)[];
  readonly #result: number;
  readonly #lift: Lift | undefined;

  constructor(name: string, run: Run, signature: FunctionSignature, surroundings: Surroundings) {
    const { parameters, required, result } = signature;
    const { border } = surroundings;
    this.name = name;
    this.run = run;
    this.border = border;
    this.#surroundings = surroundings;
    this.#required = required;
    // A function with defaults is told first how many arguments there are.
    const hasDefaults = required < parameters.length;
    this.parameters = parameters.map(({ kind }) => {
      return { shortcut: hasDefaults ? never : (shortcuts[kind] ?? never), recent: new Recent() };
    });
    this.#lowers = parameters.map((crossing, i) => {
      const recent = hasDefaults ? new Recent() : this.parameters[i]!.recent;
      return lowering(crossing, `${name}: "${crossing.parameter}"`, border, recent);
    });
    this.#absent = parameters.map(({ kind }) => (kind === "i64" || kind === "u64" ? 0n : 0));
    this.#lift = lifting(result, border);
    this.#result = results[result.kind] ?? (this.#lift ? lifted : plain);
  }

  told(error: unknown): unknown {
    return this.#surroundings.told(this.name, error);
  }

  /** A result for JavaScript. */
  finish(value: unknown): unknown {
    const result = this.#result;
    if (result === plain) return value;
    if (result === withoutSign) return (value as number) >>> 0;
    return result === truth ? value !== 0 : this.#lift!(value as never);
  }

  /** The call with any arguments. @throws UsageError naming the parameter, before anything is run */
  slow(values: unknown[]): unknown {
    const { border } = this;
    border.expectInUse(this.name);
    const count = this.#countOf(values);
    const lowers = this.#lowers;
    const first = border.lentCount;
    let isDone = false;
    try {
      for (let i = 0; i < lowers.length; i++) values[i] = i < count ? lowers[i]!(values[i], first) : this.#absent[i];
      const result = this.#guarded(values, count);
      isDone = true;
      return result;
    } finally {
      if (border.lentCount > first) border.takeBack(first, isDone);
    }
  }

  #guarded(values: readonly unknown[], count: number): unknown {
    const { run } = this;
    let value: unknown;
    try {
      if (this.#required < this.#lowers.length) this.#surroundings.setLength!(count);
      value = run(...values);
    } catch (error) {
      throw this.told(error);
    }
    return this.finish(value);
  }

  /** How many arguments there are, without `undefined` at the end, which stands for defaults. */
  #countOf(values: readonly unknown[]): number {
    const [least, most] = [this.#required, this.#lowers.length];
    let count = values.length;
    while (count > 0 && values[count - 1] === undefined) count--;
    if (count >= least && count <= most) return count;
    const [range, todo] =
      least === most
        ? [most, "Give each parameter a value."]
        : [`${least} to ${most}`, "Give each parameter without a default a value."];
    throw wrong(this.name, `${range} ${most === 1 ? "argument" : "arguments"}`, count, todo);
  }
}

/** A compiled function as one of JavaScript. */
export function wrapped(name: string, run: Run, signature: FunctionSignature, surroundings: Surroundings): Run {
  const call = new Call(name, run, signature, surroundings);
  return [none, one, two, three, four, five, six][signature.parameters.length]?.(call) ?? many(call);
}

function none(call: Call): Run {
  const { border, run } = call;
  return (...rest) => {
    if (rest.length > 0 || border.isFreed) return call.slow(rest);
    let value: unknown;
    try {
      value = run();
    } catch (error) {
      throw call.told(error);
    }
    return call.finish(value);
  };
}

function one(call: Call): Run {
  const { border, run } = call;
  const [p] = call.parameters;
  return (a, ...rest) => {
    const aa = quick(p!, a);
    const isSlow = rest.length > 0 || border.isFreed || aa === undefined;
    if (isSlow) return call.slow([a, ...rest]);
    let value: unknown;
    try {
      value = run(aa);
    } catch (error) {
      throw call.told(error);
    }
    return call.finish(value);
  };
}

function two(call: Call): Run {
  const { border, run } = call;
  const [p, q] = call.parameters;
  return (a, b, ...rest) => {
    const aa = quick(p!, a);
    const bb = quick(q!, b);
    const isSlow = rest.length > 0 || border.isFreed || aa === undefined || bb === undefined;
    if (isSlow) return call.slow([a, b, ...rest]);
    let value: unknown;
    try {
      value = run(aa, bb);
    } catch (error) {
      throw call.told(error);
    }
    return call.finish(value);
  };
}

function three(call: Call): Run {
  const { border, run } = call;
  const [p, q, r] = call.parameters;
  return (a, b, c, ...rest) => {
    const aa = quick(p!, a);
    const bb = quick(q!, b);
    const cc = quick(r!, c);
    const isSlow = rest.length > 0 || border.isFreed || aa === undefined || bb === undefined || cc === undefined;
    if (isSlow) return call.slow([a, b, c, ...rest]);
    let value: unknown;
    try {
      value = run(aa, bb, cc);
    } catch (error) {
      throw call.told(error);
    }
    return call.finish(value);
  };
}

function four(call: Call): Run {
  const { border, run } = call;
  const [p, q, r, s] = call.parameters;
  return (a, b, c, d, ...rest) => {
    const aa = quick(p!, a);
    const bb = quick(q!, b);
    const cc = quick(r!, c);
    const dd = quick(s!, d);
    const isSlow =
      rest.length > 0 || border.isFreed || aa === undefined || bb === undefined || cc === undefined || dd === undefined;
    if (isSlow) return call.slow([a, b, c, d, ...rest]);
    let value: unknown;
    try {
      value = run(aa, bb, cc, dd);
    } catch (error) {
      throw call.told(error);
    }
    return call.finish(value);
  };
}

function five(call: Call): Run {
  const { border, run } = call;
  const [p, q, r, s, t] = call.parameters;
  return (a, b, c, d, e, ...rest) => {
    const aa = quick(p!, a);
    const bb = quick(q!, b);
    const cc = quick(r!, c);
    const dd = quick(s!, d);
    const ee = quick(t!, e);
    const isSlow =
      rest.length > 0 ||
      border.isFreed ||
      aa === undefined ||
      bb === undefined ||
      cc === undefined ||
      dd === undefined ||
      ee === undefined;
    if (isSlow) return call.slow([a, b, c, d, e, ...rest]);
    let value: unknown;
    try {
      value = run(aa, bb, cc, dd, ee);
    } catch (error) {
      throw call.told(error);
    }
    return call.finish(value);
  };
}

function six(call: Call): Run {
  const { border, run } = call;
  const [p, q, r, s, t, u] = call.parameters;
  return (a, b, c, d, e, f, ...rest) => {
    const aa = quick(p!, a);
    const bb = quick(q!, b);
    const cc = quick(r!, c);
    const dd = quick(s!, d);
    const ee = quick(t!, e);
    const ff = quick(u!, f);
    const isSlow =
      rest.length > 0 ||
      border.isFreed ||
      aa === undefined ||
      bb === undefined ||
      cc === undefined ||
      dd === undefined ||
      ee === undefined ||
      ff === undefined;
    if (isSlow) return call.slow([a, b, c, d, e, f, ...rest]);
    let value: unknown;
    try {
      value = run(aa, bb, cc, dd, ee, ff);
    } catch (error) {
      throw call.told(error);
    }
    return call.finish(value);
  };
}

function many(call: Call): Run {
  return (...values) => call.slow(values);
}

/** A variable of a module as a property of JavaScript's. */
export function exposed(
  name: string,
  global: { value: unknown },
  { variable, isConstant }: VariableSignature,
  { border }: Surroundings,
): PropertyDescriptor {
  const lift = lifting(variable, border);
  const lower = lowering(variable, name, border);
  return {
    enumerable: true,
    get() {
      border.expectInUse(name);
      return lift ? lift(global.value as never) : global.value;
    },
    set(value: unknown) {
      if (isConstant) throw wrong(name, "a variable (export let)", "a constant", "Declare it with let.");
      border.expectInUse(name);
      const first = border.lentCount;
      const lowered = lower(value, first);
      border.expectKept(first);
      global.value = lowered;
    },
  };
}

/** A function of JavaScript as compiled code calls it. */
export function imported(where: string, run: Run, { parameters, result }: FunctionSignature, border: Border): Run {
  const lifts = parameters.map((crossing) => liftingLive(crossing, border));
  const lower = lowering(result, `${where}: "result"`, border);
  if (result.kind === "void" && lifts.every((lift) => lift === undefined)) return run;
  return (...values) => {
    for (let i = 0; i < lifts.length; i++) {
      const lift = lifts[i];
      if (lift) values[i] = lift(values[i] as never);
    }
    const first = border.lentCount;
    const lowered = lower(run(...values), first);
    if (border.lentCount > first) border.expectKept(first);
    return lowered;
  };
}
