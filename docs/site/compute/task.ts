/** What the page asks of a rank, which is the page itself or a worker, and what the rank answers. */
import type { Colours } from "./picture.js";

/** What a rank is asked to do; all ranks are asked the same. */
export interface Task<Run> {
  /** The run to begin, where it is another one. */
  readonly run?: Run;
  readonly steps: number;
  /** Whether the digest is wanted, for which the whole field is read. */
  readonly digest: boolean;
}

/** What it has done. */
export interface Done {
  readonly block: Colours;
  readonly digest: string | undefined;
  /** Of the steps. */
  readonly seconds: number;
  /** How far the run is. */
  readonly step: number;
  readonly time: number;
}
