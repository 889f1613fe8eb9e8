/** The runs of the page, and what computes the same on any number of ranks: a command, and for a cone that was moved a program. */
import type { StepperName } from "wasm-mpi/browser";

/** A run of MPDATA on a square grid, in which everything rotates around the middle. */
export interface Run {
  readonly size: number;
  readonly iterations: number;
  readonly nonoscillatory: boolean;
  readonly thirdOrder: boolean;
  readonly infiniteGauge: boolean;
  readonly dtype: "f64" | "f32";
  /** The centre of the cone; the square is 100 wide. */
  readonly centre: readonly [number, number];
}

/** The centre in the case `cone` of the command line. */
const usual = [50, 75];

/**
 * The grid, the cone and its flow: those of the case, around another centre. Of the functions of JavaScript it has the square
 * root alone, whose bits are the same in all engines; those of `Math.exp` are not.
 */
export function setupOf({ size, centre: [cx, cy] }: Pick<Run, "size" | "centre">) {
  const dx = 100 / (size - 1);
  const dt = 0.1 * dx;
  const range = [-dx / 2, 100 + dx / 2] as const;
  return {
    options: { shape: [size, size], bounds: [range, range] },
    cone(x: number, y: number): number {
      const d2 = (x - cx) ** 2 + (y - cy) ** 2;
      return 1 + (d2 <= 225 ? 4 - Math.sqrt(d2 / 14.0625) : 0);
    },
    courant: [
      (_x: number, y: number) => (0.1 * (y - 50) * dt) / dx,
      (x: number) => (-0.1 * (x - 50) * dt) / dx,
    ] as const,
  };
}

/** The lines that compute a run on 3 ranks. */
export function commandOf(run: Run, steps: number): string {
  const { size, iterations, nonoscillatory, thirdOrder, infiniteGauge, dtype, centre } = run;
  if (centre.every((place, axis) => place === usual[axis])) {
    const options = [
      `--shape ${size},${size} --steps ${steps}`,
      iterations === 2 ? "" : `--iterations ${iterations}`,
      infiniteGauge ? "--infinite-gauge" : "",
      nonoscillatory ? "--nonoscillatory" : "",
      thirdOrder ? "--third-order" : "",
      dtype === "f64" ? "" : `--dtype ${dtype}`,
    ];
    return `npx wasm-mpi advect cone ${options.filter(Boolean).join(" ")} -n 3`;
  }
  const scheme = { iterations, infiniteGauge, nonoscillatory, thirdOrderTerms: thirdOrder };
  const options = Object.entries(scheme).map(([name, value]) => `${name}: ${value}`);
  return `cat > cone.mjs <<'END'
import { Grid, Mpdata, mpi } from "wasm-mpi";
const comm = mpi.init();
const dx = 100 / ${size - 1}, dt = 0.1 * dx, range = [-dx / 2, 100 + dx / 2];
const grid = new Grid(comm, { shape: [${size}, ${size}], bounds: [range, range] });
const psi = grid.field((x, y) => {
  const d2 = (x - ${centre[0]}) ** 2 + (y - ${centre[1]}) ** 2;
  return 1 + (d2 <= 225 ? 4 - Math.sqrt(d2 / 14.0625) : 0);
}, { dtype: "${dtype}" });
const courant = [(x, y) => (0.1 * (y - 50) * dt) / dx, (x) => (-0.1 * (x - 50) * dt) / dx];
new Mpdata({ psi, courant, ${options.join(", ")} }).advance(${steps});
const digest = psi.digest();
if (comm.rank === 0) console.log(digest);
END
npx wasm-mpi run -n 3 cone.mjs`;
}

/** Equations on a square grid that wraps around. */
export interface Problem {
  readonly equations: Readonly<Record<string, string>>;
  readonly initial: Readonly<Record<string, string>>;
  /** A number, or auto, as it was typed. */
  readonly dt: string;
  readonly stepper: StepperName;
  readonly size: number;
}

/** The command that solves equations on 3 ranks, up to a time at which a step ends. */
export function solveCommandOf({ equations, initial, dt, stepper, size }: Problem, time: number): string {
  const texts = Object.entries(equations).map(([name, text]) => `"${name} = ${text}"`);
  const begins = Object.entries(initial).map(([name, text]) => `--initial "${name} = ${text}"`);
  // A stepper that chooses its steps would cut the last one.
  const end = stepper === "rkf45" ? `--until 1e9 --stop "t >= ${time}"` : `--until ${time}`;
  const options = [`--shape ${size},${size} --periodic --dt ${dt} --stepper ${stepper}`, end];
  return `npx wasm-mpi solve ${[...texts, ...begins, ...options].join(" ")} -n 3`;
}
