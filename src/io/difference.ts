import { wrongFile } from "../argument.js";
import { SnapshotReader } from "./reader.js";
import type { Values } from "./snapshot.js";

/** How two files of the same run differ. */
export interface Difference {
  /** Frames compared. */
  readonly frames: number;
  /** Cells whose bits differ, over all frames and variables. */
  readonly differingCells: number;
  /** The greatest absolute difference; NaN against a number counts as infinite. */
  readonly maxDifference: number;
}

/** How a variable differs in a frame of two files. */
export interface FrameDifference extends Omit<Difference, "frames"> {
  readonly variable: string;
  readonly frame: number;
  readonly time: number;
}

/** A frame at whose time the other file has none. */
export interface LoneFrame {
  /** The path. */
  readonly file: string;
  readonly frame: number;
  readonly time: number;
}

/** How two files differ where both have frames. */
export interface Comparison {
  readonly differences: readonly FrameDifference[];
  readonly alone: readonly LoneFrame[];
  /** The times of the last frames. */
  readonly ends: readonly [number, number];
}

/** The frames at equal times of two lists of times that rise, as pairs of numbers. */
export function partnersOf(
  first: ArrayLike<number>,
  second: ArrayLike<number>,
): readonly (readonly [number, number])[] {
  const pairs: [number, number][] = [];
  for (let i = 0, j = 0; i < first.length && j < second.length; ) {
    if (first[i] === second[j]) pairs.push([i++, j++]);
    else if (first[i]! < second[j]!) i++;
    else j++;
  }
  return pairs;
}

/**
 * What two files of the same shape say otherwise of where their cells are, or of the units of axes, the time or variables. Ends
 * and units that a file does not say are no other ones; places are the same where rounding moves them.
 */
export function meaningApart(
  first: SnapshotReader,
  second: SnapshotReader,
  variables: readonly string[],
): readonly [string, string] | undefined {
  return placesApart(first, second) ?? unitsApart(first, second, variables);
}

/** The first axis with another name, other ends or other cells. */
function placesApart(first: SnapshotReader, second: SnapshotReader): readonly [string, string] | undefined {
  const sides = [first, second] as const;
  for (const [axis, name] of first.axes.entries()) {
    const names = sides.map((reader) => `the axis ${reader.axes[axis]}`) as [string, string];
    if (names[0] !== names[1]) return names;
    const [centres, others] = sides.map((reader) => reader.coordinates[axis]!) as [Float64Array, Float64Array];
    const ends = sides.map((reader) => reader.bounds?.[axis]);
    // A thousandth of the mean distance of cells: far above what rounding does, and below what anybody means.
    const [mine, theirs] = ends;
    const [from, to] = mine ?? theirs ?? [centres[0]!, centres.at(-1)!];
    const near = (1e-3 * Math.abs(to - from)) / centres.length;
    const isNear = (a: number, b: number) => !(Math.abs(a - b) > near);
    if (mine && theirs && !(isNear(mine[0], theirs[0]) && isNear(mine[1], theirs[1]))) {
      const [expected, got] = [mine, theirs].map(([low, high]) => `${name} from ${low} to ${high}`);
      return [expected!, got!];
    }
    const cell = centres.findIndex((centre, index) => !isNear(centre, others[index]!));
    if (cell >= 0)
      return [centres, others].map((list) => `${name} = ${list[cell]} in cell ${cell}`) as [string, string];
  }
  return undefined;
}

function unitsApart(
  first: SnapshotReader,
  second: SnapshotReader,
  variables: readonly string[],
): readonly [string, string] | undefined {
  const [layout, secondLayout] = [first.layout, second.layout];
  const isSaid = (units: string | undefined) => units !== undefined && units !== "1";
  const units = [
    ["times", layout.timeUnits, secondLayout.timeUnits] as const,
    ...first.axes.map((name, axis) => [name, first.axisUnits[axis], second.axisUnits[axis]] as const),
    ...variables.map(
      (name) => [`"${name}"`, layout.variables[name]?.units, secondLayout.variables[name]?.units] as const,
    ),
  ];
  const apart = units.find(([, mine, theirs]) => isSaid(mine) && isSaid(theirs) && mine !== theirs);
  return apart && [`${apart[0]} in ${apart[1]}`, `${apart[0]} in ${apart[2]}`];
}

/**
 * Compares every variable of every frame of two snapshot files, bit by bit, a part of a frame at a time. **Local.**
 * @throws FileError when they do not hold the same variables, shape and times
 */
export async function differencesBetween(firstPath: string, secondPath: string): Promise<readonly FrameDifference[]> {
  const { differences } = await compared(firstPath, secondPath, true);
  return differences;
}

/** The differences of some frames and variables together. */
export function overallOf(differences: readonly FrameDifference[]): Difference {
  return {
    frames: new Set(differences.map(({ frame }) => frame)).size,
    differingCells: differences.reduce((sum, { differingCells }) => sum + differingCells, 0),
    maxDifference: differences.reduce((most, { maxDifference }) => Math.max(most, maxDifference), 0),
  };
}

/**
 * The same, of each variable in each frame at a time that both have: a run that was stopped has a frame where it stopped.
 * **Local.** @throws FileError when they do not hold the same variables and shape, or no frame of one time
 */
export function compareFrames(firstPath: string, secondPath: string): Promise<Comparison> {
  return compared(firstPath, secondPath, false);
}

/** @param sameTimes whether the files are to have frames at the same times */
async function compared(firstPath: string, secondPath: string, sameTimes: boolean): Promise<Comparison> {
  const first = await SnapshotReader.open(firstPath);
  let second: SnapshotReader | undefined;
  try {
    second = firstPath === secondPath ? first : await SnapshotReader.open(secondPath);
    const pairs = partnersOf(first.times, second.times);
    if (first.times.length + second.times.length === 0) {
      throw wrongFile(firstPath, "a file with frames to compare", "none", "Compare files of runs that went on.");
    }
    // Of files without a frame in common it is told where the times part.
    const partsOf = (reader: SnapshotReader) => [
      ...describeContents(reader),
      ...(sameTimes ? [describeCount(reader)] : []),
      ...(sameTimes || pairs.length === 0 ? describeTimes(reader) : []),
    ];
    const [expected, got] = [partsOf(first), partsOf(second)];
    const place = expected.findIndex((text, index) => text !== got[index]);
    const apart =
      place >= 0
        ? [expected[place]!, got[place] ?? describeCount(second)]
        : meaningApart(first, second, [...first.statics, ...first.variables]);
    if (apart) {
      throw wrongFile(secondPath, `${apart[0]} as in "${firstPath}"`, apart[1]!, "Compare files of the same run.");
    }
    const differences: FrameDifference[] = [];
    for (const [index, [frame, partner]] of pairs.entries()) {
      const time = first.times[frame]!;
      for (const variable of index === 0 ? [...first.statics, ...first.variables] : first.variables) {
        const others = second.readParts(variable, partner);
        let [differingCells, maxDifference] = [0, 0];
        for (const part of first.readParts(variable, frame)) {
          const difference = compareValues(part, others.next().value!);
          differingCells += difference.cells;
          maxDifference = Math.max(maxDifference, difference.greatest);
        }
        differences.push({ variable, frame, time, differingCells, maxDifference });
      }
    }
    const alone = [first, second].flatMap(({ path: file, times }, place) => {
      const paired = new Set(pairs.map((pair) => pair[place]));
      return Array.from(times, (time, frame) => ({ file, frame, time })).filter(({ frame }) => !paired.has(frame));
    });
    return { differences, alone, ends: [first.times.at(-1)!, second.times.at(-1)!] };
  } finally {
    first.close();
    if (second !== first) second?.close();
  }
}

/** What the files of one run have in common, one text each. */
function describeContents(reader: SnapshotReader): string[] {
  return [
    `shape [${reader.shape.join(", ")}]`,
    `variables ${reader.variables.map((name) => reader.typeOf(name)).join(", ")}`,
    `static variables ${reader.statics.map((name) => reader.typeOf(name)).join(", ") || "none"}`,
  ];
}

function describeCount({ times }: SnapshotReader): string {
  return times.length === 1 ? "1 frame" : `${times.length} frames`;
}

function describeTimes({ times }: SnapshotReader): string[] {
  return times.length === 0 ? ["0 frames"] : Array.from(times, (time, frame) => `time ${time} in frame ${frame}`);
}

/** Compares as integers, so that 0 and -0 differ and equal NaNs do not. */
function compareValues(a: Values, b: Values): { cells: number; greatest: number } {
  const [bitsOfA, bitsOfB] = [bitsOf(a), bitsOf(b)];
  let cells = 0;
  let greatest = 0;
  for (let index = 0; index < a.length; index++) {
    if (bitsOfA[index] === bitsOfB[index]) continue;
    cells++;
    const difference = Math.abs(a[index]! - b[index]!);
    greatest = Math.max(greatest, Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference);
  }
  return { cells, greatest };
}

function bitsOf(values: Values): BigUint64Array | Uint32Array {
  const Bits = values instanceof Float64Array ? BigUint64Array : Uint32Array;
  return new Bits(values.buffer as ArrayBuffer, values.byteOffset, values.length);
}
