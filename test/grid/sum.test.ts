import { beforeAll, describe, expect, it } from "vitest";
import { Grid } from "../../src/grid/grid.js";
import { roundSum } from "../../src/grid/sum.js";
import { type Comm, mpi } from "../../src/mpi/index.js";
import { core } from "../../src/wasm/core.js";
import { memory } from "../../src/wasm/memory.js";
import { isFull, isQuick } from "../harness/effort.js";
import { bitsOf, randomOf } from "../oracle/mpdata.js";

let comm: Comm;
beforeAll(() => {
  comm = mpi.init({ library: "solo" });
});

/** A finite f64 in units of 2^-1074: an integer. */
function unitsOf(value: number): bigint {
  const bits = bitsOf([value])[0]!;
  const exponent = (bits >> 52n) & 0x7ffn;
  const fraction = bits & ((1n << 52n) - 1n);
  const units = exponent === 0n ? fraction : (fraction | (1n << 52n)) << (exponent - 1n);
  return bits >> 63n === 1n ? -units : units;
}

/** The f64 nearest to so many units of 2^-1074, ties to even, put together from its bits. */
function nearest(units: bigint): number {
  const sign = units < 0n ? 1n << 63n : 0n;
  let mantissa = units < 0n ? -units : units;
  let shift = BigInt(Math.max(mantissa.toString(2).length - 53, 0));
  if (shift > 0n) {
    const rest = mantissa & ((1n << shift) - 1n);
    const half = 1n << (shift - 1n);
    mantissa >>= shift;
    if (rest > half || (rest === half && (mantissa & 1n) === 1n)) mantissa++;
    if (mantissa === 1n << 53n) [mantissa, shift] = [mantissa >> 1n, shift + 1n];
  }
  const exponent = mantissa < 1n << 52n ? 0n : shift + 1n;
  const magnitude = exponent >= 0x7ffn ? 0x7ffn << 52n : (exponent << 52n) | (mantissa & ((1n << 52n) - 1n));
  return new Float64Array(BigUint64Array.of(sign | magnitude).buffer)[0]!;
}

const exact = (values: readonly number[]) => nearest(values.reduce((sum, value) => sum + unitsOf(value), 0n));

function sumOf(values: readonly number[], shape: readonly number[] = [values.length]): number {
  const field = new Grid(comm, { shape }).field(values);
  const sum = field.sum();
  field.free();
  return sum;
}

/** Limbs of 32 bits that hold so many units of 2^-1074. */
function limbsOf(units: bigint): BigInt64Array {
  const limbs = new BigInt64Array(68);
  for (let l = 0; l < 67; l++) limbs[l] = (units >> BigInt(32 * l)) & 0xffffffffn;
  limbs[67] = units >> BigInt(32 * 67);
  return limbs;
}

/** A value of any exponent, denormals included; every fourth has few bits, so that ties and cancellation happen. */
function anyFinite(random: () => number): number {
  const word = () => BigInt(Math.floor(random() * 2 ** 32));
  const exponent = BigInt(Math.floor(random() * 2047));
  const fraction = random() < 0.25 ? (word() & 3n) << 50n : ((word() << 32n) | word()) >> 12n;
  const bits = ((word() & 1n) << 63n) | (exponent << 52n) | fraction;
  return new Float64Array(BigUint64Array.of(bits).buffer)[0]!;
}

function shuffled(values: readonly number[], random: () => number): number[] {
  const all = [...values];
  for (let i = all.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [all[i], all[j]] = [all[j]!, all[i]!];
  }
  return all;
}

describe("the sum of a field", () => {
  it("is the exact sum, rounded once, of values of all exponents", () => {
    const random = randomOf(1);
    for (let round = 0; round < 300; round++) {
      const values = Array.from({ length: 1 + Math.floor(random() * 40) }, () => anyFinite(random));
      expect(bitsOf([sumOf(values)])).toEqual(bitsOf([exact(values)]));
    }
  });

  it("is exact where values of a narrow range of exponents cancel", () => {
    const random = randomOf(2);
    for (let round = 0; round < 300; round++) {
      const scale = 2 ** Math.floor(random() * 2000 - 1050);
      const values = Array.from({ length: 30 }, () => (random() - 0.5) * scale * 2 ** Math.floor(random() * 60));
      const finite = values.filter(Number.isFinite);
      const all = [...finite, ...finite.slice(3).map((value) => -value)];
      expect(bitsOf([sumOf(shuffled(all, random))])).toEqual(bitsOf([exact(finite.slice(0, 3))]));
    }
  });

  it("is exact for denormals, and where denormals add up to a normal value", () => {
    const random = randomOf(3);
    for (let round = 0; round < 100; round++) {
      const values = Array.from({ length: 20 }, () => Math.floor((random() - 0.3) * 2 ** 52) * 2 ** -1074);
      expect(bitsOf([sumOf(values)])).toEqual(bitsOf([exact(values)]));
    }
    expect(sumOf([5e-324, 5e-324])).toBe(1e-323);
    expect(sumOf([2 ** -1023, 2 ** -1023])).toBe(2 ** -1022);
  });

  it.each([
    { values: [1e308, 1, -1e308], sum: 1 },
    { values: [1, 1e100, 1, -1e100], sum: 2 },
    { values: [2 ** 53, 1, 1], sum: 2 ** 53 + 2 },
    { values: [2 ** 53, 1], sum: 2 ** 53 },
    { values: [2 ** 53 + 2, 1], sum: 2 ** 53 + 4 },
    { values: [2 ** 53, 1, 5e-324], sum: 2 ** 53 + 2 },
    { values: [2 ** 53 + 2, 1, -5e-324], sum: 2 ** 53 + 2 },
    { values: [Number.MAX_VALUE, Number.MAX_VALUE, -Number.MAX_VALUE], sum: Number.MAX_VALUE },
    { values: [Number.MAX_VALUE, Number.MAX_VALUE], sum: Number.POSITIVE_INFINITY },
    { values: [-Number.MAX_VALUE, -Number.MAX_VALUE], sum: Number.NEGATIVE_INFINITY },
    { values: [Number.MAX_VALUE, 2 ** 969], sum: Number.MAX_VALUE },
    { values: [Number.MAX_VALUE, 2 ** 970], sum: Number.POSITIVE_INFINITY },
    { values: [Number.MAX_VALUE, 2 ** 970, -5e-324], sum: Number.MAX_VALUE },
    { values: [0], sum: 0 },
    { values: [-0, -0], sum: 0 },
    { values: [1, -1], sum: 0 },
    { values: [-5e-324], sum: -5e-324 },
  ])("of $values is $sum", ({ values, sum }) => {
    expect(Object.is(sumOf(values), sum)).toBe(true);
    expect(Object.is(sumOf([...values].reverse()), sum)).toBe(true);
  });

  it.each([
    { values: [1, Number.NaN] },
    { values: [Number.POSITIVE_INFINITY, 1] },
    { values: [Number.NEGATIVE_INFINITY] },
    { values: [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY] },
  ])("of $values is NaN", ({ values }) => {
    expect(sumOf(values)).toBeNaN();
  });

  it("has the same bits for any order and any shape", () => {
    const random = randomOf(4);
    const values = Array.from({ length: 120 }, () => anyFinite(random) * 2 ** -20);
    const sum = exact(values);
    for (const shape of [[120], [8, 15], [15, 8], [2, 5, 12], [1, 120, 1]]) {
      expect(bitsOf([sumOf(shuffled(values, random), shape)])).toEqual(bitsOf([sum]));
    }
  });

  it.skipIf(isQuick)("does not drift over a million values", () => {
    const field = new Grid(comm, { shape: [1024, 1024] }).field(0.1);
    expect(field.sum()).toBe(nearest(unitsOf(0.1) * 1024n * 1024n));
    field.set((x, y) => (x + y) * 0.1 - 102.4);
    expect(field.sum()).toBe(exact([...field.interior()]));
    field.free();
  });

  it("is exact in long rows, of values that share a power of two and of others", () => {
    const random = randomOf(6);
    for (let round = 0; round < 60; round++) {
      const length = 1 + Math.floor(random() * 3000);
      const scale = 2 ** Math.floor(random() * 2040 - 1060);
      // Of one size; over as many binades as two counts hold, and some more; cancelling; whole; at the ends of the range.
      const spread = [0, 40, 48, 56, 120, 600][round % 6]!;
      const values = Array.from({ length }, () => {
        const value = (random() - 0.5) * scale * 2 ** -Math.floor(random() * spread);
        return Number.isFinite(value) ? value : 1;
      });
      if (round % 4 === 1) for (let i = 0; i + 7 < length; i += 2) values[i + 7] = -values[i]!;
      if (round % 4 === 2) for (let i = 0; i < length; i++) values[i] = Math.round((values[i]! / scale) * 2 ** 20);
      if (round % 4 === 3) for (let i = 0; i < length; i += 5) values[i] = i % 2 === 0 ? 0 : -0;
      expect(bitsOf([sumOf(values)])).toEqual(bitsOf([exact(values)]));
      const whole = values.map((value) => Math.round(value / scale / 2 ** -30) | 0);
      const grid = new Grid(comm, { shape: [length] });
      for (const [dtype, typed] of [
        ["f32", values.map(Math.fround).map((value) => (Number.isFinite(value) ? value : 1))],
        ["i32", whole],
      ] as const) {
        const field = grid.field([...typed], { dtype });
        expect(bitsOf([field.sum()])).toEqual(bitsOf([exact(typed)]));
        field.free();
      }
    }
  });

  it("is exact in long rows of one sign, whose powers of two are up to 18 apart", () => {
    const random = randomOf(8);
    const all = (1n << 52n) - 1n;
    for (let round = 0; round < 76; round++) {
      const apart = Math.floor(round / 4);
      const first = [0, 1, 900 + 7 * apart, 2046 - apart][round % 4]!;
      const length = [1024, 1023, 2051, 67][Math.floor(random() * 4)]!;
      const sign = BigInt(round & 1) << 63n;
      const bits = BigUint64Array.from({ length }, (_, i) => {
        const exponent = BigInt(first + (i === 0 ? 0 : i < 900 ? apart : Math.floor(random() * (apart + 1))));
        // What the sums of the first and of the last bits take most room for, and bits that round if anything does.
        const fraction = i % 3 === 0 ? all - BigInt(i % 5) : i % 3 === 1 ? (1n << 27n) - 1n : all;
        return sign | (exponent << 52n) | fraction;
      });
      // A row that takes away all but the last bits of the smallest value.
      const away = bits.map((word, i) => (i === 0 ? (word >> 52n) << 52n : word) ^ (1n << 63n));
      const values = [...new Float64Array(bits.buffer), ...new Float64Array(away.buffer)];
      const field = new Grid(comm, { shape: [2, length] }).field(values);
      const figures = field.figures();
      field.free();
      expect(bitsOf([figures.sum])).toEqual(bitsOf([exact(values)]));
      expect([figures.min, figures.max]).toEqual([Math.min(...values), Math.max(...values)]);
    }
  });

  it("is NaN in long rows for a NaN of any bits, and 0 in those of zeros alone", () => {
    for (const length of [64, 1024, 1027]) {
      const field = new Grid(comm, { shape: [length] }).field(1.5);
      const { data } = field;
      const words = new BigUint64Array(data.buffer, data.byteOffset, data.length);
      for (const place of [0, 1, 62, length - 1]) {
        for (const nan of [0x7ff0_0000_0000_0001n, 0xfff8_0000_0000_0000n, 0x7fff_ffff_ffff_ffffn]) {
          words[field.index(place)] = nan;
          const { min, max, sum } = field.figures();
          expect([min, max, sum]).toEqual([Number.NaN, Number.NaN, Number.NaN]);
          // Files hold them: with the bits of one NaN, whatever number of ranks and threads has found it.
          const bits = new BigUint64Array(Float64Array.of(min, max, sum, field.min(), field.max()).buffer);
          expect(new Set(bits)).toEqual(new Set([0x7ff8_0000_0000_0000n]));
        }
        words[field.index(place)] = 0x3ff8_0000_0000_0000n;
      }
      field.set(0);
      words[field.index(5)] = 0x8000_0000_0000_0000n;
      expect(field.figures()).toEqual({ min: -0, max: 0, sum: 0 });
      words[field.index(length - 1)] = 0x7ff0_0000_0000_0001n;
      expect(field.sum()).toBeNaN();
      field.free();
    }
  });

  it("comes with the least and the greatest value, as by themselves", () => {
    const random = randomOf(7);
    const special = [0, -0, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 5e-324, -5e-324];
    for (let round = 0; round < 400; round++) {
      const length = 1 + Math.floor(random() * (round % 5 === 0 ? 2500 : 12));
      const grid = new Grid(comm, { shape: [length] });
      const sign = [1, -1, 0][round % 3]!;
      const values = Array.from({ length }, () => sign * random());
      for (let count = Math.floor(random() * 4); count > 0; count--) {
        values[Math.floor(random() * length)] = special[Math.floor(random() * special.length)]!;
      }
      const field = grid.field(values);
      const figures = field.figures();
      const expected = [Math.min(...values), Math.max(...values), field.sum()];
      // This tells -0 from 0, and takes all NaN for the same.
      expect([figures.min, figures.max, figures.sum]).toEqual(expected);
      expect([field.min(), field.max()]).toEqual(expected.slice(0, 2));
      field.free();
    }
  });

  const times = isFull ? "2^31 + 2^30, more than limbs hold without a carry, times" : "2^24 times";
  it(`is exact for ${times} one value`, { timeout: 300_000 }, () => {
    const count = isFull ? 3 * 2 ** 30 : 2 ** 24;
    const ptr = memory.alloc(8 * 72);
    const valuePtr = ptr + 8 * 71;
    // The fraction fills a limb. A box of strides 0 is one cell, many times.
    const value = -(2 - 2 ** -52) * 2 ** -11;
    memory.f64(valuePtr, 1)[0] = value;
    core().addFigures(ptr, valuePtr, 0, 0, 2 ** 12, count / 2 ** 12, 1, 0);
    expect(roundSum(memory.i64(ptr, 68))).toBe(nearest(unitsOf(value) * BigInt(count)));
    memory.free(ptr);
  });
});

describe("rounding an accumulator", () => {
  it("rounds to the nearest, ties to even, over the whole range", () => {
    const random = randomOf(5);
    const tails = [0n, 1n, (1n << 52n) - 1n, 1n << 52n, (1n << 52n) + 1n, (1n << 53n) - 1n];
    for (let length = 1; length <= 2100; length += 1 + (length >> 6)) {
      const head = (1n << 52n) | BigInt(Math.floor(random() * 2 ** 52));
      for (const tail of tails) {
        const units = (((head << 53n) | tail) << 2100n) >> BigInt(2205 - length);
        for (const signed of [units, -units]) {
          expect(Object.is(roundSum(limbsOf(signed)), signed === 0n ? 0 : nearest(signed))).toBe(true);
        }
      }
    }
  });

  it("takes limbs that have not been carried, of either sign", () => {
    const limbs = limbsOf(0n);
    limbs.set([-1n, 1n], 33); // 2^32 - 1 in units of limb 33
    expect(roundSum(limbs)).toBe((2 ** 32 - 1) * 2 ** (32 * 33 - 1074));
    limbs.set([3n << 40n, -(3n << 8n)], 33);
    expect(Object.is(roundSum(limbs), 0)).toBe(true);
  });

  it("turns to infinity half a unit above the greatest finite value", () => {
    const greatest = unitsOf(Number.MAX_VALUE);
    const half = unitsOf(2 ** 970);
    expect(roundSum(limbsOf(greatest + half - 1n))).toBe(Number.MAX_VALUE);
    expect(roundSum(limbsOf(greatest + half))).toBe(Number.POSITIVE_INFINITY);
    expect(roundSum(limbsOf(-greatest - half))).toBe(Number.NEGATIVE_INFINITY);
    expect(roundSum(limbsOf(greatest << 60n))).toBe(Number.POSITIVE_INFINITY);
  });
});
