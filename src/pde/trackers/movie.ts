/** A tracker that draws the field again and again, into one animated picture. */
import { expectNumber } from "../../argument.js";
import { Reel } from "../../plot/index.js";
import { checkDrawn, drawing, type PictureOptions, pictureKeys } from "./picture.js";
import type { Tracker } from "./tracker.js";

/** Options of {@link movie}. */
export interface MovieOptions extends PictureOptions {
  /** Pictures a second, when it is shown. Default: 10. */
  readonly rate?: number;
}

/**
 * Draws a field each time, as `picture` does, into one animated PNG, which any browser shows. The file grows by a picture each
 * time, so that what was drawn is there whenever the run ends. A restart goes on in the file of the run before.
 *
 * ```js
 * const film = movie("film.png", { every: 0.5, range: [-1, 1], rate: 20 });
 * await new Pde({ c: "laplace(c)" }).solve({ grid, initial: { c }, until: 1, dt: 0.1, track: [film] });
 * ```
 */
export function movie(path: string, options: MovieOptions = {}): Tracker {
  const where = "movie";
  checkDrawn(where, path, options, [...pictureKeys, "rate"]);
  const { rate = 10 } = options;
  expectNumber(`${where}: "rate"`, rate, { least: 0.1, most: 100 }, "Leave it out for 10 pictures a second.");
  let reel: Reel;
  return drawing(where, path, options, {
    begin() {
      reel = new Reel(path, rate);
      return path;
    },
    goOn: (count) => reel.goOn(count),
    add: (_count, panels, shown) => reel.add(panels, shown),
  });
}
