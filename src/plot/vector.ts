/** Pictures of lines and texts: SVG, which needs no canvas. Heat maps are images within. */
import { LineChart } from "echarts/charts";
import { GraphicComponent, GridComponent } from "echarts/components";
import { init, use } from "echarts/core";
import { SVGRenderer } from "echarts/renderers";
import { type FigureOptions, figureOf } from "./figure/figure.js";
import { density, fontNames, type Image, measureOf } from "./figure/parts.js";
import type { Panel } from "./index.js";
import { pngOf } from "./png.js";
import { measureBy } from "./ruler.js";
import { registerStrokes } from "./strokes.js";

use([LineChart, GridComponent, GraphicComponent, SVGRenderer]);
registerStrokes();

/** Widths of characters as parts of the font size, rounded up: who shows the picture may have another font. */
const [narrow, usual, wide] = [0.4, 0.64, 0.98];

/** Of a character of full width, by one of which ECharts tells the height of a line. */
const full = 1;

function widthOf(character: string): number {
  if (character >= "\u2e80") return full;
  if (/[ijltfrI.,:;|!'()[\] ⁰¹²³⁴⁵⁶⁷⁸⁹⁻]/.test(character)) return narrow;
  return /[mwMWQ@%×−]/.test(character) ? wide : usual;
}

const measure = measureOf(
  fontNames.join(","),
  (text, size) => size * Array.from(text, widthOf).reduce((sum, width) => sum + width, 0),
);
measureBy(measure);

/** The bytes of an SVG with these panels, whose arguments have been checked. */
export async function draw(panels: readonly Panel[], options: FigureOptions): Promise<Uint8Array> {
  const { width, height, option, images } = figureOf(panels, options, measure);
  const chart = init(null, null, { renderer: "svg", ssr: true, width, height });
  try {
    chart.setOption({ animation: false, backgroundColor: "transparent", ...option });
    const text = renamed(chart.renderToSVGString());
    const begin = text.indexOf(">") + 1;
    const ground = `<rect width="${width}" height="${height}" fill="#fff"/>`;
    const parts = [text.slice(0, begin), ground, ...images.map(elementOf), text.slice(begin)];
    return Buffer.from(`${parts.join("\n")}\n`);
  } finally {
    chart.dispose();
  }
}

/** Names within an SVG, which ECharts counts up over all that a process draws, by their order in this one. */
function renamed(text: string): string {
  const names = new Map<string, string>();
  return text.replace(/\bzr\d+-[a-z]+-?\d+/g, (name) => {
    if (!names.has(name)) names.set(name, `n${names.size}`);
    return names.get(name)!;
  });
}

/** An image with its pixels in it. */
function elementOf({ pixels, x, y, width }: Image): string {
  const across = width * density;
  const height = pixels.length / 4 / across;
  const data = pngOf(pixels, across, height).toString("base64");
  const place = `x="${x}" y="${y}" width="${width}" height="${height / density}"`;
  return `<image ${place} preserveAspectRatio="none" style="image-rendering:pixelated" href="data:image/png;base64,${data}"/>`;
}
