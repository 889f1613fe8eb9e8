/** The table of options, and what is made of it. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Command } from "commander";
import { describe, expect, it } from "vitest";
import { addOptions, argumentsOf, type CommandName, type OptionsOf, schemeOf } from "../../src/cli/options/index.js";
import { longOf, type Row } from "../../src/cli/options/row.js";
import { breachOf } from "../../src/cli/options/schema.js";
import { table } from "../../src/cli/options/table.js";
import { configOf, configSchema, type Run } from "../../src/cli/run/config.js";
import { withWholeShape } from "../../src/cli/run/local.js";
import { root } from "../harness/process.js";
import { optionsMarkdown } from "../harness/reference.js";

const names = Object.keys(table) as CommandName[];
const rowsOf = (name: CommandName): readonly Row[] => table[name];

/** The options that a command parses from arguments. */
function parsed(name: CommandName, args: readonly string[]): Readonly<Record<string, unknown>> {
  const command = addOptions(new Command(name), name).exitOverride();
  return command.parse([...args], { from: "user" }).opts();
}

describe("the table of options", () => {
  it.each(names)("names each option of %s once, with the key that Commander makes of its flag", (name) => {
    const keys = rowsOf(name).map(({ key }) => key);
    expect(new Set(keys).size).toBe(keys.length);
    const command = addOptions(new Command(), name);
    expect(command.options.map((option) => option.attributeName())).toEqual(keys);
  });

  it.each(names)("has examples that %s reads", (name) => {
    for (const { flag, example, key } of rowsOf(name)) {
      const words = example === undefined ? [longOf(flag)] : [longOf(flag), example];
      expect(parsed(name, words)[key], flag).toBeDefined();
    }
  });

  it("is the only place where an option of the scheme is named, but for the solver itself and command lines to begin with", () => {
    const folder = join(root, "src");
    const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".ts"));
    const scheme = rowsOf("advect").filter(({ solver }) => solver !== undefined && solver !== "iterations");
    expect(scheme).toHaveLength(5);
    for (const { key, flag, solver } of scheme) {
      const mention = new RegExp(`${flag}|\\b(?:${key}|${solver})\\b`);
      const found = files.filter((file) => mention.test(readFileSync(join(folder, file), "utf8")));
      const elsewhere = found
        .map((file) => file.replaceAll("\\", "/"))
        .filter((file) => !file.startsWith("advection/") && file !== "cli/manual/examples.ts");
      expect(elsewhere, key).toEqual(["cli/options/scheme.ts"]);
      expect(readFileSync(join(folder, "cli/options/scheme.ts"), "utf8").split(`"${flag}"`), key).toHaveLength(2);
    }
  });

  it("gives the solver the options that are on, by its own names", () => {
    const off = { iterations: 3, infiniteGauge: false, thirdOrder: true, courant: [0.5], dtype: "f32" } as const;
    expect(schemeOf(off)).toEqual({ iterations: 3, thirdOrderTerms: true });
  });
});

describe("the arguments of a started rank", () => {
  it("are read back as the same options", () => {
    const advect: OptionsOf<"advect"> = {
      courant: [0.5, -0.25, 1e-7],
      iterations: 3,
      infiniteGauge: true,
      nonoscillatory: true,
      thirdOrder: true,
      divergentFlow: true,
      variableSign: true,
      dtype: "f32",
      shape: [23, 19, 17],
      steps: 0,
      every: 5,
      logEvery: 100,
      initial: "a:b.h5:psi",
      overwrite: true,
      backend: "mpiio",
      gzip: 3,
      json: true,
      localShape: [8, 9, 10],
      split: [1, 3, 1],
      ranks: 3,
      hosts: "a,b:4",
      hostfile: "hosts",
      bind: "core",
      timeout: 60,
      threads: 2,
      overlap: "on",
      output: "a b.h5",
      outputBeside: "on",
      xdmf: true,
      maxRuntime: 3600,
      config: "run.json",
      restart: "c.h5",
      plot: "d.png",
      timed: true,
    };
    expect(Object.keys(advect)).toEqual(rowsOf("advect").map(({ key }) => key));
    expect(parsed("advect", argumentsOf("advect", advect))).toEqual(advect);
    const compare = {
      ranks: [1, 2, 4],
      split: [
        [1, 2],
        [4, 1],
      ],
    };
    expect(parsed("compare", argumentsOf("compare", compare))).toMatchObject(compare);
    const converge = { shapes: [[8, 16], [32]] };
    expect(parsed("converge", argumentsOf("converge", converge))).toMatchObject(converge);
  });

  it("have the axes of a grid separated by commas or x", () => {
    for (const [command, split] of [
      ["advect", [4, 2]],
      ["compare", [[4, 2]]],
    ] as const) {
      for (const text of ["4,2", "4x2"]) expect(parsed(command, ["--split", text]), text).toMatchObject({ split });
    }
    expect(parsed("advect", ["--shape", "16x12"])).toMatchObject({ shape: [16, 12] });
  });

  it("leave out what is off", () => {
    expect(argumentsOf("advect", { iterations: 2, overwrite: false })).toEqual(["--iterations", "2"]);
  });
});

describe("the record of a run in its file", () => {
  const run: Run = { case: "cone", iterations: 3, nonoscillatory: true, dtype: "f64", overwrite: true, split: [2, 1] };

  it("has what decides the bits, and how it was run", () => {
    expect(configOf(run, [101, 101], 7)).toBe(
      '{"command":"advect","case":"cone","shape":[101,101],"iterations":3,"nonoscillatory":true,"steps":7,"split":[2,1]}',
    );
    const all = { ...run, dtype: "f32", courant: [0.5], every: 2, output: "x.h5", plot: "x.png" } as const;
    expect(configOf(all, [9], 0)).toBe(
      '{"command":"advect","case":"cone","shape":[9],"courant":[0.5],"iterations":3,"nonoscillatory":true,"dtype":"f32","steps":0,"every":2,"split":[2,1]}',
    );
  });

  it("fits its schema", () => {
    const all = { ...run, dtype: "f32", courant: [0.5], every: 2 } as const;
    for (const config of [configOf(run, [101, 101], 7), configOf(all, [9], 0)]) {
      expect(breachOf(configSchema, JSON.parse(config))).toBeUndefined();
    }
  });

  it.each([
    [{ stepz: 3 }, 'has the unknown key "stepz"'],
    [{ overwrite: true }, 'has the unknown key "overwrite"'],
    [{ iterations: "2" }, 'has "iterations": "2"'],
    [{ iterations: 0 }, 'has "iterations": 0'],
    [{ steps: 1.5 }, 'has "steps": 1.5'],
    [{ steps: undefined }, 'lacks "steps"'],
    [{ shape: [9, 0] }, 'has "shape": [9,0]'],
    [{ shape: [] }, 'has "shape": []'],
    [{ shape: [2, 2, 2, 2] }, 'has "shape": [2,2,2,2]'],
    [{ courant: [null] }, 'has "courant": [null]'],
    [{ courant: 0.5 }, 'has "courant": 0.5'],
    [{ dtype: "f16" }, 'has "dtype": "f16"'],
    [{ nonoscillatory: 1 }, 'has "nonoscillatory": 1'],
    [{ case: 7 }, 'has "case": 7'],
    [{ command: "solve" }, 'has "command": "solve"'],
  ])("is refused with %j", (change, breach) => {
    const config = JSON.stringify({ ...JSON.parse(configOf(run, [9, 9], 7)), ...change });
    expect(breachOf(configSchema, JSON.parse(config))).toBe(breach);
  });
});

describe("every key of the record of a run", () => {
  const all = JSON.parse(
    configOf(
      {
        ...{ case: "gaussian", iterations: 3, dtype: "f32", courant: [0.5, 0.1], every: 2, split: [1, 1] },
        ...{ infiniteGauge: true, nonoscillatory: true, thirdOrder: true, divergentFlow: true, variableSign: false },
      } as unknown as Run,
      [9, 9],
      7,
    ),
  ) as Record<string, unknown>;
  const keys = Object.keys(configSchema.properties!);
  /** What no key may be. */
  const nothing = [null, {}, { length: 1 }, [[1]], ["a"], [null], Number.NaN, Number.POSITIVE_INFINITY];
  const wrongFor: Readonly<Record<string, readonly unknown[]>> = {
    string: [1, true, ["gaussian"]],
    boolean: [0, 1, "true", "", []],
    integer: [1.5, -1, "2", true, 2 ** 53, [2], []],
    array: [2, "9,9", true, [true], ["9"], [{}]],
    enum: ["f16", "", "toString", "__proto__", 1, true],
  };

  it("is decided by an option that the bits depend on, or is recorded beside it", () => {
    const rows = table.advect as readonly Row[];
    const recorded = rows.filter(({ decides, recorded: kept }) => decides || kept).map(({ key }) => key);
    expect(keys.toSorted()).toEqual(["case", "command", ...recorded].toSorted());
    // Nothing that writes elsewhere, or that is of the machine.
    for (const key of ["plot", "output", "restart", "ranks", "overwrite", "json", "backend", "timed", "logEvery"]) {
      expect(keys).not.toContain(key);
    }
  });

  it.each(keys)("is refused with a value that the option would not take: %s", (key) => {
    const { type, const: only, enum: words } = configSchema.properties![key]!;
    const kind = only === undefined ? (words ? "enum" : type!) : "enum";
    for (const value of [...nothing, ...wrongFor[kind]!]) {
      expect(breachOf(configSchema, { ...all, [key]: value }), `${key}: ${String(value)}`).toMatch(`has "${key}": `);
    }
  });

  it("is itself taken", () => {
    expect(breachOf(configSchema, all)).toBeUndefined();
  });
});

describe("the table of the documentation", () => {
  const rows = optionsMarkdown().trimEnd().split("\n");

  it("has every option of every command", () => {
    for (const name of names) {
      for (const { flag } of rowsOf(name)) {
        const found = rows.filter((line) => {
          const [, option, of] = line.split(/(?<!\\)\|/);
          const isOption = [" ", "`"].some((after) => option!.includes(`\`${longOf(flag)}${after}`));
          return isOption && of!.trim().split(", ").includes(name);
        });
        expect(found, `${name} ${flag}`).toHaveLength(1);
      }
    }
  });

  it("says what an option does, with an example and the default", () => {
    expect(rows.slice(0, 3)).toEqual([
      "| option | of | meaning |",
      "|---|---|---|",
      "| `--courant 0.3,0.2` | advect, compare, converge | Courant number along each axis (cases of a uniform flow) |",
    ]);
    expect(rows).toContain(
      "| `--shape 256,256` | advect, compare | cells along each axis, 256,256 or 256x256; default: the case's |",
    );
    expect(rows).toContain(
      "| `--variable-sign` | advect, compare, converge | use \\|psi\\| in the corrections: psi of either sign |",
    );
    expect(rows).toContain("| `-n`, `--ranks 3` | run | start that many ranks under the MPI launcher; default: 1 |");
    expect(rows).toContain(
      "| `--iterations 2` | advect, compare, converge | passes of MPDATA: 1 is donor cell; default: `2`; at most 1000 |",
    );
  });

  const page = join(root, "docs/reference/command-line.md");
  it.skipIf(!existsSync(page))("is the one on the page of the command line", () => {
    expect(readFileSync(page, "utf8")).toContain(optionsMarkdown());
  });
});

describe("blocks of one shape on all ranks", () => {
  it("make the shape of the grid and its split", () => {
    const rest = { every: 5 };
    expect(withWholeShape({ localShape: [8, 4], ...rest }, 6, 2)).toEqual({ ...rest, shape: [24, 8], split: [3, 2] });
    expect(withWholeShape({ localShape: [8], split: [3] }, 3, 2)).toEqual({ shape: [24], split: [3] });
    expect(withWholeShape({ shape: [8], ...rest }, 3, 2)).toEqual({ shape: [8], ...rest });
  });

  it.each([
    [{ shape: [9] }, '"--local-shape" expected none with --shape, got 8,4. Leave out one of them.'],
    [
      { restart: "a.h5" },
      '"--local-shape" expected none with --restart, as "a.h5" has the cells, got 8,4. Leave it out.',
    ],
    [
      { localShape: [99_999, 99_999] },
      '"--local-shape" expected fewer than 134217728 cells a rank (1 GiB), got 9999800001. Use smaller blocks.',
    ],
  ])("are refused with %j", (options, message) => {
    expect(() => withWholeShape({ localShape: [8, 4], ...options }, 1, 2)).toThrow(message);
  });
});
