/** What a page of frames has in it. */
import { describe, expect, it } from "vitest";
import { coarseOf, edgesFor, partsOf } from "../../src/plot/coarse.js";
import { type Contents, encoded } from "../../src/plot/page/contents.js";
import { pageOf } from "../../src/plot/page/document.js";

const contents: Contents = {
  title: "a </title> & </script><script>alert(1)</script> $& {}",
  label: "psi",
  axes: ["x"],
  titles: ["x"],
  units: ["1"],
  shape: [2],
  cells: [2],
  coordinates: [[0.5, 1.5]],
  edges: [[0, 1, 2]],
  dtype: "f64",
  isRounded: false,
  map: "viridis",
  log: false,
  range: [0, 1],
  above: null,
  rate: 10,
  frames: [{ title: "t = 0", values: encoded([Number.NaN, 1e300], "f64") }],
};

describe("a page", () => {
  it("has its contents, and no text of a file ends what it stands in", () => {
    const html = pageOf(contents);
    const [, json] = /<script id="contents" type="application\/json">(.*?)<\/script>/.exec(html)!;
    expect(JSON.parse(json!)).toEqual(contents);
    expect(html.match(/<script/g)).toHaveLength(2);
    expect(html).toContain("<title>a &lt;/title> &amp; &lt;/script>&lt;script>alert(1)&lt;/script> $&amp; {}</title>");
    expect(html).not.toMatch(/ (?:src|href)="(?!data:,")/);
  });

  it("has a label for each control, and a name for each picture", () => {
    const html = pageOf(contents).replace(/<script[\s\S]*/, "");
    expect(html.replace(/<label[\s\S]*?<\/label>/g, "").match(/<(?:input|select|textarea)/g)).toBe(null);
    for (const [canvas] of html.matchAll(/<canvas[^>]*>/g)) expect(canvas).toMatch(/role="img".* aria-label="\w/);
  });

  it("keeps numbers as the bytes of f64 or f32", () => {
    const bytes = (text: string) => new Uint8Array(Buffer.from(text, "base64")).buffer;
    const values = [Number.NaN, 0.1, -1e-21, 3e38];
    expect(Array.from(new Float64Array(bytes(encoded(values, "f64"))))).toEqual(values);
    expect(Array.from(new Float32Array(bytes(encoded(values, "f32"))))).toEqual(values.map(Math.fround));
  });
});

describe("values for a page", () => {
  it("are those of the cells where there are no more than parts", () => {
    const values = Float64Array.of(1, Number.NaN, 3, 4, 5, 6);
    expect(coarseOf(values, [2, 3], [2, 3])).toEqual(values);
    expect(edgesFor([0, 1, 4], 1024)).toEqual([0, 1, 4]);
  });

  it("are means of the others, of which NaN does not count", () => {
    const values = Float64Array.from({ length: 2048 * 2 }, (_, i) => Math.floor(i / 4));
    expect(partsOf([2048, 2], 1024)).toEqual([1024, 2]);
    expect(coarseOf(values, [2048, 2], [1024, 2])).toEqual(
      Float64Array.from({ length: 2048 }, (_, i) => Math.floor(i / 2)),
    );
    const holed = Float64Array.from({ length: 3072 }, (_, i) => (i < 3 || i === 4 ? Number.NaN : i));
    const means = coarseOf(holed, [3072], [1024]);
    expect(Array.from(means.subarray(0, 3))).toEqual([Number.NaN, 4, 7]);
    expect(
      edgesFor(
        Array.from({ length: 3073 }, (_, i) => i),
        1024,
      ).slice(0, 3),
    ).toEqual([0, 3, 6]);
  });

  it("do not overflow where the sum of cells would", () => {
    expect(coarseOf(new Float64Array(2048).fill(1.5e308), [2048], [1024])[0]).toBe(1.5e308);
  });
});
