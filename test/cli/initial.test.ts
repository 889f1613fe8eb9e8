/** Runs that begin with a variable of a file. */
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { documentOf, temporaryFolder } from "../harness/command.js";
import { root, wasmMpi } from "../harness/process.js";

const folder = temporaryFolder();
const reference = join(root, "test/reference");
const foreign = join(reference, "foreign.h5");
const run = (words: string) => wasmMpi(["advect", ...words.split(" ")], { cwd: folder });

interface Report {
  readonly digest: string;
  readonly sum: number;
  readonly L1?: number;
}
const report = async (words: string) => documentOf<Report>(await run(`${words} --json`));
const scheme = "gaussian --shape 6,5 --courant 0.3,-0.2";

describe("--initial", () => {
  it.each(["le_f8", "be_f2", "be_i4", "gzip", "run/1/temperature"])("begins with the numbers of %s", async (name) => {
    const expected = await report(`${scheme} --steps 4 --initial ${foreign}:compact`);
    expect(await report(`${scheme} --steps 4 --initial ${foreign}:${name}`)).toMatchObject({ digest: expected.digest });
    const { sum } = await report(`${scheme} --steps 0 --initial ${foreign}:${name}`);
    expect(sum).toBe(435);
  });

  it("continues a run in another file, with the bits of one that went on", async () => {
    const whole = await report(`${scheme} --steps 9`);
    await report(`${scheme} --steps 4 --output first.h5`);
    // The errors are those of the case's own field.
    expect(whole.L1).toBeGreaterThan(0);
    const second = await report(`${scheme} --steps 5 --initial first.h5:psi --output second.h5`);
    expect(second.digest).toBe(whole.digest);
    expect(second.L1).toBeUndefined();
  });

  it("is recorded, and not read again by a restart", async () => {
    const expected = await report(`${scheme} --steps 6 --initial ${foreign}:frames`);
    await report(`${scheme} --steps 2 --initial ${foreign}:frames --output third.h5`);
    const view = documentOf<{ attributes: { config: string } }>(
      await wasmMpi(["view", "third.h5", "--json"], { cwd: folder }),
    );
    expect(JSON.parse(view.attributes.config)).toMatchObject({ initial: `${foreign}:frames` });
    expect((await report("--restart third.h5 --steps 6")).digest).toBe(expected.digest);
  });

  const packed = join(reference, "packed.nc");
  const rows: [string, string, number][] = [
    [
      `${scheme} --initial ${foreign}`,
      `"--initial" expected a file and a variable of it, FILE:VARIABLE, got "${foreign}". For example --initial FILE.h5:psi.`,
      2,
    ],
    [
      `${scheme} --initial ${foreign}:be_f9`,
      `--initial: "name" expected a variable in "${foreign}", got "be_f9". Did you mean be_f2?`,
      2,
    ],
    [
      `gaussian --initial ${foreign}:gzip`,
      `file "${foreign}": expected "gzip" of 256 x 256 cells, or frames of as many, got 6 x 5. Make the grid of that shape: add --shape 6,5.`,
      1,
    ],
    [
      `${scheme} --initial ${packed}:t2m`,
      `file "${packed}": expected "t2m" of finite values for --initial, got others. Fill in what is missing.`,
      1,
    ],
    [
      "gaussian --iterations 5 --infinite-gauge --initial nowhere.h5:psi",
      'file "nowhere.h5": expected an existing file, got nothing. Check the path.',
      1,
    ],
    [
      `${scheme} --initial nowhere.h5:psi`,
      'file "nowhere.h5": expected an existing file, got nothing. Check the path.',
      1,
    ],
    [
      `--restart third.h5 --initial ${foreign}:gzip`,
      `"--initial" expected none with --restart, which begins with the last frame of "third.h5", got "${foreign}:gzip". Leave out one of them.`,
      2,
    ],
  ];
  it.each(rows)("says what is wrong in a line: %s", async (words, text, code) => {
    const result = await run(words);
    expect([result.code, result.stdout, result.stderr]).toEqual([code, "", `wasm-mpi advect: ${text}\n`]);
  });

  it("asks for a scheme where the numbers take both signs", async () => {
    await report("options1d --shape 60 --steps 0 --output signed.h5");
    const { code, stderr } = await run("gaussian --shape 60 --initial signed.h5:signed");
    const text =
      "gaussian: expected --infinite-gauge or --variable-sign (a field takes both signs), got neither. Add one.";
    expect([code, stderr]).toEqual([2, `wasm-mpi advect: ${text}\n`]);
    await report("gaussian --shape 60 --initial signed.h5:signed --steps 3 --infinite-gauge");
  });
});
