/** The beginning of the programs that make collective calls: the job, and every call in all its forms. */
import assert from "node:assert/strict";
import { mpi } from "wasm-mpi/mpi";

const [, , waiting] = process.argv;
const launchedAs = process.env.OMPI_COMM_WORLD_RANK ?? process.env.PMI_RANK;
// All ranks wait as on a crowded node, though only rank 0 is told that its node is.
if (waiting === "mixed") process.env.OMPI_COMM_WORLD_LOCAL_SIZE = launchedAs === "0" ? "100000" : "0";

export const comm = mpi.init();
export const { rank, size } = comm;
export const ranks = Array.from({ length: size }, (_, r) => r);
/** One of the values for 1, 2, 3, 4 ranks. */
export const bySize = (...values) => values[size - 1];

/** Makes a call in each of its forms, and in each form several times: fill(step), the call, check(step). */
export function everyForm(name, args, fill, check) {
  let step = 0;
  const run = (what, call) => {
    step = (step + 1) % 10;
    fill(step);
    call();
    try {
      check(step);
    } catch (error) {
      error.message = `${what} of ${name} on rank ${rank}: ${error.message}`;
      throw error;
    }
  };
  run("blocking form", () => comm[name](...args));
  const begin = () => comm[`i${name}`](...args);
  run("nonblocking form", () => begin().wait());
  run("nonblocking form, tested", () => {
    const request = begin();
    while (!request.test());
  });
  const persistent = comm[`${name}Init`](...args);
  assert.equal(persistent.persistent, true);
  for (let start = 0; start < 2; start++) {
    run("persistent form", () => {
      persistent.start();
      persistent.wait();
    });
  }
  persistent.free();
}

/**
 * Elements from rank `from` for rank `to`. Each says where it comes from and where it belongs: 1000 times the one, 100
 * times the other, 10 times the step, and its index.
 */
export const elements = (count, from, to, step) =>
  Array.from({ length: count }, (_, i) => 1000 * from + 100 * to + 10 * step + i);
export const zeros = (count) => new Array(count).fill(0);

/** A list of `length` with pieces at their displacements and 77 between them. */
export function placed(length, pieces, displs) {
  const whole = new Array(length).fill(77);
  for (const [index, piece] of pieces.entries()) whole.splice(displs[index], piece.length, ...piece);
  return whole;
}
