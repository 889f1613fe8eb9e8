/** Cells that take no part. */
import { expectKeys, show, showAll, wrong } from "../argument.js";
import type { Id } from "../expression/graph.js";
import { type AnyField, Field } from "../grid/field.js";
import { Evaluation } from "./programs/evaluation.js";
import { type Faces, openCells, type Problem } from "./programs/problem.js";
import type { Rates } from "./programs/stage.js";
import { noiseFields } from "./sources/noise.js";

/** Which cells are open, those in which a text of coordinates or a field is not 0, and what these see of closed ones. */
export type Mask =
  | string
  | Field
  | {
      readonly open: string | Field;
      /** Default: `frozen`, closed cells are read as they are. */
      readonly faces?: Faces;
    };

/** A mask as it is worked with. */
export interface ParsedMask {
  readonly open: string | Field;
  readonly faces: Faces;
}

/** @throws UsageError */
export function parseMask(where: string, mask: unknown): ParsedMask | undefined {
  if (mask === undefined) return undefined;
  if (typeof mask === "string" || mask instanceof Field) return { open: mask, faces: "frozen" };
  const at = `${where}: "mask"`;
  if (typeof mask !== "object" || mask === null) {
    throw wrong(at, "a text, a field, or { open, faces }", show(mask), 'Write "hypot(x, y) > 1", for example.');
  }
  expectKeys(at, mask, ["open", "faces"]);
  const { open, faces = "frozen" } = mask as { open: unknown; faces?: Faces };
  if (typeof open !== "string" && !(open instanceof Field)) {
    throw wrong(`${where}: "mask.open"`, "a text or a field", show(open), 'Write "hypot(x, y) > 1", for example.');
  }
  const isWall = typeof faces === "object" && faces !== null && Object.keys(faces).length === 1;
  const isValue = isWall && "value" in faces && Number.isFinite(faces.value);
  const isFlux = isWall && "derivative" in faces && faces.derivative === 0;
  if (faces === "frozen" || isValue || isFlux) return { open, faces };
  throw wrong(`${where}: "mask.faces"`, '"frozen", { derivative: 0 } or { value }', showAll(faces), "Use one of them.");
}

/** Closes cells of a problem. **Collective.** @returns the field of open cells @throws UsageError, CompileError */
export function closeCells(problem: Problem, { open, faces }: ParsedMask): AnyField {
  const { grid, dtype } = problem.domain;
  const field = grid.field(0, { dtype }) as AnyField;
  if (open instanceof Field) {
    if (open.grid !== grid) {
      throw wrong('Pde: "mask"', "a field of the grid of solve()", "one of another grid", "Make it with grid.field().");
    }
    field.set(open.interior().map((value) => Number(value !== 0)));
  } else {
    const meaning = problem.meaning("equation", false);
    const [id] = problem.read(meaning, "mask", open, "real");
    const { graph } = meaning;
    const node = graph.select(id!, graph.constant(1), graph.constant(0));
    const noise = noiseFields(problem.domain);
    const sources = { fieldOf: () => undefined, noiseOf: noise.fieldOf };
    const evaluation = new Evaluation(problem, meaning, new Map([["mask", node]]), new Map(), sources);
    evaluation.run();
    field.data.set(evaluation.field("mask").data as never);
    evaluation.free();
    noise.free();
  }
  problem.close(field, faces);
  return field;
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
