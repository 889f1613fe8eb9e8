/**
 * What the pages show is true: every program and command of the README and of docs/ but gallery/ runs and prints what stands below it.
 *
 * Each command runs as it is on the page, which runs each program; those that start as many ranks share a job, but the
 * README's and programs to which their process matters. The last program of a page, and those that
 * compile, run on 1 rank as well, the last one of the page of kernels that uses `jit` also in plain mode. `WASM_MPI_TEST_FULL=1` runs each command
 * by itself, and each program on 1 to 4 ranks of each MPI library, in both modes.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { documentOf } from "../harness/command.js";
import { isFull } from "../harness/effort.js";
import { eachLibrary, launched } from "../harness/launch.js";
import { eachMode } from "../harness/modes.js";
import { type Command, exact, nameOf, normalize, Page, pagePaths } from "../harness/page.js";
import { wasmMpi } from "../harness/process.js";
import { obstacle, Reader, runAllAlone } from "../harness/reader.js";

/** Beside launching, the first run of a program may compile. */
const timeout = 60_000;

/** Each page with what runs it. Those of docs/gallery/ make pictures, which another file looks at. */
const pages = pagePaths
  .filter((path) => !path.startsWith("docs/gallery/"))
  .map((path) => {
    const page = new Page(path);
    return { path, page, reader: new Reader(page) };
  });
const pageOf = (path: string) => pages.find((entry) => entry.path === path)!;

/** True for a program that compiles sources. */
const compiles = (text: string) => /\b(?:jit|kernel)\(/.test(text);

/** True for a program to which files, its process or its number of threads matter: it does not run with those of other pages. */
const isApart = (text: string) => /\.h5"|\.png"|\.bin"|process\.|threads|loadModule/.test(text);

// Each program would load the compiler, for 2 s of a processor; a fifth of that where all programs run in one process first.
/** What the programs that compile, and the last one of each page, print on one rank, by path. */
let alone: ReadonlyMap<string, string>;
beforeAll(async () => {
  const files = pages.flatMap(({ page, reader }) =>
    page.programs
      .filter(({ text, name }) => compiles(text) || (name === page.programs.at(-1)?.name && !isApart(text)))
      .map(({ name }) => join(reader.folder, name!)),
  );
  alone = await runAllAlone(files.filter(existsSync), timeout);
}, 2 * timeout);

const range = (start: number, end: number) => Array.from({ length: end - start }, (_, i) => start + i);

/** What programs print whose output depends on the number of ranks; those of MPI alone print what they like there. */
const byRanks: Readonly<Record<string, (size: number) => string[]>> = {
  "hello.mjs": (size) => range(0, size).map((rank) => `rank ${rank} of ${size}, next is ${(rank + 1) % size}`),
  "chain.mjs": (size) =>
    range(0, size).map((rank) => {
      const [start, end] = [Math.floor((10 * rank) / size), Math.floor((10 * (rank + 1)) / size)];
      return `rank ${rank}: ${start - 1} | ${range(start, end).join(" ")} | ${end < 10 ? end : -1}`;
    }),
};

/** Commands that show an error. */
const exitCodes: Readonly<Record<string, number>> = { "npx wasm-mpi advect --courant 0.9,0.9": 2 };

/** Lines that are not run here: they install, or need many minutes. */
const leftOut: Readonly<Record<string, readonly string[]>> = {
  "README.md": ["npm start", "npm pack"],
  "docs/quickstart.md": ["npm install ./wasm-mpi-0.1.0.tgz @napi-rs/canvas@1"],
};

/** What the lines of `wasm-mpi doctor` begin with; which MPI libraries follow is up to the machine. */
const labels = (text: string, count?: number): string[] =>
  text
    .trim()
    .split("\n")
    .slice(0, count)
    .map((line) => line.slice(0, 14).trim());

async function expectShown({ page, reader }: (typeof pages)[0], command: Command): Promise<void> {
  const { args, shown, line } = command;
  const code = exitCodes[line] ?? 0;
  const result = await reader.runCommand(command);
  expect(result.code, result.transcript).toBe(code);
  if (shown === undefined) return;
  const printed = code === 0 ? result.stdout : result.stderr;
  const isProgram = page.programs.some(({ name }) => name === args.at(-1));
  if (args[0] === "doctor") expect(labels(printed)).toEqual(expect.arrayContaining(labels(shown, 5)));
  else if (isProgram) expect(exact(printed)).toBe(exact(shown));
  else expect(normalize(printed)).toBe(normalize(shown));
}

describe.each(pages)("$path", (entry) => {
  const { page, reader } = entry;
  const { programs, commands, blocks } = page;

  it("has whole programs: each names its file, imports the package, and is run by a command", () => {
    page.expectWholePrograms();
    // Programs in TypeScript are checked by the command that compiles them.
    const typed = blocks.map(({ text }) => nameOf(text)).filter((name) => name?.endsWith(".mts"));
    const checked = commands.filter(({ tool, args }) => tool === "tsc" && args.includes("--strict"));
    expect(checked.map(({ args }) => args.at(-1))).toEqual(typed);
    const unnamed = blocks.filter(({ language, text }) => ["js", "ts"].includes(language) && !nameOf(text));
    // The one in kernels.md is run by the tests of views of fields.
    expect(unnamed.length, page.path).toBe(page.path === "docs/guide/kernels.md" ? 1 : 0);
  });

  it("has commands that are all understood here", () => expect(page.otherLines).toEqual(leftOut[page.path] ?? []));

  for (const command of commands) {
    const why = obstacle(command);
    it.skipIf(why !== undefined)(`${command.line}${why ? ` (${why})` : ""}`, { timeout }, () =>
      expectShown(entry, command),
    );
  }

  /** What a program prints on so many ranks, if that is known. */
  function expectedOf(name: string, ranks: number, isPlain: boolean): string | undefined {
    const program = programs.find((candidate) => candidate.name === name)!;
    // What is computed on a grid does not depend on the ranks; what only speaks of ranks may.
    if (program.text.includes('"wasm-mpi/mpi"') && ranks !== program.ranks) return undefined;
    // Where the page shows something else for plain mode, by a command that sets the variable.
    const plain = commands.find(({ env, args }) => env.WASM_MPI_DISABLE_JIT === "1" && args.at(-1) === name);
    return byRanks[name]?.(ranks).join("\n") ?? (isPlain ? plain?.shown : undefined) ?? program.shown!;
  }

  const usesJit = (text: string) => text.includes("jit(");
  const lastWithJit = programs.findLast(({ text }) => usesJit(text))?.name;
  for (const { name, text, shown, ranks } of programs) {
    if (byRanks[name!]) {
      it(`shows ${name} on as many ranks as the command says`, () =>
        expect(exact(shown!)).toBe(byRanks[name!]!(ranks).join("\n")));
    }

    const modes = usesJit(text) ? [false, true] : [false];
    const isTried = (isPlain: boolean) => {
      if (isFull) return true;
      if (isPlain) return name === lastWithJit && page.path === "docs/guide/kernels.md";
      return name === programs.at(-1)?.name || compiles(text);
    };
    it.each(modes.filter(isTried))(`${name} on 1 rank, in plain mode: %s`, { timeout }, async (isPlain) => {
      const expected = expectedOf(name!, 1, isPlain);
      const printed = isPlain || isFull ? undefined : alone.get(join(reader.folder, name!));
      if (printed !== undefined) {
        if (expected !== undefined) expect(exact(printed)).toBe(exact(expected));
        return;
      }
      const result = await reader.runAlone(name!, { WASM_MPI_DISABLE_JIT: isPlain ? "1" : "0" });
      expect(result.code, result.transcript).toBe(0);
      expect(result.stderr).toBe("");
      if (expected !== undefined) expect(exact(result.stdout)).toBe(exact(expected));
    });

    // A program without MPI, or for a browser, prints its lines on each rank that a launcher starts.
    if (!isFull || !text.includes("mpi.init(") || text.includes('"wasm-mpi/browser"')) continue;
    describe(`${name} on any number of ranks`, () => {
      const suite = (isPlain: boolean): void =>
        eachLibrary([1, 2, 3, 4], (job) => {
          it("prints what is shown", { timeout }, async () => {
            const result = await reader.runProgram(job, name!);
            expect(result.code, result.transcript).toBe(0);
            const expected = expectedOf(name!, job.ranks, isPlain);
            if (expected !== undefined) expect(exact(result.stdout)).toBe(exact(expected));
          });
        });
      if (modes.length > 1) eachMode(suite);
      else suite(false);
    });
  }
});

describe("the ways to start a program", () => {
  // One program stands for all: what its page says of it holds for each way to start a program.
  const { page, reader } = pageOf("docs/guide/solver.md");
  it.each(launched)("are mpiexec of $name, 2 ranks", { timeout }, async ({ name: library }) => {
    const { name, shown } = page.programs[0]!;
    const result = await reader.runProgram({ library, ranks: 2 }, name!);
    expect(result.code, result.transcript).toBe(0);
    expect(exact(result.stdout)).toBe(exact(shown!));
  });
});

describe("a kernel that is compiled ahead of time", () => {
  const { page, reader } = pageOf("docs/guide/kernels.md");
  eachLibrary(isFull ? [1, 3] : [1], (job) => {
    it.runIf(isFull || job.library === "solo")("gives what the page shows", { timeout }, async () => {
      // The page's own test of the command has made the file, where that was not left out.
      const build = page.commands.find(({ args }) => args[0] === "build")!;
      if (isFull || !existsSync(join(reader.folder, build.args.at(-1)!))) {
        const built = await reader.runCommand(build);
        expect(built.code, built.transcript).toBe(0);
      }

      const call = /`(loadModule\(.+?\))` then takes the place/.exec(page.text)![1]!;
      const text = readFileSync(join(reader.folder, "heat.mjs"), "utf8");
      const loaded = text.replace(/await jit\(\{.*?\n\}\)/s, call).replace("jit,", "loadModule,");
      expect(loaded).toContain(`const kernel = ${call};`);
      writeFileSync(join(reader.folder, "loaded.mjs"), loaded);
      const result = await reader.runProgram(job, "loaded.mjs");
      expect(result.code, result.transcript).toBe(0);
      expect(exact(result.stdout)).toBe(exact(page.programs.find(({ name }) => name === "heat.mjs")!.shown!));
    });
  });
});

describe.skipIf(launched.length === 0)("the JSON document of bench", () => {
  it("has the keys that docs/reference/command-line.md lists", async () => {
    const { page } = pageOf("docs/reference/command-line.md");
    const document = documentOf<{ rows: object[] }>(
      await wasmMpi(["bench", "ring", "--sizes", "8", "--rounds", "1", "--json"], { timeoutMs: 60_000 }),
    );
    expect(page.column("key of `bench`").toSorted()).toEqual(Object.keys(document).toSorted());
    expect(page.column("key of an entry of `rows`").toSorted()).toEqual(Object.keys(document.rows[0]!).toSorted());
  });
});
