/** Where the ranks of a job run: hosts, and cores. What each family of launchers is told of it. */
import { availableParallelism } from "node:os";
import { wrong } from "../../argument.js";
import { type Family, familyTitle } from "./abi.js";

/** A host with the ranks that it is to have at most. */
export interface Host {
  readonly name: string;
  readonly slots: number;
}

/** Where ranks are to run. */
export interface Placement {
  /** Filled one after the other; default: this machine. */
  readonly hosts?: readonly Host[];
  /** Whether each rank has cores of its own; default: `none`. */
  readonly bind?: "core" | "none";
  /** The cores of a rank that has its own. Default: 1. */
  readonly coresPerRank?: number;
}

/** The ranks that hosts have room for. */
export function slotsOf(hosts: readonly Host[]): number {
  return hosts.reduce((sum, { slots }) => sum + slots, 0);
}

/** A name as launchers take it: of a host, or its address. */
const hostName = /^[a-z\d](?:[\w.-]*[a-z\d])?$/i;

/** The host of a text `NAME` or `NAME:RANKS`; `undefined` for another text. */
function hostOf(text: string): Host | undefined {
  const [, name, slots = "1"] = /^([^:]+)(?::([1-9]\d{0,6}))?$/.exec(text) ?? [];
  return name !== undefined && hostName.test(name) ? { name, slots: Number(slots) } : undefined;
}

/** Hosts of which each is there once: what is named twice has room for both. */
function joined(hosts: readonly Host[]): Host[] {
  const slots = new Map<string, number>();
  for (const host of hosts) slots.set(host.name, (slots.get(host.name) ?? 0) + host.slots);
  return [...slots].map(([name, count]) => ({ name, slots: count }));
}

/** The hosts of a list `a,b:4`; `undefined` for another text. */
export function hostsOf(text: string): readonly Host[] | undefined {
  const hosts = text.split(",").map((part) => hostOf(part.trim()));
  return hosts.every((host) => host !== undefined) ? joined(hosts) : undefined;
}

/**
 * The hosts of a file: a line a host, in the form of Open MPI, `NAME slots=4`, or of MPICH, `NAME:4`; `#` begins a comment.
 * @returns the line that is none of these, where there is one
 */
export function hostsIn(text: string): readonly Host[] | string {
  const hosts: Host[] = [];
  for (const line of text.split(/\r?\n/)) {
    const words = line.replace(/#.*/, "").trim();
    if (words === "") continue;
    const host = hostOf(words.replace(/^([^\s:]+)\s+slots\s*=\s*(\d+)$/, "$1:$2"));
    if (!host) return line.trim();
    hosts.push(host);
  }
  return joined(hosts);
}

/**
 * The arguments by which a launcher places ranks: without hosts on this machine, not bound, and more than there are cores
 * where asked.
 * @throws UsageError for what the launcher cannot do
 */
export function placementArgs(family: Family, ranks: number, { hosts, bind, coresPerRank = 1 }: Placement): string[] {
  if (family === "msmpi" && (hosts || bind === "core")) {
    const expected = `Open MPI or MPICH for ${hosts ? "hosts" : "cores of their own"}`;
    throw wrong("launch", expected, familyTitle[family], "Say it in WASM_MPI_LAUNCHER_ARGS, in the words of mpiexec.");
  }
  if (hosts === undefined && bind === "core" && ranks * coresPerRank > availableParallelism()) {
    const cores = availableParallelism();
    const wanted = coresPerRank > 1 ? `${ranks} ranks of ${coresPerRank} threads` : `${ranks} ranks`;
    const expected = `as many cores as ranks and their threads need (there are ${cores})`;
    throw wrong('"--bind core"', expected, wanted, "Start fewer, or bind none.");
  }
  const list = hosts?.map(({ name, slots }) => `${name}:${slots}`).join(",");
  switch (family) {
    case "openmpi": {
      const cores = bind === "core" ? ["core", "--map-by", `slot:PE=${coresPerRank}`] : ["none"];
      return ["--oversubscribe", ...(list ? ["--host", list] : []), "--bind-to", ...cores];
    }
    case "mpich":
      return [...(list ? ["-hosts", list] : []), ...(bind === "core" ? ["-bind-to", `core:${coresPerRank}`] : [])];
    case "msmpi":
      return [];
  }
}

/**
 * The words of `WASM_MPI_LAUNCHER_ARGS`, which a launcher gets besides: separated by blanks, which belong to a word between
 * quotes.
 * @throws UsageError for a quote without its end
 */
export function launcherWords(env: NodeJS.ProcessEnv = process.env): string[] {
  const text = env.WASM_MPI_LAUNCHER_ARGS ?? "";
  const words = [...text.matchAll(/(?:"[^"]*"|'[^']*'|[^\s"'])+/g)].map(([word]) => word);
  if (words.join("").length === text.replace(/("[^"]*"|'[^']*')|\s+/g, "$1").length) {
    return words.map((word) => word.replace(/"([^"]*)"|'([^']*)'/g, "$1$2"));
  }
  const todo = "End the quote.";
  throw wrong('"WASM_MPI_LAUNCHER_ARGS"', "arguments of the launcher", JSON.stringify(text), todo);
}
