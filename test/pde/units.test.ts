/** Units of equations: in the file of `storage`, and in that of `wasm-mpi solve`. */
import { copyFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { documentOf } from "../../src/cli/view/listing.js";
import { Grid } from "../../src/grid/grid.js";
import { SnapshotReader } from "../../src/io/reader.js";
import { Pde } from "../../src/pde/pde.js";
import { storage } from "../../src/pde/trackers/storage.js";
import { temporaryFolder } from "../harness/command.js";
import { solo } from "../harness/run.js";

const folder = temporaryFolder();
const run = { until: 0.1, dt: 0.1 };
const gridOf = (shape: readonly number[]) => new Grid(solo(), { shape });

/** What a file says of units: by variable, of each axis, of the time. */
async function unitsIn(path: string): Promise<readonly unknown[]> {
  const reader = await SnapshotReader.open(path);
  try {
    const { variables } = documentOf(reader, {}) as { variables: { name: string; units: string | null }[] };
    const { axisUnits, layout } = reader;
    return [Object.fromEntries(variables.map(({ name, units }) => [name, units])), axisUnits, layout.timeUnits];
  } finally {
    reader.close();
  }
}

describe("units of storage", () => {
  it("are in the file, of unknowns, further values, axes and the time; what is not said has none", async () => {
    const path = join(folder, "c.h5");
    const units = { c: "mol/m^3", slope: "mol/m^4", x: "m", t: "s" };
    const track = [storage(path, { units, save: { slope: "d_dx(c)", twice: "2 * c" } })];
    await new Pde({ c: "laplace(c)" }).solve({ grid: gridOf([6, 5]), initial: { c: "x" }, ...run, track });
    expect(await unitsIn(path)).toEqual([{ c: "mol/m^3", slope: "mol/m^4", twice: null }, ["m", "1"], "s"]);
  });

  it("of a complex unknown are those of both parts, of one of them its own", async () => {
    const path = join(folder, "psi.h5");
    const track = [storage(path, { units: { psi: "m-1", psi_im: "1" } })];
    const eq = new Pde({ psi: "i * laplace(psi)" });
    await eq.solve({ grid: gridOf([8]), initial: { psi: "exp(-x^2)" }, until: 0.01, dt: 0.01, stepper: "rk4", track });
    expect(await unitsIn(path)).toEqual([{ psi_re: "m-1", psi_im: "1" }, ["1"], "1"]);
  });

  it("are none of an unknown with a name that every object has", async () => {
    const path = join(folder, "constructor.h5");
    const eq = new Pde({ constructor: "laplace(constructor)" });
    await eq.solve({ grid: gridOf([6]), initial: { constructor: 1 }, ...run, track: [storage(path)] });
    expect(await unitsIn(path)).toEqual([{ constructor: null }, ["1"], "1"]);
  });

  it.each([
    [{ cc: "m" }, 'storage: "units" expected names among c, x, t, got "cc". Leave it out.'],
    [{ y: "m" }, 'storage: "units" expected names among c, x, t, got "y". Leave it out.'],
    [{ c: "" }, 'storage: "units" expected units of c, got "". Write "m", for example, or leave it out.'],
    [{ c: 1 }, 'storage: "units.c" expected a text, got 1. Write it in quotes.'],
  ])("are refused: %j", async (units, message) => {
    const solve = async () => {
      const track = [storage(join(folder, "refused.h5"), { units: units as never })];
      await new Pde({ c: "laplace(c)" }).solve({ grid: gridOf([6]), initial: { c: 1 }, ...run, track });
    };
    await expect(solve).rejects.toThrow(message);
  });
});

describe("a restart that stores into the file of the run before", () => {
  const eq = new Pde({ c: "laplace(c)" });
  const grid = gridOf([6]);
  const solve = (path: string, options: object, changes: object = {}) =>
    eq.solve({ grid, initial: { c: "x" }, ...run, track: [storage(path, options)], ...changes });
  const path = join(folder, "on.h5");
  const restart = { restart: join(folder, "on.restart.h5"), until: 0.2 };
  const usual = { units: { c: "K", x: "m" }, save: { twice: "2 * c" } };
  const goesOn = `as in the file ${JSON.stringify(path)} that goes on`;

  it.each([
    [{ units: { c: "degC" } }, `"units" expected "K" for c, ${goesOn}, got "degC". Leave it out, or store in another file.`],
    [{ units: { twice: "K" } }, `"units" expected none for twice, ${goesOn}, got "K". Leave it out, or store in another file.`],
    [{ units: { x: "km" } }, `"units" expected "m" for x, ${goesOn}, got "km". Leave it out, or store in another file.`],
    [{ units: { t: "s" } }, `"units" expected "1" for t, ${goesOn}, got "s". Leave it out, or store in another file.`],
    [{ gzip: 4 }, `"gzip" expected 0, ${goesOn}, got 4. Leave it out, or store in another file.`],
    [{ save: {} }, `"save" expected twice, ${goesOn}, got none. Give the same ones, or store in another file.`],
    [{ save: { twice: "c + c" } }, '"save" expected "2 * c" for twice, as in the frames before, got "c + c". Give it another name, and store it in another file.'],
  ])("refuses what the file has otherwise: %j", async (changes, message) => {
    await solve(path, { ...usual, overwrite: true });
    await expect(solve(path, { ...usual, ...changes }, restart)).rejects.toThrow(`storage: ${message}`);
  }); // biome-ignore format: a table

  it("refuses a way to write that the file has not", async () => {
    await solve(path, { ...usual, overwrite: true });
    await expect(solve(path, { ...usual, backend: "gather" }, restart)).rejects.toThrow(
      'Output.append: "backend" expected "mpiio" or "posix" for this file, got "gather". Leave it out.',
    );
  });

  it("takes what is as before, or left out", async () => {
    await solve(path, { ...usual, gzip: 2, overwrite: true });
    await solve(path, { ...usual, units: { t: "1" }, gzip: 2, durable: true }, restart);
    expect(await unitsIn(path)).toEqual([{ c: "K", twice: null }, ["m"], "1"]);
    const reader = await SnapshotReader.open(path);
    expect([reader.gzip, [...reader.times]]).toEqual([2, [0, 0.1, 0.2]]);
    reader.close();
  });

  it("refuses a file of other unknowns", async () => {
    const strange = join(folder, "strange.h5");
    await solve(path, { ...usual, overwrite: true });
    await new Pde({ u: "laplace(u)" }).solve({ grid, initial: { u: "x" }, ...run, track: [storage(strange)] });
    await expect(solve(strange, {}, restart)).rejects.toThrow(
      `storage: "path" expected a file with c, got ${JSON.stringify(strange)}, which has u. Store in another file.`,
    );
  });

  it("may save other values under its name where the frames before are gone", async () => {
    await solve(path, { ...usual, overwrite: true });
    const state = join(folder, "kept.restart.h5");
    copyFileSync(restart.restart, state);
    rmSync(path);
    await solve(path, { save: { twice: "c + c", more: "c" } }, { ...restart, restart: state });
    expect((await unitsIn(path))[0]).toEqual({ c: null, twice: null, more: null });
  });

  it("may store in another file, which has the frames from there on", async () => {
    await solve(path, { ...usual, overwrite: true });
    const rest = join(folder, "rest.h5");
    await solve(rest, { every: 0.1, units: { c: "degC" } }, restart);
    expect(await unitsIn(rest)).toEqual([{ c: "degC" }, ["1"], "1"]);
    const reader = await SnapshotReader.open(rest);
    expect([...reader.times]).toEqual([0.2]);
    reader.close();
  });
});
