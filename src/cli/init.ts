/** `wasm-mpi init`: a small project of the user's own, made of the files in `template/`. */
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { FileError } from "../errors.js";
import { detectJob } from "../mpi/library/launcher.js";
import { originOf, packageRoot, packageVersion } from "../package.js";
import { shellWord } from "./manual/shell.js";
import type { OptionsOf } from "./options/index.js";

/** What the files are called where they are more than copies: npm packs no file with the name of the first. */
const renamed: Readonly<Record<string, string>> = { gitignore: ".gitignore" };

/** `wasm-mpi init` */
export function init(folder: string, { json }: OptionsOf<"init">): void {
  if ((detectJob()?.rank ?? 0) !== 0) return; // Once for all ranks.
  const files = projectFiles(nameOf(folder));
  try {
    checkEmpty(folder);
    write(folder, files);
  } catch (cause) {
    if (cause instanceof FileError) throw cause;
    const { code } = cause as NodeJS.ErrnoException;
    const text = `"folder" expected a folder that can be written, got "${folder}" (${code}). Name another.`;
    throw new FileError(text, folder, cause);
  }
  const names = Object.keys(files);
  process.stdout.write(json ? `${JSON.stringify({ folder: resolve(folder), files: names })}\n` : told(folder, names));
}

/** @throws FileError for a folder that has something in it but the files of git, and for what is no folder */
function checkEmpty(folder: string): void {
  const found = statSync(folder, { throwIfNoEntry: false });
  if (found === undefined) return;
  const names = found.isDirectory() ? readdirSync(folder).filter((name) => name !== ".git") : undefined;
  if (names?.length === 0) return;
  const [first, ...rest] = names ?? [];
  const what = first === undefined ? "is a file" : `holds ${first}${rest.length > 0 ? ` and ${rest.length} more` : ""}`;
  throw new FileError(
    `"folder" expected a folder that is new or empty, got "${folder}", which ${what}. Name another.`,
    folder,
  );
}

/** A name that npm takes, after that of the folder. */
function nameOf(folder: string): string {
  const name = basename(resolve(folder))
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/g, "-")
    .replace(/^[._-]+/, "");
  return name === "" || name === "wasm-mpi" || name === "node_modules" ? "solver" : name;
}

/** The texts of the files of a project, by name. */
function projectFiles(name: string): Readonly<Record<string, string>> {
  const manifest = {
    name,
    private: true,
    type: "module",
    scripts: { start: "node heat.js", test: "node --test" },
    dependencies: { "wasm-mpi": originOf(packageRoot, packageVersion()) },
    engines: { node: ">=20" },
  };
  const folder = join(packageRoot, "template");
  const texts = readdirSync(folder).map((file) => [
    renamed[file] ?? file,
    readFileSync(join(folder, file), "utf8").replace(/^# NAME$/m, `# ${name}`),
  ]);
  return { "package.json": `${JSON.stringify(manifest, null, 2)}\n`, ...Object.fromEntries(texts) };
}

/** Writes the files, over none that is there. */
function write(folder: string, files: Readonly<Record<string, string>>): void {
  mkdirSync(folder, { recursive: true });
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text, { flag: "wx" });
}

/** For people: what was made, and what to do next. */
function told(folder: string, names: readonly string[]): string {
  const commands = [
    ...(resolve(folder) === process.cwd() ? [] : [[`cd ${shellWord(folder)}`, ""]]),
    ["npm install", "wasm-mpi itself"],
    ["npm start", "heat.js on one rank"],
    ["npm test", "1 and 3 ranks, compared bit by bit"],
    ["npx wasm-mpi run -n 3 heat.js", "on three ranks"],
  ] as [string, string][];
  const width = Math.max(...commands.map(([command]) => command.length));
  const lines = commands.map(([command, about]) => `  ${command.padEnd(width)}  ${about}`.trimEnd());
  return [`${folder}: ${names.join(", ")}`, "", "next:", ...lines, ""].join("\n");
}
