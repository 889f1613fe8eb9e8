/** Modules that run briefly are optimized later than others, and other modules as ever. */
import { expect, it } from "vitest";
import { patiently } from "../src/tiering.js";

it("gives what was loaded, or throws what went wrong, also where loads overlap", async () => {
  const first = patiently(async () => {
    await expect(
      patiently(async () => {
        throw new Error("not here");
      }),
    ).rejects.toThrow("not here");
    return 1;
  });
  expect(await Promise.all([first, patiently(async () => 2)])).toEqual([1, 2]);
});
