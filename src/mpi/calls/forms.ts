import { type Collective, collectiveNames, type FunctionName } from "../library/prototypes.js";
import { PointToPoint } from "./messages.js";
import type { Op } from "./operation.js";
import { Request } from "./request.js";

/** The forms of a collective call: waiting for its end, with a request, or prepared to be started many times. */
export type Form = "blocking" | "nonblocking" | "persistent";

/** The C names of the calls, looked up rather than put together: that would cost as much as the call. */
const callNames = Object.fromEntries(
  collectiveNames.map((name) => [
    name,
    {
      blocking: `MPI_${name}`,
      nonblocking: `MPI_I${name.charAt(0).toLowerCase()}${name.slice(1)}`,
      persistent: `MPI_${name}_init`,
    },
  ]),
) as Readonly<Record<Collective, Readonly<Record<Form, FunctionName>>>>;

/** The C name of a call in one of its forms. */
export function callName(name: Collective, form: Form): FunctionName {
  return callNames[name][form];
}

/** A collective call with its arguments, the communicator included. */
export interface Call<B = unknown> {
  readonly name: Collective;
  readonly values: readonly number[];
  /** The data that the call writes to, or else reads from. */
  readonly buffer: B;
  /** The datatypes that are not among the values. */
  readonly datatypes?: readonly number[];
  /** What else has to stay alive until the end of the call. */
  readonly keep?: unknown;
  /** The operation in JavaScript that the call uses. */
  readonly op?: Op | undefined;
  /** Runs after a blocking call. */
  readonly finish?: (() => void) | undefined;
}

/** The ways to make a collective call. */
export abstract class Calls extends PointToPoint {
  /** Makes the call and waits for its end; where ranks share cores, its nonblocking form, polled. */
  protected run(call: Call): void {
    const { world } = this;
    const name = callName(call.name, "blocking");
    world.keep(call);
    if (world.crowded) {
      const polled = callName(call.name, "nonblocking");
      world.check(this.#function(polled)(...call.values, world.scratch.address), polled);
      world.complete(name);
    } else {
      const code = this.#function(name)(...call.values);
      if (code !== 0) world.check(code, name);
    }
    call.op?.rethrow();
    call.finish?.();
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
    const { buffer, keep, op } = call;
    return new Request(this.world, this.#begin(call), { buffer, keep, op });
  }

  #begin(call: Call): number {
    const { world } = this;
    const name = callName(call.name, "nonblocking");
    world.check(this.#function(name)(...call.values, world.scratch.address), name);
    return world.readHandle(0);
  }

  /** Prepares the call; where the library cannot, each start begins the nonblocking form. */
  protected prepare<B>(call: Call<B>): Request<B> {
    const { world } = this;
    const { buffer, keep, op } = call;
    world.rowTypes.pin(call.datatypes ?? call.values);
    if (world.differs.preparedCollectivesWrong) {
      const begin = () => this.#begin(call);
      return new Request(world, world.constants.MPI_REQUEST_NULL, { buffer, keep, op, persistent: true, begin });
    }
    const name = callName(call.name, "persistent");
    world.check(this.#function(name)(...call.values, world.constants.MPI_INFO_NULL, world.scratch.address), name);
    return new Request(world, world.readHandle(0), { buffer, keep, op, persistent: true });
  }

  #function(name: FunctionName): (...values: number[]) => number {
    return this.world.raw[name] as (...values: number[]) => number;
  }
}
