/** Programs: which sweeps there are, what is stored between them, and when halos are filled. */
import { describe, expect, it } from "vitest";
import { listing } from "../../src/expression/listing.js";
import { programOf } from "../../src/expression/stages.js";
import { Meaning } from "../../src/expression/text/meaning.js";
import { imaginaryOf, realOf } from "../../src/expression/text/scalar.js";
import type { Scope } from "../../src/expression/text/space.js";

const scope: Scope = {
  where: "Pde",
  axes: [{ name: "x", spacing: 1 }],
  use: "equation",
  fields: { c: "real", u: "real", k: "real", psi: "complex" },
  constants: ["D"],
  complex: true,
};

const same = { conditionOf: () => "walls" };

function compiled(
  equations: Readonly<Record<string, string>>,
  changes: Partial<Scope> = {},
  numbers: readonly string[] = [],
) {
  const meaning = new Meaning({ ...scope, ...changes });
  const cells = Object.entries(equations).flatMap(([name, text]) => {
    const value = meaning.readScalar(name, text);
    const re = { name: `d${name}`, node: realOf(meaning.graph, value) };
    return value.im === undefined ? [re] : [re, { name: `d${name}_im`, node: imaginaryOf(meaning.graph, value) }];
  });
  const wanted = numbers.map((text, i) => ({
    name: `n${i}`,
    node: realOf(meaning.graph, meaning.readScalar("n", text)),
  }));
  return programOf(meaning.graph, { axes: 1, cells, numbers: wanted, names: meaning.names() });
}

const lines = (...args: Parameters<typeof compiled>) => listing(compiled(...args)).split(/\n\s*/);
const sweepsOf = (...args: Parameters<typeof compiled>) =>
  compiled(...args).steps.filter(({ kind }) => kind === "sweep").length;

describe("a program", () => {
  it("has one sweep for what reads fields alone, with one halo for each", () => {
    expect(lines({ c: "laplace(c) + d_dx(c)*d_dx(u)", u: "laplace(u) + c" }, same)).toEqual([
      "halo of c, 1 layer, by walls",
      "halo of u, 1 layer, by walls",
      "sweep",
      "dc = c[-1] + c[1] - c * 2 + (c[1] - c[-1]) * 0.5 * ((u[1] - u[-1]) * 0.5)",
      "du = u[-1] + u[1] - u * 2 + c",
    ]);
  });

  it("stores the operand of an operator, and computes cheap values again rather than storing them", () => {
    expect(lines({ c: "laplace(laplace(c)) + laplace(c)*u" }, same)).toEqual([
      "halo of c, 1 layer, by walls",
      "sweep",
      "temporary1 = c[-1] + c[1] - c * 2",
      "halo of temporary1, 1 layer, by walls",
      "sweep",
      "dc = temporary1[-1] + temporary1[1] - temporary1 * 2 + temporary1 * u",
    ]);
    expect(lines({ c: "laplace(c^2) + c^2" }, same).at(-1)).toBe(
      "dc = temporary1[-1] + temporary1[1] - temporary1 * 2 + temporary1",
    );
    expect(lines({ c: "laplace(c*u) + (c + u)*integral(c*u)", u: "c + u" }, same)).toEqual([
      "sweep",
      "du = c + u",
      "temporary1 = c * u",
      "#0 = sum of temporary1",
      "halo of temporary1, 1 layer, by walls",
      "sweep",
      "dc = temporary1[-1] + temporary1[1] - temporary1 * 2 + (c + u) * #0",
    ]);
  });

  it("stores what is dear and needed by two sweeps", () => {
    expect(lines({ c: "laplace(exp(c)*u) + exp(c)" }, same)).toEqual([
      "sweep",
      "_1 = exp(c)",
      "temporary1 = _1 * u",
      "temporary2 = _1",
      "halo of temporary1, 1 layer, by walls",
      "sweep",
      "dc = temporary1[-1] + temporary1[1] - temporary1 * 2 + temporary2",
    ]);
  });

  it("fills the widest halo once", () => {
    expect(lines({ c: "laplace(c, order = 6) + laplace(c)" }, same)[0]).toBe("halo of c, 3 layers, by walls");
    expect(compiled({ c: "laplace(c, order = 6) + laplace(c)" }, same).arrays[0]).toEqual({
      name: "c",
      kind: "field",
      radius: 3,
    });
  });

  it("copies a field that is read by two sets of conditions", () => {
    expect(lines({ c: "laplace(c) + d_dx(c)" })).toEqual([
      "sweep",
      "temporary1 = c",
      "halo of c, 1 layer, by c:laplace",
      "halo of temporary1, 1 layer, by c:d_dx",
      "sweep",
      "dc = c[-1] + c[1] - c * 2 + (temporary1[1] - temporary1[-1]) * 0.5",
    ]);
  });

  it("has one halo for conditions that do the same", () => {
    const sameAs = (condition: string) => (condition === "c:d_dx" ? "c:laplace" : condition);
    expect(lines({ c: "laplace(c) + d_dx(c)" }, { sameAs }).slice(0, 2)).toEqual([
      "halo of c, 1 layer, by c:laplace",
      "sweep",
    ]);
  });

  it("gives the field's own halo to the operator with the longest way behind", () => {
    // Otherwise there were three sweeps.
    expect(sweepsOf({ c: "d_dx(c) + laplace(laplace(c))" })).toBe(2);
    expect(lines({ c: "d_dx(c) + laplace(laplace(c))" })[0]).toBe("halo of c, 1 layer, by c:laplace");
  });

  it("has as few sweeps as reads of neighbours follow on each other", () => {
    expect(sweepsOf({ c: "laplace(laplace(laplace(c)))", u: "laplace(laplace(u))", k: "c*u" }, same)).toBe(3);
    expect(
      sweepsOf({ c: "laplace(mu) + laplace(nu)" }, { ...same, parts: { mu: "laplace(c)", nu: "laplace(u)" } }),
    ).toBe(2);
    expect(sweepsOf({ c: "average(c)*c + integral(u)" }, same)).toBe(1);
    expect(sweepsOf({ c: "average(laplace(c))*c" }, same)).toBe(2);
  });

  it("uses temporaries again", () => {
    const deep = (n: number) => `${"laplace(".repeat(n)}c${")".repeat(n)}`;
    const { arrays } = compiled({ c: deep(6) }, same);
    expect(arrays.filter(({ kind }) => kind === "temporary")).toHaveLength(2);
  });

  it("has no code that nothing needs", () => {
    expect(lines({ c: "vector(exp(c), sin(u))[0]" }, { axes: [...scope.axes, { name: "y", spacing: 1 }] })).toEqual([
      "sweep",
      "dc = exp(c)",
    ]);
  });

  it("fills the halos of both parts of a complex value, each with its partner", () => {
    const { arrays, steps } = compiled({ psi: "i*laplace(psi)" }, same);
    expect(arrays.map(({ name }) => name)).toEqual(["psi_re", "psi_im", "dpsi", "dpsi_im"]);
    expect(steps.slice(0, 2)).toEqual([
      { kind: "halo", array: 0, condition: "walls", radius: 1, part: "re", partner: 1 },
      { kind: "halo", array: 1, condition: "walls", radius: 1, part: "im", partner: 0 },
    ]);
  });

  it("stores a result that is called as a field into that field, in the last sweep", () => {
    const meaning = new Meaning({ ...scope, ...same });
    const { graph } = meaning;
    const rate = realOf(graph, meaning.readScalar("c", "laplace(c^3 - laplace(c))"));
    const node = graph.add(graph.field("c"), graph.mul(graph.parameter("dt"), rate));
    expect(
      listing(programOf(graph, { axes: 1, cells: [{ name: "c", node }] }))
        .split(/\n\s*/)
        .at(-1),
    ).toBe("c = c + dt * (temporary1[-1] + temporary1[1] - temporary1 * 2)");
  });

  it("computes numbers of the whole grid behind the sweeps", () => {
    expect(lines({}, same, ["max(abs(c)) > 10", "2*D"])).toEqual([
      "sweep",
      "temporary1 = abs(c)",
      "#0 = max of temporary1",
      "n0 = #0 > 10",
      "n1 = 2 * D",
    ]);
  });

  it("keeps noise as arrays that say what they are filled with", () => {
    const { arrays } = compiled({ c: "noise(seed = 2) + laplace(noise())" }, same);
    expect(arrays.filter(({ noise }) => noise)).toEqual([
      { name: "noise 2 0 of c", kind: "field", radius: 0, noise: { owner: "c", seed: 2, call: 0 } },
      { name: "noise 0 1 of c", kind: "field", radius: 1, noise: { owner: "c", seed: 0, call: 1 } },
    ]);
  });

  it("asks what takes part before it looks at a neighbour", () => {
    const mask = { field: "open", faces: { value: 3 } } as const;
    expect(lines({ c: "d_dx_forward(c)" }, { ...same, mask })).toEqual([
      "halo of c, 1 layer, by walls",
      "halo of open, 1 layer, by #open",
      "sweep",
      "dc = where(open[1], c[1], 6 - c) - c",
    ]);
    expect(lines({ c: "d_dx_forward(c)" }, { ...same, mask: { field: "open", faces: { derivative: 0 } } }).at(-1)).toBe(
      "dc = where(open[1], c[1], c) - c",
    );
  });

  describe("computes once what stays as it is", () => {
    const axes = [
      { name: "x", spacing: 1 },
      { name: "y", spacing: 1 },
    ];
    const once = (text: string, fixed?: readonly string[]) => {
      const meaning = new Meaning({ ...scope, ...same, axes });
      const cells = [{ name: "q", node: realOf(meaning.graph, meaning.readScalar("c", text)) }];
      return programOf(meaning.graph, { axes: 2, cells, ...(fixed ? { fixed } : {}) });
    };

    it.each<[string, string[], string[]]>([
      ["c*exp(-x^2)", [], ["once: exp(-(x * x))", "sweep", "q = c * exp(-(x * x))"]],
      [
        "c*exp(-x^2 - D*y^2)",
        ["D"],
        ["once: exp(-(x * x) - D * (y * y))", "sweep", "q = c * exp(-(x * x) - D * (y * y))"],
      ],
      ["exp(t*x)*sin(k)", ["k"], ["once: sin(k)", "sweep", "q = exp(t * x) * sin(k)"]],
      ["sin(D*x) + x^2", [], ["sweep", "q = sin(D * x) + x * x"]],
      ["laplace(sin(x))*c", [], ["once: sin(x)", "halo of sin(x), 1 layer, by walls", "sweep"]],
      ["max(sin(x))*c + sin(x)", [], ["once: sin(x)", "#0 = max of sin(x)", "sweep", "q = #0 * c + sin(x)"]],
    ])("%s", (text, fixed, expected) => {
      expect(listing(once(text, fixed)).split(/\n\s*/).slice(0, expected.length)).toEqual(expected);
    });

    it("along one axis where it depends on that alone, under its own text as a name", () => {
      const { arrays, setup } = once("exp(-y^2)*c", []);
      expect(arrays).toEqual([
        { name: "y", kind: "along", axis: 1, radius: 0 },
        { name: "c", kind: "field", radius: 0 },
        { name: "exp(-(y * y))", kind: "along", axis: 1, radius: 0 },
        { name: "q", kind: "result", radius: 0 },
      ]);
      expect(setup).toEqual([
        {
          kind: "along",
          array: 2,
          cell: {
            nodes: [
              { op: "along", array: 0, axis: 0, offset: 0 },
              { op: "mul", a: 0, b: 0 },
              { op: "neg", a: 1 },
              { op: "call", name: "exp", args: [2] },
            ],
            stores: [{ array: 2, node: 3 }],
          },
        },
      ]);
    });

    it("unless nothing is said to stay", () => {
      expect(once("c*exp(-x^2)").setup).toEqual([]);
    });

    it("with a name that stays short, however often values are used", () => {
      const text = `sin(${"(".repeat(60)}x${"^2 + 1)^2".repeat(60)})*c`;
      expect(Math.max(...once(text, []).arrays.map(({ name }) => name.length))).toBeLessThan(5000);
    });
  });

  describe("takes values that a sum has twice once, where it is told to fold", () => {
    const meaning = () => new Meaning({ ...scope, ...same, axes: [...scope.axes, { name: "y", spacing: 1 }] });

    it.each([
      ["c + D*laplace(c)", ["q = c * (1 + -D * 4) + (c[-1, 0] + c[1, 0] + (c[0, -1] + c[0, 1])) * D"]],
      [
        "laplace(c^3 - c - laplace(c))",
        [
          "temporary1 = c * c * c + c * 3 - (c[-1, 0] + c[1, 0] + (c[0, -1] + c[0, 1]))",
          "q = temporary1[-1, 0] + temporary1[1, 0] + (temporary1[0, -1] + temporary1[0, 1]) - temporary1 * 4",
        ],
      ],
      ["2*c - u - c*2 + k", ["q = 2 * c * 0 - u + k"]],
      ["D*(c + u) - D*k + 3*c", ["q = c * (D + 3) + u * D + k * (-D)"]],
      ["sin(c + u - c)", ["q = sin(c * 0 + u)"]],
      ["c*u - c*u*2 + k^2", ["q = k * k - c * u"]],
    ])("%s", (text, expected) => {
      const own = meaning();
      const cells = [{ name: "q", node: realOf(own.graph, own.readScalar("c", text)) }];
      const lines = listing(programOf(own.graph, { axes: 2, cells, fold: true })).split(/\n\s*/);
      expect(lines.filter((line) => line.includes("=")).join("; ")).toBe(expected.join("; "));
    });
  });
});
