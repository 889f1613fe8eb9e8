/** A rectangle on a canvas with an axis below and one at its left. */
import { type Room, ticksIn } from "../axes.js";
import { logTicks, singleTick, type Ticks } from "../scale.js";

/** What an axis shows: values from `low` to `high`. */
export interface Axis {
  readonly low: number;
  readonly high: number;
  readonly label: string;
  readonly log?: boolean;
  /** Of the coordinates, which decide where ticks are. */
  readonly units?: string | undefined;
}

/** Where on a scale a value lies: 0 at its low end, 1 at its high end, NaN where it has no place. */
export function placeOn({ low, high, log }: Axis, value: number): number {
  if (log)
    return value > 0 ? placeOn({ low: Math.log(low), high: Math.log(high), label: "" }, Math.log(value)) : Number.NaN;
  if (low === high) return Number.isFinite(value) ? 0.5 : Number.NaN;
  // Halves, because the difference of two finite numbers can overflow.
  const place = (value / 2 - low / 2) / (high / 2 - low / 2);
  return Number.isFinite(value) ? place : Number.NaN;
}

function ticksFor({ low, high, log, units }: Axis, room: Room): { values: number[]; words: string[] } {
  let ticks: Ticks;
  const count = Math.max(1, Math.floor(room.length / room.each));
  if (low === high) ticks = singleTick(low);
  else if (log) ticks = logTicks(Math.log10(low), Math.log10(high), count);
  else ticks = ticksIn({ units: [units] }, 0, [low, high], room, count);
  const values = log && low !== high ? ticks.values.map((power) => 10 ** power) : ticks.values;
  return { values, words: ticks.values.map(ticks.format) };
}

/** Sheets have the size of their canvas in CSS pixels, and as many dots as the screen. */
export class Sheet {
  readonly context: CanvasRenderingContext2D;
  readonly dots: number;
  readonly ink: string;
  readonly width: number;

  constructor(
    readonly canvas: HTMLCanvasElement,
    readonly height: number,
  ) {
    this.dots = window.devicePixelRatio || 1;
    this.width = canvas.parentElement!.clientWidth - (canvas.parentElement!.tagName === "MAIN" ? 24 : 0);
    canvas.style.height = `${height}px`;
    canvas.width = Math.round(this.width * this.dots);
    canvas.height = Math.round(height * this.dots);
    this.context = canvas.getContext("2d")!;
    this.context.scale(this.dots, this.dots);
    const style = getComputedStyle(document.body);
    this.ink = style.color;
    this.context.fillStyle = style.backgroundColor;
    this.context.fillRect(0, 0, this.width, height);
    this.context.font = "13px system-ui, sans-serif";
    this.context.fillStyle = this.context.strokeStyle = this.ink;
    this.context.lineWidth = 1;
  }

  text(words: string, x: number, y: number, align: CanvasTextAlign = "center", most?: number): void {
    this.context.textAlign = align;
    this.context.textBaseline = "middle";
    this.context.fillText(words, x, y, most);
  }

  line(x0: number, y0: number, x1: number, y1: number): void {
    this.context.beginPath();
    this.context.moveTo(x0, y0);
    this.context.lineTo(x1, y1);
    this.context.stroke();
  }

  /** Draws the frame of a box, with ticks and names at both axes. */
  axes(box: Box, across: Axis | undefined, up: Axis, side: "left" | "right" = "left"): void {
    this.context.strokeRect(box.left, box.top, box.width, box.height);
    const [right, bottom] = [box.left + box.width, box.top + box.height];
    if (across) {
      const { values, words } = ticksFor(across, {
        length: box.width,
        each: 80,
        pair: (ticks) => this.#widest(ticks) + 8,
      });
      for (const [i, value] of values.entries()) {
        const x = box.left + placeOn(across, value) * box.width;
        this.line(x, bottom, x, bottom + 4);
        this.text(words[i]!, x, bottom + 13);
      }
      this.text(across.label, box.left + box.width / 2, bottom + 30);
    }
    const { values, words } = ticksFor(up, { length: box.height, each: 40, pair: () => 15 });
    const isLeft = side === "left";
    for (const [i, value] of values.entries()) {
      const y = bottom - placeOn(up, value) * box.height;
      if (isLeft) this.line(box.left - 4, y, box.left, y);
      else this.line(right, y, right + 4, y);
      this.text(words[i]!, isLeft ? box.left - 7 : right + 7, y, isLeft ? "right" : "left", 56);
    }
    const most = this.width / 2 - 8;
    const room = Math.min(this.context.measureText(up.label).width, most);
    this.text(up.label, isLeft ? 4 : Math.min(box.left, this.width - 4 - room), box.top - 12, "left", most);
  }

  #widest({ values, format }: Ticks): number {
    return Math.max(...values.map((value) => this.context.measureText(format(value)).width));
  }

  /** Draws a curve over coordinates, with gaps where a value has no place. */
  curve(box: Box, across: Axis, up: Axis, xs: readonly number[], values: ArrayLike<number>, isDotted = false): void {
    const { context } = this;
    context.save();
    context.beginPath();
    context.rect(box.left, box.top, box.width, box.height);
    context.clip();
    context.strokeStyle = context.fillStyle = isDotted ? this.ink : "#2a78c8";
    context.lineWidth = isDotted ? 1 : 2;
    context.setLineDash(isDotted ? [3, 3] : []);
    context.beginPath();
    const lonely: [x: number, y: number][] = [];
    let isOn = false;
    for (let i = 0; i < values.length; i++) {
      const place = placeOn(up, values[i]!);
      const x = box.left + placeOn(across, xs[i]!) * box.width;
      const y = box.top + (1 - Math.min(Math.max(place, -9), 9)) * box.height;
      if (Number.isNaN(place)) isOn = false;
      else if (isOn) context.lineTo(x, y);
      else {
        context.moveTo(x, y);
        isOn = true;
        const next = i + 1 < values.length ? placeOn(up, values[i + 1]!) : Number.NaN;
        if (Number.isNaN(next)) lonely.push([x, y]);
      }
    }
    context.stroke();
    // A value between two gaps is a dot.
    for (const [x, y] of lonely) {
      context.beginPath();
      context.arc(x, y, 3, 0, 2 * Math.PI);
      context.fill();
    }
    context.restore();
  }
}

/** In CSS pixels. */
export interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}
