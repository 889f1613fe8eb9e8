import type { Cell, Fusion, Node } from "./program.js";

/** What is to be computed several times after each other in one pass. */
export interface Repetition {
  /** The cells of one time, in order, and what they keep in rows. */
  readonly once: Fusion;
  /** Arrays that are read, and the arrays of what they become, which the next time reads in their place. */
  readonly becomes: ReadonlyMap<number, number>;
  readonly times: number;
  /** The number of an array that is kept in rows, for an array of `once` at a time. */
  readonly rolledAs: (array: number, time: number) => number;
  /** The parameter that stands for one at a time: the time itself differs, constants do not. */
  readonly parameterAs: (index: number, time: number) => number;
}

/**
 * Several steps as one pass: with `becomes` from `u` to `next` what is `next` at one time is `u` at the following one. As
 * the steps stay in cache, memory is read and written once for all of them; the halo is as many times as wide.
 */
export function repeat({ once, becomes, times, rolledAs, parameterAs }: Repetition): Fusion {
  const rolled: number[] = [];
  const cells: Cell[] = [];
  const last = times - 1;
  const sources = new Map(Array.from(becomes, ([from, to]) => [to, from]));
  for (let time = 0; time < times; time++) {
    const place = (array: number, isStored: boolean): number => {
      // What was `next` is read as `u`, and is `next` no more.
      const read = becomes.get(array);
      if (read !== undefined && !isStored) return time === 0 ? array : rolledAs(read, time - 1);
      const isKept = once.rolled.includes(array) || (sources.has(array) && time < last);
      return isKept ? rolledAs(array, time) : array;
    };
    const nodeAs = (node: Node): Node => {
      if (node.op === "load") return { ...node, array: place(node.array, false) };
      return node.op === "parameter" ? { ...node, index: parameterAs(node.index, time) } : node;
    };
    for (const { nodes, stores } of once.cells)
      cells.push({
        nodes: nodes.map(nodeAs),
        stores: stores.map(({ array, node }) => ({ array: place(array, true), node })),
      });
    const kept = [...once.rolled, ...(time < last ? becomes.values() : [])];
    rolled.push(...kept.map((array) => rolledAs(array, time)));
  }
  return { cells, rolled };
}
