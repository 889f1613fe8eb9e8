import { describe, expect, it } from "vitest";
import {
  expectFunction,
  expectKeys,
  expectList,
  expectNumber,
  expectOneOf,
  expectOptions,
  expectValues,
  expectWhole,
  keysOf,
  nearest,
  show,
  showAll,
  wrong,
  wrongFile,
} from "../src/argument.js";
import { FileError, KernelError, UsageError } from "../src/errors.js";

/** The text of the UsageError that a call throws. */
function textOf(call: () => unknown): string {
  try {
    call();
  } catch (error) {
    expect(error).toBeInstanceOf(UsageError);
    return (error as Error).message;
  }
  throw new Error("expected an error, got none");
}

describe("the text of an error", () => {
  it("names a call, or a call and its argument", () => {
    expect(wrong("Grid", "a", "b", "Do c.").message).toBe("Grid: expected a, got b. Do c.");
    expect(wrong('Grid: "shape"', "a", 3, "Do c.").message).toBe('Grid: "shape" expected a, got 3. Do c.');
    expect(wrong('"--shape"', "a", "b", "Do c.").message).toBe('"--shape" expected a, got b. Do c.');
    expect(wrong('Halo: "fields" of rank 1', "a", "b", "Do c.").message).toBe(
      'Halo: "fields" of rank 1 expected a, got b. Do c.',
    );
  });

  it("of a file has the path, and the cause where there is one", () => {
    const cause = new Error("disk full");
    const error = wrongFile("a.h5", "room", cause, "Make room.");
    expect(error).toBeInstanceOf(FileError);
    expect(error).toMatchObject({
      message: 'file "a.h5": expected room, got "disk full". Make room.',
      path: "a.h5",
      cause,
    });
    expect(wrongFile("a.h5", "room", "none", "Make room.").cause).toBeUndefined();
  });

  it("of a file is that of a full memory, which is no fault of the file", () => {
    const full = new KernelError("alloc: expected room for 8 bytes, got none. Use more ranks.", "alloc", undefined);
    expect(wrongFile("a.h5", "a file that rank 0 can open", full, "Use another file system.")).toBe(full);
  });

  it("shows what was passed", () => {
    const shown = [
      "a",
      [1, 2],
      ["a"],
      ["a", undefined, 2],
      Array.from({ length: 100 }, () => 10),
      [[1], {}],
      Math.max,
      () => 0,
      undefined,
      null,
      2n,
      new Float64Array(1),
      Object.create(null),
      Promise.resolve(1),
    ];
    expect(shown.map(show)).toEqual([
      '"a"',
      "[1, 2]",
      '["a"]',
      '["a", undefined, 2]',
      `[${"10, ".repeat(24)}10,...`,
      "Array",
      "function max",
      "a function",
      "undefined",
      "null",
      "2n",
      "Float64Array",
      "object",
      "a promise that was not awaited",
    ]);
  });
});

describe("what has no usual text", () => {
  const thrower = (): never => {
    throw new Error("no");
  };
  const revoked = <T extends object>(target: T): T => {
    const { proxy, revoke } = Proxy.revocable(target, {});
    revoke();
    return proxy;
  };
  const named = (name: unknown) => Object.defineProperty(() => 0, "name", { value: name });
  it.each<[string, unknown, string]>([
    ["no prototype", Object.create(null), "object"],
    ["a class", class Wave {}, "class Wave"],
    ["a symbol", Symbol("s"), "Symbol(s)"],
    ["a name that is no text", named(Symbol("s")), "a function"],
    ["a name that throws", Object.defineProperty(() => 0, "name", { get: thrower }), "a function that cannot be read"],
    ["a class without a name", { constructor: 5 }, "object"],
    ["a class with another name", { constructor: { name: 5 } }, "object"],
    [
      "a class that throws",
      Object.defineProperty({}, "constructor", { get: thrower }),
      "an object that cannot be read",
    ],
    ["a revoked object", revoked({}), "an object that cannot be read"],
    ["a revoked list", revoked([]), "an object that cannot be read"],
    ["a revoked function", revoked(Math.sin), "a function that cannot be read"],
  ])("is shown all the same: %s", (_, value, text) => {
    expect([show(value), showAll(value)]).toEqual([text, expect.any(String)]);
    expect(wrong("f", "a number", show(value), "Give one.").message).toBe(
      `f: expected a number, got ${text}. Give one.`,
    );
    expect(wrong("f", "a number", value, "Give one.").message).toMatch(/^f: expected a number, got .+\. Give one\.$/s);
  });
});

describe("the nearest known name", () => {
  const cases: readonly [name: string, known: readonly string[], expected: string | undefined][] = [
    ["shap", ["shape", "split"], "shape"],
    ["hsape", ["shape", "split"], "shape"],
    ["Shape", ["shape", "split"], "shape"],
    ["nonOscilatory", ["nonoscillatory", "iterations"], "nonoscillatory"],
    ["rooot", ["root"], "root"],
    ["source", ["from", "tag"], "from"],
    ["dest", ["to", "tag"], "to"],
    ["dest", ["root", "op"], "root"],
    ["dest", ["target", "at"], "target"],
    ["source", ["root"], "root"],
    ["source", ["sources", "degrees"], "sources"],
    ["recvcounts", ["counts", "displs", "root"], "counts"],
    ["counts", ["sendCounts", "recvCounts"], "recvCounts"],
    ["dtype", ["offset", "type"], "type"],
    ["constructor", ["from"], undefined],
    ["n_iters", ["iterations", "infiniteGauge"], "iterations"],
    ["bc", ["boundary", "define"], "boundary"],
    ["t_range", ["grid", "until"], "until"],
    ["tend", ["grid", "until"], "until"],
    ["no", ["on", "off", "auto"], "off"],
    ["of", ["on", "off", "auto"], "off"],
    ["tracker", ["dt", "track"], "track"],
    ["random", ["noise", "round"], "noise"],
    ["offset", ["at", "rank"], "at"],
    ["colour", ["shape", "split"], undefined],
    ["x", ["y", "z"], undefined],
    ["tol", ["boundary", "tolerance", "method"], "tolerance"],
    ["--nonosc", ["--steps", "--nonoscillatory"], "--nonoscillatory"],
    ["dim", ["dimensionallySplit", "dimensions"], undefined],
    ["to", ["tolerance"], undefined],
    ["", ["root"], undefined],
  ];
  it.each(cases)("of %j among %j is %j", (name, known, expected) => {
    expect(nearest(name, known)).toBe(expected);
  });
});

describe("checks", () => {
  it("of keys know the nearest name, one key, and none", () => {
    expectKeys("f", { a: 1 }, ["a", "b"]);
    expectKeys("f", undefined, ["a"]);
    expect(textOf(() => expectKeys("f", { source: 2 }, ["from", "tag"]))).toBe(
      'f: expected options among from, tag, got "source". Did you mean from?',
    );
    expect(textOf(() => expectKeys("f", { unit: 1 }, ["dtype"]))).toBe(
      'f: expected the option dtype, got "unit". Remove or rename it.',
    );
    expect(textOf(() => expectKeys('f: "values"', { phi: 1 }, ["theta", "u"]))).toBe(
      'f: "values" expected keys among theta, u, got "phi". Remove or rename it.',
    );
    expect(textOf(() => expectKeys("f", { a: 1 }, []))).toBe('f: expected no options, got "a". Remove or rename it.');
  });

  it("of options refuse an operation that is undefined, which a name that does not exist is", () => {
    expectKeys("f", { at: undefined, tag: undefined }, ["at", "tag"]);
    expect(textOf(() => expectOptions("f", { op: undefined }, ["op"]))).toBe(
      'f: "op" expected an operation, got undefined. Write its name: { op: "max" }.',
    );
  });

  it("of options refuse what is no object", () => {
    expect(textOf(() => expectKeys("f", 2 as never, ["root"]))).toBe(
      "f: expected an object with the option root, got 2. Write { root: ... }.",
    );
    expect(textOf(() => expectKeys("f", null as never, ["to", "tag"]))).toBe(
      "f: expected an object with options among to, tag, got null. Write { to: ... }.",
    );
    expect(textOf(() => expectKeys("f", 2 as never, []))).toBe("f: expected no options, got 2. Leave it out.");
    expect(textOf(() => expectKeys("f", [8, 8], ["shape", "halo"]))).toBe(
      "f: expected an object with options among shape, halo, got [8, 8]. Write { shape: ... }.",
    );
    class Field {
      grid = 1;
    }
    expect(textOf(() => expectKeys('f: "fields"', new Field(), ["psi"]))).toBe(
      'f: "fields" expected an object with the key psi, got Field. Write { psi: ... }.',
    );
    expect(textOf(() => expectOptions("f", undefined as never, ["to", "tag"]))).toBe(
      "f: expected an object with options among to, tag, got undefined. Write { to: ... }.",
    );
    expect(textOf(() => expectOptions("f", { dest: 1 }, ["to", "tag"]))).toBe(
      'f: expected options among to, tag, got "dest". Did you mean to?',
    );
    const { proxy, revoke } = Proxy.revocable([], {});
    revoke();
    const expected = "expected an object with options among to, tag";
    expect(textOf(() => expectOptions("f", proxy, ["to", "tag"]))).toBe(
      `f: ${expected}, got an object that cannot be read. Write { to: ... }.`,
    );
    expect(textOf(() => expectValues("f", { to: proxy }, ["to", "tag"]))).toBe(
      'f: "to" expected a value that can be read, got an object that cannot be read. Pass it before its proxy is revoked.',
    );
    expect(textOf(() => expectList('f: "n"', proxy, "a list", "Give one."))).toBe(
      'f: "n" expected a list, got an object that cannot be read. Give one.',
    );
    expectOptions("f", { to: 1 }, keysOf<{ to: number; tag?: number }>({ to: true, tag: true }));
  });

  it("of numbers name their bounds", () => {
    expect(expectWhole('f: "n"', 3, { least: 1 }, "Count.")).toBe(3);
    expect(textOf(() => expectWhole('f: "n"', 1.5, { least: 1 }, "Count."))).toBe(
      'f: "n" expected a whole number from 1, got 1.5. Count.',
    );
    expect(textOf(() => expectWhole('f: "n"', 9, { least: 1, most: 8 }, "Count."))).toBe(
      'f: "n" expected a whole number from 1 to 8, got 9. Count.',
    );
    expect(textOf(() => expectWhole('f: "n"', "3", { most: 8 }, "Count."))).toBe(
      'f: "n" expected a whole number up to 8, got "3". Count.',
    );
    expect(expectNumber('f: "x"', 0.5, {}, "Measure.")).toBe(0.5);
    expect(textOf(() => expectNumber('f: "x"', Number.NaN, {}, "Measure."))).toBe(
      'f: "x" expected a finite number, got NaN. Measure.',
    );
  });

  it("of words, lists and functions", () => {
    expect(expectOneOf('f: "w"', "open", ["open", "rigid"])).toBe("open");
    expect(textOf(() => expectOneOf('f: "w"', "opne", ["open", "rigid"]))).toBe(
      'f: "w" expected one of open, rigid, got "opne". Did you mean open?',
    );
    expect(textOf(() => expectOneOf('f: "w"', 3, ["open", "rigid"]))).toBe(
      'f: "w" expected one of open, rigid, got 3. Choose one of them.',
    );
    expect(expectList('f: "l"', [1], "a list", "Give it.")).toEqual([1]);
    expect(textOf(() => expectList('f: "l"', [1], "2 numbers", "Give them.", 2))).toBe(
      'f: "l" expected 2 numbers, got 1. Give them.',
    );
    expect(textOf(() => expectList('f: "l"', "ab", "2 numbers", "Give them.", 2))).toBe(
      'f: "l" expected 2 numbers, got "ab". Give them.',
    );
    expectFunction('f: "g"', Math.sin, "Give one.");
    expect(textOf(() => expectFunction('f: "g"', 1, "Give one."))).toBe('f: "g" expected a function, got 1. Give one.');
    expect(textOf(() => expectFunction('f: "g"', class Wave {}, "Give one."))).toBe(
      'f: "g" expected a function, got class Wave. Give one.',
    );
    const { proxy, revoke } = Proxy.revocable(Math.sin, {});
    revoke();
    expect(textOf(() => expectFunction('f: "g"', proxy, "Give one."))).toBe(
      'f: "g" expected a function, got a function that cannot be read. Give one.',
    );
  });
});
