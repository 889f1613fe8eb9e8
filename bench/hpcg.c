/*
 * The C peer of `wasm-mpi bench hpcg`: conjugate gradients for the 27-point matrix of HPCG, 26 on the diagonal and -1 for
 * each neighbour within a cube of n^3 cells, which is not stored. src/cli/bench/gradients.ts does the same.
 *
 *   cc -O3 -fopenmp-simd hpcg.c -lm -o hpcg && ./hpcg 64 20 10
 *
 * Arguments: cells along an axis, iterations of a repeat, repeats. Prints nanoseconds a cell and iteration, one repeat a
 * line, and then the mean of the squares of the residual after 10 iterations from zero.
 */
#define _POSIX_C_SOURCE 200112L
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { CHECKED = 10 };

static long n, s;
static double *x, *r, *p, *q, *b;
static double *sums[3], *nine;
static double rho;

/* A cube with a halo of one cell, which stays zero. */
static double *allocate(size_t cells) {
  void *array = NULL;
  if (posix_memalign(&array, 4096, 8 * cells)) exit(1);
  memset(array, 0, 8 * cells);
  return array;
}

static long at(long i, long j) { return ((i + 1) * s + j + 1) * s + 1; }

/* Sums of three cells across planes, of a row with both ends. */
static void sum_planes(double *restrict to, const double *restrict row) {
  for (long k = 0; k < n + 2; k++) to[k] = row[k - s * s] + row[k] + row[k + s * s];
}

/* A row of q = A p, and p q. */
static double apply_row(double *restrict to, const double *restrict from, const double *restrict a,
                        const double *restrict m, const double *restrict c) {
  double sum = 0;
  for (long k = 0; k < n + 2; k++) nine[k] = a[k] + m[k] + c[k];
#pragma omp simd reduction(+ : sum)
  for (long k = 0; k < n; k++) {
    double value = 27 * from[k] - (nine[k] + nine[k + 1] + nine[k + 2]);
    to[k] = value;
    sum += from[k] * value;
  }
  return sum;
}

static double apply(void) {
  double sum = 0;
  for (long i = 0; i < n; i++) {
    sum_planes(sums[0], p + at(i, -1) - 1);
    sum_planes(sums[1], p + at(i, 0) - 1);
    for (long j = 0; j < n; j++) {
      sum_planes(sums[2], p + at(i, j + 1) - 1);
      sum += apply_row(q + at(i, j), p + at(i, j), sums[0], sums[1], sums[2]);
      double *first = sums[0];
      sums[0] = sums[1];
      sums[1] = sums[2];
      sums[2] = first;
    }
  }
  return sum;
}

/* x + alpha p, r - alpha q, and r r. */
static double advance_row(double *restrict x, double *restrict r, const double *restrict p, const double *restrict q,
                          double alpha) {
  double sum = 0;
#pragma omp simd reduction(+ : sum)
  for (long k = 0; k < n; k++) {
    x[k] += alpha * p[k];
    double left = r[k] - alpha * q[k];
    r[k] = left;
    sum += left * left;
  }
  return sum;
}

/* r + beta p */
static void turn_row(double *restrict p, const double *restrict r, double beta) {
  for (long k = 0; k < n; k++) p[k] = r[k] + beta * p[k];
}

static void restart(void) {
  rho = 0;
  for (long i = 0; i < n; i++) {
    for (long j = 0; j < n; j++) {
      long first = at(i, j);
      memset(x + first, 0, 8 * n);
      memcpy(r + first, b + first, 8 * n);
      memcpy(p + first, b + first, 8 * n);
      for (long k = 0; k < n; k++) rho += b[first + k] * b[first + k];
    }
  }
}

static void iterate(long count) {
  for (long iteration = 0; iteration < count; iteration++) {
    double alpha = rho / apply(), next = 0;
    for (long i = 0; i < n; i++) {
      for (long j = 0; j < n; j++) next += advance_row(x + at(i, j), r + at(i, j), p + at(i, j), q + at(i, j), alpha);
    }
    for (long i = 0; i < n; i++) {
      for (long j = 0; j < n; j++) turn_row(p + at(i, j), r + at(i, j), next / rho);
    }
    rho = next;
  }
}

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec + 1e-9 * time.tv_nsec;
}

int main(int argc, char **argv) {
  if (argc != 4) {
    fprintf(stderr, "hpcg: expected other arguments. See the top of hpcg.c.\n");
    return 1;
  }
  n = atol(argv[1]);
  s = n + 2;
  long count = atol(argv[2]), repeats = atol(argv[3]);
  double **arrays[] = {&x, &r, &p, &q, &b};
  for (int a = 0; a < 5; a++) *arrays[a] = allocate(s * s * s);
  for (int a = 0; a < 3; a++) sums[a] = allocate(s);
  nine = allocate(s);
  for (long i = 0; i < n; i++) {
    for (long j = 0; j < n; j++) {
      for (long k = 0; k < n; k++) b[at(i, j) + k] = (i * 7919 + j * 104729 + k * 1299709) % 1024 / 1024.0;
    }
  }
  for (long repeat = -1; repeat < repeats; repeat++) {
    restart();
    double begin = now();
    iterate(count);
    if (repeat >= 0) printf("%.6e\n", 1e9 * (now() - begin) / count / ((double)n * n * n));
  }
  restart();
  iterate(CHECKED);
  printf("%.17g\n", rho / ((double)n * n * n));
}
