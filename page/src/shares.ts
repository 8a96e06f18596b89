/** Shares: what layers and boxes of a diagram have of a total. */

import type { Box } from "./data";
import type { Parts } from "./model";
import { type Fraction, ZERO, quotient, sum, times } from "./numbers";

/** The sum of a metric over layers. */
export function costOf(parts: Parts, layers: Iterable<number>, metric: number): Fraction {
  let total = ZERO;
  for (const layer of layers) {
    const cost = parts.costs[layer]?.[metric];
    if (cost) total = sum(total, cost);
  }
  return total;
}

/** What a box stands for: one of its equal rows of layers as often as it is there. */
export function costOfBox(parts: Parts, box: Box, metric: number): Fraction {
  return times(costOf(parts, box.layers, metric), BigInt(box.times));
}

/** A part of a whole as a float; 0 of nothing. */
export function shareOf(part: Fraction, whole: Fraction): number {
  return whole[0] ? quotient(part, whole) : 0;
}

/** Which box every layer belongs to; one that no box names is in the row of equal ones that the box before it stands for. */
export function boxesOfLayers(boxes: ReadonlyMap<string, Box>, count: number): (string | null)[] {
  const found = new Array<string | null>(count).fill(null);
  for (const [name, { layers }] of boxes) for (const layer of layers) found[layer] = name;
  for (let layer = 1; layer < count; layer++) {
    const before = found[layer - 1] ?? null;
    if (found[layer] === null && before !== null && (boxes.get(before)?.times ?? 1) > 1) found[layer] = before;
  }
  return found;
}
