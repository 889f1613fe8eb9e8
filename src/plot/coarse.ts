/** Planes and lines in fewer parts than they have cells. Pure. */

/** Parts along an axis: no more than `most`, nor than cells. */
export const partsOf = (shape: readonly number[], most: number): number[] => shape.map((n) => Math.min(n, most));

/** Means over parts of equally many cells, up to one, along one or two axes; what is NaN does not count. */
export function coarseOf(values: ArrayLike<number>, shape: readonly number[], parts: readonly number[]): Float64Array {
  if (parts.every((n, axis) => n === shape[axis])) return Float64Array.from(values);
  const [nx, ny] = [shape[0]!, shape[1] ?? 1];
  const [mx, my] = [parts[0]!, parts[1] ?? 1];
  const [means, counts] = [new Float64Array(mx * my), new Float64Array(mx * my)];
  for (let i = 0; i < nx; i++) {
    const row = Math.floor((i * mx) / nx) * my;
    for (let j = 0; j < ny; j++) {
      const value = values[i * ny + j]!;
      if (Number.isNaN(value)) continue;
      const part = row + Math.floor((j * my) / ny);
      counts[part] = counts[part]! + 1;
      // Parts of what is left to come, so that no sum of large values overflows.
      means[part] = means[part]! + (value / counts[part]! - means[part]! / counts[part]!);
    }
  }
  return means.map((mean, part) => (counts[part] ? mean : Number.NaN));
}

/** The faces between parts of cells. */
export function edgesFor(faces: ArrayLike<number>, most: number): number[] {
  const cells = faces.length - 1;
  const parts = Math.min(cells, most);
  return Array.from({ length: parts + 1 }, (_, part) => faces[Math.ceil((part * cells) / parts)]!);
}
