"""The h5py peer of `wasm-mpi bench io`: frames of a square f64 field of which each rank has a block, timed.

    mpiexec -n 2 python3 io.py /tmp 2x1 io 10 256:1 1024:1

Arguments: a folder for files, the blocks along each axis, then those of messages.c; a size is the cells of an axis. Output
as of messages.c: a line a size, the seconds of each frame. One rank writes without MPI.
"""

import os
import sys

import h5py
import numpy
from mpi4py import MPI

comm = MPI.COMM_WORLD
rank, ranks = comm.rank, comm.size


def cut(cells, blocks, index):
    """The cells of one of several blocks."""
    return slice(cells * index // blocks, cells * (index + 1) // blocks)


def fail(text):
    print(f"io: rank {rank} of {ranks}: {text}", file=sys.stderr, flush=True)
    comm.Abort(1)


def measure(file, n, split, frames):
    """The seconds of each frame but the first, of which everything is the first time."""
    x, y = cut(n, split[0], rank // split[1]), cut(n, split[1], rank % split[1])
    values = numpy.arange((x.stop - x.start) * (y.stop - y.start), dtype="f8").reshape(x.stop - x.start, -1)
    psi = file.create_dataset("psi", (frames, n, n), "f8")
    seconds = []
    for frame in range(frames):
        values[0, 0] = frame
        comm.Barrier()
        begin = MPI.Wtime()
        psi[frame, x, y] = values  # Independent: collective took twice to a hundred times as long.
        comm.Barrier()
        seconds.append(MPI.Wtime() - begin)
    if not numpy.array_equal(psi[-1, x, y], values):
        fail("expected the values of the last frame in the file, got others. Do not trust these times.")
    return seconds[1:]


def main(folder, split, _, repeats, *loads):
    driver = {"driver": "mpio", "comm": comm} if ranks > 1 else {}
    for load in loads:
        n = int(load.split(":")[0])
        path = os.path.join(folder, f"h5py-{n}.h5")
        with h5py.File(path, "w", **driver) as file:
            seconds = measure(file, n, [int(blocks) for blocks in split.split("x")], int(repeats) + 1)
        comm.Barrier()
        if rank == 0:
            os.remove(path)
            print(n, *(f"{value:.6e}" for value in seconds), flush=True)


if ranks > 1 and not h5py.get_config().mpi:
    fail("expected an h5py with MPI, got one without. Install python3-h5py-mpi, or build it with HDF5_MPI=ON.")
if sys.argv[3:] == ["ranks"]:
    if rank == 0:
        print("ranks", ranks, flush=True)
else:
    main(*sys.argv[1:])
