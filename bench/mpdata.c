/*
 * The C peer of `wasm-mpi bench advection` and bench/advection.mjs: MPDATA on 1 to 3 periodic axes, with a Courant field
 * that differs from face to face. Every pass is one trip through memory: the stages of a pass (extrema, fluxes, ratios of
 * the limiter, limited fluxes, update) follow each other a few slabs apart along axis 0, in rings of slabs that stay in
 * the cache, and slabs are cut into strips along the next axis. Prints nanoseconds a cell and step, one repeat a line,
 * then the mean of psi^2.
 *
 *   cc -O3 -ffast-math -mavx2 -mfma mpdata.c -lm -o mpdata && ./mpdata fct 2 256,256 60 30 10
 *
 * Arguments: upwind, basic, fct, third-order or gauge-fct; passes; cells along each axis; untimed steps; steps of a
 * repeat; repeats. src/cli/bench/schemes.ts sets the same fields.
 */
#define _POSIX_C_SOURCE 199309L
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define inlined static inline __attribute__((always_inline))
#define each(k, from, end) _Pragma("GCC ivdep") for (long k = from; k < end; k++)

enum { halo = 4, rim = 2, budget = 384 * 1024 };
static const double eps = 1e-15;

/* Cells and strides of the axes; the last one is contiguous, missing ones come first and have one cell and no halo. */
static long n[3], stride[3], halos[3], size;
static double *buffers[3], *courant[3], *kept[2][3];

/* What a pass reads and writes, and the rings of slabs that its stages share. */
typedef struct {
  const double *psi, *start, *c[3];
  double *out, *v[3];
  double *ring;
  long pitch, slab;    /* of a row and of a slab of a ring */
  long j0, j1, k0, k1; /* the cells of the strip */
} Pass;

/* The slabs of a pass: flux through the lower faces of each axis, ratios, and extrema. */
enum { F0 = 0, F1 = 3, F2 = 5, Up = 7, Down = 9, Most = 11, Least = 14, slabs = 17 };
static const int depth[slabs] = {[F0] = 3, [F1] = 2, [F2] = 2, [Up] = 2, [Down] = 2, [Most] = 3, [Least] = 3};

/* A row of slab i of a ring, such that k is its index. */
inlined double *row(const Pass *p, int name, long i, long j) {
  return p->ring + (name + (i + 6) % depth[name]) * p->slab + (j - p->j0 + rim) * p->pitch + rim - p->k0;
}

inlined long at(long i, long j) { return (i + halos[0]) * stride[0] + (j + halos[1]) * stride[1] + halo; }

inlined double upwind(double v, double left, double right) { return fmax(v, 0) * left + fmin(v, 0) * right; }

/*
 * The antidiffusive velocity between the cells R = p[k] and L = p[k - s]; t and u: strides of the transverse axes, of
 * which ct and cu are the faces. All fractions have one division.
 */
inlined double velocity(int axes, int gauge, int third, const double *p, long k, long s, const double *c, long t,
                        const double *ct, long u, const double *cu) {
  double v = c[k], speed = fabs(v), sum = p[k] + p[k - s], difference = p[k] - p[k - s];
  double above = speed * (1 - speed) * difference, below = sum + eps;
  if (gauge) above *= 0.5;
  if (axes > 1) {
    double mean = 0.25 * ((ct[k] + ct[k + t]) + (ct[k - s] + ct[k - s + t]));
    double up = p[k + t] + p[k - s + t], down = p[k - t] + p[k - s - t];
    double b = -0.5 * v * mean * (up - down), four = up + down + eps;
    if (third) b += speed * (1 - 2 * speed) * mean * ((p[k + t] - p[k - s + t]) - (p[k - t] - p[k - s - t]));
    if (gauge) above += 0.25 * b;
    else above = above * four + b * below, below *= four;
    if (axes > 2) {
      double meanU = 0.25 * ((cu[k] + cu[k + u]) + (cu[k - s] + cu[k - s + u]));
      up = p[k + u] + p[k - s + u], down = p[k - u] + p[k - s - u];
      b = -0.5 * v * meanU * (up - down), four = up + down + eps;
      if (third) b += speed * (1 - 2 * speed) * meanU * ((p[k + u] - p[k - s + u]) - (p[k - u] - p[k - s - u]));
      if (gauge) above += 0.25 * b;
      else above = above * four + b * below, below *= four;
      if (third) {
        double same = (p[k + t + u] + p[k - t - u]) + (p[k - s + t + u] + p[k - s - t - u]);
        double opposite = (p[k + t - u] + p[k - t + u]) + (p[k - s + t - u] + p[k - s - t + u]);
        double corner = -2.0 / 3 * v * mean * meanU * (same - opposite), eight = same + opposite + eps;
        if (gauge) above += 0.125 * corner;
        else above = above * eight + corner * below, below *= eight;
      }
    }
  }
  if (third) {
    double outer = p[k + s] + p[k - 2 * s], bracket = v * (3 * speed - 2 * v * v - 1) * (1.0 / 3);
    if (gauge) above += 0.25 * bracket * (outer - sum);
    else above = above * (outer + sum + eps) + bracket * (outer - sum) * below, below *= outer + sum + eps;
  }
  return gauge ? above : above / below;
}

/* Fluxes through a row of lower faces of `axis`; keeps the velocity where a later pass needs it. */
inlined void fluxes(int axes, int corrective, int gauge, int third, int keep, const Pass *pass, int axis, double *f, long i,
                    long j, long from, long end) {
  static const int others[3][2] = {{1, 2}, {2, 0}, {1, 0}};
  int first = others[axis][0], second = others[axis][1];
  if (axes == 2) first = 2 - axis;
  long o = at(i, j), s = stride[axis], t = stride[first], u = stride[second];
  const double *p = pass->psi + o, *c = pass->c[axis] + o, *ct = pass->c[first] + o, *cu = pass->c[second] + o;
  double *v = pass->v[axis] + o;
  if (!corrective) {
    each(k, from, end) f[k] = upwind(c[k], p[k - s], p[k]);
  } else if (keep) {
    each(k, from, end) {
      double velo = velocity(axes, gauge, third, p, k, s, c, t, ct, u, cu);
      v[k] = velo;
      f[k] = gauge ? velo : upwind(velo, p[k - s], p[k]);
    }
  } else {
    each(k, from, end) {
      double velo = velocity(axes, gauge, third, p, k, s, c, t, ct, u, cu);
      f[k] = gauge ? velo : upwind(velo, p[k - s], p[k]);
    }
  }
}

/* psi less what leaves through the faces. */
inlined void update(int axes, const Pass *p, long i, long j) {
  long o = at(i, j);
  double *restrict out = p->out + o;
  const double *psi = p->psi + o, *z = row(p, F2, i, j);
  const double *x0 = row(p, F0, i, j), *x1 = row(p, F0, i + 1, j), *y0 = row(p, F1, i, j), *y1 = row(p, F1, i, j + 1);
  each(k, p->k0, p->k1) {
    double change = z[k + 1] - z[k];
    if (axes > 1) change += x1[k] - x0[k];
    if (axes > 2) change += y1[k] - y0[k];
    out[k] = psi[k] - change;
  }
}

/* A pass without limiter on a strip. Each axis has one call of `fluxes`, which is compiled into its place. */
inlined void plain(int axes, int corrective, int keep, const Pass *p) {
  for (long i = axes > 1 ? -1 : 0; i < n[0]; i++)
    for (long j = axes > 2 && i >= 0 ? p->j0 - 1 : p->j0; j < p->j1; j++) {
      int inside = j >= p->j0;
      if (axes > 1 && inside) fluxes(axes, corrective, 0, 0, keep, p, 0, row(p, F0, i + 1, j), i + 1, j, p->k0, p->k1);
      if (i < 0) continue;
      if (axes > 2) fluxes(axes, corrective, 0, 0, keep, p, 1, row(p, F1, i, j + 1), i, j + 1, p->k0, p->k1);
      if (!inside) continue;
      fluxes(axes, corrective, 0, 0, keep, p, 2, row(p, F2, i, j), i, j, p->k0, p->k1 + 1);
      update(axes, p, i, j);
    }
}

/* The extrema of psi and of the step's start in a slab. */
inlined void extrema(int axes, const Pass *p, long i) {
  long wide = axes > 2 ? 2 : 0;
  for (long j = p->j0 - wide; j < p->j1 + wide; j++) {
    long o = at(i, j);
    const double *psi = p->psi + o, *start = p->start + o;
    double *most = row(p, Most, i, j), *least = row(p, Least, i, j);
    each(k, p->k0 - 2, p->k1 + 2) {
      most[k] = fmax(psi[k], start[k]);
      least[k] = fmin(psi[k], start[k]);
    }
  }
}

inlined double into(double low, double high) { return fmax(low, 0) - fmin(high, 0); }

/* How much of its fluxes keeps a cell within the extrema of its neighbourhood; one division for both ratios. */
inlined void ratios(int axes, const Pass *p, long i, long j) {
  const double *psi = p->psi + at(i, j), *z = row(p, F2, i, j);
  const double *x0 = row(p, F0, i, j), *x1 = row(p, F0, i + 1, j), *y0 = row(p, F1, i, j), *y1 = row(p, F1, i, j + 1);
  const double *m = row(p, Most, i, j), *mx0 = row(p, Most, i - 1, j), *mx1 = row(p, Most, i + 1, j);
  const double *l = row(p, Least, i, j), *lx0 = row(p, Least, i - 1, j), *lx1 = row(p, Least, i + 1, j);
  const double *my0 = row(p, Most, i, j - 1), *my1 = row(p, Most, i, j + 1);
  const double *ly0 = row(p, Least, i, j - 1), *ly1 = row(p, Least, i, j + 1);
  double *up = row(p, Up, i, j), *down = row(p, Down, i, j);
  each(k, p->k0 - 1, p->k1 + 1) {
    double most = fmax(m[k], fmax(m[k - 1], m[k + 1])), least = fmin(l[k], fmin(l[k - 1], l[k + 1]));
    double inflow = into(z[k], z[k + 1]) + eps, outflow = into(z[k + 1], z[k]) + eps;
    if (axes > 1) {
      most = fmax(most, fmax(mx0[k], mx1[k])), least = fmin(least, fmin(lx0[k], lx1[k]));
      inflow += into(x0[k], x1[k]), outflow += into(x1[k], x0[k]);
    }
    if (axes > 2) {
      most = fmax(most, fmax(my0[k], my1[k])), least = fmin(least, fmin(ly0[k], ly1[k]));
      inflow += into(y0[k], y1[k]), outflow += into(y1[k], y0[k]);
    }
    double both = 1 / (inflow * outflow);
    up[k] = (most - psi[k]) * outflow * both;
    down[k] = (psi[k] - least) * inflow * both;
  }
}

/* Limits fluxes between the cells of two rows of ratios, in place. */
inlined void limit(double *f, const double *upL, const double *downL, const double *upR, const double *downR, long from,
                   long end) {
  each(k, from, end) {
    double flux = f[k];
    f[k] = fmax(flux, 0) * fmin(1, fmin(downL[k], upR[k])) + fmin(flux, 0) * fmin(1, fmin(upL[k], downR[k]));
  }
}

/* A corrective pass with limiter on a strip: slab m gets its ratios, slab m - 1 its new values. */
inlined void limited(int axes, int gauge, int third, int keep, const Pass *p) {
  long wide = axes > 2, end = axes > 1 ? n[0] : 0;
  long a = p->j0 - wide, b = p->j1 + wide, k0 = p->k0, k1 = p->k1;
  for (long m = axes > 1 ? -3 : 0; m <= end; m++) {
    extrema(axes, p, axes > 1 ? m + 1 : m);
    if (m < -2) continue;
    for (long j = wide && m > -2 ? a - 1 : a; j < b; j++) {
      if (axes > 1 && j >= a) fluxes(axes, 1, gauge, third, keep, p, 0, row(p, F0, m + 1, j), m + 1, j, k0 - 1, k1 + 1);
      if (axes > 1 && m < -1) continue;
      if (axes > 2) fluxes(axes, 1, gauge, third, keep, p, 1, row(p, F1, m, j + 1), m, j + 1, k0 - 1, k1 + 1);
      if (j < a) continue;
      fluxes(axes, 1, gauge, third, keep, p, 2, row(p, F2, m, j), m, j, k0 - 1, k1 + 2);
      ratios(axes, p, m, j);
    }
    if (m < -1) continue;
    for (long j = p->j0; j < p->j1 + wide; j++) {
      const double *up = row(p, Up, m, j), *down = row(p, Down, m, j);
      if (axes > 1 && m >= 0 && j < p->j1)
        limit(row(p, F0, m, j), row(p, Up, m - 1, j), row(p, Down, m - 1, j), up, down, k0, k1);
      if (axes > 2) limit(row(p, F1, m, j), row(p, Up, m, j - 1), row(p, Down, m, j - 1), up, down, k0, k1);
      if (j < p->j1) limit(row(p, F2, m, j), up - 1, down - 1, up, down, k0, k1 + 1);
    }
    for (long j = p->j0; j < p->j1; j++) {
      if (axes == 1) update(axes, p, m, j);
      else if (m >= 1) update(axes, p, m - 1, j);
    }
  }
}

/* Fills the halo of an array, so many layers, from the opposite cells; where there are fewer cells, from the halo. */
static void wrap(double *a, long width) {
  long w[3], s0 = stride[0], s1 = stride[1];
  for (int axis = 0; axis < 3; axis++) w[axis] = halos[axis] ? width : 0;
  for (long i = 0; i < n[0]; i++) {
    for (long j = 0; j < n[1]; j++) {
      double *r = a + at(i, j);
      for (long k = 1; k <= width; k++) {
        r[-k] = r[n[2] - k];
        r[n[2] + k - 1] = r[k - 1];
      }
    }
    size_t bytes = (size_t)(n[2] + 2 * width) * sizeof(double);
    for (long j = 1; j <= w[1]; j++) {
      double *r = a + at(i, 0) - width;
      memcpy(r - j * s1, r + (n[1] - j) * s1, bytes);
      memcpy(r + (n[1] + j - 1) * s1, r + (j - 1) * s1, bytes);
    }
  }
  size_t bytes = (size_t)((n[1] - 1 + 2 * w[1]) * s1 + n[2] + 2 * width) * sizeof(double);
  for (long i = 1; i <= w[0]; i++) {
    double *r = a + at(0, 0) - w[1] * s1 - width;
    memcpy(r - i * s0, r + (n[0] - i) * s0, bytes);
    memcpy(r + (n[0] + i - 1) * s0, r + (i - 1) * s0, bytes);
  }
}

#define by_axes(call, ...)                                                        \
  do {                                                                            \
    if (axes == 1) call(1, __VA_ARGS__, pass);                                    \
    else if (axes == 2) call(2, __VA_ARGS__, pass);                               \
    else call(3, __VA_ARGS__, pass);                                              \
  } while (0)

enum { donor, basic, fct, third_order, gauge_fct };

static __attribute__((noinline)) void run_donor(int axes, const Pass *pass) { by_axes(plain, 0, 0); }
static __attribute__((noinline)) void run_basic(int axes, const Pass *pass) { by_axes(plain, 1, 0); }
static __attribute__((noinline)) void run_basic_kept(int axes, const Pass *pass) { by_axes(plain, 1, 1); }
static __attribute__((noinline)) void run_fct(int axes, const Pass *pass) { by_axes(limited, 0, 0, 0); }
static __attribute__((noinline)) void run_fct_kept(int axes, const Pass *pass) { by_axes(limited, 0, 0, 1); }
static __attribute__((noinline)) void run_third(int axes, const Pass *pass) { by_axes(limited, 0, 1, 0); }
static __attribute__((noinline)) void run_third_kept(int axes, const Pass *pass) { by_axes(limited, 0, 1, 1); }
static __attribute__((noinline)) void run_gauge(int axes, const Pass *pass) { by_axes(limited, 1, 0, 0); }
static __attribute__((noinline)) void run_gauge_kept(int axes, const Pass *pass) { by_axes(limited, 1, 0, 1); }

static void (*const runs[5][2])(int, const Pass *) = {
    {run_donor, run_donor},      {run_basic, run_basic_kept}, {run_fct, run_fct_kept},
    {run_third, run_third_kept}, {run_gauge, run_gauge_kept},
};

/* Runs a pass strip by strip: along axis 1 in 3D, else along the last axis, so that the rings fit the cache. */
static void run(int axes, int kind, int keep, Pass *pass) {
  long rings = kind >= fct ? slabs : 8, row_bytes = (n[2] + 2 * rim + 2) * (long)sizeof(double);
  long rows = n[1], cells = n[2];
  if (axes > 2) {
    long most = budget / (rings * row_bytes) - 2 * rim;
    if (most < 4) most = 4;
    long strips = (n[1] + most - 1) / most;
    rows = (n[1] + strips - 1) / strips;
  } else {
    long most = budget / (rings * (long)sizeof(double)), strips = (n[2] + most - 1) / most;
    cells = (n[2] + strips - 1) / strips;
  }
  static double *ring;
  static long room;
  pass->pitch = cells + 2 * rim + 4;
  pass->slab = (rows + 2 * rim + 2) * pass->pitch + 8;
  if (room < slabs * pass->slab) {
    free(ring);
    room = slabs * pass->slab;
    ring = calloc(room, sizeof(double));
  }
  pass->ring = ring;
  for (long j = 0; j < n[1]; j += rows)
    for (long k = 0; k < n[2]; k += cells) {
      pass->j0 = j, pass->j1 = j + rows < n[1] ? j + rows : n[1];
      pass->k0 = k, pass->k1 = k + cells < n[2] ? k + cells : n[2];
      runs[kind][keep](axes, pass);
    }
}

/* Takes a step; psi is in, and comes back as, the number of a buffer. */
static int step(int axes, int kind, int passes, int now) {
  int start = now;
  long width = kind == third_order ? 3 : kind >= fct ? 2 : 1;
  for (int number = 1; number <= passes; number++) {
    int next = 0, keep = number > 1 && number < passes;
    while (next == now || next == start) next++;
    wrap(buffers[now], width);
    Pass pass = {.psi = buffers[now], .start = buffers[start], .out = buffers[next]};
    for (int axis = 0; axis < 3; axis++) {
      pass.c[axis] = number > 2 ? kept[number % 2][axis] : courant[axis];
      pass.v[axis] = kept[(number + 1) % 2][axis];
      if (number > 2 && halos[axis]) wrap((double *)pass.c[axis], 2);
    }
    run(axes, number == 1 ? donor : kind, keep, &pass);
    now = next;
  }
  return now;
}

static double now_in_seconds(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + 1e-9 * t.tv_nsec;
}

static double *allocate(void) {
  double *a = calloc(size + 64, sizeof(double));
  if (a) return a + 32;
  fprintf(stderr, "mpdata: expected memory for %ld cells, got none. Take a smaller grid.\n", size);
  exit(1);
}

/* Flow along an axis that differs along the next one: free of divergence. */
static void set_fields(int axes) {
  const double turn = 2 * acos(-1);
  const int next[3] = {axes > 2 ? 1 : 2, 2, 0};
  for (long i = 0; i < n[0]; i++)
    for (long j = 0; j < n[1]; j++)
      for (long k = 0; k < n[2]; k++) {
        long place[3] = {i, j, k};
        for (int axis = 0; axis < 3; axis++) {
          double wave = axes > 1 ? sin(turn * (place[next[axis]] + 0.5) / n[next[axis]]) : 1;
          if (halos[axis]) courant[axis][at(i, j) + k] = 0.15 + 0.1 * wave;
        }
        double psi = 2 + 0.5 * sin(turn * (k + 0.5) / n[2]);
        if (axes > 1) psi += 0.3 * cos(turn * (i + 0.5) / n[0]);
        if (axes > 2) psi += 0.2 * sin(turn * (j + 0.5) / n[1]);
        buffers[0][at(i, j) + k] = psi;
      }
  for (int axis = 0; axis < 3; axis++)
    if (halos[axis]) wrap(courant[axis], halo);
}

int main(int argc, char **argv) {
  static const char *const names[] = {"upwind", "basic", "fct", "third-order", "gauge-fct"};
  int kind = 4;
  while (argc == 7 && kind >= 0 && strcmp(argv[1], names[kind]) != 0) kind--;
  if (argc != 7 || kind < 0) {
    fputs("mpdata: expected other arguments. See the top of mpdata.c.\n", stderr);
    return 2;
  }
  long cells[3] = {0, 0, 0};
  int axes = sscanf(argv[3], "%ld,%ld,%ld", cells, cells + 1, cells + 2);
  int passes = atoi(argv[2]), untimed = atoi(argv[4]), steps = atoi(argv[5]), repeats = atoi(argv[6]);
  n[0] = axes > 1 ? cells[0] : 1, n[1] = axes > 2 ? cells[1] : 1, n[2] = cells[axes - 1];
  halos[0] = axes > 1 ? halo : 0, halos[1] = axes > 2 ? halo : 0, halos[2] = halo;
  stride[2] = 1, stride[1] = n[2] + 2 * halo, stride[0] = (n[1] + 2 * halos[1]) * stride[1];
  size = (n[0] + 2 * halos[0]) * stride[0];
  for (int b = 0; b < (kind == donor ? 2 : 3); b++) buffers[b] = allocate();
  for (int axis = 0; axis < 3; axis++) {
    if (!halos[axis]) continue;
    courant[axis] = allocate();
    for (int set = 0; set < 2; set++) kept[set][axis] = passes > 2 ? allocate() : courant[axis];
  }
  set_fields(axes);
  int now = 0;
  for (int count = 0; count < untimed; count++) now = step(axes, kind, passes, now);
  for (int repeat = 0; repeat < repeats; repeat++) {
    double begin = now_in_seconds();
    for (int count = 0; count < steps; count++) now = step(axes, kind, passes, now);
    printf("%.9g\n", 1e9 * (now_in_seconds() - begin) / ((double)steps * n[0] * n[1] * n[2]));
  }
  double sum = 0;
  for (long i = 0; i < n[0]; i++)
    for (long j = 0; j < n[1]; j++)
      for (long k = 0; k < n[2]; k++) sum += pow(buffers[now][at(i, j) + k], 2);
  printf("%.15g\n", sum / (n[0] * n[1] * n[2]));
  return 0;
}
