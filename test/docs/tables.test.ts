/** What the tables of the pages list is what the code has: commands, options, keys, variables, names, members, errors. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { Mpdata } from "../../src/advection/mpdata.js";
import { Grid } from "../../src/grid/grid.js";
import * as library from "../../src/index.js";
import { Page, pagePaths, quoted } from "../harness/page.js";
import { type Result, root, wasmMpi } from "../harness/process.js";
import { optionsMarkdown } from "../harness/reference.js";

const api = new Page("docs/reference/api.md");
const commandLine = new Page("docs/reference/command-line.md");
const files = new Page("docs/guide/files.md");

/** For what the commands write. */
const folder = mkdtempSync(join(tmpdir(), "wasm-mpi-test-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const run = (args: readonly string[]): Promise<Result> => wasmMpi(args, { cwd: folder, timeoutMs: 60_000 });

async function json(args: readonly string[], rest: readonly string[] = []): Promise<Record<string, unknown>> {
  const result = await run([...args, "--json", ...rest]);
  expect(result.code, result.transcript).toBe(0);
  return JSON.parse(result.stdout) as Record<string, unknown>;
}

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
      return [name!, { parent, members: Array.from(code.matchAll(member), ([, memberName]) => memberName!) }];
    }),
  );
})();

/** The public members of a class and of those it extends, but for what all have, and for what another row lists. */
function membersOf(name: string): string[] {
  const listedBefore = ["CartComm", "GraphComm"].includes(name)
    ? ["TopologyComm", "Comm"]
    : ({ TopologyComm: ["Comm"], Intercomm: ["Objects"], Pairs: ["View"] }[name] ?? []);
  const members = new Set<string>();
  for (
    let ancestor: string | undefined = name;
    ancestor && !listedBefore.includes(ancestor);
    ancestor = classes.get(ancestor)?.parent
  ) {
    for (const member of classes.get(ancestor)?.members ?? []) members.add(member);
  }
  const common = ["constructor", "toString", "handle", "freed", ...(listedBefore.length > 0 ? ["dup"] : [])];
  return [...members].filter((member) => !common.includes(member));
}

describe("the tables of the pages", () => {
  const names = commandLine.rows("command").map((cells) => /wasm-mpi (\w+)/.exec(cells[0]!)![1]!);

  it("list every command", async () => {
    const { stdout } = await run(["--help"]);
    const listed = stdout.slice(stdout.indexOf("Commands:"), stdout.indexOf("Examples:"));
    const commands = Array.from(listed.matchAll(/^ {2}(\w+) /gm), ([, name]) => name!);
    expect(names).toEqual(commands.filter((name) => name !== "help"));
  });

  it("are, for the options, the one that is made of the code", () => {
    expect(commandLine.text).toContain(`\n${optionsMarkdown()}\n`);
  });

  it.each(names)("list every option of %s, and no other", async (name) => {
    const { stdout } = await run([name, "--help"]);
    const options = Array.from(stdout.matchAll(/^ {2}(?:(-\w), )?(--[\w-]+)/gm), ([, short, long]) => [short, long]);
    const known = options.flat().filter((option) => option && option !== "-h" && option !== "--help");
    const listed = commandLine.rows("option").filter((cells) => cells[1]!.trim().split(", ").includes(name));
    const told = listed.flatMap((cells) => quoted(cells[0]!).map((option) => option.split(" ")[0]));
    expect(told.toSorted()).toEqual(known.toSorted());
  });

  it("list every key of the JSON documents, and no other", async () => {
    const small = ["--shape", "8,8", "--steps", "1"];
    await json(["advect", ...small, "--output", "small.h5"]);
    writeFileSync(join(folder, "nothing.mjs"), "");
    writeFileSync(join(folder, "kernel.ts"), "export function f(): i32 { return 1; }");
    const documents: Record<string, Record<string, unknown>> = {
      "key of `advect`": await json(["advect", ...small]),
      "key of `compare`": await json(["compare", ...small, "--ranks", "1"]),
      "key of `compare` with two files": await json(["compare", "small.h5", "small.h5"]),
      "key of `solve`": await json(["solve", "diffusion", "--until", "0"]),
      "key of `converge`": await json(["converge", "--shapes", "8,16", "--steps", "1"]),
      "key of `build`": await json(["build", "kernel.ts"]),
      "key of `view`": await json(["view", "small.h5"]),
      "key of `run`": await json(["run"], ["nothing.mjs"]),
      "key of `init`": await json(["init", "project"]),
      "key of `doctor`": await json(["doctor"]),
    };
    documents["key of an entry of `runs`"] = (documents["key of `compare`"]!.runs as Record<string, unknown>[])[0]!;
    documents["key of an entry of `differences`"] = (
      documents["key of `compare` with two files"]!.differences as Record<string, unknown>[]
    )[0]!;
    for (const [heading, document] of Object.entries(documents)) {
      expect(commandLine.column(heading).toSorted(), heading).toEqual(Object.keys(document).toSorted());
    }
  });

  it("list every option of Grid, Mpdata and storage, and no other", () => {
    const comm = library.mpi.init({ library: "solo" });
    for (const [path, name, make] of [
      ["solver", "Grid", () => new Grid(comm, { stranger: 1 } as never)],
      ["advection", "Mpdata", () => new Mpdata({ stranger: 1 } as never)],
      ["pde", "storage", () => library.storage("a.h5", { stranger: 1 } as never)],
    ] as const) {
      const known = /options among (.+), got/.exec(messageOf(make))![1]!.split(", ");
      expect(new Page(`docs/guide/${path}.md`).column(`option of \`${name}\``), name).toEqual(known);
    }
  });

  it("list every option of jit, and no other", async () => {
    const known = await library.jit("", { stranger: 1 } as never).catch((error: Error) => error.message);
    const page = new Page("docs/guide/kernels.md");
    expect(page.column("option of `jit`")).toEqual(/options among (.+), got/.exec(String(known))![1]!.split(", "));
  });

  it('list every name of the module "mpi" of compiled code, and no other', () => {
    const read = (name: string) => readFileSync(join(root, "assembly", "jit", "mpi", `${name}.ts`), "utf8");
    const index = read("index");
    const chapters = Array.from(index.matchAll(/^export \* from "\.\/(\w+)";/gm), ([, name]) => read(name!));
    const declared = chapters.flatMap((text) => text.match(/(?<=^export (?:const|function|class|type) )\w+/gm) ?? []);
    const picked = /^export \{ (.+) \} from/m.exec(index)![1]!.split(", ");
    // Without arguments that may be left out, and the members of a status.
    const told = new Page("docs/guide/kernels.md").rows('from `"mpi"`').flatMap((cells) => quoted(cells[1]!));
    const words = told.filter((word) => !/^(\w+\?|source|tag|count<f64>\(\))$/.test(word));
    const listed = new Set(words.map((word) => /^\w+/.exec(word)![0]));
    // `Data` is what `View`, `Located` and `IN_PLACE` have in common.
    expect([...listed, "Data"].toSorted()).toEqual([...declared, ...picked].toSorted());
  });

  it("list every environment variable that the code or the scripts read, and no other", () => {
    const sources = ["src", "scripts"].flatMap((name) =>
      readdirSync(join(root, name), { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => readFileSync(join(entry.parentPath, entry.name), "utf8")),
    );
    const used = new Set(sources.flatMap((text) => text.match(/WASM_MPI_\w+/g) ?? []));
    expect(commandLine.column("variable").toSorted()).toEqual([...used].toSorted());
    const mentioned = pagePaths.flatMap((path) => new Page(path).text.match(/WASM_MPI_\w+/g) ?? []);
    expect(mentioned.filter((name) => !used.has(name))).toEqual([]);
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
    expect(
      new Page("docs/reference/errors.md")
        .rows("class")
        .map(([name, , list]) => [quoted(name!)[0], quoted(list!).toSorted()]),
    ).toEqual(examples.map((error) => [error.name, fields(error).toSorted()]));
  });

  it("list all public members of what the package exports", () => {
    const listed = new Map<string, string[]>();
    for (const [first, cells] of api.rows("object")) {
      const name = quoted(first!)[0] ?? first!.trim();
      listed.set(name, [...(listed.get(name) ?? []), ...quoted(cells!)]);
    }
    const plain = (members: readonly string[]) => members.toSorted();
    expect(plain(listed.get("mpi")!), "mpi").toEqual(plain(Object.keys(library.mpi)));
    expect(plain(listed.get("mpi.datatype")!), "mpi.datatype").toEqual(plain(Object.keys(library.mpi.datatype)));
    listed.delete("mpi");
    listed.delete("mpi.datatype");
    const titles: Record<string, string> = { field: "Field", halo: "Halo", kernel: "Kernel" };
    for (const [title, cells] of listed) {
      const name = titles[title] ?? title;
      // Of the nonblocking and the prepared forms of the calls with neighbours one stands for all.
      const form = /^ineighbor|^neighbor\w+Init$/;
      const others = name === "TopologyComm" ? (member: string) => !form.test(member) : () => true;
      expect(plain(cells.filter(others)), name).toEqual(plain(membersOf(name).filter(others)));
    }
  });

  it("name every public name of both entries, and no other", () => {
    /** The names that a module exports, types included. */
    const namesOf = (file: string): string[] => {
      const code = readFileSync(join(root, "src", file), "utf8").replace(/\/\*[\s\S]*?\*\//g, "");
      const lists = Array.from(code.matchAll(/^export (?:type )?\{([^}]*)\}/gm), ([, list]) => list!);
      const names = lists.flatMap((list) => list.split(",").map((entry) => entry.trim().replace(/^type /, "")));
      return [...names.filter(Boolean), ...Array.from(code.matchAll(/^export const (\w+)/gm), ([, name]) => name!)];
    };
    const ofIndex = namesOf("index.ts");
    const mpi = namesOf("mpi/index.ts");
    expect(ofIndex.length + mpi.length).toBeGreaterThan(90);
    // A row of a table may name several, and what is in brackets explains them.
    const [ofAll, ofMpi] = api.text.split("## Names of wasm-mpi/mpi") as [string, string];
    const told = (text: string) => quoted(text).filter((word) => /^\w+$/.test(word));
    expect(ofIndex.filter((name) => !told(ofAll).includes(name))).toEqual([]);
    expect(mpi.filter((name) => !told(ofMpi.split("## Members")[0]!).includes(name))).toEqual([]);
    const types = api
      .allRows("name")
      .flatMap(([first, second]) => quoted(first!.startsWith(" types") ? second! : first!));
    expect(types.filter((word) => /^[A-Z]\w+$/.test(word) && ![...ofIndex, ...mpi].includes(word))).toEqual([]);
  });

  it("list everything in an HDF5 file", async () => {
    const { default: hdf5 } = await import("h5wasm/node");
    await hdf5.ready;
    // Three axes, and a G factor.
    const names = new Set<string>();
    for (const [name, shape] of [
      ["gaussian", "4,4,4"],
      ["pole", "16,8"],
    ] as const) {
      await json(["advect", name, "--shape", shape, "--steps", "1", "--output", `${name}.h5`]);
      const file = new hdf5.File(join(folder, `${name}.h5`), "r");
      for (const key of file.keys()) names.add(key);
      for (const attribute of Object.keys(file.attrs)) expect(files.text).toContain(`\`${attribute}\``);
      file.close();
    }
    expect(files.column("name").toSorted()).toEqual([...names].toSorted());
  });
});

describe("the documents", () => {
  it("describe this version", () => {
    const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };
    const changelog = readFileSync(join(root, "CHANGELOG.md"), "utf8");
    expect(/^## \[(\d+\.\d+\.\d+)\] - \d{4}-\d\d-\d\d$/m.exec(changelog)?.[1]).toBe(version);
  });

  it("name every script of package.json that they speak of, and no other", () => {
    const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { scripts: object };
    const told = [...pagePaths, "CONTRIBUTING.md"]
      .map((path) => readFileSync(join(root, path), "utf8"))
      .flatMap((text) => [
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
