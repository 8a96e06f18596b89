/** Shares: what layers have of a total, and boxes of a diagram. */

import type { Parts } from "./model";
import { type Fraction, ZERO, quotient, sum } from "./numbers";

/** The sum of a metric over layers. */
export function costOf(parts: Parts, layers: Iterable<number>, metric: number): Fraction {
  let total = ZERO;
  for (const layer of layers) {
    const cost = parts.costs[layer]?.[metric];
    if (cost) total = sum(total, cost);
  }
  return total;
}

/** A part of a whole as a float; 0 of nothing. */
export function shareOf(part: Fraction, whole: Fraction): number {
  return whole[0] ? quotient(part, whole) : 0;
}

/** Which box every layer belongs to. */
export function boxesOfLayers(boxes: ReadonlyMap<string, readonly number[]>, count: number): (string | null)[] {
  const found = new Array<string | null>(count).fill(null);
  for (const [name, layers] of boxes) for (const layer of layers) found[layer] = name;
  return found;
}
