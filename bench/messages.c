/*
 * The C peer of `wasm-mpi bench`: messages and reductions of f64, timed. src/cli/bench/messages.ts and messages.py do
 * the same, step by step.
 *
 *   mpicc -O3 messages.c -o messages && mpiexec -n 2 ./messages pingpong 10 8:15000 1024:12000
 *   mpiexec -n 2 ./messages imb 10 bcast:8:5000 alltoall:1024:3000
 *
 * Arguments: what, repeats, and size:count for each size, after what it is the size of for imb, as imb.ts has it; a
 * repeat times `count` repetitions. Sizes are in bytes, for pi the x of 10000/x intervals. Rank 0 prints a line a size:
 * the size and the seconds of each repeat, for one hop, one call or one integral. With the one argument `ranks` it
 * prints the number of ranks.
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
  if (rank > 1) return;
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

/* The calls of imb: sizes are those of the message of one rank to one rank; the root is another one each time. */
static void sendrecv(long count, int n) {
  int right = (rank + 1) % ranks, left = (rank + ranks - 1) % ranks;
  for (long i = 0; i < count; i++) {
    MPI_Sendrecv(outgoing, n, MPI_DOUBLE, right, 0, incoming, n, MPI_DOUBLE, left, 0, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
  }
}

#define EACH_ROOT(count) for (long i = 0, root = 0; i < count; i++, root = root + 1 == ranks ? 0 : root + 1)

static void bcast(long count, int n) {
  EACH_ROOT(count) MPI_Bcast(root == rank ? outgoing : incoming, n, MPI_DOUBLE, root, MPI_COMM_WORLD);
}

static void reduce(long count, int n) {
  EACH_ROOT(count) MPI_Reduce(outgoing, incoming, n, MPI_DOUBLE, MPI_SUM, root, MPI_COMM_WORLD);
}

static void allgather(long count, int n) {
  for (long i = 0; i < count; i++) MPI_Allgather(outgoing, n, MPI_DOUBLE, incoming, n, MPI_DOUBLE, MPI_COMM_WORLD);
}

static void gather(long count, int n) {
  EACH_ROOT(count) MPI_Gather(outgoing, n, MPI_DOUBLE, incoming, n, MPI_DOUBLE, root, MPI_COMM_WORLD);
}

static void scatter(long count, int n) {
  EACH_ROOT(count) MPI_Scatter(outgoing, n, MPI_DOUBLE, incoming, n, MPI_DOUBLE, root, MPI_COMM_WORLD);
}

static void alltoall(long count, int n) {
  for (long i = 0; i < count; i++) MPI_Alltoall(outgoing, n, MPI_DOUBLE, incoming, n, MPI_DOUBLE, MPI_COMM_WORLD);
}

/* What a rank sends to another one: the same to all but where it deals out blocks. */
static double sent_by(int from, int block) { return from + 1 + 100 * block; }

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
  /* `all`: of which there is a block for each rank. */
  enum { ONE, ALL_IN = 1, ALL_OUT = 2 };
  const double total = ranks * (ranks + 1) / 2;
  struct {
    const char *name;
    void (*repeat)(long, int);
    int hops, all;
  } kinds[] = {
      {"pingpong", pingpong, 2, ONE},
      {"ring", ring, ranks, ONE},
      {"allreduce", allreduce, 1, ONE},
      {"pi", pi, 1, ONE},
      {"sendrecv", sendrecv, 1, ONE},
      {"bcast", bcast, 1, ONE},
      {"reduce", reduce, 1, ONE},
      {"allgather", allgather, 1, ALL_IN},
      {"gather", gather, 1, ALL_IN},
      {"scatter", scatter, 1, ALL_OUT},
      {"alltoall", alltoall, 1, ALL_IN | ALL_OUT},
  };
  const int last_kind = sizeof kinds / sizeof kinds[0] - 1;
  int repeats = argc > 2 ? atoi(argv[2]) : 0;
  if (argc < 4) fail("expected other arguments. See the top of messages.c.");

  for (int a = 3; a < argc; a++) {
    long size, count;
    char name[32];
    if (sscanf(argv[a], "%31[a-z]:%ld:%ld", name, &size, &count) != 3) {
      if (sscanf(argv[a], "%ld:%ld", &size, &count) != 2) fail("expected size:count. See the top of messages.c.");
      snprintf(name, sizeof name, "%s", argv[1]);
    }
    int kind = last_kind;
    while (kind > 0 && strcmp(name, kinds[kind].name) != 0) kind--;
    if (strcmp(name, kinds[kind].name) != 0) fail("expected other arguments. See the top of messages.c.");
    void (*repeat)(long, int) = kinds[kind].repeat;
    int is_pi = repeat == pi, all = kinds[kind].all;
    int n = is_pi ? 1 : size / 8, amount = is_pi ? 10000 / size : n;
    int blocks_out = all & ALL_OUT ? ranks : 1, blocks_in = all & ALL_IN ? ranks : 1;
    outgoing = allocate(8 * (size_t)n * blocks_out);
    incoming = allocate(8 * (size_t)n * blocks_in);
    for (int to = 0; to < blocks_out; to++) {
      for (int i = 0; i < n; i++) outgoing[(size_t)to * n + i] = sent_by(rank, to);
    }
    memset(incoming, 0, 8 * (size_t)n * blocks_in);
    repeat(count, amount); /* Untimed: connections, caches. */
    if (rank == 0) printf("%ld", size);
    for (int r = 0; r < repeats; r++) {
      MPI_Barrier(MPI_COMM_WORLD);
      double begin = MPI_Wtime();
      repeat(count, amount);
      double seconds = MPI_Wtime() - begin;
      if (rank == 0) printf(" %.6e", seconds / (count * kinds[kind].hops));
    }
    if (rank == 0) printf("\n");
    int last = (count - 1) % ranks, left = (rank + ranks - 1) % ranks;
    for (int from = 0; from < blocks_in; from++) {
      double expected = repeat == pingpong                        ? (rank > 1 ? 0 : sent_by(1 - rank, 0))
                        : repeat == ring                          ? 1
                        : repeat == pi                            ? 3.14159265358979
                        : repeat == sendrecv                      ? sent_by(left, 0)
                        : repeat == allreduce || repeat == reduce ? total
                        /* The last root still has what came from the root before. */
                        : repeat == bcast    ? sent_by(rank == last ? (last + ranks - 1) % ranks : last, 0)
                        : repeat == scatter  ? sent_by(last, rank)
                        : repeat == alltoall ? sent_by(from, rank)
                                             : sent_by(from, 0);
      const double *block = incoming + (size_t)from * n;
      if (fabs(block[0] - expected) > 1e-6 || fabs(block[n - 1] - expected) > 1e-6) {
        fail("expected what the other ranks sent, got something else. Do not trust these times.");
      }
    }
    free(outgoing);
    free(incoming);
  }
  MPI_Finalize();
}
