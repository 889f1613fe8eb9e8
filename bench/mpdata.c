/*
 * The C peer of bench/advection.mjs: 2D MPDATA, periodic, variable Courant field, the passes fused by rows as in
 * assembly/mpdata/sweep.ts. Prints seconds a step, one repeat a line.
 *
 *   cc -O3 -march=native -ffast-math mpdata.c -lm -o mpdata && ./mpdata nx ny iterations steps repeats
 */
#define _POSIX_C_SOURCE 199309L
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static int nx, ny, pitch;

static double *allocate(void) { return calloc((size_t)(nx + 2) * pitch, sizeof(double)); }
static double *at(double *a, int i) { return a + (size_t)(i + 1) * pitch + 1; }

static void wrap(double *a) {
  for (int i = 0; i < nx; i++) {
    at(a, i)[-1] = at(a, i)[ny - 1];
    at(a, i)[ny] = at(a, i)[0];
  }
  memcpy(at(a, -1) - 1, at(a, nx - 1) - 1, pitch * sizeof(double));
  memcpy(at(a, nx) - 1, at(a, 0) - 1, pitch * sizeof(double));
}

static double upwind(double c, double left, double right) { return fmax(c, 0) * left + fmin(c, 0) * right; }

/* Fluxes through a row of n faces; s: stride across the faces, t: along them; c transverse ct; v: kept velocity. */
static void flux_row(int corrective, double *restrict f, int n, const double *restrict p, long s, const double *restrict c,
                     long t, const double *restrict ct, double *restrict v) {
  const double eps = 1e-15;
  if (!corrective) {
    for (int k = 0; k < n; k++) f[k] = upwind(c[k], p[k - s], p[k]);
    return;
  }
  for (int k = 0; k < n; k++) {
    double speed = fabs(c[k]), sum = p[k] + p[k - s] + eps;
    double up = p[k + t] + p[k - s + t], down = p[k - t] + p[k - s - t], four = up + down + eps;
    double mean = (ct[k] + ct[k + t]) + (ct[k - s] + ct[k - s + t]);
    double a = speed * (1 - speed) * (p[k] - p[k - s]), b = 0.125 * c[k] * mean * (up - down);
    double velocity = (a * four - b * sum) / (sum * four);
    if (v) v[k] = velocity;
    f[k] = upwind(velocity, p[k - s], p[k]);
  }
}

static void sweep(int corrective, double *psi, double *out, double *cx, double *cy, double *vx, double *vy, double *buffer) {
  double *z = buffer, *x0 = z + pitch + 1, *x1 = x0 + pitch + 1;
  flux_row(corrective, x0, ny, at(psi, 0), pitch, at(cx, 0), 1, at(cy, 0), vx ? at(vx, 0) : 0);
  for (int i = 0; i < nx; i++) {
    flux_row(corrective, x1, ny, at(psi, i + 1), pitch, at(cx, i + 1), 1, at(cy, i + 1), vx ? at(vx, i + 1) : 0);
    flux_row(corrective, z, ny + 1, at(psi, i), 1, at(cy, i), pitch, at(cx, i), vy ? at(vy, i) : 0);
    double *restrict o = at(out, i), *p = at(psi, i);
    for (int j = 0; j < ny; j++) o[j] = p[j] - ((x1[j] - x0[j]) + (z[j + 1] - z[j]));
    double *swap = x0;
    x0 = x1;
    x1 = swap;
  }
}

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + 1e-9 * t.tv_nsec;
}

int main(int argc, char **argv) {
  if (argc != 6) return 2;
  nx = atoi(argv[1]);
  ny = atoi(argv[2]);
  pitch = ny + 2;
  int iterations = atoi(argv[3]), steps = atoi(argv[4]), repeats = atoi(argv[5]);
  double *psi = allocate(), *spare = allocate(), *cx = allocate(), *cy = allocate();
  double *v[4] = {allocate(), allocate(), allocate(), allocate()}, *buffer = malloc(3 * (pitch + 1) * sizeof(double));
  const double pi = acos(-1);
  for (int i = 0; i < nx; i++)
    for (int j = 0; j < ny; j++) {
      at(psi, i)[j] = 2 + sin(2 * pi * (i + 0.5) / nx) * cos(2 * pi * (j + 0.5) / ny);
      at(cx, i)[j] = 0.3;
      at(cy, i)[j] = 0.2;
    }
  wrap(cx);
  wrap(cy);
  for (int r = 0; r < repeats; r++) {
    double begin = now();
    for (int step = 0; step < steps; step++)
      for (int pass = 1; pass <= iterations; pass++) {
        int keep = pass > 1 && pass < iterations;
        double **from = v + 2 * ((pass - 1) % 2), **to = v + 2 * (pass % 2);
        wrap(psi);
        if (pass > 2) {
          wrap(from[0]);
          wrap(from[1]);
        }
        sweep(pass > 1, psi, spare, pass > 2 ? from[0] : cx, pass > 2 ? from[1] : cy, keep ? to[0] : 0, keep ? to[1] : 0, buffer);
        double *swap = psi;
        psi = spare;
        spare = swap;
      }
    printf("%.9g\n", (now() - begin) / steps);
  }
  double sum = 0;
  for (int i = 0; i < nx; i++)
    for (int j = 0; j < ny; j++) sum += at(psi, i)[j];
  fprintf(stderr, "sum %.6f\n", sum);
  return 0;
}
