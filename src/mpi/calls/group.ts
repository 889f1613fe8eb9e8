import { show, wrong } from "../../argument.js";
import { Handle } from "../library/handle.js";
import { PROC_NULL } from "../library/status.js";
import type { World } from "../library/world.js";

/**
 * How two groups or communicators relate. Groups: `identical` are the same ranks in the same order, `similar` the same in
 * another order. Communicators: `identical` is the same communicator, `congruent` another one of identical groups,
 * `similar` one of similar groups.
 */
export type Relation = "identical" | "congruent" | "similar" | "unequal";

/** The relation that a call of the library has written at the start of the scratch memory. */
export function readRelation(world: World): Relation {
  const { MPI_IDENT, MPI_CONGRUENT, MPI_SIMILAR } = world.constants;
  const result = world.out;
  if (result === MPI_IDENT) return "identical";
  if (result === MPI_CONGRUENT) return "congruent";
  return result === MPI_SIMILAR ? "similar" : "unequal";
}

/** Checks that a list holds ranks below `size`. @throws UsageError; `where` names the call and the argument */
export function expectRanks(
  ranks: readonly number[],
  size: number,
  where: string,
  options: { readonly whose: string; readonly distinct?: boolean; readonly orNull?: boolean },
): void {
  const { whose, distinct = false, orNull = false } = options;
  const isRank = (rank: number) => Number.isInteger(rank) && rank >= 0 && rank < size;
  if (
    Array.isArray(ranks) &&
    ranks.every((rank) => isRank(rank) || (orNull && rank === PROC_NULL)) &&
    !(distinct && new Set(ranks).size < ranks.length)
  ) {
    return;
  }
  const which = `a list of${distinct ? " different" : ""} ranks`;
  const range = size === 0 ? ", of which there are none" : ` from 0 to ${size - 1}`;
  throw wrong(where, `${which}${range}`, show(ranks), `Name ranks of ${whose}${orNull ? " or PROC_NULL" : ""}.`);
}

type Combination = "MPI_Group_union" | "MPI_Group_intersection" | "MPI_Group_difference";

/**
 * An ordered set of processes; each has a rank in it. Made with `comm.group()`, `mpi.emptyGroup` or from other groups.
 * Free it when done. **Local.**
 *
 * ```js
 * const world = comm.group();
 * const first = world.include([0]);
 * const rest = world.difference(first);
 * console.log(rest.size); // 2 on 3 ranks
 * console.log(first.translateRanks([0], world)); // [ 0 ]
 * for (const group of [rest, first, world]) group.free();
 * ```
 */
export class Group extends Handle {
  protected readonly kind = "group";
  /** Number of processes. */
  readonly size: number;
  /** This process in the group, from 0; `undefined` when it is no member. */
  readonly rank: number | undefined;

  /** @internal */
  constructor(world: World, handle: number) {
    super(world, handle, handle === world.constants.MPI_GROUP_EMPTY);
    this.size = world.integer("MPI_Group_size", handle);
    const rank = world.integer("MPI_Group_rank", handle);
    this.rank = rank === world.constants.MPI_UNDEFINED ? undefined : rank;
  }

  /** The group of these ranks of this one, in the order given. **Local.** Free it when done. */
  include(ranks: readonly number[]): Group {
    return this.#choose("MPI_Group_incl", ranks);
  }

  /** The group of all but these ranks of this one, in its order. **Local.** Free it when done. */
  exclude(ranks: readonly number[]): Group {
    return this.#choose("MPI_Group_excl", ranks);
  }

  #choose(call: "MPI_Group_incl" | "MPI_Group_excl", ranks: readonly number[]): Group {
    const { world, handle } = this;
    expectRanks(ranks, this.size, `${call}: "ranks"`, { whose: "this group", distinct: true });
    world.call(call, handle, ranks.length, world.integers(ranks), world.outPtr);
    return new Group(world, world.readHandle(0));
  }

  /** The members of this group, followed by those of the other that are not in this one. **Local.** Free it when done. */
  union(other: Group): Group {
    return this.#combine("MPI_Group_union", other);
  }

  /** The members of this group that are in the other too, in this one's order. **Local.** Free it when done. */
  intersection(other: Group): Group {
    return this.#combine("MPI_Group_intersection", other);
  }

  /** The members of this group that are not in the other, in this one's order. **Local.** Free it when done. */
  difference(other: Group): Group {
    return this.#combine("MPI_Group_difference", other);
  }

  #combine(call: Combination, other: Group): Group {
    const { world, handle } = this;
    world.call(call, handle, groupHandle(other, call, "other"), world.outPtr);
    return new Group(world, world.readHandle(0));
  }

  /** Tells whether both are the same processes in the same order: `identical`, `similar` or `unequal`. **Local.** */
  compare(other: Group): Relation {
    const { world, handle } = this;
    const call = "MPI_Group_compare";
    world.call(call, handle, groupHandle(other, call, "other"), world.outPtr);
    return readRelation(world);
  }

  /**
   * The ranks in another group of these ranks of this one; `undefined` for one that is no member of it. `PROC_NULL` stays
   * what it is. **Local.**
   */
  translateRanks(ranks: readonly number[], other: Group): (number | undefined)[] {
    const { world, handle } = this;
    const { MPI_PROC_NULL, MPI_UNDEFINED } = world.constants;
    const call = "MPI_Group_translate_ranks";
    const otherHandle = groupHandle(other, call, "other");
    expectRanks(ranks, this.size, `${call}: "ranks"`, { whose: "this group", orNull: true });
    const from = world.integers(ranks.map((rank) => (rank === PROC_NULL ? MPI_PROC_NULL : rank)));
    const translated = new Int32Array(ranks.length);
    world.call(call, handle, ranks.length, from, otherHandle, world.addressOf(translated));
    return Array.from(translated, (rank) => (rank === MPI_UNDEFINED ? undefined : world.rankFrom(rank)));
  }

  /** Releases the group. **Local.** */
  free(): void {
    // The library's own, even as the result of another call.
    if (this.handle === this.world.constants.MPI_GROUP_EMPTY) this.forget();
    else this.release("MPI_Group_free");
  }

  /** What it is, in one line: `group of 4, rank 0`. **Local.** */
  override toString(): string {
    if (this.freed) return "group, freed";
    return `group of ${this.size}, ${this.rank === undefined ? "without this process" : `rank ${this.rank}`}`;
  }
}

/** The handle of an argument that has to be a group. @throws UsageError when it is none */
export function groupHandle(group: Group, call: string, argument: string): number {
  if (group instanceof Group) return group.handle;
  throw wrong(`${call}: "${argument}"`, "a group", show(group), "Take one from comm.group() or mpi.emptyGroup.");
}
