/**
 * What a communicator can do, a class a file; each extends the class before its arrow.
 *
 *     Communicator       ranks, names, attributes
 *     <- Packing         bytes of data of different types
 *     <- Calls           the three forms of a call
 *     <- PointToPoint    messages
 *     <- Reductions      sums and the like
 *     <- Collectives     data of all ranks
 *     <- Exchanges       data from each rank to each
 *     <- Objects         values of JavaScript
 *     <- Intercomm       two groups of ranks
 *     <- Resources       windows, files and memory; also extends Objects
 *        <- Comm         other communicators
 *           <- TopologyComm <- CartComm, GraphComm
 */

import { expectWhole, show, wrong } from "../../argument.js";
import type { UsageError } from "../../errors.js";
import { exit } from "../../host.js";
import { type Data, largestInt, type Message, messageOf } from "../data/buffer.js";
import { Handle } from "../library/handle.js";
import { type Hints, takeEntries, withHints } from "../library/info.js";
import { type Kept, keptList } from "../library/native.js";
import { ANY_SOURCE, ANY_TAG, PROC_NULL, ROOT } from "../library/status.js";
import type { World } from "../library/world.js";
import {
  dropAttributes,
  expectKeyval,
  type Keyval,
  type PredefinedAttributes,
  predefinedAttribute,
} from "./attribute.js";
import { Group, type Relation, readRelation } from "./group.js";

/**
 * What all communicators have: ranks, names, attributes, checks of arguments, and their end.
 *
 * ```js
 * const copy = comm.dup();
 * copy.name = "solver";
 * console.log(`${copy.name}: ${copy.size}, ${copy.compare(comm)}`); // solver: 3, congruent on 3 ranks
 * copy.free();
 * ```
 */
export abstract class Communicator extends Handle {
  protected readonly kind: string = "communicator";
  /** This process in the communicator, from 0. */
  readonly rank: number;
  /** Number of processes in the communicator; of an intercommunicator those in this process's group. */
  readonly size: number;
  /** Number of processes that messages can go to: those of the other group of an intercommunicator, else `size`. @internal */
  readonly peers: number;
  /** True for an intercommunicator. @internal */
  readonly inter: boolean;
  /** The handle as {@link lend} gives it. */
  #lent: [number, unknown] | undefined;

  /** @internal */
  constructor(world: World, handle: number, options: { predefined?: boolean; inter?: boolean } = {}) {
    super(world, handle, options.predefined);
    this.rank = world.integer("MPI_Comm_rank", handle);
    this.size = world.integer("MPI_Comm_size", handle);
    this.inter = options.inter ?? false;
    this.peers = this.inter ? world.integer("MPI_Comm_remote_size", handle) : this.size;
    world.noteComm?.(handle, !this.inter && this.size === world.size);
  }

  /** Releases the communicator; not one that the library has made. **Collective.** */
  free(): void {
    const { world, handle } = this;
    dropAttributes(world, handle, () => this.release("MPI_Comm_free"));
    if (this.#lent) this.#lent[0] = world.constants.MPI_COMM_NULL;
    world.noteComm?.(handle, false);
  }

  /**
   * The library's handle for calls that look at nothing before them: when the communicator is freed it becomes one that the
   * library refuses, where the old one may be the address of memory that is gone. @internal
   */
  lend(): Kept {
    this.#lent ??= keptList(this.handle);
    return this.#lent;
  }

  /** The processes of the communicator; of an intercommunicator those in this process's group. **Local.** Free it when done. */
  group(): Group {
    const { world, handle } = this;
    world.call("MPI_Comm_group", handle, world.outPtr);
    return new Group(world, world.readHandle(0));
  }

  /** Tells how this communicator and another relate. **Local.** */
  compare(other: Communicator): Relation {
    const { world, handle } = this;
    const call = "MPI_Comm_compare";
    world.call(call, handle, commHandle(other, call, "other"), world.outPtr);
    return readRelation(world);
  }

  /** The name that debuggers show. **Local.** */
  get name(): string {
    const { world, handle } = this;
    world.call("MPI_Comm_get_name", handle, world.textPtr(world.constants.MPI_MAX_OBJECT_NAME), world.outPtr);
    return world.readText(world.out);
  }

  set name(name: string) {
    this.rename("MPI_Comm_set_name", name);
  }

  /** The hints that the library follows. **Local.** Setting some is **collective**, with the same ones on all ranks. */
  get info(): Readonly<Record<string, string>> {
    const { world, handle } = this;
    world.call("MPI_Comm_get_info", handle, world.outPtr);
    return takeEntries(world, world.readHandle(0));
  }

  set info(hints: Hints) {
    const { world, handle } = this;
    const call = "MPI_Comm_set_info";
    withHints(world, hints, call, (info) => world.call(call, handle, info));
  }

  /** Attaches a value of any kind, in place of one under the same key. **Local.** */
  setAttribute<T>(key: Keyval<T>, value: T): void {
    expectKeyval(key, "MPI_Comm_set_attr");
    key.set(this.handle, value);
  }

  /** The value under a key; `undefined` when there is none. **Local.** */
  getAttribute<T>(key: Keyval<T>): T | undefined {
    expectKeyval(key, "MPI_Comm_get_attr");
    return key.get(this.handle);
  }

  /** Takes the value under a key off. **Local.** @returns whether there was one */
  deleteAttribute<T>(key: Keyval<T>): boolean {
    expectKeyval(key, "MPI_Comm_delete_attr");
    return key.delete(this.handle);
  }

  /** What the library says about itself, by name; `undefined` where it says nothing. **Local.** */
  attribute<Name extends keyof PredefinedAttributes>(name: Name): PredefinedAttributes[Name] | undefined {
    return predefinedAttribute(this.world, this.handle, name);
  }

  /**
   * Ends all processes of the job with this exit code, of which systems keep the lowest 8 bits; 1 where these are 0 and the code
   * is not. @throws UsageError for what is no whole number
   */
  abort(code = 1): never {
    const exitCode = exitCodeOf(code);
    // MPICH's launcher drops what the ranks have printed and it has not yet passed on.
    if (this.world.size > 1) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
    this.world.raw.MPI_Abort(this.handle, exitCode);
    exit(exitCode);
  }

  /** Data as the library takes it; `lasting` where it uses them after the call. */
  protected message(data: Data, call: string, argument: string, lasting = false): Message {
    return messageOf(this.world, data, call, argument, lasting);
  }

  /** The library's number of a rank to send to. */
  protected rankOf(rank: number, call: string, argument: string): number {
    if (Number.isInteger(rank) && rank >= 0 && rank < this.peers) return rank;
    if (rank === PROC_NULL) return this.world.constants.MPI_PROC_NULL;
    throw this.wrongRank(rank, call, argument, " or PROC_NULL");
  }

  /** The library's number of a rank to receive from. */
  protected sourceOf(rank: number | undefined, call: string): number {
    if (rank === undefined || rank === ANY_SOURCE) return this.world.constants.MPI_ANY_SOURCE;
    return this.rankOf(rank, call, "from");
  }

  /** The library's number of a root, by default rank 0; on intercommunicators also `ROOT` and `PROC_NULL`. */
  protected rootOf(asked: number | undefined, call: string): number {
    const root = asked === undefined ? 0 : asked;
    if (Number.isInteger(root) && root >= 0 && root < this.peers) return root;
    if (this.inter && root === ROOT) return this.world.constants.MPI_ROOT;
    if (this.inter && root === PROC_NULL) return this.world.constants.MPI_PROC_NULL;
    throw this.wrongRank(root, call, "root", this.inter ? ", ROOT or PROC_NULL" : "");
  }

  /** What this rank does in a call with a root; `root` is the library's number. */
  protected role(root: number): { readonly sends: boolean; readonly receives: boolean; readonly isRoot: boolean } {
    if (!this.inter) return { sends: true, receives: this.rank === root, isRoot: this.rank === root };
    const { MPI_ROOT, MPI_PROC_NULL } = this.world.constants;
    return {
      sends: root !== MPI_ROOT && root !== MPI_PROC_NULL,
      receives: root === MPI_ROOT,
      isRoot: root === MPI_ROOT,
    };
  }

  /** @internal */
  wrongRank(rank: unknown, call: string, argument: string, others: string): UsageError {
    return wrong(
      `${call}: "${argument}"`,
      `a rank from 0 to ${this.peers - 1}`,
      show(rank),
      `Name a rank of this communicator${others}.`,
    );
  }

  protected sendTag(tag: number | undefined, call: string, argument: string): number {
    if (tag === undefined) return 0;
    if (Number.isInteger(tag) && tag >= 0 && tag <= largestInt) return tag;
    throw wrong(`${call}: "${argument}"`, `a whole number from 0 to ${largestInt}`, show(tag), "Choose another tag.");
  }

  protected recvTag(tag: number | undefined, call: string, argument: string): number {
    return tag === undefined || tag === ANY_TAG ? this.world.constants.MPI_ANY_TAG : this.sendTag(tag, call, argument);
  }

  /** What it is, in one line: `communicator, rank 0 of 4`. **Local.** */
  override toString(): string {
    return `${this.kind}, rank ${this.rank} of ${this.size}`;
  }
}

/** The handle of an argument that has to be a communicator. @throws UsageError when it is none */
export function commHandle(comm: Communicator, call: string, argument: string): number {
  if (comm instanceof Communicator) return comm.handle;
  throw wrong(`${call}: "${argument}"`, "a communicator", show(comm), "Pass for example the one of mpi.init().");
}

/** The exit code of a job that is aborted: a text, or a number that systems cut to 0, must not end it as if all were well. */
export function exitCodeOf(code: number): number {
  expectWhole('mpi.abort: "code"', code, {}, "Pass an exit code, and print what is wrong before.");
  return code === 0 ? 0 : code & 255 || 1;
}
