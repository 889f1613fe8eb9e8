/** The colours and the range that the options mean for some values. */
import { wrong } from "../../argument.js";
import { diverging, type MapName, sequential } from "../../plot/colours.js";
import type { PlotOptions } from "../../plot/index.js";
import { isConstant, type Range, rangeOf } from "../../plot/scale.js";
import type { OptionsOf } from "../options/index.js";

type Options = Pick<OptionsOf<"view">, "map" | "range" | "min" | "max" | "log" | "minus">;

/** A field is taken for one of both signs where the lesser of them reaches this part of the other: an overshoot does not. */
const leastShare = 0.1;

/** @throws UsageError for options of the scale that contradict each other */
export function checkScale({ range, min, max, log }: Options): void {
  const end = min === undefined ? "max" : "min";
  if (range !== undefined && (min ?? max) !== undefined) {
    throw wrong(`"--${end}"`, "none, as --range has both ends", min ?? max, "Leave out one of them.");
  }
  if (min !== undefined && max !== undefined && !(min < max)) {
    throw wrong('"--min"', `a number below --max ${max}`, min, "Give the smaller one as --min.");
  }
  const [name, low] = range ? ["range", range[0]] : min === undefined ? ["max", max] : ["min", min];
  if (log && low !== undefined && !(low > 0)) {
    throw wrong(`"--${name}"`, "numbers above 0, as --log is on", range?.join(",") ?? low, "Leave out one of them.");
  }
}

/** How values in a range are drawn. @throws UsageError for an end beyond all values */
export function scaleOf(found: Range, options: Options): Pick<PlotOptions, "map" | "range" | "log"> {
  const { log = false, min, max } = options;
  const map = options.map ?? mapFor(found, options);
  return { map, ...(log ? { log } : {}), ...rangeFor(options.range, found, min, max) };
}

/** The same for pictures that are drawn one by one, and are to have one range. */
export function steadyScaleOf(found: Range, options: Options): Pick<PlotOptions, "map" | "range" | "log"> {
  const scale = scaleOf(found, options);
  if (scale.range || !found || isConstant(found)) return scale;
  const most = Math.max(-found[0], found[1]);
  return { ...scale, range: scale.map === diverging && !options.log ? [-most, most] : found };
}

function rangeFor(
  range: readonly [number, number] | undefined,
  found: Range,
  min: number | undefined,
  max: number | undefined,
): Pick<PlotOptions, "range"> {
  if (range !== undefined) return { range };
  if (min === undefined && max === undefined) return {};
  const [low, high] = [min ?? found?.[0] ?? (max! > 0 ? 0 : 2 * max! - 1), max ?? found?.[1] ?? min! + 1];
  if (low < high) return { range: [low, high] };
  const [name, end, words] = min === undefined ? ["max", max, `above ${low}`] : ["min", min, `below ${high}`];
  const other = min === undefined ? "min" : "max";
  throw wrong(`"--${name}"`, `a number ${words}, the ${other} of what is drawn`, end, `Give --${other} as well.`);
}

/** The range of the values that have a place on the scale. */
export function foundIn(fields: readonly ArrayLike<number>[], log = false): Range {
  if (!log) return rangeOf(fields);
  return rangeOf(fields.map((values) => Float64Array.from(values, (value) => (value > 0 ? value : Number.NaN))));
}

/** The range of two together. */
export function joined(first: Range, second: Range): Range {
  return first && second ? [Math.min(first[0], second[0]), Math.max(first[1], second[1])] : (first ?? second);
}

/** The colours of values in a range: those with a middle where both signs matter. */
export function mapFor(found: Range, { minus, log = false }: Pick<Options, "minus" | "log"> = {}): MapName {
  if (!found || log) return sequential;
  if (minus !== undefined) return diverging;
  const [low, high] = found;
  const isSigned = low < 0 && high > 0 && Math.min(-low, high) >= leastShare * Math.max(-low, high);
  return isSigned && !isConstant(found) ? diverging : sequential;
}
