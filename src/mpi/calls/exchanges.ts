import { expectKeys, keysOf, wrong } from "../../argument.js";
import { type Data, expectResult, IN_PLACE, matches } from "../data/buffer.js";
import { expectApart, expectPiecesApart } from "../data/overlap.js";
import { equalPieces, liesIn, listsOf, type Parts, type Pieces, partsOf, unequalPieces } from "../data/pieces.js";
import { View } from "../data/view.js";
import type { Collective } from "../library/prototypes.js";
import { Collectives } from "./collectives.js";
import type { Call } from "./forms.js";
import { callName, type Form } from "./names.js";
import type { Input } from "./reductions.js";
import type { Request } from "./request.js";

/** Options of {@link Exchanges.alltoallv}, in elements; `Displs` default to one piece after the other. */
export interface AlltoallvOptions {
  /** Elements for each rank; not needed where `send` is `IN_PLACE`. */
  readonly sendCounts?: ArrayLike<number>;
  /** Where the piece for each rank begins in `send`. */
  readonly sendDispls?: ArrayLike<number>;
  /** Elements from each rank. */
  readonly recvCounts: ArrayLike<number>;
  /** Where the piece from each rank goes in `recv`. */
  readonly recvDispls?: ArrayLike<number>;
}

const alltoallvKeys = keysOf<AlltoallvOptions>({
  sendCounts: true,
  sendDispls: true,
  recvCounts: true,
  recvDispls: true,
});

const ofSend = { counts: "sendCounts", displs: "sendDispls", data: "send" };
const ofRecv = { counts: "recvCounts", displs: "recvDispls", data: "recv" };

/**
 * Collective calls in which each rank has a piece for each other rank.
 *
 * ```js
 * const { rank, size } = comm;
 * const send = Int32Array.from({ length: size }, (_, to) => 10 * rank + to);
 * const recv = comm.alltoall(send, new Int32Array(size)); // One element to each rank, one from each.
 * console.log(recv.join(" ")); // 0 10 20 on 3 ranks
 * ```
 */
export abstract class Exchanges extends Collectives {
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
    expectKeys(call, options, alltoallvKeys);
    const lasting = form !== "blocking";
    const into = this.message(recv, call, "recv", lasting);
    const out = send === IN_PLACE ? undefined : this.message(send, call, "send", lasting);
    if (out && !matches(out.type, into.type)) expectResult(call, into, out, into.length);
    const hasOwn = this.hasOwn(name);
    const outType = this.typeOf(out ?? into);
    // MPI wants to be told where both are one.
    const same = hasOwn && out && liesIn(out, into, recv, 0) && out.length === into.length;
    const outAddress = same || !out ? world.constants.MPI_IN_PLACE : out.address;
    if (!name.endsWith("v")) {
      const count = equalPieces(into, from, call, "recv");
      const outCount = out ? equalPieces(out, to, call, "send") : 0;
      const where = this.hasOwn(name) ? "" : this.onRanks(from, name);
      if (out && !same) expectApart(call, out, send as Data, into, recv);
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
    if (hasOwn && toSelf !== fromSelf) {
      throw wrong(
        `${call}: "recvCounts"`,
        `${toSelf} for this rank itself, as in "sendCounts"`,
        fromSelf,
        "Receive what is sent.",
      );
    }
    const lists = listsOf([sent.counts, sent.displs, received.counts, received.displs], lasting);
    const [first, second, third, fourth] = lists.addresses as [number, number, number, number];
    const inPlace = !out || (same && equal(sent.counts, received.counts) && equal(sent.displs, received.displs));
    if (out && !inPlace) expectPiecesApart(call, out, send as Data, sent, into, recv, received);
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
    const kind = { wide, lasting: form !== "blocking" };
    const into = partsOf(this.world, recvs, from, kind, call, "recvs");
    const out = sends === IN_PLACE ? undefined : partsOf(this.world, sends, to, kind, call, "sends");
    // The call keeps the lists, a prepared one for as long as it can be started.
    const side = (parts: typeof into) => {
      const { base, counts, displs, types } = parts;
      return [base, world.pointerTo(counts), world.pointerTo(displs), world.pointerTo(types)];
    };
    const inPlace = !out || sends === recvs;
    if (out && !inPlace) expectPartsApart(call, out, sends as readonly Data[], into, recvs);
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

/** @throws UsageError where a part that is sent and one that is received overlap */
function expectPartsApart(call: string, out: Parts, sends: readonly Data[], into: Parts, recvs: readonly Data[]): void {
  const names = (s: number, r: number) => ({ send: `sends[${s}]`, recv: `recvs[${r}]` });
  for (const [s, send] of sends.entries()) {
    for (const [r, recv] of recvs.entries()) {
      expectApart(call, out.messages[s]!, send, into.messages[r]!, recv, names(s, r));
    }
  }
}

function piecesOf(counts: ArrayLike<number> | undefined, displs: ArrayLike<number> | undefined): Pieces {
  return { counts: counts as ArrayLike<number>, ...(displs && { displs }) };
}

function equal(list: readonly number[], expected: readonly number[]): boolean {
  return list.every((value, index) => value === expected[index]);
}
