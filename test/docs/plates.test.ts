/** The temperatures that docs/guide/kernels.md shows are those of heat conduction, computed here in plain JavaScript. */
import { describe, expect, it } from "vitest";
import { Grid, mpi } from "../../src/index.js";
import { exact, Page } from "../harness/page.js";

const range = (start: number, end: number) => Array.from({ length: end - start }, (_, i) => start + i);

describe("the numbers that docs/guide/kernels.md shows", () => {
  const page = new Page("docs/guide/kernels.md");
  const shownBy = (program: string): string => page.programs.find(({ name }) => name === program)!.shown!;
  const comm = mpi.init({ library: "solo" });

  /** Heat conduction in plain JavaScript, on the whole plate; `beyond` sets the halo before each step. */
  function conduct(shape: [number, number], start: (x: number, y: number) => number, beyond: Beyond) {
    const [nx, ny] = shape;
    let [u, next] = [plate(shape, start), plate(shape, () => 0)];
    const step = () => {
      beyond(u, nx, ny);
      for (let i = 1; i <= nx; i++) {
        for (let j = 1; j <= ny; j++) {
          const around = u[i - 1]![j]! + u[i + 1]![j]! + (u[i]![j - 1]! + u[i]![j + 1]!);
          next[i]![j] = u[i]![j]! + 0.2 * (around - 4 * u[i]![j]!);
        }
      }
      [u, next] = [next, u];
    };
    const cells = () => u.slice(1, -1).map((row) => row.slice(1, -1));
    return { step, cells };
  }

  type Beyond = (u: number[][], nx: number, ny: number) => void;

  const plate = ([nx, ny]: [number, number], start: (x: number, y: number) => number) =>
    range(0, nx + 2).map((i) => range(0, ny + 2).map((j) => start(i - 0.5, j - 0.5)));

  it("are the temperatures of the plate", () => {
    const { step, cells } = conduct(
      [6, 10],
      () => 0,
      (u, nx, ny) => {
        u[0]!.fill(100);
        u[nx + 1]!.fill(0);
        for (let i = 1; i <= nx; i++) u[i]![0] = u[i]![ny + 1] = 0;
      },
    );
    for (let n = 0; n < 100; n++) step();
    const table = cells().map((row) => row.map((value) => value.toFixed(1).padStart(4)).join(" "));
    for (const program of ["plate.mjs", "rows.mjs"]) expect(exact(shownBy(program)).split("\n")).toEqual(table);
    expect(exact(shownBy("sides.mjs")).split("\n")).toEqual([...table, "the same with each split: true"]);
  });

  it("are the bits of the heat solver", () => {
    const { step, cells } = conduct(
      [50, 37],
      (x, y) => (Math.abs(x - 20) < 6 && Math.abs(y - 12) < 5 ? 100 : 0),
      (u, nx, ny) => {
        for (let j = 1; j <= ny; j++) [u[0]![j], u[nx + 1]![j]] = [u[1]![j]!, u[nx]![j]!];
        for (let i = 1; i <= nx; i++) [u[i]![0], u[i]![ny + 1]] = [u[i]![1]!, u[i]![ny]!];
      },
    );
    const field = new Grid(comm, { shape: [50, 37] }).field();
    const lines: string[] = [];
    for (let steps = 0; steps <= 600; steps += 200) {
      if (steps > 0) for (let n = 0; n < 200; n++) step();
      field.set(cells().flat());
      lines.push(`step ${steps}: mean ${(field.sum() / (50 * 37)).toFixed(6)}, max ${field.max().toFixed(6)}`);
    }
    expect(exact(shownBy("heat.mjs")).split("\n")).toEqual([...lines, `digest ${field.digest()}`]);
  });
});
