/**
 * The order of the test files: those that take longest begin first, so that the last ones to end are short; those that keep
 * the cores and those that mostly wait, for launchers and for what never comes, take turns, so that they run beside each other.
 */
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** The files that take longest of `npm test`; the size of a file tells little of its jobs. */
const long = [
  ...["docs/pages", "io/ranks", "mpi/job", "jit/ranks", "cli/signals", "cli/cli", "cli/peers", "docs/compute"],
  ...["mpi/mpi", "cli/steps", "grid/kernel/ranks", "mpi/watch", "docs/examples", "cli/jobs", "grid/halo", "pde/ranks"],
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
