/** Modules compiled ahead of time. */
import { lstatSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, it } from "vitest";
import { FileError, KernelError, loadModule, UsageError } from "../../src/index.js";
import { documentOf, temporaryFolder } from "../harness/command.js";
import { isQuick } from "../harness/effort.js";
import { wasmMpi } from "../harness/process.js";

const folder = temporaryFolder();
const cwd = folder;
mkdirSync(join(folder, "parts"));
writeFileSync(
  join(folder, "total.ts"),
  `import { allreduce, SUM } from "mpi";
import { offset } from "./parts/offset";
export function total(a: f64): f64 { return allreduce<f64>(a + offset(1), SUM); }`,
);
writeFileSync(
  join(folder, "parts", "offset.ts"),
  "const offsets: StaticArray<f64> = [5, 10, 20]; export function offset(i: i32): f64 { return offsets[i]; }",
);
writeFileSync(
  join(folder, "host.ts"),
  `@external("host", "twice") declare function twice(a: f64): f64;
   export function f(a: f64): f64 { return twice(a); }
   export function g(a: i32): i32 { assert(a > 0, "a is positive"); return 10 / a; }`,
);
writeFileSync(join(folder, "wrong.ts"), "export function f(): i32 {\n  return x;\n}\n");
writeFileSync(join(folder, "other.wasm"), Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0));

describe.skipIf(isQuick)("wasm-mpi build", { timeout: 60_000 }, () => {
  it("makes a module of a file and those that it imports", async () => {
    const result = await wasmMpi(["build", "total.ts"], { cwd });
    expect(result.code, result.transcript).toBe(0);
    const { length } = readFileSync(join(folder, "total.wasm"));
    expect(result.stdout).toBe(`total.wasm: ${length} bytes\n`);
    expect(readdirSync(folder).filter((name) => name.endsWith(".tmp"))).toEqual([]);
  });

  it("takes options, and prints a document", async () => {
    const args = ["build", "host.ts", "-o", "debug.wasm", "--debug", "--optimize", "1", "--json"];
    const document = documentOf(await wasmMpi(args, { cwd }));
    const { length } = readFileSync(join(folder, "debug.wasm"));
    expect(document).toEqual({ file: "host.ts", output: "debug.wasm", byteLength: length });
    const imports = { host: { twice: (a: number) => 2 * a } };
    const file = join(folder, "debug.wasm");
    for (const source of [file, pathToFileURL(file), readFileSync(file)]) {
      const module = loadModule<{ f(a: number): number; g(a: number): number }>(source, { imports });
      expect([module.f(4), module.g(5)]).toEqual([8, 2]);
      expect(() => module.g(-1)).toThrow(KernelError);
      expect(() => module.g(-1)).toThrow('the abort "a is positive (host.ts:3:37)" in host/g. Mend that function.');
      module.free();
    }
  });

  it.each([
    [
      ["wrong.ts"],
      1,
      "wasm-mpi build: expected source that compiles, got an error. Mend this line.\nwrong.ts:2:10: Cannot find name 'x'.\n    return x;\n           ^",
    ],
    [["none.ts"], 1, 'wasm-mpi build: "file" expected a source, got none.ts, which does not exist. Check the path.'],
    [["other.wasm"], 2, 'wasm-mpi build: "file" expected a .ts file, got other.wasm. Name the source.'],
    [
      ["total.ts", "--optimize", "4"],
      2,
      'wasm-mpi build: "--optimize" expected 0, 1, 2 or 3, got 4. Leave it out for 3.',
    ],
    [[], 2, 'wasm-mpi build: "file" expected a value, got none. See wasm-mpi build --help.'],
  ] as [string[], number, string][])("%s is told what to do", async (args, code, text) => {
    const result = await wasmMpi(["build", ...args], { cwd });
    expect([result.code, result.stderr.trimEnd()]).toEqual([code, text]);
  });

  it.skipIf(process.platform === "win32")("writes through a symbolic link", async () => {
    symlinkSync("target.wasm", join(folder, "link.wasm"));
    const result = await wasmMpi(["build", "total.ts", "-o", "link.wasm"], { cwd });
    expect(result.code, result.transcript).toBe(0);
    expect(lstatSync(join(folder, "link.wasm")).isSymbolicLink()).toBe(true);
    expect(lstatSync(join(folder, "target.wasm")).isFile()).toBe(true);
  });

  it("says which file cannot be written", async () => {
    const result = await wasmMpi(["build", "total.ts", "-o", "none/x.wasm"], { cwd });
    const path = join(folder, "none", "x.wasm");
    const text = `wasm-mpi build: "--output" expected a file that can be written, got ${path} (ENOENT). Choose another.`;
    expect([result.code, result.stderr.trim()]).toEqual([1, text]);
  });
});

describe("loadModule", () => {
  it.each([
    [
      () => loadModule(join(folder, "other.wasm")),
      UsageError,
      'loadModule: expected a module made by jit or "wasm-mpi build", got other bytes. Build it again.',
    ],
    [
      () => loadModule(join(folder, "none.wasm")),
      FileError,
      `loadModule: expected a file of wasm-mpi build, got ${join(folder, "none.wasm")}, which does not exist. Check the path.`,
    ],
    [
      () => loadModule(3 as never),
      UsageError,
      'loadModule: "module" expected a path, a URL or bytes, got 3. Pass the file of wasm-mpi build.',
    ],
    [
      () => loadModule("x", { import: {} } as never),
      UsageError,
      'loadModule: expected the option imports, got "import". Did you mean imports?',
    ],
    [
      () => loadModule("x", { imports: { mpi: {} } }),
      UsageError,
      'loadModule: "imports" expected modules other than env, heap, mpi, field, stencil, got "mpi". Choose another name.',
    ],
  ] as const)("is told of wrong use: %#", (action, type, text) => {
    expect(action).toThrow(type);
    expect(action).toThrow(text);
  });
});
