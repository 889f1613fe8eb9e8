/** Files read in parts: by comparisons, and by `wasm-mpi view`. */
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { UsageError } from "../src/errors.js";
import { compareFiles } from "../src/io/compare.js";
import { SnapshotReader } from "../src/io/reader.js";
import { cells, chunkShape, type Dtype, parts, type Values } from "../src/io/snapshot.js";
import { SnapshotWriter } from "../src/io/writer.js";
import { temporaryFolder } from "./command.js";

const folder = temporaryFolder();
let count = 0;
const freshPath = (ending = "h5") => join(folder, `${count++}.${ending}`);

/** Values that one transfer moves at most. */
const most = 2 ** 19;

/** Writes a file of `psi` whose frames have these values. */
async function written(shape: readonly number[], dtype: Dtype, frames: readonly Values[]): Promise<string> {
  const path = freshPath();
  const coordinates = shape.map((n) => Float64Array.from({ length: n }, (_, index) => index));
  const writer = await SnapshotWriter.create(path, { shape, coordinates, variables: { psi: { dtype } } });
  const figures = { min: 0, max: 0, sum: 0, walltime: 0 };
  for (const [time, psi] of frames.entries()) writer.write(time, { psi }, figures);
  writer.close();
  return path;
}

describe("the parts of a frame", () => {
  let seed = 1;
  /** A whole number from 1, as often small as large. */
  const random = (greatest: number) => {
    seed = (seed * 48271) % 2147483647;
    return Math.ceil(greatest ** (seed / 2147483647));
  };
  const shapes = Array.from({ length: 300 }, (_, trial) => [
    ...[random(300), random(3000), random(3e6)].slice(2 - (trial % 3)),
  ]);

  it("are all cells once, in C order, in whole chunks of at most one transfer", () => {
    for (const shape of [...shapes, [3, 5, most], [3, 5, most + 1], [3, most, 2], [1, 1, 1]]) {
      const chunk = chunkShape(shape);
      let next = 0;
      for (const ranges of parts(shape)) {
        const rest = cells(shape.slice(ranges.length));
        let [first, size] = [0, rest];
        for (const [axis, [begin, end]] of ranges.entries()) {
          const whole = begin % chunk[axis]! === 0 && (end % chunk[axis]! === 0 || end === shape[axis]);
          // All but the last range are of one row, so that the part is in one piece.
          const one = axis === ranges.length - 1 || end === begin + 1;
          if (!(begin < end && whole && one)) expect.fail(`${shape}: ${JSON.stringify(ranges)} of chunks ${chunk}`);
          first = first * shape[axis]! + begin;
          size *= end - begin;
        }
        if (first * rest !== next || size > most) expect.fail(`${shape}: ${JSON.stringify(ranges)} at ${next}`);
        next += size;
      }
      expect(next, String(shape)).toBe(cells(shape));
    }
  });

  it.each<{ shape: number[]; dtype: Dtype; count: number }>([
    { shape: [3, 2], dtype: "f64", count: 1 },
    { shape: [601, 1021], dtype: "f64", count: 2 },
    { shape: [1_300_001], dtype: "f32", count: 3 },
    { shape: [2, 700_001], dtype: "f64", count: 4 },
    { shape: [2, 3, 200_003], dtype: "f32", count: 4 },
  ])("are the values of the frame: $shape cells of $dtype in $count", async ({ shape, dtype, count }) => {
    const Type = dtype === "f32" ? Float32Array : Float64Array;
    const waves = (frame: number) => Array.from({ length: cells(shape) }, (_, cell) => Math.sin(frame * cell));
    const values = [1, 2].map((frame) => Type.from(waves(frame)));
    const reader = await SnapshotReader.open(await written(shape, dtype, values));
    for (const frame of [0, 1, -1]) {
      const found = [...reader.readParts("psi", frame)];
      expect(found).toHaveLength(count);
      const whole = reader.read("psi", frame);
      expect(whole).toBeInstanceOf(Type);
      expect(Buffer.from(whole.buffer).equals(Buffer.from(values.at(frame)!.buffer))).toBe(true);
      const bytes = found.map((part) => Buffer.from(part.buffer, part.byteOffset, part.byteLength));
      expect(Buffer.concat(bytes).equals(Buffer.from(whole.buffer))).toBe(true);
    }
    reader.close();
  });

  it("are refused before the first is read", async () => {
    const reader = await SnapshotReader.open(await written([2], "f64", [Float64Array.of(1, 2)]));
    expect(() => reader.readParts("rho", 0)).toThrow(
      new UsageError('SnapshotReader.readParts: "variable" expected one of "psi", got "rho". Choose one of them.'),
    );
    expect(() => reader.readParts("psi", 1)).toThrow(
      new UsageError(
        'SnapshotReader.readParts: "frame" expected an integer in [-1, 0] (1 frames), got 1. Choose one of them.',
      ),
    );
    reader.close();
  });

  it("are compared each with its own: differences in the first, the last and beside the edges of parts count", async () => {
    for (const dtype of ["f64", "f32"] as const) {
      const Type = dtype === "f32" ? Float32Array : Float64Array;
      const shape = [601, 1021]; // Two parts.
      const edge = 1021 * [...parts(shape)][0]![0]![1];
      const [psi, other] = [new Type(cells(shape)).fill(1), new Type(cells(shape)).fill(1)];
      for (const [place, cell] of [0, edge - 1, edge, psi.length - 1].entries())
        other[cell]! += place === 2 ? -0.5 : 0.25;
      const [one, two] = [await written(shape, dtype, [psi, psi]), await written(shape, dtype, [psi, other])];
      expect(await compareFiles(one, two)).toEqual({ frames: 2, differingCells: 4, maxDifference: 0.5 });
      expect(await compareFiles(two, two)).toEqual({ frames: 2, differingCells: 0, maxDifference: 0 });
    }
  });
});
