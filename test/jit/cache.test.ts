/** Compiled modules on disk, and one compilation for all ranks. */
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  copyFileSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { homedir, hostname } from "node:os";
import { dirname, join, relative } from "node:path";
import { build } from "esbuild";
import { describe, expect, it } from "vitest";
import { cached, cacheFolder } from "../../src/jit/cache.js";
import { plainProgram } from "../../src/jit/plain/program.js";
import { keyOf } from "../../src/jit/sources.js";
import { temporaryFolder } from "../harness/command.js";
import { isFull, isQuick } from "../harness/effort.js";
import { root, runNode } from "../harness/process.js";

const folder = temporaryFolder();
let folders = 0;
const fresh = () => join(folder, `cache-${folders++}`);
const bytes = Uint8Array.from({ length: 1000 }, (_, i) => i % 251);

/** A key as `keyOf` makes them. */
const key = (name: string) => createHash("sha256").update(name).digest("hex");
/** The time in seconds, so many days ago. */
const daysAgo = (days: number) => Date.now() / 1e3 - days * 86_400;

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

/** The files below a folder, links as files. Not `recursive`: it follows links from Node 24 on. */
function filesOf(base: string): string[] {
  const inside = (folder: string): string[] =>
    readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
      const path = join(folder, entry.name);
      return entry.isDirectory() ? inside(path) : [relative(base, path)];
    });
  return inside(base).toSorted();
}

/** Makes a folder and all in it so many days old. */
function age(path: string, days: number): void {
  if (lstatSync(path).isDirectory()) for (const name of readdirSync(path)) age(join(path, name), days);
  lutimesSync(path, daysAgo(days), daysAgo(days));
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
    expect(all.every((module) => Buffer.from(module).equals(bytes))).toBe(true);
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

  it("takes over the lock of a process that has ended, of one that is none, or that is too old", async () => {
    const another = spawn(process.execPath, ["-e", "setTimeout(() => 0, 60_000)"]);
    const [host, pid] = [hostname(), another.pid!];
    const cases = [
      [`${host} 999999999`, 0],
      [`${host} 999999999 1`, 0],
      ["elsewhere 1", 3600],
      ["", 3],
      ["not a lock", 3],
      [`${host} ${process.pid}`, 31],
      // The number of a process that began at another time.
      ...(process.platform === "linux" ? [[`${host} ${pid} 1`, 0] as const] : []),
    ] as const;
    for (const [owner, age] of cases) {
      const [place, { made, make }] = [fresh(), maker()];
      const lock = join(place, "a.wasm.lock");
      mkdirSync(place);
      writeFileSync(lock, owner);
      const then = Date.now() / 1e3 - age;
      utimesSync(lock, then, then);
      const begin = Date.now();
      await cached("a", make, place);
      expect(Date.now() - begin, owner).toBeLessThan(10_000);
      expect(made.count).toBe(1);
      expect(readdirSync(place)).toEqual(["a.wasm"]);
    }
    another.kill();
  });

  it("waits for a process that is at work, and for one that is about to say who it is", async () => {
    for (const owner of [`${hostname()} ${process.pid}`, "", "elsewhere 1"]) {
      const [place, { made, make }] = [fresh(), maker()];
      mkdirSync(place);
      writeFileSync(join(place, "a.wasm.lock"), owner);
      const waiting = cached("a", make, place);
      await new Promise((done) => setTimeout(done, 300));
      expect(made.count, owner).toBe(0);
      rmSync(join(place, "a.wasm.lock"));
      expect(await waiting).toEqual(bytes);
    }
  });

  it.skipIf(process.platform === "win32")("leaves no lock where the disk is full", async () => {
    const place = fresh();
    const code = `import { cached } from ${JSON.stringify(join(root, "src/jit/cache.ts"))};
      console.log((await cached("a", async () => new Uint8Array(9), ${JSON.stringify(place)})).length);`;
    const { outputFiles } = await build({
      stdin: { contents: code, resolveDir: root },
      bundle: true,
      format: "esm",
      platform: "node",
      write: false,
    });
    const program = join(folder, "full.mjs");
    writeFileSync(program, outputFiles[0]!.text);
    // No file may have a byte: writing fails as on a full disk.
    const { stdout, stderr } = spawnSync("sh", ["-c", `ulimit -f 0; exec "${process.execPath}" "${program}" | cat`]);
    expect(String(stderr)).toBe("");
    expect(String(stdout)).toBe("9\n");
    expect(readdirSync(place)).toEqual([]);
  });

  it("does not take a file under another name for its own", async () => {
    const [place, { made, make }] = [fresh(), maker()];
    await cached("a", make, place);
    copyFileSync(join(place, "a.wasm"), join(place, "b.wasm"));
    await cached("b", make, place);
    expect(made.count).toBe(2);
    expect(readFileSync(join(place, "a.wasm"))).not.toEqual(readFileSync(join(place, "b.wasm")));
  });

  it.skipIf(process.platform === "win32")("keeps others out", async () => {
    const [place, { make }] = [join(fresh(), "deep"), maker()];
    const [mask, before] = [process.umask(0), process.env.WASM_MPI_CACHE];
    try {
      await cached(
        key("a"),
        async () => {
          expect(statSync(join(place, `${key("a")}.wasm.lock`)).mode & 0o777).toBe(0o600);
          return make();
        },
        place,
      );
      process.env.WASM_MPI_CACHE = place;
      const text = "exports.byteLength = 0;";
      const sources = { files: new Map([["of/kernel.ts", ""]]), urls: new Map<string, string>() };
      plainProgram(Buffer.from(text), key("b"), sources);
    } finally {
      process.umask(mask);
      if (before === undefined) delete process.env.WASM_MPI_CACHE;
      else process.env.WASM_MPI_CACHE = before;
    }
    const entries = readdirSync(dirname(place), { recursive: true, withFileTypes: true });
    expect(entries.length).toBeGreaterThan(6);
    for (const entry of [...entries, statSync(dirname(place))]) {
      const stat = "name" in entry ? statSync(join(entry.parentPath, entry.name)) : entry;
      expect(stat.mode & 0o777).toBe(stat.isDirectory() ? 0o700 : 0o600);
    }
  });

  it("removes what was not read for 90 days when it writes, and notes what is read", async () => {
    const [place, { made, make }] = [fresh(), maker()];
    for (const name of ["old", "read"]) {
      await cached(key(name), make, place);
      utimesSync(join(place, `${key(name)}.wasm`), daysAgo(89), daysAgo(89));
    }
    await cached(key("read"), make, place);
    expect(made.count).toBe(2);
    utimesSync(join(place, `${key("old")}.wasm`), daysAgo(91), daysAgo(91));
    await cached(key("new"), make, place);
    expect(readdirSync(place).toSorted()).toEqual([`${key("new")}.wasm`, `${key("read")}.wasm`].toSorted());
    expect(statSync(join(place, `${key("read")}.wasm`)).mtimeMs).toBeGreaterThan(Date.now() - 60_000);
  });

  it("removes nothing that it has not made, however old, and follows no link", async () => {
    const [place, outside, { make }] = [fresh(), fresh(), maker()];
    const uuid = "01234567-89ab-cdef-0123-456789abcdef";
    const foreign = [
      ...["thesis.tex", ".bashrc", "photos/1999/a.jpg", "a.wasm", `${key("a")}.txt`, `${key("a")}.wasm.bak`, key("a")],
      ...[`${key("a").slice(1)}.wasm`, `0${key("a")}.wasm`, `${key("a").toUpperCase()}.wasm`, ` ${key("a")}.wasm`],
      ...[`${key("a")}.wasm.lock.txt`, `${key("a")}.wasm.1.tmp`, `${key("a")}.wasm.${uuid}`, `${key("a")}-wasm`],
      ...[`${key("folder")}.wasm/a.txt`, `${key("folder")}.wasm.lock/a.txt`, `${key("a")}.wasm\n`],
      ...["plain/notes.md", "plain/heat.ts", "plain/other/module.cjs", `plain/${key("a")}0/module.cjs`],
      ...[`plain/${key("plain")}/notes.md`, `plain/${key("plain")}/module.js`, `plain/${key("plain")}/of/mine/x.json`],
      ...[`plain/${key("plain")}/a b/heat.ts`, `plain/${key("no folder")}`],
    ];
    const ours = [
      ...[`${key("b")}.wasm`, `${key("c")}.wasm.lock`, `${key("d")}.wasm.${uuid}.tmp`],
      ...[`plain/${key("plain")}/module.cjs`, `plain/${key("plain")}/kernel.ts`, `plain/${key("plain")}/of/heat.ts`],
      ...[`plain/${key("gone")}/module.cjs`, `plain/${key("gone")}/of/heat-2.ts`, `plain/${key("half")}/heat.ts`],
      ...[`plain/${key("gone")}/module.cjs.${uuid}.tmp`],
    ];
    const kept = [`plain/${key("read")}/module.cjs`];
    const targets = [`${key("target")}.wasm`, "folder/module.cjs", "folder/heat.ts"];
    for (const [base, files] of [
      [place, [...foreign, ...ours, ...kept]],
      [outside, targets],
    ] as const) {
      for (const file of files) {
        mkdirSync(dirname(join(base, file)), { recursive: true });
        writeFileSync(join(base, file), "precious");
      }
    }
    const links = {
      [`${key("e")}.wasm`]: `${key("target")}.wasm`,
      [`${key("f")}.wasm.lock`]: "folder",
      [`${key("g")}.wasm`]: "nowhere",
      [`plain/${key("h")}`]: "folder",
      [`plain/${key("plain")}/linked`]: "folder",
      [`plain/${key("plain")}/linked.ts`]: `folder/heat.ts`,
    };
    for (const [name, target] of Object.entries(links)) symlinkSync(join(outside, target), join(place, name));
    for (const base of [place, outside]) age(base, 400);
    utimesSync(join(place, kept[0]!), daysAgo(1), daysAgo(1));

    await cached(key("new"), make, place);
    const expected = [...foreign, ...kept, ...Object.keys(links), `${key("new")}.wasm`];
    expect(filesOf(place)).toEqual(expected.toSorted());
    expect(filesOf(outside)).toEqual(targets.toSorted());
    expect(readdirSync(join(place, "plain"))).not.toContain(key("gone"));
  });

  it("takes a folder of its own in the one that is named", async () => {
    const [home, { make }] = [fresh(), maker()];
    const files = ["work/thesis.tex", `${key("a")}.wasm`, "wasm-mpi/README.md", ".cache/wasm-mpi/notes.md"];
    for (const file of files) {
      mkdirSync(dirname(join(home, file)), { recursive: true });
      writeFileSync(join(home, file), "precious");
    }
    age(home, 400);
    for (const env of [{ WASM_MPI_CACHE: home }, { XDG_CACHE_HOME: home }, { XDG_CACHE_HOME: join(home, ".cache") }]) {
      await cached(key("new"), make, cacheFolder(env));
    }
    expect(filesOf(home)).toEqual(expect.arrayContaining(files));
    expect(filesOf(home).filter((file) => file.startsWith("wasm-mpi-cache"))).toEqual([
      `wasm-mpi-cache/${key("new")}.wasm`,
    ]);
  });

  it("does without a lock where there is a link of its name", async () => {
    const [place, { made, make }] = [fresh(), maker()];
    mkdirSync(place);
    symlinkSync(join(place, "nowhere"), join(place, "a.wasm.lock"));
    expect(await cached("a", make, place)).toEqual(bytes);
    expect(made.count).toBe(1);
    expect(readdirSync(place)).toEqual(["a.wasm.lock"]);
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
    const link = join(folder, "dangling");
    symlinkSync(join(folder, "nowhere"), link);
    for (const place of [undefined, file, join(file, "below"), link])
      expect(await cached("a", make, place)).toEqual(bytes);
    expect(made.count).toBe(4);
  });

  it("makes a file in place of a link to nowhere", async () => {
    const [place, { made, make }] = [fresh(), maker()];
    mkdirSync(place);
    symlinkSync(join(place, "nowhere"), join(place, "a.wasm"));
    for (let i = 0; i < 2; i++) expect(await cached("a", make, place)).toEqual(bytes);
    expect([made.count, readdirSync(place)]).toEqual([1, ["a.wasm"]]);
  });

  it("is in the folder that WASM_MPI_CACHE names, else in the user's folder", () => {
    expect(cacheFolder({ WASM_MPI_CACHE: "/somewhere" })).toBe("/somewhere/wasm-mpi-cache");
    expect(cacheFolder({ WASM_MPI_CACHE: "0" })).toBeUndefined();
    expect(cacheFolder({ WASM_MPI_CACHE: "" })).toBeUndefined();
    if (process.platform !== "linux") return;
    expect(cacheFolder({})).toBe(join(homedir(), ".cache", "wasm-mpi"));
    expect(cacheFolder({ XDG_CACHE_HOME: "/elsewhere" })).toBe("/elsewhere/wasm-mpi");
  });

  it("has a key that depends on sources, their names and options, in plain mode also on where they are", () => {
    const options = { optimize: 3, debug: false } as const;
    const sources = (files: Record<string, string>, url = "file:///a.ts") => ({
      files: new Map(Object.entries(files)),
      urls: new Map([["a.ts", url]]),
    });
    const first = sources({ "a.ts": "x" });
    const keys = [
      keyOf(first, options),
      keyOf(sources({ "b.ts": "x" }), options),
      keyOf(sources({ "a.ts": "y" }), options),
      keyOf(first, { ...options, optimize: 2 }),
      keyOf(first, { ...options, debug: true }),
      keyOf(sources({ "a.ts": "x", "b.ts": "" }), options),
      keyOf(first, options, true),
      keyOf(sources({ "a.ts": "x" }, "file:///other/a.ts"), options, true),
    ];
    expect(new Set(keys).size).toBe(keys.length);
    expect(keys[0]).toBe(keyOf(sources({ "a.ts": "x" }, "file:///other/a.ts"), options));
  });
});

describe.skipIf(isQuick)("jit", { timeout: 120_000 }, () => {
  const program = join(root, "test", "ranks", "jit-cache.mjs");

  const processes = isFull ? 24 : 6;
  it(`compiles once for ${processes} processes that start at once, and never again`, async () => {
    const env = { WASM_MPI_CACHE: fresh() };
    const alone = () => runNode([program, "alone"], { env, timeoutMs: 100_000 });
    const results = await Promise.all(Array.from({ length: processes }, alone));
    for (const { code, transcript } of results) expect(code, transcript).toBe(0);
    const who = results.map(({ stdout }) => stdout.trim());
    expect(who.filter((said) => said === "compiled")).toHaveLength(1);
    const kept = readdirSync(join(env.WASM_MPI_CACHE, "wasm-mpi-cache"));
    expect(kept.filter((name) => name !== "compiler")).toEqual([expect.stringMatching(/^[\da-f]{64}\.wasm$/)]);
    expect(kept).toContain("compiler");
    const warm = await runNode([program, "warm"], { env });
    expect(warm.code, warm.transcript).toBe(0);
    const cold = await runNode([program, "warm"], { env: { WASM_MPI_CACHE: "0" } });
    expect(cold.code).not.toBe(0);
    expect(cold.stderr).toContain("the compiler is loaded");
  });
});
