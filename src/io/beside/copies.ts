/** Copies of frames in memory, which a thread writes to the file while the fields change. */
import { copyAll, normalize, packedBox } from "../../grid/box.js";
import type { AnyField } from "../../grid/field.js";
import { Summary } from "../../grid/figures.js";
import { memory } from "../../wasm/memory.js";
import { type FramePlace, frameByteLength } from "../blocks.js";
import type { Fields } from "../store.js";
import type { FiguresPlace, Write } from "./request.js";

/** Room for the blocks of a frame, and for the figures of the first field. */
export interface Copy {
  readonly ptrs: readonly number[];
  readonly summary: Summary;
}

/** Makes room for frames of such fields. **Local.** @throws KernelError where there is none */
export function newCopy(fields: Fields): Copy {
  const all = Object.values(fields) as [AnyField, ...AnyField[]];
  const ptrs: number[] = [];
  try {
    for (const field of all) ptrs.push(memory.alloc(blockByteLength(field)));
    return { ptrs, summary: new Summary(all[0]) };
  } catch (error) {
    for (const ptr of ptrs) memory.free(ptr);
    throw error;
  }
}

/** **Local.** */
export function freeCopy({ ptrs, summary }: Copy): void {
  for (const ptr of ptrs) memory.free(ptr);
  summary.free();
}

/**
 * Copies fields, and tells how the copies get into the file. **Local.**
 * @param places of the fields, by name
 */
export function copyFields({ ptrs, summary }: Copy, fields: Fields, placeOf: (name: string) => FramePlace): Write[] {
  summary.clear();
  return Object.entries(fields).map(([name, field], index) => {
    const { elementLength, kernelType, grid } = field;
    const box = field.box();
    copyAll(packedBox(ptrs[index]!, box, elementLength), box, elementLength, grid.threads);
    const figures = index === 0 ? { ptr: summary.ptr, type: kernelType, elementLength } : undefined;
    return writeOf(field, ptrs[index]!, placeOf(name), figures);
  });
}

function blockByteLength(field: AnyField): number {
  return field.blockShape.reduce((product, n) => product * n, field.elementLength);
}

/** How the copy of a block gets into the file: in runs that are side by side in both. */
function writeOf(field: AnyField, ptr: number, place: FramePlace, figures: FiguresPlace | undefined): Write {
  const { grid, shape, elementLength } = field;
  const [, , , n0, n1, n2] = field.box();
  const [, total1, total2] = normalize(shape, 1);
  const [start0, start1, start2] = normalize(grid.start, 0);
  const first = elementLength * ((start0 * total1 + start1) * total2 + start2);
  const row = elementLength * n2;
  const counts: [number, number] = [n0, n1];
  let byteLength = row;
  if (n2 === total2) {
    byteLength *= n1;
    counts[1] = 1;
    if (n1 === total1) {
      byteLength *= n0;
      counts[0] = 1;
    }
  }
  return {
    ...{ ptr, byteLength, counts, figures },
    position: place.address + place.frame * frameByteLength(field) + first,
    steps: [elementLength * total1 * total2, elementLength * total2],
  };
}
