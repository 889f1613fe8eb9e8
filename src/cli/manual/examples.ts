/** Command lines to begin with, which help, manual and documentation show, and tests run. */

/** A command line, and what it does. */
export interface Example {
  readonly about: string;
  readonly line: string;
}

/** The examples of each command, in an order in which each finds the files of those before. */
export const examples: Readonly<Record<string, readonly Example[]>> = {
  "": [
    { about: "a first look, in some seconds", line: "wasm-mpi demo" },
    { about: "the same case on 1, 2 and 3 ranks, all bits compared", line: "wasm-mpi compare cone --steps 30" },
    { about: "what is installed, and whether it works", line: "wasm-mpi doctor" },
  ],
  advect: [
    { about: "a cone in a rotating flow, to a file", line: "wasm-mpi advect cone --steps 100 --output cone.h5" },
    { about: "the same run, 50 steps longer", line: "wasm-mpi advect --restart cone.h5 --steps 150" },
    { about: "without new extremes, on 3 ranks", line: "wasm-mpi advect gaussian --nonoscillatory --steps 50 -n 3" },
  ],
  compare: [
    { about: "on 1, 2 and 3 ranks", line: "wasm-mpi compare cone --steps 30" },
    {
      about: "on 4 ranks, cut in two ways",
      line: "wasm-mpi compare gaussian --steps 10 --ranks 1,4 --split 2,2 --split 4,1",
    },
  ],
  "compare solve": [
    {
      about: "equations on 1 and 2 ranks",
      line: 'wasm-mpi compare solve "c = laplace(c)" --initial "c = exp(-x^2 - y^2)" --shape 32,32 --dt 0.1 --until 1 --ranks 1,2',
    },
  ],
  solve: [
    {
      about: "a spot that spreads, to a file",
      line: 'wasm-mpi solve "c = laplace(c)" --initial "c = exp(-x^2 - y^2)" --shape 64,64 --dt 0.1 --until 1 --output spot.h5',
    },
    { about: "the equations that have a name", line: "wasm-mpi solve --list" },
  ],
  converge: [
    {
      about: "the order of the scheme with third-order terms",
      line: "wasm-mpi converge gaussian --third-order --shapes 16,32",
    },
  ],
  view: [{ about: "the frames of a file", line: "wasm-mpi view cone.h5" }],
  bench: [{ about: "messages of 8 bytes and 1 MiB between 2 ranks", line: "wasm-mpi bench pingpong --sizes 8,1MiB" }],
  run: [{ about: "a program of yours on 3 ranks", line: "wasm-mpi run -n 3 program.mjs" }],
  build: [{ about: "kernel.ts to kernel.wasm", line: "wasm-mpi build kernel.ts" }],
  demo: [{ about: "a first look", line: "wasm-mpi demo" }],
  init: [{ about: "a project in a new folder", line: "wasm-mpi init heat" }],
  doctor: [{ about: "for a program that reads it", line: "wasm-mpi doctor --json" }],
  completion: [
    { about: "in ~/.bashrc", line: 'eval "$(wasm-mpi completion bash)"' },
    { about: "in a folder of $fpath", line: "wasm-mpi completion zsh > _wasm-mpi" },
    {
      about: "for fish",
      line: "wasm-mpi completion fish > ~/.config/fish/completions/wasm-mpi.fish",
    },
  ],
};
