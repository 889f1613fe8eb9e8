/** Help, completion and the manual page: all made of the commands and the table of options. */
import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { examples } from "../../src/cli/manual/examples.js";
import { exitCodes } from "../../src/cli/manual/help.js";
import { shells, shellWord } from "../../src/cli/manual/shell.js";
import { knownOf } from "../../src/cli/manual/words.js";
import { programOf } from "../../src/cli/program.js";
import { temporaryFolder } from "../harness/command.js";
import { isFull } from "../harness/effort.js";
import { Page } from "../harness/page.js";
import { root, wasmMpi } from "../harness/process.js";

const folder = temporaryFolder();
const known = knownOf(programOf());
const isThere = (shell: string) => spawnSync(shell, ["-c", "exit 0"]).status === 0;

describe.skipIf(process.platform === "win32")("a word of a command that is suggested", () => {
  it.each(["cone-3.h5", "my cone.h5", "it's.h5", 'a "b" $HOME `c` \\d!.h5', "~a", "c = a.h5:c", ""])(
    "is %j",
    (text) => {
      expect(execFileSync("sh", ["-c", `printf %s ${shellWord(text)}`], { encoding: "utf8" })).toBe(text);
    },
  );

  it("is in quotes where it has to be", () => {
    expect(["out/cone-3.h5", "my cone.h5", "$a.h5"].map(shellWord)).toEqual([
      "out/cone-3.h5",
      '"my cone.h5"',
      "'$a.h5'",
    ]);
  });
});

/** The words of a line of the shell, between quotes or not. */
const wordsOf = (line: string) => Array.from(line.matchAll(/"([^"]*)"|(\S+)/g), ([, quoted, word]) => quoted ?? word!);

describe("the help", () => {
  it("tells no default of a list that is empty, or of a switch that is off", async () => {
    const help = (await Promise.all(["solve", "compare"].map((name) => wasmMpi([name, "--help"])))).map(
      ({ stdout }) => stdout,
    );
    for (const text of help) expect(text.replace(/\s+/g, " ")).not.toMatch(/\(default: (\[\]|false)\)/);
    expect(help[0]).toMatch(/^ {2}--periodic +let all axes wrap around$/m);
  });

  it("of every command has examples", () => {
    const names = known.map(({ name }) => name).filter((name) => name !== "help");
    expect(Object.keys(examples).toSorted()).toEqual(["", ...names].toSorted());
  });

  it("shows them, and the exit codes of the program", async () => {
    const { stdout } = await wasmMpi(["view", "--help"]);
    expect(stdout).toContain("\nExamples:\n  # the frames of a file\n  npx wasm-mpi view cone.h5\n");
    const { stdout: whole } = await wasmMpi(["--help"]);
    for (const [code, meaning] of exitCodes) expect(whole).toContain(`\n  ${code.padEnd(8)} ${meaning}\n`);
  });

  it("has the exit codes of the page", () => {
    const rows = new Page("docs/reference/errors.md")
      .rows("code")
      .map(([code, meaning]) => [code!.trim(), meaning!.trim()]);
    expect(rows).toEqual(exitCodes.map(([code, meaning]) => [code, meaning.replace("(compare)", "(`compare`)")]));
  });

  const lines = Object.values(examples)
    .flat()
    .map(({ line }) => line);
  const startsRanks = (line: string) => / -n |compare|bench|demo/.test(line);
  for (const line of lines) {
    // What shells do with a completion is looked at below.
    if (line.includes("completion")) continue;
    it.skipIf(startsRanks(line) && !isFull)(`has an example that works: ${line}`, { timeout: 60_000 }, async () => {
      if (line.endsWith(".mjs")) writeFileSync(join(folder, "program.mjs"), "console.log(1);");
      if (line.endsWith(".ts")) writeFileSync(join(folder, "kernel.ts"), "export function two(): i32 { return 2; }");
      const env = startsRanks(line) ? { WASM_MPI_LAUNCHER: undefined } : {};
      const { code, transcript } = await wasmMpi(wordsOf(line).slice(1), { cwd: folder, env, timeoutMs: 50_000 });
      expect(code, transcript).toBe(0);
    });
  }
});

describe("completion", () => {
  beforeAll(async () => {
    for (const shell of shells) {
      const { stdout, transcript } = await wasmMpi(["completion", shell]);
      expect(stdout, transcript).toContain(`Completion of wasm-mpi for ${shell}`);
      writeFileSync(join(folder, shell), stdout);
    }
  });

  /** What bash offers behind these words. */
  const offered = (...words: string[]): string[] => {
    const script = `source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _wasm_mpi; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const text = execFileSync("bash", ["-c", script, "bash", join(folder, "bash"), "wasm-mpi", ...words], {
      encoding: "utf8",
    });
    return text.split("\n").filter(Boolean);
  };

  it.runIf(isThere("bash"))(
    "of bash offers commands, options, the words of options and of arguments, and else files",
    () => {
      expect(offered("co")).toEqual(["compare", "converge", "completion"]);
      expect(offered("advect", "--third")).toEqual(["--third-order"]);
      expect(offered("advect", "c")).toEqual(["cone"]);
      expect(offered("advect", "--dtype", "")).toEqual(["f64", "f32"]);
      expect(offered("compare", "solve", "--st")).toEqual(expect.arrayContaining(["--stepper"]));
      expect(offered("compare", "cone", "--st")).toEqual(["--steps"]);
      expect(offered("solve", "cahn")).toEqual(["cahn-hilliard"]);
      expect(offered("bench", "ping")).toEqual(["pingpong"]);
      for (const files of [
        ["view", ""],
        ["advect", "--output", ""],
        ["build", "ker"],
      ])
        expect(offered(...files)).toEqual([]);
      for (const { name, flags } of known) {
        if (name === "help") continue;
        const longs = flags.map(({ long }) => long);
        expect(offered(...name.split(" "), "--"), name).toEqual(longs);
      }
    },
  );

  it.runIf(isThere("zsh"))("of zsh is a script that it reads", () => {
    const { status, stderr } = spawnSync("zsh", ["-n", join(folder, "zsh")], { encoding: "utf8" });
    expect([status, stderr]).toEqual([0, ""]);
  });

  it.runIf(isThere("fish"))("of fish offers the same", () => {
    const script = (line: string) => `source ${join(folder, "fish")}; complete -C ${JSON.stringify(line)}`;
    const ask = (line: string) =>
      execFileSync("fish", ["--no-config", "-c", script(line)], { encoding: "utf8" })
        .split("\n")
        .filter(Boolean)
        .map((each) => each.split("\t")[0]);
    expect(ask("wasm-mpi conv")).toEqual(["converge"]);
    expect(ask("wasm-mpi advect --third")).toEqual(["--third-order"]);
    expect(ask("wasm-mpi advect --dtype ").toSorted()).toEqual(["f32", "f64"]);
  });

  it("of another shell is refused", async () => {
    const { code, stderr } = await wasmMpi(["completion", "tcsh"]);
    expect([code, stderr]).toEqual([
      2,
      'wasm-mpi completion: "shell" expected one of bash, zsh, fish, got "tcsh". Choose one of them.\n',
    ]);
  });
});

describe("the manual page", () => {
  const text = readFileSync(join(root, "dist", "wasm-mpi.1"), "utf8");

  it("has every command and option", () => {
    const plain = text.replaceAll("\\-", "-");
    for (const { name, flags } of known) {
      if (name === "help") continue;
      const section = plain.split(`.SS "wasm-mpi ${name}"\n`)[1]?.split("\n.S")[0] ?? "";
      for (const { long } of flags) if (long !== "--help") expect(section, name).toContain(`\\fB${long}\\fR`);
    }
  });

  it.runIf(isThere("man"))("is read by man without a warning", () => {
    const { status, stderr, stdout } = spawnSync("man", ["--warnings", "-l", join(root, "dist", "wasm-mpi.1")], {
      encoding: "utf8",
      env: { ...process.env, MANPAGER: "cat", MANWIDTH: "100" },
    });
    expect([status, stderr]).toEqual([0, ""]);
    expect(stdout).toContain("EXIT STATUS");
  });
});
