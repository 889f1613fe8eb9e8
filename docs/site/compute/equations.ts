/** The part of the page that solves equations given as text. */
import { callback, type Field, Grid, type Moment, mpi, Pde, type StepperName } from "wasm-mpi/browser";
import { budget, element, nextFrame } from "./element.js";
import { coloured, Picture } from "./picture.js";

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

/** Starts it. */
export function startEquations(): void {
  const text = (id: string) => element(id, HTMLTextAreaElement);
  const error = element("problem-error", HTMLElement);
  const picture = new Picture(element("solution", HTMLCanvasElement));
  const button = element("solve", HTMLButtonElement);
  const choice = element("example", HTMLSelectElement);
  let isRunning = true;
  /** Ends the run before. */
  let ending = new AbortController();

  function take(index: number): void {
    const { texts, initial, stepper } = examples[index]!;
    text("texts").value = texts;
    text("initial").value = initial;
    element("dt", HTMLInputElement).value = "auto";
    element("stepper", HTMLSelectElement).value = stepper;
  }

  async function solve(): Promise<void> {
    ending.abort();
    ending = new AbortController();
    const { signal } = ending;
    error.textContent = "";
    try {
      const equations = entriesOf(text("texts").value, "Equations");
      const initial = entriesOf(text("initial").value, "Start");
      const length = element("dt", HTMLInputElement).value.trim();
      const n = Number(element("cells", HTMLSelectElement).value);
      const grid = new Grid(mpi.init(), { shape: [n, n], periodic: true });
      const [first] = Object.keys(equations);
      let begin = performance.now();
      let taken = 0;
      /** Draws, and says whether to go on when the next picture is due, and nobody has asked to pause. */
      const shown = async ({ time, step, fields }: Moment) => {
        picture.draw([coloured(fields[first!] as Field<"f64">)]);
        element("progress", HTMLOutputElement).value =
          `time ${time.toPrecision(4)}, step ${step}, ${taken} ${taken === 1 ? "step" : "steps"} a picture`;
        taken = 0;
        do await nextFrame();
        while (!isRunning && !signal.aborted);
        begin = performance.now();
        return signal.aborted ? "stop" : undefined;
      };
      const isDue = ({ step }: Moment) => step === 0 || performance.now() - begin > budget;
      const show = callback(
        (moment) => {
          if (moment.step > 0) taken++;
          return isDue(moment) ? shown(moment) : undefined;
        },
        { steps: 1 },
      );
      const dt = length === "auto" ? length : Number(length);
      const stepper = element("stepper", HTMLSelectElement).value as StepperName;
      const options = { grid, initial, until: 1e9, dt, stepper, track: [show], signal } as const;
      const { fields } = await new Pde(equations).solve(options);
      for (const field of Object.values(fields)) (field as Field<"f64">).free();
    } catch (cause) {
      if (!signal.aborted) error.textContent = (cause as Error).message;
    }
  }

  for (const [index, { title }] of examples.entries()) choice.add(new Option(title, String(index)));
  choice.onchange = () => {
    take(Number(choice.value));
    void solve();
  };
  button.onclick = () => {
    isRunning = !isRunning;
    button.textContent = isRunning ? "Pause" : "Run";
    button.setAttribute("aria-pressed", String(isRunning));
  };
  const form = element("problem", HTMLFormElement);
  form.onsubmit = (event) => {
    event.preventDefault();
    void solve();
  };
  /** A text is solved when nothing was typed for a while. */
  let later: ReturnType<typeof setTimeout> | undefined;
  form.oninput = ({ target }) => {
    if (target === choice) return;
    clearTimeout(later);
    later = setTimeout(() => void solve(), 50);
  };
  take(0);
  void solve();
}
