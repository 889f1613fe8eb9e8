/** What `wasm-mpi view` draws over time: figures of frames, and a line. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { SnapshotWriter } from "../../src/io/writer.js";
import { plane, plot } from "../../src/plot/index.js";
import { temporaryFolder } from "../harness/command.js";
import { wasmMpi } from "../harness/process.js";

const folder = temporaryFolder();
const at = (name: string) => join(folder, name);
const textOf = (name: string) => readFileSync(at(name), "utf8");
const view = (...args: readonly string[]) => wasmMpi(["view", "plane.h5", ...args], { cwd: folder });
const [nx, ny, count] = [4, 3, 3];
const centres = (n: number) => Array.from({ length: n }, (_, i) => i + 0.5);
const fields = [0, 1, 2].map((time) =>
  Float64Array.from({ length: nx * ny }, (_, i) => (i === 0 ? Number.NaN : i + 100 * time)),
);

beforeAll(async () => {
  const coordinates = [nx, ny].map((n) => Float64Array.from(centres(n)));
  const writer = await SnapshotWriter.create(at("plane.h5"), { shape: [nx, ny], coordinates, variables: { psi: {} } });
  for (const [time, psi] of fields.entries()) writer.write(2 * time, { psi }, { min: 0, max: 0, sum: 0, walltime: 0 });
  writer.close();
});

describe("wasm-mpi view over time", () => {
  it("draws min, mean and max of the finite values, and a line through the middle or a cut", async () => {
    const { code, stdout, transcript } = await view("--series", "s.svg", "--kymograph", "k.svg", "--slice", "y=0.5");
    expect(code, transcript).toBe(0);
    expect(stdout).toMatch(/\nseries: s\.svg\nkymograph: k\.svg\n$/);
    const lines = fields.map((psi) => [0, 1, 2, 3].map((i) => psi[i * ny]!));
    const figures = lines.map(([, ...line]) => [line[0]!, (line[0]! + line[1]! + line[2]!) / 3, line[2]!]);
    const panels = ["min", "mean", "max"].map((title, i) => ({
      ...{ title, shape: [count], values: figures.map((each) => each[i]!) },
    }));
    const times = [0, 2, 4];
    await plot(at("s2.svg"), panels, { label: "psi", axes: ["t"], coordinates: [times] });
    expect(textOf("s.svg")).toBe(textOf("s2.svg"));
    const panel = { title: "y = 0.5 (cell 0 of 3)", shape: [count, nx], values: lines.flat() };
    const faces = [undefined, [0, 1, 2, 3, 4]];
    await plane(at("k2.svg"), panel, { label: "psi", axes: ["t", "x"], coordinates: [times, centres(nx)], faces });
    expect(textOf("k.svg")).toBe(textOf("k2.svg"));
  });

  it("refuses an axis that there is not, one without a picture, and frames out of order", async () => {
    const said = async (...args: readonly string[]) => (await view(...args)).stderr;
    expect(await said("--kymograph", "k.svg", "--kymograph-axis", "z")).toBe(
      'wasm-mpi view: "--kymograph-axis" expected an axis among x, y, got "z". Name one of them.\n',
    );
    expect(await said("--plot", "p.svg", "--kymograph-axis", "x")).toBe(
      'wasm-mpi view: "--kymograph-axis" expected --kymograph with it, got none. Add --kymograph, or leave it out.\n',
    );
    expect(await said("--series", "s.svg", "--frames", "1,0")).toBe(
      'wasm-mpi view: "--frames" expected frames in the order of time for --series, got 0. Name each once, in their order.\n',
    );
  });
});
