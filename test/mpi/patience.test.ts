/** How long ranks ask before they sleep, with a clock and a system of the test's. */
import { readFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { system } from "../../src/mpi/library/machine.js";
import { Patience } from "../../src/mpi/library/waiting/patience.js";

/** What a question takes, and a sleep, in ms. */
const [question, nap] = [0.005, 0.05];

let now: number;
let withoutCore: number;
/** What was done so far: sleeps in us, and 0 where the core was yielded. */
let rests: number[];

beforeEach(() => {
  [now, withoutCore, rests] = [1000, 3000, []];
  vi.spyOn(performance, "now").mockImplementation(() => now);
  vi.spyOn(system(), "timeWithoutCore").mockImplementation(() => withoutCore);
  vi.spyOn(system(), "yieldCore").mockImplementation(() => void rests.push(0));
  vi.spyOn(system(), "sleep").mockImplementation((microseconds) => {
    rests.push(microseconds);
    now += nap;
  });
});

afterEach(() => void vi.restoreAllMocks());

/**
 * Waits for an answer that comes after so many ms, some of them without a core. Returns how long it asked before it slept, to 0.1
 * ms; `undefined` where it did not sleep.
 */
function wait(patience: Patience, length: number, lost = 0): number | undefined {
  const begin = now;
  let asked: number | undefined;
  rests = [];
  for (let n = 1; now < begin + length; n++) {
    now += question;
    const so = now - begin;
    patience.pause(n);
    if (rests.length > 0) asked ??= so;
  }
  withoutCore += lost;
  patience.end();
  return asked === undefined ? undefined : Math.round(10 * asked) / 10;
}

/** What a wait asks before it sleeps: 20 questions, then 1 ms or 0.1. */
const [idle, busy] = [1.1, 0.2];

describe("a rank that has a core", () => {
  it("asks for 1 ms, then sleeps a moment after each question", () => {
    const patience = new Patience(false);
    expect(wait(patience, 1)).toBeUndefined();
    expect(wait(patience, 1.9)).toBe(idle);
    expect(rests.length).toBeGreaterThan(10);
    expect(new Set(rests)).toEqual(new Set([1]));
    expect(wait(patience, 1.9)).toBe(idle);
  });

  it.each([
    ["in which it was without a core", 1.3, 0.3],
    ["of more than 2 ms", 2.2, 0],
  ])("sleeps soon for 100 ms after a wait %s", (_, length, lost) => {
    const patience = new Patience(false);
    wait(patience, 1.3, 50); // What was before the first look is no sign.
    expect(wait(patience, length, lost)).toBe(idle);
    const end = now;
    while (now < end + 98) expect(wait(patience, 1.3)).toBe(busy);
    now = end + 100.1;
    expect(wait(patience, 1.3)).toBe(idle);
  });

  it("takes no core's absence of less than 0.2 ms between two looks for a sign", () => {
    const patience = new Patience(false);
    for (let n = 0; n < 10; n++) expect(wait(patience, 1.3, 0.15)).toBe(idle);
  });

  it("counts what it was without a core while it computed", () => {
    const patience = new Patience(false);
    expect(wait(patience, 1.3)).toBe(idle);
    withoutCore += 4;
    expect(wait(patience, 1.3)).toBe(idle);
    expect(wait(patience, 1.3)).toBe(busy);
  });

  it("asks the system for nothing in waits that do not sleep", () => {
    const patience = new Patience(false);
    vi.mocked(system().timeWithoutCore).mockClear();
    for (let n = 0; n < 10; n++) wait(patience, 0.9, 5);
    expect(system().timeWithoutCore).not.toHaveBeenCalled();
  });
});

describe("a rank that shares its core", () => {
  it("yields it for 1 ms, then sleeps for a twentieth of the time so far, 1 ms at most", () => {
    const patience = new Patience(true);
    wait(patience, 0.9);
    expect(new Set(rests)).toEqual(new Set([0]));
    wait(patience, 40);
    const asleep = rests.filter((us) => us > 0);
    expect(asleep[0]).toBeGreaterThanOrEqual(50);
    expect(asleep[0]).toBeLessThan(60);
    expect(asleep).toEqual(asleep.toSorted((a, b) => a - b));
    expect(asleep.at(-1)).toBe(1000);
  });
});

describe.runIf(process.platform === "linux")("the time without a core", () => {
  it("is what Linux tells of this thread, in ms", () => {
    vi.restoreAllMocks();
    const told = () => Number(readFileSync("/proc/thread-self/schedstat", "utf8").split(" ")[1]) / 1e6;
    const before = told();
    const time = system().timeWithoutCore();
    expect(time).toBeGreaterThanOrEqual(before);
    expect(time).toBeLessThanOrEqual(told());
  });
});
