/** What can stand on the command line: of each command the words of its arguments, and its options with their values. */
import type { Command } from "commander";
import { cases } from "../../advection/cases/case.js";
import { namedEquations } from "../../pde/equations.js";
import { kinds } from "../options/bench.js";
import { file, folder, onOff } from "../options/kind.js";
import { longOf, type Row } from "../options/row.js";
import { table } from "../options/table.js";
import { shells } from "./shell.js";

/** What follows an option: nothing, a path, one of some words, or a text. */
export type Follows = "nothing" | "file" | "folder" | "text" | readonly string[];

/** An option as shells complete it. */
export interface Flag {
  readonly long: string;
  readonly short: string | undefined;
  readonly about: string;
  readonly follows: Follows;
  /** What stands for the value in help: `cells` of `--shape <cells>`. */
  readonly value: string;
}

/** A command as shells complete it. */
export interface Known {
  /** `compare solve` */
  readonly name: string;
  readonly about: string;
  /** The words that its first argument can be; without any it is a file or a text. */
  readonly words: readonly string[];
  readonly flags: readonly Flag[];
}

const help: Flag = { long: "--help", short: "-h", about: "display help for command", follows: "nothing", value: "" };

function flagOf({ flag, about, kind }: Row): Flag {
  const short = /^-\w(?=,)/.exec(flag)?.[0];
  const { enum: words } = kind.schema;
  const follows = kind === onOff ? "nothing" : kind === file ? "file" : kind === folder ? "folder" : (words ?? "text");
  const value = /<(.+)>/.exec(flag)?.[1] ?? "";
  return { long: longOf(flag), short, about, follows, value };
}

/** All commands of the program. */
export function knownOf(program: Command): Known[] {
  const names = program.commands.map((command) => command.name());
  const words: Readonly<Record<string, readonly string[]>> = {
    advect: Object.keys(cases),
    compare: [...Object.keys(cases), "solve"],
    "compare solve": Object.keys(namedEquations),
    solve: Object.keys(namedEquations),
    converge: Object.keys(cases),
    bench: kinds,
    completion: shells,
    help: names,
  };
  const known = program.commands.flatMap((command) => [
    { name: command.name(), about: command.description() },
    ...command.commands.map((inner) => ({ name: `${command.name()} ${inner.name()}`, about: inner.description() })),
  ]);
  return [...known, { name: "help", about: "display help for command" }].map(({ name, about }) => ({
    name,
    about,
    words: words[name] ?? [],
    flags: [...((table as Readonly<Record<string, readonly Row[]>>)[name] ?? []).map(flagOf), help],
  }));
}
