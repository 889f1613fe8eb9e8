import { describe, expect, it } from "vitest";
import { MpiError, mpi } from "../../src/mpi/index.js";

describe("calls that fail one after another", () => {
  it("each throw the error of MPI, however many there are", () => {
    const comm = mpi.init();
    const cart = comm.cartCreate({ dims: [1], periods: [false] })!;
    const errors = Array.from({ length: 100 }, () => {
      try {
        return cart.rankAt([7]);
      } catch (error) {
        return error;
      }
    });
    expect(errors.filter((error) => error instanceof MpiError)).toHaveLength(100);
    cart.free();
  });
});
