import { expectKeys, keysOf, show, wrong } from "../../argument.js";
import { Handle } from "../library/handle.js";
import { system } from "../library/machine.js";
import type { World } from "../library/world.js";

/** Options of `mpi.createKeyval()`. */
export interface KeyvalOptions {
  /** Whether `comm.dup()` passes the attribute on to the new communicator. Default false. */
  readonly copy?: boolean;
}

const keyvalKeys = keysOf<KeyvalOptions>({ copy: true });

/** A value, and how many communicators have it. */
interface Held {
  readonly value: unknown;
  holders: number;
}

/** The keys in use of each world. */
const keys = new WeakMap<World, Set<Keyval>>();
// Values of all keys are numbered together; 0 would be a null pointer.
let lastNumber = 0;

/**
 * A key of attributes: values in JavaScript, of any kind, attached to communicators. The library keeps a number in place
 * of each. Made with `mpi.createKeyval()`. Free it when done. **Local.**
 *
 * ```js
 * const key = mpi.createKeyval({ copy: true });
 * comm.setAttribute(key, { started: mpi.wtime() });
 * const copy = comm.dup();
 * console.log(copy.getAttribute(key) === comm.getAttribute(key)); // true
 * copy.free();
 * comm.deleteAttribute(key);
 * key.free();
 * ```
 */
export class Keyval<T = unknown> extends Handle {
  protected readonly kind = "key of attributes";
  /** Whether `comm.dup()` hands values of this key on. */
  readonly copy: boolean;
  readonly #values = new Map<number, Held>();

  /** @internal */
  constructor(world: World, options: KeyvalOptions) {
    expectKeys("mpi.createKeyval", options, keyvalKeys);
    const copy = options.copy ?? false;
    const { MPI_COMM_DUP_FN, MPI_COMM_NULL_COPY_FN, MPI_COMM_NULL_DELETE_FN } = world.constants;
    const { raw } = world;
    const copyFunction = copy ? MPI_COMM_DUP_FN : MPI_COMM_NULL_COPY_FN;
    const code = raw.MPI_Comm_create_keyval(copyFunction, MPI_COMM_NULL_DELETE_FN, world.outPtr, 0);
    world.check(code, "MPI_Comm_create_keyval");
    super(world, world.out);
    this.copy = copy;
    if (!keys.has(world)) keys.set(world, new Set());
    keys.get(world)!.add(this);
  }

  /** Attaches a value to a communicator. @internal */
  set(comm: number, value: T): void {
    const { world, handle } = this;
    const old = this.#numberOn(comm);
    const number = lastNumber + 1;
    world.call("MPI_Comm_set_attr", comm, handle, number);
    lastNumber = number;
    this.#values.set(number, { value, holders: 1 });
    this.#drop(old);
  }

  /** The value on a communicator. @internal */
  get(comm: number): T | undefined {
    const number = this.#numberOn(comm);
    return number === undefined ? undefined : (this.#values.get(number)?.value as T | undefined);
  }

  /** Takes the value off a communicator. @internal */
  delete(comm: number): boolean {
    const { world, handle } = this;
    const number = this.#numberOn(comm);
    if (number === undefined) return false;
    world.call("MPI_Comm_delete_attr", comm, handle);
    this.#drop(number);
    return true;
  }

  /** What the library keeps on a communicator in place of the value. */
  #numberOn(comm: number): number | undefined {
    const { world, handle } = this;
    return readAttribute(world, comm, handle);
  }

  #drop(number: number | undefined): void {
    const held = number === undefined ? undefined : this.#values.get(number);
    if (held && --held.holders === 0) this.#values.delete(number!);
  }

  /** Counts in a communicator that has just been made and may have got the value of another. @internal */
  adopt(comm: number): void {
    const held = this.copy ? this.#values.get(this.#numberOn(comm) ?? 0) : undefined;
    if (held) held.holders++;
  }

  /** Tells how to count out a communicator that is about to be freed. @internal */
  leaving(comm: number): () => void {
    const number = this.#numberOn(comm);
    return () => this.#drop(number);
  }

  /** Releases the key, and with it the values. **Local.** */
  free(): void {
    const { world, handle } = this;
    world.out = handle;
    world.call("MPI_Comm_free_keyval", world.outPtr);
    this.forget();
    this.#values.clear();
    keys.get(world)?.delete(this as Keyval);
  }

  /** What it is, in one line. **Local.** */
  override toString(): string {
    return `key of attributes${this.freed ? ", freed" : this.copy ? ", copied by dup" : ""}`;
  }
}

/** Passes the attributes of a communicator on to a copy of it that the library has just made. */
export function adoptAttributes(world: World, comm: number): void {
  for (const key of keys.get(world) ?? []) key.adopt(comm);
}

/** Frees a communicator by `free`, and then the values that no other has. */
export function dropAttributes(world: World, comm: number, free: () => void): void {
  const left = [...(keys.get(world) ?? [])].map((key) => key.leaving(comm));
  free();
  for (const drop of left) drop();
}

/** Checks that an argument is a key. @throws UsageError when it is not */
export function expectKeyval(key: unknown, call: string): void {
  if (key instanceof Keyval) return;
  throw wrong(`${call}: "key"`, "a key of attributes", show(key), "Make one with mpi.createKeyval().");
}

/** The pointer that the library keeps under a key; `undefined` when there is none. */
function readAttribute(world: World, comm: number, key: number): number | undefined {
  world.call("MPI_Comm_get_attr", comm, key, world.outPtr, world.flagPtr);
  return world.flag ? world.readPointer(0) : undefined;
}

/** The attributes that the library gives every job. */
export interface PredefinedAttributes {
  /** The largest tag of a message. */
  readonly tagUpperBound: number;
  /** Whether `mpi.wtime()` counts from the same moment on all ranks. */
  readonly wtimeIsGlobal: boolean;
  /** Number of processes that the job could have. */
  readonly universeSize: number;
  /** The number of this program among those that the job was started with. */
  readonly appnum: number;
  /** The rank that may read and write files, `ANY_SOURCE` when all can. */
  readonly io: number;
  /** The rank of the host process, `PROC_NULL` when there is none. */
  readonly host: number;
  /** The largest error code or class so far. */
  readonly lastUsedCode: number;
}

const predefined = {
  tagUpperBound: "MPI_TAG_UB",
  wtimeIsGlobal: "MPI_WTIME_IS_GLOBAL",
  universeSize: "MPI_UNIVERSE_SIZE",
  appnum: "MPI_APPNUM",
  io: "MPI_IO",
  host: "MPI_HOST",
  lastUsedCode: "MPI_LASTUSEDCODE",
} as const satisfies Record<keyof PredefinedAttributes, string>;

/** A predefined attribute of a communicator; of the world where it has none itself. */
export function predefinedAttribute<Name extends keyof PredefinedAttributes>(
  world: World,
  comm: number,
  name: Name,
): PredefinedAttributes[Name] | undefined {
  if (!Object.hasOwn(predefined, name)) {
    const names = Object.keys(predefined).join(", ");
    throw wrong(
      'MPI_Comm_get_attr: "name"',
      `one of ${names}`,
      show(name),
      "Name one of them, or use getAttribute with a key.",
    );
  }
  const key = world.constants[predefined[name]];
  const address = readAttribute(world, comm, key) ?? readAttribute(world, world.constants.MPI_COMM_WORLD, key);
  if (!address) return undefined;
  system().memcpy(world.outPtr, address, 4);
  const value = world.out;
  const result =
    name === "wtimeIsGlobal" ? value !== 0 : name === "io" || name === "host" ? world.rankFrom(value) : value;
  return result as PredefinedAttributes[Name];
}
