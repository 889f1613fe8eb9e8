/** Snapshot files as tests write them. */
import type { Diagnostics, SnapshotLayout } from "../../src/io/snapshot.js";
import { SnapshotWriter } from "../../src/io/writer.js";

export const product = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1);
export const filled = (n: number, value: number) => new Float64Array(n).fill(value);
export const none: Diagnostics = { min: 0, max: 0, sum: 0, walltime: 0 };

export function layoutOf(shape: number[], extras: Partial<SnapshotLayout> = {}): SnapshotLayout {
  const coordinates = shape.map((n) => Float64Array.from({ length: n }, (_, i) => (i + 0.5) / n));
  return { shape, coordinates, variables: { psi: { units: "1", longName: "advected scalar" } }, ...extras };
}

/** Writes a file with the given number of frames; frame t holds t + 1 everywhere. */
export async function writeSnapshot(
  path: string,
  frames: number,
  shape: number[] = [3, 2],
  extras: Partial<SnapshotLayout> = {},
): Promise<string> {
  const writer = await SnapshotWriter.create(path, layoutOf(shape, extras));
  for (let t = 0; t < frames; t++) writer.write(t, { psi: filled(product(shape), t + 1) }, none);
  writer.close();
  return path;
}
