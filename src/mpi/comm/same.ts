/** What all ranks have to pass alike, and some did not. */
import { createHash } from "node:crypto";
import { wrong } from "../../argument.js";
import type { Comm } from "./comm.js";

/**
 * Checks that all ranks pass the same, by a text of it. **Collective** and blocking: a reduction of four numbers.
 * @param where - call and argument: `Grid: "options"`
 * @throws UsageError on all ranks, which tells of the first that passes something else than rank 0
 */
export function expectSame(comm: Comm, where: string, text: string): void {
  if (comm.size === 1) return;
  const hash = createHash("sha1").update(text).digest();
  const [a, b] = [hash.readUIntBE(0, 6), hash.readUIntBE(6, 6)];
  const local = Float64Array.of(a, b, -a, -b);
  const most = comm.allreduce(local, new Float64Array(local.length), { op: "max" });
  // The greatest of the negatives is the negative of the least.
  if (most[0] === -most[2]! && most[1] === -most[3]!) return;
  const texts = comm.allgatherObject(text);
  const rank = texts.findIndex((entry) => entry !== texts[0]);
  const got = `${texts[rank]} on rank ${rank}`;
  throw wrong(where, `the same on all ranks, ${texts[0]} as on rank 0`, got, "Give all the same.");
}
