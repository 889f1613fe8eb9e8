/** Cases with a scheme of their own. */
import { expect, it } from "vitest";
import { documentOf } from "../harness/command.js";
import { wasmMpi } from "../harness/process.js";

interface Report {
  readonly options: object;
  readonly digest: string;
}

const run = async (words: string) => documentOf<Report>(await wasmMpi([...words.split(" "), "--steps", "4", "--json"]));

it.each([
  ["options1d", ["variableSign"], "--variable-sign"],
  ["oscillator", ["variableSign"], "--variable-sign"],
  ["drop", ["nonoscillatory", "divergentFlow", "variableSign"], "--variable-sign --nonoscillatory --divergent-flow"],
])("%s has one, which naming an option replaces", async (name, switches, flags) => {
  const meant = await run(`advect ${name}`);
  expect(meant.options).toEqual({ iterations: 2, ...Object.fromEntries(switches.map((each) => [each, true])) });
  const named = await run(`advect ${name} ${flags}`);
  expect([named.digest, named.options]).toEqual([meant.digest, meant.options]);
  expect((await run(`advect ${name} --infinite-gauge`)).options).toEqual({ iterations: 2, infiniteGauge: true });
  const { code, stderr } = await wasmMpi(["advect", name, "--iterations", "2"]);
  const text = "expected --infinite-gauge or --variable-sign (a field takes both signs), got neither. Add one.";
  expect([code, stderr]).toEqual([2, `wasm-mpi advect: ${name}: ${text}\n`]);
});

it("is told by compare as well, and other options leave it", async () => {
  const { options } = await run("compare drop --ranks 1 --shape 64");
  expect(options).toEqual({ iterations: 2, nonoscillatory: true, divergentFlow: true, variableSign: true });
  const { options: alike } = await run("advect options1d --courant 0.5 --dtype f32");
  expect(alike).toEqual({ iterations: 2, variableSign: true, dtype: "f32", courant: [0.5] });
});
