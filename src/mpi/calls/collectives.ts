import { expectKeys, keysOf, wrong } from "../../argument.js";
import type { UsageError } from "../../errors.js";
import { type Data, dataLength, describe, expectResult, IN_PLACE, type Message, matches } from "../data/buffer.js";
import { expectPiecesApart } from "../data/overlap.js";
import {
  type Cut,
  equalPieces,
  extentOf,
  type Lists,
  liesIn,
  listsOf,
  type Pieces,
  pieceKeys,
  unequalPieces,
} from "../data/pieces.js";
import type { Collective } from "../library/prototypes.js";
import type { Call } from "./forms.js";
import { callName, type Form } from "./names.js";
import { type Input, Reductions } from "./reductions.js";
import type { Request } from "./request.js";

/** Options of the calls with a root. */
export interface RootOptions {
  /** Default 0. */
  readonly root?: number;
}

/** @internal */
export const rootKeys = keysOf<RootOptions>({ root: true });

/** Options of the calls with a root that cut data into pieces: pieces matter on the root. */
type RootedPieces = Partial<Pieces> & RootOptions;

const rootedPieceKeys = keysOf<RootedPieces>({ counts: true, displs: true, root: true });

const inData = { counts: "counts", displs: "displs" };
const noPieces = {} as Pieces;

/**
 * Collective calls: all ranks of the communicator make them, in the same order. Pieces of ranks lie in the order of
 * ranks; those of a view that is not contiguous are rows, along its first axis. `IN_PLACE` for what this rank sends says
 * that it lies in `recv`, at its place. Persistent calls are started in the same order on all ranks. On an
 * intercommunicator, `root` is `ROOT` on the root, `PROC_NULL` on the others of its group, and the rank of the root in
 * the other group.
 *
 * ```js
 * const data = comm.rank === 0 ? Float64Array.of(1, 2) : new Float64Array(2);
 * comm.bcast(data, { root: 0 });
 * const all = comm.allgather(Int32Array.of(comm.rank), new Int32Array(comm.size));
 * console.log(data[1], all.join(" ")); // 2 0 1 2 on 3 ranks
 * const request = comm.ibarrier(); // Begun: other work, then
 * request.wait();
 * ```
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
    expectKeys(call, options, rootKeys);
    const root = this.rootOf(options.root, call);
    const { sends, receives } = this.role(root);
    if (!sends && !receives) return this.idle("Bcast", root, data);
    const { address, count, datatype } = this.message(data, call, "array", form !== "blocking");
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
    const call = callName("Gather", form);
    expectKeys(call, options, rootKeys);
    const root = this.rootOf(options.root, call);
    return this.gathered("Gather", form, send, recv, this.peers, { ...this.role(root), rest: [root] });
  }

  /** As {@link gather}, with pieces of different lengths: `counts` and `displs` matter on the root. **Collective.** */
  gatherv(send: Input, recv?: Data, options: RootedPieces = {}): void {
    this.run(this.#gatherv("blocking", send, recv, options));
  }

  /** Begins {@link gatherv}. **Collective.** */
  igatherv(send: Input, recv?: Data, options: RootedPieces = {}): Request<Data> {
    return this.begin(this.#gatherv("nonblocking", send, recv, options));
  }

  /** Prepares {@link gatherv}. **Collective.** */
  gathervInit(send: Input, recv?: Data, options: RootedPieces = {}): Request<Data> {
    return this.prepare(this.#gatherv("persistent", send, recv, options));
  }

  #gatherv(form: Form, send: Input, recv: Data | undefined, options: RootedPieces): Call<Data> {
    const call = callName("Gatherv", form);
    expectKeys(call, options, rootedPieceKeys);
    const root = this.rootOf(options.root, call);
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
    this.run(this.#allgatherv("blocking", send, recv, options));
    return recv;
  }

  /** Begins {@link allgatherv}. **Collective.** */
  iallgatherv<D extends Data>(send: Input, recv: D, options: Pieces): Request<D> {
    return this.begin(this.#allgatherv("nonblocking", send, recv, options));
  }

  /** Prepares {@link allgatherv}. **Collective.** */
  allgathervInit<D extends Data>(send: Input, recv: D, options: Pieces): Request<D> {
    return this.prepare(this.#allgatherv("persistent", send, recv, options));
  }

  #allgatherv<D extends Data>(form: Form, send: Input, recv: D, options: Pieces): Call<D> {
    expectKeys(callName("Allgatherv", form), options, pieceKeys);
    return this.gathered("Allgatherv", form, send, recv, this.peers, { pieces: options });
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
    shape: {
      sends?: boolean;
      receives?: boolean;
      rest?: readonly number[];
      pieces?: Pieces | undefined;
      even?: boolean;
    } = {},
  ): Call<D> {
    const call = callName(name, form);
    const { sends = true, receives = true, rest = [], pieces, even = !this.inter } = shape;
    if (sends && !receives && send === IN_PLACE) throw notInPlace(call, "send");
    const lasting = form !== "blocking";
    const out = sends && send !== IN_PLACE ? this.message(send as Data, call, "send", lasting) : undefined;
    const into = receives ? this.message(recv as D, call, "recv", lasting) : undefined;
    const hasOwn = this.hasOwn(name);
    const v = name.endsWith("v");
    let counts: readonly number[] = v ? [0, 0] : [0];
    let lists: Lists | undefined;
    let cut: Cut | undefined;
    let start = 0;
    let skipped = 0;
    if (into && v) {
      cut = unequalPieces(into, pieces ?? noPieces, ranks, call, { ...inData, data: "recv" });
      lists = listsOf([cut.counts, cut.displs], lasting);
      counts = lists.addresses;
      if (out && hasOwn) this.#expectOwn(call, "send", out, into, cut.counts, "counts");
      else if (out && !matches(out.type, into.type)) expectResult(call, into, out, into.length);
      start = cut.displs[this.rank]!;
      // MPICH 4.0.2 ignores the displacement of the only rank.
      if (hasOwn && ranks === 1 && name === "Allgatherv") {
        skipped = start * extentOf(into, recv as D);
        lists.memory[1] = 0;
      }
    } else if (into) {
      if (out && even) expectResult(call, into, out, out.length * ranks, this.onRanks(ranks, name));
      const count = equalPieces(into, ranks, call, "recv");
      counts = [count];
      start = count * this.rank;
    }
    const inPlace = hasOwn && out && into && liesIn(out, into, recv as D, start);
    if (out && into && !inPlace) expectPiecesApart(call, out, send as Data, undefined, into, recv as D, cut);
    const side = inPlace ? this.#side(undefined, IN_PLACE) : this.#side(out, sends ? send : undefined);
    const address = into ? into.address + skipped : 0;
    const values = [...side, address, ...counts, this.typeOf(into), ...rest, this.handle];
    return { name, values, buffer: (recv ?? send) as D, keep: [send, lists] };
  }

  /** True where this rank is one of those it sends to and receives from, in their order. */
  protected hasOwn(name: Collective): boolean {
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

  /** The datatype of data, bytes where there is none. */
  protected typeOf(message: Message | undefined): number {
    return message?.datatype ?? this.world.constants.MPI_BYTE;
  }

  /** ` on 3 ranks`, for errors. */
  protected onRanks(ranks: number, name?: Collective): string {
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
  scatterv(send: Data | undefined, recv: Input, options: RootedPieces = {}): void {
    this.run(this.#scatter("Scatterv", "blocking", send, recv, options, options));
  }

  /** Begins {@link scatterv}. **Collective.** */
  iscatterv(send: Data | undefined, recv: Input, options: RootedPieces = {}): Request<Input> {
    return this.begin(this.#scatter("Scatterv", "nonblocking", send, recv, options, options));
  }

  /** Prepares {@link scatterv}. **Collective.** */
  scattervInit(send: Data | undefined, recv: Input, options: RootedPieces = {}): Request<Input> {
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
    expectKeys(call, options, name === "Scatterv" ? rootedPieceKeys : rootKeys);
    const root = this.rootOf(options.root, call);
    // Who sends and who receives is the reverse of a gather's.
    const { sends: receives, receives: sends } = this.role(root);
    if (receives && !sends && recv === IN_PLACE) throw notInPlace(call, "recv");
    const lasting = form !== "blocking";
    const out = sends ? this.message(send as Data, call, "send", lasting) : undefined;
    const into = receives && recv !== IN_PLACE ? this.message(recv, call, "recv", lasting) : undefined;
    let counts: readonly number[] = pieces ? [0, 0] : [0];
    let lists: Lists | undefined;
    let cut: Cut | undefined;
    let start = 0;
    if (out && pieces) {
      cut = unequalPieces(out, pieces as Pieces, this.peers, call, { ...inData, data: "send" });
      lists = listsOf([cut.counts, cut.displs], lasting);
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
          `Allocate it to fit "send"${this.onRanks(this.peers)}.`,
        );
      }
      start = count * this.rank;
    }
    const inPlace = !this.inter && into && out && liesIn(into, out, send as Data, start);
    if (out && into && !inPlace) expectPiecesApart(call, out, send as Data, cut, into, recv as Data, undefined);
    const side = inPlace ? this.#side(undefined, IN_PLACE) : this.#side(into, recv);
    const values = [out?.address ?? 0, ...counts, this.typeOf(out), ...side, root, this.handle];
    return { name, values, buffer: recv, keep: [send, lists] };
  }
}

function notInPlace(call: string, argument: string): UsageError {
  return wrong(`${call}: "${argument}"`, "data on every rank but the root", "IN_PLACE", "Pass the piece of this rank.");
}
