import { UsageError } from "../errors.js";
import { axisName } from "../grid/decompose.js";
import type { Dtype, Field, FieldValue } from "../grid/field.js";
import type { Grid } from "../grid/grid.js";
import { Fill } from "./boundary.js";
import type { Walls } from "./condition.js";
import { closedWalls, openWalls } from "./walls.js";

/**
 * Fields for the velocity components, one an axis. Face f of an axis lies between the cells f - 1 and f and is stored
 * at the index of cell f. **Local.**
 */
export function velocityFields(grid: Grid, dtype: Dtype): Field[] {
  return grid.shape.map(() => grid.field(0, { dtype }));
}

/**
 * Sets the Courant field on all faces, walls and halos included. **Collective.**
 * @param width layers of the halo that the scheme reads
 * @throws UsageError when an array does not fit, or there is a flow through a rigid wall
 */
export function setCourant(
  components: readonly Field[],
  courant: readonly FieldValue[],
  walls: Walls,
  width: number,
): void {
  for (const [axis, value] of courant.entries()) {
    components[axis]!.data.fill(0); // Beyond walls too: a flow set before must not be seen there.
    setFaces(components[axis]!, axis, value);
  }
  closedWalls(components, walls);
  const { grid } = components[0]!;
  const rims = components.map((field, component) => ({ field, walls, component, keepsOpen: true }));
  const fill = new Fill(grid, rims, width);
  const first = grid.halo(components);
  const last = grid.halo(components, { fill: fill.run });
  first.exchange();
  openWalls(components, walls);
  last.exchange();
  for (const one of [first, last, fill]) one.free();
}

/**
 * Sets the faces of one component: 0 to n - 1 of the block, and face n at the far wall. Face n elsewhere is face 0 of
 * the next block and comes with the exchange; so does that of a periodic axis.
 */
function setFaces(field: Field, axis: number, value: FieldValue): void {
  const { grid } = field;
  const faces = grid.blockShape.map((n, other) => (other === axis && grid.atWall(axis, "high") ? n + 1 : n));
  const given = grid.blockShape.map((n, other) => (other === axis ? n + 1 : n));
  const length = given.reduce((product, n) => product * n, 1);
  if (typeof value !== "number" && typeof value !== "function" && value.length !== length) {
    throw new UsageError(
      `Mpdata: "courant" expected ${length} values along ${axisName(axis)} (${given.join(" x ")} faces of this block), got ${value.length}. Give one a face, wall faces included.`,
    );
  }
  const position = (other: number, index: number) => {
    const global = grid.start[other]! + index;
    return other === axis ? grid.face(other, global) : grid.centre(other, global);
  };
  const at = faces.map((n, other) => Float64Array.from({ length: n }, (_, index) => position(other, index)));
  const cell = faces.map(() => 0);
  const visit = (other: number, from: number): void => {
    for (cell[other] = 0; cell[other]! < faces[other]!; cell[other]!++) {
      const place = from * given[other]! + cell[other]!;
      if (other < faces.length - 1) visit(other + 1, place);
      else field.data[field.index(...cell)] = valueAt(place);
    }
  };
  const valueAt = (place: number): number => {
    if (typeof value === "number") return value;
    if (typeof value !== "function") return value[place]!;
    return value(at[0]![cell[0]!]!, at[1]?.[cell[1]!] ?? 0, at[2]?.[cell[2]!] ?? 0);
  };
  visit(0, 0);
}
