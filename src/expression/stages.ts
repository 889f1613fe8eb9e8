/**
 * From graphs to programs: which values are arrays, which sweep computes what, and when halos are filled.
 *
 * A value that is read in other cells lies in an array of its own, with its halo, so what reads it is one *stage* later
 * than the value itself; all values of a stage are computed in one sweep. A value that several sweeps need is computed
 * again in each where that is cheaper than an array.
 */

import { fixedOf, type Kept } from "./fixed.js";
import { foldedOf } from "./fold.js";
import { type Entry, type Graph, type Halo, type Id, inputsOf, isLeaf, liveOf } from "./graph.js";
import { textOf } from "./listing.js";
import type { Cell, Node, Preparation, Program, ProgramArray, Step } from "./program.js";

/** A value, and the array or the number that is to hold it. */
export interface Target {
  readonly name: string;
  readonly node: Id;
}

/** What a program computes. */
export interface Wanted {
  /** How many axes the grid has. */
  readonly axes: number;
  /** Results in all cells. One that is called as a field is stored into that field, in the last sweep. */
  readonly cells: readonly Target[];
  /** Numbers that are equal in all cells. */
  readonly numbers?: readonly Target[];
  /**
   * The names of parameters and fields that stay as they are from step to step: what functions give of them and of
   * coordinates alone is then computed once. Left out: nothing is.
   */
  readonly fixed?: readonly string[];
  /** Takes a value that a sum has twice once, with another rounding. Default: false. */
  readonly fold?: boolean;
  /** Names of values, for temporaries that hold them. */
  readonly names?: ReadonlyMap<Id, string>;
}

/** Values that cost more operations are stored rather than computed twice. */
const cheap = 12;

/** What an operation costs, in additions. */
function costOf({ op }: Entry): number {
  if (op === "call") return 40;
  return op === "div" || op === "sqrt" ? 5 : op === "constant" || op === "parameter" || op === "reduce" ? 0 : 1;
}

/** The steps that compute values. */
export function programOf(graph: Graph, wanted: Wanted): Program {
  const { cells, numbers = [], fixed } = wanted;
  if (wanted.fold) return programOf(graph, folded(graph, wanted));
  const roots = [...cells, ...numbers].map(({ node }) => node);
  const live = liveOf(graph, roots);
  const kept = fixed ? fixedOf(graph, live, new Set(fixed), roots) : new Map<Id, Kept>();
  return new Schedule(graph, wanted, live, kept).program();
}

/** What is wanted, of values whose linear terms are folded. */
function folded(graph: Graph, wanted: Wanted): Wanted {
  const { cells, numbers = [], names = new Map<Id, string>() } = wanted;
  const now = foldedOf(
    graph,
    [...cells, ...numbers].map(({ node }) => node),
  );
  const move = ({ name, node }: Target) => ({ name, node: now.get(node)! });
  const moved = new Map(Array.from(names, ([id, name]) => [now.get(id) ?? id, name]));
  return { ...wanted, fold: false, cells: cells.map(move), numbers: numbers.map(move), names: moved };
}

/** A value that is read in another cell. */
interface Read {
  readonly id: Id;
  readonly of: Id;
  readonly offset: readonly number[];
  readonly halo: Halo;
  /** What one halo belongs to: a value under a set of conditions. */
  readonly key: string;
}

function radiusOf({ offset }: Read): number {
  return Math.max(...offset.map(Math.abs));
}

class Schedule {
  readonly #graph: Graph;
  readonly #wanted: Wanted;
  readonly #live: readonly Id[];
  /** Values that are computed once. */
  readonly #kept: ReadonlyMap<Id, Kept>;
  readonly #reads: readonly Read[];
  readonly #readOf: ReadonlyMap<Id, Read>;
  /** How many layers of each halo are read. */
  readonly #radii = new Map<string, number>();
  readonly #fields: ReadonlySet<string>;
  /** The halo that lies around the array of a value itself; those of further conditions lie around copies. */
  readonly #first = new Map<Id, string>();
  readonly #stage = new Map<Id, number>();
  /** The sweep that stores a value into an array. */
  readonly #stored = new Map<Id, number>();
  /** The sweeps that need a value. */
  readonly #needed = new Map<Id, Set<number>>();
  #sweeps = 0;

  readonly #arrays: (ProgramArray & { radius: number })[] = [];
  readonly #places = new Map<string, number>();
  readonly #parameters: { name: string }[] = [];
  readonly #slots: { array: number; free: number }[] = [];

  constructor(graph: Graph, wanted: Wanted, live: readonly Id[], kept: ReadonlyMap<Id, Kept>) {
    this.#graph = graph;
    this.#wanted = wanted;
    this.#live = live;
    this.#kept = kept;
    this.#reads = live.flatMap((id): Read[] => {
      const entry = graph.entry(id);
      if (entry.op !== "at") return [];
      const { of, offset, halo } = entry;
      return [{ id, of, offset, halo, key: `${of} ${halo.part ?? ""} ${halo.condition}` }];
    });
    this.#readOf = new Map(this.#reads.map((read) => [read.id, read]));
    for (const read of this.#reads) this.#radii.set(read.key, Math.max(this.#radii.get(read.key) ?? 0, radiusOf(read)));
    const entries = live.map((id) => graph.entry(id));
    this.#fields = new Set(entries.flatMap((entry) => (entry.op === "field" ? [entry.name] : [])));
    this.#chooseHalos();
    this.#findStages();
    this.#findArrays();
    this.#findNeeds();
  }

  program(): Program {
    this.#placeArrays();
    const steps: Step[] = [];
    const filled = new Set<string>();
    steps.push(...this.#reductions(-1));
    for (let sweep = 0; sweep < this.#sweeps; sweep++) {
      steps.push(...this.#halos(sweep, filled));
      const cell = this.#cell(sweep);
      if (cell.stores.length > 0) steps.push({ kind: "sweep", cell });
      steps.push(...this.#reductions(sweep));
    }
    const { numbers = [] } = this.#wanted;
    if (numbers.length > 0) steps.push({ kind: "numbers", cell: this.#numbers(numbers) });
    const setup = Array.from(this.#kept, ([id, kept]) => this.#preparation(id, kept));
    return { arrays: this.#arrays, parameters: this.#parameters, setup, steps };
  }

  /** Of several sets of conditions around a value the one on which the longest row of stages depends is its own. */
  #chooseHalos(): void {
    const heights = new Map<Id, number>();
    const raise = (id: Id, height: number) => heights.set(id, Math.max(heights.get(id) ?? 0, height));
    const best = new Map<Id, number>();
    for (const id of this.#live.toReversed()) {
      const entry = this.#graph.entry(id);
      const height = heights.get(id) ?? 0;
      const isStage = entry.op === "at" || entry.op === "reduce";
      for (const input of inputsOf(entry)) raise(input, height + (isStage ? 1 : 0));
      // Of equal ones the first in the text.
      const read = this.#readOf.get(id);
      if (read && height >= (best.get(read.of) ?? 0)) {
        best.set(read.of, height);
        this.#first.set(read.of, read.key);
      }
    }
  }

  #isCopy({ of, key }: Read): boolean {
    return key !== this.#first.get(of);
  }

  /** True where a value is there before the first step. */
  #isGiven(id: Id): boolean {
    return this.#kept.has(id) || isLeaf(this.#graph.entry(id));
  }

  #stageOf(id: Id): number {
    return this.#stage.get(id) ?? 0;
  }

  #findStages(): void {
    for (const id of this.#live) {
      const entry = this.#graph.entry(id);
      const inputs = this.#kept.has(id) ? [] : inputsOf(entry);
      const latest = Math.max(0, ...inputs.map((input) => this.#stageOf(input)));
      const isReady = inputs.every((input) => this.#isGiven(input));
      const read = this.#readOf.get(id);
      const isCopy = read !== undefined && this.#isCopy(read);
      const isLater = (entry.op === "at" || entry.op === "reduce") && (!isReady || isCopy);
      this.#stage.set(id, latest + (isLater ? 1 : 0));
    }
  }

  /** The sweep that computes a target. */
  #sweepOf({ name, node }: Target): number {
    return this.#fields.has(name) ? this.#sweeps - 1 : this.#stageOf(node);
  }

  #findArrays(): void {
    for (const id of this.#live) {
      const entry = this.#graph.entry(id);
      if (entry.op !== "at" && entry.op !== "reduce") continue;
      for (const input of inputsOf(entry)) {
        if (!this.#isGiven(input)) this.#stored.set(input, this.#stageOf(input));
      }
    }
    const copies = this.#reads.some((read) => this.#isCopy(read));
    const stages = [...this.#wanted.cells.map(({ node }) => this.#stageOf(node)), ...this.#stored.values()];
    this.#sweeps = stages.reduce((last, stage) => Math.max(last, stage), copies ? 0 : -1) + 1;
  }

  /** Which sweeps compute or load which value; values that several sweeps need become arrays where they are not cheap. */
  #findNeeds(): void {
    const costs = new Map<Id, number>();
    for (const id of this.#live) {
      const entry = this.#graph.entry(id);
      const isLoad = entry.op === "at" || this.#stored.has(id) || this.#kept.has(id);
      const inputs = entry.op === "at" || entry.op === "reduce" ? [] : inputsOf(entry);
      const sum = inputs.reduce((total, input) => total + costs.get(input)!, costOf(entry));
      costs.set(id, isLoad ? 1 : Math.min(sum, 1000));
    }
    const need = (id: Id, sweep: number) => {
      if (!this.#needed.has(id)) this.#needed.set(id, new Set());
      this.#needed.get(id)!.add(sweep);
    };
    for (const target of this.#wanted.cells) need(target.node, this.#sweepOf(target));
    for (const [id, sweep] of this.#stored) need(id, sweep);
    for (const { of } of this.#copies()) need(of, this.#storedAt(of));
    for (const id of this.#live.toReversed()) {
      const entry = this.#graph.entry(id);
      const sweeps = this.#needed.get(id);
      if (!sweeps || entry.op === "at" || entry.op === "reduce" || this.#isGiven(id)) continue;
      if (sweeps.size > 1 && !this.#stored.has(id) && this.#graph.varies(id)) {
        if (costs.get(id)! > cheap) this.#stored.set(id, Math.min(...sweeps));
      }
      const from = this.#stored.get(id);
      for (const sweep of from === undefined ? sweeps : [from]) {
        for (const input of inputsOf(entry)) need(input, sweep);
      }
    }
  }

  /** The sweep after which a value lies in an array; a field lies there from the first on. */
  #storedAt(id: Id): number {
    return this.#stored.get(id) ?? 0;
  }

  /** One of the values of each halo that lies around a copy. */
  #copies(): readonly Read[] {
    const copies = this.#reads.filter((read) => this.#isCopy(read));
    return [...new Map(copies.map((read) => [read.key, read])).values()];
  }

  /** The array whose halo a value in another cell is read of. */
  #arrayOf(read: Read): number {
    return this.#places.get(this.#isCopy(read) ? read.key : String(read.of))!;
  }

  #addArray(key: string, array: ProgramArray): number {
    const place = this.#arrays.push({ ...array }) - 1;
    this.#places.set(key, place);
    return place;
  }

  #placeArrays(): void {
    for (const id of this.#live) {
      const entry = this.#graph.entry(id);
      if (entry.op === "field") this.#addArray(String(id), { name: entry.name, kind: "field", radius: 0 });
      else if (entry.op === "noise") {
        const { owner, seed, call } = entry;
        const name = `noise ${seed} ${call} of ${owner}`;
        this.#addArray(String(id), { name, kind: "field", radius: 0, noise: { owner, seed, call } });
      } else if (entry.op === "along") {
        this.#addArray(`source ${id}`, { name: entry.name, kind: "along", axis: entry.axis, radius: 0 });
      } else if (entry.op === "parameter") this.#addParameter(id, entry.name);
      else if (entry.op === "reduce") this.#addParameter(id, `#${this.#parameters.length}`);
    }
    for (const [id, kept] of this.#kept) {
      // Its text is its name, once its cell is there.
      const name = "";
      if (kept === "cells") this.#addArray(String(id), { name, kind: "fixed", radius: 0 });
      else this.#addArray(`kept ${id}`, { name, kind: "along", axis: kept, radius: 0 });
    }
    for (const { name } of this.#wanted.cells) {
      if (!this.#arrays.some((array) => array.name === name)) {
        this.#addArray(`result ${name}`, { name, kind: "result", radius: 0 });
      }
    }
    this.#placeTemporaries();
    for (const read of this.#reads) {
      const array = this.#arrays[this.#arrayOf(read)]!;
      array.radius = Math.max(array.radius, radiusOf(read));
    }
  }

  #addParameter(id: Id, name: string): void {
    this.#places.set(`source ${id}`, this.#parameters.push({ name }) - 1);
  }

  /** Temporaries whose values are not needed any more are used again. */
  #placeTemporaries(): void {
    const lasts = new Map<string, number>();
    for (const { id, key } of this.#reads) lasts.set(key, Math.max(lasts.get(key) ?? -1, ...this.#needs(id)));
    const stored = Array.from(this.#stored, ([id, sweep]) => {
      const last = Math.max(sweep, lasts.get(this.#first.get(id) ?? "") ?? -1, ...this.#needs(id));
      return { key: String(id), id, sweep, last };
    });
    const copied = this.#copies().map(({ key, of }) => {
      const sweep = this.#storedAt(of);
      return { key, id: of, sweep, last: Math.max(sweep, lasts.get(key)!) };
    });
    const wanted = [...stored, ...copied];
    for (const { key, id, sweep, last } of wanted.toSorted((a, b) => a.sweep - b.sweep)) {
      const slot = this.#slots.find(({ free }) => free < sweep);
      if (slot) {
        slot.free = last;
        this.#places.set(key, slot.array);
        continue;
      }
      const number = this.#slots.length + 1;
      const name = this.#wanted.names?.get(id) ?? `temporary${number}`;
      this.#slots.push({ array: this.#addArray(key, { name, kind: "temporary", radius: 0 }), free: last });
    }
  }

  #needs(id: Id): Iterable<number> {
    return this.#needed.get(id) ?? [];
  }

  /** The halos that a sweep needs and that are not filled yet. */
  #halos(sweep: number, filled: Set<string>): Step[] {
    const steps: Step[] = [];
    for (const read of this.#reads) {
      const { id, key, halo } = read;
      if (!this.#needed.get(id)?.has(sweep) || filled.has(key)) continue;
      filled.add(key);
      const { condition, part, partner } = halo;
      const radius = this.#radii.get(key)!;
      const complex = part === undefined ? {} : { part, partner: this.#places.get(String(partner))! };
      steps.push({ kind: "halo", array: this.#arrayOf(read), condition, radius, ...complex });
    }
    return steps;
  }

  /** The reductions of what is there after a sweep; before the first one, of fields. */
  #reductions(sweep: number): Step[] {
    return this.#live.flatMap((id): Step[] => {
      const entry = this.#graph.entry(id);
      if (entry.op !== "reduce") return [];
      if ((this.#stored.get(entry.of) ?? -1) !== sweep) return [];
      const [array, parameter] = [this.#places.get(String(entry.of))!, this.#places.get(`source ${id}`)!];
      return [{ kind: "reduce", operation: entry.operation, array, parameter }];
    });
  }

  #cell(sweep: number): Cell {
    const nodes: Node[] = [];
    const local = new Map<Id, number>();
    for (const id of this.#live) {
      if (!this.#needed.get(id)?.has(sweep)) continue;
      local.set(id, nodes.push(this.#node(id, sweep, local)) - 1);
    }
    const stores = this.#wanted.cells
      .filter((target) => this.#sweepOf(target) === sweep)
      .map(({ name, node }) => ({ array: this.#placeOf(name), node: local.get(node)! }));
    for (const [id, stored] of this.#stored) {
      if (stored === sweep) stores.push({ array: this.#places.get(String(id))!, node: local.get(id)! });
    }
    for (const copy of this.#copies()) {
      if (this.#storedAt(copy.of) === sweep) stores.push({ array: this.#arrayOf(copy), node: local.get(copy.of)! });
    }
    return { nodes, stores };
  }

  #placeOf(name: string): number {
    return this.#arrays.findIndex((array) => array.name === name && array.kind !== "temporary");
  }

  /** A node of the graph as one of a cell of a sweep: what is there already is loaded. */
  #node(id: Id, sweep: number, local: ReadonlyMap<Id, number>): Node {
    const kept = this.#kept.get(id);
    if (typeof kept === "number") {
      return { op: "along", array: this.#places.get(`kept ${id}`)!, axis: kept, offset: 0 };
    }
    if (this.#isGiven(id) || (this.#stored.get(id) ?? sweep) < sweep) return this.#load(id);
    return this.#operation(id, local);
  }

  #load(id: Id): Node {
    const offset = new Array<number>(this.#wanted.axes).fill(0);
    return { op: "load", array: this.#places.get(String(id))!, offset };
  }

  #operation(id: Id, local: ReadonlyMap<Id, number>): Node {
    const entry = this.#graph.entry(id);
    const at = (input: Id) => local.get(input)!;
    const source = this.#places.get(`source ${id}`)!;
    switch (entry.op) {
      case "constant":
        return entry;
      case "parameter":
      case "reduce":
        return { op: "parameter", index: source };
      case "along":
        return { op: "along", array: source, axis: entry.axis, offset: 0 };
      case "at":
        return { op: "load", array: this.#arrayOf(this.#readOf.get(id)!), offset: entry.offset };
      case "select":
        return { op: "select", test: at(entry.test), a: at(entry.a), b: at(entry.b) };
      case "call":
        return { op: "call", name: entry.name, args: entry.args.map(at) };
      case "field":
      case "noise":
        return this.#load(id);
      default:
        return "b" in entry ? { op: entry.op, a: at(entry.a), b: at(entry.b) } : { op: entry.op, a: at(entry.a) };
    }
  }

  /** What computes a value that is kept. */
  #preparation(id: Id, kept: Kept): Preparation {
    const nodes: Node[] = [];
    const local = new Map<Id, number>();
    for (const needed of liveOf(this.#graph, [id])) {
      const node = this.#operation(needed, local);
      // Along one axis there is no other.
      local.set(needed, nodes.push(node.op === "along" && kept !== "cells" ? { ...node, axis: 0 } : node) - 1);
    }
    const array = this.#places.get(kept === "cells" ? String(id) : `kept ${id}`)!;
    const cell = { nodes, stores: [{ array, node: nodes.length - 1 }] };
    const program = { arrays: this.#arrays, parameters: this.#parameters };
    // Programs that keep the same value have one name for it.
    this.#arrays[array] = { ...this.#arrays[array]!, name: textOf(program, cell) };
    return kept === "cells" ? { kind: "sweep", cell } : { kind: "along", array, cell };
  }

  /** The numbers of the whole grid, computed of parameters. */
  #numbers(numbers: readonly Target[]): Cell {
    const nodes: Node[] = [];
    const local = new Map<Id, number>();
    // What lies behind a reduction is done.
    const needed = new Set<Id>(numbers.map(({ node }) => node));
    for (const id of this.#live.toReversed()) {
      const entry = this.#graph.entry(id);
      if (needed.has(id) && entry.op !== "reduce") for (const input of inputsOf(entry)) needed.add(input);
    }
    for (const id of this.#live) {
      if (needed.has(id)) local.set(id, nodes.push(this.#node(id, -1, local)) - 1);
    }
    const stores = numbers.map(({ name, node }) => ({
      array: this.#parameters.push({ name }) - 1,
      node: local.get(node)!,
    }));
    return { nodes, stores };
  }
}
