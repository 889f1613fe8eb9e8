/*
 * The C peer of bench/kernels-pde.mjs and of `wasm-mpi bench pde`: explicit Euler steps, one a sweep, from one array to the other, without exchange.
 * Prints nanoseconds a cell and step, one repeat a line.
 *
 *   cc -O3 -ffast-math -mavx2 -mfma pde.c -o pde && ./pde diffusion 512 60 20
 */
#define _POSIX_C_SOURCE 199309L
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const double dt = 0.001;

/* A square with a halo of 2: u' = u + dt laplace(u). */
static void diffusion(double *restrict to, const double *restrict from, long n) {
  long s = n + 4;
  for (long i = 0; i < n; i++) {
    const double *u = from + (i + 2) * s + 2;
    double *v = to + (i + 2) * s + 2;
    for (long j = 0; j < n; j++) v[j] = u[j] + dt * ((u[j - s] + u[j + s]) + (u[j - 1] + u[j + 1]) - 4 * u[j]);
  }
}

static double *mu_rows[3];

static void mu_row(double *restrict mu, const double *restrict u, long s, long n) {
  for (long j = -1; j <= n; j++) {
    double c = u[j];
    mu[j] = c * c * c - c - ((u[j - s] + u[j + s]) + (u[j - 1] + u[j + 1]) - 4 * c);
  }
}

static void mu_step(double *restrict v, const double *restrict u, const double *restrict a, const double *restrict b,
                    const double *restrict c, long n) {
  for (long j = 0; j < n; j++) v[j] = u[j] + dt * ((a[j] + c[j]) + (b[j - 1] + b[j + 1]) - 4 * b[j]);
}

/* u' = u + dt laplace(mu), mu = u^3 - u - laplace(u), of which three rows are kept. */
static void cahn_hilliard(double *restrict to, const double *restrict from, long n) {
  long s = n + 4;
  double **mu = mu_rows;
  if (!mu[0])
    for (int k = 0; k < 3; k++) mu[k] = (double *)calloc(n + 16, sizeof(double)) + 8;
  mu_row(mu[0], from + s + 2, s, n);
  mu_row(mu[1], from + 2 * s + 2, s, n);
  for (long i = 0; i < n; i++) {
    mu_row(mu[2], from + (i + 3) * s + 2, s, n);
    mu_step(to + (i + 2) * s + 2, from + (i + 2) * s + 2, mu[0], mu[1], mu[2], n);
    double *first = mu[0];
    mu[0] = mu[1];
    mu[1] = mu[2];
    mu[2] = first;
  }
}

/* A cube with a halo of 2. */
static void diffusion3(double *restrict to, const double *restrict from, long n) {
  long s = n + 4, p = s * s;
  for (long i = 0; i < n; i++)
    for (long j = 0; j < n; j++) {
      const double *u = from + (i + 2) * p + (j + 2) * s + 2;
      double *v = to + (i + 2) * p + (j + 2) * s + 2;
      for (long k = 0; k < n; k++)
        v[k] = u[k] + dt * ((u[k - p] + u[k + p]) + (u[k - s] + u[k + s]) + (u[k - 1] + u[k + 1]) - 6 * u[k]);
    }
}

/* In 3D three planes are kept, each with a halo of 1. */
static void mu_plane(double *restrict mu, const double *restrict plane, long s, long p, long n) {
  for (long j = -1; j <= n; j++) {
    const double *u = plane + j * s;
    double *m = mu + j * s;
    for (long k = -1; k <= n; k++) {
      double c = u[k];
      m[k] = c * c * c - c - ((u[k - p] + u[k + p]) + (u[k - s] + u[k + s]) + (u[k - 1] + u[k + 1]) - 6 * c);
    }
  }
}

static double *mu_planes[3];

static void cahn_hilliard3(double *restrict to, const double *restrict from, long n) {
  long s = n + 4, p = s * s, inside = 2 * s + 2;
  double **mu = mu_planes;
  if (!mu[0])
    for (int k = 0; k < 3; k++) mu[k] = calloc(p, sizeof(double));
  mu_plane(mu[0] + inside, from + p + inside, s, p, n);
  mu_plane(mu[1] + inside, from + 2 * p + inside, s, p, n);
  for (long i = 0; i < n; i++) {
    mu_plane(mu[2] + inside, from + (i + 3) * p + inside, s, p, n);
    for (long j = 0; j < n; j++) {
      long row = inside + j * s;
      const double *a = mu[0] + row, *b = mu[1] + row, *c = mu[2] + row;
      const double *u = from + (i + 2) * p + row;
      double *v = to + (i + 2) * p + row;
      for (long k = 0; k < n; k++)
        v[k] = u[k] + dt * ((a[k] + c[k]) + (b[k - s] + b[k + s]) + (b[k - 1] + b[k + 1]) - 6 * b[k]);
    }
    double *first = mu[0];
    mu[0] = mu[1];
    mu[1] = mu[2];
    mu[2] = first;
  }
}

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + 1e-9 * t.tv_nsec;
}

int main(int count, char **args) {
  if (count < 5) return 2;
  long n = atol(args[2]), steps = atol(args[3]), repeats = atol(args[4]);
  int cube = args[1][strlen(args[1]) - 1] == '3', diffuses = !strncmp(args[1], "diffusion", 9);
  void (*step)(double *restrict, const double *restrict, long) =
      cube ? (diffuses ? diffusion3 : cahn_hilliard3) : diffuses ? diffusion : cahn_hilliard;
  long size = (n + 4) * (n + 4) * (cube ? n + 4 : 1);
  double *a = malloc(size * sizeof(double)), *b = malloc(size * sizeof(double));
  for (long i = 0; i < size; i++) a[i] = b[i] = 0.1 * sin(0.37 * (double)i);
  for (long repeat = -1; repeat < repeats; repeat++) {
    double start = now();
    for (long k = 0; k < steps; k++) {
      step(b, a, n);
      double *first = a;
      a = b;
      b = first;
    }
    double cells = (double)n * n * (cube ? n : 1);
    if (repeat >= 0) printf("%g\n", 1e9 * (now() - start) / ((double)steps * cells));
  }
  if (a[size / 2] == 7) puts("7"); /* The results are used. */
  return 0;
}
