/**
 * Axes: where numbers of any size stand, as floats, and what their ticks say.
 *
 * A place is a number itself, less an origin where all sizes are near to each other and in a power of ten where they are
 * great; on a logarithmic axis it is the logarithm. So no number is beyond a float, and no two of a range are the same.
 */

import { type Fraction, ZERO, compare, difference, fraction, grouped, log10, powerOfTen, quotient, sum, tick, times } from "./numbers";
import type { Scale } from "./state";

export interface Axis {
  /** What the name of the axis has behind it: " − 1 000 000" where that is its origin. */
  suffix: string;
  /** Where a number stands; null where the axis does not have it. */
  place(value: Fraction): number | null;
  /** The number at a place, as nearly as a float has it. */
  number(place: number): Fraction;
  /** About as many round places. */
  ticks(low: number, high: number, most: number): number[];
  /** What is written at a tick. */
  text(place: number): string;
}

/** Ticks are written in six digits: where they would be the same the axis has an origin. */
const NEAR = 1000n;
/** Digits of places that floats have with room for steps between them. */
const DIGITS = 15;

/** The axis of the numbers between two. */
export function axisOf(scale: Scale, low: Fraction, high: Fraction): Axis {
  const near = compare(low, high) < 0 && compare(times(difference(high, low), NEAR), low) < 0;
  if (scale === "log" && !near) return LOGARITHMIC;
  const origin: Fraction = near ? [low[0] / low[1], 1n] : ZERO;
  const greatest = difference(high, origin);
  const power = Math.max(0, (greatest[0] > 0n ? Math.floor(log10(greatest)) : 0) - DIGITS);
  const unit: Fraction = [10n ** BigInt(power), 1n];
  return {
    suffix: near ? ` − ${origin[0] < 10n ** 18n ? grouped(origin[0]) : `${origin[0]}`}` : "",
    place: (value) => quotient(difference(value, origin), unit),
    number: (place) => sum(origin, times(inMillionths(place), unit[0])),
    ticks: linearTicks,
    text: (place) => inPowers(place, power),
  };
}

const LOGARITHMIC: Axis = {
  suffix: "",
  place: (value) => (value[0] > 0n ? log10(value) : null),
  number: (place) => (place < DIGITS ? inMillionths(10 ** place) : [powerOfTen(place), 1n]),
  ticks: logTicks,
  text: (place) => {
    const power = Math.floor(place + 1e-9);
    return inPowers(10 ** (place - power), power);
  },
};

function inMillionths(value: number): Fraction {
  return fraction(BigInt(Math.round(value * 1e6)), 1_000_000n);
}

/** A float times a power of ten that may be beyond floats: 20 G, 5e400. */
function inPowers(value: number, power: number): string {
  if (!value || power < 200) return tick(value && Number((value * 10 ** power).toPrecision(12)));
  const [digits, own] = Number(value.toPrecision(6)).toExponential().split("e");
  return `${digits}e${Number(own) + power}`;
}

/** Multiples of 1, 2 or 5 times a power of ten. */
export function linearTicks(low: number, high: number, most: number): number[] {
  const least = (high - low) / most;
  const power = 10 ** Math.floor(Math.log10(least));
  const step = [1, 2, 5, 10].map((digit) => digit * power).find((one) => one >= least * (1 - 1e-9)) ?? NaN;
  const first = Math.ceil(low / step - 1e-9);
  const found = Array.from({ length: most + 2 }, (_, i) => Number(((first + i) * step).toPrecision(12)));
  return found.filter((tick) => tick <= high + step * 1e-9);
}

/** The logarithms of 1, 2 and 5 times powers of ten: fewer where they are many, any round numbers where those are few. */
export function logTicks(low: number, high: number, most: number): number[] {
  const step = Math.max(1, Math.ceil((high - low) / 8));
  const digits = high - low < 4 ? [1, 2, 5] : [1];
  const ticks: number[] = [];
  for (let power = Math.floor(low / step) * step; power <= high; power += step) {
    ticks.push(...digits.map((digit) => power + Math.log10(digit)));
  }
  const found = ticks.filter((tick) => tick >= low - 1e-9 && tick <= high + 1e-9);
  if (found.length > 3 || Math.abs(high) > 300) return found;
  return linearTicks(10 ** low, 10 ** high, most).map(Math.log10);
}
