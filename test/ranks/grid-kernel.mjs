/**
 * Kernels of stencils on all splits of the ranks: the bits of one rank, and what a slow oracle computes. Sources, values
 * and conditions are drawn from a seed. Rank 0 prints how much was compared.
 */
import assert from "node:assert/strict";
import { Grid } from "wasm-mpi";
import { faces } from "./grid-faces.mjs";
import { alike } from "./grid-kernel-alike.mjs";
import { haloed } from "./grid-kernel-oracle.mjs";
import { overlaps } from "./grid-kernel-overlap.mjs";
import { threads } from "./grid-kernel-threads.mjs";
import { product, randomOf, splitsOf } from "./grid-splits.mjs";
import { part } from "./part.mjs";

const full = process.env.WASM_MPI_TEST_FULL === "1";
const world = part();
const alone = world.split({ color: world.rank });
const counts = { grids: 0, cells: 0 };

/** Steps of each run, and the number that kernels and texts at sides are given. */
const [steps, s] = [3, 0.5];
const names = ["x", "y", "z"];
const kinds = ["value", "derivative", "mixed", "curvature"];
/** A number that f32 holds, too. */
const small = (random) => Math.round((random() - 0.5) * 64) / 64;
const whole = (random, count) => Math.floor(random() * count);

/** Terms of a kernel: `coefficient * field[offset]`, and where the cell is. */
function drawKernel(random, axes, dtype) {
  // Without cells beyond several ends of a block some halos are filled once only.
  const isStar = random() < 0.5;
  const offset = () => {
    const offset = Array.from({ length: axes }, () => whole(random, 5) - 2);
    const along = whole(random, axes);
    return isStar ? offset.map((count, axis) => (axis === along ? count : 0)) : offset;
  };
  const coefficient = () => (dtype === "i32" ? whole(random, 7) - 3 : small(random) / 4);
  const terms = Array.from({ length: 3 + whole(random, 5) }, () => ({
    c: coefficient(),
    field: "u",
    offset: offset(),
  }));
  terms.push({ c: coefficient(), field: "w", offset: offset().map((n) => Math.sign(n)) });
  const axis = whole(random, axes);
  const number = (c) => (dtype === "i32" ? `(${c})` : `<${dtype}>(${c})`);
  const sum = terms.map(({ c, field, offset }) => `${number(c)} * ${field}.at(${offset})`);
  const source = `import { Cells, i, x } from "stencil";
    function shifted(u: Cells<${dtype}>): ${dtype} { return ${sum[0]}; }
    export function drawn(u: Cells<${dtype}>, w: Cells<${dtype}>, next: Cells<${dtype}>, s: ${dtype}): void {
      next.set(shifted(u) + ${sum.slice(1).join(" + ")} + s * <${dtype}>i(${axis}) + <${dtype}>x(${axis}));
    }`;
  const texts = terms.map(({ c, field, offset }) => `(${c}) * ${field}[${offset}]`);
  const tail = dtype === "i32" ? "" : ` + ${names[axis]}`;
  const text = `next = ${texts.join(" + ")} + s * ${dtype === "i32" ? "w" : names[axis]}${tail}`;
  return { source, text, terms, axis };
}

/** A text of the coordinates along a side and of the kernel's number, and its value at a place. */
function drawText(random, { shape, bounds }, axis) {
  const along = shape.flatMap((_, across) => (across === axis ? [] : [across]));
  const factors = along.map(() => small(random));
  const terms = along.map((across, index) => `(${factors[index]}) * ${names[across]}`);
  const at = (place) => {
    const coordinates = along.map((across) => {
      const [low, high] = bounds[across];
      return low + ((place[across] + 0.5) * (high - low)) / shape[across];
    });
    return coordinates.reduce((sum, x, index) => sum + factors[index] * x, s);
  };
  return { text: [...terms, "s"].join(" + "), at };
}

function drawConditions(random, options, dtype) {
  const { shape, periodic } = options;
  const number = () => (dtype === "i32" ? whole(random, 9) - 4 : small(random));
  return shape.map((_, axis) => {
    if (periodic[axis]) {
      const kind = dtype !== "i32" && random() < 0.5 ? "antiperiodic" : "periodic";
      return { low: kind, high: kind };
    }
    const cells = product(shape.filter((_, across) => across !== axis));
    const value = () => {
      const kind = random();
      if (kind < 0.3) return number();
      return kind < 0.7 || dtype === "i32" ? Array.from({ length: cells }, number) : drawText(random, options, axis);
    };
    const draw = () => {
      const kind = kinds[whole(random, dtype === "i32" ? 2 : 4)];
      if (dtype === "i32" && kind === "derivative") return { derivative: 0 };
      if (kind === "mixed") return random() < 0.5 ? { mixed: value() } : { mixed: value(), const: value() };
      return { [kind]: value() };
    };
    return { low: draw(), high: draw() };
  });
}

/** As `boundary` takes them. */
const bySide = (drawn) => {
  const asGiven = (condition) => {
    if (typeof condition === "string") return condition;
    return Object.fromEntries(Object.entries(condition).map(([key, value]) => [key, value.text ?? value]));
  };
  const conditions = drawn.map(({ low, high }) => ({ low: asGiven(low), high: asGiven(high) }));
  return Object.fromEntries(
    conditions.flatMap(({ low, high }, axis) =>
      low === high && typeof low === "string"
        ? [[names[axis], low]]
        : [
            [`${names[axis]}-`, low],
            [`${names[axis]}+`, high],
          ],
    ),
  );
};

const round = { f64: (v) => v, f32: Math.fround, i32: (v) => v | 0 };

/** Two steps of the oracle. */
function expected({ shape, spacing, bounds }, { terms, axis }, conditions, dtype, start, w, s, steps, form) {
  const strides = shape.map((_, a) => product(shape.slice(a + 1)));
  const r = round[dtype];
  const shared = { shape, spacing };
  const wAt = haloed({ ...shared, values: w, conditions: conditions.w, width: 1 });
  let u = start;
  for (let step = 0; step < steps; step++) {
    const uAt = haloed({ ...shared, values: u, conditions: conditions.u, width: 2 });
    u = u.map((_, flat) => {
      const place = strides.map((stride, a) => Math.floor(flat / stride) % shape[a]);
      let sum = 0;
      for (const { c, field, offset } of terms) {
        const at = (field === "u" ? uAt : wAt)(place.map((index, a) => index + offset[a]));
        sum = r(sum + r(r(c) * r(at)));
      }
      const x = bounds[axis][0] + (place[axis] + 0.5) * spacing[axis];
      const factor = form === "source" ? place[axis] : dtype === "i32" ? wAt(place) : r(x);
      sum = r(sum + r(r(s) * factor));
      return form === "text" && dtype === "i32" ? sum : r(sum + r(x));
    });
  }
  return u;
}

const cases = [
  { shape: [17], periodic: [false] },
  { shape: [11], periodic: [true] },
  { shape: [13, 11], periodic: [false, false] },
  { shape: [13, 11], periodic: [true, false] },
  { shape: [9, 8], periodic: [true, true] },
  { shape: [7, 6, 5], periodic: [false, true, false] },
];
cases.forEach(({ shape }, index) => {
  cases[index].bounds = shape.map((n, axis) => [axis - 1, axis - 1 + (n * (axis + 2)) / 8]);
});

for (const [index, options] of cases.entries()) {
  const { shape, periodic, bounds } = options;
  // Outside the full tests each type in turn.
  const dtypes = index % 2 === 0 ? ["f64", "f32"] : ["f64", "i32"];
  for (const dtype of full ? dtypes : [dtypes[(index >> 1) % 2]]) {
    const random = randomOf(100 + index);
    const kernel = drawKernel(random, shape.length, dtype);
    const conditions = { u: drawConditions(random, options, dtype), w: drawConditions(random, options, dtype) };
    const boundary = { u: bySide(conditions.u), w: bySide(conditions.w) };
    const draw = () =>
      Array.from({ length: product(shape) }, () => (dtype === "i32" ? whole(random, 5) : small(random)));
    const [start, w] = [draw(), draw()];
    const number = dtype === "i32" ? 2 : s;
    const splits = [{ comm: alone, split: shape.map(() => 1) }];
    for (const split of splitsOf(shape, world.size, 2)) splits.push({ comm: world, split });
    for (const form of ["source", "text"]) {
      let [digest, result] = [];
      for (const { comm, split } of splits) {
        const grid = new Grid(comm, { shape, periodic, bounds, split });
        const fields = [start, w].map((values) => {
          const field = grid.field(0, { dtype });
          field.scatter(values);
          return field;
        });
        const [u, other] = fields;
        const next = grid.field(0, { dtype });
        const step = await grid.kernel(kernel[form], { boundary });
        assert.equal(step.radius, Math.max(...kernel.terms.flatMap(({ offset }) => offset.map(Math.abs))));
        step.run({ u, w: other, next, s: number }, { steps, swap: [["u", "next"]] });
        const [now, before] = [u.digest(), next.digest()];
        digest ??= `${now} ${before}`;
        assert.equal(`${now} ${before}`, digest, `${form} ${shape} ${dtype} as ${split}`);
        result ??= u.gather();
        counts.grids++;
        step.free();
        for (const each of [u, other, next, grid]) each.free();
      }
      const oracle = expected(
        { shape, bounds, spacing: bounds.map(([low, high], a) => (high - low) / shape[a]) },
        kernel,
        conditions,
        dtype,
        start,
        w,
        number,
        steps,
        form,
      );
      const scale = Math.max(...oracle.map(Math.abs));
      const tolerance = { f64: 1e-13, f32: 1e-5, i32: 0 }[dtype] * scale;
      oracle.forEach((value, cell) => {
        assert.ok(
          Math.abs(value - result[cell]) <= tolerance,
          `${form} ${shape} ${dtype} cell ${cell}: ${value} ${result[cell]}`,
        );
      });
      counts.cells += oracle.length;
    }
  }
}
counts.faces = await faces(world, alone);
counts.threads = await threads(world, alone);
counts.overlaps = await overlaps(world, alone);
if (world.size > 1) await alike(world);
if (world.rank === 0) console.log(JSON.stringify(counts));
