/** A field as a picture: a colour for each cell, x to the right and y upwards. */
import type { Field } from "wasm-mpi/browser";
import { coloursOf, diverging, type MapName, notFinite, type Rgb, sequential } from "../../../src/plot/colours.js";

/** Colours of a table. */
const count = 256;

/** A colour as a word of an ImageData: red is the lowest byte. */
const wordOf = ([red, green, blue]: Rgb) => ((255 << 24) | (blue << 16) | (green << 8) | red) >>> 0;

const tableOf = (name: MapName) => Uint32Array.from(coloursOf(name, count), wordOf);
const tables = { sequential: tableOf(sequential), diverging: tableOf(diverging) };
const blemish = wordOf(notFinite);

/** Draws fields of two axes on a canvas, which gets a pixel for each cell. */
export class Picture {
  readonly #context: CanvasRenderingContext2D;
  #image = new ImageData(1, 1);
  #words = new Uint32Array(this.#image.data.buffer);

  constructor(canvas: HTMLCanvasElement) {
    this.#context = canvas.getContext("2d")!;
  }

  /** @param range the values of the first and the last colour; without one those of the field, around 0 where it has both signs */
  draw(field: Field<"f64"> | Field<"f32">, range?: readonly [number, number]): void {
    const [nx, ny] = field.blockShape as [number, number];
    if (this.#image.width !== nx || this.#image.height !== ny) {
      this.#image = new ImageData(nx, ny);
      this.#words = new Uint32Array(this.#image.data.buffer);
      const { canvas } = this.#context;
      [canvas.width, canvas.height] = [nx, ny];
    }
    const [least, most] = range ?? [field.min(), field.max()];
    const isSigned = range === undefined && least < 0 && most > 0;
    const [low, high] = isSigned ? [Math.min(least, -most), Math.max(most, -least)] : [least, most];
    const table = isSigned ? tables.diverging : tables.sequential;
    const scale = high > low ? (count - 1) / (high - low) : 0;
    const { data } = field;
    const words = this.#words;
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
    this.#context.putImageData(this.#image, 0, 0);
  }
}
