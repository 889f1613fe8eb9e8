/** C functions that are called by machine code of this package, in the place of koffi. */
import { describe, expect, it } from "vitest";
import { koffi } from "../../src/mpi/library/machine.js";
import { addressOf } from "../../src/mpi/library/native.js";
import { trampoline } from "../../src/mpi/library/trampoline.js";

const isThere = process.platform === "linux" && process.arch === "x64";

describe.skipIf(!isThere)("trampoline", () => {
  const addressOfFunction = (name: string) => Number(koffi().load(null).symbol(name));
  const text = (bytes: Uint8Array) => Buffer.from(bytes).toString("latin1").replace(/\0.*$/s, "");
  const bytes = (value: string) => new Uint8Array(Buffer.from(`${value}\0`));

  it("passes every number of arguments up to twelve in their order", () => {
    const into = new Uint8Array(256);
    const values = [1, -2, 3, -4, 5, -6, 7, -8, 9];
    for (let count = 0; count <= values.length; count++) {
      const format = bytes(
        values
          .slice(0, count)
          .map(() => "%d")
          .join(" "),
      );
      const print = trampoline(addressOfFunction("snprintf"), 3 + count)!;
      const length = print(addressOf(into), into.length, addressOf(format), ...values.slice(0, count));
      const expected = values.slice(0, count).join(" ");
      expect([length, text(into)]).toEqual([expected.length, expected]);
    }
  });

  it("passes addresses and integers of 53 bits, of both signs", () => {
    const into = new Uint8Array(256);
    const wide = [2 ** 53 - 1, 1 - 2 ** 53, -1, 2 ** 32, 0x8000_0000];
    const format = bytes(wide.map(() => "%ld").join(" "));
    trampoline(addressOfFunction("snprintf"), 3 + wide.length)!(addressOf(into), 256, addressOf(format), ...wide);
    expect(text(into)).toBe(wide.join(" "));
  });

  it("returns the int that the function returns", () => {
    const abs = trampoline(addressOfFunction("abs"), 1)!;
    expect([abs(-5), abs(7), abs(0), abs(-(2 ** 31))]).toEqual([5, 7, 0, -(2 ** 31)]);
    expect(trampoline(addressOfFunction("getpid"), 0)!()).toBe(process.pid);
  });

  it("keeps the arguments of a function that calls back while others are called", () => {
    const [abs, values] = [trampoline(addressOfFunction("abs"), 1)!, Int32Array.of(3, -1, 2, -7, 5)];
    const order = koffi().proto("int", ["int32_t *", "int32_t *"]);
    let calls = 0;
    const compare = (a: unknown, b: unknown) => {
      calls += abs(-1);
      return abs(koffi().decode(a, "int32_t")) - abs(koffi().decode(b, "int32_t"));
    };
    const pointer = koffi().register(compare, koffi().pointer(order));
    trampoline(addressOfFunction("qsort"), 4)!(addressOf(values), values.length, 4, Number(pointer));
    koffi().unregister(pointer);
    expect([...values]).toEqual([-1, 2, 3, 5, -7]);
    expect(calls).toBeGreaterThanOrEqual(values.length - 1);
  });

  it("leaves functions with more arguments to koffi", () => {
    expect(trampoline(addressOfFunction("snprintf"), 13)).toBeUndefined();
  });
});
