/**
 * Whether what a file says of itself can be true. HDF5 has no checksum on the metadata of its earliest format, which
 * files are of that all ranks write: a changed bit may lead to other bytes of the file, which are then taken for values.
 */
import fs from "node:fs";
import { bytesOf } from "./bytes.js";
import { readHeader } from "./header.js";
import { placesOfChunks } from "./packed/sound.js";

/** A dataset of a file. */
export interface Placed {
  readonly name: string;
  /** Where its header is. */
  readonly headerAddress: number;
  /** Elements, as they were read when the file was opened. */
  readonly shape: readonly number[];
  readonly elementLength: number;
  /** Of one in chunks, values of a chunk along each axis, ways of compression, and the frames that count. */
  readonly chunks: { readonly chunk: readonly number[]; readonly filters: number; readonly frames: number } | undefined;
}

/**
 * What is wrong with the places of the values in a file, in words; undefined where nothing is. A dataset that
 * was changed by another program is not judged.
 * @param series - the names of the datasets that grow with the frames
 */
export function faultOfPlaces(
  path: string,
  datasets: readonly Placed[],
  series: readonly string[],
): string | undefined {
  const fd = fs.openSync(path, "r");
  try {
    const read = bytesOf(fd);
    const known = datasets.flatMap((dataset) => {
      try {
        return [{ ...dataset, ...readHeader(read, dataset.headerAddress) }];
      } catch {
        return [];
      }
    });
    const headers = known.filter(({ isChunked }) => !isChunked);
    // Of a file that is being written `time` is read after everything else: a stop may leave the others one frame ahead.
    const frames = headers.find(({ name }) => name === "time")?.extent[0] ?? Number.POSITIVE_INFINITY;
    const { size } = fs.fstatSync(fd);
    const places = headers.flatMap(({ name, address, byteLength }) => (address ? [{ name, address, byteLength }] : []));
    for (const { name, shape, elementLength, byteLength, address } of headers) {
      if (series.includes(name) && shape[0]! > frames + 1)
        return `"${name}" of ${shape[0]} frames beside ${frames} times`;
      const needed = shape.reduce((product, n) => product * n, elementLength);
      if (needed > 0 && (address === undefined || byteLength < needed)) return `no room for the values of "${name}"`;
    }
    for (const { chunks, shape, address: root, ...dataset } of known) {
      if (!chunks) continue;
      const found = placesOfChunks(read, { ...dataset, ...chunks, root, shape: [chunks.frames, ...shape.slice(1)] });
      if (typeof found === "string") return found;
      for (const place of found) places.push(place);
    }
    places.sort((a, b) => a.address - b.address);
    for (const [index, { name, address, byteLength }] of places.entries()) {
      const end = address + byteLength;
      if (end > size) return `"${name}" beyond the end of the file`;
      const next = places[index + 1];
      if (next && end > next.address)
        return `${name === next.name ? `two chunks of "${name}"` : `"${name}" and "${next.name}"`} in one place`;
    }
    return undefined;
  } finally {
    fs.closeSync(fd);
  }
}

/** Whether numbers rise. */
export function isRising(values: Float64Array): boolean {
  return values.every((value, index) => Number.isFinite(value) && !(index > 0 && value <= values[index - 1]!));
}

/** Part of the greatest coordinate by which the centres of cells may be off their places. */
const TOLERANCE = 1e-9;

/** Whether numbers rise by equal steps, as the centres of cells do. */
export function isEven(values: Float64Array): boolean {
  const [first, last] = [values[0]!, values.at(-1)!];
  const step = values.length > 1 ? (last - first) / (values.length - 1) : 0;
  const most = TOLERANCE * Math.max(Math.abs(first), Math.abs(last));
  return last >= first && values.every((value, index) => Math.abs(value - first - index * step) <= most);
}
