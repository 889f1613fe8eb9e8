/** Units of equations: in the file of `storage`, and in that of `wasm-mpi solve`. */
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
