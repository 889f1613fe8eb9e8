import { expectKeys, wrong } from "../argument.js";
import { startAll, waitAll } from "../mpi/calls/completion.js";
import type { Request } from "../mpi/calls/request.js";
import type { TypedArray } from "../mpi/data/element.js";
import { PROC_NULL } from "../mpi/library/world.js";
import { core } from "../wasm/core.js";
import { memory } from "../wasm/memory.js";
import { normalize } from "./box.js";
import type { Field } from "./field.js";
import type { Grid } from "./grid.js";

/** What to exchange besides the fields. */
export interface HaloOptions {
  /** How many layers of the halo to exchange; those farther out are left undefined. Default: all. */
  readonly width?: number;
  /** Called after the exchange along each axis, to set the halo cells beyond the walls of that axis. */
  readonly fill?: (axis: number) => void;
}

/** Messages travel downwards with tag 0 and upwards with tag 1, so that two ranks can be both neighbours. */
const tags = { low: 0, high: 1 } as const;
type Side = keyof typeof tags;

/** A slab of cells of one field: first cell and counts in the kernels' order of axes. */
interface Slab {
  readonly start: readonly [number, number, number];
  readonly count: readonly [number, number, number];
}

/** One axis of an exchange: what to copy, pack, send and unpack. */
interface Phase {
  readonly pack: (() => void)[];
  readonly unpack: (() => void)[];
  readonly requests: Request[];
  readonly buffers: number[];
}

/**
 * The halo exchange of some fields, along one axis after the other, so that corners are right with two messages an
 * axis. All fields share a message. Requests are persistent; the slabs of the first axis of a single field are
 * contiguous and travel without packing. Where the neighbour is the rank itself the slab is copied.
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
 */
export class Halo {
  readonly grid: Grid;
  readonly fields: readonly Field[];
  /** Layers that are exchanged. */
  readonly width: number;
  /** Seconds spent in exchanges so far, on this rank. */
  seconds = 0;
  readonly #phases: Phase[];
  readonly #fill: (axis: number) => void;
  #started = false;

  /** @internal Use `grid.halo()`. */
  constructor(grid: Grid, fields: readonly Field[], options: HaloOptions) {
    expectKeys("Grid.halo", options, ["width", "fill"]);
    const { width = grid.haloWidth, fill = () => {} } = options;
    if (!Number.isInteger(width) || width < 0 || width > grid.haloWidth) {
      throw wrong(
        'Grid.halo: "width"',
        `0 to ${grid.haloWidth} layers (the grid's halo)`,
        width,
        "Make the grid with a wider halo.",
      );
    }
    const stranger = fields.findIndex((field) => field.grid !== grid);
    if (stranger >= 0) {
      throw wrong(
        'Grid.halo: "fields"',
        "fields of this grid",
        `one of another at index ${stranger}`,
        "Exchange the fields of each grid apart.",
      );
    }
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
    this.#phases = grid.shape.map((_, axis) => this.#phase(axis));
  }

  /** Fills the halos of the fields. **Collective.** */
  exchange(): void {
    this.start();
    this.wait();
  }

  /**
   * Starts the exchange and returns, so that the interior can be computed meanwhile; do not write to the outermost
   * `width` cells before {@link wait}. **Collective.**
   * @throws UsageError when an exchange is under way
   */
  start(): this {
    if (this.#started) {
      throw wrong("Halo.start", "no exchange under way", "one", "Call wait() first.");
    }
    this.#started = true;
    const begin = performance.now();
    this.#begin(0);
    this.seconds += (performance.now() - begin) / 1e3;
    return this;
  }

  /** Completes the exchange. **Collective.** @throws UsageError when none was started */
  wait(): void {
    if (!this.#started) throw wrong("Halo.wait", "an exchange under way", "none", "Call start() first.");
    const begin = performance.now();
    for (const axis of this.#phases.keys()) {
      if (axis > 0) this.#begin(axis);
      const { requests, unpack } = this.#phases[axis]!;
      if (requests.length > 0) waitAll(requests);
      for (const run of unpack) run();
      this.#fill(axis);
    }
    this.#started = false;
    this.seconds += (performance.now() - begin) / 1e3;
  }

  #begin(axis: number): void {
    const { pack, requests } = this.#phases[axis]!;
    for (const run of pack) run();
    if (requests.length > 0) startAll(requests);
  }

  #phase(axis: number): Phase {
    const phase: Phase = { pack: [], unpack: [], requests: [], buffers: [] };
    const { low, high } = this.grid.neighbours[axis]!;
    if (this.width === 0 || this.fields.length === 0) return phase;
    if (low === this.grid.comm.rank) {
      for (const field of this.fields) {
        phase.unpack.push(copy(field, this.#halo(axis, "low"), this.#edge(axis, "high")));
        phase.unpack.push(copy(field, this.#halo(axis, "high"), this.#edge(axis, "low")));
      }
      return phase;
    }
    const sides = (
      [
        ["low", low],
        ["high", high],
      ] as const
    ).filter(([, neighbour]) => neighbour !== PROC_NULL);
    const { comm } = this.grid;
    // Receives first, so that no message arrives unexpected.
    for (const [side, from] of sides) {
      const buffer = this.#channel(phase, axis, this.#halo(axis, side), "unpack");
      phase.requests.push(comm.recvInit(buffer, { from, tag: tags[side === "low" ? "high" : "low"] }));
    }
    for (const [side, to] of sides) {
      const buffer = this.#channel(phase, axis, this.#edge(axis, side), "pack");
      phase.requests.push(comm.sendInit(buffer, { to, tag: tags[side] }));
    }
    return phase;
  }

  /** The memory that a message is sent from or received into, and the copies that fill or empty it. */
  #channel(phase: Phase, axis: number, slab: Slab, way: "pack" | "unpack"): TypedArray {
    const [n0, n1, n2] = slab.count;
    const field = this.fields[0]!;
    if (axis === 0 && this.fields.length === 1) {
      const layer = field.strides[0]!;
      const first = this.grid.haloWidth + slab.start[3 - this.grid.shape.length]!;
      return field.data.subarray(first * layer, (first + this.width) * layer);
    }
    const length = n0 * n1 * n2;
    const size = field.elementLength;
    const bufferPtr = memory.alloc(size * length * this.fields.length);
    phase.buffers.push(bufferPtr);
    for (const [index, one] of this.fields.entries()) {
      const packed = [bufferPtr + size * length * index, size * n1 * n2, size * n2] as const;
      const inField = place(one, slab);
      const [to, from] = way === "pack" ? [packed, inField] : [inField, packed];
      phase[way].push(() => core().copyBox(...to, ...from, n0, n1, size * n2));
    }
    return memory[field.dtype](bufferPtr, length * this.fields.length);
  }

  /** The halo cells beyond an end of an axis. */
  #halo(axis: number, side: Side): Slab {
    return this.#slab(axis, side === "low" ? -this.width : this.grid.blockShape[axis]!);
  }

  /** The outermost cells of the block at an end of an axis. */
  #edge(axis: number, side: Side): Slab {
    return this.#slab(axis, side === "low" ? 0 : this.grid.blockShape[axis]! - this.width);
  }

  /**
   * `width` layers from `first` on; wide over the axes that are already exchanged, the interior of those to come, and
   * what lies beyond their walls: no neighbour will send that, and staggered components keep faces there.
   */
  #slab(axis: number, first: number): Slab {
    const { grid, width } = this;
    const reach = (other: number, side: Side) => (other < axis || grid.atWall(other, side) ? width : 0);
    const start = grid.blockShape.map((_, other) => (other === axis ? first : -reach(other, "low")));
    const count = grid.blockShape.map((n, other) => {
      return other === axis ? width : n + reach(other, "low") + reach(other, "high");
    });
    return { start: normalize(start, 0), count: normalize(count, 1) };
  }

  /** Releases requests and buffers. **Local.** */
  free(): void {
    for (const { requests, buffers } of this.#phases) {
      for (const request of requests) request.free();
      for (const ptr of buffers) memory.free(ptr);
    }
    this.#phases.length = 0;
  }

  toString(): string {
    return `halo exchange of ${this.fields.length} fields, width ${this.width}, on ${this.grid}`;
  }
}

/** Address and strides of a slab in a field. */
function place(field: Field, slab: Slab): readonly [ptr: number, stride0: number, stride1: number] {
  const [stride0, stride1] = field.byteStrides();
  const [i, j, k] = slab.start;
  return [field.originPtr + i * stride0 + j * stride1 + field.elementLength * k, stride0, stride1];
}

function copy(field: Field, to: Slab, from: Slab): () => void {
  const [n0, n1, n2] = to.count;
  const [toPlace, fromPlace] = [place(field, to), place(field, from)];
  return () => core().copyBox(...toPlace, ...fromPlace, n0, n1, field.elementLength * n2);
}
