/*
 * The C peer of `wasm-mpi bench`: messages and reductions of f64, timed. src/cli/bench/messages.ts and messages.py do
 * the same, step by step.
 *
 *   mpicc -O3 messages.c -o messages && mpiexec -n 2 ./messages pingpong 10 8:15000 1024:12000
 *
 * Arguments: what, repeats, and size:count for each size; a repeat times `count` repetitions. Sizes are in bytes, for
 * pi the x of 10000/x intervals. Rank 0 prints a line a size: the size and the seconds of each repeat, for one hop, one
 * reduction or one integral. With the one argument `ranks` it prints the number of ranks.
 */
#include <math.h>
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int rank, ranks;
static double *outgoing, *incoming;

static void put(const double *array, int n, int to) { MPI_Send(array, n, MPI_DOUBLE, to, 0, MPI_COMM_WORLD); }
static void get(double *array, int n, int from) {
  MPI_Recv(array, n, MPI_DOUBLE, from, 0, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
}

/* Rank 0 sends, rank 1 answers. */
static void pingpong(long count, int n) {
  for (long i = 0; i < count; i++) {
    if (rank == 0) put(outgoing, n, 1);
    get(incoming, n, 1 - rank);
    if (rank == 1) put(outgoing, n, 0);
  }
}

/* The array of rank 0 goes through all ranks. */
static void ring(long count, int n) {
  int right = (rank + 1) % ranks, left = (rank + ranks - 1) % ranks;
  for (long i = 0; i < count; i++) {
    if (rank == 0) put(outgoing, n, right);
    get(incoming, n, left);
    if (rank != 0) put(incoming, n, right);
  }
}

static void allreduce(long count, int n) {
  for (long i = 0; i < count; i++) MPI_Allreduce(outgoing, incoming, n, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD);
}

/* The integral of 4 / (1 + x^2) from 0 to 1 by midpoints; this rank takes every `ranks`-th interval. */
static void pi(long count, int intervals) {
  double width = 1.0 / intervals;
  for (long i = 0; i < count; i++) {
    double sum = 0;
    for (int k = rank; k < intervals; k += ranks) {
      double x = (k + 0.5) * width;
      sum += 4 / (1 + x * x);
    }
    outgoing[0] = sum * width;
    allreduce(1, 1);
  }
}

static void fail(const char *text) {
  fprintf(stderr, "messages: rank %d of %d: %s\n", rank, ranks, text);
  MPI_Abort(MPI_COMM_WORLD, 1);
}

static double *allocate(size_t bytes) {
  double *array = aligned_alloc(4096, (bytes + 4095) / 4096 * 4096);
  if (!array) fail("expected memory for the messages, got none. Take smaller sizes.");
  return array;
}

int main(int argc, char **argv) {
  MPI_Init(&argc, &argv);
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &ranks);
  if (argc == 2 && strcmp(argv[1], "ranks") == 0) {
    if (rank == 0) printf("ranks %d\n", ranks);
    MPI_Finalize();
    return 0;
  }
  struct {
    const char *name;
    void (*repeat)(long, int);
    double expected, hops;
  } kinds[] = {
      {"pingpong", pingpong, 2 - rank, 2},
      {"ring", ring, 1, ranks},
      {"allreduce", allreduce, ranks * (ranks + 1) / 2, 1},
      {"pi", pi, 3.14159265358979, 1},
  };
  int kind = 3, repeats = argc > 2 ? atoi(argv[2]) : 0;
  while (kind > 0 && argc > 1 && strcmp(argv[1], kinds[kind].name) != 0) kind--;
  if (argc < 4 || strcmp(argv[1], kinds[kind].name) != 0) fail("expected other arguments. See the top of messages.c.");
  int is_pi = kinds[kind].repeat == pi;
  double expected = kinds[kind].expected;

  for (int a = 3; a < argc; a++) {
    long size, count;
    if (sscanf(argv[a], "%ld:%ld", &size, &count) != 2) fail("expected size:count. See the top of messages.c.");
    int n = is_pi ? 1 : size / 8, amount = is_pi ? 10000 / size : n;
    outgoing = allocate(8 * (size_t)n);
    incoming = allocate(8 * (size_t)n);
    for (int i = 0; i < n; i++) outgoing[i] = rank + 1, incoming[i] = 0;
    kinds[kind].repeat(count, amount); /* Untimed: connections, caches. */
    if (rank == 0) printf("%ld", size);
    for (int r = 0; r < repeats; r++) {
      MPI_Barrier(MPI_COMM_WORLD);
      double begin = MPI_Wtime();
      kinds[kind].repeat(count, amount);
      double seconds = MPI_Wtime() - begin;
      if (rank == 0) printf(" %.6e", seconds / (count * kinds[kind].hops));
    }
    if (rank == 0) printf("\n");
    if (fabs(incoming[0] - expected) > 1e-6 || fabs(incoming[n - 1] - expected) > 1e-6) {
      fail("expected what the other ranks sent, got something else. Do not trust these times.");
    }
    free(outgoing);
    free(incoming);
  }
  MPI_Finalize();
}
