import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, posix, sep } from "node:path";
import { describe, expect, it } from "vitest";
import { root } from "./harness/process.js";

/**
 * The layers from the lowest up. A layer may import those of the rows below its own, and itself: the grounds in one
 * row know nothing of each other.
 */
const rows = [
  ["errors", "host"],
  ["argument", "elements", "package"],
  ["diagnostics", "environment", "markup", "path", "tiering"],
  ["mpi", "wasm", "plot", "expression", "hdf5"],
  ["jit"],
  ["grid"],
  ["io"],
  ["advection"],
  ["pde"],
  ["index", "browser"],
  ["cli"],
];

/** The order inside `mpi`, as above. */
const mpiRows = [
  ["library"],
  ["data"],
  ["calls"],
  ["window", "file"],
  ["comm"],
  ["alike", "ending"],
  ["job"],
  ["version"],
  ["index"],
];

/** The world of one rank stands beside the order: it is chosen when a job begins, and needs the lowest two chapters. */
const soloMayImport = ["solo", "library", "data"];

/** Folders may hold more than 20 files where they are a table of calls. */
const roomOf = (name: string) => (name === "mpi/solo" ? 30 : 20);

/** Files that make errors of usage without `wrong`. */
const rethrowing = [
  "argument.ts",
  "errors.ts", // Makes again what another rank has thrown.
];

/** Pairs of modules of which each makes objects of the other: a communicator and one of two groups, equations and their rims. */
const mutual = [
  ["mpi/comm/comm.ts", "mpi/comm/intercomm.ts"],
  ["pde/programs/execution.ts", "pde/programs/rim.ts"],
];

/** Data tables may be longer than 500 lines. */
const tables = ["mpi/library/abi.ts"];

/** The files in a folder of the package whose names end in `ending`, as paths from there on. */
const filesOf = (name: string, ending: string) =>
  readdirSync(join(root, name), { recursive: true, encoding: "utf8" })
    .map((file) => file.split(sep).join("/"))
    .filter((file) => file.endsWith(ending));

const folder = join(root, "src");
const files = filesOf("src", ".ts");
const textOf = (file: string) => readFileSync(join(folder, file), "utf8");

const isLong = (path: string) => readFileSync(join(root, path), "utf8").split("\n").length - 1 > 500;

/** `mpi` of `mpi/comm.ts`, `errors` of `errors.ts`. */
const layerOf = (file: string) => file.split("/")[0]!.replace(/\.[jt]s$/, "");
const heightOf = (layer: string) => rows.findIndex((row) => row.includes(layer));

/** What a module imports or exports from elsewhere: values and types, at the top or when it runs. */
function importsOf(text: string): string[] {
  const code = text.replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, "");
  return [...code.matchAll(/\b(?:from|import)\s*\(?\s*["']([^"']+)["']/g)].map(([, name]) => name!);
}

/** The modules of `src/` whose values a module needs when it is loaded; types cost nothing. */
function needsOf(file: string, text: string): string[] {
  const code = text.replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, "");
  return [...code.matchAll(/^(?:import|export)\s+(?!type\b)[^"';]*?["'](\.[^"']+)\.js["']/gm)]
    .map(([, name]) => posix.normalize(posix.join(dirname(file), `${name}.ts`)))
    .filter((target) => target !== file);
}

/** Groups of modules of which each leads to each of the others. */
function cyclesOf(needs: ReadonlyMap<string, readonly string[]>): string[][] {
  const reached = new Map([...needs.keys()].map((file) => [file, new Set<string>()]));
  for (const [file, seen] of reached) {
    const rest = [...needs.get(file)!];
    for (let next = rest.pop(); next !== undefined; next = rest.pop()) {
      if (seen.has(next)) continue;
      seen.add(next);
      rest.push(...(needs.get(next) ?? []));
    }
  }
  const groups = [...reached].map(([file, seen]) =>
    [file, ...seen].filter((other) => other !== file && seen.has(other) && reached.get(other)?.has(file)).concat(file),
  );
  return [...new Set(groups.filter((group) => group.length > 1).map((group) => group.toSorted().join(" ")))]
    .toSorted()
    .map((group) => group.split(" "));
}

/** The imports of a file that go against the order, as sentences. */
function breaches(file: string, text: string): string[] {
  const layer = layerOf(file);
  return importsOf(text)
    .filter((name) => name.startsWith("."))
    .map((name) => posix.normalize(posix.join(dirname(file), name)))
    .filter(
      (target) =>
        target.startsWith("..") || (layerOf(target) !== layer && heightOf(layerOf(target)) >= heightOf(layer)),
    )
    .map((target) => `${file} imports ${target}`);
}

/** The imports inside `mpi` that go against its order, as sentences. */
function mpiBreaches(file: string, text: string): string[] {
  const chapterOf = (name: string) => name.split("/")[1]!.replace(/\.[jt]s$/, "");
  const rowOf = (chapter: string) => mpiRows.findIndex((row) => row.includes(chapter));
  const from = chapterOf(file);
  return importsOf(text)
    .filter((name) => name.startsWith("."))
    .map((name) => posix.normalize(posix.join(dirname(file), name)))
    .filter((target) => target.startsWith("mpi/") && chapterOf(target) !== from)
    .filter((target) => {
      const to = chapterOf(target);
      if (from === "solo") return !soloMayImport.includes(to);
      return to === "solo" ? from !== "job" : rowOf(to) < 0 || rowOf(to) >= rowOf(from);
    })
    .map((target) => `${file} imports ${target}`);
}

describe("the layers of src/", () => {
  it("are the known ones", () => {
    expect(files.length).toBeGreaterThan(20);
    expect(files.filter((file) => heightOf(layerOf(file)) < 0)).toEqual([]);
  });

  it("import only what lies below them", () => {
    expect(files.flatMap((file) => breaches(file, textOf(file)))).toEqual([]);
  });

  it("have no cycles of modules, but pairs that make each other", () => {
    expect(cyclesOf(new Map(files.map((file) => [file, needsOf(file, textOf(file))])))).toEqual(mutual);
    const needs = new Map([
      ["a", ["b"]],
      ["b", ["c", "d"]],
      ["c", ["a"]],
      ["d", []],
    ]);
    expect(cyclesOf(needs)).toEqual([["a", "b", "c"]]);
    const text =
      'import type { A } from "./a.js"; // ...\nimport {\n  type B,\n  b,\n} from "../grid/b.js";\nexport * from "./c.js";';
    expect(needsOf("io/d.ts", text)).toEqual(["grid/b.ts", "io/c.ts"]);
  });

  it("are read rightly by this test", () => {
    const text = `import { a } from "../mpi/comm.js";
      import type {
        B,
      } from "../io/file.js";
      export * from "../advection/mpdata.js";
      export type { C } from '../index.js';
      import "../errors.js";
      // import { d } from "../cli/run.js";
      /** import { e } from "../cli/run.js"; */
      const { f } = await import("../cli/index.js");
      import fs from "node:fs";
      import { g } from "./halo.js";
      import { h } from "../../test/launch.js";`;
    expect(breaches("grid/grid.ts", text)).toEqual([
      "grid/grid.ts imports io/file.js",
      "grid/grid.ts imports advection/mpdata.js",
      "grid/grid.ts imports index.js",
      "grid/grid.ts imports cli/index.js",
      "grid/grid.ts imports ../test/launch.js",
    ]);
    expect(breaches("wasm/heap.ts", 'import { a } from "../mpi/data/element.js"')).toHaveLength(1);
    expect(breaches("grid/box.ts", 'import { a } from "../jit/jit.js"')).toEqual([]);
    expect(breaches("errors.ts", 'import { a } from "./package.js"')).toHaveLength(1);
  });

  it("keep the order of the chapters inside mpi", () => {
    const inside = files.filter((file) => file.startsWith("mpi/"));
    expect(inside.flatMap((file) => mpiBreaches(file, textOf(file)))).toEqual([]);
    const text =
      'import type { A } from "../calls/request.js"; import { b } from "../job.js"; import { c } from "./abi.js";';
    expect(mpiBreaches("mpi/data/buffer.ts", text)).toEqual([
      "mpi/data/buffer.ts imports mpi/calls/request.js",
      "mpi/data/buffer.ts imports mpi/job.js",
    ]);
    expect(mpiBreaches("mpi/window/window.ts", 'import { a } from "../file/file.js"')).toHaveLength(1);
    expect(mpiBreaches("mpi/solo/index.ts", 'import { a } from "../calls/request.js"')).toHaveLength(1);
    expect(mpiBreaches("mpi/comm/comm.ts", 'import { a } from "../solo/index.js"')).toHaveLength(1);
  });

  it("have no folder of more files than one reads at a glance", () => {
    const counts = new Map<string, number>();
    for (const file of files) counts.set(dirname(file), (counts.get(dirname(file)) ?? 0) + 1);
    expect([...counts].filter(([name, count]) => count > roomOf(name))).toEqual([]);
  });

  it("make errors of usage in one place", () => {
    const making = files.filter((file) => textOf(file).includes("new UsageError("));
    expect(making.toSorted()).toEqual(rethrowing);
  });

  it("have no file that is named after nothing in particular", () => {
    const vague = /^(utils?|helpers?|common|misc|types?|shared|lib)$/;
    const names = files.flatMap((file) =>
      file
        .replace(/\.ts$/, "")
        .split("/")
        .map((part) => [part, file] as const),
    );
    expect(names.filter(([part]) => vague.test(part)).map(([, file]) => file)).toEqual([]);
  });

  it("have no file of more than 500 lines, data tables aside", () => {
    const long = files.filter((file) => isLong(`src/${file}`) && !tables.includes(file));
    expect(long).toEqual([]);
  });
});

describe("the files of test/, programs of ranks too", () => {
  it("have at most 500 lines", () => {
    for (const [ending, least] of [
      [".ts", 100],
      [".mjs", 80],
    ] as const) {
      const tests = filesOf("test", ending);
      expect(tests.length).toBeGreaterThan(least);
      expect(tests.filter((file) => isLong(`test/${file}`))).toEqual([]);
    }
  });
});
