/** The page that computes, in a real browser: it draws, listens to its reader, and has the bits of the command line. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { chromiumPath, openBrowser, withoutChromium } from "../harness/chromium.js";
import { documentOf } from "../harness/command.js";
import { isFull } from "../harness/effort.js";
import { launched } from "../harness/launch.js";
import { root, runNode, wasmMpi } from "../harness/process.js";

const folder = mkdtempSync(join(tmpdir(), "wasm-mpi-test-"));
const file = join(folder, "compute.html");

/** What a page has said and asked for. */
const said: string[] = [];
const asked: string[] = [];

let browser: Browser | undefined;
let page: Page;

async function opened(
  width: number,
  colorScheme: "light" | "dark" = "light",
  address = `file://${file}`,
): Promise<Page> {
  const made = await browser!.newPage({ viewport: { width, height: 1000 }, colorScheme });
  made.on("console", (message) => said.push(message.text()));
  made.on("pageerror", (error) => said.push(String(error.stack)));
  made.on("request", (request) => asked.push(request.url()));
  await made.goto(address);
  await made.waitForFunction(() => document.getElementById("steps")!.textContent !== "0");
  return made;
}

beforeAll(async () => {
  const { writeCompute } = (await import(join(root, "scripts", "docs", "compute.mjs"))) as {
    writeCompute(out: string): Promise<void>;
  };
  await writeCompute(folder);
  if (chromiumPath === undefined) return;
  browser = await openBrowser();
  page = await opened(1600);
});

afterAll(async () => {
  await browser?.close();
  rmSync(folder, { recursive: true, force: true });
});

const textOf = (id: string): Promise<string> => page.locator(`#${id}`).innerText();

/** The bytes of a canvas, as a text. */
const pixelsOf = (id: string): Promise<string> =>
  page.evaluate((name) => (document.getElementById(name) as HTMLCanvasElement).toDataURL(), id);

/** Pauses where it runs: by the button of the scheme, or of the equations. */
async function pause(button: "run" | "solve" = "run"): Promise<void> {
  if ((await textOf(button)) === "Pause") await page.click(`#${button}`);
}

/** The words behind `npx wasm-mpi` of the command that the page shows, without the ranks. */
async function argsShown(): Promise<string[]> {
  const command = await textOf("command");
  expect(command).toMatch(/^npx wasm-mpi advect cone .* -n 3$/);
  return command.split(" ").slice(2, -2);
}

async function digestOf(args: readonly string[]): Promise<string> {
  const result = await wasmMpi([...args, "--json"]);
  expect(result.code, result.transcript).toBe(0);
  return documentOf<{ digest: string }>(result).digest;
}

describe("the page that computes, as a file", () => {
  it("has all that it needs in it", () => {
    const html = readFileSync(file, "utf8");
    expect(Array.from(html.matchAll(/ (?:src|href)="([^"]*)"/g), ([, link]) => link)).toEqual(["data:,", "index.html"]);
    expect(html.match(/<script/g)).toHaveLength(1);
    expect(html).not.toMatch(/<script[^>]*(?:type="module"|src=)/);
  });

  it("has a label for each control, and a name for each picture", () => {
    const html = readFileSync(join(root, "docs", "site", "compute", "page.html"), "utf8");
    const labelled = html.replace(/<label[\s\S]*?<\/label>/g, "");
    expect(labelled.match(/<(?:input|select|textarea)/g)).toBe(null);
    for (const [canvas] of html.matchAll(/<canvas[^>]*>/g)) expect(canvas).toMatch(/role="img" aria-label="\w/);
    for (const [, text] of html.matchAll(/<button[^>]*>([^<]*)</g)) expect(text).toMatch(/^\w/);
  });
});

describe.skipIf(chromiumPath === undefined)(`the page that computes, in a browser${withoutChromium}`, () => {
  it("moves by itself, both pictures", async () => {
    for (const [canvas, figures] of [
      ["field", "steps"],
      ["solution", "progress"],
    ] as const) {
      const [before, count] = [await pixelsOf(canvas), await textOf(figures)];
      await page.waitForFunction(([id, text]) => document.getElementById(id!)!.textContent !== text, [figures, count]);
      expect(await pixelsOf(canvas)).not.toBe(before);
    }
  });

  it("shows the digest that the command beside it prints, whatever the scheme", { timeout: 60_000 }, async () => {
    await pause();
    await page.selectOption("#size", "64");
    const schemes = isFull
      ? [
          [],
          ["nonoscillatory"],
          ["third-order"],
          ["infinite-gauge"],
          ["f32"],
          ["f32", "nonoscillatory", "infinite-gauge"],
        ]
      : [[], ["nonoscillatory", "third-order"], ["f32", "infinite-gauge"]];
    for (const scheme of schemes) {
      for (const id of ["nonoscillatory", "third-order", "infinite-gauge", "f32"]) {
        await page.setChecked(`#${id}`, scheme.includes(id));
      }
      for (let step = 0; step < 3; step++) await page.click("#step");
      const args = await argsShown();
      expect(args).toContain("3");
      expect(await digestOf(args)).toBe(await textOf("digest"));
    }
  });

  it.skipIf(launched.length === 0)("shows the digest of 2 and 3 ranks", { timeout: 60_000 }, async () => {
    await page.click("#run");
    const least = isFull ? 100 : 20;
    await page.waitForFunction((count) => Number(document.getElementById("steps")!.textContent) > count, least);
    await pause();
    const [args, digest] = [await argsShown(), await textOf("digest")];
    for (const ranks of isFull ? ["2", "3"] : ["3"]) expect(await digestOf([...args, "-n", ranks])).toBe(digest);
  });

  it("takes the cone where it is dragged to, and shows a program with its digest", async () => {
    await page.selectOption("#size", "64");
    await page.locator("#field").scrollIntoViewIfNeeded();
    const { x, y, width, height } = (await page.locator("#field").boundingBox())!;
    await page.mouse.move(x + width / 2, y + height / 4);
    await page.mouse.down();
    await page.mouse.move(x + 0.25 * width, y + 0.6 * height, { steps: 3 });
    await page.mouse.up();
    expect([await page.inputValue("#cone-x"), await page.inputValue("#cone-y")]).toEqual(["25", "40"]);
    await page.click("#step");
    const command = await textOf("command");
    const [, program] = /^cat > cone\.mjs <<'END'\n([\s\S]*)\nEND\nnpx wasm-mpi run -n 3 cone\.mjs$/.exec(command)!;
    const path = join(folder, "cone.mjs");
    writeFileSync(path, program!.replace('"wasm-mpi"', JSON.stringify(`file://${join(root, "dist", "index.js")}`)));
    const result = await runNode([path]);
    expect(result.stdout.trim(), result.transcript).toBe(await textOf("digest"));
  });

  it("is moved by the keyboard", async () => {
    await page.focus("#cone-x");
    const before = [await pixelsOf("field"), await page.inputValue("#cone-x")];
    await page.keyboard.press("ArrowRight");
    expect(await page.inputValue("#cone-x")).toBe(String(Number(before[1]) + 1));
    expect(await pixelsOf("field")).not.toBe(before[0]);
    await page.setChecked("#infinite-gauge", false); // Which warns of more than 2 passes.
    await page.focus("#iterations");
    await page.keyboard.press("End");
    expect(await textOf("iterations-value")).toBe("5");
    expect(await textOf("command")).toContain("iterations: 5");
    // From the first control to the last.
    await page.focus("#run");
    const reached = new Set<string>();
    for (let press = 0; press < 30; press++) {
      reached.add(await page.evaluate(() => document.activeElement?.id ?? ""));
      await page.keyboard.press("Tab");
    }
    const controls = await page.evaluate(() =>
      Array.from(document.querySelectorAll("button, input, select, textarea"), ({ id }) => id),
    );
    expect(controls.filter((id) => !reached.has(id))).toEqual([]);
  });

  it("tells what is wrong in an equation, with a caret, and goes on when it is mended", async () => {
    await page.fill("#texts", "c = laplac(c)");
    await page.waitForFunction(() => document.getElementById("problem-error")!.textContent !== "");
    expect(await textOf("problem-error")).toBe(
      'Pde: "c" expected a function that is known, got "laplac". Did you mean laplace?\n  laplac(c)\n  ^',
    );
    // It stands below the text, and the digest of another run is not seen.
    const [text, message] = [
      await page.locator("#texts").boundingBox(),
      await page.locator("#problem-error").boundingBox(),
    ];
    expect(message!.y - text!.y - text!.height).toBeLessThan(30);
    expect(await page.locator("#solve-digest").isVisible()).toBe(false);
    const before = await textOf("progress");
    await page.fill("#texts", "c = laplace(c)");
    await page.waitForFunction((text) => document.getElementById("progress")!.textContent !== text, before);
    expect(await page.locator("#problem-error").textContent()).toBe("");
    expect(await page.locator("#solve-digest").isVisible()).toBe(true);
    await page.fill("#texts", "nothing");
    await page.waitForFunction(() => document.getElementById("problem-error")!.textContent !== "");
    expect(await textOf("problem-error")).toBe('Equations: expected a line "name = text", got "nothing". Write c = 0.');
  });

  it("solves each of its examples", async () => {
    const count = await page.locator("#example option").count();
    expect(count).toBe(4);
    for (let index = 0; index < count; index++) {
      await page.selectOption("#example", String(index));
      await page.waitForFunction(() => /step [1-9]\d/.test(document.getElementById("progress")!.textContent!));
      expect(await page.locator("#problem-error").textContent()).toBe("");
      const before = await pixelsOf("solution");
      await page.waitForTimeout(100);
      expect(await pixelsOf("solution")).not.toBe(before);
    }
  });

  // The pages of what follows have the cores.
  it("stands still while it is paused", async () => {
    await pause();
    await pause("solve");
    expect([await textOf("run"), await textOf("solve")]).toEqual(["Run", "Run"]);
    await page.waitForTimeout(100); // A step that was under way has ended.
    const before = [await pixelsOf("field"), await pixelsOf("solution"), await textOf("progress")];
    await page.waitForTimeout(200);
    expect([await pixelsOf("field"), await pixelsOf("solution"), await textOf("progress")]).toEqual(before);
  });

  it.each([400, 1600])("fits into %i pixels, light or dark", async (width) => {
    const looks = ["light", "dark"] as const;
    for (const look of isFull ? looks : [looks[width === 400 ? 1 : 0]]) {
      const narrow = await opened(width, look);
      const wide = await narrow.evaluate(() => document.documentElement.scrollWidth);
      expect(wide).toBe(width);
      const canvas = (await narrow.locator("#field").boundingBox())!;
      expect(canvas.width).toBeGreaterThan(300);
      expect(canvas.height).toBeCloseTo(canvas.width, 0);
      await narrow.close();
    }
  });

  it("says what is missing for several ranks where the page may share no memory", async () => {
    expect(await textOf("ranks-note")).toBe(
      "Several ranks need memory that workers share, which a page has where its server isolates it from others with the headers Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp. npm run docs -- --serve sends them. This page computes on one rank.",
    );
    expect(await page.locator("#ranks option:disabled").allTextContents()).toEqual(["2", "3", "4"]);
  });

  describe("served with the headers", () => {
    let isolated: Page;
    let address: string;
    let close: () => void = () => {};
    const textIn = async (id: string) => (await isolated.locator(`#${id}`).textContent())!;

    beforeAll(async () => {
      if (!browser) return;
      const { serve } = (await import(join(root, "scripts", "docs", "serve.mjs"))) as {
        serve(folder: string, port: number): Promise<{ address: string; close(): void }>;
      };
      ({ address, close } = await serve(folder, 0));
      isolated = await opened(1600, "light", `${address}compute.html`);
      await isolated.click("#run");
      await isolated.click("#solve");
    });

    afterAll(async () => {
      await isolated?.close();
      close();
    });

    const counts = isFull ? ["1", "2", "3", "4"] : ["1", "3"];

    /** The digests after 3 steps on numbers of ranks. */
    async function digestsOn(ids: Record<"ranks" | "restart" | "step" | "canvas" | "digest" | "error", string>) {
      const digests: string[] = [];
      for (const ranks of counts) {
        await isolated.selectOption(`#${ids.ranks}`, ranks);
        // What is clicked waits for its turn.
        await isolated.click(`#${ids.restart}`);
        for (let step = 0; step < 3; step++) await isolated.click(`#${ids.step}`);
        await isolated.waitForFunction(
          ([canvas, count]) =>
            document.querySelector(`#${canvas}`)!.getAttribute("data-ranks") === count &&
            document.querySelector(`#${canvas}`)!.getAttribute("data-step") === "3",
          [ids.canvas, ranks],
        );
        digests.push(await textIn(ids.digest));
        expect(await textIn(ids.error)).toBe("");
      }
      return digests;
    }

    const pixelsIn = (id: string) =>
      isolated.evaluate((name) => (document.getElementById(name) as HTMLCanvasElement).toDataURL(), id);
    const waitForOther = (id: string, before: string) =>
      isolated.waitForFunction(
        ([name, old]) => (document.getElementById(name!) as HTMLCanvasElement).toDataURL() !== old,
        [id, before],
      );

    it("carries the cone on several workers, with the digest of one", { timeout: 120_000 }, async () => {
      expect(await textIn("ranks-note")).toContain("a toy in place of an MPI library");
      await isolated.selectOption("#size", "64");
      await isolated.setChecked("#nonoscillatory", true);
      const digests = await digestsOn({
        ...{ ranks: "ranks", restart: "restart", step: "step" },
        ...{ canvas: "field", digest: "digest", error: "scheme-error" },
      });
      expect(new Set(digests).size).toBe(1);
      const args = ["advect", "cone", "--shape", "64,64", "--steps", "3", "--nonoscillatory"];
      expect(digests[0]).toBe(await digestOf(args));
      // The sliders move it on ranks as well.
      const before = await pixelsIn("field");
      await isolated.focus("#cone-x");
      await isolated.keyboard.press("PageUp");
      await waitForOther("field", before);
    });

    it("solves equations on several workers, with the digest of the command", { timeout: 120_000 }, async () => {
      const problem = { ranks: "solve-ranks", restart: "solve-restart", step: "solve-step" };
      const shown = { canvas: "solution", digest: "solve-digest", error: "problem-error" };
      await isolated.selectOption("#cells", "64");
      // Steps of a fixed length, steps that are chosen, and two unknowns.
      const problems = [
        { example: "0", stepper: "euler", dt: "auto" },
        { example: "1", stepper: "rkf45", dt: "0.01" },
        ...(isFull ? [{ example: "3", stepper: "rk4", dt: "auto" }] : []),
      ];
      for (const [place, { example, stepper, dt }] of problems.entries()) {
        await isolated.selectOption("#example", example);
        await isolated.selectOption("#stepper", stepper);
        await isolated.fill("#dt", dt);
        const digests = await digestsOn({ ...problem, ...shown });
        expect(new Set(digests).size).toBe(1);
        const command = await textIn("solve-command");
        expect(command).toMatch(/^npx wasm-mpi solve ".*" --shape 64,64 --periodic .* -n 3$/);
        const args = Array.from(command.matchAll(/"([^"]*)"|(\S+)/g), ([, quoted, word]) => (quoted ?? word)!).slice(
          2,
          -2,
        );
        const tried = launched.length === 0 || (place > 0 && !isFull) ? ["1"] : isFull ? ["1", "2", "3"] : ["1", "3"];
        for (const ranks of tried) {
          const result = await wasmMpi([...args, "--json", ...(ranks === "1" ? [] : ["-n", ranks])]);
          expect(result.code, result.transcript).toBe(0);
          const [first] = Object.values(documentOf<{ fields: Record<string, { digest: string }> }>(result).fields);
          expect(first!.digest).toBe(digests[0]);
        }
      }
    });

    it("tells what is wrong in equations for workers, and goes on when it is mended", async () => {
      await isolated.selectOption("#solve-ranks", "2");
      await isolated.selectOption("#stepper", "euler");
      const refused = async (id: string, text: string) => {
        await isolated.fill(`#${id}`, text);
        await isolated.waitForFunction(() => document.getElementById("problem-error")!.textContent !== "");
        return await textIn("problem-error");
      };
      const solved = async (id: string, text: string) => {
        await isolated.fill(`#${id}`, text);
        await isolated.waitForFunction(() => document.getElementById("problem-error")!.textContent === "");
      };
      expect(await refused("texts", "c = laplac(c)")).toBe(
        'Pde: "c" expected a function that is known, got "laplac". Did you mean laplace?\n  laplac(c)\n  ^',
      );
      await solved("texts", "c = laplace(c)");
      // What the workers find themselves reads as on one rank.
      expect(await refused("initial", "c = sin(")).toContain("\n  sin(\n");
      await solved("initial", "c = sin(x)");
      await isolated.click("#solve");
      await waitForOther("solution", await pixelsIn("solution"));
      expect(await isolated.getAttribute("#solution", "data-ranks")).toBe("2");
    });

    it("fetches nothing but the page", () => {
      expect(asked.filter((url) => url.startsWith("http") && url !== `${address}compute.html`)).toEqual([]);
      // Workers are made of the page's own script.
      for (const [place, url] of [...asked.entries()].toReversed())
        if (!url.startsWith("file:")) asked.splice(place, 1);
    });
  });

  it("says nothing on the console, and fetches nothing", () => {
    expect(said).toEqual([]);
    expect(new Set(asked)).toEqual(new Set([`file://${file}`]));
  });
});
