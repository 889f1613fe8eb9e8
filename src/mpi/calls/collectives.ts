import { wrong } from "../../argument.js";
import type { UsageError } from "../../errors.js";
import { type Data, dataLength, describe, expectResult, IN_PLACE, type Message, matches } from "../data/buffer.js";
import {
  equalPieces,
  extentOf,
  type Lists,
  liesIn,
  listsOf,
  type Pieces,
  partsOf,
  unequalPieces,
} from "../data/pieces.js";
import { View } from "../data/view.js";
import type { Collective } from "../library/prototypes.js";
import { type Call, callName, type Form } from "./forms.js";
import { type Input, Reductions } from "./reductions.js";
import type { Request } from "./request.js";

/** Options of the calls with a root. */
export interface RootOptions {
  /** Default 0. */
  readonly root?: number;
}

/** Options of {@link Collectives.alltoallv}, in elements; `Displs` default to one piece after the other. */
export interface AlltoallvOptions {
  /** Elements for each rank; not needed where `send` is `IN_PLACE`. */
  readonly sendCounts?: ArrayLike<number>;
  readonly sendDispls?: ArrayLike<number>;
  /** Elements from each rank. */
  readonly recvCounts: ArrayLike<number>;
  readonly recvDispls?: ArrayLike<number>;
}

const inData = { counts: "counts", displs: "displs" };
const ofSend = { counts: "sendCounts", displs: "sendDispls", data: "send" };
const ofRecv = { counts: "recvCounts", displs: "recvDispls", data: "recv" };
const noPieces = {} as Pieces;

/**
 * Collective calls: all ranks of the communicator make them, in the same order. Pieces of ranks lie in the order of
 * ranks; those of a view that is not contiguous are rows, along its first axis. `IN_PLACE` for what this rank sends says
 * that it lies in `recv`, at its place. Persistent calls are started in the same order on all ranks. On an
 * intercommunicator, `root` is `ROOT` on the root, `PROC_NULL` on the others of its group, and the rank of the root in
 * the other group.
 */
export abstract class Collectives extends Reductions {
  /** Returns on every rank when all have called it. **Collective.** */
  barrier(): void {
    this.run({ name: "Barrier", values: [this.handle], buffer: undefined });
  }

  /** Begins {@link barrier}. **Collective.** */
  ibarrier(): Request<undefined> {
    return this.begin({ name: "Barrier", values: [this.handle], buffer: undefined });
  }

  /** Prepares {@link barrier}. **Collective.** */
  barrierInit(): Request<undefined> {
    return this.prepare({ name: "Barrier", values: [this.handle], buffer: undefined });
  }

  /** Copies the root's `data` into every rank's. **Collective.** */
  bcast(data: Data, options: RootOptions = {}): void {
    this.run(this.#bcast("blocking", data, options));
  }

  /** Begins {@link bcast}. **Collective.** */
  ibcast<D extends Data>(data: D, options: RootOptions = {}): Request<D> {
    return this.begin(this.#bcast("nonblocking", data, options));
  }

  /** Prepares {@link bcast}. **Collective.** */
  bcastInit<D extends Data>(data: D, options: RootOptions = {}): Request<D> {
    return this.prepare(this.#bcast("persistent", data, options));
  }

  #bcast<D extends Data>(form: Form, data: D, options: RootOptions): Call<D> {
    const call = callName("Bcast", form);
    const root = this.rootOf(options.root ?? 0, call);
    const { sends, receives } = this.role(root);
    if (!sends && !receives) return this.idle("Bcast", root, data);
    const { address, count, datatype } = this.message(data, call, "array");
    return { name: "Bcast", values: [address, count, datatype, root, this.handle], buffer: data };
  }

  /** Puts `send` of all ranks behind each other into `recv` on the root, ignored elsewhere. **Collective.** */
  gather(send: Input, recv?: Data, options: RootOptions = {}): void {
    this.run(this.#gather("blocking", send, recv, options));
  }

  /** Begins {@link gather}. **Collective.** */
  igather(send: Input, recv?: Data, options: RootOptions = {}): Request<Data> {
    return this.begin(this.#gather("nonblocking", send, recv, options));
  }

  /** Prepares {@link gather}. **Collective.** */
  gatherInit(send: Input, recv?: Data, options: RootOptions = {}): Request<Data> {
    return this.prepare(this.#gather("persistent", send, recv, options));
  }

  #gather(form: Form, send: Input, recv: Data | undefined, options: RootOptions): Call<Data> {
    const root = this.rootOf(options.root ?? 0, callName("Gather", form));
    return this.gathered("Gather", form, send, recv, this.peers, { ...this.role(root), rest: [root] });
  }

  /** As {@link gather}, with pieces of different lengths: `counts` and `displs` matter on the root. **Collective.** */
  gatherv(send: Input, recv?: Data, options: Partial<Pieces> & RootOptions = {}): void {
    this.run(this.#gatherv("blocking", send, recv, options));
  }

  /** Begins {@link gatherv}. **Collective.** */
  igatherv(send: Input, recv?: Data, options: Partial<Pieces> & RootOptions = {}): Request<Data> {
    return this.begin(this.#gatherv("nonblocking", send, recv, options));
  }

  /** Prepares {@link gatherv}. **Collective.** */
  gathervInit(send: Input, recv?: Data, options: Partial<Pieces> & RootOptions = {}): Request<Data> {
    return this.prepare(this.#gatherv("persistent", send, recv, options));
  }

  #gatherv(form: Form, send: Input, recv: Data | undefined, options: Partial<Pieces> & RootOptions): Call<Data> {
    const root = this.rootOf(options.root ?? 0, callName("Gatherv", form));
    const pieces = options as Pieces;
    return this.gathered("Gatherv", form, send, recv, this.peers, { ...this.role(root), rest: [root], pieces });
  }

  /** Puts `send` of all ranks behind each other into every rank's `recv`. **Collective.** */
  allgather<D extends Data>(send: Input, recv: D): D {
    this.run(this.gathered("Allgather", "blocking", send, recv, this.peers));
    return recv;
  }

  /** Begins {@link allgather}. **Collective.** */
  iallgather<D extends Data>(send: Input, recv: D): Request<D> {
    return this.begin(this.gathered("Allgather", "nonblocking", send, recv, this.peers));
  }

  /** Prepares {@link allgather}. **Collective.** */
  allgatherInit<D extends Data>(send: Input, recv: D): Request<D> {
    return this.prepare(this.gathered("Allgather", "persistent", send, recv, this.peers));
  }

  /** As {@link allgather}, with pieces of different lengths. **Collective.** */
  allgatherv<D extends Data>(send: Input, recv: D, options: Pieces): D {
    this.run(this.gathered("Allgatherv", "blocking", send, recv, this.peers, { pieces: options }));
    return recv;
  }

  /** Begins {@link allgatherv}. **Collective.** */
  iallgatherv<D extends Data>(send: Input, recv: D, options: Pieces): Request<D> {
    return this.begin(this.gathered("Allgatherv", "nonblocking", send, recv, this.peers, { pieces: options }));
  }

  /** Prepares {@link allgatherv}. **Collective.** */
  allgathervInit<D extends Data>(send: Input, recv: D, options: Pieces): Request<D> {
    return this.prepare(this.gathered("Allgatherv", "persistent", send, recv, this.peers, { pieces: options }));
  }

  /**
   * A call in which data of `ranks` ranks, each in one piece, comes together in `recv`; `sends` and `receives` say
   * which part this rank has in it.
   */
  protected gathered<D extends Data>(
    name: Collective,
    form: Form,
    send: Input | undefined,
    recv: D | undefined,
    ranks: number,
    more: {
      sends?: boolean;
      receives?: boolean;
      rest?: readonly number[];
      pieces?: Pieces | undefined;
      even?: boolean;
    } = {},
  ): Call<D> {
    const call = callName(name, form);
    const { sends = true, receives = true, rest = [], pieces, even = !this.inter } = more;
    if (sends && !receives && send === IN_PLACE) throw notInPlace(call, "send");
    const out = sends && send !== IN_PLACE ? this.message(send as Data, call, "send") : undefined;
    const into = receives ? this.message(recv as D, call, "recv") : undefined;
    const own = this.#hasOwn(name);
    const v = name.endsWith("v");
    let counts: readonly number[] = v ? [0, 0] : [0];
    let lists: Lists | undefined;
    let start = 0;
    let skipped = 0;
    if (into && v) {
      const cut = unequalPieces(into, pieces ?? noPieces, ranks, call, { ...inData, data: "recv" });
      lists = listsOf([cut.counts, cut.displs], form !== "blocking");
      counts = lists.addresses;
      if (out && own) this.#expectOwn(call, "send", out, into, cut.counts, "counts");
      else if (out && !matches(out.type, into.type)) expectResult(call, into, out, into.length);
      start = cut.displs[this.rank]!;
      // MPICH 4.0.2 ignores the displacement of the only rank.
      if (own && ranks === 1 && name === "Allgatherv") {
        skipped = start * extentOf(into, recv as D);
        lists.memory[1] = 0;
      }
    } else if (into) {
      if (out && even) expectResult(call, into, out, out.length * ranks, this.#onRanks(ranks, name));
      const count = equalPieces(into, ranks, call, "recv");
      counts = [count];
      start = count * this.rank;
    }
    const inPlace = own && out && into && liesIn(out, into, recv as D, start);
    const side = inPlace ? this.#side(undefined, IN_PLACE) : this.#side(out, sends ? send : undefined);
    const address = into ? into.address + skipped : 0;
    const values = [...side, address, ...counts, this.#type(into), ...rest, this.handle];
    return { name, values, buffer: (recv ?? send) as D, keep: [send, lists] };
  }

  /** True where this rank is one of those it sends to and receives from, in their order. */
  #hasOwn(name: Collective): boolean {
    return !this.inter && !name.startsWith("Neighbor");
  }

  /** Checks the piece of this rank, the one of which it knows both sides. */
  #expectOwn(
    call: string,
    argument: string,
    part: Message,
    whole: Message,
    counts: readonly number[],
    name: string,
  ): void {
    const expected = counts[this.rank]! * whole.unit;
    const fits = dataLength(part.type, part.length) === dataLength(whole.type, expected);
    if (fits && matches(part.type, whole.type)) return;
    throw wrong(
      `${call}: "${argument}"`,
      `${expected} ${whole.type.name}, "${name}" of this rank`,
      describe(part),
      `Give every rank as many as "${name}" says.`,
    );
  }

  /** Address, count and datatype of what this rank sends. */
  #side(out: Message | undefined, send: unknown): [number, number, number] {
    if (out) return [out.address, out.count, out.datatype];
    const { MPI_IN_PLACE, MPI_BYTE } = this.world.constants;
    return [send === IN_PLACE ? MPI_IN_PLACE : 0, 0, MPI_BYTE];
  }

  #type(message: Message | undefined): number {
    return message?.datatype ?? this.world.constants.MPI_BYTE;
  }

  #onRanks(ranks: number, name?: Collective): string {
    if (name?.startsWith("Neighbor")) return ` from ${ranks} neighbors`;
    return ranks === 1 ? "" : ` on ${ranks} ranks`;
  }

  /** Gives each rank its piece of the root's `send`, ignored elsewhere. On the root `recv` may be `IN_PLACE`. **Collective.** */
  scatter(send: Data | undefined, recv: Input, options: RootOptions = {}): void {
    this.run(this.#scatter("Scatter", "blocking", send, recv, options));
  }

  /** Begins {@link scatter}. **Collective.** */
  iscatter(send: Data | undefined, recv: Input, options: RootOptions = {}): Request<Input> {
    return this.begin(this.#scatter("Scatter", "nonblocking", send, recv, options));
  }

  /** Prepares {@link scatter}. **Collective.** */
  scatterInit(send: Data | undefined, recv: Input, options: RootOptions = {}): Request<Input> {
    return this.prepare(this.#scatter("Scatter", "persistent", send, recv, options));
  }

  /** As {@link scatter}, with pieces of different lengths: `counts` and `displs` matter on the root. **Collective.** */
  scatterv(send: Data | undefined, recv: Input, options: Partial<Pieces> & RootOptions = {}): void {
    this.run(this.#scatter("Scatterv", "blocking", send, recv, options, options));
  }

  /** Begins {@link scatterv}. **Collective.** */
  iscatterv(send: Data | undefined, recv: Input, options: Partial<Pieces> & RootOptions = {}): Request<Input> {
    return this.begin(this.#scatter("Scatterv", "nonblocking", send, recv, options, options));
  }

  /** Prepares {@link scatterv}. **Collective.** */
  scattervInit(send: Data | undefined, recv: Input, options: Partial<Pieces> & RootOptions = {}): Request<Input> {
    return this.prepare(this.#scatter("Scatterv", "persistent", send, recv, options, options));
  }

  #scatter(
    name: "Scatter" | "Scatterv",
    form: Form,
    send: Data | undefined,
    recv: Input,
    options: RootOptions,
    pieces?: Partial<Pieces>,
  ): Call<Input> {
    const call = callName(name, form);
    const root = this.rootOf(options.root ?? 0, call);
    // Who sends and who receives is the reverse of a gather's.
    const { sends: receives, receives: sends } = this.role(root);
    if (receives && !sends && recv === IN_PLACE) throw notInPlace(call, "recv");
    const out = sends ? this.message(send as Data, call, "send") : undefined;
    const into = receives && recv !== IN_PLACE ? this.message(recv, call, "recv") : undefined;
    let counts: readonly number[] = pieces ? [0, 0] : [0];
    let lists: Lists | undefined;
    let start = 0;
    if (out && pieces) {
      const cut = unequalPieces(out, pieces as Pieces, this.peers, call, { ...inData, data: "send" });
      lists = listsOf([cut.counts, cut.displs], form !== "blocking");
      counts = lists.addresses;
      if (into && !this.inter) this.#expectOwn(call, "recv", into, out, cut.counts, "counts");
      start = cut.displs[this.rank]!;
    } else if (out) {
      const count = equalPieces(out, this.peers, call, "send");
      counts = [count];
      const fits =
        !into ||
        this.inter ||
        (matches(into.type, out.type) &&
          dataLength(into.type, into.length * this.peers) === dataLength(out.type, out.length));
      if (into && !fits) {
        throw wrong(
          `${call}: "recv"`,
          `${out.length / this.peers} ${out.type.name}, a piece of "send"`,
          describe(into),
          `Allocate it to fit "send"${this.#onRanks(this.peers)}.`,
        );
      }
      start = count * this.rank;
    }
    const inPlace = !this.inter && into && out && liesIn(into, out, send as Data, start);
    const side = inPlace ? this.#side(undefined, IN_PLACE) : this.#side(into, recv);
    const values = [out?.address ?? 0, ...counts, this.#type(out), ...side, root, this.handle];
    return { name, values, buffer: recv, keep: [send, lists] };
  }

  /** Sends the r-th piece of `send` to rank r, and puts what comes from rank r into the r-th piece of `recv`. **Collective.** */
  alltoall<D extends Data>(send: Input, recv: D): D {
    this.run(this.exchanged("Alltoall", "blocking", send, recv, this.peers, this.peers));
    return recv;
  }

  /** Begins {@link alltoall}. **Collective.** */
  ialltoall<D extends Data>(send: Input, recv: D): Request<D> {
    return this.begin(this.exchanged("Alltoall", "nonblocking", send, recv, this.peers, this.peers));
  }

  /** Prepares {@link alltoall}. **Collective.** */
  alltoallInit<D extends Data>(send: Input, recv: D): Request<D> {
    return this.prepare(this.exchanged("Alltoall", "persistent", send, recv, this.peers, this.peers));
  }

  /** As {@link alltoall}, with pieces of different lengths. **Collective.** */
  alltoallv<D extends Data>(send: Input, recv: D, options: AlltoallvOptions): D {
    this.run(this.exchanged("Alltoallv", "blocking", send, recv, this.peers, this.peers, options));
    return recv;
  }

  /** Begins {@link alltoallv}. **Collective.** */
  ialltoallv<D extends Data>(send: Input, recv: D, options: AlltoallvOptions): Request<D> {
    return this.begin(this.exchanged("Alltoallv", "nonblocking", send, recv, this.peers, this.peers, options));
  }

  /** Prepares {@link alltoallv}. **Collective.** */
  alltoallvInit<D extends Data>(send: Input, recv: D, options: AlltoallvOptions): Request<D> {
    return this.prepare(this.exchanged("Alltoallv", "persistent", send, recv, this.peers, this.peers, options));
  }

  /** A call in which each of `to` ranks gets a piece of `send`, and each of `from` ranks sends one for `recv`. */
  protected exchanged<D extends Data>(
    name: Collective,
    form: Form,
    send: Input,
    recv: D,
    to: number,
    from: number,
    options?: AlltoallvOptions,
    even = !this.inter,
  ): Call<D> {
    const { world } = this;
    const call = callName(name, form);
    const into = this.message(recv, call, "recv");
    const out = send === IN_PLACE ? undefined : this.message(send, call, "send");
    if (out && !matches(out.type, into.type)) expectResult(call, into, out, into.length);
    const own = this.#hasOwn(name);
    const outType = this.#type(out ?? into);
    // MPI wants to be told where both are one.
    const same = own && out && liesIn(out, into, recv, 0) && out.length === into.length;
    const outAddress = same || !out ? world.constants.MPI_IN_PLACE : out.address;
    if (!name.endsWith("v")) {
      const count = equalPieces(into, from, call, "recv");
      const outCount = out ? equalPieces(out, to, call, "send") : 0;
      const where = this.#hasOwn(name) ? "" : this.#onRanks(from, name);
      if (out && even) expectResult(call, into, out, (out.length / to) * from, where);
      let first = [outAddress, outCount, outType];
      let second = [into.address, count, into.datatype];
      // Open MPI wants one length on both sides, even where nothing is sent or received.
      if (to === 0) first = [world.scratch.address, ...second.slice(1)];
      else if (from === 0) second = [world.scratch.address, ...first.slice(1)];
      const values = [...first, ...second, this.handle];
      return { name, values, buffer: recv, keep: send };
    }
    const { recvCounts, recvDispls, sendCounts, sendDispls } = options ?? ({} as Partial<AlltoallvOptions>);
    const received = unequalPieces(into, piecesOf(recvCounts, recvDispls), from, call, ofRecv);
    const sent = out ? unequalPieces(out, piecesOf(sendCounts, sendDispls), to, call, ofSend) : received;
    const [toSelf, fromSelf] = [sent.counts[this.rank]! * (out ?? into).unit, received.counts[this.rank]! * into.unit];
    if (own && toSelf !== fromSelf) {
      throw wrong(
        `${call}: "recvCounts"`,
        `${toSelf} for this rank itself, as in "sendCounts"`,
        fromSelf,
        "Receive what is sent.",
      );
    }
    const lists = listsOf([sent.counts, sent.displs, received.counts, received.displs], form !== "blocking");
    const [first, second, third, fourth] = lists.addresses as [number, number, number, number];
    const inPlace = !out || (same && equal(sent.counts, received.counts) && equal(sent.displs, received.displs));
    const values = [
      ...[inPlace ? world.constants.MPI_IN_PLACE : out.address, first, second, outType],
      ...[into.address, third, fourth, into.datatype, this.handle],
    ];
    return { name, values, buffer: recv, keep: [send, lists] };
  }

  /**
   * Sends `sends[r]` to rank r and receives into `recvs[r]` from it; types and lengths may differ from rank to rank. All
   * of `sends` have to be parts of one buffer, and so have all of `recvs`. **Collective.**
   */
  alltoallw(sends: readonly Data[] | typeof IN_PLACE, recvs: readonly Data[]): void {
    this.run(this.parted("Alltoallw", "blocking", sends, recvs, this.peers, this.peers));
  }

  /** Begins {@link alltoallw}. **Collective.** */
  ialltoallw(sends: readonly Data[] | typeof IN_PLACE, recvs: readonly Data[]): Request<readonly Data[]> {
    return this.begin(this.parted("Alltoallw", "nonblocking", sends, recvs, this.peers, this.peers));
  }

  /** Prepares {@link alltoallw}. **Collective.** */
  alltoallwInit(sends: readonly Data[] | typeof IN_PLACE, recvs: readonly Data[]): Request<readonly Data[]> {
    return this.prepare(this.parted("Alltoallw", "persistent", sends, recvs, this.peers, this.peers));
  }

  /** A call with data of its own for each of `to` ranks and from each of `from` ranks. */
  protected parted(
    name: "Alltoallw" | "Neighbor_alltoallw",
    form: Form,
    sends: readonly Data[] | typeof IN_PLACE,
    recvs: readonly Data[],
    to: number,
    from: number,
  ): Call<readonly Data[]> {
    const { world } = this;
    const call = callName(name, form);
    const wide = name === "Neighbor_alltoallw"; // Its displacements are of type MPI_Aint.
    const into = partsOf(this.world, recvs, from, wide, call, "recvs");
    const out = sends === IN_PLACE ? undefined : partsOf(this.world, sends, to, wide, call, "sends");
    const side = (parts: typeof into) => {
      const { base, counts, displs, types } = parts;
      return [base, world.addressOf(counts), world.addressOf(displs), world.addressOf(types)];
    };
    const inPlace = !out || sends === recvs;
    if (inPlace && this.#mixesUpParts(recvs)) {
      throw wrong(
        `${call}: "sends"`,
        'data, where "recvs" are views that are not contiguous',
        "IN_PLACE",
        "Send copies: MPICH mixes them up.",
      );
    }
    const first = !inPlace ? side(out) : [world.constants.MPI_IN_PLACE, ...side(into).slice(1)];
    const datatypes = [...into.datatypes, ...(out?.datatypes ?? [])];
    const values = [...first, ...side(into), this.handle];
    return { name, values, datatypes, buffer: recvs, keep: [sends, out, into] };
  }

  /** True where the library takes parts with gaps for bytes. */
  #mixesUpParts(recvs: readonly Data[]): boolean {
    if (!this.world.differs.alltoallwInPlaceWrong) return false;
    return recvs.some((data) => data instanceof View && (data.datatype || !data.contiguous));
  }
}

function piecesOf(counts: ArrayLike<number> | undefined, displs: ArrayLike<number> | undefined): Pieces {
  return { counts: counts as ArrayLike<number>, ...(displs && { displs }) };
}

function equal(one: readonly number[], other: readonly number[]): boolean {
  return one.every((value, index) => value === other[index]);
}

function notInPlace(call: string, argument: string): UsageError {
  return wrong(`${call}: "${argument}"`, "data on every rank but the root", "IN_PLACE", "Pass the piece of this rank.");
}
