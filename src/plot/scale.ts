/** From numbers to what is drawn: cell edges, ranges, ticks and colours. Pure. */

import { coloursOf, type MapName, notFinite } from "./colours.js";

/** Smallest and largest finite value; `undefined` where no value is finite. */
export type Range = readonly [number, number] | undefined;
/** Where an axis has ticks, and what stands at each. */
export interface Ticks {
  values: number[];
  format: (value: number) => string;
}

/** The range of all finite values of all arrays. */
export function rangeOf(arrays: readonly ArrayLike<number>[]): Range {
  let [low, high] = [Infinity, -Infinity];
  for (const values of arrays) {
    for (let i = 0; i < values.length; i++) {
      const value = values[i]!;
      if (value < low && value !== -Infinity) low = value;
      if (value > high && value !== Infinity) high = value;
    }
  }
  return low <= high ? [low, high] : undefined;
}

/** Whether a range holds one value, up to the rounding of a few operations: spreading noise over all colours would mislead. */
export function isConstant(range: readonly [number, number]): boolean {
  const largest = Math.max(Math.abs(range[0]), Math.abs(range[1]));
  return range[1] - range[0] <= Math.max(32 * Number.EPSILON * largest, 1e-290);
}

/** The `n + 1` edges of cells with these centres: halfway between neighbours. Without centres: 0, 1, ... n. */
export function edgesOf(n: number, centres?: ArrayLike<number>): Float64Array {
  if (!centres) return Float64Array.from({ length: n + 1 }, (_, i) => i);
  const edges = new Float64Array(n + 1);
  for (let i = 1; i < n; i++) edges[i] = centres[i - 1]! + (centres[i]! - centres[i - 1]!) / 2;
  edges[0] = n > 1 ? centres[0]! - (edges[1]! - centres[0]!) : centres[0]! - 0.5;
  edges[n] = n > 1 ? centres[n - 1]! + (centres[n - 1]! - edges[n - 1]!) : centres[0]! + 0.5;
  return edges;
}

/** Round numbers in [low, high], at most `count` steps of 1, 2 or 5 times a power of ten apart, with labels just as long as needed. */
export function ticksOf(low: number, high: number, count: number): Ticks {
  const raw = high / count - low / count;
  let power = Math.floor(Math.log10(raw));
  let factor = [1, 2, 5, 10].find((f) => f * 10 ** power >= raw * (1 - 1e-9)) ?? 10;
  if (factor === 10) [factor, power] = [1, power + 1];
  const at = (i: number) => (power < 0 ? (i * factor) / 10 ** -power : i * factor * 10 ** power);
  const [first, last] = [Math.ceil(low / at(1) - 1e-9), Math.floor(high / at(1) + 1e-9)];
  const values = Array.from({ length: last - first + 1 }, (_, i) => Math.min(Math.max(at(first + i), low), high));
  return { values, format: formatOf(Math.max(Math.abs(low), Math.abs(high)), power) };
}

/** Writes numbers up to `largest` with the digits that a step of 10^power needs: `0.25`, `120`, `2.5×10⁻⁶`. */
function formatOf(largest: number, power: number): Ticks["format"] {
  const exponent = Math.floor(Math.log10(largest));
  const plainDigits = Math.max(exponent, 0) + 1 + Math.max(-power, 0);
  const scientificDigits = 1 + Math.max(exponent - power, 0);
  const scientific = plainDigits >= 6 && plainDigits >= scientificDigits + 4;
  const decimals = Math.min(Math.max(0, scientific ? exponent - power : -power), 17);
  return (value) => {
    if (Math.abs(value) < 10 ** power / 2) return "0";
    const written = (of: number, places: number) => of.toFixed(places).replace("-", "−");
    if (!scientific) return written(value, decimals);
    // 9.98 without decimals is 10.
    const carry = Math.abs(Number((value / 10 ** exponent).toFixed(decimals))) >= 10 ? 1 : 0;
    return `${written(value / 10 ** (exponent + carry), decimals + carry)}×10${superscript(exponent + carry)}`;
  };
}

/** Ticks of logarithms to base 10 in [low, high], which say what these are logarithms of: powers of ten where there are some. */
export function logTicks(low: number, high: number, count: number): Ticks {
  if (high - low < 1.2) {
    const { values, format } = ticksOf(10 ** low, 10 ** high, count);
    const places = values.filter((value) => value > 0).map((value) => Math.log10(value));
    return { values: places, format: (place) => format(10 ** place) };
  }
  const { values } = ticksOf(low, high, Math.max(1, Math.min(count, Math.floor(high - low))));
  const whole = values.filter(Number.isInteger);
  return { values: whole, format: (place) => (Number.isInteger(place) ? powerOf(place) : rounded(10 ** place)) };
}

/** A number in two digits. */
function rounded(value: number): string {
  const short = Number(value.toPrecision(2));
  return singleTick(short).format(short);
}

/** Ten to a whole number: `0.01`, `100`, `10⁻⁶`. */
function powerOf(exponent: number): string {
  return Math.abs(exponent) <= 3 ? String(Number(`1e${exponent}`)) : `10${superscript(exponent)}`;
}

function superscript(exponent: number): string {
  return String(exponent).replace(/./g, (sign) => (sign === "-" ? "⁻" : "⁰¹²³⁴⁵⁶⁷⁸⁹"[Number(sign)]!));
}

/** The one tick of a constant field, with up to six digits. */
export function singleTick(value: number): Ticks {
  if (Math.abs(value) < 1e-300) return { values: [value], format: () => (value === 0 ? "0" : value.toExponential(0)) };
  const [digits, exponent] = value.toExponential(5).split("e") as [string, string];
  const decimals = digits.replace(/0+$/, "").split(".")[1]!.length;
  return { values: [value], format: value === 0 ? () => "0" : formatOf(Math.abs(value), Number(exponent) - decimals) };
}

/** Names in the middle of cells: every one, every second ... so that they are at most `count`; the first is among them. */
export function pointTicks(names: readonly string[], count: number): Ticks {
  const step = Math.ceil(names.length / Math.max(1, count));
  const values = Array.from(names, (_, i) => i + 0.5).filter((_, i) => i % step === 0);
  return { values, format: (value) => names[Math.floor(value)]! };
}

/** The values that draw the same line as all values: of more than `most` the extremes of each of `most / 2` parts. */
export function outline(values: ArrayLike<number>, most: number): number[] {
  const n = values.length;
  if (n <= most) return Array.from({ length: n }, (_, i) => i);
  const kept = new Set<number>();
  const parts = Math.floor(most / 2);
  for (let part = 0; part < parts; part++) {
    const from = Math.floor((n * part) / parts);
    let [least, largest] = [from, from];
    for (let i = from; i < Math.floor((n * (part + 1)) / parts); i++) {
      if (values[i]! < values[least]! || Number.isNaN(values[least])) least = i;
      if (values[i]! > values[largest]! || Number.isNaN(values[largest])) largest = i;
    }
    kept.add(Math.min(least, largest)).add(Math.max(least, largest));
  }
  return [...kept];
}

/** The cells behind each of `pixels` equal pixels along an axis: pixel p shows cells [from, to). */
function cellsOf(edges: Float64Array, pixels: number): { from: Int32Array; to: Int32Array } {
  const n = edges.length - 1;
  const [from, to] = [new Int32Array(pixels), new Int32Array(pixels)];
  for (let p = 0, cell = 0, next = 0; p < pixels; p++) {
    const centre = edges[0]! + ((edges[n]! - edges[0]!) * (p + 0.5)) / pixels;
    while (cell < n - 1 && edges[cell + 1]! <= centre) cell++;
    if (p === pixels - 1) cell = n - 1;
    from[p] = Math.min(next, cell);
    to[p] = next = cell + 1;
  }
  return { from, to };
}

/**
 * Where the values of a plane are in a range, from 0 to 1, for `size` pixels, x to the right, row by row from the top. A pixel
 * smaller than a cell has its value, without interpolation; a larger one the mean of the cells it covers, so that every cell
 * counts, and NaN if one of them is not finite.
 */
export function sample(
  values: ArrayLike<number>,
  edges: readonly [Float64Array, Float64Array],
  range: Range,
  size: readonly [number, number],
): Float64Array {
  const [width, height] = size;
  const ny = edges[1].length - 1;
  const [x, y] = [cellsOf(edges[0], width), cellsOf(edges[1], height)];
  const [low, high] = range ?? [0, 0];
  const flat = isConstant([low, high]);
  const places = new Float64Array(width * height);
  for (let px = 0; px < width; px++) {
    for (let py = 0; py < height; py++) {
      let sum = 0;
      let finite = true;
      const count = (x.to[px]! - x.from[px]!) * (y.to[py]! - y.from[py]!);
      for (let i = x.from[px]!; i < x.to[px]!; i++) {
        for (let j = y.from[py]!; j < y.to[py]!; j++) {
          const value = values[i * ny + j]!;
          // Halves, because the difference of two finite numbers can overflow.
          sum += flat ? 0.5 : (value / 2 - low / 2) / (high / 2 - low / 2);
          finite &&= Math.abs(value) < Infinity;
        }
      }
      places[(height - 1 - py) * width + px] = finite ? Math.min(Math.max(sum / count, 0), 1) : Number.NaN;
    }
  }
  return places;
}

/** The colours of {@link sample} as RGBA pixels, grey where there is none. */
export function paint(
  values: ArrayLike<number>,
  edges: readonly [Float64Array, Float64Array],
  range: Range,
  size: readonly [number, number],
  map: MapName = "viridis",
): Uint8ClampedArray<ArrayBuffer> {
  const table = coloursOf(map);
  const pixels = new Uint8ClampedArray(4 * size[0] * size[1]);
  for (const [i, place] of sample(values, edges, range, size).entries()) {
    const [red, green, blue] = Number.isNaN(place) ? notFinite : table[Math.round(place * 255)]!;
    const at = 4 * i;
    pixels[at] = red;
    pixels[at + 1] = green;
    pixels[at + 2] = blue;
    pixels[at + 3] = 255;
  }
  return pixels;
}
