/**
 * The program of the thread that watches a rank, whose main thread is in the MPI library while it waits. When a rank has not
 * gone on for longer than it may, each rank tells what it waits for, one of each host what that means, and the job ends.
 *
 * Ranks of a host find each other by a folder, which the first makes whose time is up.
 */
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { workerData } from "node:worker_threads";
import { koffi, system } from "../machine.js";
import { absent, Board, calls, columns, places } from "./board.js";
import { endingOf, exitCode } from "./ending.js";
import { isCollective } from "./record.js";
import { lineOf, type State, type Told, verdictOf } from "./verdict.js";
import type { Watched } from "./watch.js";

/** Milliseconds between two looks. */
const tick = 200;

/** Milliseconds in which all ranks of a host are to have told their state. */
const grace = 1500;

/** Seconds in which a launcher ends a rank that has called for the end of the job. */
const patience = 5;

const data = workerData as Watched;
const board = new Board(data.world, data.buffer);
const { now } = board;

/** When the rank last went on, and what the board said then. */
let since = performance.now();
let progress = now[places.progress]!;
let turns = now[places.turns]!;
/** Questions at the last look: a rank that asks no more computes. */
let asked = now[places.asked]!;
let isAsking = false;

function look(): void {
  const isOn = now[places.progress] !== progress || now[places.turns] !== turns;
  isAsking = now[places.isQuestion] === 1 && now[places.asked] !== asked;
  progress = now[places.progress]!;
  turns = now[places.turns]!;
  asked = now[places.asked]!;
  if (isOn) since = performance.now();
  const isUp = performance.now() - since > 1000 * data.seconds && isWaiting();
  if (isUp || existsSync(data.folder)) end();
  else setTimeout(look, tick);
}

/** Whether the rank is in a call, or asks again and again. */
function isWaiting(): boolean {
  return now[places.call] !== 0 && (now[places.isQuestion] === 0 || isAsking);
}

/** A rank of an argument, by name where it is one of the library's constants. */
function rankOf(value: number): number | string | undefined {
  if (value === absent) return undefined;
  if (value === data.anySource) return "any rank";
  return value === data.procNull ? "no rank" : value;
}

/** A communicator of all ranks: by its number, 0 for that of the library. */
const nameOf = (number: number) => (number === 0 ? "all ranks" : `all ranks, number ${number}`);

/** A call by the words that tell of it. */
function toldOf(call: number, to: number, from: number, tag: number, comm: number, order: number): Told {
  const [target, source] = [rankOf(to), rankOf(from)];
  const number = comm === data.world ? 0 : board.numberOf(comm);
  const isOfAll = comm === data.world || number > 0;
  const name = isOfAll ? nameOf(number) : comm === data.self ? "this rank" : `handle ${(comm >>> 0).toString(16)}`;
  return {
    call: calls[call - 1]!,
    ...(target === undefined ? {} : { to: target }),
    ...(source === undefined ? {} : { from: source }),
    ...(tag === absent ? {} : { tag: tag === data.anyTag ? "any" : tag }),
    ...(comm === absent ? {} : { comm: name }),
    ...(isOfAll && isCollective(calls[call - 1]!) ? { order } : {}),
  };
}

/** The low bits of the handles of the requests that are waited for. */
function requests(): number[] {
  const count = now[places.requests]!;
  if (now[places.request] !== 0) return [now[places.request]!];
  const address = (now[places.requestsLow]! >>> 0) + now[places.requestsHigh]! * 2 ** 32;
  if (count <= 0 || address === 0) return [];
  const words = data.handleSize / 4;
  const handles = new Int32Array(words * Math.min(count, 64));
  // The main thread is in the call that has this memory.
  system().memcpy(Number(koffi().address(handles)), address, handles.byteLength);
  return Array.from({ length: handles.length / words }, (_, i) => handles[words * i]!);
}

/** What the rank waits for. */
function waits(): Told[] {
  if (!isWaiting()) return [];
  const begun = requests().flatMap((handle) => {
    const row = board.begun(handle);
    if (!row) return [];
    const { call, to, from, tag, comm, order } = columns;
    return [toldOf(row[call]!, row[to]!, row[from]!, row[tag]!, row[comm]!, row[order]!)];
  });
  if (begun.length > 0) return begun;
  const { call, to, from, tag, comm, order } = places;
  return [toldOf(now[call]!, now[to]!, now[from]!, now[tag]!, now[comm]!, now[order]!)];
}

function write(text: string): void {
  try {
    writeSync(2, `wasm-mpi: ${text}\n`);
  } catch {
    // Nobody reads it any more.
  }
}

/** Tells the state, and ends the process when the others have told theirs. */
function end(): void {
  const state: State = {
    rank: data.rank,
    size: data.size,
    waits: waits(),
    seconds: (performance.now() - since) / 1000,
    counts: Object.fromEntries(board.counts.map(([number, count]) => [nameOf(number), count])),
  };
  write(lineOf(state));
  try {
    leave(state);
  } catch {
    // Without the folder each rank tells its own line.
  }
  setTimeout(() => {
    // The rank that tells what it means removes the folder and ends the job; the others leave it time for that.
    if (conclude()) leaveProcess();
    else setTimeout(leaveProcess, grace);
  }, grace);
}

/** Leaves the state to the other ranks of the host. */
function leave(state: State): void {
  mkdirSync(data.folder, { recursive: true });
  const path = join(data.folder, `${state.rank}`);
  writeFileSync(`${path}.new`, JSON.stringify(state));
  renameSync(`${path}.new`, `${path}.json`);
}

/** Whether a rank has come to the end, where the library ends no jobs any more. */
function isLeaving({ waits }: State): boolean {
  return waits.some(({ call }) => call === "MPI_Finalize");
}

/**
 * Tells what the states of all mean, on the lowest rank that has told its own and is not at its end where others are not.
 * @returns false on another rank
 */
function conclude(): boolean {
  // Nobody is to find a part of the states: the folder goes in one piece.
  const told = `${data.folder}-told`;
  let states: State[];
  let teller: State | undefined;
  try {
    const names = readdirSync(data.folder).filter((name) => name.endsWith(".json"));
    states = names.map((name) => JSON.parse(readFileSync(join(data.folder, name), "utf8")) as State);
    states.sort((a, b) => a.rank - b.rank);
    teller = states.find((state) => !isLeaving(state)) ?? states[0];
    if (teller?.rank !== data.rank) return false;
    renameSync(data.folder, told);
  } catch {
    return false; // Another rank has told it, or there is no room for a folder: the lines of the ranks are there.
  }
  const verdict = verdictOf(states);
  if (verdict) write(verdict);
  write(endingOf(data.seconds));
  try {
    rmSync(told, { recursive: true, force: true });
    if (!isLeaving(teller)) abort();
  } catch {
    // The process ends in any case.
  }
  return true;
}

/** Has the launcher end the job with the code: a call that waits for no rank, and does not touch what the main thread is in. */
function abort(): void {
  if (data.aborts === "") return;
  // On a host that the launcher does not reach any more the call does not return: the system ends the process.
  if (process.platform !== "win32") koffi().load(null).func("alarm", "uint", ["uint"])(patience);
  koffi().load(data.aborts).func("MPI_Abort", "int", ["int", "int"])(data.world, exitCode);
}

/** Ends the process at once, from a thread that is not the main one. */
function leaveProcess(): void {
  try {
    koffi()
      .load(process.platform === "win32" ? "msvcrt.dll" : null)
      .func("_exit", "void", ["int"])(exitCode);
  } catch {
    process.kill(process.pid, "SIGKILL");
  }
}

setTimeout(look, tick);
