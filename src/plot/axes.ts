/** The axes of pictures: what stands at them, by their names and units. Pure. */
import { type Ticks, ticksOf } from "./scale.js";

/** What is used of the options of a picture, or of what is known of a page. */
export interface Axes {
  readonly axes?: readonly string[] | undefined;
  readonly units?: readonly (string | undefined)[] | undefined;
}

const usualNames = ["x", "y", "z"];

/** Angles are shown in degrees: how many a unit has, and the letters of both sides of a sphere. */
interface Angle {
  readonly degrees: number;
  readonly sides?: readonly [above: string, below: string];
  readonly name?: string;
}

/** The units of angles, as UDUNITS and the CF conventions spell them. */
function angleOf(units: string | undefined): Angle | undefined {
  if (/^(rad|radians?)$/.test(units ?? "")) return { degrees: 180 / Math.PI };
  if (/^(degs?|degrees?|°)$/.test(units ?? "")) return { degrees: 1 };
  if (/^degrees?_?(east|E)$/.test(units ?? "")) return { degrees: 1, sides: ["E", "W"], name: "longitude" };
  if (/^degrees?_?(north|N)$/.test(units ?? "")) return { degrees: 1, sides: ["N", "S"], name: "latitude" };
  return undefined;
}

/** What an axis is called, with its units: `x [m]`, `longitude`; angles have theirs at the ticks. */
export function titleAlong({ axes, units }: Axes, axis: number): string {
  const name = axes?.[axis] ?? usualNames[axis]!;
  const unit = units?.[axis];
  const angle = angleOf(unit);
  if (angle) return angle.name ?? name;
  return unit === undefined || unit === "" || unit === "1" ? name : `${name} [${unit}]`;
}

/** Steps of degrees that people use; smaller ones are as of other numbers. */
const degreeSteps = [1, 2, 5, 10, 15, 30, 45, 60, 90, 180, 360];

/** Round places between two ends of an axis, at most `count` steps apart, and what stands there. */
export function ticksAlong({ units }: Axes, axis: number, low: number, high: number, count: number): Ticks {
  const angle = angleOf(units?.[axis]);
  const spanned = angle && (high - low) * angle.degrees;
  if (!angle || !spanned || spanned > 3600) return ticksOf(low, high, count);
  const [first, last] = [low * angle.degrees, high * angle.degrees];
  const step = spanned / count > 0.5 ? degreeSteps.find((each) => each >= spanned / count) : undefined;
  const inDegrees = step === undefined ? ticksOf(first, last, count) : wholeTicks(first, last, step);
  // A rounding below the last digit is no reason to leave out the tick at an end.
  const values = inDegrees.values.map((value) => Math.min(Math.max(value / angle.degrees, low), high));
  const textOf = (degrees: number) => {
    const { sides } = angle;
    if (!sides) return `${inDegrees.format(degrees)}°`;
    const isAround = sides[0] === "E";
    const place = isAround ? degrees - 360 * Math.ceil((degrees - 180) / 360) : degrees;
    const text = `${inDegrees.format(Math.abs(place))}°`;
    if (Math.abs(place) < 1e-9 || (isAround && place === 180)) return text;
    return text + sides[place > 0 ? 0 : 1];
  };
  return { values, format: (value) => textOf(value * angle.degrees) };
}

/** Pixels along an axis, and how many of them ticks need from each to the next: many of them, or a pair. */
export interface Room {
  readonly length: number;
  readonly each: number;
  pair(ticks: Ticks): number;
}

/** {@link ticksAlong}, as many as there is room for; two where one alone would tell no scale and these stand apart. */
export function ticksIn(
  axes: Axes,
  axis: number,
  [low, high]: readonly [number, number],
  { length, each, pair }: Room,
  most = 7,
): Ticks {
  const count = Math.max(1, Math.min(most, Math.floor(length / each)));
  const ticks = ticksAlong(axes, axis, low, high, count);
  for (let finer = count + 1; finer <= 7 && ticks.values.length === 1; finer++) {
    const { values, format } = ticksAlong(axes, axis, low, high, finer);
    const ends = { values: [values[0]!, values.at(-1)!], format };
    if (values.length > 1 && (length * (ends.values[1]! - ends.values[0]!)) / (high - low) >= pair(ends)) return ends;
  }
  return ticks;
}

function wholeTicks(low: number, high: number, step: number): Ticks {
  const [first, last] = [Math.ceil(low / step - 1e-9), Math.floor(high / step + 1e-9)];
  const values = Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => (first + i) * step);
  return { values, format: (value) => String(Math.round(value)).replace("-", "−") };
}
