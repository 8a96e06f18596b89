/**
 * The range of a plot and the sizes in it that are looked at.
 *
 * Sizes are whole numbers, those of a multiplier hundredths or finer: a grid of x = index/per, and every index is a whole number.
 */

import type { Control } from "./data";
import { type Fraction, compare, difference, fraction, log10, powerOfTen, times } from "./numbers";
import type { Scale } from "./state";

export interface Range {
  /** The first and the last index, and what an index is a part of: 1, or 100 for hundredths. */
  low: bigint;
  high: bigint;
  per: bigint;
}

/** Where every size is looked at: no more than these. */
export const EVERY = 1500;
/** How many are where there are more. */
export const SOME = 600;

export function at(range: Pick<Range, "per">, index: bigint): Fraction {
  return fraction(index, range.per);
}

/** The index of the size of a range that is nearest to a number. */
export function indexOf({ low, high, per }: Range, [over, under]: Fraction): bigint {
  const index = (2n * over * per + under) / (2n * under);
  return index < low ? low : index > high ? high : index;
}

/** The least number of sizes of a multiplier's range: where it has fewer hundredths they are thousandths, and so on. */
const FEW = 20n;
/** No finer than this. */
const FINEST = 10n ** 12n;

/** The range between two sizes, at least `least`, in hundredths or finer where it is `rational`; null where it is none. */
export function between(from: Fraction, to: Fraction, least: bigint, rational: boolean): Range | null {
  if (from[0] < 0n || compare(from, to) >= 0) return null;
  let per = rational ? 100n : 1n;
  while (rational && per < FINEST && compare(times(difference(to, from), per), [FEW, 1n]) < 0) per *= 10n;
  const [a, b] = [times(from, per), times(to, per)];
  const first = (a[0] + a[1] - 1n) / a[1];
  const bottom = rational ? 1n : least;
  const range = { low: first < bottom ? bottom : first, high: b[0] / b[1], per };
  return range.low < range.high ? range : null;
}

/** The range that a symbol is plotted over where none is asked for: that of its slider, or from the least size, or a quarter. */
export function usual(value: Fraction, control: Pick<Control, "slider" | "per">, least: bigint | null): [Fraction, Fraction] {
  const [low, high] = control.slider ?? [];
  const per = BigInt(control.per);
  const from: Fraction = low !== undefined ? fraction(BigInt(low), per) : least !== null ? [least, 1n] : fraction(value[0], 4n * value[1]);
  const to: Fraction = high !== undefined ? fraction(BigInt(high), per) : times(value, 4n);
  return [compare(value, from) < 0 ? value : from, compare(to, from) > 0 ? to : [from[0] + 8n, 1n]];
}

/** How many sizes a range has. */
export function count(range: Range): bigint {
  return range.high - range.low + 1n;
}

/** How far above a round place a size is looked for that is legal. */
const NEAR = 256n;

/** Indices of a range in rising order: all, or about `most` of them, evenly apart on the axis, legal where some are near. */
export function sampled(range: Range, scale: Scale, most: number, legal: (index: bigint) => boolean): bigint[] {
  const size = count(range);
  if (size <= BigInt(most)) return Array.from({ length: Number(size) }, (_, i) => range.low + BigInt(i));
  const found = [range.low];
  const add = (index: bigint): void => {
    if (index > (found.at(-1) as bigint) && index <= range.high) found.push(index);
  };
  for (let i = 1; i < most - 1; i++) {
    const [index, next] = [apart(range, scale, i, most), apart(range, scale, i + 1, most)];
    add(firstOf(index, next - index < NEAR ? next : index + NEAR, legal) ?? index);
  }
  add(range.high);
  return found;
}

/** The place of one of `most` indices that are evenly apart on the axis. */
function apart({ low, high }: Range, scale: Scale, i: number, most: number): bigint {
  if (scale === "linear") return low + ((high - low) * BigInt(i)) / BigInt(most - 1);
  const [from, to] = [log10([low, 1n]), log10([high, 1n])];
  return powerOfTen(from + ((to - from) * i) / (most - 1));
}

/** The first of the indices from one to before another that is legal. */
function firstOf(from: bigint, end: bigint, legal: (index: bigint) => boolean): bigint | null {
  for (let index = from; index < end; index++) if (legal(index)) return index;
  return null;
}
