/** Pictures one after another as an animated GIF, which shows at most 256 colours in each. */
// @ts-expect-error The package has no types of its own.
import gifenc from "gifenc";
import { paintedOf } from "./canvas.js";
import type { FigureOptions } from "./figure/figure.js";
import type { Panel } from "./index.js";

type Palette = readonly (readonly number[])[];

/** What is used of the package. */
const { GIFEncoder, quantize, applyPalette } = gifenc as {
  GIFEncoder(): {
    writeFrame(index: Uint8Array, width: number, height: number, options: { palette: Palette; delay: number }): void;
    finish(): void;
    bytes(): Uint8Array;
  };
  quantize(rgba: Uint8ClampedArray, colours: number): Palette;
  applyPalette(rgba: Uint8ClampedArray, palette: Palette): Uint8Array;
};

/** A GIF that grows in memory. */
export class Gif {
  readonly #encoder = GIFEncoder();
  /** Milliseconds that a picture is shown, as GIF has them: tens. */
  readonly #delay: number;

  /** @param rate pictures a second */
  constructor(rate: number) {
    // Browsers show what is to last less than 20 ms for 100 ms.
    this.#delay = Math.max(20, 10 * Math.round(100 / rate));
  }

  /** Adds a picture, whose arguments have been checked. */
  async add(panels: readonly Panel[], options: FigureOptions): Promise<void> {
    const { data, width, height } = await paintedOf(panels, options);
    const palette = quantize(data, 256);
    this.#encoder.writeFrame(applyPalette(data, palette), width, height, { palette, delay: this.#delay });
  }

  /** The bytes of the file. */
  end(): Uint8Array {
    this.#encoder.finish();
    return this.#encoder.bytes();
  }
}
