/** What `wasm-mpi converge` and `compare` draw and write for people. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { framesOf } from "../../src/cli/compare.js";
import { temporaryFolder } from "../harness/command.js";
import { wasmMpi } from "../harness/process.js";

const folder = temporaryFolder();
const converge = ["converge", "gaussian", "--courant", "0.3", "--shapes", "16,32"];

it("converge draws its errors, and writes a page that has the table's figures and fetches nothing", async () => {
  const [plot, html] = [join(folder, "errors.svg"), join(folder, "errors.html")];
  const { code, stdout, transcript } = await wasmMpi([...converge, "--plot", plot, "--html", html]);
  expect(code, transcript).toBe(0);
  expect(stdout).toMatch(new RegExp(`\npicture: ${plot}\npage: ${html}\n$`));
  const page = readFileSync(html, "utf8");
  const figures = stdout.match(/\d\.\d{4}e-\d/g)!;
  expect(page.match(/(?<=<td>)\d\.\d{4}e-\d/g)).toEqual(figures);
  expect(figures).toHaveLength(6);
  expect(page).toMatch(/<svg[^>]* role="img" aria-label="[^"]+">/);
  expect(page.match(/<path/g)!.length).toBeGreaterThan(2);
  expect(page).toContain(`--html ${html}</code>`);
  expect(page).not.toMatch(/<script|<link|@import|(?:src|href)="|url\((?!#)/);
  expect(readFileSync(plot, "utf8")).toMatch(/^<svg/);
});

it.each([
  [["--html", "errors.txt"], '"--html" expected a name that ends in .html, got "errors.txt". Rename it.'],
  [
    ["--plot", "errors.txt"],
    'plot: "path" expected a name ending in .png or .svg, got "errors.txt". Give the file the ending of its format.',
  ],
])("converge refuses %j before it runs", async (words, text) => {
  const { code, stderr } = await wasmMpi([...converge, ...words]);
  expect([code, stderr]).toEqual([2, `wasm-mpi converge: ${text}\n`]);
});

it("compare writes a page with its table and the fields of all runs", async () => {
  const html = join(folder, "runs.html");
  const words = ["compare", "gaussian", "--shape", "13,11", "--steps", "3", "--ranks", "1", "--html", html];
  const { code, stdout, transcript } = await wasmMpi(words);
  expect(code, transcript).toBe(0);
  expect(stdout).toContain(`\npage: ${html}\n`);
  const page = readFileSync(html, "utf8");
  expect(page).toContain("<h1>1 rank alone: there was nothing to compare with.</h1>");
  expect(page).toMatch(
    /<tr><th scope="row">1<\/th><td>1 x 1<\/td>.*<td>0<\/td><td>identical \(reference\)<\/td><\/tr>/,
  );
  expect(page.match(/data:image\/png;base64,/g)!.length).toBeGreaterThan(1);
  expect(page).not.toMatch(/<script|<link|@import|(?:src|href)="(?!data:)|url\((?!#)/);
  const refused = await wasmMpi([...words.slice(0, -1), "runs.txt"]);
  expect([refused.code, refused.stderr]).toEqual([
    2,
    'wasm-mpi compare: "--html" expected a name that ends in .html, got "runs.txt". Rename it.\n',
  ]);
});

it("compare has the differences of each run from the first in each frame, of all variables together", () => {
  const runs = [1, 2].map((ranks) => ({ ranks, split: [ranks, 1] }));
  const rows = (cells: readonly number[]) =>
    cells.map((differingCells, i) => {
      const [frame, variable] = [Math.floor(i / 2), ["u", "v"][i % 2]!];
      return { variable, frame, time: 0.5 * frame, differingCells, maxDifference: differingCells / 10 };
    });
  expect(framesOf(runs, [rows([0, 0, 0, 0]), rows([0, 0, 3, 4])])).toEqual({
    above: ["", "", "2 ranks as 2 x 1", ""],
    rows: [
      ["frame", "time", "max |difference|", "differing cells"],
      ["0", "0", "0", "0"],
      ["1", "0.5", "0.4", "7"],
    ],
  });
});
