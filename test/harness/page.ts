/**
 * A page of documentation as tests run it: its programs, its commands, and what it shows of their output.
 *
 *     ```js            a program or a source, named by its first line: // heat.mjs
 *     ```sh            commands, one a line: npx wasm-mpi run -n 3 heat.mjs
 *     ```text          at once below a command: what it prints
 */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { delimiter, join, relative } from "node:path";
import { afterAll, beforeAll, expect } from "vitest";
import { libraries, runRanks, type TestJob } from "./launch.js";
import { type Result, root, runNode } from "./process.js";

const cli = join(root, "dist", "cli.js");

/** The libraries with a launcher on this machine. */
export const available = libraries.filter(({ launcher }) => launcher !== undefined);

export interface Block {
  readonly language: string;
  readonly text: string;
  /** The text block that follows with nothing in between, if one does. */
  readonly shown: string | undefined;
}

/** A whole program, by the name in its first line. */
export interface Program {
  readonly name: string | undefined;
  readonly text: string;
  /** What the page says that it prints. */
  readonly shown: string | undefined;
  /** On how many ranks it is run on the page. */
  readonly ranks: number;
}

/** A line of a shell block that runs the package. */
export interface Command {
  readonly line: string;
  readonly env: Readonly<Record<string, string>>;
  /** Ranks started by a launcher of the reader's, else 0. */
  readonly mpiexec: number;
  readonly args: readonly string[];
  /** What it prints, where the page shows it: after the last line of a block. */
  readonly shown: string | undefined;
}

export class Page {
  readonly text: string;
  readonly blocks: readonly Block[];
  readonly commands: readonly Command[];
  readonly programs: readonly Program[];
  /** Inside the package, so that the programs find it by its name; there while the tests run. One page a test file. */
  readonly folder: string;

  /** @param path from the folder of the package */
  constructor(path: string) {
    this.text = readFileSync(join(root, path), "utf8").replaceAll("\r\n", "\n");
    this.blocks = blocksOf(this.text);
    this.commands = this.blocks.flatMap(commandsOf);
    this.programs = this.blocks.flatMap(({ language, text }) => {
      if (language !== "js") return [];
      const name = nameOf(text);
      const command = this.commands.find(({ args }) => args.at(-1) === name);
      const place = command?.args.indexOf("-n") ?? -1;
      return [{ name, text, shown: command?.shown, ranks: place < 0 ? 1 : Number(command?.args[place + 1]) }];
    });
    this.folder = join(root, "out", `page-${process.pid}`);
    beforeAll(() => {
      mkdirSync(this.folder, { recursive: true });
      for (const { language, text } of this.blocks) {
        const name = nameOf(text);
        if (name && ["js", "ts"].includes(language)) writeFileSync(join(this.folder, name), text);
      }
    });
    afterAll(() => rmSync(this.folder, { recursive: true, force: true }));
  }

  /** Lines of shell blocks that do not run the package. */
  get otherLines(): string[] {
    const lines = this.blocks
      .filter(({ language }) => language === "sh")
      .flatMap(({ text }) => text.trim().split("\n"));
    return lines.filter((line) => !this.commands.some((command) => command.line === line));
  }

  /** Each program names its file, imports the package, is run by a command, and its output is shown. */
  expectWholePrograms(): void {
    expect(this.programs.length).toBeGreaterThan(0);
    for (const { name, text, shown } of this.programs) {
      expect(name, text).toBeDefined();
      expect(text).toMatch(/^import .* from "wasm-mpi(\/mpi)?";$/m);
      expect(shown, `${name} is run and its output shown`).toBeDefined();
    }
  }

  /** Runs `node program` in a job of ranks, as a reader with a launcher does. */
  runProgram(job: TestJob, name: string): Promise<Result> {
    return runRanks({ ...job, program: join("..", "..", relative(root, this.folder), name), timeoutMs: 50_000 });
  }

  /** Runs `wasm-mpi args...` in the folder of the programs. */
  runCli(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Result> {
    return runNode([cli, ...args], { cwd: this.folder, env, timeoutMs: 50_000 });
  }

  /** Runs a command as the page has it. */
  runCommand({ mpiexec: ranks, args, env }: Command): Promise<Result> {
    if (ranks === 0) return this.runCli(args, env);
    const library = available[0]!.name;
    return runRanks({ library, ranks, program: "../../dist/cli.js", args, env, cwd: this.folder });
  }
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

const nameOf = (text: string): string | undefined => /^\/\/ (\w+\.(?:mjs|ts))\n/.exec(text)?.[1];

function commandsOf({ language, text, shown: output }: Block): Command[] {
  if (language !== "sh") return [];
  const lines = text.trim().split("\n");
  return lines.flatMap((line, place) => {
    const shown = place === lines.length - 1 ? output : undefined;
    const match = /^((?:[A-Z_]+=\S+ )*)(?:mpiexec -n (\d+) )?npx wasm-mpi (.+)$/.exec(line);
    if (!match) return [];
    const settings = match[1]!.trim().split(" ").filter(Boolean);
    const env = Object.fromEntries(settings.map((setting) => setting.split("=") as [string, string]));
    return [{ line, env, mpiexec: Number(match[2] ?? 0), args: match[3]!.split(" "), shown }];
  });
}

/** Why a command cannot run on this machine, if it cannot. */
export function obstacle({ env, mpiexec, args }: Command): string | undefined {
  const { WASM_MPI_LIBRARY: wanted, WASM_MPI_LAUNCHER: launcher } = env;
  if (wanted && !available.some(({ name }) => name === wanted)) return `needs ${wanted}`;
  const folders = (process.env.PATH ?? "").split(delimiter);
  if (launcher && !folders.some((one) => existsSync(join(one, launcher)))) return `needs ${launcher}`;
  const several = mpiexec > 1 || args[0] === "bench" || args.includes("-n") || args.includes("--ranks");
  return several && available.length === 0 ? "needs an MPI launcher" : undefined;
}

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
