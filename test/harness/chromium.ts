/** A browser for the tests of pages: Chromium of the system, without a window. */
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { type Browser, chromium } from "playwright-core";

const names = ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome"];
const places = [
  ...(process.env.PATH ?? "").split(delimiter).flatMap((folder) => names.map((name) => join(folder, name))),
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];

/** The program; `undefined` where there is none. */
export const chromiumPath: string | undefined = places.find((path) => existsSync(path));

/** What the names of tests say where there is none. */
export const withoutChromium: string = chromiumPath === undefined ? " (needs chromium: apt-get install chromium)" : "";

/** Starts it; the test ends it. */
export function openBrowser(): Promise<Browser> {
  // Root may not use its sandbox, and only pages of this repository are opened.
  return chromium.launch({ executablePath: chromiumPath!, args: ["--no-sandbox"] });
}
