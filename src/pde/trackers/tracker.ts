/** What a tracker is: it looks at a solution while it is computed. */
import type { AnyField } from "../../grid/field.js";
import type { Grid } from "../../grid/grid.js";
import type { PdeField } from "../programs/problem.js";
import type { Watch } from "../programs/watch.js";
import type { StateFile } from "../restart.js";
import type { Due, DueState } from "./when.js";

/** A solution at one time. */
export interface Moment {
  /** The grid of the unknowns. */
  readonly grid: Grid;
  /** The time of the solution. */
  readonly time: number;
  /** Steps taken so far. */
  readonly step: number;
  /** The unknowns; they are valid during the call. */
  readonly fields: Readonly<Record<string, PdeField>>;
}

/** What trackers are told besides. */
export interface Run extends Moment {
  readonly start: number;
  readonly until: number;
  readonly dtype: "f64" | "f32";
  /** The arrays of the unknowns by name; of a complex one `psi_re` and `psi_im`. */
  readonly arrays: ReadonlyMap<string, AnyField>;
  /** Not 0 in open cells, where there is a mask. */
  readonly open: AnyField | undefined;
  /** Texts of the unknowns as fields and as numbers of the grid. **Collective.** */
  watch(owner: string, cells: Readonly<Record<string, string>>, numbers: Readonly<Record<string, string>>): Watch;
  /** Has what a restart needs written to a file, when all trackers that are due have been called. **Local.** */
  saveRestart(file: StateFile): void;
  /** The step that a restart has gone on from. */
  readonly resumed: number | undefined;
  /** The file of the state that a restart has gone on from. */
  readonly restarted: string | undefined;
}

/** Why a tracker ends a run. */
export type Stop = "stop" | "steadyState";

/** What a tracker says when it was called. */
export type Said = undefined | Stop | Failure;

/** What a tracker met on this rank alone: the run goes on to where all ranks are told. */
export class Failure {
  readonly error: unknown;

  constructor(error: unknown) {
    this.error = error;
  }
}

/** A tracker, made by `storage()`, `data()` and so on; each is for one solve at a time. */
export interface Tracker {
  /** What error texts call it. */
  readonly name: string;
  /** When it is called. */
  readonly due: Due;
  /** What all ranks have to ask for alike, besides. */
  readonly asked?: unknown;
  /** What a restart brings back besides, to be written as JSON. */
  readonly kept?: unknown;
  /** Called before the first step. **Collective.** */
  begin?(run: Run): void | Promise<void>;
  /** Called after that where a run goes on, with what was kept. **Local.** */
  resume?(kept: unknown): void;
  /** Called at the start, when due, and at the end. **Collective.** */
  call(run: Run): Said | Promise<Said>;
  /** Called at the end, after errors too. */
  end?(run: Run): void | Promise<void>;
}

/** What a restart brings back of trackers. */
export type TrackerStates = readonly {
  readonly name: string;
  readonly due: DueState;
  readonly kept?: unknown;
}[];
