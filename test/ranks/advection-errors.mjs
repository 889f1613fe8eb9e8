/** Input that MPDATA refuses, set on one rank or at one place: the same words on every rank, and no rank waits. */
import assert from "node:assert/strict";
import { Grid, Mpdata } from "wasm-mpi";
import { splitsOf } from "./grid-splits.mjs";
import { part } from "./part.mjs";

const world = part();
const refuses = (run, message) => assert.throws(run, { name: "UsageError", message });

/** A field that is `value` in one cell of the whole grid, given by its indices, and `elsewhere` in the others. */
function spike(grid, place, value, elsewhere) {
  const field = grid.field(elsewhere);
  const cell = place.map((index, axis) => index - grid.start[axis]);
  if (cell.every((index, axis) => index >= 0 && index < grid.blockShape[axis]))
    field.data[field.index(...cell)] = value;
  return field;
}

/** A Courant field with one face of another value, as a function of the position (cells of size 1). */
const face = (axis, place, value, elsewhere) => (x, y, z) => {
  const at = [x, y, z].every((s, along) => along >= place.length || s === place[along] + (along === axis ? 0 : 0.5));
  return at ? value : elsewhere;
};

const tooFast = (text) =>
  `Mpdata: "courant" expected an outflow of at most 1 a step from each cell, got ${text}. ${/not finite/.test(text) ? "Mend the flow there." : "Take a smaller time step."}`;

const full = process.env.WASM_MPI_TEST_FULL === "1";
const places = [
  [3, 2, 4],
  [6, 4, 5],
  [10, 7, 8],
];
let [turn, splitNumber] = [0, 0];
// Four ranks cut three axes in many ways, and each refusal is agreed on by all ranks.
const shapes = [[12], [12, 9], [12, 9, 10]].slice(0, world.size > 3 ? 2 : 3);
for (const shape of shapes) {
  for (const split of splitsOf(shape, world.size, 2)) {
    for (const periodic of shape.length < 3 ? [true, false] : [splitNumber++ % 2 === 0]) {
      const grid = new Grid(world, { shape, split, periodic });
      const psi = grid.field(1);
      // Each in turn, and in full each.
      for (const place of full ? places : [places[turn++ % places.length]]) {
        const at = place.slice(0, shape.length);
        for (const axis of shape.keys()) {
          const flow = (value) => shape.map((_, along) => (along === axis ? face(axis, at, value, 0) : 0));
          // Outflow through a face of an axis leaves the cell above it downwards, the one below it upwards.
          const below = at.with(axis, at[axis] - 1);
          const words = (cell) => `1.25000 at [${cell.join(", ")}], most of it along ${"xyz"[axis]}`;
          refuses(() => new Mpdata({ psi, courant: flow(-1.25) }), tooFast(words(at)));
          refuses(() => new Mpdata({ psi, courant: flow(1.25) }), tooFast(words(below)));
          refuses(
            () => new Mpdata({ psi, courant: flow(Number.NaN) }),
            tooFast(`a value that is not finite at [${below.join(", ")}], most of it along ${"xyz"[axis]}`),
          );
        }
        const bad = spike(grid, at, Number.NaN, 1);
        const courant = shape.map(() => 0.1);
        const finite = (name) =>
          `Mpdata: "${name}" expected finite values, got NaN or infinity. Check the initial condition.`;
        refuses(() => new Mpdata({ psi: bad, courant }), finite("psi"));
        refuses(() => new Mpdata({ psi: [psi, bad], courant }), finite("psi[1]"));
        const negative = spike(grid, at, -0.125, 1);
        refuses(
          () => new Mpdata({ psi: negative, courant }),
          'Mpdata: "psi" expected values of at least 0 with 2 passes, got a minimum of -0.125. Use infiniteGauge or variableSign, or add a constant to psi.',
        );
        const g = spike(grid, at, 0, 1).interior();
        refuses(
          () => new Mpdata({ psi, courant, g }),
          'Mpdata: "g" expected positive finite values, got 0 to 1. Check the G factor.',
        );
        for (const field of [bad, negative]) field.free();
      }
      // Of several cells with the same outflow the first one in C order, on whatever rank it is.
      const everywhere = shape.map((_, axis) => (axis === shape.length - 1 ? -1.5 : 0));
      const first = shape.map(() => 0).join(", ");
      const last = "xyz"[shape.length - 1];
      refuses(
        () => new Mpdata({ psi, courant: everywhere }),
        tooFast(`1.50000 at [${first}], most of it along ${last}`),
      );
      psi.free();
      grid.comm.free();
    }
  }
}
if (world.rank === 0) console.log("{}");
