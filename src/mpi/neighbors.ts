/**
 * The order of pieces where both neighbors of a rank along a dimension are one rank. What is sent down the dimension has
 * to be received from above, and the reverse:
 *
 *       rank 0 sends  [a to below, b to above]      rank 1 receives  [b from below, a from above]
 *
 * Some calls of the libraries take the pieces in the order in which they were sent instead, `[a, b]`, of Open MPI 4.1 the
 * nonblocking and persistent ones, of MPICH 4.0 the ones with different lengths and types. For those the places of the
 * two pieces are exchanged beforehand.
 */
import { callName, type Form } from "./calls.js";
import type { AlltoallvOptions } from "./collectives.js";
import type { World } from "./world.js";

/** A call with a piece for each neighbor. */
export type Exchange = "Neighbor_alltoall" | "Neighbor_alltoallv" | "Neighbor_alltoallw";

const known = new WeakMap<World, Map<string, boolean>>();

/** Whether a call takes two pieces from one rank in the order in which they were sent. Tried out once for each call. **Local.** */
export function keepsOrder(world: World, name: Exchange, asked: Form): boolean {
  const form = asked === "blocking" && world.crowded ? "nonblocking" : asked;
  const call = callName(name, form);
  let answers = known.get(world);
  if (!answers) {
    answers = new Map();
    known.set(world, answers);
  }
  const answer = answers.get(call) ?? tryOut(world, name, form);
  answers.set(call, answer);
  return answer;
}

/** Makes the call on a ring of this rank alone, from 1 below and 2 above. */
function tryOut(world: World, name: Exchange, form: Form): boolean {
  const { scratch, constants } = world;
  const { MPI_COMM_SELF, MPI_INT32_T, MPI_INFO_NULL } = constants;
  const { address } = scratch;
  const raw = world.raw as unknown as Readonly<Record<string, (...values: number[]) => number>>;
  const one = world.integers([1]);
  world.check(raw.MPI_Cart_create!(MPI_COMM_SELF, 1, one, one, 0, address), "MPI_Cart_create");
  const ring = world.readHandle(0);
  const call = callName(name, form);
  const [sent, received] = [Int32Array.of(1, 2), new Int32Array(2)];
  const side = (array: Int32Array): number[] => {
    const arrayPtr = world.addressOf(array);
    if (name === "Neighbor_alltoall") return [arrayPtr, 1, MPI_INT32_T];
    const counts = Int32Array.of(1, 1);
    // In elements, or in bytes as numbers of 8 bytes.
    const displs = name === "Neighbor_alltoallv" ? Int32Array.of(0, 1) : Int32Array.of(0, 0, 4, 0);
    const types = world.handles([MPI_INT32_T, MPI_INT32_T]);
    kept.push(counts, displs, types);
    const lists = [arrayPtr, world.addressOf(counts), world.addressOf(displs)];
    return name === "Neighbor_alltoallv" ? [...lists, MPI_INT32_T] : [...lists, world.addressOf(types)];
  };
  const kept: unknown[] = [];
  const values = [...side(sent), ...side(received), ring];
  const more = { blocking: [], nonblocking: [address], persistent: [MPI_INFO_NULL, address] }[form];
  world.check(raw[call]!(...values, ...more), call);
  if (form === "persistent") world.check(raw.MPI_Start!(address), "MPI_Start");
  if (form !== "blocking") world.complete("MPI_Wait");
  if (form === "persistent") world.check(raw.MPI_Request_free!(address), "MPI_Request_free");
  world.keep(kept);
  world.writeHandle(0, ring);
  world.check(raw.MPI_Comm_free!(address), "MPI_Comm_free");
  return received[0] === 1;
}

/** A list over neighbors, with the two of each of these axes exchanged. */
export function exchangePairs<T>(list: readonly T[], axes: readonly number[]): T[] {
  const exchanged = [...list];
  for (const axis of axes) [exchanged[2 * axis], exchanged[2 * axis + 1]] = [list[2 * axis + 1]!, list[2 * axis]!];
  return exchanged;
}

/** The options of an exchange with the two pieces that are received along each of these axes exchanged. */
export function exchangePieces(options: AlltoallvOptions, axes: readonly number[]): AlltoallvOptions {
  const { recvCounts } = options;
  const recvDispls =
    options.recvDispls ?? recvCounts.map((_, n) => recvCounts.slice(0, n).reduce((sum, count) => sum + count, 0));
  return {
    ...options,
    recvCounts: exchangePairs(recvCounts, axes),
    recvDispls: exchangePairs(recvDispls, axes),
  };
}
