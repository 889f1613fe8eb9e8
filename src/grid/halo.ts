import { expectFunction, expectKeys, expectList, show, wrong } from "../argument.js";
import { PROC_NULL } from "../mpi/library/status.js";
import { type Box, boxOf, cellsOf, copyOf, layersOf } from "./box.js";
import { Channel } from "./channel.js";
import type { AnyField } from "./field.js";
import type { Grid } from "./grid.js";
import { type Side, sides } from "./side.js";

/** What to exchange besides the fields. */
export interface HaloOptions {
  /** How many layers of the halo to exchange; layers farther out are left undefined. Default: all. */
  readonly width?: number;
  /** Called after the exchange along each axis, to set the halo cells beyond the walls of that axis. */
  readonly fill?: (axis: number) => void;
}

/** Ways to have the messages along an axis arrive: to ask once, or to wait. */
const testChannel = (channel: Channel) => channel.test();
const waitForChannel = (channel: Channel) => {
  channel.wait();
  return true;
};

/** Messages travel downwards with tag 0 and upwards with tag 1, so that two ranks can be both neighbours. */
const tags = { low: 0, high: 1 } as const;

/**
 * Sides of so many bytes share a message where the same rank is on both sides: of those that are packed anyway, and of those
 * that are not. Open MPI takes 1.3 us to exchange two messages of 8 bytes each way and 0.8 us for one, 1.6 and 1.0 for 528 bytes; of
 * 4 KiB and more it takes as long for both, as it is lines of the cache that cross from core to core then.
 */
const shared = { packed: 2048, unpacked: 768 } as const;

/**
 * The halo exchange of some fields, along one axis after the other, so that corners are right with two messages an
 * axis, or a short one where the same rank is on both sides. All fields share a message. Requests are persistent; the slabs
 * of the first axis of a single field are contiguous and travel without packing, unless they are short. Where the neighbour is
 * the rank itself the slab is copied.
 *
 *       +---+-------------------+---+
 *       |   |        to high    |   |     <- recv from high
 *       +---+-------------------+---+
 *       |   |   send to high    |   |
 *       |   |                   |   |
 *       |   |   send to low     |   |
 *       +---+-------------------+---+
 *       |   |                   |   |     <- recv from low
 *       +---+-------------------+---+
 *
 * ```js
 * const halo = grid.halo([psi, c], { width: 1 });
 * halo.start();
 * // What needs no neighbours is computed here.
 * halo.wait();
 * console.log(psi.data[psi.index(-1, 0)] === psi.data[psi.index(0, 0)]); // false
 * ```
 */
export class Halo {
  /** The grid of the fields. */
  readonly grid: Grid;
  /** The fields whose halos are exchanged, all in one message. */
  readonly fields: readonly AnyField[];
  /** Layers that are exchanged. */
  readonly width: number;
  /** Seconds that this rank has spent in exchanges of all halos so far. @internal */
  static seconds = 0;
  /** Exchanges of all halos that this rank has started so far, and the layers of fields in them. @internal */
  static exchanges = 0;
  /** @internal */
  static layers = 0;
  /** Seconds spent in exchanges so far, on this rank. */
  seconds = 0;
  /** The messages along each axis; none where nothing is exchanged. */
  readonly #channels: Channel[];
  readonly #fill: (axis: number) => void;
  /** The axis that comes next, while an exchange is under way. */
  #axis: number | undefined;
  /** The axes along which the halo is filled before an exchange, for all of it. */
  #filled: readonly number[] = [];
  #freed = false;

  /** @internal Use `grid.halo()`. */
  constructor(grid: Grid, fields: readonly AnyField[], options: HaloOptions) {
    expectKeys("Grid.halo", options, ["width", "fill"]);
    const { width = grid.haloWidth, fill = () => {} } = options;
    expectFunction('Grid.halo: "fill"', fill, "It is called with each axis.");
    if (!Number.isInteger(width) || width < 0 || width > grid.haloWidth) {
      throw wrong(
        'Grid.halo: "width"',
        `0 to ${grid.haloWidth} layers (the grid's halo)`,
        show(width),
        "Make the grid with a wider halo.",
      );
    }
    expectList('Grid.halo: "fields"', fields, "a list of fields", "Pass [field].");
    const stranger = fields.findIndex((field) => field?.grid !== grid);
    if (stranger >= 0) {
      throw wrong(
        'Grid.halo: "fields"',
        "fields of this grid",
        `one of another at index ${stranger}`,
        "Exchange the fields of each grid apart.",
      );
    }
    for (const field of fields) field.expectInUse();
    const types = [...new Set(fields.map(({ dtype }) => dtype))];
    if (types.length > 1) {
      throw wrong(
        'Grid.halo: "fields"',
        "fields of one type",
        types.join(" and "),
        "Exchange those of each type apart.",
      );
    }
    this.grid = grid;
    this.fields = fields;
    this.width = width;
    this.#fill = fill;
    const [first] = fields;
    this.#channels = width > 0 && first ? grid.shape.map((_, axis) => this.#channel(first, axis)) : [];
  }

  /** Fills the halos of the fields. **Collective.** */
  exchange(): void {
    const begin = performance.now();
    this.#begin();
    this.#end();
    this.#spend(begin);
  }

  /**
   * Starts the exchange and returns, so that the interior can be computed meanwhile; do not write to the outermost
   * `width` cells before {@link wait}. **Collective.**
   * @throws UsageError when an exchange is under way
   */
  start(): this {
    const begin = performance.now();
    this.#begin();
    this.#spend(begin);
    return this;
  }

  #begin(): void {
    if (this.#axis !== undefined) {
      throw wrong("Halo.start", "no exchange under way", "one", "Call wait() first.");
    }
    if (this.#freed) throw wrong("Halo.start", "an exchange in use", "a freed one", "Make a new one with grid.halo().");
    for (const field of this.fields) field.expectInUse();
    this.#axis = 0;
    Halo.exchanges++;
    Halo.layers += this.width * this.fields.length;
    this.#channels[0]?.start();
  }

  /** Whether messages travel along an axis, between this rank and others. **Local.** @internal */
  travels(axis: number): boolean {
    return this.#channels[axis]?.isLocal === false;
  }

  /**
   * Fills the halo along some axes on which nothing travels, beside what this rank's block has, so that whole rows can be
   * computed after {@link start}; where `corners` are needed it is done again along axes behind others on which something
   * does. Not along those ahead of all of them, where cells read what a fill in vain would spoil: one that changes signs
   * would do so twice beyond the ends of later axes. To be called before {@link start}. **Local.** @internal
   */
  fillLocal(corners: boolean, axes: readonly number[] = [...this.grid.shape.keys()]): void {
    const local = axes.filter((axis) => this.#channels[axis]?.isLocal);
    for (const axis of local) {
      this.#channels[axis]!.wait();
      this.#fill(axis);
    }
    this.#filled = corners ? local.filter((axis, index) => axis === index) : local;
  }

  /**
   * Goes on with the exchange as far as messages have arrived, which lets the library move them, and starts those along the
   * next axis. Never waits. **Local.**
   * @param end the axis to stop before: the fill along it waits for other ranks
   * @returns the axis whose messages travel, or the number of axes
   * @internal
   */
  prod(end: number): number {
    const begin = performance.now();
    this.#goOn(end, testChannel);
    this.#spend(begin);
    return this.#axis!;
  }

  /** Completes the exchange. **Collective.** @throws UsageError when none was started */
  wait(): void {
    if (this.#axis === undefined) throw wrong("Halo.wait", "an exchange under way", "none", "Call start() first.");
    const begin = performance.now();
    this.#end();
    this.#spend(begin);
  }

  #end(): void {
    this.#goOn(this.grid.shape.length, waitForChannel);
    this.#axis = undefined;
    if (this.#filled.length > 0) this.#filled = [];
  }

  /** Takes the axes in turn, up to one whose messages have not arrived. */
  #goOn(end: number, arrives: (channel: Channel) => boolean): void {
    for (let axis = this.#axis!; axis < end; axis++) {
      const channel = this.#channels[axis];
      if (!this.#filled.includes(axis)) {
        if (channel && !arrives(channel)) return;
        this.#fill(axis);
      }
      this.#axis = axis + 1;
      this.#channels[axis + 1]?.start();
    }
  }

  #spend(begin: number): void {
    const seconds = (performance.now() - begin) / 1e3;
    this.seconds += seconds;
    Halo.seconds += seconds;
  }

  /** The messages along an axis, and the copies where the neighbour is the rank itself. */
  #channel(first: AnyField, axis: number): Channel {
    const channel = new Channel(first);
    const { comm, neighbours } = this.grid;
    const rankAt = neighbours[axis]!;
    if (rankAt.low === comm.rank) {
      for (const field of this.fields) {
        const [low, high] = sides.map((side) => this.#halo(field, axis, side)) as [Box, Box];
        channel.atArrival(copyOf(low, this.#edge(field, axis, "high"), field));
        channel.atArrival(copyOf(high, this.#edge(field, axis, "low"), field));
      }
      return channel;
    }
    const open = sides.filter((side) => rankAt[side] !== PROC_NULL);
    if (open.length === 2 && rankAt.low === rankAt.high && this.#isShort(axis)) {
      // What leaves at the low side arrives at the high one.
      const arriving = (["high", "low"] as const).flatMap((side) =>
        this.fields.map((field) => this.#halo(field, axis, side)),
      );
      const leaving = sides.flatMap((side) => this.fields.map((field) => this.#edge(field, axis, side)));
      channel.receive(arriving, { from: rankAt.low, tag: tags.low });
      channel.send(leaving, { to: rankAt.low, tag: tags.low });
      return channel;
    }
    for (const side of open) {
      const boxes = this.fields.map((field) => this.#halo(field, axis, side));
      channel.receive(boxes, { from: rankAt[side], tag: tags[side === "low" ? "high" : "low"] });
    }
    for (const side of open) {
      const boxes = this.fields.map((field) => this.#edge(field, axis, side));
      channel.send(boxes, { to: rankAt[side], tag: tags[side] });
    }
    return channel;
  }

  /** Whether both sides of an axis fit one message, which is as long as that of the rank beyond. */
  #isShort(axis: number): boolean {
    const cells = this.fields.reduce((sum, field) => sum + cellsOf(this.#edge(field, axis, "low")), 0);
    const isPacked = axis > 0 || this.fields.length > 1;
    return cells * this.fields[0]!.elementLength <= (isPacked ? shared.packed : shared.unpacked);
  }

  /** The halo cells of a field beyond an end of an axis. */
  #halo(field: AnyField, axis: number, side: Side): Box {
    return this.#layers(field, axis, side === "low" ? -this.width : this.grid.blockShape[axis]!);
  }

  /** The outermost cells of the block at an end of an axis. */
  #edge(field: AnyField, axis: number, side: Side): Box {
    return this.#layers(field, axis, side === "low" ? 0 : this.grid.blockShape[axis]! - this.width);
  }

  /**
   * `width` layers from `first` on; over axes that are exchanged already the layers reach into the halo, over axes to
   * come they are the interior and what lies beyond walls: no neighbour will send cells beyond walls, and staggered
   * components keep faces there. Along the first axis of a single field they are whole layers, which have no gaps and so
   * travel without packing.
   */
  #layers(field: AnyField, axis: number, first: number): Box {
    const { grid, width, fields } = this;
    if (axis === 0 && fields.length === 1) return layersOf(field, 0, first, width);
    const reach = (across: number, side: Side) => (across < axis || grid.atWall(across, side) ? width : 0);
    const start = grid.blockShape.map((_, across) => (across === axis ? first : -reach(across, "low")));
    const count = grid.blockShape.map((n, across) => {
      return across === axis ? width : n + reach(across, "low") + reach(across, "high");
    });
    return boxOf(field, start, count);
  }

  /** Releases requests and buffers. **Local.** */
  free(): void {
    this.#freed = true;
    for (const channel of this.#channels) channel.free();
    this.#channels.length = 0;
  }

  /** What it exchanges, in one line. **Local.** */
  toString(): string {
    return `halo exchange of ${this.fields.length} fields, width ${this.width}, on ${this.grid}`;
  }
}
