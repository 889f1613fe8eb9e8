import { UsageError } from "../errors.js";
import { show } from "./element.js";
import { Handle } from "./handle.js";
import { type Data, largestInt, type Message, messageOf } from "./message.js";
import { ANY_SOURCE, ANY_TAG, PROC_NULL, ROOT, type World } from "./world.js";

/** What all communicators have: ranks, checks of arguments, and their end. */
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

  /** @internal */
  constructor(world: World, handle: number, options: { predefined?: boolean; inter?: boolean } = {}) {
    super(world, handle, options.predefined);
    this.rank = world.integer("MPI_Comm_rank", handle);
    this.size = world.integer("MPI_Comm_size", handle);
    this.inter = options.inter ?? false;
    this.peers = this.inter ? world.integer("MPI_Comm_remote_size", handle) : this.size;
  }

  /** Releases the communicator. Not for the world. **Collective.** */
  free(): void {
    this.release("MPI_Comm_free");
  }

  /** Ends all processes of the job with this exit code. */
  abort(code = 1): never {
    // MPICH's launcher drops what the ranks have printed and it has not yet passed on.
    if (this.world.size > 1) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
    this.world.raw.MPI_Abort(this.handle, code);
    process.exit(code);
  }

  /** Data as the library takes it. */
  protected message(data: Data, call: string, argument: string): Message {
    return messageOf(this.world, data, call, argument);
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

  /** The library's number of a root; on intercommunicators also `ROOT` and `PROC_NULL`. */
  protected rootOf(root: number, call: string): number {
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
    return new UsageError(
      `${call}: "${argument}" expected a rank from 0 to ${this.peers - 1}, got ${show(rank)}. Name a rank of this communicator${others}.`,
    );
  }

  protected sendTag(tag: number | undefined, call: string, argument: string): number {
    if (tag === undefined) return 0;
    if (Number.isInteger(tag) && tag >= 0 && tag <= largestInt) return tag;
    throw new UsageError(
      `${call}: "${argument}" expected a whole number from 0 to ${largestInt}, got ${show(tag)}. Choose another tag.`,
    );
  }

  protected recvTag(tag: number | undefined, call: string, argument: string): number {
    return tag === undefined || tag === ANY_TAG ? this.world.constants.MPI_ANY_TAG : this.sendTag(tag, call, argument);
  }

  override toString(): string {
    return `${this.kind}, rank ${this.rank} of ${this.size}`;
  }
}
