/** The frames in the file of a solve: when they are due, and what they have. */
import { wrong } from "../../argument.js";
import { blemished, findBlemish } from "../../pde/finite.js";
import type { March } from "../../pde/march.js";
import { figuresOfOpen } from "../../pde/mask.js";
import type { Watch } from "../../pde/programs/watch.js";
import type { Schedule } from "../../pde/time.js";
import type { Tracker } from "../../pde/trackers/tracker.js";
import { Due, type Interval } from "../../pde/trackers/when.js";
import type { Recorded } from "../run/recording.js";
import type { FloatField, Frames } from "../run/simulate.js";
import type { Task } from "./task.js";

/** The intervals of frames that a task asks for. */
export function intervalOf({ every, everySteps }: Task): Interval {
  return { ...(every === undefined ? {} : { every }), ...(everySteps === undefined ? {} : { steps: everySteps }) };
}

/** Which steps files have frames of, between the first and the last: a tracker that writes nothing by itself. */
export class FramesDue implements Frames {
  readonly most: number | undefined;
  readonly isAsked: boolean;
  /** The tracker, where there are such frames. */
  readonly trackers: readonly Tracker[];
  /** True where a frame is due, and is not written yet. */
  isNow = false;

  /** @param isFixed whether all steps but the last one are of one length */
  constructor(task: Task, { start, until, count }: Schedule, isFixed: boolean) {
    const interval = intervalOf(task);
    const { every, steps } = interval;
    this.isAsked = every !== undefined || steps !== undefined;
    const most = isFixed ? count : Number.POSITIVE_INFINITY;
    if (!this.isAsked) this.most = 1;
    else if (steps !== undefined) this.most = isFixed ? Math.ceil(count / steps) : undefined;
    else if (typeof every === "number") this.most = Math.min(most, Math.ceil((until - start) / every));
    else this.most = Array.isArray(every) ? every.length + 1 : undefined;
    const tracker: Tracker = {
      // Another interval begins anew where a run is continued.
      name: `frames ${JSON.stringify(interval)}`,
      due: new Due("solve", interval),
      call: () => {
        this.isNow = true;
        return undefined;
      },
    };
    this.trackers = this.isAsked ? [tracker] : [];
  }

  after(): number {
    return Number.POSITIVE_INFINITY;
  }

  isDue(): boolean {
    const { isNow } = this;
    this.isNow = false;
    return isNow;
  }
}

/** What frames have: the unknowns and further values, NaN in closed cells. */
export class FrameFields {
  readonly #march: March;
  readonly #save: readonly string[];
  readonly #watch: Watch | undefined;
  readonly #open: FloatField | undefined;
  /** Copies that are NaN in closed cells. */
  readonly #copies = new Map<string, FloatField>();

  /** @throws UsageError for a name that is taken, CompileError */
  constructor(march: March, save: Readonly<Record<string, string>>, open: FloatField | undefined) {
    this.#march = march;
    this.#save = Object.keys(save);
    this.#open = open;
    const taken = this.#save.find((name) => march.arrays.has(name));
    if (taken !== undefined) throw wrong('"--save"', "names that are free", JSON.stringify(taken), "Rename it.");
    if (this.#save.length > 0) this.#watch = march.course.watch("save", save, {});
  }

  /** The fields as they are now. **Collective.** @throws UsageError for further values that are not finite */
  fields(): Readonly<Record<string, Recorded>> {
    const { time, steps, arrays } = this.#march;
    const all = new Map(arrays);
    if (this.#watch) {
      this.#watch.run(time);
      for (const name of this.#save) all.set(name, this.#watch.field(name));
      const blemish = findBlemish(all);
      if (blemish) throw blemished("solve", blemish, time, steps);
    }
    return Object.fromEntries(
      Array.from(all, ([name, field]) => {
        const open = this.#open;
        const figures = open ? { figures: () => figuresOfOpen(field, open) } : {};
        return [name, { field: this.#shown(name, field as FloatField), longName: name, ...figures }];
      }),
    );
  }

  #shown(name: string, field: FloatField): FloatField {
    if (!this.#open) return field;
    const copy = this.#copies.get(name) ?? (field.grid.field(0, { dtype: field.dtype }) as FloatField);
    this.#copies.set(name, copy);
    const cells = this.#open.interior();
    copy.set(field.interior().map((value, i) => (cells[i] === 0 ? Number.NaN : value)));
    return copy;
  }

  /** **Local.** */
  free(): void {
    for (const copy of this.#copies.values()) copy.free();
  }
}
