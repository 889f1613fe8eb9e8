/** What ranks that wait say of themselves, and what all of it together means. */

/** A call as a rank tells it: ranks are those of its communicator. */
export interface Told {
  readonly call: string;
  readonly to?: number | string;
  readonly from?: number | string;
  readonly tag?: number | string;
  /** `all ranks`, `all ranks, number 2` of those that the program has made, `this rank` or the handle of another communicator. */
  readonly comm?: string;
}

/** What a rank does when the time is up for one of them. */
export interface State {
  readonly rank: number;
  readonly size: number;
  /** What it waits for: one call, or the requests that a call waits for; none where it is in no call. */
  readonly waits: readonly Told[];
  /** Seconds since it last went on. */
  readonly seconds: number;
}

/** `MPI_Recv` of `MPI_Irecv`, `MPI_Recv_init`: how people know a call whose form is the package's choice. */
function plainOf(call: string): string {
  const name = call
    .replace(/_init$/, "")
    .replace(/^MPI_I(?!probe|mprobe)(\w)/, (_, letter: string) => `MPI_${letter.toUpperCase()}`);
  return name === "MPI_Iprobe" ? "MPI_Probe" : name === "MPI_Improbe" ? "MPI_Mprobe" : name;
}

/** `MPI_Recv from rank 0, tag 7`. */
function callText({ call, to, from, tag }: Told): string {
  const rankOf = (rank: number | string) => (typeof rank === "number" ? `rank ${rank}` : rank);
  const isRoot = to !== undefined && !/[Ss]end|Put|Get|Accumulate|Fetch|Compare|Win/.test(call);
  const ranks = [
    ...(to === undefined ? [] : [isRoot ? `with root ${to}` : `to ${rankOf(to)}`]),
    ...(from === undefined ? [] : [`from ${rankOf(from)}`]),
  ];
  const text = [plainOf(call), ranks.join(" and ")].filter((part) => part !== "").join(" ");
  return tag === undefined ? text : `${text}, tag ${tag}`;
}

/** Calls with the communicator of all of them, or that of each. */
function callsText(told: readonly Told[]): string {
  const comms = new Set(told.map(({ comm }) => comm));
  const [comm] = comms;
  if (comms.size > 1) return told.map((each) => callsText([each])).join("; ");
  return `${told.map(callText).join("; ")}${comm === undefined ? "" : ` (communicator of ${comm})`}`;
}

/** The line of a rank. */
export function lineOf({ rank, size, waits, seconds }: State): string {
  const name = `rank ${rank} of ${size}`;
  const time = `for ${Math.round(seconds)} s`;
  return waits.length === 0 ? `${name}: in no call of MPI, ${time}` : `${name}: waits in ${callsText(waits)}, ${time}`;
}

const isMessage = /^MPI_(Send|Ssend|Bsend|Rsend|Recv|Mrecv|Sendrecv|Sendrecv_replace|Probe|Mprobe)$/;
const isOther = /^MPI_(Wait|Test|Win_|File_|Comm_|Finalize|Init)/;

/** The names of ranks, `rank 0` or `ranks 0, 2`. */
const named = (ranks: readonly number[]) => `${ranks.length === 1 ? "rank" : "ranks"} ${ranks.join(", ")}`;

/** Collective calls of all ranks that do not belong together. */
function collectives(states: readonly State[]): string | undefined {
  const groups = new Map<string, number[]>();
  const found = states.flatMap(({ rank, waits }) => {
    const told = waits.find(
      ({ call, comm }) => comm?.startsWith("all ranks") && !isMessage.test(plainOf(call)) && !isOther.test(call),
    );
    return told ? [{ rank, told }] : [];
  });
  const isOneComm = new Set(found.map(({ told }) => told.comm)).size === 1;
  for (const { rank, told } of found) {
    const call = `${plainOf(told.call)}${told.to === undefined ? "" : ` with root ${told.to}`}`;
    const text = isOneComm ? call : `${call} (communicator of ${told.comm})`;
    groups.set(text, [...(groups.get(text) ?? []), rank]);
  }
  if (groups.size === 0) return undefined;
  const inCall = new Set([...groups.values()].flat());
  const calls = [...groups].map(([text, ranks]) => `${named(ranks)} ${ranks.length === 1 ? "is" : "are"} in ${text}`);
  const absent = states.filter(({ rank }) => !inCall.has(rank)).map(({ rank }) => rank);
  if (groups.size === 1 && absent.length === 0) return undefined;
  if (absent.length > 0) calls.push(`${named(absent)} ${absent.length === 1 ? "has" : "have"} not come to it`);
  return `${calls.join(", ")}. All ranks of a communicator have to make the same collective calls in the same order.`;
}

/** Ranks in a circle of which each waits for a message of the next. */
function circle(states: readonly State[]): string | undefined {
  const nextOf = (rank: number) => {
    const told = states.find((state) => state.rank === rank)?.waits;
    const partner =
      told?.length === 1 && told[0]!.comm === "all ranks" && isMessage.test(plainOf(told[0]!.call))
        ? told[0]!
        : undefined;
    const next = partner?.from ?? partner?.to;
    return typeof next === "number" ? { next, told: partner! } : undefined;
  };
  for (const { rank } of states) {
    const path = [rank];
    const told: Told[] = [];
    for (let at = nextOf(rank); at; at = nextOf(at.next)) {
      told.push(at.told);
      if (at.next === rank) return circleText(path, told);
      if (path.includes(at.next)) break;
      path.push(at.next);
    }
  }
  return undefined;
}

function circleText(path: readonly number[], told: readonly Told[]): string {
  const text = `${[...path, path[0]!].join(" -> ")}: each of these ranks waits for the next one`;
  const [first, second] = told.map(({ call, tag }) => ({ isSend: /Send$/.test(plainOf(call)), tag }));
  if (path.length === 2 && first!.isSend !== second!.isSend && first!.tag !== second!.tag) {
    return `${text}, one sends with tag ${first!.isSend ? first!.tag : second!.tag} what the other receives with tag ${first!.isSend ? second!.tag : first!.tag}. Give both the same tag.`;
  }
  if (told.every(({ call }) => /Send$/.test(plainOf(call)))) {
    return `${text} to receive. Use sendrecv, or isend and a receive.`;
  }
  return `${text}, and nobody sends. Use sendrecv, or begin with a send on one of them.`;
}

/** Ranks that wait for one that is not in any call, or waits for something else. */
function stray(states: readonly State[]): string | undefined {
  for (const { rank, waits } of states) {
    const partner = waits.find(({ comm, call }) => comm === "all ranks" && isMessage.test(plainOf(call)));
    const other = partner?.from ?? partner?.to;
    const found = states.find((state) => state.rank === other);
    if (!partner || !found || found.rank === rank) continue;
    if (found.waits.length === 0) return `rank ${rank} waits for rank ${found.rank}, which is in no call of MPI.`;
    return `rank ${rank} waits in ${callText(partner)}, and rank ${found.rank} in ${callText(found.waits[0]!)}.`;
  }
  return undefined;
}

/** Ranks at the end of their program while others are in a collective call, of whatever communicator: it stood in an `if`. */
function ended(states: readonly State[]): string | undefined {
  const isAtEnd = ({ waits }: State) => waits.length > 0 && waits.every(({ call }) => call === "MPI_Finalize");
  const ranks = states.filter(isAtEnd).map(({ rank }) => rank);
  if (ranks.length === 0) return undefined;
  for (const { rank, waits } of states) {
    const told = waits.find(({ call }) => !isMessage.test(plainOf(call)) && !isOther.test(call));
    if (!told) continue;
    const end = `${named(ranks)} ${ranks.length === 1 ? "has" : "have"} come to the end of the program`;
    return `${end}, rank ${rank} is in ${callText(told)}. All ranks of a communicator have to make the same collective calls, not some of them inside an if.`;
  }
  return undefined;
}

/** What the states of all ranks, or of those on a host, mean; `undefined` where that cannot be told. */
export function verdictOf(states: readonly State[]): string | undefined {
  return circle(states) ?? ended(states) ?? collectives(states) ?? stray(states);
}
