/** Blocks of one shape on all ranks, as what a grid is made of. */
import { wrong } from "../../argument.js";
import { checkSplit, chooseLocalSplit } from "../../grid/decompose.js";

/** What a command line says of the cells. */
interface Cells {
  readonly shape?: readonly number[];
  readonly localShape?: readonly number[];
  readonly split?: readonly number[];
  readonly restart?: string;
}

/** Options with the shape and the split in place of the shape of a block. @throws UsageError */
export function withWholeShape<T extends Cells>(options: T, ranks: number, halo: number): Omit<T, "localShape"> {
  const { localShape, ...rest } = options;
  if (localShape === undefined) return rest;
  const { shape, split, restart } = rest as Cells;
  if (restart !== undefined) {
    const expected = `none with --restart, as "${restart}" has the cells`;
    throw wrong('"--local-shape"', expected, localShape.join(","), "Leave it out.");
  }
  if (shape !== undefined) {
    throw wrong('"--local-shape"', "none with --shape", localShape.join(","), "Leave out one of them.");
  }
  const wholeOf = (parts: readonly number[]) => localShape.map((cells, axis) => cells * (parts[axis] ?? 1));
  const parts = split ? checkSplit(split, wholeOf(split), ranks, halo) : chooseLocalSplit(localShape, ranks, halo);
  return { ...rest, shape: wholeOf(parts), split: parts };
}
