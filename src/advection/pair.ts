import type { AnyField } from "../grid/field.js";
import type { Halo } from "../grid/halo.js";
import type { Kernels, Pass } from "./kernels.js";

/** What two passes of a field read and write. */
interface Paired {
  /** The state, before and after them. */
  readonly psi: AnyField;
  /** Takes the state between them. */
  readonly between: AnyField;
  readonly courant: readonly AnyField[];
  /** Pass 1 of the next step, or pass 2, which keeps its velocity for a pass that follows. */
  readonly second: "donorPass" | "correctivePass";
  readonly after: readonly AnyField[] | undefined;
}

/** Bytes of rows of psi, of the state between, and of the flow, that stay in the cache of a core. */
const cacheBytes = 2 ** 19;

/**
 * Two passes on periodic axes behind one exchange of two layers: the first one computes a layer around the block as well. Of one
 * thread the second one follows it some rows behind, so that these cross memory once.
 *
 *     first    | -1 ... rows |                  | rows + 1 ... 2 rows |
 *     second                 | 0 ... rows - 1   |                     | rows ... 2 rows - 1 |
 *
 * To compute rows of the first pass while messages travel gains nothing on one node: not waiting, but copying takes the time.
 */
export class Pair {
  readonly halo: Halo;
  readonly #passes: readonly (readonly [first: Pass, second: Pass])[];
  /** Rows that the second pass is behind; undefined where it begins when the first one is done. */
  readonly #rows: number | undefined;

  /** **Collective.** */
  constructor(kernels: Kernels, fields: readonly Paired[]) {
    const { grid, elementLength } = fields[0]!.psi;
    const { blockShape, threads } = grid;
    const around = blockShape.flatMap((n) => [-1, n + 1]);
    this.#passes = fields.map(({ psi, between, courant, second, after }) => [
      kernels.pass("donorPass", { psi, out: between, before: courant }, true, around),
      kernels.pass(second, { psi: between, out: psi, before: courant, after }, true),
    ]);
    const all = fields.map(({ psi }) => psi);
    this.halo = grid.halo(all, { width: 2 });
    // A block of one row is cut along another axis than the rows around it.
    if (threads > 1 || blockShape[0] === 1) return;
    const rowBytes = blockShape.slice(1).reduce((product, n) => product * n, elementLength);
    this.#rows = Math.max(8, Math.floor(cacheBytes / ((2 + blockShape.length) * rowBytes)));
  }

  /** **Collective.** */
  run(): void {
    this.halo.exchange();
    for (const [first, second] of this.#passes) {
      if (this.#rows === undefined) {
        first.runAll();
        second.runAll();
      } else runInTurn(first, second, this.#rows);
    }
  }
}

/** Runs two passes by turns. **Local.** */
function runInTurn(first: Pass, second: Pass, rows: number): void {
  const { length } = second;
  let ahead = 0;
  for (let begin = 0; begin < length; begin += rows) {
    const end = Math.min(begin + rows, length);
    first.run(ahead, end + 2);
    ahead = end + 2;
    second.run(begin, end);
  }
}
