import { type Box, boxOf, copyOf } from "../../grid/box.js";
import { Channel } from "../../grid/channel.js";
import { blockStart } from "../../grid/decompose.js";
import type { AnyField } from "../../grid/field.js";
import type { Side } from "../../grid/side.js";
import { layersBeyond, negateLayer } from "../../grid/wall.js";
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
 * send one another the columns that each needs; blocks half-way round need not be aligned with each other:
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
  readonly #channel: Channel;

  /** **Local**, but every rank at the pole makes the same poles in the same order. */
  constructor(rims: readonly Rim[], place: Place) {
    this.#rims = rims;
    this.#place = place;
    const { longitude, side } = place;
    const { comm, split, coords } = rims[0]!.field.grid;
    const here = coords[longitude]!;
    const elsewhere = Array.from({ length: split[longitude]! }, (_, block) => block).filter((block) => block !== here);
    const rankOf = (block: number) => comm.rankAt(coords.with(longitude, block));
    const tag = tags[side];
    this.#channel = new Channel(rims[0]!.field);
    for (const block of elsewhere) {
      const runs = this.#runs(here, block);
      if (runs.length > 0) this.#channel.receive(this.#boxes(runs, "to"), { from: rankOf(block), tag });
    }
    for (const block of elsewhere) {
      const runs = this.#runs(block, here);
      if (runs.length > 0) this.#channel.send(this.#boxes(runs, "from"), { to: rankOf(block), tag });
    }
    this.#copyWithin(this.#runs(here, here));
    this.#negate();
  }

  /** The axis at whose end the pole is. */
  get axis(): number {
    return this.#place.axis;
  }

  /** Whether several blocks lie around the pole. */
  get isSplit(): boolean {
    return this.#rims[0]!.field.grid.split[this.#place.longitude]! > 1;
  }

  /** The columns of longitude that block `to` needs, halo included, and block `from` has. */
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

  /** Indices along the axis of each layer beyond the pole, and of the layer at this side that comes to lie there. */
  #layers({ field, component }: Rim): { to: number; from: number }[] {
    const { axis, side, width } = this.#place;
    const n = field.grid.blockShape[axis]!;
    const onFaces = component === axis;
    // Faces are mirrored about face 0 or n; the array ends before the last face beyond the upper wall.
    const count = onFaces && side === "high" ? width - 1 : width;
    return Array.from({ length: count }, (_, index) => {
      const k = index + 1;
      if (side === "low") return { to: -k, from: onFaces ? k : k - 1 };
      return { to: onFaces ? n + k : n - 1 + k, from: n - k };
    });
  }

  /** Some columns of a layer, halos of the third axis included. */
  #box(field: AnyField, index: number, column: number, count: number): Box {
    const { axis, longitude } = this.#place;
    const { blockShape, haloWidth: h } = field.grid;
    const pick = (alongAxis: number, alongLongitude: number, alongThird: (n: number) => number) =>
      blockShape.map((n, along) => {
        if (along === axis) return alongAxis;
        return along === longitude ? alongLongitude : alongThird(n);
      });
    return boxOf(
      field,
      pick(index, column, () => -h),
      pick(1, count, (n) => n + 2 * h),
    );
  }

  /** The cells that some columns come to lie in, or come from: of all fields and layers. */
  #boxes(runs: readonly Run[], way: "to" | "from"): Box[] {
    return this.#rims.flatMap((rim) =>
      this.#layers(rim).flatMap((layer) => runs.map((run) => this.#box(rim.field, layer[way], run[way], run.count))),
    );
  }

  #copyWithin(runs: readonly Run[]): void {
    const from = this.#boxes(runs, "from");
    const [{ field }] = this.#rims as [Rim];
    for (const [index, box] of this.#boxes(runs, "to").entries()) {
      this.#channel.atArrival(copyOf(box, from[index]!, field));
    }
  }

  /** The component across the pole changes its sign. */
  #negate(): void {
    const { axis, side, width } = this.#place;
    for (const rim of this.#rims) {
      if (rim.component !== axis) continue;
      const edge = { field: rim.field, axis, side, onFaces: true };
      for (let k = 1; k <= layersBeyond(edge, width); k++) this.#channel.atArrival(negateLayer(edge, -k, -k));
    }
  }

  /** Sets the layers beyond the pole. **Collective** over the ranks that touch it. */
  cross(): void {
    this.#channel.start();
    this.#channel.wait();
  }

  /** Releases requests and buffers. **Local.** */
  free(): void {
    this.#channel.free();
  }
}
