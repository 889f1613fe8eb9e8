/** Compiled modules on disk, and one compilation for all ranks. */
import { mkdirSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { homedir, hostname } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { cached, cacheFolder } from "../../src/jit/cache.js";
import { keyOf } from "../../src/jit/compiler.js";
import { temporaryFolder } from "../harness/command.js";
import { eachLibrary, root, runNode, runRanks } from "../harness/launch.js";

const folder = temporaryFolder();
let folders = 0;
const fresh = () => join(folder, `cache-${folders++}`);
const bytes = Uint8Array.from({ length: 1000 }, (_, i) => i % 251);

/** Makes the bytes, and counts how often. */
function maker() {
  const made = { count: 0 };
  const make = async () => {
    made.count++;
    await new Promise((done) => setTimeout(done, 50));
    return bytes.slice();
  };
  return { made, make };
}

describe("the cache", () => {
  it("makes bytes once and finds them then", async () => {
    const [place, { made, make }] = [fresh(), maker()];
    for (let i = 0; i < 3; i++) expect(await cached("a", make, place)).toEqual(bytes);
    expect(made.count).toBe(1);
    await cached("b", make, place);
    expect(made.count).toBe(2);
    expect(readdirSync(place).toSorted()).toEqual(["a.wasm", "b.wasm"]);
  });

  it("makes them once for 24 that ask at once", async () => {
    const [place, { made, make }] = [fresh(), maker()];
    const all = await Promise.all(Array.from({ length: 24 }, () => cached("a", make, place)));
    expect(all.every((one) => Buffer.from(one).equals(bytes))).toBe(true);
    expect(made.count).toBe(1);
    expect(readdirSync(place)).toEqual(["a.wasm"]);
  });

  it.each([
    ["cut short", (content: Buffer) => content.subarray(0, 500)],
    ["empty", () => Buffer.alloc(0)],
    ["changed in one bit", (content: Buffer) => content.map((byte, i) => (i === 700 ? byte ^ 1 : byte))],
    ["longer", (content: Buffer) => Buffer.concat([content, Buffer.alloc(1)])],
  ] as const)("makes a file that is %s again", async (_, damage) => {
    const [place, { made, make }] = [fresh(), maker()];
    await cached("a", make, place);
    const file = join(place, "a.wasm");
    const whole = readFileSync(file);
    writeFileSync(file, damage(whole));
    expect(await cached("a", make, place)).toEqual(bytes);
    expect(made.count).toBe(2);
    expect(readFileSync(file)).toEqual(whole);
  });

  it("takes over the lock of a process that has ended, or that is too old", async () => {
    for (const [owner, age] of [
      [`${hostname()} 999999999`, 0],
      ["elsewhere 1", 3600],
      ["", 3600],
    ] as const) {
      const [place, { made, make }] = [fresh(), maker()];
      const lock = join(place, "a.wasm.lock");
      mkdirSync(place);
      writeFileSync(lock, owner);
      const then = Date.now() / 1e3 - age;
      utimesSync(lock, then, then);
      await cached("a", make, place);
      expect(made.count).toBe(1);
      expect(readdirSync(place)).toEqual(["a.wasm"]);
    }
  });

  it("removes what was not read for 90 days when it writes, and notes what is read", async () => {
    const [place, { made, make }] = [fresh(), maker()];
    for (const name of ["old", "read"]) {
      await cached(name, make, place);
      const then = Date.now() / 1e3 - 89 * 86_400;
      utimesSync(join(place, `${name}.wasm`), then, then);
    }
    await cached("read", make, place);
    expect(made.count).toBe(2);
    const then = Date.now() / 1e3 - 91 * 86_400;
    utimesSync(join(place, "old.wasm"), then, then);
    await cached("new", make, place);
    expect(readdirSync(place).toSorted()).toEqual(["new.wasm", "read.wasm"]);
    expect(statSync(join(place, "read.wasm")).mtimeMs).toBeGreaterThan(Date.now() - 60_000);
  });

  it("leaves the lock when making fails", async () => {
    const place = fresh();
    const failing = () => Promise.reject(new Error("no"));
    await expect(cached("a", failing, place)).rejects.toThrow("no");
    expect(readdirSync(place)).toEqual([]);
  });

  it("does without a folder where there cannot be one", async () => {
    const { made, make } = maker();
    const file = join(folder, "file");
    writeFileSync(file, "");
    for (const place of [undefined, file, join(file, "below")]) expect(await cached("a", make, place)).toEqual(bytes);
    expect(made.count).toBe(3);
  });

  it("is where WASM_MPI_CACHE says, else in the user's folder", () => {
    expect(cacheFolder({ WASM_MPI_CACHE: "/somewhere" })).toBe("/somewhere");
    expect(cacheFolder({ WASM_MPI_CACHE: "0" })).toBeUndefined();
    expect(cacheFolder({ WASM_MPI_CACHE: "" })).toBeUndefined();
    if (process.platform !== "linux") return;
    expect(cacheFolder({})).toBe(join(homedir(), ".cache", "wasm-mpi"));
    expect(cacheFolder({ XDG_CACHE_HOME: "/own" })).toBe("/own/wasm-mpi");
  });

  it("has a key that depends on sources, their names and options, in plain mode also on where they are", () => {
    const options = { optimize: 3, debug: false } as const;
    const sources = (files: Record<string, string>, url = "file:///a.ts") => ({
      files: new Map(Object.entries(files)),
      urls: new Map([["a.ts", url]]),
    });
    const one = sources({ "a.ts": "x" });
    const keys = [
      keyOf(one, options),
      keyOf(sources({ "b.ts": "x" }), options),
      keyOf(sources({ "a.ts": "y" }), options),
      keyOf(one, { ...options, optimize: 2 }),
      keyOf(one, { ...options, debug: true }),
      keyOf(sources({ "a.ts": "x", "b.ts": "" }), options),
      keyOf(one, options, true),
      keyOf(sources({ "a.ts": "x" }, "file:///other/a.ts"), options, true),
    ];
    expect(new Set(keys).size).toBe(keys.length);
    expect(keys[0]).toBe(keyOf(sources({ "a.ts": "x" }, "file:///other/a.ts"), options));
  });
});

describe("jit", { timeout: 120_000 }, () => {
  const program = join(root, "test", "ranks", "jit-cache.mjs");

  it("compiles once for 24 processes that start at once, and never again", async () => {
    const env = { WASM_MPI_CACHE: fresh() };
    const alone = () => runNode([program, "alone"], { env, timeoutMs: 100_000 });
    const results = await Promise.all(Array.from({ length: 24 }, alone));
    for (const { code, transcript } of results) expect(code, transcript).toBe(0);
    const who = results.map(({ stdout }) => stdout.trim());
    expect(who.filter((one) => one === "compiled")).toHaveLength(1);
    expect(readdirSync(env.WASM_MPI_CACHE)).toHaveLength(1);
    const warm = await runNode([program, "warm"], { env });
    expect(warm.code, warm.transcript).toBe(0);
    const cold = await runNode([program, "warm"], { env: { WASM_MPI_CACHE: "0" } });
    expect(cold.code).not.toBe(0);
    expect(cold.stderr).toContain("the compiler is loaded");
  });

  eachLibrary([1, 2, 3], (job) => {
    it("compiles on rank 0 only", async () => {
      const env = { WASM_MPI_CACHE: "0" };
      const result = await runRanks({ ...job, program: "jit-cache.mjs", args: ["first"], env, timeoutMs: 100_000 });
      expect(result.code, result.transcript).toBe(0);
    });

    it("compiles on one rank alone with { local: true }", async () => {
      const result = await runRanks({ ...job, program: "jit-cache.mjs", args: ["job"], timeoutMs: 100_000 });
      expect(result.code, result.transcript).toBe(0);
    });
  });
});
