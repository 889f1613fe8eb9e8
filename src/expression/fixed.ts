/**
 * Values that stay as they are from step to step: of coordinates, constants and fields that do not change. Those with calls
 * of functions are computed once and kept, along one axis where they depend on no other.
 */
import { type Graph, type Id, inputsOf } from "./graph.js";

/** The axis along which a value is kept, or `cells` for an array of cells. */
export type Kept = number | "cells";

/** What a value depends on. */
interface Source {
  /** `undefined`: on no coordinate. */
  readonly kept: Kept | undefined;
  readonly calls: boolean;
}

/**
 * The values that are worth keeping: as large as they can be.
 * @param names - of parameters and fields that stay as they are
 * @param roots - values that are wanted themselves
 */
export function fixedOf(
  graph: Graph,
  live: readonly Id[],
  names: ReadonlySet<string>,
  roots: readonly Id[],
): ReadonlyMap<Id, Kept> {
  const sources = new Map<Id, Source>();
  for (const id of live) {
    const source = sourceOf(graph, id, names, sources);
    if (source) sources.set(id, source);
  }
  const kept = new Map<Id, Kept>();
  const reads = new Set<Id>();
  const keep = (id: Id, asCells: boolean) => {
    const source = sources.get(id);
    if (source?.calls && source.kept !== undefined) kept.set(id, asCells ? "cells" : source.kept);
  };
  for (const id of live) {
    const entry = graph.entry(id);
    // What is read in other cells or reduced is an array of cells anyway.
    const asCells = entry.op === "at" || entry.op === "reduce";
    if (asCells) for (const input of inputsOf(entry)) reads.add(input);
    if (!sources.has(id)) for (const input of inputsOf(entry)) keep(input, asCells || kept.get(input) === "cells");
  }
  for (const id of roots) keep(id, kept.get(id) === "cells");
  dropCheap(graph, live, kept, reads);
  return kept;
}

/** What is a few operations on values that are kept is not kept besides. */
function dropCheap(graph: Graph, live: readonly Id[], kept: Map<Id, Kept>, reads: ReadonlySet<Id>): void {
  const calls = new Set<Id>();
  for (const id of live) {
    const entry = graph.entry(id);
    if (entry.op === "call" || inputsOf(entry).some((input) => calls.has(input) && !kept.has(input))) calls.add(id);
    else if (!reads.has(id)) kept.delete(id);
  }
}

function sourceOf(
  graph: Graph,
  id: Id,
  names: ReadonlySet<string>,
  sources: ReadonlyMap<Id, Source>,
): Source | undefined {
  const entry = graph.entry(id);
  switch (entry.op) {
    case "constant":
      return { kept: undefined, calls: false };
    case "parameter":
      return names.has(entry.name) ? { kept: undefined, calls: false } : undefined;
    case "field":
      return names.has(entry.name) ? { kept: "cells", calls: false } : undefined;
    case "along":
      return { kept: entry.axis, calls: false };
    case "noise":
    case "at":
    case "reduce":
      return undefined;
    default: {
      const inputs = inputsOf(entry).map((input) => sources.get(input));
      let kept: Kept | undefined;
      let calls = entry.op === "call";
      for (const input of inputs) {
        if (!input) return undefined;
        if (input.kept !== undefined) kept = kept === undefined || kept === input.kept ? input.kept : "cells";
        calls ||= input.calls;
      }
      return { kept, calls };
    }
  }
}
