/**
 * Loops that run for long, as functions of their own. The engine begins with code that is 3 to 5 times slower, and takes the
 * optimised code of a function when the function is called the next time: a function that is called once and loops for
 * long would never have it. A loop that has made some turns goes on in a function, which is called again and again:
 *
 *     loop L { B }      becomes      c = few;  loop L { B, with  if (--c) continue, else leave  in place of  continue }
 *                                    k = few;  while (next(k, variables)) k += k / 8        where the loop was left so
 *
 *     next(k, variables): the same loop for k turns; gives how it ended; variables return in globals
 *
 * Nothing is counted where a loop counts itself: `if (i < end) continue` becomes `if (i < limit) continue`. What is computed,
 * and in which order, is the same. A first call whose later ones take 0.1 s took 2.3 to 5 times as long, and takes 0.9 to 1.2
 * times. Short loops stay where they are, and innermost loops inside of others: these took a tenth longer in later calls, of
 * heat in 2D 1.66 instead of 1.51 ns a cell, even without a counter.
 */
import { isProvided } from "../sources.js";
import type { FunctionRef, Node, Tree } from "./tree.js";

/**
 * Turns before a loop becomes calls, of loops with loops inside and of others: a call takes as long as some turns. Where
 * addresses are counted, a turn is taken to be so many bytes.
 */
const turns = { outer: 32, inner: 512, byteLength: 16 };

/** Functions of more nodes are left alone: they would take long to compile. */
const largest = 5000;

/** How a call of a part of a loop ends: 0 at the end of the loop, 1 with turns to go; 2 and more by other ways out. */
const [isGoing, firstExit] = [1, 2];

/** Makes functions of the loops in the functions of the sources. */
export function outlineLoops(tree: Tree): void {
  new Outlining(tree).run();
}

/** Comparisons at the end of a loop, by Binaryen's names. */
const comparisons = { LtSInt32: "lt_s", LtUInt32: "lt_u", LeSInt32: "le_s", LeUInt32: "le_u" } as const;

/** What a loop counts with: a variable, and where it ends, another one or a constant. */
interface Bound {
  readonly index: number;
  readonly end: number | { readonly value: number };
  readonly isUnsigned: boolean;
}

/** A way out of a loop other than its end: to a label around the loop, or out of the function. */
type Exit = string | undefined;

class Outlining {
  readonly #tree: Tree;
  readonly #i32: number;
  #count = 0;
  /** Variables that only the code of this pass uses: they keep nothing from before a loop, or for after it. */
  #own = new Set<number>();
  readonly #globals = new Set<string>();

  constructor(tree: Tree) {
    this.#tree = tree;
    this.#i32 = tree.constant("i32");
  }

  run(): void {
    const tree = this.#tree;
    for (const [ref, { name, body, results }] of tree.functions()) {
      if (body === 0 || isProvided(name) || !tree.knows(body) || this.#sizeOf(body) > largest) continue;
      this.#own = new Set();
      const visit = (node: Node, isNested: boolean): Node => {
        const isLoop = tree.kind(node) === "Loop";
        tree.each(node, (child) => visit(child, isNested || isLoop));
        return isLoop ? this.#outlined(ref, node, results, isNested) : node;
      };
      tree.setBody(ref, visit(body, false));
    }
    tree.keepCalls("loop|*");
  }

  #sizeOf(node: Node): number {
    let size = 1;
    this.#tree.each(node, (child) => {
      size += this.#sizeOf(child);
      return child;
    });
    return size;
  }

  #outlined(ref: FunctionRef, loop: Node, results: number, isNested: boolean): Node {
    const tree = this.#tree;
    const { module } = tree;
    const { i32, local, global } = module;
    const label = tree.get<string | null>(loop, "Name");
    const type = tree.type(loop);
    const endless = type === tree.constant("unreachable");
    if (!label || !(endless || type === tree.constant("none"))) return loop;
    const seen = this.#look(loop, label);
    if (!seen) return loop;
    const { exits, used, changed, isInner } = seen;
    if (isInner && isNested) return loop;
    const bound = this.#boundOf(seen);

    const id = this.#count++;
    const name = `loop|${id}`;
    const few = (isInner ? turns.inner : turns.outer) * (bound?.isUnsigned ? turns.byteLength : 1);
    const types = tree.localTypes(ref);
    const given = [...used].filter((index) => !this.#own.has(index));
    const returned = [...changed].filter((index) => !this.#own.has(index));
    const globals = this.#globalsFor(returned.map((index) => types[index]!));
    const result =
      exits.includes(undefined) && results !== tree.constant("none")
        ? this.#globalsFor([results], "result|")[0]!
        : undefined;

    // The function: k, then the variables.
    const own = [...used].filter((index) => this.#own.has(index));
    const places = new Map([...given, ...own].map((index, place) => [index, place + 1]));
    const ended = given.length + own.length + 1;
    const limit = ended + 1;
    const end = `${name}|end`;
    const leave = (how: number): Node => {
      return module.block(null, [local.set(ended, i32.const(how)), module.br(end)], tree.constant("unreachable"));
    };
    const copy = this.#rewritten(module.copyExpression(loop), label, {
      again: (node) => {
        if (!bound) return this.#counted(node, label, 0, leave(isGoing));
        return this.#limited(node, label, limit, (isLeft) => module.if(isLeft, leave(isGoing)));
      },
      out: (exit, value) => {
        const way = leave(firstExit + exits.indexOf(exit));
        return value ? module.block(null, [global.set(result!, value), way], tree.constant("unreachable")) : way;
      },
      places,
    });
    const body = module.block(
      null,
      [
        ...(bound
          ? [
              local.set(
                limit,
                this.#limitOf(bound, () => local.get(0, this.#i32), places),
              ),
            ]
          : []),
        module.block(end, [copy], tree.constant("none")),
        ...returned.map((index, i) => global.set(globals[i]!, local.get(places.get(index)!, types[index]!))),
        local.get(ended, this.#i32),
      ],
      this.#i32,
    );
    const variables = [...own.map((index) => types[index]!), this.#i32, this.#i32];
    tree.addFunction(name, [this.#i32, ...given.map((index) => types[index]!)], variables, body, this.#i32);

    // The loop in its place.
    const [count, turn, how] = [0, 1, 2].map(() => tree.addLocal(ref, this.#i32)) as [number, number, number];
    for (const index of [count, turn, how]) this.#own.add(index);
    const [done, left, next] = [`${name}|done`, `${name}|left`, `${name}|next`];
    const here = this.#rewritten(loop, label, {
      again: (node) => {
        if (!bound) return this.#counted(node, label, count, module.br(left));
        return this.#limited(node, label, count, (isLeft) => module.br(left, isLeft));
      },
    });
    const get = (index: number) => local.get(index, types[index]!);
    const call = module.call(name, [local.get(turn, this.#i32), ...given.map(get)], this.#i32);
    const is = (code: number) => i32.eq(local.get(how, this.#i32), i32.const(code));
    const calls = [
      local.set(how, call),
      ...returned.map((index, i) => local.set(index, global.get(globals[i]!, types[index]!))),
      local.set(turn, i32.add(local.get(turn, this.#i32), i32.shr_u(local.get(turn, this.#i32), i32.const(3)))),
      module.br(next, is(isGoing)),
      ...exits.map((exit, i) => {
        const out = exit
          ? module.br(exit)
          : module.return(result === undefined ? undefined : global.get(result, results));
        return module.if(is(firstExit + i), out);
      }),
    ];
    const before = module.block(left, [here, ...(endless ? [] : [module.br(done)])], tree.constant("none"));
    return module.block(
      done,
      [
        local.set(count, bound ? this.#limitOf(bound, () => i32.const(few)) : i32.const(few)),
        before,
        local.set(turn, i32.const(few)),
        module.loop(next, module.block(null, calls, tree.constant("none"))),
        ...(endless ? [module.unreachable()] : []),
      ],
      type,
    );
  }

  /** In place of `if (c) continue`: `if (c) { if (--count) continue; else leave }`. */
  #counted(node: Node, label: string, count: number, leave: Node): Node {
    const { module } = this.#tree;
    const { i32, local } = module;
    const less = local.tee(count, i32.sub(local.get(count, this.#i32), i32.const(1)), this.#i32);
    const way = module.block(null, [module.br(label, less), leave], this.#tree.constant("unreachable"));
    const condition = this.#tree.get<Node>(node, "Condition");
    return condition ? module.if(condition, way) : way;
  }

  /** In place of `if (i < end) continue`: `if (i < limit) continue; if (i < end) leave`, at no cost in a turn. */
  #limited(node: Node, label: string, limit: number, leaveIf: (isLeft: Node) => Node): Node {
    const tree = this.#tree;
    const { module } = tree;
    const condition = tree.get<Node>(node, "Condition");
    const compare = module.i32[comparisons[this.#comparisonOf(condition)!]];
    const [index, end] = [tree.get<Node>(condition, "Left"), tree.get<Node>(condition, "Right")];
    const again = module.br(label, compare(index, module.local.get(limit, this.#i32)));
    const same = module.local.get(tree.get(index, "Index"), this.#i32);
    return module.block(null, [again, leaveIf(compare(same, end))], tree.constant("none"));
  }

  /** `min(end, i + distance)`; where the sum is too large for a number it is less than i, and there is one turn. */
  #limitOf({ index, end, isUnsigned }: Bound, distance: () => Node, places?: ReadonlyMap<number, number>): Node {
    const { module } = this.#tree;
    const { i32, local } = module;
    const at = (place: number) => local.get(places?.get(place) ?? place, this.#i32);
    const last = () => (typeof end === "number" ? at(end) : i32.const(end.value));
    const far = () => i32.add(at(index), distance());
    return module.select((isUnsigned ? i32.lt_u : i32.lt_s)(last(), far()), last(), far());
  }

  /** What a loop counts with, of a loop that goes on at one place, by `if (i < end) continue`. */
  #boundOf({ backs, changed }: { readonly backs: readonly Node[]; readonly changed: ReadonlySet<number> }) {
    const tree = this.#tree;
    const condition = backs.length === 1 ? tree.get<Node>(backs[0]!, "Condition") : 0;
    const compare = condition ? this.#comparisonOf(condition) : undefined;
    if (compare === undefined) return undefined;
    const [left, right] = [tree.get<Node>(condition, "Left"), tree.get<Node>(condition, "Right")];
    if (!["LocalGet", "LocalSet"].includes(tree.kind(left)!)) return undefined;
    const index = tree.get<number>(left, "Index");
    const isUnsigned = compare.includes("U");
    const kind = tree.kind(right);
    if (kind === "Const") return { index, end: { value: tree.get<number>(right, "ValueI32") }, isUnsigned };
    if (kind !== "LocalGet" || changed.has(tree.get(right, "Index"))) return undefined;
    return { index, end: tree.get<number>(right, "Index"), isUnsigned };
  }

  /** The name of the comparison that a condition is, of those of {@link comparisons}. */
  #comparisonOf(condition: Node): keyof typeof comparisons | undefined {
    const tree = this.#tree;
    if (tree.kind(condition) !== "Binary") return undefined;
    const op = tree.get<number>(condition, "Op");
    return (Object.keys(comparisons) as (keyof typeof comparisons)[]).find((name) => tree.constant(name) === op);
  }

  /** What a loop leaves by and which variables it has; `undefined` for a loop that cannot be moved. */
  #look(loop: Node, label: string) {
    const tree = this.#tree;
    const [inside, exits] = [new Set<string>([label]), new Set<Exit>()];
    const [used, changed] = [new Set<number>(), new Set<number>()];
    const backs: Node[] = [];
    let [isMovable, isInner] = [true, true];
    const scan = (node: Node): Node => {
      const kind = tree.kind(node);
      if (kind === "Block" || kind === "Loop") {
        const name = tree.get<string | null>(node, "Name");
        if (name) inside.add(name);
      }
      if (kind === "Loop" && node !== loop) isInner = false;
      if (kind === "LocalGet" || kind === "LocalSet") used.add(tree.get(node, "Index"));
      if (kind === "LocalSet") changed.add(tree.get(node, "Index"));
      if (kind === "Return") exits.add(undefined);
      if (kind === "Break") {
        const name = tree.get<string>(node, "Name");
        if (name === label) backs.push(node);
        if (!inside.has(name)) {
          exits.add(name);
          isMovable &&= !tree.get(node, "Value");
        }
      }
      if (kind === "Switch") {
        const names = [...tree.get<string[]>(node, "Names"), tree.get<string>(node, "DefaultName")];
        isMovable &&= names.every((name) => name !== label && inside.has(name));
      }
      tree.each(node, scan);
      return node;
    };
    scan(loop);
    return isMovable ? { exits: [...exits], used, changed, backs, isInner } : undefined;
  }

  /** A loop with other ways to its next turn, and out of it, and other places of variables. */
  #rewritten(
    loop: Node,
    label: string,
    ways: { again(node: Node): Node; out?: (exit: Exit, value: Node) => Node; places?: ReadonlyMap<number, number> },
  ): Node {
    const tree = this.#tree;
    const { module } = tree;
    const inside = new Set<string>([label]);
    const visit = (node: Node): Node => {
      const kind = tree.kind(node);
      if (kind === "Block" || kind === "Loop") {
        const name = tree.get<string | null>(node, "Name");
        if (name) inside.add(name);
      }
      if (kind === "LocalGet" || kind === "LocalSet") {
        const place = ways.places?.get(tree.get(node, "Index"));
        if (place !== undefined) tree.set(node, "Index", place);
      }
      tree.each(node, visit);
      if (kind === "Return" && ways.out) return ways.out(undefined, tree.get<Node>(node, "Value"));
      if (kind !== "Break") return node;
      const name = tree.get<string>(node, "Name");
      const isAgain = name === label;
      if (!isAgain && (inside.has(name) || !ways.out)) return node;
      if (isAgain) return ways.again(node);
      const way = ways.out!(name, 0);
      const condition = tree.get<Node>(node, "Condition");
      return condition ? module.if(condition, way) : way;
    };
    tree.each(loop, visit);
    return loop;
  }

  /** Global variables, one for each of some types. */
  #globalsFor(types: readonly number[], prefix = "kept|"): string[] {
    const { module } = this.#tree;
    const counts = new Map<number, number>();
    return types.map((type) => {
      const count = counts.get(type) ?? 0;
      counts.set(type, count + 1);
      const name = `${prefix}${type}|${count}`;
      if (!this.#globals.has(name)) {
        this.#globals.add(name);
        module.addGlobal(name, type, true, this.#tree.zero(type));
      }
      return name;
    });
  }
}
