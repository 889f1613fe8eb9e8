/** What a bench has found, as a table. */

import type { Columns } from "../../run/page.js";

/** In words: the first line, others, and the columns. */
export interface Table extends Required<Columns> {
  readonly about: string;
  readonly notes: readonly string[];
}
