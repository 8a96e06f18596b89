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

/** Rounds of one sum, as many as Python adds one by one, and the bits that a power may have. */
const MOST_ROUNDS = 1n << 17n;
const MOST_BITS = 1_000_000n;
/** Operations on small numbers that a run may take within its rounds: some tenths of a second. */
const MOST_WORK = 5_000_000;
const WORD = 64;

/** What is left of the work of a run, and what an operation on numbers as large as its sizes counts. */
export interface Work {
  left: number;
  each: number;
}

/** The work of a value by itself, which has no rounds. */
const ALONE: Readonly<Work> = { left: Infinity, each: 0 };

/** Sizes at which a formula is legal but would take too long here. */
export class TooLarge extends Error {}

// -- trees -----------------------------------------------------------------------------------------------------------

export function valueOf(tree: Tree, work: Work = { ...ALONE }): Value {
  if (typeof tree === "number") return (slots) => slots[tree] as bigint;
  if (typeof tree === "string") {
    const number = BigInt(tree);
    return () => number;
  }
  const [operation, ...inside] = tree;
  return applied(operation, inside.map((one) => valueOf(one, work)), work);
}

export function ratioOf([over, under]: Ratio): (slots: Slots) => Fraction {
  const above = valueOf(over);
  const below = valueOf(under);
  return under === "1" ? (slots) => [above(slots), 1n] : (slots) => fraction(above(slots), below(slots));
}

function applied(operation: Operation, of: Value[], work: Work): Value {
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
      return (s) => power(a(s), b(s), work);
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

function power(base: bigint, exponent: bigint, work: Work): bigint {
  const bits = BigInt(bitsOf(base)) * exponent;
  if (bits > MOST_BITS) throw new TooLarge();
  spend(work, Number(bits) / WORD);
  return base ** exponent;
}

function spend(work: Work, amount: number): void {
  work.left -= amount;
  if (work.left < 0) throw new TooLarge();
}

function bitsOf(n: bigint): number {
  const digits = (n < 0n ? -n : n).toString(16);
  return 4 * (digits.length - 1) + (32 - Math.clz32(parseInt(digits.charAt(0), 16)));
}

function divisible(u: bigint, v: bigint, d: bigint): bigint {
  const rounded = floor(2n * u + d * v, 2n * d * v);
  return d * greater(1n, greater(rounded, ceiling(9n * u, 10n * d * v)));
}

// -- programs --------------------------------------------------------------------------------------------------------

export function runOf(program: Program): Run {
  const work: Work = { left: 0, each: 1 };
  const body = bodyOf(program.steps, work);
  return (slots) => {
    const words = slots.reduce((most, size) => Math.max(most, bitsOf(size)), 0) / WORD;
    [work.left, work.each] = [MOST_WORK, 1 + (words * words) / 16];
    return body(slots);
  };
}

function bodyOf(steps: Step[], work: Work): Run {
  const runs = steps.map((step) => stepOf(step, work));
  return (slots) => {
    for (const run of runs) {
      const complaint = run(slots);
      if (complaint >= 0) return complaint;
    }
    return -1;
  };
}

/** The operations of steps, those of inner rounds apart. */
function operations(steps: Step[]): number {
  const within = (tree: Tree): number => (Array.isArray(tree) ? 1 + tree.slice(1).reduce<number>((sum, one) => sum + within(one as Tree), 0) : 0);
  return steps.reduce((sum, step) => {
    if (step[0] === "let") return sum + 1 + within(step[2]);
    if (step[0] === "require") return sum + 1 + within(step[2]) + within(step[3]);
    return sum + 1;
  }, 1);
}

function stepOf(step: Step, work: Work): Run {
  switch (step[0]) {
    case "let": {
      const [, slot, tree] = step;
      const value = valueOf(tree, work);
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
      const [a, b] = [valueOf(left, work), valueOf(right, work)];
      const holds = RELATIONS[relation];
      return (slots) => (holds(a(slots), b(slots)) ? -1 : complaint);
    }
    case "repeat": {
      const [, slot, begin, end, steps] = step;
      return repeat(slot, BigInt(begin), valueOf(end, work), bodyOf(steps, work), operations(steps), work);
    }
  }
}

const RELATIONS = {
  "at least": (a: bigint, b: bigint) => a >= b,
  equal: (a: bigint, b: bigint) => a === b,
  differs: (a: bigint, b: bigint) => a !== b,
  divides: (a: bigint, b: bigint) => a >= 1n && b % a === 0n,
};

function repeat(
  slot: number | null, begin: bigint, end: Value, body: Run, cost: number, work: Work,
): Run {
  return (slots) => {
    const stop = end(slots);
    if (slot === null) return begin < stop ? body(slots) : -1;
    if (stop - begin > MOST_ROUNDS) throw new TooLarge();
    for (let round = begin; round < stop; round++) {
      spend(work, cost * work.each);
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
