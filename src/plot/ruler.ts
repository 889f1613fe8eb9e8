/** How ECharts measures texts: a process has one ruler for all of its renderers, which differ in what they know of fonts. */
import { setPlatformAPI } from "echarts/core";
import type { Measure } from "./figure/parts.js";

/** The measures of the renderers that this process has loaded, by the names of their fonts. */
const measures = new Map<string, Measure>();

/** Has ECharts measure what is written in the font of a measure by it. */
export function measureBy(measure: Measure): void {
  measures.set(measure.font, measure);
}

setPlatformAPI({
  measureText(text: string, style = "") {
    // `12px ` or, as ECharts puts it together, `normal normal 12px ` before the names.
    const [, size, font] = /(?:^| )([\d.]+)px (.*)$/.exec(style) ?? [];
    const width = measures.get(font ?? "")?.(text ?? "", Number(size)) ?? 0;
    return { width };
  },
});
