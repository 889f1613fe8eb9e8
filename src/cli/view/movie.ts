/** Frames one after another in one file. */
import { longestArrow } from "../../plot/figure/maps.js";
import { moving } from "../../plot/index.js";
import type { Range } from "../../plot/scale.js";
import type { OptionsOf } from "../options/index.js";
import { namesOf, overlayOf } from "./picture.js";
import { foundIn, joined, steadyScaleOf } from "./scale.js";
import type { Scene } from "./scene.js";

/** Frames a second unless told otherwise. */
export const usualRate = 10;

/** Draws frames into an animated picture. They are read twice, and one at a time: first for the range of all. */
export async function drawMovie(
  path: string,
  scene: Scene,
  frames: readonly number[],
  options: OptionsOf<"view">,
): Promise<void> {
  const movie = await moving(path, options.rate ?? usualRate);
  let found: Range;
  let longest: number | undefined;
  const names = namesOf(scene);
  for (const frame of frames) {
    const panels = scene.panelsOf(frame);
    for (const { values } of panels) found = joined(found, foundIn([values], options.log));
    const length = scene.vectors && longestArrow(panels, names);
    if (length !== undefined) longest = Math.max(longest ?? 0, length);
  }
  const arrows = longest === undefined ? {} : { longest };
  const shown = { ...names, ...steadyScaleOf(found, options), ...overlayOf(scene, options), ...arrows };
  for (const frame of frames) await movie.add(scene.panelsOf(frame, options.blocks), shown);
  await movie.end();
}
