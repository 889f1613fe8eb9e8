/** A tracker that draws the field again and again, into one animated picture. */
import { expectNumber } from "../../argument.js";
import { checkPicture, Reel } from "../../plot/index.js";
import type { Watch } from "../programs/watch.js";
import { checkDrawn, type Drawn, drawnOf, none, onRoot, type PictureOptions, pictureKeys, shownOf } from "./picture.js";
import type { Tracker } from "./tracker.js";
import { Due } from "./when.js";

/** Options of {@link movie}. */
export interface MovieOptions extends PictureOptions {
  /** Pictures a second, when it is shown. Default: 10. */
  readonly rate?: number;
}

/**
 * Draws a field each time, as `picture` does, into one animated PNG, which any browser shows. The file grows by a picture each
 * time, so that what was drawn is there whenever the run ends. A restart goes on in the file of the run before.
 */
export function movie(path: string, options: MovieOptions = {}): Tracker {
  const where = "movie";
  checkDrawn(where, path, options, [...pictureKeys, "rate"]);
  const { value, rate = 10 } = options;
  expectNumber(`${where}: "rate"`, rate, { least: 0.1, most: 100 }, "Leave it out for 10 pictures a second.");
  let reel: Reel;
  let drawn = none;
  let watch: Watch | undefined;
  return {
    name: `${where} ${path}`,
    due: new Due(where, options),
    asked: options,
    get kept() {
      return drawn;
    },
    async begin(run) {
      drawn = none;
      reel = new Reel(path, rate);
      if (value !== undefined) watch = run.watch(where, { value }, {});
      await onRoot(run, () => checkPicture(path));
    },
    resume(kept) {
      drawn = kept as Drawn;
      reel.goOn(drawn.count);
    },
    async call(run) {
      if (drawn.step === run.step) return undefined;
      const shown = shownOf(run, drawnOf(run, value, watch), options);
      await onRoot(run, () => reel.add([shown!.panel], shown!.options));
      drawn = { count: drawn.count + 1, step: run.step };
      return undefined;
    },
    end() {
      watch = undefined;
    },
  };
}
