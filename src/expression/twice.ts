/**
 * Two steps of a program as one: what the first one stores is read by the second, and lies in arrays of the program's own
 * between them. Fused, they go through memory once, and one exchange of a wider halo serves both:
 *
 *     halo of c, 1 layer, sweep: next of c       ->    halo of c, 2 layers
 *     halo of next, 1 layer, sweep: c of next          in one pass: middle of c, next of middle
 */
import type { Cell, Node, Program, ProgramArray, Step } from "./program.js";

/** The name of a parameter as it is in the second of two steps. */
export function laterName(name: string): string {
  return `#later ${name}`;
}

/**
 * A program of halos and sweeps, twice; `undefined` for any other.
 * @param becomes - arrays that are read, and those that are stored, which the second step reads in their place
 * @param changing - the parameters that are others in the second step, where they are called {@link laterName}
 */
export function twice(
  program: Program,
  becomes: ReadonlyMap<number, number>,
  changing: readonly string[],
): Program | undefined {
  if (program.setup.length > 0 || program.steps.some(({ kind }) => kind !== "halo" && kind !== "sweep"))
    return undefined;
  const arrays: ProgramArray[] = [...program.arrays];
  const add = (array: number) => arrays.push({ ...arrays[array]!, name: "", kind: "temporary" }) - 1;
  // By the array that is stored: what the first step stores in its place, and what the second one does.
  const results = [...becomes.values()];
  const middles = new Map(results.map((array) => [array, add(array)]));
  const temporaries = [...program.arrays.keys()].filter((array) => program.arrays[array]!.kind === "temporary");
  const copies = new Map(temporaries.map((array) => [array, add(array)]));
  const parameters = [...program.parameters];
  const laters = new Map(
    changing.flatMap((name): [number, number][] => {
      const index = parameters.findIndex((parameter) => parameter.name === name);
      return index < 0 ? [] : [[index, parameters.push({ name: laterName(name) }) - 1]];
    }),
  );
  const first: Places = {
    read: (array) => array,
    store: (array) => middles.get(array) ?? array,
    number: (index) => index,
  };
  const second: Places = {
    read: (array) => middles.get(becomes.get(array) ?? -1) ?? copies.get(array) ?? array,
    store: (array) => copies.get(array) ?? array,
    number: (index) => laters.get(index) ?? index,
  };
  const steps = program.steps.map((step) => placed(step, first));
  for (const step of program.steps) {
    // What no step stores has its halo.
    if (step.kind === "halo" && second.read(step.array) === step.array) continue;
    steps.push(placed(step, second));
  }
  return { ...program, arrays, parameters, steps };
}

/** Which arrays and parameters a step is of, by those of the program. */
interface Places {
  readonly read: (array: number) => number;
  readonly store: (array: number) => number;
  readonly number: (index: number) => number;
}

function placed(step: Step, { read, store, number }: Places): Step {
  if (step.kind === "halo") {
    const { array, partner } = step;
    return { ...step, array: read(array), ...(partner === undefined ? {} : { partner: read(partner) }) };
  }
  if (step.kind !== "sweep") return step;
  const { nodes, stores } = step.cell;
  const cell: Cell = {
    nodes: nodes.map((node): Node => {
      if (node.op === "load") return { ...node, array: read(node.array) };
      return node.op === "parameter" ? { ...node, index: number(node.index) } : node;
    }),
    stores: stores.map(({ array, node }) => ({ array: store(array), node })),
  };
  return { kind: "sweep", cell };
}
