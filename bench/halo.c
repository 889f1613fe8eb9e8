/*
 * The C peer of `wasm-mpi bench halo`: halo exchanges of a block of f64, timed. src/cli/bench/halos.ts does the same.
 *
 *   mpicc -O3 halo.c -o halo && mpiexec -n 2 ./halo halo 10 x:64:500:3:1,0,0:2,1,1
 *
 * Arguments: the word halo, repeats, and name:cells:count:axes:periodic:split for each case: a block of so many cells
 * along each of 1 to 3 axes, which axes wrap, and blocks along each. A repeat times `count` exchanges of 2 layers, along
 * one axis after the other, so that corners are right. What is not contiguous is packed; requests are persistent; where
 * the neighbour is the rank itself cells are copied. Rank 0 prints a line a case: the cells and the seconds of each
 * repeat, for one exchange. With the one argument `ranks` it prints the number of ranks.
 */
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HALO = 2, AXES = 3, LOW = 0, HIGH = 1 };

/* A box of the array: its first cell and cells along each axis, the last axis contiguous. */
typedef struct {
  double *first;
  int count[AXES];
} Box;

/* What is done along an axis: messages and packing, or copies within the rank. */
typedef struct {
  int requests, is_local, is_packed;
  MPI_Request request[4];
  Box edge[2], halo[2];
  double *out[2], *in[2];
  int open[2];
} Axis;

static int rank, ranks;
static long stride[AXES];

static void fail(const char *text) {
  fprintf(stderr, "halo: rank %d of %d: %s\n", rank, ranks, text);
  MPI_Abort(MPI_COMM_WORLD, 1);
}

static double *allocate(size_t cells) {
  double *array = aligned_alloc(4096, (8 * cells + 4095) / 4096 * 4096);
  if (!array) fail("expected memory for the block, got none. Take smaller sizes.");
  return array;
}

static size_t cells_of(Box box) { return (size_t)box.count[0] * box.count[1] * box.count[2]; }

/* Rows of one layer are as short as two cells: copied as such. */
static inline void copy_row(double *restrict to, const double *restrict from, int n) {
  if (n == HALO) {
    to[0] = from[0];
    to[1] = from[1];
  } else {
    memcpy(to, from, 8 * (size_t)n);
  }
}

static void pack(double *restrict to, Box box) {
  int n = box.count[2];
  for (int i = 0; i < box.count[0]; i++) {
    const double *row = box.first + i * stride[0];
    for (int j = 0; j < box.count[1]; j++, row += stride[1], to += n) copy_row(to, row, n);
  }
}

static void unpack(Box box, const double *restrict from) {
  int n = box.count[2];
  for (int i = 0; i < box.count[0]; i++) {
    double *row = box.first + i * stride[0];
    for (int j = 0; j < box.count[1]; j++, row += stride[1], from += n) copy_row(row, from, n);
  }
}

static void copy(Box to, Box from) {
  for (int i = 0; i < to.count[0]; i++) {
    for (int j = 0; j < to.count[1]; j++) {
      long at = i * stride[0] + j * stride[1];
      copy_row(to.first + at, from.first + at, to.count[2]);
    }
  }
}

static void exchange(Axis *axes, int count) {
  for (Axis *axis = axes; axis < axes + count; axis++) {
    if (axis->is_local) {
      copy(axis->halo[LOW], axis->edge[HIGH]);
      copy(axis->halo[HIGH], axis->edge[LOW]);
      continue;
    }
    for (int side = LOW; side <= HIGH && axis->is_packed; side++) {
      if (axis->open[side]) pack(axis->out[side], axis->edge[side]);
    }
    if (axis->requests == 0) continue;
    MPI_Startall(axis->requests, axis->request);
    MPI_Waitall(axis->requests, axis->request, MPI_STATUSES_IGNORE);
    for (int side = LOW; side <= HIGH && axis->is_packed; side++) {
      if (axis->open[side]) unpack(axis->halo[side], axis->in[side]);
    }
  }
}

/* One case: prints its line. */
static void measure(const char *word, int repeats) {
  char name[16];
  int n, axes, wraps[AXES], split[AXES];
  long count;
  if (sscanf(word, "%15[^:]:%d:%ld:%d:%d,%d,%d:%d,%d,%d", name, &n, &count, &axes, wraps, wraps + 1, wraps + 2, split,
             split + 1, split + 2) != 10 ||
      axes < 1 || axes > AXES) {
    fail("expected other arguments. See the top of halo.c.");
  }
  MPI_Comm grid;
  int place[AXES] = {0};
  MPI_Cart_create(MPI_COMM_WORLD, axes, split, wraps, 0, &grid);
  MPI_Cart_coords(grid, rank, axes, place);

  /* Missing axes have one cell and no halo, and come first, so that the last axis is contiguous. */
  int missing = AXES - axes, cells[AXES], width[AXES], first[AXES], whole[AXES], is_wrapped[AXES];
  for (int a = 0; a < AXES; a++) {
    int is_there = a >= missing;
    cells[a] = is_there ? n : 1;
    width[a] = is_there ? HALO : 0;
    first[a] = is_there ? n * place[a - missing] : 0;
    whole[a] = is_there ? n * split[a - missing] : 1;
    is_wrapped[a] = is_there && wraps[a - missing];
  }
  stride[2] = 1;
  for (int a = AXES - 2; a >= 0; a--) stride[a] = stride[a + 1] * (cells[a + 1] + 2 * width[a + 1]);
  size_t length = stride[0] * (size_t)(cells[0] + 2 * width[0]);
  double *array = allocate(length);
  for (size_t i = 0; i < length; i++) array[i] = -1;
  double *origin = array + width[0] * stride[0] + width[1] * stride[1] + width[2] * stride[2];
  for (int i = 0; i < cells[0]; i++) {
    for (int j = 0; j < cells[1]; j++) {
      for (int k = 0; k < cells[2]; k++) {
        double code = ((double)(first[0] + i) * whole[1] + first[1] + j) * whole[2] + first[2] + k;
        origin[i * stride[0] + j * stride[1] + k * stride[2]] = code;
      }
    }
  }

  Axis all[AXES];
  int neighbour[AXES][2];
  for (int a = missing; a < AXES; a++) MPI_Cart_shift(grid, a - missing, 1, &neighbour[a][LOW], &neighbour[a][HIGH]);
  for (int a = missing; a < AXES; a++) {
    Axis *axis = &all[a - missing];
    *axis = (Axis){.is_local = neighbour[a][LOW] == rank, .is_packed = a > missing};
    for (int side = LOW; side <= HIGH; side++) {
      Box edge = {.first = origin};
      /* Over axes before this one into the halo, over later ones the interior and what lies beyond walls. The layers of
       * the first axis are whole: without gaps. */
      for (int b = 0; b < AXES; b++) {
        int low = b < a || a == missing || (b >= missing && neighbour[b][LOW] == MPI_PROC_NULL) ? width[b] : 0;
        int high = b < a || a == missing || (b >= missing && neighbour[b][HIGH] == MPI_PROC_NULL) ? width[b] : 0;
        edge.count[b] = b == a ? HALO : cells[b] + low + high;
        if (b != a) edge.first -= low * stride[b];
      }
      Box halo = edge;
      edge.first += side == LOW ? 0 : (cells[a] - HALO) * stride[a];
      halo.first += side == LOW ? -HALO * stride[a] : cells[a] * stride[a];
      axis->edge[side] = edge;
      axis->halo[side] = halo;
      axis->open[side] = neighbour[a][side] != MPI_PROC_NULL;
      axis->out[side] = axis->is_packed ? allocate(cells_of(edge)) : edge.first;
      axis->in[side] = axis->is_packed ? allocate(cells_of(halo)) : halo.first;
    }
    for (int side = LOW; side <= HIGH && !axis->is_local; side++) {
      if (!axis->open[side]) continue;
      int size = (int)cells_of(axis->halo[side]);
      MPI_Recv_init(axis->in[side], size, MPI_DOUBLE, neighbour[a][side], 1 - side, grid,
                    &axis->request[axis->requests++]);
    }
    for (int side = LOW; side <= HIGH && !axis->is_local; side++) {
      if (!axis->open[side]) continue;
      int size = (int)cells_of(axis->edge[side]);
      MPI_Send_init(axis->out[side], size, MPI_DOUBLE, neighbour[a][side], side, grid, &axis->request[axis->requests++]);
    }
  }

  for (long i = 0; i < count; i++) exchange(all, axes); /* Untimed: connections, caches. */
  if (rank == 0) printf("%d", n);
  for (int r = 0; r < repeats; r++) {
    MPI_Barrier(grid);
    double begin = MPI_Wtime();
    for (long i = 0; i < count; i++) exchange(all, axes);
    double seconds = MPI_Wtime() - begin;
    if (rank == 0) printf(" %.6e", seconds / count);
  }
  if (rank == 0) printf("\n");

  for (int i = -width[0]; i < cells[0] + width[0]; i++) {
    for (int j = -width[1]; j < cells[1] + width[1]; j++) {
      for (int k = -width[2]; k < cells[2] + width[2]; k++) {
        int at[AXES] = {first[0] + i, first[1] + j, first[2] + k}, is_beyond = 0;
        for (int a = 0; a < AXES; a++) {
          if (!is_wrapped[a] && (at[a] < 0 || at[a] >= whole[a])) is_beyond = 1;
          at[a] = (at[a] + whole[a]) % whole[a];
        }
        double code = ((double)at[0] * whole[1] + at[1]) * whole[2] + at[2];
        if (!is_beyond && origin[i * stride[0] + j * stride[1] + k * stride[2]] != code) {
          fail("expected the cells of the neighbours in the halo, got others. Do not trust these times.");
        }
      }
    }
  }
  for (int a = 0; a < axes; a++) {
    for (int r = 0; r < all[a].requests; r++) MPI_Request_free(&all[a].request[r]);
    for (int side = LOW; side <= HIGH && all[a].is_packed; side++) {
      free(all[a].out[side]);
      free(all[a].in[side]);
    }
  }
  free(array);
  MPI_Comm_free(&grid);
}

int main(int argc, char **argv) {
  MPI_Init(&argc, &argv);
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &ranks);
  if (argc == 2 && strcmp(argv[1], "ranks") == 0) {
    if (rank == 0) printf("ranks %d\n", ranks);
  } else if (argc < 4 || strcmp(argv[1], "halo") != 0) {
    fail("expected other arguments. See the top of halo.c.");
  } else {
    for (int a = 3; a < argc; a++) measure(argv[a], atoi(argv[2]));
  }
  MPI_Finalize();
}
