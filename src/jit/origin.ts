/** Errors that the compiler finds in files of this package or of its own, and the places in a caller's sources they come from. */
import type { Range } from "./border/declared.js";
import { isProvided } from "./sources.js";

/** A function as the compiler makes it for types: a generic one is made for each type with which it is called. */
type Instance = object;

/** What the compiler is at: names in a function are looked up there. */
interface Flow {
  readonly sourceFunction: Instance;
}

interface Node {
  readonly range: Range;
}

/** The compiler's program, as far as it is used here. */
export interface Traced {
  readonly diagnostics: { readonly length: number };
  readonly resolver: {
    maybeInferCall(node: Node, prototype: object, flow: Flow, ...rest: unknown[]): Instance | null;
    resolveType(node: Node, flow: Flow | null, ...rest: unknown[]): object | null;
  };
}

/**
 * Follows the compiler: generic functions are compiled where they are called first, and what is wrong with the types of a
 * caller is found in the middle of a function that the caller has not written. The compiler keeps no calls that led there;
 * its resolver is asked for each call, and for the types in each function, in the order in which they are compiled.
 */
export class Origins {
  readonly #diagnostics: { readonly length: number };
  /** The last call of each function: by whom, and where. */
  readonly #calls = new Map<Instance, { readonly range: Range; readonly from: Instance }>();
  readonly #origins: (Range | undefined)[] = [];
  /** The function that is being compiled, and where in the caller's sources the compiler was last. */
  #current: Instance | undefined;
  #last: Range | undefined;

  constructor({ diagnostics, resolver }: Traced) {
    this.#diagnostics = diagnostics;
    const { maybeInferCall, resolveType } = resolver;
    resolver.maybeInferCall = (node, prototype, flow, ...rest) => {
      this.#follow(node, flow);
      const instance = maybeInferCall.call(resolver, node, prototype, flow, ...rest);
      if (instance) this.#calls.set(instance, { range: node.range, from: flow.sourceFunction });
      return instance;
    };
    resolver.resolveType = (node, flow, ...rest) => {
      if (flow) this.#follow(node, flow);
      return resolveType.call(resolver, node, flow, ...rest);
    };
  }

  /** The place in a caller's sources from which the compiler came to what it tells as its `index`-th diagnostic. */
  of(index: number): Range | undefined {
    this.#place();
    return this.#origins[index];
  }

  #follow({ range }: Node, { sourceFunction }: Flow): void {
    this.#place();
    this.#current = sourceFunction;
    if (isCaller(range)) this.#last = range;
  }

  /** What has come since was found in the function that was being compiled, or in one that it calls. */
  #place(): void {
    while (this.#origins.length < this.#diagnostics.length) this.#origins.push(this.#callerOf(this.#current));
  }

  #callerOf(instance: Instance | undefined): Range | undefined {
    const passed = new Set<Instance>();
    let at = instance;
    while (at !== undefined && !passed.has(at)) {
      passed.add(at);
      const call = this.#calls.get(at);
      if (call && isCaller(call.range)) return call.range;
      at = call?.from;
    }
    return this.#last;
  }
}

function isCaller({ source }: Range): boolean {
  return !isProvided(source.normalizedPath);
}
