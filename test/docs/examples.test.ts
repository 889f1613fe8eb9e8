/**
 * The programs in docstrings run, and print what the comments behind `console.log` say; those of one rank in one process, those
 * of three in one job. They name what the package exports without importing it, and a communicator, a grid and fields.
 */
import { copyFileSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Example, examples, fileOf } from "../harness/docstrings.js";
import { isFull } from "../harness/effort.js";
import { launched, runRanks } from "../harness/launch.js";
import { type Result, root, runNode, wasmMpi } from "../harness/process.js";

const timeout = 120_000;
const folder = join(root, "out", `examples-${process.pid}`);

/** What an example may name without making it: a communicator, a grid and fields. */
const wave = (base = "") => `grid.field((x, y) => ${base}Math.sin((Math.PI * x) / 16) * Math.cos((Math.PI * y) / 16))`;
const made: Readonly<Record<string, string>> = {
  comm: "mpi.init()",
  grid: "new Grid(comm, { shape: [32, 32], periodic: true })",
  psi: wave("1 + "),
  ...Object.fromEntries(["c", "u", "v"].map((name) => [name, wave()])),
  next: "grid.field(0)",
};

/** A file that examples read. */
const prepared = `import { Grid, mpi, Output } from "wasm-mpi";
const grid = new Grid(mpi.init(), { shape: [32, 32], periodic: true });
const output = await Output.create(grid, "era5.nc", { variables: { t2m: {} } });
await output.write(0, { t2m: grid.field(280) });
await output.close();
`;
const source =
  "export function mean(a: Float64Array): f64 { return a.reduce<f64>((sum, x) => sum + x, 0) / a.length; }";

/** A whole program. What the example itself declares hides what stands before it. */
function programOf({ entry, text }: Example, exported: readonly string[]): string {
  const names = (word: string, code: string) => new RegExp(`(?<![.\\w])${word}\\b`).test(code);
  const used = Object.keys(made).filter((name) => names(name, text));
  const isOnGrid = used.some((name) => name !== "comm");
  const needed = Object.keys(made).filter((name) => used.includes(name) || (isOnGrid && /^(comm|grid)$/.test(name)));
  const before = needed.map((name) => `const ${name} = ${made[name]};`).join("\n");
  const imported = exported.filter((name) => names(name, before + text));
  return `import { ${imported.join(", ")} } from "${entry}";\n${before}\n{\n${text}}\n`;
}

/** What the comments say that a program prints, a line each; `undefined` where they do not, or say it of 3 ranks alone. */
function shownBy({ text }: Example, ranks: number): (string | undefined)[] {
  return Array.from(text.matchAll(/console\.log\(.*\);(?: \/\/ (.*))?$/gm), ([, comment]) => {
    const [, shown, isOfThree] = /^(.*?)( on 3 ranks)?$/.exec(comment ?? "")!;
    return comment === undefined || (isOfThree && ranks !== 3) ? undefined : shown;
  });
}

/** Each run has a folder of its own: programs leave files, which the next run would find. */
const runs = ["solo", ...launched.map(({ name }) => name)];
const folderOf = (name: string) => join(folder, name);
const programs: (Example & { readonly file: string })[] = [];
beforeAll(async () => {
  for (const name of runs) {
    mkdirSync(folderOf(name), { recursive: true });
    writeFileSync(join(folderOf(name), "prepared.mjs"), prepared);
    writeFileSync(join(folderOf(name), "mean.ts"), source);
  }
  const built = await wasmMpi(["build", "mean.ts", "-o", "mean.wasm"], { cwd: folderOf("solo") });
  expect(built.code, built.transcript).toBe(0);
  for (const name of runs.slice(1))
    copyFileSync(join(folderOf("solo"), "mean.wasm"), join(folderOf(name), "mean.wasm"));
  for (const example of await examples()) {
    const exported = Object.keys(await import(fileOf(example.entry)));
    const file = `${example.entry.replace(/\W/g, "-")}-${example.name}.mjs`;
    for (const name of runs) writeFileSync(join(folderOf(name), file), programOf(example, exported));
    programs.push({ ...example, file });
  }
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Compares what rank 0 printed with the comments. */
function expectShown(ranks: number, { code, stdout, transcript }: Result): void {
  expect(code, transcript).toBe(0);
  const [printed] = JSON.parse(stdout) as [string[]];
  const wrong = programs.flatMap((example, place) => {
    const text = printed[place + 1]!;
    const lines = text.split("\n").slice(0, -1);
    const shown = shownBy(example, ranks);
    const fits =
      !/^\w*Error: [\s\S]*\n +at /m.test(text) && shown.every((line, i) => line === undefined || line === lines[i]);
    return fits ? [] : [`${example.name}: ${JSON.stringify(shown)}\n${text}`];
  });
  expect(wrong).toEqual([]);
}

describe("the programs in docstrings", () => {
  const argsOf = (name: string) =>
    ["prepared.mjs", ...programs.map(({ file }) => file)].map((file) => join(folderOf(name), file));
  const env = { NO_COLOR: "1" };

  it("print what their comments say, on one rank", { timeout }, async () => {
    const args = [join(root, "test", "harness", "programs.mjs"), ...argsOf("solo")];
    expectShown(1, await runNode(args, { env, timeoutMs: timeout }));
  });

  it.each(isFull ? launched : launched.slice(0, 1))(
    "print what their comments say, on 3 ranks of $title",
    { timeout },
    async ({ name: library }) => {
      const job = { library, ranks: 3, program: "../harness/programs.mjs" };
      expectShown(3, await runRanks({ ...job, args: argsOf(library), env, timeoutMs: timeout }));
    },
  );

  it("have the types that they need", { timeout }, async () => {
    const tsc = join(root, "node_modules", "typescript", "bin", "tsc");
    const flags =
      "--ignoreConfig --strict --noEmit --allowJs --checkJs --skipLibCheck --target es2022 --module nodenext --types node".split(
        " ",
      );
    const { code, transcript } = await runNode([tsc, ...flags, ...programs.map(({ file }) => file)], {
      cwd: folderOf("solo"),
      timeoutMs: timeout,
    });
    expect(code, transcript).toBe(0);
  });
});
