"""The mpi4py peer of `wasm-mpi bench`: messages and reductions of f64, timed.

    mpiexec -n 2 python3 messages.py pingpong 10 8:15000 1024:12000
    mpiexec -n 2 python3 messages.py numba pi 10 1:1900
    mpiexec -n 2 python3 messages.py imb 10 bcast:8:5000 alltoall:1024:3000

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
    if rank > 1:
        return
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


# The calls of imb: sizes are those of the message of one rank to one rank; the root is another one each time.


def sendrecv(count, outgoing, incoming):
    right, left = (rank + 1) % ranks, (rank - 1) % ranks
    for _ in range(count):
        comm.Sendrecv(outgoing, right, 0, incoming, left, 0)


def bcast(count, outgoing, incoming):
    for i in range(count):
        root = i % ranks
        comm.Bcast(outgoing if root == rank else incoming, root)


def reduce(count, outgoing, incoming):
    for i in range(count):
        comm.Reduce(outgoing, incoming, MPI.SUM, i % ranks)


def allgather(count, outgoing, incoming):
    for _ in range(count):
        comm.Allgather(outgoing, incoming)


def gather(count, outgoing, incoming):
    for i in range(count):
        comm.Gather(outgoing, incoming, i % ranks)


def scatter(count, outgoing, incoming):
    for i in range(count):
        comm.Scatter(outgoing, incoming, i % ranks)


def alltoall(count, outgoing, incoming):
    for _ in range(count):
        comm.Alltoall(outgoing, incoming)


def sent_by(sender, block=0):
    """What a rank sends to another one: the same to all but where it deals out blocks."""
    return sender + 1 + 100 * block


def arrives(what, sender, last):
    """What arrives from a rank, after the last root."""
    left = (rank - 1) % ranks
    total = ranks * (ranks + 1) // 2
    before = (last - 1) % ranks  # The last root of bcast still has what came from the root before.
    return {
        "pingpong": 0 if rank > 1 else sent_by(1 - rank),
        "ring": 1,
        "allreduce": total,
        "pi": PI,
        "sendrecv": sent_by(left),
        "bcast": sent_by(before if rank == last else last),
        "reduce": total,
        "allgather": sent_by(sender),
        "gather": sent_by(sender),
        "scatter": sent_by(last, rank),
        "alltoall": sent_by(sender, rank),
    }[what]


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


def main(share_by, name, repeats, *loads):
    for load in loads:
        *names, size, count = load.split(":")
        what, size, count = names[0] if names else name, int(size), int(count)
        hops = {"pingpong": 2, "ring": ranks}.get(what, 1)
        repeat = integral(size, share_by) if what == "pi" else globals()[what]
        byte_length = 8 if what == "pi" else size
        blocks_out = ranks if what in ("scatter", "alltoall") else 1
        blocks_in = ranks if what in ("allgather", "gather", "alltoall") else 1
        # Anonymous memory: page-aligned, zero.
        arrays = [memoryview(mmap.mmap(-1, blocks * byte_length)) for blocks in (blocks_out, blocks_in)]
        outgoing, incoming = ([array, MPI.DOUBLE] for array in arrays)
        values = arrays[1].cast("d")
        arrays[0][:] = b"".join(struct.pack("d", sent_by(rank, to)) * (byte_length // 8) for to in range(blocks_out))
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
        n = byte_length // 8
        for sender in range(blocks_in):
            expected = arrives(what, sender, (count - 1) % ranks)
            if abs(values[sender * n] - expected) > 1e-6 or abs(values[sender * n + n - 1] - expected) > 1e-6:
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
