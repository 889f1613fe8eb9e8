/** Kernels compiled at run time. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { CompileError, Grid, heap, jit, KernelError, mpi, UsageError } from "../../src/index.js";
import { compile } from "../../src/jit/compiler.js";
import { layoutOf, movable, moved } from "../../src/jit/relocate.js";
import { core } from "../../src/wasm/core.js";
import { memory } from "../../src/wasm/memory.js";
import { isFull, isQuick } from "../harness/effort.js";
import { eachMode } from "../harness/modes.js";

/** Modules that are compiled and freed. */
const count = isFull ? 200 : 5;

type Kernel = Record<string, (...values: unknown[]) => number> & { free(): void };

/** What an action throws or rejects with. */
async function errorOf(action: () => unknown): Promise<Error> {
  try {
    await action();
  } catch (error) {
    return error as Error;
  }
  throw new Error("expected an error, got none");
}

eachMode((isPlain) => {
  describe("jit", () => {
    it("returns the exports as functions", async () => {
      const kernel = await jit<{
        add(a: number, b: number): number;
        twice(a: bigint): bigint;
        readonly answer: number;
      }>(`
      export const answer: i32 = 42;
      export function add(a: i32, b: f64): f64 { return a + b; }
      export function twice(a: i64): i64 { return 2 * a; }
    `);
      expect(Object.keys(kernel).toSorted()).toEqual(["add", "answer", "twice"]);
      expect([kernel.add(1, 0.5), kernel.twice(2n ** 40n), kernel.answer]).toEqual([1.5, 2n ** 41n, 42]);
      kernel.free();
    });

    it("passes arrays of the heap, of every type, as addresses", async () => {
      const types = ["i8", "u8", "i16", "u16", "i32", "u32", "i64", "u64", "f32", "f64"] as const;
      const source = types.map(
        (t) =>
          `export function ${t}at(p: usize, i: i32): f64 { return <f64>load<${t}>(p + <usize>i * sizeof<${t}>()); }`,
      );
      const kernel: Kernel = await jit(source.join("\n"));
      for (const type of types) {
        const array = heap.array(type, 5);
        expect([...array].every((value) => Number(value) === 0)).toBe(true);
        for (let i = 0; i < 5; i++) array[i] = (type.endsWith("64") && type !== "f64" ? BigInt(i + 3) : i + 3) as never;
        expect([0, 1, 2, 3, 4].map((i) => kernel[`${type}at`]!(array, i))).toEqual([3, 4, 5, 6, 7]);
        expect(kernel[`${type}at`]!(array.subarray(2), 0), "a part").toBe(5);
        heap.free(array);
      }
      kernel.free();
    });

    it("passes fields as the address of their data", async () => {
      const grid = new Grid(mpi.init({ library: "solo" }), { shape: [4, 6], halo: 1 });
      const field = grid.field((x, y) => 10 * x + y);
      const kernel: Kernel = await jit("export function first(p: usize, i: i32): f64 { return load<f64>(p + 8 * i); }");
      expect(kernel.first!(field, field.index(2, 3))).toBe(10 * 2.5 + 3.5);
      kernel.free();
    });

    it.skipIf(isQuick)("keeps several modules with static data apart, in release and debug builds", async () => {
      const source = (value: number) => `
      const table: StaticArray<f64> = [${value}, ${value + 1}, ${value + 2}];
      const names: string[] = ["a${value}", "bb${value}", "ccc${value}"];
      let calls = 0;
      export function at(i: i32): f64 { calls++; return table[i]; }
      export function called(): i32 { return calls; }
      export function size(i: i32): i32 { return names[i].length + names[i].charCodeAt(names[i].length - 1); }
    `;
      const settings = [{}, { debug: true }, { optimize: 0 }, { optimize: 2 }] as const;
      const kernels: Kernel[] = await Promise.all(
        settings.map((options, i) => jit(source(10 * i + 1), options) as Promise<never>),
      );
      for (const [k, kernel] of kernels.entries()) {
        expect([0, 1, 2].map((i) => kernel.at!(i))).toEqual([1, 2, 3].map((value) => value + 10 * k));
        const digits = String(10 * k + 1);
        expect([0, 1, 2].map((i) => kernel.size!(i))).toEqual([1, 2, 3].map((n) => n + digits.length + 49));
      }
      expect(kernels.map((kernel) => kernel.called!())).toEqual([3, 3, 3, 3]);
      for (const kernel of kernels) kernel.free();
    });

    it("moves static data to where there is room, above 2 GiB too", async () => {
      const source = `
      const table: StaticArray<f64> = [1, 2, 3];
      const names: string[] = ["a", "bb"];
      export function at(i: i32): f64 { return table[i] + names[i & 1].length; }
      export function first(): f64 { return table[0]; }`;
      const bytes = await compile(new Map([["kernel.ts", source]]), { optimize: 3, debug: false });
      const layout = layoutOf(bytes)!;
      expect(layout.constants.length).toBeGreaterThan(3);
      expect(layout.words.length).toBeGreaterThan(1);
      for (const base of [16, 1024, 2 ** 27, 2 ** 31 - 16, 2 ** 31 + 4096, 2 ** 32 - 65536]) {
        const module = moved(bytes, layout, base);
        expect(WebAssembly.validate(module), `base ${base}`).toBe(true);
        expect(bytes.length).toBe(module.length);
      }
      const section = await jit<{ at(i: number): number; first(): number }>(source);
      expect([section.at(0), section.at(1), section.first()]).toEqual([2, 4, 1]);
      section.free();
      expect(layoutOf(bytes.subarray(0, bytes.length - 20))).toBeUndefined();
      expect(
        movable(
          bytes,
          bytes.map((byte, i) => (i === 500 ? byte ^ 1 : byte)),
          16,
          layout.signatures,
        ),
      ).toBeUndefined();
    });

    it("compiles several files, from texts and from disk", async () => {
      const kernel: Kernel = await jit({
        files: {
          "main.ts":
            'import { square } from "./maths/square"; export function f(a: f64): f64 { return square(a) + 1; }',
          "maths/square.ts":
            'import { times } from "./times"; export function square(a: f64): f64 { return times(a, a); }',
          "maths/times.ts": "export function times(a: f64, b: f64): f64 { return a * b; }",
        },
      });
      expect(kernel.f!(3)).toBe(10);
      const sums: Kernel = await jit({ files: { "sum.ts": new URL("../../assembly/sum.ts", import.meta.url) } });
      expect(typeof sums.addFigures).toBe("function");
    });

    it("uses vector instructions", async () => {
      const kernel: Kernel = await jit(`
      export function dot(a: usize, b: usize, n: i32): f64 {
        let sum = f64x2.splat(0);
        for (let end = a + 8 * n; a < end; a += 16, b += 16) sum = f64x2.add(sum, f64x2.mul(v128.load(a), v128.load(b)));
        return f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1);
      }
    `);
      const [a, b] = [heap.array("f64", 4), heap.array("f64", 4)];
      a.set([1, 2, 3, 4]);
      b.set([1, 10, 100, 1000]);
      expect(kernel.dot!(a, b, 4)).toBe(4321);
    });

    it("calls extra imports, and lets through what they throw", async () => {
      const said: number[] = [];
      const imports = {
        host: {
          say: (value: number) => said.push(value),
          refuse: () => {
            throw new TypeError("no");
          },
        },
      };
      const kernel: Kernel = await jit(
        `@external("host", "say") declare function say(value: f64): void;
       @external("host", "refuse") declare function refuse(): void;
       export function f(n: i32): void { for (let i = 0; i < n; i++) say(i); }
       export function g(): void { refuse(); }`,
        { imports },
      );
      kernel.f!(3);
      expect(said).toEqual([0, 1, 2]);
      expect(() => kernel.g!()).toThrow(new TypeError("no"));
    });

    it("has classes, arrays and strings, which __collect() frees", async () => {
      const before = memory.alloc(16);
      const kernel: Kernel = await jit(`
      class Pair { constructor(public a: i32, public next: Pair | null) {} }
      let kept: Pair | null = null;
      export function make(n: i32): void { for (let i = 0; i < n; i++) kept = new Pair(i, i % 10 ? kept : null); }
      export function sum(): i32 { let s = 0; let p: Pair | null = kept; while (p) { s += p.a; p = p.next; } return s; }
      export function grow(n: i32): f64 {
        const a = new Array<f64>();
        for (let i = 0; i < n; i++) a.push(i);
        let s = 0.0;
        for (let i = 0; i < n; i++) s += a[i];
        return s;
      }
      export function digits(n: i32): i32 { let s = ""; for (let i = 0; i < n; i++) s += i.toString(); return s.length; }
      export function map(n: i32): i32 {
        const m = new Map<i32, i32>();
        for (let i = 0; i < n; i++) m.set(i, 2 * i);
        return m.get(n - 1) + m.size;
      }
      export function pinned(): usize { return __pin(changetype<usize>(new Pair(77, null))); }
      export function read(p: usize): i32 { return changetype<Pair>(p).a; }
      export function collect(): void { __collect(); }
    `);
      for (let round = 0; round < 5; round++) {
        kernel.make!(1000);
        const ptr = kernel.pinned!();
        expect(kernel.grow!(100_000)).toBe(4999950000);
        expect(kernel.digits!(200)).toBe(490);
        expect(kernel.map!(300)).toBe(598 + 300);
        kernel.collect!();
        expect([kernel.sum!(), kernel.read!(ptr)]).toEqual([9945, 77]);
      }
      // What was collected is used again.
      const { byteLength } = core().memory.buffer;
      for (let round = 0; round < 50; round++) {
        kernel.grow!(100_000);
        kernel.collect!();
      }
      expect(core().memory.buffer.byteLength - byteLength).toBeLessThan(8 * 2 ** 20);
      memory.free(before);
    });

    it.skipIf(isQuick)(
      `leaves the memory as it was after ${count} modules compiled, used and freed`,
      {
        timeout: 240_000,
      },
      async () => {
        const source = (i: number) => `
      const table: StaticArray<i32> = [${i}, ${i + 1}];
      const kept = new Array<f64>(2000);
      export function run(n: i32): i32 { kept.push(n); heap.alloc(5000); return table[1] + kept.length; }`;
        const use = async (i: number) => {
          const kernel = await jit<{ run(n: number): number }>(source(i), { optimize: 0 });
          expect(kernel.run(1)).toBe(i + 1 + 2001);
          kernel.free();
          kernel.free();
          expect(() => kernel.run(1)).toThrow("run: expected a module in use, got a freed one. Call free() last.");
        };
        await use(0);
        // A block in the place where the first free one is found again.
        const [probe, { byteLength }] = [memory.alloc(4096), core().memory.buffer];
        memory.free(probe);
        for (let i = 1; i <= count; i++) await use(i);
        expect(core().memory.buffer.byteLength).toBe(byteLength);
        expect(memory.alloc(4096)).toBe(probe);
        memory.free(probe);
      },
    );
  });

  describe("a trap in compiled code", () => {
    const source = `
    export function divide(a: i32, b: i32): i32 { return a / b; }
    export function deep(n: i32): i32 { return n == -1 ? 0 : deep(n + 1) * 3 + n; }
    export function stop(): void { unreachable(); }
    export function far(): f64 { return load<f64>(0xfffffff0); }
    export function fail(): void { throw new Error("so wrong"); }
    export function beyond(i: i32): i32 { const a = new StaticArray<i32>(3); return a[i]; }
  `;

    it.each([
      ["divide", [1, 0], 'the trap "divide by zero"'],
      ["deep", [0], 'the trap "stack overflow"'],
      ["stop", [], 'the trap "unreachable"'],
      ["far", [], 'the trap "memory access out of bounds"'],
      ["fail", [], 'the abort "so wrong (kernel.ts:6:36)"'],
      ["beyond", [3], 'the abort "Index out of range (~lib/staticarray.ts:78:41)"'],
    ])("is a KernelError with the name of %s", async (name, values, got) => {
      const kernel: Kernel = await jit(source);
      const error = await errorOf(() => kernel[name]!(...values));
      expect(error).toBeInstanceOf(KernelError);
      expect((error as KernelError).kernel).toBe(name);
      const deep = name === "deep" ? ", called by kernel/deep, called by kernel/deep" : "";
      const where = isPlain
        ? ` in kernel/${name}${deep}. Mend that function.`
        : ". Compile it with { debug: true } to see where.";
      expect(error.message).toBe(`${name}: expected the function to return, got ${got}${where}`);
    });

    it("names the inner functions and checks assertions in a debug build", async () => {
      const text = `function inner(a: i32): i32 { return 1 / a; }
      export function outer(a: i32): i32 { assert(a < 5, "a is small"); return inner(a); }`;
      const kernel: Kernel = await jit(text, { debug: true });
      expect(() => kernel.outer!(0)).toThrow(
        'outer: expected the function to return, got the trap "divide by zero" in kernel/inner, called by kernel/outer. Mend that function.',
      );
      expect(() => kernel.outer!(9)).toThrow(
        'outer: expected the function to return, got the abort "a is small (kernel.ts:2:44)" in kernel/outer. Mend that function.',
      );
      const release: Kernel = await jit(text);
      expect(release.outer!(9)).toBe(0);
    });
  });
});

describe("a source that does not compile", () => {
  it("is one error with file, line, column, the line and a caret", async () => {
    const error = await errorOf(() => jit('export function f(): f64 {\n\treturn "x";\n}'));
    expect(error).toBeInstanceOf(CompileError);
    expect(error).toMatchObject({ file: "kernel.ts", line: 2, column: 9 });
    expect(error.message).toBe(
      [
        "jit: expected source that compiles, got an error. Mend this line.",
        "kernel.ts:2:9: Type '~lib/string/String' is not assignable to type 'f64'.",
        '  \treturn "x";',
        "  \t       ^",
      ].join("\n"),
    );
  });

  it("shows at most five errors, of all files", async () => {
    const files = {
      "a.ts": 'import { b } from "./b"; export function f(): i32 { return b(); }',
      "b.ts": "export function b(): i32 { return one + two + three + four + five + six + seven; }",
    };
    const { message } = await errorOf(() => jit({ files }));
    expect(message).toContain("b.ts:1:35: Cannot find name 'one'.\n");
    expect(message.split("\n").filter((line) => /^\S+\.ts:/.test(line)).length).toBeLessThanOrEqual(5);
  });

  it.each([
    ["let a: i32[] = [f()]; export function f(n: i32 = f()): i32 { return n; }", /a crash during compile/],
    [
      "class A<T extends A<T>> { next: A<T> | null = null; } class B extends A<B> {} export const b = new B();",
      /call stack/,
    ],
  ])("is one that crashes the compiler: %s", async (text, got) => {
    const { exit } = process;
    const { error: print } = console;
    const error = await errorOf(() => jit(text));
    expect(error).toBeInstanceOf(CompileError);
    expect(error.message).toMatch(
      /^jit: expected source that compiles, got ".*" from the compiler\. Make the source smaller/,
    );
    expect(error.message).toMatch(got);
    expect([process.exit, console.error]).toEqual([exit, print]);
    const kernel: Kernel = await jit("export function two(): i32 { return 2; }");
    expect(kernel.two!()).toBe(2);
  });

  const noModule = (name: string) =>
    `There is no module "${name}". Sources import "mpi", "field" and each other; functions of JavaScript are declared: @external("${name}", "f") declare function f(): void.`;
  const noFile = (name: string) => `There is no file "${name}" among the sources. Give it as one of { files }.`;
  it.each([
    ["fs", noModule("fs")],
    ["node:fs", noModule("node:fs")],
    ["host", noModule("host")],
    ["assemblyscript", noModule("assemblyscript")],
    ["asconfig.json", noModule("asconfig.json")],
    ["../../package", noFile("../../package.ts")],
    ["./jit", noFile("jit.ts")],
    ["/etc/passwd", undefined],
  ])("is one that imports %s", async (name, text) => {
    const error = await errorOf(() => jit(`import { x } from "${name}"; export function f(): i32 { return x; }`));
    expect(error).toBeInstanceOf(CompileError);
    expect(error.message.split("\n")[1]).toContain(text ?? "There is no ");
  });

  it("is one that imports what a module has not", async () => {
    const error = await errorOf(() => jit('import { alreduce } from "mpi"; export const a: usize = alreduce;'));
    expect(error.message).toContain("Module \"mpi\" has no exported member 'alreduce'.");
  });
});

describe("wrong use of jit", () => {
  const external = (from: string, name: string) =>
    `@external("${from}", "${name}") declare function get(): i32; export function f(): i32 { return get(); }`;

  it.each([
    [
      () => jit(external("env", "secret")),
      'jit: expected imports of "mpi", "field" and those in "imports", got env.secret. Leave it out.',
    ],
    [
      () => jit(external("host", "get")),
      'jit: expected imports of "mpi", "field" and those in "imports", got host.get. Give it as imports: { "host": { "get": ... } }.',
    ],
    [
      () => jit(external("host", "toString"), { imports: { host: {} } }),
      'jit: expected imports of "mpi", "field" and those in "imports", got host.toString. Give it as imports: { "host": { "toString": ... } }.',
    ],
    [
      () => jit("", { imports: { env: { memory: () => 1 } } }),
      'jit: "imports" expected modules other than env, heap, mpi, field, stencil, got "env". Choose another name.',
    ],
    [
      () => jit("", { imports: { host: { get: 3 } } } as never),
      'jit: "imports.host.get" expected a function, got 3. Leave out what is none.',
    ],
    [
      () => jit("", { imports: 5 } as never),
      'jit: "imports" expected an object of modules by name, got 5. Write { host: { progress: (n) => ... } } for imports.',
    ],
    [
      () => jit("", { imports: null } as never),
      'jit: "imports" expected an object of modules by name, got null. Write { host: { progress: (n) => ... } } for imports.',
    ],
    [
      () => jit("", { imports: { host: () => 1 } } as never),
      'jit: "imports.host" expected an object of functions by name, got function host. Write { host: { progress: (n) => ... } } for imports.',
    ],
    [
      () => jit("", { optimise: 3 } as never),
      'jit: expected options among optimize, debug, imports, local, got "optimise". Did you mean optimize?',
    ],
    [
      () => jit("", { rank: 0 } as never),
      'jit: expected options among optimize, debug, imports, local, got "rank". Remove or rename it.',
    ],
    [
      () => jit({ files: { "a.ts": "" }, debug: true } as never),
      'jit: "source" expected the key files, got "debug". Remove or rename it.',
    ],
    [() => jit("", { optimize: 4 } as never), 'jit: "optimize" expected 0, 1, 2 or 3, got 4. Leave it out for 3.'],
    [
      () => jit("", { debug: "yes" } as never),
      'jit: "debug" expected true or false, got "yes". Leave it out for false.',
    ],
    [() => jit("", { local: 1 } as never), 'jit: "local" expected true or false, got 1. Leave it out for false.'],
    [
      () => jit(undefined as never),
      'jit: "source" expected a text, the URL of a file or { files: { "name.ts": text } }, got undefined. Pass the text of a source.',
    ],
    [
      () => jit({ files: {} }),
      'jit: "source" expected a text, the URL of a file or { files: { "name.ts": text } }, got Object. Pass the text of a source.',
    ],
    [
      () => jit({ files: { "../a.ts": "" } }),
      'jit: "files" expected names such as "kernel.ts" or "stencils/heat.ts", got "../a.ts". Rename it.',
    ],
    [
      () => jit({ files: { "a.ts": 3 } } as never),
      'jit: "files" expected the text or the URL of a.ts, got 3. Pass a text, or new URL("./a.ts", import.meta.url).',
    ],
    [
      () => heap.array("f16" as never, 3),
      'heap.array: "type" expected one of i8, u8, i16, u16, i32, u32, i64, u64, f32, f64, got "f16". Name one of them.',
    ],
    [
      () => heap.array("f64", 1.5),
      'heap.array: "length" expected a whole number of elements, got 1.5. Give their number.',
    ],
    [
      () => heap.array("f64", 2 ** 27),
      // 16 bytes behind the elements, 32 before them, and 4 that no block has.
      `heap.array: "length" expected at most ${(2 ** 30 - 56) / 8} elements of f64 (1 GiB with what is around them), got ${2 ** 27}. Make several arrays.`,
    ],
    [
      () => heap.free(new Float64Array(3)),
      'heap.free: "array" expected an array of heap.array() in use, got another one. Free each one once.',
    ],
  ] as [() => unknown, string][])("is told: %#", async (action, text) => {
    const error = await errorOf(action);
    expect(error).toBeInstanceOf(UsageError);
    expect(error.message).toBe(text);
  });

  it("is told of arguments", async () => {
    const kernel: Kernel = await jit("export function f(p: usize): i32 { return load<i32>(p); }");
    expect(() => kernel.f!()).toThrow("f: expected 1 argument, got 0. Give each parameter a value.");
  });

  it("leaves no memory behind", async () => {
    const source = `const t: StaticArray<i32> = [1, 2]; export function at(i: i32): i32 { return t[i]; } ${external("host", "x")}`;
    await errorOf(() => jit(source));
    const probe = memory.alloc(64);
    memory.free(probe);
    for (let i = 0; i < 5; i++) await errorOf(() => jit(source));
    expect(memory.alloc(64)).toBe(probe);
    memory.free(probe);
  });
});

it("ships the runtime of compiled modules", () => {
  const { files } = JSON.parse(readFileSync(join(import.meta.dirname, "../..", "package.json"), "utf8"));
  expect(files).toContain("assembly/jit");
});
