/** Light or dark, as the reader has it; paper is light. */

import type { Data, Ramp } from "./data";

const DARK = matchMedia("(prefers-color-scheme: dark)");

export class Theme {
  private printing = false;

  constructor(private readonly data: Data, changed: () => void) {
    DARK.addEventListener("change", changed);
    window.addEventListener("beforeprint", () => {
      this.printing = true;
      changed();
    });
    window.addEventListener("afterprint", () => {
      this.printing = false;
      changed();
    });
  }

  get ramp(): Ramp {
    return DARK.matches && !this.printing ? this.data.ramps.dark : this.data.ramps.light;
  }

  /** Light for the printer, while it prints. */
  get light(): boolean {
    return this.printing;
  }
}
