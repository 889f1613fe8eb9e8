/** Whether all ranks of a job have the same package and the same MPI library: hosts may have others installed. */
import { wrong } from "../argument.js";
import { LibraryError } from "../errors.js";
import { env, hostName } from "../host.js";
import { packageVersion } from "../package.js";
import type { Comm } from "./comm/comm.js";
import { areSame } from "./comm/same.js";

/** Two numbers of 48 bits that tell texts apart; a hash of Node.js would take 3 ms to load. */
function numbersOf(text: string): [number, number] {
  const [largest, factors] = [2 ** 48 - 59, [31, 131]];
  const hash = (factor: number) =>
    [...text].reduce((sum, letter) => (sum * factor + letter.codePointAt(0)!) % largest, 7);
  return [hash(factors[0]!), hash(factors[1]!)];
}

/** Values by who has them, for error texts: `A on h1 and h2, B on h3`, each host once. */
export function valuesByHost(places: readonly { readonly host: string; readonly value: string }[]): string {
  const hosts = new Map<string, Set<string>>();
  for (const { host, value } of places) hosts.set(value, (hosts.get(value) ?? new Set()).add(host));
  const parts = [...hosts].map(([value, names]) => {
    const [first, ...rest] = names;
    const others = rest.length > 2 ? [`${rest.length} others`] : rest;
    return `${value} on ${[first, ...others].join(" and ")}`;
  });
  return parts.join(", ");
}

/**
 * Checks that all ranks have one version of the package and of the MPI library, and one limit of waiting, which begins with a
 * collective call. **Collective**: a reduction of four numbers.
 * @throws LibraryError, UsageError on all ranks
 */
export function expectAlike(comm: Comm): void {
  if (comm.size === 1) return;
  const value = `wasm-mpi ${packageVersion()} with ${comm.world.library.version}`;
  const limit = env.WASM_MPI_TIMEOUT ?? "";
  if (areSame(comm, ...numbersOf(`${value}, ${limit}`))) return;
  const host = hostName();
  const places = comm.allgatherObject({ host, value, limit }) as { host: string; value: string; limit: string }[];
  if (places.every((place) => place.value === value)) {
    const got = valuesByHost(places.map((place) => ({ host: place.host, value: place.limit || "none" })));
    throw wrong('"WASM_MPI_TIMEOUT"', "the same on all ranks", got, "Have the launcher pass it to all.");
  }
  const expected = "one version of the package and of the MPI library on all hosts";
  throw new LibraryError(`mpi.init: expected ${expected}, got ${valuesByHost(places)}. Install the same on all.`);
}
