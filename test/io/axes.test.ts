/** Files of grids whose cells differ in size or volume. */
import { join } from "node:path";
import type { Dataset } from "h5wasm/node";
import { describe, expect, it } from "vitest";
import { load } from "../../src/hdf5/library.js";
import { type Field, Grid, type GridOptions, Output, Pde, storage } from "../../src/index.js";
import { SnapshotReader } from "../../src/io/reader.js";
import { temporaryFolder } from "../harness/command.js";
import { solo } from "../harness/run.js";

const folder = temporaryFolder();
const comm = solo();
const tube: GridOptions = {
  shape: [4, 3],
  bounds: [[0, 2], undefined],
  coordinates: "cylindrical",
  faces: { z: [0, 1, 3, 4] },
  periodic: [false, true],
};

describe("a file of a grid with a radius", () => {
  it.each(["posix", "gather"] as const)("has its axes and faces, written by %s", async (backend) => {
    const grid = new Grid(comm, tube);
    const path = join(folder, `${backend}.h5`);
    const c = grid.field((r, z) => 10 * r + z);
    const output = await Output.create(grid, path, { variables: { c: {} }, backend, xdmf: true });
    await output.write(0, { c });
    await output.close();
    const again = await Output.append(grid, path);
    await again.write(1, { c });
    await again.close();
    const reader = await SnapshotReader.open(path);
    const { system, axes, shape, times, bounds, layout } = reader;
    expect({ system, axes, shape, times: [...times], bounds }).toEqual({
      system: "cylindrical",
      axes: ["r", "z"],
      shape: [4, 3],
      times: [0, 1],
      bounds: [
        [0, 2],
        [0, 4],
      ],
    });
    expect(reader.coordinates.map((centres) => [...centres])).toEqual([
      [0.25, 0.75, 1.25, 1.75],
      [0.5, 2, 3.5],
    ]);
    expect(layout.faces!.map((faces) => faces && [...faces])).toEqual([undefined, [0, 1, 3, 4]]);
    expect([...reader.read("c", -1)]).toEqual([...c.interior()]);
    reader.close();
    const { File } = await load();
    const file = new File(path, "r");
    const of = (name: string) => file.get(name) as Dataset;
    expect(of("z").attrs.bounds!.value).toBe("z_bounds");
    expect([...(of("z_bounds").value as Float64Array)]).toEqual([0, 1, 1, 3, 3, 4]);
    expect([...(of("mesh/z").value as Float64Array)].slice(0, 4)).toEqual([0, 1, 3, 4]);
    expect([...(of("mesh/r").value as Float64Array)].filter((_, i) => i % 4 === 0)).toEqual([0, 0.5, 1, 1.5, 2]);
    expect(file.attrs.coordinate_system!.value).toBe("cylindrical");
    file.close();
  });

  it("is not gone on with on another grid", async () => {
    const path = join(folder, "other.h5");
    const output = await Output.create(new Grid(comm, tube), path, { variables: { c: {} } });
    await output.write(0, { c: output.grid.field(1) });
    await output.close();
    const append = (options: GridOptions) => Output.append(new Grid(comm, options), path);
    const told = `file "${path}": expected`;
    await expect(append({ shape: [4, 3] })).rejects.toThrow(
      `${told} the cartesian coordinates of the grid, got cylindrical. Make the grid that the file is of.`,
    );
    await expect(append({ ...tube, faces: { z: [0, 1, 2, 4] } })).rejects.toThrow(
      `${told} the cell centres of the grid along z, got others. Make the grid that the file is of, with the same bounds.`,
    );
  });

  it("has no variable with the name of an axis or of its faces", async () => {
    const make = (name: string) =>
      Output.create(new Grid(comm, tube), join(folder, "name.h5"), { variables: { [name]: {} } });
    for (const name of ["r", "z", "x", "z_bounds"]) await expect(make(name)).rejects.toThrow(`got "${name}"`);
  });

  it("takes any attribute on a box, and stays a box", async () => {
    const path = join(folder, "box.h5");
    const grid = new Grid(comm, { shape: [4] });
    const attributes = { coordinate_system: "polar" };
    for (const backend of ["posix", "gather"] as const) {
      const output = await Output.create(grid, path, { variables: { r: {} }, attributes, backend, overwrite: true });
      await output.write(0, { r: grid.field(2) });
      await output.close();
      await (await Output.append(grid, path)).close();
      const reader = await SnapshotReader.open(path);
      const { system, layout } = reader;
      expect([system, layout.attributes!.coordinate_system]).toEqual(["cartesian", "polar"]);
      reader.close();
    }
  });

  it("keeps a state to restart from, of the same grid alone", async () => {
    const eq = new Pde({ c: "laplace(c)" });
    const run = (path: string, until: number, options: GridOptions, restart?: string) => {
      const track = [storage(path, { every: 0.01, overwrite: true })];
      const grid = new Grid(comm, options);
      return eq.solve({ grid, initial: { c: "r + z" }, until, dt: 0.01, track, ...(restart ? { restart } : {}) });
    };
    const whole = await run(join(folder, "whole.h5"), 0.1, tube);
    const path = join(folder, "part.h5");
    await run(path, 0.05, tube);
    const restart = join(folder, "part.restart.h5");
    const rest = await run(path, 0.1, tube, restart);
    expect((rest.fields.c as Field).digest()).toBe((whole.fields.c as Field).digest());
  });
});
