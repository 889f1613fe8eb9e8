/** The pages hang together: links lead somewhere, each page is linked, lists of chapters are complete. */
import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, join, posix, relative } from "node:path";
import { describe, expect, it } from "vitest";
import { nameOf, Page, pagePaths } from "../harness/page.js";
import { root } from "../harness/process.js";

const paths = [...pagePaths, "CONTRIBUTING.md", "CHANGELOG.md"];
const textOf = (path: string): string => readFileSync(join(root, path), "utf8").replaceAll("\r\n", "\n");
const withoutCode = (text: string): string => text.replace(/^```.*?^```$/gms, "");

/** The anchors of the headings of a page, as GitHub makes them. */
const anchorsOf = (text: string): string[] =>
  Array.from(withoutCode(text).matchAll(/^#+ (.+)$/gm), ([, title]) =>
    title!
      .toLowerCase()
      .replace(/[^\w\s-]/g, "")
      .replaceAll(" ", "-"),
  );

/** Where the links of a page lead, as paths from the folder of the package, and the anchors there. */
function linksOf(path: string): { target: string; anchor: string | undefined }[] {
  const links = withoutCode(textOf(path)).matchAll(/\]\((?!https?:)([^)#\s]*)(?:#([^)\s]+))?\)/g);
  return Array.from(links, ([, file, anchor]) => ({
    target: file === "" ? path : posix.normalize(posix.join(dirname(path), file!)),
    anchor,
  }));
}

describe.each(paths)("%s", (path) => {
  it("has links that lead to files and headings", () => {
    for (const { target, anchor } of linksOf(path)) {
      expect(existsSync(join(root, target)), `${path}: ${target}`).toBe(true);
      if (anchor !== undefined) expect(anchorsOf(textOf(target)), `${path}: ${target}`).toContain(anchor);
    }
  });

  it("lists each of its chapters, where it lists chapters", () => {
    const text = withoutCode(textOf(path));
    const listed = Array.from(text.matchAll(/^(\d+)\. \[(.+)\]\(#/gm), ([, number, title]) => [number!, title!]);
    if (listed.length === 0) return;
    const chapters = Array.from(text.matchAll(/^## (.+)$/gm), ([, title]) => title!);
    const numbered = chapters.filter((title) => /^\d+\. /.test(title));
    const expected = numbered.length > 0 ? numbered.map((title) => title.replace(/^\d+\. /, "")) : chapters;
    expect(listed.map(([, title]) => title)).toEqual(expected);
    expect(listed.map(([number]) => Number(number))).toEqual(listed.map((_, place) => place + 1));
  });
});

describe("the documentation", () => {
  it("has a page for everybody in docs/index.md", () => {
    const linked = new Set(linksOf("docs/index.md").map(({ target }) => target));
    const pages = pagePaths.filter((path) => !["README.md", "docs/index.md"].includes(path));
    expect(pages.filter((path) => !linked.has(path))).toEqual([]);
  });

  it("has programs of one name only where they are the same, as readers have them in one folder", () => {
    const texts = new Map<string, string>();
    const others = pagePaths.flatMap((path) => {
      return new Page(path).blocks.flatMap(({ text }) => {
        const name = nameOf(text)?.replace(/\.mts$/, ".mjs"); // What the compiler makes of it.
        if (name === undefined) return [];
        if (!texts.has(name)) texts.set(name, text);
        return texts.get(name) === text ? [] : [`${path}: ${name}`];
      });
    });
    expect(others).toEqual([]);
  });

  it("has commands that write files of one name only where they replace them", () => {
    const written = pagePaths.flatMap((path) => {
      return new Page(path).commands.flatMap(({ args }) => {
        const place = args.indexOf("--output");
        if (place < 0 || args.includes("--overwrite")) return [];
        const file = args[place + 1]!;
        return [args[0] === "compare" ? file.replace(".h5", "-1.h5") : file];
      });
    });
    expect(written.filter((file, place) => written.indexOf(file) !== place)).toEqual([]);
  });

  it("begins with a README of one page", () => {
    expect(textOf("README.md").split("\n").length - 1).toBeLessThanOrEqual(160);
    expect(statSync(join(root, "docs/ranks.png")).size).toBeLessThan(150_000);
  });

  it("comes with the package, as far as the README links to it", () => {
    const { files } = JSON.parse(textOf("package.json")) as { files: string[] };
    const always = ["README.md", "LICENSE", "package.json"]; // npm adds these by itself.
    for (const { target } of linksOf("README.md")) {
      const top = relative(root, join(root, target)).split(/[\\/]/)[0]!;
      expect([...files, ...always], target).toContain(top);
    }
  });
});
