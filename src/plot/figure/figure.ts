/** What is drawn of panels: curves, or heat maps. */
import type { ChartOptions, Panel, PlaneOptions, PlotOptions, RowOptions, SteadyOptions } from "../index.js";
import { row } from "./diagrams.js";
import { lines } from "./lines.js";
import { maps } from "./maps.js";
import type { Figure, Measure } from "./parts.js";

/** The options of whatever is drawn. */
export type FigureOptions = PlotOptions | PlaneOptions | SteadyOptions | ChartOptions | RowOptions;

/** The figure of panels whose arguments have been checked. */
export function figureOf(panels: readonly Panel[], options: FigureOptions, measure: Measure): Figure {
  if ("diagrams" in options) return row(options, measure);
  return (panels[0]!.shape.length === 1 ? lines : maps)(panels, options as PlotOptions, measure);
}
