/**
 * The operators that are symmetric with the volumes of cells as weights: the Laplacian, and the divergence of fluxes. What
 * is implicit in a step is made of them.
 */

import type { Id } from "../graph.js";
import { type Call, difference, expectSpace, namedOf, orderOf, refuseFactors } from "./call.js";
import type { Neighbourhood } from "./differences.js";
import * as differences from "./differences.js";
import type { Tree } from "./grammar.js";
import type { Reading } from "./meaning.js";
import { mapParts, multiply, type Scalar } from "./scalar.js";
import { noFlux } from "./space.js";

/** A call of such an operator. */
export interface Laplacian {
  /** The argument that the operator is applied to. */
  readonly operand: Tree;
  readonly apply: (value: Scalar) => Scalar;
  /** Equal for calls that are the same operator, their conditions aside. */
  readonly key: string;
  /** The coefficient of the fluxes, a number in each cell. */
  readonly coefficient?: Id;
}

/** The operator of a call, where it is such a one. @throws CompileError for wrong arguments */
export function laplacianOf(reading: Reading, call: Call): Laplacian | undefined {
  switch (call.name) {
    case "laplace":
      return laplace(reading, call);
    case "laplace9":
      return laplace9(reading, call);
    case "div":
      return div(reading, call);
    default:
      return undefined;
  }
}

function laplace(reading: Reading, call: Call): Laplacian {
  expectSpace(reading, call);
  reading.expectArgs(call, 1, 1);
  const { corner_weight: corner, order: written } = namedOf(reading, call, ["order", "corner_weight"]);
  const order = orderOf(reading, call, written);
  const operand = call.args[0]!;
  const apply = corner ? ninePoint(reading, call, corner, order) : (n: Neighbourhood) => differences.laplace(n, order);
  const key = `laplace ${order} ${corner ? reading.known(corner) : ""}`;
  return { operand, key, apply: (value) => difference(reading, "laplace", operand, value, apply) };
}

function ninePoint(reading: Reading, call: Call, tree: Tree | undefined, order: number): (n: Neighbourhood) => Id {
  const { axes } = reading.scope;
  if (axes.length !== 2) {
    throw reading.wrong(call, "two axes for 9 points", String(axes.length), "Use laplace without corners.");
  }
  refuseFactors(reading, call, "9 points");
  if (order > 2)
    throw reading.wrong(call, "order 2 for 9 points", String(order), "Leave the corners or the order out.");
  const weight = tree ? reading.known(tree) : 1 / 3;
  if (weight === undefined || !(Math.abs(weight) <= 1)) {
    throw reading.wrong(
      tree!,
      "a weight of corners from -1 to 1",
      reading.quote(tree!),
      "Write a number, such as 1/3.",
    );
  }
  return (n) => differences.laplace9(n, weight);
}

function laplace9(reading: Reading, call: Call): Laplacian {
  expectSpace(reading, call);
  reading.expectArgs(call, 1, 1);
  const { corner_weight: corner } = namedOf(reading, call, ["corner_weight"]);
  const apply = ninePoint(reading, call, corner, 2);
  const operand = call.args[0]!;
  const key = `laplace9 ${corner ? reading.known(corner) : ""}`;
  return { operand, key, apply: (value) => difference(reading, "laplace9", operand, value, apply) };
}

/** The factors of a product or quotient without `grad(f)`, and that f; `undefined` where it is no such product. */
function fluxOf(
  tree: Tree,
): { readonly f: Tree; readonly factors: readonly (readonly ["*" | "/", Tree])[]; sign: 1 | -1 } | undefined {
  if (tree.kind === "call" && tree.name === "grad" && tree.args.length === 1 && tree.named.length === 0) {
    return { f: tree.args[0]!, factors: [], sign: 1 };
  }
  if (tree.kind === "negate") {
    const flux = fluxOf(tree.operand);
    return flux && { ...flux, sign: flux.sign === 1 ? -1 : 1 };
  }
  if (tree.kind !== "chain" || tree.links.some(({ operator }) => operator === "+" || operator === "-"))
    return undefined;
  const links = [{ operator: "*" as const, operand: tree.first }, ...tree.links];
  const place = links.findIndex(({ operator, operand }) => operator === "*" && fluxOf(operand));
  if (place < 0) return undefined;
  const inner = fluxOf(links[place]!.operand)!;
  const rest = links.filter((_, i) => i !== place);
  return {
    ...inner,
    factors: [...inner.factors, ...rest.map(({ operator, operand }) => [operator as "*" | "/", operand] as const)],
  };
}

/** `div(k * grad(f))`. */
function div(reading: Reading, call: Call): Laplacian {
  expectSpace(reading, call);
  reading.expectArgs(call, 1, 1);
  namedOf(reading, call, []);
  const [tree] = call.args;
  const flux = fluxOf(tree!);
  if (!flux) {
    throw reading.wrong(tree!, "k * grad(f) in div", reading.quote(tree!), "Use divergence and gradient otherwise.");
  }
  const { graph, scope } = reading;
  const { f: operand, sign } = flux;
  const signed = (result: Scalar) => (sign === 1 ? result : mapParts(result, (part) => graph.neg(part)));
  const k = coefficientOf(reading, flux.factors);
  const key = `div ${sign} ${k}`;
  // One number for all faces.
  if (!graph.varies(k)) {
    const apply = (value: Scalar) => difference(reading, "div", operand, value, (n) => differences.laplace(n, 2));
    return { operand, key, coefficient: k, apply: (value) => signed(multiply(graph, { re: k }, apply(value))) };
  }
  // In a kernel each field has one halo.
  const isKernel = scope.use === "kernel";
  const at = isKernel ? reading.neighbour("div", k, tree!) : reading.neighbourBy({ condition: noFlux }, k);
  const faces = { graph, axes: scope.axes, own: k, at };
  const apply = (value: Scalar) =>
    signed(difference(reading, "div", operand, value, (n) => differences.diffusion(faces, n)));
  return { operand, key, coefficient: k, apply };
}

/** The product of the factors of a flux, a real number in each cell. */
function coefficientOf(reading: Reading, factors: readonly (readonly ["*" | "/", Tree])[]): Id {
  const { graph } = reading;
  let k = graph.constant(1);
  for (const [operator, tree] of factors) {
    const factor = reading.real(tree, "a real coefficient of a flux");
    k = operator === "*" ? graph.mul(k, factor) : graph.div(k, factor);
  }
  return k;
}
