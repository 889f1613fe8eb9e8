/** Where ticks, edges and points of a line are. */
import { describe, expect, it } from "vitest";
import { edgesOf, outline, pointTicks, singleTick, ticksOf } from "../../src/plot/scale.js";

describe("ticks", () => {
  it("of named points leave out what there is no room for", () => {
    const labels = (count: number) => {
      const { values, format } = pointTicks(["a", "b", "c", "d", "e"], count);
      return values.map((value) => `${format(value)} ${value}`);
    };
    expect(labels(9)).toEqual(["a 0.5", "b 1.5", "c 2.5", "d 3.5", "e 4.5"]);
    expect(labels(4)).toEqual(["a 0.5", "c 2.5", "e 4.5"]);
    expect([1, 0].map(labels)).toEqual([["a 0.5"], ["a 0.5"]]);
  });

  it.each([
    [0, 1, 5, ["0", "0.2", "0.4", "0.6", "0.8", "1.0"]],
    [0.05, 0.37, 7, ["0.05", "0.10", "0.15", "0.20", "0.25", "0.30", "0.35"]],
    [-1, 1, 4, ["−1.0", "−0.5", "0", "0.5", "1.0"]],
    [0, 2048, 5, ["0", "500", "1000", "1500", "2000"]],
    [100000, 100004, 4, ["100000", "100001", "100002", "100003", "100004"]],
    [0, 4e-6, 4, ["0", "1×10⁻⁶", "2×10⁻⁶", "3×10⁻⁶", "4×10⁻⁶"]],
    [0, 1e12, 2, ["0", "0.5×10¹²", "1.0×10¹²"]],
    [1, 1 + 1e-10, 2, ["1.0000000000", "1.0000000001"]],
  ])("from %d to %d, at most %d steps", (low, high, count, labels) => {
    const { values, format } = ticksOf(low, high, count);
    expect(values.map(format)).toEqual(labels);
  });

  it("lie within the range, whatever the range", () => {
    let seed = 1;
    const random = () => {
      seed = (seed * 48271) % 2147483647;
      return seed / 2147483647;
    };
    for (let trial = 0; trial < 2000; trial++) {
      const low = (random() - 0.5) * 10 ** Math.floor(random() * 600 - 300);
      const high = low + Math.abs(low || 1) * 10 ** Math.floor(random() * 20 - 12);
      const count = 1 + Math.floor(random() * 7);
      const { values, format } = ticksOf(low, high, count);
      expect(values.length).toBeLessThanOrEqual(count + 1);
      expect(values.every((value) => value >= low && value <= high)).toBe(true);
      expect(new Set(values.map(format)).size).toBe(values.length);
    }
  });

  it("have one digit before the point of a power of ten, also where rounding carries", () => {
    const { format } = ticksOf(-9.98e-22, 9.98e-22, 2);
    expect([-9.98e-22, 0, 9.98e-22].map(format)).toEqual(["−1.0×10⁻²¹", "0", "1.0×10⁻²¹"]);
  });

  it("are one for a constant, without rounding noise", () => {
    const label = (value: number) => singleTick(value).values.map(singleTick(value).format);
    expect([-0.1 - 0.2, 0, 7, 1013.25, -1.2345678e20, 1e-300].map(label)).toEqual(
      ["−0.3", "0", "7", "1013.25", "−1.23457×10²⁰", "1×10⁻³⁰⁰"].map((text) => [text]),
    );
  });
});

describe("cells and lines", () => {
  it("have edges halfway between their centres", () => {
    expect([...edgesOf(3)]).toEqual([0, 1, 2, 3]);
    expect([...edgesOf(3, [1, 2, 4])]).toEqual([0.5, 1.5, 3, 5]);
    expect([...edgesOf(1, [7])]).toEqual([6.5, 7.5]);
  });

  it("keep the extremes of a line that has too many values", () => {
    const values = [0, 9, 1, 2, Number.NaN, -5, 3, 3];
    expect(outline(values, 8)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(outline(values, 4)).toEqual([0, 1, 5, 6]);
  });
});
