import { describe, expect, it } from "vitest";
import { Worth } from "../../src/wasm/worth.js";

/** Notes so many requests at a time, of which some were in vain. */
function note(worth: Worth, now: number, times: number, vain: number): void {
  for (let time = 0; time < times; time++) worth.note(time < vain, now);
}

/** Asks in vain while others wake up. */
function wake(worth: Worth, now: number): void {
  for (const before of [2, 1, 0.5]) note(worth, now - before, 32, 32);
}

describe("asking other threads", () => {
  it("goes on while it is of use", () => {
    const worth = new Worth();
    wake(worth, 0);
    for (let now = 0; now < 5; now++) {
      note(worth, now, 32, 8);
      expect(worth.isAt(now)).toBe(true);
    }
  });

  it("pauses when it is in vain, longer each time, until it is of use again", () => {
    const worth = new Worth();
    let now = 0;
    for (const pause of [20, 40, 80, 160, 320, 640, 640]) {
      now += 2;
      wake(worth, now);
      note(worth, now, 31, 9);
      expect(worth.isAt(now)).toBe(true);
      note(worth, now, 1, 0);
      expect([worth.isAt(now + pause - 1), worth.isAt(now + pause)]).toEqual([false, true]);
      now += pause;
    }
    now += 2;
    wake(worth, now);
    note(worth, now, 32, 0);
    note(worth, now, 32, 32);
    expect([worth.isAt(now + 19), worth.isAt(now + 20)]).toEqual([false, true]);
  });

  it("is in vain where waiting takes longer than working, and not for a moment", () => {
    const worth = new Worth();
    expect(worth.isVain(0, 1, 1.9)).toBe(false);
    expect(worth.isVain(0, 1, 2.1)).toBe(true);
    expect(worth.isVain(0, 0.01, 0.1)).toBe(false);
    expect(worth.isVain(0, 0.01, 0.2)).toBe(true);
  });
});
