/** A hash of a text, of two numbers below 2^48. Nobody is expected to look for texts that have the same. */
export function numbersOf(text: string): readonly [number, number] {
  const largest = 2 ** 48 - 59; // A prime.
  const hash = (factor: number) =>
    [...text].reduce((sum, letter) => (sum * factor + letter.codePointAt(0)!) % largest, 7);
  return [hash(31), hash(131)];
}
