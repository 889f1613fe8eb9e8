/** Actions on the layers of cells, or of faces, beyond the walls of a grid. */
import { wrong } from "../argument.js";
import { memory } from "../wasm/memory.js";
import { type Box, cellsOf, copyOf, layersOf, packedBox } from "./box.js";
import type { AnyField } from "./field.js";
import type { Side } from "./side.js";
import { aside } from "./threads.js";

/** Sets some layers; made once, run after each exchange. */
export type Action = () => void;

/**
 * An end of an axis of a field. Its layers are numbered from the wall; each has the halos of the other axes with it:
 *
 *     cells      -2 | -1 || 0 | 1 | 2      || the wall
 *     faces    -2   -1    0   1   2        face 0 is the wall; at an upper one the array ends before the last face
 */
export interface Edge {
  readonly field: AnyField;
  readonly axis: number;
  readonly side: Side;
  /** Whether the values lie on the faces of this axis. */
  readonly onFaces?: boolean;
}

/** Index along the axis of a layer. */
function indexOf({ field, axis, side, onFaces = false }: Edge, layer: number): number {
  const last = field.grid.blockShape[axis]! - (onFaces ? 0 : 1);
  return side === "low" ? layer : last - layer;
}

/** A layer as the kernels take it. **Local.** */
export function layerOf(edge: Edge, layer: number): Box {
  return layersOf(edge.field, edge.axis, indexOf(edge, layer));
}

/** Layers beyond the wall that there are of `width`. */
export function layersBeyond({ side, onFaces = false }: Edge, width: number): number {
  return onFaces && side === "high" ? width - 1 : width;
}

/** The layers beyond the wall: -1, -2 ... */
function beyond(edge: Edge, width: number): number[] {
  return Array.from({ length: layersBeyond(edge, width) }, (_, index) => -1 - index);
}

/** Copies a layer, bit for bit. **Local.** */
function copyLayer(edge: Edge, to: number, from: number): Action {
  return copyOf(layerOf(edge, to), layerOf(edge, from), edge.field);
}

/** Sets a layer to another with its sign changed, or to itself. **Local.** */
export function negateLayer(edge: Edge, to: number, from: number): Action {
  const box = layerOf(edge, to);
  const fromBytes = layerOf(edge, from)[0] - box[0];
  const { field } = edge;
  return aside("linearWall", box, field, (part) => {
    return [...part.box, fromBytes, 0, 0, 0, 0, 0, 0, 0, forms.negated, field.kernelType];
  });
}

/** Every layer beyond the wall becomes a copy of layer 0. **Local.** */
export function copyEdge(edge: Edge, width: number): Action[] {
  return beyond(edge, width).map((layer) => copyLayer(edge, layer, 0));
}

/** The mirror image about the wall, or about the wall face; with the sign changed where it is `negated`. **Local.** */
export function mirror(edge: Edge, width: number, negated = false): Action[] {
  const set = negated ? negateLayer : copyLayer;
  return beyond(edge, width).map((layer) => set(edge, layer, edge.onFaces ? -layer : -layer - 1));
}

/** A number in all cells of a box. **Local.** */
export function fillOf(box: Box, field: AnyField, value: number): Action {
  return aside("fillBox", box, field, (part) => [...part.box, value, field.kernelType]);
}

/** A number in all layers beyond the wall. **Local.** */
export function constant(edge: Edge, width: number, value: number): Action[] {
  const { field, axis, side } = edge;
  const count = layersBeyond(edge, width);
  if (count === 0) return [];
  const box = layersOf(field, axis, indexOf(edge, side === "low" ? -count : -1), count);
  return [fillOf(box, field, value)];
}

/** A number, or one value a cell of a layer, in C order. */
export type Coefficient = number | ArrayLike<number>;

/** The coefficients of `a + b near + c far`; a term that is left out is not computed. */
export interface Coefficients {
  readonly a?: Coefficient;
  readonly b?: Coefficient;
  readonly c?: Coefficient;
}

/** How the kernel adds up the terms; see assembly/wall.ts. */
const forms = { negated: 0, twoTerms: 1, threeTerms: 2 } as const;

/** A coefficient in the memory: its address, and the distance to the coefficient of the next cell [byte]. */
type Placed = readonly [ptr: number, step: number];

/**
 * A linear condition at a wall: sets a layer to `(a + b near) + c far`, where near and far are layers of the same edge.
 * In the arithmetic of the field's type; terms that are left out, and b = 1 or -1 alone, take none, so that every bit of
 * what is copied stays.
 *
 * ```ts
 * const wall = new LinearWall({ field, axis: 0, side: "low" }, { to: -1, near: 0 }, { a: 2 * value, b: -1 });
 * const halo = grid.halo([field], { fill: (axis) => axis === 0 && wall.run() });
 * ```
 */
export class LinearWall {
  /** Cells of a layer: the length of coefficients that are arrays. */
  readonly cells: number;
  readonly #edge: Edge;
  readonly #layers: { readonly to: number; readonly near: number; readonly far: number };
  readonly #box: Box;
  /** Memory of each coefficient that was an array. */
  readonly #arrays = new Map<keyof Coefficients, number>();
  /** Memory of a, b and c where they are numbers. */
  #numbersPtr: number | undefined;
  #action: Action = () => {};

  /** **Local.** @param layers to set, and those it depends on; `far` by default the next layer inwards from `near` */
  constructor(
    edge: Edge,
    layers: { readonly to: number; readonly near: number; readonly far?: number },
    coefficients: Coefficients,
  ) {
    this.#edge = edge;
    this.#layers = { far: layers.near + 1, ...layers };
    this.#box = layerOf(edge, layers.to);
    this.cells = cellsOf(this.#box);
    this.set(coefficients);
  }

  /** Sets the layer. **Local.** */
  readonly run: Action = () => this.#action();

  /** Changes the coefficients; they are copied. **Local.** */
  set({ a, b, c }: Coefficients): void {
    const { to, near, far } = this.#layers;
    if (c !== undefined) this.#action = b === undefined ? this.#sum(far, a, c) : this.#sum(near, a, b, c);
    else if (a === undefined && b === 1) this.#action = copyLayer(this.#edge, to, near);
    else if (a === undefined && b === -1) this.#action = negateLayer(this.#edge, to, near);
    else if (b === undefined) this.#action = this.#value(a ?? 0);
    else this.#action = this.#sum(near, a, b);
  }

  /** The layer is `a` itself. */
  #value(a: Coefficient): Action {
    const box = this.#box;
    const { field } = this.#edge;
    if (typeof a === "number") return fillOf(box, field, a);
    return copyOf(box, packedBox(this.#place("a", a)[0], box, field.elementLength), field);
  }

  #sum(near: number, a: Coefficient | undefined, b: Coefficient, c?: Coefficient): Action {
    const box = this.#box;
    const distance = (layer: number) => layerOf(this.#edge, layer)[0] - box[0];
    const placed = [this.#place("a", a ?? -0), this.#place("b", b), this.#place("c", c ?? 0)] as const;
    const [nearBytes, farBytes] = [distance(near), c === undefined ? 0 : distance(this.#layers.far)];
    const form = c === undefined ? forms.twoTerms : forms.threeTerms;
    const { field } = this.#edge;
    const [, , , , n1, n2] = box;
    return aside("linearWall", box, field, ({ box: part, offset: [i, j, k] }) => {
      // Coefficients that are one value a cell are in C order.
      const cells = (i * n1 + j) * n2 + k;
      const coefficients = placed.flatMap(([ptr, step]) => [ptr + cells * step, step]);
      return [...part, nearBytes, farBytes, ...coefficients, form, field.kernelType];
    });
  }

  /** Puts a coefficient into the memory. */
  #place(name: keyof Coefficients, value: Coefficient): Placed {
    const { dtype, elementLength } = this.#edge.field;
    if (typeof value === "number") {
      this.#numbersPtr ??= memory.alloc(3 * elementLength);
      const ptr = this.#numbersPtr + elementLength * "abc".indexOf(name);
      memory[dtype](ptr, 1)[0] = value;
      return [ptr, 0];
    }
    if (value.length !== this.cells) {
      const expected = `a number or ${this.cells} of them, one a cell of the layer with its halos`;
      throw wrong(`LinearWall: "${name}"`, expected, `${value.length} numbers`, "Give the layer in C order.");
    }
    const ptr = this.#arrays.get(name) ?? memory.alloc(elementLength * this.cells);
    this.#arrays.set(name, ptr);
    memory[dtype](ptr, this.cells).set(value);
    return [ptr, elementLength];
  }

  /** Releases the coefficients. **Local.** */
  free(): void {
    for (const ptr of this.#arrays.values()) memory.free(ptr);
    if (this.#numbersPtr !== undefined) memory.free(this.#numbersPtr);
  }
}
