import { constants, fail } from "./failure.js";
import type { Functions } from "./functions.js";
import { readInts, readLong, writeInt, writeLong } from "./memory.js";
import { Table } from "./table.js";

const { MPI_GROUP_EMPTY, MPI_GROUP_NULL, MPI_IDENT, MPI_PROC_NULL, MPI_UNDEFINED, MPI_UNEQUAL } = constants;

/** A group: this rank, or nobody. */
export interface Group {
  readonly size: 0 | 1;
}

/** The groups. */
export class Groups extends Table<Group> {
  constructor() {
    super("GROUP", [[MPI_GROUP_EMPTY, { size: 0 }]]);
  }

  /** Writes the handle of a group of this rank, or of the empty one. */
  open(present: boolean, ptr: number): void {
    writeLong(ptr, present ? this.add({ size: 1 }) : MPI_GROUP_EMPTY);
  }
}

/** The functions on groups. */
export function groupFunctions(groups: Groups): Functions {
  /** Ranks of a group, each once. */
  const listed = (handle: number, count: number, ranksPtr: number) => {
    const { size } = groups.get(handle);
    if (count < 0) fail("ARG");
    const ranks = readInts(ranksPtr, count);
    if (ranks.some((rank) => rank < 0 || rank >= size) || new Set(ranks).size < count) fail("RANK");
    return { size, ranks };
  };
  const combined = (choose: (first: number, second: number) => boolean) => {
    return (first: number, second: number, newgroupPtr: number) =>
      groups.open(choose(groups.get(first).size, groups.get(second).size), newgroupPtr);
  };
  return {
    MPI_Group_rank: (handle, rankPtr) => writeInt(rankPtr, groups.get(handle).size === 1 ? 0 : MPI_UNDEFINED),
    MPI_Group_size: (handle, sizePtr) => writeInt(sizePtr, groups.get(handle).size),
    MPI_Group_incl: (handle, count, ranksPtr, newgroupPtr) =>
      groups.open(listed(handle, count, ranksPtr).ranks.length > 0, newgroupPtr),
    MPI_Group_excl: (handle, count, ranksPtr, newgroupPtr) => {
      const { size, ranks } = listed(handle, count, ranksPtr);
      groups.open(ranks.length < size, newgroupPtr);
    },
    MPI_Group_union: combined((first, second) => first + second > 0),
    MPI_Group_intersection: combined((first, second) => first * second > 0),
    MPI_Group_difference: combined((first, second) => first > second),
    MPI_Group_compare: (first, second, resultPtr) =>
      writeInt(resultPtr, groups.get(first).size === groups.get(second).size ? MPI_IDENT : MPI_UNEQUAL),
    MPI_Group_translate_ranks: (first, count, ranksPtr, second, resultsPtr) => {
      const [from, to] = [groups.get(first).size, groups.get(second).size];
      if (count < 0) fail("ARG");
      for (const [index, rank] of readInts(ranksPtr, count).entries()) {
        if (rank !== MPI_PROC_NULL && (rank < 0 || rank >= from)) fail("RANK");
        writeInt(resultsPtr, rank === MPI_PROC_NULL || to === 1 ? rank : MPI_UNDEFINED, index);
      }
    },
    MPI_Group_free: (groupPtr) => {
      const handle = readLong(groupPtr);
      if (handle !== MPI_GROUP_EMPTY) groups.remove(handle);
      writeLong(groupPtr, MPI_GROUP_NULL);
    },
  };
}
