import { UsageError } from "../errors.js";
import { type Call, callName, type Form } from "./calls.js";
import { type Data, dataLength, describe, expectResult, IN_PLACE, type Message, matches } from "./message.js";
import { equalPieces, type Pieces, partsOf, unequalPieces } from "./pieces.js";
import type { Collective } from "./prototypes.js";
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
  readonly sendCounts?: readonly number[];
  readonly sendDispls?: readonly number[];
  /** Elements from each rank. */
  readonly recvCounts: readonly number[];
  readonly recvDispls?: readonly number[];
}

const inData = { counts: "counts", displs: "displs" };

/**
 * Collective calls: all ranks of the communicator make them, in the same order. Pieces of ranks lie in the order of
 * ranks. On an intercommunicator, `root` is `ROOT` on the root, `PROC_NULL` on the others of its group, and the rank of
 * the root in the other group.
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
    const { sends, receives } = this.role(root);
    return this.gathered("Gather", form, sends ? send : undefined, receives ? recv : undefined, this.peers, {
      receives,
      rest: [root],
    });
  }

  /** As {@link gather}, with pieces of different lengths: `counts` and `displs` matter on the root. **Collective.** */
  gatherv(send: Input, recv: Data | undefined, options: Partial<Pieces> & RootOptions): void {
    this.run(this.#gatherv("blocking", send, recv, options));
  }

  /** Begins {@link gatherv}. **Collective.** */
  igatherv(send: Input, recv: Data | undefined, options: Partial<Pieces> & RootOptions): Request<Data> {
    return this.begin(this.#gatherv("nonblocking", send, recv, options));
  }

  /** Prepares {@link gatherv}. **Collective.** */
  gathervInit(send: Input, recv: Data | undefined, options: Partial<Pieces> & RootOptions): Request<Data> {
    return this.prepare(this.#gatherv("persistent", send, recv, options));
  }

  #gatherv(form: Form, send: Input, recv: Data | undefined, options: Partial<Pieces> & RootOptions): Call<Data> {
    const root = this.rootOf(options.root ?? 0, callName("Gatherv", form));
    const { sends, receives } = this.role(root);
    return this.gathered("Gatherv", form, sends ? send : undefined, receives ? recv : undefined, this.peers, {
      receives,
      rest: [root],
      pieces: options as Pieces,
    });
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
   * A call in which data of `ranks` ranks, each in one piece, comes together in `recv`; `undefined` stands for data
   * that this rank has no part in.
   */
  protected gathered<D extends Data>(
    name: Collective,
    form: Form,
    send: Input | undefined,
    recv: D | undefined,
    ranks: number,
    more: { receives?: boolean; rest?: readonly number[]; pieces?: Pieces; even?: boolean } = {},
  ): Call<D> {
    const call = callName(name, form);
    const { receives = true, rest = [], pieces, even = !this.inter } = more;
    const out = send === undefined || send === IN_PLACE ? undefined : this.message(send, call, "send");
    const into = receives ? this.message(recv as D, call, "recv") : undefined;
    let counts: readonly number[] = [0];
    let keep: unknown;
    if (into && pieces) {
      const cut = unequalPieces(into, pieces, ranks, call, { ...inData, data: "recv" });
      keep = cut;
      counts = [this.world.addressOf(cut.counts), this.world.addressOf(cut.displs)];
      if (out && !matches(out.type, into.type)) expectResult(call, into, out, into.length);
    } else if (into) {
      if (out && even) expectResult(call, into, out, out.length * ranks, this.#onRanks(ranks, name));
      counts = [equalPieces(into, ranks, call, "recv")];
    } else if (pieces) counts = [0, 0];
    const values = [...this.#side(out, send), into?.address ?? 0, ...counts, this.#type(into), ...rest, this.handle];
    return { name, values, buffer: (recv ?? send) as D, keep: [send, keep] };
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
  scatterv(send: Data | undefined, recv: Input, options: Partial<Pieces> & RootOptions): void {
    this.run(this.#scatter("Scatterv", "blocking", send, recv, options, options));
  }

  /** Begins {@link scatterv}. **Collective.** */
  iscatterv(send: Data | undefined, recv: Input, options: Partial<Pieces> & RootOptions): Request<Input> {
    return this.begin(this.#scatter("Scatterv", "nonblocking", send, recv, options, options));
  }

  /** Prepares {@link scatterv}. **Collective.** */
  scattervInit(send: Data | undefined, recv: Input, options: Partial<Pieces> & RootOptions): Request<Input> {
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
    const out = sends ? this.message(send as Data, call, "send") : undefined;
    const into = receives && recv !== IN_PLACE ? this.message(recv, call, "recv") : undefined;
    let counts: readonly number[] = pieces ? [0, 0] : [0];
    let keep: unknown;
    if (out && pieces) {
      const cut = unequalPieces(out, pieces as Pieces, this.peers, call, { ...inData, data: "send" });
      keep = cut;
      counts = [this.world.addressOf(cut.counts), this.world.addressOf(cut.displs)];
    } else if (out) {
      counts = [equalPieces(out, this.peers, call, "send")];
      const fits =
        !into ||
        this.inter ||
        (matches(into.type, out.type) &&
          dataLength(into.type, into.length * this.peers) === dataLength(out.type, out.length));
      if (into && !fits) {
        throw new UsageError(
          `${call}: "recv" expected ${out.length / this.peers} ${out.type.name}, a piece of "send", got ${describe(into)}. Allocate it to fit "send"${this.#onRanks(this.peers)}.`,
        );
      }
    }
    const values = [out?.address ?? 0, ...counts, this.#type(out), ...this.#side(into, recv), root, this.handle];
    return { name, values, buffer: recv, keep: [send, keep] };
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
    const outAddress = out?.address ?? (send === IN_PLACE ? world.constants.MPI_IN_PLACE : 0);
    if (!options) {
      const sendCount = out ? equalPieces(out, to, call, "send") : 0;
      const recvCount = equalPieces(into, from, call, "recv");
      if (out && even) expectResult(call, into, out, (out.length / to) * from, this.#onRanks(from, name));
      let first = [outAddress, sendCount, this.#type(out ?? into)];
      let second = [into.address, recvCount, into.datatype];
      // Open MPI wants one length on both sides, even where nothing is sent or received.
      if (to === 0) first = [world.scratch.address, ...second.slice(1)];
      else if (from === 0) second = [world.scratch.address, ...first.slice(1)];
      const values = [...first, ...second, this.handle];
      return { name, values, buffer: recv, keep: send };
    }
    const names = { counts: "recvCounts", displs: "recvDispls", data: "recv" };
    const recvPieces = unequalPieces(into, piecesOf(options.recvCounts, options.recvDispls), from, call, names);
    const sendPieces = out
      ? unequalPieces(out, piecesOf(options.sendCounts, options.sendDispls), to, call, {
          counts: "sendCounts",
          displs: "sendDispls",
          data: "send",
        })
      : recvPieces;
    const arrays = ({ counts, displs }: typeof recvPieces) => [world.addressOf(counts), world.addressOf(displs)];
    const side = [into.address, ...arrays(recvPieces), into.datatype];
    const values = [outAddress, ...arrays(sendPieces), this.#type(out ?? into), ...side, this.handle];
    return { name, values, buffer: recv, keep: [send, sendPieces, recvPieces] };
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
    const first = out ? side(out) : [world.constants.MPI_IN_PLACE, ...side(into).slice(1)];
    return { name, values: [...first, ...side(into), this.handle], buffer: recvs, keep: [sends, out, into] };
  }
}

function piecesOf(counts: readonly number[] | undefined, displs: readonly number[] | undefined): Pieces {
  return { counts: counts as readonly number[], ...(displs && { displs }) };
}
