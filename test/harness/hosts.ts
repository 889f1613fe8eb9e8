/**
 * Hosts for tests: namespaces of this machine, joined by a bridge, each with a host name, a network, shared memory and a folder
 * of its own. None of them reaches anything but the others.
 *
 * ```text
 *   h1 (10.99.0.1)   h2 (10.99.0.2)   h3 (10.99.0.3)
 *      net0             net0             net0
 *        |                |                |
 *   +----p1---------------p2---------------p3----+
 *   |                  bridge                    |
 *   +--------------------------------------------+
 * ```
 *
 * All of it is one namespace of processes. Its first process, which has the bridge, ends when the tests do, however they end,
 * and takes along what runs on the hosts, their networks and mounts; only their folder is left where the tests were killed.
 */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Family, familyTitle } from "../../src/mpi/library/abi.js";
import { type Result, type RunOptions, root, runCommand, signalGroup } from "./process.js";

/** What names of folders begin with; the number of the process that has made them follows. */
const prefix = "wasm-mpi-test-";

/** Why there can be no hosts here, for the names of tests that are left out; `undefined` where there can. */
export const noHosts: string | undefined = (() => {
  if (process.platform !== "linux") return "hosts are namespaces of Linux";
  if (process.getuid?.() !== 0) return "hosts need root";
  const missing = ["ip", "unshare", "nsenter", "bash"].find((name) => spawnSync(name, ["--help"]).error);
  if (missing) return `hosts need ${missing}, of iproute2, util-linux or bash`;
  const pair = "ip link add veth0 type veth peer name veth1".split(" ");
  const tried = spawnSync("unshare", ["--net", "--uts", "--ipc", "--mount", "--pid", "--fork", ...pair]);
  return tried.status === 0 ? undefined : "hosts need namespaces with veth pairs, which this container has not";
})();

/** The first process of all hosts: makes them, says so, and ends with whoever reads what it says. It buries what others leave. */
const siteText = (folder: string, names: readonly string[]) => `
set -e
mount -t proc proc /proc
readlink /proc/self/ns/pid >${folder}/site
echo 1 >${folder}/bridge.pid
ip link add bridge0 type bridge
ip link set bridge0 up
${names
  .map(
    (name, i) => `
unshare --net --uts --ipc --mount bash ${folder}/host ${name} &
until test -s ${folder}/${name}.pid; do kill -0 $!; sleep 0.01; done
ip link add p${i + 1} type veth peer name net0 netns $!
ip link set p${i + 1} master bridge0 up
nsenter --target $! --net sh -e -c '
  ip addr add 10.99.0.${i + 1}/24 dev net0
  ip link set net0 up
  ip link set lo up
'`,
  )
  .join("\n")}
echo there
read -r _
`;

/** What a host is: a process that stays. */
const hostText = (folder: string) => `
set -e
hostname $1
mount -t sysfs sysfs /sys
mount -t tmpfs tmpfs /dev/shm
mount --bind ${folder}/$1 ${folder}/local
readlink /proc/self/ns/net >${folder}/$1.net
echo $$ >${folder}/$1.new
mv ${folder}/$1.new ${folder}/$1.pid
exec sleep infinity
`;

/** Runs what follows on a host: `agent HOST COMMAND`, in the form of ssh, options before the host left out. */
const agentText = (folder: string, site: number) => `#!/bin/sh
while case "$1" in -*) true ;; *) false ;; esac; do shift; done
if test "$(readlink /proc/self/ns/pid)" != "$(cat ${folder}/site)"; then
  exec nsenter --target ${site} --pid --mount sh -c 'cd "$1"; shift; exec ${folder}/agent "$@"' sh "$PWD" "$@"
fi
export TMPDIR=${folder}/local
exec nsenter --target $(cat ${folder}/$1.pid) --net --uts --ipc --mount sh -c '
  cd "$1"
  prepare=${folder}/$2.sh
  shift 2
  test -f $prepare || exec sh -c "$*"
  exec unshare --mount sh -c ". $prepare; exec sh -c \\"\\$*\\"" sh "$@"
' sh "$PWD" "$@"
`;

/** Hosts, there until {@link remove}, which the end of the process does at the latest. */
export class Hosts {
  readonly names: readonly string[];
  /** Seen by all hosts. */
  readonly folder: string;
  /** Runs a program on a host, in the form of ssh. */
  readonly agent: string;
  readonly #site: ChildProcess;

  private constructor(names: readonly string[]) {
    this.names = names;
    this.folder = mkdtempSync(join(tmpdir(), `${prefix}${process.pid}-hosts-`));
    this.agent = join(this.folder, "agent");
    for (const name of ["local", ...names]) mkdirSync(join(this.folder, name));
    writeFileSync(join(this.folder, "host"), hostText(this.folder));
    const words = ["--pid", "--fork", "--mount", "--net", "bash", "-c", siteText(this.folder, names)];
    this.#site = spawn("unshare", words, { stdio: "pipe" });
    process.on("exit", this.#atExit);
  }

  readonly #atExit = () => this.remove();

  /** Makes hosts. @throws Error where one cannot be made, with what the system says */
  static async start(count: number): Promise<Hosts> {
    sweep();
    const hosts = new Hosts(Array.from({ length: count }, (_, i) => `h${i + 1}`));
    try {
      await hosts.#begin();
    } catch (error) {
      hosts.remove();
      throw error;
    }
    return hosts;
  }

  async #begin(): Promise<void> {
    const site = this.#site;
    let said = "";
    site.stderr!.setEncoding("utf8").on("data", (text: string) => {
      said += text;
    });
    const isThere = once(site.stdout!, "data").then(() => true);
    if (!(await Promise.race([isThere, once(site, "close").then(() => false)]))) {
      throw new Error(`hosts: expected them to begin, got ${said}`);
    }
    const [first] = childrenOf(site.pid!);
    writeFileSync(this.agent, agentText(this.folder, first!));
    chmodSync(this.agent, 0o755);
  }

  /** A folder that only this host sees by the path {@link local}, and all by this one. */
  own(host: string): string {
    return join(this.folder, host);
  }

  /** Each host's own folder. */
  get local(): string {
    return join(this.folder, "local");
  }

  /** What a host does before each program: lines of the shell. */
  prepare(host: string, lines: string): void {
    writeFileSync(`${this.own(host)}.sh`, lines);
  }

  /** Has programs find the hosts by their names; in place of what else they prepare. */
  knowEachOther(): void {
    const table = join(this.folder, "table");
    const lines = this.names.map((name, i) => `10.99.0.${i + 1} ${name}\n`);
    writeFileSync(table, `127.0.0.1 localhost\n${lines.join("")}`);
    for (const name of this.names) this.prepare(name, `mount --bind ${table} /etc/hosts\n`);
  }

  /** Puts the link between a host and all others up or down. */
  async link(host: string, state: "up" | "down"): Promise<void> {
    await this.#ip("link", "set", `p${this.names.indexOf(host) + 1}`, state);
    if (state === "down") return;
    // The bridge forwards some time after the link is up.
    for (const end = Date.now() + 10_000; !(await this.#reachesOthers(host)); ) {
      if (Date.now() > end) throw new Error(`hosts: ${host} does not reach the others within 10 s`);
    }
  }

  /** Whether another host refuses a connection, which it does at once where it is reached. */
  async #reachesOthers(host: string): Promise<boolean> {
    const near = this.names.findIndex((name) => name !== host) + 1;
    const { transcript } = await this.run(host, ["timeout", "1", "bash", "-c", `: </dev/tcp/10.99.0.${near}/9`]);
    return transcript.includes("refused");
  }

  /** Changes the network between the hosts. @throws Error with what the system says */
  async #ip(...words: readonly string[]): Promise<void> {
    const { code, transcript } = await this.run("bridge", ["ip", ...words]);
    if (code !== 0) throw new Error(`hosts: ${transcript}`);
  }

  /**
   * Puts a relay into the link between a host and all others, which holds every frame for some seconds and loses a share of
   * them. @returns how to end it: the frames that were lost
   */
  async relay(
    host: string,
    { hold, loss }: { readonly hold: number; readonly loss: number },
  ): Promise<() => Promise<number>> {
    const port = `p${this.names.indexOf(host) + 1}`;
    await this.#ip(..."link add near type veth peer name far".split(" "));
    for (const words of ["near master bridge0 up", "far up", `${port} nomaster`]) {
      await this.#ip("link", "set", ...words.split(" "));
    }
    const program = join(root, "bench", "relay.py");
    for (const name of this.names) await this.run(name, ["python3", program, "--complete", "net0"]);
    const words = ["bridge", "python3", program, "--relay", port, "far", String(hold), String(loss)];
    const child = spawn(this.agent, words, { stdio: ["ignore", "pipe", "inherit"], detached: true });
    let said = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      said += text;
    });
    return async () => {
      signalGroup(child, "SIGTERM");
      await once(child, "close");
      await this.#ip("link", "set", port, "master", "bridge0");
      await this.#ip("link", "del", "near");
      return Number(/(\d+) lost/.exec(said)![1]);
    };
  }

  /** Sends a signal to what runs on a host; SIGKILL, unless another one is named, ends it. The host itself stays. */
  kill(host: string, signal: NodeJS.Signals = "SIGKILL"): void {
    const [network, stays] = ["net", "pid"].map((what) => readFileSync(`${this.own(host)}.${what}`, "utf8").trim());
    for (const pid of processesIn(network!)) {
      try {
        if (numberInside(pid) !== stays) process.kill(pid, signal);
      } catch {
        // It has ended by itself.
      }
    }
  }

  /** The variables with which launchers of a family reach the hosts. */
  environment(family: Family, launcher: string): Record<string, string> {
    return {
      WASM_MPI_LAUNCHER: launcher,
      ...(family === "openmpi"
        ? {
            OMPI_MCA_plm_rsh_agent: this.agent,
            OMPI_MCA_oob_tcp_if_include: "net0",
            OMPI_MCA_btl_tcp_if_include: "net0",
          }
        : {
            WASM_MPI_LAUNCHER_ARGS: `-launcher ssh -launcher-exec ${this.agent} -iface net0`,
          }),
    };
  }

  /** Runs a program on a host. Rejects when it takes too long. */
  run(host: string, words: readonly string[], options: RunOptions = {}): Promise<Result> {
    return runCommand(this.agent, [host, ...words.map(quoted)], process.env, { cwd: this.folder, ...options });
  }

  /** Starts a program on a host that runs until the host's processes are ended; what it says goes to a file. */
  start(host: string, words: readonly string[], log: string): void {
    const file = openSync(log, "a");
    const stdio = ["ignore", file, file] as const;
    spawn(this.agent, [host, ...words.map(quoted)], { cwd: this.folder, detached: true, stdio: [...stdio] }).unref();
    closeSync(file);
  }

  /** Runs `wasm-mpi args...` on the first host, where a launcher reaches the others. */
  wasmMpi(
    { family, path }: { readonly family: Family; readonly path: string },
    args: readonly string[],
    options: RunOptions = {},
  ): Promise<Result> {
    const env = { ...this.environment(family, path), ...options.env };
    return this.run("h1", [process.execPath, join(root, "dist", "cli.js"), ...args], { ...options, env });
  }

  /** Ends what runs on the hosts, and removes them. */
  remove(): void {
    process.off("exit", this.#atExit);
    const [first] = childrenOf(this.#site.pid);
    if (first !== undefined) {
      process.kill(first, "SIGKILL");
      // It has ended when all others have.
      for (const end = Date.now() + 10_000; existsSync(`/proc/${first}`) && Date.now() < end; ) pause(5);
    }
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** A word as a shell takes it: agents have one line, as ssh does. */
function quoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}

/** Waits without the event loop, which the end of a process does not have. */
function pause(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}

function childrenOf(pid: number | undefined): number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ").filter(Boolean).map(Number);
  } catch {
    return []; // It has ended.
  }
}

/** The processes of a network, which is named as in `/proc`. */
function processesIn(network: string): number[] {
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  return pids.map(Number).filter((pid) => {
    try {
      return readlinkSync(`/proc/${pid}/ns/net`) === network;
    } catch {
      return false; // It has ended.
    }
  });
}

/** The number that a process has among those of the hosts. */
function numberInside(pid: number): string {
  return /^NSpid:.*\s(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))![1]!;
}

/** Removes the folders of hosts of test runs that were killed. */
function sweep(): void {
  for (const name of readdirSync(tmpdir())) {
    const pid = new RegExp(`^${prefix}(\\d+)-hosts-`).exec(name)?.[1];
    if (pid === undefined || isRunning(Number(pid))) continue;
    rmSync(join(tmpdir(), name), { recursive: true, force: true });
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** `Open MPI on 2 hosts`. */
export const titleOf = (family: Family, count: number): string => `${familyTitle[family]} on ${count} hosts`;
