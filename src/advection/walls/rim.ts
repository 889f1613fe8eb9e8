import type { AnyField } from "../../grid/field.js";
import type { Walls } from "./condition.js";

/** A field whose halo is to be set beyond walls. */
export interface Rim {
  readonly field: AnyField;
  readonly walls: Walls;
  /** The axis of a velocity component; none for a scalar. */
  readonly component?: number;
  /** Of the Courant field: leave what `openWalls` has set beyond open walls of other axes. */
  readonly keepsOpen?: boolean;
}
