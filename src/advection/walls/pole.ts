import { type Box, boxOf, layersOf } from "../../grid/box.js";
import { blockStart } from "../../grid/decompose.js";
import type { Field } from "../../grid/field.js";
import type { Side } from "../../grid/side.js";
import { startAll, waitAll } from "../../mpi/calls/completion.js";
import type { Request } from "../../mpi/calls/request.js";
import { core } from "../../wasm/core.js";
import { memory } from "../../wasm/memory.js";
import type { Rim } from "./rim.js";

/** Where a pole is: at which end of which axis, and which axis goes round it. */
interface Place {
  readonly axis: number;
  readonly side: Side;
  readonly longitude: number;
  /** Layers beyond it. */
  readonly width: number;
}

/** Neighbouring columns of longitude: from where in one block to where in another, halos included. */
interface Run {
  readonly to: number;
  readonly from: number;
  count: number;
}

/** Tags of the messages over the poles; 0 and 1 are those of the halo exchange. */
const tags = { low: 2, high: 3 } as const;

/**
 * What lies beyond a pole: the rows at this side of it, turned by half the longitudes. The blocks that touch the pole
 * send one another what each needs; they need not be aligned half-way round:
 *
 *     rows beyond    b2 b1 | b2' ...           longitude i: row k - 1 of longitude i + n / 2
 *     ===== pole =====================
 *     rows           a1 a2 ...
 *
 * The velocity along the axis changes its sign, since the axis turns round at the pole.
 */
export class Pole {
  readonly #rims: readonly Rim[];
  readonly #place: Place;
  readonly #pack: (() => void)[] = [];
  readonly #unpack: (() => void)[] = [];
  readonly #requests: Request[] = [];
  readonly #buffers: number[] = [];

  /** **Local**, but every rank at the pole makes the same ones in the same order. */
  constructor(rims: readonly Rim[], place: Place) {
    this.#rims = rims;
    this.#place = place;
    const { longitude, side } = place;
    const { comm, split, coords } = rims[0]!.field.grid;
    const own = coords[longitude]!;
    const others = Array.from({ length: split[longitude]! }, (_, block) => block).filter((block) => block !== own);
    const rankOf = (block: number) => comm.rankAt(coords.with(longitude, block));
    const tag = tags[side];
    for (const block of others) {
      const runs = this.#runs(own, block);
      if (runs.length > 0)
        this.#requests.push(comm.recvInit(this.#buffer(runs, "unpack"), { from: rankOf(block), tag }));
    }
    for (const block of others) {
      const runs = this.#runs(block, own);
      if (runs.length > 0) this.#requests.push(comm.sendInit(this.#buffer(runs, "pack"), { to: rankOf(block), tag }));
    }
    this.#copyOwn(this.#runs(own, own));
    this.#negate();
  }

  /** The columns that one block needs, halo included, and another has. */
  #runs(to: number, from: number): Run[] {
    const { longitude } = this.#place;
    const { shape, split, haloWidth } = this.#rims[0]!.field.grid;
    const n = shape[longitude]!;
    const startOf = (block: number) => blockStart(n, split[longitude]!, block);
    const runs: Run[] = [];
    for (let column = startOf(to) - haloWidth; column < startOf(to + 1) + haloWidth; column++) {
      const opposite = (((column + n / 2) % n) + n) % n;
      if (opposite < startOf(from) || opposite >= startOf(from + 1)) continue;
      const [at, source] = [column - startOf(to), opposite - startOf(from)];
      const last = runs.at(-1);
      if (last && last.to + last.count === at && last.from + last.count === source) last.count++;
      else runs.push({ to: at, from: source, count: 1 });
    }
    return runs;
  }

  /** Indices along the axis of the layers beyond the pole, and of those at this side that come to lie there. */
  #layers({ field, component }: Rim): { to: number; from: number }[] {
    const { axis, side, width } = this.#place;
    const n = field.grid.blockShape[axis]!;
    const isOwn = component === axis;
    // Faces are mirrored about face 0 or n; the array ends before the last face beyond the upper one.
    const count = isOwn && side === "high" ? width - 1 : width;
    return Array.from({ length: count }, (_, index) => {
      const k = index + 1;
      if (side === "low") return { to: -k, from: isOwn ? k : k - 1 };
      return { to: isOwn ? n + k : n - 1 + k, from: n - k };
    });
  }

  /** Some columns of a layer, halos of the third axis included. */
  #box(field: Field, index: number, column: number, count: number): Box {
    const { axis, longitude } = this.#place;
    const { blockShape, haloWidth: h } = field.grid;
    const pick = (atAxis: number, atLongitude: number, other: (n: number) => number) =>
      blockShape.map((n, one) => (one === axis ? atAxis : one === longitude ? atLongitude : other(n)));
    return boxOf(
      field,
      pick(index, column, () => -h),
      pick(1, count, (n) => n + 2 * h),
    );
  }

  /** The memory of a message, and the copies that fill or empty it. */
  #buffer(runs: readonly Run[], way: "pack" | "unpack") {
    const field = this.#rims[0]!.field;
    const size = field.elementLength;
    const boxes = this.#rims.flatMap((rim) =>
      this.#layers(rim).flatMap(({ to, from }) =>
        runs.map((run) =>
          way === "pack"
            ? this.#box(rim.field, from, run.from, run.count)
            : this.#box(rim.field, to, run.to, run.count),
        ),
      ),
    );
    const length = boxes.reduce((sum, [, , , n0, n1, n2]) => sum + n0 * n1 * n2, 0);
    const bufferPtr = memory.alloc(size * length);
    this.#buffers.push(bufferPtr);
    let ptr = bufferPtr;
    for (const [fieldPtr, stride0, stride1, n0, n1, n2] of boxes) {
      const packed = [ptr, size * n1 * n2, size * n2] as const;
      const inField = [fieldPtr, stride0, stride1] as const;
      const [to, from] = way === "pack" ? [packed, inField] : [inField, packed];
      (way === "pack" ? this.#pack : this.#unpack).push(() => core().copyBox(...to, ...from, n0, n1, size * n2));
      ptr += size * n0 * n1 * n2;
    }
    return memory[field.dtype](bufferPtr, length);
  }

  #copyOwn(runs: readonly Run[]): void {
    for (const rim of this.#rims) {
      for (const { to, from } of this.#layers(rim)) {
        for (const run of runs) {
          const [toPtr, stride0, stride1, n0, n1, n2] = this.#box(rim.field, to, run.to, run.count);
          const [fromPtr] = this.#box(rim.field, from, run.from, run.count);
          const rowBytes = rim.field.elementLength * n2;
          this.#unpack.push(() => core().copyBox(toPtr, stride0, stride1, fromPtr, stride0, stride1, n0, n1, rowBytes));
        }
      }
    }
  }

  #negate(): void {
    const { axis } = this.#place;
    for (const rim of this.#rims) {
      if (rim.component !== axis) continue;
      for (const { to } of this.#layers(rim)) {
        const box = layersOf(rim.field, axis, to);
        this.#unpack.push(() => core().negateBox(...box, rim.field.kernelType));
      }
    }
  }

  /** Sets the layers beyond the pole. **Collective** over the ranks that touch it. */
  cross(): void {
    for (const run of this.#pack) run();
    if (this.#requests.length > 0) startAll(this.#requests);
    if (this.#requests.length > 0) waitAll(this.#requests);
    for (const run of this.#unpack) run();
  }

  /** Releases requests and buffers. **Local.** */
  free(): void {
    for (const request of this.#requests) request.free();
    for (const ptr of this.#buffers) memory.free(ptr);
  }
}
