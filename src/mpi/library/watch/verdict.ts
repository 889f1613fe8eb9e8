/** What ranks that wait say of themselves, and what all of it together means. */

/** A call as a rank tells it: ranks are those of its communicator. */
export interface Told {
  readonly call: string;
  readonly to?: number | string;
  readonly from?: number | string;
  readonly tag?: number | string;
  /** `all ranks`, `all ranks, number 2` of those that the program has made, `this rank` or the handle of another communicator. */
  readonly comm?: string;
  /** Which collective call of that communicator it is, from 1, where it is one of all ranks; 0 where that is not known. */
  readonly order?: number;
}

/** What a rank does when the time is up for one of them. */
export interface State {
  readonly rank: number;
  readonly size: number;
  /** What it waits for: one call, or the requests that a call waits for; none where it is in no call. */
  readonly waits: readonly Told[];
  /** Seconds since it last went on. */
  readonly seconds: number;
  /** How many collective calls of each communicator of all ranks it has begun; of one that it has freed, more than all. */
  readonly counts: Readonly<Record<string, number>>;
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
const isSend = ({ call }: Told) => /^MPI_[SBR]?send$/i.test(plainOf(call));

/** The names of ranks, `rank 0` or `ranks 0, 2`. */
const named = (ranks: readonly number[]) => `${ranks.length === 1 ? "rank" : "ranks"} ${ranks.join(", ")}`;

/**
 * Collective calls of all ranks that do not belong together. Who comes to one by its number has passed by none: the root of a
 * broadcast, or who has sent to the root of a gather, may be in a later call while others are in this one.
 */
function collectives(states: readonly State[]): string | undefined {
  const found = states.flatMap(({ rank, waits }) =>
    waits.flatMap((told) =>
      told.comm !== undefined && told.order ? [{ rank, told, order: told.order, isAlone: waits.length === 1 }] : [],
    ),
  );
  const textOf = ({ call, to }: Told) => `${plainOf(call)}${to === undefined ? "" : ` with root ${to}`}`;
  const isAbsent = ({ counts }: State, comm: string, order: number) => (counts[comm] ?? 0) < order;
  const faults = found.filter(
    ({ told, order }) =>
      states.some((state) => isAbsent(state, told.comm!, order)) ||
      found.some((each) => each.told.comm === told.comm && each.order === order && textOf(each.told) !== textOf(told)),
  );
  // What comes behind the first call that is not whole is no fault.
  const firsts = faults.filter(
    ({ told, order }) => !faults.some((each) => each.told.comm === told.comm && each.order < order),
  );
  if (firsts.length === 0) return undefined;
  const inFirst = new Set(firsts.map(({ rank }) => rank));
  const isMissed = (state: State) => firsts.some(({ told, order }) => isAbsent(state, told.comm!, order));
  const late = states.filter((state) => !inFirst.has(state.rank) && isMissed(state)).map(({ rank }) => rank);
  // Of those who are in an earlier call of the same communicator that is told, as it may have the same name.
  const earlier = found.filter(
    ({ rank, told, isAlone }) => isAlone && late.includes(rank) && firsts.some((each) => each.told.comm === told.comm),
  );
  const isOneComm = new Set(firsts.map(({ told }) => told.comm)).size === 1;
  const groups = new Map<string, number[]>();
  for (const { rank, told, order } of [...firsts, ...earlier]) {
    const place = earlier.length > 0 ? `, collective call ${order}` : "";
    const comm = isOneComm ? "" : ` (communicator of ${told.comm})`;
    const text = `${textOf(told)}${place}${comm}`;
    groups.set(text, [...new Set([...(groups.get(text) ?? []), rank])]);
  }
  const calls = [...groups].map(([text, ranks]) => `${named(ranks)} ${verbOf(ranks, "is", "are")} in ${text}`);
  const absent = late.filter((rank) => !earlier.some((each) => each.rank === rank));
  if (absent.length > 0) calls.push(`${named(absent)} ${verbOf(absent, "has", "have")} not come to it`);
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
    const next = partner && partnerOf(partner);
    return next === undefined ? undefined : { next, told: partner! };
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

/** The rank that a message is for or from; of a call with two, of which either may have come, a rank that is both. */
function partnerOf({ to, from }: Told): number | undefined {
  const rank = from ?? to;
  return typeof rank === "number" && (to === undefined || to === rank) ? rank : undefined;
}

function circleText(path: readonly number[], told: readonly Told[]): string {
  const text = `${[...path, path[0]!].join(" -> ")}: each of these ranks waits for the next one`;
  const [send, receive] = isSend(told[0]!) ? told : told.toReversed();
  const isPair = path.length === 2 && isSend(send!) && !isSend(receive!) && receive!.to === undefined;
  if (isPair && receive!.tag !== "any" && send!.tag !== receive!.tag) {
    return `${text}, one sends with tag ${send!.tag} what the other receives with tag ${receive!.tag}. Give both the same tag.`;
  }
  if (told.every(isSend)) return `${text} to receive. Use sendrecv, or isend and a receive.`;
  if (told.every((each) => each.to === undefined)) {
    return `${text}, and nobody sends. Use sendrecv, or begin with a send on one of them.`;
  }
  return `${text}. Their sends and receives have to be in an order in which one of them can begin.`;
}

/** The verb of a sentence about ranks. */
function verbOf(ranks: readonly number[], single: string, several: string): string {
  return ranks.length === 1 ? single : several;
}

/** Ranks that wait for one that is not in any call, or waits for something else. */
function stray(states: readonly State[]): string | undefined {
  for (const { rank, waits } of states) {
    // Of several requests some may be complete: what is told is true of whichever of them is not.
    const partners = waits.map((told) =>
      told.comm === "all ranks" && isMessage.test(plainOf(told.call)) ? partnerOf(told) : undefined,
    );
    const found = states.find((state) => state.rank === partners[0]);
    if (!found || found.rank === rank || partners.some((partner) => partner !== found.rank)) continue;
    if (found.waits.length === 0) return `rank ${rank} waits for rank ${found.rank}, which is in no call of MPI.`;
    const [text, next] = [waits, found.waits].map((told) => told.map(callText).join("; "));
    return `rank ${rank} waits in ${text}, and rank ${found.rank} in ${next}.`;
  }
  return undefined;
}

/** Calls in which each rank waits for all others: of others some may be through while one is missing. */
const isOfAllAtOnce = /^MPI_(Barrier|Allreduce|Allgatherv?|Alltoall[vw]?|Reduce_scatter(_block)?)$/;

/**
 * Ranks at the end of their program while others are in a collective call: it stood in an `if`. Of a communicator of some ranks
 * it is not known of which: it is told where all that are not at the end are in such a call.
 */
function ended(states: readonly State[]): string | undefined {
  const isAtEnd = ({ waits }: State) => waits.length > 0 && waits.every(({ call }) => call === "MPI_Finalize");
  const [over, others] = [states.filter(isAtEnd), states.filter((state) => !isAtEnd(state))];
  const isOfSome = ({ waits: [told, ...rest] }: State) =>
    rest.length === 0 && told?.order === undefined && isOfAllAtOnce.test(plainOf(told?.call ?? ""));
  const areOfSome = others.every(isOfSome) && new Set(others.map(({ waits }) => plainOf(waits[0]!.call))).size === 1;
  for (const { rank, waits } of others) {
    const told = waits.find(({ order }) => order !== undefined) ?? (areOfSome ? waits[0] : undefined);
    if (!told) continue;
    const { comm, order } = told;
    const missing = over.filter(({ counts }) => order === undefined || (counts[comm!] ?? 0) < order);
    if (missing.length === 0) continue;
    const ranks = missing.map((state) => state.rank);
    const end = `${named(ranks)} ${verbOf(ranks, "has", "have")} come to the end of the program`;
    return `${end}, rank ${rank} is in ${callText(told)}. All ranks of a communicator have to make the same collective calls, not some of them inside an if.`;
  }
  return undefined;
}

/** What the states of all ranks, or of those on a host, mean; `undefined` where that cannot be told. */
export function verdictOf(states: readonly State[]): string | undefined {
  return circle(states) ?? ended(states) ?? collectives(states) ?? stray(states);
}
