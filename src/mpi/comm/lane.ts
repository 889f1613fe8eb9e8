/**
 * What ranks tell each other while the program goes on, for collective calls that return a promise.
 *
 * Every rank comes to a blocking call at the same place of the program. What follows an `await`, however, runs when the
 * event loop comes to it, which is at another place on each rank: a blocking call there would meet one of the program, and
 * neither would end. So what follows an `await` uses a communicator of its own and nonblocking calls, in the order in
 * which the program made the calls that return promises: the only order that is the same on all ranks.
 */
import { CallPlace, type ErrorRecord, errorOf, recordOf } from "../../errors.js";
import { nextTurn } from "../../host.js";
import { deserialized, serialized } from "../data/serial.js";
import type { World } from "../library/world.js";
import { Comm } from "./comm.js";

/** The lanes of a world by the ranks that they connect, which may have many communicators. */
const lanes = new WeakMap<World, Map<string, Lane>>();
/** The lanes of communicators that were asked for theirs. */
const known = new WeakMap<Comm, Lane>();
/** Calls that are not settled, of all lanes. */
let underWay = 0;

/** The number of calls that return promises and are not settled on this rank. */
export function callsUnderWay(): number {
  return underWay;
}

/** Counts a call that returns a promise and uses no lane by itself until it is settled. */
export async function underWayUntil<T>(call: Promise<T>): Promise<T> {
  underWay++;
  try {
    return await call;
  } finally {
    underWay--;
  }
}

/** What a rank has to tell: a value, or the error that there is instead. */
type Outcome = { readonly value: unknown } | { readonly error: ErrorRecord };

/** The way along which some ranks settle calls that return promises, one after the other. */
export class Lane {
  /** None where a rank is alone. */
  readonly #comm: Comm | undefined;
  /** Settled when the last call that was made is. */
  #last: Promise<unknown> = Promise.resolve();

  private constructor(comm: Comm) {
    if (comm.size === 1) return;
    // Without the attributes and the topology of the program's communicator; the process keeps it until its end.
    const { world } = comm;
    world.call("MPI_Comm_split", comm.handle, 0, comm.rank, world.outPtr);
    this.#comm = new Comm(world, world.readHandle(0), { predefined: true });
  }

  /** The lane of the ranks of a communicator. **Collective** and blocking where these ranks have none yet. */
  static of(comm: Comm): Lane {
    let lane = known.get(comm);
    if (!lane) {
      const { world } = comm;
      const all = lanes.get(world) ?? new Map<string, Lane>();
      lanes.set(world, all);
      const ranks = ranksOf(comm);
      lane = all.get(ranks) ?? new Lane(comm);
      all.set(ranks, lane);
      known.set(comm, lane);
    }
    return lane;
  }

  /**
   * Runs what a call has to do, when all calls before are settled, and settles its promise. **Collective**; returns at
   * once. Inside the action all ranks use the lane's other functions in the same order.
   */
  call<T>(action: (lane: Lane) => Promise<T>): Promise<T> {
    underWay++;
    const place = new CallPlace();
    const result = this.#last
      // Between two calls the program comes to do, on every rank, all that the first was waited for with.
      .then(() => nextTurn())
      .then(() => action(this))
      .catch(place.rethrow)
      .finally(() => underWay--);
    this.#last = result.catch(() => undefined);
    return result;
  }

  /** Runs something on rank 0 alone, and gives what it returns or throws to every rank; on rank 0 as it is, else a copy. */
  async fromRoot<T>(run: () => T | Promise<T>): Promise<T> {
    if (this.#comm && this.#comm.rank > 0) return (await this.#receive(0)) as T;
    let value: T;
    try {
      value = await run();
    } catch (error) {
      await this.#send({ error: recordOf(error) });
      throw error;
    }
    await this.#send({ value });
    return value;
  }

  /** Runs something on every rank. Where it fails on some, every rank throws what the first of them does. */
  async everywhere(run: () => void): Promise<void> {
    let failure: unknown;
    try {
      run();
    } catch (error) {
      failure = error ?? new Error("nothing");
    }
    const comm = this.#comm;
    if (!comm) {
      if (failure) throw failure;
      return;
    }
    const worst = new Int32Array(1);
    await comm.iallreduce(Int32Array.of(failure ? comm.size - comm.rank : 0), worst, { op: "max" });
    const first = comm.size - worst[0]!;
    if (first === comm.rank) {
      await this.#send({ error: recordOf(failure) });
      throw failure;
    }
    if (first < comm.size) await this.#receive(first);
  }

  /** Tells all other ranks. */
  async #send(outcome: Outcome): Promise<void> {
    const comm = this.#comm;
    if (!comm) return;
    const bytes = serialized(outcome, "Lane", "outcome");
    await comm.ibcast(Float64Array.of(bytes.length), { root: comm.rank });
    await comm.ibcast(bytes, { root: comm.rank });
  }

  /** Waits for what a rank tells. @throws the error that there is instead */
  async #receive(root: number): Promise<unknown> {
    const comm = this.#comm!;
    const length = new Float64Array(1);
    await comm.ibcast(length, { root });
    const bytes = new Uint8Array(length[0]!);
    await comm.ibcast(bytes, { root });
    const outcome = deserialized(bytes) as Outcome;
    if ("error" in outcome) throw errorOf(outcome.error);
    return outcome.value;
  }
}

/** The ranks of a communicator as they are numbered in the world. **Local.** */
function ranksOf(comm: Comm): string {
  const { world, size } = comm;
  const everybody = new Comm(world, world.constants.MPI_COMM_WORLD, { predefined: true }).group();
  const group = comm.group();
  const ranks = group.translateRanks([...Array(size).keys()], everybody);
  group.free();
  everybody.free();
  return ranks.join();
}
