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

/** A readable text of a program, a line for each step and each value that is stored or used twice. */
export function listing(program: Program): string {
  return program.steps.flatMap((step) => linesOf(program, step)).join("\n");
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

/** The lines of a cell: values that are used twice have a name, the others stand where they are used. */
function cellLines(program: Program, { nodes, stores }: Cell, target: (place: number) => string): string[] {
  const uses = new Array<number>(nodes.length).fill(0);
  for (const node of nodes) for (const operand of operandsOf(node)) uses[operand]!++;
  for (const { node } of stores) uses[node]!++;
  const lines: string[] = [];
  const words: Words[] = [];
  let names = 0;
  for (const [place, node] of nodes.entries()) {
    const made = wordsOf(program, node, words);
    if (uses[place]! > 1 && operandsOf(node).length > 0) {
      const name = `_${++names}`;
      lines.push(`${name} = ${made.text}`);
      words.push({ text: name, binds: atomic });
    } else words.push(made);
  }
  for (const { array, node } of stores) lines.push(`${target(array)} = ${words[node]!.text}`);
  return lines;
}

function wordsOf({ arrays, parameters }: Program, node: Node, words: readonly Words[]): Words {
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
