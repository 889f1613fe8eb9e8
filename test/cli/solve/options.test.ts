/** `wasm-mpi solve`: every option of `Pde` is one of the command line. */
import { describe, expect, it } from "vitest";
import { times } from "../../../src/cli/options/kind.js";
import { table } from "../../../src/cli/options/table.js";
import type { PdeOptions, SolveOptions } from "../../../src/pde/options.js";
import type { Every } from "../../../src/pde/trackers/when.js";

/** The option of each key of `new Pde()` and of `solve()`; the compiler refuses a list that lacks one. */
const reached: Readonly<Record<keyof PdeOptions | keyof SolveOptions, string | readonly string[]>> = {
  ...{ constants: "set", boundary: "boundary", define: "define", complex: "complex", order: "order", limit: "limit" },
  ...{
    stop: "stop",
    points: "point",
    noise: "noise",
    mask: ["mask", "maskFaces", "maskDynamic"],
    interpretation: "interpretation",
    advection: "advect",
  },
  ...{
    grid: ["shape", "bounds", "coordinates", "faces", "periodic", "split"],
    initial: "initial",
    until: "until",
    start: "start",
  },
  ...{ dt: ["dt", "cfl", "velocity", "maxDt"], stepper: "stepper", adaptive: "adaptive", tolerance: "tolerance" },
  ...{ stability: "stability", stages: "stages", solverTolerance: "solverTolerance", dtype: "dtype" },
  ...{
    track: [
      "output",
      "every",
      "everySteps",
      "save",
      "data",
      "measure",
      "dataEvery",
      "probe",
      "probeData",
      "conserve",
      "pictures",
      "movie",
      "range",
      "kymograph",
      "kymographAxis",
      "drift",
      "steadyState",
    ],
  },
  // The command itself hears signals.
  ...{ restart: "restart", maxRuntime: "maxRuntime", signal: [], overlap: "overlap" },
};

it("every option of the library is one of the command line, in solve and in compare solve", () => {
  const keys = Object.values(reached).flat();
  const known = table.solve.map(({ key }) => key as string);
  expect(keys.filter((key) => !known.includes(key))).toEqual([]);
  const compared: readonly string[] = table["compare solve"].map(({ key }) => key);
  expect(keys.filter((key) => !compared.includes(key))).toEqual(["restart"]);
});

describe("intervals", () => {
  const rows: [string, Every][] = [
    ["0.5", 0.5],
    ["0.5,1,4", [0.5, 1, 4]],
    ["2,", [2]],
    ["logarithmic 0.1,2", { logarithmic: [0.1, 2] }],
    ["geometric 1,1.5", { geometric: [1, 1.5] }],
    ["wall 60", { wall: 60 }],
  ];
  it.each(rows)("are read and written: %s", (text, value) => {
    expect(times.read("--every", text, "1")).toEqual(value);
    expect(times.texts(value)).toEqual([text]);
  });

  it.each(["0", "-1", "1,1", "2,1", "x", "", "wall 0", "wall 1,2", "geometric 1", "geometric 1,1", "logarithmic a,2"])(
    "that are none are refused: %s",
    (text) => {
      const message = `"--every" expected a time above 0, times in ascending order, or logarithmic T,FACTOR, geometric T,FACTOR, wall SECONDS, got "${text}". For example --every 1.`;
      expect(() => times.read("--every", text, "1")).toThrow(message);
    },
  );
});
