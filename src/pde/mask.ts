/** Cells that take no part. */
import { expectKeys, show, showAll, wrong } from "../argument.js";
import type { Id } from "../expression/graph.js";
import type { Meaning } from "../expression/text/meaning.js";
import { namesWord } from "../expression/text/words.js";
import { type AnyField, expectCells, Field } from "../grid/field.js";
import { extreme, type Figures } from "../grid/figures.js";
import { Evaluation } from "./programs/evaluation.js";
import { type Faces, openCells, type Problem } from "./programs/problem.js";
import type { Rates } from "./programs/stage.js";
import type { State } from "./programs/state.js";
import { Watch } from "./programs/watch.js";
import { type NoiseFields, noiseFields } from "./sources/noise.js";

/** Which cells are open, those in which a text of coordinates or a field is not 0, and what these see of closed ones. */
export type Mask =
  | string
  | Field
  | {
      readonly open: string | Field;
      /** Default: `frozen`, closed cells are read as they are. */
      readonly faces?: Faces;
      /**
       * Whether the text or the field is looked at anew at the start of each step; the text may name unknowns then, which it
       * reads in closed cells as well. A cell that opens goes on from the value that it has kept. Default: false.
       */
      readonly dynamic?: boolean;
    };

/** A mask as it is worked with. */
export interface ParsedMask {
  readonly open: string | Field;
  readonly faces: Faces;
  readonly dynamic: boolean;
}

/** @throws UsageError */
export function parseMask(where: string, mask: unknown): ParsedMask | undefined {
  if (mask === undefined) return undefined;
  if (typeof mask === "string" || mask instanceof Field) return { open: mask, faces: "frozen", dynamic: false };
  const at = `${where}: "mask"`;
  if (typeof mask !== "object" || mask === null) {
    throw wrong(at, "a text, a field, or { open, faces }", show(mask), 'Write "hypot(x, y) > 1", for example.');
  }
  expectKeys(at, mask, ["open", "faces", "dynamic"]);
  const { open, faces = "frozen", dynamic = false } = mask as { open: unknown; faces?: Faces; dynamic?: boolean };
  if (typeof open !== "string" && !(open instanceof Field)) {
    throw wrong(`${where}: "mask.open"`, "a text or a field", show(open), 'Write "hypot(x, y) > 1", for example.');
  }
  if (typeof dynamic !== "boolean") {
    throw wrong(`${where}: "mask.dynamic"`, "true or false", show(dynamic), "Leave it out for false.");
  }
  const isWall = typeof faces === "object" && faces !== null && Object.keys(faces).length === 1;
  const isValue = isWall && "value" in faces && Number.isFinite(faces.value);
  const isFlux = isWall && "derivative" in faces && faces.derivative === 0;
  if (faces === "frozen" || isValue || isFlux) return { open, faces, dynamic };
  throw wrong(`${where}: "mask.faces"`, '"frozen", { derivative: 0 } or { value }', showAll(faces), "Use one of them.");
}

/** True where a text names the time. */
const namesTime = (text: string) => namesWord(text, "t");

/** Which cells of a problem are open. */
export class OpenCells {
  /** Not 0 in open cells. */
  readonly field: AnyField;
  readonly isDynamic: boolean;
  readonly #problem: Problem;
  readonly #source: Field | undefined;
  readonly #watch: Watch | undefined;

  /**
   * Closes cells of a problem; where the mask is dynamic, only {@link update} does. **Collective.**
   * @throws UsageError, CompileError
   */
  constructor(problem: Problem, state: State, noise: NoiseFields, { open, faces, dynamic }: ParsedMask) {
    const { grid, dtype } = problem.domain;
    const uneven = grid.axes.find((axis) => axis.faces);
    if (uneven && faces !== "frozen" && "value" in faces) {
      // The wall is not in the middle of the centres beside it.
      const expected = `"frozen" or { derivative: 0 } where cells differ in size along ${uneven.name}`;
      throw wrong('Pde: "mask.faces"', expected, "a value", "Use one of them.");
    }
    if (open instanceof Field) {
      if (open.grid !== grid) {
        throw wrong(
          'Pde: "mask"',
          "a field of the grid of solve()",
          "one of another grid",
          "Make it with grid.field().",
        );
      }
      expectCells('Pde: "mask"', open);
      open.expectInUse();
    }
    if (typeof open === "string" && !dynamic && namesTime(open)) {
      const todo = "Write { open, dynamic: true } for one that changes with the time.";
      throw wrong('Pde: "mask"', "a text of coordinates and constants", JSON.stringify(open), todo);
    }
    const meaning = open instanceof Field ? undefined : problem.meaning("equation", dynamic);
    const cells = meaning && new Map([["mask", openNode(problem, meaning, open as string)]]);
    // What is refused is so before: the field would stay in memory.
    this.#problem = problem;
    this.isDynamic = dynamic;
    this.field = grid.field(1, { dtype }) as AnyField;
    if (open instanceof Field) {
      this.#source = open;
      if (!dynamic) this.#copy(open);
    } else if (dynamic) this.#watch = new Watch(problem, state, meaning!, cells!, new Map(), noise.fieldOf);
    else evaluateInto(this.field, problem, meaning!, cells!);
    try {
      problem.close(this.field, faces);
    } catch (error) {
      this.free();
      throw error;
    }
  }

  /** Says anew which cells are open, at the time of the unknowns; only where the mask is dynamic. **Collective.** */
  update(time: number): void {
    if (!this.isDynamic) return;
    if (this.#source) this.#copy(this.#source);
    else {
      this.#watch!.run(time);
      this.field.data.set(this.#watch!.field("mask").data as never);
    }
    this.#problem.countOpen();
  }

  #copy(source: Field): void {
    // What is no number is refused where open cells are counted.
    this.field.set(source.interior().map((value) => (Number.isNaN(value) ? value : Number(value !== 0))));
  }

  /** **Local.** */
  free(): void {
    this.#watch?.free();
    this.field.free();
  }
}

/** 1 where a text is not 0, else 0; NaN where the text is. @throws CompileError */
function openNode(problem: Problem, meaning: Meaning, text: string): Id {
  const [id] = problem.read(meaning, "mask", text, "real");
  const { graph } = meaning;
  const open = graph.select(id!, graph.constant(1), graph.constant(0));
  return graph.select(graph.binary("ne", id!, id!), graph.constant(Number.NaN), open);
}

/** Sets a field to the one value of some, once. **Collective.** */
function evaluateInto(field: AnyField, problem: Problem, meaning: Meaning, cells: ReadonlyMap<string, Id>): void {
  const noise = noiseFields(problem.domain);
  const sources = { fieldOf: () => undefined, noiseOf: noise.fieldOf };
  const evaluation = new Evaluation(problem, meaning, cells, new Map(), sources);
  evaluation.run();
  for (const name of cells.keys()) field.data.set(evaluation.field(name).data as never);
  evaluation.free();
  noise.free();
}

/** Rates that are 0 in closed cells. */
export function maskedRates(rates: Rates): Rates {
  const { graph } = rates.meaning;
  const open = graph.field(openCells);
  const values = Array.from(rates.values, ([name, rate]): [string, Id] => {
    return [name, graph.select(open, rate, graph.constant(0))];
  });
  return { ...rates, values: new Map(values) };
}

/** The extremes and the exact sum of the cells that a mask leaves open; extremes of none are NaN. **Collective.** */
export function figuresOfOpen(field: AnyField, open: AnyField): Figures {
  const { grid, dtype } = field;
  const cells = open.interior();
  let [min, max] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  const values = field.interior().map((value, i) => {
    if (cells[i] === 0) return 0;
    [min, max] = [Math.min(min, value), Math.max(max, value)];
    return value;
  });
  const opened = grid.field(values, { dtype });
  const sum = opened.sum();
  opened.free();
  const [least, greatest] = [extreme(grid.comm, min, "min"), extreme(grid.comm, max, "max")];
  const isNone = least > greatest;
  return { min: isNone ? Number.NaN : least, max: isNone ? Number.NaN : greatest, sum };
}
