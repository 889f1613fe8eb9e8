/** Pictures that tests look at, pixel by pixel. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Panel, type PlotOptions, plot } from "../../src/plot/index.js";

// As on a machine without fonts; read when the canvas is loaded, which only plot does.
Object.assign(process.env, { DISABLE_SYSTEM_FONTS_LOAD: "1" });

export const lowest = [0x44, 0x01, 0x54];
export const middle = [0x21, 0x90, 0x8c];

/** A decoded PNG. */
class Picture {
  constructor(
    readonly width: number,
    readonly height: number,
    readonly data: Uint8ClampedArray,
    readonly digest: string,
  ) {}

  at(x: number, y: number): number[] {
    const place = 4 * (y * this.width + x);
    return [this.data[place]!, this.data[place + 1]!, this.data[place + 2]!];
  }

  /** The pixels with x0 <= x < x1, y0 <= y < y1 that pass. */
  find(passes: (rgb: number[]) => boolean, [x0, y0, x1, y1] = [0, 0, this.width, this.height]): [number, number][] {
    const found: [number, number][] = [];
    for (let y = y0!; y < y1!; y++) for (let x = x0!; x < x1!; x++) if (passes(this.at(x, y))) found.push([x, y]);
    return found;
  }

  /** The inside of the leftmost dark frame at least `least` pixels wide and high: [x0, y0, x1, y1]. */
  frame(least = 40): [number, number, number, number] {
    const dark = (x: number, y: number) => {
      const place = 4 * (y * this.width + x);
      return this.data[place]! < 40 && this.data[place + 1]! < 40 && this.data[place + 2]! < 40;
    };
    const run = (x: number, y: number, dx: number, dy: number, wanted: boolean) => {
      let n = 0;
      while (x + n * dx < this.width && y + n * dy < this.height && dark(x + n * dx, y + n * dy) === wanted) n++;
      return n;
    };
    for (let x = 0; x < this.width; x++) {
      for (let y = 0; y < this.height; y++) {
        if (!dark(x, y) || run(x, y, 1, 0, true) < least || run(x, y, 0, 1, true) < least) continue;
        const [x0, y0] = [x + 2, y + 2];
        return [x0, y0, x0 + run(x0, y0 + 4, 1, 0, false), y0 + run(x0 + 4, y0, 0, 1, false)];
      }
    }
    throw new Error("no frame");
  }
}

export const equals = (wanted: readonly number[]) => (rgb: number[]) =>
  rgb.every((channel, c) => channel === wanted[c]);
export const isDark = (rgb: number[]) => rgb.every((channel) => channel < 100);

export function box(pixels: [number, number][]): [number, number, number, number] {
  const [xs, ys] = [pixels.map(([x]) => x), pixels.map(([, y]) => y)];
  const least = (all: number[]) => all.reduce((a, b) => Math.min(a, b), Infinity);
  const most = (all: number[]) => all.reduce((a, b) => Math.max(a, b), -Infinity);
  return [least(xs), least(ys), most(xs) + 1, most(ys) + 1];
}

/** Draws pictures in a folder, of half the width of one panel, which takes a fourth of the time. */
export function pictureIn(folder: string) {
  return async (panels: Panel[], options?: PlotOptions): Promise<Picture> => {
    const path = join(folder, "picture.png");
    await plot(path, panels, { width: 450, ...options });
    return decoded(path);
  };
}

export async function decoded(path: string): Promise<Picture> {
  const { createCanvas, loadImage } = await import("@napi-rs/canvas");
  const bytes = readFileSync(path);
  const image = await loadImage(bytes);
  const context = createCanvas(image.width, image.height).getContext("2d");
  context.drawImage(image, 0, 0);
  const { data } = context.getImageData(0, 0, image.width, image.height);
  return new Picture(image.width, image.height, data, createHash("sha256").update(bytes).digest("hex"));
}

export function field(nx: number, ny: number, f: (i: number, j: number) => number, title = "psi"): Panel {
  const values = Float64Array.from({ length: nx * ny }, (_, cell) => f(Math.floor(cell / ny), cell % ny));
  return { title, values, shape: [nx, ny] };
}
