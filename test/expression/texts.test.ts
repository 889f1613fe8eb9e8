/** Random and mutated texts: none crashes or hangs, none is accepted that is wrong, and all mean what they say. */
import { describe, expect, it } from "vitest";
import { CompileError } from "../../src/errors.js";
import { emit } from "../../src/expression/emit.js";
import type { Dtype, Program } from "../../src/expression/program.js";
import { programOf } from "../../src/expression/stages.js";
import { parseExpression } from "../../src/expression/text/grammar.js";
import { kernelProgram, readKernel } from "../../src/expression/text/kernel.js";
import { Meaning } from "../../src/expression/text/meaning.js";
import { realOf } from "../../src/expression/text/scalar.js";
import type { Scope } from "../../src/expression/text/space.js";
import { blockOf, compile, difference } from "../harness/cells.js";
import { isFull } from "../harness/effort.js";
import { randomOf } from "../oracle/mpdata.js";
import { evaluateText } from "./evaluate.js";
import { isSentence, mutate, type Plane, pick, type Random, randomText, randomWords, valuesOf } from "./texts.js";
import { World } from "./world.js";

const shape = [3, 4] as const;
const world = new World({
  shape,
  bounds: [
    [0, 0.75],
    [0, 1],
  ],
  periodic: [true, true],
});
const scope: Scope = {
  where: "Pde",
  axes: world.axes,
  use: "equation",
  fields: { c: "real", u: "real" },
  constants: ["D"],
  conditionOf: () => "walls",
};

const random = randomOf(14);
const cells = world.cells();
const data = { c: cells.map(() => 4 * random() - 2), u: cells.map(() => 3 * random()) };
const plane: Plane = {
  shape,
  spacing: 0.25,
  values: {
    ...data,
    D: 0.7,
    t: 1.5,
    x: cells.map((index) => world.coordinates(index).x!),
    y: cells.map((index) => world.coordinates(index).y!),
  },
};

function compiled(text: string, dtype: Dtype = "f64", fixed?: readonly string[]) {
  const meaning = new Meaning(scope, dtype);
  const value = meaning.readScalar("c", text);
  const cells = [{ name: "q", node: realOf(meaning.graph, value) }];
  return programOf(meaning.graph, { axes: 2, cells, ...(fixed ? { fixed } : {}) });
}

/** The error of a text, `undefined` for one that is right; anything but an error of the text is thrown. */
function refusalOf(run: () => unknown): string | undefined {
  try {
    run();
  } catch (error) {
    if (!(error instanceof CompileError)) throw error;
    return error.message;
  }
  return undefined;
}

const fieldsOf = () => ({
  c: world.array((_, place) => data.c[place]!),
  u: world.array((_, place) => data.u[place]!),
});

/** Runs a text by its program. */
function run(text: string, fixed?: readonly string[]): number[] {
  const { results } = world.run(compiled(text, "f64", fixed), fieldsOf(), { D: 0.7, t: 1.5 }, () => ({}));
  return world.inside(results.q!);
}

/** Zeros of both signs are equal, NaN too. */
const isSame = (a: readonly number[], b: readonly number[]) =>
  a.every((value, i) => value === b[i] || (Number.isNaN(value) && Number.isNaN(b[i])));

const count = isFull ? 100_000 : 4000;

describe("random texts", { timeout: 900_000 }, () => {
  it("that are right mean what they say, to the last bit", () => {
    const source = randomOf(1);
    for (let n = 0; n < count / 10; n++) {
      const text = randomText(source);
      expect(isSentence(text), text).toBe(true);
      const expected = valuesOf(text, plane);
      // With and without values that are computed once.
      const got = run(text, n % 2 === 0 ? ["D", ...pick(source, [[], ["c"]])] : undefined);
      if (!isSame(got, expected)) expect.fail(`${text}: expected ${expected}, got ${got}`);
    }
  });

  it("are refused where they are no sentences, and nowhere else", () => {
    const source = randomOf(2);
    let accepted = 0;
    for (let n = 0; n < count; n++) {
      const text = n % 4 === 0 ? randomWords(source) : mutate(source, randomText(source, 3));
      const refusal = refusalOf(() => parseExpression({ where: "Pde", text }));
      if ((refusal === undefined) !== isSentence(text)) expect.fail(`${JSON.stringify(text)}: ${refusal}`);
      if (refusal !== undefined) expectShown(refusal, text);
      else accepted++;
    }
    expect(accepted).toBeGreaterThan(count / 20);
  });

  it("that were changed are refused at a place, or mean what they say", () => {
    const source = randomOf(3);
    let accepted = 0;
    for (let n = 0; n < count; n++) {
      const text = mutate(source, randomText(source, 3));
      const refusal = refusalOf(() => compiled(text));
      if (refusal !== undefined) {
        expectShown(refusal, text);
        continue;
      }
      accepted++;
      if (
        n % 4 !== 0 ||
        /[[.]|noise|true|false|gradient\(|vector|dot|div|divergence/.test(text.replace(/\d\.|\.\d/g, ""))
      )
        continue;
      const [got, expected] = [run(text), valuesOf(text, plane)];
      if (!isSame(got, expected)) expect.fail(`${text}: expected ${expected}, got ${got}`);
    }
    expect(accepted).toBeGreaterThan(count / 10);
  });

  it("give compiled the bits of the oracle", () => {
    const source = randomOf(4);
    for (const dtype of ["f64", "f32"] as const) {
      for (let n = 0; n < count / 500; n++) {
        const programs = Array.from({ length: 10 }, () => compiled(randomText(source), dtype));
        const samples = programs.flatMap(({ arrays, parameters, steps }) =>
          steps.flatMap((step) => {
            if (step.kind !== "sweep" || parameters.length > 3) return [];
            return [{ cell: step.cell, kinds: arrays.map(({ axis }) => axis), dtype, axes: 2 }];
          }),
        );
        for (const sample of samples) {
          const block = blockOf(sample, [3, 5]);
          const [sweep] = compile([sample.cell], block.layout);
          const found = difference(sample, sweep!, block, [0, 3, 0, 5], source);
          if (found) expect.fail(`${JSON.stringify(sample)}: ${found}`);
        }
      }
    }
  });
});

describe("random kernels", { timeout: 900_000 }, () => {
  it("are refused at a place, or are one sweep that sets fields", () => {
    const source = randomOf(6);
    let accepted = 0;
    for (let n = 0; n < count / 5; n++) {
      const words = ["u[1, 0]", "u[-1, 0]", "c[0, 2]", "q", "k", "a", "laplace(u)", "2", "x"];
      const statement = () =>
        `${pick(source, ["q", "r", "a", "u"])} = ${pick(source, words)} ${pick(source, ["+", "*", "-"])} ${pick(source, words)}`;
      const right = Array.from({ length: 1 + Math.floor(source() * 3) }, statement).join(pick(source, ["\n", "; "]));
      const text = source() < 0.5 ? right : mutate(source, right);
      let program: Program | undefined;
      const refusal = refusalOf(() => {
        program = kernelProgram(readKernel("Pde", text), world.axes, ["u", "c", "q", "r"], "f64");
      });
      if (refusal !== undefined) expectShown(refusal, text);
      else {
        accepted++;
        const sweeps = program!.steps.flatMap((step) => (step.kind === "sweep" ? [step.cell] : []));
        expect(sweeps).toHaveLength(1);
        // Refuses a field that is set and read elsewhere.
        emit(sweeps, { dtype: "f64", strides: [8, 1] });
      }
    }
    expect(accepted).toBeGreaterThan(count / 100);
  });
});

/** Checks that an error is a line of the grammar of errors, the line of the text, and a caret below it. */
function expectShown(message: string, text: string): void {
  const lines = message.split("\n");
  const [head, line, caret] = lines;
  const isRight =
    lines.length === 3 &&
    /^Pde.* expected .+, got .+\. \S/.test(head!) &&
    /^ {2}/.test(line!) &&
    /^\s+\^$/.test(caret!);
  if (!isRight) expect.fail(`${JSON.stringify(text)}: ${message}`);
}

const complexNames = { psi: { re: 0.7, im: -1.2 }, phi: { re: -0.4, im: 0.3 }, c: 1.3, D: 0.6 };

/** A text of complex numbers. */
function randomComplex(source: Random, deep = 3): string {
  const inner = () => randomComplex(source, deep - 1);
  if (deep <= 0 || source() < 0.15) return pick(source, ["psi", "phi", "c", "D", "i", "2", "0.5"]);
  const kind = source();
  if (kind < 0.5) return `(${inner()} ${pick(source, ["+", "-", "*", "/"])} ${inner()})`;
  if (kind < 0.6) return `-${inner()}`;
  if (kind < 0.7) return `(${inner()})^${pick(source, ["2", "3", "-1", "phi", "0.5"])}`;
  return `${pick(source, ["exp", "sin", "cos", "sinh", "cosh", "tanh", "tan", "sqrt", "log", "abs", "re", "im", "conj", "arg"])}(${inner()})`;
}

describe("texts of complex numbers", { timeout: 900_000 }, () => {
  it("mean what they say", () => {
    const source = randomOf(5);
    const point = new World({ shape: [1], periodic: [true] });
    const arrays = Object.fromEntries(
      Object.entries({ psi_re: 0.7, psi_im: -1.2, phi_re: -0.4, phi_im: 0.3, c: 1.3 }).map(([name, value]) => [
        name,
        point.array(() => value),
      ]),
    );
    let compared = 0;
    for (let n = 0; n < count / 5; n++) {
      const text = randomComplex(source);
      const meaning = new Meaning({
        ...scope,
        axes: point.axes,
        complex: true,
        fields: { psi: "complex", phi: "complex", c: "real" },
      });
      const value = meaning.readScalar("psi", text);
      const targets = (["re", "im"] as const).map((part) => ({
        name: part,
        node: value[part] ?? meaning.graph.constant(0),
      }));
      const program = programOf(meaning.graph, { axes: 1, cells: targets });
      const { results } = point.run(program, arrays, { D: 0.6 }, () => ({}));
      const [re, im] = [point.inside(results.re!)[0]!, point.inside(results.im!)[0]!];
      const expected = evaluateText(text, complexNames);
      // Roots and logarithms of negative real numbers are NaN where the text is real, and elsewhere on their cut.
      const size = Math.hypot(expected.re, expected.im);
      if (!(size < 1e6) || Number.isNaN(re) || /sqrt|log|\^phi|\^0.5|arg/.test(text)) continue;
      compared++;
      const distance = Math.hypot(re - expected.re, im - expected.im);
      if (!(distance <= 1e-9 * Math.max(1, size) * 1e3))
        expect.fail(`${text}: expected ${expected.re} ${expected.im}, got ${re} ${im}`);
    }
    expect(compared).toBeGreaterThan(count / 20);
  });

  it.each([
    ["sqrt(psi)", "exp(0.5*log(psi))"],
    ["sqrt(-psi)", "exp(0.5*log(-psi))"],
    ["sqrt(i)", "exp(i*pi/4)"],
    ["psi^phi", "exp(phi*log(psi))"],
    ["log(psi)", "log(abs(psi)) + i*arg(psi)"],
    ["tan(psi)", "sin(psi)/cos(psi)"],
  ])("%s is %s", (left, right) => {
    const meaning = new Meaning({
      ...scope,
      axes: [{ name: "x", spacing: 1 }],
      complex: true,
      fields: { psi: "complex", phi: "complex" },
    });
    const point = new World({ shape: [1], periodic: [true] });
    const arrays = Object.fromEntries(
      Object.entries({ psi_re: 0.7, psi_im: -1.2, phi_re: -0.4, phi_im: 0.3 }).map(([name, value]) => [
        name,
        point.array(() => value),
      ]),
    );
    const parts = [left, right].map((text) => {
      const value = meaning.readScalar("psi", text);
      const cells = (["re", "im"] as const).map((part) => ({
        name: part,
        node: value[part] ?? meaning.graph.constant(0),
      }));
      const { results } = point.run(programOf(meaning.graph, { axes: 1, cells }), arrays, {}, () => ({}));
      return [point.inside(results.re!)[0]!, point.inside(results.im!)[0]!];
    });
    expect(parts[0]![0]).toBeCloseTo(parts[1]![0]!, 13);
    expect(parts[0]![1]).toBeCloseTo(parts[1]![1]!, 13);
  });
});
