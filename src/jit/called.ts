/**
 * How JavaScript calls a kernel in a file, from the types that the file has in TypeScript, `typeof import("./heat.js")`: by the
 * table of docs/guide/kernels.md. Types of JavaScript stay as they are; those of the language are known by the marks that
 * scripts/language.mjs puts in their declarations.
 */

/** The mark of a type of the language, `usize` or `i64`; `unknown` for a type that has none. */
type MarkOf<T> = T extends { readonly __wasm?: infer M } ? Exclude<M, undefined> : unknown;

/** What a function of JavaScript passes for a parameter: arrays and fields for addresses, whole numbers of 64 bits. */
type Passed<T> = 0 extends 1 & T
  ? T
  : unknown extends MarkOf<T>
    ? T
    : MarkOf<T> extends "usize"
      ? number | object
      : MarkOf<T> extends "i64" | "u64"
        ? number | bigint
        : MarkOf<T> extends "object"
          ? object
          : T;

/** What it gets for a result. */
type Result<T> = 0 extends 1 & T
  ? T
  : [T] extends [boolean | number]
    ? true extends T
      ? boolean
      : unknown extends MarkOf<T>
        ? T
        : MarkOf<T> extends "usize"
          ? number
          : bigint
    : T;

type PassedAll<P extends readonly unknown[]> = { [I in keyof P]: Passed<P[I]> };

/** The exports of a module as JavaScript sees them. */
export type Called<E extends object> = {
  [K in keyof E]: 0 extends 1 & E[K]
    ? E[K]
    : E[K] extends (...values: infer P) => infer R
      ? (...values: PassedAll<P>) => Result<R>
      : Result<E[K]>;
};
