/** Fields as pictures: a colour for each cell, x to the right and y upwards. */
import type { Field } from "wasm-mpi/browser";
import { coloursOf, diverging, type MapName, notFinite, type Rgb, sequential } from "../../../src/plot/colours.js";

/** Colours of a table. */
const count = 256;

/** A colour as a word of an ImageData: red is the lowest byte. */
const wordOf = ([red, green, blue]: Rgb) => ((255 << 24) | (blue << 16) | (green << 8) | red) >>> 0;

const tableOf = (name: MapName) => Uint32Array.from(coloursOf(name, count), wordOf);
const tables = { sequential: tableOf(sequential), diverging: tableOf(diverging) };
const blemish = wordOf(notFinite);

/** The colours of a block: those of a row of the picture behind those of the one above. */
export interface Colours {
  /** Cells of the whole grid. */
  readonly whole: readonly [number, number];
  /** The first cell of the block, and how many it has. */
  readonly start: readonly [number, number];
  readonly shape: readonly [number, number];
  readonly words: Uint32Array<ArrayBuffer>;
}

/**
 * The colours of this rank's block of a field. Without a range **collective**.
 * @param range the values of the first and the last colour; without one those of the field, around 0 where it has both signs
 */
export function coloured(field: Field<"f64"> | Field<"f32">, range?: readonly [number, number]): Colours {
  const [whole, first, shape] = [field.grid.shape, field.grid.start, field.blockShape] as unknown as [number, number][];
  const [nx, ny] = shape!;
  const [least, most] = range ?? [field.min(), field.max()];
  const isSigned = range === undefined && least < 0 && most > 0;
  const [low, high] = isSigned ? [Math.min(least, -most), Math.max(most, -least)] : [least, most];
  const table = isSigned ? tables.diverging : tables.sequential;
  const scale = high > low ? (count - 1) / (high - low) : 0;
  const { data } = field;
  const words = new Uint32Array(nx * ny);
  const start = field.index(0, 0);
  const row = field.index(1, 0) - start;
  for (let i = 0; i < nx; i++) {
    let at = start + i * row;
    for (let pixel = (ny - 1) * nx + i; pixel >= 0; pixel -= nx) {
      const place = (data[at++]! - low) * scale + 0.5;
      // Not so for NaN.
      if (place < count) words[pixel] = table[place > 0 ? place | 0 : 0]!;
      else words[pixel] = place >= count ? table[count - 1]! : blemish;
    }
  }
  return { whole: whole!, start: first!, shape: shape!, words };
}

/** Draws fields of two axes on a canvas, which gets a pixel for each cell. */
export class Picture {
  readonly #context: CanvasRenderingContext2D;

  constructor(canvas: HTMLCanvasElement) {
    this.#context = canvas.getContext("2d")!;
  }

  /** Draws the blocks of all ranks, with borders where there are several. */
  draw(blocks: readonly Colours[]): void {
    const context = this.#context;
    const { canvas } = context;
    const [width, height] = blocks[0]!.whole;
    if (canvas.width !== width || canvas.height !== height) [canvas.width, canvas.height] = [width, height];
    for (const { start, shape, words } of blocks) {
      const [left, top] = [start[0], height - start[1] - shape[1]];
      context.putImageData(new ImageData(new Uint8ClampedArray(words.buffer), ...shape), left, top);
    }
    context.fillStyle = "white";
    for (const { start, shape } of blocks) {
      // A line of one cell above and to the right of the last ones, where another block begins.
      if (start[0] + shape[0] < width) {
        context.fillRect(start[0] + shape[0] - 1, height - start[1] - shape[1], 1, shape[1]);
      }
      if (start[1] + shape[1] < height) context.fillRect(start[0], height - start[1] - shape[1], shape[0], 1);
    }
  }
}
