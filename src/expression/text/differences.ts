/**
 * Differences of a value and its neighbours. All are sums of differences, so that those of equal values are exactly 0.
 * Axes follow one another in their order; weights of orders above 2 are Fornberg's.
 */
import type { Graph, Id } from "../graph.js";
import { type Axis, type Factor, isUniform } from "./space.js";
import { centralWeights } from "./weights.js";

/** A value and those of the cells around. */
export interface Neighbourhood {
  readonly graph: Graph;
  readonly axes: readonly Axis[];
  /** The value itself. */
  readonly own: Id;
  /** The value so many cells away, one number an axis. */
  readonly at: (offset: readonly number[]) => Id;
}

/** The value some cells above along an axis, below where the number is negative. */
export function along({ axes, at }: Neighbourhood, axis: number, cells: number): Id {
  return at(axes.map((_, a) => (a === axis ? cells : 0)));
}

function factor({ graph, axes }: Neighbourhood, axis: number, name: Factor): Id {
  return graph.along(`${axes[axis]!.name}.${name}`, axis);
}

function eachAxis<T>({ axes }: Neighbourhood, map: (axis: number) => T): T[] {
  return axes.map((_, axis) => map(axis));
}

/** Of an axis whose spacing is the same everywhere. */
function spacingOf({ axes }: Neighbourhood, axis: number): number | undefined {
  return axes[axis]!.spacing;
}

/** The value above less this one. */
function rise(n: Neighbourhood, axis: number): Id {
  return n.graph.sub(along(n, axis, 1), n.own);
}

/** This value less the one below. */
function fall(n: Neighbourhood, axis: number): Id {
  return n.graph.sub(n.own, along(n, axis, -1));
}

/** `u-k + u+k` of some axes, less as many times 2u: the second difference over k cells. */
function bend(n: Neighbourhood, axes: readonly number[], cells: number): Id {
  const { graph } = n;
  const pairs = axes.map((axis) => graph.add(along(n, axis, -cells), along(n, axis, cells)));
  return graph.sub(graph.sum(pairs), graph.scale(n.own, 2 * axes.length));
}

/** The sum of the second derivatives along axes of one spacing. */
function curvature(n: Neighbourhood, axes: readonly number[], spacing: number, order: number): Id {
  const weights = centralWeights(2, order);
  const terms = weights.map((weight, k) => n.graph.scale(bend(n, axes, k + 1), weight / (spacing * spacing)));
  return n.graph.sum(terms);
}

/** `d+ (u+ - u) - d- (u - u-)` with two factors of the axis. */
function fluxes(n: Neighbourhood, axis: number, upper: Factor, lower: Factor): Id {
  const { graph } = n;
  return graph.sub(graph.mul(factor(n, axis, upper), rise(n, axis)), graph.mul(factor(n, axis, lower), fall(n, axis)));
}

export function laplace(n: Neighbourhood, order: number): Id {
  const { axes, graph } = n;
  const spacing = axes[0]!.spacing;
  // The pairs of all axes are added first where one factor serves them all.
  if (spacing !== undefined && axes.every((axis) => axis.spacing === spacing && !axis.metric)) {
    return curvature(
      n,
      eachAxis(n, (axis) => axis),
      spacing,
      order,
    );
  }
  const terms = eachAxis(n, (axis) =>
    isUniform(axes[axis]!) ? curvature(n, [axis], spacingOf(n, axis)!, order) : fluxes(n, axis, "upper", "lower"),
  );
  return graph.sum(terms);
}

/**
 * The Laplacian of 9 points in 2D, with the weight w of the corners, a = 1/dx^2 and b = 1/dy^2: x neighbours a (1 - w), y
 * neighbours b (1 - w), corners (a + b) w/4.
 */
export function laplace9(n: Neighbourhood, weight: number): Id {
  const { graph } = n;
  const inverse = eachAxis(n, (axis) => 1 / (spacingOf(n, axis)! * spacingOf(n, axis)!));
  const straight = inverse.map((value, axis) => graph.scale(bend(n, [axis], 1), value * (1 - weight)));
  const below = graph.add(n.at([-1, -1]), n.at([-1, 1]));
  const above = graph.add(n.at([1, -1]), n.at([1, 1]));
  const corners = graph.sub(graph.add(below, above), graph.scale(n.own, 4));
  return graph.sum([...straight, graph.scale(corners, ((inverse[0]! + inverse[1]!) * weight) / 4)]);
}

/** The second derivative along an axis. */
export function second(n: Neighbourhood, axis: number, order: number): Id {
  const spacing = spacingOf(n, axis);
  return spacing === undefined ? fluxes(n, axis, "above", "below") : curvature(n, [axis], spacing, order);
}

/** The central derivative along an axis. */
export function first(n: Neighbourhood, axis: number, order: number): Id {
  const { graph } = n;
  const spacing = spacingOf(n, axis);
  const difference = (cells: number) => graph.sub(along(n, axis, cells), along(n, axis, -cells));
  if (spacing === undefined) return graph.mul(difference(1), factor(n, axis, "central"));
  return graph.sum(centralWeights(1, order).map((weight, k) => graph.scale(difference(k + 1), weight / spacing)));
}

/** The derivative to the next cell above or below. */
export function oneSided(n: Neighbourhood, axis: number, direction: "forward" | "backward"): Id {
  const spacing = spacingOf(n, axis);
  const difference = direction === "forward" ? rise(n, axis) : fall(n, axis);
  if (spacing !== undefined) return n.graph.scale(difference, 1 / spacing);
  return n.graph.mul(difference, factor(n, axis, direction));
}

/** The derivative along two axes. */
export function mixed(n: Neighbourhood, axes: readonly [number, number], order: number): Id {
  const { graph } = n;
  const weights = centralWeights(1, order);
  const corner = (i: number, j: number) => n.at(n.axes.map((_, a) => (a === axes[0] ? i : a === axes[1] ? j : 0)));
  const area = spacingOf(n, axes[0])! * spacingOf(n, axes[1])!;
  const terms = weights.flatMap((wi, p) =>
    weights.map((wj, q) => {
      const [i, j] = [p + 1, q + 1];
      const upper = graph.sub(corner(i, j), corner(i, -j));
      const lower = graph.sub(corner(-i, j), corner(-i, -j));
      return graph.scale(graph.sub(upper, lower), (wi * wj) / area);
    }),
  );
  return graph.sum(terms);
}

/** The sum of the squares of the central derivatives. */
export function gradientSquared(n: Neighbourhood, order: number): Id {
  const { graph } = n;
  const squares = eachAxis(n, (axis) => graph.power(first(n, axis, order), 2));
  return graph.sum(squares);
}

/** The sum of the means of the squares of both one-sided derivatives. */
export function gradientSquaredOneSided(n: Neighbourhood): Id {
  const { graph } = n;
  const squares = eachAxis(n, (axis) => {
    const spacing = spacingOf(n, axis);
    if (spacing !== undefined) {
      const sum = graph.add(graph.power(rise(n, axis), 2), graph.power(fall(n, axis), 2));
      return graph.scale(sum, 0.5 / (spacing * spacing));
    }
    const sides = (["backward", "forward"] as const).map((side) => graph.power(oneSided(n, axis, side), 2));
    return graph.scale(graph.sum(sides), 0.5);
  });
  return graph.sum(squares);
}

/** The term of one axis in the divergence of a vector, of which `n` is that component. */
export function outflow(n: Neighbourhood, axis: number, order: number): Id {
  const { graph } = n;
  if (isUniform(n.axes[axis]!)) return first(n, axis, order);
  const upper = graph.mul(factor(n, axis, "outflow"), graph.add(along(n, axis, 1), n.own));
  const lower = graph.mul(factor(n, axis, "inflow"), graph.add(n.own, along(n, axis, -1)));
  return graph.sub(upper, lower);
}

/** The divergence of k times the gradient of f: fluxes through faces, where k is the mean of two cells. */
export function diffusion(k: Neighbourhood, f: Neighbourhood): Id {
  const { graph } = f;
  const terms = eachAxis(f, (axis) => {
    const spacing = spacingOf(f, axis);
    const upper = graph.mul(graph.add(k.own, along(k, axis, 1)), rise(f, axis));
    const lower = graph.mul(graph.add(along(k, axis, -1), k.own), fall(f, axis));
    if (spacing !== undefined && isUniform(f.axes[axis]!)) {
      return graph.scale(graph.sub(upper, lower), 0.5 / (spacing * spacing));
    }
    const [above, below] = [graph.mul(factor(f, axis, "upper"), upper), graph.mul(factor(f, axis, "lower"), lower)];
    return graph.scale(graph.sub(above, below), 0.5);
  });
  return graph.sum(terms);
}
