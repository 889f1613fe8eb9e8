import type { Communicators } from "./communicators.js";
import { constants, fail } from "./failure.js";
import type { Functions } from "./functions.js";
import { readInt, readInts, writeInt } from "./memory.js";

const { MPI_CART, MPI_DIST_GRAPH, MPI_PROC_NULL, MPI_UNDEFINED, MPI_UNWEIGHTED, MPI_WEIGHTS_EMPTY } = constants;

/** A grid of one rank: whether it is its own neighbour along each axis. */
export interface Cartesian {
  readonly periods: readonly boolean[];
}

/** Edges from this rank to itself, as many out as in; with weights or without. */
export interface Graph {
  readonly degree: number;
  readonly weights: { readonly sources: readonly number[]; readonly destinations: readonly number[] } | undefined;
}

/** Who the neighbours on a communicator are. */
export type Topology = { readonly cartesian: Cartesian } | { readonly graph: Graph };

/** Which block that is sent to a neighbour arrives in which block: pairs, or `undefined` where there is nobody. */
export function arrivals(topology: Topology | undefined): (number | undefined)[] {
  if (!topology) return fail("TOPOLOGY");
  if ("graph" in topology) return Array.from({ length: topology.graph.degree }, (_, edge) => edge);
  // What goes to the neighbour before arrives from the one behind it.
  return topology.cartesian.periods.flatMap((periodic, axis) => {
    return periodic ? [2 * axis + 1, 2 * axis] : [undefined, undefined];
  });
}

/** The functions on topologies. */
export function topologyFunctions(comms: Communicators): Functions {
  const cartesian = (handle: number): Cartesian => {
    const { topology } = comms.get(handle);
    return topology && "cartesian" in topology ? topology.cartesian : fail("TOPOLOGY");
  };
  const graph = (handle: number): Graph => {
    const { topology } = comms.get(handle);
    return topology && "graph" in topology ? topology.graph : fail("TOPOLOGY");
  };
  const checkSelf = (ranks: readonly number[]) => {
    if (ranks.some((rank) => rank !== 0)) fail("RANK");
  };
  /** Weights at an address; undefined when the edges have none. */
  const weightsAt = (ptr: number, count: number): number[] | undefined => {
    if (ptr === MPI_UNWEIGHTED) return undefined;
    const weights = ptr === MPI_WEIGHTS_EMPTY ? [] : readInts(ptr, count);
    if (weights.length < count || weights.some((weight) => weight < 0)) fail("ARG", "a weight is negative or missing");
    return weights;
  };

  return {
    MPI_Topo_test: (handle, statusPtr) => {
      const { topology } = comms.get(handle);
      writeInt(statusPtr, !topology ? MPI_UNDEFINED : "cartesian" in topology ? MPI_CART : MPI_DIST_GRAPH);
    },
    MPI_Cart_create: (handle, count, dimsPtr, periodsPtr, _reorder, newcommPtr) => {
      comms.get(handle);
      if (count < 0 || readInts(dimsPtr, count).some((length) => length !== 1)) fail("DIMS");
      const periods = readInts(periodsPtr, count).map((flag) => flag !== 0);
      comms.open(handle, newcommPtr, { cartesian: { periods } });
    },
    MPI_Cart_coords: (handle, rank, count, coordsPtr) => {
      const { periods } = cartesian(handle);
      if (rank !== 0) fail("RANK");
      if (count < periods.length) fail("DIMS", "there are more dimensions than coordinates");
      for (const axis of periods.keys()) writeInt(coordsPtr, 0, axis);
    },
    MPI_Cart_rank: (handle, coordsPtr, rankPtr) => {
      const inside = cartesian(handle).periods.every((periodic, axis) => periodic || readInt(coordsPtr, axis) === 0);
      if (!inside) fail("RANK", "the coordinates are outside the grid");
      writeInt(rankPtr, 0);
    },
    MPI_Cart_shift: (handle, axis, displacement, sourcePtr, destPtr) => {
      const periodic = cartesian(handle).periods[axis] ?? fail("DIMS", "there is no such dimension");
      const neighbor = periodic || displacement === 0 ? 0 : MPI_PROC_NULL;
      writeInt(sourcePtr, neighbor);
      writeInt(destPtr, neighbor);
    },
    MPI_Cart_sub: (handle, remainPtr, newcommPtr) => {
      const periods = cartesian(handle).periods.filter((_, axis) => readInt(remainPtr, axis) !== 0);
      comms.open(handle, newcommPtr, { cartesian: { periods } });
    },
    MPI_Dims_create: (nodes, count, dimsPtr) => {
      if (nodes < 1 || count < 0) fail("DIMS");
      const dims = readInts(dimsPtr, count);
      const fixed = dims.reduce((product, length) => product * (length || 1), 1);
      const free = dims.filter((length) => length === 0).length;
      const left = nodes / fixed;
      if (dims.some((length) => length < 0) || !Number.isInteger(left) || (free === 0 && left > 1)) fail("DIMS");
      const lengths = balanced(left, free, left)!;
      for (const [axis, length] of dims.entries()) if (length === 0) writeInt(dimsPtr, lengths.shift()!, axis);
    },
    MPI_Dist_graph_create: (
      handle,
      count,
      sourcesPtr,
      degreesPtr,
      destsPtr,
      weightsPtr,
      _info,
      _reorder,
      newcommPtr,
    ) => {
      comms.get(handle);
      if (count < 0) fail("ARG");
      checkSelf(readInts(sourcesPtr, count));
      const degrees = readInts(degreesPtr, count);
      if (degrees.some((degree) => degree < 0)) fail("ARG", "a degree is negative");
      const degree = degrees.reduce((sum, neighbors) => sum + neighbors, 0);
      checkSelf(readInts(destsPtr, degree));
      const list = weightsAt(weightsPtr, degree);
      const weights = list && { sources: list, destinations: list };
      comms.open(handle, newcommPtr, { graph: { degree, weights } });
    },
    MPI_Dist_graph_create_adjacent: (
      ...[handle, inDegree, sourcesPtr, inWeightsPtr, outDegree, destsPtr, outWeightsPtr, _info, _reorder, newcommPtr]
    ) => {
      comms.get(handle);
      if (inDegree < 0 || outDegree < 0) fail("ARG", "a degree is negative");
      checkSelf(readInts(sourcesPtr, inDegree));
      checkSelf(readInts(destsPtr, outDegree));
      if (inDegree !== outDegree) fail("TOPOLOGY", "as many edges have to end at the only rank as begin there");
      const [sources, destinations] = [weightsAt(inWeightsPtr, inDegree), weightsAt(outWeightsPtr, outDegree)];
      const weights = sources && destinations && { sources, destinations };
      comms.open(handle, newcommPtr, { graph: { degree: inDegree, weights } });
    },
    MPI_Dist_graph_neighbors_count: (handle, inPtr, outPtr, weightedPtr) => {
      const { degree, weights } = graph(handle);
      writeInt(inPtr, degree);
      writeInt(outPtr, degree);
      writeInt(weightedPtr, Number(weights !== undefined));
    },
    MPI_Dist_graph_neighbors: (handle, maxIn, sourcesPtr, inWeightsPtr, maxOut, destsPtr, outWeightsPtr) => {
      const { degree, weights } = graph(handle);
      const write = (most: number, ranksPtr: number, weightsPtr: number, values: readonly number[] | undefined) => {
        for (let edge = 0; edge < Math.min(most, degree); edge++) {
          writeInt(ranksPtr, 0, edge);
          if (values && weightsPtr !== MPI_UNWEIGHTED) writeInt(weightsPtr, values[edge]!, edge);
        }
      };
      write(maxIn, sourcesPtr, inWeightsPtr, weights?.sources);
      write(maxOut, destsPtr, outWeightsPtr, weights?.destinations);
    },
  };
}

/** What divides a number, the smallest first. */
function divisorsOf(product: number): number[] {
  const [small, large]: [number[], number[]] = [[], []];
  for (let first = 1; first * first <= product; first++) {
    if (product % first !== 0) continue;
    small.push(first);
    if (first * first < product) large.unshift(product / first);
  }
  return [...small, ...large];
}

/** Factors of `product`, the largest first and as small as can be, none above `most`. */
function balanced(product: number, count: number, most: number): number[] | undefined {
  if (count === 0) return product === 1 ? [] : undefined;
  for (const first of divisorsOf(product)) {
    if (first > most || first ** count < product) continue;
    const rest = balanced(product / first, count - 1, first);
    if (rest) return [first, ...rest];
  }
  return undefined;
}
