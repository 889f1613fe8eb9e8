/** Part of mpi-comms.mjs: groups, communicators made of them, and what is equal to what. */
import assert from "node:assert/strict";
import { Group, mpi } from "wasm-mpi/mpi";
import { bySize, comm, rank, size } from "./mpi-world.mjs";

export function makesGroups() {
  const all = comm.group();
  assert.ok(all instanceof Group);
  assert.deepEqual([all.size, all.rank], [size, rank]);
  const none = mpi.emptyGroup;
  assert.deepEqual([none.size, none.rank], [0, undefined]);
  // The ranks in reverse, and all but the first of them.
  const reverse = all.include(Array.from({ length: size }, (_, r) => size - 1 - r));
  assert.deepEqual([reverse.size, reverse.rank], [size, size - 1 - rank]);
  const tail = reverse.exclude([0]);
  assert.deepEqual([tail.size, tail.rank], [size - 1, rank === size - 1 ? undefined : size - 2 - rank]);
  const first = all.include([0]);
  assert.deepEqual([first.size, first.rank], [1, rank === 0 ? 0 : undefined]);

  const ranksOf = (group) => {
    const numbers = Array.from({ length: group.size }, (_, r) => r);
    const found = group.translateRanks(numbers, all);
    group.free();
    return found;
  };
  // Of 4 ranks: first 0, tail 2 1 0.
  assert.deepEqual(ranksOf(first.union(tail)), bySize([0], [0], [0, 1], [0, 2, 1]));
  assert.deepEqual(ranksOf(tail.union(first)), bySize([0], [0], [1, 0], [2, 1, 0]));
  assert.deepEqual(ranksOf(all.intersection(tail)), bySize([], [0], [0, 1], [0, 1, 2]));
  assert.deepEqual(ranksOf(tail.intersection(all)), bySize([], [0], [1, 0], [2, 1, 0]));
  assert.deepEqual(ranksOf(all.difference(first)), bySize([], [1], [1, 2], [1, 2, 3]));
  assert.deepEqual(ranksOf(first.difference(all)), []);
  assert.deepEqual(ranksOf(all.include([])), []);
  assert.deepEqual(ranksOf(all.exclude([])), bySize([0], [0, 1], [0, 1, 2], [0, 1, 2, 3]));
  assert.deepEqual(ranksOf(none.union(none)), []);

  assert.deepEqual(all.translateRanks([size - 1, mpi.PROC_NULL, 0], first), [
    size === 1 ? 0 : undefined,
    mpi.PROC_NULL,
    0,
  ]);
  assert.deepEqual(all.translateRanks([], first), []);
  assert.equal(all.compare(all), "identical");
  assert.equal(all.compare(reverse), size === 1 ? "identical" : "similar");
  assert.equal(all.compare(first), size === 1 ? "identical" : "unequal");
  assert.equal(none.compare(mpi.emptyGroup), "identical");
  assert.match(String(all), new RegExp(`^group of ${size}, rank ${rank}$`));
  assert.equal(String(none), "group of 0, without this process");
  for (const group of [all, none, reverse, tail, first]) group.free();
  assert.equal(String(all), "group, freed");
  mpi.emptyGroup.free(); // Is the library's own, and stays.
  assert.equal(mpi.emptyGroup.size, 0);
}

export function makesCommsOfGroups() {
  const all = comm.group();
  const odd = all.include([1, 3].filter((r) => r < size));
  const part = comm.create(odd);
  assert.equal(part === undefined, rank % 2 === 0);
  if (part) {
    assert.deepEqual([part.rank, part.size], [(rank - 1) / 2, odd.size]);
    assert.equal(part.allreduce(rank), bySize(0, 1, 1, 4));
    part.free();
  }
  // The others do not call.
  const reverse = all.exclude([0]).include(Array.from({ length: size - 1 }, (_, r) => size - 2 - r));
  if (rank > 0) {
    const rest = comm.createGroup(reverse, { tag: 5 });
    assert.deepEqual([rest.rank, rest.size], [size - 1 - rank, size - 1]);
    const group = rest.group();
    assert.equal(group.compare(reverse), "identical");
    group.free();
    rest.free();
  }
  for (const group of [all, odd, reverse]) group.free();
}

export function compares() {
  const twin = comm.dup();
  const reverse = comm.split({ color: 0, key: size - rank });
  assert.equal(comm.compare(comm), "identical");
  assert.equal(comm.compare(twin), "congruent");
  assert.equal(comm.compare(reverse), size === 1 ? "congruent" : "similar");
  assert.equal(comm.compare(mpi.self), size === 1 ? "congruent" : "unequal");
  twin.free();
  reverse.free();
}
