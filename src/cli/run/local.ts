/** Blocks of one shape on all ranks, as what a grid is made of. */
import { wrong } from "../../argument.js";
import { UsageError } from "../../errors.js";
import { checkSplit, chooseLocalSplit } from "../../grid/decompose.js";

/** What a command line says of the cells. */
interface Cells {
  readonly shape?: readonly number[];
  readonly localShape?: readonly number[];
  readonly split?: readonly number[];
  readonly restart?: string;
}

/** Cells of a field of 1 GiB, the largest block of the heap. */
const mostCells = 2 ** 27;

/** @throws UsageError for a block of so many cells that it is larger than memory may be */
export function checkBlock(option: string, cells: number, todo: string): void {
  if (cells < mostCells) return;
  throw wrong(option, `fewer than ${mostCells} cells a rank (1 GiB)`, Math.ceil(cells), todo);
}

/** Does something with the shape, whose errors then say that it is made of blocks, where it is. */
export function withLocalShape<T>({ localShape }: Cells, ranks: number, action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (localShape === undefined || !(error instanceof UsageError && error.message.includes('"shape"'))) throw error;
    const expected = `blocks of which ${ranks} ${ranks === 1 ? "makes" : "make"} a grid that suits`;
    throw wrong('"--local-shape"', expected, localShape.join(","), `The shape is theirs: ${error.message}`);
  }
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
  checkBlock(
    '"--local-shape"',
    localShape.reduce((product, n) => product * n, 1),
    "Use smaller blocks.",
  );
  const wholeOf = (parts: readonly number[]) => localShape.map((cells, axis) => cells * (parts[axis] ?? 1));
  const parts = split ? checkSplit(split, wholeOf(split), ranks, halo) : chooseLocalSplit(localShape, ranks, halo);
  return { ...rest, shape: wholeOf(parts), split: parts };
}
