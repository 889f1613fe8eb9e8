/** Trackers that look at points and at what is to be conserved, and signals that end a run. */
import { copyFileSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  callback,
  conservation,
  data,
  type Field,
  Grid,
  type Interval,
  mpi,
  Output,
  Pde,
  type PdeOptions,
  probe,
  steadyState,
  storage,
} from "../../src/index.js";
import { Table } from "../../src/pde/trackers/table.js";
import { temporaryFolder } from "../harness/command.js";
import { messageOf } from "../harness/message.js";
import { solo } from "../harness/run.js";

const folder = temporaryFolder();
const grid = new Grid(solo(), { shape: [12, 10], bounds: [[0, 3], [0, 2]], periodic: [true, false] }); // biome-ignore format: a table
const solve = (text: string, track: readonly unknown[], changes: object = {}, options: PdeOptions = {}) => {
  const initial = { c: "sin(2*pi*x/3) + 0.2*y" };
  return new Pde({ c: text }, options).solve({ grid, initial, until: 0.1, dt: 0.005, track, ...changes } as never);
};

describe("probe", () => {
  it("tells the values of the cells of points, on a face those of the cell above it", async () => {
    const points = [[0.3, 1.1], [0.25, 0], [3, 2]]; // biome-ignore format: a table
    const watched = probe(points, { steps: 10 });
    const { fields } = await solve("laplace(c)", [watched]);
    const values = (fields.c as Field).interior();
    expect(watched.rows.map(({ step }) => step)).toEqual([0, 10, 20]);
    expect(watched.rows.at(-1)).toEqual({
      time: 0.1,
      step: 20,
      "c[0]": values[15],
      "c[1]": values[10],
      "c[2]": values[119],
    });
  });

  it("evaluates texts, writes tables, and goes on in them after a restart", async () => {
    for (const path of ["probe.csv", "probe.json"].map((name) => join(folder, name))) {
      const make = () => probe([[1, 1]], { path, steps: 5, values: { slope: "d_dx(c)", c: "c" } });
      const run = (file: string, until: number, rest: object = {}) =>
        solve("laplace(c)", [make(), storage(join(folder, file), { overwrite: true })], { until, ...rest });
      await run("a.h5", 0.1);
      const whole = readFileSync(path, "utf8");
      expect(whole).toMatch(path.endsWith(".csv") ? /^time,step,slope\[0\],c\[0\]\n0,0,/ : /^\[\n \{\n {2}"time": 0,/);
      await run("b.h5", 0.05);
      await run("b.h5", 0.1, { restart: join(folder, "b.restart.h5") });
      expect(readFileSync(path, "utf8")).toBe(whole);
    }
  });

  it("has the rows of a run that was killed once", async () => {
    const path = join(folder, "killed.csv");
    const run = (until: number, rest: object = {}) =>
      solve(
        "laplace(c)",
        [probe([[1, 1]], { path, steps: 1 }), storage(join(folder, "killed.h5"), { overwrite: true })],
        {
          until,
          ...rest,
        },
      );
    await run(0.03);
    copyFileSync(join(folder, "killed.restart.h5"), join(folder, "earlier.restart.h5"));
    await run(0.05);
    // As if the run had been killed behind rows, and before the state that comes after them.
    const whole = readFileSync(path, "utf8");
    const restart = join(folder, "earlier.restart.h5");
    await solve("laplace(c)", [probe([[1, 1]], { path, steps: 1 })], { until: 0.05, restart });
    expect(readFileSync(path, "utf8")).toBe(whole);
  });

  it("has NaN in closed cells, also in a file of JSON", async () => {
    const path = join(folder, "closed.json");
    const watched = probe([[1, 1], [2, 1]], { path }); // biome-ignore format: a table
    const options = { mask: "x > 1.5" };
    await solve("laplace(c)", [watched, storage(join(folder, "c.h5"))], {}, options);
    expect(watched.rows[0]!["c[0]"]).toBeNaN();
    expect(watched.rows[0]!["c[1]"]).not.toBeNaN();
    const again = probe([[1, 1], [2, 1]], { path }); // biome-ignore format: a table
    const restart = join(folder, "c.restart.h5");
    await solve("laplace(c)", [again, storage(join(folder, "c.h5"))], { restart, until: 0.2 }, options);
    expect(again.rows.map((row) => row["c[0]"])).toEqual([Number.NaN, Number.NaN, Number.NaN]);
  });

  it.each<[unknown, object, string]>([
    ["x", {}, 'probe: "points" expected a list of points, got "x". Write [[0.5, 0.5]], for example.'],
    [[[1n, 1]], {}, 'probe: "points[0]" expected coordinates from 0 to 3 along x, got 1n. Move the point.'],
    [[[1]], {}, 'probe: "points[0]" expected 2 coordinates, got 1. Give one an axis.'],
    [[[1, 1], [4, 1]], {}, 'probe: "points[1]" expected coordinates from 0 to 3 along x, got 4. Move the point.'], // biome-ignore format: a table
    [
      [[1, 1]],
      { path: "a.txt" },
      'probe: "path" expected a name that ends in .csv or .json, got "a.txt". Rename the file.',
    ],
    [[[1, 1]], { values: { a: 1 } }, 'probe: "values.a" expected a text, got 1. Write it in quotes.'],
    [
      [[1, 1]],
      { value: "c" },
      'probe: expected options among every, steps, values, path, got "value". Did you mean values?',
    ],
  ])("refuses %s with %j", async (points, options, message) => {
    expect(await messageOf(() => solve("0", [probe(points as never, options)]))).toBe(message);
  });
});

describe("a table after a restart", () => {
  it.each([
    ["a.csv", "notes of mine\n", "notes of mine"],
    ["b.csv", "x,y\n", "x, y"],
    ["c.csv", "x,y", "x, y"],
    ["a.json", '{"mine": 1}', "something else"],
    ["b.json", "notes", "something else"],
    ["c.json", '[{"time":0,"step":0,"mass":1},{"x":1}]', "x"],
  ])("does not take the place of other texts: %s %j", async (name, text, got) => {
    const [path, file] = [join(folder, name), join(folder, "table.h5")];
    await solve("laplace(c)", [storage(file, { overwrite: true })], { until: 0.01 });
    writeFileSync(path, text);
    const table = data({ mass: "integral(c)" }, { path });
    const run = () => solve("laplace(c)", [table], { until: 0.02, restart: join(folder, "table.restart.h5") });
    expect(await messageOf(run)).toBe(
      `file "${path}": expected a table with the columns time, step, mass, got ${got}. Measure the same, or choose another path.`,
    );
    expect(readFileSync(path, "utf8")).toBe(text);
  });
});

describe("a table of values in lines", () => {
  it("is refused after a restart where a line has not one of each column", async () => {
    const [path, file] = [join(folder, "glued.csv"), join(folder, "glued.h5")];
    const run = (changes: object) =>
      solve("laplace(c)", [data({ mass: "integral(c)" }, { path, steps: 1 }), storage(file)], changes);
    await run({ until: 0.02 });
    const restart = { until: 0.03, restart: join(folder, "glued.restart.h5") };
    const text = readFileSync(path, "utf8");
    writeFileSync(path, text.replace(/\n0\.01,/, "0.01,"));
    expect(await messageOf(() => run(restart))).toBe(
      `file "${path}": expected 3 values in each line, got 5 in line 3. Mend the line, or choose another path.`,
    );
    rmSync(path);
    expect(await messageOf(() => run(restart))).toBe(
      `file "${path}": expected the table of the run before, with 5 rows, got none. Put it back, or choose another path.`,
    );
  });
});

describe.each(["csv", "json"])("a table of %s", (ending) => {
  const columns = ["mass"];
  const rows = [0, 1, 2, 3].map((step) => ({ time: step / 4, step, mass: step === 1 ? -0 : 1 / (step + 1) }));
  const begun = (path: string, resumed?: number) => {
    const table = new Table(path);
    table.begin({ grid, resumed } as never, columns);
    return table;
  };
  /** The texts of a table behind each of its rows. */
  const written = (path: string, count = rows.length) => {
    const table = begun(path);
    return rows.slice(0, count).map((row) => {
      table.add(row, grid);
      return readFileSync(path, "utf8");
    });
  };

  it("is whole behind each row, with all bits", () => {
    const path = join(folder, `rows.${ending}`);
    for (const [i, text] of written(path).entries()) {
      if (ending === "json")
        expect(text).toBe(`${JSON.stringify(rows.slice(0, i + 1), null, 1).replace('"mass": 0\n', '"mass": -0\n')}\n`);
      writeFileSync(path, text);
      expect(begun(path, 9).rows).toEqual(rows.slice(0, i + 1));
    }
  });

  it("loses none of the rows that a state has, and has those again that come behind it, wherever it was cut off", () => {
    const path = join(folder, `cut.${ending}`);
    const texts = written(path);
    const whole = texts[3]!;
    // Within the last row, which is behind the state.
    for (let length = texts[2]!.length - (ending === "csv" ? 0 : 3); length < whole.length; length++) {
      writeFileSync(path, whole.slice(0, length));
      const table = begun(path, 2);
      table.resume(3);
      table.add(rows[3]!, grid);
      expect(readFileSync(path, "utf8")).toBe(whole);
    }
  });

  it.each([
    [`cut off in the last row`, (text: string) => text.slice(0, ending === "csv" ? -1 : -5), "one with 3"],
    ["empty", () => "", "none"],
  ])("is refused where rows are gone that a state has: %s", (_, change, got) => {
    const path = join(folder, `gone.${ending}`);
    writeFileSync(path, change(written(path).at(-1)!));
    expect(() => begun(path, 3).resume(4)).toThrow(
      `file "${path}": expected the table of the run before, with 4 rows, got ${got}. Put it back, or choose another path.`,
    );
  });

  it("takes no more rows of a run that another one has gone on from", () => {
    const path = join(folder, `orphan.${ending}`);
    const first = begun(path);
    for (const row of rows.slice(0, 3)) first.add(row, grid);
    const second = begun(path, 1);
    expect(() => first.add(rows[3]!, grid)).toThrow(
      `file "${path}": expected the file that this run made, got another in its place. Give each run a file of its own.`,
    );
    for (const row of rows.slice(2)) second.add(row, grid);
    expect(begun(path, 9).rows).toEqual(rows);
  });
});

describe("conservation", () => {
  const values = { mass: "integral(c)", square: "integral(c^2)" };

  it("lets a run pass that conserves, and names what drifts in one that does not", async () => {
    await solve("laplace(c)", [conservation({ mass: "integral(c)" }, { steps: 1 })]);
    const message = await messageOf(() => solve("laplace(c)", [conservation(values, { steps: 1 })]));
    expect(message).toMatch(
      /^conservation: "square" expected integral\(c\^2\) to stay 3\.3\d+ \(at time 0\) to within 4\.\d+e-9, got 3\.\d+ at time 0\.005 \(step 1\)\. Mend the equations or their walls, or raise the tolerance\.$/,
    );
    await solve("0.1", [conservation({ mean: "average(c)" }, { atol: 0.011 })]);
    await solve("0.1 * c", [conservation({ mass: "integral(c)" }, { rtol: 0.011, atol: 0 })]);
    expect(await messageOf(() => solve("0.1 * c", [conservation({ mass: "integral(c)" }, { rtol: 0.01 })]))).toMatch(
      /^conservation: "mass" expected .* at time 0\.1 \(step 20\)\./,
    );
  });

  it("says where a number is none", async () => {
    expect(await messageOf(() => solve("0", [conservation({ mass: "integral(c) / 0 - 1/0" })]))).toBe(
      'conservation: "mass" expected integral(c) / 0 - 1/0 to be a finite number, got NaN at time 0 (step 0). Mend the text, or the values that it is of.',
    );
  });

  it("begins anew after a restart where a name stands for another text", async () => {
    const path = join(folder, "another.h5");
    await solve("laplace(c)", [conservation({ mass: "integral(c)" }), storage(path)]);
    const rest = { until: 0.15, restart: join(folder, "another.restart.h5") };
    await solve("laplace(c)", [conservation({ mass: "2 * integral(c)" })], rest);
  });

  it("compares with the start of the first run after a restart", async () => {
    const path = join(folder, "kept.h5");
    const track = () => [conservation({ mean: "average(c)" }, { atol: 0.015 }), storage(path)];
    await solve("0.1", track());
    const restart = join(folder, "kept.restart.h5");
    expect(await messageOf(() => solve("0.1", track(), { until: 0.2, restart }))).toMatch(
      /^conservation: "mean" expected average\(c\) to stay 0\.2 \(at time 0\) .*, got 0\.2[12]\d+ at time 0\.2 \(step 40\)\./,
    );
  });

  it.each<[object, object, string]>([
    [["max(c)"], {}, 'conservation: "values" expected an object with texts by name, got ["max(c)"]. Write { mass: "integral(c)" }, for example.'],
    [{ m: 1 }, {}, 'conservation: "values.m" expected a text, got 1. Write it in quotes.'],
    [{ m: "c" }, {}, 'Pde: "conservation.m" expected a number of the whole grid, got "c". Use integral(...), average(...), max(...) or min(...).'],
    [{ m: "max(c)" }, { atol: -1 }, 'conservation: "atol" expected a finite number from 0, got -1. Leave it out for 1e-9.'],
    [{ m: "max(c)" }, { rtol: "x" }, 'conservation: "rtol" expected a finite number from 0, got "x". Leave it out for 1e-9.'],
    [{ m: "max(c)" }, { tol: 1 }, 'conservation: expected options among every, steps, atol, rtol, got "tol". Did you mean atol?'],
  ])("refuses %j with %j", async (given, options, message) => {
    expect(await messageOf(() => solve("0", [conservation(given as never, options)]))).toBe(message);
  }); // biome-ignore format: a table
});

describe("the state for a restart", () => {
  it("has what trackers behind storage have done in the same step", async () => {
    const run = (until: number, name: string, rest: object = {}) => {
      const eq = new Pde({ c: "D * laplace(c)" }, { constants: { D: 0.5 } });
      const faster = callback(({ step }) => step === 10 && eq.set({ D: 1 }), { steps: 5 });
      const track = [storage(join(folder, `${name}.h5`), { steps: 10 }), faster];
      return eq.solve({ grid, initial: { c: "sin(2*pi*x/3)" }, until, dt: 0.005, track, ...rest });
    };
    const whole = await run(0.1, "set-whole");
    await run(0.05, "set-part");
    const rest = await run(0.1, "set-part", { restart: join(folder, "set-part.restart.h5") });
    expect((rest.fields.c as Field).digest()).toBe((whole.fields.c as Field).digest());
  });
});

describe("the end of the job", () => {
  it("is refused while a solve is under way", async () => {
    const ends = callback(() => mpi.finalize(), { steps: 10 });
    mpi.init();
    expect(await messageOf(() => solve("0", [ends]))).toBe(
      "mpi.finalize: expected no collective call under way, got 1 promise of jit, Output, solve() or the like not yet settled. Await them first.",
    );
  });
});

describe("a signal", () => {
  it("ends a run after the step in which it is aborted, from where it can go on to the same bits", async () => {
    const path = join(folder, "signal.h5");
    const controller = new AbortController();
    const aborts = callback(({ step }) => step === 7 && controller.abort(), { steps: 1 });
    const track = () => [storage(path, { every: 1 })];
    const { signal } = controller;
    const part = await solve("laplace(c)", [...track(), aborts], { signal });
    expect([part.stopped, part.steps]).toEqual(["interrupt", 7]);
    const file = await Output.open(path);
    expect([...file.times]).toEqual([0, 0.035]);
    file.close();
    const restart = join(folder, "signal.restart.h5");
    const quiet = callback(() => undefined, { steps: 1 });
    const rest = await solve("laplace(c)", [...track(), quiet], { restart, signal: new AbortController().signal });
    expect([rest.stopped, rest.steps]).toEqual(["until", 20]);
    const whole = await solve("laplace(c)", []);
    expect([...(rest.fields.c as Field).interior()]).toEqual([...(whole.fields.c as Field).interior()]);
  });

  it("is heard between steps that nothing looks at, and before the first one", async () => {
    const slow = await solve("laplace(c)", [], { until: 1e9, signal: AbortSignal.timeout(100) });
    expect(slow.stopped).toBe("interrupt");
    expect(slow.time).toBeLessThan(1e9);
    const none = await solve("laplace(c)", [], { signal: AbortSignal.abort() });
    expect([none.stopped, none.steps]).toEqual(["interrupt", 0]);
  });

  it("is refused where it is none", async () => {
    expect(await messageOf(() => solve("0", [], { signal: "SIGINT" }))).toBe(
      'Pde.solve: "signal" expected an AbortSignal, got "SIGINT". Pass new AbortController().signal.',
    );
  });
});

describe("a restart from the start", () => {
  it("calls trackers that have not seen it", async () => {
    const stored = () => storage(join(folder, "start.h5"), { overwrite: true });
    await solve("laplace(c)", [stored()], { until: 0 });
    const rows = data({ mass: "integral(c)" }, { steps: 10 });
    await solve("laplace(c)", [stored(), rows], { restart: join(folder, "start.restart.h5") });
    expect(rows.rows.map(({ step }) => step)).toEqual([0, 10, 20]);
  });

  it("goes on with the first derivatives of then", async () => {
    const run = async (name: string, changes: object = {}) => {
      const eq = new Pde({ u_tt: "laplace(u)" }, { mask: "x > 0.5" });
      const track = [storage(join(folder, name), { overwrite: true })];
      const initial = { u: "sin(x)", u_t: "x + y" };
      const { fields, steps } = await eq.solve({ grid, initial, until: 0.1, dt: 0.01, track, ...changes } as never);
      return [steps, (fields.u as Field).digest()];
    };
    const whole = await run("wave.h5");
    await run("wave-start.h5", { until: 0 });
    const restart = join(folder, "wave-start.restart.h5");
    expect(await run("wave-start.h5", { restart, initial: { u: 0 } })).toEqual(whole);
  });
});

describe("a restart of steps by themselves", () => {
  it("keeps the step that the run before has found at its start", async () => {
    const run = (name: string, track: readonly unknown[], changes: object = {}) =>
      solve("(1 + c^2) * laplace(c)", [storage(join(folder, name), { overwrite: true }), ...track], {
        dt: "auto",
        ...changes,
      });
    const whole = await run("auto.h5", []);
    await run("auto-part.h5", [callback(({ step }) => (step >= 5 ? "stop" : undefined), { steps: 1 })]);
    const rest = await run("auto-part.h5", [], { initial: { c: 0 }, restart: join(folder, "auto-part.restart.h5") });
    expect([rest.steps, (rest.fields.c as Field).digest()]).toEqual([whole.steps, (whole.fields.c as Field).digest()]);
  });
});

describe("a restart of a run whose end is not the number that its steps come to", () => {
  // Three steps of 0.1 come to 0.30000000000000004.
  it.each<[string, PdeOptions]>([
    ["a mask", { mask: { open: "t > 0.3", dynamic: true } }],
    ["a limit", { limit: { c: "where(t > 0.3, c, 0)" } }],
  ])("has the time of its steps in %s", async (what, options) => {
    const run = (name: string, until: number, changes: object = {}) => {
      const track = [storage(join(folder, name), { overwrite: true })];
      return solve("1", track, { initial: { c: 0 }, dt: 0.1, until, ...changes }, options);
    };
    const name = `${what}.h5`;
    const whole = await run(`whole ${name}`, 1);
    expect((await run(name, 0.3)).time).toBe(0.3);
    const rest = await run(name, 1, { restart: join(folder, `${what}.restart.h5`) });
    expect((rest.fields.c as Field).digest()).toBe((whole.fields.c as Field).digest());
  });
});

describe("a tracker after a restart", () => {
  const run = async (name: string, until: number, every: Interval["every"], restart?: string) => {
    const seen: number[] = [];
    const times = callback(({ time }) => void seen.push(time), every === undefined ? {} : { every });
    const track = [storage(join(folder, name), { overwrite: true }), times];
    const changes = { dt: 0.125, until, ...(restart && { restart: join(folder, restart) }) };
    await solve("laplace(c)", track, { stepper: "rkf45", ...changes });
    return seen;
  };

  it.each<[string, Interval["every"], Interval["every"], readonly number[]]>([
    ["more often", 1, 0.5, [2.5, 3, 3.5, 4]],
    ["less often", 0.25, 1, [3, 4]],
    ["where it was not", undefined, 0.5, [2.5, 3, 3.5, 4]],
    ["at a list of times", 1, [1.5, 2.25, 3.75], [2.25, 3.75, 4]],
    ["at another list behind the end of one", [1, 1.5], [2.25, 3.75], [2.25, 3.75, 4]],
    ["at times with that of the run before under its number", 1, [0.5, 2.25, 2.5, 3], [2.25, 2.5, 3, 4]],
    ["at the times of the run before", { geometric: [0.5, 1.5] }, { geometric: [0.5, 1.5] }, [2.53125, 3.796875, 4]],
    ["no more", 1, undefined, [4]],
  ])("is called %s, as it asks for now", async (name, before, after, wanted) => {
    await run(`${name}.h5`, 2, before);
    expect(await run(`${name}.h5`, 4, after, `${name}.restart.h5`)).toEqual(wanted);
  });

  it("that a restart began with keeps its times in the next one", async () => {
    await solve("laplace(c)", [storage(join(folder, "first.h5"))], { dt: 0.125, until: 0.75, stepper: "rkf45" });
    const whole = await run("second.h5", 3, 0.5, "first.restart.h5");
    expect(whole).toEqual([1.25, 1.75, 2.25, 2.75, 3]);
    expect(await run("third.h5", 2, 0.5, "first.restart.h5")).toEqual([1.25, 1.75, 2]);
    expect(await run("third.h5", 3, 0.5, "third.restart.h5")).toEqual([2.25, 2.75, 3]);
  });
});

describe("steadyState after a restart", () => {
  it.each([4, 8, 12])("ends where the run without a break does, from step %i0", async (until) => {
    const run = (name: string, changes: object) => {
      const track = [
        storage(join(folder, name), { overwrite: true, steps: 20 }),
        steadyState({ steps: 20, atol: 1e-5, rtol: 0 }),
      ];
      return solve("1 - c", track, { dt: 0.1, until: 100, ...changes });
    };
    const whole = await run("steady.h5", {});
    expect([whole.steps, whole.stopped]).toEqual([140, "steadyState"]);
    await run("unsteady.h5", { until });
    const rest = await run("unsteady.h5", { restart: join(folder, "unsteady.restart.h5") });
    expect([rest.steps, (rest.fields.c as Field).digest()]).toEqual([140, (whole.fields.c as Field).digest()]);
  });
});

describe("a restart of a run whose last step was cut", () => {
  const run = (name: string, until: number, track: readonly unknown[] = [], changes: object = {}) =>
    solve("1 + 2*t", [storage(join(folder, name), { overwrite: true }), ...track], {
      initial: { c: 0 },
      stepper: "rk4",
      dt: 0.3,
      until,
      ...changes,
    });
  const stateOf = (name: string) => ({ restart: join(folder, name.replace(".h5", ".restart.h5")) });
  const digestOf = ({ fields }: { fields: object }) => (fields as { c: Field }).c.digest();

  it("goes on from its end in whole steps, however often it is continued", async () => {
    await run("cut.h5", 1);
    expect((await run("cut.h5", 1, [], stateOf("cut.h5"))).steps).toBe(4);
    const { steps, time, fields } = await run("cut.h5", 2, [], stateOf("cut.h5"));
    expect([steps, time]).toEqual([8, 2]);
    expect((fields.c as Field).max()).toBeCloseTo(2 + 2 ** 2, 12);
    // A stop between steps 4 and 8 changes nothing, one whose last step is cut once more is another beginning.
    const stop = callback(({ step }) => (step >= 6 ? "stop" : undefined), { steps: 1 });
    await run("cut-part.h5", 1);
    const part = await run("cut-part.h5", 2, [stop], stateOf("cut-part.h5"));
    expect([part.steps, part.time]).toEqual([6, 1 + 2 * 0.3]);
    const rest = await run("cut-part.h5", 2, [], stateOf("cut-part.h5"));
    expect([rest.steps, digestOf(rest)]).toEqual([steps, digestOf({ fields })]);
    const last = await run("cut-part.h5", 2.4, [], stateOf("cut-part.h5"));
    expect([last.steps, last.time]).toEqual([10, 2.4]);
    expect((last.fields.c as Field).max()).toBeCloseTo(2.4 + 2.4 ** 2, 12);
  });
});
