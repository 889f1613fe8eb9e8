import { wrong } from "../../argument.js";
import type { Comm } from "../../mpi/comm/comm.js";
import { keptList } from "../../mpi/library/native.js";
import type { World } from "../../mpi/library/world.js";

const worldHandle = 0x101;
const selfHandle = 0x102;
/** Above every predefined handle of the standard ABI. */
const firstHandle = 0x1000;

/** The communicators that compiled code knows, by their handles: those of the standard ABI, or given out here. */
export class Communicators {
  readonly #world: World;
  /** The native handles of the predefined ones. */
  readonly #predefined: readonly [none: number, world: number, self: number, unknown];
  readonly #comms: Comm[] = [];
  readonly #handles = new WeakMap<Comm, number>();

  constructor(world: World) {
    const { MPI_COMM_NULL, MPI_COMM_WORLD, MPI_COMM_SELF } = world.constants;
    this.#world = world;
    this.#predefined = keptList(MPI_COMM_NULL, MPI_COMM_WORLD, MPI_COMM_SELF);
  }

  /** The handle of a communicator. @throws UsageError when it has been freed */
  handleOf(comm: Comm): number {
    const { MPI_COMM_WORLD, MPI_COMM_SELF } = this.#world.constants;
    const native = comm.handle;
    if (native === MPI_COMM_WORLD) return worldHandle;
    if (native === MPI_COMM_SELF) return selfHandle;
    let handle = this.#handles.get(comm);
    if (handle === undefined) {
      handle = firstHandle + this.#comms.push(comm) - 1;
      this.#handles.set(comm, handle);
    }
    return handle;
  }

  /** The library's handle; for what is none the null handle, which the library refuses. @throws UsageError when freed */
  native(handle: number): number {
    if (handle === worldHandle) return this.#predefined[1];
    if (handle === selfHandle) return this.#predefined[2];
    return this.#comms[handle - firstHandle]?.handle ?? this.#predefined[0];
  }

  rank(handle: number): number {
    if (handle === worldHandle) return this.#world.rank;
    return handle === selfHandle ? 0 : this.#get(handle).rank;
  }

  size(handle: number): number {
    if (handle === worldHandle) return this.#world.size;
    return handle === selfHandle ? 1 : this.#get(handle).size;
  }

  #get(handle: number): Comm {
    const comm = this.#comms[handle - firstHandle];
    if (comm) return comm;
    const got = `0x${(handle >>> 0).toString(16)}`;
    throw wrong("mpi", "the handle of a communicator", got, "Pass a Comm to the function.");
  }
}
