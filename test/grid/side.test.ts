import { describe, expect, it } from "vitest";
import { Grid } from "../../src/grid/grid.js";
import { checkBlocks, parseSides, type SideParser, sideName } from "../../src/grid/side.js";
import { solo } from "../harness/run.js";

const where = 'Solver: "boundary"';
/** Keeps what is given with the name of the place; conditions are texts, numbers, `{ value }` or `{ slope }`. */
const parser: SideParser<string> = {
  keys: ["value", "slope"],
  parse: (condition, axis, at) => `${JSON.stringify(condition)} of ${axis} as ${at}`,
};
const parse = (value: unknown, periodic: boolean[]) =>
  parseSides(where, value, new Grid(solo(), { shape: periodic.map(() => 4), periodic }), parser);

describe("what an option says of each side", () => {
  it("is nothing where it is left out or names no side", () => {
    for (const value of [undefined, {}]) expect(parse(value, [false, false])).toEqual([{}, {}]);
  });

  it.each([["open"], [7], [null], [[1, 2]], [{ value: 3 }], [{ slope: 0 }]])(
    "is the condition %j alone on all sides that are not periodic",
    (condition) => {
      const text = JSON.stringify(condition);
      for (const value of [condition, { "*": condition }]) {
        expect(parse(value, [false, true, false])).toEqual([
          { low: `${text} of 0 as x`, high: `${text} of 0 as x` },
          {},
          { low: `${text} of 2 as z`, high: `${text} of 2 as z` },
        ]);
      }
    },
  );

  it("is checked where no side is left for it", () => {
    const refused = { ...parser, parse: () => expect.fail("refused") };
    const grid = new Grid(solo(), { shape: [4, 4], periodic: true });
    expect(() => parseSides(where, "open", grid, refused)).toThrow("refused");
    expect(() => parseSides(where, { "*": "open" }, grid, refused)).toThrow("refused");
  });

  it("is that of the more special name, in any order", () => {
    const entries = Object.entries({ "*": "all", x: "axis", "x-": "side", "y+": "other" });
    for (const order of [entries, [...entries].reverse()]) {
      expect(parse(Object.fromEntries(order), [false, false])).toEqual([
        { low: '"side" of 0 as x-', high: '"axis" of 0 as x' },
        { low: '"all" of 1 as y', high: '"other" of 1 as y+' },
      ]);
    }
  });

  it("is asked of a periodic axis only where that is named", () => {
    expect(parse({ x: "periodic", "*": "all" }, [true, false])).toEqual([
      { low: '"periodic" of 0 as x', high: '"periodic" of 0 as x' },
      { low: '"all" of 1 as y', high: '"all" of 1 as y' },
    ]);
  });

  it.each([
    [{ z: "open" }, '"z". Name a side.'],
    [{ "z-": "open" }, '"z-". Name a side.'],
    [{ "": "open" }, '"". Name a side.'],
    [{ left: "open" }, '"left". Name a side.'],
    [{ x_: "open" }, '"x_". Did you mean x-?'],
    [{ Y: "open" }, '"Y". Did you mean y?'],
    [{ vlaue: 3 }, '"vlaue". Did you mean value?'],
    [{ x: "open", Slope: 3 }, '"Slope". Did you mean slope?'],
  ])("is refused for the unknown name in %j", (value, got) => {
    expect(() => parse(value, [false, false])).toThrow(
      `Solver: "boundary" expected sides among *, x, x-, x+, y, y-, y+, got ${got}`,
    );
  });
});

describe("blocks at a wall", () => {
  it("are refused where they are thinner than its condition reads", () => {
    const grid = new Grid(solo(), { shape: [3, 2] });
    const depth = (cells: number) => (axis: number, side: "low" | "high") => ({
      kind: "curved",
      cells: sideName(grid, axis, side) === "y+" ? cells : 0,
    });
    expect(() => checkBlocks(where, grid, depth(2))).not.toThrow();
    expect(() => checkBlocks(where, grid, depth(3))).toThrow(
      'Solver: "boundary" expected at least 3 cells in the blocks at the curved wall y+, got 2. Use fewer blocks or more cells along y.',
    );
  });
});
