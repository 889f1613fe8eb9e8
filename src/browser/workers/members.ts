/** Communicators of the workers of a page, groups of them, and grids. */
import type { Datatypes } from "../../mpi/solo/datatypes.js";
import { constants, fail } from "../../mpi/solo/failure.js";
import type { Functions } from "../../mpi/solo/functions.js";
import { Block, readInts, readLong, readText, writeInt, writeLong, writeText } from "../../mpi/solo/memory.js";
import { Table } from "../../mpi/solo/table.js";
import type { Data } from "../../mpi/solo/typemap.js";
import { finish, type Post, Round } from "./post.js";

const { MPI_CART, MPI_COMM_NULL, MPI_COMM_SELF, MPI_COMM_TYPE_SHARED, MPI_COMM_WORLD } = constants;
const { MPI_CONGRUENT, MPI_IDENT, MPI_MAX_OBJECT_NAME, MPI_PROC_NULL, MPI_SIMILAR } = constants;
const { MPI_TAG_UB, MPI_UNDEFINED, MPI_UNEQUAL } = constants;

/** A grid of ranks in C order, the last dimension fastest. */
interface Cartesian {
  readonly dims: readonly number[];
  readonly periods: readonly boolean[];
}

/** A communicator as this rank has it. */
export interface Member {
  /** Of messages; that of collective calls is the next number. Equal on all its ranks, of no other one of theirs. */
  readonly context: number;
  /** Its ranks by their numbers in the world. */
  readonly ranks: readonly number[];
  /** This rank in it. */
  readonly rank: number;
  readonly cartesian: Cartesian | undefined;
  name: string;
  /** Collective calls so far. */
  rounds: number;
}

/** Numbers that ranks tell each other as `int`. */
function numbersAt(block: Block, types: Datatypes): Data {
  return { ptr: block.address, type: types.byte, byteLength: block.bytes.length };
}

/** The communicators. */
export class Members extends Table<Member> {
  readonly #post: Post;
  readonly #types: Datatypes;
  /** The least context that this rank has not had. */
  #next = 4;

  constructor(post: Post, types: Datatypes) {
    const { rank, size } = post.wires;
    const all = [...Array(size).keys()];
    const member = (context: number, ranks: readonly number[], name: string): Member => {
      return { context, ranks, rank: ranks.indexOf(rank), cartesian: undefined, name, rounds: 0 };
    };
    super("COMM", [
      [MPI_COMM_WORLD, member(0, all, "MPI_COMM_WORLD")],
      [MPI_COMM_SELF, member(2, [rank], "MPI_COMM_SELF")],
    ]);
    this.#post = post;
    this.#types = types;
  }

  /**
   * Splits a communicator by a colour, in the order of keys, and writes the handle of the part that this rank is in.
   * **Collective.**
   */
  split(handle: number, color: number, key: number, newcommPtr: number, cartesian?: Cartesian): void {
    const parent = this.get(handle);
    const told = this.#tell(parent, [color, key, this.#next]);
    const context = Math.max(...told.map(([, , next]) => next!));
    this.#next = context + 2;
    const places = [...parent.ranks.keys()].filter((place) => told[place]![0] === color);
    places.sort((a, b) => told[a]![1]! - told[b]![1]! || a - b);
    if (color === MPI_UNDEFINED) writeLong(newcommPtr, MPI_COMM_NULL);
    else {
      const ranks = places.map((place) => parent.ranks[place]!);
      const rank = places.indexOf(parent.rank);
      writeLong(newcommPtr, this.add({ context, ranks, rank, cartesian, name: "", rounds: 0 }));
    }
  }

  /** What each rank of a communicator says. **Collective.** */
  #tell(member: Member, numbers: readonly number[]): number[][] {
    const blocks = member.ranks.map(() => new Block(4 * numbers.length));
    const mine = blocks[member.rank]!;
    for (const [place, value] of numbers.entries()) writeInt(mine.address, value, place);
    const others = [...blocks.entries()].filter(([rank]) => rank !== member.rank);
    const out = others.map(([rank]) => [rank, numbersAt(mine, this.#types)] as const);
    const into = others.map(([rank, block]) => [rank, numbersAt(block, this.#types)] as const);
    finish(this.#post, new Round(this.#post, false, member, { out, into }));
    return blocks.map((block) => readInts(block.address, numbers.length));
  }
}

/** The functions on communicators. */
export function memberFunctions(members: Members): Functions {
  const groups = new Table<readonly number[]>("GROUP", [[constants.MPI_GROUP_EMPTY, []]]);
  const world = members.get(MPI_COMM_WORLD);
  const self = world.ranks[world.rank]!;
  const largestTag = new Block(4);
  writeInt(largestTag.address, 2 ** 31 - 1);

  const gridOf = (handle: number) => members.get(handle).cartesian ?? fail("TOPOLOGY");
  const coordsOf = ({ dims }: Cartesian, rank: number) => {
    const coords: number[] = [];
    let left = rank;
    for (const n of dims.toReversed()) {
      coords.unshift(left % n);
      left = Math.floor(left / n);
    }
    return coords;
  };
  /** `undefined` beyond a wall. */
  const rankAt = ({ dims, periods }: Cartesian, coords: readonly number[]) => {
    const isInside = coords.every((at, axis) => periods[axis] || (at >= 0 && at < dims[axis]!));
    if (!isInside) return undefined;
    return coords.reduce(
      (rank, at, axis) => rank * dims[axis]! + (((at % dims[axis]!) + dims[axis]!) % dims[axis]!),
      0,
    );
  };
  const isSame = (a: readonly number[], b: readonly number[]) => a.join() === b.join();
  const compare = (a: readonly number[], b: readonly number[], same: number) => {
    if (isSame(a, b)) return same;
    return isSame(a.toSorted(), b.toSorted()) ? MPI_SIMILAR : MPI_UNEQUAL;
  };

  return {
    MPI_Comm_rank: (handle, ptr) => writeInt(ptr, members.get(handle).rank),
    MPI_Comm_size: (handle, ptr) => writeInt(ptr, members.get(handle).ranks.length),
    MPI_Comm_test_inter: (handle, ptr) => {
      members.get(handle);
      writeInt(ptr, 0);
    },
    MPI_Comm_set_errhandler: (handle) => {
      members.get(handle);
    },
    MPI_Comm_dup: (handle, newcommPtr) => members.split(handle, 0, 0, newcommPtr, members.get(handle).cartesian),
    MPI_Comm_split: (handle, color, key, newcommPtr) => {
      if (color < 0 && color !== MPI_UNDEFINED) fail("ARG", "the color is negative");
      members.split(handle, color, key, newcommPtr);
    },
    // All workers of a page share memory.
    MPI_Comm_split_type: (handle, type, key, _info, newcommPtr) => {
      if (type !== MPI_COMM_TYPE_SHARED && type !== MPI_UNDEFINED) fail("ARG", "the type to split by is unknown");
      members.split(handle, type === MPI_UNDEFINED ? type : 0, key, newcommPtr);
    },
    MPI_Comm_compare: (first, second, resultPtr) => {
      const [a, b] = [members.get(first), members.get(second)];
      writeInt(resultPtr, first === second ? MPI_IDENT : compare(a.ranks, b.ranks, MPI_CONGRUENT));
    },
    MPI_Comm_free: (commPtr) => {
      members.remove(readLong(commPtr));
      writeLong(commPtr, MPI_COMM_NULL);
    },
    MPI_Comm_set_name: (handle, namePtr) => {
      members.get(handle).name = readText(namePtr);
    },
    MPI_Comm_get_name: (handle, namePtr, lengthPtr) =>
      writeText(namePtr, members.get(handle).name, MPI_MAX_OBJECT_NAME, lengthPtr),
    MPI_Comm_get_attr: (handle, key, valuePtr, flagPtr) => {
      members.get(handle);
      writeInt(flagPtr, Number(key === MPI_TAG_UB));
      if (key === MPI_TAG_UB) writeLong(valuePtr, largestTag.address);
    },

    MPI_Comm_group: (handle, groupPtr) => writeLong(groupPtr, groups.add(members.get(handle).ranks)),
    MPI_Group_size: (handle, ptr) => writeInt(ptr, groups.get(handle).length),
    MPI_Group_rank: (handle, ptr) => {
      const rank = groups.get(handle).indexOf(self);
      writeInt(ptr, rank < 0 ? MPI_UNDEFINED : rank);
    },
    MPI_Group_translate_ranks: (first, count, ranksPtr, second, resultsPtr) => {
      const [from, to] = [groups.get(first), groups.get(second)];
      for (const [place, rank] of readInts(ranksPtr, count).entries()) {
        const found = rank === MPI_PROC_NULL ? rank : to.indexOf(from[rank] ?? fail("RANK"));
        writeInt(resultsPtr, found === -1 && rank !== MPI_PROC_NULL ? MPI_UNDEFINED : found, place);
      }
    },
    MPI_Group_compare: (first, second, resultPtr) =>
      writeInt(resultPtr, compare(groups.get(first), groups.get(second), MPI_IDENT)),
    MPI_Group_free: (groupPtr) => {
      groups.remove(readLong(groupPtr));
      writeLong(groupPtr, constants.MPI_GROUP_NULL);
    },

    MPI_Topo_test: (handle, statusPtr) => writeInt(statusPtr, members.get(handle).cartesian ? MPI_CART : MPI_UNDEFINED),
    MPI_Cart_create: (handle, count, dimsPtr, periodsPtr, _reorder, newcommPtr) => {
      const { ranks, rank } = members.get(handle);
      const dims = readInts(dimsPtr, count);
      const cells = dims.reduce((product, n) => product * n, 1);
      if (dims.some((n) => n < 1) || cells > ranks.length) fail("DIMS", "the dimensions do not fit the ranks");
      const periods = readInts(periodsPtr, count).map((flag) => flag !== 0);
      members.split(handle, rank < cells ? 0 : MPI_UNDEFINED, 0, newcommPtr, { dims, periods });
    },
    MPI_Cart_coords: (handle, rank, count, coordsPtr) => {
      const grid = gridOf(handle);
      if (rank < 0 || rank >= members.get(handle).ranks.length) fail("RANK");
      if (count < grid.dims.length) fail("DIMS", "there are more dimensions than coordinates");
      for (const [axis, at] of coordsOf(grid, rank).entries()) writeInt(coordsPtr, at, axis);
    },
    MPI_Cart_rank: (handle, coordsPtr, rankPtr) => {
      const grid = gridOf(handle);
      const rank = rankAt(grid, readInts(coordsPtr, grid.dims.length));
      writeInt(rankPtr, rank ?? fail("RANK", "the coordinates are outside the grid"));
    },
    MPI_Cart_shift: (handle, axis, displacement, sourcePtr, destPtr) => {
      const grid = gridOf(handle);
      if (axis < 0 || axis >= grid.dims.length) fail("DIMS", "there is no such dimension");
      const at = (shift: number) => {
        const coords = coordsOf(grid, members.get(handle).rank);
        coords[axis]! += shift;
        return rankAt(grid, coords) ?? MPI_PROC_NULL;
      };
      writeInt(sourcePtr, at(-displacement));
      writeInt(destPtr, at(displacement));
    },
  };
}
