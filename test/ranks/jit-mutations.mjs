/**
 * Compiles sources with mistakes in them, made at random: arguments seed, count. Prints a line of JSON for each: the source,
 * what it ended with, and the milliseconds of computing.
 */
import { readFileSync } from "node:fs";
import { CompileError, jit, KernelError, UsageError } from "wasm-mpi";

const [seed, count] = process.argv.slice(2).map(Number);
let state = seed;
/** A whole number below n: mulberry32. */
function below(n) {
  state = (state + 0x6d2b79f5) | 0;
  let t = Math.imul(state ^ (state >>> 15), 1 | state);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * n);
}
const pick = (list) => list[below(list.length)];

const sources = [
  `import { Array2 } from "field";
   import { allreduce, irecv, isend, Request, SUM, View, waitall, Comm } from "mpi";
   class Heat {
     private requests: StaticArray<Request> = new StaticArray<Request>(2);
     constructor(private u: Array2<f64>, private c: f64) {}
     step(next: Array2<f64>, comm: Comm): f64 {
       this.requests[0] = irecv(this.u.row(-1), 0, 1, comm);
       this.requests[1] = isend(this.u.column(0), 0, 1, comm);
       waitall(this.requests);
       let sum = 0.0;
       for (let i = 0; i < this.u.nx; i++) {
         for (let j = 0; j < this.u.ny; j++) {
           const around = this.u.get(i - 1, j) + this.u.get(i + 1, j);
           next.set(i, j, this.u.get(i, j) + this.c * (around - 2 * this.u.get(i, j)));
           sum += around;
         }
       }
       return allreduce<f64>(sum, SUM, comm);
     }
   }
   export function open(u: Array2<f64>, c: f64 = 0.25): Heat { return new Heat(u, c); }
   export function step(heat: Heat, next: Array2<f64>, comm: Comm): f64 { return heat.step(next, comm); }`,
  `const table: StaticArray<f64> = [1, 2, 3];
   const names: string[] = ["a", "bb", "ccc"];
   export let level: i32 = 3;
   export enum Side { low = -1, high = 1 }
   @inline function square(x: f64): f64 { return x * x; }
   export function norm(a: Float64Array, b: StaticArray<f32>, c: Array<i32>, name: string = "none"): f64 {
     let sum: f64 = <f64>name.length + table[level % 3];
     for (let i = 0; i < a.length; i++) sum += square(a[i]) + <f64>b[i] / <f64>(c[i] | 1);
     return Math.sqrt(sum) * <f64>names[0].length;
   }
   export function text(n: u32, big: i64, flag: bool): string { return flag ? n.toString() : (big + 1).toString(); }`,
  `abstract class Shape { abstract area(): f64; }
   class Square extends Shape { constructor(public side: f64) { super(); } area(): f64 { return this.side ** 2; } }
   class Box<T> { constructor(public value: T) {} map(f: (x: T) => T): Box<T> { return new Box<T>(f(this.value)); } }
   function sum<T>(list: Array<T>): T { let s: T = 0; for (let i = 0; i < list.length; i++) s += list[i]; return s; }
   export function area(side: f64): f64 { const s: Shape = new Square(side); return s.area(); }
   export function box(x: i32): i32 { return new Box<i32>(x).map((y: i32): i32 => y + 1).value + sum<i32>([1, 2, 3]); }
   export function map(n: i32): i32 {
     const m = new Map<i32, string>();
     for (let i = 0; i < n; i++) m.set(i, i.toString());
     switch (m.size) { case 0: return -1; case 1: { return 7; } default: throw new Error("many"); }
   }`,
  readFileSync(new URL("../../assembly/sum.ts", import.meta.url), "utf8"),
];
// biome-ignore format: one kind a line
const words = [
  "f64", "i32", "u64", "v128", "string", "bool", "void", "usize", "Array", "StaticArray", "any", "never", "T", "null", "undefined",
  "export", "import", "class", "extends", "function", "const", "let", "return", "for", "while", "if", "else", "new", "this", "super",
  "static", "abstract", "interface", "namespace", "enum", "type", "declare", "async", "await", "yield", "typeof", "instanceof", "as",
  "(", ")", "{", "}", "[", "]", "<", ">", "=>", "=", "==", "?", ":", ";", ",", ".", "...", "@inline", '@external("a")', "`", '"', "/*",
  "0", "-1", "1e400", "0x", "9223372036854775808", "NaN", "\u0000", "\ud800", "🌍", "\\", "#", "\r", "__new", "free", "then", "memory.grow(70000)",
];
const tokensOf = (text) => text.match(/\s+|\w+|[^\s\w]/g) ?? [];

const changes = [
  (tokens, at) => tokens.splice(at, 1),
  (tokens, at) => tokens.splice(at, 0, tokens[at]),
  (tokens, at) => tokens.splice(at, 1, pick(words)),
  (tokens, at) => tokens.splice(at, 0, ` ${pick(words)} `),
  (tokens, at) => tokens.splice(at, 1, pick(tokens)),
  (tokens, at) => tokens.splice(at, below(30)),
  (tokens, at) => tokens.splice(at),
  (tokens, at) => tokens.splice(at, 0, ...tokens.slice(at, at + below(200))),
  (tokens, at) =>
    tokens.splice(
      at,
      1,
      ...Array.from(tokens[at], (letter) => (below(3) === 0 ? String.fromCharCode(below(256)) : letter)),
    ),
  (tokens, at) => tokens.splice(at, 0, pick(["(", "[", "{", "!", "-", "new ", "x => "]).repeat(below(3000))),
];

function mutated() {
  const tokens = tokensOf(pick(sources));
  for (let round = 1 + below(4); round > 0; round--) pick(changes)(tokens, below(tokens.length));
  return tokens.join("");
}

for (let i = 0; i < count; i++) {
  const source = mutated();
  const options = { local: true, optimize: below(4), debug: below(4) === 0 };
  const begin = process.cpuUsage();
  let end;
  try {
    (await jit(source, options)).free();
    end = "compiled";
  } catch (error) {
    const isTold = [CompileError, UsageError, KernelError].some((Type) => error instanceof Type);
    const isWell = isTold && !/\n\s+at |^\w*Error:/.test(error.message);
    end = isWell ? error.name : `wrong: ${error.stack}`;
  }
  const { user, system } = process.cpuUsage(begin);
  console.log(JSON.stringify({ source, options, end, ms: (user + system) / 1000 }));
}
