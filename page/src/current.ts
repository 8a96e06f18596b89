/** Where a model stands: its figures at the last sizes at which it had some, and what is wrong with the present ones. */

import type { Evaluated, Fault, Parts, Size } from "./model";
import type { Fraction } from "./numbers";

export class Current {
  fault: Fault | null = null;
  /** The total of every metric; null where it never had any. */
  figures: Fraction[] | null = null;
  /** The sizes of those figures, by the numbers of the controls. */
  at: readonly Size[] = [];
  private made: Parts | Fault | null = null;
  private seen: readonly Size[] | null = null;

  constructor(readonly evaluated: Evaluated) {}

  /** Go to other sizes. */
  move(sizes: readonly Size[]): void {
    const own = this.evaluated.model.parameters;
    const before = this.seen;
    if (before && own.every(({ control }) => before[control]?.text === sizes[control]?.text)) return;
    this.seen = sizes;
    const found = this.evaluated.figures(sizes);
    if (!Array.isArray(found)) {
      this.fault = found;
      return;
    }
    this.fault = null;
    this.figures = found;
    this.at = sizes;
    this.made = null;
  }

  /**
   * What its layers are made of at those sizes, or why that is not known; the same object as long as they are the same.
   * Null where it never had figures.
   */
  parts(): Parts | Fault | null {
    if (!this.made && this.figures) this.made = this.evaluated.parts(this.at);
    return this.made;
  }
}
