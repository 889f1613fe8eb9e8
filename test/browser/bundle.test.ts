import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { describe, expect, it } from "vitest";
import { Mpdata } from "../../src/advection/mpdata.js";
import type * as Entry from "../../src/browser/index.js";
import { Grid } from "../../src/grid/grid.js";
import { mpi } from "../../src/mpi/index.js";
import { Pde } from "../../src/pde/pde.js";
import { browserOptions, bundled, opened, root } from "./context.js";

const entry = `export * from "./browser/index.js";`;
const script = await bundled(entry);

/** What a program uses, of Node.js or of a browser. */
type Package = Pick<typeof Entry, "Grid" | "Mpdata" | "Pde"> & { readonly mpi: Pick<typeof Entry.mpi, "init"> };

/** Digests of some runs; each takes other kernels. */
async function digests({ Grid, Mpdata, Pde, mpi }: Package): Promise<Record<string, string>> {
  const comm = mpi.init();
  const blob = (x: number, y = 0) => Math.exp(-((x - 9) ** 2 + (y - 7) ** 2) / 30);
  const found: Record<string, string> = {};
  const schemes = {
    plain: {},
    limited: { nonoscillatory: true, iterations: 3 },
    third: { thirdOrderTerms: true },
    infinite: { infiniteGauge: true },
  };
  for (const dtype of ["f64", "f32"] as const) {
    for (const [name, scheme] of Object.entries(schemes)) {
      const grid = new Grid(comm, { shape: [24, 19], periodic: true, halo: 2 });
      const psi = grid.field(blob, { dtype });
      new Mpdata({ psi, courant: [0.3, (x, y) => 0.2 * Math.sin(x + y)], ...scheme }).advance(5);
      found[`${name} ${dtype}`] = psi.digest();
    }
  }
  const walled = new Grid(comm, { shape: [20, 16] });
  const equations = { c: "laplace(c^3 - c - laplace(c))" };
  const initial = { c: "0.3 * sin(0.5 * x) * exp(-0.1 * y)" };
  for (const stepper of ["euler", "rk4", "rkf45"] as const) {
    const options = { grid: walled, initial, until: 0.02, stepper, dt: 1e-3 } as const;
    const { fields } = await new Pde(equations).solve(options);
    found[stepper] = (fields.c as Entry.Field).digest();
  }
  const [u, next] = [walled.field(blob), walled.field(0)];
  (await walled.kernel("next = u[1, 0] + sin(u[-1, 0])")).run({ u, next });
  found.kernel = next.digest();
  return found;
}

describe("the package for browsers", () => {
  it.each([
    ["of its own", false],
    ["that is isolated from other origins, where memory may be shared", true],
  ])("computes the bits of Node.js, in a page %s", async (_, isIsolated) => {
    const page = opened(script, isIsolated);
    const found = await digests(page);
    expect(Object.keys(found)).toHaveLength(12);
    expect(found).toEqual(await digests({ Grid, Mpdata, Pde, mpi }));
    const { buffer } = page.heap.array("f64", 1);
    expect(Object.prototype.toString.call(buffer)).toBe(
      isIsolated ? "[object SharedArrayBuffer]" : "[object ArrayBuffer]",
    );
  });

  it("names nothing of Node.js", async () => {
    const names = ["process", "Buffer", "require", "global", "setImmediate", "__dirname", "__filename"];
    const define = Object.fromEntries(names.map((name) => [name, `OF_NODE_${name}`]));
    const text = await bundled(entry, { define });
    expect(Array.from(text.matchAll(/OF_NODE_\w+/g), ([name]) => name)).toEqual([]);
    // The check sees what it is for.
    expect(await bundled("export const it = process.env;", { define })).toContain("OF_NODE_process");
  });

  it("is a bundle of less than 300 kB, compressed, that imports nothing", async () => {
    const bytes = readFileSync(join(root, "dist", "browser.js"));
    expect(gzipSync(bytes).length).toBeLessThan(300_000);
    const { outputFiles, metafile } = await build({
      ...browserOptions,
      ...{ entryPoints: ["dist/browser.js"], format: "esm", metafile: true, write: false },
    });
    expect(Object.values(metafile!.outputs).flatMap(({ imports }) => imports)).toEqual([]);
    expect(outputFiles).toHaveLength(1);
  });

  it("is bundled into a program for browsers, without anything that is left outside", async () => {
    const contents = `import { Grid, mpi } from "wasm-mpi/browser"; export const digest = new Grid(mpi.init(), { shape: [8] }).field((x) => x).digest();`;
    const { outputFiles } = await build({
      stdin: { contents, resolveDir: root },
      bundle: true,
      format: "iife",
      globalName: "it",
      platform: "browser",
      write: false,
    });
    const page = opened(outputFiles[0]!.text, false) as unknown as { readonly digest: string };
    expect(page.digest).toBe(new Grid(mpi.init(), { shape: [8] }).field((x) => x).digest());
  });
});

describe("what a browser lacks", () => {
  const { Grid, Pde, data, mpi } = opened(script, false);
  const grid = () => new Grid(mpi.init(), { shape: [8] });
  const failure = async (run: () => unknown): Promise<string> => {
    try {
      await run();
    } catch (error) {
      return `${(error as Error).name}: ${(error as Error).message}`;
    }
    return "nothing";
  };

  it.each<[string, () => unknown, string]>([
    [
      "an MPI library",
      () => opened(script, false).mpi.init({ library: "openmpi" }),
      'UsageError: mpi.init: "library" expected "solo" in a browser, got "openmpi". Leave it out.',
    ],
    [
      "files to read",
      () => grid().read("a.h5", "psi"),
      "UsageError: Grid.read: expected Node.js, which has files, got a browser. Make the field of an array: grid.field(values).",
    ],
    [
      "files of states",
      () =>
        new Pde({ c: "laplace(c)" }).solve({
          grid: grid(),
          initial: { c: 0 },
          until: 1,
          dt: 0.1,
          restart: "a.restart.h5",
        }),
      "UsageError: Output.append: expected Node.js, which has files, got a browser. Take the values with field.gather().",
    ],
    [
      "files of tables",
      () => data({ mass: "integral(c)" }, { path: "a.csv" }),
      'UsageError: data: "path" expected Node.js, which has files, got a browser. Leave it out, and take the rows of the tracker.',
    ],
    [
      "the compiler of AssemblyScript",
      () => grid().kernel("export function step(): void {}"),
      'UsageError: Grid.kernel: "source" expected Node.js, which has the compiler of AssemblyScript, got a browser. Write the kernel as a text.',
    ],
    [
      "threads",
      () => new Grid(mpi.init(), { shape: [8], threads: 2 }),
      'UsageError: Grid: "threads" expected a whole number from 1 to 1, got 2. Leave it out for 1.',
    ],
    [
      "messages of objects",
      () => mpi.init().bcastObject({ a: 1 }),
      'UsageError: Comm.bcastObject: "value" expected a text, or Node.js, which serialises values, got a browser. Send typed arrays.',
    ],
  ])("is named: %s", async (_, run, text) => {
    expect((await failure(run)).slice(0, text.length)).toBe(text);
  });
});
