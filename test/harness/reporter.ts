/** Vitest's reporter for the whole run: a line for each file as it ends; failures in full, and nothing of what passes. */
import { DefaultReporter, type TestModule } from "vitest/node";

export default class LineReporter extends DefaultReporter {
  constructor() {
    super({ summary: false });
  }

  /** `ok    test/grid/grid.test.ts      78 tests     0.2 s`; below it the tests that failed. */
  protected override printTestModule(module: TestModule): void {
    const state = module.state();
    if (state === "queued" || state === "pending") return;
    const tests = [...module.children.allTests()];
    const count = (wanted: string) => tests.filter((test) => test.result().state === wanted).length;
    const failed = [...module.children.allTests("failed")];
    const run = tests.length - count("skipped");
    const { duration, collectDuration, prepareDuration } = module.diagnostic();
    const seconds = (duration + collectDuration + prepareDuration) / 1e3;
    const [skipped, word] = [count("skipped"), state === "failed" ? "FAILED" : "ok"];
    const parts = [
      word.padEnd(6),
      module.relativeModuleId.padEnd(36),
      `${run} tests`.padStart(10),
      `${seconds.toFixed(1)} s`.padStart(9),
      failed.length > 0 ? `${failed.length} failed` : "",
      skipped > 0 ? `${skipped} left out` : "",
    ];
    this.log(parts.filter((part) => part !== "").join(" "));
    for (const test of failed) this.log(`       ${test.fullName}`);
  }

  /** The figures of the whole run are printed by scripts/test.mjs. */
  override reportTestSummary(): void {}
}
