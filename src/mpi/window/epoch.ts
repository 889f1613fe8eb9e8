import { expectKeys, expectList, keysOf, show, wrong } from "../../argument.js";
import type { Constant } from "../library/abi.js";
import { Handle } from "../library/handle.js";
import type { FunctionName } from "../library/prototypes.js";
import { PROC_NULL } from "../library/status.js";
import type { World } from "../library/world.js";

/** What the program promises about a {@link Epochs.fence}; all false by default. */
export interface FenceOptions {
  /** This rank did not write to its own part of the window since the last synchronisation. */
  readonly noStore?: boolean;
  /** Nobody puts or accumulates into this rank's part until the next fence. */
  readonly noPut?: boolean;
  /** No one-sided calls came before it. All ranks say the same. */
  readonly noPrecede?: boolean;
  /** No one-sided calls follow it. All ranks say the same. */
  readonly noSucceed?: boolean;
}

const fenceKeys = keysOf<FenceOptions>({ noStore: true, noPut: true, noPrecede: true, noSucceed: true });

/** What the program promises about a {@link Epochs.post}; all false by default. */
export interface PostOptions {
  /** The other ranks call `start` after this returns, and say `noCheck` too. */
  readonly noCheck?: boolean;
  /** This rank did not write to its own part of the window since the last synchronisation. */
  readonly noStore?: boolean;
  /** Nobody puts or accumulates until `wait`. */
  readonly noPut?: boolean;
}

const postKeys = keysOf<PostOptions>({ noCheck: true, noStore: true, noPut: true });

/** What the program promises about a `start` or a `lockAll`. */
export interface CheckOptions {
  /** `start`: the other ranks have called `post` with it; `lockAll`: nobody locks exclusively meanwhile. Default false. */
  readonly noCheck?: boolean;
}

const checkKeys = keysOf<CheckOptions>({ noCheck: true });

/** Options of {@link Epochs.lock}. */
export interface LockOptions {
  /** Others may hold a shared lock at the same time. Default false: nobody else may. */
  readonly shared?: boolean;
  /** Nobody holds or asks for a lock that keeps this one out. Default false. */
  readonly noCheck?: boolean;
}

const lockKeys = keysOf<LockOptions>({ shared: true, noCheck: true });

/** What the library calls the promises. */
const assertions = {
  noCheck: "MPI_MODE_NOCHECK",
  noStore: "MPI_MODE_NOSTORE",
  noPut: "MPI_MODE_NOPUT",
  noPrecede: "MPI_MODE_NOPRECEDE",
  noSucceed: "MPI_MODE_NOSUCCEED",
} as const satisfies Record<string, Constant>;

type Promises = { readonly [Promise in keyof typeof assertions]?: boolean };

const promises = Object.keys(assertions) as (keyof Promises)[];

/**
 * The synchronisation of a window. One-sided calls take place within an epoch: between two fences; between `lock` and
 * `unlock`; or between `start` and `complete` on one side and `post` and `wait` on the other.
 *
 * Where ranks share cores, MPICH takes 10 to 40 ms for a fence, for a lock that others hold, and for `start` to `wait`;
 * `lockAll` once, then `flush` and the communicator's `barrier` take microseconds.
 *
 * ```js
 * const window = comm.createWindow(Float64Array.of(comm.rank));
 * const value = new Float64Array(1);
 * window.lockAll();
 * window.get(value, { target: comm.size - 1 });
 * window.flush(comm.size - 1); // The value is there; the epoch goes on.
 * window.unlockAll();
 * console.log(value[0]); // 2 on 3 ranks
 * window.free();
 * ```
 */
export abstract class Epochs extends Handle {
  protected readonly kind = "window";
  /** This process in the group of the window, from 0. */
  readonly rank: number;
  /** Number of processes in the group of the window. */
  readonly size: number;
  /** What the library may still read or write, by target rank. */
  readonly #pending = new Map<number, Set<unknown>>();

  /** @internal */
  constructor(world: World, handle: number, group: { readonly rank: number; readonly size: number }) {
    super(world, handle);
    this.rank = group.rank;
    this.size = group.size;
  }

  /**
   * Ends the epoch of all ranks and begins the next: every call before it has taken place, on both sides, when it
   * returns. **Collective.** **Blocking.**
   */
  fence(options: FenceOptions = {}): void {
    const assert = this.#assert("MPI_Win_fence", options, fenceKeys);
    this.#call("MPI_Win_fence", assert, this.handle);
    this.#pending.clear();
  }

  /** Begins an epoch of calls to one rank, which takes no part in it; may wait for other locks. **Blocking.** */
  lock(rank: number, options: LockOptions = {}): void {
    const { MPI_LOCK_SHARED, MPI_LOCK_EXCLUSIVE } = this.world.constants;
    const target = this.rankOf(rank, "MPI_Win_lock", "rank");
    const assert = this.#assert("MPI_Win_lock", options, lockKeys);
    this.#call("MPI_Win_lock", options.shared ? MPI_LOCK_SHARED : MPI_LOCK_EXCLUSIVE, target, assert, this.handle);
  }

  /** Ends the epoch of {@link lock}: its calls have taken place, on both sides. **Blocking.** */
  unlock(rank: number): void {
    this.#call("MPI_Win_unlock", this.rankOf(rank, "MPI_Win_unlock", "rank"), this.handle);
    this.#pending.delete(rank);
  }

  /** Begins an epoch of calls to any rank, under a shared lock of each. **Blocking.** */
  lockAll(options: CheckOptions = {}): void {
    this.#call("MPI_Win_lock_all", this.#assert("MPI_Win_lock_all", options, checkKeys), this.handle);
  }

  /** Ends the epoch of {@link lockAll}. **Blocking.** */
  unlockAll(): void {
    this.#call("MPI_Win_unlock_all", this.handle);
    this.#pending.clear();
  }

  /** Within `lock` or `lockAll`: the calls to a rank (default: to all) have taken place, on both sides. **Blocking.** */
  flush(rank?: number): void {
    this.#flush("MPI_Win_flush", "MPI_Win_flush_all", rank);
  }

  /** As {@link flush}, but only on this side: results are there, and data may be reused. **Blocking.** */
  flushLocal(rank?: number): void {
    this.#flush("MPI_Win_flush_local", "MPI_Win_flush_local_all", rank);
  }

  #flush(toRank: "MPI_Win_flush" | "MPI_Win_flush_local", toAll: FunctionName, rank: number | undefined): void {
    if (rank === undefined) {
      this.#call(toAll, this.handle);
      this.#pending.clear();
    } else {
      this.#call(toRank, this.rankOf(rank, toRank, "rank"), this.handle);
      this.#pending.delete(rank);
    }
  }

  /** Makes what this rank wrote and what others put meet, within `lock` or `lockAll`; also a memory barrier. **Local.** */
  sync(): void {
    this.#call("MPI_Win_sync", this.handle);
  }

  /** Opens this rank's part to calls from some ranks, until {@link wait}. **Local.** */
  post(ranks: readonly number[], options: PostOptions = {}): void {
    const assert = this.#assert("MPI_Win_post", options, postKeys);
    this.#withGroup("MPI_Win_post", ranks, (group) => this.#call("MPI_Win_post", group, assert, this.handle));
  }

  /**
   * Begins an epoch of calls to some ranks, each of which has to {@link post}, until {@link complete}. MPICH 4.0 only
   * counts the posts: keep epochs with different ranks apart with a barrier. **Blocking.**
   */
  start(ranks: readonly number[], options: CheckOptions = {}): void {
    const assert = this.#assert("MPI_Win_start", options, checkKeys);
    this.#withGroup("MPI_Win_start", ranks, (group) => this.#call("MPI_Win_start", group, assert, this.handle));
  }

  /** Ends the epoch of {@link start}: data may be reused, and results are there. **Blocking.** */
  complete(): void {
    this.#call("MPI_Win_complete", this.handle);
    this.#pending.clear();
  }

  /** Ends the epoch of {@link post}, when the others have called {@link complete}. **Blocking.** */
  wait(): void {
    const { waiting } = this.world;
    if (waiting.polls) waiting.until(() => this.test());
    else this.#call("MPI_Win_wait", this.handle);
  }

  /** As {@link wait}, but never waits: true when the epoch has ended. **Local.** */
  test(): boolean {
    const { address, i32 } = this.world.scratch;
    this.#call("MPI_Win_test", this.handle, address);
    return i32[0] !== 0;
  }

  #call(name: FunctionName, ...values: number[]): void {
    this.world.check(this.world.apply(name, values), name);
  }

  /** The library's number of what is promised in options. */
  #assert(call: string, options: Promises, keys: readonly string[]): number {
    expectKeys(call, options, keys);
    const { constants } = this.world;
    let assert = 0;
    for (const name of promises) if (options[name]) assert |= constants[assertions[name]];
    return assert;
  }

  /** Calls with the group of some ranks of the window. */
  #withGroup(call: "MPI_Win_post" | "MPI_Win_start", ranks: readonly number[], use: (group: number) => void): void {
    const { world } = this;
    const { raw, scratch } = world;
    expectList(`${call}: "ranks"`, ranks, "a list of ranks", "Put them in brackets.");
    for (const [index, rank] of ranks.entries()) {
      if (!this.#isRank(rank) || ranks.indexOf(rank) !== index) {
        throw wrong(
          `${call}: "ranks"`,
          `different ranks from 0 to ${this.size - 1}`,
          `[${ranks.map(show).join(", ")}]`,
          "Name ranks of this window.",
        );
      }
    }
    const free = (handle: number) => {
      world.writeHandle(0, handle);
      world.call("MPI_Group_free", scratch.address);
    };
    world.call("MPI_Win_get_group", this.handle, scratch.address);
    const all = world.readHandle(0);
    const code = raw.MPI_Group_incl(all, ranks.length, world.integers(ranks), scratch.address);
    const group = world.readHandle(0);
    free(all);
    world.check(code, "MPI_Group_incl");
    try {
      use(group);
    } finally {
      if (group !== world.constants.MPI_GROUP_EMPTY) free(group);
    }
  }

  #isRank(rank: number): boolean {
    return Number.isInteger(rank) && rank >= 0 && rank < this.size;
  }

  /** The library's number of a target; `orNull` where it may be `PROC_NULL`. */
  protected rankOf(rank: number, call: string, argument: string, orNull = false): number {
    if (this.#isRank(rank)) return rank;
    if (orNull && rank === PROC_NULL) return this.world.constants.MPI_PROC_NULL;
    throw wrong(
      `${call}: "${argument}"`,
      `a rank from 0 to ${this.size - 1}`,
      show(rank),
      `Name a rank of this window${orNull ? " or PROC_NULL" : ""}.`,
    );
  }

  /** Keeps memory alive until the calls to a rank have taken place. */
  protected keepFor(target: number, memory: unknown): void {
    let kept = this.#pending.get(target);
    if (!kept) {
      kept = new Set();
      this.#pending.set(target, kept);
    }
    kept.add(memory);
  }

  /** What it is, in one line: kind, rank, size. **Local.** */
  override toString(): string {
    return `${this.kind}, rank ${this.rank} of ${this.size}`;
  }
}
