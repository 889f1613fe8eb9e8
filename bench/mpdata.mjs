/**
 * The peer of `wasm-mpi bench advection` in plain JavaScript: MPDATA on 1 to 3 periodic axes, with a Courant field that
 * differs from face to face, one stage after another in loops over typed arrays of the whole grid. Prints
 * nanoseconds a cell and step, one repeat a line, then the mean of psi^2.
 *
 *   node bench/mpdata.mjs fct 2 256,256 60 30 10
 *
 * Arguments: upwind, basic, fct, third-order or gauge-fct; passes; cells along each axis; untimed steps; steps of a
 * repeat; repeats. src/cli/bench/schemes.ts sets the same fields.
 */
import { pathToFileURL } from "node:url";

const eps = 1e-15;
/** Layers of cells around the grid, which repeat those of the opposite end. */
const halo = 2;

/** The step of a scheme on a grid. */
export class Advection {
  /** @param {"upwind" | "basic" | "fct" | "third-order" | "gauge-fct"} name @param {number} passes @param {number[]} shape */
  constructor(name, passes, shape) {
    this.passes = passes;
    this.isLimited = ["fct", "third-order", "gauge-fct"].includes(name);
    this.isGauge = name === "gauge-fct";
    this.isThird = name === "third-order";
    this.shape = shape;
    // As on three axes; those that are missing have one cell and no halo.
    this.cells = [1, 1, 1, ...shape].slice(-3);
    this.halos = [0, 0, 0, ...shape.map(() => halo)].slice(-3);
    const [, n1, n2] = this.cells.map((n, axis) => n + 2 * this.halos[axis]);
    this.strides = [n1 * n2, n2, 1];
    this.axes = [0, 1, 2].slice(-shape.length);
    const [rows0, rows1] = this.cells;
    /** The place of the first cell of each row along the last axis. */
    this.rows = Array.from({ length: rows0 * rows1 }, (_, row) => this.at(Math.floor(row / rows1), row % rows1, 0));
    this.psi = this.array();
    this.courant = this.axes.map(() => this.array());
    this.velocities = [0, 1].map(() => this.axes.map(() => this.array()));
    this.fluxes = this.axes.map(() => this.array());
    [this.start, this.up, this.down] = [0, 1, 2].map(() => this.array());
    this.setFields();
  }

  array() {
    return new Float64Array(this.cells.reduce((size, n, axis) => size * (n + 2 * this.halos[axis]), 1));
  }

  /** The place of a cell in an array. */
  at(i, j, k) {
    const [h0, h1, h2] = this.halos;
    const [s0, s1] = this.strides;
    return (i + h0) * s0 + (j + h1) * s1 + k + h2;
  }

  /** Sets the halo along one axis after the other. */
  wrap(array) {
    for (const axis of this.axes) {
      const n = this.cells[axis];
      const stride = this.strides[axis];
      const slab = stride * (n + 2 * halo);
      for (let base = 0; base < array.length; base += slab) {
        // From the inside outwards, so that a grid thinner than the halo is repeated.
        for (let layer = 1; layer <= halo; layer++) {
          const low = base + (halo - layer) * stride;
          const high = base + (halo + n + layer - 1) * stride;
          for (let c = 0; c < stride; c++) {
            array[low + c] = array[low + n * stride + c];
            array[high + c] = array[high - n * stride + c];
          }
        }
      }
    }
  }

  /** A wave along each axis, carried by a flow along each axis that differs along the next one. */
  setFields() {
    const { axes, cells, strides, halos, rows } = this;
    const wave = (c, axis) => {
      const place = Math.floor(c / strides[axis]) % (cells[axis] + 2 * halos[axis]);
      return (2 * Math.PI * (place - halos[axis] + 0.5)) / cells[axis];
    };
    for (const first of rows) {
      for (let c = first; c < first + cells[2]; c++) {
        this.psi[c] = 2 + 0.5 * Math.sin(wave(c, 2));
        if (axes.length > 1) this.psi[c] += 0.3 * Math.cos(wave(c, axes[0]));
        if (axes.length > 2) this.psi[c] += 0.2 * Math.sin(wave(c, axes[1]));
        for (const [a, courant] of this.courant.entries()) {
          courant[c] = 0.15 + 0.1 * (axes.length > 1 ? Math.sin(wave(c, axes[(a + 1) % axes.length])) : 1);
        }
      }
    }
    for (const array of [this.psi, ...this.courant]) this.wrap(array);
  }

  /** Takes a step. */
  step() {
    this.start.set(this.psi);
    let flow = this.courant;
    for (let pass = 1; pass <= this.passes; pass++) {
      if (pass > 1) {
        const corrected = this.velocities[pass % 2];
        for (const a of this.axes.keys()) this.correct(flow, a, corrected[a]);
        flow = corrected;
      }
      for (const a of this.axes.keys()) this.upwind(flow[a], a, this.isGauge && pass > 1);
      if (this.isLimited && pass > 1) this.limit();
      this.update();
    }
  }

  /** The antidiffusive velocities along the axis of number `a`, through the lower face of each cell. */
  correct(flow, a, out) {
    const { psi, strides, axes, rows, isGauge, isThird } = this;
    const n = this.cells[2];
    const s = strides[axes[a]];
    const v = flow[a];
    const others = axes.map((_, other) => other).filter((other) => other !== a);
    const [t, u] = others.map((other) => strides[axes[other]]);
    const [acrossT, acrossU] = others.map((other) => flow[other]);
    for (const first of rows) {
      for (let c = first; c < first + n; c++) {
        const speed = Math.abs(v[c]);
        const sum = psi[c] + psi[c - s];
        let velocity = fraction(speed * (1 - speed) * (psi[c] - psi[c - s]), sum, isGauge ? 2 : 0);
        let meanT = 0;
        if (t !== undefined) {
          meanT = 0.25 * (acrossT[c] + acrossT[c + t] + acrossT[c - s] + acrossT[c - s + t]);
          velocity += transverse(psi, c, s, t, v[c], meanT, isGauge, isThird);
        }
        if (u !== undefined) {
          const meanU = 0.25 * (acrossU[c] + acrossU[c + u] + acrossU[c - s] + acrossU[c - s + u]);
          velocity += transverse(psi, c, s, u, v[c], meanU, isGauge, isThird);
          if (isThird) {
            const same = psi[c + t + u] + psi[c - t - u] + psi[c - s + t + u] + psi[c - s - t - u];
            const opposite = psi[c + t - u] + psi[c - t + u] + psi[c - s + t - u] + psi[c - s - t + u];
            const above = (-2 / 3) * v[c] * meanT * meanU * (same - opposite);
            velocity += fraction(above, same + opposite, isGauge ? 8 : 0);
          }
        }
        if (isThird) {
          const outer = psi[c + s] + psi[c - 2 * s];
          const above = (v[c] * (3 * speed - 2 * v[c] * v[c] - 1) * (outer - sum)) / 3;
          velocity += fraction(above, outer + sum, isGauge ? 4 : 0);
        }
        out[c] = velocity;
      }
    }
    this.wrap(out);
  }

  /** The fluxes along the axis of number `a`: what comes from upstream, or with the gauge the velocity. */
  upwind(v, a, isGauge) {
    const { psi, rows } = this;
    const [flux, n, s] = [this.fluxes[a], this.cells[2], this.strides[this.axes[a]]];
    for (const first of rows) {
      for (let c = first; c < first + n; c++) flux[c] = isGauge ? v[c] : v[c] * (v[c] > 0 ? psi[c - s] : psi[c]);
    }
    this.wrap(flux);
  }

  /** Limits the fluxes so that no cell gets beyond the extrema of its neighbourhood. */
  limit() {
    const { psi, start, up, down, fluxes, rows } = this;
    const n = this.cells[2];
    const strides = this.axes.map((axis) => this.strides[axis]);
    for (const first of rows) {
      for (let c = first; c < first + n; c++) {
        let most = Math.max(psi[c], start[c]);
        let least = Math.min(psi[c], start[c]);
        let inflow = eps;
        let outflow = eps;
        for (let a = 0; a < strides.length; a++) {
          const lower = c - strides[a];
          const upper = c + strides[a];
          most = Math.max(most, psi[lower], start[lower], psi[upper], start[upper]);
          least = Math.min(least, psi[lower], start[lower], psi[upper], start[upper]);
          const through = fluxes[a][c];
          const beyond = fluxes[a][upper];
          inflow += Math.max(through, 0) - Math.min(beyond, 0);
          outflow += Math.max(beyond, 0) - Math.min(through, 0);
        }
        up[c] = (most - psi[c]) / inflow;
        down[c] = (psi[c] - least) / outflow;
      }
    }
    this.wrap(up);
    this.wrap(down);
    for (const [a, flux] of fluxes.entries()) {
      const s = strides[a];
      for (const first of rows) {
        for (let c = first; c < first + n; c++) {
          flux[c] *= flux[c] > 0 ? Math.min(1, down[c - s], up[c]) : Math.min(1, up[c - s], down[c]);
        }
      }
      this.wrap(flux);
    }
  }

  /** What leaves through the faces is gone. */
  update() {
    const { psi, fluxes, rows } = this;
    const n = this.cells[2];
    const strides = this.axes.map((axis) => this.strides[axis]);
    for (const first of rows) {
      for (let c = first; c < first + n; c++) {
        let change = 0;
        for (let a = 0; a < strides.length; a++) change += fluxes[a][c + strides[a]] - fluxes[a][c];
        psi[c] -= change;
      }
    }
    this.wrap(psi);
  }

  /** The values of all cells, without halo. */
  interior() {
    return Float64Array.from(this.rows.flatMap((first) => [...this.psi.subarray(first, first + this.cells[2])]));
  }
}

/** A term of the velocity: a difference over the sum of the values, or with the gauge over their number. */
function fraction(above, sum, count) {
  return above / (count > 0 ? count : sum + eps);
}

/** The term of an axis across the face, of stride `t`, whose mean flow there is `mean`. */
function transverse(psi, c, s, t, v, mean, isGauge, isThird) {
  const up = psi[c + t] + psi[c - s + t];
  const down = psi[c - t] + psi[c - s - t];
  let above = -0.5 * v * mean * (up - down);
  if (isThird) {
    const twist = psi[c + t] - psi[c - s + t] - (psi[c - t] - psi[c - s - t]);
    above += Math.abs(v) * (1 - 2 * Math.abs(v)) * mean * twist;
  }
  return fraction(above, up + down, isGauge ? 4 : 0);
}

/** Times steps as the arguments say. */
function main([name, passes, shape, untimed, steps, repeats]) {
  const advection = new Advection(name, Number(passes), shape.split(",").map(Number));
  const cells = advection.cells.reduce((product, n) => product * n, 1);
  for (let count = 0; count < Number(untimed); count++) advection.step();
  for (let repeat = 0; repeat < Number(repeats); repeat++) {
    const begin = performance.now();
    for (let count = 0; count < Number(steps); count++) advection.step();
    console.log((1e6 * (performance.now() - begin)) / (Number(steps) * cells));
  }
  let squares = 0;
  for (const value of advection.interior()) squares += value * value;
  console.log(squares / cells);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) main(process.argv.slice(2));
