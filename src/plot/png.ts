/** Pixels as a file of PNG, without a canvas. */
import { builtin } from "../package.js";
import { chunkOf } from "./chunks.js";

const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

/** The bytes of a PNG of these RGBA pixels, row by row from the top. */
export function pngOf(pixels: Uint8ClampedArray, width: number, height: number): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 6], 8); // Bits of a channel; red, green, blue and opacity.
  // Each row has its filter before it: the difference to the row above, which is 0 within a cell.
  const rows = Buffer.alloc(height * (1 + 4 * width));
  for (let y = 0; y < height; y++) {
    const at = y * (1 + 4 * width);
    rows[at] = 2;
    for (let i = 0; i < 4 * width; i++) {
      rows[at + 1 + i] = pixels[y * 4 * width + i]! - (y === 0 ? 0 : pixels[(y - 1) * 4 * width + i]!);
    }
  }
  const data = builtin("zlib").deflateSync(rows);
  return Buffer.concat([signature, chunkOf("IHDR", header), chunkOf("IDAT", data), chunkOf("IEND", Buffer.alloc(0))]);
}
