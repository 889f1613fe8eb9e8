/** The case `pole`: a cone carried over both poles of a sphere, with latitude, longitude and both split over ranks. */
import { describe, expect, it } from "vitest";
import { cases } from "../../src/advection/cases/case.js";
import { Mpdata } from "../../src/advection/mpdata.js";
import type { Report } from "../../src/cli/run/report.js";
import { Grid } from "../../src/grid/grid.js";
import { documentOf } from "../harness/command.js";
import { wasmMpi } from "../harness/process.js";
import { solo } from "../harness/run.js";

const u = 2 ** -53;
type Statistics = Record<"emin" | "emax" | "err0" | "err1" | "err2", number>;
const advect = async (args: string) =>
  documentOf<Report & Statistics>(await wasmMpi(["advect", "pole", ...args.split(" ").filter(Boolean), "--json"]));

/** The greatest Courant number of a shape. */
function courantNumber(shape: number[]): number {
  const { bounds, periodic, boundary, courant, psi, g, maxCourant } = cases.pole!.setup({ shape });
  const grid = new Grid(solo(), { shape, bounds, periodic, halo: 1 });
  const field = grid.field(psi);
  const solver = new Mpdata({ psi: field, courant, g: g!, boundary: boundary!, maxCourant: maxCourant! });
  const result = solver.courantNumber();
  solver.free();
  field.free();
  return result;
}

describe("the case pole", () => {
  it("has the published greatest Courant number, and no greater one on other shapes", () => {
    expect(courantNumber([128, 64]).toFixed(4)).toBe("1.0181");
    expect(cases.pole!.setup({}).steps).toBe(5120);
    for (const shape of [
      [4, 2],
      [6, 31],
      [64, 32],
      [90, 17],
    ]) {
      const greatest = courantNumber(shape);
      expect(greatest, String(shape)).toBeLessThan(1.0182);
    }
  });

  it("keeps the content and the bounds on its way around the sphere, and says its statistics", async () => {
    const args = ["advect", "pole", "--nonoscillatory"];
    const report = await advect("--nonoscillatory");
    expect(report.steps).toBe(5120);
    // Next to the pole the outflow exceeds 1 by 0.02, so that 0 is kept to a few roundings only.
    expect(report.emin).toBeGreaterThanOrEqual(-8 * u);
    expect(report.emax).toBeLessThan(0);
    expect(report.emax).toBeGreaterThan(-0.5);
    // Seven roundings of the content a pass, up and down.
    expect(Math.abs(report.err1)).toBeLessThanOrEqual(Math.sqrt(5120 * 2 * 7) * u);
    expect(report.err0).toBeGreaterThan(0);
    expect(report.err2).toBeLessThan(0);
    const { stdout } = await wasmMpi(args);
    const { emin, emax, err0, err1, err2 } = report;
    expect(stdout.split("\n")).toContain(`emin ${emin}, emax ${emax}, err0 ${err0}, err1 ${err1}, err2 ${err2}`);
  });

  it("loses more with the donor cell, and nothing in no steps", async () => {
    const shape = "--shape 64,32";
    const [none, donor, basic] = await Promise.all([
      advect(`${shape} --steps 0`),
      advect(`${shape} --iterations 1`),
      advect(`${shape} --iterations 2 --nonoscillatory`),
    ]);
    expect([none.emin, none.emax, none.err0, none.err1, none.err2]).toEqual([0, 0, 0, 0, 0]);
    expect(donor.err0).toBeGreaterThan(basic.err0);
    expect(donor.emax).toBeLessThan(basic.emax);
    expect(donor.err2).toBeLessThan(basic.err2);
  });
});
