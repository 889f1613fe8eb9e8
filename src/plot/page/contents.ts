/** What a page has in it beside its program. */
import type { MapName } from "../colours.js";
import type { Levels } from "../contours.js";

/** A frame of a page. */
export interface Shot {
  /** `t = 12.5 s` */
  readonly title: string;
  /** Little-endian numbers in base64, in C order. */
  readonly values: string;
  /** The same of the exact solution, where it is known. */
  readonly exact?: string;
  /** The components of what is drawn as arrows, f64 in base64: means over at most 64 parts along each axis. */
  readonly vectors?: readonly [across: string, upwards: string];
}

/** Frames of 1 or 2 axes, and how they are drawn first. */
export interface Contents {
  readonly title: string;
  /** What the values are, with their units. */
  readonly label: string;
  readonly axes: readonly string[];
  /** What stands at each axis, with its units, and these. */
  readonly titles: readonly string[];
  readonly units: readonly string[];
  /** Values along each axis. */
  readonly shape: readonly number[];
  /** Cells of the file along each axis: more than values where these are means. */
  readonly cells: readonly number[];
  readonly coordinates: readonly (readonly number[])[];
  /** The faces of what is drawn along each axis, one more than values. */
  readonly edges: readonly (readonly number[])[];
  /** Borders of blocks along each axis, as coordinates. */
  readonly blocks?: readonly (readonly number[])[];
  /** How values are kept: f32 has 7 digits of an f64. */
  readonly dtype: "f64" | "f32";
  /** Whether that has fewer digits than the file. */
  readonly isRounded: boolean;
  readonly map: MapName;
  readonly log: boolean;
  readonly range: readonly [number, number];
  /** The range of the values above 0, which a logarithmic scale has; none where there are none. */
  readonly above: readonly [number, number] | null;
  /** Contours at about so many round values, or at these. */
  readonly contours?: Levels;
  /** What the arrows are. */
  readonly arrows?: string;
  /** Frames a second. */
  readonly rate: number;
  readonly frames: readonly Shot[];
}

/** The bytes of numbers in base64. */
export function encoded(values: ArrayLike<number>, dtype: Contents["dtype"]): string {
  const numbers = dtype === "f32" ? Float32Array.from(values) : Float64Array.from(values);
  return Buffer.from(numbers.buffer).toString("base64");
}
