/** Texts on a grid: what they may name, and the fields and numbers that these names stand for. */
import { nearest, wrong } from "../../argument.js";
import type { Id } from "../../expression/graph.js";
import type { ProgramArray } from "../../expression/program.js";
import { Meaning } from "../../expression/text/meaning.js";
import { imaginaryOf, isVector, realOf, type Scalar } from "../../expression/text/scalar.js";
import type { Scope, Use } from "../../expression/text/space.js";
import { rateHint } from "../../expression/text/words.js";
import { type AnyField, expectCells, Field } from "../../grid/field.js";
import type { Grid } from "../../grid/grid.js";
import { findBlemish, wrongNumbers } from "../finite.js";
import { Boundary, type Conditions, type PdeBoundary } from "./boundary.js";
import { Domain, type RealDtype } from "./domain.js";
import type { Setting } from "./execution.js";

/** A field of real numbers, or the two of a complex one. */
export type PdeField = AnyField | { readonly re: AnyField; readonly im: AnyField };

/** A number that is equal in all cells, or a field. */
export type Constant = number | PdeField;

/** What an open cell sees of a closed one: the value that it keeps, or that of a condition at the face between them. */
export type Faces = "frozen" | { readonly derivative: 0 } | { readonly value: number };

/** The array that is not 0 in open cells. */
export const openCells = "#open";

/** What texts are about. */
export interface Subject {
  /** What errors call the caller: `Pde`. */
  readonly where: string;
  /** The unknowns. */
  readonly fields: Readonly<Record<string, "real" | "complex">>;
  readonly constants: Readonly<Record<string, Constant>>;
  readonly parts: Readonly<Record<string, string>>;
  readonly complex: boolean;
  readonly order: number | undefined;
  readonly boundary: PdeBoundary | undefined;
  /** What conditions may be of, besides parts: equations. */
  readonly owners: readonly string[];
  /** What to do about a name in a text that is not known. */
  readonly hint?: (name: string) => string | undefined;
}

/** What to do about a name that no text knows: it may be a constant, unless it is that of an unknown or a part. */
export function hintOfConstants(...taken: readonly object[]): (name: string) => string | undefined {
  return (name) => {
    if (taken.some((table) => Object.hasOwn(table, name))) return undefined;
    const rate = rateHint(name, taken.flatMap(Object.keys));
    return rate ?? `Give a constant in constants: { ${name}: 1 }, for example.`;
  };
}

/** The names of the arrays of a field. */
export function arraysOfField(name: string, kind: "real" | "complex" | undefined): readonly string[] {
  return kind === "complex" ? [`${name}_re`, `${name}_im`] : [name];
}

/** Texts of one solve, or of one evaluation. */
export class Problem {
  readonly subject: Subject;
  readonly domain: Domain;
  readonly boundary: Boundary;
  /** The parameters of all programs: constants, the time `t`, numbers of the grid and of the stepper. */
  readonly numbers: Record<string, number>;
  readonly #scope: Omit<Scope, "use">;
  /** The fields of constants by the names of their arrays. */
  readonly #constants = new Map<string, AnyField>();
  readonly #copies: AnyField[] = [];
  readonly #conditions = new Set<string>();
  #faces: Faces | undefined;

  /** **Collective.** @param overlap whether the interior of the block is computed while messages travel @throws UsageError */
  constructor(subject: Subject, grid: Grid, dtype: RealDtype, overlap = false) {
    this.subject = subject;
    this.domain = new Domain(grid, dtype, overlap);
    const { where, constants, parts, complex, order, owners, hint } = subject;
    const kinds: Record<string, "real" | "complex"> = { ...subject.fields };
    const numbers: Record<string, number> = Object.create(null);
    for (const [name, value] of Object.entries(constants)) {
      if (typeof value === "number") {
        numbers[name] = value;
        continue;
      }
      const isReal = value instanceof Field;
      kinds[name] = isReal ? "real" : "complex";
      const fields = isReal ? [value] : [value.re, value.im];
      for (const [i, array] of arraysOfField(name, kinds[name]).entries()) {
        this.#constants.set(array, this.#own(`${where}: "constants.${name}"`, fields[i]!));
      }
    }
    this.numbers = { t: 0, ...this.domain.numbers, ...numbers };
    this.boundary = new Boundary(`${where}: "boundary"`, subject.boundary, grid, [...owners, ...Object.keys(parts)]);
    this.#scope = {
      where,
      axes: this.domain.axes,
      fields: kinds,
      constants: Object.keys(numbers),
      parts,
      complex,
      hint,
      ...(order === undefined ? {} : { order }),
      conditionOf: (owner, operator) => {
        const name = `${owner}:${operator}`;
        this.#conditions.add(name);
        return name;
      },
      sameAs: (condition) => this.boundary.sameAs(condition),
    };
  }

  /** The field of a constant in the numbers that are computed with. */
  #own(where: string, field: AnyField): AnyField {
    const { grid, dtype } = this.domain;
    if (!(field instanceof Field) || field.grid !== grid) {
      throw wrong(where, "a number, or a field of the grid of solve()", "another one", "Make it with grid.field().");
    }
    expectCells(where, field);
    if (field.dtype === dtype) return field;
    const copy = grid.field(field.interior(), { dtype });
    this.#copies.push(copy);
    return copy;
  }

  /** A graph of its own for texts. @param hasUnknowns whether the texts may name the unknowns */
  meaning(use: Use = "equation", hasUnknowns = true): Meaning {
    const { fields } = this.#scope;
    const known = Object.entries(fields).filter(([name]) => hasUnknowns || !Object.hasOwn(this.subject.fields, name));
    // Parts are of unknowns.
    const parts = hasUnknowns ? this.subject.parts : {};
    const faces = this.#faces;
    const mask = faces === undefined || faces === "frozen" ? {} : { mask: { field: openCells, faces } };
    return new Meaning(
      { ...this.#scope, fields: Object.fromEntries(known), parts, use, ...mask, ...this.#open },
      this.domain.dtype,
    );
  }

  get #open(): { readonly open?: string } {
    return this.#faces === undefined ? {} : { open: openCells };
  }

  /** Closes the cells in which a field is 0, for texts that are read from now on. **Collective.** */
  close(field: AnyField, faces: Faces): void {
    this.#constants.set(openCells, field);
    this.#faces = faces;
    this.countOpen();
  }

  /** Sets the numbers of open cells anew. **Collective.** @throws UsageError for cells that are NaN */
  countOpen(): void {
    const { domain } = this;
    const { isBox, spacing } = domain.grid;
    const cells = this.openField!;
    const open = cells.sum();
    const blemish = Number.isNaN(open) ? findBlemish(new Map([["mask", cells]])) : undefined;
    if (blemish) throw wrongNumbers(`${this.subject.where}: "mask"`, blemish, "Give each cell a number.");
    const volume = isBox ? open * spacing.reduce((product, dx) => product * dx, 1) : domain.integrate(cells);
    Object.assign(this.numbers, domain.numbersOf(open, volume));
  }

  /** The field that is not 0 in open cells, where some are closed. */
  get openField(): AnyField | undefined {
    return this.#constants.get(openCells);
  }

  /** The values of a text, one for each array of what it is to be stored in. @throws CompileError */
  read(meaning: Meaning, owner: string, text: string, kind: "real" | "complex"): readonly Id[] {
    const value = meaning.readScalar(owner, text);
    return this.partsOf(meaning, owner, text, value, kind);
  }

  partsOf(meaning: Meaning, owner: string, text: string, value: Scalar, kind: "real" | "complex"): readonly Id[] {
    const { graph } = meaning;
    if (kind === "complex") return [realOf(graph, value), imaginaryOf(graph, value)];
    if (value.im === undefined) return [value.re!];
    const todo = `Name it in "complex", or use re(...), im(...) or abs(...).`;
    const { where } = this.subject;
    throw wrong(`${where}: "${owner}"`, "a real value of a real field", `the complex ${JSON.stringify(text)}`, todo);
  }

  /** The values of a text that may be a vector: a list for each component, of one part or two. */
  readAny(meaning: Meaning, owner: string, text: string): { readonly isVector: boolean; readonly parts: Id[][] } {
    const value = meaning.read(owner, text);
    const components = isVector(value) ? value.components : [value];
    const isComplex = components.some(({ im }) => im !== undefined);
    const { graph } = meaning;
    const parts = components.map((component) => {
      return isComplex ? [realOf(graph, component), imaginaryOf(graph, component)] : [realOf(graph, component)];
    });
    return { isVector: isVector(value), parts };
  }

  /** The conditions of what is no operator of a text, in an equation: they may be asked for as those of one. */
  conditionsOf(owner: string, what: string): Conditions {
    const name = `${owner}:${what}`;
    this.#conditions.add(name);
    return this.boundary.of(name);
  }

  /** Checks that each condition of an operator is one of the texts that were read. @throws UsageError */
  checkConditions(): void {
    const used = [...this.#conditions];
    this.boundary.checkCentre(used);
    for (const key of this.boundary.operators) {
      if (used.includes(key) || key.startsWith("*:")) continue;
      const near = nearest(key, used);
      const todo = near ? `Did you mean ${near}?` : used.length > 0 ? `There are ${used.join(", ")}.` : "Remove it.";
      throw wrong(`${this.subject.where}: "boundary"`, "operators that the equations have", JSON.stringify(key), todo);
    }
  }

  /** What programs are bound to. @param fieldOf the arrays of the unknowns and of the stepper by name */
  setting(fieldOf: (name: string) => AnyField | undefined, noiseOf: (array: ProgramArray) => AnyField): Setting {
    const { fields, constants, complex = false, where, hint } = this.#scope;
    return {
      domain: this.domain,
      overlap: this.domain.overlap,
      fieldOf: (name) => fieldOf(name) ?? this.#constants.get(name)!,
      conditionsOf: (name) => this.boundary.of(name),
      sideScope: { where, fields, constants, complex, hint, ...this.#open },
      temporaryOf: (n) => this.domain.temporary(n),
      noiseOf,
    };
  }

  /** **Local.** */
  free(): void {
    this.domain.free();
    for (const copy of this.#copies) copy.free();
  }
}
