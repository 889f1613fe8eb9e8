/** What is around a command: full devices, folders that are missing. A line each, and no stack. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, openSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import { launch, launchRun, start, unbegunProgram } from "../../src/cli/launch.js";
import { LibraryError } from "../../src/errors.js";
import { temporaryFolder } from "../harness/command.js";
import { isFull } from "../harness/effort.js";
import { root, wasmMpi } from "../harness/process.js";

const folder = temporaryFolder();
const cli = join(root, "dist", "cli.js");

describe.skipIf(!existsSync("/dev/full"))("a full device", () => {
  // What each kind of output goes through; the others in the full tests.
  const further = isFull ? ["compare --ranks 1 --shape 9 --steps 1 --json", "doctor --json", "help view"] : [];
  it.each(["advect --steps 2", "--help", ...further])("as standard output of %s is told in a line", (args) => {
    const stdio = ["ignore", openSync("/dev/full", "w"), "pipe"] as const;
    const { status, stderr } = spawnSync(process.execPath, [cli, ...args.split(" ")], { stdio: [...stdio] });
    const text = 'expected a standard output that takes the result, got "ENOSPC". Make room there.';
    expect([status, String(stderr)]).toEqual([1, `wasm-mpi: ${text}\n`]);
  });

  it("as standard error leaves the exit code", () => {
    const stdio = ["ignore", "pipe", openSync("/dev/full", "w")] as const;
    const { status, stdout } = spawnSync(process.execPath, [cli, "view", "none.h5"], { stdio: [...stdio] });
    expect([status, String(stdout)]).toEqual([1, ""]);
  });

  it("as standard error of a job leaves its exit code, however much the launcher has to say", () => {
    const launcher = join(folder, "mpiexec.hydra");
    writeFileSync(launcher, "#!/bin/sh\nhead -c 1000000 /dev/zero >&2; exit 3\n", { mode: 0o755 });
    const stdio = ["ignore", "pipe", openSync("/dev/full", "w")] as const;
    for (const limit of [{}, { WASM_MPI_TIMEOUT: "60" }]) {
      const options = { stdio: [...stdio], env: { ...process.env, ...limit, WASM_MPI_LAUNCHER: launcher } };
      const { status } = spawnSync(process.execPath, [cli, "run", "-n", "2", cli], { ...options, timeout: 20_000 });
      expect(status).toBe(3);
    }
  });
});

it.skipIf(process.platform === "win32").each([
  ["--help", 0],
  ["advect --shape 9 --steps 3 --log-every 1 --json", 0],
  ["doctor", 0],
])("a reader that has seen enough of %s is no error", (args, code) => {
  const piped = `( "${process.execPath}" "${cli}" ${args}; echo "code $?" >&2 ) | true`;
  const { stdout, stderr } = spawnSync("sh", ["-c", piped], { encoding: "utf8" });
  const said = stderr.split("\n").filter((line) => !/: step \d/.test(line));
  expect([stdout, said]).toEqual(["", [`code ${code}`, ""]]);
});

it("a folder for temporary files is gone after a comparison whose first run fails", async () => {
  const TMPDIR = join(folder, "temporary");
  mkdirSync(TMPDIR);
  const args = "compare --ranks 1 --shape 9 --courant 1.5".split(" ");
  const { code } = await wasmMpi(args, { env: { TMPDIR } });
  expect([code, readdirSync(TMPDIR)]).toEqual([2, []]);
});

it("a folder for temporary files that is missing is told by compare", async () => {
  const TMPDIR = join(folder, "nowhere");
  const { code, stdout, stderr } = await wasmMpi(["compare", "--ranks", "1", "--steps", "1"], { env: { TMPDIR } });
  const text = `"TMPDIR" expected an existing folder that can be written, got "${TMPDIR}" (ENOENT). Create it, or set TMPDIR to another.`;
  expect([code, stdout, stderr]).toEqual([1, "", `wasm-mpi compare: ${text}\n`]);
});

it
  .skipIf(process.platform !== "linux")
  .each(isFull ? ["advect --steps 1", "view none.h5", "run none.mjs", "doctor"] : ["view none.h5", "run none.mjs"])(
  "a working directory that was deleted is told by %s",
  (args) => {
    const gone = join(folder, "gone");
    const command = `mkdir "${gone}" && cd "${gone}" && rmdir "${gone}" && "${process.execPath}" "${cli}" ${args}`;
    const { status, stdout, stderr } = spawnSync("sh", ["-c", command], { encoding: "utf8" });
    const text = "expected a working directory that exists, got one that was deleted. Change to another.";
    expect([status, stdout, stderr]).toEqual([1, "", `wasm-mpi ${args.split(" ")[0]}: ${text}\n`]);
  },
);

it("a launcher that cannot be started is told", async () => {
  const command = join(folder, "mpiexec");
  const text = `launch: expected ${command} to start, got "ENOENT". Start fewer ranks, or name another launcher in WASM_MPI_LAUNCHER.`;
  const started = start({ command, args: [], env: process.env }, { stdout: "capture", stderr: "capture" });
  await expect(started).rejects.toThrow(new LibraryError(text));
});

it("that ranks end the job is heard behind a line of any length", async () => {
  const program = `process.stderr.write("-".repeat(2e5) + "wasm-mpi: ended after 1 s without progress (WASM_MPI_TIMEOUT), exit code 124\\n")`;
  const streams = { stdout: "capture", stderr: "capture", isLauncher: true, isQuiet: true } as const;
  const { code } = await start({ command: process.execPath, args: ["-e", program], env: process.env }, streams);
  expect(code).toBe(124);
});

describe.skipIf(process.platform === "win32")("a launcher under which no rank begins", () => {
  const path = join(folder, "mpiexec.openmpi");
  /** Makes a launcher that does this with `$run`, how often it was called; what is passed on of its standard error. */
  const launcherThat = (does: string) => {
    const calls = join(folder, `calls-${launchers++}`);
    writeFileSync(path, `#!/bin/sh\necho >> '${calls}'; run=$(wc -l < '${calls}')\n${does}\n`, { mode: 0o755 });
    vi.stubEnv("WASM_MPI_LAUNCHER", path);
    const said: string[] = [];
    vi.spyOn(process.stderr, "write").mockImplementation((text) => said.push(String(text)) > 0);
    return said;
  };
  let launchers = 0;
  afterEach(() => {
    vi.restoreAllMocks();
    vi.unstubAllEnvs();
  });
  const line = (code: number) =>
    `launch: expected 2 ranks to begin under ${path}, got exit code ${code}. wasm-mpi doctor tells why.`;
  const program = async () => {
    const outcome = await launch(2, ["a.mjs"], { stdout: "inherit", stderr: "inherit" });
    return unbegunProgram(2, outcome);
  };
  const orte = "[host:1] [[1,0],0] ORTE_ERROR_LOG: Not found in file ess_hnp_module.c at line 623";
  const fatal = "Abort(941215631): Fatal error in internal_Init_thread: Other MPI error, error stack:";

  it.each([
    ["says nothing", "exit 1", 1, ""],
    ["says what nobody understands", `echo '${orte}' >&2; exit 1`, 1, `${orte}\n`],
    ["leaves with a code like that of a signal", `echo '${fatal}' >&2; exit 143`, 143, `${fatal}\n`],
  ] as const)("and which %s is told with what to do", async (_, does, code, passed) => {
    const said = launcherThat(does);
    expect([await launchRun(2, ["a.mjs"]), said.join("")]).toEqual([{ code, line: line(code) }, passed]);
    expect(await program()).toBe(line(code));
  });

  it.each([
    ["with 0", "exit 0", { code: 143, line: "the launcher ended before the run did" }],
    ["behind a signal to the command", "read held; read signal; exit 15", { code: 143, line: "stopped by SIGTERM" }],
  ])("has no result where it leaves %s, and with a notice of MPICH", async (_, does, outcome) => {
    launcherThat(`echo '=   BAD TERMINATION OF ONE OF YOUR APPLICATION PROCESSES'; ${does}`);
    const run = launchRun(2, ["a.mjs"]);
    if (does !== "exit 0") process.emit("SIGTERM", "SIGTERM");
    expect(await run).toEqual(outcome);
  });

  it.skipIf(!isFull)("and which waits for a rank that has ended is ended", async () => {
    launcherThat("echo '[host:1] Local abort before MPI_INIT completed completed successfully' >&2; sleep 60");
    expect(await launchRun(2, ["a.mjs"])).toEqual({ code: 1, line: line(1) });
  });

  it("is not told where a rank has said why", async () => {
    const told = "wasm-mpi: rank 1 of 2: FileError: expected room";
    const said = launcherThat(`echo '${told}' >&2; exit 1`);
    expect([await launchRun(2, ["a.mjs"]), said.join("")]).toEqual([{ code: 1 }, `${told}\n`]);
    expect(await program()).toBeUndefined();
  });

  it("is not told of a program that fails without a word, or with words of its own, where ranks do begin", async () => {
    launcherThat("[ $run = 1 ] && exit 3; exit 0");
    expect(await program()).toBeUndefined();
    launcherThat("echo 'Error: mine' >&2; exit 1");
    expect(await program()).toBeUndefined();
  });
});

describe.skipIf(process.platform !== "linux")("a limit of files", () => {
  const none = join(folder, "none");
  mkdirSync(none);
  it.each([
    [
      20,
      "posix",
      'file "a.h5": expected a file that HDF5 can create, got "File too large". Make room, or raise the limit of files (ulimit -f).',
    ],
    [
      200,
      "posix",
      'file "a.h5": expected room for frame 0 (288000 bytes), got "EFBIG: file too large". Make room for 288000 bytes, then start again.',
    ],
    [200, "gather", 'file "a.h5.part": expected to write frame 0, got "File too large". Make room, then start again.'],
  ])("of %i blocks is told, and leaves nothing of a first frame (%s)", (blocks, backend, text) => {
    const args = `advect --shape 200,180 --steps 1 --threads 1 --output a.h5 --backend ${backend} --gzip 0`;
    const command = `ulimit -f ${blocks}; "${process.execPath}" "${cli}" ${args}`;
    const { status, stderr } = spawnSync("sh", ["-c", command], { encoding: "utf8", cwd: none });
    expect([status, stderr, readdirSync(none)]).toEqual([1, `wasm-mpi advect: ${text}\n`, []]);
  });
});

describe.skipIf(process.platform !== "linux")("a limit of virtual memory", () => {
  const words = (of: string, got: string) =>
    `${of}: expected 10 GiB of addresses for the memory of WebAssembly and what guards its end, got "${got}". Raise the limit of virtual memory (ulimit -v), or set NODE_OPTIONS=--disable-wasm-trap-handler, with which 4 GiB do.`;
  const limited = (gibibytes: number, args: string, env = {}) => {
    const command = `ulimit -v ${gibibytes * 2 ** 20}; "${process.execPath}" "${cli}" ${args}`;
    return spawnSync("sh", ["-c", command], { encoding: "utf8", cwd: folder, env: { ...process.env, ...env } });
  };

  it("is told with what to do, which helps", () => {
    const args = "advect --shape 9 --steps 1 --threads 1";
    const { status, stderr } = limited(9, args);
    const got = "WebAssembly.Memory(): could not allocate memory";
    expect([status, stderr]).toEqual([1, `wasm-mpi advect: ${words("memory", got)}\n`]);
    const { stdout } = limited(9, `${args} --json --output few.h5`, {
      NODE_OPTIONS: "--disable-wasm-trap-handler",
    });
    expect(JSON.parse(stdout)).toMatchObject({ steps: 1, file: "few.h5" });
  });

  it.skipIf(!isFull)("that leaves none for the functions of a thread is told", () => {
    const text = '"c = laplace(c) + sin(c)" --initial "c = x" --until 0.1 --dt 0.01 --shape 512,512 --threads 2';
    const { status, stderr } = limited(26, `solve ${text}`);
    const got = "WebAssembly.Instance(): Out of memory: Cannot allocate Wasm memory for new instance";
    expect([status, stderr]).toEqual([1, `wasm-mpi solve: ${words("functions on thread 2", got)}\n`]);
  });

  it.skipIf(!isFull)("that leaves none for HDF5 is told", () => {
    const { status, stderr } = limited(16, "advect --shape 9 --steps 1 --threads 1 --output none.h5");
    const got = "RangeError: WebAssembly.instantiate(): Out of memory: Cannot allocate Wasm memory for new instance";
    expect([status, stderr]).toEqual([1, `wasm-mpi advect: ${words("h5wasm", got)}\n`]);
  });
});

describe("permissions of Node.js", () => {
  const isNew = process.allowedNodeEnvironmentFlags.has("--permission");
  const permitted = (flags: string, args: string) => {
    const all = [isNew ? "--permission" : "--experimental-permission", "--no-warnings", "--allow-fs-read=*"];
    const words = [...all, ...flags.split(" "), cli, ...args.split(" ")];
    return spawnSync(process.execPath, words, { encoding: "utf8", cwd: folder });
  };

  it("to load addons and to write files are all that a run with a file takes", () => {
    const args = "advect --shape 9 --steps 1 --threads 1 --json --output permitted.h5";
    const { status, stdout, stderr } = permitted("--allow-addons --allow-fs-write=*", args);
    expect([status, stderr]).toEqual([0, ""]);
    expect(JSON.parse(stdout)).toMatchObject({ steps: 1, file: "permitted.h5" });
    const without = permitted("--allow-fs-write=*", args);
    const text = `koffi: expected an addon that loads, got "Cannot load native addon because loading addons is disabled". Start Node.js with --allow-addons.`;
    expect([without.status, without.stderr]).toEqual([1, `wasm-mpi advect: ${text}\n`]);
  });

  it("to start programs is told where it is missing", () => {
    const { status, stderr } = permitted("--allow-addons", `run ${cli}`);
    const text =
      /^wasm-mpi run: expected a permission of Node\.js, got none \(Access .*\)\. Start node with --allow-child-process\.\n$/;
    expect([status, stderr]).toEqual([1, expect.stringMatching(text)]);
  });
});
