import { expectKeys, expectOptions, expectWhole, show, wrong } from "../../argument.js";
import { commHandle } from "../calls/communicator.js";
import type { AlltoallvOptions } from "../calls/exchanges.js";
import type { Call } from "../calls/forms.js";
import { expectRanks, type Group, groupHandle } from "../calls/group.js";
import { callName, type Form } from "../calls/names.js";
import { foldsOf, movePieces, placesFor } from "../calls/neighbors.js";
import type { Request } from "../calls/request.js";
import { type Data, IN_PLACE, ints, largestInt } from "../data/buffer.js";
import { type ElementName, elementTypeNamed } from "../data/element.js";
import { type Pieces, pieceKeys } from "../data/pieces.js";
import { withHints } from "../library/info.js";
import type { FunctionName } from "../library/prototypes.js";
import type { World } from "../library/world.js";
import { type DupOptions, duplicate } from "./duplicate.js";
import { Intercomm, type IntercommOptions, intercommKeys } from "./intercomm.js";
import { MemoryComm } from "./memory.js";
import {
  type CreateGroupOptions,
  createGroupKeys,
  type SplitOptions,
  type SplitTypeOptions,
  splitKeys,
  splitTypeKeys,
} from "./options.js";
import { Resources } from "./resources.js";
import {
  type AdjacentOptions,
  type CartOptions,
  createAdjacentGraph,
  createCart,
  createGraph,
  edgesOf,
  expectFlags,
  type GraphOptions,
} from "./topology.js";

/**
 * A communicator. Data are typed arrays, in JavaScript's memory or in WebAssembly memory, or views of them; count and
 * datatype follow from them. Errors of the library are thrown as {@link MpiError}.
 *
 * ```js
 * const comm = mpi.init();
 * const half = comm.split({ color: comm.rank % 2 }); // Even ranks in one, odd ones in another.
 * console.log(half?.size); // 2 on 3 ranks
 * half?.free();
 * ```
 */
export class Comm extends Resources {
  /**
   * The calls on addresses in a WebAssembly memory, for elements of one type: without a check of arguments and without
   * allocation. **Local.**
   */
  on(memory: WebAssembly.Memory, type: ElementName): MemoryComm {
    return new MemoryComm(this, memory, elementTypeNamed(type, 'Comm.on: "type"'));
  }

  /** A communicator of the same ranks whose messages never meet this one's. **Collective.** Free it when done. */
  dup(options: DupOptions = {}): Comm {
    return new Comm(this.world, duplicate(this, options));
  }

  /**
   * A communicator of the ranks that gave the same `color`, ordered by `key` (default: this rank), or `undefined` on
   * ranks that gave none. **Collective.** Free it when done.
   */
  split(options: SplitOptions): Comm | undefined {
    const { world } = this;
    const call = "MPI_Comm_split";
    expectOptions(call, options, splitKeys);
    const { color } = options;
    if (color !== undefined && !(Number.isInteger(color) && color >= 0 && color <= largestInt)) {
      throw wrong(
        `${call}: "color"`,
        `a whole number from 0 to ${largestInt} or undefined`,
        show(color),
        "Give ranks that belong together the same one.",
      );
    }
    const key = this.#key(options.key, call);
    return this.#made(call, world.raw[call](this.handle, color ?? world.constants.MPI_UNDEFINED, key, this.#newPtr));
  }

  /**
   * A communicator of the ranks that share memory, those of one node, ordered by `key` (default: this rank).
   * **Collective.** Free it when done.
   * @param type `undefined` on ranks that want none; they get `undefined`
   */
  splitType(type: "shared" | undefined, options: SplitTypeOptions = {}): Comm | undefined {
    const { world } = this;
    const call = "MPI_Comm_split_type";
    expectKeys(call, options, splitTypeKeys);
    if (type !== "shared" && type !== undefined) {
      throw wrong(`${call}: "type"`, '"shared" or undefined', show(type), "Name what ranks share.");
    }
    const { MPI_COMM_TYPE_SHARED, MPI_UNDEFINED } = world.constants;
    const number = type === "shared" ? MPI_COMM_TYPE_SHARED : MPI_UNDEFINED;
    const key = this.#key(options.key, call);
    return withHints(world, options.info, call, (info) =>
      this.#made(call, world.raw[call](this.handle, number, key, info, this.#newPtr)),
    );
  }

  /**
   * A communicator of the ranks of a group of this communicator's, `undefined` on the others. **Collective.** Free it
   * when done.
   */
  create(group: Group): Comm | undefined {
    const call = "MPI_Comm_create";
    return this.#made(call, this.world.raw[call](this.handle, groupHandle(group, call, "group"), this.#newPtr));
  }

  /** As {@link create}, but called by the members of the group only. **Collective** over the group. */
  createGroup(group: Group, options: CreateGroupOptions = {}): Comm | undefined {
    const call = "MPI_Comm_create_group";
    expectKeys(call, options, createGroupKeys);
    const handle = groupHandle(group, call, "group");
    const tag = this.sendTag(options.tag, call, "tag");
    return this.#made(call, this.world.raw[call](this.handle, handle, tag, this.#newPtr));
  }

  /**
   * Joins this communicator and another one, that shares no rank with it, to an intercommunicator: ranks of each then
   * reach those of the other. **Collective** over both. Free it when done.
   */
  intercommCreate(options: IntercommOptions): Intercomm {
    const { world } = this;
    const call = "MPI_Intercomm_create";
    expectOptions(call, options, intercommKeys);
    const { leader = 0, remoteLeader, peer } = options;
    expectRanks([leader], this.size, `${call}: "leader"`, { whose: "this communicator" });
    const tag = this.sendTag(options.tag, call, "tag");
    let [bridge, far] = [world.constants.MPI_COMM_NULL, 0];
    // The others need not know them.
    if (this.rank === leader) {
      bridge = commHandle(peer as Comm, call, "peer");
      expectRanks([remoteLeader as number], peer!.size, `${call}: "remoteLeader"`, { whose: '"peer"' });
      far = remoteLeader!;
    }
    world.call(call, this.handle, leader, bridge, far, tag, this.#newPtr);
    return new Intercomm(world, world.readHandle(0));
  }

  /**
   * A communicator whose ranks form a grid, the last dimension varying fastest. **Collective.** Free it when done.
   * @returns `undefined` on ranks beyond the product of `dims`
   */
  cartCreate(options: CartOptions): CartComm | undefined {
    const handle = createCart(this.world, this.handle, this.size, options);
    if (handle === this.world.constants.MPI_COMM_NULL) return undefined;
    return new CartComm(this.world, handle, options.dims, options.periods);
  }

  /** A communicator with neighbors: each rank names the edges from and to itself. **Collective.** Free it when done. */
  distGraphCreateAdjacent(options: AdjacentOptions): GraphComm {
    return new GraphComm(this.world, createAdjacentGraph(this.world, this.handle, this.size, options));
  }

  /** A communicator with neighbors: each rank names any edges of the graph. **Collective.** Free it when done. */
  distGraphCreate(options: GraphOptions): GraphComm {
    return new GraphComm(this.world, createGraph(this.world, this.handle, this.size, options));
  }

  /** Where calls write the new communicator. */
  get #newPtr(): number {
    return this.world.scratch.address;
  }

  #made(call: FunctionName, code: number): Comm | undefined {
    const { world } = this;
    world.check(code, call);
    const handle = world.readHandle(0);
    return handle === world.constants.MPI_COMM_NULL ? undefined : new Comm(world, handle);
  }

  #key(key: number | undefined, call: string): number {
    if (key === undefined) return this.rank;
    return expectWhole(`${call}: "key"`, key, ints, "Number the ranks in their new order.");
  }
}

/**
 * A communicator whose ranks have neighbors. The calls with them exchange one piece with each neighbor, in the order of
 * the neighbors; all ranks of the communicator make them, in the same order.
 *
 * ```js
 * const ring = comm.cartCreate({ dims: [comm.size], periods: [true] });
 * const near = ring?.neighborAllgather(Int32Array.of(comm.rank), new Int32Array(2));
 * console.log(near?.join(" ")); // 2 1 on 3 ranks
 * ring?.free();
 * ```
 */
export abstract class TopologyComm extends Comm {
  /** Number of ranks that pieces come from, and go to. @internal */
  protected abstract get degrees(): { readonly sources: number; readonly destinations: number };
  /** Neighbors that are one rank, in lists of two and more. @internal */
  protected readonly folds: readonly (readonly number[])[] = [];

  /** Sends `send` to each neighbor, and puts what comes from each into its piece of `recv`. **Collective.** */
  neighborAllgather<D extends Data>(send: Data, recv: D): D {
    this.run(this.#gather("Neighbor_allgather", "blocking", send, recv));
    return recv;
  }

  /** Begins {@link neighborAllgather}. **Collective.** */
  ineighborAllgather<D extends Data>(send: Data, recv: D): Request<D> {
    return this.begin(this.#gather("Neighbor_allgather", "nonblocking", send, recv));
  }

  /** Prepares {@link neighborAllgather}. **Collective.** */
  neighborAllgatherInit<D extends Data>(send: Data, recv: D): Request<D> {
    return this.prepare(this.#gather("Neighbor_allgather", "persistent", send, recv));
  }

  /** As {@link neighborAllgather}, with pieces of different lengths. **Collective.** */
  neighborAllgatherv<D extends Data>(send: Data, recv: D, options: Pieces): D {
    this.run(this.#gather("Neighbor_allgatherv", "blocking", send, recv, options));
    return recv;
  }

  /** Begins {@link neighborAllgatherv}. **Collective.** */
  ineighborAllgatherv<D extends Data>(send: Data, recv: D, options: Pieces): Request<D> {
    return this.begin(this.#gather("Neighbor_allgatherv", "nonblocking", send, recv, options));
  }

  /** Prepares {@link neighborAllgatherv}. **Collective.** */
  neighborAllgathervInit<D extends Data>(send: Data, recv: D, options: Pieces): Request<D> {
    return this.prepare(this.#gather("Neighbor_allgatherv", "persistent", send, recv, options));
  }

  #gather<D extends Data>(
    name: "Neighbor_allgather" | "Neighbor_allgatherv",
    form: Form,
    send: Data,
    recv: D,
    pieces?: Pieces,
  ): Call<D> {
    expectKeys(callName(name, form), pieces, pieceKeys);
    this.#expectData(send, callName(name, form), "send");
    const { sources, destinations } = this.degrees;
    // Who has no neighbors on one side need not know how much the others send.
    const even = sources > 0 && destinations > 0;
    const cut = { even, ...(pieces && { pieces }) };
    const call = this.gathered(name, form, send, recv, sources, cut);
    if (pieces || even) return call;
    // Open MPI skips what one side has no elements for, even where it has no neighbors.
    const [sent, received] = [call.values.slice(0, 3), call.values.slice(3, 6)];
    const nowhere = this.world.scratch.address;
    const first = destinations === 0 ? [nowhere, ...received.slice(1)] : sent;
    const second = sources === 0 ? [nowhere, ...sent.slice(1)] : received;
    return { ...call, values: [...first, ...second, this.handle] };
  }

  /** Sends to each neighbor its piece of `send`, and puts what comes from each into its piece of `recv`. **Collective.** */
  neighborAlltoall<D extends Data>(send: Data, recv: D): D {
    this.run(this.#exchange("Neighbor_alltoall", "blocking", send, recv));
    return recv;
  }

  /** Begins {@link neighborAlltoall}. **Collective.** */
  ineighborAlltoall<D extends Data>(send: Data, recv: D): Request<D> {
    return this.begin(this.#exchange("Neighbor_alltoall", "nonblocking", send, recv));
  }

  /** Prepares {@link neighborAlltoall}. **Collective.** */
  neighborAlltoallInit<D extends Data>(send: Data, recv: D): Request<D> {
    return this.prepare(this.#exchange("Neighbor_alltoall", "persistent", send, recv));
  }

  /** As {@link neighborAlltoall}, with pieces of different lengths. **Collective.** */
  neighborAlltoallv<D extends Data>(send: Data, recv: D, options: AlltoallvOptions): D {
    this.run(this.#exchange("Neighbor_alltoallv", "blocking", send, recv, options));
    return recv;
  }

  /** Begins {@link neighborAlltoallv}. **Collective.** */
  ineighborAlltoallv<D extends Data>(send: Data, recv: D, options: AlltoallvOptions): Request<D> {
    return this.begin(this.#exchange("Neighbor_alltoallv", "nonblocking", send, recv, options));
  }

  /** Prepares {@link neighborAlltoallv}. **Collective.** */
  neighborAlltoallvInit<D extends Data>(send: Data, recv: D, options: AlltoallvOptions): Request<D> {
    return this.prepare(this.#exchange("Neighbor_alltoallv", "persistent", send, recv, options));
  }

  #exchange<D extends Data>(
    name: "Neighbor_alltoall" | "Neighbor_alltoallv",
    form: Form,
    send: Data,
    recv: D,
    options?: AlltoallvOptions,
  ): Call<D> {
    const { world, folds } = this;
    const { sources, destinations } = this.degrees;
    const even = sources > 0 && destinations > 0;
    const callOn = (collective: typeof name, lists?: AlltoallvOptions) =>
      this.exchanged(collective, form, send, recv, destinations, sources, lists, even);
    this.#expectData(send, callName(name, form), "send");
    const call = callOn(name, options);
    const places = placesFor(world, name, form, sources, folds);
    if (!places) return call;
    if (options) return callOn(name, movePieces(options, places));
    // Where all pieces are of one length there are no places to exchange.
    const counts = new Array<number>(sources).fill(this.message(send, callName(name, form), "send").length / sources);
    const pieces = { sendCounts: counts, recvCounts: counts };
    const v = "Neighbor_alltoallv";
    const others = placesFor(world, v, form, sources, folds);
    return callOn(v, others ? movePieces(pieces, others) : pieces);
  }

  /**
   * Sends `sends[n]` to the n-th neighbor and receives into `recvs[n]` from it; types and lengths may differ from neighbor
   * to neighbor. **Collective.** MPICH 4.0 loses data where a rank of a graph has not as many sources as destinations
   * (its issue 6233).
   */
  neighborAlltoallw(sends: readonly Data[], recvs: readonly Data[]): void {
    this.run(this.#part("blocking", sends, recvs));
  }

  /** Begins {@link neighborAlltoallw}. **Collective.** */
  ineighborAlltoallw(sends: readonly Data[], recvs: readonly Data[]): Request<readonly Data[]> {
    return this.begin(this.#part("nonblocking", sends, recvs));
  }

  /** Prepares {@link neighborAlltoallw}. **Collective.** */
  neighborAlltoallwInit(sends: readonly Data[], recvs: readonly Data[]): Request<readonly Data[]> {
    return this.prepare(this.#part("persistent", sends, recvs));
  }

  #part(form: Form, sends: readonly Data[], recvs: readonly Data[]): Call<readonly Data[]> {
    const name = "Neighbor_alltoallw";
    this.#expectData(sends, callName(name, form), "sends");
    const { sources, destinations } = this.degrees;
    const call = this.parted(name, form, sends, recvs, destinations, sources);
    const places = placesFor(this.world, name, form, sources, this.folds);
    if (!places) return call;
    const moved = places.map((n) => recvs[n]!);
    return { ...this.parted(name, form, sends, moved, destinations, sources), buffer: recvs };
  }

  /** With neighbors, nothing can be in place: what is sent and what is received need not be as long. */
  #expectData(send: unknown, call: string, argument: string): void {
    if (send !== IN_PLACE) return;
    throw wrong(`${call}: "${argument}"`, "data", "IN_PLACE", "Send from memory that nothing is received into.");
  }
}

/**
 * A communicator whose ranks form a grid. The neighbors of a rank are, for each dimension, the one below and the one above.
 *
 * ```js
 * const dims = mpi.dimsCreate(comm.size, [0, 0]);
 * const cart = comm.cartCreate({ dims, periods: [true, false] });
 * console.log(cart?.dims, cart?.coords); // [ 3, 1 ] [ 0, 0 ] on 3 ranks
 * const { source, dest } = cart?.shift(0) ?? {}; // The neighbours down and up dimension 0.
 * cart?.free();
 * ```
 */
export class CartComm extends TopologyComm {
  /** Ranks along each dimension. */
  readonly dims: readonly number[];
  /** Whether the last rank along a dimension is followed by the first. */
  readonly periods: readonly boolean[];
  /** This rank's place in the grid. */
  readonly coords: readonly number[];
  protected override readonly folds: readonly (readonly number[])[];

  /** @internal */
  constructor(world: World, handle: number, dims: readonly number[], periods: readonly boolean[]) {
    super(world, handle);
    this.dims = [...dims];
    this.periods = [...periods];
    this.coords = this.coordsOf(this.rank);
    this.folds = foldsOf(dims, periods);
  }

  protected override get degrees(): { readonly sources: number; readonly destinations: number } {
    return { sources: 2 * this.dims.length, destinations: 2 * this.dims.length };
  }

  /** A grid of the same ranks, whose messages are apart. **Collective.** Free it when done. */
  override dup(options: DupOptions = {}): CartComm {
    return new CartComm(this.world, duplicate(this, options), this.dims, this.periods);
  }

  /** The place of a rank in the grid. **Local.** */
  coordsOf(rank: number): number[] {
    if (!Number.isInteger(rank) || rank < 0 || rank >= this.size) {
      throw this.wrongRank(rank, "MPI_Cart_coords", "rank", "");
    }
    const { world, dims } = this;
    const coords = new Int32Array(dims.length);
    world.call("MPI_Cart_coords", this.handle, rank, dims.length, world.addressOf(coords));
    return [...coords];
  }

  /** The rank at a place in the grid; periodic dimensions wrap. **Local.** */
  rankAt(coords: readonly number[]): number {
    const { world, dims } = this;
    if (!Array.isArray(coords) || coords.length !== dims.length) {
      throw wrong(
        'MPI_Cart_rank: "coords"',
        `${dims.length} values, one a dimension`,
        Array.isArray(coords) ? coords.length : show(coords),
        'Give as many as "dims" has.',
      );
    }
    for (const [axis, place] of coords.entries()) {
      expectWhole(`MPI_Cart_rank: "coords[${axis}]"`, place, ints, "Count places from 0 on.");
    }
    const coordsPtr = world.integers(coords);
    world.call("MPI_Cart_rank", this.handle, coordsPtr, world.scratch.address);
    return world.scratch.i32[0]!;
  }

  /** The neighbours `displacement` places down (`source`) and up (`dest`) a dimension, or `PROC_NULL`. **Local.** */
  shift(axis: number, displacement = 1): { source: number; dest: number } {
    const { world } = this;
    const last = this.dims.length - 1;
    if (!Number.isInteger(axis) || axis < 0 || axis > last) {
      throw wrong('MPI_Cart_shift: "axis"', `a dimension from 0 to ${last}`, axis, "Name a dimension of the grid.");
    }
    expectWhole('MPI_Cart_shift: "displacement"', displacement, ints, "Count places.");
    const { address, i32 } = world.scratch;
    world.call("MPI_Cart_shift", this.handle, axis, displacement, address, address + 4);
    return { source: world.rankFrom(i32[0]!), dest: world.rankFrom(i32[1]!) };
  }

  /** For each dimension the rank one place down and the one up, or `PROC_NULL`: the order of pieces. **Local.** */
  get neighbors(): number[] {
    return this.dims.flatMap((_, axis) => Object.values(this.shift(axis)));
  }

  /**
   * The part of the grid that this rank is in, a line, a plane...: the dimensions with `true` in `keep`. **Collective.**
   * Free it when done.
   */
  sub(keep: readonly boolean[]): CartComm {
    const { world, dims, periods } = this;
    expectFlags(keep, dims, 'MPI_Cart_sub: "keep"');
    if (!keep.includes(true)) {
      // A point each. MPICH makes one of all ranks.
      const handle = createCart(world, world.constants.MPI_COMM_SELF, 1, { dims: [], periods: [] });
      return new CartComm(world, handle, [], []);
    }
    const code = world.raw.MPI_Cart_sub(this.handle, world.integers(keep.map(Number)), world.scratch.address);
    world.check(code, "MPI_Cart_sub");
    const kept = <T>(list: readonly T[]) => list.filter((_, axis) => keep[axis]);
    return new CartComm(world, world.readHandle(0), kept(dims), kept(periods));
  }
}

/**
 * A communicator whose ranks have the neighbors that the edges of a graph give them. Where several edges lead from one
 * rank to another, which piece goes along which is the library's choice.
 *
 * ```js
 * const { rank, size } = comm;
 * const next = (rank + 1) % size;
 * const graph = comm.distGraphCreateAdjacent({ sources: [(rank + size - 1) % size], destinations: [next] });
 * const got = graph.neighborAlltoall(Int32Array.of(rank), new Int32Array(1));
 * console.log(graph.sources, got[0]); // [ 2 ] 2 on 3 ranks
 * graph.free();
 * ```
 */
export class GraphComm extends TopologyComm {
  /** Ranks that have an edge to this one: the order of the pieces that are received. */
  readonly sources: readonly number[];
  /** Ranks that this one has an edge to: the order of the pieces that are sent. */
  readonly destinations: readonly number[];
  /** `undefined` when the graph has no weights. */
  readonly sourceWeights: readonly number[] | undefined;
  /** Those of the edges that lead away. */
  readonly destinationWeights: readonly number[] | undefined;

  /** @internal */
  constructor(world: World, handle: number) {
    super(world, handle);
    const edges = edgesOf(world, handle);
    this.sources = edges.sources;
    this.destinations = edges.destinations;
    this.sourceWeights = edges.sourceWeights;
    this.destinationWeights = edges.destinationWeights;
  }

  protected override get degrees(): { readonly sources: number; readonly destinations: number } {
    return { sources: this.sources.length, destinations: this.destinations.length };
  }

  /** A graph of the same ranks, whose messages are apart. **Collective.** Free it when done. */
  override dup(options: DupOptions = {}): GraphComm {
    return new GraphComm(this.world, duplicate(this, options));
  }
}
