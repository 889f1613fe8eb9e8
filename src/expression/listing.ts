/** Programs in words: halos and reductions in order, and what each sweep computes, in the language itself. */
import { type Cell, type Node, operandsOf, type Program } from "./program.js";

/** How tightly the text of a node binds. */
const [comparing, summing, multiplying, negating, atomic] = [1, 2, 3, 4, 5] as const;

const symbols: Readonly<Record<string, readonly [string, number]>> = {
  add: ["+", summing],
  sub: ["-", summing],
  mul: ["*", multiplying],
  div: ["/", multiplying],
  lt: ["<", comparing],
  le: ["<=", comparing],
  gt: [">", comparing],
  ge: [">=", comparing],
  eq: ["==", comparing],
  ne: ["!=", comparing],
};

interface Words {
  readonly text: string;
  readonly binds: number;
}

/** What cells of a program name. */
type Names = Pick<Program, "arrays" | "parameters">;

/** A readable text of a program, a line for each step and each value that is stored or used twice. */
export function listing(program: Program): string {
  const once = program.setup.map(({ cell }) => `once: ${textOf(program, cell)}`);
  return [...once, ...program.steps.flatMap((step) => linesOf(program, step))].join("\n");
}

/** The one value that a cell stores, behind those that it needs twice. */
export function textOf(names: Names, cell: Cell): string {
  const { lines, words } = valuesOf(names, cell);
  return [...lines, words[cell.stores[0]!.node]!.text].join("; ");
}

function linesOf(program: Program, step: Program["steps"][number]): string[] {
  const name = (array: number) => program.arrays[array]!.name;
  const number = (index: number) => program.parameters[index]!.name;
  switch (step.kind) {
    case "halo": {
      const layers = step.radius === 1 ? "1 layer" : `${step.radius} layers`;
      return [`halo of ${name(step.array)}, ${layers}, by ${step.condition}`];
    }
    case "sweep":
      return ["sweep", ...cellLines(program, step.cell, name).map((line) => `  ${line}`)];
    case "fused":
      return ["in one pass", ...step.fusion.cells.flatMap((cell) => linesOf(program, { kind: "sweep", cell }))];
    case "reduce":
      return [`${number(step.parameter)} = ${step.operation} of ${name(step.array)}`];
    case "numbers":
      return cellLines(program, step.cell, number);
  }
}

/** The lines of a cell: values that are used twice, and what is stored. */
function cellLines(names: Names, cell: Cell, target: (place: number) => string): string[] {
  const { lines, words } = valuesOf(names, cell);
  return [...lines, ...cell.stores.map(({ array, node }) => `${target(array)} = ${words[node]!.text}`)];
}

/** The values of a cell in words: those that are used twice have a line and a name, so that no text grows out of bounds. */
function valuesOf(
  names: Names,
  { nodes, stores }: Cell,
): { readonly lines: string[]; readonly words: readonly Words[] } {
  const uses = new Array<number>(nodes.length).fill(0);
  for (const node of nodes) for (const operand of operandsOf(node)) uses[operand]!++;
  for (const { node } of stores) uses[node]!++;
  const lines: string[] = [];
  const words: Words[] = [];
  for (const [place, node] of nodes.entries()) {
    const made = wordsOf(names, node, words);
    if (uses[place]! > 1 && operandsOf(node).length > 0) {
      const name = `_${lines.length + 1}`;
      lines.push(`${name} = ${made.text}`);
      words.push({ text: name, binds: atomic });
    } else words.push(made);
  }
  return { lines, words };
}

function wordsOf({ arrays, parameters }: Names, node: Node, words: readonly Words[]): Words {
  const inside = (place: number, least: number) =>
    words[place]!.binds >= least ? words[place]!.text : `(${words[place]!.text})`;
  const call = (name: string, args: readonly number[]) => ({
    text: `${name}(${args.map((arg) => words[arg]!.text).join(", ")})`,
    binds: atomic,
  });
  switch (node.op) {
    case "constant":
      return { text: String(node.value), binds: node.value < 0 || Object.is(node.value, -0) ? negating : atomic };
    case "parameter":
      return { text: parameters[node.index]!.name, binds: atomic };
    case "along":
      return { text: arrays[node.array]!.name, binds: atomic };
    case "load": {
      const { name } = arrays[node.array]!;
      const isHere = node.offset.every((step) => step === 0);
      return { text: isHere ? name : `${name}[${node.offset.join(", ")}]`, binds: atomic };
    }
    case "neg":
      return { text: `-${inside(node.a, atomic)}`, binds: negating };
    case "not":
      return { text: `${inside(node.a, summing)} == 0`, binds: comparing };
    case "select":
      return call("where", [node.test, node.a, node.b]);
    case "call":
      return call(node.name, node.args);
    default: {
      if (!("b" in node)) return call(node.op, [node.a]);
      const symbol = symbols[node.op];
      if (!symbol) return call(node.op, [node.a, node.b]);
      const [text, binds] = symbol;
      // Chains go from left to right; a sign stands in parentheses behind an operator.
      const least = binds === comparing ? summing : binds;
      const right = binds === comparing ? summing : words[node.b]!.binds === negating ? atomic : binds + 1;
      return { text: `${inside(node.a, least)} ${text} ${inside(node.b, right)}`, binds };
    }
  }
}
