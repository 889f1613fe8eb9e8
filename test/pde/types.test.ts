/** What `tsc` knows of options and results: the lines with `@ts-expect-error` have errors, or `tsc -p .` fails. */
import { expect, expectTypeOf, it } from "vitest";
import type { AnyField } from "../../src/grid/field.js";
import { evaluate, Grid, mpi, Output, Pde } from "../../src/index.js";

const comm = mpi.init({ library: "solo" });
const makeGrid = () => new Grid(comm, { shape: [4, 4], periodic: true });
type Complex = { readonly re: AnyField; readonly im: AnyField };

it("has real fields where no text and no constant is complex", async () => {
  const grid = makeGrid();
  const heat = new Pde(
    { c: "laplace(c) + k*sin(pi*x)", u: "min(c, 1) - divergence(gradient(c))" },
    { constants: { k: 1 } },
  );
  expectTypeOf<Awaited<ReturnType<typeof heat.solve>>["fields"]>().toEqualTypeOf<{
    readonly c: AnyField;
    readonly u: AnyField;
  }>();
  const decay = new Pde({ c: "-c" });
  const { fields } = await decay.solve({ grid, initial: { c: 1 }, until: 1, dt: 0.5 });
  // No cast, and no name that may not be there.
  expect(fields.c.sum()).toBe(16 * 0.25);
  // @ts-expect-error there is no such unknown
  expect(fields.d).toBeUndefined();
});

it("has both parts of those that are complex, by a text, a constant or their names", async () => {
  const grid = makeGrid();
  const free = new Pde({ psi: "i*laplace(psi)/2" });
  expectTypeOf<Awaited<ReturnType<typeof free.solve>>["fields"]["psi"]>().toEqualTypeOf<AnyField | Complex>();
  const part = new Pde({ c: "laplace(c)" }, { define: { v: "2 * i" } });
  expectTypeOf<Awaited<ReturnType<typeof part.solve>>["fields"]["c"]>().toEqualTypeOf<AnyField | Complex>();
  const k: Complex = { re: grid.field(1), im: grid.field(0) };
  const constant = new Pde({ c: "k*c" }, { constants: { k } });
  expectTypeOf<Awaited<ReturnType<typeof constant.solve>>["fields"]["c"]>().toEqualTypeOf<AnyField | Complex>();

  const named = new Pde({ psi: "laplace(n)", n: "-n" }, { complex: ["psi"] });
  const { fields } = await named.solve({ grid, initial: { psi: 1, n: 2 }, until: 1, dt: 0.5 });
  expectTypeOf(fields).toEqualTypeOf<{ readonly psi: Complex; readonly n: AnyField }>();
  expect([fields.psi.im.sum(), fields.n.sum()]).toEqual([0, 16 * 0.5]);
});

it("names unknowns of equations of second order without their ending, and knows nothing of texts that are made", () => {
  const wave = new Pde({ u_tt: "laplace(u)" });
  expectTypeOf<Awaited<ReturnType<typeof wave.solve>>["fields"]>().toEqualTypeOf<{ readonly u: AnyField }>();
  const texts: Record<string, string> = { c: "-c" };
  const made: Pde = new Pde(texts);
  expectTypeOf<Awaited<ReturnType<typeof made.solve>>["fields"]>().toEqualTypeOf<{
    readonly [name: string]: AnyField | Complex;
  }>();
});

it("knows of the value of a text whether it is one field, and real", async () => {
  const grid = makeGrid();
  const { fields } = await new Pde({ c: "-c" }).solve({ grid, initial: { c: 1 }, until: 1, dt: 0.5 });
  const average = await evaluate("average(c) + k", { grid, fields, constants: { k: 1 } });
  expectTypeOf(average).toEqualTypeOf<AnyField>();
  expect(average.max()).toBe(1.25);
  expectTypeOf(await evaluate("sin(pi*x)", { grid })).toEqualTypeOf<AnyField>();
  expectTypeOf(await evaluate("i*c", { grid, fields })).toEqualTypeOf<AnyField | Complex>();
  const psi: Complex = { re: fields.c, im: fields.c };
  expectTypeOf(await evaluate("2*psi", { grid, fields: { psi } })).toEqualTypeOf<AnyField | Complex>();
  expectTypeOf(await evaluate("k*c", { grid, fields, constants: { k: psi } })).toEqualTypeOf<AnyField | Complex>();
  expectTypeOf(await evaluate("gradient(c)", { grid, fields })).toEqualTypeOf<AnyField | AnyField[]>();
  expectTypeOf(await evaluate("vector(c, c)[0]", { grid, fields })).toEqualTypeOf<AnyField | AnyField[]>();
  const text: string = "c";
  type Any = AnyField | Complex;
  expectTypeOf(await evaluate(text, { grid, fields })).toEqualTypeOf<Any | Any[]>();
});

it("refuses options that there are not, before the program runs", async () => {
  const grid = makeGrid();
  // @ts-expect-error
  expect(() => new Grid(comm, { shape: [4, 4], hallo: 1 })).toThrow(/^Grid: expected options among .*, got "hallo"/);
  // @ts-expect-error
  expect(() => new Grid(comm, { shape: [4, 4], coordinates: "polr" })).toThrow(/"polr"/);
  // @ts-expect-error
  expect(() => new Pde({ c: "-c" }, { boundry: { value: 0 } })).toThrow(/got "boundry"/);
  // @ts-expect-error
  expect(() => new Pde({ c: "-c" }, { interpretation: "both" })).toThrow(/"both"/);
  const solving = { grid, initial: { c: 1 }, until: 1, dt: 1 } as const;
  // @ts-expect-error
  await expect(async () => new Pde({ c: "-c" }).solve({ ...solving, stepper: "eular" })).rejects.toThrow(/"eular"/);
  // @ts-expect-error
  await expect(async () => new Pde({ c: "-c" }).solve({ ...solving, tracker: [] })).rejects.toThrow(/"tracker"/);
  // @ts-expect-error
  await expect(async () => Output.create(grid, "out.h5", { variable: {} })).rejects.toThrow(/"variable"/);
  // @ts-expect-error
  const backend = () => Output.create(grid, "out.h5", { variables: { psi: {} }, backend: "tape" });
  await expect(backend).rejects.toThrow(/"tape"/);
});
