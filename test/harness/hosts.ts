/**
 * Hosts for tests: network namespaces on this machine, joined by a bridge, each with a host name of its own and a folder that
 * the others do not see. None of them reaches anything but the others.
 *
 * ```text
 *   h1 (10.99.0.1)   h2 (10.99.0.2)   h3 (10.99.0.3)
 *      net0             net0             net0
 *        |                |                |
 *   +----p1---------------p2---------------p3----+
 *   |                  bridge                    |
 *   +--------------------------------------------+
 * ```
 */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmodSync, closeSync, mkdirSync, mkdtempSync, openSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Family, familyTitle } from "../../src/mpi/library/launcher.js";
import { type Result, type RunOptions, root, runCommand } from "./process.js";

/** What names of namespaces and folders begin with; the number of the process that has made them follows. */
const prefix = "wasm-mpi-test-";

/** What the system says of a command that has to succeed. @throws Error with what it said otherwise */
function system(command: string, args: readonly string[]): string {
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: "utf8", timeout: 20_000 });
  if (status === 0) return stdout;
  throw new Error(`hosts: expected ${[command, ...args].join(" ")} to succeed, got ${error ?? stderr}`);
}

/** Why there can be no hosts here, for the names of tests that are left out; `undefined` where there can. */
export const noHosts: string | undefined = (() => {
  if (process.platform !== "linux") return "hosts are namespaces of Linux";
  if (process.getuid?.() !== 0) return "hosts need root";
  const missing = ["ip", "unshare", "nsenter"].find((name) => spawnSync(name, ["--help"]).error);
  if (missing) return `hosts need ${missing}, of iproute2 or util-linux`;
  const pair = "ip link add veth0 type veth peer name veth1".split(" ");
  const tried = spawnSync("unshare", ["--net", "--uts", "--mount", ...pair]);
  return tried.status === 0 ? undefined : "hosts need namespaces with veth pairs, which this container has not";
})();

/** Runs what follows on a host: `agent HOST COMMAND`, in the form of ssh, options before the host left out. */
const agentText = (folder: string, name: string) => `#!/bin/sh
while case "$1" in -*) true ;; *) false ;; esac; do shift; done
host=$1
shift
exec nsenter --net="/run/netns/${name}-$host" unshare --uts --mount sh -c '
  hostname "$1"
  mount -t sysfs sysfs /sys
  mount --bind "${folder}/$1" "${folder}/local"
  test -f "${folder}/$1.sh" && . "${folder}/$1.sh"
  shift
  export TMPDIR="${folder}/local"
  exec sh -c "$*"
' sh "$host" "$@"
`;

/** Hosts, there until {@link remove}, which the end of the process does at the latest. */
export class Hosts {
  readonly names: readonly string[];
  /** Seen by all hosts. */
  readonly folder: string;
  readonly #name = `${prefix}${process.pid}`;
  readonly #agent: string;

  constructor(count: number) {
    sweep();
    this.names = Array.from({ length: count }, (_, i) => `h${i + 1}`);
    this.folder = mkdtempSync(join(tmpdir(), `${prefix}${process.pid}-hosts-`));
    this.#agent = join(this.folder, "agent");
    process.on("exit", this.#atExit);
    try {
      this.#make();
    } catch (error) {
      this.remove();
      throw error;
    }
  }

  readonly #atExit = () => this.remove();

  #make(): void {
    for (const name of ["local", ...this.names]) mkdirSync(join(this.folder, name));
    writeFileSync(this.#agent, agentText(this.folder, this.#name));
    chmodSync(this.#agent, 0o755);
    const bridge = `${this.#name}-bridge`;
    system("ip", ["netns", "add", bridge]);
    system("ip", ["-n", bridge, "link", "add", "bridge0", "type", "bridge"]);
    system("ip", ["-n", bridge, "link", "set", "bridge0", "up"]);
    for (const [i, host] of this.names.entries()) {
      const [name, port] = [`${this.#name}-${host}`, `p${i + 1}`];
      system("ip", ["netns", "add", name]);
      system("ip", ["-n", bridge, "link", "add", port, "type", "veth", "peer", "name", "net0", "netns", name]);
      system("ip", ["-n", bridge, "link", "set", port, "master", "bridge0", "up"]);
      system("ip", ["-n", name, "addr", "add", `10.99.0.${i + 1}/24`, "dev", "net0"]);
      for (const device of ["net0", "lo"]) system("ip", ["-n", name, "link", "set", device, "up"]);
    }
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

  /** Puts the link between a host and all others up or down. */
  link(host: string, state: "up" | "down"): void {
    system("ip", ["-n", `${this.#name}-bridge`, "link", "set", `p${this.names.indexOf(host) + 1}`, state]);
  }

  /**
   * Puts a relay into the link between a host and all others, which holds every frame for some seconds and loses a share of
   * them. @returns how to end it: the frames that were lost
   */
  async relay(
    host: string,
    { hold, loss }: { readonly hold: number; readonly loss: number },
  ): Promise<() => Promise<number>> {
    const bridge = `${this.#name}-bridge`;
    const port = `p${this.names.indexOf(host) + 1}`;
    system("ip", ["-n", bridge, "link", "add", "near", "type", "veth", "peer", "name", "far"]);
    for (const words of ["near master bridge0 up", "far up", `${port} nomaster`]) {
      system("ip", ["-n", bridge, "link", "set", ...words.split(" ")]);
    }
    const inside = (name: string) => [`--net=/run/netns/${name}`, "python3", join(root, "bench", "relay.py")];
    for (const name of this.names) system("nsenter", [...inside(`${this.#name}-${name}`), "--complete", "net0"]);
    const words = [...inside(bridge), "--relay", port, "far", String(hold), String(loss)];
    const child = spawn("nsenter", words, { stdio: ["ignore", "pipe", "inherit"] });
    let said = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      said += text;
    });
    return async () => {
      child.kill("SIGTERM");
      await once(child, "close");
      system("ip", ["-n", bridge, "link", "set", port, "master", "bridge0"]);
      system("ip", ["-n", bridge, "link", "del", "near"]);
      return Number(/(\d+) lost/.exec(said)![1]);
    };
  }

  /** Sends a signal to the processes of a host; SIGKILL, unless another one is named, ends them. */
  kill(host: string, signal: NodeJS.Signals = "SIGKILL"): void {
    signalIn(`${this.#name}-${host}`, signal);
  }

  /** The variables with which launchers of a family reach the hosts. */
  environment(family: Family, launcher: string): Record<string, string> {
    return {
      WASM_MPI_LAUNCHER: launcher,
      ...(family === "openmpi"
        ? {
            OMPI_MCA_plm_rsh_agent: this.#agent,
            OMPI_MCA_oob_tcp_if_include: "net0",
            OMPI_MCA_btl_tcp_if_include: "net0",
          }
        : {
            WASM_MPI_LAUNCHER_ARGS: `-launcher ssh -launcher-exec ${this.#agent} -iface net0`,
            // Its ranks would find the memory of this machine, and send nothing through the link.
            UCX_TLS: "tcp,self",
            UCX_NET_DEVICES: "net0",
          }),
    };
  }

  /** Runs a program on a host. Rejects when it takes too long. */
  run(host: string, words: readonly string[], options: RunOptions = {}): Promise<Result> {
    const quoted = words.map((word) => `'${word.replaceAll("'", "'\\''")}'`);
    return runCommand(this.#agent, [host, ...quoted], process.env, { cwd: this.folder, ...options });
  }

  /** Starts a program on a host that runs until the host's processes are ended; what it says goes to a file. */
  start(host: string, words: readonly string[], log: string): void {
    const file = openSync(log, "a");
    const stdio = ["ignore", file, file] as const;
    spawn(this.#agent, [host, ...words], { cwd: this.folder, detached: true, stdio: [...stdio] }).unref();
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
    for (const host of [...this.names, "bridge"]) this.kill(host);
    for (const name of namespaces()) if (name.startsWith(`${this.#name}-`)) spawnSync("ip", ["netns", "del", name]);
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function namespaces(): string[] {
  try {
    return readdirSync("/run/netns");
  } catch {
    return []; // There were none yet.
  }
}

/** Sends a signal to the processes in a namespace. */
function signalIn(namespace: string, signal: NodeJS.Signals): void {
  const said = spawnSync("ip", ["netns", "pids", namespace], { encoding: "utf8" }).stdout ?? "";
  for (const pid of said.split(/\s+/).filter(Boolean)) {
    try {
      process.kill(Number(pid), signal);
    } catch {
      // It has ended by itself.
    }
  }
}

/** Removes hosts of test runs that were killed, with what runs on them and their folders. */
function sweep(): void {
  const isLeft = (name: string) => {
    const pid = new RegExp(`^${prefix}(\\d+)-`).exec(name)?.[1];
    return pid !== undefined && !isRunning(Number(pid));
  };
  for (const name of namespaces().filter(isLeft)) {
    signalIn(name, "SIGKILL");
    spawnSync("ip", ["netns", "del", name]);
  }
  for (const name of readdirSync(tmpdir()).filter(isLeft)) {
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
