/** Curves: the totals of models over a range of one symbol, the other sizes as they are. */

import type { Current } from "./current";
import type { Size } from "./model";
import type { Fraction } from "./numbers";
import { type Range, at } from "./range";

/** The totals of one model, every metric, by the place of a size; null outside of its domain. */
export type Curve = (Fraction[] | null)[];

export class Curves {
  private readonly known = new Map<Current, { key: string; curve: Curve }>();
  /** What one total took of late, in milliseconds. */
  private pace = 0.02;

  /** The curves of models at sizes in rising order. */
  of(models: readonly Current[], sizes: readonly Size[], control: number, range: Range, indices: readonly bigint[]): Curve[] {
    return models.map((model) => {
      const key = keyOf(model, sizes, control, range, indices);
      const before = this.known.get(model);
      if (before?.key === key) return before.curve;
      const begin = performance.now();
      const curve = curveOf(model, sizes, control, range, indices);
      this.pace = (performance.now() - begin) / curve.length;
      this.known.set(model, { key, curve });
      return curve;
    });
  }

  /** How many milliseconds the curves of those models that have changed would take. */
  cost(models: readonly Current[], sizes: readonly Size[], control: number, range: Range, indices: readonly bigint[]): number {
    const changed = models.filter((m) => this.known.get(m)?.key !== keyOf(m, sizes, control, range, indices));
    return changed.length * indices.length * this.pace;
  }
}

/** The totals of a model at one size of a symbol; null outside of its domain. */
export function totalsAt(model: Current, sizes: readonly Size[], control: number, value: Fraction): Fraction[] | null {
  const moved = { text: "", number: value };
  return model.evaluated.known(sizes.map((size, i) => (i === control ? moved : size)));
}

function curveOf(model: Current, sizes: readonly Size[], control: number, range: Range, indices: readonly bigint[]): Curve {
  if (!model.evaluated.has(control)) {
    const everywhere = model.evaluated.known(sizes);
    return indices.map(() => everywhere);
  }
  return indices.map((index) => totalsAt(model, sizes, control, at(range, index)));
}

function keyOf(model: Current, sizes: readonly Size[], control: number, range: Range, indices: readonly bigint[]): string {
  const others = model.evaluated.model.parameters.filter((p) => p.control !== control).map((p) => sizes[p.control]?.text);
  return JSON.stringify([control, `${range.low} ${range.high} ${range.per}`, indices.length, `${indices[1]}`, others]);
}
