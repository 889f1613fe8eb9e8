/** Plain mode: the same results as compiled code, in JavaScript that debuggers and coverage can follow. */
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { describe, expect, it } from "vitest";
import { heap, jit } from "../../src/index.js";
import { compilePlain } from "../../src/jit/compiler.js";
import { atomicSignature, operators, vectorImmediates, vectorSignature } from "../../src/jit/plain/operators.js";
import { runtime } from "../../src/jit/plain/runtime.js";
import { translate } from "../../src/jit/plain/translate.js";
import { isFull } from "../harness/effort.js";
import { both, outcome, withMode } from "../harness/modes.js";
import { root, runNode } from "../harness/process.js";
import { randomOf } from "../oracle/mpdata.js";

/** Numbers at the edges of each type. */
const edges: Readonly<Record<string, readonly unknown[]>> = {
  i: [0, 1, -1, 2, 7, 31, 32, 33, -7, 255, 256, 65535, 2 ** 31 - 1, -(2 ** 31), 0x12345678, -0x12345678],
  l: [0n, 1n, -1n, 3n, 63n, 64n, -129n, 2n ** 31n, 2n ** 53n + 1n, 2n ** 63n - 1n, -(2n ** 63n), 0x123456789abcdefn],
  f: [0, -0, 1, -1, 0.5, 1.5, 2.5, -2.5, 0.1, 1e-45, 3.4e38, -3.4e38, 16777217, Infinity, -Infinity, NaN].map(
    Math.fround,
  ),
  d: [0, -0, 1, -1, 0.5, 1.5, 2.5, -2.5, 0.1, 5e-324, 1.7e308, -1.7e308, 2 ** 53, 2 ** 31, Infinity, -Infinity, NaN],
};

describe("an instruction in plain mode", () => {
  const withText = [...operators].filter(([, { text }]) => text !== undefined);

  it.each(withText.map(([opcode, operator]) => [operator.name, opcode, operator] as const))(
    "%s does what it does compiled",
    (_, opcode, { signature, text, isTest }) => {
      const bytes = opcode > 0xff ? [opcode >> 8, opcode & 255] : [opcode];
      const compiled = runtime.operation(bytes, signature) as (a: unknown, b: unknown) => number;
      const plain = new Function("a", "b", `return ${isTest ? `+(${text})` : text};`) as typeof compiled;
      const [first, second] = signature.split(":")[0]!;
      for (const a of edges[first!]!) {
        for (const b of second ? edges[second]! : [undefined]) {
          expect(
            outcome(() => plain(a, b)),
            `${String(a)}, ${String(b)}`,
          ).toBe(outcome(() => compiled(a, b)));
        }
      }
    },
  );

  it("has the signature that compiled code gives it, of all on numbers, vectors and atomics", () => {
    for (const [opcode, { signature }] of operators) {
      const bytes = opcode > 0xff ? [opcode >> 8, opcode & 255] : [opcode];
      expect(() => runtime.operation(bytes, signature)).not.toThrow();
    }
    const reserved = [0x9a, 0xa2, 0xa5, 0xa6, 0xaf, 0xb0, 0xb2, 0xb3, 0xb4, 0xbb, 0xc2, 0xc5, 0xc6, 0xcf, 0xd0];
    reserved.push(0xd2, 0xd3, 0xd4, 0xe2, 0xee);
    for (let opcode = 0x0d; opcode <= 0xff; opcode++) {
      if (reserved.includes(opcode) || (opcode >= 0x54 && opcode <= 0x5d)) continue;
      const prefix = opcode < 0x80 ? [0xfd, opcode] : [0xfd, opcode, 1];
      const bytes = [...prefix, ...new Array<number>(vectorImmediates(opcode)).fill(0)];
      expect(() => runtime.operation(bytes, vectorSignature(opcode)), opcode.toString(16)).not.toThrow();
    }
    const widths = [2, 3, 0, 1, 0, 1, 2]; // Of i32, i64, then 8 and 16 bits of an i32, 8 to 32 of an i64.
    for (let opcode = 0x10; opcode <= 0x4e; opcode++) {
      const bytes = [0xfe, opcode, widths[(opcode - 0x10) % 7]!, 0];
      expect(() => runtime.operation(bytes, atomicSignature(opcode)), opcode.toString(16)).not.toThrow();
    }
  });
});

describe("plain mode", { timeout: 120_000 }, () => {
  it("loads and stores numbers of every width, at any address", async () => {
    const types = ["i8", "u8", "i16", "u16", "i32", "u32", "i64", "u64", "f32", "f64"];
    const source = types.map((type) => {
      const wide = type.endsWith("64") && type !== "f64" ? type : type.startsWith("f") ? "f64" : "i32";
      const parts = type.startsWith("f")
        ? []
        : ["i8", "u16", "i32"].filter((part) => Number(part.slice(1)) <= Number(type.slice(1)));
      return `
        export function as_${type}(p: usize, value: ${wide}): ${wide} {
          store<${type}>(p, <${type}>value, 5);
          return <${wide}>load<${type}>(p, 5);
        }
        ${parts
          .map(
            (part) => `export function as_${type}_${part}(p: usize, value: ${wide}): i64 {
              store<${part}>(p, <${part}>value, 3);
              return <i64>load<${part}>(p + 3) + <i64>load<${type}>(p);
            }`,
          )
          .join("\n")}`;
    });
    const [compiled, plain] = await both(source.join("\n"));
    const [a, b] = [heap.array("u8", 32), heap.array("u8", 32)];
    for (const name of Object.keys(compiled)) {
      const letter = /^as_[iu]64/.test(name) ? "l" : name.startsWith("as_f") ? "d" : "i";
      for (const value of edges[letter]!) {
        expect(
          outcome(() => plain[name]!(b, value)),
          `${name} ${value}`,
        ).toBe(outcome(() => compiled[name]!(a, value)));
        expect(b).toEqual(a);
      }
    }
    const end = 2 ** 32;
    const far = await both("export function f(p: usize): i32 { return load<i32>(p, 100); }");
    for (const ptr of [end - 4, end - 104, end - 1]) {
      const [first, second] = far.map((kernel) => outcome(() => kernel.f!(ptr)));
      expect(first).toContain("memory access out of bounds");
      expect(second).toBe(first);
    }
  });

  it("has vectors, atomics, blocks of memory and the size of the memory", async () => {
    const [compiled, plain] = await both(`
      export function lanes(p: usize): f64 {
        let v = v128.load_splat<f64>(p);
        v = f64x2.replace_lane(v, 1, 7.5);
        v = f64x2.add(f64x2.mul(v, v128.load(p, 8)), f64x2(1.5, -2));
        v128.store(p, f64x2.max(v, f64x2.neg(v)), 32);
        v128.store_lane<f32>(p + 48, v, 1);
        v = v128.load_lane<i16>(p, v, 3, 6);
        v = v128.bitselect(v, i8x16.splat(0x55), i32x4.shl(v128.load_zero<i32>(p), 3));
        v128.store(p, i8x16.shuffle(v, v128.load(p, 32), 0, 17, 2, 19, 4, 21, 6, 23, 8, 25, 10, 27, 12, 29, 14, 31), 64);
        v128.store(p, v128.load_ext<i8>(p, 3), 80);
        return f64x2.extract_lane(v, 0) + i32x4.bitmask(v) + <f64>i8x16.all_true(v) + <f64>i64x2.extract_lane(v, 1);
      }
      export function atomics(p: usize): i64 {
        atomic.store<i32>(p, 40, 4);
        let s: i64 = atomic.add<i32>(p, 2, 4) + atomic.load<u8>(p, 4);
        s += atomic.cmpxchg<i64>(p, atomic.load<i64>(p), 77) + atomic.xchg<u16>(p, 9);
        return s * 1000 + atomic.notify(p, 1);
      }
      export function blocks(p: usize, n: i32): i32 {
        memory.fill(p, 0xab, n);
        memory.copy(p + 3, p + 1, n / 2);
        memory.copy(p + 1, p + 2, n / 3);
        return load<i32>(p + 4) + memory.compare(p, p + 7, 9);
      }
      export function grown(): i32 { const before = memory.size(); return memory.grow(1) - before + memory.grow(70000); }
    `);
    const arrays = [heap.array("f64", 16), heap.array("f64", 16)];
    for (const array of arrays) array.set([1.25, -3, 1e10, 0.1, 7, 8, 9, 10, 11, 12]);
    const [a, b] = arrays.map((array) => new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
    for (const [name, ...values] of [["lanes"], ["atomics"], ["blocks", 60], ["blocks", -1]] as const) {
      const expected = outcome(() => compiled[name]!(arrays[0], ...values));
      expect(
        outcome(() => plain[name]!(arrays[1], ...values)),
        name,
      ).toBe(expected);
      expect(b, name).toEqual(a);
    }
    expect([compiled.grown!(), plain.grown!()]).toEqual([-1, -1]);
  });

  it("has classes, virtual calls, functions as values, generics, strings and lists", async () => {
    const [compiled, plain] = await both(`
      abstract class Shape { constructor(public name: string) {} abstract area(): f64; get twice(): f64 { return 2 * this.area(); } }
      class Square extends Shape { constructor(private a: f64) { super("square"); } area(): f64 { return this.a * this.a; } }
      class Disc extends Shape { constructor(private r: f32) { super("disc"); } area(): f64 { return Math.PI * this.r * this.r; } }
      enum Kind { first = 3, second, third = first + 7 }
      namespace inside { export let calls: i64 = 0; export function call(): i64 { return ++calls; } }
      function fold<T>(values: T[], start: T, combine: (a: T, b: T) => T): T {
        let s = start;
        for (let i = 0; i < values.length; i++) s = combine(s, values[i]);
        return s;
      }
      export function shapes(n: i32): f64 {
        let s = 0.0;
        for (let i = 1; i <= n; i++) {
          const shape: Shape = i % 2 ? new Square(i) : new Disc(<f32>i / 3);
          s += shape.twice + shape.name.length;
          if (shape instanceof Disc) s -= 0.25;
        }
        return s;
      }
      export function folds(n: i32): i32 {
        const list = new Array<i32>();
        for (let i = n; i > 0; i--) list.push((i * 7919) % 101);
        list.sort((a, b) => a - b);
        const most = fold<i32>(list, i32.MIN_VALUE, (a, b) => max(a, b));
        const code = fold<i32>(list, 17, (a, b) => a * 31 + b);
        return most ^ code;
      }
      export function words(n: i32): i32 {
        const counts = new Map<string, i32>();
        for (let i = 0; i < n; i++) {
          const word = (i * i % 13).toString(16) + "-" + (<f64>i / 4).toString();
          counts.set(word, counts.has(word) ? counts.get(word) + 1 : 1);
        }
        return counts.size * 1000 + counts.keys().join("|").length + \`\${n}!\`.charCodeAt(0);
      }
      export function switches(kind: Kind): i32 {
        let s = 0;
        for (let i = 0; i < 6; i++) {
          switch (kind + (i & 1)) {
            case Kind.first: s += 1; break;
            case Kind.second: s += 10;
            case Kind.third: s += 100; continue;
            case -5: return -s;
            default: if (i > 3) return s; s ^= 7;
          }
          do { s += 2; if (s > 50) break; } while (s % 3);
        }
        return s;
      }
      export function calls(): i64 { return inside.call() * 10 + inside.calls; }
      export function shorts(a: i32, b: i32): bool { return a > 0 && (b > 0 || a / b > 3) && !(a == b); }
      export function narrow(a: i32): i32 { let x = <i8>a; let y: u16 = <u16>(a * 3); x += 100; y--; return <i32>x * 100000 + y; }
    `);
    for (const n of [0, 1, 5, 60]) {
      for (const name of ["shapes", "folds", "words", "narrow"]) {
        expect(
          outcome(() => plain[name]!(n)),
          name,
        ).toBe(outcome(() => compiled[name]!(n)));
      }
      expect(plain.calls!()).toBe(compiled.calls!());
    }
    for (let a = -6; a < 15; a++) {
      expect(plain.switches!(a)).toBe(compiled.switches!(a));
      for (const b of [-2, 0, 1, a])
        expect(outcome(() => plain.shorts!(a, b))).toBe(outcome(() => compiled.shorts!(a, b)));
    }
    const texts = [plain, compiled].map((kernel) => String(kernel.words!(500)));
    expect(texts[0]).toBe(texts[1]);
  });

  it("takes names that mean something in JavaScript, and texts that could end a string", async () => {
    const names = ["require", "Buffer", "eval", "constructor", "hasOwnProperty", "module", "base", "data", "exports"];
    const functions = names.map(
      (name, i) => `export function ${name}(table: i32): i32 { let imports = ${i}; return table + imports; }`,
    );
    const [odd, from] = ['a"; process.exit(3); "', "ho`$" + "{st}"];
    const source = `${functions.join("\n")}
      @external("host", ${JSON.stringify(odd)}) declare function odd(a: i32): i32;
      @external(${JSON.stringify(from)}, "b") declare function other(a: i32): i32;
      export function text(): i32 { const quoted = "*/ </script> \\\\" + "'"; return quoted.length + odd(1) + other(2); }`;
    const imports = { host: { [odd]: (a: number) => a + 100 }, [from]: { b: (a: number) => a + 1000 } };
    for (const kernel of await both(source, { imports })) {
      expect(names.map((name) => kernel[name]!(40))).toEqual(names.map((_, i) => 40 + i));
      expect(kernel.text!()).toBe(15 + 101 + 1002);
      kernel.free();
    }
  });

  it("takes names that the text has for itself", async () => {
    const all = ["t", "r"].flatMap((letter) => Array.from({ length: 40 }, (_, i) => `${letter}${i}`));
    // Values wait while others are computed, and blocks have results: both have variables of their own.
    const source = `
      export let value: f64 = 1;
      export function get(): f64 { return value; }
      let seen: f64 = 0;
      function note(x: f64): f64 { seen += x; return seen; }
      export function f(x: f64): f64 {
        let ${all.map((name, i) => `${name} = x + ${i}`).join(", ")};
        for (let i = 0; i < 3; i++) {
          const a = note(t0) * (i > 1 ? (t1 = note(t1), t1) : note(t2)) + note(t3);
          t2 += note(a) + (a > 2 ? (x > 3 ? (r0 = note(r1), r0 + r2) : r3) : t4);
          r2 += a;
        }
        return ${all.join(" + ")} + seen;
      }`;
    const results = [];
    for (const kernel of await both(source)) {
      Object.assign(kernel, { value: 5 });
      results.push([kernel.value, kernel.get!(), kernel.f!(1), kernel.f!(4)]);
      kernel.free();
    }
    expect(results[0]).toEqual(results[1]);
    expect(results[0]!.slice(0, 2)).toEqual([5, 5]);
  });

  it("reaches nothing but its memory and its imports either", async () => {
    const source = '@external("env", "secret") declare function get(): i32; export function f(): i32 { return get(); }';
    await expect(withMode("1", () => jit(source))).rejects.toThrow(
      'jit: expected imports of "mpi", "field" and those in "imports", got env.secret. Leave it out.',
    );
    const unknown = "export function f(): i32 { return require(1); }";
    await expect(withMode("1", () => jit(unknown))).rejects.toThrow("Cannot find name 'require'");
  });

  it.each(isFull ? [1, 2, 3, 4, 5, 6, 7, 8, 9] : [1])(
    "gives the results of compiled code for random programs, seed %i",
    async (seed) => {
      const source = randomProgram(randomOf(seed));
      const [compiled, plain] = await both(source);
      const random = randomOf(seed + 100);
      const outcomes = new Set<string>();
      // Of two operations that trap, the optimiser may put either first.
      const ending = (call: () => number | bigint) => outcome(call).replace(/"(divide|remainder) by zero"/, "by zero");
      for (let call = 0; call < 300; call++) {
        const name = `f${Math.floor(random() * 12)}`;
        const values = [pick(random, edges.i!), pick(random, edges.d!), pick(random, edges.l!)];
        const expected = ending(() => compiled[name]!(...values));
        expect(
          ending(() => plain[name]!(...values)),
          `${name}(${values})`,
        ).toBe(expected);
        outcomes.add(expected);
      }
      expect(outcomes.size).toBeGreaterThan(20);
    },
  );
});

function pick<T>(random: () => number, list: readonly T[]): T {
  return list[Math.floor(random() * list.length)]!;
}

/** Twelve functions of an i32, an f64 and an i64, with loops that end. Each calls those before it. */
function randomProgram(random: () => number): string {
  const chance = (p: number) => random() < p;
  const whole = (n: number) => Math.floor(random() * n);
  let loops = 0;
  let index = 0;
  const expression = (type: string, depth: number): string => {
    if (depth <= 0 || chance(0.15)) {
      if (type === "f64") return pick(random, ["x", "y", "0.5", "3.0", "-1.25", "1e3"]);
      if (type === "i64") return pick(random, ["p", "q", "<i64>3", "<i64>-7", "<i64>1000000007"]);
      return pick(random, ["a", "b", "1", "2", "-5", "77", "1000003"]);
    }
    const sub = (of = type) => expression(of, depth - 1);
    const from = pick(random, ["i32", "f64", "i64"]);
    if (chance(0.1)) return `<${type}>(${sub("f64")} ${pick(random, ["<", ">=", "=="])} ${sub("f64")})`;
    if (chance(0.1)) return `(${condition(depth - 1)} ? ${sub()} : ${sub()})`;
    if (chance(0.1)) return `select<${type}>(${sub()}, ${sub()}, ${condition(depth - 1)})`;
    if (chance(0.1) && from !== "f64") return `<${type}>(${sub(from)})`;
    if (chance(0.1) && index > 0)
      return `<${type}>(f${whole(index)}(${sub("i32")}, ${sub("f64")}, ${sub("i64")}) % 1000)`;
    if (chance(0.08))
      return `(${pick(random, { f64: ["x", "y"], i64: ["p", "q"], i32: ["a", "b"] }[type]!)} = ${sub()})`;
    if (type === "f64") {
      if (chance(0.2)) return `${pick(random, ["Math.sqrt", "abs", "floor", "nearest", "ceil"])}(${sub()})`;
      if (chance(0.2)) return `${pick(random, ["min", "max"])}<f64>(${sub()}, ${sub()})`;
      return `(${sub()} ${pick(random, ["+", "-", "*", "/"])} ${sub()})`;
    }
    if (chance(0.1)) return `${pick(random, ["clz", "ctz", "popcnt"])}<${type}>(${sub()})`;
    if (chance(0.1)) return `rotl<${type}>(${sub()}, ${sub()})`;
    // The type is named within, too: a literal that begins an expression would take the narrow type.
    if (chance(0.1)) return `<${type}><${pick(random, ["i8", "u16", "i16", "u32"])}><${type}>${sub()}`;
    return `(${sub()} ${pick(random, ["+", "-", "*", "/", "%", "&", "|", "^", "<<", ">>", ">>>"])} ${sub()})`;
  };
  const condition = (depth: number): string => {
    if (depth > 0 && chance(0.3))
      return `(${condition(depth - 1)} ${pick(random, ["&&", "||"])} ${condition(depth - 1)})`;
    const type = pick(random, ["i32", "f64", "i64"]);
    return `${expression(type, depth)} ${pick(random, ["<", ">", "<=", ">=", "==", "!="])} ${expression(type, depth)}`;
  };
  const block = (depth: number, inLoop: boolean): string =>
    `{ ${Array.from({ length: 1 + whole(3) }, () => statement(depth, inLoop)).join(" ")} }`;
  const statement = (depth: number, inLoop: boolean): string => {
    const assign = () => {
      const type = pick(random, ["i32", "f64", "i64"]);
      const name = pick(random, { f64: ["x", "y"], i64: ["p", "q"], i32: ["a", "b"] }[type]!);
      return `${name} ${pick(random, ["=", "+=", "-="])} ${expression(type, 3)};`;
    };
    if (depth <= 0 || chance(0.3)) return assign();
    if (inLoop && chance(0.2)) return `if (${condition(1)}) ${pick(random, ["continue", "break"])};`;
    if (chance(0.3))
      return `if (${condition(2)}) ${block(depth - 1, inLoop)} ${chance(0.5) ? `else ${block(depth - 1, inLoop)}` : ""}`;
    const counter = `n${loops++}`;
    if (chance(0.4))
      return `for (let ${counter} = 0; ${counter} < ${1 + whole(4)}; ${counter}++) ${block(depth - 1, true)}`;
    if (chance(0.3)) return `let ${counter} = 0; while (${counter}++ < 3) ${block(depth - 1, true)}`;
    if (chance(0.3)) return `let ${counter} = 0; do ${block(depth - 1, false)} while (++${counter} < 2);`;
    if (chance(0.6)) {
      const cases = [0, 1, 2].map(
        (value) => `case ${value}: ${statement(depth - 1, false)} ${chance(0.6) ? "break;" : ""}`,
      );
      return `switch (${expression("i32", 2)} & 3) { ${cases.join(" ")} default: ${statement(depth - 1, false)} }`;
    }
    return `if (${condition(1)}) return <i64>${pick(random, ["a", "b"])} + q;`;
  };
  const functions: string[] = [];
  for (; index < 12; index++) {
    functions.push(`export function f${index}(a: i32, x: f64, p: i64): i64 {
      let b = a ^ 5, y = x * 0.5, q = p + 1;
      ${Array.from({ length: 4 }, () => statement(3, false)).join("\n      ")}
      return <i64>a * 3 + b + bits(x) + 3 * bits(y) + p - q;
    }`);
  }
  const bits = "function bits(x: f64): i64 { return x == x ? reinterpret<i64>(x) : 7; }"; // Those of a NaN are left open.
  return [bits, ...functions].join("\n");
}

describe("the text of plain mode", () => {
  const folder = join(root, "out", "test-plain");
  const cache = join(folder, "cache");
  const source = join(folder, "mean.ts");
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    source,
    `export function mean(ptr: usize, n: i32): f64 {
  let sum = 0.0;
  for (let i = 0; i < n; i++) {
    sum += load<f64>(ptr + 8 * i);
  }
  return sum / n;
}

export function never(n: i32): i32 {
  return 2 * n;
}
`,
  );
  const program = join(root, "test", "ranks", "jit-breakpoint.mjs");
  const env = { WASM_MPI_DISABLE_JIT: "1", WASM_MPI_CACHE: cache };

  it("stops at breakpoints in lines of the source and shows its variables", async () => {
    const result = await runNode([program, source, "4"], { env: { ...process.env, ...env } });
    expect(result.code, result.transcript).toBe(0);
    const seen = [0, 1, 2].map((i) => ({ functionName: "mean/mean", i, sum: [0, 1, 3][i], n: 3 }));
    expect(JSON.parse(result.stdout)).toEqual({ result: 7 / 3, seen });
  });

  it("is covered line by line", async () => {
    const coverage = join(folder, "coverage");
    rmSync(coverage, { recursive: true, force: true }); // That of an earlier run is of another module.
    const variables = { ...process.env, ...env, NODE_V8_COVERAGE: coverage };
    const result = await runNode([program, source, "6"], { env: variables });
    expect(result.code, result.transcript).toBe(0);
    const report = JSON.parse(readFileSync(join(coverage, readdirSync(coverage)[0]!), "utf8"));
    const script = report.result.find(({ url }: { url: string }) => url.endsWith("/module.cjs"));
    const counts = Object.fromEntries(
      script.functions.map((entry: { functionName: string; ranges: { count: number }[] }) => [
        entry.functionName,
        entry.ranges[0]!.count,
      ]),
    );
    expect(counts).toMatchObject({ mean: 1, never: 0 });
    const { data } = report["source-map-cache"][script.url];
    expect(data.sources).toContain(pathToFileURL(source).href);
    const file = fileURLToPath(script.url);
    expect(file.startsWith(join(cache, "wasm-mpi-cache", "plain"))).toBe(true);
    // That the module was read is noted, so that it is not taken for forgotten.
    const then = Date.now() / 1e3 - 89 * 86_400;
    utimesSync(file, then, then);
    await runNode([program, source, "6"], { env: variables });
    expect(statSync(file).mtimeMs).toBeGreaterThan(Date.now() - 60_000);
  });

  it("has the texts of sources that are no files beside it", async () => {
    const text = "export function one(): i32 { return 1; }";
    const sources = { files: new Map([["kernel.ts", text]]), urls: new Map() };
    const module = new TextDecoder().decode(await compilePlain(sources, { optimize: 3, debug: false }));
    expect(module).toContain("function one() {\n    return 1;\n  }");
    const map = JSON.parse(Buffer.from(/base64,(.*)$/m.exec(module)![1]!, "base64").toString());
    expect(map.sources).toEqual([expect.stringMatching(/assembly\/jit\/runtime\.ts$/), "kernel.ts"]);
  });

  it.each([["none is kept", "0"], ...(isFull ? [["there can be none", source] as const] : [])] as const)(
    "is in a folder of its own where %s, removed at the end",
    async (_, place) => {
      const variables = { ...env, WASM_MPI_CACHE: place, TMPDIR: join(folder, "temporary") };
      mkdirSync(variables.TMPDIR, { recursive: true });
      const result = await runNode([program, source, "4"], { env: variables });
      expect(result.code, result.transcript).toBe(0);
      expect(JSON.parse(result.stdout).seen).toHaveLength(3);
      expect(readdirSync(variables.TMPDIR)).toEqual([]);
    },
  );

  it("is refused for instructions that are not known", () => {
    // A function of the type () -> (), whose body throws an exception: opcode 8, tag 0.
    const bytes = [0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 10, 6, 1, 4, 0, 8, 0, 11];
    const layout = { byteLength: 0, constants: [], words: [], signatures: { exports: {}, imports: {} } };
    const map = { sources: [], mappings: "" };
    expect(() => translate(Uint8Array.from(bytes), layout, map, () => undefined)).toThrow(new RangeError("opcode 0x8"));
  });

  it("needs a variable that is 0 or 1", async () => {
    await expect(withMode("yes", () => jit("export function f(): void {}"))).rejects.toThrow(
      'jit: "WASM_MPI_DISABLE_JIT" expected 0 or 1, got "yes". Set it to 1 for plain mode.',
    );
  });
});
