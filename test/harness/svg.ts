/** What is shown in an SVG. */
import { readFileSync } from "node:fs";

/**
 * An SVG without names that ECharts counts up, and without what it measures of texts, by the canvas where the process has drawn
 * a PNG before.
 */
export function shownIn(path: string): string {
  return readFileSync(path, "utf8")
    .replace(/zr\d+-cls-\d+/g, "zr")
    .replace(/zr\d+-/g, "zr-")
    .replace(/<path d="[^"]*"(?= transform="[^"]*" fill="none" pointer-events="visible")/g, "<path")
    .replace(/(<text [^>]*?) y="[^"]*"/g, "$1");
}
