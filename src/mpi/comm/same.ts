/** What all ranks have to pass alike, and some did not. */
import { show, wrong } from "../../argument.js";
import type { Comm } from "./comm.js";
import { numbersOf } from "./hash.js";

/** The numbers of a reduction: what is local, and what comes of it. */
const [mine, most] = [new Float64Array(4), new Float64Array(4)];

/** Whether two numbers are the same on all ranks; NaN is not. **Collective** and blocking: a reduction of four numbers. */
export function areSame(comm: Comm, a: number, b: number): boolean {
  mine.set([a, b, -a, -b]);
  comm.allreduce(mine, most, { op: "max" });
  // The greatest of the negatives is the negative of the least.
  return most[0] === -most[2]! && most[1] === -most[3]!;
}

/** As {@link expectSame}, for what should be a number: without a hash. **Collective** and blocking. @throws UsageError */
export function expectSameNumber(comm: Comm, where: string, value: unknown): void {
  if (comm.size === 1) return;
  const isNumber = Number.isFinite(value);
  if (!areSame(comm, isNumber ? (value as number) : 0, Number(isNumber))) refuse(comm, where, show(value));
}

/** Whether a text is the same on all ranks. **Collective** and blocking: a reduction of four numbers. */
export function isSameText(comm: Comm, text: string): boolean {
  return comm.size === 1 || areSame(comm, ...numbersOf(text));
}

/**
 * Checks that all ranks pass the same, by a text of it. **Collective** and blocking: a reduction of four numbers.
 * @param where - call and argument: `Grid: "options"`
 * @throws UsageError on all ranks, which tells of the first that passes something else than rank 0
 */
export function expectSame(comm: Comm, where: string, text: string): void {
  if (!isSameText(comm, text)) refuse(comm, where, text);
}

/** Texts longer than that are shown from a little before the first letter on that is not the same. */
const longest = 200;

/** Parts of two texts around their first difference, or both whole. */
function partsOf(first: string, second: string): readonly [string, string] {
  if (Math.max(first.length, second.length) <= longest) return [first, second];
  let at = 0;
  while (first[at] === second[at]) at++;
  const begin = Math.max(0, at - longest / 4);
  const part = (text: string) => {
    const end = begin + longest / 2;
    return `${begin > 0 ? "..." : ""}${text.slice(begin, end)}${end < text.length ? "..." : ""}`;
  };
  return [part(first), part(second)];
}

/** Tells what the first rank passes that passes something else than rank 0. **Collective.** */
function refuse(comm: Comm, where: string, text: string): void {
  const texts = comm.allgatherObject(text);
  const rank = texts.findIndex((entry) => entry !== texts[0]);
  const [expected, got] = partsOf(texts[0]!, texts[rank]!);
  throw wrong(where, `the same on all ranks, ${expected} as on rank 0`, `${got} on rank ${rank}`, "Give all the same.");
}
