/** Values of options, from text; shared by the commands. */
import { UsageError } from "../errors.js";

/** Whole numbers separated by commas, each at least `least`. @throws UsageError naming the option */
export function integers(option: string, least: number, example: string) {
  return (text: string): number[] => {
    const values = text.split(",").map((part) => (part.trim() === "" ? Number.NaN : Number(part)));
    if (values.every((value) => Number.isSafeInteger(value) && value >= least)) return values;
    throw new UsageError(
      `"${option}" expected whole numbers of at least ${least} separated by commas, got ${JSON.stringify(text)}. For example ${option} ${example}.`,
    );
  };
}

/** One whole number of at least `least`. @throws UsageError naming the option */
export function integer(option: string, least: number) {
  return (text: string): number => {
    const value = text.trim() === "" ? Number.NaN : Number(text);
    if (Number.isSafeInteger(value) && value >= least) return value;
    throw new UsageError(
      `"${option}" expected a whole number of at least ${least}, got ${JSON.stringify(text)}. For example ${option} ${Math.max(least, 1)}.`,
    );
  };
}

/** Numbers separated by commas. @throws UsageError naming the option */
export function numbers(option: string) {
  return (text: string): number[] => {
    const values = text.split(",").map((part) => (part.trim() === "" ? Number.NaN : Number(part)));
    if (values.every(Number.isFinite)) return values;
    throw new UsageError(
      `"${option}" expected numbers separated by commas, got ${JSON.stringify(text)}. For example ${option} 0.3,0.2.`,
    );
  };
}

/** One of some words. @throws UsageError naming the option */
export function choice<T extends string>(option: string, words: readonly T[]) {
  return (text: string): T => {
    const found = words.find((word) => word === text);
    if (found !== undefined) return found;
    throw new UsageError(
      `"${option}" expected one of ${words.join(", ")}, got ${JSON.stringify(text)}. For example ${option} ${words[0]}.`,
    );
  };
}
