/** One time of a kernel on some fields: exchange, walls, and the cells. */

import { core } from "../../wasm/core.js";
import { memory } from "../../wasm/memory.js";
import { type Code, radiusOf, reachOf, type Sweep } from "../code.js";
import { namesOfTexts, WallFill, type Walls } from "../condition.js";
import type { AnyField } from "../field.js";
import { Halo } from "../halo.js";
import { type Cut, cutOf, exchangeAround } from "../overlap.js";

/** What is done each time, made once. */
export class Step {
  readonly #halos: readonly Halo[];
  readonly #fills: readonly WallFill[];
  readonly #sweep: Sweep;
  readonly #whole: readonly number[];
  /** How cells are computed while messages travel, where they are. */
  readonly #cut: Cut | undefined;
  /** Whether cells are read that are beyond the block along several axes. */
  readonly #corners: boolean;
  /** Numbers that texts at sides name, and those that the texts were computed with last. */
  readonly #sideNumbers: Readonly<Record<string, number>>;
  readonly #sideNames: readonly string[];
  #known: readonly number[] | undefined;

  /**
   * **Local.**
   * @param numbers and `sideNumbers`, which texts at sides name, are read at each run
   * @param overlap whether cells are computed while messages travel
   */
  constructor(
    code: Code,
    fields: readonly AnyField[],
    walls: readonly Walls[],
    numbers: readonly number[],
    sideNumbers: Readonly<Record<string, number>>,
    overlap: boolean,
  ) {
    const read = code.fields.flatMap((use, index) => {
      const width = radiusOf(use);
      return width === 0 ? [] : [{ field: fields[index]!, use, width, walls: walls[index]! }];
    });
    this.#sweep = code.bind(fields, numbers);
    // Fields of one type share messages.
    const types = [...new Set(read.map(({ field }) => field.dtype))];
    const fills: WallFill[] = [];
    this.#halos = types.map((type) => {
      const group = read.filter(({ field }) => field.dtype === type);
      const width = Math.max(...group.map((entry) => entry.width));
      const filled = group.map(({ field, walls }) => new WallFill(field, walls, width));
      fills.push(...filled);
      const fill = (axis: number) => {
        for (const each of filled) each.run(axis);
      };
      return new Halo(
        fields[0]!.grid,
        group.map(({ field }) => field),
        { width, fill },
      );
    });
    this.#fills = fills;
    this.#sideNumbers = sideNumbers;
    this.#sideNames = namesOfTexts(read.map((entry) => entry.walls));
    const { blockShape } = fields[0]!.grid;
    this.#whole = blockShape.flatMap((n) => [0, n]);
    const reach = blockShape.map((_, axis) => Math.max(0, ...read.map(({ use }) => reachOf(use, axis))));
    const [first] = this.#halos;
    this.#cut = overlap && first ? cutOf(first, reach) : undefined;
    this.#corners = read.some(({ use }) => use.reads.some((offset) => offset.filter((n) => n !== 0).length > 1));
  }

  /** **Collective.** */
  run(): void {
    this.#update();
    if (this.#cut) {
      exchangeAround(this.#halos, this.#cut, this.#sweep, this.#corners);
      return;
    }
    for (const halo of this.#halos) halo.exchange();
    this.#sweep(this.#whole);
  }

  /** Computes the texts at sides again where their numbers have changed. */
  #update(): void {
    if (this.#sideNames.length === 0) return;
    const now = this.#sideNames.map((name) => this.#sideNumbers[name]!);
    if (this.#known?.every((number, index) => Object.is(number, now[index]))) return;
    this.#known = now;
    for (const fill of this.#fills) fill.update(this.#sideNumbers);
  }

  /** Releases messages and walls. **Local.** */
  free(): void {
    for (const halo of this.#halos) halo.free();
    for (const fill of this.#fills) fill.free();
  }
}

type Counts = [n0: number, n1: number, n2: number];

/** Cells that are moved at a time, in bytes: they stay in the cache. */
const chunkByteLength = 2 ** 15;

/** Puts into each field the interior of the field at the same place of another order of the same fields. **Local.** */
export function swapContents(fields: readonly AnyField[], places: readonly AnyField[]): void {
  const moved = fields.flatMap((field, index) => (places[index] === field ? [] : [[field, places[index]!] as const]));
  const [first] = moved;
  if (!first) return;
  // Fields of faces may have a layer more, where the others have a layer of the halo.
  const [n0, n1, n2] = [3, 4, 5].map((count) => Math.max(...moved.map(([field]) => field.box()[count]!))) as Counts;
  const rowLength = Math.max(...moved.map(([field]) => field.elementLength)) * n2;
  const rows = Math.max(1, Math.min(n1, Math.floor(chunkByteLength / rowLength)));
  const scratchPtr = memory.alloc(moved.length * rows * rowLength);
  const { copyBox } = core();
  for (let i = 0; i < n0; i++) {
    for (let j = 0; j < n1; j += rows) {
      const count = Math.min(rows, n1 - j);
      const scratchOf = (index: number) => scratchPtr + index * rows * rowLength;
      for (const [index, [, from]] of moved.entries()) {
        const [ptr, stride0, stride1] = from.box();
        const bytes = from.elementLength * n2;
        copyBox(scratchOf(index), 0, bytes, ptr + i * stride0 + j * stride1, 0, stride1, 1, count, bytes);
      }
      for (const [index, [to]] of moved.entries()) {
        const [ptr, stride0, stride1] = to.box();
        const bytes = to.elementLength * n2;
        copyBox(ptr + i * stride0 + j * stride1, 0, stride1, scratchOf(index), 0, bytes, 1, count, bytes);
      }
    }
  }
  memory.free(scratchPtr);
}
