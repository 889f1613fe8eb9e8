import { expectKeys, keysOf } from "../../argument.js";
import { Group } from "../calls/group.js";
import { Objects } from "../calls/objects.js";
import type { World } from "../library/world.js";
import { Comm } from "./comm.js";
import { type DupOptions, duplicate } from "./duplicate.js";

/** Options of {@link Comm.intercommCreate}. */
export interface IntercommOptions {
  /** The rank of this communicator that speaks for it, the same on all its ranks. Default 0. */
  readonly leader?: number;
  /** A communicator that both leaders are in; needed on the leader. */
  readonly peer?: Comm;
  /** The rank in `peer` of the leader of the other communicator; needed on the leader. */
  readonly remoteLeader?: number;
  /** Of the leaders' messages; the same on both. Default 0. */
  readonly tag?: number;
}

/** @internal */
export const intercommKeys = keysOf<IntercommOptions>({ leader: true, peer: true, remoteLeader: true, tag: true });

/** Options of {@link Intercomm.merge}. */
interface MergeOptions {
  /** True on the group whose ranks come last; with the same on both, the library chooses. */
  readonly high?: boolean;
}

const mergeKeys = keysOf<MergeOptions>({ high: true });

/**
 * A communicator of two groups, made with `comm.intercommCreate()`: ranks in messages and roots are those of the other
 * group, and collective calls bring the data of each group to the other. In calls with a root, that rank passes
 * `mpi.ROOT`, the others of its group `mpi.PROC_NULL`, and the other group its rank.
 *
 * ```js
 * const isLow = comm.rank === 0;
 * const mine = comm.split({ color: Number(isLow) });
 * const options = { peer: comm, remoteLeader: isLow ? 1 : 0 };
 * if (comm.size > 1 && mine) {
 *   const inter = mine.intercommCreate(options);
 *   console.log(inter.size, inter.remoteSize); // 1 2 on 3 ranks
 *   inter.free();
 * }
 * ```
 */
export class Intercomm extends Objects {
  protected override readonly kind: string = "intercommunicator";

  /** @internal */
  constructor(world: World, handle: number) {
    super(world, handle, { inter: true });
  }

  /** Number of processes in the other group. */
  get remoteSize(): number {
    return this.peers;
  }

  /** The processes of the other group. **Local.** Free it when done. */
  remoteGroup(): Group {
    const { world, handle } = this;
    world.call("MPI_Comm_remote_group", handle, world.outPtr);
    return new Group(world, world.readHandle(0));
  }

  /** An intercommunicator of the same groups whose messages never meet this one's. **Collective.** Free it when done. */
  dup(options: DupOptions = {}): Intercomm {
    return new Intercomm(this.world, duplicate(this, options));
  }

  /** A communicator of the ranks of both groups. **Collective.** Free it when done. */
  merge(options: MergeOptions = {}): Comm {
    expectKeys("MPI_Intercomm_merge", options, mergeKeys);
    const { world, handle } = this;
    const { address } = world.scratch;
    world.call("MPI_Intercomm_merge", handle, Number(options.high ?? false), address);
    return new Comm(world, world.readHandle(0));
  }

  /** What it is, in one line. **Local.** */
  override toString(): string {
    return this.freed ? "intercommunicator, freed" : `${super.toString()}, with ${this.remoteSize} others`;
  }
}
