"""The py-pde peer of `wasm-mpi bench pde`: explicit Euler steps on a periodic grid, compiled by numba, on one rank.

Prints nanoseconds a cell and step, one repeat a line: python pde.py diffusion 512 60 20
"""

import sys
import time

import numpy as np
import pde

name, n, steps, repeats = sys.argv[1], *map(int, sys.argv[2:5])
dt = 0.001
grid = pde.UnitGrid([n] * (3 if name.endswith("3") else 2), periodic=True)
equation = pde.DiffusionPDE() if name.startswith("diffusion") else pde.CahnHilliardPDE()
state = pde.ScalarField(grid, 0.1 * np.sin(0.37 * np.arange(n ** grid.num_axes)).reshape(grid.shape))
# Its name before 0.46 was ExplicitSolver, whose scheme is Euler's unless another one is asked for.
Solver = getattr(pde, "EulerSolver", None) or pde.ExplicitSolver
step = Solver(equation, backend="numba").make_stepper(state, dt=dt)
t = step(state, 0, 2 * dt)  # Compiles.
for _ in range(repeats):
    start = time.perf_counter()
    t = step(state, t, t + steps * dt)
    print(1e9 * (time.perf_counter() - start) / (steps * n ** grid.num_axes), flush=True)
