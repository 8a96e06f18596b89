/**
 * The range of a plot and the sizes in it that are looked at.
 *
 * Sizes are whole numbers, those of a multiplier hundredths: a grid of x = index/per, and every index is a whole number.
 */

import type { Control } from "./data";
import { type Fraction, compare, fraction, times } from "./numbers";
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

export function at(range: Range, index: bigint): Fraction {
  return fraction(index, range.per);
}

/**
 * The range between two sizes, at least `least`, in hundredths where it is `rational`; null where it is none.
 */
export function between(from: Fraction, to: Fraction, least: bigint, rational: boolean): Range | null {
  const per = rational ? 100n : 1n;
  const [a, b] = [times(from, per), times(to, per)];
  if (a[0] < 0n || b[0] < 0n) return null;
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

/** The sizes that a model is known to allow: `first` and every `step` from there. */
export interface Steps {
  first: bigint;
  step: bigint;
}

/** Indices of a range in rising order: all, or about `most` of them, evenly apart on the axis and in steps. */
export function sampled(range: Range, scale: Scale, most: number, { first, step }: Steps = { first: 0n, step: 1n }): bigint[] {
  const size = count(range);
  if (size <= BigInt(most)) return Array.from({ length: Number(size) }, (_, i) => range.low + BigInt(i));
  const found = [range.low];
  const [low, high] = [Math.max(Number(range.low), 1), Number(range.high)];
  for (let i = 1; i < most; i++) {
    const part = i / (most - 1);
    const index =
      i === most - 1 ? range.high
      : scale === "log" ? BigInt(Math.round(low * (high / low) ** part))
      : range.low + ((range.high - range.low) * BigInt(i)) / BigInt(most - 1);
    const stepped = index - ((index - first) % step);
    for (const next of [stepped, ...(i === most - 1 ? [range.high] : [])]) {
      if (next > (found.at(-1) as bigint) && next <= range.high) found.push(next);
    }
  }
  return found;
}

/** Round numbers on a logarithmic axis: 1, 2 and 5 times powers of ten, fewer where they are many. */
export function logTicks(low: number, high: number): number[] {
  const decades = Math.log10(high / low);
  const digits = decades < 1 ? [1, 1.5, 2, 3, 4, 5, 6, 7, 8, 9] : decades < 4 ? [1, 2, 5] : [1];
  const step = Math.max(1, Math.ceil(decades / 8));
  const ticks: number[] = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.log10(high); power++) {
    if (power % step === 0) ticks.push(...digits.map((digit) => digit * 10 ** power));
  }
  return ticks.filter((tick) => tick >= low * (1 - 1e-9) && tick <= high * (1 + 1e-9));
}
