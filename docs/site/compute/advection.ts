/** The part of the page that carries a cone with MPDATA. */
import { carry, type Done, type Task } from "./carry.js";
import { commandOf, type Run } from "./command.js";
import { budget, element, nextFrame } from "./element.js";
import { Picture } from "./picture.js";
import { missing, Ranks } from "./ranks.js";

const input = (id: string) => element(id, HTMLInputElement);
const told = (id: string) => element(id, HTMLOutputElement);

const sliders = ["cone-x", "cone-y", "iterations"] as const;
const switches = ["nonoscillatory", "third-order", "infinite-gauge", "f32"] as const;

/** Milliseconds between two digests, each of which reads the whole field. */
const pause = 250;

/** Starts it. */
export function startAdvection(): void {
  const canvas = element("field", HTMLCanvasElement);
  const picture = new Picture(canvas);
  const choice = element("ranks", HTMLSelectElement);
  const error = element("scheme-error", HTMLElement);
  /** The run under way; none where it was refused. */
  let run: Run | undefined;
  /** The workers; none where the page itself is the only rank. */
  let ranks: Ranks | undefined;
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

  /** One task after the other, in order. */
  let last: Promise<unknown> = Promise.resolve();
  const inTurn = (act: () => Promise<void>) => {
    last = last.then(act);
    return last;
  };

  async function perform(task: Task): Promise<Done[]> {
    if (!ranks) return [carry(task)];
    return await ranks.carry(task);
  }

  function endRanks(): void {
    ranks?.end();
    ranks = undefined;
  }

  /** Does a task, and shows what came of it. */
  async function show(task: Task): Promise<void> {
    try {
      const done = await perform(task);
      picture.draw(done.map(({ block }) => block));
      canvas.dataset.ranks = String(done.length);
      steps += task.steps;
      const [{ digest }] = done as [Done];
      if (digest !== undefined) tell(digest);
      if (task.steps > 0) tellSpeed(task.steps, Math.max(...done.map(({ seconds }) => seconds)));
    } catch (cause) {
      // Ranks may wait for one that has failed.
      endRanks();
      run = undefined;
      error.textContent = (cause as Error).message;
      told("digest").value = "…";
    }
  }

  /** A run that is to begin; what was chosen meanwhile is begun with it. */
  let isDue = false;
  function make(): void {
    for (const id of sliders) told(`${id}-value`).value = input(id).value;
    if (isDue) return;
    isDue = true;
    void inTurn(async () => {
      isDue = false;
      error.textContent = "";
      steps = 0;
      run = chosen();
      const count = Number(choice.value);
      if ((ranks?.count ?? 1) !== count) endRanks();
      if (count > 1) ranks ??= new Ranks(count);
      await show({ run, steps: 0, digest: true });
    });
  }

  function tellSpeed(taken: number, seconds: number): void {
    const { size } = run!;
    const each = (1e9 * seconds) / (taken * size * size);
    told("speed").value = `${taken} ${taken === 1 ? "step" : "steps"} a picture, ${each.toFixed(1)} ns a cell and step`;
  }

  /** The digest, and the command that prints it. */
  function tell(digest: string): void {
    told("digest").value = digest;
    told("steps").value = String(steps);
    element("command", HTMLElement).textContent = commandOf({ ...run!, steps });
    toldAt = performance.now();
  }

  /** Takes some steps, if there is a run. */
  const advance = (count: number, digest: boolean) =>
    inTurn(async () => {
      if (run) await show({ steps: count, digest });
    });

  function setRunning(value: boolean): void {
    isRunning = value;
    const button = element("run", HTMLButtonElement);
    button.textContent = value ? "Pause" : "Run";
    button.setAttribute("aria-pressed", String(value));
    if (!value) void advance(0, true);
  }

  element("run", HTMLButtonElement).onclick = () => setRunning(!isRunning);
  element("step", HTMLButtonElement).onclick = () => {
    setRunning(false);
    void advance(1, true);
  };
  for (const option of choice.options) option.disabled = missing !== "" && option.value !== "1";
  element("ranks-note", HTMLElement).textContent =
    missing ||
    "Each rank is a worker with a memory and a block of its own; a toy in place of an MPI library carries the halos.";
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
      if (!isRunning || held || !run) continue;
      const begin = performance.now();
      const count = Math.max(1, Math.min(64, Math.floor(budget / 2 / each)));
      await advance(count, begin - toldAt > pause);
      each = Math.max(0.01, (performance.now() - begin) / count);
    }
  }

  make();
  void animate();
}
