/**
 * The datatypes and operations that compiled code knows, by their handles in the standard ABI of MPI 5, and the datatypes
 * of strided elements, which it describes call by call.
 */
import { wrong } from "../../argument.js";
import { type OperationName, operationOf } from "../../mpi/calls/operation.js";
import { type ElementType, elementTypes, type TypeName } from "../../mpi/data/element.js";
import type { Blocks } from "../../mpi/data/overlap.js";
import { type RowTypes, rowTypesOf, stridedType } from "../../mpi/data/rows.js";
import type { Constant } from "../../mpi/library/abi.js";
import { keptList } from "../../mpi/library/native.js";
import type { FunctionName } from "../../mpi/library/prototypes.js";
import type { World } from "../../mpi/library/world.js";

/** Datatypes by their handles in the standard ABI. */
export const typeNames: Readonly<Record<number, TypeName>> = {
  528: "float32",
  532: "float64",
  552: "float32int32",
  553: "float64int32",
  555: "int32int32",
  576: "int8",
  577: "uint8",
  583: "byte",
  584: "int16",
  585: "uint16",
  592: "int32",
  593: "uint32",
  600: "int64",
  601: "uint64",
};

/** The handle by which compiled code knows a datatype, as `typeOf` of `assembly/jit/mpi/data.ts` has it. */
export function datatypeHandle(name: TypeName): number {
  return Number(Object.keys(typeNames).find((handle) => typeNames[Number(handle)] === name));
}

/** The handles of bytes, for what a rank does not send or receive, and of C's `int`. */
export const byteType = 0x247;
export const intType = 0x250;

const operationNames: Readonly<Record<number, OperationName>> = {
  33: "sum",
  34: "min",
  35: "max",
  36: "prod",
  40: "band",
  41: "bor",
  42: "bxor",
  48: "land",
  49: "lor",
  50: "lxor",
  56: "minloc",
  57: "maxloc",
};

/** From here on handles of strided datatypes, which are valid for one call: of the last few layouts, in pairs by a hash. */
const firstStrided = 0x300;
const stridedRoom = 64;
const layoutLength = 5; // Count, block, stride, step and element type.

/** So many numbers, all 0, which stay objects where they are set to ones beyond 31 bits. */
function keptZeros(length: number): number[] {
  return keptList(...new Array<number>(length).fill(0)) as number[];
}

/** Datatypes and operations of one library. */
export class Datatypes {
  /** The library's handles by those of compiled code. */
  readonly handles: readonly number[];
  /** Bytes from one of a type to the next, and bytes that the last one takes: none where there is no such type. */
  readonly steps: readonly number[];
  readonly sizes: readonly number[];
  readonly #world: World;
  readonly #rows: RowTypes;
  readonly #handles = keptZeros(firstStrided + stridedRoom);
  readonly #steps = new Array<number>(firstStrided + stridedRoom).fill(Number.NaN);
  readonly #sizes = new Array<number>(firstStrided + stridedRoom).fill(Number.NaN);
  readonly #ops: number[] = keptZeros(0x40 * 0x60);
  /** The layouts of the strided datatypes. */
  readonly #layouts = new Int32Array(layoutLength * stridedRoom);
  /** The place of the last layout, which a second layout of the same call must not take. */
  #lastStrided = 0;

  constructor(world: World) {
    const { constants } = world;
    this.#world = world;
    this.#rows = rowTypesOf(world);
    this.#handles.fill(constants.MPI_DATATYPE_NULL, 0, firstStrided + stridedRoom);
    for (const [handle, name] of Object.entries(typeNames)) {
      this.#handles[Number(handle)] = constants[elementTypes[name].datatype as Constant];
      this.#steps[Number(handle)] = elementTypes[name].byteLength;
      this.#sizes[Number(handle)] = elementTypes[name].byteLength;
    }
    [this.handles, this.steps, this.sizes] = [this.#handles, this.#steps, this.#sizes];
    this.#rows.onDrop.push((handle) => this.#forget(handle));
  }

  /** The library's handle of an operation. @throws UsageError naming the call, when there is none for the type */
  op(op: number, type: number, call: FunctionName): number {
    const place = op * 0x60 + type - 0x200;
    return (op < 0x40 && this.#ops[place]) || this.#findOp(op, type, place, call);
  }

  #findOp(op: number, type: number, place: number, call: FunctionName): number {
    const name = operationNames[op];
    const element = typeNames[type];
    if (!name || !element) {
      const got = name ? `datatype 0x${type.toString(16)}` : `operation 0x${(op >>> 0).toString(16)}`;
      throw wrong(call, "a predefined operation and type", got, 'Use SUM, MAX ... of "mpi".');
    }
    const handle = operationOf(this.#world, name, elementTypes[element] as ElementType, call);
    this.#ops[place] = handle;
    return handle;
  }

  /** The handle of a layout of elements, valid for the next call. @throws UsageError when blocks overlap */
  strided(count: number, block: number, stride: number, step: number, type: number): number {
    const hash = (count * 7 + block * 13 + stride * 31 + step * 3 + type) & (stridedRoom - 1);
    let place = hash;
    if (!this.#isLayout(place, count, block, stride, step, type)) {
      place = hash ^ 1;
      if (!this.#isLayout(place, count, block, stride, step, type)) {
        if (hash !== this.#lastStrided) place = hash;
        this.#addLayout(place, count, block, stride, step, type);
      }
    }
    this.#lastStrided = place;
    return firstStrided + place;
  }

  #isLayout(place: number, count: number, block: number, stride: number, step: number, type: number): boolean {
    const layouts = this.#layouts;
    const at = layoutLength * place;
    return (
      layouts[at] === count &&
      layouts[at + 1] === block &&
      layouts[at + 2] === stride &&
      layouts[at + 3] === step &&
      layouts[at + 4] === type
    );
  }

  #addLayout(place: number, count: number, block: number, stride: number, step: number, type: number): void {
    const extent = (block - 1) * step + 1;
    if (count < 0 || block < 1 || typeNames[type] === undefined || step < 1 || stride < extent) {
      const got = `${count} of ${block} with stride ${stride}${step === 1 ? "" : ` and step ${step}`}`;
      throw wrong("View", "blocks that do not overlap", got, "Choose a stride of at least the block.");
    }
    // The other layout of the same call is not to be the oldest type, which may be freed for this one.
    const [count0, block0, stride0, step0, type0] = this.#layouts.subarray(layoutLength * this.#lastStrided);
    if (type0 !== 0) this.#typeOf(count0!, block0!, stride0!, step0!, type0!);
    const datatype = this.#typeOf(count, block, stride, step, type);
    const { byteLength } = elementTypes[typeNames[type]!];
    this.#layouts.set([count, block, stride, step, type], layoutLength * place);
    this.#handles[firstStrided + place] = datatype;
    this.#steps[firstStrided + place] = stride * byteLength;
    this.#sizes[firstStrided + place] = extent * byteLength;
  }

  /** A handle that compiled code has kept must not stand for a type that the library has freed. */
  #forget(datatype: number): void {
    for (let place = 0; place < stridedRoom; place++) {
      if (this.#handles[firstStrided + place] !== datatype) continue;
      this.#layouts.fill(0, layoutLength * place, layoutLength * (place + 1));
      this.#handles[firstStrided + place] = this.#world.constants.MPI_DATATYPE_NULL;
      this.#steps[firstStrided + place] = Number.NaN;
    }
  }

  /** The bytes of `count` of a type at an address. */
  blocksOf(address: number, count: number, type: number): Blocks {
    const outer = [count, this.#steps[type]!] as const;
    if (type < firstStrided) return { address, byteLength: count * outer[1], axes: [] };
    const [, block, , step, element] = this.#layouts.subarray(layoutLength * (type - firstStrided));
    const { byteLength } = elementTypes[typeNames[element!]!];
    return { address, byteLength, axes: [outer, [block!, step! * byteLength]] };
  }

  #typeOf(count: number, block: number, stride: number, step: number, type: number): number {
    const layout =
      block === 1 ? { shape: [count], strides: [stride] } : { shape: [count, block], strides: [stride, step] };
    return stridedType(this.#world, { type: elementTypes[typeNames[type]!], ...layout }).datatype;
  }
}
