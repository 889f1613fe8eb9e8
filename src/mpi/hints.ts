import { UsageError } from "../errors.js";
import { show } from "./element.js";
import type { World } from "./world.js";

/** Hints to the library, by their names: `{ romio_cb_write: "enable" }`. The library ignores names it does not know. */
export type Hints = Readonly<Record<string, string>>;

/** Makes a call with hints as an `MPI_Info`, which lives as long as the call; `MPI_INFO_NULL` when there are none. */
export function withHints<T>(world: World, hints: Hints | undefined, call: string, use: (info: number) => T): T {
  const entries = Object.entries(hints ?? {});
  for (const [name, value] of entries) {
    if (typeof value === "string") continue;
    throw new UsageError(`${call}: "info" expected texts, got ${show(value)} for ${name}. Write the value as a text.`);
  }
  if (entries.length === 0) return use(world.constants.MPI_INFO_NULL);
  const { raw, scratch } = world;
  world.check(raw.MPI_Info_create(scratch.address), "MPI_Info_create");
  const info = world.readHandle(0);
  try {
    for (const [name, value] of entries) {
      world.check(raw.MPI_Info_set(info, world.text(name), world.text(value)), "MPI_Info_set");
    }
    return use(info);
  } finally {
    freeInfo(world, info);
  }
}

/** The entries of an `MPI_Info`, which is freed. */
export function hintsOf(world: World, info: number): Record<string, string> {
  const { raw, scratch, constants } = world;
  const text = new Uint8Array(Math.max(constants.MPI_MAX_INFO_KEY, constants.MPI_MAX_INFO_VAL) + 1);
  const address = world.addressOf(text);
  const said = () => new TextDecoder().decode(text.subarray(0, text.indexOf(0)));
  const hints: Record<string, string> = {};
  try {
    world.check(raw.MPI_Info_get_nkeys(info, scratch.address), "MPI_Info_get_nkeys");
    const count = scratch.i32[0]!;
    for (let index = 0; index < count; index++) {
      world.check(raw.MPI_Info_get_nthkey(info, index, address), "MPI_Info_get_nthkey");
      const name = said();
      const code = raw.MPI_Info_get(info, world.text(name), constants.MPI_MAX_INFO_VAL, address, scratch.address);
      world.check(code, "MPI_Info_get");
      hints[name] = said();
      world.keep(text);
    }
  } finally {
    freeInfo(world, info);
  }
  return hints;
}

function freeInfo(world: World, info: number): void {
  world.writeHandle(0, info);
  world.check(world.raw.MPI_Info_free(world.scratch.address), "MPI_Info_free");
}
