/** What tests of `wasm-mpi bench` and of the scripts of bench/ share. */
import { readFileSync } from "node:fs";
import { expect } from "vitest";
import type { Report } from "../../src/cli/bench/report.js";
import { wasmMpi } from "./process.js";

/** What every report has to be, whatever the machine. */
export function expectSane(
  report: Report,
  kind: string,
  ranks: number,
  sizes: readonly number[],
  rounds: number,
): void {
  expect([report.ranks, report.rounds]).toEqual([ranks, rounds]);
  expect(report.rows.map(({ name, size, ranks: count }) => [name, size, count])).toEqual(
    sizes.map((size) => [kind, size, ranks]),
  );
  for (const row of report.rows) {
    expect(row.samples).toHaveLength(10 * rounds);
    expect(Math.min(...row.samples)).toBeGreaterThan(0);
    expect(row.seconds).toBe(Math.min(...row.samples));
    expect(row.median).toBeGreaterThanOrEqual(row.seconds);
    expect(row.median).toBeLessThanOrEqual(Math.max(...row.samples));
    const bytes = kind === "io" ? 8 * row.size ** 2 : row.size;
    expect(row.bandwidth).toBe(kind === "pi" ? null : bytes / row.seconds);
    expect([row.bytes, row.MBps]).toEqual(kind === "io" ? [bytes, bytes / row.seconds / 1e6] : [undefined, undefined]);
    expect(Number.isInteger(row.repetitions) && row.repetitions >= (kind === "io" ? 1 : 4)).toBe(true);
    // A peer has figures in every row, or a reason.
    expect(Object.keys(row.peers)).toEqual(Object.keys(report.programs));
    expect(Object.keys(row.peerMedians)).toEqual(Object.keys(report.programs));
    expect(Object.keys(row.peerSamples)).toEqual(Object.keys(report.programs));
    for (const name of Object.keys(report.programs) as (keyof typeof row.peers)[]) {
      expect(row.peers[name]).toBeGreaterThan(0);
      expect(row.peerMedians[name]).toBeGreaterThanOrEqual(row.peers[name]!);
      expect(row.peerSamples[name]).toHaveLength(10 * rounds);
      expect(Math.min(...row.peerSamples[name]!)).toBe(row.peers[name]);
    }
  }
  const peers = kind === "io" ? ["plain", "python"] : kind === "pi" ? ["c", "numba", "python"] : ["c", "python"];
  expect([...Object.keys(report.programs), ...Object.keys(report.missing)].toSorted()).toEqual(peers);
  expect([report.folder, report.backend].every((entry) => (entry !== undefined) === (kind === "io"))).toBe(true);
  for (const text of Object.values({ ...report.programs, ...report.missing })) expect(text).toMatch(/^\S.*\S$/);
}

/** What `--plot` says where there are no peers. */
export const nothingToDraw = (why: string) =>
  `"--plot" expected a peer to compare with, got none (${why}). Install one and let wasm-mpi bench start the ranks, or leave it out.`;
export const notPng =
  'plot: "path" expected a name ending in .png or .svg, got "x.jpg". Give the file the ending of its format.';
export const isPicture = (path: string) => readFileSync(path).subarray(1, 4).toString() === "PNG";

export const noFolder =
  '"--folder" expected an existing folder that can be written, got "/nowhere/at/all" (ENOENT: no such file or directory). Create it, or choose another.';

/** The numbers in the lines of an output behind the first one. */
export const figures = (text: string): number[] =>
  text
    .trim()
    .split("\n")
    .slice(1)
    .flatMap((line) => (line.match(/-?\d+\.\d+/g) ?? []).map(Number));

/** Wrong words of `wasm-mpi bench` end it with one line. */
export async function expectRefused(words: readonly string[], text: string): Promise<void> {
  const { code, stdout, stderr } = await wasmMpi(["bench", ...words], { isRefused: true });
  expect([code, stdout, stderr]).toEqual([2, "", `wasm-mpi bench: ${text}\n`]);
}
