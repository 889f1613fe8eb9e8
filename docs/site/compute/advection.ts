/** The part of the page that carries a cone with MPDATA. */
import { type Field, Grid, Mpdata, mpi } from "wasm-mpi/browser";
import { commandOf, type Run, setupOf } from "./command.js";
import { budget, element, nextFrame } from "./element.js";
import { Picture } from "./picture.js";

const input = (id: string) => element(id, HTMLInputElement);
const told = (id: string) => element(id, HTMLOutputElement);

const sliders = ["cone-x", "cone-y", "iterations"] as const;
const switches = ["nonoscillatory", "third-order", "infinite-gauge", "f32"] as const;

/** Milliseconds between two digests, each of which reads the whole field. */
const pause = 250;

/** What has to be made anew when an option changes. */
interface Made {
  readonly run: Run;
  readonly psi: Field<"f64"> | Field<"f32">;
  readonly solver: Mpdata;
}

/** Starts it. */
export function startAdvection(): void {
  const canvas = element("field", HTMLCanvasElement);
  const picture = new Picture(canvas);
  let made: Made | undefined;
  let steps = 0;
  let isRunning = true;
  let toldAt = 0;

  function chosen(): Run {
    const size = Number(element("size", HTMLSelectElement).value);
    const [x, y, iterations] = sliders.map((id) => Number(input(id).value)) as [number, number, number];
    const [nonoscillatory, thirdOrder, infiniteGauge, f32] = switches.map((id) => input(id).checked) as [
      boolean,
      boolean,
      boolean,
      boolean,
    ];
    const scheme = { iterations, nonoscillatory, thirdOrder, infiniteGauge };
    return { size, steps: 0, ...scheme, dtype: f32 ? "f32" : "f64", centre: [x, y] };
  }

  function make(): void {
    made?.solver.free();
    made?.psi.free();
    made = undefined;
    steps = 0;
    for (const id of sliders) told(`${id}-value`).value = input(id).value;
    const run = chosen();
    const error = element("scheme-error", HTMLElement);
    error.textContent = "";
    try {
      const { iterations, nonoscillatory, thirdOrder, infiniteGauge, dtype } = run;
      const { options, cone, courant } = setupOf(run);
      const psi = new Grid(mpi.init(), options).field(cone, { dtype }) as Field<"f64">;
      const scheme = { iterations, nonoscillatory, infiniteGauge, thirdOrderTerms: thirdOrder };
      made = { run, psi, solver: new Mpdata({ psi, courant, ...scheme }) };
      draw(0, 0);
      tell();
    } catch (cause) {
      error.textContent = (cause as Error).message;
      told("digest").value = "…";
    }
  }

  function draw(taken: number, seconds: number): void {
    picture.draw(made!.psi, [1, 5]);
    if (taken === 0) return;
    const { size } = made!.run;
    const each = (1e9 * seconds) / (taken * size * size);
    told("speed").value = `${taken} ${taken === 1 ? "step" : "steps"} a picture, ${each.toFixed(1)} ns a cell and step`;
  }

  /** The digest, and the command that prints it. */
  function tell(): void {
    const { run, psi } = made!;
    told("digest").value = psi.digest();
    told("steps").value = String(steps);
    element("command", HTMLElement).textContent = commandOf({ ...run, steps });
    toldAt = performance.now();
  }

  function advance(count: number): void {
    made!.solver.advance(count);
    steps += count;
  }

  function setRunning(value: boolean): void {
    isRunning = value;
    const button = element("run", HTMLButtonElement);
    button.textContent = value ? "Pause" : "Run";
    button.setAttribute("aria-pressed", String(value));
    if (!value && made) tell();
  }

  element("run", HTMLButtonElement).onclick = () => setRunning(!isRunning);
  element("step", HTMLButtonElement).onclick = () => {
    setRunning(false);
    if (!made) return;
    advance(1);
    draw(0, 0);
    tell();
  };
  element("restart", HTMLButtonElement).onclick = make;
  element("scheme", HTMLFormElement).oninput = make;
  element("scheme", HTMLFormElement).onsubmit = (event) => event.preventDefault();

  let held = false;
  const follow = (event: PointerEvent) => {
    const { left, bottom, width, height } = canvas.getBoundingClientRect();
    // The sliders keep what is on the square, in steps.
    input("cone-x").value = String((100 * (event.clientX - left)) / width);
    input("cone-y").value = String((100 * (bottom - event.clientY)) / height);
    make();
  };
  canvas.onpointerdown = (event) => {
    held = true;
    canvas.setPointerCapture(event.pointerId);
    follow(event);
  };
  canvas.onpointermove = (event) => {
    if (held) follow(event);
  };
  canvas.onpointerup = () => {
    held = false;
  };
  canvas.onpointercancel = canvas.onpointerup;

  async function animate(): Promise<never> {
    /** What one step takes, in ms; the first picture finds out. */
    let each = budget;
    for (;;) {
      await nextFrame();
      if (!isRunning || held || !made) continue;
      const begin = performance.now();
      const count = Math.max(1, Math.min(64, Math.floor(budget / 2 / each)));
      advance(count);
      const taken = performance.now() - begin;
      each = Math.max(0.01, taken / count);
      draw(count, taken / 1e3);
      if (begin - toldAt > pause) tell();
    }
  }

  make();
  void animate();
}
