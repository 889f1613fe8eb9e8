import type { Grid } from "../../grid/grid.js";
import { type Side, sides } from "../../grid/side.js";
import { aside } from "../../grid/threads.js";
import { type Action, constant, copyEdge, type Edge, fillOf, layerOf, mirror } from "../../grid/wall.js";
import { traits } from "./condition.js";
import { Pole } from "./pole.js";
import type { Rim } from "./rim.js";

/** Sets the halo cells of some fields beyond the walls that this block touches. */
export class Fill {
  readonly #actions: readonly (readonly Action[])[];
  readonly #poles: Pole[] = [];

  /** @param width layers to set; **Local**, but every rank makes the same fills in the same order */
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

  #overPoles(rims: readonly Rim[], axis: number, side: Side, width: number): Action[] {
    const actions: Action[] = [];
    const longitudeOf = ({ walls }: Rim) => {
      const wall = walls[axis]![side];
      return wall.kind === "polar" ? wall.longitude : undefined;
    };
    for (const longitude of new Set(rims.map(longitudeOf))) {
      if (longitude === undefined) continue;
      const polar = rims.filter((rim) => longitudeOf(rim) === longitude);
      const pole = new Pole(polar, { axis, side, longitude, width });
      this.#poles.push(pole);
      actions.push(() => pole.cross());
    }
    return actions;
  }

  /** Sets the halo cells beyond the walls of an axis, after the exchange along it. **Collective** where there are poles. */
  readonly run = (axis: number): void => {
    for (const action of this.#actions[axis]!) action();
  };

  /** Whether that waits for other ranks: longitudes that come to lie beyond a pole are theirs. **Local.** */
  readonly isApart = (axis: number): boolean => this.#poles.some((pole) => pole.axis === axis && pole.isSplit);

  /** Releases requests and buffers. **Local.** */
  free(): void {
    for (const pole of this.#poles) pole.free();
  }
}

/** An end of a field's axis. */
function edgeOf({ field, component }: Rim, axis: number, side: Side): Edge {
  return { field, axis, side, onFaces: component === axis };
}

/** Puts 0 on wall faces that let nothing through. */
function close(rim: Rim, axis: number, side: Side): Action[] {
  const { kind } = rim.walls[axis]![side];
  const edge = edgeOf(rim, axis, side);
  if (!edge.onFaces || !traits[kind].isClosed) return [];
  const box = layerOf(edge, 0);
  return [fillOf(box, edge.field, 0)];
}

/** The actions that set the layers beyond one wall of a field; poles have their own. */
function actionsOf(rim: Rim, axis: number, side: Side, width: number): Action[] {
  const wall = rim.walls[axis]![side];
  const edge = edgeOf(rim, axis, side);
  if (wall.kind === "open" && rim.component !== undefined && !edge.onFaces) {
    return rim.keepsOpen ? [] : constant(edge, width, 0);
  }
  switch (wall.kind) {
    case "open":
    case "given":
      return copyEdge(edge, width);
    case "rigid":
      return mirror(edge, width, edge.onFaces);
    case "constant":
      return constant(edge, width, wall.value);
    case "extrapolated":
      return [extrapolate(edge, width, wall.threshold)];
    default:
      return [];
  }
}

function extrapolate(edge: Edge, width: number, threshold: number): Action {
  const { field, axis, side } = edge;
  const box = layerOf(edge, 0);
  const inward = field.elementLength * field.strides[axis]! * (side === "low" ? 1 : -1);
  return aside("extrapolate", box, field, (part) => [...part.box, inward, width, threshold, field.kernelType]);
}
