/**
 * Whether the list of the chunks of a dataset can be true. HDF5 has no checksum on it: a changed bit may lead to no chunk, which
 * is read as zeros, or to the bytes of one as they are compressed.
 */
import type { ReadBytes } from "../header.js";
import { Chunks } from "./chunks.js";
import { HEAD_LENGTH, MOST_CHILDREN } from "./tree.js";

/** A dataset in chunks. */
export interface Listed {
  readonly name: string;
  /** Its values along each axis, as many frames as count first. */
  readonly shape: readonly number[];
  /** Values of a chunk along each axis. */
  readonly chunk: readonly number[];
  readonly elementLength: number;
  /** How many ways of compression a chunk goes through. */
  readonly filters: number;
  /** Address of the root of the list. */
  readonly root: number | undefined;
}

/** Bytes of the file that a chunk takes. */
export interface Place {
  readonly name: string;
  readonly address: number;
  readonly byteLength: number;
}

/** A key of the list: with one more number behind the first cell, which is 0. */
interface Key {
  readonly byteLength: number;
  readonly mask: number;
  readonly cell: readonly number[];
}

/** What is wrong with the list of chunks of a dataset, in words; where nothing is, where the chunks are. */
export function placesOfChunks(read: ReadBytes, dataset: Listed): string | readonly Place[] {
  const { name, shape, chunk, elementLength, filters, root } = dataset;
  const wholeLength = chunk.reduce((product, n) => product * n, elementLength);
  const counts = shape.map((n, axis) => Math.ceil(n / chunk[axis]!));
  const due = counts.reduce((product, n) => product * n, 1);
  const places: Place[] = [];
  try {
    for (const { address, byteLength, mask, cell } of due > 0 ? chunksAt(read, root, shape.length) : []) {
      if (Chunks.compare(cell, [...firstCell(places.length, counts, chunk), 0]) !== 0) break;
      // A chunk that is not smaller for it may be in the file as it is.
      const isAsItIs = byteLength === wholeLength && mask < 2 ** filters;
      const frame = cell[0];
      if (mask !== 0 && !isAsItIs) return `a chunk of "${name}" in frame ${frame} that is compressed in no known way`;
      places.push({ name, address, byteLength });
      if (places.length === due) return places;
    }
  } catch (cause) {
    return `another list of the chunks of "${name}" (${(cause as Error).message})`;
  }
  return due === 0 ? places : `no chunk of "${name}" for frame ${firstCell(places.length, counts, chunk)[0]}`;
}

/** The first cell of a chunk, by its number in C order. */
function firstCell(index: number, counts: readonly number[], chunk: readonly number[]): number[] {
  const cell = [...chunk];
  let rest = index;
  for (let axis = counts.length - 1; axis >= 0; axis--) {
    cell[axis] = (rest % counts[axis]!) * chunk[axis]!;
    rest = Math.floor(rest / counts[axis]!);
  }
  return cell;
}

/** A number of 64 bits; BigInt takes several times as long. */
const numberAt = (bytes: Buffer, at: number) => bytes.readUInt32LE(at) + 2 ** 32 * bytes.readUInt32LE(at + 4);

/**
 * The chunks below a node, in its order.
 * @param above the key by which a node above leads here, and the level that it is to have; none for the root
 * @throws Error where it is no such node, or its keys do not rise
 */
function* chunksAt(
  read: ReadBytes,
  address: number | undefined,
  axes: number,
  above?: { readonly key: Key; readonly level: number },
): Generator<Key & { readonly address: number }> {
  if (address === undefined) return;
  const head = read(address, HEAD_LENGTH);
  const [level, children] = [head[5]!, head.readUInt16LE(6)];
  const isNode = head.toString("latin1", 0, 4) === "TREE" && head[4] === 1 && level === (above?.level ?? level);
  if (!isNode || children === 0 || children > MOST_CHILDREN) throw new Error(`no node at byte ${address}`);
  const keyLength = 8 + 8 * (axes + 1);
  const step = keyLength + 8;
  const bytes = read(address + HEAD_LENGTH, children * step + keyLength);
  const keyAt = (begin: number): Key => ({
    byteLength: bytes.readUInt32LE(begin),
    mask: bytes.readUInt32LE(begin + 4),
    cell: Array.from({ length: axes + 1 }, (_, axis) => numberAt(bytes, begin + 8 + 8 * axis)),
  });
  const keys = Array.from({ length: children + 1 }, (_, child) => keyAt(child * step));
  const isRising = keys.every((key, index) => index === 0 || Chunks.compare(keys[index - 1]!.cell, key.cell) < 0);
  const isThere = above === undefined || Chunks.compare(above.key.cell, keys[0]!.cell) === 0;
  if (!isRising || !isThere) throw new Error(`other keys at byte ${address}`);
  for (let child = 0; child < children; child++) {
    const key = keys[child]!;
    const below = numberAt(bytes, child * step + keyLength);
    if (level === 0) yield { ...key, address: below };
    else yield* chunksAt(read, below, axes, { key, level: level - 1 });
  }
}
