/** The calls of compiled code that gather and deal out pieces of different lengths: counts and displacements are arrays of `i32`. */
import { wrong } from "../../argument.js";
import type { Message } from "../../mpi/data/buffer.js";
import { type ElementType, elementTypes } from "../../mpi/data/element.js";
import { type Cut, listsOf, unequalPieces } from "../../mpi/data/pieces.js";
import type { World } from "../../mpi/library/world.js";
import { memory } from "../../wasm/memory.js";
import type { Communicators } from "./comms.js";
import { byteType, type Datatypes, intType, typeNames } from "./datatypes.js";
import { Reach } from "./reach.js";

/** An array of `i32` in the memory: one number a rank. The address 0 stands for one that was left out. */
type Numbers = readonly [ptr: number, length: number];

/** Elements side by side in the memory. */
type Elements = readonly [ptr: number, length: number, type: number];

/** The calls, for one library. */
export class Pieces extends Reach {
  readonly #world: World;
  readonly #comms: Communicators;
  readonly #types: readonly number[];

  constructor(world: World, datatypes: Datatypes, comms: Communicators) {
    super(world, datatypes);
    this.#world = world;
    this.#comms = comms;
    this.#types = datatypes.handles;
  }

  readonly calls = {
    // biome-ignore format: one buffer a line
    gatherv: (
      sendPtr: number, sendCount: number, sendType: number, sendLength: number,
      recvPtr: number, recvLength: number, recvType: number,
      counts: number, countsLength: number, displs: number, displsLength: number, root: number, comm: number,
    ) => {
      const isRoot = this.#comms.rank(comm) === root;
      const whole: Elements = [recvPtr, recvLength, recvType];
      const cut = isRoot ? this.#cut("gatherv", "into", whole, [counts, countsLength], [displs, displsLength], comm) : none;
      if (isRoot && sendPtr !== 0) {
        this.#expectOwn("gatherv", sendLength, cut, comm);
        this.expectApart("MPI_Gatherv", sendPtr, sendCount, sendType, recvPtr, recvLength, recvType);
      }
      const { addresses } = listsOf([cut.counts, cut.displs], false);
      const into = isRoot ? this.at(...whole) : this.base;
      const received = this.#types[isRoot ? recvType : byteType]!;
      this.#world.waiting.run("MPI_Gatherv", "MPI_Igatherv", [
        ...this.#side(sendPtr, sendCount, sendType), into, ...addresses, received, this.rank(root), this.#comms.native(comm),
      ]);
    },

    // biome-ignore format: one buffer a line
    scatterv: (
      sendPtr: number, sendLength: number, sendType: number,
      recvPtr: number, recvCount: number, recvType: number, recvLength: number,
      counts: number, countsLength: number, displs: number, displsLength: number, root: number, comm: number,
    ) => {
      const isRoot = this.#comms.rank(comm) === root;
      const whole: Elements = [sendPtr, sendLength, sendType];
      const cut = isRoot ? this.#cut("scatterv", "data", whole, [counts, countsLength], [displs, displsLength], comm) : none;
      if (isRoot && recvPtr !== 0) {
        this.#expectOwn("scatterv", recvLength, cut, comm);
        this.expectApart("MPI_Scatterv", sendPtr, sendLength, sendType, recvPtr, recvCount, recvType);
      }
      const { addresses } = listsOf([cut.counts, cut.displs], false);
      const from = isRoot ? this.at(...whole) : this.base;
      const sent = this.#types[isRoot ? sendType : byteType]!;
      this.#world.waiting.run("MPI_Scatterv", "MPI_Iscatterv", [
        from, ...addresses, sent, ...this.#side(recvPtr, recvCount, recvType), this.rank(root), this.#comms.native(comm),
      ]);
    },

    // biome-ignore format: one buffer a line
    allgatherv: (
      sendPtr: number, sendCount: number, sendType: number, sendLength: number,
      recvPtr: number, recvLength: number, recvType: number,
      counts: number, countsLength: number, displs: number, displsLength: number, comm: number,
    ) => {
      const whole: Elements = [recvPtr, recvLength, recvType];
      const cut = this.#cut("allgatherv", "into", whole, [counts, countsLength], [displs, displsLength], comm);
      if (sendPtr !== 0) {
        this.#expectOwn("allgatherv", sendLength, cut, comm);
        this.expectApart("MPI_Allgatherv", sendPtr, sendCount, sendType, recvPtr, recvLength, recvType);
      }
      // MPICH 4.0.2 ignores the displacement of the only rank.
      const only = this.#comms.size(comm) === 1 ? cut.displs[0]! : 0;
      const { addresses } = listsOf([cut.counts, only === 0 ? cut.displs : [0]], false);
      const into = this.at(...whole) + only * this.#elementOf(recvType).byteLength;
      this.#world.waiting.run("MPI_Allgatherv", "MPI_Iallgatherv", [
        ...this.#side(sendPtr, sendCount, sendType), into, ...addresses, this.#types[recvType]!, this.#comms.native(comm),
      ]);
    },

    // biome-ignore format: one buffer a line
    alltoallv: (
      sendPtr: number, sendLength: number, sendType: number, sendCounts: number, sendCountsLength: number,
      sendDispls: number, sendDisplsLength: number,
      recvPtr: number, recvLength: number, recvType: number, recvCounts: number, recvCountsLength: number,
      recvDispls: number, recvDisplsLength: number, comm: number,
    ) => {
      const into: Elements = [recvPtr, recvLength, recvType];
      const collected = this.#cut(
        "alltoallv", "into", into, [recvCounts, recvCountsLength], [recvDispls, recvDisplsLength], comm, "recv",
      );
      const from: Elements = [sendPtr, sendLength, sendType];
      const dealt = sendPtr === 0 ? collected : this.#cut(
        "alltoallv", "data", from, [sendCounts, sendCountsLength], [sendDispls, sendDisplsLength], comm, "send",
      );
      if (sendPtr !== 0) {
        const rank = this.#comms.rank(comm);
        if (dealt.counts[rank] !== collected.counts[rank]) {
          const expected = `as many elements from this rank to itself as "recvCounts" says, ${collected.counts[rank]}`;
          throw wrong('alltoallv: "sendCounts"', expected, dealt.counts[rank], "Give both sides the same count.");
        }
        this.expectApart("MPI_Alltoallv", sendPtr, sendLength, sendType, recvPtr, recvLength, recvType);
      }
      const { addresses } = listsOf([dealt.counts, dealt.displs, collected.counts, collected.displs], false);
      const [sendCountsPtr, sendDisplsPtr, ...rest] = addresses as [number, number, number, number];
      const out = sendPtr === 0 ? this.#world.constants.MPI_IN_PLACE : this.at(...from);
      const type = this.#types[recvType]!;
      this.#world.waiting.run("MPI_Alltoallv", "MPI_Ialltoallv", [
        out, sendCountsPtr, sendDisplsPtr, sendPtr === 0 ? type : this.#types[sendType]!,
        this.at(...into), ...rest, type, this.#comms.native(comm),
      ]);
    },
  };

  /** Address, count and datatype of the data of this rank, which may lie in the whole. */
  #side(ptr: number, count: number, type: number): readonly [number, number, number] {
    const address = ptr === 0 ? this.#world.constants.MPI_IN_PLACE : this.at(ptr, count, type);
    return [address, count, this.#types[type]!];
  }

  /** The pieces of the data of all ranks. @throws UsageError for those that do not lie in them */
  #cut(call: string, data: string, whole: Elements, counts: Numbers, displs: Numbers, comm: number, side = ""): Cut {
    const [ptr, length, type] = whole;
    const named = (name: string) => (side === "" ? name : `${side}${name.charAt(0).toUpperCase()}${name.slice(1)}`);
    const message: Message = {
      address: this.at(ptr, length, type),
      count: length,
      datatype: this.#types[type]!,
      unit: 1,
      length,
      type: this.#elementOf(type),
    };
    const pieces = {
      counts: this.#numbers(counts),
      ...(displs[0] === 0 ? {} : { displs: this.#numbers(displs) }),
    };
    const names = { counts: named("counts"), displs: named("displs"), data };
    return unequalPieces(message, pieces, this.#comms.size(comm), call, names);
  }

  #numbers([ptr, length]: Numbers): Int32Array {
    this.at(ptr, length, intType);
    return memory.i32(ptr >>> 0, length);
  }

  /** Of all pieces a rank knows both sides of its own. */
  #expectOwn(call: string, length: number, { counts }: Cut, comm: number): void {
    const expected = counts[this.#comms.rank(comm)]!;
    if (length === expected) return;
    throw wrong(
      call,
      `${expected} elements, "counts" of this rank`,
      length,
      'Give every rank as many as "counts" says.',
    );
  }

  #elementOf(type: number): ElementType {
    return elementTypes[typeNames[type] ?? "byte"] as ElementType;
  }
}

const none: Cut = { counts: [], displs: [] };
