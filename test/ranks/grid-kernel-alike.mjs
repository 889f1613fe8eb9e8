/** What ranks make or run a kernel with differently is refused on all of them, with one text that names both. */
import assert from "node:assert/strict";
import { Grid } from "wasm-mpi";

const heat = `import { Cells } from "stencil";
  export function heat(u: Cells<f64>, next: Cells<f64>, k: f64): void { next.set(u.at(1, 0) + k * u.at(0, 1)); }`;
const text = "next = u[1, 0] + k * w";

/** @param comm of two ranks or more; the last one asks for something else */
export async function alike(comm) {
  const last = comm.size - 1;
  const isLast = comm.rank === last;
  const grid = new Grid(comm, { shape: [9, 8] });
  const messageOf = (where, first, second) =>
    `${where} expected the same on all ranks, ${first} as on rank 0, got ${second} on rank ${last}. Give all the same.`;

  const makes = [
    [[text], [`${text} `], 'Grid.kernel: "source"', `"${text}"`, `"${text} "`],
    [[text, { name: "a" }], [text, { name: "b" }], 'Grid.kernel: "name"', '"a"', '"b"'],
    [[heat, {}], [heat, { debug: true }], 'Grid.kernel: "debug"', "undefined", "true"],
    [[text, {}], [text, { nam: 1 }], 'Grid.kernel: "options"', "[]", '["nam"]'],
    [
      [heat, { boundary: { x: { value: 0 } } }],
      [heat, { boundary: { x: { value: "y" } } }],
      'Grid.kernel: "boundary"',
      '{"x":{"value":0}}',
      '{"x":{"value":"y"}}',
    ],
    [
      [heat, { boundary: { value: new Array(300).fill(0) } }],
      [heat, { boundary: { value: new Array(300).fill(0).with(150, 1) } }],
      'Grid.kernel: "boundary"',
      `...${"0,".repeat(50)}...`,
      `...${"0,".repeat(25)}1,${"0,".repeat(24)}...`,
    ],
  ];
  for (const [first, second, where, ...texts] of makes) {
    const made = grid.kernel(...(isLast ? second : first));
    await assert.rejects(made, { name: "UsageError", message: messageOf(where, ...texts) });
  }

  const [u, next, w, single, freed] = [grid.field(1), grid.field(), grid.field(), grid.field(0, { dtype: "f32" }), grid.field()]; // biome-ignore format: short
  const faces = grid.field(0, { at: "x-face" });
  freed.free();
  const stranger = new Grid(comm, { shape: [9, 8] });
  const values = { u, next, k: 1 };
  const runs = [
    ["k", [{ ...values, k: 1 }], [{ ...values, k: 2 }], "1", "2"],
    ["k", [{ ...values, k: 0 }], [{ ...values, k: -0 }], "0", '"-0"'],
    ["k", [{ ...values, k: 1 }], [{ ...values, k: Number.NaN }], "1", '"NaN"'],
    ["k", [{ ...values, k: 1 }], [{ u, next }], "1", "undefined"],
    ["u", [values], [{ ...values, u: 5 }], '"a field of f64"', "5"],
    ["u", [values], [{ ...values, u: single }], '"a field of f64"', '"a field of f32"'],
    ["u", [values], [{ ...values, u: freed }], '"a field of f64"', '"a freed field"'],
    ["u", [values], [{ ...values, u: stranger.field() }], '"a field of f64"', '"a field of another grid"'],
    ["u", [values], [{ ...values, u: faces }], '"a field of f64"', '"a field of f64 at x-faces"'],
    ["next", [values], [{ ...values, next: u }], '"a field of f64"', '"the field of u"'],
    ["values", [values], [{ ...values, q: 1 }], "[]", '["q"]'],
    ["steps", [values, { steps: 3 }], [values, { steps: 4 }], "3", "4"],
    ["steps", [values], [values, { steps: 4 }], "undefined", "4"],
    ["swap", [values, { swap: [["u", "next"]] }], [values, { swap: [] }], '[["u","next"]]', "[]"],
    ["options", [values, {}], [values, { step: 1 }], "[]", '["step"]'],
    ["options", [values], [values, 5], "[]", "5"],
  ];
  const kernel = await grid.kernel(heat);
  const refused = (call, where, ...texts) => assert.throws(call, { message: messageOf(where, ...texts) });
  for (const [name, first, second, ...texts] of runs) {
    refused(() => kernel.run(...(isLast ? second : first)), `heat.run: "${name}"`, ...texts);
  }
  // What looks the same in a text is refused, too.
  assert.throws(() => kernel.run({ ...values, k: isLast ? "NaN" : Number.NaN }), {
    message: "heat.run: expected the same on all ranks, got what only looks the same. Give all the same.",
  });
  // Of a text it depends on what is passed whether a name is a field, whose halo is exchanged.
  const written = await grid.kernel(text);
  const named = { u, next, k: 2, w: isLast ? 3 : w };
  refused(() => written.run(named), 'kernel.run: "w"', '"a field of f64"', "3");
  // No options, and none in an object, are the same.
  kernel.run(values, ...(isLast ? [{ steps: undefined }] : []));
  // All go on after a refusal.
  for (const k of [Number.NaN, 0.5]) kernel.run({ ...values, k });
  assert.equal(next.sum(), 1.5 * 72);
  if (isLast) kernel.free();
  refused(() => kernel.run(values), "heat.run:", '"a kernel in use"', '"a freed kernel"');
  for (const each of [stranger, grid]) each.free();
}
