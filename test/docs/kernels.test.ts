/** What docs/kernels.md says is true: its programs run on any number of ranks and print what it shows. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { Grid, mpi } from "../../src/index.js";
import { eachLibrary } from "../harness/launch.js";
import { eachMode } from "../harness/modes.js";
import { obstacle, Page } from "../harness/page.js";
import { root } from "../harness/process.js";

const page = new Page("docs/kernels.md");
const { programs, commands } = page;

/** Beside launching, the first run of a program may compile. */
const timeout = 60_000;

const range = (start: number, end: number) => Array.from({ length: end - start }, (_, i) => start + i);

/** What programs print whose output depends on the number of ranks. */
const byRanks: Readonly<Record<string, (size: number) => string[]>> = {
  "hello.mjs": (size) => range(0, size).map((rank) => `rank ${rank} of ${size}, next is ${(rank + 1) % size}`),
  "chain.mjs": (size) =>
    range(0, size).map((rank) => {
      const [start, end] = [Math.floor((10 * rank) / size), Math.floor((10 * (rank + 1)) / size)];
      return `rank ${rank}: ${start - 1} | ${range(start, end).join(" ")} | ${end < 10 ? end : -1}`;
    }),
};

/** Output without the places in the package's own sources, which messages name. */
const even = (text: string) => text.trimEnd().replace(/(~lib\/[\w/]+\.ts):\d+:\d+/g, "$1:…");

const shownBy = (program: string): string => programs.find(({ name }) => name === program)!.shown!;

describe("the programs of docs/kernels.md", () => {
  it("are whole: each names its file in its first line and imports the package", () => page.expectWholePrograms());

  it("are shown on as many ranks as their commands say", () => {
    for (const [program, lines] of Object.entries(byRanks)) {
      const { shown, ranks } = programs.find(({ name }) => name === program)!;
      expect(even(shown!)).toBe(even(lines(ranks).join("\n")));
    }
  });

  describe.each(programs)("$name", ({ name, shown }) => {
    eachMode((isPlain) => {
      // Where the page shows something else for plain mode, by a command that sets the variable.
      const plain = commands.find(({ env, args }) => env.WASM_MPI_DISABLE_JIT === "1" && args.at(-1) === name);
      const expected = (isPlain ? plain?.shown : undefined) ?? shown!;
      eachLibrary([1, 2, 3, 4], (job) => {
        it("prints what is shown", { timeout }, async () => {
          const result = await page.runProgram(job, name!);
          expect(result.code, result.transcript).toBe(0);
          expect(even(result.stdout)).toBe(even(byRanks[name!]?.(job.ranks).join("\n") ?? expected));
          if (job.library === "solo") expect(result.stderr).toBe("");
        });
      });
    });
  });
});

describe("the commands of docs/kernels.md", () => {
  it("are all understood here", () => expect(page.otherLines).toEqual([]));

  for (const command of commands) {
    const why = obstacle(command);
    it.skipIf(why !== undefined)(`${command.line}${why ? ` (${why})` : ""}`, { timeout }, async () => {
      const { code, stdout, transcript } = await page.runCommand(command);
      expect(code, transcript).toBe(0);
      if (command.shown !== undefined) expect(even(stdout)).toBe(even(command.shown));
    });
  }
});

describe("the results that docs/kernels.md shows", () => {
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
    for (const program of ["plate.mjs", "rows.mjs"]) expect(even(shownBy(program)).split("\n")).toEqual(table);
    expect(even(shownBy("sides.mjs")).split("\n")).toEqual([...table, "the same with each split: true"]);
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
    expect(even(shownBy("heat.mjs")).split("\n")).toEqual([...lines, `digest ${field.digest()}`]);
  });

  eachLibrary([1, 3], (job) => {
    it("are the same with the module that is compiled ahead of time", { timeout }, async () => {
      const build = commands.find(({ args }) => args[0] === "build")!;
      const built = await page.runCommand(build);
      expect(built.code, built.transcript).toBe(0);

      const call = /`(loadModule\(.+?\))` then takes the place/.exec(page.text)![1]!;
      const text = readFileSync(join(page.folder, "heat.mjs"), "utf8");
      const loaded = text.replace(/await jit\(\{.*?\n\}\)/s, call).replace("jit,", "loadModule,");
      expect(loaded).toContain(`const kernel = ${call};`);
      writeFileSync(join(page.folder, "loaded.mjs"), loaded);
      const result = await page.runProgram(job, "loaded.mjs");
      expect(result.code, result.transcript).toBe(0);
      expect(even(result.stdout)).toBe(even(shownBy("heat.mjs")));
    });
  });
});

describe("the links of docs/kernels.md", () => {
  const headings = (text: string) =>
    Array.from(text.replace(/^```.*?^```$/gms, "").matchAll(/^#+ (.+)$/gm), ([, title]) =>
      title!
        .toLowerCase()
        .replace(/[^\w\s-]/g, "")
        .replaceAll(" ", "-"),
    );

  it("lead to headings of the page and of the README", () => {
    const readme = headings(readFileSync(join(root, "README.md"), "utf8"));
    const own = headings(page.text);
    const links = Array.from(page.text.matchAll(/\]\(([^)#]*)#([^)]+)\)/g), ([, file, anchor]) => [file!, anchor!]);
    expect(links.length).toBeGreaterThan(8);
    for (const [file, anchor] of links) expect(file === "" ? own : readme, `${file}#${anchor}`).toContain(anchor);
  });

  it("list each of its numbered sections", () => {
    const numbered = Array.from(page.text.matchAll(/^## \d+\. (.+)$/gm), ([, title]) => title!);
    const listed = Array.from(page.text.matchAll(/^\d+\. \[(.+)\]\(#/gm), ([, title]) => title!);
    expect(listed).toEqual(numbered);
  });
});
