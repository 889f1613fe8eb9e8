/** What of the axes of a variable is drawn: all, a cut, or a projection. */
import { wrong } from "../../argument.js";
import { rowMajor } from "../../grid/code.js";
import { edgesOf } from "../../plot/scale.js";
import { unitsText } from "../../plot/words.js";
import type { Cut, Projection } from "../options/kind.js";

/** Values along some axes. */
export interface Extent {
  readonly shape: readonly number[];
  readonly axes: readonly string[];
  readonly units?: readonly (string | undefined)[];
  readonly coordinates: readonly Float64Array[];
  readonly faces: readonly (Float64Array | undefined)[];
}

/** A part of an extent, of fewer axes. */
export interface Section extends Extent {
  /** The axes of the whole that are left. */
  readonly kept: readonly number[];
  /** What a title says of it: `, z = 3.5 (cell 3 of 64)`. */
  readonly words: string;
  /** The part of a frame. */
  of(values: ArrayLike<number>): ArrayLike<number>;
}

/** Takes the values of one axis away. */
interface Reduction {
  readonly axis: number;
  readonly words: string;
  of(values: ArrayLike<number>, first: number, stride: number): number;
}

/** The faces of the cells along an axis. */
export const facesAlong = ({ shape, coordinates, faces }: Extent, axis: number): Float64Array =>
  faces[axis] ?? edgesOf(shape[axis]!, coordinates[axis]);

/** @throws UsageError for an axis that there is not, or coordinates outside */
export function sectionOf(
  extent: Extent,
  { slice = [], project }: { readonly slice?: readonly Cut[] | undefined; readonly project?: Projection | undefined },
): Section {
  const { shape, axes } = extent;
  const reductions = [
    ...slice.map((cut) => cutAt(extent, cut)),
    ...(project === undefined ? [] : [projected(extent, project, slice)]),
  ];
  const twice = reductions.find(({ axis }, i) => reductions.findIndex((each) => each.axis === axis) < i);
  if (twice) throw wrong('"--slice"', "each axis once", `${axes[twice.axis]} twice`, "Leave one of them out.");
  if (reductions.length === shape.length) {
    const all = axes.join(", ");
    throw wrong('"--slice"', `an axis of ${all} that is left`, "none", "Leave out one of --slice and --project.");
  }
  const gone = reductions.map(({ axis }) => axis);
  const kept = shape.map((_, axis) => axis).filter((axis) => !gone.includes(axis));
  const ofKept = <T>(list: readonly T[]) => kept.map((axis) => list[axis]!);
  // From the last axis on, so that the numbers of those before it stay.
  const inOrder = reductions.toSorted((a, b) => b.axis - a.axis);
  return {
    shape: ofKept(shape),
    axes: ofKept(axes),
    units: ofKept(extent.units ?? []),
    coordinates: ofKept(extent.coordinates),
    faces: ofKept(extent.faces),
    kept,
    words: reductions.map(({ words }) => `, ${words}`).join(""),
    of(values) {
      let left: { readonly shape: readonly number[]; readonly values: ArrayLike<number> } = { shape, values };
      for (const reduction of inOrder) left = reduced(left.shape, left.values, reduction);
      return left.values;
    },
  };
}

/** What maps have of a section: of three axes the middle plane. */
export function planeOf(section: Section): Section {
  const { shape, axes } = section;
  if (shape.length < 3) {
    return { ...section, kept: shape.map((_, axis) => axis), words: "", of: (values) => values };
  }
  return sectionOf(section, { slice: [{ axis: axes[2]!, at: Math.floor(shape[2]! / 2), isCell: true }] });
}

function reduced(shape: readonly number[], values: ArrayLike<number>, { axis, of }: Reduction) {
  const n = shape[axis]!;
  const stride = rowMajor(shape)[axis]!;
  const outer = values.length / n / stride;
  const result = new Float64Array(outer * stride);
  for (let i = 0; i < outer; i++) {
    for (let k = 0; k < stride; k++) result[i * stride + k] = of(values, i * n * stride + k, stride);
  }
  return { shape: shape.toSpliced(axis, 1), values: result };
}

/** The number of an axis. @throws UsageError */
function axisOf(flag: string, { axes }: Extent, name: string): number {
  const axis = axes.indexOf(name);
  if (axis >= 0) return axis;
  throw wrong(`"${flag}"`, `an axis among ${axes.join(", ")}`, JSON.stringify(name), "Name one of them.");
}

function cutAt(extent: Extent, { axis: name, at, isCell }: Cut): Reduction {
  const axis = axisOf("--slice", extent, name);
  const n = extent.shape[axis]!;
  const faces = facesAlong(extent, axis);
  const [low, high] = [faces[0]!, faces[n]!];
  if (isCell && at >= n) {
    throw wrong('"--slice"', `a cell of ${name} from 0 to ${n - 1}`, at, "Choose one of them.");
  }
  if (!isCell && !(at >= low && at <= high)) {
    const todo = `Choose one of them, or a cell: ${name}=cell:0.`;
    throw wrong('"--slice"', `a coordinate of ${name} from ${low} to ${high}`, at, todo);
  }
  const cell = isCell
    ? at
    : Math.max(
        0,
        faces.subarray(0, n).findLastIndex((face) => face <= at),
      );
  const centre = Number(extent.coordinates[axis]![cell]!.toPrecision(4));
  return {
    axis,
    words: `${name} = ${centre}${unitsText(extent.units?.[axis], " ")} (cell ${cell} of ${n})`,
    of: (values, first, stride) => values[first + cell * stride]!,
  };
}

function projected(extent: Extent, { axis: name, how }: Projection, slice: readonly Cut[]): Reduction {
  const { axes, shape } = extent;
  const cuts = slice.map((cut) => cut.axis);
  const last = axes.findLastIndex((each) => !cuts.includes(each));
  const axis = name === undefined ? Math.max(0, last) : axisOf("--project", extent, name);
  const n = shape[axis]!;
  const faces = facesAlong(extent, axis);
  const words = `${how} along ${axes[axis]}`;
  if (how === "mean") {
    return {
      axis,
      words,
      of(values, first, stride) {
        let [sum, length] = [0, 0];
        for (let i = 0; i < n; i++) {
          const value = values[first + i * stride]!;
          if (!Number.isFinite(value)) continue;
          const width = faces[i + 1]! - faces[i]!;
          // Parts of what is left to come, so that no sum of large values overflows.
          length += width;
          sum += (value - sum) * (width / length);
        }
        return length > 0 ? sum : Number.NaN;
      },
    };
  }
  const better = how === "max" ? (a: number, b: number) => a > b : (a: number, b: number) => a < b;
  return {
    axis,
    words,
    of(values, first, stride) {
      let best = Number.NaN;
      for (let i = 0; i < n; i++) {
        const value = values[first + i * stride]!;
        if (Number.isFinite(value) && (Number.isNaN(best) || better(value, best))) best = value;
      }
      return best;
    },
  };
}
