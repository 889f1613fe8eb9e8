/** What ranks ask for differently is refused on all of them, with one text that names both; a word of one rank is enough. */
import assert from "node:assert/strict";
import { callback, conservation, evaluate, Grid, Mpdata, Pde, solveLaplace, solvePoisson, storage } from "wasm-mpi";

/** @param comm of two ranks or more; the last one asks for something else */
export async function alike(comm) {
  const last = comm.size - 1;
  const isLast = comm.rank === last;
  const grid = new Grid(comm, { shape: [9, 8] });
  const refused = async (call, where, first, second) => {
    const message = `${where} expected the same on all ranks, ${first} as on rank 0, got ${second} on rank ${last}. Give all the same.`;
    await assert.rejects(call, { name: "UsageError", message });
  };
  const good = { grid, initial: { c: 0 }, until: 1, dt: 0.1 };
  const eq = new Pde({ c: "laplace(c)" });

  const solves = [
    ["dt", 0.1, 0.2, "0.1", "0.2"],
    ["dt", 0.1, "x", "0.1", '"x"'],
    ["until", 1, Number.NaN, "1", '"NaN"'],
    ["stepper", "euler", "rk4", '"euler"', '"rk4"'],
    ["track", [], [callback(() => {}, { steps: 2 })], "[]", '[["callback",{"steps":2}]]'],
    [
      "track",
      [storage("never.h5")],
      [storage("never.h5", { gzip: 3 })],
      '[["storage never.h5",{},{"save":{},"units":{},"restart":true,"unchecked":false}]]',
      '[["storage never.h5",{},{"save":{},"units":{},"restart":true,"unchecked":false,"gzip":3}]]',
    ],
    [
      "track",
      [conservation({ mass: "integral(c)" })],
      [conservation({ mass: "integral(c)" }, { atol: 1 })],
      '[["conservation mass",{},{"values":{"mass":"integral(c)"},"atol":1e-9,"rtol":1e-9}]]',
      '[["conservation mass",{},{"values":{"mass":"integral(c)"},"atol":1,"rtol":1e-9}]]',
    ],
    ["signal", undefined, new AbortController().signal, "undefined", "{}"],
    ["restart", undefined, "q.h5", "undefined", '"q.h5"'],
    ["tolerance", undefined, 1, "undefined", "1"],
    ["maxRuntime", undefined, 5, "undefined", "5"],
    ["initial", { c: "x" }, { c: "y" }, '{"c":"x"}', '{"c":"y"}'],
    ["initial", { c: 0 }, { c: () => 0 }, '{"c":0}', '{"c":"a function"}'],
  ];
  for (const [key, first, second, ...texts] of solves) {
    const value = isLast ? second : first;
    const solve = () => eq.solve({ ...good, ...(value === undefined ? {} : { [key]: value }) });
    await refused(solve, `Pde.solve: "${key}"`, ...texts);
  }
  await refused(() => eq.solve({ ...good, ...(isLast && { untill: 1 }) }), 'Pde.solve: "options"', "[]", '["untill"]');

  const options = [
    ["constants", { D: 1 }, { D: 2 }, '{"D":1}', '{"D":2}'],
    ["boundary", { y: { value: 0 } }, { y: { value: "t" } }, '{"y":{"value":0}}', '{"y":{"value":"t"}}'],
    ["limit", { c: "0" }, { c: "1" }, '{"c":"0"}', '{"c":"1"}'],
    [
      "mask",
      "x",
      "y",
      '{"open":"x","faces":"frozen","dynamic":false}',
      '{"open":"y","faces":"frozen","dynamic":false}',
    ],
    ["order", 2, 4, "2", "4"],
    ["stop", undefined, "1", "undefined", '"1"'],
  ];
  for (const [key, first, second, ...texts] of options) {
    const value = isLast ? second : first;
    const made = new Pde({ c: "laplace(c)" }, value === undefined ? {} : { [key]: value });
    await refused(() => made.solve(good), `Pde: "${key}"`, ...texts);
  }
  const other = new Pde({ c: isLast ? "-c" : "c" });
  await refused(() => other.solve(good), 'Pde: "equations"', '[{"c":"c"},1]', '[{"c":"-c"},1]');

  await refused(() => evaluate(isLast ? "x" : "y", { grid }), 'evaluate: "text"', '"y"', '"x"');
  const fields = isLast ? { c: grid.field(0) } : {};
  await refused(() => evaluate("x", { grid, fields }), 'evaluate: "fields"', "{}", '{"c":"a field of f64"}');
  await refused(() => evaluate("x", { grid, t: isLast ? 2 : 1 }), 'evaluate: "t"', "1", "2");
  const tolerance = isLast ? 1e-3 : 1e-4;
  await refused(() => solvePoisson(grid.field(0), { tolerance }), 'solvePoisson: "tolerance"', "0.0001", "0.001");
  const boundary = { x: { value: Number(isLast) } };
  await refused(
    () => solveLaplace(grid, { boundary }),
    'solveLaplace: "boundary"',
    '{"x":{"value":0}}',
    '{"x":{"value":1}}',
  );

  const [psi, courant] = [grid.field(1), [0.1, 0.2]];
  const solvers = [
    ["psi", psi, [psi, grid.field(1)], '["a field of f64"]', '["a field of f64","a field of f64"]'],
    ["iterations", 2, 3, "2", "3"],
    ["nonoscillatory", undefined, true, "undefined", "true"],
    ["mu", [0.1, 0], [0.1, 0.1], "[0.1,0]", "[0.1,0.1]"],
    ["courant", courant, [0.1, 0.3], "[0.1,0.2]", "[0.1,0.3]"],
    ["courant", [0, (x) => x / 9], [0, (x, _y, _z, t) => x * t], '[0,"a function"]', '[0,"a function of the time"]'],
    ["g", undefined, () => 1, "undefined", '"a function"'],
    ["after", undefined, () => {}, "undefined", '"a function"'],
    ["boundary", "open", "rigid", '"open"', '"rigid"'],
  ];
  for (const [key, first, second, ...texts] of solvers) {
    const value = isLast ? second : first;
    const asked = { psi, courant, dt: 1, ...(value === undefined ? {} : { [key]: value }) };
    await refused(async () => new Mpdata(asked), `Mpdata: "${key}"`, ...texts);
  }
  // Of functions and of arrays of the block each rank may have its own.
  const cells = new Float64Array(grid.blockShape[0] * grid.blockShape[1]).fill(1 + comm.rank);
  new Mpdata({ psi, g: cells, courant: [0, isLast ? () => 0.1 : () => 0.2], ...(isLast && { iterations: 2 }) }).free();

  await failing(comm, grid, eq, good);

  // Blocks are others on each rank, and so is what is seen in them.
  const c = new Float64Array(grid.blockShape.reduce((product, n) => product * n, 1)).fill(comm.rank);
  const stop = callback(() => (isLast ? "stop" : undefined), { steps: 3 });
  assert.deepEqual((await eq.solve({ ...good, initial: { c }, track: [stop] })).stopped, "stop");
  const track = [callback(() => (isLast ? "Stop" : undefined), { steps: 3 })];
  await assert.rejects(() => eq.solve({ ...good, track }), {
    message: `Pde.solve: "track" expected "stop" or nothing from a callback, got "Stop" on rank ${last}. Did you mean stop?`,
  });
  await assert.rejects(() => solvePoisson(grid.field((x) => (x > 8 ? Number.NaN : 0))), {
    message: 'solvePoisson: "rhs" expected finite numbers, got NaN in cell [8, 0]. Give each cell a number.',
  });
  grid.free();
}

/** What fails on the last rank alone, in a function of the user or in what is this rank's, fails on all with its words. */
async function failing(comm, grid, eq, good) {
  const isLast = comm.rank === comm.size - 1;
  const fails = (call, message) => assert.rejects(async () => call(), { message });
  /** Throws on the last rank. */
  const mine = (value) => {
    if (isLast) throw new TypeError("of this rank alone");
    return value;
  };
  const words = "of this rank alone";
  await fails(() => eq.solve({ ...good, initial: { c: () => mine(1) } }), words);
  await fails(() => eq.solve({ ...good, initial: { c: () => (isLast ? 1n : 1) } }), /^Pde\.solve: "initial\.c" expected numbers, got 1n in cell \[\d, \d\]\. Give each cell a number\.$/); // biome-ignore format: short
  await fails(
    () => eq.solve({ ...good, initial: { c: () => (isLast ? "1" : 1) } }),
    /expected numbers, got "1" in cell/,
  );
  const cells = grid.blockShape[0] * grid.blockShape[1];
  const short = new Float64Array(cells - Number(isLast));
  await fails(
    () => eq.solve({ ...good, initial: { c: short } }),
    /^Pde\.solve: "initial\.c" expected \d+ values \(block of/,
  );
  const until = { get: () => mine(1), enumerable: true };
  await fails(() => eq.solve(Object.defineProperties({ ...good }, { until })), words);
  await fails(() => evaluate("x", Object.defineProperties({ grid }, { t: until })), words);
  await fails(() => grid.kernel("next = u[1, 0]", Object.defineProperties({}, { name: until })), words);
  await fails(() => new Grid(comm, { shape: [9, 8], faces: { x: (s) => mine(s) } }), words);
  const [psi, freed] = [grid.field(1), grid.field(1)];
  const kernel = await grid.kernel("next = k * u[1, 0]");
  await fails(() => kernel.run(Object.defineProperties({ u: psi, next: psi }, { k: until })), words);
  kernel.free();

  for (const options of [
    { courant: [() => mine(0), 0] },
    { stream: () => mine(0), dt: 1 },
    { courant: [0, 0], g: () => mine(1) },
  ]) {
    await fails(() => new Mpdata({ psi, ...options }), words);
  }
  const strange = () => (isLast ? "0.1" : 0.1);
  await fails(() => new Mpdata({ psi, courant: [0, strange] }), /^Mpdata: "courant" expected numbers, got "0\.1" at face \[\d, \d\] along y\. Give each face a number\.$/); // biome-ignore format: short
  await fails(() => new Mpdata({ psi, stream: strange, dt: 1 }), /^Mpdata: "stream" expected numbers, got "0\.1" at corner \[\d, \d\]\. Give each corner a number\.$/); // biome-ignore format: short
  await fails(() => new Mpdata(Object.defineProperties({ psi, courant: [0, 0] }, { iterations: until })), words);
  const rates = { scheme: "euler", rhs: () => mine() };
  for (const hook of [{ before: () => mine() }, { after: () => mine() }, { source: rates }]) {
    const solver = new Mpdata({ psi, courant: [0, 0], ...hook });
    await fails(() => solver.advance(1), words);
    solver.free();
  }

  if (isLast) freed.free();
  const differs = (where, first, second) =>
    `${where} expected the same on all ranks, ${first} as on rank 0, got ${second} on rank ${comm.size - 1}. Give all the same.`;
  await fails(() => solvePoisson(freed), differs('solvePoisson: "rhs"', '"a field of f64"', '"a freed field"'));
  const diffusion = new Pde({ c: "D * laplace(c)" }, { constants: { D: freed } });
  await fails(
    () => diffusion.solve(good),
    differs('Pde: "constants"', '{"D":"a field of f64"}', '{"D":"a freed field"}'),
  );
  const faces = grid.field(0, { at: isLast ? "y-face" : "x-face" });
  await fails(() => grid.halo([faces]), differs('Grid.halo: "fields"', '["a field of f64 at x-faces"]', '["a field of f64 at y-faces"]')); // biome-ignore format: short
  await fails(() => grid.halo([psi], { width: Number(isLast) }), differs('Grid.halo: "width"', 0, 1));
}
