/** Steps of a flow that carries an unknown along, between half steps of its equation. */
import { Outflow } from "../../advection/check.js";
import { Mpdata } from "../../advection/mpdata.js";
import type { MpdataOptions } from "../../advection/options.js";
import { schemeBetween } from "../../advection/schemes.js";
import type { Boundaries, Condition } from "../../advection/walls/condition.js";
import { wrong } from "../../argument.js";
import { UsageError } from "../../errors.js";
import { namesOf, parseExpression } from "../../expression/text/grammar.js";
import type { Field, Float } from "../../grid/field.js";
import { sideName, sides } from "../../grid/side.js";
import { SideText } from "../../grid/sidetext.js";
import { PROC_NULL } from "../../mpi/library/status.js";
import type { Advection, Advections } from "../advection.js";
import { Evaluation } from "../programs/evaluation.js";
import { arraysOfField, type Problem } from "../programs/problem.js";
import { present, type State } from "../programs/state.js";
import type { Stepper } from "./stepper.js";

/** The velocity along an axis: a number, or a text, with a value at each face or everywhere the same. */
type Component = number | Text;

interface Text {
  readonly text: SideText;
  readonly isUniform: boolean;
  /** The text, compiled for lower faces, where it is needed in every step. */
  readonly compiled: Evaluation | undefined;
}

/** What the value of a compiled text is called. */
const speed = "speed";

/** A Courant number, or one for each face of the block. */
type Courant = number | Float64Array;

/** Carries one array of an unknown along. */
export class Carrier {
  readonly #problem: Problem;
  readonly #state: State;
  readonly #owner: string;
  readonly #name: string;
  readonly #components: readonly Component[];
  readonly #scheme: Pick<MpdataOptions<Float>, "boundary" | "courantBoundary" | "overlap">;
  readonly #psi: Field<Float>;
  readonly #mpdata: Mpdata<Float>;
  /** What the Courant numbers are of. */
  #of = "";

  /** **Collective.** @param name of the array @throws UsageError, CompileError */
  constructor(problem: Problem, state: State, owner: string, name: string, advection: Advection) {
    const { grid, dtype, overlap } = problem.domain;
    const { velocity, ...asked } = advection;
    this.#problem = problem;
    this.#state = state;
    this.#owner = owner;
    this.#name = name;
    this.#components = grid.axes.map((axis) => componentOf(problem, owner, axis.name, velocity[axis.name] ?? 0));
    this.#scheme = { ...schemeBetween(asked), ...wallsOf(problem, owner), overlap };
    this.#psi = grid.field(0, { dtype }) as Field<Float>;
    this.#psi.data.set(state.field(present, name).data as never);
    try {
      this.#mpdata = this.#solver(grid.shape.map(() => 0));
    } catch (error) {
      this.#psi.free();
      throw error;
    }
  }

  #solver(courant: readonly Courant[], options: Partial<MpdataOptions<Float>> = {}): Mpdata<Float> {
    return new Mpdata({ psi: this.#psi, courant, ...this.#scheme, ...options } as MpdataOptions<Float>);
  }

  /**
   * The longest step in which no cell gives away more than it has, at a time; infinite where nothing flows.
   * **Collective.** @throws UsageError for a flow that is not finite
   */
  longest(time: number): number {
    const courant = this.#courant(time, 1);
    const solver = this.#inWords(time, 1, () => this.#solver(courant, { maxCourant: Number.MAX_VALUE }));
    const outflow = solver.courantNumber();
    solver.free();
    return 1 / outflow;
  }

  /** Takes a step from `t` to `t + dt`. **Collective.** @throws UsageError for a flow that goes through a cell in less */
  step(t: number, dt: number): void {
    const { numbers } = this.#problem;
    const time = t + dt / 2;
    const names = this.#components.flatMap((component) => (typeof component === "number" ? [] : component.text.names));
    const of = [dt, ...names.map((name) => (name === "t" ? time : numbers[name]))].join();
    if (of !== this.#of) {
      const courant = this.#courant(time, dt);
      this.#inWords(t, dt, () => this.#mpdata.setCourant(courant));
    }
    this.#of = of;
    const field = this.#state.field(present, this.#name);
    this.#psi.data.set(field.data as never);
    this.#mpdata.advance(1);
    field.data.set(this.#psi.data as never);
  }

  /** Does what a flow may be refused by, which is then told in the words of equations. @param t the start of the step */
  #inWords<T>(t: number, dt: number, act: () => T): T {
    try {
      return act();
    } catch (error) {
      const outflow = error instanceof UsageError ? error.cause : undefined;
      if (!(outflow instanceof Outflow)) throw error;
      const { greatest, cell, axis } = outflow;
      const velocity = `advection.${this.#owner}.velocity`;
      const place = `at [${cell.join(", ")}]`;
      if (!Number.isFinite(greatest)) {
        const got = `one that is not ${place}, in the step from time ${t}`;
        throw wrong(`Pde.solve: "${velocity}.${axis}"`, "finite velocities", got, "Change its text.", error);
      }
      // In three digits, and not above what fits.
      const most = Number(((0.995 * dt) / greatest).toPrecision(3));
      throw wrong(
        `Pde.solve: "${velocity}"`,
        "an outflow of at most 1 a step from each cell",
        `${greatest.toPrecision(6)} ${place}, most of it along ${axis}, in the step of ${dt} from time ${t}`,
        `Name a dt of at most ${most}, and less for a flow that still grows: dt: "auto" looks at the start alone.`,
        error,
      );
    }
  }

  /** The Courant numbers of steps of a length. */
  #courant(time: number, dt: number): readonly Courant[] {
    const { grid } = this.#problem.domain;
    const numbers = { ...this.#problem.numbers, t: time };
    return this.#components.map((component, axis) => {
      const scale = dt / grid.spacing[axis]!;
      if (typeof component === "number") return component * scale;
      const { text, isUniform } = component;
      if (isUniform) {
        const anywhere = grid.shape.map(() => Float64Array.of(0));
        return text.values(anywhere, numbers)[0]! * scale;
      }
      const speeds = component.compiled
        ? this.#compiled(component, axis, numbers)
        : text.values(this.#at(axis), numbers);
      return speeds.map((each) => each * scale);
    });
  }

  /** The coordinates of the faces across an axis of this block, from one of them on. */
  #at(axis: number, first = 0): Float64Array[] {
    const { grid } = this.#problem.domain;
    return grid.blockShape.map((n, other) => {
      const [from, length] = other === axis ? [first, n + 1 - first] : [0, n];
      return Float64Array.from({ length }, (_, i) => {
        const index = grid.start[other]! + from + i;
        return other === axis ? grid.face(other, index) : grid.centre(other, index);
      });
    });
  }

  /** The speeds at the faces across an axis: below each cell as compiled, and beyond the last one where that is a wall. */
  #compiled({ text, compiled }: Text, axis: number, numbers: Readonly<Record<string, number>>): Float64Array {
    const { numbers: current, domain } = this.#problem;
    const { blockShape, neighbours } = domain.grid;
    const t = current.t!;
    current.t = numbers.t!;
    compiled!.run();
    current.t = t;
    const cells = compiled!.field(speed).interior();
    const n = blockShape[axis]!;
    const sizeOf = (counts: readonly number[]) => counts.reduce((product, count) => product * count, 1);
    const [rows, row] = [sizeOf(blockShape.slice(0, axis)), sizeOf(blockShape.slice(axis + 1))];
    const isWall = neighbours[axis]!.high === PROC_NULL;
    const last = isWall ? text.values(this.#at(axis, n), numbers) : new Float64Array(rows * row);
    const faces = new Float64Array(rows * (n + 1) * row);
    for (let i = 0; i < rows; i++) {
      faces.set(cells.subarray(i * n * row, (i + 1) * n * row), i * (n + 1) * row);
      faces.set(last.subarray(i * row, (i + 1) * row), (i * (n + 1) + n) * row);
    }
    return faces;
  }

  /** **Local.** */
  free(): void {
    for (const component of this.#components) if (typeof component === "object") component.compiled?.free();
    this.#mpdata.free();
    this.#psi.free();
  }
}

/** @throws UsageError for a text that names something else than coordinates, the time and constants; CompileError */
function componentOf(problem: Problem, owner: string, axis: string, value: number | string): Component {
  if (typeof value === "number") return value;
  const { axes } = problem.domain.grid;
  const title = `advection.${owner}.velocity.${axis}`;
  const named = namesOf(parseExpression({ where: `Pde: "${title}"`, text: value }));
  const text = new SideText("Pde", title, value, axes);
  const { constants } = problem.subject;
  const stray = text.names.find((name) => name !== "t" && typeof constants[name] !== "number");
  if (stray !== undefined) {
    const expected = "a text of coordinates, t and constants that are numbers";
    throw wrong(
      `Pde: "${title}"`,
      expected,
      `the name ${stray}`,
      "Write the flow as -u * d_dx(c) in the text instead.",
    );
  }
  const isUniform = axes.every(({ name }) => !named.has(name));
  // Interpreted, a text takes a hundred times as long; both have the same bits, in numbers of 64 bits.
  const isCompiled = !isUniform && text.names.includes("t") && problem.domain.dtype === "f64";
  return { text, isUniform, compiled: isCompiled ? compiledFor(problem, title, axis, value) : undefined };
}

/** A text of coordinates with the faces below cells in place of the centres along an axis. **Collective.** */
function compiledFor(problem: Problem, title: string, axis: string, text: string): Evaluation {
  const meaning = problem.meaning("equation", false);
  const [id] = problem.read(meaning, title, text, "real");
  return new Evaluation(problem, meaning, new Map([[speed, id!]]), new Map(), {
    fieldOf: () => undefined,
    noiseOf: () => problem.domain.temporary(0),
    alongOf: (name) => (name === axis ? `${axis}.face` : name),
  });
}

/**
 * What lies beyond the walls, in the words of MPDATA; the flow on a wall is that of its text, so that nothing passes where
 * that is 0. @throws UsageError for a condition that has none there
 */
function wallsOf(problem: Problem, owner: string): Boundaries {
  const { grid } = problem.domain;
  const walls: Record<string, Condition> = {};
  const flows: Record<string, "constant"> = {};
  for (const [axis, ends] of problem.conditionsOf(owner, "advection").entries()) {
    for (const side of sides) {
      const { wall, texts } = ends[side];
      if (wall.kind === "periodic") continue;
      const at = sideName(grid, axis, side);
      flows[at] = "constant";
      const value = texts || !("value" in wall) ? undefined : wall.value;
      if (wall.kind === "derivative" && value === 0) walls[at] = "open";
      else if (wall.kind === "value" && typeof value === "number") walls[at] = { constant: value };
      else {
        const expected = `{ value } of a number or { derivative: 0 } at ${at} for the advection of ${owner}`;
        const got = texts
          ? `a ${wall.kind} of a text`
          : typeof value === "number"
            ? `{ ${wall.kind}: ${value} }`
            : wall.kind;
        throw wrong('Pde: "boundary"', expected, got, `Give "${owner}:advection" one of them.`);
      }
    }
  }
  return { boundary: walls, courantBoundary: flows };
}

/** The carriers of all unknowns that a flow carries along. **Collective.** @throws UsageError, CompileError */
export function carriersOf(
  problem: Problem,
  state: State,
  advections: Advections,
  kinds: Readonly<Record<string, "real" | "complex">>,
): readonly Carrier[] {
  const carriers: Carrier[] = [];
  try {
    for (const [owner, advection] of Object.entries(advections)) {
      for (const name of arraysOfField(owner, kinds[owner])) {
        carriers.push(new Carrier(problem, state, owner, name, advection));
      }
    }
  } catch (error) {
    for (const carrier of carriers) carrier.free();
    throw error;
  }
  return carriers;
}

/**
 * Half a step of the equations, a step of the flows, and the other half: of second order in time, as the parts are. (See
 * Strang, 1968.)
 */
export function carried(stepper: Stepper, carriers: readonly Carrier[]): Stepper {
  return {
    stages: stepper.stages,
    step(t, dt) {
      stepper.step(t, dt / 2);
      for (const carrier of carriers) carrier.step(t, dt);
      stepper.step(t + dt / 2, dt / 2);
    },
    free: () => stepper.free(),
  };
}
