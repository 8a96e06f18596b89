/**
 * Crossovers: where one of two models stops costing less than the other.
 *
 * Between two sizes that were looked at and differ in the order of the models, the change is found exactly, by bisection
 * down to neighbouring sizes. What happens between two sizes of one order is not known, unless every size was looked at.
 */

import { type Fraction, compare } from "./numbers";

/** −1, 0 or 1 as the first model costs less, the same or more; null where one of them has no figure. */
export type Order = -1 | 0 | 1;
export type OrderAt = (index: bigint) => Order | null;

/** Sizes in a row, as far as they were looked at, with one order of the models. */
export interface Run {
  order: Order;
  from: bigint;
  to: bigint;
  /** How many sizes of it were looked at. */
  looked: number;
}

/** The order of two models by figures that either may not have. */
export function orderOf(a: Fraction | null, b: Fraction | null): Order | null {
  return a && b && compare(a, b);
}

/** How far from the middle of an interval a size is looked for at which both models have figures. */
const NEAR = 256n;
/** Runs after which no more are looked for between two sizes. */
const MOST = 100;

/** The runs among sizes in rising order, of which all or some were looked at. */
export function runs(sizes: readonly bigint[], order: OrderAt): Run[] {
  const found: Run[] = [];
  const add = (index: bigint, now: Order): void => {
    const last = found.at(-1);
    if (last?.order === now) [last.to, last.looked] = [index, last.looked + 1];
    else found.push({ order: now, from: index, to: index, looked: 1 });
  };
  const between = (low: bigint, below: Order, high: bigint, above: Order): void => {
    if (below === above || found.length > MOST) return;
    const middle = defined(low, high, order);
    if (middle === null) return;
    const [index, now] = middle;
    between(low, below, index, now);
    add(index, now);
    between(index, now, high, above);
  };
  let before: [bigint, Order] | null = null;
  for (const index of sizes) {
    const now = order(index);
    if (now === null) continue;
    if (before) between(before[0], before[1], index, now);
    add(index, now);
    before = [index, now];
  }
  return found;
}

/** How many sizes are looked at, one after another, for the first or the last one of both models. */
const FAR = 1024;

/** Sizes in rising order, with the first and the last one added at which both models have figures, where they are found. */
export function withEnds(sizes: readonly bigint[], order: OrderAt): bigint[] {
  const [low, high] = [sizes[0], sizes.at(-1)];
  if (low === undefined || high === undefined) return [];
  const found = new Set(sizes);
  for (const [end, by] of [[low, 1n], [high, -1n]] as const) {
    let index = end;
    for (let i = 0; i < FAR && index >= low && index <= high; i++, index += by) {
      if (order(index) === null) continue;
      found.add(index);
      break;
    }
  }
  return [...found].sort((a, b) => (a < b ? -1 : 1));
}

/** The size nearest to the middle between two others at which both models have figures, and their order there. */
function defined(low: bigint, high: bigint, order: OrderAt): [bigint, Order] | null {
  const middle = (low + high) / 2n;
  for (let away = 0n; away <= NEAR; away++) {
    for (const index of away ? [middle - away, middle + away] : [middle]) {
      const now = index > low && index < high ? order(index) : null;
      if (now !== null) return [index, now];
    }
  }
  return null;
}

const WORDS = new Map<Order, string>([[-1, "less"], [0, "the same"], [1, "more"]]);
/** Runs that a sentence tells. */
const TOLD = 6;

/**
 * The runs in words, behind the first model's name and before the second's: `costs less than`, `up to X = 239, more
 * from X = 240 on`. Where not every size was looked at that is said with it.
 */
export function told(found: readonly Run[], size: (index: bigint) => string, every: boolean): [verb: string, where: string] {
  const [first, ...others] = found;
  if (!first) return ["and", every ? "have no size in common here" : "have no size in common that was looked at"];
  const verb = first.order ? `costs ${WORDS.get(first.order)} than` : "costs the same as";
  const looked = found.reduce((sum, run) => sum + run.looked, 0);
  if (looked === 1) return [verb, `at ${size(first.from)}, the only size of both ${every ? "here" : "that was looked at"}`];
  if (!others.length) return [verb, `from ${size(first.from)} to ${size(first.to)}${every ? "" : `, at all ${looked} sizes of both that were looked at`}`];
  const parts = others.slice(0, TOLD).map((run, i) => {
    const last = i === others.length - 1;
    const where = last ? `from ${size(run.from)} on` : run.from === run.to ? `at ${size(run.from)}` : `from ${size(run.from)} to ${size(run.to)}`;
    return `${WORDS.get(run.order)} ${where}`;
  });
  const rest = others.length - TOLD;
  const more = found.length > MOST ? " and so on, many times" : rest > 0 ? ` and ${rest} more` : "";
  const start = first.from === first.to ? `at ${size(first.from)}` : `up to ${size(first.to)}`;
  const among = every ? "" : `, among the ${looked} sizes of both that were looked at`;
  return [verb, [start, ...parts].join(", ") + more + among];
}
