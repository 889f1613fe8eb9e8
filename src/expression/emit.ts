/**
 * From cells to a module of WebAssembly: one exported function `sweep0`, `sweep1` ... a cell, on the memory `env.memory`:
 *
 *     sweep(pointers of arraysOf(cell) ..., parameters, begin0, end0[, begin1, end1[, begin2, end2]])
 *
 * A pointer is the address of cell 0 of the block's interior (of an array along an axis: of index 0), `parameters` that of
 * `f64` numbers. Any box gives the same bits. Nothing is written outside of it, or read further from it than the offsets.
 *
 * A sweep calls a function for each row, which the engine optimises while the first sweep runs, or for a *band* of several
 * rows, which share what they load:
 *
 *     sweep   | bands of rows, the rows left:  pointers to the first cell of each
 *     band    |   tiles of `rows` x one vector                     -> the columns left: row
 *     row     |   tiles of `columns` vectors, single vectors, single cells
 *
 * Addresses are pointers plus constants that are not negative, as the format wants: a pointer of a row or band is that of
 * the lowest address its cell reads.
 */
import { wrong } from "../argument.js";
import { assemble, Body, type Definition, type Import, type Signature, type Type } from "./assemble.js";
import { expectFusion, roomOfRows, writeRows } from "./fusion.js";
import { Lowering, lanesOf, sizeOf, type Tile } from "./lower.js";
import { planeCells, roomOfPlanes, writePlanes } from "./planes.js";
import { arraysOf, type Cell, type Fusion, functionName, type Layout, neededOf } from "./program.js";
import { type Shape, shapeOf } from "./shape.js";
import { type Frame, Values } from "./values.js";

/** How many cells of one axis are computed in a call: of few calls the engine would optimise none. */
const longestRow = 4096;

/** The functions that cells call, by their names there; those for `f32` end in `f`. */
const functionsModule = "functions";

/** Bytes of a vector. */
const vectorBytes = 16;

/**
 * The bytes of a module with a sweep for each cell, and for each fusion of cells.
 * @param shape - how many rows and vectors are computed together, where the choice is not to be that of {@link shapeOf}
 */
export function emit(
  sweeps: readonly (Cell | Fusion)[],
  layout: Layout,
  shape?: Partial<Shape>,
): Uint8Array<ArrayBuffer> {
  const imports = importsOf(
    sweeps.flatMap((sweep) => ("cells" in sweep ? sweep.cells : [sweep])),
    layout,
  );
  const definitions: Definition[] = [];
  const define = (definition: Definition) => imports.length + definitions.push(definition) - 1;
  const defineCell = (cell: Cell, name?: string): number => {
    expectCell(cell, layout);
    const writer = new SweepWriter(cell, layout, imports, { ...shapeOf(cell, layout), ...shape });
    const row = define(writer.row());
    const hasBands = writer.shape.vector && writer.shape.rows > 1 && layout.strides.length > 1;
    const band = hasBands ? define(writer.band()) : undefined;
    return define(writer.sweep(name, row, band));
  };
  sweeps.forEach((sweep, i) => {
    const name = `sweep${i}`;
    if (!("cells" in sweep)) {
      defineCell(sweep, name);
      return;
    }
    expectFusion(sweep, layout);
    const inPlanes = isInPlanes(layout);
    const inner = (inPlanes ? planeCells(sweep) : sweep.cells).map((cell) => defineCell(cell));
    define((inPlanes ? writePlanes : writeRows)(sweep, layout, inner, name));
  });
  return assemble(imports, definitions);
}

/** How many numbers of room each array needs that a fusion keeps in rows or planes. */
export function roomOf(fusion: Fusion, layout: Layout): ReadonlyMap<number, number> {
  return (isInPlanes(layout) ? roomOfPlanes : roomOfRows)(fusion, layout);
}

function isInPlanes({ strides }: Layout): boolean {
  return strides.length > 2;
}

/** @throws UsageError for a cell whose result would depend on the order of cells, and for an array of two kinds */
function expectCell({ nodes, stores }: Cell, { strides }: Layout): void {
  const stored = new Set(stores.map(({ array }) => array));
  const axes = new Map<number, number>();
  for (const node of nodes) {
    if (node.op !== "load" && node.op !== "along") continue;
    const axis = node.op === "along" ? node.axis : -1;
    if ((axes.get(node.array) ?? axis) !== axis || (axis >= 0 && stored.has(node.array)))
      throw wrong(
        "expression",
        "an array of cells or along one axis",
        `array ${node.array} as both`,
        "Use two arrays.",
      );
    axes.set(node.array, axis);
    if (node.op !== "load") continue;
    if (node.offset.length !== strides.length)
      throw wrong("expression", `offsets along ${strides.length} axes`, `[${node.offset}]`, "Name one an axis.");
    if (stored.has(node.array) && node.offset.some((o) => o !== 0)) {
      const got = `offset [${node.offset.join(", ")}] of array ${node.array}`;
      throw wrong("expression", "an array that is stored to be read at offset 0", got, "Store into another array.");
    }
  }
}

function importsOf(cells: readonly Cell[], { dtype }: Layout): Import[] {
  const imports = new Map<string, Import>();
  for (const { nodes } of cells)
    for (const node of nodes) {
      if (node.op !== "call") continue;
      const name = functionName(node.name, dtype);
      const signature: Signature = { params: node.args.map(() => dtype), results: [dtype] };
      imports.set(name, { module: functionsModule, name, signature });
    }
  return [...imports.values()];
}

/** Writes the functions of one cell's sweep. */
class SweepWriter {
  readonly shape: Shape;
  readonly #cell: Cell;
  readonly #layout: Layout;
  readonly #imports: readonly Import[];
  readonly #size: number;
  readonly #arrays: readonly number[];
  /** The axes of arrays along one. */
  readonly #along: ReadonlyMap<number, number>;
  /** The lowest address that the cell uses of each array, in bytes from the cell's own. */
  readonly #origins: readonly number[];

  constructor(cell: Cell, layout: Layout, imports: readonly Import[], shape: Shape) {
    this.#cell = cell;
    this.#layout = layout;
    this.#imports = imports;
    this.shape = shape;
    this.#size = sizeOf[layout.dtype];
    this.#arrays = arraysOf(cell);
    this.#along = new Map(cell.nodes.flatMap((node) => (node.op === "along" ? [[node.array, node.axis]] : [])));
    const needed = neededOf(cell);
    this.#origins = this.#arrays.map((array) => this.#originOf(array, needed));
  }

  /** How far apart cells of an array are along an axis, in numbers. */
  #stride(array: number, axis: number): number {
    const along = this.#along.get(array);
    if (along === undefined) return this.#layout.strides[axis]!;
    return along === axis ? 1 : 0;
  }

  #originOf(array: number, needed: readonly boolean[]): number {
    const stored = this.#cell.stores.some((store) => store.array === array);
    const offsets = this.#cell.nodes.flatMap((node, n) => {
      if (!needed[n]) return [];
      if (node.op === "along" && node.array === array) return [node.offset];
      if (node.op !== "load" || node.array !== array) return [];
      return [node.offset.reduce((sum, o, axis) => sum + o * this.#layout.strides[axis]!, 0)];
    });
    return Math.min(...(stored || offsets.length === 0 ? [0] : []), ...offsets) * this.#size;
  }

  /** Pointers, the address of parameters, and how many columns. */
  #rowSignature(results: readonly Type[]): Signature {
    return { params: [...this.#arrays.map((): Type => "i32"), "i32", "i32"], results };
  }

  #frame(): Frame {
    const { dtype } = this.#layout;
    return {
      parameters: this.#arrays.length,
      size: this.#size,
      pointerOf: (array) => {
        const local = this.#arrays.indexOf(array);
        return { local, origin: this.#origins[local]! };
      },
      functionOf: (name) => this.#imports.findIndex((item) => item.name === functionName(name, dtype)),
    };
  }

  /** All columns of a row. */
  row(): Definition {
    const { columns, vector } = this.shape;
    const tiles: Tile[] = [];
    if (vector && columns > 1) tiles.push({ rows: 1, columns, vector: true, together: 1 });
    if (vector) tiles.push({ rows: 1, columns: 1, vector: true, together: 1 });
    tiles.push({ rows: 1, columns: 1, vector: false, together: 1 });
    return this.#loops(tiles, []);
  }

  /** The columns of a band that fill vectors; gives the number of columns that are left. */
  band(): Definition {
    const { rows, bandColumns, together } = this.shape;
    const widths = [...new Set([bandColumns, 1])];
    return this.#loops(
      widths.map((columns) => ({ rows, columns, vector: true, together })),
      ["i32"],
    );
  }

  /** A loop for each size of tile, for the columns that the loops before it have left. */
  #loops(tiles: readonly Tile[], results: readonly Type[]): Definition {
    const signature = this.#rowSignature(results);
    const body = new Body(signature.params.length);
    const values = new Values();
    const lowering = new Lowering(values, this.#cell, this.#layout);
    const cells = tiles.map((tile) => lowering.tile(tile));
    const frame = this.#frame();
    values.writeHoisted(body, frame);
    const left = this.#arrays.length + 1;
    const lanes = lanesOf[this.#layout.dtype];
    const writeLoop = ({ columns, vector }: Tile, i: number) => {
      const width = vector ? columns * lanes : 1;
      const enough = () => body.get(left).constant("i32", width).op("i32.ge");
      enough().open("if").open("loop");
      values.writeTile(cells[i]!, body, frame);
      this.#writeMove(body, left, () => body.constant("i32", width));
      enough().op("br_if", 0).op("end").op("end");
    };
    if (results.length > 0 && this.#isRepeatable) {
      const writeSingle = () => values.writeTile(cells.at(-1)!, body, frame);
      this.#writeLaps(body, left, () => tiles.slice(0, -1).forEach(writeLoop), writeSingle);
    } else tiles.forEach(writeLoop);
    if (results.length > 0) body.get(left);
    return { signature, body };
  }

  /** Whether cells may be computed twice: they read nothing that they store. */
  get #isRepeatable(): boolean {
    const { nodes, stores } = this.#cell;
    return !nodes.some((node) => node.op === "load" && stores.some(({ array }) => array === node.array));
  }

  /** Goes on by a number of columns, which may be negative. */
  #writeMove(body: Body, left: number, push: () => Body): void {
    this.#arrays.forEach((array, local) => {
      if (this.#stride(array, this.#layout.strides.length - 1) === 0) return;
      body.get(local);
      push().constant("i32", this.#size).op("i32.mul").op("i32.add").set(local);
    });
    body.get(left);
    push().op("i32.sub").set(left);
  }

  /**
   * Vectors that lie where addresses are multiples of theirs, but for those at the ends of a row, which lap over others:
   *
   *     cells        | 0 1 2 3 4 5 6 7 8 |
   *     vectors        [4] [1] [2] [3]        address of cell 1 a multiple
   *                                 [5]       in this order; 4 and 5 by `writeSingle`, the others by `writeMany` where it can
   */
  #writeLaps(body: Body, left: number, writeMany: () => void, writeSingle: () => void): void {
    const lanes = lanesOf[this.#layout.dtype];
    const [count, skipped] = [body.local("i32"), body.local("i32")];
    body.get(left).set(count);
    body.get(left).constant("i32", lanes).op("i32.ge").open("if");
    const stored = this.#arrays.indexOf(this.#cell.stores[0]!.array);
    body
      .constant("i32", this.#origins[stored]!)
      .get(stored)
      .op("i32.sub")
      .constant("i32", vectorBytes - 1)
      .op("i32.and");
    body.constant("i32", Math.log2(this.#size)).op("i32.shr_s").set(skipped);
    this.#writeMove(body, left, () => body.get(skipped));
    writeMany();
    body.open("block").open("loop");
    body.get(left).op("i32.eqz").open("if");
    body.get(skipped).op("i32.eqz").op("br_if", 2);
    this.#writeMove(body, left, () => body.constant("i32", 0).get(count).op("i32.sub"));
    body.constant("i32", lanes).set(left);
    body.constant("i32", 0).set(skipped);
    body.op("end");
    body.get(left).constant("i32", lanes).op("i32.lt").open("if");
    this.#writeMove(body, left, () => body.get(left).constant("i32", lanes).op("i32.sub"));
    body.op("end");
    writeSingle();
    this.#writeMove(body, left, () => body.constant("i32", lanes));
    body.op("br", 0).op("end").op("end").op("end");
  }

  /** All cells of a box: loops over the axes but the last, and calls for the rows. */
  sweep(name: string | undefined, row: number, band: number | undefined): Definition {
    const axes = this.#layout.strides.length;
    const params: Type[] = [
      ...this.#rowSignature([]).params.slice(1),
      ...Array.from({ length: 2 * axes }, (): Type => "i32"),
    ];
    const body = new Body(params.length);
    const first = this.#arrays.length + 1;
    const beginOf = (axis: number) => first + 2 * axis;
    const endOf = (axis: number) => first + 2 * axis + 1;
    const count = body.local("i32");
    const last = axes - 1;
    body.get(endOf(last)).get(beginOf(last)).op("i32.sub").set(count);

    // The pointers of the row at the indices that the locals `beginOf` have come to.
    const pushPointers = (rowOffset: number, skip?: () => void) =>
      this.#arrays.forEach((array, local) => {
        body.get(local);
        for (let axis = 0; axis < axes; axis++) {
          const stride = this.#stride(array, axis) * this.#size;
          if (stride > 0) body.get(beginOf(axis)).constant("i32", stride).op("i32.mul").op("i32.add");
        }
        const across = axes > 1 ? rowOffset * this.#stride(array, axes - 2) * this.#size : 0;
        const constant = this.#origins[local]! + across;
        if (constant !== 0) body.constant("i32", constant).op("i32.add");
        if (skip && this.#stride(array, last) > 0) {
          skip();
          body.constant("i32", this.#size).op("i32.mul").op("i32.add");
        }
      });
    const parameters = this.#arrays.length;
    const advance = (axis: number, by: number) =>
      body.get(beginOf(axis)).constant("i32", by).op("i32.add").set(beginOf(axis));
    const remain = (axis: number) => body.get(endOf(axis)).get(beginOf(axis)).op("i32.sub");

    const writeRow = () => {
      pushPointers(0);
      body.get(parameters).get(count).op("call", row);
    };
    /** While at least `by` indices of an axis are left. */
    const writeLoop = (axis: number, by: number, inner: () => void) => {
      const enough = () => remain(axis).constant("i32", by).op("i32.ge");
      enough().open("if").open("loop");
      inner();
      advance(axis, by);
      enough().op("br_if", 0).op("end").op("end");
    };

    if (axes === 1) {
      // Chunks of the one row.
      writeLoop(0, longestRow, () => {
        body.constant("i32", longestRow).set(count);
        writeRow();
      });
      remain(0).set(count);
      writeRow();
      return { signature: { params, results: [] }, body, ...(name === undefined ? {} : { name }) };
    }

    const writeRows = () => {
      const across = axes - 2;
      const { rows } = this.shape;
      if (band !== undefined) {
        const left = body.local("i32");
        writeLoop(across, rows, () => {
          pushPointers(0);
          body.get(parameters).get(count).op("call", band).set(left);
          body.get(left).open("if");
          for (let k = 0; k < rows; k++) {
            pushPointers(k, () => body.get(count).get(left).op("i32.sub"));
            body.get(parameters).get(left).op("call", row);
          }
          body.op("end");
        });
      }
      writeLoop(across, 1, writeRow);
    };
    body.get(count).constant("i32", 0).op("i32.gt").open("if");
    if (axes === 2) writeRows();
    else {
      const start = body.local("i32");
      body.get(beginOf(1)).set(start);
      writeLoop(0, 1, () => {
        body.get(start).set(beginOf(1));
        writeRows();
      });
    }
    body.op("end");
    return { signature: { params, results: [] }, body, ...(name === undefined ? {} : { name }) };
  }
}
