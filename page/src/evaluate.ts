/**
 * Programs and trees as closures over slots of whole numbers: compiled once, run at every step of a slider.
 *
 * Everything is a BigInt, so it is exact at any size. What would take too long or too much memory is refused.
 */

import type { Operation, Program, Ratio, Sizes, Step, Tree } from "./data";
import { type Fraction, fraction, gcd } from "./numbers";

/** The slots of a run. */
export type Slots = bigint[];
/** A tree that has a value. */
export type Value = (slots: Slots) => bigint;
/** A program: -1, or the number of the complaint that ends it. */
export type Run = (slots: Slots) => number;

/** Rounds that one run may make in all, and the bits that a power may have. */
const MOST_ROUNDS = 2_000_000;
const MOST_BITS = 1_000_000n;

/** Sizes at which a formula is legal but would take too long here. */
export class TooLarge extends Error {}

// -- trees -----------------------------------------------------------------------------------------------------------

export function valueOf(tree: Tree): Value {
  if (typeof tree === "number") return (slots) => slots[tree] as bigint;
  if (typeof tree === "string") {
    const number = BigInt(tree);
    return () => number;
  }
  const [operation, ...inside] = tree;
  return applied(operation, inside.map(valueOf));
}

export function ratioOf([over, under]: Ratio): (slots: Slots) => Fraction {
  const above = valueOf(over);
  const below = valueOf(under);
  return under === "1" ? (slots) => [above(slots), 1n] : (slots) => fraction(above(slots), below(slots));
}

function applied(operation: Operation, of: Value[]): Value {
  const [a, b, c] = of as [Value, Value, Value];
  switch (operation) {
    case "+":
      return of.length === 2 ? (s) => a(s) + b(s) : (s) => of.reduce((total, f) => total + f(s), 0n);
    case "*":
      return of.length === 2 ? (s) => a(s) * b(s) : (s) => of.reduce((total, f) => total * f(s), 1n);
    case "-":
      return (s) => -a(s);
    case "//":
      return (s) => floor(a(s), b(s));
    case "^/":
      return (s) => ceiling(a(s), b(s));
    case "max":
      return (s) => of.map((f) => f(s)).reduce(greater);
    case "min":
      return (s) => of.map((f) => f(s)).reduce((x, y) => (y < x ? y : x));
    case "gcd":
      return (s) => of.reduce((total, f) => gcd(total, f(s)), 0n);
    case "equals":
      return (s) => (a(s) === b(s) ? 1n : 0n);
    case "reaches":
      return (s) => (a(s) >= b(s) ? 1n : 0n);
    case "power":
      return (s) => power(a(s), b(s));
    case "make_divisible":
      return (s) => divisible(a(s), b(s), c(s));
  }
}

function greater(x: bigint, y: bigint): bigint {
  return x < y ? y : x;
}

/** ⌊a/b⌋ of b ≥ 1, where a may be below 0. */
function floor(a: bigint, b: bigint): bigint {
  return a % b < 0n ? a / b - 1n : a / b;
}

function ceiling(a: bigint, b: bigint): bigint {
  return a % b > 0n ? a / b + 1n : a / b;
}

function power(base: bigint, exponent: bigint): bigint {
  if (BigInt(base.toString(2).length) * exponent > MOST_BITS) throw new TooLarge();
  return base ** exponent;
}

function divisible(u: bigint, v: bigint, d: bigint): bigint {
  const rounded = floor(2n * u + d * v, 2n * d * v);
  return d * greater(1n, greater(rounded, ceiling(9n * u, 10n * d * v)));
}

// -- programs --------------------------------------------------------------------------------------------------------

export function runOf(program: Program): Run {
  const rounds = { left: 0 };
  const body = bodyOf(program.steps, rounds);
  return (slots) => {
    rounds.left = MOST_ROUNDS;
    return body(slots);
  };
}

function bodyOf(steps: Step[], rounds: { left: number }): Run {
  const runs = steps.map((step) => stepOf(step, rounds));
  return (slots) => {
    for (const run of runs) {
      const complaint = run(slots);
      if (complaint >= 0) return complaint;
    }
    return -1;
  };
}

function stepOf(step: Step, rounds: { left: number }): Run {
  switch (step[0]) {
    case "let": {
      const [, slot, tree] = step;
      const value = valueOf(tree);
      return (slots) => {
        slots[slot] = value(slots);
        return -1;
      };
    }
    case "among": {
      const [, slot, sizes, complaint] = step;
      const holds = among(sizes);
      return (slots) => (holds(slots[slot] as bigint) ? -1 : complaint);
    }
    case "require": {
      const [, relation, left, right, complaint] = step;
      const [a, b] = [valueOf(left), valueOf(right)];
      const holds = RELATIONS[relation];
      return (slots) => (holds(a(slots), b(slots)) ? -1 : complaint);
    }
    case "repeat": {
      const [, slot, begin, end, steps] = step;
      return repeat(slot, BigInt(begin), valueOf(end), bodyOf(steps, rounds), rounds);
    }
  }
}

const RELATIONS = {
  "at least": (a: bigint, b: bigint) => a >= b,
  equal: (a: bigint, b: bigint) => a === b,
  differs: (a: bigint, b: bigint) => a !== b,
  divides: (a: bigint, b: bigint) => a >= 1n && b % a === 0n,
};

function repeat(slot: number | null, begin: bigint, end: Value, body: Run, rounds: { left: number }): Run {
  return (slots) => {
    const stop = end(slots);
    if (slot === null) return begin < stop ? body(slots) : -1;
    for (let round = begin; round < stop; round++) {
      if (--rounds.left < 0) throw new TooLarge();
      slots[slot] = round;
      const complaint = body(slots);
      if (complaint >= 0) return complaint;
    }
    return -1;
  };
}

/** Whether a size is one of these. */
export function among(sizes: Sizes): (size: bigint) => boolean {
  const alternatives = sizes.map((all) =>
    all.map(([period, sign, number]) => ({ period: BigInt(period), sign, number: BigInt(number) })),
  );
  return (size) =>
    alternatives.some((all) =>
      all.every(({ period, sign, number }) => {
        const compared = period ? ((size % period) + period) % period : size;
        return sign === ">=" ? compared >= number : sign === "<=" ? compared <= number : compared === number;
      }),
    );
}
