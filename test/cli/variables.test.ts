/** Environment variables that are wrong, or that another job has left. */
import { expect, it } from "vitest";
import { checkVariables } from "../../src/environment.js";
import { isFull } from "../harness/effort.js";
import { runNode, wasmMpi } from "../harness/process.js";

const left = (title: string, size: string, rank: string, value = 3) =>
  `launch: expected the launcher of ${title} that set ${size}=${value}, got none that is still there. Unset ${size} and ${rank}, which another job has left.`;
const ofOpenmpi = left("Open MPI", "OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_RANK");
const ofMpich = left("MPICH", "PMI_SIZE", "PMI_RANK");

const rows: readonly (readonly [Readonly<Record<string, string>>, string])[] = [
  [{ OMPI_COMM_WORLD_SIZE: "3", OMPI_COMM_WORLD_RANK: "1" }, ofOpenmpi],
  [
    { OMPI_COMM_WORLD_SIZE: "3", OMPI_COMM_WORLD_RANK: "2", PMIX_RANK: "2", PMIX_SERVER_TMPDIR: "/nowhere/ompi" },
    ofOpenmpi,
  ],
  [{ PMI_SIZE: "3", PMI_RANK: "1" }, ofMpich],
  [{ PMI_SIZE: "3", PMI_RANK: "0", PMI_FD: "77", npm_command: "run-script" }, ofMpich],
  [
    { PMI_SIZE: "3", PMI_RANK: "0", PMI_FD: "77", npm_command: "exec" },
    "launch: expected the launcher of MPICH that set PMI_SIZE=3, got a connection to it that npx has closed. Start node_modules/.bin/wasm-mpi, or node and the program.",
  ],
  [
    { SLURM_STEP_NUM_TASKS: "2" },
    "launch: expected srun --mpi=pmi2 (MPICH) or --mpi=pmix (Open MPI), got 2 tasks of srun that do not know of each other. Choose one, or unset SLURM_STEP_NUM_TASKS for a run of its own in each task.",
  ],
  [
    { OMPI_COMM_WORLD_SIZE: "many" },
    '"OMPI_COMM_WORLD_SIZE" expected a whole number from 1, got "many". Unset it, or start under a launcher.',
  ],
  [{ PMI_SIZE: "" }, '"PMI_SIZE" expected a whole number from 1, got "". Unset it, or start under a launcher.'],
  [
    { PMI_SIZE: "2", PMI_RANK: "2" },
    '"PMI_RANK" expected a whole number from 0 to 1, got 2. Unset it, or start under a launcher.',
  ],
  ...["DEBUG", "LEAKS", "DISABLE_JIT", "NO_INSTALL", "TEST_FULL", "TEST_QUICK"].map(
    (name) =>
      [
        { [`WASM_MPI_${name}`]: "yes" },
        `"WASM_MPI_${name}" expected 1, or 0 or nothing, got "yes". Set it to 1, or unset it.`,
      ] as const,
  ),
  ...["0", "two", "1e3", "257"].map((value) => {
    const got = /^\d+$/.test(value) ? value : JSON.stringify(value);
    const text = `"WASM_MPI_THREADS" expected a whole number from 1 to 256, got ${got}. Set it to the threads of a rank, or unset it.`;
    return [{ WASM_MPI_THREADS: value }, text] as const;
  }),
  ...["0", "a minute", "-5"].map((value) => {
    const got = value === "0" ? value : JSON.stringify(value);
    const text = `"WASM_MPI_TIMEOUT" expected a finite number from 1 to 1000000, got ${got}. Set it to the seconds that a rank may wait in one call, or unset it.`;
    return [{ WASM_MPI_TIMEOUT: value }, text] as const;
  }),
  [
    { WASM_MPI_LIBARY: "mpich" },
    '"environment" expected known variables WASM_MPI_..., got WASM_MPI_LIBARY. Did you mean WASM_MPI_LIBRARY?',
  ],
];

const commands = [
  ["advect", "--steps", "1"],
  ["view", "none.h5"],
];

// Each with a process of its own, which has the variables: outside the full tests the commands take turns.
it.each(rows.map(([env, text], place) => ({ env, text, place })))("$env is refused, on whichever rank", async (row) => {
  const { env, text, place } = row;
  for (const args of commands.filter((_, index) => isFull || index === place % 2)) {
    const { code, stdout, stderr } = await wasmMpi(args, { env });
    expect([code, stdout, stderr]).toEqual([2, "", `wasm-mpi ${args[0]}: ${text}\n`]);
  }
});

it.each([
  ["scripts/setup.mjs", "WASM_MPI_NO_INSTALL"],
  ["scripts/test.mjs", "WASM_MPI_TEST_FULL"],
  ["scripts/test.mjs", "WASM_MPI_TEST_QUICK"],
])("%s refuses other values of %s, before it does anything", async (script, name) => {
  const { code, stdout, stderr } = await runNode([script], { env: { [name]: "true" } });
  const text = `${name}: expected 1, or 0 or nothing, got "true". Set it to 1, or unset it.\n`;
  expect([code, stdout, stderr]).toEqual([1, "", text]);
});

it("leaves variables of other programs alone", () => {
  checkVariables({ WASM_MPI_DEBUG: "0", WASM_MPI_LEAKS: "", WASM_MPI_SITE_FOLDER: "x", OTHER_MPI_DEBUG: "yes" });
});
