/**
 * How long equations in the page that computes take from a key to the first picture that has moved: in Chromium without a
 * window, the last character of an equation is typed that was wrong until then, and the first picture behind the start
 * that differs from it has been drawn. Milliseconds, minimum and median, on 1 to 4 ranks. In a clone:
 *
 *   node bench/page.mjs [keys]      default 15
 */
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { computePage, writeCompute } from "../scripts/docs/compute.mjs";
import { serve } from "../scripts/docs/serve.mjs";

const keys = Number(process.argv[2] ?? 15);
if (!(Number.isInteger(keys) && keys > 0)) {
  fail(`expected a number of keys from 1, got ${process.argv[2]}. Write 15, for example.`);
}
const texts = ["c = laplace(c^3 - c - laplace(c))", "c = 0.5 * laplace(c)"];

const path = ["/usr/bin/chromium", "/usr/bin/google-chrome"].find((program) => existsSync(program));
if (!path) fail("expected Chromium, got none in /usr/bin. Install it: apt-get install chromium.");
const folder = mkdtempSync(join(tmpdir(), "wasm-mpi-page-"));
await writeCompute(folder);
const { address, close } = await serve(folder, 0);
const browser = await chromium.launch({ executablePath: path, args: ["--no-sandbox"] });
try {
  for (const text of texts) {
    console.log(text);
    for (const ranks of ["1", "2", "3", "4"]) {
      const found = await measure(text, ranks);
      const [least, median] = [found[0], found[Math.floor(found.length / 2)]].map((ms) => ms.toFixed(0));
      console.log(`  ${ranks} ${ranks === "1" ? "rank, the page itself" : "ranks, workers"}: ${least} / ${median} ms`);
    }
  }
} finally {
  await browser.close();
  close();
  rmSync(folder, { recursive: true });
}

/** Milliseconds from each key to the picture, in ascending order. */
async function measure(text, ranks) {
  const page = await browser.newPage({ viewport: { width: 1600, height: 1000 } });
  await page.goto(`${address}${computePage.address}`);
  // The other part of the page is left running, as it is for a reader.
  await page.selectOption("#solve-ranks", ranks);
  await page.waitForFunction((count) => document.getElementById("solution").dataset.ranks === count, ranks);
  const found = [];
  for (let key = 0; key < keys; key++) {
    await page.fill("#texts", text.slice(0, -1));
    await page.waitForFunction(() => document.getElementById("problem-error").textContent !== "");
    await page.focus("#texts");
    await page.evaluate(watch);
    await page.keyboard.type(text.at(-1));
    found.push(await page.evaluate(() => globalThis.moved));
  }
  await page.close();
  return found.sort((a, b) => a - b);
}

/** In the page: promises the time from the next key to the end of the frame that shows a picture which has moved. */
function watch() {
  const canvas = document.getElementById("solution");
  const pixels = () =>
    new Uint32Array(canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data.buffer);
  globalThis.moved = new Promise((resolve) => {
    document.addEventListener(
      "keydown",
      ({ timeStamp }) => {
        let start;
        const observer = new MutationObserver(() => {
          if (canvas.dataset.step === "0") {
            start = pixels();
            return;
          }
          if (!start || pixels().every((pixel, place) => pixel === start[place])) return;
          observer.disconnect();
          // A timer in a frame fires behind it.
          requestAnimationFrame(() => setTimeout(() => resolve(performance.now() - timeStamp)));
        });
        observer.observe(canvas, { attributeFilter: ["data-step"] });
      },
      { once: true, capture: true },
    );
  });
}

function fail(text) {
  console.error(`page: ${text}`);
  process.exit(1);
}
