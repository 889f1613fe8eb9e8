/** Files with values at faces. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type Field, Grid, type GridOptions, Output } from "../../src/index.js";
import { documentOf, temporaryFolder } from "../harness/command.js";
import { compareFiles } from "../harness/difference.js";
import { messageOf } from "../harness/message.js";
import { wasmMpi } from "../harness/process.js";
import { solo } from "../harness/run.js";

const folder = temporaryFolder();
const at = (name: string) => join(folder, name);
const grids: Record<string, GridOptions> = {
  walls: { shape: [7, 5], bounds: [[0, 2], [-1, 1]], periodic: [true, false] }, // biome-ignore format: a table
  tube: { shape: [4, 3], coordinates: "cylindrical", faces: { z: [0, 1, 3, 4] } },
};

const ways = [
  ["posix", { backend: "posix" }],
  ["gather", { backend: "gather" }],
  ["beside", { beside: true }],
  ["gzip", { gzip: 1 }],
] as const;
describe.each(ways)("a file of values at faces, by %s", (backend, way) => {
  it.each(Object.entries(grids))("has them in their shape, with their coordinates (%s)", async (name, options) => {
    const grid = new Grid(solo(), options);
    const second = grid.axes[1]!.name as "y" | "z";
    const place = `${second}-face` as const;
    const path = at(`${name}-${backend}.h5`);
    const make = (value: number) => grid.field((x, y) => x + 10 * y + value, { at: place });
    const [u, c] = [make(0), grid.field((x) => x)];
    const variables = { u: { at: place, units: "m" }, c: {}, still: { static: make(7) } };
    const output = await Output.create(grid, path, { variables, ...way });
    await output.write(0, { u, c });
    await output.close();
    const again = await Output.append(grid, path);
    await again.write(1, { u: make(1), c });
    const read = grid.field(0, { at: place });
    await again.read("u", 0, read);
    expect(read.digest()).toBe(u.digest());
    await again.read("still", 0, read);
    expect(read.digest()).toBe(make(7).digest());
    expect(await messageOf(() => again.read("u", 0, grid.field(0)))).toBe(
      `Output.read: "u" expected a field of ${place}s, got one of cells. Make it with grid.field(value, { at: "${place}" }).`,
    );
    expect(await messageOf(() => again.read("c", 0, read))).toMatch(
      /^Output\.read: "c" expected a field of cells, got one of/,
    );
    await again.close();
    const file = await Output.open(path);
    expect([file.shapeOf("u"), file.shapeOf("c"), file.shape]).toEqual([u.shape, grid.shape, grid.shape]);
    expect([...file.read("u", 1)]).toEqual([...(make(1) as Field).gather()!]);
    expect([...file.coordinatesOf("u")[1]!]).toEqual(Array.from({ length: u.shape[1]! }, (_, i) => grid.face(1, i)));
    expect([...file.coordinatesOf("u")[0]!]).toEqual([...grid.coordinates(0)]);
    expect(file.typeOf("u")).toBe(`u (at ${place}s)`);
    expect(file.layout.variables.u).toEqual({ dtype: "f64", units: "m", at: place });
    file.close();
    expect(await compareFiles(path, path)).toEqual({ frames: 2, differingCells: 0, maxDifference: 0 });
    if (name === "walls" && backend === "posix") {
      const picture = at("u.png");
      documentOf(await wasmMpi(["view", path, "--plot", picture, "--variable", "u", "--json"], { cwd: folder }));
    }
  });
});

it.each([true, false])(
  "reads them into fields of such faces, and says where they are (periodic: %s)",
  async (periodic) => {
    const grid = new Grid(solo(), { shape: [7, 5], periodic: [true, periodic] });
    const path = at(`read-${periodic}.h5`);
    const u = grid.field((x, y) => x + 10 * y, { at: "y-face" });
    const output = await Output.create(grid, path, {
      variables: { c: {}, u: { at: "y-face" }, v: { at: "x-face" } },
      xdmf: true,
    });
    await output.write(0, { c: grid.field(1), u, v: grid.field(2, { at: "x-face" }) });
    await output.close();
    const text = readFileSync(path.replace(/h5$/, "xdmf"), "utf8");
    expect(text.match(/<!--.*-->/g)).toEqual(["<!-- Not here, as the values are at faces: u, v -->"]);
    expect(text.match(/<Attribute Name="\w+"/g)).toEqual(['<Attribute Name="c"']);
    const read = await grid.read(path, "u", { at: "y-face" });
    expect([read.at, read.digest()]).toEqual(["y-face", u.digest()]);
    const expected = `file "${path}": expected "u" of values at`;
    const got = "got values at y-faces.";
    expect(await messageOf(() => grid.read(path, "u"))).toBe(
      `${expected} cells, ${got} Pass { at: "y-face" } for a field of y-faces.`,
    );
    expect(await messageOf(() => grid.read(path, "u", { at: "x-face" }))).toBe(
      `${expected} x-faces, ${got} Pass { at: "y-face" } for a field of y-faces.`,
    );
    if (periodic) return;
    expect(await messageOf(() => grid.read(path, "c", { at: "y-face" }))).toBe(
      `file "${path}": expected "c" of 7 x 6 y-faces, or frames of as many, got 1 x 7 x 5. Choose a variable of y-faces, or leave out "at".`,
    );
    const run = await wasmMpi(["advect", "gaussian", "--shape", "7,5", "--initial", `${path}:u`]);
    expect(run.stderr).toBe(`wasm-mpi advect: ${expected} cells, ${got} Choose a variable of cells.\n`);
  },
);

it("refuses faces that there are not", async () => {
  const grid = new Grid(solo(), grids.walls!);
  const create = (variables: object, name = "none.h5") =>
    messageOf(() => Output.create(grid, at(name), { variables } as never));
  expect(await create({ u: { at: "z-face" } })).toBe(
    'Output.create: "variables.u.at" expected one of cell, x-face, y-face, got "z-face". Give that of the field.',
  );
  expect(await create({ c: {}, u: { at: "y-face", static: grid.field(0, { at: "x-face" }) } })).toBe(
    'Output.create: "variables.u.static" expected a field at y-faces, got one at x-faces. Leave out "at".',
  );
  expect(await create({ x_face: {}, u: { at: "x-face" } })).toMatch(
    /^Output\.create: "variables" expected names other than .*"x_face"/,
  );
});
