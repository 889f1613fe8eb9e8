/** What is told of what a program throws and nobody catches. */

import { pathToFileURL } from "node:url";
import { describe, expect, it } from "vitest";
import { wrong } from "../../src/argument.js";
import { CallPlace, UsageError } from "../../src/errors.js";
import { exitCodeOf } from "../../src/mpi/calls/communicator.js";
import { describePlace } from "../../src/mpi/ending.js";
import { packageRoot } from "../../src/package.js";

const silent = () => {
  throw new Error("not to be read");
};

describe("what nobody catches", () => {
  it("is an error with its stack, its cause and what else it has, as Node.js tells it", () => {
    const text = describePlace(new Error("no ice", { cause: new RangeError("too warm") }));
    expect(text).toMatch(/^Error: no ice\n {4}at /);
    expect(text).toContain("[cause]: RangeError: too warm\n");
    expect(describePlace(Object.assign(new Error("gone"), { code: "ENOENT" }))).toContain("code: 'ENOENT'");
  });

  it("is whatever it is", () => {
    const revoked = Proxy.revocable({}, {});
    revoked.revoke();
    // As the engine tells it, without asking the object: Node.js 26 says that it is one.
    const proxied = Number.parseInt(process.versions.node, 10) < 26 ? "{}" : "Proxy({})";
    const thrown: readonly [unknown, string][] = [
      [undefined, "undefined"],
      ["a text", "a text"],
      [Symbol("s"), "Symbol(s)"],
      [{ rank: 3 }, "{ rank: 3 }"],
      [Object.create(null), "[Object: null prototype] {}"],
      [{ toString: silent }, "{ toString: [Function: silent] }"],
      [new Proxy({}, { get: silent }), proxied],
      [revoked.proxy, "a value that cannot be read"],
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

  it("is told in a line where it is a worker's copy of an error of the package", () => {
    const copy = Object.assign(new Error("Grid: expected cells, got none."), { name: "UsageError" });
    const stackOf = (path: string) => `Error: m\n    at wrong (${path}:1:2)\n    at file:///home/a/carve.mjs:7:14`;
    copy.stack = stackOf(`${pathToFileURL(packageRoot).href}/dist/index.js`);
    expect(describePlace(copy)).toBe("UsageError: Grid: expected cells, got none.\n  in file:///home/a/carve.mjs:7:14");
    copy.stack = stackOf("file:///home/a/usage.mjs");
    expect(describePlace(copy)).toContain("\n    at wrong (file:///home/a/usage.mjs:1:2)\n");
  });
});

describe("the place of an error of the package", () => {
  const deep = (levels: number): never => {
    if (levels === 0) throw wrong("Grid", "cells", "none", "Take some.");
    return deep(levels - 1);
  };
  function program(call: () => void): string | undefined {
    try {
      call();
    } catch (error) {
      return (error as Error).stack;
    }
    return undefined;
  }

  it("is in its stack below any number of lines of the package that are usual", () => {
    expect(program(() => deep(50))).toMatch(/ at program /);
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    const none = program(() => deep(5));
    Error.stackTraceLimit = stackTraceLimit;
    expect(none).toBe("UsageError: Grid: expected cells, got none. Take some.");
  });

  it("is that of the call whose promise it rejects", async () => {
    const place = (function called() {
      return new CallPlace();
    })();
    const rejected = new Promise((resolve) => setTimeout(resolve)).then(() => deep(0)).catch(place.rethrow);
    const error = await rejected.catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(UsageError);
    expect((error as Error).stack).toMatch(/ at deep [\s\S]* at called /);
    const plain = new Error("of the program");
    expect(place.of(plain)).toBe(plain);
    expect(plain.stack).not.toContain(" at called ");
    // Of an error of the program nothing is read, which may run its code.
    const unread = Object.defineProperty(new Error("x"), "stack", { get: silent });
    expect(place.of(unread)).toBe(unread);
  });
});

describe("a job that is aborted", () => {
  it("ends with a code that is not that of success", () => {
    expect([0, 1, 7, 255, 256, 257, -1, 2 ** 32].map(exitCodeOf)).toEqual([0, 1, 7, 255, 1, 1, 255, 1]);
    const todo = "Pass an exit code, and print what is wrong before.";
    for (const [code, got] of [
      ["no input", '"no input"'],
      [Number.NaN, "NaN"],
      [0.5, "0.5"],
      [null, "null"],
    ] as const) {
      expect(() => exitCodeOf(code as never)).toThrow(
        new UsageError(`mpi.abort: "code" expected a whole number, got ${got}. ${todo}`),
      );
    }
  });
});
