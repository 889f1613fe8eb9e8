/** Curves of characters: dots of braille, two by four in each, or letters where there are no colours. */
import { plain, type Screen } from "./screen.js";

/** From where to where a curve reaches in each column, as places from 0 to 1; NaN where it has a gap. */
export interface Reach {
  readonly low: Float64Array;
  readonly high: Float64Array;
}

/** The reach of values in columns, between two ends. */
export function columnsFor(
  values: ArrayLike<number>,
  centres: Float64Array,
  edges: Float64Array,
  [least, most]: readonly [number, number],
  columns: number,
): Reach {
  const [low, high] = [new Float64Array(columns).fill(Number.NaN), new Float64Array(columns).fill(Number.NaN)];
  const n = values.length;
  const [left, right] = [edges[0]!, edges[edges.length - 1]!];
  // In halves, because differences can overflow.
  const placeOf = (value: number) => (value / 2 - least / 2) / (most / 2 - least / 2);
  const add = (column: number, value: number) => {
    if (!Number.isFinite(value)) return;
    const place = placeOf(value);
    low[column] = Number.isNaN(low[column]) ? place : Math.min(low[column]!, place);
    high[column] = Number.isNaN(high[column]) ? place : Math.max(high[column]!, place);
  };
  const columnOf = (x: number) =>
    Math.min(columns - 1, Math.max(0, Math.floor(((x - left) / (right - left)) * columns)));
  for (let i = 0; i < n; i++) add(columnOf(centres[i]!), values[i]!);
  // Between the centres: what lies on the line at the ends of columns belongs to those at both sides.
  for (let column = 1, i = 0; column < columns; column++) {
    const x = left + ((right - left) * column) / columns;
    while (i < n - 1 && centres[i + 1]! < x) i++;
    if (i === n - 1 || x < centres[0]!) continue;
    const share = (x - centres[i]!) / (centres[i + 1]! - centres[i]!);
    const value = values[i]! * (1 - share) + values[i + 1]! * share;
    add(column - 1, value);
    add(column, value);
  }
  return { low, high };
}

/** The bits of the dots in a character of braille, row by row from the top. */
const dots = [
  [0x01, 0x08],
  [0x02, 0x10],
  [0x04, 0x20],
  [0x40, 0x80],
];
const letters = "*o+x#%";

/** The lines of a chart of `size` characters, and the mark of each curve in it. Earlier curves are above later ones. */
export function curves(
  reaches: readonly Reach[],
  dotted: readonly boolean[],
  [width, height]: readonly [number, number],
  screen: Screen,
  codeOf: (curve: number) => string,
): { readonly lines: string[]; readonly marks: string[] } {
  const isPlain = screen.colours === "none";
  const [across, upwards] = isPlain ? [1, 1] : [2, 4];
  const cells = new Uint8Array(width * height);
  const owners = new Int16Array(width * height).fill(-1);
  for (const [curve, { low, high }] of reaches.entries()) {
    for (let column = 0; column < width * across; column++) {
      if (Number.isNaN(low[column]) || (dotted[curve] && column % (2 * across) >= across)) continue;
      const [from, to] = [high[column]!, low[column]!].map((place) => {
        const row = Math.floor((1 - Math.min(1, Math.max(0, place))) * height * upwards);
        return Math.min(height * upwards - 1, row);
      }) as [number, number];
      for (let row = from; row <= to; row++) {
        const cell = Math.floor(row / upwards) * width + Math.floor(column / across);
        if (owners[cell] === -1) owners[cell] = curve;
        cells[cell]! |= isPlain ? 1 : dots[row % 4]![column % 2]!;
      }
    }
  }
  const markOf = (curve: number) => (dotted[curve] ? "." : letters[curve % letters.length]!);
  const lines = Array.from({ length: height }, (_, row) => {
    let [text, before] = ["", -1];
    for (let column = 0; column < width; column++) {
      const cell = row * width + column;
      const owner = owners[cell]!;
      if (owner < 0) text += " ";
      else if (isPlain) text += markOf(owner);
      else {
        if (owner !== before) text += codeOf(owner);
        before = owner;
        text += String.fromCharCode(0x2800 + cells[cell]!);
      }
    }
    return isPlain ? text.trimEnd() : text.trimEnd() + plain;
  });
  return { lines, marks: reaches.map((_, curve) => (isPlain ? markOf(curve) : dotted[curve] ? "⠂" : "⠒")) };
}
