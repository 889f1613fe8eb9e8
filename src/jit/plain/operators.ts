/** Instructions of numbers as expressions of JavaScript. An i32 is kept as a signed number, an i64 as a signed bigint. */

/** An instruction. Its signature has a letter for each value: i, l for i32, i64; f, d for f32, f64; v for v128. */
export interface Operator {
  readonly name: string;
  readonly signature: string;
  /** An expression of the operands `a` and `b`; without a text WebAssembly itself executes the instruction. */
  readonly text?: string;
  /** True when the text is a condition. */
  readonly isTest?: boolean;
}

// A line for instructions of one signature and of opcodes in a row: the first opcode, the signature, then names and, behind
// "=", texts. Instructions without a text have traps or bits that JavaScript has no expression for.
const table = `
45 i:i i32.eqz=?a===0
46 ii:i i32.eq=?a===b i32.ne=?a!==b i32.lt_s=?a<b i32.lt_u=?a>>>0<b>>>0 i32.gt_s=?a>b i32.gt_u=?a>>>0>b>>>0 i32.le_s=?a<=b i32.le_u=?a>>>0<=b>>>0 i32.ge_s=?a>=b i32.ge_u=?a>>>0>=b>>>0
50 l:i i64.eqz=?a===0n
51 ll:i i64.eq=?a===b i64.ne=?a!==b i64.lt_s=?a<b i64.lt_u=?BigInt.asUintN(64,a)<BigInt.asUintN(64,b) i64.gt_s=?a>b i64.gt_u=?BigInt.asUintN(64,a)>BigInt.asUintN(64,b) i64.le_s=?a<=b i64.le_u=?BigInt.asUintN(64,a)<=BigInt.asUintN(64,b) i64.ge_s=?a>=b i64.ge_u=?BigInt.asUintN(64,a)>=BigInt.asUintN(64,b)
5b ff:i f32.eq=?a===b f32.ne=?a!==b f32.lt=?a<b f32.gt=?a>b f32.le=?a<=b f32.ge=?a>=b
61 dd:i f64.eq=?a===b f64.ne=?a!==b f64.lt=?a<b f64.gt=?a>b f64.le=?a<=b f64.ge=?a>=b
67 i:i i32.clz=Math.clz32(a) i32.ctz i32.popcnt
6a ii:i i32.add=a+b|0 i32.sub=a-b|0 i32.mul=Math.imul(a,b) i32.div_s i32.div_u i32.rem_s i32.rem_u i32.and=a&b i32.or=a|b i32.xor=a^b i32.shl=a<<b i32.shr_s=a>>b i32.shr_u=a>>>b|0 i32.rotl i32.rotr
79 l:l i64.clz i64.ctz i64.popcnt
7c ll:l i64.add=BigInt.asIntN(64,a+b) i64.sub=BigInt.asIntN(64,a-b) i64.mul=BigInt.asIntN(64,a*b) i64.div_s i64.div_u i64.rem_s i64.rem_u i64.and=a&b i64.or=a|b i64.xor=a^b i64.shl i64.shr_s i64.shr_u i64.rotl i64.rotr
8b f:f f32.abs=Math.abs(a) f32.neg=-a f32.ceil=Math.ceil(a) f32.floor=Math.floor(a) f32.trunc=Math.trunc(a) f32.nearest f32.sqrt=Math.fround(Math.sqrt(a))
92 ff:f f32.add=Math.fround(a+b) f32.sub=Math.fround(a-b) f32.mul=Math.fround(a*b) f32.div=Math.fround(a/b) f32.min=Math.min(a,b) f32.max=Math.max(a,b) f32.copysign
99 d:d f64.abs=Math.abs(a) f64.neg=-a f64.ceil=Math.ceil(a) f64.floor=Math.floor(a) f64.trunc=Math.trunc(a) f64.nearest f64.sqrt=Math.sqrt(a)
a0 dd:d f64.add=a+b f64.sub=a-b f64.mul=a*b f64.div=a/b f64.min=Math.min(a,b) f64.max=Math.max(a,b) f64.copysign
a7 l:i i32.wrap_i64=Number(BigInt.asIntN(32,a))
a8 f:i i32.trunc_f32_s i32.trunc_f32_u
aa d:i i32.trunc_f64_s i32.trunc_f64_u
ac i:l i64.extend_i32_s=BigInt(a) i64.extend_i32_u=BigInt(a>>>0)
ae f:l i64.trunc_f32_s i64.trunc_f32_u
b0 d:l i64.trunc_f64_s i64.trunc_f64_u
b2 i:f f32.convert_i32_s=Math.fround(a) f32.convert_i32_u=Math.fround(a>>>0)
b4 l:f f32.convert_i64_s f32.convert_i64_u
b6 d:f f32.demote_f64=Math.fround(a)
b7 i:d f64.convert_i32_s=a f64.convert_i32_u=a>>>0
b9 l:d f64.convert_i64_s=Number(a) f64.convert_i64_u=Number(BigInt.asUintN(64,a))
bb f:d f64.promote_f32=a
bc f:i i32.reinterpret_f32
bd d:l i64.reinterpret_f64
be i:f f32.reinterpret_i32
bf l:d f64.reinterpret_i64
c0 i:i i32.extend8_s=a<<24>>24 i32.extend16_s=a<<16>>16
c2 l:l i64.extend8_s=BigInt.asIntN(8,a) i64.extend16_s=BigInt.asIntN(16,a) i64.extend32_s=BigInt.asIntN(32,a)
fc00 f:i i32.trunc_sat_f32_s i32.trunc_sat_f32_u
fc02 d:i i32.trunc_sat_f64_s i32.trunc_sat_f64_u
fc04 f:l i64.trunc_sat_f32_s i64.trunc_sat_f32_u
fc06 d:l i64.trunc_sat_f64_s i64.trunc_sat_f64_u
`;

/** Instructions by opcode; an opcode behind the prefix 0xfc has the prefix as its upper byte. */
export const operators: ReadonlyMap<number, Operator> = new Map(
  table
    .trim()
    .split("\n")
    .flatMap((line) => {
      const [first, signature, ...entries] = line.split(" ");
      return entries.map((entry, i) => {
        const [, name, isTest, text] = /^([^=]+)(?:=(\??)(.+))?$/.exec(entry)!;
        const spaced = text?.replace(/(?<!^|[(,])(===|!==|<=|>=|<<|>>>|>>|[-+*/<>&|^])/g, " $1 ").replaceAll(",", ", ");
        const operator = {
          name: name!,
          signature: signature!,
          ...(spaced && { text: spaced, isTest: isTest === "?" }),
        };
        return [Number.parseInt(first!, 16) + i, operator] as const;
      });
    }),
);

/** Loads and stores by opcode from 0x28 on: the name, and the letter of the value that is loaded or stored. */
export const accesses: readonly (readonly [name: string, letter: string])[] = [
  ["i32.load", "i"],
  ["i64.load", "l"],
  ["f32.load", "f"],
  ["f64.load", "d"],
  ["i32.load8_s", "i"],
  ["i32.load8_u", "i"],
  ["i32.load16_s", "i"],
  ["i32.load16_u", "i"],
  ["i64.load8_s", "l"],
  ["i64.load8_u", "l"],
  ["i64.load16_s", "l"],
  ["i64.load16_u", "l"],
  ["i64.load32_s", "l"],
  ["i64.load32_u", "l"],
  ["i32.store", "i"],
  ["i64.store", "l"],
  ["f32.store", "f"],
  ["f64.store", "d"],
  ["i32.store8", "i"],
  ["i32.store16", "i"],
  ["i64.store8", "l"],
  ["i64.store16", "l"],
  ["i64.store32", "l"],
];

const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i);

// Signatures of vector instructions, by opcode behind the prefix 0xfd. All that are in none of the lists are "vv:v".
const vectors: Readonly<Record<string, readonly number[]>> = {
  "v:v": [
    // Not, demote, promote; f32x4.ceil to nearest; f64x2.ceil, floor, trunc; extadd; f64x2.nearest; conversions.
    ...[0x4d, 0x5e, 0x5f, ...range(0x67, 0x6a), 0x74, 0x75, 0x7a, ...range(0x7c, 0x7f), 0x94, ...range(0xf8, 0xff)],
    // abs, neg and popcnt or sqrt of each shape; extend.
    ...[...range(0x60, 0x62), 0x80, 0x81, 0xa0, 0xa1, 0xc0, 0xc1, 0xe0, 0xe1, 0xe3, 0xec, 0xed, 0xef],
    ...[...range(0x87, 0x8a), ...range(0xa7, 0xaa), ...range(0xc7, 0xca)],
  ],
  // any_true, all_true and bitmask.
  "v:i": [0x15, 0x16, 0x18, 0x19, 0x1b, 0x53, 0x63, 0x64, 0x83, 0x84, 0xa3, 0xa4, 0xc3, 0xc4],
  "v:l": [0x1d],
  "v:f": [0x1f],
  "v:d": [0x21],
  // Lanes that are replaced, and shifts.
  "vi:v": [
    ...[0x17, 0x1a, 0x1c, 0x6b, 0x6c, 0x6d],
    ...[...range(0x8b, 0x8d), ...range(0xab, 0xad), ...range(0xcb, 0xcd)],
  ],
  "vl:v": [0x1e],
  "vf:v": [0x20],
  "vd:v": [0x22],
  "i:v": [0x0f, 0x10, 0x11],
  "l:v": [0x12],
  "f:v": [0x13],
  "d:v": [0x14],
  "vvv:v": [0x52],
};
const vectorSignatures = new Map(
  Object.entries(vectors).flatMap(([signature, opcodes]) => opcodes.map((opcode) => [opcode, signature] as const)),
);

export function vectorSignature(opcode: number): string {
  return vectorSignatures.get(opcode) ?? "vv:v";
}

/** Bytes behind the opcode of a vector instruction: the number of a lane, or the 16 lanes of a shuffle. */
export function vectorImmediates(opcode: number): number {
  if (opcode === 0x0d) return 16;
  return opcode >= 0x15 && opcode <= 0x22 ? 1 : 0;
}

/** Bytes that a load or store of a vector touches; `undefined` for other opcodes. */
export function vectorAccess(opcode: number): number | undefined {
  if (opcode === 0 || opcode === 0x0b) return 16;
  if (opcode <= 6) return 8;
  if (opcode <= 10) return 2 ** (opcode - 7);
  if (opcode >= 0x54 && opcode <= 0x5b) return 2 ** (opcode & 3);
  if (opcode === 0x5c) return 4;
  return opcode === 0x5d ? 8 : undefined;
}

/** The signature of an atomic instruction, by its opcode behind the prefix 0xfe. */
export function atomicSignature(opcode: number): string {
  if (opcode === 0) return "ii:i";
  if (opcode === 1) return "iil:i";
  if (opcode === 2) return "ill:i";
  if (opcode === 3) return ":";
  const letter = "iliilll"[(opcode - 0x10) % 7]!;
  if (opcode <= 0x16) return `i:${letter}`;
  if (opcode <= 0x1d) return `i${letter}:`;
  return opcode <= 0x47 ? `i${letter}:${letter}` : `i${letter}${letter}:${letter}`;
}
