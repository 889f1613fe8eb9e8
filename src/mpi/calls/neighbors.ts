/**
 * The order of pieces where several neighbors of a rank are one rank. What is sent down a dimension has to be received
 * from above, and the reverse:
 *
 *       rank 0 sends  [a to below, b to above]      rank 1 receives  [b from below, a from above]
 *
 * Some calls of the libraries match the pieces in the order in which they were sent, `[a, b]`: of Open MPI 4.1 the
 * nonblocking and persistent ones, of MPICH 4.0 those with different lengths and types. Other calls of MPICH match the
 * first with the last, which is right for two pieces and wrong for four. The places of what is received are exchanged
 * beforehand to make up for it.
 */
import { addressOf } from "../library/native.js";
import type { World } from "../library/world.js";
import type { AlltoallvOptions } from "./exchanges.js";
import { callName, type Form } from "./names.js";

/** A call with a piece for each neighbor. */
export type Exchange = "Neighbor_alltoall" | "Neighbor_alltoallv" | "Neighbor_alltoallw";

/** How a call matches the pieces between two ranks: as the dimensions demand, the first with the first, or with the last. */
type Matching = "right" | "first" | "last";

const known = new WeakMap<World, Map<string, Matching>>();

/** How a call matches pieces. Tried out once for each. **Local.** */
function matchingOf(world: World, name: Exchange, asked: Form): Matching {
  const form = asked === "blocking" && world.waiting.crowded ? "nonblocking" : asked;
  const call = callName(name, form);
  let answers = known.get(world);
  if (!answers) {
    answers = new Map();
    known.set(world, answers);
  }
  let answer = answers.get(call);
  if (!answer) {
    const [first] = tryOut(world, name, form);
    answer = first === 1 ? "first" : first === 4 ? "last" : "right";
    answers.set(call, answer);
  }
  return answer;
}

/** Makes the call on a torus of this rank alone, which is its neighbor on four sides. */
function tryOut(world: World, name: Exchange, form: Form): Int32Array {
  const { scratch, constants } = world;
  const { MPI_COMM_SELF, MPI_INT32_T, MPI_INFO_NULL } = constants;
  const { address } = scratch;
  const ones = world.integers([1, 1]);
  world.call("MPI_Cart_create", MPI_COMM_SELF, 2, ones, ones, 0, address);
  const torus = world.readHandle(0);
  const counts = Int32Array.of(1, 1, 1, 1);
  // In elements, or in bytes as numbers of 8 bytes.
  const displs = name === "Neighbor_alltoallv" ? Int32Array.of(0, 1, 2, 3) : Int32Array.of(0, 0, 4, 0, 8, 0, 12, 0);
  const types = world.handles([MPI_INT32_T, MPI_INT32_T, MPI_INT32_T, MPI_INT32_T]);
  const [sent, received] = [Int32Array.of(1, 2, 3, 4), new Int32Array(4)];
  const kept = [counts, displs, types, sent, received];
  const side = (array: Int32Array): number[] => {
    if (name === "Neighbor_alltoall") return [addressOf(array), 1, MPI_INT32_T];
    const type = name === "Neighbor_alltoallv" ? MPI_INT32_T : addressOf(types);
    return [addressOf(array), addressOf(counts), addressOf(displs), type];
  };
  const call = callName(name, form);
  const end = { blocking: [], nonblocking: [address], persistent: [MPI_INFO_NULL, address] }[form];
  world.check(world.apply(call, [...side(sent), ...side(received), torus, ...end]), call);
  if (form === "persistent") world.call("MPI_Start", address);
  if (form !== "blocking") world.waiting.complete("MPI_Wait");
  if (form === "persistent") world.call("MPI_Request_free", address);
  world.keep(kept);
  world.writeHandle(0, torus);
  world.call("MPI_Comm_free", address);
  return received;
}

/** The neighbors of a rank in a grid that are one rank, in lists of two and more. */
export function foldsOf(dims: readonly number[], periods: readonly boolean[]): number[][] {
  const sides = (length: number) =>
    dims.flatMap((n, axis) => (n === length && periods[axis] ? [[2 * axis, 2 * axis + 1]] : []));
  const selfNeighbors = sides(1).flat();
  return [...sides(2), ...(selfNeighbors.length > 0 ? [selfNeighbors] : [])];
}

/**
 * For each neighbor the one whose place the library has to be given as its place, so that a call comes out right;
 * `undefined` where that is its own.
 */
export function placesFor(
  world: World,
  name: Exchange,
  form: Form,
  neighbors: number,
  folds: readonly (readonly number[])[],
): number[] | undefined {
  if (folds.length === 0) return undefined;
  const matching = matchingOf(world, name, form);
  if (matching === "right" || (matching === "last" && folds.every(({ length }) => length === 2))) return undefined;
  const places = Array.from({ length: neighbors }, (_, n) => n);
  for (const fold of folds) {
    for (const [position, neighbor] of fold.entries()) {
      const sent = matching === "first" ? neighbor : fold.at(-1 - position)!;
      places[neighbor] = sent ^ 1; // What is sent down is received from above.
    }
  }
  return places;
}

/** The options of an exchange with the pieces that are received in other places. */
export function movePieces(options: AlltoallvOptions, places: readonly number[]): AlltoallvOptions {
  const { recvCounts } = options;
  let next = 0;
  const recvDispls =
    options.recvDispls ??
    Array.from(recvCounts, (count) => {
      next += count;
      return next - count;
    });
  return {
    ...options,
    recvCounts: places.map((n) => recvCounts[n]!),
    recvDispls: places.map((n) => recvDispls[n]!),
  };
}
