/** The pictures of the page: a heat map or a curve, and the profile along a line. */
import { coloursOf, type MapName, notFinite } from "../colours.js";
import { type Axis, type Box, placeOn, Sheet } from "./box.js";
import type { Contents } from "./contents.js";

/** What is shown. */
export interface View {
  readonly contents: Contents;
  readonly title: string;
  readonly values: ArrayLike<number>;
  readonly exact: ArrayLike<number> | undefined;
  readonly scale: Axis;
  readonly map: MapName;
  readonly hasBlocks: boolean;
  /** The cell that is pointed at. */
  readonly cell: readonly number[] | undefined;
}

const [room, below, above] = [64, 42, 46];

const axisOf = ({ edges, axes }: Contents, axis: number): Axis => ({
  low: edges[axis]![0]!,
  high: edges[axis]!.at(-1)!,
  label: axes[axis]!,
});

/** The cell of each of equal steps along an axis. */
function cellsAlong(edges: readonly number[], steps: number): Int32Array {
  const [low, high] = [edges[0]!, edges.at(-1)!];
  let cell = 0;
  return Int32Array.from({ length: steps }, (_, step) => {
    const at = low + ((step + 0.5) / steps) * (high - low);
    while (cell < edges.length - 2 && edges[cell + 1]! <= at) cell++;
    return cell;
  });
}

/** The cell at a part of an axis. */
export function cellAt(edges: readonly number[], part: number): number {
  const at = edges[0]! + part * (edges.at(-1)! - edges[0]!);
  const next = edges.findIndex((edge) => edge > at);
  return Math.min(Math.max((next < 0 ? edges.length : next) - 1, 0), edges.length - 2);
}

/** Draws the picture. @returns where in the canvas it lies */
export function drawPicture(canvas: HTMLCanvasElement, view: View): Box {
  return view.contents.shape.length === 1 ? drawCurve(canvas, view) : drawMap(canvas, view);
}

function drawCurve(canvas: HTMLCanvasElement, { contents, title, values, exact, scale, cell }: View): Box {
  const sheet = new Sheet(canvas, Math.min(460, Math.max(260, window.innerHeight * 0.55)));
  const box = { left: room, top: above, width: sheet.width - room - 14, height: sheet.height - above - below };
  const across = axisOf(contents, 0);
  const [xs] = contents.coordinates as [readonly number[]];
  sheet.text(title, box.left + box.width / 2, 12, "center", box.width);
  sheet.axes(box, across, scale);
  if (exact) sheet.curve(box, across, scale, xs, exact, true);
  sheet.curve(box, across, scale, xs, values);
  if (cell) {
    const x = box.left + placeOn(across, xs[cell[0]!]!) * box.width;
    sheet.line(x, box.top, x, box.top + box.height);
  }
  return box;
}

function drawMap(canvas: HTMLCanvasElement, view: View): Box {
  const { contents, title, scale, cell, hasBlocks } = view;
  const [across, up] = [axisOf(contents, 0), axisOf(contents, 1)];
  const ratio = (across.high - across.low) / (up.high - up.low);
  // Where one axis is many times as long as the other, each has a scale of its own.
  const shown = ratio > 8 || ratio < 1 / 8 ? 2 : ratio;
  const most = Math.max(220, window.innerHeight * 0.68);
  const free = canvas.parentElement!.clientWidth - 24 - room - 102;
  const height = Math.min(most, free / shown);
  const sheet = new Sheet(canvas, height + above + below);
  const box = { left: room, top: above, width: Math.min(free, height * shown), height };
  paint(sheet, box, view);
  sheet.text(title, box.left, 12, "left", sheet.width - box.left);
  const { context } = sheet;
  if (hasBlocks && contents.blocks) {
    context.save();
    context.strokeStyle = "#ffffff";
    context.globalCompositeOperation = "difference";
    for (const x of contents.blocks[0]!.slice(1, -1)) {
      const at = box.left + placeOn(across, x) * box.width;
      sheet.line(at, box.top, at, box.top + box.height);
    }
    for (const y of contents.blocks[1]!.slice(1, -1)) {
      const at = box.top + (1 - placeOn(up, y)) * box.height;
      sheet.line(box.left, at, box.left + box.width, at);
    }
    context.restore();
  }
  sheet.axes(box, across, up);
  const bar = { ...box, left: box.left + box.width + 16, width: 14 };
  const colours = coloursOf(view.map);
  for (let y = 0; y < height; y++) {
    context.fillStyle = `rgb(${colours[Math.round((1 - y / height) * 255)]!.join()})`;
    context.fillRect(bar.left, bar.top + y, bar.width, Math.min(1, height - y) + 0.5);
  }
  context.fillStyle = sheet.ink;
  sheet.axes(bar, undefined, scale, "right");
  if (cell) drawCross(sheet, box, view, cell);
  return box;
}

function drawCross(sheet: Sheet, box: Box, { contents }: View, cell: readonly number[]): void {
  const { context } = sheet;
  const [x, y] = [0, 1].map((axis) => placeOn(axisOf(contents, axis), contents.coordinates[axis]![cell[axis]!]!));
  context.save();
  context.globalCompositeOperation = "difference";
  context.strokeStyle = "#ffffff";
  context.setLineDash([4, 4]);
  sheet.line(box.left, box.top + (1 - y!) * box.height, box.left + box.width, box.top + (1 - y!) * box.height);
  sheet.line(box.left + x! * box.width, box.top, box.left + x! * box.width, box.top + box.height);
  context.restore();
}

function paint({ context, dots }: Sheet, box: Box, { contents, values, scale, map }: View): void {
  const [width, height] = [Math.max(1, Math.round(box.width * dots)), Math.max(1, Math.round(box.height * dots))];
  const image = new ImageData(width, height);
  const words = new Uint32Array(image.data.buffer);
  const wordOf = ([red, green, blue]: readonly number[]) => ((255 << 24) | (blue! << 16) | (green! << 8) | red!) >>> 0;
  const table = Uint32Array.from(coloursOf(map), wordOf);
  const blemish = wordOf(notFinite);
  // Each value once: there are fewer of them than dots, mostly.
  const colours = Uint32Array.from(values, (value) => {
    const place = placeOn(scale, value);
    return Number.isNaN(place) ? blemish : table[Math.round(Math.min(Math.max(place, 0), 1) * 255)]!;
  });
  const [columns, rows] = [cellsAlong(contents.edges[0]!, width), cellsAlong(contents.edges[1]!, height)];
  const ny = contents.shape[1]!;
  for (let y = 0; y < height; y++) {
    const j = rows[height - 1 - y]!;
    for (let x = 0; x < width; x++) words[y * width + x] = colours[columns[x]! * ny + j]!;
  }
  context.putImageData(image, Math.round(box.left * dots), Math.round(box.top * dots));
}

/** Draws the values along an axis through the cell that is pointed at. */
export function drawProfile(canvas: HTMLCanvasElement, { contents, values, scale, cell }: View, axis: number): void {
  const sheet = new Sheet(canvas, 220);
  const box = { left: room, top: 26, width: sheet.width - room - 14, height: 220 - 26 - below };
  const across = axisOf(contents, axis);
  sheet.axes(box, across, scale);
  const [nx, ny] = contents.shape as [number, number];
  const line = Float64Array.from({ length: axis === 0 ? nx : ny }, (_, k) =>
    axis === 0 ? values[k * ny + cell![1]!]! : values[cell![0]! * ny + k]!,
  );
  sheet.curve(box, across, scale, contents.coordinates[axis]!, line);
  const x = box.left + placeOn(across, contents.coordinates[axis]![cell![axis]!]!) * box.width;
  sheet.line(x, box.top, x, box.top + box.height);
}
