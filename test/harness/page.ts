/**
 * A page of documentation as tests read it: its tables, its programs, its commands, and what it shows of their output.
 *
 *     ```js            a program, named by its first line: // heat.mjs
 *     ```ts            a program too where the name ends in .mts, else a source that programs read: // halo.ts
 *     ```sh            commands, one a line: npx wasm-mpi run -n 3 heat.mjs
 *     ```text          at once below a command: what it prints
 */
import { readdirSync, readFileSync } from "node:fs";
import { join, sep } from "node:path";
import { expect } from "vitest";
import { root } from "./process.js";

/** The pages of the documentation, as paths from the folder of the package. */
export const pagePaths: readonly string[] = [
  "README.md",
  ...readdirSync(join(root, "docs"), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".md"))
    .map((file) => `docs/${file.split(sep).join("/")}`)
    .toSorted(),
];

export interface Block {
  readonly language: string;
  readonly text: string;
  /** The text block that follows with nothing in between, if one does. */
  readonly shown: string | undefined;
}

/** A whole program, by the name in its first line. */
export interface Program {
  /** The file that is run: for a source in TypeScript what is compiled from it. */
  readonly name: string | undefined;
  readonly text: string;
  /** What the page says that it prints. */
  readonly shown: string | undefined;
  /** On how many ranks it is run on the page. */
  readonly ranks: number;
}

/** A line of a shell block that runs the package or a program of the page. */
export interface Command {
  readonly line: string;
  readonly tool: "wasm-mpi" | "node" | "tsc";
  readonly env: Readonly<Record<string, string>>;
  /** Ranks started by a launcher of the reader's, else 0. */
  readonly mpiexec: number;
  readonly args: readonly string[];
  /** What it prints, where the page shows it: after the last line of a block. */
  readonly shown: string | undefined;
}

export class Page {
  /** From the folder of the package. */
  readonly path: string;
  readonly text: string;
  readonly blocks: readonly Block[];
  readonly commands: readonly Command[];
  readonly programs: readonly Program[];

  constructor(path: string) {
    this.path = path;
    this.text = readFileSync(join(root, path), "utf8").replaceAll("\r\n", "\n");
    this.blocks = blocksOf(this.text);
    this.commands = this.blocks.flatMap(commandsOf);
    this.programs = this.blocks.filter(isProgram).map(({ text }) => {
      const name = nameOf(text)?.replace(/\.mts$/, ".mjs");
      const command = this.commands.find(({ args }) => args.at(-1) === name);
      const place = command?.args.indexOf("-n") ?? -1;
      return { name, text, shown: command?.shown, ranks: place < 0 ? 1 : Number(command?.args[place + 1]) };
    });
  }

  /** The cells of the table whose first heading is `heading`, row by row. */
  rows(heading: string): string[][] {
    const lines = this.text.split("\n");
    const first = lines.findIndex((line) => line.startsWith(`| ${heading} |`));
    if (first < 0) throw new Error(`${this.path}: expected a table headed "${heading}", got none. Write it.`);
    return rowsBelow(lines, first);
  }

  /** The rows of all tables whose first heading is `heading`. */
  allRows(heading: string): string[][] {
    const lines = this.text.split("\n");
    return lines.flatMap((line, place) => (line.startsWith(`| ${heading} |`) ? rowsBelow(lines, place) : []));
  }

  /** Everything in backticks in the first column of such a table. */
  column(heading: string): string[] {
    return this.rows(heading).flatMap((cells) => quoted(cells[0]!));
  }

  /** Lines of shell blocks that are not understood as {@link Command}. */
  get otherLines(): string[] {
    const lines = this.blocks
      .filter(({ language }) => language === "sh")
      .flatMap(({ text }) => text.trim().split("\n"));
    return lines.filter((line) => !this.commands.some((command) => command.line === line));
  }

  /** Each program names its file, imports the package, is run by a command, and its output is shown. */
  expectWholePrograms(): void {
    for (const { name, text, shown } of this.programs) {
      expect(name, text).toBeDefined();
      expect(text).toMatch(/^import .* from "wasm-mpi(\/mpi|\/browser)?";$/m);
      expect(shown, `${name} is run and its output shown`).toBeDefined();
    }
  }
}

/** Every word in backticks. */
export const quoted = (text: string): string[] => Array.from(text.matchAll(/`([^`]+)`/g), ([, word]) => word!);

function rowsBelow(lines: readonly string[], heading: number): string[][] {
  const rest = lines.slice(heading + 2);
  const end = rest.findIndex((line) => !line.startsWith("|"));
  return rest.slice(0, end < 0 ? undefined : end).map((line) => line.slice(1, -1).split("|"));
}

function blocksOf(page: string): Block[] {
  const fence = /^```(\w*)\n(.*?)^```$/gms;
  return Array.from(page.matchAll(fence), ({ 0: whole, 1: language, 2: text, index }): Block => {
    // Text that belongs to a command follows it at once.
    const next = page.startsWith("\n\n```text\n", index + whole.length);
    const shown = next ? /```text\n(.*?)^```$/ms.exec(page.slice(index + whole.length))![1] : undefined;
    return { language: language!, text: text!, shown };
  });
}

export const nameOf = (text: string): string | undefined => /^\/\/ (\w+\.(?:mjs|mts|ts))\n/.exec(text)?.[1];

const isProgram = ({ language, text }: Block): boolean =>
  language === "js" || (language === "ts" && nameOf(text)?.endsWith(".mts") === true);

function commandsOf({ language, text, shown: output }: Block): Command[] {
  if (language !== "sh") return [];
  const lines = text.trim().split("\n");
  return lines.flatMap((line, place) => {
    const shown = place === lines.length - 1 ? output : undefined;
    const match =
      /^((?:[A-Z_]+=\S+ )*)(?:mpiexec -n (\d+) )?(?:(?:npx |node_modules\/\.bin\/)(wasm-mpi|tsc)|(node)(?= \w+\.mjs)) (.+)$/.exec(
        line,
      );
    if (!match) return [];
    const settings = match[1]!.trim().split(" ").filter(Boolean);
    const env = Object.fromEntries(settings.map((setting) => setting.split("=") as [string, string]));
    const tool = (match[3] ?? match[4]) as Command["tool"];
    return [{ line, tool, env, mpiexec: Number(match[2] ?? 0), args: wordsOf(match[5]!), shown }];
  });
}

/** Output of a program without the places in the package's own sources, which messages name. */
export const exact = (text: string): string => text.trimEnd().replace(/(~lib\/[\w/]+\.ts):\d+:\d+/g, "$1:…");

/** Output without what differs from machine to machine: times, the MPI library, the space that columns take. */
export function normalize(text: string): string {
  const lines = text.trimEnd().split("\n");
  const even = lines.map((line) => line.trim().replace(/\s+/g, " "));
  return even
    .join("\n")
    .replace(/(?<=^| )[\d.e+-]+(?= (?:s, |s$|ns per |% of ))/gm, "…")
    .replace(/^(\d+ \d+(?: x \d+)*) \S+ \S+(?= \S+ \d+ identical(?: \(reference\))?$)/gm, "$1 … …")
    .replace(/(?:Open MPI|MPICH|Intel\(R\) MPI|Microsoft MPI) [\w.]+$/gm, "MPI");
}

/** The words of a line of a shell; those in double quotes are one. */
function wordsOf(line: string): string[] {
  return Array.from(line.matchAll(/"([^"]*)"|[^ ]+/g), ([word, quoted]) => quoted ?? word);
}
