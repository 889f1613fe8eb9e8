/** The commands of the pages on performance are there, and what is in bench/ belongs to one of them. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { bench, kinds } from "../../src/cli/options/bench.js";
import { Page, quoted } from "../harness/page.js";
import { root } from "../harness/process.js";

const pages = ["docs/how/performance.md", "docs/how/kernels.md"].map((path) => new Page(path));
const words = pages.flatMap(({ text }) => quoted(text.replace(/^```.*?^```$/gms, "")));
const commands = words.filter((word) => word.startsWith("npx wasm-mpi bench "));
const flags = bench.flatMap(({ flag }) => [...flag.matchAll(/--?[a-z]+/g)].map(([name]) => name));
const files = readdirSync(join(root, "bench"));

describe("docs/how/performance.md", () => {
  it("has commands of kinds and options that there are", () => {
    for (const command of commands) {
      const [kind, ...options] = command.split(" ").slice(3);
      expect(kinds, command).toContain(kind);
      for (const option of options.filter((word) => word.startsWith("-"))) expect(flags, command).toContain(option);
    }
    expect(commands.length).toBeGreaterThan(10);
  });

  it("has a command above each table of figures", () => {
    const [{ text }] = pages as [Page];
    const paragraphs = text.slice(text.indexOf("\n## Advection")).split(/\n\n+/);
    const bare = paragraphs.filter((table, place) => {
      const above = paragraphs.slice(0, place).findLast((paragraph) => !paragraph.startsWith("|"));
      return table.startsWith("|") && !/`(npx|node|python3|perf) /.test(above!);
    });
    // The one that is made of figures of another table, and of others that were measured elsewhere.
    expect(bare.map((table) => table.split("\n")[0])).toEqual([
      "| scheme | cells | PyMPDATA to C, SSE, elsewhere | wasm-mpi to C, SSE | wasm-mpi to PyMPDATA, estimated |",
    ]);
  });
});

describe("bench/", () => {
  it("has the scripts that the pages name", () => {
    const named = words.flatMap((word) => [...word.matchAll(/\bbench\/([\w-]+\.\w+)/g)].map(([, file]) => file!));
    expect(named.filter((file) => !files.includes(file))).toEqual([]);
  });

  it("has no file that neither a page nor the package nor another script uses", () => {
    const sources = readdirSync(join(root, "src", "cli", "bench"))
      .filter((file) => file.endsWith(".ts"))
      .map((file) => readFileSync(join(root, "src", "cli", "bench", file), "utf8"));
    const scripts = files.map((file) => readFileSync(join(root, "bench", file), "utf8"));
    const users = (file: string) => [
      ...words.filter((word) => word.includes(`bench/${file}`)),
      ...[...sources, ...scripts].filter((text) => text.includes(`"${file}"`) || text.includes(`"./${file}"`)),
    ];
    const unused = files.filter((file) => users(file).length === 0);
    expect(unused).toEqual([]);
  });
});
