import type { Communicators } from "./communicators.js";
import { constants, fail } from "./failure.js";
import type { Functions } from "./functions.js";
import type { Groups } from "./groups.js";
import type { Info, Infos } from "./info.js";
import { Block, readLong, readText, writeInt, writeLong, writeText } from "./memory.js";
import { Table } from "./table.js";

const { MPI_LOCK_EXCLUSIVE, MPI_LOCK_SHARED, MPI_MAX_OBJECT_NAME, MPI_MODE_NOSUCCEED, MPI_PROC_NULL } = constants;
const { MPI_WIN_FLAVOR_ALLOCATE, MPI_WIN_FLAVOR_CREATE, MPI_WIN_FLAVOR_DYNAMIC, MPI_WIN_FLAVOR_SHARED } = constants;
const { MPI_WIN_NULL, MPI_WIN_UNIFIED } = constants;

/** A window on memory of this rank, and the epochs that are open. */
export class Window {
  readonly base: number;
  readonly size: number;
  readonly unit: number;
  readonly flavor: number;
  readonly info: Info;
  name = "";
  /** Of a dynamic window: bytes by address. */
  readonly attached = new Map<number, number>();
  /** The memory, where the window allocated it. */
  readonly #memory: Block | undefined;
  /** What attributes point to. */
  readonly #attributes = new Block(32);
  /** Between fences: nothing, an epoch in which nothing happened yet, or one in which something did. */
  fenced: "no" | "open" | "used" = "no";
  /** How the rank locked its window. */
  locked: "no" | "rank" | "all" = "no";
  /** Whether this rank offers its memory, to nobody or to itself; and whether it accesses it. */
  posted: "no" | "nobody" | "self" | "done" = "no";
  started: "no" | "nobody" | "self" = "no";

  constructor(flavor: number, place: { base: number; memory?: Block }, size: number, unit: number, info: Info) {
    if (size < 0) fail("SIZE");
    if (unit <= 0) fail("DISP");
    this.flavor = flavor;
    this.base = place.base;
    this.#memory = place.memory;
    this.size = size;
    this.unit = unit;
    this.info = info;
    const { address } = this.#attributes;
    writeLong(address, size);
    for (const [index, value] of [unit, flavor, MPI_WIN_UNIFIED].entries()) writeInt(address + 8, value, index);
  }

  /** What an attribute is: the address of the memory, or that of a value. */
  attribute(key: number): number | undefined {
    const keys = [constants.MPI_WIN_DISP_UNIT, constants.MPI_WIN_CREATE_FLAVOR, constants.MPI_WIN_MODEL];
    const index = keys.indexOf(key as (typeof keys)[number]);
    if (key === constants.MPI_WIN_BASE) return this.base;
    if (key === constants.MPI_WIN_SIZE) return this.#attributes.address;
    return index < 0 ? undefined : this.#attributes.address + 8 + 4 * index;
  }

  /** Fails unless an epoch is open in which memory may be accessed; `passive`: one that a lock opened. */
  access(passive: boolean): void {
    if (this.locked !== "no") return;
    if (passive) fail("RMA_SYNC", "the window is not locked");
    if (this.started === "self") return;
    if (this.fenced === "no") fail("RMA_SYNC", "no epoch is open");
    this.fenced = "used";
  }

  /** True when the bytes from `low` to `high` are in the window, or in one of the places attached to it. */
  contains(low: number, high: number): boolean {
    if (this.flavor !== MPI_WIN_FLAVOR_DYNAMIC) return low >= this.base && high <= this.base + this.size;
    return [...this.attached].some(([base, size]) => low >= base && high <= base + size);
  }
}

/** The windows. */
export class Windows extends Table<Window> {
  constructor() {
    super("WIN");
  }
}

/** The functions on windows and their epochs. */
export function windowFunctions(windows: Windows, comms: Communicators, groups: Groups, infos: Infos): Functions {
  const allocate = (flavor: number) => {
    return (...[size, unit, info, comm, basePtr, winPtr]: [number, number, number, number, number, number]) => {
      comms.get(comm);
      if (size < 0) fail("SIZE");
      const memory = new Block(size);
      const window = new Window(flavor, { base: memory.address, memory }, size, unit, infos.copyOf(info));
      writeLong(basePtr, memory.address);
      writeLong(winPtr, windows.add(window));
    };
  };
  const checkRank = (rank: number) => {
    if (rank !== 0 && rank !== MPI_PROC_NULL) fail("RANK");
  };
  const lock = (win: number, how: "rank" | "all") => {
    const window = windows.get(win);
    if (window.locked !== "no") fail("RMA_SYNC", "the window is locked already");
    if (window.fenced === "used" || window.started !== "no" || window.posted !== "no") {
      fail("RMA_SYNC", "an epoch of another kind is open");
    }
    window.fenced = "no";
    window.locked = how;
  };
  const unlock = (win: number, how: "rank" | "all") => {
    const window = windows.get(win);
    if (window.locked !== how) fail("RMA_SYNC", "the window is not locked");
    window.locked = "no";
  };
  const flush = (win: number) => windows.get(win).access(true);
  const flushRank = (rank: number, win: number) => {
    const window = windows.get(win);
    checkRank(rank);
    if (rank !== MPI_PROC_NULL) window.access(true);
  };
  const partners = (group: number) => (groups.get(group).size === 1 ? "self" : "nobody");

  return {
    MPI_Win_create: (base, size, unit, info, comm, winPtr) => {
      comms.get(comm);
      writeLong(winPtr, windows.add(new Window(MPI_WIN_FLAVOR_CREATE, { base }, size, unit, infos.copyOf(info))));
    },
    MPI_Win_allocate: allocate(MPI_WIN_FLAVOR_ALLOCATE),
    MPI_Win_allocate_shared: allocate(MPI_WIN_FLAVOR_SHARED),
    MPI_Win_create_dynamic: (info, comm, winPtr) => {
      comms.get(comm);
      writeLong(winPtr, windows.add(new Window(MPI_WIN_FLAVOR_DYNAMIC, { base: 0 }, 0, 1, infos.copyOf(info))));
    },
    MPI_Win_shared_query: (win, rank, sizePtr, unitPtr, basePtr) => {
      const { flavor, size, unit, base } = windows.get(win);
      if (flavor !== MPI_WIN_FLAVOR_SHARED) fail("RMA_FLAVOR");
      checkRank(rank);
      writeLong(sizePtr, size);
      writeInt(unitPtr, unit);
      writeLong(basePtr, base);
    },
    MPI_Win_attach: (win, base, size) => {
      const { flavor, attached } = windows.get(win);
      if (flavor !== MPI_WIN_FLAVOR_DYNAMIC) fail("RMA_FLAVOR");
      if (size < 0) fail("SIZE");
      const overlaps = [...attached].some(([start, length]) => base < start + length && start < base + size);
      if (overlaps || attached.has(base)) fail("RMA_ATTACH", "some of the memory is attached already");
      attached.set(base, size);
    },
    MPI_Win_detach: (win, base) => {
      const { flavor, attached } = windows.get(win);
      if (flavor !== MPI_WIN_FLAVOR_DYNAMIC) fail("RMA_FLAVOR");
      if (!attached.delete(base)) fail("RMA_ATTACH", "no memory is attached there");
    },
    MPI_Win_free: (winPtr) => {
      const handle = readLong(winPtr);
      const { locked, started, posted } = windows.get(handle);
      if (locked !== "no" || started !== "no" || posted !== "no") fail("RMA_SYNC", "an epoch is open");
      windows.remove(handle);
      writeLong(winPtr, MPI_WIN_NULL);
    },
    MPI_Win_set_errhandler: (win) => {
      windows.get(win);
    },
    MPI_Win_get_group: (win, groupPtr) => {
      windows.get(win);
      groups.open(true, groupPtr);
    },
    MPI_Win_set_name: (win, namePtr) => {
      windows.get(win).name = readText(namePtr);
    },
    MPI_Win_get_name: (win, namePtr, lengthPtr) =>
      writeText(namePtr, windows.get(win).name, MPI_MAX_OBJECT_NAME, lengthPtr),
    MPI_Win_get_attr: (win, key, valuePtr, flagPtr) => {
      const value = windows.get(win).attribute(key) ?? fail("KEYVAL");
      writeInt(flagPtr, 1);
      writeLong(valuePtr, value);
    },
    MPI_Win_get_info: (win, infoPtr) => writeLong(infoPtr, infos.add(new Map(windows.get(win).info))),
    MPI_Win_fence: (assert, win) => {
      const window = windows.get(win);
      if (window.locked !== "no" || window.started !== "no" || window.posted !== "no") {
        fail("RMA_SYNC", "an epoch of another kind is open");
      }
      window.fenced = (assert & MPI_MODE_NOSUCCEED) !== 0 ? "no" : "open";
    },
    MPI_Win_lock: (type, rank, _assert, win) => {
      windows.get(win);
      if (type !== MPI_LOCK_EXCLUSIVE && type !== MPI_LOCK_SHARED) fail("LOCKTYPE");
      checkRank(rank);
      if (rank !== MPI_PROC_NULL) lock(win, "rank");
    },
    MPI_Win_unlock: (rank, win) => {
      windows.get(win);
      checkRank(rank);
      if (rank !== MPI_PROC_NULL) unlock(win, "rank");
    },
    MPI_Win_lock_all: (_assert, win) => lock(win, "all"),
    MPI_Win_unlock_all: (win) => unlock(win, "all"),
    MPI_Win_flush: flushRank,
    MPI_Win_flush_local: flushRank,
    MPI_Win_flush_all: flush,
    MPI_Win_flush_local_all: flush,
    MPI_Win_sync: (win) => {
      windows.get(win);
    },
    MPI_Win_post: (group, _assert, win) => {
      const window = windows.get(win);
      const to = partners(group);
      if (window.posted !== "no" || window.locked !== "no" || window.fenced === "used") {
        fail("RMA_SYNC", "an epoch is open");
      }
      window.fenced = "no";
      window.posted = to;
    },
    MPI_Win_start: (group, _assert, win) => {
      const window = windows.get(win);
      const to = partners(group);
      if (window.started !== "no" || window.locked !== "no" || window.fenced === "used") {
        fail("RMA_SYNC", "an epoch is open");
      }
      if (to === "self" && window.posted !== "self") {
        fail("RMA_SYNC", "the only rank has not called MPI_Win_post, so waiting for it would never end");
      }
      window.fenced = "no";
      window.started = to;
    },
    MPI_Win_complete: (win) => {
      const window = windows.get(win);
      if (window.started === "no") fail("RMA_SYNC", "MPI_Win_start was not called");
      if (window.started === "self") window.posted = "done";
      window.started = "no";
    },
    MPI_Win_wait: (win) => {
      const window = windows.get(win);
      if (window.posted === "no") fail("RMA_SYNC", "MPI_Win_post was not called");
      if (window.posted === "self") {
        fail("RMA_SYNC", "the only rank has not called MPI_Win_complete, so waiting for it would never end");
      }
      window.posted = "no";
    },
    MPI_Win_test: (win, flagPtr) => {
      const window = windows.get(win);
      if (window.posted === "no") fail("RMA_SYNC", "MPI_Win_post was not called");
      writeInt(flagPtr, Number(window.posted !== "self"));
      if (window.posted !== "self") window.posted = "no";
    },
  };
}
