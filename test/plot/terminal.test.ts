/** Pictures of characters, and what a terminal can show. */
import { describe, expect, it } from "vitest";
import { screenOf } from "../../src/cli/terminal.js";
import type { Panel } from "../../src/plot/index.js";
import { textOf } from "../../src/plot/terminal/picture.js";
import { colourCode, type Screen } from "../../src/plot/terminal/screen.js";

const plain: Screen = { columns: 24, rows: 4, colours: "none" };
const panel = (values: number[], shape: number[], title = "t = 1"): Panel => {
  return { title, values: Float64Array.from(values), shape };
};

describe("a map in characters", () => {
  it("has x to the right and y upwards, more ink for more, and the ends of all scales", () => {
    expect(textOf([panel([0, 1, 2, 3], [2, 2])], { label: "psi" }, plain)).toEqual([
      "t = 1",
      "2.0 ----@@@@",
      "    ----@@@@",
      "  y     ****",
      "  0     ****",
      "    0  x 2.0",
      "psi: 0   ..::--==++**##%%@@ 3.0",
    ]);
  });

  it("has the ends of axes to a hundredth of their length", () => {
    const ends = (low: number, high: number) => {
      const coordinates = [
        [(3 * low + high) / 4, (low + 3 * high) / 4],
        [0, 1],
      ];
      return textOf([panel([0, 1, 2, 3], [2, 2])], { coordinates }, plain)
        .at(-2)!
        .trim()
        .split(/\s+x\s*/);
    };
    expect(ends(0, 2.5)).toEqual(["0", "2.5"]);
    expect(ends(-Math.PI / 3, Math.PI / 3)).toEqual(["-1.05", "1.05"]);
    expect(ends(0, 4e-7)).toEqual(["0", "4e-7"]);
    expect(ends(1e6, 1e6 + 0.5)).toEqual(["1000000.0", "1000000.5"]);
  });

  it("stands above the next one, and says which cells are no numbers", () => {
    const panels = [panel([0, Number.NaN, 2, 3], [2, 2]), panel([3, 2, 1, 0], [2, 2], "t = 2")];
    const lines = textOf(panels, {}, plain);
    expect(lines.slice(1, 3)).toEqual(["2.0 ????@@@@", "    ????@@@@"]);
    expect(lines.slice(5, 7)).toEqual(["t = 2", "2.0 ****"]);
    expect(lines.at(-1)).toBe("value: 0   ..::--==++**##%%@@ 3.0, not finite: ?");
  });

  it("is two rows of pixels a line in colours, those of the map or the nearest of 256", () => {
    const colours = { true: ["2;68;1;84", "2;253;231;37"], 256: ["5;53", "5;220"] } as const;
    for (const [name, [low, high]] of Object.entries(colours)) {
      const screen = { ...plain, colours: name as "true" | "256" };
      const [, line] = textOf([panel([0, 1], [2, 1])], {}, screen);
      const half = (rgb: string) => `\u001b[38;${rgb}m\u001b[48;${rgb}m${"▀".repeat(8)}`;
      expect(line).toBe(`1.0 ${half(low)}${half(high)}\u001b[0m`);
    }
  });

  it("is no wider and no higher than the screen, however long its axes are", () => {
    for (const shape of [
      [1000, 1],
      [1, 1000],
      [300, 200],
    ]) {
      const lines = textOf([panel(Array(shape[0]! * shape[1]!).fill(1), shape)], {}, { ...plain, columns: 40 });
      expect(lines.length).toBeLessThanOrEqual(4 + 3);
      for (const line of lines) expect(line.length).toBeLessThanOrEqual(40);
    }
  });
});

describe("curves in characters", () => {
  const hill = panel([0, 1, 4, 9, 16, 9, 4, 1], [8]);
  it("are letters, or dots of braille where there are colours", () => {
    const screen = { ...plain, rows: 5 };
    expect(textOf([hill], { label: "psi" }, screen)).toEqual([
      "psi:  * t = 1",
      "16           ***",
      "           *** **",
      "          **    ***",
      "        ***       **",
      " 0  *****          ***",
      "   0        x         8",
    ]);
    const code = "\u001b[38;5;74m";
    expect(textOf([hill], { label: "psi" }, { ...screen, colours: "256" }).slice(0, 3)).toEqual([
      `psi:  ${code}⠒\u001b[0m t = 1`,
      `16           ${code}⡼⠹⡄\u001b[0m`,
      `           ${code}⢀⡼⠁ ⠹⣄\u001b[0m`,
    ]);
  });

  it("are those of all panels in one chart, what is dotted behind the others", () => {
    const exact = { ...panel([0, 1, 4, 9, 16, 9, 4, 1], [8], "exact"), dotted: true };
    expect(textOf([hill, exact], {}, plain)[0]).toBe("value:  * t = 1   . exact");
  });

  it("have on a logarithmic scale ends that are no powers of ten in two digits", () => {
    const lines = textOf([panel([2.5e-6, 0.4], [2])], { log: true }, plain);
    expect([lines[1]!.trim().split(" ")[0], lines[4]!.trim().split(" ")[0]]).toEqual(["0.4", "2.5e-6"]);
  });

  it("have gaps, and survive any number of cells and any size of values", () => {
    const gap = textOf([panel([1, Number.NaN, 3], [3])], {}, plain);
    expect(gap.join("").match(/\*/g)).toHaveLength(3); // The legend's as well.
    expect(textOf([panel([1e-21, 3e-21], [2])], {}, plain)[1]).toMatch(/^3\.0e-21 +\*+$/);
    expect(textOf([panel([-1e300, 1e300], [2])], {}, plain)[4]).toMatch(/^-1\.0e300 +\*+$/);
    expect(textOf([panel([7], [1])], {}, plain)[3]).toMatch(/^7 +\*$/);
    expect(textOf([panel([Number.NaN], [1])], {}, plain)).toEqual(["value: no finite value"]);
  });
});

describe("a screen", () => {
  const terminal = { isTTY: true, columns: 120, rows: 50 };
  const colours = (env: NodeJS.ProcessEnv, stream: object = terminal) => screenOf(stream as never, env).colours;

  it("has the colours that the terminal has, none for NO_COLOR, pipes and other sets of characters", () => {
    const rich = { TERM: "xterm-256color", COLORTERM: "truecolor" };
    expect(colours(rich)).toBe("true");
    expect(colours({ TERM: "xterm-256color" })).toBe("256");
    expect(colours({ TERM: "dumb" })).toBe("none");
    expect(colours({ ...rich, NO_COLOR: "1" })).toBe("none");
    expect(colours({ ...rich, LC_ALL: "C" })).toBe("none");
    expect(colours({ ...rich, LANG: "de_DE.UTF-8" })).toBe("true");
    expect(colours(rich, {})).toBe("none");
    expect(colours({ ...rich, FORCE_COLOR: "3" }, {})).toBe("true");
  });

  it("has the size of the terminal, that of COLUMNS, or 80 by 24", () => {
    expect(screenOf(terminal as never, {})).toMatchObject({ columns: 120, rows: 44 });
    expect(screenOf({} as never, { COLUMNS: "60" })).toMatchObject({ columns: 60, rows: 18 });
    expect(screenOf({} as never, {})).toMatchObject({ columns: 80, rows: 18 });
  });

  it("takes greys for greys among 256 colours", () => {
    const screen: Screen = { ...plain, colours: "256" };
    const greys: [number, number, number][] = [
      [190, 190, 190],
      [0, 0, 0],
      [255, 255, 255],
      [118, 118, 118],
    ];
    expect(greys.map((rgb) => colourCode(rgb, screen, "front"))).toEqual(
      ["250", "16", "231", "243"].map((number) => `\u001b[38;5;${number}m`),
    );
  });
});
