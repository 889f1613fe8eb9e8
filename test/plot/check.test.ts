/** Wrong calls of `plot`, and files that it cannot write. */
import { lstatSync, readdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { FileError, UsageError } from "../../src/errors.js";
import { type Panel, type PlotOptions, plot } from "../../src/plot/index.js";
import { temporaryFolder } from "../harness/command.js";

// As on a machine without fonts; read when the canvas is loaded, which only plot does.
Object.assign(process.env, { DISABLE_SYSTEM_FONTS_LOAD: "1" });

const folder = temporaryFolder();

describe("a wrong call", () => {
  const good: Panel = { title: "", values: new Float64Array(6), shape: [2, 3] };
  const table: [string, string, Panel[], PlotOptions | undefined, string][] = [
    [
      "another format",
      "x.jpg",
      [good],
      undefined,
      'plot: "path" expected a name ending in .png or .svg, got "x.jpg". Give the file the ending of its format.',
    ],
    [
      "no panel",
      "x.png",
      [],
      undefined,
      'plot: "panels" expected at least one panel, got none. Pass { title, values, shape } for each field.',
    ],
    [
      "no title",
      "x.png",
      [{ values: good.values, shape: good.shape } as unknown as Panel],
      undefined,
      'plot: "panels[0].title" expected a text, got undefined. Write what the panel shows, or "".',
    ],
    [
      "four axes",
      "x.png",
      [{ ...good, shape: [1, 1, 2, 3] }],
      undefined,
      'plot: "panels[0].shape" expected 1 to 3 axes, got [1, 1, 2, 3]. Take a slice with fewer axes.',
    ],
    [
      "no axis",
      "x.png",
      [{ ...good, shape: [] }],
      undefined,
      'plot: "panels[0].shape" expected 1 to 3 axes, got []. Take a slice with fewer axes.',
    ],
    [
      "an empty axis",
      "x.png",
      [{ ...good, shape: [0, 3] }],
      undefined,
      'plot: "panels[0].shape" expected positive integers, got [0, 3]. Give the number of cells of each axis.',
    ],
    [
      "another shape",
      "x.png",
      [good, { ...good, shape: [3, 2] }],
      undefined,
      'plot: "panels[1].shape" expected [2, 3] as of panels[0], got [3, 2]. Plot other shapes into other files.',
    ],
    [
      "too few values",
      "x.png",
      [good, { ...good, values: [1, 2] }],
      undefined,
      'plot: "panels[1].values" expected 6 values (shape [2, 3]), got 2. Pass one value per cell, without halo.',
    ],
    [
      "an unknown option",
      "x.png",
      [good],
      { lable: "psi" } as PlotOptions,
      'plot: expected options among title, coordinates, faces, axes, units, label, range, map, log, contours, arrows, longest, width, got "lable". Did you mean label?',
    ],
    [
      "an unknown part of a panel",
      "x.png",
      [{ ...good, borders: [] } as Panel],
      undefined,
      'plot: "panels[0]" expected keys among title, values, shape, blocks, vectors, dotted, got "borders". Remove or rename it.',
    ],
    [
      "blocks along one axis",
      "x.png",
      [good, { ...good, blocks: [[0, 1, 2]] }],
      undefined,
      'plot: "panels[1].blocks" expected 2 lists of edges, one an axis, got 1. Give the first cell of each block along the axis, and the number of cells at the end.',
    ],
    ...[[0, 1], [1, 3], [0, 2, 2, 3], [0, 1.5, 3], []].map((edges): (typeof table)[number] => [
      `blocks with the edges [${edges}]`,
      "x.png",
      [{ ...good, blocks: [[0, 2], edges] }],
      undefined,
      `plot: "panels[0].blocks[1]" expected whole numbers rising from 0 to 3, got [${edges.join(", ")}]. Give the first cell of each block along the axis, and the number of cells at the end.`,
    ]),
    [
      "coordinates of one axis",
      "x.png",
      [good],
      { coordinates: [[1, 2]] },
      'plot: "coordinates" expected 2 arrays (shape [2, 3]), got 1. Pass the cell centres of each axis.',
    ],
    [
      "faces of one axis",
      "x.png",
      [good],
      { faces: [[1, 2, 3]] },
      'plot: "faces" expected 2 lists, one an axis, got 1. Pass those of grid.axes.',
    ],
    [
      "too few faces",
      "x.png",
      [good],
      { faces: [undefined, [1, 2, 3]] },
      'plot: "faces[1]" expected 4 finite, increasing numbers, got 3. Pass those of grid.axes.',
    ],
    [
      "faces that are no list",
      "x.png",
      [good],
      { faces: [null, undefined] } as never,
      'plot: "faces[0]" expected 3 finite, increasing numbers, got null. Pass those of grid.axes.',
    ],
    [
      "names that are no texts",
      "x.png",
      [good],
      { axes: ["x", 2] } as never,
      'plot: "axes" expected names as texts, got 2. Name each axis.',
    ],
    [
      "unordered faces",
      "x.png",
      [good],
      { faces: [[1, 3, 2], undefined] },
      'plot: "faces[0]" expected 3 finite, increasing numbers, got others. Pass those of grid.axes.',
    ],
    [
      "too many coordinates",
      "x.png",
      [good],
      {
        coordinates: [
          [1, 2],
          [1, 2, 3, 4],
        ],
      },
      'plot: "coordinates[1]" expected 3 values, got 4. Pass one coordinate per cell of the axis.',
    ],
    [
      "unordered coordinates",
      "x.png",
      [good],
      {
        coordinates: [
          [1, 2],
          [1, 3, 2],
        ],
      },
      'plot: "coordinates[1]" expected finite, increasing values, got 2 after 3 at [2]. Pass the cell centres in the order of the cells.',
    ],
    [
      "coordinates that are no numbers",
      "x.png",
      [good],
      {
        coordinates: [
          [Number.NaN, 2],
          [1, 2, 3],
        ],
      },
      'plot: "coordinates[0]" expected finite, increasing values, got NaN at [0]. Pass the cell centres in the order of the cells.',
    ],
    [
      "too narrow a picture",
      "x.png",
      [good, good],
      { width: 100 },
      'plot: "width" expected an integer from 400 to 8000 pixels, got 100. Leave it out for a width that suits the panels.',
    ],
  ];

  it.each(table)("with %s says what to do", async (_, path, panels, options, message) => {
    const error = await plot(join(folder, path), panels, options).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(UsageError);
    expect((error as Error).message).toBe(message.replace('"x.jpg"', JSON.stringify(join(folder, "x.jpg"))));
  });

  it("with coordinates without digits between them says so", async () => {
    const coordinates = [Float64Array.of(1e-300, 2e-300)];
    const error = await plot(join(folder, "x.png"), [{ ...good, values: [1, 2], shape: [2] }], { coordinates }).catch(
      (caught: unknown) => caught,
    );
    expect(error).toBeInstanceOf(UsageError);
    expect((error as Error).message).toBe(
      'plot: "coordinates[0]" expected centres from 1e-290 to 1e+290 apart, got 1e-300. Give them in another unit.',
    );
  });

  it("with a path that cannot be written says which and why, and leaves nothing behind", async () => {
    const path = join(folder, "missing", "x.png");
    const error = await plot(path, [good]).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(FileError);
    expect(error).toMatchObject({
      path,
      message: `plot: expected a path that can be written, got "${path}" (ENOENT). Name a file in a folder that exists and is yours to write.`,
      cause: { code: "ENOENT" },
    });
    await plot(join(folder, "last.png"), [good]);
    if (process.platform !== "win32") {
      // A symbolic link is written through.
      const [link, target] = ["link.png", "target.png"].map((name) => join(folder, name)) as [string, string];
      symlinkSync("target.png", link);
      for (let turn = 0; turn < 2; turn++) await plot(link, [good]);
      expect([lstatSync(link).isSymbolicLink(), lstatSync(target).isFile()]).toEqual([true, true]);
    }
    expect(readdirSync(folder).filter((name) => name.endsWith(".tmp"))).toEqual([]);
  });
});
