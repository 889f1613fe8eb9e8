/** The halo of an array beyond the walls of the grid, by its conditions. */
import { wrong } from "../../argument.js";
import type { Graph } from "../../expression/graph.js";
import type { Program } from "../../expression/program.js";
import { programOf, type Target } from "../../expression/stages.js";
import { Meaning } from "../../expression/text/meaning.js";
import {
  add,
  divide,
  imaginaryOf,
  mapParts,
  multiply,
  realOf,
  type Scalar,
  subtract,
} from "../../expression/text/scalar.js";
import type { Scope } from "../../expression/text/space.js";
import { checkDepth, type Wall, WallFill, type Walls } from "../../grid/condition.js";
import type { AnyField } from "../../grid/field.js";
import type { Grid } from "../../grid/grid.js";
import { type Side, sideName, sides } from "../../grid/side.js";
import { memory } from "../../wasm/memory.js";
import type { Conditions, SideCondition } from "./boundary.js";
import { Code } from "./code.js";
import { Execution, type Numbers, type Setting } from "./execution.js";

/** What texts at sides may name. */
export type SideScope = Pick<Scope, "where" | "fields" | "constants" | "complex" | "open" | "hint">;

/** What a rim needs to know of the array around which it lies. */
export interface RimOptions {
  readonly setting: Setting;
  /** Of a complex value: which part the array is, and the array of the other. */
  readonly complex?: { readonly part: "re" | "im"; readonly partner: AnyField } | undefined;
  /** True where cells beyond two walls are read. */
  readonly corners: boolean;
}

/** Sets the halo of a field beyond the walls that the block touches, axis after axis. */
export class Rim {
  readonly #fill: WallFill;
  readonly #texts: readonly TextWall[];

  /** **Collective.** @param name of the conditions, for error texts @throws UsageError, CompileError */
  constructor(field: AnyField, name: string, conditions: Conditions, width: number, options: RimOptions) {
    const { grid } = field;
    const all = wallsOf(conditions, ({ wall }) => wall);
    checkDepth('Pde: "boundary"', grid, all, width);
    const isImaginary = options.complex?.part === "im";
    const numbers = wallsOf(conditions, ({ wall, texts }) => {
      // What a text sets is left alone, as what comes from the other end of an axis.
      if (texts) return { kind: "periodic" };
      return isImaginary ? imaginaryPartOf(wall) : wall;
    });
    this.#fill = new WallFill(field, numbers, width);
    this.#texts = grid.shape.flatMap((_, axis) =>
      sides.flatMap((side) => {
        const condition = conditions[axis]![side];
        if (!condition.texts) return [];
        const title = `boundary of ${name} at ${sideName(grid, axis, side)}`;
        return [new TextWall(field, title, { axis, side }, condition, width, options)];
      }),
    );
  }

  /** Whether what lies beyond the walls depends on no other array. */
  get isAlone(): boolean {
    return this.#texts.every((text) => text.isAlone);
  }

  /** Computes the numbers of the grid that texts need. **Collective.** */
  prepare(numbers: Numbers): void {
    for (const text of this.#texts) text.prepare(numbers);
  }

  /** Sets the halo beyond the walls of an axis, after the exchange along it. **Local.** */
  run(axis: number): void {
    this.#fill.run(axis);
    for (const text of this.#texts) if (text.axis === axis) text.run();
  }

  /** **Local.** */
  free(): void {
    this.#fill.free();
    for (const text of this.#texts) text.free();
  }
}

function wallsOf(conditions: Conditions, wallOf: (condition: SideCondition) => Wall): Walls {
  return conditions.map(({ low, high }) => ({ low: wallOf(low), high: wallOf(high) }));
}

/** What a real condition says of the imaginary part: what is added is 0. */
function imaginaryPartOf(wall: Wall): Wall {
  switch (wall.kind) {
    case "periodic":
    case "antiperiodic":
      return wall;
    case "mixed":
      return { ...wall, constant: 0 };
    default:
      return { ...wall, value: 0 };
  }
}

/** An end of an axis. */
interface Place {
  readonly axis: number;
  readonly side: Side;
}

/** The size across a side of the cells at it. */
function widthAt({ axes, shape }: Grid, { axis, side }: Place): number {
  return axes[axis]!.width(side === "low" ? 0 : shape[axis]! - 1);
}

/**
 * A side whose values are texts: a sweep over the cells along the side, each of which sets all layers beyond it.
 *
 *     layer of the array   -2 | -1 || 0 | 1 | 2      || the wall
 *
 * All arrays of the sweep have the same index; each has the pointer of its own layer. Fields that the texts name have that
 * of the layer inside the wall, the coordinate across the wall is that of the wall.
 */
class TextWall {
  readonly axis: number;
  readonly #code: Code;
  readonly #execution: Execution;
  readonly #sweep: (() => void) | undefined;
  readonly #temporaries: AnyField[] = [];
  #wallPtr: number | undefined;

  constructor(
    field: AnyField,
    name: string,
    place: Place,
    condition: SideCondition,
    width: number,
    options: RimOptions,
  ) {
    const { setting, complex, corners } = options;
    const { domain } = setting;
    const { grid } = domain;
    const { axis, side } = place;
    this.axis = axis;
    const meaning = new Meaning({ ...setting.sideScope, axes: domain.axes, use: "local" }, domain.dtype);
    const program = wallProgram(meaning, name, condition, width, widthAt(grid, place), complex?.part);
    if (corners) expectAlone(program, name);
    const code = new Code(program, domain);
    this.#code = code;
    this.#execution = new Execution(code, {
      ...setting,
      overlap: false,
      fieldOf: (array) => {
        const layer = layerOf(array);
        if (layer === undefined) return setting.fieldOf(array);
        return layer.array === "partner" ? complex!.partner : field;
      },
      // What is computed meanwhile has intermediate results as well.
      temporaryOf: (n) => {
        this.#temporaries[n] ??= grid.field(0, { dtype: domain.dtype });
        return this.#temporaries[n];
      },
    });
    if (grid.atWall(axis, side)) this.#sweep = this.#bind(code, place, width, options);
  }

  /** Whether the text names no field. */
  get isAlone(): boolean {
    return this.#code.program.arrays.every(({ kind, name }) => kind !== "field" || /^#(halo|inside) /.test(name));
  }

  /** The sweep along the side, which is the last of the program. */
  #bind(code: Code, { axis, side }: Place, width: number, { setting, corners }: RimOptions): () => void {
    const { domain } = setting;
    const { grid, layout, size } = domain;
    const { program } = code;
    const ptr = memory.alloc(16);
    this.#wallPtr = ptr;
    memory[domain.dtype](ptr, 1)[0] = grid.bounds[axis]![side === "low" ? 0 : 1];
    const stride = layout.strides[axis]! * size;
    const last = grid.blockShape[axis]! - 1;
    const pointerOf = (array: number) => {
      const { kind, axis: along, name } = program.arrays[array]!;
      if (kind === "along") return along === axis ? ptr : this.#execution.pointerOf(array);
      const depth = layerOf(name)?.depth ?? 0;
      return this.#execution.pointerOf(array) + stride * (side === "low" ? depth : last - depth);
    };
    const box = grid.blockShape.flatMap((cells, across) => {
      if (across === axis) return [0, 1];
      return corners && across < axis ? [-width, cells + width] : [0, cells];
    });
    const step = program.steps.at(-1) as Extract<Program["steps"][number], { kind: "sweep" }>;
    return code.bind(step.cell, pointerOf, this.#execution.parametersPtr, box).run;
  }

  /** Computes the numbers of the grid that the texts need. **Collective.** */
  prepare(numbers: Numbers): void {
    this.#execution.runButLast(numbers);
  }

  /** Sets the layers beyond the side. **Local.** */
  run(): void {
    this.#sweep?.();
  }

  /** **Local.** */
  free(): void {
    this.#execution.free();
    this.#code.free();
    for (const field of this.#temporaries) field.free();
    if (this.#wallPtr !== undefined) memory.free(this.#wallPtr);
  }
}

/** The arrays of the program of a wall: layers of the halo, and layers inside, of the array and of its partner. */
function layerOf(name: string): { readonly array: string; readonly depth: number } | undefined {
  const [, array, number] = /^#(halo|inside|partner) (\d+)$/.exec(name) ?? [];
  if (array === undefined) return undefined;
  return { array, depth: array === "halo" ? -Number(number) : Number(number) };
}

/** What the layers of the halo are. */
function wallProgram(
  meaning: Meaning,
  name: string,
  { wall, texts = {} }: SideCondition,
  width: number,
  dx: number,
  part: "re" | "im" | undefined,
): Program {
  const { graph } = meaning;
  const read = (text: string | undefined, otherwise: unknown): Scalar => {
    const value = text === undefined ? { re: graph.constant(otherwise as number) } : meaning.readScalar(name, text);
    if (value.im === undefined || part !== undefined) return value;
    const todo = "Use re(...), im(...) or abs(...) of it.";
    throw wrong(`Pde: "${name}"`, "a real value of a real field", `the complex ${JSON.stringify(text)}`, todo);
  };
  const value = read(texts.value, "value" in wall ? wall.value : 0);
  const constant = read(texts.constant, wall.kind === "mixed" ? wall.constant : 0);
  const inside = (depth: number): Scalar => {
    const field = graph.field(`#inside ${depth}`);
    if (part === undefined) return { re: field };
    const partner = graph.field(`#partner ${depth}`);
    return part === "re" ? { re: field, im: partner } : { re: partner, im: field };
  };
  const layers: Scalar[] = [];
  for (let h = 1; h <= width; h++)
    layers.push(layerBeyond(graph, wall.kind, h, dx, { value, constant, inside, layers }));
  const cells = layers.map((layer, i): Target => {
    return { name: `#halo ${i + 1}`, node: part === "im" ? imaginaryOf(graph, layer) : realOf(graph, layer) };
  });
  return programOf(graph, { axes: meaning.scope.axes.length, cells });
}

/** The values that a layer depends on. */
interface Inputs {
  readonly value: Scalar;
  readonly constant: Scalar;
  readonly inside: (depth: number) => Scalar;
  /** The layers before this one. */
  readonly layers: readonly Scalar[];
}

/** The h-th layer beyond a wall; as the walls of numbers. */
function layerBeyond(graph: Graph, kind: Wall["kind"], h: number, dx: number, inputs: Inputs): Scalar {
  const { value, constant, inside, layers } = inputs;
  const scale = (a: Scalar, factor: number) => mapParts(a, (id) => graph.scale(id, factor));
  const reach = (2 * h - 1) * dx;
  const mirrored = inside(h - 1);
  switch (kind) {
    case "value":
      return subtract(graph, scale(value, 2), mirrored);
    case "derivative":
      return add(graph, mirrored, scale(value, reach));
    case "curvature": {
      const at = (layer: number) => (layer > 0 ? layers[layer - 1]! : inside(-layer));
      const bend = scale(value, dx * dx);
      return add(graph, subtract(graph, scale(at(h - 1), 2), at(h - 2)), bend);
    }
    default: {
      if (h > 1) {
        // The value on the wall is the mean of the cells beside it.
        const mean = scale(add(graph, layers[0]!, inside(0)), 0.5);
        const slope = subtract(graph, constant, multiply(graph, value, mean));
        return add(graph, mirrored, scale(slope, reach));
      }
      const two = { re: graph.constant(2) };
      const step = scale(value, dx);
      const above = add(graph, scale(constant, 2 * dx), multiply(graph, subtract(graph, two, step), mirrored));
      return divide(graph, above, add(graph, two, step));
    }
  }
}

/** @throws UsageError for texts with fields whose values in the corners beyond two walls are not defined */
function expectAlone({ arrays }: Program, name: string): void {
  const field = arrays.find((array) => array.kind === "field" && !array.name.startsWith("#"));
  if (!field) return;
  const todo = "Use laplace without corners, or texts of coordinates, t and numbers of the grid.";
  throw wrong(`Pde: "${name}"`, "no field where an operator reads the corners of the grid", field.name, todo);
}
