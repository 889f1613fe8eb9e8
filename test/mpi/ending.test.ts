/** What is told of what a program throws and nobody catches. */
import { describe, expect, it } from "vitest";
import { wrong } from "../../src/argument.js";
import { describePlace } from "../../src/mpi/ending.js";

describe("what nobody catches", () => {
  const silent = () => {
    throw new Error("not to be read");
  };

  it("is an error with its stack, its cause and what else it has, as Node.js tells it", () => {
    const text = describePlace(new Error("no ice", { cause: new RangeError("too warm") }));
    expect(text).toMatch(/^Error: no ice\n {4}at /);
    expect(text).toContain("[cause]: RangeError: too warm\n");
    expect(describePlace(Object.assign(new Error("gone"), { code: "ENOENT" }))).toContain("code: 'ENOENT'");
  });

  it("is whatever it is", () => {
    const thrown: readonly [unknown, string][] = [
      [undefined, "undefined"],
      ["a text", "a text"],
      [Symbol("s"), "Symbol(s)"],
      [{ rank: 3 }, "{ rank: 3 }"],
      [Object.create(null), "[Object: null prototype] {}"],
      [{ toString: silent }, "{ toString: [Function: silent] }"],
      [new Proxy({}, { get: silent }), "{}"],
      [Object.defineProperty(new Error("x"), "stack", { get: silent }), "a value that cannot be read"],
    ];
    for (const [value, text] of thrown) expect(describePlace(value)).toBe(text);
  });

  it("is told where the program makes lists of stacks", () => {
    const { prepareStackTrace } = Error;
    Error.prepareStackTrace = (_, sites) => sites;
    const [plain, ours] = [new Error("no ice"), wrong("Grid", "cells", "none", "Take some.")];
    // They are made when they are first read.
    const texts = [describePlace(plain), describePlace(ours)];
    Error.prepareStackTrace = prepareStackTrace;
    expect(texts[0]).toMatch(/^Error: no ice\n {4}at .*ending\.test\.ts:\d+:\d+\)?\n/);
    expect(texts[1]).toMatch(/^UsageError: Grid: expected cells, got none\. Take some\.\n {2}in \S+:\d+:\d+$/);
  });
});
