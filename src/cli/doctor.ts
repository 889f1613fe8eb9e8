import { arch, availableParallelism, cpus, hostname, release } from "node:os";
import { valuesByHost } from "../mpi/alike.js";
import { type Comm, mpi } from "../mpi/index.js";
import { join } from "../mpi/job.js";
import { type Family, familyTitle } from "../mpi/library/abi.js";
import { coresOfRank } from "../mpi/library/cores.js";
import { differencesOf } from "../mpi/library/differences.js";
import { detectJob, findLaunchers, installHint } from "../mpi/library/launcher.js";
import { currentWorld } from "../mpi/library/world.js";
import { packageVersion } from "../package.js";
import { type Outcome, trialTime, tryRanks } from "./launch.js";
import type { OptionsOf } from "./options/index.js";

/** What a library says of itself when a job has been started. */
interface MpiInfo {
  readonly library: string;
  readonly version: string;
  readonly abi: string;
  readonly threadLevel: string;
  /** Cores that a rank may run on: the fewest, and the list of them where the launcher has bound rank 0 to some. */
  readonly coresPerRank: number;
  readonly binding: string | null;
  /** What the library is known to do otherwise than the standard says, by names. */
  readonly differences: object;
}

/** One MPI on this machine: its launcher, and its library as a job sees it. */
interface Installation {
  readonly launcher: string;
  readonly family: Family;
  readonly works: boolean;
  readonly info?: MpiInfo;
  readonly error?: string;
}

/** A host of a job, with what its ranks have. */
interface HostInfo {
  readonly host: string;
  readonly ranks: number;
  readonly cores: number;
  /** The cores of its first rank, where the launcher has bound it to some. */
  readonly binding: string | null;
  readonly version: string;
  readonly node: string;
  readonly package: string;
}

/** What has to be the same on all hosts, as people call it. */
const alike = { version: "MPI", node: "Node.js", package: "wasm-mpi" } as const;

/** `wasm-mpi doctor` */
export async function doctor({ json }: OptionsOf<"doctor">): Promise<void> {
  const inJob = detectJob() !== undefined;
  const comm = inJob ? join() : undefined; // Also where hosts have other versions.
  const installations = inJob ? [] : await tryLaunchers();
  const info = comm ? ownInfo(comm) : installations.find(({ works }) => works)?.info;
  const hosts = comm ? hostsOf(comm) : [];
  mpi.finalize();
  if (comm && comm.rank !== 0) return;
  const launcher = installations.find(({ works }) => works)?.launcher ?? null;
  const report = {
    package: packageVersion(),
    library: info?.library ?? null,
    version: info?.version ?? null,
    abi: info?.abi ?? null,
    launcher,
    threadLevel: info?.threadLevel ?? null,
    differences: info?.differences ?? {},
    node: process.version,
    platform: `${process.platform} ${arch()} ${release()}`,
    processor: cpus()[0]?.model ?? "unknown",
    cores: availableParallelism(),
    coresPerRank: info?.coresPerRank ?? availableParallelism(),
    binding: info?.binding ?? null,
    simd: WebAssembly.validate(simdModule),
    sharedMemory: WebAssembly.validate(sharedMemoryModule),
    // Several ranks use mpiio where their blocks alternate in the file or on several nodes, else posix, too.
    output: info && (comm?.size ?? 2) > 1 ? "mpiio" : "posix",
    ...(comm ? { ranks: comm.size, hosts } : { installations }),
  };
  process.stdout.write(json ? `${JSON.stringify(report)}\n` : describe(report, installations, hosts));
  for (const [key, title] of Object.entries(alike) as [keyof typeof alike, string][]) {
    if (hosts.every((each) => each[key] === hosts[0]![key])) continue;
    const got = valuesByHost(hosts.map(({ host, [key]: value }) => ({ host, value })));
    process.stderr.write(`wasm-mpi doctor: expected one version of ${title} on all hosts, got ${got}.\n`);
    process.exitCode = 1;
  }
}

/** What the library of this job says of itself, and the cores of its ranks. **Collective.** */
function ownInfo(comm: Comm): MpiInfo {
  const { count, bound } = coresOfRank();
  const coresPerRank = comm.allreduce(count, { op: "min" });
  const { library } = currentWorld();
  return { ...mpi.versionInfo(), coresPerRank, binding: bound ?? null, differences: differencesOf(library) };
}

/** The hosts of the ranks, in the order of their first ranks. **Collective.** */
function hostsOf(comm: Comm): HostInfo[] {
  const { count, bound } = coresOfRank();
  const mine: HostInfo = {
    ...{ host: hostname(), ranks: 1, cores: count, binding: bound ?? null },
    ...{ version: mpi.versionInfo().version, node: process.version, package: packageVersion() },
  };
  const hosts = new Map<string, HostInfo>();
  for (const each of comm.allgatherObject(mine) as HostInfo[]) {
    const known = hosts.get(each.host);
    hosts.set(each.host, known ? { ...known, ranks: known.ranks + 1 } : each);
  }
  return [...hosts.values()];
}

/** The empty function `() -> v128`, and a module with one page of shared memory: valid where the engine knows them. */
const header = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
const simdModule = new Uint8Array([
  ...header,
  ...[1, 5, 1, 0x60, 0, 1, 0x7b],
  ...[3, 2, 1, 0],
  ...[10, 22, 1, 20, 0, 0xfd, 12, ...new Array<number>(16).fill(0), 0x0b],
]);
const sharedMemoryModule = new Uint8Array([...header, 5, 4, 1, 3, 1, 1]);

/** How often a job that does not start is begun until its library says why. */
const attempts = 8;

/** Starts a job of two ranks under every launcher and asks its library. */
async function tryLaunchers(): Promise<Installation[]> {
  const found: Installation[] = [];
  for (const launcher of findLaunchers()) {
    const begin = async () => {
      const begun = performance.now();
      // A launcher of Open MPI that is quiet does not say either why its library cannot begin.
      const outcome = await tryRanks(launcher, 2, { OMPI_MCA_orte_execute_quiet: "0" });
      return [outcome, performance.now() - begun >= trialTime] as const;
    };
    let tried = await begin();
    for (let attempt = 1; attempt < attempts && isReasonLost(tried[0]); attempt++) tried = await begin();
    found.push({ launcher: launcher.path, family: launcher.family, ...resultOf(...tried) });
  }
  return found;
}

/**
 * True where the launcher of Open MPI 4.1 has lost something that a rank said of why its library does not begin: of what ranks
 * report while their job ends, it now and then reads beyond the end, in every fifth job on two busy cores (open-mpi/ompi#8356).
 * What arrived may be no more than that something has failed.
 */
function isReasonLost({ code, stderr }: Outcome): boolean {
  return code !== 0 && /ORTE_ERROR_LOG: .*show_help\.c/.test(stderr);
}

/** @param isLate whether it was ended for taking too long */
function resultOf({ code, stdout, stderr }: Outcome, isLate: boolean): Pick<Installation, "works" | "info" | "error"> {
  if (code === 0) {
    const { ranks, ...info } = JSON.parse(stdout) as MpiInfo & { ranks: number };
    if (ranks === 2) return { works: true, info };
  }
  if (isLate) return { works: false, error: `no answer within ${trialTime / 1000} s` };
  const lines = stderr.split("\n");
  const told = lines.find((line) => line.includes("wasm-mpi")) ?? noticeIn(stderr) ?? lines.find((line) => line.trim());
  return { works: false, error: told ?? `exit code ${code}` };
}

/** What a library says between two rules, on one line. */
function noticeIn(text: string): string | undefined {
  return /^-{20,}\n(.*?)\n-{20,}$/ms.exec(text)?.[1]?.replace(/\s+/g, " ").trim();
}

function describe(
  report: Readonly<Record<string, unknown>>,
  installations: readonly Installation[],
  hosts: readonly HostInfo[],
): string {
  const rows: (readonly [string, string])[] = [
    ["wasm-mpi", String(report.package)],
    ["Node.js", `${report.node} on ${report.platform}`],
    ["processor", `${report.processor}, ${report.cores} cores`],
    ["WebAssembly", `SIMD ${report.simd ? "yes" : "no"}, shared memory ${report.sharedMemory ? "yes" : "no"}`],
    ["output", `HDF5, every rank its block, ${report.output === "mpiio" ? "posix or mpiio as it suits" : "posix"}`],
  ];
  if ("ranks" in report) {
    rows.push(["library", `${report.library}`], ["version", `${report.version}, ABI ${report.abi}`]);
    rows.push(["thread level", `${report.threadLevel}`], ["ranks", `${report.ranks}`]);
  }
  const { coresPerRank, binding } = report;
  rows.push(["cores a rank", `${coresPerRank}, ${binding === null ? "not bound" : `rank 0 bound to ${binding}`}`]);
  for (const { host, ranks, cores, binding: bound, version, node, package: here } of hosts) {
    const where = bound === null ? "not bound" : `the first bound to ${bound}`;
    const ranksText = `${ranks} ${ranks === 1 ? "rank" : "ranks"}`;
    rows.push([
      `host ${host}`,
      `${ranksText}, ${cores} cores, ${where}, ${version}, Node.js ${node}, wasm-mpi ${here}`,
    ]);
  }
  for (const { launcher, family, works, info, error } of installations) {
    const what = works
      ? `works: ${info!.version}, ${info!.library}, ABI ${info!.abi}, thread level ${info!.threadLevel}`
      : `does not work: ${error}`;
    rows.push([familyTitle[family], `${launcher}, ${what}`]);
  }
  if (!("ranks" in report) && installations.length === 0) {
    rows.push(["MPI", `none: one rank only. Install one: ${installHint()}.`]);
  }
  return `${rows.map(([name, value]) => `${name.padEnd(13)} ${value}`).join("\n")}\n`;
}
