/** Arguments at random: wrong ones are told, right ones obeyed. */
import { join } from "node:path";
import { expect, it } from "vitest";
import { isFull } from "../harness/effort.js";
import { root, runNode } from "../harness/process.js";

const seconds = isFull ? 3000 : 100;

it.skipIf(process.platform === "win32")(
  "arguments at random end in a line and its exit code, or are obeyed, each of them",
  { timeout: 1000 * (seconds + 10) },
  async () => {
    const program = join(root, "test", "ranks", "wrong-arguments.mjs");
    const { code, stdout, transcript } = await runNode([program, isFull ? "3000" : "20", "1"], {
      timeoutMs: 1000 * seconds,
    });
    expect(code, transcript).toBe(0);
    expect(stdout.split("\n"), transcript).toContain("ok");
  },
);
