/** The site that `npm run docs` makes hangs together, has a page for each public name, and fetches nothing. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, normalize, sep } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as library from "../../src/index.js";
import { Page, pagePaths, quoted } from "../harness/page.js";
import { root } from "../harness/process.js";

const folder = mkdtempSync(join(tmpdir(), "wasm-mpi-test-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A script of scripts/docs/, which have no types. */
// biome-ignore lint/suspicious/noExplicitAny: what a script without types exports
const script = (name: string): Promise<any> => import(join(root, "scripts", "docs", `${name}.mjs`));

let pages: Map<string, string>;
beforeAll(async () => {
  const { writeSite } = await script("site");
  writeSite(folder);
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".html"));
  pages = new Map(files.map((file) => [file.split(sep).join("/"), readFileSync(join(folder, file), "utf8")]));
});

const idsOf = (html: string) => Array.from(html.matchAll(/ id="([^"]*)"/g), ([, id]) => id!);
const linksOf = (html: string) => Array.from(html.matchAll(/ (?:href|src)="([^"]*)"/g), ([, link]) => link!);

describe("the site of the documentation", () => {
  it("has all pages of docs/, the README, and the changes", () => {
    expect(pages.size).toBeGreaterThan(pagePaths.length + 150);
    for (const address of ["index.html", "pages.html", "changelog.html", "contributing.html", "guide/mpi.html"]) {
      expect(pages.has(address), address).toBe(true);
    }
  });

  it("has links that lead to files and places in them, and places with different names", () => {
    const places = new Map(Array.from(pages, ([address, html]) => [address, new Set(idsOf(html))]));
    const broken: string[] = [];
    for (const [address, html] of pages) {
      const ids = idsOf(html);
      broken.push(...ids.filter((id, place) => ids.indexOf(id) < place).map((id) => `${address}: twice ${id}`));
      for (const link of linksOf(html)) {
        if (/^(?:https?:|data:)/.test(link)) continue;
        const [file, anchor] = link.split("#") as [string, string | undefined];
        const target =
          file === ""
            ? address
            : normalize(join(dirname(address), file))
                .split(sep)
                .join("/");
        const isThere = existsSync(join(folder, target)) && (!anchor || places.get(target)?.has(anchor));
        if (!isThere) broken.push(`${address}: ${link}`);
      }
    }
    expect(broken).toEqual([]);
  });

  it("fetches nothing from elsewhere", () => {
    for (const [address, html] of pages) {
      const fetched = html.match(/<(?:script|link|img|iframe)[^>]*(?:src|href)="(?:https?:)?\/\/[^"]*"/g);
      expect(fetched, address).toBeNull();
    }
    expect(readFileSync(join(folder, "site.js"), "utf8")).not.toMatch(/\bfetch\(|XMLHttpRequest|https?:/);
    expect(readFileSync(join(folder, "site.css"), "utf8")).not.toMatch(/url\(|@import/);
  });

  it("has a menu of all pages of docs/index.md on each page, and marks the one that is shown", () => {
    for (const [address, html] of pages) {
      const marked = html.match(/<a href="[^"]*" aria-current="page">/g) ?? [];
      expect(marked.length, address).toBe(address === "pages.html" ? 0 : 1);
      expect(html, address).toContain(">Equations</a>");
    }
  });

  it("can be searched by all words of a section, also where the page stands in a folder alone", () => {
    const context: { sections?: { title: string; address: string; text: string }[] } = {};
    new Function("globalThis", readFileSync(join(folder, "index.js"), "utf8"))(context);
    const sections = context.sections!;
    const found = sections.filter(({ text }) => text.includes("no new extremes"));
    expect(found.map(({ address }) => address)).toContain("guide/advection.html#options-of-mpdata");
    expect(sections.some(({ address }) => address === "reference/api/class.Comm.html#allreduce")).toBe(true);
    for (const { address } of sections) expect(pages.has(address.split("#")[0]!), address).toBe(true);
  });
});

describe("the reference of the site", () => {
  const api = new Page("docs/reference/api.md");
  // Values are what a program gets, types what the tables list: another test compares these with the code.
  const types = api.allRows("name").flatMap(([, second]) => quoted(second!).filter((word) => /^[A-Z]\w+$/.test(word)));
  const classes = api.allRows("name").flatMap(([first]) => quoted(first!));
  const names = new Set([...Object.keys(library), ...classes, ...types]);
  const pageOf = (name: string) =>
    Array.from(pages).find(([address]) => new RegExp(`^reference/api/\\w+\\.${name}\\.html$`).test(address))?.[1];

  it("has a page for each public name, which says what it is, and no other", async () => {
    for (const name of Object.keys(await import(join(root, "dist", "browser.js")))) names.add(name);
    const addresses = [...pages.keys()].filter((address) => address.startsWith("reference/api/"));
    const found = addresses.map((address) => address.split(".")[1]!);
    expect(new Set(found)).toEqual(names);
    for (const name of names) {
      const html = pageOf(name)!;
      const text = html.slice(html.indexOf("<main"), html.indexOf("<footer"));
      // Below the import comes the docstring.
      expect(text, name).toMatch(/<\/pre>\s*<p>[A-Z]/);
    }
  });

  it("is reached from the page of all names, each of them", () => {
    const linked = new Set(linksOf(pages.get("reference/api.html")!).map((link) => `reference/${link}`));
    const addresses = [...pages.keys()].filter((address) => address.startsWith("reference/api/"));
    expect(addresses.filter((address) => !linked.has(address))).toEqual([]);
  });

  it("has a place for each member that the table of members lists", () => {
    for (const [first, second] of api.allRows("object")) {
      const name = quoted(first!)[0] ?? { field: "Field", halo: "Halo", kernel: "Kernel" }[first!.trim()]!;
      const html = pageOf(name.replace("mpi.datatype", "mpi"))!;
      const ids = new Set(idsOf(html));
      const prefix = name === "mpi.datatype" ? "datatype-" : "";
      expect(
        quoted(second!).filter((member) => !ids.has(prefix + member)),
        name,
      ).toEqual([]);
    }
  });

  it("has the calls that the page for those who come from other packages names", () => {
    const objects = {
      comm: "Comm",
      cart: "CartComm",
      request: "Request",
      window: "Window",
      file: "MpiFile",
      mpi: "mpi",
    };
    const words = new Page("docs/guide/coming-from.md").rows("numba-mpi").flatMap((cells) => quoted(cells[3]!));
    const calls = words.filter((word) => /^\w+\.\w+$/.test(word));
    expect(calls.length).toBeGreaterThan(50);
    for (const call of calls) {
      const [object, member] = call.split(".") as [keyof typeof objects, string];
      expect(idsOf(pageOf(objects[object])!), call).toContain(member);
    }
  });

  it("says with which call a member is used, what it throws, and of which class it is", () => {
    const html = pageOf("Comm")!;
    expect(html).toContain('<h2 id="of-Collectives">Of Collectives</h2>');
    expect(html).toMatch(/<dt>Throws<\/dt>/);
    expect(pageOf("Grid")!).toMatch(/id="halo">halo[\s\S]*in <code>\w+\.mjs<\/code> of/);
  });
});

describe("the server of the site", () => {
  it("isolates pages, so that they may share memory, and shows nothing above its folder", async () => {
    const { serve } = await script("serve");
    const served = join(folder, "reference");
    writeFileSync(join(folder, "secret.txt"), "secret");
    const { address, close } = await serve(served, 0);
    try {
      const page = await fetch(`${address}api.html`);
      expect(page.status).toBe(200);
      expect(page.headers.get("content-type")).toBe("text/html; charset=utf-8");
      expect(page.headers.get("cross-origin-opener-policy")).toBe("same-origin");
      expect(page.headers.get("cross-origin-embedder-policy")).toBe("require-corp");
      for (const path of ["..%2fsecret.txt", "%2e%2e/secret.txt", "nothing.html", "%ff", "api"]) {
        expect((await fetch(address + path)).status, path).toBe(404);
      }
      expect((await fetch(address, { method: "POST" })).status).toBe(405);
    } finally {
      close();
    }
  });
});
