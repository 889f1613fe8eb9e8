"""The mpi4py peer of `wasm-mpi bench`: messages and reductions of f64, timed.

    mpiexec -n 2 python3 messages.py pingpong 10 8:15000 1024:12000
    mpiexec -n 2 python3 messages.py numba pi 10 1:1900

Arguments and output are those of messages.c. The integral of pi needs NumPy or, after the word `numba`, Numba; messages
do without.
"""

import functools
import mmap
import struct
import sys
from math import pi as PI

from mpi4py import MPI

comm = MPI.COMM_WORLD
rank, ranks = comm.rank, comm.size


def pingpong(count, outgoing, incoming):
    """Rank 0 sends, rank 1 answers."""
    for _ in range(count):
        if rank == 0:
            comm.Send(outgoing, 1)
        comm.Recv(incoming, 1 - rank)
        if rank == 1:
            comm.Send(outgoing, 0)


def ring(count, outgoing, incoming):
    """The array of rank 0 goes through all ranks."""
    right, left = (rank + 1) % ranks, (rank - 1) % ranks
    for _ in range(count):
        if rank == 0:
            comm.Send(outgoing, right)
        comm.Recv(incoming, left)
        if rank != 0:
            comm.Send(incoming, right)


def allreduce(count, outgoing, incoming):
    for _ in range(count):
        comm.Allreduce(outgoing, incoming, MPI.SUM)


def share_by_numpy(intervals):
    """A function of nothing: this rank's share of the integral of 4 / (1 + x^2) from 0 to 1 by midpoints."""
    import numpy

    width = 1 / intervals
    places = numpy.arange(rank, intervals, ranks) + 0.5
    terms = numpy.empty_like(places)

    def share():
        numpy.multiply(places, width, out=terms)
        numpy.multiply(terms, terms, out=terms)
        numpy.add(terms, 1, out=terms)
        numpy.divide(4, terms, out=terms)
        return terms.sum() * width

    return share


def share_by_numba(intervals):
    """The same, as one compiled loop."""
    return functools.partial(compiled_share(), rank, ranks, intervals)


@functools.cache
def compiled_share():
    import numba

    @numba.njit
    def share(first, step, intervals):
        width = 1 / intervals
        total = 0.0
        for k in range(first, intervals, step):
            x = (k + 0.5) * width
            total += 4 / (1 + x * x)
        return total * width

    return share


def integral(x, share_by):
    """A function like the others: the integral by 10000/x midpoints."""
    share = share_by(10000 // x)

    def pi(count, outgoing, incoming):
        partial = outgoing[0].cast("d")
        for _ in range(count):
            partial[0] = share()
            comm.Allreduce(outgoing, incoming, MPI.SUM)

    return pi


def fail(text):
    print(f"messages: rank {rank} of {ranks}: {text}", file=sys.stderr, flush=True)
    comm.Abort(1)


def main(share_by, what, repeats, *loads):
    expected, hops = {
        "pingpong": (2 - rank, 2),
        "ring": (1, ranks),
        "allreduce": (ranks * (ranks + 1) // 2, 1),
        "pi": (PI, 1),
    }[what]
    for load in loads:
        size, count = map(int, load.split(":"))
        repeat = integral(size, share_by) if what == "pi" else globals()[what]
        # Anonymous memory: page-aligned, zero.
        arrays = [memoryview(mmap.mmap(-1, 8 if what == "pi" else size)) for _ in range(2)]
        outgoing, incoming = ([array, MPI.DOUBLE] for array in arrays)
        values = arrays[1].cast("d")
        arrays[0][:] = struct.pack("d", rank + 1) * (arrays[0].nbytes // 8)
        arrays[1][:] = bytes(arrays[1].nbytes)
        repeat(count, outgoing, incoming)  # Untimed: connections, caches, the compiler.
        seconds = []
        for _ in range(int(repeats)):
            comm.Barrier()
            begin = MPI.Wtime()
            repeat(count, outgoing, incoming)
            seconds.append((MPI.Wtime() - begin) / (count * hops))
        if rank == 0:
            print(size, *(f"{value:.6e}" for value in seconds), flush=True)
        if abs(values[0] - expected) > 1e-6 or abs(values[-1] - expected) > 1e-6:
            fail("expected what the other ranks sent, got something else. Do not trust these times.")


words = sys.argv[1:]
share_by = share_by_numpy
if words[:1] == ["numba"]:
    share_by = share_by_numba
    words = words[1:]
if words == ["ranks"]:
    if rank == 0:
        print("ranks", ranks, flush=True)
else:
    main(share_by, *words)
