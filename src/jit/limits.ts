/** What would keep the compiler busy for ever, or fill the memory, found while it is at work. */
import type { Range, Refusal } from "./border/declared.js";

/** A type with a longer name is made of types without end. */
const longestName = 1000;
/** A function that is put into others more often makes code that takes minutes to optimise. */
const mostInlined = 5000;

interface Type {
  toString(): string;
}

type Resolve = (prototype: object, typeArguments: readonly Type[] | null, ...rest: unknown[]) => unknown;

/** The compiler's program, as far as it is used here. */
export interface Limited {
  readonly resolver: { resolveClass: Resolve; resolveFunction: Resolve };
  readonly instancesByName: ReadonlyMap<
    string,
    { readonly nextInlineId?: number; readonly prototype?: { readonly identifierNode: { readonly range: Range } } }
  >;
}

/** Lets the compiler stop at types of types without end: `refuse` is told and is to throw. */
export function limitTypes({ resolver }: Limited, refuse: (name: string) => never): void {
  for (const key of ["resolveClass", "resolveFunction"] as const) {
    const resolve = resolver[key];
    resolver[key] = (prototype, typeArguments, ...rest) => {
      for (const type of typeArguments ?? []) {
        const name = type.toString();
        if (name.length > longestName) refuse(name);
      }
      return resolve.call(resolver, prototype, typeArguments, ...rest);
    };
  }
}

/** Functions with `@inline` that are put into others too often. */
export function inlinedTooOften({ instancesByName }: Limited): readonly Refusal[] {
  return [...instancesByName.values()].flatMap(({ nextInlineId = 0, prototype }) => {
    if (nextInlineId <= mostInlined || !prototype) return [];
    const message = `This function is inlined ${nextInlineId} times. Leave out @inline.`;
    return [{ message, range: prototype.identifierNode.range }];
  });
}
