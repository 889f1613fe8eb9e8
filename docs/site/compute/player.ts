/**
 * What both parts of the page do alike: a run that is begun where something else is chosen, on one rank or several, goes on
 * while it is not paused, takes single steps, and has a picture and a digest.
 */
import { budget, element, nextFrame } from "./element.js";
import { Picture } from "./picture.js";
import { doHere, missing, Ranks, type WorkName } from "./ranks.js";
import type { Done, Task } from "./task.js";

/** Milliseconds between two digests, each of which reads the whole field. */
const pause = 250;

/** A part of the page. */
export interface Part<Run> {
  readonly work: WorkName;
  /** The names of its elements. */
  readonly ids: Readonly<Record<"form" | "run" | "step" | "ranks" | "canvas" | "digest" | "command" | "error", string>>;
  /** The run that is chosen. @throws Error where it is none */
  chosen(): Run;
  /** The command that prints the digest of a run so far. */
  commandOf(run: Run, done: Done): string;
  /** Shows how far a run is. @param taken the steps since the last picture */
  tell(run: Run, done: Done, taken: number, seconds: number): void;
}

/** A part of the page that plays. */
export class Player<Run> {
  readonly canvas: HTMLCanvasElement;
  /** Whether it is to stand still for now. */
  isHeld = false;
  readonly #part: Part<Run>;
  readonly #picture: Picture;
  readonly #button: HTMLButtonElement;
  readonly #choice: HTMLSelectElement;
  readonly #error: HTMLElement;
  /** What tells the digest and the command. */
  readonly #proof: HTMLElement;
  /** The run under way; none where it was refused. */
  #run: Run | undefined;
  /** The workers; none where the page itself is the only rank. */
  #ranks: Ranks | undefined;
  #isRunning = true;
  #toldAt = 0;
  /** One task after the other, in order. */
  #last: Promise<unknown> = Promise.resolve();
  /** Whether a run is to begin; what is chosen meanwhile is begun with it. */
  #isDue = false;

  constructor(part: Part<Run>) {
    this.#part = part;
    const { ids } = part;
    this.canvas = element(ids.canvas, HTMLCanvasElement);
    this.#picture = new Picture(this.canvas);
    this.#button = element(ids.run, HTMLButtonElement);
    this.#choice = element(ids.ranks, HTMLSelectElement);
    this.#error = element(ids.error, HTMLElement);
    this.#proof = element(ids.command, HTMLElement).closest<HTMLElement>(".proof")!;
    for (const option of this.#choice.options) option.disabled = missing !== "" && option.value !== "1";
    this.#button.onclick = () => this.#setRunning(!this.#isRunning);
    element(ids.step, HTMLButtonElement).onclick = () => {
      this.#setRunning(false);
      void this.#advance(1, true);
    };
    element(ids.form, HTMLFormElement).onsubmit = (event) => {
      event.preventDefault();
      this.begin();
    };
    void this.#animate();
  }

  /** Begins what is chosen. */
  begin(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    void this.#inTurn(async () => {
      this.#isDue = false;
      this.#error.textContent = "";
      try {
        this.#run = this.#part.chosen();
      } catch (cause) {
        this.#refuse(cause);
        return;
      }
      const count = Number(this.#choice.value);
      if ((this.#ranks?.count ?? 1) !== count) this.#endRanks();
      if (count > 1) this.#ranks ??= new Ranks(count, this.#part.work);
      await this.#do({ run: this.#run, steps: 0, digest: true });
    });
  }

  #inTurn(act: () => Promise<void>): Promise<unknown> {
    this.#last = this.#last.then(act);
    return this.#last;
  }

  /** Takes some steps, if there is a run. */
  #advance(steps: number, digest: boolean): Promise<unknown> {
    return this.#inTurn(async () => {
      if (this.#run !== undefined) await this.#do({ steps, digest });
    });
  }

  /** Does a task, and shows what came of it. */
  async #do(task: Task<Run>): Promise<void> {
    const { work, ids, commandOf, tell } = this.#part;
    try {
      const all = await (this.#ranks ? this.#ranks.do(task) : doHere(work, task));
      this.#picture.draw(all.map(({ block }) => block));
      const [done] = all as [Done];
      Object.assign(this.canvas.dataset, { ranks: String(all.length), step: String(done.step) });
      tell(this.#run!, done, task.steps, Math.max(...all.map(({ seconds }) => seconds)));
      if (done.digest === undefined) return;
      element(ids.digest, HTMLOutputElement).value = done.digest;
      element(ids.command, HTMLElement).textContent = commandOf(this.#run!, done);
      this.#proof.hidden = false;
      this.#toldAt = performance.now();
    } catch (cause) {
      // Ranks may wait for one that has failed.
      this.#endRanks();
      this.#refuse(cause);
    }
  }

  #refuse(cause: unknown): void {
    this.#run = undefined;
    this.#error.textContent = (cause as Error).message;
    // What stands there is of another run.
    this.#proof.hidden = true;
  }

  #endRanks(): void {
    this.#ranks?.end();
    this.#ranks = undefined;
  }

  #setRunning(value: boolean): void {
    this.#isRunning = value;
    this.#button.textContent = value ? "Pause" : "Run";
    this.#button.setAttribute("aria-pressed", String(value));
    if (!value) void this.#advance(0, true);
  }

  async #animate(): Promise<never> {
    /** What one step takes, in ms; the first picture finds out. */
    let each = budget;
    for (;;) {
      await nextFrame();
      if (!this.#isRunning || this.isHeld || this.#run === undefined) continue;
      const begin = performance.now();
      const count = Math.max(1, Math.min(64, Math.floor(budget / 2 / each)));
      await this.#advance(count, begin - this.#toldAt > pause);
      each = Math.max(0.01, (performance.now() - begin) / count);
    }
  }
}
