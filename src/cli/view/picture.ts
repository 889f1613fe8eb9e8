/** How panels of a file are drawn: as a picture, and in characters. */
import { wrong } from "../../argument.js";
import type { UsageError } from "../../errors.js";
import type { Panel, PlotOptions } from "../../plot/index.js";
import { textOf } from "../../plot/terminal/picture.js";
import type { OptionsOf } from "../options/index.js";
import { printableLine, screenOf } from "../terminal.js";
import { foundIn, scaleOf } from "./scale.js";
import type { Scene } from "./scene.js";

type Options = OptionsOf<"view">;

/** The error of a picture of characters in the midst of a document. */
export function noTerminal(): UsageError {
  return wrong('"--terminal"', "none, as --json prints one document", "both", "Leave out one of them.");
}

/** The lines of a picture in the terminal. */
export function terminalLines(scene: Scene, panels: readonly Panel[], options: Options): string[] {
  const printed = panels.map((panel) => ({ ...panel, title: printableLine(panel.title) }));
  const { label, ...drawn } = scaledNames(scene, panels, options);
  return textOf(printed, { ...drawn, label: printableLine(label!) }, screenOf(process.stdout));
}

/** How panels are drawn, without what is drawn over them. */
function scaledNames(scene: Scene, panels: readonly Panel[], options: Options): PlotOptions {
  const values = panels.map((panel) => panel.values);
  return { ...namesOf(scene), ...scaleOf(foundIn(values, options.log), options) };
}

/** How panels are drawn. */
export function pictureOptions(scene: Scene, panels: readonly Panel[], options: Options): PlotOptions {
  return { ...scaledNames(scene, panels, options), ...overlayOf(scene, options) };
}

/** What is drawn over maps; lines have nothing over them, where a space-time picture beside them has contours. */
export function overlayOf({ vectors, section }: Scene, { contours }: Options): PlotOptions {
  return {
    ...(contours === undefined || section.shape.length === 1 ? {} : { contours }),
    ...(vectors ? { arrows: vectors.label } : {}),
  };
}

/** What stands at a picture, and what its axes are. */
export function namesOf({ title, label, plane }: Scene): PlotOptions {
  const { axes, coordinates, faces, units = [] } = plane;
  return { label, coordinates, axes, units, faces, ...(title === null ? {} : { title }) };
}
