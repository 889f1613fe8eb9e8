/** Words in texts, before these are read. */

/** True where a text names a word, which is no part of another one, nor a function. */
export function namesWord(text: string, word: string): boolean {
  return new RegExp(`(?<![\\p{L}\\p{M}\\p{Nd}_.])${word}(?![\\p{L}\\p{M}\\p{Nd}_]|\\s*\\()`, "u").test(text);
}
