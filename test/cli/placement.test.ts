/** Options that say where ranks run, where they are wrong: no rank starts. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { strayRanks } from "../../src/cli/run.js";
import { temporaryFolder } from "../harness/command.js";
import { wasmMpi } from "../harness/process.js";

const folder = temporaryFolder();
writeFileSync(join(folder, "hosts"), "a slots=2\nb\n");
writeFileSync(join(folder, "wrong"), "a slots=2\nb max_slots=3\n");
writeFileSync(join(folder, "empty"), "# none\n");
writeFileSync(join(folder, "program.mjs"), "");

const commands = [
  ["run", "program.mjs"],
  ["advect", "--steps", "1"],
  ["solve", "diffusion"],
];

const rows: readonly (readonly [readonly string[], number, string])[] = [
  [
    ["--hosts", "a:0"],
    2,
    '"--hosts" expected names of hosts separated by commas, each alone or with its ranks, a,b:4, got "a:0". For example --hosts a,b:4.',
  ],
  [["--bind", "socket"], 2, '"--bind" expected one of core, none, got "socket". For example --bind core.'],
  [
    ["--hosts", "a", "--hostfile", "hosts"],
    2,
    '"--hostfile" expected none with --hosts, got "hosts". Leave out one of them.',
  ],
  [
    ["--hosts", "a,b", "-n", "5"],
    2,
    '"--ranks" expected at most 2, which the hosts of --hosts have room for, got 5. For example --hosts a:3,b:3.',
  ],
  [
    ["--hostfile", "hosts", "-n", "4"],
    2,
    '"--ranks" expected at most 3, which the hosts of --hostfile have room for, got 4. Write more ranks behind the hosts.',
  ],
  [
    ["--hostfile", "wrong"],
    1,
    'file "wrong": expected a file of hosts for --hostfile, got the line "b max_slots=3". Write a host a line, as b slots=4 or b:4.',
  ],
  [
    ["--hostfile", "empty"],
    1,
    'file "empty": expected a file of hosts for --hostfile, got none. Write a host a line, as b slots=4 or b:4.',
  ],
  [
    ["--hostfile", "nowhere"],
    1,
    'file "nowhere": expected a file of hosts for --hostfile, got no such file. Check the name.',
  ],
];

it.each(rows)("%j is refused with exit code %i", async (options, code, text) => {
  for (const [name, ...words] of commands) {
    const result = await wasmMpi([name!, ...options, ...words], { cwd: folder, isRefused: true });
    expect([result.code, result.stdout, result.stderr]).toEqual([code, "", `wasm-mpi ${name}: ${text}\n`]);
  }
});

it.each<[string, number, string | undefined]>([
  ["-n 2", 1, "-n 2 behind"],
  ["in.json -np 4", 1, "-np 4 behind"],
  ["-n 1", 1, undefined],
  ["-n fast", 1, undefined],
  ["--n 2", 1, undefined],
  ["2 -n", 1, undefined],
])("ranks behind a program, which gets them, are told: %s", (args, ranks, start) => {
  const rest = `one.mjs goes to the program, which runs on 1 rank. For ranks write -n before it; -n 1 there leaves this line out.`;
  expect(strayRanks("one.mjs", args.split(" "), ranks)).toBe(start && `${start} ${rest}`);
});
