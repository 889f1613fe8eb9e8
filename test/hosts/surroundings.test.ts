/** What differs between hosts: versions, folders, file systems. */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { documentOf } from "../harness/command.js";
import { isFull } from "../harness/effort.js";
import { Hosts, noHosts } from "../harness/hosts.js";
import { ranksWith } from "../harness/killed.js";
import { launched } from "../harness/launch.js";
import { root } from "../harness/process.js";

const timeout = 60_000;
const isLeftOut = noHosts !== undefined || !isFull;
const cli = join(root, "dist", "cli.js");
const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };

describe.skipIf(isLeftOut)(`hosts that differ${noHosts ? ` (${noHosts})` : ""}`, () => {
  let hosts: Hosts;
  beforeAll(async () => {
    hosts = await Hosts.start(2);
  });
  afterAll(() => hosts?.remove());

  /** What a host sees in place of the package's description. */
  const otherVersion = () => {
    const path = join(hosts.folder, "package.json");
    writeFileSync(path, readFileSync(join(root, "package.json"), "utf8").replace(version, "9.9.9"));
    return `mount --bind ${path} ${join(root, "package.json")}\n`;
  };

  describe.each(launched)("$title", ({ launcher }) => {
    const run = (args: readonly string[], env: Readonly<Record<string, string>> = {}) =>
      hosts.wasmMpi(launcher, ["run", "--hosts", "h1:2,h2", ...args], { timeoutMs: timeout, env });

    it("are told apart by doctor, a line each", { timeout }, async () => {
      hosts.prepare("h2", "");
      const { code, stdout, transcript } = await run([cli, "doctor"]);
      expect(code, transcript).toBe(0);
      const lines = stdout.split("\n").filter((line) => line.startsWith("host "));
      const rest = `not bound, ${/^version +(.*), ABI/m.exec(stdout)![1]}, Node.js ${process.version}, wasm-mpi ${version}`;
      const cores = /, (\d+ cores), /.exec(lines[0]!)![1];
      expect(lines).toEqual([`host h1       2 ranks, ${cores}, ${rest}`, `host h2       1 rank, ${cores}, ${rest}`]);
    });

    it("have other versions of the package: doctor and mpi.init say so", { timeout }, async () => {
      hosts.prepare("h2", otherVersion());
      const doctor = await run([cli, "doctor"]);
      expect(doctor.code, doctor.transcript).toBe(1);
      expect(doctor.stdout).toContain("wasm-mpi 9.9.9\n");
      expect(doctor.stderr).toContain(
        `wasm-mpi doctor: expected one version of wasm-mpi on all hosts, got ${version} on h1, 9.9.9 on h2.\n`,
      );
      const advect = await hosts.wasmMpi(launcher, ["advect", "--steps", "1", "--hosts", "h1,h2"], {
        timeoutMs: timeout,
      });
      expect(advect.code, advect.transcript).not.toBe(0);
      const mpi = /with (.*) on h1/.exec(advect.stderr)?.[1];
      expect(advect.stderr).toContain(
        `wasm-mpi advect: mpi.init: expected one version of the package and of the MPI library on all hosts, got wasm-mpi ${version} with ${mpi} on h1, wasm-mpi 9.9.9 with ${mpi} on h2. Install the same on all.\n`,
      );
      hosts.prepare("h2", "");
    });

    it("have each a cache of its own: the one of rank 0 has the module", { timeout }, async () => {
      for (const name of ["h1", "h2"]) mkdirSync(join(hosts.own(name), launcher.family), { recursive: true });
      const program = join(root, "test", "ranks", "jit-heat.mjs");
      const result = await run([program], { WASM_MPI_CACHE: join(hosts.local, launcher.family) });
      expect(result.code, result.transcript).toBe(0);
      const found = ["h1", "h2"].map((name) => {
        const names = readdirSync(join(hosts.own(name), launcher.family), { recursive: true, encoding: "utf8" });
        return names.filter((file) => file.endsWith(".wasm")).length;
      });
      expect(found[0]).toBeGreaterThan(0);
      expect(found[1]).toBe(0);
    });

    it("say how they write one file, and why", { timeout }, async () => {
      const path = join(hosts.folder, `${launcher.family}.h5`);
      const args = ["advect", "--shape", "32,32", "--steps", "2", "--hosts", "h1,h2", "--output", path, "--overwrite"];
      const { code, stdout, transcript } = await hosts.wasmMpi(launcher, args, { timeoutMs: timeout });
      expect(code, transcript).toBe(0);
      expect(stdout).toContain(`file: ${path} (mpiio: the ranks are on several hosts)\n`);
      const report = documentOf<{ backendReason: string }>(
        await hosts.wasmMpi(launcher, [...args, "--backend", "posix", "--json"], { timeoutMs: timeout }),
      );
      expect(report.backendReason).toBe("as asked; the ranks are on several hosts");
    });

    it("have a disk that is full for one of them: an error on all, and the frames before stay", {
      timeout,
    }, async () => {
      const path = join(hosts.folder, `${launcher.family}-full.h5`);
      const result = await run([join(root, "test", "ranks", "hosts-output.mjs"), path, "h2"]);
      expect(result.code, result.transcript).toBe(0);
      expect(result.stdout).toMatch(
        /^mpiio: the ranks are on several hosts\nframes 1\nerror FileError: file ".*": expected room for frame 1/,
      );
    });

    const hasFuse = spawnSync("bindfs", ["--version"]).status === 0;
    it.skipIf(!hasFuse)(
      `keep pages of files: one rank writes for all${hasFuse ? "" : " (bindfs is missing)"}`,
      { timeout },
      async () => {
        const [files, mounted] = ["files", "mounted"].map((name) => join(hosts.folder, `${launcher.family}-${name}`));
        for (const folder of [files!, mounted!]) mkdirSync(folder);
        // MPICH's launcher waits for the end of all that has its pipes.
        const close =
          'for f in /proc/$$/fd/*; do n=$(basename $f); if [ "$n" -gt 2 ]; then eval "exec $n>&-"; fi; done';
        const script = join(hosts.folder, "mount");
        writeFileSync(script, `exec </dev/null >/dev/null 2>&1\n${close}\nbindfs ${files} ${mounted}\n`);
        for (const name of ["h1", "h2"]) hosts.prepare(name, `bash ${script}\n`);
        const program = join(root, "test", "ranks", "hosts-output.mjs");
        const result = await run([program, join(mounted!, "out.h5"), "h2"]);
        expect(result.code, result.transcript).toBe(0);
        expect(result.stdout).toBe(
          "mpiio: the ranks are on several hosts, of which one writes, as the file is on FUSE\nframes 2\nerror none\n",
        );
        const args = ["advect", "--steps", "1", "--output", join(mounted!, "posix.h5"), "--backend", "posix"];
        const refused = await hosts.wasmMpi(launcher, [...args, "--hosts", "h1,h2"], { timeoutMs: timeout });
        expect(refused.code, refused.transcript).not.toBe(0);
        expect(refused.stderr).toContain(
          'wasm-mpi advect: Output.create: "backend" expected mpiio or gather where several hosts write a file on FUSE, got "posix". Leave it out, or choose another file system.\n',
        );
        for (const name of ["h1", "h2"]) {
          hosts.prepare(name, "");
          hosts.kill(name); // What has mounted.
        }
      },
    );
  });
});

describe.skipIf(isLeftOut)("hosts of tests that were killed", () => {
  it("are gone with all that runs on them, and their folder with the next ones", { timeout }, async () => {
    const folder = mkdtempSync(join(tmpdir(), "wasm-mpi-killed-"));
    const program = join(folder, "tests.mjs");
    const harness = join(root, "test", "harness", "hosts.ts");
    const contents = `import { Hosts } from ${JSON.stringify(harness)};
      const hosts = await Hosts.start(2);
      hosts.start("h2", [process.execPath, "-e", "setInterval(() => {}, 1e6)", hosts.folder], "/dev/null");
      console.log(hosts.folder);
      setInterval(() => {}, 1e6);`;
    await build({
      stdin: { contents, resolveDir: root, loader: "js" },
      ...{ bundle: true, platform: "node", format: "esm", outfile: program, packages: "external", logLevel: "error" },
    });
    const tests = spawn(process.execPath, [program], { stdio: ["ignore", "pipe", "inherit"] });
    const left = String((await once(tests.stdout, "data"))[0]).trim();
    const mounts = () => spawnSync("findmnt", ["--noheadings"], { encoding: "utf8" }).stdout.includes(left);
    await expect.poll(() => ranksWith(left).length, { timeout: 10_000 }).toBe(1);
    tests.kill("SIGKILL");
    await once(tests, "exit");
    await expect.poll(() => ranksWith(left).length, { timeout: 10_000 }).toBe(0);
    expect([existsSync(left), mounts()]).toEqual([true, false]);
    const hosts = await Hosts.start(1);
    expect(existsSync(left)).toBe(false);
    hosts.remove();
    expect(existsSync(hosts.folder)).toBe(false);
    rmSync(folder, { recursive: true });
  });
});
