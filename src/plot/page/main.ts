/** The program of the page that `view --html` writes. */
import { longestDrawn } from "../arrows.js";
import { type MapName, mapNames } from "../colours.js";
import { withoutContours } from "../contours.js";
import { isConstant, rangeOf } from "../scale.js";
import type { Axis, Box } from "./box.js";
import type { Contents, Shot } from "./contents.js";
import { cellAt, drawPicture, drawProfile, levelsFor, type View } from "./drawing.js";

const element = <T extends HTMLElement>(id: string) => document.getElementById(id) as T;
const input = (id: string) => element<HTMLInputElement>(id);
const [picture, profile] = [element<HTMLCanvasElement>("picture"), element<HTMLCanvasElement>("profile")];
const [play, axisChoice, mapChoice] = [
  element<HTMLButtonElement>("play"),
  element<HTMLSelectElement>("axis"),
  element<HTMLSelectElement>("map"),
];

const contents = JSON.parse(element("contents").textContent!) as Contents;
const { shape, frames, cells, axes, coordinates, edges } = contents;
const isLine = shape.length === 1;

/** Frames that were decoded last: few, because they may be large. */
const decoded = new Map<string, Float32Array | Float64Array>();

function numbersOf(text: string, dtype = contents.dtype): Float32Array | Float64Array {
  const known = decoded.get(text);
  if (known) return known;
  const signs = atob(text);
  const bytes = new Uint8Array(signs.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = signs.charCodeAt(i);
  const values = dtype === "f32" ? new Float32Array(bytes.buffer) : new Float64Array(bytes.buffer);
  if (decoded.size > 8) decoded.delete(decoded.keys().next().value!);
  decoded.set(text, values);
  return values;
}

// What came out, as in a terminal; playing goes on with the first.
let frame = frames.length - 1;
let range: readonly [number, number] = contents.range;
let cell: number[] | undefined;
let box: Box;
let timer: number | undefined;

const shot = () => frames[frame]!;
const values = () => numbersOf(shot().values);

/** The scale: a logarithmic one has values above 0 alone, and a curve has room at both ends. */
function scaleOf(): Axis {
  let [low, high] = range;
  const log = input("log").checked;
  if (log && !(low > 0)) low = contents.above?.[0] ?? 1;
  if (log && !(high > low)) high = contents.above && contents.above[1] > low ? contents.above[1] : low;
  // As in pictures: what differs by roundings alone is one value.
  if (low < high && isConstant([low, high])) high = low;
  if (low === high && isLine)
    [low, high] = log ? [low / 2, low * 2] : [low - (Math.abs(low) || 1) / 2, low + (Math.abs(low) || 1) / 2];
  return { low, high, log, label: contents.label };
}

/** The arrows of a frame. */
const vectorsOf = ({ vectors }: Shot) => vectors?.map((text) => numbersOf(text, "f64")) as View["vectors"];

/** The longest arrow of all frames, so that these can be compared, by the size in which they are drawn. */
const longest = new Map<string, number | undefined>();

const longestOfAll: View["longest"] = (places, size) => {
  const key = `${size.width} ${size.height}`;
  if (!longest.has(key)) {
    // One frame after the other: all of them, decoded, take more room than their texts.
    const lengths = frames.flatMap((each) => longestDrawn([vectorsOf(each)!], places, size) ?? []);
    longest.set(key, lengths.length === 0 ? undefined : lengths.reduce((most, length) => Math.max(most, length)));
  }
  return longest.get(key);
};

const viewOf = (shown: readonly number[] | undefined): View => ({
  contents,
  title: shot().title,
  values: values(),
  exact: shot().exact === undefined ? undefined : numbersOf(shot().exact!),
  vectors: vectorsOf(shot()),
  longest: longestOfAll,
  scale: scaleOf(),
  map: mapChoice.value as MapName,
  hasBlocks: input("blocks").checked,
  cell: shown,
});

/** `3` or, where a value is the mean of several cells, `8 to 11`. */
function cellText(axis: number): string {
  const [first, next] = [0, 1].map((step) => Math.ceil(((cell![axis]! + step) * cells[axis]!) / shape[axis]!)) as [
    number,
    number,
  ];
  return next - first === 1 ? String(first) : `${first} to ${next - 1}`;
}

const short = (value: number, digits = 6) => String(Number(value.toPrecision(digits)));

/** Both ends of a range, in as many digits as tell them apart, unless they differ by roundings alone. */
function shortEnds([low, high]: readonly [number, number]): readonly [string, string] {
  let digits = 6;
  while (!isConstant([low, high]) && digits < 17 && short(low, digits) === short(high, digits)) digits++;
  return [short(low, digits), short(high, digits)];
}

function told(): string {
  if (!cell) return "Point at the picture, or move in it with the arrow keys.";
  const at = isLine ? cell[0]! : cell[0]! * shape[1]! + cell[1]!;
  const value = values()[at]!;
  const places = axes.map((name, axis) => `${name} = ${short(coordinates[axis]![cell![axis]!]!)}`);
  const isMean = shape.some((n, axis) => n < cells[axis]!);
  const exact = shot().exact === undefined ? "" : `, exact ${numbersOf(shot().exact!)[at]}`;
  const number = contents.dtype === "f32" ? String(Number(value.toPrecision(8))) : String(value);
  return `cell [${axes.map((_, axis) => cellText(axis)).join(", ")}], ${places.join(", ")}: ${contents.label} = ${number}${isMean ? " (mean)" : ""}${exact}`;
}

/** The levels of the contours, as below pictures. */
function levelsText(levels: readonly number[]): string {
  const inOrder = levels.toSorted((a, b) => a - b).map((level) => short(level));
  return inOrder.length === 0 ? withoutContours(contents.shape) : `contours at ${inOrder.join(", ")}`;
}

function draw(): void {
  const view = viewOf(cell);
  box = drawPicture(picture, view);
  element("time").textContent = `${shot().title} (frame ${frame + 1} of ${frames.length})`;
  input("frame").value = String(frame);
  input("frame").setAttribute("aria-valuetext", shot().title);
  picture.setAttribute("aria-label", `${contents.label} over ${axes.join(" and ")}, ${shot().title}`);
  element("here").textContent = told();
  element("levels").textContent = levelsText(levelsFor(view));
  element("along").hidden = isLine || !cell;
  if (!isLine && cell) {
    const axis = Number(axisChoice.value);
    drawProfile(profile, view, axis);
    const other = 1 - axis;
    profile.setAttribute(
      "aria-label",
      `${contents.label} along ${axes[axis]} at ${axes[other]} = ${short(coordinates[other]![cell[other]!]!)}`,
    );
  }
}

function show(next: number): void {
  frame = (next + frames.length) % frames.length;
  draw();
}

function toggle(): void {
  if (timer === undefined) timer = window.setInterval(() => show(frame + 1), 1000 / contents.rate);
  else {
    clearInterval(timer);
    timer = undefined;
  }
  play.textContent = timer === undefined ? "Play" : "Pause";
  // While it plays a reader would be told of each frame.
  for (const id of ["time", "here"]) element(id).setAttribute("aria-live", timer === undefined ? "polite" : "off");
}

function take(next: readonly [number, number]): void {
  range = next;
  [input("low").value, input("high").value] = shortEnds(range);
  for (const id of ["low", "high"]) input(id).removeAttribute("aria-invalid");
  draw();
}

/** Takes the ends that were written, unless they are no range. */
function readRange(): void {
  const [low, high] = [input("low"), input("high")].map(({ value }) =>
    value.trim() === "" ? Number.NaN : Number(value),
  );
  const isRange = Number.isFinite(low) && Number.isFinite(high) && low! < high!;
  for (const id of ["low", "high"]) input(id).setAttribute("aria-invalid", String(!isRange));
  if (!isRange) {
    element("note").textContent = "Expected two numbers, min below max.";
    return;
  }
  element("note").textContent = note;
  range = [low!, high!];
  draw();
}

function point(event: PointerEvent): void {
  const { left, top } = picture.getBoundingClientRect();
  const part = [(event.clientX - left - box.left) / box.width, 1 - (event.clientY - top - box.top) / box.height];
  const isInside = part.every((each) => each >= 0 && each <= 1);
  if (!isInside) return;
  cell = axes.map((_, axis) => cellAt(edges[axis]!, part[axis]!));
  draw();
}

const steps: Readonly<Record<string, readonly [axis: number, step: number]>> = {
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1],
  ArrowDown: [1, -1],
  ArrowUp: [1, 1],
};

function move(event: KeyboardEvent): void {
  const [axis, step] = steps[event.key] ?? [2, 0];
  if (axis >= axes.length) return;
  event.preventDefault();
  const stride = event.shiftKey ? 10 * step : step;
  cell = cell
    ? cell.map((at, i) => (i === axis ? Math.min(Math.max(at + stride, 0), shape[i]! - 1) : at))
    : shape.map((n) => Math.floor(n / 2));
  draw();
}

function press(event: KeyboardEvent): void {
  const { tagName, type = "" } = event.target as HTMLInputElement;
  if (tagName === "BUTTON" || tagName === "SELECT" || (tagName === "INPUT" && type !== "range")) return;
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  if (event.key === " " && frames.length > 1) toggle();
  else if (event.key === ",") show(frame - 1);
  else if (event.key === ".") show(frame + 1);
  else return;
  event.preventDefault();
}

function save(): void {
  drawPicture(picture, viewOf(undefined));
  const link = document.createElement("a");
  link.download = `${contents.label.replace(/\W+/g, "-")}-${frame}.png`;
  link.href = picture.toDataURL("image/png");
  link.click();
  draw();
}

const notes = [
  ...(contents.isRounded ? ["Values are rounded to f32, 7 digits."] : []),
  ...(shape.some((n, axis) => n < cells[axis]!)
    ? [`${cells.join(" x ")} cells, drawn as means over ${shape.join(" x ")} parts.`]
    : []),
  ...(isLine ? [] : ["Grey: not a finite number, or without a place on the scale."]),
];
const note = notes.join(" ");

const option = (value: string, words: string) =>
  Object.assign(document.createElement("option"), { value, textContent: words });
for (const name of mapNames) mapChoice.append(option(name, name));
for (const [axis, name] of axes.entries()) axisChoice.append(option(String(axis), name));
mapChoice.value = contents.map;
element("title").textContent = contents.title;
element("note").textContent = note;
input("frame").max = String(frames.length - 1);
input("log").checked = contents.log;
element("colours").hidden = isLine;
element("levels").hidden = isLine || contents.contours === undefined;
element("borders").hidden = isLine || contents.blocks === undefined;
play.disabled = input("frame").disabled = frames.length === 1;

play.addEventListener("click", toggle);
input("frame").addEventListener("input", () => show(Number(input("frame").value)));
for (const id of ["low", "high"]) input(id).addEventListener("change", readRange);
for (const id of ["map", "axis", "log", "blocks"]) element(id).addEventListener("change", draw);
element("all").addEventListener("click", () => take(contents.range));
element("fit").addEventListener("click", () => take(rangeOf([values()]) ?? contents.range));
element("export").addEventListener("click", save);
picture.addEventListener("pointermove", point);
picture.addEventListener("pointerdown", point);
picture.addEventListener("keydown", move);
document.addEventListener("keydown", press);
window.addEventListener("resize", draw);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
take(contents.range);
