/** Where ranks run: hosts, cores, and the words of each launcher for them. */
import { availableParallelism } from "node:os";
import { describe, expect, it } from "vitest";
import { launchCommand } from "../../src/mpi/library/launcher.js";
import { hostsIn, hostsOf, launcherWords, placementArgs } from "../../src/mpi/library/placement.js";

describe("a list of hosts", () => {
  it.each([
    ["a", [["a", 1]]],
    ["a,b:4", [["a", 1], ["b", 4]]], // biome-ignore format: a row
    ["node-1.cluster.org:16, 10.0.0.2", [["node-1.cluster.org", 16], ["10.0.0.2", 1]]], // biome-ignore format: a row
    ["a:2,b,a", [["a", 3], ["b", 1]]], // biome-ignore format: a row
  ] as const)("%s has names with ranks, each name once", (text, hosts) => {
    expect(hostsOf(text)).toEqual(hosts.map(([name, slots]) => ({ name, slots })));
  });

  it.each(["", ",", "a,", "a:0", "a:-1", "a:x", "a:1:2", "a b", "-x", "a;b", "$(a)", "a:99999999"])(
    "%j is none",
    (text) => expect(hostsOf(text)).toBeUndefined(),
  );
});

describe("a file of hosts", () => {
  it("is read in the forms of both launchers, with comments", () => {
    const text = "# all\na slots=4\nb:2 # two\r\n\n  c\nd  slots = 3\n";
    const hosts = [["a", 4], ["b", 2], ["c", 1], ["d", 3]] as const; // biome-ignore format: a row
    expect(hostsIn(text)).toEqual(hosts.map(([name, slots]) => ({ name, slots })));
  });

  it("is refused for what it says besides, by the line", () => {
    expect(hostsIn("a\nb slots=4 max_slots=8\n")).toBe("b slots=4 max_slots=8");
    expect(hostsIn("a slots=0")).toBe("a slots=0");
  });
});

describe("a launcher", () => {
  const hosts = [
    { name: "a", slots: 1 },
    { name: "b", slots: 4 },
  ];

  it("is told where ranks run in its own words", () => {
    expect(placementArgs("openmpi", 3, {})).toEqual(["--oversubscribe", "--bind-to", "none"]);
    expect(placementArgs("mpich", 3, {})).toEqual([]);
    const places = { hosts, bind: "core", coresPerRank: 2 } as const;
    expect(placementArgs("openmpi", 5, places).join(" ")).toBe(
      "--oversubscribe --host a:1,b:4 --bind-to core --map-by slot:PE=2",
    );
    expect(placementArgs("mpich", 5, places).join(" ")).toBe("-hosts a:1,b:4 -bind-to core:2");
    expect(placementArgs("openmpi", 1, { bind: "none" })).toEqual(placementArgs("openmpi", 1, {}));
    expect(placementArgs("msmpi", 3, { bind: "none" })).toEqual([]);
  });

  it("of Open MPI is quiet where it has nothing to say of places, by what every version knows", () => {
    const launcher = { family: "openmpi", path: "mpiexec" } as const;
    const quiet = (places: Parameters<typeof launchCommand>[3]) =>
      launchCommand(launcher, 1, ["a.mjs"], places).env.OMPI_MCA_orte_execute_quiet;
    expect([quiet({}), quiet({ hosts }), quiet({ bind: "core" })]).toEqual(["1", undefined, undefined]);
  });

  it("refuses what it cannot do", () => {
    const text = (what: string) =>
      `launch: expected Open MPI or MPICH for ${what}, got MS-MPI. Say it in WASM_MPI_LAUNCHER_ARGS, in the words of mpiexec.`;
    expect(() => placementArgs("msmpi", 5, { hosts })).toThrow(text("hosts"));
    expect(() => placementArgs("msmpi", 2, { bind: "core" })).toThrow(text("cores of their own"));
  });

  it("gives no more ranks cores of their own than there are cores here", () => {
    const cores = availableParallelism();
    const text = (got: string) =>
      `"--bind core" expected as many cores as ranks and their threads need (there are ${cores}), got ${got}. Start fewer, or bind none.`;
    expect(() => placementArgs("openmpi", cores + 1, { bind: "core" })).toThrow(text(`${cores + 1} ranks`));
    expect(() => placementArgs("mpich", cores, { bind: "core", coresPerRank: 2 })).toThrow(
      text(`${cores} ranks of 2 threads`),
    );
    expect(placementArgs("mpich", cores + 1, { bind: "core", hosts })).toContain("-bind-to");
  });

  it("gets the words of WASM_MPI_LAUNCHER_ARGS before the program", () => {
    process.env.WASM_MPI_LAUNCHER_ARGS = "-x A --mca btl 'self,tcp'";
    try {
      const { args } = launchCommand({ path: "mpiexec", family: "openmpi" }, 2, ["program.mjs"]);
      expect(args.slice(3)).toEqual(
        ["-n", "2", "-x", "A", "--mca", "btl", "self,tcp", process.execPath, "program.mjs"], // biome-ignore format: a row
      );
    } finally {
      delete process.env.WASM_MPI_LAUNCHER_ARGS;
    }
  });

  it.each([
    [undefined, []],
    ["", []],
    ["  -a  b ", ["-a", "b"]],
    [`-a 'b "c' "d e"f`, ["-a", 'b "c', "d ef"]],
    ["''", [""]],
  ])("reads the words of %j", (text, words) => {
    expect(launcherWords({ WASM_MPI_LAUNCHER_ARGS: text })).toEqual(words);
  });

  it("refuses a quote without its end", () => {
    expect(() => launcherWords({ WASM_MPI_LAUNCHER_ARGS: "-a 'b c" })).toThrow(
      `"WASM_MPI_LAUNCHER_ARGS" expected arguments of the launcher, got "-a 'b c". End the quote.`,
    );
  });
});
