/** Values of options, from text; shared by the commands. */
import { wrong } from "../argument.js";

/** Whole numbers separated by commas, each at least `least`. @throws UsageError naming the option */
export function integers(option: string, least: number, example: string) {
  return (text: string): number[] => {
    const values = text.split(",").map((part) => (part.trim() === "" ? Number.NaN : Number(part)));
    if (values.every((value) => Number.isSafeInteger(value) && value >= least)) return values;
    throw wrong(
      `"${option}"`,
      `whole numbers of at least ${least} separated by commas`,
      JSON.stringify(text),
      `For example ${option} ${example}.`,
    );
  };
}

/** One whole number of at least `least`. @throws UsageError naming the option */
export function integer(option: string, least: number) {
  return (text: string): number => {
    const value = text.trim() === "" ? Number.NaN : Number(text);
    if (Number.isSafeInteger(value) && value >= least) return value;
    throw wrong(
      `"${option}"`,
      `a whole number of at least ${least}`,
      JSON.stringify(text),
      `For example ${option} ${Math.max(least, 1)}.`,
    );
  };
}

/** Numbers separated by commas. @throws UsageError naming the option */
export function numbers(option: string) {
  return (text: string): number[] => {
    const values = text.split(",").map((part) => (part.trim() === "" ? Number.NaN : Number(part)));
    if (values.every(Number.isFinite)) return values;
    throw wrong(`"${option}"`, "numbers separated by commas", JSON.stringify(text), `For example ${option} 0.3,0.2.`);
  };
}

/** One of some words. @throws UsageError naming the option */
export function choice<T extends string>(option: string, words: readonly T[]) {
  return (text: string): T => {
    const found = words.find((word) => word === text);
    if (found !== undefined) return found;
    throw wrong(
      `"${option}"`,
      `one of ${words.join(", ")}`,
      JSON.stringify(text),
      `For example ${option} ${words[0]}.`,
    );
  };
}
