import type { Message } from "../data/buffer.js";
import { rowTypesOf } from "../data/rows.js";
import { type CallName, callName, messageNames } from "./names.js";
import type { Op } from "./op.js";
import { Packing } from "./packing.js";
import { Request } from "./request.js";

type Seven = readonly [number, number, number, number, number, number, number];

/** A call with its arguments, the communicator included, as all of its forms take them. */
export interface Call<B = unknown> {
  readonly name: CallName;
  readonly values: readonly number[];
  /** The data that the call writes to, or else reads from. */
  readonly buffer: B;
  /** The datatypes that are not among the values. */
  readonly datatypes?: readonly number[];
  /** What else has to stay alive until the end of the call. */
  readonly keep?: unknown;
  /** The operation in JavaScript that the call uses. */
  readonly op?: Op | undefined;
  /** Of a receive, what it receives, and the library's number for the rank that sends. */
  readonly message?: Message;
  readonly from?: number;
  /** Says what the message was, for errors. */
  readonly describe?: () => string;
  /** Runs after a blocking call. */
  readonly finish?: (() => void) | undefined;
}

/** The ways to make a call. */
export abstract class Calls extends Packing {
  /** Makes a collective call and waits for its end. */
  protected run(call: Call): void {
    const { world } = this;
    world.keep(call);
    this.#run(call);
    call.op?.rethrow();
    call.finish?.();
  }

  /** The usual calls by their names, for the speed of `world.apply`. */
  #run({ name, values }: Call): void {
    const { waiting } = this.world;
    const [a, b, c, d, e, f, g] = values as Seven;
    if (name === "Allreduce") waiting.allreduce(a, b, c, d, e, f);
    else if (name === "Bcast") waiting.bcast(a, b, c, d, e);
    else if (name === "Barrier") waiting.barrier(a);
    else if (name === "Reduce") waiting.reduce(a, b, c, d, e, f, g);
    else waiting.run(callName(name, "blocking"), callName(name, "nonblocking"), values);
  }

  /**
   * The call with a root, of a rank that has no part in it: one beside the root of an intercommunicator. Where the library
   * forgets to count it there, a gather, which is counted and does as little.
   */
  protected idle<B>(collective: "Bcast" | "Reduce", root: number, buffer: B): Call<B> {
    const { constants, differs } = this.world;
    const { MPI_BYTE, MPI_SUM, MPI_INT32_T } = constants;
    const name = differs.idleRanksUncounted ? "Gather" : collective;
    const values = {
      Bcast: [0, 0, MPI_BYTE],
      Reduce: [0, 0, 0, MPI_INT32_T, MPI_SUM],
      Gather: [0, 0, MPI_BYTE, 0, 0, MPI_BYTE],
    }[name];
    return { name, values: [...values, root, this.handle], buffer };
  }

  /** Begins the call. */
  protected begin<B>(call: Call<B>): Request<B> {
    return new Request(this.world, this.#begin(call), call);
  }

  #begin({ name, values }: Call): number {
    const { world } = this;
    const call = callName(name, "nonblocking");
    world.check(world.apply(call, values, world.outPtr), call);
    return world.readHandle(0);
  }

  /** Prepares the call; where the library cannot, each start begins the nonblocking form. */
  protected prepare<B>(call: Call<B>): Request<B> {
    const { world } = this;
    const { name, values } = call;
    const collective = !(messageNames as readonly CallName[]).includes(name);
    if (collective) rowTypesOf(world).pin(call.datatypes ?? values);
    if (collective && world.differs.preparedCollectivesWrong) {
      const begin = () => this.#begin(call);
      return new Request(world, world.constants.MPI_REQUEST_NULL, { ...call, persistent: true, begin });
    }
    const prepared = collective ? [...values, world.constants.MPI_INFO_NULL] : values;
    const prepares = callName(name, "persistent");
    world.check(world.apply(prepares, prepared, world.outPtr), prepares);
    return new Request(world, world.readHandle(0), { ...call, persistent: true });
  }
}
