/** Wrong use of the command line: one line, a code other than 0, and soon. */
import { writeFileSync } from "node:fs";
import { totalmem } from "node:os";
import { join } from "node:path";
import { describe, it } from "vitest";
import { installHint } from "../../src/mpi/library/launcher.js";
import { noLauncher } from "../harness/command.js";
import { wasmMpi } from "../harness/process.js";
import { expectLine, folderInTheWay, type Row, takenPaths } from "../harness/wrong.js";

const folder = folderInTheWay();
writeFileSync(join(folder, "program.ts"), "const one: number = 1;\n");
const runsTypeScript = Boolean((process.features as { readonly typescript?: string | false }).typescript);

const arguments_: readonly Row[] = [
  ["--stepz", "wasm-mpi: expected a known option, got --stepz. See wasm-mpi --help."],
  ["advekt", "wasm-mpi: expected a known command, got advekt. Did you mean advect? See wasm-mpi --help."],
  ["9", "wasm-mpi: expected a known command, got 9. See wasm-mpi --help."],
  [
    "advect --stepz 3",
    "wasm-mpi advect: expected a known option, got --stepz. Did you mean --steps? See wasm-mpi advect --help.",
  ],
  [
    "advect --nonosc",
    "wasm-mpi advect: expected a known option, got --nonosc. Did you mean --nonoscillatory? See wasm-mpi advect --help.",
  ],
  [
    "solve --bc 0",
    "wasm-mpi solve: expected a known option, got --bc. Did you mean --boundary? See wasm-mpi solve --help.",
  ],
  ["advect -x", "wasm-mpi advect: expected a known option, got -x. See wasm-mpi advect --help."],
  ["doctor --verbose", "wasm-mpi doctor: expected a known option, got --verbose. See wasm-mpi doctor --help."],
  [
    "compare --split 2,2",
    'wasm-mpi compare: "--split" expected a product among the rank counts [1, 2, 3], got [2, 2] (4 blocks). Add 4 to --ranks or change the split.',
  ],
  ["advect --steps", 'wasm-mpi advect: "--steps" expected a value, got none. See wasm-mpi advect --help.'],
  ["advect --log-every", 'wasm-mpi advect: "--log-every" expected a value, got none. See wasm-mpi advect --help.'],
  ["advect -n", 'wasm-mpi advect: "--ranks" expected a value, got none. See wasm-mpi advect --help.'],
  ["run", 'wasm-mpi run: "file" expected a value, got none. See wasm-mpi run --help.'],
  ["advect cone gaussian", "wasm-mpi advect: expected at most 1 argument, got 2. See wasm-mpi advect --help."],
  [
    "run -n 1000000 text.txt",
    `wasm-mpi run: "--ranks" expected at most ${Math.floor(totalmem() / 2 ** 26)} ranks, which this machine has the memory for (64 MiB each), got 1000000. Start fewer.`,
  ],
  ["doctor all", "wasm-mpi doctor: expected at most 0 arguments, got 1. See wasm-mpi doctor --help."],
  [
    "advect blob",
    'wasm-mpi advect: case: expected one of gaussian, cone, options1d, sphere, pole, oscillator, drop, got "blob". Choose one of them.',
  ],
  [
    "advect toString",
    'wasm-mpi advect: case: expected one of gaussian, cone, options1d, sphere, pole, oscillator, drop, got "toString". Choose one of them.',
  ],
  [
    "compare gausian",
    'wasm-mpi compare: case: expected one of gaussian, cone, options1d, sphere, pole, oscillator, drop, got "gausian". Did you mean gaussian?',
  ],
  ...["0", "a,b", "", "10,", "4x", "2x2,2", "1.5", "-3", "1e30", "Infinity"].map(
    (value): Row => [
      `advect --shape ${value}`,
      `wasm-mpi advect: "--shape" expected whole numbers of at least 1 separated by commas or x, got "${value}". For example --shape 256,256.`,
    ],
  ),
  [
    "advect --shape 1,2,3,4",
    'wasm-mpi advect: "--shape" expected the cells along 1 to 3 axes, got [1, 2, 3, 4]. Give at most three numbers.',
  ],
  [
    "advect --shape 100000,100000",
    'wasm-mpi advect: "--shape" expected fewer than 134217728 cells a rank (1 GiB), got 10000000000. Use more ranks or a smaller grid.',
  ],
  [
    "advect cone --shape 101",
    'wasm-mpi advect: cone: "shape" expected 2 axes of at least 2 cells, got [101]. Give for example 101,101.',
  ],
  ...["-1", "x", "1.5", "1e300"].map(
    (value): Row => [
      `advect --steps ${value}`,
      `wasm-mpi advect: "--steps" expected a whole number of at least 0, got "${value}". For example --steps 1.`,
    ],
  ),
  ...["0", "1001", "1e9"].map(
    (value): Row => [
      `advect --iterations ${value}`,
      `wasm-mpi advect: "--iterations" expected a whole number from 1 to 1000, got "${value}". For example --iterations 1.`,
    ],
  ),
  [
    "compare gaussian —variable-sign",
    'wasm-mpi compare: "file" expected a file, or an option that begins with two hyphens, got "—variable-sign". Write --variable-sign.',
  ],
  [
    "compare gaussian x.h5",
    'wasm-mpi compare: "case" expected a case alone, or two files, got "gaussian" and "x.h5". Leave out "x.h5".',
  ],
  ["help compare nope", "wasm-mpi: expected a known command, got nope. See wasm-mpi --help."],
  ["help advect --json", "wasm-mpi: expected a known option, got --json. See wasm-mpi --help."],
  ["help advekt", "wasm-mpi: expected a known command, got advekt. Did you mean advect? See wasm-mpi --help."],
  [
    "compare -n 3",
    "wasm-mpi compare: expected a known option, got -n. Did you mean --ranks? See wasm-mpi compare --help.",
  ],
  ["run --np 2 a.mjs", "wasm-mpi run: expected a known option, got --np. Did you mean -n? See wasm-mpi run --help."],
  ["run --n 2 a.mjs", "wasm-mpi run: expected a known option, got --n. Did you mean -n? See wasm-mpi run --help."],
  ["run -np 2 a.mjs", 'wasm-mpi run: "-n" expected a number of ranks behind it, got "-np". Write -n 2.'],
  ["run -np2 a.mjs", 'wasm-mpi run: "-n" expected a number of ranks behind it, got "-np2". Write -n 2.'],
  [
    "compare -np 3",
    "wasm-mpi compare: expected a known option, got -np. Did you mean --ranks? See wasm-mpi compare --help.",
  ],
  [
    "advect --sizes 8",
    "wasm-mpi advect: expected a known option, got --sizes. It is one of bench. See wasm-mpi advect --help.",
  ],
  [
    "view there.h5 --shape 3,3",
    "wasm-mpi view: expected a known option, got --shape. It is one of advect, compare, solve. See wasm-mpi view --help.",
  ],
  [
    "converge -n 2",
    "wasm-mpi converge: expected a known option, got -n. It is one of advect, solve, bench, run. See wasm-mpi converge --help.",
  ],
  [
    "bench ring --sizes 8,64kb",
    'wasm-mpi bench: "--sizes" expected multiples of 8 bytes from 8 to 256MiB separated by commas, got "8,64kb". Did you mean 8,64KiB?',
  ],
  [
    "bench ring --sizes 2M",
    'wasm-mpi bench: "--sizes" expected multiples of 8 bytes from 8 to 256MiB separated by commas, got "2M". Did you mean 2MiB?',
  ],
  ["advect --dtype f16", 'wasm-mpi advect: "--dtype" expected one of f64, f32, got "f16". For example --dtype f64.'],
  [
    "advect --courant x",
    'wasm-mpi advect: "--courant" expected numbers separated by commas, got "x". For example --courant 0.3,0.2.',
  ],
  [
    "advect --courant 0.1,0.2,0.3",
    'wasm-mpi advect: gaussian: "courant" expected 2 numbers, one an axis, got 3. Give one for each axis of the shape.',
  ],
  [
    "advect cone --courant 0.1,0.1",
    'wasm-mpi advect: cone: "courant" expected none (the flow is a rotation), got [0.1, 0.1]. Leave it out.',
  ],
  [
    "advect pole --courant 0.1,0.1",
    'wasm-mpi advect: pole: "courant" expected none (the flow is a rotation), got [0.1, 0.1]. Leave it out.',
  ],
  ...["128", "127,64", "2,64", "128,1", "32,16,8"].map(
    (shape): Row => [
      `advect pole --shape ${shape}`,
      `wasm-mpi advect: pole: "shape" expected an even number of longitudes from 4 and latitudes from 2, got [${shape.replaceAll(",", ", ")}]. Give for example 128,64.`,
    ],
  ),
  [
    "advect --courant 0.9,-0.9",
    'wasm-mpi advect: Mpdata: "courant" expected an outflow of at most 1 a step from each cell, got 1.80000 at [0, 0], most of it along x. Take a smaller time step.',
  ],
  ["advect -n 0", 'wasm-mpi advect: "--ranks" expected a whole number of at least 1, got "0". For example --ranks 1.'],
  [
    "advect --split 2,2 -n 3",
    'wasm-mpi advect: Grid: "split" expected a product of 3, the number of ranks, got [2, 2] (4 blocks). Start 4 ranks or change the split.',
  ],
  [
    "advect --split 3 -n 3",
    'wasm-mpi advect: Grid: "split" expected 2 whole numbers of blocks, one an axis, got [3]. Give the blocks along each axis.',
  ],
  [
    "advect --split 0,3 -n 3",
    'wasm-mpi advect: "--split" expected whole numbers of at least 1 separated by commas or x, got "0,3". For example --split 2,1.',
  ],
  [
    "advect --shape 9,2 --split 1,3 -n 3",
    'wasm-mpi advect: Grid: "split" expected blocks at least as thick as the halo of 1, got 0 cells along y (2 cells in 3 blocks). Use fewer blocks along y.',
  ],
  [
    "advect --shape 2,2 -n 3",
    'wasm-mpi advect: Grid: "shape" expected [2, 2] cells to split over 3 ranks into blocks at least as thick as the halo of 1, got no such split. Use 2 ranks or a larger grid.',
  ],
  [
    "compare --shape 2,2",
    'wasm-mpi compare: Grid: "shape" expected [2, 2] cells to split over 3 ranks into blocks at least as thick as the halo of 1, got no such split. Use 2 ranks or a larger grid.',
  ],
  [
    "compare --ranks 2,0",
    'wasm-mpi compare: "--ranks" expected whole numbers of at least 1 separated by commas, got "2,0". For example --ranks 1,2,3.',
  ],
  [
    "compare --ranks 1,2,1 --overwrite",
    'wasm-mpi compare: "--ranks" expected each rank count once, got [1, 2, 1]. Leave out the second 1.',
  ],
  [
    "advect pole --local-shape 15,16 --ranks 3",
    'wasm-mpi advect: "--local-shape" expected blocks of which 3 make a grid that suits, got 15,16. The shape is theirs: pole: "shape" expected an even number of longitudes from 4 and latitudes from 2, got [45, 16]. Give for example 128,64.',
  ],
  [
    "advect --every 5",
    'wasm-mpi advect: "--every" expected an output file, got none. Add --output FILE or leave it out.',
  ],
  [
    "advect --output-beside off",
    'wasm-mpi advect: "--output-beside" expected an output file, got none. Add --output FILE or leave it out.',
  ],
  [
    "advect --output out.h5 --output-beside on --backend gather",
    'wasm-mpi advect: "--output-beside" expected the backend posix with on, got "gather". Leave out one of them.',
  ],
  [
    "advect --gzip 1",
    'wasm-mpi advect: "--gzip" expected an output file, got none. Add --output FILE or leave it out.',
  ],
  [
    "advect --output out.h5 --gzip 1 --backend mpiio",
    'wasm-mpi advect: "--gzip" expected the backend posix or gather with it, got "mpiio". Leave out one of them.',
  ],
  [
    "advect --output out.h5 --gzip 1 --output-beside on",
    'wasm-mpi advect: "--gzip" expected --output-beside off with it, got "on". Leave out one of them.',
  ],
  [
    "advect --every 0 --output out.h5",
    'wasm-mpi advect: "--every" expected a whole number of at least 1, got "0". For example --every 1.',
  ],
  [
    "advect --output ",
    'wasm-mpi advect: "--output" expected the name of a file, got "". For example --output FILE.h5.',
  ],
  [
    "advect --output --json",
    'wasm-mpi advect: "--output" expected the name of a file, got "--json". Write ./--json for one of that name.',
  ],
  ["view x.h5 --plot -", 'wasm-mpi view: "--plot" expected the name of a file, got "-". Name a file.'],
  [
    "bench io --folder --json",
    'wasm-mpi bench: "--folder" expected the path of a folder, got "--json". Write ./--json for one of that name.',
  ],
  ["view ", 'wasm-mpi view: "file" expected the name of a file, got "". Name one.'],
  ["run ", 'wasm-mpi run: "file" expected the name of a file, got "". Name one.'],
  ["build ", 'wasm-mpi build: "file" expected the name of a file, got "". Name one.'],
  ["", 'wasm-mpi: expected a known command, got "". See wasm-mpi --help.'],
  [
    `advect --steps ${"9".repeat(400)}`,
    `wasm-mpi advect: "--steps" expected a whole number of at least 0, got "${"9".repeat(100)}...". For example --steps 1.`,
  ],
  [
    "advect --plot picture.jpg",
    'wasm-mpi advect: plot: "path" expected a name ending in .png or .svg, got "picture.jpg". Give the file the ending of its format.',
  ],
];

/** Beside them, `compare` looks for its files once it knows how many ranks it may start. */
const paths: readonly Row[] = [
  ...takenPaths.filter(([args]) => !args.startsWith("compare")),
  [
    "advect --plot nowhere/picture.png --steps 9007199254740991",
    'wasm-mpi advect: plot: expected a path that can be written, got "nowhere/picture.png" (ENOENT). Name a file in a folder that exists and is yours to write.',
    1,
  ],
  [
    "advect --plot folder.png --steps 1",
    'wasm-mpi advect: plot: expected a path that can be written, got "folder.png" (EISDIR). Name a file in a folder that exists and is yours to write.',
    1,
  ],
  [
    "run nowhere.mjs",
    'wasm-mpi run: "file" expected a JavaScript program, got nowhere.mjs, which does not exist. Check the path.',
    1,
  ],
  [
    "run folder",
    'wasm-mpi run: "file" expected a JavaScript program, got folder, which is not a file. Check the path.',
    1,
  ],
  ...(runsTypeScript
    ? []
    : [
        [
          "run program.ts",
          `wasm-mpi run: "file" expected a JavaScript program, got program.ts, which Node.js ${process.versions.node} does not run. Install tsx, which run then takes, npm install --save-dev tsx, or use Node.js 22.18 or later.`,
        ] as const,
      ]),
];

describe("wrong use ends in one line", () => {
  it.each([...arguments_, ...paths].map(([args, text, code = 2]) => ({ args, text, code })))(
    "wasm-mpi $args",
    async ({ args, text, code }) => {
      const result = await wasmMpi(args.split(" "), { cwd: folder, isRefused: true });
      expectLine(result, text, code);
    },
  );

  it("without a launcher when ranks are to be started", async () => {
    for (const command of ["advect", "compare --ranks 1,3", "run text.txt"]) {
      const ranks = command.startsWith("compare") ? "" : " -n 3";
      const args = command.startsWith("run") ? "run -n 3 text.txt" : `${command}${ranks}`;
      const result = await wasmMpi(args.split(" "), { cwd: folder, env: noLauncher });
      const where = `wasm-mpi ${command.split(" ")[0]}`;
      const text = `${where}: launch: 3 ranks expected an MPI launcher (mpiexec), got WASM_MPI_LAUNCHER=/nowhere/mpiexec. Install one: ${installHint()}; or name it in WASM_MPI_LAUNCHER.`;
      expectLine(result, text, 1);
    }
  });

  it("without the library that WASM_MPI_LIBRARY names", async () => {
    for (const ranks of ["1", "2"]) {
      const env = { WASM_MPI_LIBRARY: "/nowhere/libmpi.so" };
      const result = await wasmMpi(["advect", "-n", ranks], { env });
      const text = `wasm-mpi advect: mpi.init: expected an MPI library at /nowhere/libmpi.so, got none. Tried /nowhere/libmpi.so (not found). Install one (${installHint()}) or name its file in WASM_MPI_LIBRARY.`;
      expectLine(result, text, 1);
    }
  });
});
