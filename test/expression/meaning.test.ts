/** What texts mean: types, names, and what is refused, with the whole text of each error. */
import { describe, expect, it } from "vitest";
import { CompileError } from "../../src/errors.js";
import { listing } from "../../src/expression/listing.js";
import type { Dtype } from "../../src/expression/program.js";
import { programOf, type Target } from "../../src/expression/stages.js";
import { Meaning } from "../../src/expression/text/meaning.js";
import { imaginaryOf, isVector, realOf } from "../../src/expression/text/scalar.js";
import type { Axis, Scope } from "../../src/expression/text/space.js";

const plane: readonly Axis[] = [
  { name: "x", spacing: 1 },
  { name: "y", spacing: 1 },
];

const scope: Scope = {
  where: "Pde",
  axes: plane,
  use: "equation",
  fields: { c: "real", u: "real" },
  constants: ["D"],
};

/** What a text computes, as a listing of assignments to `q`, or to its parts and components. */
function meaningOf(text: string, changes: Partial<Scope> = {}, dtype: Dtype = "f64"): string {
  const meaning = new Meaning({ ...scope, ...changes }, dtype);
  const value = meaning.read("c", text);
  const components = isVector(value) ? value.components : [value];
  const cells = components.flatMap((component, axis): Target[] => {
    const name = isVector(value) ? `q${axis}` : "q";
    const re = { name, node: realOf(meaning.graph, component) };
    if (component.im === undefined) return [re];
    return [re, { name: `${name}_im`, node: imaginaryOf(meaning.graph, component) }];
  });
  const program = programOf(meaning.graph, { axes: meaning.scope.axes.length, cells, names: meaning.names() });
  return listing(program).replace(/\n\s*/g, "; ");
}

function messageOf(run: () => unknown): string {
  try {
    return `no error: ${run()}`;
  } catch (error) {
    return (error as Error).message;
  }
}

const complex: Partial<Scope> = { complex: true, fields: { c: "real", psi: "complex" } };

describe("values", () => {
  it.each([
    ["2 + 3*4 - 1/2", "sweep; q = 13.5"],
    ["c^3 - c", "sweep; q = c * c * c - c"],
    ["c^4", "sweep; _1 = c * c; q = _1 * _1"],
    ["c^-2", "sweep; q = 1 / (c * c)"],
    ["c^0", "sweep; q = 1"],
    ["c^17", "sweep; q = pow(c, 17)"],
    ["c^0.5", "sweep; q = pow(c, 0.5)"],
    ["c^D", "sweep; q = pow(c, D)"],
    ["c/2 + c*1 - c/4", "sweep; q = c * 0.5 + c - c * 0.25"],
    ["c/3", "sweep; q = c / 3"],
    ["(c*u - u*c)/(u*c)", "sweep; _1 = c * u; q = (_1 - _1) / _1"],
    ["c - (u - D) - (c + u)", "sweep; q = c - (u - D) - (c + u)"],
    ["c/(u/D)/(c*u)", "sweep; q = c / (u / D) / (c * u)"],
    ["-c^2 - -u", "sweep; q = u - c * c"],
    ["0*c", "sweep; q = 0 * c"],
    ["c + 0", "sweep; q = c + 0"],
    ["c > 0.2", "sweep; q = c > 0.2"],
    ["(c > 0) * (c < 1)", "sweep; q = (c > 0) * (c < 1)"],
    ["1 < 2", "sweep; q = 1"],
    ["where(c > 0.2, 1 - c, -c)", "sweep; q = where(c > 0.2, 1 - c, -c)"],
    ["max(c, 0, u)", "sweep; q = max(max(c, 0), u)"],
    ["hypot(x, y, c)", "sweep; q = hypot(hypot(x, y), c)"],
    ["sin(pi*t)", "sweep; q = sin(3.141592653589793 * t)"],
    ["abs(-c) + sqrt(4)", "sweep; q = abs(c) + 2"],
    ["sign(c)", "sweep; q = where(c > 0, 1, where(c < 0, -1, where(c == 0, 0, c)))"],
    ["heaviside(-3) + heaviside(0)", "sweep; q = 0.5"],
    ["vector(c, u)", "sweep; q0 = c; q1 = u"],
    ["vector(c, u)[1] + vector(c, u).x", "sweep; q = u + c"],
    ["dot(vector(c, u), vector(D, 2))", "sweep; q = c * D + u * 2"],
    ["-vector(c, u)*2 + vector(1, 2)/D", "sweep; q0 = -c * 2 + 1 / D; q1 = -u * 2 + 2 / D"],
    ["integral(c) + average(u)", "#0 = sum of c; #2 = sum of u; sweep; q = #0 + #2 / #cells"],
    ["max(c) - min(c^2)", "#0 = max of c; sweep; temporary1 = c * c; #1 = min of temporary1; sweep; q = #0 - #1"],
    ["noise() - noise(seed = 3)", "sweep; q = noise 0 0 of c - noise 3 1 of c"],
  ])("%s", (text, expected) => {
    expect(meaningOf(text)).toBe(expected);
  });

  it.each([
    ["i*psi", "sweep; q = -psi_im; q_im = psi_re"],
    ["psi*psi", "sweep; _1 = psi_re * psi_im; q = psi_re * psi_re - psi_im * psi_im; q_im = _1 + _1"],
    ["c*psi + 2*i", "sweep; q = c * psi_re; q_im = c * psi_im + 2"],
    ["i*i", "sweep; q = -1"],
    ["psi/i", "sweep; q = psi_im; q_im = -psi_re"],
    ["1/psi", "sweep; _1 = psi_re * psi_re + psi_im * psi_im; q = psi_re / _1; q_im = -psi_im / _1"],
    ["abs(psi)^2", "sweep; q = psi_re * psi_re + psi_im * psi_im"],
    ["abs(psi)", "sweep; q = sqrt(psi_re * psi_re + psi_im * psi_im)"],
    ["re(psi) + im(psi) + arg(psi)", "sweep; q = psi_re + psi_im + atan2(psi_im, psi_re)"],
    ["conj(psi)", "sweep; q = psi_re; q_im = -psi_im"],
    ["exp(i*c)", "sweep; q = cos(c); q_im = sin(c)"],
    ["where(c > 0, psi, 0)", "sweep; _1 = c > 0; q = where(_1, psi_re, 0); q_im = where(_1, psi_im, 0)"],
    ["integral(psi)", "#0 = sum of psi_re; #1 = sum of psi_im; sweep; q = #0; q_im = #1"],
  ])("complex: %s", (text, expected) => {
    expect(meaningOf(text, complex)).toBe(expected);
  });

  it.each([
    ["f32", "0.1 + 0.2", "sweep; q = 0.30000001192092896"],
    ["f32", "1/3", "sweep; q = 0.3333333432674408"],
    ["i32", "65537 * 65537", "sweep; q = 131073"],
    ["i32", "c^2 + 7", "sweep; q = c * c + 7"],
  ] as const)("of %s: %s", (dtype, text, expected) => {
    expect(meaningOf(text, {}, dtype)).toBe(expected);
  });

  it("of parts are computed once, by their names", () => {
    const parts = { mu: "c^3 - c - nu", nu: "laplace(c)" };
    expect(meaningOf("laplace(mu) + mu", { parts, axes: [{ name: "x", spacing: 1 }] })).toBe(
      "halo of c, 1 layer, by nu:laplace; sweep; mu = c * c * c - c - (c[-1] + c[1] - c * 2); " +
        "halo of mu, 1 layer, by c:laplace; sweep; q = mu[-1] + mu[1] - mu * 2 + mu",
    );
  });
});

describe("a text with a wrong meaning is refused at its place", () => {
  it.each([
    ["cc + 1", 0, 'expected a name that is known, got "cc". Known are c, u, D, x, y, t, pi.'],
    ["laplace(phi)", 8, 'expected a name that is known, got "phi". Did you mean pi? Known are c, u, D, x, y, t, pi.'],
    ["2*π", 2, 'expected a name that is known, got "π". Did you mean pi? Known are c, u, D, x, y, t, pi.'],
    ["2*np.pi", 2, 'expected pi by its name alone, got "np.pi". Write pi.'],
    [
      "not(c > 1)",
      0,
      'expected a function that is known, got "not". Write 1 - (a < b) for the opposite of a comparison.',
    ],
    ["mean(c)", 0, 'expected a function that is known, got "mean". Did you mean average?'],
    ["2*lapalce(c)", 2, 'expected a function that is known, got "lapalce". Did you mean laplace?'],
    ["z + 1", 0, 'expected a coordinate of the grid (x, y), got "z". Use one of them.'],
    ["d_dz(c)", 0, 'expected a derivative along x, y, got "d_dz". Write d_dx, for example.'],
    ["laplace * 2", 0, 'expected laplace(...), got "laplace". Write its arguments.'],
    ["c(2)", 1, 'expected an operator behind "c", got "(". Write * between factors.'],
    ["i*c", 0, 'expected real numbers alone, got "i". Name the complex fields: complex: [...].'],
    [
      "2*(gradient(c) + 1)",
      15,
      'expected two numbers or two vectors, got the vector before + and the number "1". Use components, such as v[0], or vector(...).',
    ],
    [
      "gradient(c) * gradient(u)",
      12,
      'expected at most one vector in a product, got the vector before * and the vector "gradient(u)". Use dot(v, w).',
    ],
    ["1 / gradient(c)", 2, 'expected a number as divisor, got the vector "gradient(c)". Divide by a component.'],
    [
      "gradient(c)^2",
      0,
      'expected a number in each cell, got the vector "gradient(c)". Use dot(v, v) for the square of a vector.',
    ],
    [
      "sin(gradient(c))",
      4,
      'expected a number in each cell, got the vector "gradient(c)". Use v[0], v.x or dot(v, w).',
    ],
    ["gradient(c) > 0", 0, 'expected a number in each cell, got the vector "gradient(c)". Use v[0], v.x or dot(v, w).'],
    ["divergence(c)", 11, 'expected a vector, got the number "c". Use div(k * grad(c)), or d_dx.'],
    ["dot(c, gradient(u))", 4, 'expected a vector, got the number "c". Use * for numbers.'],
    ["gradient(c)[2]", 0, "expected one index from 0 to 1, got [2]. Count components from 0."],
    ["gradient(c)[0, 1]", 0, "expected one index from 0 to 1, got [0, 1]. Count components from 0."],
    ["gradient(c).z", 12, 'expected an axis (x, y), got "z". Use one of them.'],
    ["c.x", 2, 'expected a vector before .x, got the number "c". Remove the component.'],
    [
      "c[1, 0]",
      0,
      'expected a vector before [, got the number "c". Offsets are for kernels; here use laplace, d_dx and other operators.',
    ],
    ["vector(c)", 0, "expected 2 arguments of vector, got 1. Count them."],
    ["laplace(c, u)", 0, "expected 1 argument of laplace, got 2. Count them."],
    ["laplace()", 0, "expected 1 argument of laplace, got 0. Count them."],
    ["where(c)", 0, "expected 3 arguments of where, got 1. Count them."],
    ["hypot(c)", 0, "expected 2 to 3 arguments of hypot, got 1. Count them."],
    ["max()", 0, "expected at least 2 arguments of max, got 0. Count them."],
    ["noise(1)", 0, "expected 0 arguments of noise, got 1. Count them."],
    ["noise(seed = c)", 13, 'expected a whole number as seed, got "c". Write noise(seed = 1).'],
    ["noise(seed = 1.5)", 13, 'expected a whole number as seed, got "1.5". Write noise(seed = 1).'],
    [
      "laplace(c, ordr = 4)",
      11,
      'expected a named argument of laplace (order, corner_weight), got "ordr". Did you mean order?',
    ],
    ["d_dx_forward(c, order = 4)", 16, 'expected no named argument of d_dx_forward, got "order". Remove it.'],
    ["sin(c, order = 4)", 7, 'expected no named argument of sin, got "order". Remove it.'],
    ["laplace(c, order = 4, order = 4)", 22, "expected order once, got it twice. Remove one."],
    ["laplace(c, order = 3)", 19, 'expected an order of 2, 4, 6 or 8, got "3". Use one of them.'],
    ["laplace(c, order = D)", 19, 'expected an order of 2, 4, 6 or 8, got "D". Use one of them.'],
    [
      "laplace(c, corner_weight = 2)",
      27,
      'expected a weight of corners from -1 to 1, got "2". Write a number, such as 1/3.',
    ],
    [
      "laplace(c, corner_weight = 1/3, order = 4)",
      0,
      "expected order 2 for 9 points, got 4. Leave the corners or the order out.",
    ],
    ["gradient_squared(c, central = 0)", 30, 'expected true or false, got "0". Use one of them.'],
    [
      "gradient_squared(c, central = false, order = 4)",
      45,
      'expected no order of one-sided squares, got "4". Remove it.',
    ],
    ["grad(c)", 0, 'expected grad inside div(k * grad(f)) alone, got "grad". Use gradient.'],
    ["div(c)", 4, 'expected k * grad(f) in div, got "c". Use divergence and gradient otherwise.'],
    [
      "div(c*gradient(u))",
      4,
      'expected k * grad(f) in div, got "c*gradient(u)". Use divergence and gradient otherwise.',
    ],
    [
      "div(grad(c) + grad(u))",
      4,
      'expected k * grad(f) in div, got "grad(c) + grad(u)". Use divergence and gradient otherwise.',
    ],
    ["div(c / grad(u))", 4, 'expected k * grad(f) in div, got "c / grad(u)". Use divergence and gradient otherwise.'],
    ["div(grad(c) * grad(u))", 14, 'expected grad inside div(k * grad(f)) alone, got "grad". Use gradient.'],
    ["true + 1", 0, 'expected a name that is known, got "true". Known are c, u, D, x, y, t, pi.'],
  ])("%s", (text, place, message) => {
    expect(messageOf(() => meaningOf(text))).toBe(`Pde: "c" ${message}\n  ${text}\n  ${" ".repeat(place)}^`);
  });

  it.each([
    [
      "psi > 1",
      0,
      'expected real numbers to compare, got the complex number "psi". Use re(...), im(...) or abs(...) of it.',
    ],
    [
      "max(psi, 1)",
      4,
      'expected a real argument of max, got the complex number "psi". Use re(...), im(...) or abs(...) of it.',
    ],
    [
      "floor(psi)",
      6,
      'expected a real argument of floor, got the complex number "psi". Use re(...), im(...) or abs(...) of it.',
    ],
    [
      "where(psi, 1, 2)",
      6,
      'expected a real argument of where, got the complex number "psi". Use re(...), im(...) or abs(...) of it.',
    ],
    [
      "max(psi)",
      4,
      'expected a real argument of max, got the complex number "psi". Use re(...), im(...) or abs(...) of it.',
    ],
    [
      "gradient_squared(psi)",
      17,
      'expected a real argument of gradient_squared, got the complex number "psi". Use dot(gradient(a), gradient(conj(a))).',
    ],
    [
      "div(psi * grad(c))",
      4,
      'expected a real coefficient of a flux, got the complex number "psi". Use re(...), im(...) or abs(...) of it.',
    ],
  ])("complex: %s", (text, place, message) => {
    expect(messageOf(() => meaningOf(text, complex))).toBe(`Pde: "c" ${message}\n  ${text}\n  ${" ".repeat(place)}^`);
  });

  const line: readonly Axis[] = [{ name: "x", spacing: 1 }];
  const polar: readonly Axis[] = [{ name: "r", spacing: 1, metric: true }];
  const stretched: readonly Axis[] = [
    { name: "x", spacing: 1 },
    { name: "y", metric: true },
  ];
  const mask = { field: "#mask", faces: { derivative: 0 } } as const;
  it.each<[string, Partial<Scope>, Dtype, number, string]>([
    ["laplace9(c)", { axes: line }, "f64", 0, "expected two axes for 9 points, got 1. Use laplace without corners."],
    [
      "laplace9(c)",
      { axes: stretched },
      "f64",
      0,
      "expected uniform axes for 9 points, got axis y. Use order 2 and laplace.",
    ],
    [
      "d2_dxdy(c)",
      { axes: stretched },
      "f64",
      0,
      "expected uniform axes for d2_dxdy, got axis y. Use order 2 and laplace.",
    ],
    [
      "laplace(c, order = 4)",
      { axes: polar },
      "f64",
      19,
      "expected uniform axes for order 4, got axis r. Use order 2 and laplace.",
    ],
    [
      "laplace(c)",
      { axes: polar, order: 4 },
      "f64",
      0,
      "expected uniform axes for order 4, got axis r. Use order 2 and laplace.",
    ],
    ["laplace(c)", { order: 5 }, "f64", 0, "expected an order of 2, 4, 6 or 8, got 5. Use one of them."],
    [
      "laplace9(c)",
      { mask },
      "f64",
      0,
      "expected frozen cells for 9 points, got a mask with faces. Use order 2 and laplace.",
    ],
    [
      "d2_dxdy(c)",
      { mask },
      "f64",
      0,
      "expected frozen cells for d2_dxdy, got a mask with faces. Use order 2 and laplace.",
    ],
    ["x + 1", { axes: polar }, "f64", 0, 'expected a coordinate of the grid (r), got "x". Use one of them.'],
    [
      "laplace(c)",
      { use: "local" },
      "f64",
      0,
      'expected no operator in a text of one cell, got "laplace". Use fields, coordinates and functions.',
    ],
    [
      "noise()",
      { use: "local" },
      "f64",
      0,
      'expected no noise in a text of one cell, got "noise". Use it in an equation.',
    ],
    [
      "c + E",
      { hint: (name) => `Give ${name} in constants.` },
      "f64",
      4,
      'expected a name that is known, got "E". Known are c, u, D, x, y, t, pi. Give E in constants.',
    ],
    ["c/2", {}, "i32", 1, 'expected no quotients of whole numbers, got "/". Use fields of f64.'],
    ["c + 0.5", {}, "i32", 4, 'expected a whole number of 32 bits, got "0.5". Use fields of f64, or whole numbers.'],
    ["sin(c)", {}, "i32", 0, 'expected a function of whole numbers, got "sin". Use fields of f64.'],
    ["x + c", {}, "i32", 0, 'expected whole numbers, got "x". Use fields of f64.'],
    ["c^u", {}, "i32", 2, 'expected a whole exponent from 0 to 16, got "u". Use fields of f64.'],
    [
      "laplace(c)",
      {},
      "i32",
      0,
      'expected no operator on whole numbers, got "laplace". Use neighbours, as in u[1, 0], or f64.',
    ],
  ])("%s elsewhere", (text, changes, dtype, place, message) => {
    expect(messageOf(() => meaningOf(text, changes, dtype))).toBe(
      `Pde: "c" ${message}\n  ${text}\n  ${" ".repeat(place)}^`,
    );
  });

  it("in a part, which the error shows", () => {
    const message = messageOf(() => meaningOf("laplace(mu)", { parts: { mu: "c^3 - cc" } }));
    expect(message).toBe(
      'Pde: "mu" expected a name that is known, got "cc". Known are c, u, mu, D, x, y, t, pi.\n  c^3 - cc\n        ^',
    );
    const round = messageOf(() => meaningOf("mu", { parts: { mu: "2*nu", nu: "mu + 1" } }));
    expect(round).toBe(
      'Pde: "nu" expected parts that do not need each other, got "mu". Write one without the other.\n  mu + 1\n  ^',
    );
    expect(() => meaningOf("mu", { parts: { mu: "mu" } })).toThrow(CompileError);
  });

  it("in a row of parts that is too long for the stack", () => {
    const row = (last: string) =>
      Object.fromEntries(Array.from({ length: 2000 }, (_, i) => [`p${i}`, i < 1999 ? `p${i + 1} + 1` : last]));
    for (const last of ["c", "p0"]) {
      expect(messageOf(() => meaningOf("p0", { parts: row(last) }))).toMatch(
        /^Pde: "p\d+" expected at most 1000 levels of nesting, those of parts included, got more\. Let fewer parts need each other\.\n/,
      );
    }
  });

  it("in no more time where roots are nested in squares", () => {
    const text = `${"abs(".repeat(90)}psi${")^2".repeat(90)}`;
    expect(meaningOf(text, complex)).toMatch(/^sweep; _1 = /);
  });

  it.each<[Partial<Scope>, string]>([
    [{ fields: { x: "real" } }, 'Pde: expected a name that is free, got "x", a meaning of its own. Rename it.'],
    [{ constants: ["pi"] }, 'Pde: expected a name that is free, got "pi", a meaning of its own. Rename it.'],
    [{ constants: ["laplace"] }, 'Pde: expected a name that is free, got "laplace", a function of its own. Rename it.'],
    [{ ...complex, constants: ["i"] }, 'Pde: expected a name that is free, got "i", a meaning of its own. Rename it.'],
    [
      { fields: { "du/dt": "real" } },
      'Pde: expected a name of letters, digits and _, got "du/dt". Write u: what stands there is the rate.',
    ],
    [{ constants: ["a b"] }, 'Pde: expected a name of letters, digits and _, got "a b". Rename it.'],
    [{ constants: ["c"] }, 'Pde: expected each name once, got "c". Rename a field, a constant or a part.'],
    [
      { fields: { psi: "complex", psi_im: "real" } },
      'Pde: expected each name once, got "psi_im", a part of the complex "psi" as well. Rename a field.',
    ],
  ])("names that are taken: %j", (changes, message) => {
    expect(messageOf(() => meaningOf("1", changes))).toBe(message);
  });

  it("takes constants and parts that are named as parts of complex fields", () => {
    const taken = { ...complex, constants: ["psi_re"], parts: { psi_im: "2 * im(psi)" } };
    expect(meaningOf("psi_re * psi_im", taken)).toBe("sweep; q = psi_re * (2 * psi_im)");
  });

  it("takes names of complex numbers where there are none", () => {
    expect(meaningOf("i + re*arg", { constants: ["i", "re", "arg"] })).toBe("sweep; q = i + re * arg");
  });
});
