/** What the README says is true: its programs and commands run and print what it shows, its tables match the code. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { Mpdata } from "../../src/advection/mpdata.js";
import { Grid } from "../../src/grid/grid.js";
import * as library from "../../src/index.js";
import { available, normalize, obstacle, Page } from "../harness/page.js";
import { root, runNode } from "../harness/process.js";

const page = new Page("README.md");
const { text: readme, blocks, programs, commands, folder } = page;
const run = page.runCli.bind(page);

/** The first column of the table whose first heading is `heading`: everything in backticks. */
function column(heading: string): string[] {
  return rows(heading).flatMap((cells) => quoted(cells[0]!));
}

function rows(heading: string): string[][] {
  const lines = readme.split("\n");
  const first = lines.findIndex((line) => line.startsWith(`| ${heading} |`));
  if (first < 0) throw new Error(`README: expected a table headed "${heading}", got none.`);
  const rest = lines.slice(first + 2);
  const end = rest.findIndex((line) => !line.startsWith("|"));
  return rest.slice(0, end).map((line) => line.slice(1, -1).split("|"));
}

const quoted = (text: string): string[] => Array.from(text.matchAll(/`([^`]+)`/g), ([, word]) => word!);

async function json(args: readonly string[], rest: readonly string[] = []): Promise<Record<string, unknown>> {
  const result = await run([...args, "--json", ...rest]);
  expect(result.code, result.transcript).toBe(0);
  return JSON.parse(result.stdout) as Record<string, unknown>;
}

describe("the programs of the README", () => {
  it("are whole: each names its file in its first line and imports the package", () => page.expectWholePrograms());

  describe.each(programs)("$name", ({ name, text, shown }) => {
    // What is computed on a grid must not depend on the ranks; what only speaks of ranks may.
    const same = !text.includes('"wasm-mpi/mpi"');

    it(`ends well on 1 rank${same ? " and prints what is shown" : ""}`, async () => {
      const result = await runNode([name!], { cwd: folder });
      expect(result.code, result.transcript).toBe(0);
      expect(result.stderr).toBe("");
      if (same) expect(normalize(result.stdout)).toBe(normalize(shown!));
    });

    if (text.includes("jit(")) {
      it("prints the same in plain mode", async () => {
        const result = await runNode([name!], { cwd: folder, env: { WASM_MPI_DISABLE_JIT: "1" } });
        expect(result.code, result.transcript).toBe(0);
        expect(normalize(result.stdout)).toBe(normalize(shown!));
      });
    }

    it.skipIf(available.length === 0)("prints what is shown on 3 ranks", async () => {
      const result = await run(["run", "-n", "3", name!]);
      expect(result.code, result.transcript).toBe(0);
      expect(normalize(result.stdout)).toBe(normalize(shown!));
    });
  });

  // The first one stands for all: what the README says of it holds for each way to start a program.
  it.each(available)("print the same when the reader starts them on 2 ranks of $name", async ({ name: library }) => {
    const { name, shown } = programs[0]!;
    const result = await page.runProgram({ library, ranks: 2 }, name!);
    expect(result.code, result.transcript).toBe(0);
    expect(normalize(result.stdout)).toBe(normalize(shown!));
  });
});

describe("the commands of the README", () => {
  it("are all understood here", () => {
    expect(page.otherLines).toEqual(["npm install wasm-mpi", "npm start", "npm test", "node bench/advection.mjs 3"]);
  });

  it.each(["field", "numbers"])("measure: one process of the bench, flow as %s", async (flow) => {
    const args = [join(root, "bench", "advection.mjs"), "--child", "64", "2", flow];
    const { code, stdout, transcript } = await runNode(args, { timeoutMs: 60_000 });
    expect(code, transcript).toBe(0);
    const seconds = stdout.trim().split("\n").map(Number);
    expect(seconds).toHaveLength(9);
    expect(Math.min(...seconds)).toBeGreaterThan(0);
  });

  for (const command of commands.filter(({ args }) => args[0] !== "run")) {
    const why = obstacle(command);
    it.skipIf(why !== undefined)(`${command.line}${why ? ` (${why})` : ""}`, async () => {
      const { args, shown } = command;
      const result = await page.runCommand(command);
      expect(result.code, result.transcript).toBe(0);
      if (shown === undefined) return;
      if (args[0] === "doctor") expect(labels(result.stdout)).toEqual(expect.arrayContaining(labels(shown, 5)));
      else expect(normalize(result.stdout)).toBe(normalize(shown));
    });
  }
});

/** What the lines of `wasm-mpi doctor` begin with; which MPI libraries follow is up to the machine. */
const labels = (text: string, count?: number): string[] =>
  text
    .trim()
    .split("\n")
    .slice(0, count)
    .map((line) => line.slice(0, 14).trim());

/** The classes in the package's declarations, which leave out what is internal. */
const classes = (() => {
  const folder = join(root, "dist", "types");
  const all = readdirSync(folder, { recursive: true, encoding: "utf8" });
  const files = all.filter((file) => file.endsWith(".d.ts") && !file.includes("solo"));
  const text = files.map((file) => readFileSync(join(folder, file), "utf8")).join("\n");
  const found = text.matchAll(
    /declare (?:abstract )?class (\w+)(?:<[^{]*?>)?(?: extends (\w+))?[^{]*\{\n([\s\S]*?)\n\}/g,
  );
  return new Map(
    Array.from(found, ([, name, parent, body]) => {
      const code = body!.replace(/\/\*[\s\S]*?\*\//g, "");
      const member = /^ {4}(?!protected|private)(?:static |abstract |readonly |get |set )*([A-Za-z]\w*)\??[(<:]/gm;
      return [name!, { parent, members: Array.from(code.matchAll(member), ([, one]) => one!) }];
    }),
  );
})();

/** The public members of a class and of those it extends, but for what all have, and for what another row lists. */
function membersOf(name: string): string[] {
  const listedBefore = ["CartComm", "GraphComm"].includes(name)
    ? ["TopologyComm", "Comm"]
    : ({ TopologyComm: ["Comm"], Intercomm: ["Objects"], Pairs: ["View"] }[name] ?? []);
  const members = new Set<string>();
  for (let one: string | undefined = name; one && !listedBefore.includes(one); one = classes.get(one)?.parent) {
    for (const member of classes.get(one)?.members ?? []) members.add(member);
  }
  const common = ["constructor", "toString", "handle", "freed", ...(listedBefore.length > 0 ? ["dup"] : [])];
  return [...members].filter((member) => !common.includes(member));
}

describe("the tables of the README", () => {
  const names = rows("command").map((cells) => /wasm-mpi (\w+)/.exec(cells[0]!)![1]!);

  it("list every command", async () => {
    const { stdout } = await run(["--help"]);
    const listed = stdout.slice(stdout.indexOf("Commands:"));
    const commands = Array.from(listed.matchAll(/^ {2}(\w+) /gm), ([, name]) => name!);
    expect(names).toEqual(commands.filter((name) => name !== "help"));
  });

  it.each(names)("list every option of %s, and no other", async (name) => {
    const { stdout } = await run([name, "--help"]);
    const options = Array.from(stdout.matchAll(/^ +(?:(-\w), )?(--[\w-]+)/gm), ([, short, long]) => [short, long]);
    const known = options.flat().filter((option) => option && option !== "-h" && option !== "--help");
    const listed = rows("option").filter((cells) => cells[1]!.trim().split(", ").includes(name));
    const told = listed.flatMap((cells) => quoted(cells[0]!).map((option) => option.split(" ")[0]));
    expect(told.toSorted()).toEqual(known.toSorted());
  });

  it("list every key of the JSON documents, and no other", async () => {
    const small = ["--shape", "8,8", "--steps", "1"];
    await json(["advect", ...small, "--output", "small.h5"]);
    writeFileSync(join(folder, "kernel.ts"), "export function f(): i32 { return 1; }");
    const documents: Record<string, Record<string, unknown>> = {
      "key of `advect`": await json(["advect", ...small]),
      "key of `compare`": await json(["compare", ...small, "--ranks", "1"]),
      "key of `converge`": await json(["converge", "--shapes", "8,16", "--steps", "1"]),
      "key of `build`": await json(["build", "kernel.ts"]),
      "key of `view`": await json(["view", "small.h5"]),
      "key of `run`": await json(["run"], [programs[0]!.name!]),
      "key of `doctor`": await json(["doctor"]),
    };
    documents["key of an entry of `runs`"] = (documents["key of `compare`"]!.runs as Record<string, unknown>[])[0]!;
    if (available.length > 0) {
      const bench = await json(["bench", "ring", "--sizes", "8", "--rounds", "1"]);
      documents["key of `bench`"] = bench;
      documents["key of an entry of `rows`"] = (bench.rows as Record<string, unknown>[])[0]!;
    }
    for (const [heading, document] of Object.entries(documents)) {
      expect(column(heading).toSorted(), heading).toEqual(Object.keys(document).toSorted());
    }
  });

  it("list every option of Grid and Mpdata, and no other", () => {
    const comm = library.mpi.init({ library: "solo" });
    for (const [name, make] of [
      ["Grid", () => new Grid(comm, { stranger: 1 } as never)],
      ["Mpdata", () => new Mpdata({ stranger: 1 } as never)],
    ] as const) {
      const known = /options among (.+), got/.exec(messageOf(make))![1]!.split(", ");
      expect(column(`option of \`${name}\``), name).toEqual(known);
    }
  });

  it("list every option of jit, and no other", async () => {
    const known = await library.jit("", { stranger: 1 } as never).catch((error: Error) => error.message);
    expect(column("option of `jit`")).toEqual(/options among (.+), got/.exec(String(known))![1]!.split(", "));
  });

  it("list every environment variable that the code or the scripts read, and no other", () => {
    const sources = ["src", "scripts"].flatMap((name) =>
      readdirSync(join(root, name), { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => readFileSync(join(entry.parentPath, entry.name), "utf8")),
    );
    const used = new Set(sources.flatMap((text) => text.match(/WASM_MPI_\w+/g) ?? []));
    expect(column("variable").toSorted()).toEqual([...used].toSorted());
    const mentioned = new Set(readme.match(/WASM_MPI_\w+/g));
    expect([...mentioned].toSorted()).toEqual([...used].toSorted());
  });

  it("list every error class with its fields", () => {
    const { UsageError, LibraryError, MpiError, KernelError, FileError, CompileError } = library;
    const examples = [
      new UsageError(""),
      new LibraryError(""),
      new MpiError("", { code: 1, errorClass: "", call: "", rank: 0 }),
      new KernelError("", "", undefined),
      new FileError("", ""),
      new CompileError("", { file: "", line: 1, column: 1 }),
    ];
    const standard = ["name", "message", "stack", "cause"];
    const fields = (error: Error) => Object.getOwnPropertyNames(error).filter((field) => !standard.includes(field));
    expect(rows("class").map(([name, , list]) => [quoted(name!)[0], quoted(list!).toSorted()])).toEqual(
      examples.map((error) => [error.name, fields(error).toSorted()]),
    );
  });

  it("list everything the package exports, with all public members", () => {
    const listed = new Map<string, string[]>();
    for (const [first, cells] of rows("object")) {
      const name = quoted(first!)[0] ?? first!.trim();
      listed.set(name, [...(listed.get(name) ?? []), ...quoted(cells!)]);
    }
    const plain = (members: readonly string[]) => members.toSorted();
    expect(plain(listed.get("mpi")!), "mpi").toEqual(plain(Object.keys(library.mpi)));
    expect(plain(listed.get("mpi.datatype")!), "mpi.datatype").toEqual(plain(Object.keys(library.mpi.datatype)));
    listed.delete("mpi");
    listed.delete("mpi.datatype");
    const titles: Record<string, string> = { field: "Field", halo: "Halo" };
    for (const [title, cells] of listed) {
      const name = titles[title] ?? title;
      // Of the nonblocking and the prepared forms of the calls with neighbours one stands for all.
      const form = /^ineighbor|^neighbor\w+Init$/;
      const others = name === "TopologyComm" ? (member: string) => !form.test(member) : () => true;
      expect(plain(cells.filter(others)), name).toEqual(plain(membersOf(name).filter(others)));
    }
    const text = readme.slice(readme.indexOf("## The library"));
    for (const name of Object.keys(library)) expect(text).toContain(`\`${name}\``);
  });

  it("list everything in an HDF5 file", async () => {
    const { default: hdf5 } = await import("h5wasm/node");
    await hdf5.ready;
    await json(["advect", "--shape", "4,4,4", "--steps", "1", "--output", "all.h5"]);
    const file = new hdf5.File(join(folder, "all.h5"), "r");
    expect(column("name").toSorted()).toEqual(file.keys().toSorted());
    const section = readme.slice(readme.indexOf("## HDF5 files"), readme.indexOf("## Errors"));
    for (const attribute of Object.keys(file.attrs)) expect(section).toContain(`\`${attribute}\``);
    file.close();
  });
});

describe("the documents", () => {
  it("show an error as it is thrown", async () => {
    const shown = blocks.find(({ text }) => text.includes("expected an outflow"))!.text.trim();
    const result = await run(["advect", "--courant", "0.9,0.9"]);
    expect([result.code, result.stderr.trim()]).toEqual([2, `wasm-mpi advect: ${shown}`]);
  });

  it("describe this version", () => {
    const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };
    const changelog = readFileSync(join(root, "CHANGELOG.md"), "utf8");
    expect(/^## \[(\d+\.\d+\.\d+)\] - \d{4}-\d\d-\d\d$/m.exec(changelog)?.[1]).toBe(version);
  });

  it("name every script of package.json that they speak of, and no other", () => {
    const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { scripts: object };
    const told = [readme, readFileSync(join(root, "CONTRIBUTING.md"), "utf8")].flatMap((text) => [
      ...Array.from(text.matchAll(/npm run ([\w:]+)/g), ([, name]) => name!),
      ...Array.from(text.matchAll(/npm (start|test)\b/g), ([, name]) => name!),
    ]);
    const hooks = ["prepack", "prepare"];
    const known = Object.keys(scripts).filter((name) => !hooks.includes(name));
    expect([...new Set(told)].toSorted()).toEqual(known.toSorted());
  });
});

function messageOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    return (error as Error).message;
  }
  return "";
}
