/** What a restart says of a run that is not the one of the state. */
import { describe, expect, it } from "vitest";
import { expectSetup } from "../../src/pde/setup.js";
import { refusal } from "../harness/message.js";

describe("a restart names what differs, as users write it", () => {
  const constants = (numbers: object, ...fields: string[]) => ({ constants: { numbers, fields } });
  it.each<[string, object, object, string, string]>([
    ["constants", constants({ D: 1, k: 2 }), constants({ D: 3, k: 2 }), "D = 1", "D = 3"],
    ["constants", constants({ D: 1 }), constants({}, "D 12ab"), "D = 1", "D = a field with digest 12ab"],
    [
      "constants",
      constants({}, "D 1 2"),
      constants({}, "D 1 3"),
      "D = a field with digest 1 and 2",
      "D = a field with digest 1 and 3",
    ],
    ["equations", { equations: { c: "c", d: "1" } }, { equations: { c: "c", d: "2" } }, "d = 1", "d = 2"],
    ["equations", { equations: { c: "c", d: "1" } }, { equations: { d: "1", c: "c" } }, "c = c, d = 1", "d = 1, c = c"],
    ["boundary", { boundary: null }, { boundary: { "y-": { value: 0 } } }, "none", "y- value = 0"],
    ["grid", { grid: { shape: [8, 8] } }, { grid: { shape: [8, 9] } }, "shape = [8, 8]", "shape = [8, 9]"],
    ["stepper", { stepper: "rk4" }, { stepper: "euler" }, "rk4", "euler"],
    ["dt", { dt: 0.1 }, {}, "0.1", "none"],
  ])("%s", (name, before, now, was, is) => {
    expect(refusal(() => expectSetup(before as never, now as never, { numbers: {}, fields: [] }))).toBe(
      `Pde.solve: "restart" expected the ${name} of the run before, ${was}, got ${is}. Go on with the same equations and options, or start anew.`,
    );
  });

  it("but not the order of constants", () => {
    const before = constants({ D: 1, k: 2 }, "a 12", "b 34");
    const left = { numbers: { D: 5, k: 2 }, fields: ["a 12", "b 34"] };
    for (const D of [1, 5]) expectSetup(before, constants({ k: 2, D }, "b 34", "a 12"), left);
    expect(() => expectSetup(before, constants({ k: 1, D: 2 }, "b 34", "a 12"), left)).toThrow();
  });
});
