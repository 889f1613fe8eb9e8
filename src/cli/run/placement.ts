/** Where the ranks of a command run: its options, and what they come to. */
import { readFileSync } from "node:fs";
import { show, wrong, wrongFile } from "../../argument.js";
import { detectJob } from "../../mpi/library/launcher.js";
import { type Host, hostsIn, hostsOf, type Placement, slotsOf } from "../../mpi/library/placement.js";
import { unread } from "../options/filed.js";
import { choice, file, textOf } from "../options/kind.js";
import type { Row } from "../options/row.js";
import { isHeld } from "./interruption.js";
import { threadsOr1 } from "./threads.js";

/** The options of commands that start ranks where they are told to. */
export const placement = [
  {
    key: "hosts",
    flag: "--hosts <list>",
    kind: textOf("names of hosts separated by commas, each alone or with its ranks, a,b:4", hostsOf),
    about: "start the ranks on these hosts, each with 1 rank or as many as it says, e.g. a,b:4",
    example: "a,b:4",
    details:
      "filled one after the other; as many ranks as they have room for where `--ranks` says nothing; Open MPI and MPICH",
  },
  {
    key: "hostfile",
    flag: "--hostfile <file>",
    kind: file,
    about: "the same with the hosts of a file, a line each",
    example: "FILE",
    details: "`b slots=4` or `b:4`, with either launcher; `#` begins a comment",
  },
  {
    key: "bind",
    flag: "--bind <what>",
    kind: choice(["core", "none"]),
    about: "give each rank cores of its own: core or none (default: none)",
    example: "core",
    details: "as many as it has threads; none lets the system move ranks; Open MPI and MPICH",
  },
] as const satisfies readonly Row[];

/** The options that say how many ranks there are, and where; nothing of a run depends on them. */
export type PlaceKey = "ranks" | (typeof placement)[number]["key"];

/** What is asked for. */
interface Asked {
  readonly ranks?: number | undefined;
  readonly hosts?: string | undefined;
  readonly hostfile?: string | undefined;
  readonly bind?: "core" | "none" | undefined;
  readonly threads?: number | undefined;
}

/** The ranks that a command has or is to start, and where. */
export interface Places {
  readonly ranks: number;
  readonly placement: Placement;
}

/**
 * The ranks of a command: under a launcher those of the job, else what is asked for, 1 by default.
 * @throws UsageError for what does not fit the job or the hosts, FileError for a file of hosts that is none
 */
export function placesOf({ ranks: asked, hosts: list, hostfile, bind, threads }: Asked): Places {
  const job = detectJob();
  if (job) {
    if (asked !== undefined && job.size !== asked) {
      throw wrong('"--ranks"', `${job.size}, the ranks of this job`, asked, "Leave it out under a launcher.");
    }
    // The command that started these ranks has placed them.
    const [stray] = isHeld() ? [] : Object.entries({ hosts: list, hostfile, bind }).filter(([, value]) => value);
    if (!stray) return { ranks: job.size, placement: {} };
    const expected = "none under a launcher, which has placed the ranks";
    throw wrong(`"--${stray[0]}"`, expected, show(stray[1]), "Tell it the launcher.");
  }
  if (list !== undefined && hostfile !== undefined) {
    throw wrong('"--hostfile"', "none with --hosts", show(hostfile), "Leave out one of them.");
  }
  const hosts = hostfile === undefined ? list && hostsOf(list) : hostsOfFile(hostfile);
  const cores = { ...(bind ? { bind } : {}), coresPerRank: threadsOr1(threads) };
  if (!hosts) return { ranks: asked ?? 1, placement: cores };
  const room = slotsOf(hosts);
  if (asked !== undefined && asked > room) {
    const flag = hostfile === undefined ? "--hosts" : "--hostfile";
    const whole = hosts.map(({ name }) => `${name}:${Math.ceil(asked / hosts.length)}`).join(",");
    const todo = hostfile === undefined ? `For example --hosts ${whole}.` : "Write more ranks behind the hosts.";
    throw wrong('"--ranks"', `at most ${room}, which the hosts of ${flag} have room for`, asked, todo);
  }
  return { ranks: asked ?? room, placement: { ...cores, hosts } };
}

/** The hosts of a file. @throws FileError */
function hostsOfFile(path: string): readonly Host[] {
  const expected = "a file of hosts for --hostfile";
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (cause) {
    throw wrongFile(path, expected, unread(cause), "Check the name.");
  }
  const hosts = hostsIn(text);
  if (typeof hosts !== "string" && hosts.length > 0) return hosts;
  const got = typeof hosts === "string" ? `the line ${show(hosts)}` : "none";
  throw wrongFile(path, expected, got, "Write a host a line, as b slots=4 or b:4.");
}
