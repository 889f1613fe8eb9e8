/** The order of the test files: those that take longest begin first, so that the last ones to end are short. */
import { BaseSequencer, type TestSpecification } from "vitest/node";

/**
 * The files that take longest of `npm test`; the size of a file tells little of its jobs. Files that compute beside files that
 * mostly wait were 25 s slower in the sum of 526: a job whose ranks have no core each waits longer than a launcher that has one.
 */
const long = [
  ...["docs/pages", "jit/ranks", "io/ranks", "cli/cli", "cli/peers", "advection/ranks", "cli/signals", "mpi/job"],
  ...["mpi/mpi", "grid/kernel/ranks", "cli/steps", "docs/compute", "docs/examples", "grid/halo", "cli/solve/solve"],
  ...["pde/ranks"],
];

export default class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const placeOf = ({ moduleId }: TestSpecification) => {
      const place = long.findIndex((name) => moduleId.endsWith(`/test/${name}.test.ts`));
      return place < 0 ? long.length : place;
    };
    // Sorting is stable: the others stay in vitest's order.
    return (await super.sort(files)).toSorted((a, b) => placeOf(a) - placeOf(b));
  }
}
