import { expectFunction, show, wrong } from "../argument.js";
import type { AnyField, Dtype, Field } from "../grid/field.js";
import type { Grid } from "../grid/grid.js";
import type { Halo } from "../grid/halo.js";
import { everywhere } from "../mpi/comm/everywhere.js";
import type { Walls } from "./walls/condition.js";
import { Fill } from "./walls/fill.js";
import { closedWalls, openWalls } from "./walls/flow.js";

/**
 * A number, a function of the position and the time, or an array of the block's faces. A function that declares the
 * fourth parameter is evaluated in every step, at the time of the half step; another one once.
 */
export type FlowValue = number | ((x: number, y: number, z: number, time: number) => number) | ArrayLike<number>;

/** A stream function, of the position of a corner of cells and the time. */
export type Stream = (x: number, y: number, z: number, time: number) => number;

/** What a flow is computed from, and whether that is a velocity, to be multiplied by the time step. */
export type FlowSource =
  | { readonly kind: "courant" | "velocity"; readonly values: readonly FlowValue[] }
  | { readonly kind: "stream"; readonly stream: Stream }
  | { readonly kind: "cells" };

/**
 * Fields for the velocity components, one an axis. Face f of an axis lies between the cells f - 1 and f and is stored
 * at the index of cell f. **Local.**
 */
export function velocityFields(grid: Grid, dtype: Dtype): AnyField[] {
  return grid.shape.map(() => grid.field(0, { dtype }));
}

/** A velocity in cells as it was at a time. */
interface Moment {
  readonly values: readonly Float64Array[];
  readonly time: number;
}

/** The Courant field, and what it is computed from. */
export class Flow {
  /** One an axis, right on all faces, walls and halos included. */
  readonly components: readonly AnyField[];
  readonly #grid: Grid;
  readonly #g: AnyField | undefined;
  readonly #walls: Walls;
  /** The exchange of what is set on faces, and the one of what then lies on and beyond walls as well. */
  readonly #halos: readonly [first: Halo, last: Halo];
  readonly #fill: Fill;
  #source: FlowSource;
  /** Time and step that the components are of; undefined when they have to be computed. */
  #of: { time: number; dt: number } | undefined;
  /** For velocities in cells: fields with halos, and the last two moments. */
  #cells: { readonly fields: readonly Field<"f64">[]; readonly halo: Halo; readonly fill: Fill } | undefined;
  #now: Moment | undefined;
  #before: Moment | undefined;
  #last: [source: FlowSource, now: Moment | undefined, before: Moment | undefined] | undefined;

  /**
   * **Collective.**
   * @param g the G factor with its halo, where there is one
   * @param width layers of the halo that the scheme reads
   */
  constructor(
    grid: Grid,
    dtype: Dtype,
    g: AnyField | undefined,
    source: FlowSource,
    { walls, width }: { readonly walls: Walls; readonly width: number },
  ) {
    this.#grid = grid;
    this.#g = g;
    this.#walls = walls;
    this.#source = source;
    this.components = velocityFields(grid, dtype);
    const rims = this.components.map((field, component) => ({ field, walls, component, keepsOpen: true }));
    this.#fill = new Fill(grid, rims, width);
    this.#halos = [grid.halo(this.components), grid.halo(this.components, { fill: this.#fill.run })];
  }

  /** Whether the flow is of a velocity, so that it can be computed for another time step. */
  get scales(): boolean {
    return this.#source.kind !== "courant";
  }

  /** The option by which users know the flow. */
  get option(): "courant" | "velocity" | "stream" {
    return this.#source.kind === "cells" ? "velocity" : this.#source.kind;
  }

  /** Whether the flow has to be computed anew in every step. */
  get changes(): boolean {
    const source = this.#source;
    if (source.kind === "stream") return source.stream.length >= 4;
    return source.kind !== "cells" && source.values.some((value) => typeof value === "function" && value.length >= 4);
  }

  /** Takes another flow from now on. It counts from the next {@link compute}. */
  use(source: FlowSource): void {
    this.#last = [this.#source, this.#now, this.#before];
    this.#source = source;
    this.#of = undefined;
  }

  /** Goes back to the flow before the last one that was taken. */
  undo(): void {
    [this.#source, this.#now, this.#before] = this.#last!;
    this.#of = undefined;
  }

  /** Has the flow computed anew. */
  forget(): void {
    this.#of = undefined;
  }

  /**
   * Takes the velocity in the cells from now on. **Local.**
   * @param time of the fields; those of the latest earlier time are kept where `extrapolates`
   */
  useCells(velocity: readonly AnyField[], time: number, extrapolates: boolean): void {
    const values = velocity.map((field) => Float64Array.from(field.interior()));
    this.use({ kind: "cells" });
    if (!extrapolates) this.#before = undefined;
    else if (this.#now && this.#now.time !== time) this.#before = this.#now;
    this.#now = { values, time };
  }

  /** Sets the velocity that was in the cells at a time, for the next one to be extrapolated from. **Local.** */
  rememberCells(velocity: readonly AnyField[], time: number): void {
    this.#now = { values: velocity.map((field) => Float64Array.from(field.interior())), time };
  }

  /**
   * Computes the Courant field of a step, unless it is known. **Collective.**
   * @param time at the step's start
   * @returns whether it was computed
   */
  compute(time: number, dt: number): boolean {
    if (this.#of?.dt === dt && (this.#of.time === time || !this.changes)) return false;
    this.#of = undefined;
    const { kind } = this.#source;
    for (const field of this.components) field.data.fill(0);
    if (kind === "cells") this.#fromCells(time + dt / 2, dt);
    else everywhere(this.#grid.comm, () => this.#fromSource(time + dt / 2, dt));
    // The mean of two cells is no flow through a wall that lets nothing through.
    closedWalls(this.components, this.#walls, kind !== "cells");
    const [first, last] = this.#halos;
    first.exchange();
    openWalls(this.components, this.#walls);
    last.exchange();
    this.#of = { time, dt };
    return true;
  }

  /** Sets what the source says of this block. **Local.** */
  #fromSource(time: number, dt: number): void {
    const source = this.#source;
    if (source.kind === "stream") this.#fromStream(source.stream, time, dt);
    if (source.kind !== "courant" && source.kind !== "velocity") return;
    for (const [axis, value] of source.values.entries()) {
      const scale = source.kind === "velocity" ? dt / this.#grid.spacing[axis]! : 1;
      this.#setFaces(axis, source.kind, value, time, scale);
    }
  }

  /** The Courant numbers where numbers are all that was given, no wall changes them and G is 1. */
  uniform(dt: number): readonly number[] | undefined {
    const source = this.#source;
    if (source.kind === "stream" || source.kind === "cells") return undefined;
    if (this.#g || !this.#grid.periodic.every(Boolean)) return undefined;
    const { spacing } = this.#grid;
    const numbers = source.values.filter((value) => typeof value === "number");
    if (numbers.length < source.values.length) return undefined;
    return source.kind === "courant" ? numbers : numbers.map((value, axis) => value * (dt / spacing[axis]!));
  }

  /**
   * Sets the faces of one component: 0 to n - 1 of the block, and face n at the far wall. Face n elsewhere is face 0 of
   * the next block and comes with the exchange; so does that of a periodic axis.
   */
  #setFaces(axis: number, name: string, value: FlowValue, time: number, scale: number): void {
    const grid = this.#grid;
    const faces = grid.blockShape.map((n, other) => (other === axis ? n + 1 : n));
    const length = faces.reduce((product, n) => product * n, 1);
    const isList = typeof value === "object" && typeof value?.length === "number";
    if (typeof value !== "number" && typeof value !== "function" && !(isList && value.length === length)) {
      throw wrong(
        `Mpdata: "${name}"`,
        `${isList ? "" : "a number, a function of the position, or "}${length} values along ${this.#grid.axes[axis]!.name} (${faces.join(" x ")} faces of this block)`,
        isList ? value.length : show(value),
        "Give one a face, wall faces included.",
      );
    }
    if (typeof value === "function")
      expectFunction(`Mpdata: "${name}"`, value, "Give one that can be called for each face.");
    const at = this.#positions(axis);
    const valueAt = (face: readonly number[]): number => {
      if (typeof value === "number") return value;
      if (typeof value === "function") {
        return value(at[0]![face[0]!]!, at[1]?.[face[1]!] ?? 0, at[2]?.[face[2]!] ?? 0, time);
      }
      return value[face.reduce((place, index, other) => place * faces[other]! + index, 0)]!;
    };
    const checked = (face: readonly number[]): number => {
      const number: unknown = valueAt(face);
      if (typeof number === "number") return number;
      const index = face.map((local, other) => grid.start[other]! + local);
      const got = `${show(number)} at face [${index.join(", ")}] along ${grid.axes[axis]!.name}`;
      throw wrong(`Mpdata: "${name}"`, "numbers", got, "Give each face a number.");
    };
    this.#forEachFace(axis, name !== "courant", (face, weight) => checked(face) * (scale * weight));
  }

  /** Coordinates of the faces of an axis: faces along it, centres along the others. */
  #positions(axis: number): Float64Array[] {
    const grid = this.#grid;
    return grid.blockShape.map((n, other) => {
      return Float64Array.from({ length: other === axis ? n + 1 : n }, (_, index) => {
        const global = grid.start[other]! + index;
        return other === axis ? grid.face(other, global) : grid.centre(other, global);
      });
    });
  }

  /** Sets the faces of a component to what `valueAt` says; `weight` is the mean of G on the face where asked for. */
  #forEachFace(axis: number, weighted: boolean, valueAt: (face: readonly number[], weight: number) => number): void {
    const grid = this.#grid;
    const field = this.components[axis]!;
    const g = weighted ? this.#g : undefined;
    const faces = grid.blockShape.map((n, other) => (other === axis && grid.atWall(axis, "high") ? n + 1 : n));
    const stride = field.strides[axis]!;
    const face = faces.map(() => 0);
    const visit = (other: number): void => {
      for (face[other] = 0; face[other]! < faces[other]!; face[other]!++) {
        if (other < faces.length - 1) visit(other + 1);
        else {
          const right = field.index(...face);
          field.data[right] = valueAt(face, g ? (g.data[right]! + g.data[right - stride]!) / 2 : 1);
        }
      }
    };
    visit(0);
  }

  /** `G u = d stream / dy`, `G v = - d stream / dx`, as differences between the ends of the faces. */
  #fromStream(stream: Stream, time: number, dt: number): void {
    const grid = this.#grid;
    const [dx, dy] = grid.spacing as [number, number];
    const [n0, n1] = grid.blockShape as [number, number];
    const at = Float64Array.from({ length: (n0 + 1) * (n1 + 1) }, (_, place) => {
      const [i, j] = [Math.floor(place / (n1 + 1)), place % (n1 + 1)];
      const value: unknown = stream(grid.face(0, grid.start[0]! + i), grid.face(1, grid.start[1]! + j), 0, time);
      if (typeof value === "number") return value;
      const got = `${show(value)} at corner [${grid.start[0]! + i}, ${grid.start[1]! + j}]`;
      throw wrong('Mpdata: "stream"', "numbers", got, "Give each corner a number.");
    });
    const scale = dt / (dx * dy);
    const corner = (i: number, j: number) => at[i * (n1 + 1) + j]!;
    this.#forEachFace(0, false, ([i, j]) => (corner(i!, j! + 1) - corner(i!, j!)) * scale);
    this.#forEachFace(1, false, ([i, j]) => (corner(i!, j!) - corner(i! + 1, j!)) * scale);
  }

  /** Means of the cells on both sides of a face; beyond a wall the value of the edge cell. */
  #fromCells(time: number, dt: number): void {
    const grid = this.#grid;
    if (!this.#cells) {
      const fields = grid.shape.map(() => grid.field(0));
      const open = { kind: "open" } as const;
      const walls = grid.shape.map(() => ({ low: open, high: open }));
      const fill = new Fill(
        grid,
        fields.map((field) => ({ field, walls })),
        1,
      );
      this.#cells = { fields, halo: grid.halo(fields, { width: 1, fill: fill.run }), fill };
    }
    const { fields, halo } = this.#cells;
    const [now, before] = [this.#now!, this.#before];
    const ahead = before ? (time - now.time) / (now.time - before.time) : 0;
    for (const [axis, field] of fields.entries()) {
      const [a, b] = [now.values[axis]!, before?.values[axis]];
      field.set(b ? a.map((value, place) => (1 + ahead) * value - ahead * b[place]!) : a);
    }
    halo.exchange();
    for (const [axis, field] of fields.entries()) {
      const stride = field.strides[axis]!;
      const scale = dt / grid.spacing[axis]!;
      this.#forEachFace(axis, true, (face, weight) => {
        const right = field.index(...face);
        return ((field.data[right]! + field.data[right - stride]!) / 2) * (scale * weight);
      });
    }
  }

  /** **Local.** */
  free(): void {
    for (const part of [...this.#halos, this.#fill, this.#cells?.halo, this.#cells?.fill]) part?.free();
    for (const field of [...this.components, ...(this.#cells?.fields ?? [])]) field.free();
  }
}
