/** The part of the page that solves equations given as text. */
import { Pde, type StepperName } from "wasm-mpi/browser";
import { type Problem, solveCommandOf } from "./command.js";
import { element } from "./element.js";
import { Player } from "./player.js";

const text = (id: string) => element(id, HTMLTextAreaElement);
const told = (id: string) => element(id, HTMLOutputElement);

/** Milliseconds without a key after which a text is solved. */
const rest = 50;

/** Equations to begin with. */
const examples = [
  {
    title: "Cahn-Hilliard: two liquids part",
    texts: "c = laplace(c^3 - c - laplace(c))",
    initial: "c = 0.2 * sin(0.61 * x + 0.3 * y) * cos(0.47 * y - 0.2 * x) + 0.2 * sin(0.9 * x - 0.7 * y)",
    stepper: "euler",
  },
  {
    title: "Diffusion",
    texts: "c = 0.5 * laplace(c)",
    initial: "c = exp(-((x - 64)^2 + (y - 64)^2) / 50)",
    stepper: "euler",
  },
  {
    title: "Swift-Hohenberg: stripes",
    texts: "c = -0.7 * c - 2 * laplace(c) - laplace(laplace(c)) - c^3",
    initial: "c = 0.1 * sin(0.61 * x + 0.3 * y) * cos(0.47 * y - 0.2 * x) + 0.1 * sin(0.9 * x - 0.7 * y)",
    stepper: "euler",
  },
  {
    title: "A wave",
    texts: "u = v\nv = laplace(u)",
    initial: "u = exp(-((x - 50)^2 + (y - 64)^2) / 40)\nv = 0",
    stepper: "rk4",
  },
] as const;

/** Lines `name = text` as an object. @throws Error for a line without a sign */
function entriesOf(text: string, what: string): Record<string, string> {
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  return Object.fromEntries(
    lines.map((line) => {
      const sign = line.indexOf("=");
      if (sign < 1) throw new Error(`${what}: expected a line "name = text", got "${line.trim()}". Write c = 0.`);
      return [line.slice(0, sign).trim(), line.slice(sign + 1).trim()];
    }),
  );
}

function take(index: number): void {
  const { texts, initial, stepper } = examples[index]!;
  text("texts").value = texts;
  text("initial").value = initial;
  element("dt", HTMLInputElement).value = "auto";
  element("stepper", HTMLSelectElement).value = stepper;
}

/** @throws Error, CompileError with a caret */
function chosen(): Problem {
  const equations = entriesOf(text("texts").value, "Equations");
  // What is wrong in a text is found here at once, whoever is to solve it.
  new Pde(equations);
  return {
    equations,
    initial: entriesOf(text("initial").value, "Start"),
    dt: element("dt", HTMLInputElement).value.trim(),
    stepper: element("stepper", HTMLSelectElement).value as StepperName,
    size: Number(element("cells", HTMLSelectElement).value),
  };
}

/** Starts it. */
export function startEquations(): void {
  const choice = element("example", HTMLSelectElement);
  const player = new Player<Problem>({
    work: "march",
    ids: {
      ...{ form: "problem", run: "solve", step: "solve-step", ranks: "solve-ranks", canvas: "solution" },
      ...{ digest: "solve-digest", command: "solve-command", error: "problem-error" },
    },
    chosen,
    commandOf(problem, { time }) {
      told("solve-time").value = String(time);
      return solveCommandOf(problem, time);
    },
    tell(_, { time, step }, taken) {
      const steps = `${taken} ${taken === 1 ? "step" : "steps"} a picture`;
      told("progress").value = `time ${time.toPrecision(4)}, step ${step}, ${steps}`;
    },
  });
  for (const [index, { title }] of examples.entries()) choice.add(new Option(title, String(index)));
  choice.onchange = () => {
    take(Number(choice.value));
    player.begin();
  };
  /** A text is solved when nothing was typed for a while. */
  let later: ReturnType<typeof setTimeout> | undefined;
  element("problem", HTMLFormElement).oninput = ({ target }) => {
    if (target === choice) return;
    clearTimeout(later);
    later = setTimeout(() => player.begin(), rest);
  };
  take(0);
  player.begin();
}
