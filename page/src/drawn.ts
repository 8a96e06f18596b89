/** What a plot shows: the sizes that were looked at, and the figures there. */

import type { Axis } from "./axis";
import type { Run } from "./crossover";
import type { TotalsAt } from "./model";
import type { Fraction } from "./numbers";
import type { Range } from "./range";
import type { Scale } from "./state";

export interface Drawn {
  control: number;
  metric: number;
  range: Range;
  indices: bigint[];
  whole: boolean;
  /** Whether there was not the time for all sizes that were to be looked at, and at how many a model is too large. */
  late: boolean;
  large: number;
  x: Scale;
  y: Scale;
  axes: { x: Axis; y: Axis };
  /** By the numbers of the models. */
  curves: TotalsAt[][];
  /** Which totals the curves have. */
  key: string;
  crossovers: { first: number; second: number; runs: Run[] }[];
}

/** Where a figure stands; null where there is none, or no place for it on the axis. */
export function placed(value: Fraction | null | undefined, axis: Axis): number | null {
  return value ? axis.place(value) : null;
}
