import { layersOf } from "../../grid/box.js";
import type { Field } from "../../grid/field.js";
import type { Grid } from "../../grid/grid.js";
import { type Side, sides } from "../../grid/side.js";
import { core } from "../../wasm/core.js";
import type { Wall } from "./condition.js";
import { Pole } from "./pole.js";
import type { Rim } from "./rim.js";

/** Sets the halo cells of some fields beyond the walls that this block touches. */
export class Fill {
  readonly #actions: readonly (readonly (() => void)[])[];
  readonly #poles: Pole[] = [];

  /** @param width layers to set; **Local**, but every rank makes the same ones in the same order */
  constructor(grid: Grid, rims: readonly Rim[], width: number) {
    this.#actions = grid.shape.map((_, axis) => {
      const touched = sides.filter((side) => grid.atWall(axis, side));
      const closed = touched.flatMap((side) => rims.flatMap((rim) => close(rim, axis, side)));
      return [
        ...closed,
        ...touched.flatMap((side) => rims.flatMap((rim) => actionsOf(rim, axis, side, width))),
        ...touched.flatMap((side) => this.#overPoles(rims, axis, side, width)),
      ];
    });
  }

  #overPoles(rims: readonly Rim[], axis: number, side: Side, width: number): (() => void)[] {
    const actions: (() => void)[] = [];
    const longitudeOf = ({ walls }: Rim) => {
      const wall = walls[axis]![side];
      return wall.kind === "polar" ? wall.longitude : undefined;
    };
    for (const longitude of new Set(rims.map(longitudeOf))) {
      if (longitude === undefined) continue;
      const own = rims.filter((rim) => longitudeOf(rim) === longitude);
      const pole = new Pole(own, { axis, side, longitude, width });
      this.#poles.push(pole);
      actions.push(() => pole.cross());
    }
    return actions;
  }

  /** Sets those beyond the walls of an axis; after the exchange along it. **Collective** where there are poles. */
  readonly run = (axis: number): void => {
    for (const action of this.#actions[axis]!) action();
  };

  /** Releases requests and buffers. **Local.** */
  free(): void {
    for (const pole of this.#poles) pole.free();
  }
}

/** Puts 0 on wall faces that let nothing through. */
function close({ field, walls, component }: Rim, axis: number, side: Side): (() => void)[] {
  const { kind } = walls[axis]![side];
  if (component !== axis || (kind !== "rigid" && kind !== "polar")) return [];
  const box = layersOf(field, axis, side === "low" ? 0 : field.grid.blockShape[axis]!);
  return [() => core().fillBox(...box, 0, field.kernelType)];
}

/** What sets the layers beyond one wall of a field, poles apart. */
function actionsOf(rim: Rim, axis: number, side: Side, width: number): (() => void)[] {
  const { field, walls, component, keepsOpen } = rim;
  const wall = walls[axis]![side];
  const n = field.grid.blockShape[axis]!;
  const inwards = side === "low" ? 1 : -1;
  const edge = side === "low" ? 0 : n - 1;
  const layers = Array.from({ length: width }, (_, k) => k + 1);
  if (component === axis) {
    const face = side === "low" ? 0 : n;
    // The array ends before the last face beyond the upper wall.
    const beyond = side === "low" ? layers : layers.slice(0, -1);
    if (wall.kind === "open" || wall.kind === "given")
      return beyond.map((k) => copy(field, axis, face - k * inwards, face));
    if (wall.kind !== "rigid") return [];
    return beyond.flatMap((k) => {
      const to = layersOf(field, axis, face - k * inwards);
      return [
        copy(field, axis, face - k * inwards, face + k * inwards),
        () => core().negateBox(...to, field.kernelType),
      ];
    });
  }
  if (wall.kind === "open" && component !== undefined) return keepsOpen ? [] : [fill(field, axis, side, width, 0)];
  switch (wall.kind) {
    case "open":
    case "given":
      return layers.map((k) => copy(field, axis, edge - k * inwards, edge));
    case "constant":
      return [fill(field, axis, side, width, wall.value)];
    case "extrapolated":
      return [extrapolate(field, axis, side, width, wall)];
    case "rigid":
      return layers.map((k) => copy(field, axis, edge - k * inwards, edge + (k - 1) * inwards));
    default:
      return [];
  }
}

function copy(field: Field, axis: number, to: number, from: number): () => void {
  const [toPtr, stride0, stride1, n0, n1, n2] = layersOf(field, axis, to);
  const [fromPtr] = layersOf(field, axis, from);
  const rowBytes = field.elementLength * n2;
  return () => core().copyBox(toPtr, stride0, stride1, fromPtr, stride0, stride1, n0, n1, rowBytes);
}

function fill(field: Field, axis: number, side: Side, width: number, value: number): () => void {
  const box = layersOf(field, axis, side === "low" ? -width : field.grid.blockShape[axis]!, width);
  return () => core().fillBox(...box, value, field.kernelType);
}

function extrapolate(
  field: Field,
  axis: number,
  side: Side,
  width: number,
  { threshold }: Extract<Wall, { kind: "extrapolated" }>,
): () => void {
  const box = layersOf(field, axis, side === "low" ? 0 : field.grid.blockShape[axis]! - 1);
  const inward = field.elementLength * field.strides[axis]! * (side === "low" ? 1 : -1);
  return () => core().extrapolate(...box, inward, width, threshold, field.kernelType);
}
