/** The recipes of images are well-formed, and name what this package is: no test builds them. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { root } from "../harness/process.js";

const read = (name: string) => readFileSync(join(root, "docs", "guide", "container", name), "utf8");
const { name: packageName, peerDependencies } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
  name: string;
  peerDependencies: Readonly<Record<string, string>>;
};

/** Lines that are none of comments, with those joined that end in a backslash. */
const linesOf = (text: string) => {
  const told = text.split("\n").filter((line) => !/^\s*(#|$)/.test(line));
  return told
    .join("\n")
    .replace(/\s*\\\n\s*/g, " ")
    .split("\n");
};

/** @throws Error where a shell would not understand the lines */
const checkShell = (text: string) => execFileSync("sh", ["-n"], { input: text });

/** What the lines install, in the words of apt-get. */
const installed = (text: string) =>
  [...text.matchAll(/apt-get install --yes --no-install-recommends ([\w -]+)/g)].flatMap(([, words]) =>
    words!.trim().split(" "),
  );

const containerfile = read("Containerfile");
const definition = read("wasm-mpi.def");

/** The sections of the definition. */
const sections = new Map(
  definition
    .split(/^%/m)
    .slice(1)
    .map((text) => [/^\w+/.exec(text)![0], text.slice(text.indexOf("\n") + 1)]),
);

describe("the Containerfile", () => {
  const steps = linesOf(containerfile).map((line) => /^([A-Z]+) (.*)$/.exec(line)!.slice(1) as [string, string]);

  it("has stages that are named before they are used, and commands that a shell understands", () => {
    const stages = new Set<string>();
    for (const [instruction, words] of steps) {
      expect(["FROM", "RUN", "ARG", "COPY", "ENV", "WORKDIR", "ENTRYPOINT", "CMD"]).toContain(instruction);
      if (instruction === "FROM") {
        const [image, , stage] = words.split(" ");
        expect(image!.includes("/") || stages.has(image!), words).toBe(true);
        if (stage) stages.add(stage);
      }
      const [, from] = /^--from=(\S+)/.exec(words) ?? [];
      if (from) expect(stages).toContain(from);
      if (instruction === "RUN") checkShell(words);
      if (instruction === "ENTRYPOINT" || instruction === "CMD") expect(Array.isArray(JSON.parse(words))).toBe(true);
    }
    expect(steps.filter(([instruction]) => instruction === "RUN").length).toBeGreaterThan(2);
  });
});

describe("the definition of Apptainer", () => {
  it("has a head and sections that there are, with commands that a shell understands", () => {
    const head = linesOf(definition.slice(0, definition.indexOf("\n%")));
    expect(head).toEqual(["Bootstrap: docker", "From: debian:trixie-slim"]);
    expect([...sections.keys()]).toEqual(["files", "post", "runscript", "test", "help"]);
    for (const name of ["post", "runscript", "test"]) checkShell(sections.get(name)!);
  });

  it("is of the image of the Containerfile, with what that installs", () => {
    expect(containerfile).toContain("FROM docker.io/library/debian:trixie-slim AS base");
    expect(new Set(installed(sections.get("post")!))).toEqual(new Set(installed(containerfile)));
    expect(installed(containerfile)).toContain("npm");
  });
});

describe("both recipes", () => {
  it.each([
    ["Containerfile", containerfile],
    ["wasm-mpi.def", definition],
  ])("take the package that npm pack makes, and name the versions of what is optional: %s", (_, text) => {
    expect(text).toContain(`${packageName}-*.tgz`);
    for (const [name, range] of Object.entries(peerDependencies)) {
      const version = range.replace(/^\^/, "").split(".");
      const shown = version[0] === "0" ? version.slice(0, 2).join(".") : version[0]!;
      expect(text).toContain(`${name}@${shown} `);
    }
  });
});
