/**
 * Curves: the totals of models over one symbol, the other sizes as they are.
 *
 * A total is evaluated once and kept. How long one takes is not known before, so that there is a time for them and not a
 * number: what there is no time for is not looked at.
 */

import type { Current } from "./current";
import type { Size, TotalsAt } from "./model";
import { type Range, at } from "./range";

/** Totals that are kept of a model. */
const KEPT = 100_000;

/** What is known of a model: its totals by the index of the size, one for all where the symbol is none of its own. */
interface Known {
  key: string;
  moves: boolean;
  totals: Map<bigint, TotalsAt>;
}

export class Curves {
  /** Whether there was not the time for a total. */
  late = false;
  private readonly known: Known[];
  private sizes: readonly Size[] = [];
  private control = 0;
  private per = 1n;
  private until = Infinity;

  constructor(private readonly models: readonly Current[]) {
    this.known = models.map(() => ({ key: "", moves: false, totals: new Map() }));
  }

  /** Which totals these are: others where it is another text. */
  get key(): string {
    return JSON.stringify(this.known.map(({ key }) => key));
  }

  /** Go over a symbol at sizes. */
  turn(sizes: readonly Size[], control: number, { per }: Pick<Range, "per">): void {
    [this.sizes, this.control, this.per] = [sizes, control, per];
    this.models.forEach(({ evaluated }, i) => {
      const others = evaluated.model.parameters.filter((p) => p.control !== control).map((p) => sizes[p.control]?.text);
      const key = JSON.stringify([control, `${per}`, others]);
      const known = this.known[i];
      if (known?.key !== key || known.totals.size > KEPT) this.known[i] = { key, moves: evaluated.has(control), totals: new Map() };
    });
  }

  /** Take no more than so many milliseconds from now on. */
  allow(milliseconds: number): void {
    this.late = false;
    this.until = performance.now() + milliseconds;
  }

  /** The totals of a model at one size of the symbol; undefined where there is no time for them. */
  at(model: number, index: bigint): TotalsAt | undefined {
    const { totals, moves } = this.known[model] as Known;
    const place = moves ? index : 0n;
    const before = totals.get(place);
    if (before !== undefined) return before;
    if (performance.now() > this.until) {
      this.late = true;
      return undefined;
    }
    const { evaluated } = this.models[model] as Current;
    const value = at({ per: this.per }, index);
    const moved = this.sizes.map((size, i) => (i === this.control ? { text: "", number: value } : size));
    const found = evaluated.allows(this.control, value) ? evaluated.known(moved) : null;
    totals.set(place, found);
    return found;
  }

  /** Those of some indices that there is time for, in their order: evenly apart, ever more of them. */
  reached(indices: readonly bigint[]): bigint[] {
    const found: number[] = [];
    for (const place of refined(indices.length)) {
      if (this.models.some((_, model) => this.at(model, indices[place] as bigint) === undefined)) break;
      found.push(place);
    }
    return found.sort((a, b) => a - b).map((place) => indices[place] as bigint);
  }
}

/** The numbers from 0 to before another one: the ends, the middle, the middles of the halves and so on. */
export function refined(length: number): Set<number> {
  const found = new Set(length ? [0, length - 1] : []);
  for (let step = 2 ** Math.ceil(Math.log2(Math.max(length, 1))); step >= 1; step /= 2) {
    for (let place = 0; place < length; place += step) found.add(place);
  }
  return found;
}
