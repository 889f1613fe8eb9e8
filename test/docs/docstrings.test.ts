/** Each public name says what it is, and each class and function shows how it is used. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { type Declared, hasExample, parentsOf, publicNames, withMembers } from "../harness/docstrings.js";
import { root } from "../harness/process.js";

let names: readonly Declared[];
beforeAll(async () => {
  names = await publicNames();
});

describe("the docstrings of the package", () => {
  it("are there for each public name, and each member of one", () => {
    const all = names.flatMap((declared) => [...withMembers(declared)]);
    expect(all.length).toBeGreaterThan(1300);
    expect(all.filter(({ doc }) => !/\w{3}/.test(doc)).map(({ name }) => name)).toEqual([]);
  });

  it("have a program for each class, function and object, and for each group of a class's members", () => {
    const used = names.filter(({ kind }) => ["class", "function", "object"].includes(kind!));
    const groups = new Map(used.flatMap(parentsOf).map((parent) => [parent.name, parent]));
    expect(groups.size).toBeGreaterThan(10);
    const without = [...used, ...groups.values()].filter(({ doc }) => !hasExample(doc));
    expect(without.map(({ name }) => name)).toEqual([]);
  });
});

describe("the docstrings of what kernels import", () => {
  const text = readFileSync(join(root, "dist", "kernels.d.ts"), "utf8");
  const modules = Array.from(text.matchAll(/^declare module "([\w/]+)" \{\n([\s\S]*?)^\}$/gm), ([, name, body]) => ({
    name: name!,
    body: body!,
  }));
  // Those that "mpi" does not hand on are the package's own.
  const index = modules.find(({ name }) => name === "mpi")!.body;
  const handedOn = Array.from(index.matchAll(/export \* from "([\w/]+)"/g), ([, name]) => name!);
  const picked = /export \{ (.+) \} from "mpi\/data"/.exec(index)![1]!.split(", ");

  it.each(["field", "stencil", "mpi/data", ...handedOn])("are there for each name and member of %s", (name) => {
    const lines = modules.find((module) => module.name === name)!.body.split("\n");
    const missing: string[] = [];
    let owner = "";
    lines.forEach((line, place) => {
      const declared = /^export (?:class|function|const|type) (\w+)/.exec(line)?.[1];
      const member = /^ {4}(?!private|readonly __wasm)(?:get )?(\w+)[(<:;]/.exec(line)?.[1];
      if (declared) owner = declared;
      const isPublic = name !== "mpi/data" || picked.includes(owner);
      if ((declared ?? member) && isPublic && !lines[place - 1]!.trim().endsWith("*/")) {
        missing.push(declared ?? `${owner}.${member}`);
      }
    });
    expect(owner).not.toBe("");
    expect(missing).toEqual([]);
  });
});
