/** The grammar of expressions: what binds to what, and what is refused. */
import { describe, expect, it } from "vitest";
import { CompileError } from "../../src/errors.js";
import { parseExpression, parseStatements, type Tree } from "../../src/expression/text/grammar.js";

/** A tree with parentheses around each node. */
function written(tree: Tree): string {
  switch (tree.kind) {
    case "number":
      return String(tree.value);
    case "name":
      return tree.name;
    case "negate":
      return `(-${written(tree.operand)})`;
    case "chain":
      return `(${written(tree.first)}${tree.links.map(({ operator, operand }) => operator + written(operand)).join("")})`;
    case "power":
      return `(${written(tree.base)}^${written(tree.exponent)})`;
    case "compare":
      return `(${written(tree.left)}${tree.operator}${written(tree.right)})`;
    case "call":
      return `${tree.name}(${[
        ...tree.args.map(written),
        ...tree.named.map(({ name, value }) => `${name}=${written(value)}`),
      ].join(",")})`;
    case "index":
      return `${written(tree.of)}[${tree.indices.map(written)}]`;
    case "member":
      return `${written(tree.of)}.${tree.name}`;
  }
}

const parse = (text: string) => written(parseExpression({ where: 'Pde: "c"', text }));
const assign = (text: string) =>
  parseStatements({ where: "grid.kernel", text }).map(({ name, value }) => `${name} = ${written(value)}`);

function messageOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    expect(error).toBeInstanceOf(CompileError);
    return (error as Error).message;
  }
  return "no error";
}

describe("operators bind as in mathematics", () => {
  it.each([
    ["-c^2", "(-(c^2))"],
    ["a^b^c", "(a^(b^c))"],
    ["a**b**c", "(a^(b^c))"],
    ["2^-1", "(2^(-1))"],
    ["a^-b^c", "(a^(-(b^c)))"],
    ["(-c)^2", "((-c)^2)"],
    ["-a*b", "((-a)*b)"],
    ["a*-b", "(a*(-b))"],
    ["a - -b", "(a-(-b))"],
    ["--a", "(-(-a))"],
    ["+a", "a"],
    ["a - b - c", "(a-b-c)"],
    ["a - (b - c)", "(a-(b-c))"],
    ["a / b / c", "(a/b/c)"],
    ["a + b*c^2/d", "(a+(b*(c^2)/d))"],
    ["a + b < c*d", "((a+b)<(c*d))"],
    ["(a < b) * (b <= c)", "((a<b)*(b<=c))"],
    ["where(c > 0.2, 1 - c, -c)", "where((c>0.2),(1-c),(-c))"],
    ["laplace(c, order = 4)", "laplace(c,order=4)"],
    ["noise(seed=1)*2", "(noise(seed=1)*2)"],
    ["v[0] + v.x", "(v[0]+v.x)"],
    ["u[-1, 0]^2", "(u[(-1),0]^2)"],
    ["gradient(c)[1]", "gradient(c)[1]"],
    ["∇²c", "laplace(c)"],
    ["2*∇²(c^3 - c) - ∇²∇²c", "((2*laplace(((c^3)-c)))-laplace(laplace(c)))"],
    ["1e3 + .5 + 2. + 1.5E-2", "(1000+0.5+2+0.015)"],
    ["a +\n b", "(a+b)"],
    ["a\n+ b", "(a+b)"],
    ["ψ_1 * größe", "(ψ_1*größe)"],
  ])("%j is %s", (text, tree) => {
    expect(parse(text)).toBe(tree);
  });

  it("keeps the places of all nodes", () => {
    const text = "a + laplace( c^2 )*(b)";
    const slices: string[] = [];
    const visit = (value: unknown): void => {
      if (typeof value !== "object" || value === null) return;
      if ("from" in value && "to" in value) slices.push(text.slice(value.from as number, value.to as number));
      for (const part of Object.values(value)) visit(part);
    };
    visit(parseExpression({ where: "Pde", text }));
    expect(slices).toEqual([text, "a", "laplace( c^2 )*(b)", "laplace( c^2 )", "c^2", "c", "2", "(b)"]);
  });

  it("takes sums of any length", () => {
    expect(parse(`${"a+".repeat(40_000)}a`)).toHaveLength(80_003);
  });
});

describe("assignments", () => {
  it.each([
    ["next = u + k", ["next = (u+k)"]],
    ["a = 1; b = 2", ["a = 1", "b = 2"]],
    ["\n a = 1\n\n ;b = (2 +\n 3)\n", ["a = 1", "b = (2+3)"]],
    ["a = 1 +\n 2\nb = a", ["a = (1+2)", "b = a"]],
    ["a = u[1,\n 0] == b", ["a = (u[1,0]==b)"]],
  ])("of %j are told apart", (text, statements) => {
    expect(assign(text)).toEqual(statements);
  });

  it.each([
    [
      "a = b\n + c",
      'grid.kernel: expected the name of a field to assign to, got "+". End the line before with the operator, or use parentheses.\n  2 |  + c\n       ^',
    ],
    ["a b", 'grid.kernel: expected = behind "a", got "b". Write name = expression.\n  a b\n    ^'],
    [
      "a = 1\n3 = b",
      'grid.kernel: expected the name of a field to assign to, got "3". Write name = expression.\n  2 | 3 = b\n      ^',
    ],
    [
      "a = 2 *\n",
      "grid.kernel: expected a number, a name or a parenthesis, got the end. Write an operand.\n  2 | \n      ^",
    ],
    ["a = 1 b = 2", 'grid.kernel: expected an operator, got "b". Write * between factors.\n  a = 1 b = 2\n        ^'],
    [" ; ", "grid.kernel: expected an assignment, got the end. Write one, such as next = 2 * u.\n   ;\n     ^"],
  ])("that are wrong are refused: %j", (text, message) => {
    expect(messageOf(() => assign(text))).toBe(message);
  });
});

describe("a text that is wrong is refused at its place", () => {
  it.each([
    ["", "expected an expression, got the end. Write one, such as laplace(c).", "", "^"],
    ["2c", 'expected an operator, got "c". Write * between factors.', "2c", " ^"],
    ["c c", 'expected an operator, got "c". Write * between factors.', "c c", "  ^"],
    ["(a)(b)", 'expected an operator, got "(". Write * between factors.', "(a)(b)", "   ^"],
    ["c = 1", 'expected an operator, got "=". Write == to compare.', "c = 1", "  ^"],
    [
      "a < b < c",
      'expected one comparison, got "<". Multiply comparisons to join them, as in (a < b) * (b < c).',
      "a < b < c",
      "      ^",
    ],
    [
      "a == 3 or b",
      'expected an operator, got "or". Write max(a < b, b < c) for one of two comparisons.',
      "a == 3 or b",
      "       ^",
    ],
    [
      "a AND b",
      'expected an operator, got "AND". Multiply comparisons to join them, as in (a < b) * (b < c).',
      "a AND b",
      "  ^",
    ],
    [
      "2*(not a)",
      'expected an operand, got "not". Write 1 - (a < b) for the opposite of a comparison.',
      "2*(not a)",
      "   ^",
    ],
    [
      "a || b",
      'expected a number, a name or an operator, got "|". Write max(a < b, b < c) for one of two comparisons.',
      "a || b",
      "  ^",
    ],
    ["a if b", 'expected an operator, got "if". Write where(test, a, b).', "a if b", "  ^"],
    ["2*Math.sin(c)", 'expected a function by its name alone, got "Math.sin". Write sin(...).', "2*Math.sin(c)", "  ^"],
    ["v.x(c)", 'expected an operator, got "(". Write * between factors.', "v.x(c)", "   ^"],
    [
      "c # twice",
      'expected a number, a name or an operator, got "#". Texts have no comments: leave it out.',
      "c # twice",
      "  ^",
    ],
    [
      "c // 2",
      'expected a number, a name or an operator, got "//". Texts have no comments: leave it out. A whole quotient is floor(a / b).',
      "c // 2",
      "  ^",
    ],
    ["(a + b", 'expected ")", got the end. Close the "(" of column 1.', "(a + b", "      ^"],
    ["u[1, 0)", 'expected "]", got ")". Close the "[" of column 2.', "u[1, 0)", "      ^"],
    ["a)", 'expected no further parenthesis, got ")". Remove it, or open one before.', "a)", " ^"],
    [
      "f(a,,b)",
      'expected a number, a name or a parenthesis, got ",". Remove it, or write an operand.',
      "f(a,,b)",
      "    ^",
    ],
    ["a, b", 'expected an operator, got ",". Remove it.', "a, b", " ^"],
    [
      "f(order=4, a)",
      'expected an argument with a name, got "a". Put arguments without names first.',
      "f(order=4, a)",
      "           ^",
    ],
    ["u[x=1]", 'expected numbers as indices, got "x". Leave the name out.', "u[x=1]", "  ^"],
    ["v.1", 'expected an operator, got ".1". Write * between factors.', "v.1", " ^"],
    ["v.[0]", 'expected the name of an axis behind the point, got "[". Write v.x, or v[0].', "v.[0]", "  ^"],
    ["v[0].x.y", 'expected at most two indices, got ".". Remove it.', "v[0].x.y", "      ^"],
    ["∇²c^2", 'expected no power behind ∇², got "^". Write laplace(c^2), or laplace(c)^2.', "∇²c^2", "   ^"],
    ["a − b", 'expected a number, a name or an operator, got "−". Write - instead.', "a − b", "  ^"],
    ["c²", 'expected a number, a name or an operator, got "²". Write ^2 instead.', "c²", " ^"],
    ["a @ b", 'expected a number, a name or an operator, got "@". Remove it.', "a @ b", "  ^"],
    ["1e999", "expected a number of 64 bits, got 1e999. Write a smaller number.", "1e999", "^"],
    [
      `${"(".repeat(20_000)}c${")".repeat(20_000)}`,
      "expected at most 200 levels of nesting, got more. Give parts of the expression names of their own.",
      `...${"(".repeat(100)}...`,
      `${" ".repeat(53)}^`,
    ],
    [
      `c + ${"-".repeat(300)}c`,
      "expected at most 200 levels of nesting, got more. Give parts of the expression names of their own.",
      `...${"-".repeat(100)}...`,
      `${" ".repeat(53)}^`,
    ],
    [
      "c+".repeat(60_000),
      "expected at most 100000 characters, got 120000. Divide the text into named parts.",
      `${"c+".repeat(25)}...`,
      "^",
    ],
  ])("%.40j", (text, message, line, caret) => {
    expect(messageOf(() => parse(text))).toBe(`Pde: "c" ${message}\n  ${line}\n  ${caret}`);
  });

  it("with line and column in the error", () => {
    expect(() => parse("a +\n b +\n $")).toThrow(
      expect.objectContaining({ name: "CompileError", file: 'Pde: "c"', line: 3, column: 2 }),
    );
  });

  it("however deep it is nested, in calls, indices, signs and powers", () => {
    for (const open of ["f(", "u[", "-", "a^", "(", "∇²", "f(a=", "(-(", "+"]) {
      expect(
        messageOf(() => parse(open.repeat(20_000))),
        open,
      ).toMatch(/expected at most 200 levels of nesting, got more/);
    }
  });
});
