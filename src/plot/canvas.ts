/** Pictures of pixels: PNG, by the canvas. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { LineChart } from "echarts/charts";
import { GraphicComponent, GridComponent } from "echarts/components";
import { init, setPlatformAPI, use } from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";
import { packageRoot, requireHere } from "../package.js";
import { type FigureOptions, figureOf } from "./figure/figure.js";
import { density, fontName, fontNames, measureOf } from "./figure/parts.js";
import type { Panel } from "./index.js";
import { measureBy } from "./ruler.js";
import { registerStrokes } from "./strokes.js";

// Not imported, so that bundles of programs that draw nothing need not find it.
const { createCanvas, GlobalFonts, ImageData } = requireHere("@napi-rs/canvas") as typeof import("@napi-rs/canvas");

use([LineChart, GridComponent, GraphicComponent, CanvasRenderer]);
registerStrokes();
setPlatformAPI({ createCanvas: () => createCanvas(1, 1) as never });

// The package brings its font, because a machine without a screen often has none.
const fontFile = ["dist/fonts/DejaVuSans.ttf", "node_modules/dejavu-fonts-ttf/ttf/DejaVuSans.ttf"]
  .map((name) => join(packageRoot, name))
  .find((name) => existsSync(name));
if (fontFile) GlobalFonts.registerFromPath(fontFile, fontName);

const ruler = createCanvas(1, 1).getContext("2d");
const font = fontNames.join(", ");
const measure = measureOf(font, (text, size) => {
  ruler.font = `${size}px ${font}`;
  return ruler.measureText(text).width;
});
measureBy(measure);

type Canvas = ReturnType<typeof usualCanvas>;

function usualCanvas(width: number, height: number) {
  return createCanvas(width, height);
}

/** The bytes of a PNG with these panels, whose arguments have been checked. */
export function draw(panels: readonly Panel[], options: FigureOptions): Promise<Uint8Array> {
  return painted(panels, options, (canvas) => canvas.encode("png"));
}

/** RGBA pixels of these panels, as many as there are CSS pixels. */
export function paintedOf(panels: readonly Panel[], options: FigureOptions) {
  return painted(panels, options, async (fine) => {
    const [width, height] = [Math.round(fine.width / density), Math.round(fine.height / density)];
    const context = usualCanvas(width, height).getContext("2d");
    context.drawImage(fine, 0, 0, width, height);
    const { data } = context.getImageData(0, 0, width, height);
    return { data, width, height };
  });
}

/** What is made of the canvas on which these panels are painted: it is empty afterwards. */
async function painted<T>(
  panels: readonly Panel[],
  options: FigureOptions,
  use: (canvas: Canvas) => Promise<T>,
): Promise<T> {
  const figure = figureOf(panels, options, measure);
  const { width, height } = figure;
  const canvas = usualCanvas(width * density, height * density);
  const chart = init(canvas as never, null, { renderer: "canvas", devicePixelRatio: density, width, height });
  try {
    chart.setOption({ animation: false, backgroundColor: "transparent", ...figure.option });
    chart.getZr().flush();
    // Images are put beneath what ECharts has drawn, pixel for pixel: ECharts would scale them, and copies a canvas that
    // is no element of a page.
    const context = canvas.getContext("2d");
    context.resetTransform();
    context.globalCompositeOperation = "destination-over";
    for (const { pixels, x, y, width } of figure.images) {
      const image = new ImageData(pixels, width * density);
      const picture = createCanvas(image.width, image.height);
      picture.getContext("2d").putImageData(image, 0, 0);
      context.drawImage(picture, x * density, y * density);
    }
    context.fillStyle = "#fff";
    context.fillRect(0, 0, canvas.width, canvas.height);
    return await use(canvas);
  } finally {
    chart.dispose();
  }
}
