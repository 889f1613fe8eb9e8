/** How the system keeps the memory of large fields. */
import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { Grid } from "../../src/index.js";
import { baseOf } from "../../src/mpi/library/machine.js";
import { allocator } from "../../src/wasm/core.js";
import { solo } from "../harness/run.js";

/** Whether the system has large pages for those who ask. */
const hasLargePages = existsSync("/sys/kernel/mm/transparent_hugepage");

/** The flags of the mapping that an address lies in, as Linux tells them: `hg` where large pages are asked for. */
function flagsAt(address: number): readonly string[] {
  const mappings = readFileSync("/proc/self/smaps", "utf8").split(/^(?=[0-9a-f]+-[0-9a-f]+ )/m);
  const mapping = mappings.find((text) => {
    const [begin, end] = text.split(/[- ]/, 2).map((number) => Number.parseInt(number, 16)) as [number, number];
    return begin <= address && address < end;
  });
  const [, flags = ""] = /^VmFlags: (.*)$/m.exec(mapping ?? "") ?? [];
  return flags.trim().split(" ");
}

describe.runIf(hasLargePages)("the memory", () => {
  it("is to lie in large pages where a field fills one, from its start to its end", () => {
    const field = new Grid(solo(), { shape: [512, 512], periodic: true }).field(1);
    const base = baseOf(allocator().memory.buffer);
    expect(flagsAt(base)).toContain("hg");
    expect(flagsAt(base + field.originPtr + 8 * 512 ** 2)).toContain("hg");
    expect(field.sum()).toBe(2 ** 18);
  });
});
