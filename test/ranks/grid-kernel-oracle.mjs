/** Stencils with conditions at the walls, slowly and on one rank: the whole grid as one list of numbers in C order. */
import { product } from "./grid-splits.mjs";

/** Distances of neighbours along each axis. */
const stridesOf = (shape) => shape.map((_, axis) => product(shape.slice(axis + 1)));

/** A cell of a grid as a function of its indices, with `width` layers of halo around it, axis after axis. */
export function haloed({ shape, spacing, values, conditions, width }) {
  const cells = new Map();
  const keyOf = (place) => place.join();
  const each = (low, high, visit) => {
    const walk = (place) => {
      const axis = place.length;
      if (axis === shape.length) return visit(place);
      for (let index = low[axis]; index < high[axis]; index++) walk([...place, index]);
    };
    walk([]);
  };
  const strides = stridesOf(shape);
  each(
    shape.map(() => 0),
    shape,
    (place) => cells.set(keyOf(place), values[place.reduce((sum, index, axis) => sum + index * strides[axis], 0)]),
  );
  shape.forEach((n, axis) => {
    // The extent of the axes before, halos included, of those after without.
    const low = shape.map((_, across) => (across < axis ? -width : 0));
    const high = shape.map((count, across) => count + (across < axis ? width : 0));
    for (const side of ["low", "high"]) {
      const condition = conditions[axis][side];
      low[axis] = 0;
      high[axis] = 1;
      each(low, high, (place) => {
        /** The cell of layer h: -1, -2 ... beyond the wall, 0, 1 ... inside. */
        const at = (layer) => keyOf(place.with(axis, side === "low" ? layer : n - 1 - layer));
        const value = numberOf(condition, shape, axis, place, conditions);
        for (let h = 1; h <= width; h++) {
          const u = (layer) => cells.get(at(layer));
          cells.set(at(-h), beyond(condition, value, h, spacing[axis], u, n));
        }
      });
    }
  });
  return (place) => cells.get(keyOf(place));
}

function beyond(condition, value, h, dx, u, n) {
  const reach = (2 * h - 1) * dx;
  if (condition === "periodic") return u(n - h);
  if (condition === "antiperiodic") return -u(n - h);
  if ("value" in condition) return 2 * value("value") - u(h - 1);
  if ("derivative" in condition) return u(h - 1) + reach * value("derivative");
  if ("curvature" in condition) return value("curvature") * dx ** 2 + 2 * u(1 - h) - u(2 - h);
  const [g, b] = [value("mixed"), condition.const === undefined ? 0 : value("const")];
  if (h === 1) return (2 * dx * b + (2 - g * dx) * u(0)) / (2 + g * dx);
  return u(h - 1) + reach * (b - (g * (u(-1) + u(0))) / 2);
}

/** The number of a condition at a place; arrays along a side go on beyond its ends as the grid does. */
function numberOf(condition, shape, axis, place, conditions) {
  return (key) => {
    const given = condition[key];
    if (typeof given === "number") return given;
    if (given.text) return given.at(place);
    let index = 0;
    shape.forEach((n, across) => {
      if (across === axis) return;
      let i = place[across];
      const wraps = typeof conditions[across].low === "string";
      if (i < 0) i = wraps ? i + n : -1 - i;
      else if (i >= n) i = wraps ? i - n : 2 * n - 1 - i;
      index = index * n + i;
    });
    return given[index];
  };
}
