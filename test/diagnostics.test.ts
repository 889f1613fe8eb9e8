/** Errors in a source, with the line and a caret under the column. */
import { describe, expect, it } from "vitest";
import { compileError, pointOut } from "../src/diagnostics.js";
import { CompileError } from "../src/index.js";

const text = "du/dt = laplace(u)\r\n\tv = u ** w\nlast";

describe("a place in a source", () => {
  it.each([
    [0, 1, 1, "  du/dt = laplace(u)", "  ^"],
    [8, 1, 9, "  du/dt = laplace(u)", "          ^"],
    [text.indexOf("w\n"), 2, 11, "  \tv = u ** w", "  \t         ^"],
    [text.indexOf("last"), 3, 1, "  last", "  ^"],
    [text.length, 3, 5, "  last", "      ^"],
  ])("is shown with its line: character %i", (position, line, column, source, caret) => {
    expect(pointOut({ message: "Unknown.", file: "heat.pde", text, position })).toEqual({
      ...{ file: "heat.pde", line, column },
      lines: [`heat.pde:${line}:${column}: Unknown.`, source, caret],
    });
  });

  it("is the start of the source where none is known", () => {
    const { lines, ...place } = pointOut({ message: "Too long.", file: "heat.pde" });
    expect(place).toEqual({ file: "heat.pde", line: 1, column: 1 });
    expect(lines).toEqual(["heat.pde:1:1: Too long."]);
  });
});

describe("the error of a source", () => {
  const diagnostics = Array.from({ length: 7 }, (_, i) => ({
    message: `No ${i}.`,
    file: "a",
    text: "abcdefg",
    position: i,
  }));

  it("tells one error", () => {
    const error = compileError("Pde", diagnostics.slice(2, 3));
    expect(error).toBeInstanceOf(CompileError);
    expect(error).toMatchObject({ file: "a", line: 1, column: 3 });
    expect(error.message).toBe(
      ["Pde: expected source that compiles, got an error. Mend this line.", "a:1:3: No 2.", "  abcdefg", "    ^"].join(
        "\n",
      ),
    );
  });

  it("tells the first five of several, and how many there are", () => {
    const lines = compileError("jit", diagnostics).message.split("\n");
    expect(lines[0]).toBe("jit: expected source that compiles, got 7 errors. Mend these lines.");
    expect(lines.filter((line) => line.startsWith("a:"))).toHaveLength(5);
    expect(lines.at(-1)).toBe("and 2 more");
  });
});
