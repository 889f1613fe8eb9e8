/** Variables of any HDF5 or netCDF-4 file, read block by block. */
import { resolve } from "node:path";
import type { Dataset, File, Group } from "h5wasm/node";
import { nearest, wrong, wrongFile } from "../argument.js";
import type { NumberArrays, ShortName } from "../elements.js";
import { FileError, UsageError } from "../errors.js";
import { attributesOf, checkSignature, DAMAGED, load, quietly, renew } from "./library.js";

/** Values that are read at a time (4 MiB of f64), unless a chunk has more of those that are wanted. */
const MOST_VALUES = 2 ** 19;
/** Names that an error text lists. */
const MOST_NAMES = 20;

/** HDF5's numbers of the classes of types. */
const [INTEGER, FLOAT, STRING, COMPOUND, REFERENCE, ENUM] = [0, 1, 3, 6, 7, 8];
const classNames: Readonly<Record<number, string>> = {
  [STRING]: "texts",
  [COMPOUND]: "records or complex numbers",
  [REFERENCE]: "references",
};

/** Cells `[low, high)` along each axis. */
export type Ranges = readonly (readonly [low: number, high: number])[];

/** What JavaScript counts with. */
export type Plain = Exclude<NumberArrays[ShortName], BigInt64Array | BigUint64Array>;

/** How stored numbers become values, by the conventions of netCDF: `scale * number + offset`, and NaN for some. */
interface Packing {
  readonly scale: number;
  readonly offset: number;
  /** Numbers that stand for no value. */
  readonly missing: readonly number[];
}

/** A variable of floats or integers in a file that is open. **Local.** */
export class Variable {
  readonly shape: readonly number[];
  /** Whether its values are whole numbers as they are stored. */
  readonly isInteger: boolean;
  /** Where its values are, if the file says that they are at faces: `x-face`. */
  readonly place: string | undefined;
  readonly #path: string;
  readonly #name: string;
  readonly #file: File;
  readonly #dataset: Dataset;
  readonly #packing: Packing;

  private constructor(path: string, name: string, file: File, dataset: Dataset) {
    const { shape, type } = dataset.metadata;
    this.#path = path;
    this.#name = name;
    this.#file = file;
    this.#dataset = dataset;
    this.shape = shape ?? [];
    this.#packing = packingOf(dataset);
    const { location } = attributesOf(dataset);
    this.place = /^[a-z]+-face$/.test(String(location)) ? String(location) : undefined;
    const { scale, offset } = this.#packing;
    this.isInteger = type !== FLOAT && scale === 1 && offset === 0;
  }

  /**
   * @param where - the call of the program, for error texts
   * @param name - of the variable, behind the names of its groups where it is in some: `run/temperature`
   * @throws UsageError where there is no such variable; FileError where the file cannot be read, or the variable is of
   *   something else
   */
  static async open(where: string, path: string, name: string): Promise<Variable> {
    checkSignature(path, "Choose an HDF5 or netCDF-4 file.");
    const hdf5 = await load();
    let file: File | undefined;
    try {
      file = new hdf5.File(resolve(path), "r");
      if (file.file_id === -1n) throw new Error("H5Fopen failed");
      const dataset = find(where, path, file, name);
      checkType(path, name, dataset);
      return new Variable(path, name, file, dataset);
    } catch (cause) {
      quietly(() => file?.close());
      if (cause instanceof FileError || cause instanceof UsageError) throw cause;
      renew();
      const isCircle = /too many (soft )?links/.test(String(cause));
      throw wrongFile(path, "a whole HDF5 file", cause, isCircle ? "Name a variable that is no link." : DAMAGED);
    }
  }

  /**
   * Reads a block, part by part: no more is in memory than a part, and the chunks of the file that it is in.
   * @param take - called with the ranges of each part and its values, in C order
   */
  read(block: Ranges, take: (part: Ranges, values: Plain) => void): void {
    const chunk = this.#dataset.metadata.chunks ?? block.map(() => 1);
    for (const part of partsOf(block, chunk)) {
      let values: NumberArrays[ShortName];
      try {
        values = valuesOf(this.#dataset, part);
      } catch (cause) {
        renew();
        const filter = /required filter '?([^'\n]*?)'? is not registered/.exec(String(cause))?.[1];
        if (filter === undefined) throw wrongFile(this.#path, `to read "${this.#name}"`, cause, DAMAGED);
        const todo = "Write it again with gzip, by h5repack or nccopy.";
        throw wrongFile(
          this.#path,
          `"${this.#name}" without filters or with those of HDF5`,
          `the filter ${filter}`,
          todo,
        );
      }
      take(part, unpacked(values, this.#packing));
    }
  }

  /** Closes the file. */
  close(): void {
    quietly(() => this.#file.close());
  }
}

/** A dataset by its name. @throws UsageError with the nearest name */
function find(where: string, path: string, file: File, name: string): Dataset {
  const parts = name.split("/").filter((part) => part !== "");
  let group: Group = file;
  for (const [depth, part] of parts.entries()) {
    const names = group.keys();
    const found = names.includes(part) ? group.get(part) : null;
    const isLast = depth === parts.length - 1;
    if (isLast && isDataset(found)) return found;
    if (!isLast && found !== null && "keys" in found) {
      group = found;
      continue;
    }
    const place = depth === 0 ? `"${path}"` : `"${parts.slice(0, depth).join("/")}" of "${path}"`;
    if (isLast && found !== null) {
      throw wrong(
        `${where}: "name"`,
        `a variable in ${place}`,
        `${JSON.stringify(name)}, ${nounOf(found)}`,
        listed(group),
      );
    }
    const near = nearest(part, names);
    const todo = near === undefined ? listed(group) : `Did you mean ${[...parts.slice(0, depth), near].join("/")}?`;
    throw wrong(`${where}: "name"`, `a variable in ${place}`, JSON.stringify(name), todo);
  }
  throw wrong(`${where}: "name"`, `a variable in "${path}"`, JSON.stringify(name), listed(file));
}

function isDataset(found: ReturnType<Group["get"]>): found is Dataset {
  return found !== null && "slice" in found;
}

/** What there is instead of a variable. */
function nounOf(found: object): string {
  return "keys" in found ? "a group" : "a link that leads nowhere in this file";
}

/** The names in a group, as advice. */
function listed(group: Group): string {
  const names = group.keys();
  const shown = names.slice(0, MOST_NAMES).join(", ");
  const rest = names.length - MOST_NAMES;
  return names.length === 0 ? "There is none." : `There is ${shown}${rest > 0 ? ` and ${rest} more` : ""}.`;
}

/** @throws FileError unless it is of floats or integers that JavaScript has */
function checkType(path: string, name: string, { metadata: { type, size, shape } }: Dataset): void {
  const isNumber = [INTEGER, FLOAT, ENUM].includes(type);
  const known = type === FLOAT ? [2, 4, 8] : [1, 2, 4, 8];
  if (isNumber && known.includes(size) && shape !== null) return;
  const got = isNumber ? (shape === null ? "nothing" : `numbers of ${size} bytes`) : (classNames[type] ?? "others");
  throw wrongFile(path, `"${name}" of floats or integers`, got, "Choose another variable.");
}

function packingOf(dataset: Dataset): Packing {
  const { scale_factor, add_offset, _FillValue, missing_value } = attributesOf(dataset);
  const numberOf = (value: unknown) => (Array.isArray(value) ? value[0] : value) as unknown;
  const [scale = 1, offset = 0] = [scale_factor, add_offset].map((value) => {
    const number = numberOf(value);
    return typeof number === "number" ? number : undefined;
  });
  const missing = [_FillValue, missing_value].flat().filter((value): value is number => typeof value === "number");
  return { scale, offset, missing: missing.filter((value) => !Number.isNaN(value)) };
}

/** The values of numbers as they are stored. */
function unpacked(numbers: NumberArrays[ShortName], { scale, offset, missing }: Packing): Plain {
  const isPacked = scale !== 1 || offset !== 0;
  if (typeof numbers[0] !== "bigint" && !isPacked && missing.length === 0) return numbers as Plain;
  return Float64Array.from(numbers as ArrayLike<number | bigint>, (stored) => {
    const number = Number(stored);
    if (missing.includes(number)) return Number.NaN;
    return isPacked ? scale * number + offset : number;
  });
}

/** The numbers of a block, little-endian whatever the file has. */
function valuesOf(dataset: Dataset, block: Ranges): NumberArrays[ShortName] {
  const { metadata, file_id, path } = dataset;
  const ranges = block.map(([low, high]): [number, number] => [low, high]);
  if (metadata.type === FLOAT && metadata.size === 2) {
    // Node.js has no arrays of halves before version 24: the bits come as integers.
    const bits = { metadata: { ...metadata, type: INTEGER, signed: false }, file_id, path };
    return Float32Array.from(dataset.slice.call(bits, ranges) as Uint16Array, halfOf);
  }
  return dataset.slice(ranges) as NumberArrays[ShortName];
}

/** A float of 16 bits: 1 of the sign, 5 of the exponent, 10 of the fraction. */
function halfOf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1024 + fraction) * 2 ** (exponent - 25);
}

/**
 * The parts of a block, in C order: of at most {@link MOST_VALUES} values, but cut between chunks only, as HDF5 unpacks
 * the whole of a chunk for each part of it.
 */
export function* partsOf(block: Ranges, chunk: readonly number[], axis = 0): Generator<Ranges, undefined> {
  const counts = block.map(([low, high]) => high - low);
  const cells = counts.reduce((product, n) => product * n, 1);
  if (cells === 0) return;
  if (cells <= MOST_VALUES || axis === block.length) {
    yield block;
    return;
  }
  const [low, high] = block[axis]!;
  const thick = chunk[axis]!;
  const step = Math.max(1, Math.floor(MOST_VALUES / (cells / counts[axis]!) / thick)) * thick;
  for (let begin = low; begin < high; ) {
    const end = Math.min(high, Math.floor(begin / thick) * thick + step);
    yield* partsOf([...block.slice(0, axis), [begin, end], ...block.slice(axis + 1)], chunk, axis + 1);
    begin = end;
  }
}
