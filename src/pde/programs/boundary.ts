/** The conditions of equations: which sides have which, for each operator in each equation. */
import { nearest, show, wrong } from "../../argument.js";
import { noFlux, openEdge } from "../../expression/text/space.js";
import { conditionKeys, parseCondition, type SideValue, type Wall } from "../../grid/condition.js";
import type { Grid } from "../../grid/grid.js";
import {
  type BySide,
  isSideName,
  namesOfSides,
  namesSides,
  parseSides,
  type Side,
  type Sides,
  sideName,
  sides,
} from "../../grid/side.js";

/** A number, an array along the side, or a text of coordinates, `t`, fields in the adjacent cell and numbers of the grid. */
export type PdeSideValue = SideValue | string;

/** What a side does to the halo cells beyond it; as {@link Condition} of kernels, with texts. */
export type PdeCondition =
  | "periodic"
  | "antiperiodic"
  | { readonly value: PdeSideValue }
  | { readonly derivative: PdeSideValue }
  | { readonly mixed: PdeSideValue; readonly const?: PdeSideValue }
  | { readonly curvature: PdeSideValue };

/** Sides, for all operators; or sides by equation or part (`c`), or by operator in it (`c:laplace`); `*` stands for all. */
export type PdeBoundary = BySide<PdeCondition> | Readonly<Record<string, BySide<PdeCondition>>>;

/** A condition, checked: a wall of numbers, or the texts of its values. */
export interface SideCondition {
  readonly wall: Wall;
  /** The texts that stand for the numbers of the wall; a number that has none is as in the wall. */
  readonly texts?: { readonly value?: string; readonly constant?: string };
}

/** The conditions of an array, by axis. */
export type Conditions = Sides<SideCondition>;

/** Operators that are sums of fluxes through faces. */
const fluxes: readonly string[] = ["laplace", "div", "divergence"];

/** What is said of the conditions of all equations. */
export class Boundary {
  readonly #where: string;
  readonly #grid: Grid;
  readonly #owners: readonly string[];
  readonly #layers = new Map<string, Sides<SideCondition | undefined>>();
  readonly #known = new Map<string, Conditions>();
  /** Names by what the conditions do. */
  readonly #names = new Map<string, string>();
  readonly #arrays: object[] = [];

  /**
   * @param where the option in error texts: `Pde: "boundary"`
   * @param owners equations and named parts
   * @throws UsageError
   */
  constructor(where: string, boundary: PdeBoundary | undefined, grid: Grid, owners: readonly string[]) {
    this.#where = where;
    this.#grid = grid;
    this.#owners = owners;
    const common: Record<string, unknown> = Object.create(null);
    if (!namesSides(boundary, conditionKeys)) this.#add("", boundary);
    else {
      for (const [key, value] of Object.entries(boundary)) {
        if (isSideName(grid, key) || (key === "*" && !namesSides(value, conditionKeys))) common[key] = value;
        else this.#add(this.#checkOwner(key), value, `${where.slice(0, -1)}.${key}"`);
      }
      this.#add("", common);
    }
    // Wrong ones are told at once.
    for (const key of this.#layers.keys()) this.of(key || "*");
  }

  #add(key: string, value: unknown, where = this.#where): void {
    const parse = (condition: unknown, axis: number, at: string) => parseTexts(where, condition, axis, at, this.#grid);
    this.#layers.set(key, parseSides<SideCondition>(where, value, this.#grid, { keys: conditionKeys, parse }));
  }

  #checkOwner(key: string): string {
    const [owner, operator] = key.split(":") as [string, string?];
    if (key === "*" || this.#owners.includes(owner)) {
      if (operator !== "") return key;
    }
    const known = [...this.#owners, "*", ...namesOfSides(this.#grid)];
    const near = isSideName(this.#grid, key) ? undefined : nearest(owner, [...known, ...conditionKeys]);
    const expected = `sides, or sides by equation and operator, among ${known.join(", ")}`;
    throw wrong(this.#where, expected, show(key), near ? `Did you mean ${near}?` : "Name a side or an equation.");
  }

  /** The names of operators that conditions are given for: `c:laplace`. */
  get operators(): readonly string[] {
    return [...this.#layers.keys()].filter((key) => key.includes(":"));
  }

  /**
   * Checks that what is said of the centre of a radius is of an operator that looks there: no flux goes through it.
   * @param used the names of the conditions of all operators @throws UsageError
   */
  checkCentre(used: readonly string[]): void {
    const axis = this.#grid.axes.findIndex(({ hasCentre }) => hasCentre);
    if (axis < 0) return;
    for (const [key, layer] of this.#layers) {
      const said = layer[axis]!.low;
      if (said === undefined || (said.wall.kind === "derivative" && said.wall.value === 0 && !said.texts)) continue;
      const isOf = (name: string) => [name, name.split(":")[0], "*", ""].includes(key);
      const operators = [...new Set(used.filter(isOf).map((name) => name.split(":")[1]!))];
      if (operators.length === 0 || !operators.every((name) => fluxes.includes(name))) continue;
      const side = sideName(this.#grid, axis, "low");
      const expected = `no condition at ${side}, the centre, for ${operators.join(", ")}`;
      throw wrong(
        this.#where,
        expected,
        `a ${said.wall.kind}`,
        "Leave it out: no flux goes through a face without area.",
      );
    }
  }

  /** The conditions of an operator in an equation: `c:laplace`. The more specific one wins, side by side. */
  of(name: string): Conditions {
    const known = this.#known.get(name);
    if (known) return known;
    const found = this.#resolve(name);
    this.#known.set(name, found);
    return found;
  }

  /** The first name that conditions were asked for by, of those that do the same. */
  sameAs(name: string): string {
    const isList = (value: unknown) => Array.isArray(value) && typeof value[0] === "number";
    const key = JSON.stringify(this.of(name), (_, value) => (isList(value) ? this.#identify(value) : value));
    const first = this.#names.get(key) ?? name;
    this.#names.set(key, first);
    return first;
  }

  /** What an array is told from others by: two with the same numbers are two. */
  #identify(array: object): string {
    if (!this.#arrays.includes(array)) this.#arrays.push(array);
    return `array ${this.#arrays.indexOf(array)}`;
  }

  #resolve(name: string): Conditions {
    const isInner = name === noFlux || name === openEdge;
    const keys = isInner ? [] : [name, name.split(":")[0]!, "*", ""];
    const layers = keys.map((key) => this.#layers.get(key)).filter((layer) => layer !== undefined);
    const grid = this.#grid;
    return grid.shape.map((_, axis) => {
      const at = (side: Side): SideCondition => {
        for (const layer of layers) if (layer[axis]![side]) return layer[axis]![side]!;
        if (grid.periodic[axis]) return { wall: { kind: "periodic" } };
        return { wall: name === openEdge ? { kind: "value", value: 1 } : { kind: "derivative", value: 0 } };
      };
      const ends = { low: at("low"), high: at("high") };
      if (grid.periodic[axis] && ends.low.wall.kind !== ends.high.wall.kind) {
        const expected = `the same at both ends of ${grid.axes[axis]!.name} (a periodic axis of the grid)`;
        const got = sides.map((side) => JSON.stringify(ends[side].wall.kind)).join(" and ");
        throw wrong(this.#where, expected, got, `Give it for ${grid.axes[axis]!.name}.`);
      }
      return ends;
    });
  }
}

/** A condition whose values may be texts. */
function parseTexts(where: string, condition: unknown, axis: number, at: string, grid: Grid): SideCondition {
  if (typeof condition !== "object" || condition === null || Array.isArray(condition)) {
    return { wall: parseCondition(where, condition, axis, at, grid) };
  }
  // What is refused in any case is shown as it is.
  const hasKind = Object.keys(condition).some((key) => key !== "const" && conditionKeys.includes(key));
  if (grid.periodic[axis] || !hasKind) return { wall: parseCondition(where, condition, axis, at, grid) };
  const texts: { value?: string; constant?: string } = {};
  const entries = Object.entries(condition).map(([key, value]) => {
    if (typeof value !== "string") return [key, value];
    texts[key === "const" ? "constant" : "value"] = value;
    return [key, 0];
  });
  const wall = parseCondition(where, Object.fromEntries(entries), axis, at, grid);
  if (texts.value === undefined && texts.constant === undefined) return { wall };
  if (wall.kind === "mixed" && [wall.value, wall.constant].some((value) => typeof value !== "number")) {
    const todo = "Write both as texts, or both as arrays.";
    throw wrong(where, `numbers or texts as "mixed" and "const" at ${at}`, "a text and an array", todo);
  }
  return { wall, texts };
}
