import type { Op } from "./operation.js";
import { PointToPoint } from "./point.js";
import type { Collective, FunctionName } from "./prototypes.js";
import { Request } from "./request.js";

/** The forms of a collective call: waiting for its end, with a request, or prepared to be started many times. */
export type Form = "blocking" | "nonblocking" | "persistent";

/** The C name of a call in one of its forms. */
export function callName(name: Collective, form: Form): FunctionName {
  if (form === "blocking") return `MPI_${name}`;
  if (form === "persistent") return `MPI_${name}_init`;
  return `MPI_I${name.charAt(0).toLowerCase()}${name.slice(1)}` as FunctionName;
}

/** A collective call with its arguments, the communicator included. */
export interface Call<B = unknown> {
  readonly name: Collective;
  readonly values: readonly number[];
  /** The data that the call writes to, or else reads from. */
  readonly buffer: B;
  /** What else has to stay alive until the end of the call. */
  readonly keep?: unknown;
  /** The operation in JavaScript that the call uses. */
  readonly op?: Op | undefined;
  /** Runs after a blocking call. */
  readonly finish?: () => void;
}

/** The ways to make a collective call. */
export abstract class Calls extends PointToPoint {
  /** Makes the call and waits for its end; where ranks share cores, its nonblocking form, polled. */
  protected run(call: Call): void {
    const { world } = this;
    const raw = world.raw as unknown as Readonly<Record<string, (...values: number[]) => number>>;
    world.keep(call);
    if (world.crowded) {
      world.check(
        raw[callName(call.name, "nonblocking")]!(...call.values, world.scratch.address),
        callName(call.name, "nonblocking"),
      );
      world.complete(`MPI_${call.name}`);
    } else world.check(raw[`MPI_${call.name}`]!(...call.values), `MPI_${call.name}`);
    call.op?.rethrow();
    call.finish?.();
  }

  /**
   * The call with a root, of a rank that has no part in it: one beside the root of an intercommunicator. Open MPI 4.1
   * numbers the nonblocking calls on each rank, but forgets to count broadcasts and reductions there, and later ones never
   * meet; a gather is counted, and does as little.
   */
  protected idle<B>(given: "Bcast" | "Reduce", root: number, buffer: B): Call<B> {
    const { constants, library } = this.world;
    const { MPI_BYTE, MPI_SUM, MPI_INT32_T } = constants;
    const name = library.abi.name === "openmpi" ? "Gather" : given;
    const values = {
      Bcast: [0, 0, MPI_BYTE],
      Reduce: [0, 0, 0, MPI_INT32_T, MPI_SUM],
      Gather: [0, 0, MPI_BYTE, 0, 0, MPI_BYTE],
    }[name];
    return { name, values: [...values, root, this.handle], buffer };
  }

  /** Begins the call. */
  protected begin<B>(call: Call<B>): Request<B> {
    const { world } = this;
    const name = callName(call.name, "nonblocking");
    const raw = world.raw as unknown as Readonly<Record<string, (...values: number[]) => number>>;
    world.check(raw[name]!(...call.values, world.scratch.address), name);
    return new Request(world, world.readHandle(0), { buffer: call.buffer, keep: call.keep, op: call.op });
  }

  /** Prepares the call. */
  protected prepare<B>(call: Call<B>): Request<B> {
    const { world } = this;
    const name = callName(call.name, "persistent");
    const raw = world.raw as unknown as Readonly<Record<string, (...values: number[]) => number>>;
    world.check(raw[name]!(...call.values, world.constants.MPI_INFO_NULL, world.scratch.address), name);
    return new Request(world, world.readHandle(0), {
      buffer: call.buffer,
      keep: call.keep,
      op: call.op,
      persistent: true,
    });
  }
}
