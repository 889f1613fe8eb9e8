/** Which passes run over the tree of a module, and in which order. */
import { expect, it } from "vitest";
import { passesOf } from "../../src/jit/passes/index.js";

it("makes loops faster at level 3 only, in two rounds, then the rest", () => {
  const names = (level: 0 | 1 | 2 | 3) => passesOf(level).map(({ name }) => name);
  const round = ["turnLoops", "optimize", "hoistInvariants"];
  expect(names(3)).toEqual([...round, ...round, "unmarkViews", "outlineLoops", "keepConstants"]);
  expect(passesOf(3, true).map(({ name }) => name)).not.toContain("outlineLoops");
  for (const level of [0, 1, 2] as const) expect(names(level)).toEqual(["unmarkViews"]);
});
