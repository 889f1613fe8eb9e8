/**
 * How calls wait. A library that waits keeps the core of the rank, which the rank that is waited for may need, or other
 * work on the machine. So messages are their nonblocking forms, asked for again and again with the pauses of
 * {@link Patience}. Collective calls are only where ranks share cores: nonblocking ones take twice as long, all ranks have
 * to choose the same form, and a nonblocking reduction may add in another order, so that the load of the machine must not
 * decide.
 */
import { coreCount, env } from "../../../host.js";
import { system } from "../machine.js";
import { keptList } from "../native.js";
import type { FunctionName } from "../prototypes.js";
import type { World } from "../world.js";
import { Patience } from "./patience.js";

/**
 * Messages of so many bytes go out with a blocking call, which is 45 ns faster than a nonblocking one and its test: no
 * library keeps their sender waiting, except one with thousands of messages under way.
 */
const eagerLengths = { usual: 4096, short: 256 };

/** Says what to do about an error, instead of the general advice, which it gets. */
type Detail = ((advice: string) => string) | undefined;

/** The blocking calls of a world. Addresses and handles are the library's. */
export class Waiting {
  /** More ranks than cores on a node: collective calls then poll as well. */
  readonly crowded: boolean;
  /** Ranks on this node. */
  readonly ranksHere: number;
  /** Blocking messages poll: there are other ranks to wait for. */
  readonly polls: boolean;
  #patience: Patience;
  readonly #eagerLength: number;
  readonly #world: World;
  /** Where a call leaves its request, another one, a flag and a status. */
  readonly #ptrs: readonly [request: number, second: number, flag: number, status: number, unknown];

  /** Collective over all ranks of the world. */
  constructor(world: World) {
    const { outPtr, secondPtr, flagPtr, statusPtr } = world;
    this.#world = world;
    this.#eagerLength = world.differs.shortSendsWait ? eagerLengths.short : eagerLengths.usual;
    this.#ptrs = keptList(outPtr, secondPtr, flagPtr, statusPtr);
    this.polls = world.size > 1;
    this.#patience = new Patience(false);
    this.ranksHere = this.polls ? ranksOnNode(world) : 1;
    this.crowded = this.polls && this.#anyNodeCrowded();
    if (this.crowded) this.#patience = new Patience(true);
  }

  /** Equal on all ranks, because a blocking collective call does not meet the nonblocking one of another rank. */
  #anyNodeCrowded(): boolean {
    const world = this.#world;
    const crowded = this.ranksHere > coreCount();
    if (this.ranksHere === world.size) return crowded;
    const { MPI_DOUBLE, MPI_MAX, MPI_COMM_WORLD } = world.constants;
    const { numbers, numbersPtr, outPtr } = world;
    numbers[0] = Number(crowded);
    const code = world.raw.MPI_Iallreduce(numbersPtr, numbersPtr + 8, 1, MPI_DOUBLE, MPI_MAX, MPI_COMM_WORLD, outPtr);
    world.check(code, "MPI_Iallreduce");
    world.check(this.#poll(this.#ptrs[0]), "MPI_Iallreduce");
    return numbers[1] === 1;
  }

  /** Has this rank share its core while it waits: there are more threads than cores. **Local.** */
  share(): void {
    this.#patience = new Patience(true);
  }

  /** Asks again and again until the answer is yes. */
  until(holds: () => boolean): void {
    for (let asked = 1; !holds(); asked++) if (this.polls) this.#patience.pause(asked);
    this.#patience.end();
  }

  /** Offers the core to other ranks. */
  yieldCore(): void {
    system().yieldCore();
  }

  /** Completes the request that a call left at `world.outPtr`; its status is then readable. */
  complete(call: FunctionName, detail?: Detail): void {
    this.#world.check(this.wait(), call, detail);
  }

  /** As {@link complete}, but returns the error code; the handle in the scratch memory is as the call left it. */
  wait(): number {
    const ptrs = this.#ptrs;
    return this.polls ? this.#poll(ptrs[0]) : this.#world.raw.MPI_Wait(ptrs[0], ptrs[3]);
  }

  #poll(requestPtr: number): number {
    const { raw } = this.#world;
    const ptrs = this.#ptrs;
    let code = raw.MPI_Test(requestPtr, ptrs[2], ptrs[3]);
    for (let asked = 1; code === 0 && !this.#world.flag; asked++) {
      this.#patience.pause(asked);
      code = raw.MPI_Test(requestPtr, ptrs[2], ptrs[3]);
    }
    this.#patience.end();
    return code;
  }

  /**
   * Waits for several requests, and returns the error code.
   * @param flags where `flagPtr` is the first
   */
  all(count: number, requestsPtr: number, flagPtr: number, statusesPtr: number, flags: Int32Array): number {
    const { raw, differs } = this.#world;
    if (!this.polls && !differs.waitallHangs) return raw.MPI_Waitall(count, requestsPtr, statusesPtr);
    let code = raw.MPI_Testall(count, requestsPtr, flagPtr, statusesPtr);
    for (let asked = 1; code === 0 && flags[0] === 0; asked++) {
      if (this.polls) this.#patience.pause(asked);
      code = raw.MPI_Testall(count, requestsPtr, flagPtr, statusesPtr);
    }
    this.#patience.end();
    return code;
  }

  /** Waits for the request of the nonblocking form of a call, which returned `code`. */
  #end(code: number, call: FunctionName, detail?: Detail): void {
    const failure = code === 0 ? this.#poll(this.#ptrs[0]) : code;
    if (failure !== 0) this.#world.check(failure, call, detail);
  }

  /** Any call whose nonblocking form takes a request more. `values` are all others; messages poll before collective calls do. */
  run(blocking: FunctionName, nonblocking: FunctionName, values: readonly number[], polls = this.crowded): void {
    const world = this.#world;
    if (polls) this.#end(world.apply(nonblocking, values, this.#ptrs[0]), blocking);
    else {
      const code = world.apply(blocking, values);
      if (code !== 0) world.check(code, blocking);
    }
  }

  barrier(comm: number): void {
    const world = this.#world;
    if (this.crowded) this.#end(world.raw.MPI_Ibarrier(comm, this.#ptrs[0]), "MPI_Barrier");
    else {
      const code = world.raw.MPI_Barrier(comm);
      if (code !== 0) world.check(code, "MPI_Barrier");
    }
  }

  bcast(address: number, count: number, datatype: number, root: number, comm: number): void {
    const world = this.#world;
    if (this.crowded) {
      const code = world.raw.MPI_Ibcast(address, count, datatype, root, comm, this.#ptrs[0]);
      this.#end(code, "MPI_Bcast");
    } else {
      const code = world.raw.MPI_Bcast(address, count, datatype, root, comm);
      if (code !== 0) world.check(code, "MPI_Bcast");
    }
  }

  allreduce(from: number, into: number, count: number, datatype: number, op: number, comm: number): void {
    const world = this.#world;
    if (this.crowded) {
      const code = world.raw.MPI_Iallreduce(from, into, count, datatype, op, comm, this.#ptrs[0]);
      this.#end(code, "MPI_Allreduce");
    } else {
      const code = world.raw.MPI_Allreduce(from, into, count, datatype, op, comm);
      if (code !== 0) world.check(code, "MPI_Allreduce");
    }
  }

  /** `byteLength` decides how to wait: short messages leave at once, whether they are received or not. */
  send(
    address: number,
    count: number,
    datatype: number,
    to: number,
    tag: number,
    comm: number,
    byteLength: number,
  ): void {
    const world = this.#world;
    if (this.polls && byteLength > this.#eagerLength) {
      const code = world.raw.MPI_Isend(address, count, datatype, to, tag, comm, this.#ptrs[0]);
      this.#end(code, "MPI_Send");
    } else {
      const code = world.raw.MPI_Send(address, count, datatype, to, tag, comm);
      if (code !== 0) world.check(code, "MPI_Send");
    }
  }

  /** The status is then readable, as after all receives and probes here. */
  recv(
    address: number,
    count: number,
    datatype: number,
    from: number,
    tag: number,
    comm: number,
    detail?: Detail,
  ): void {
    const world = this.#world;
    if (this.polls) {
      const code = world.raw.MPI_Irecv(address, count, datatype, from, tag, comm, this.#ptrs[0]);
      this.#end(code, "MPI_Recv", detail);
    } else {
      const code = world.raw.MPI_Recv(address, count, datatype, from, tag, comm, this.#ptrs[3]);
      if (code !== 0) world.check(code, "MPI_Recv", detail);
    }
  }

  reduce(from: number, into: number, count: number, datatype: number, op: number, root: number, comm: number): void {
    const world = this.#world;
    if (this.crowded) {
      const code = world.raw.MPI_Ireduce(from, into, count, datatype, op, root, comm, this.#ptrs[0]);
      this.#end(code, "MPI_Reduce");
    } else {
      const crashes = root !== 0 && from === world.constants.MPI_IN_PLACE && world.differs.reduceInPlaceCrashes;
      const input = crashes ? this.#copy(into, count, datatype) : from;
      const code = world.raw.MPI_Reduce(input, into, count, datatype, op, root, comm);
      if (code !== 0) world.check(code, "MPI_Reduce");
    }
  }

  // biome-ignore format: one buffer a line
  gather(
    from: number, count: number, datatype: number,
    into: number, intoCount: number, intoType: number, root: number, comm: number,
  ): void {
    const world = this.#world;
    if (this.crowded) {
      const code = world.raw.MPI_Igather(from, count, datatype, into, intoCount, intoType, root, comm, this.#ptrs[0]);
      this.#end(code, "MPI_Gather");
    } else {
      const code = world.raw.MPI_Gather(from, count, datatype, into, intoCount, intoType, root, comm);
      if (code !== 0) world.check(code, "MPI_Gather");
    }
  }

  // biome-ignore format: one buffer a line
  scatter(
    from: number, count: number, datatype: number,
    into: number, intoCount: number, intoType: number, root: number, comm: number,
  ): void {
    const world = this.#world;
    if (this.crowded) {
      const code = world.raw.MPI_Iscatter(from, count, datatype, into, intoCount, intoType, root, comm, this.#ptrs[0]);
      this.#end(code, "MPI_Scatter");
    } else {
      const code = world.raw.MPI_Scatter(from, count, datatype, into, intoCount, intoType, root, comm);
      if (code !== 0) world.check(code, "MPI_Scatter");
    }
  }

  // biome-ignore format: one buffer a line
  allgather(
    from: number, count: number, datatype: number, into: number, intoCount: number, intoType: number, comm: number,
  ): void {
    const world = this.#world;
    if (this.crowded) {
      const code = world.raw.MPI_Iallgather(from, count, datatype, into, intoCount, intoType, comm, this.#ptrs[0]);
      this.#end(code, "MPI_Allgather");
    } else {
      const code = world.raw.MPI_Allgather(from, count, datatype, into, intoCount, intoType, comm);
      if (code !== 0) world.check(code, "MPI_Allgather");
    }
  }

  // biome-ignore format: one buffer a line
  alltoall(
    from: number, count: number, datatype: number, into: number, intoCount: number, intoType: number, comm: number,
  ): void {
    const world = this.#world;
    if (this.crowded) {
      const code = world.raw.MPI_Ialltoall(from, count, datatype, into, intoCount, intoType, comm, this.#ptrs[0]);
      this.#end(code, "MPI_Alltoall");
    } else {
      const code = world.raw.MPI_Alltoall(from, count, datatype, into, intoCount, intoType, comm);
      if (code !== 0) world.check(code, "MPI_Alltoall");
    }
  }

  /** The address of a copy of elements, for the next call. */
  #copy(address: number, count: number, datatype: number): number {
    const world = this.#world;
    world.call("MPI_Type_get_extent", datatype, world.outPtr, world.outPtr + 8);
    const copy = new Uint8Array(count * world.scratch.signed(8));
    const copyPtr = world.addressOf(copy);
    system().memcpy(copyPtr, address, copy.length);
    return copyPtr;
  }

  // biome-ignore format: one message a line
  sendrecv(
    out: number, outCount: number, outType: number, to: number, outTag: number,
    into: number, intoCount: number, intoType: number, from: number, intoTag: number,
    comm: number, byteLength: number, detail?: Detail,
  ): void {
    const world = this.#world;
    if (this.polls) {
      this.exchange(
        "MPI_Sendrecv", out, outCount, outType, to, outTag, into, intoCount, intoType, from, intoTag, comm, byteLength,
        detail,
      );
    } else {
      const code = world.raw.MPI_Sendrecv(
        out, outCount, outType, to, outTag, into, intoCount, intoType, from, intoTag, comm, this.#ptrs[3],
      );
      if (code !== 0) world.check(code, "MPI_Sendrecv", detail);
    }
  }

  /** A send of `byteLength` and a receive at the same time, polled, of a call that is named in errors. */
  // biome-ignore format: one message a line
  exchange(
    call: FunctionName,
    out: number, outCount: number, outType: number, to: number, outTag: number,
    into: number, intoCount: number, intoType: number, from: number, intoTag: number,
    comm: number, byteLength: number, detail?: Detail,
  ): void {
    const world = this.#world;
    const { raw } = world;
    const receivePtr = this.#ptrs[0];
    const sendPtr = this.#ptrs[1];
    const short = byteLength <= this.#eagerLength;
    const begun = raw.MPI_Irecv(into, intoCount, intoType, from, intoTag, comm, receivePtr);
    if (begun !== 0) world.check(begun, call, detail);
    const code = short
      ? raw.MPI_Send(out, outCount, outType, to, outTag, comm)
      : raw.MPI_Isend(out, outCount, outType, to, outTag, comm, sendPtr);
    if (code !== 0) {
      raw.MPI_Cancel(receivePtr);
      this.#poll(receivePtr);
      world.check(code, call);
    }
    // The send that is waited for first lets the receive go on as well; the status is to be that of the receive.
    const failure = short ? 0 : this.#poll(sendPtr);
    const received = this.#poll(receivePtr);
    if (received !== 0) world.check(received, call, detail);
    if (failure !== 0) world.check(failure, call);
  }

  probe(from: number, tag: number, comm: number): void {
    const world = this.#world;
    if (this.polls) this.until(() => this.iprobe("MPI_Probe", from, tag, comm));
    else world.check(world.raw.MPI_Probe(from, tag, comm, this.#ptrs[3]), "MPI_Probe");
  }

  /** True when there is a message. Never waits; `call` is named in errors. */
  iprobe(call: FunctionName, from: number, tag: number, comm: number): boolean {
    const world = this.#world;
    world.check(world.raw.MPI_Iprobe(from, tag, comm, this.#ptrs[2], this.#ptrs[3]), call);
    return world.flag;
  }

  /** The handle of the message is then at `world.outPtr`. */
  mprobe(from: number, tag: number, comm: number): void {
    const world = this.#world;
    if (this.polls) this.until(() => this.improbe("MPI_Mprobe", from, tag, comm));
    else world.check(world.raw.MPI_Mprobe(from, tag, comm, this.#ptrs[0], this.#ptrs[3]), "MPI_Mprobe");
  }

  /** As {@link iprobe}, for {@link mprobe}. */
  improbe(call: FunctionName, from: number, tag: number, comm: number): boolean {
    const world = this.#world;
    const ptrs = this.#ptrs;
    world.check(world.raw.MPI_Improbe(from, tag, comm, ptrs[2], ptrs[0], ptrs[3]), call);
    return world.flag;
  }

  /** Receives the message whose handle is at `world.secondPtr`. */
  mrecv(address: number, count: number, datatype: number, detail: Detail): void {
    const world = this.#world;
    const [requestPtr, messagePtr, , statusPtr] = this.#ptrs;
    if (this.polls) {
      const code = world.raw.MPI_Imrecv(address, count, datatype, messagePtr, requestPtr);
      this.#end(code, "MPI_Mrecv", detail);
    } else world.check(world.raw.MPI_Mrecv(address, count, datatype, messagePtr, statusPtr), "MPI_Mrecv", detail);
  }
}

function ranksOnNode(world: World): number {
  const told = env.OMPI_COMM_WORLD_LOCAL_SIZE ?? env.MPI_LOCALNRANKS;
  if (told !== undefined) return Number(told);
  const { MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, MPI_INFO_NULL } = world.constants;
  world.call("MPI_Comm_split_type", MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, world.outPtr);
  const node = world.readHandle(0);
  const size = world.integer("MPI_Comm_size", node);
  world.writeHandle(0, node);
  world.call("MPI_Comm_free", world.outPtr);
  return size;
}
