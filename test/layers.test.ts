import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, posix, relative, sep } from "node:path";
import { describe, expect, it } from "vitest";
import { root } from "./harness/process.js";

/**
 * The layers from the lowest up. A layer may import those of the rows below its own, and itself: the three grounds in one
 * row know nothing of each other.
 */
const rows = [
  ["errors"],
  ["argument", "elements", "package"],
  ["mpi", "wasm", "plot"],
  ["jit"],
  ["grid"],
  ["io"],
  ["advection"],
  ["index"],
  ["cli"],
];

/** Data tables may be longer than 500 lines. */
const tables = ["mpi/library/abi.ts"];

const folder = join(root, "src");
const files = readdirSync(folder, { recursive: true, encoding: "utf8" })
  .map((file) => file.split(sep).join("/"))
  .filter((file) => file.endsWith(".ts"));
const textOf = (file: string) => readFileSync(join(folder, file), "utf8");

/** `mpi` of `mpi/comm.ts`, `errors` of `errors.ts`. */
const layerOf = (file: string) => file.split("/")[0]!.replace(/\.[jt]s$/, "");
const heightOf = (layer: string) => rows.findIndex((row) => row.includes(layer));

/** What a module imports or exports from elsewhere: values and types, at the top or when it runs. */
function importsOf(text: string): string[] {
  const code = text.replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, "");
  return [...code.matchAll(/\b(?:from|import)\s*\(?\s*["']([^"']+)["']/g)].map(([, name]) => name!);
}

/** The imports of a file that go against the order, as sentences. */
function breaches(file: string, text: string): string[] {
  const own = layerOf(file);
  return importsOf(text)
    .filter((name) => name.startsWith("."))
    .map((name) => posix.normalize(posix.join(dirname(file), name)))
    .filter(
      (target) => target.startsWith("..") || (layerOf(target) !== own && heightOf(layerOf(target)) >= heightOf(own)),
    )
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
    const long = files.filter((file) => textOf(file).split("\n").length - 1 > 500 && !tables.includes(file));
    expect(long.map((file) => relative(root, join(folder, file)))).toEqual([]);
  });
});
