/** Making communicators whose ranks have places and neighbors: the library's calls, and the checks before them. */
import { expectOptions, expectWhole, keysOf, show, wrong } from "../../argument.js";
import { expectRanks } from "../calls/group.js";
import { largestInt } from "../data/buffer.js";
import { type Hints, withHints } from "../library/info.js";
import type { World } from "../library/world.js";

/** Options of {@link Comm.cartCreate}. */
export interface CartOptions {
  /** Ranks along each dimension; `mpi.dimsCreate()` chooses them. */
  readonly dims: readonly number[];
  /** Whether the last rank along a dimension is followed by the first. */
  readonly periods: readonly boolean[];
  /** Whether the library may number the ranks anew. Default false. */
  readonly reorder?: boolean;
}

const cartKeys = keysOf<CartOptions>({ dims: true, periods: true, reorder: true });

/** Options of {@link Comm.distGraphCreateAdjacent}: the edges of the graph at this rank. */
export interface AdjacentOptions {
  /** Ranks that have an edge to this one. */
  readonly sources: readonly number[];
  /** Ranks that this one has an edge to. */
  readonly destinations: readonly number[];
  /** How much the edges carry: whole numbers, on all ranks or on none. */
  readonly sourceWeights?: readonly number[];
  /** Those of the edges that lead away. */
  readonly destinationWeights?: readonly number[];
  /** Whether the library may number the ranks anew. Default false. */
  readonly reorder?: boolean;
  /** Hints to the library. */
  readonly info?: Hints;
}

const adjacentKeys = keysOf<AdjacentOptions>({
  sources: true,
  destinations: true,
  sourceWeights: true,
  destinationWeights: true,
  reorder: true,
  info: true,
});

/** Options of {@link Comm.distGraphCreate}: any edges of the graph, each given by one rank. */
export interface GraphOptions {
  /** Ranks that have edges to others. */
  readonly sources: readonly number[];
  /** The number of edges of each source. */
  readonly degrees: readonly number[];
  /** Where the edges go: those of the first source, then those of the second... */
  readonly destinations: readonly number[];
  /** How much the edges carry: whole numbers, on all ranks or on none. */
  readonly weights?: readonly number[];
  /** Whether the library may number the ranks anew. Default false. */
  readonly reorder?: boolean;
  /** Hints to the library. */
  readonly info?: Hints;
}

const graphKeys = keysOf<GraphOptions>({
  sources: true,
  degrees: true,
  destinations: true,
  weights: true,
  reorder: true,
  info: true,
});

/** Checks that a list has `count` whole numbers from `least`. @throws UsageError; `where` names the call and the argument */
function expectNumbers(
  list: readonly number[] | undefined,
  { count, least, each }: { readonly count?: number; readonly least: number; readonly each?: string },
  where: string,
  fix: string,
): void {
  const isRight = (n: number) => Number.isInteger(n) && n >= least && n <= largestInt;
  if (Array.isArray(list) && (count === undefined || list.length === count) && list.every(isRight)) return;
  const many = count === undefined ? "" : `${count} `;
  const perEach = each ? `, one ${each}` : "";
  throw wrong(
    where,
    `${many}whole number${count === 1 ? "" : "s"} from ${least} to ${largestInt}${perEach}`,
    show(list),
    fix,
  );
}

/** Checks that a list has one truth value a dimension. @throws UsageError; `where` names the call and the argument */
export function expectFlags(flags: readonly boolean[], dims: readonly number[], where: string): void {
  if (Array.isArray(flags) && flags.length === dims.length && flags.every((flag) => typeof flag === "boolean")) return;
  const right = Array.isArray(flags) && flags.every((flag) => typeof flag === "boolean");
  const what = right ? "values" : "values true or false";
  const got = right ? flags.length : Array.isArray(flags) ? `[${flags.map(show).join(", ")}]` : show(flags);
  throw wrong(
    where,
    `${dims.length} ${what}, one a dimension`,
    got,
    `Give as many as "dims"${where.startsWith("MPI_Cart_create") ? "" : " has"}.`,
  );
}

/** Makes the communicator of a grid. */
export function createCart(world: World, comm: number, size: number, options: CartOptions): number {
  const call = "MPI_Cart_create";
  expectOptions(call, options, cartKeys);
  const { dims, periods, reorder = false } = options;
  expectNumbers(dims, { least: 1 }, `${call}: "dims"`, "Choose them with mpi.dimsCreate().");
  expectFlags(periods, dims, `${call}: "periods"`);
  const dimsPtr = world.integers(dims);
  const periodsPtr = world.integers(periods.map(Number));
  const code = world.raw[call](comm, dims.length, dimsPtr, periodsPtr, Number(reorder), world.scratch.address);
  const fits = dims.reduce((product, n) => product * n, 1) <= size;
  world.check(code, call, fits ? undefined : () => "The product of the dimensions may not exceed the number of ranks.");
  return world.readHandle(0);
}

/**
 * Numbers of ranks along each dimension of a grid, as equal as can be, larger ones first; a number in `dims` that is not
 * 0 stays. **Local.**
 * @throws UsageError when the numbers that stay do not divide the number of ranks
 */
export function chooseDims(world: World, ranks: number, dims: readonly number[]): number[] {
  const call = "MPI_Dims_create";
  expectWhole(`${call}: "ranks"`, ranks, { least: 1, most: largestInt }, "Pass for example comm.size.");
  expectNumbers(dims, { least: 0 }, `${call}: "dims"`, "Give 0 for those to be chosen.");
  const product = dims.reduce((all, n) => all * (n || 1), 1);
  const open = dims.includes(0);
  if (open ? ranks % product !== 0 : product !== ranks) {
    const expected = open ? `numbers whose product divides ${ranks}` : `numbers whose product is ${ranks}`;
    throw wrong(`${call}: "dims"`, expected, show(dims), "Give 0 for those to be chosen.");
  }
  if (!open) return [...dims];
  const chosen = Int32Array.from(dims);
  world.call(call, ranks, dims.length, world.addressOf(chosen));
  return [...chosen];
}

/** Makes the communicator of a graph by the edges at each rank. */
export function createAdjacentGraph(world: World, comm: number, size: number, options: AdjacentOptions): number {
  const call = "MPI_Dist_graph_create_adjacent";
  expectOptions(call, options, adjacentKeys);
  const { sources, destinations, sourceWeights, destinationWeights } = options;
  const whose = { whose: "this communicator" };
  expectRanks(sources, size, `${call}: "sources"`, whose);
  expectRanks(destinations, size, `${call}: "destinations"`, whose);
  if ((sourceWeights === undefined) !== (destinationWeights === undefined)) {
    const [missing, weighted] = sourceWeights ? ["destination", "source"] : ["source", "destination"];
    throw wrong(
      `${call}: "${missing}Weights"`,
      `weights, as there are "${weighted}Weights"`,
      "none",
      "Give both or neither.",
    );
  }
  expectWeights(sourceWeights, sources.length, `${call}: "sourceWeights"`);
  expectWeights(destinationWeights, destinations.length, `${call}: "destinationWeights"`);
  return withHints(world, options.info, call, (info) => {
    const code = world.raw[call](
      comm,
      sources.length,
      world.integers(sources),
      weightsPtr(world, sourceWeights),
      destinations.length,
      world.integers(destinations),
      weightsPtr(world, destinationWeights),
      info,
      Number(options.reorder ?? false),
      world.scratch.address,
    );
    world.check(code, call);
    return world.readHandle(0);
  });
}

/** Makes the communicator of a graph by edges that any rank gives. */
export function createGraph(world: World, comm: number, size: number, options: GraphOptions): number {
  const call = "MPI_Dist_graph_create";
  expectOptions(call, options, graphKeys);
  const { sources, degrees, destinations, weights } = options;
  const whose = { whose: "this communicator" };
  expectRanks(sources, size, `${call}: "sources"`, whose);
  const { length } = sources;
  expectNumbers(
    degrees,
    { count: length, least: 0, each: "a source" },
    `${call}: "degrees"`,
    "Count the edges of each.",
  );
  expectRanks(destinations, size, `${call}: "destinations"`, whose);
  const edges = degrees.reduce((sum, degree) => sum + degree, 0);
  if (destinations.length !== edges) {
    throw wrong(
      `${call}: "destinations"`,
      `${edges} ranks, the sum of "degrees"`,
      destinations.length,
      "Give one an edge.",
    );
  }
  expectWeights(weights, edges, `${call}: "weights"`);
  return withHints(world, options.info, call, (info) => {
    const code = world.raw[call](
      comm,
      length,
      world.integers(sources),
      world.integers(degrees),
      world.integers(destinations),
      weightsPtr(world, weights),
      info,
      Number(options.reorder ?? false),
      world.scratch.address,
    );
    world.check(code, call);
    return world.readHandle(0);
  });
}

function expectWeights(weights: readonly number[] | undefined, count: number, where: string): void {
  if (weights) expectNumbers(weights, { count, least: 0, each: "an edge" }, where, "Weigh every edge.");
}

/** Weights where a call reads them, or what stands for none at all and for those of no edges. */
function weightsPtr(world: World, weights: readonly number[] | undefined): number {
  const { MPI_UNWEIGHTED, MPI_WEIGHTS_EMPTY } = world.constants;
  if (!weights) return MPI_UNWEIGHTED;
  return weights.length === 0 ? MPI_WEIGHTS_EMPTY : world.integers(weights);
}

/** The edges of a graph at this rank. */
export interface Edges {
  readonly sources: readonly number[];
  readonly destinations: readonly number[];
  /** Absent when the graph has no weights. */
  readonly sourceWeights?: readonly number[];
  readonly destinationWeights?: readonly number[];
}

/** Asks the library for the edges at this rank, in its order. */
export function edgesOf(world: World, comm: number): Edges {
  const { raw, scratch, constants } = world;
  const { address, i32 } = scratch;
  const code = raw.MPI_Dist_graph_neighbors_count(comm, address, address + 4, address + 8);
  world.check(code, "MPI_Dist_graph_neighbors_count");
  const [inDegree, outDegree, weighted] = i32 as unknown as [number, number, number];
  const [sources, destinations] = [new Int32Array(inDegree), new Int32Array(outDegree)];
  const [sourceWeights, destinationWeights] = [new Int32Array(inDegree), new Int32Array(outDegree)];
  const pointer = (weights: Int32Array) => {
    if (weighted === 0) return constants.MPI_UNWEIGHTED;
    return weights.length === 0 ? constants.MPI_WEIGHTS_EMPTY : world.addressOf(weights);
  };
  const sourcesPtr = world.addressOf(sources);
  const destinationsPtr = world.addressOf(destinations);
  const call = "MPI_Dist_graph_neighbors";
  world.call(
    call,
    comm,
    inDegree,
    sourcesPtr,
    pointer(sourceWeights),
    outDegree,
    destinationsPtr,
    pointer(destinationWeights),
  );
  const edges = { sources: [...sources], destinations: [...destinations] };
  if (weighted === 0) return edges;
  return { ...edges, sourceWeights: [...sourceWeights], destinationWeights: [...destinationWeights] };
}
