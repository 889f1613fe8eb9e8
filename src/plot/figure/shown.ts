/** What of the values is shown: in which range, in which colours, with what at the ticks. */
import { diverging, type MapName, sequential } from "../colours.js";
import type { PlotOptions } from "../index.js";
import { isConstant, logTicks, type Range, rangeOf, singleTick, type Ticks, ticksOf } from "../scale.js";

/** Values as they are drawn: logarithms to base 10 where these are asked for. */
export interface Shown {
  readonly fields: readonly ArrayLike<number>[];
  readonly range: Range;
  readonly map: MapName;
  /** What stands for the values that have no place in the range; undefined where there are none. */
  readonly strange: string | undefined;
  /** At most so many ticks, or one of a constant. */
  ticks(low: number, high: number, count: number): Ticks;
}

const noTicks: Ticks = { values: [], format: String };

/** The values of all panels, in one range. */
export function shownOf(fields: readonly ArrayLike<number>[], options: PlotOptions): Shown {
  const { log = false, map = sequential } = options;
  const drawn = log ? fields.map((values) => Float64Array.from(values, logOf)) : fields;
  const asked = log ? (options.range?.map(Math.log10) as unknown as Range) : options.range;
  const found = asked ?? rangeOf(drawn);
  const range = found && !asked && map === diverging && !log ? around0(found) : found;
  const isFlat = range !== undefined && isConstant(range);
  const single = log ? (at: number) => singleLog(at) : singleTick;
  return {
    fields: drawn,
    range,
    map,
    strange: strangeOf(fields, log),
    ticks: (low, high, count) => {
      if (!range) return noTicks;
      if (isFlat) return single(range[0]);
      return log ? logTicks(low, high, count) : ticksOf(low, high, count);
    },
  };
}

const logOf = (value: number) => (value > 0 ? Math.log10(value) : Number.NaN);

function singleLog(place: number): Ticks {
  const { format } = singleTick(10 ** place);
  return { values: [place], format: () => format(10 ** place) };
}

/** As far below 0 as above, so that the middle of the colours is 0; a field of zeros keeps its range. */
function around0([low, high]: readonly [number, number]): Range {
  const most = Math.max(Math.abs(low), Math.abs(high));
  return [-most, most];
}

function strangeOf(fields: readonly ArrayLike<number>[], log: boolean): string | undefined {
  const has = (passes: (value: number) => boolean) =>
    fields.some((values) => Array.prototype.some.call(values, passes));
  if (log && has((value) => value <= 0 && value > Number.NEGATIVE_INFINITY)) return "not above 0";
  return has((value) => !Number.isFinite(value)) ? "not finite" : undefined;
}
