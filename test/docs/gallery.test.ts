/**
 * The pages of docs/gallery/: each block of code is a command or a program that draws one picture.
 *
 * Commands run shortened, programs on one rank, all of them in few processes; `WASM_MPI_TEST_FULL=1` makes each picture as
 * the page says, on 3 ranks.
 */
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { isFull } from "../harness/effort.js";
import { launched } from "../harness/launch.js";
import { type Command, Page, pagePaths } from "../harness/page.js";
import { wasmMpi } from "../harness/process.js";
import { Reader, runAllAlone } from "../harness/reader.js";

const timeout = 120_000;
const paths = pagePaths.filter((path) => path.startsWith("docs/gallery/"));

/** The picture that is named in the last line. */
const pictureOf = (text: string) => /[\w-]+\.png\b/.exec(text.trimEnd().split("\n").at(-1)!)?.[0];

/** A command without its ranks, and with few steps. */
function shortened({ args }: Command): string[] {
  const short = args.filter((word, place) => word !== "-n" && args[place - 1] !== "-n");
  return [...short, ...(args[0] === "solve" ? ["--max-runtime", "0.01"] : ["--steps", "2"])];
}

describe.each(paths)("%s", (path) => {
  const page = new Page(path);
  const reader = new Reader(page);
  const blocks = page.blocks.filter(({ language }) => language === "sh" || language === "js");

  const expectPicture = (name: string) => {
    const file = join(reader.folder, name);
    expect(existsSync(file), name).toBe(true);
    const bytes = readFileSync(file);
    expect(bytes.subarray(1, 4).toString("latin1")).toBe("PNG");
    // An empty frame with a title is smaller.
    expect(bytes.length, name).toBeGreaterThan(7000);
    rmSync(file);
  };

  it("has blocks that are each one command, or a program of at most 12 lines, and name a picture of their own", () => {
    const pictures = blocks.map(({ text }) => pictureOf(text));
    expect(new Set(pictures).size).toBe(blocks.length);
    expect(pictures).not.toContain(undefined);
    for (const { language, text } of blocks) {
      expect(text.trimEnd().split("\n").length, text).toBeLessThanOrEqual(language === "sh" ? 1 : 12);
    }
    expect(page.commands.length + page.programs.length).toBe(blocks.length);
    expect(page.otherLines).toEqual([]);
  });

  it.each(page.commands)("$line", { timeout }, async (command) => {
    const isWhole = isFull && launched.length > 0;
    const args = shortened(command);
    const result = isWhole ? await reader.runCommand(command) : await wasmMpi(args, { cwd: reader.folder });
    expect(result.code, result.transcript).toBe(0);
    expectPicture(pictureOf(command.line)!);
  });

  describe("its programs", () => {
    let printed: ReadonlyMap<string, string>;
    const fileOf = (name: string | undefined) => join(reader.folder, name!);
    beforeAll(async () => {
      printed = await runAllAlone(
        page.programs.map(({ name }) => fileOf(name)),
        timeout,
      );
    }, timeout);

    it.each(page.programs)("draw: $name", { timeout }, async ({ name, text }) => {
      expect(printed.get(fileOf(name))).toBe("");
      expectPicture(pictureOf(text)!);
      if (!isFull || launched.length === 0) return;
      const result = await reader.runProgram({ library: launched[0]!.name, ranks: 3 }, name!);
      expect(result.code, result.transcript).toBe(0);
      expectPicture(pictureOf(text)!);
    });
  });
});

it("has 24 pictures in the gallery", () => {
  const { commands, programs } = new Page("docs/gallery/pictures.md");
  expect(commands.length + programs.length).toBe(24);
});
