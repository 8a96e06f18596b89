/**
 * Tabs: one model's article at a time where there are several; side by side where the window is wide enough for all.
 *
 * A printer gets all of them.
 */

import { element, named, roving } from "./elements";
import { short } from "./numbers";

const WIDE = matchMedia("(min-width: 1900px)");
/** As many stand side by side. */
const BESIDE = 3;

export class Tabs {
  private readonly tabs: HTMLElement[];
  private readonly list: HTMLElement;
  private readonly stop: (to: HTMLElement) => void;
  private readonly frame: HTMLElement;
  private readonly panels: HTMLElement[];
  private chosen = 0;
  private printing = false;

  constructor(articles: HTMLElement[], names: string[], chosen: (model: number) => void, changed: () => void) {
    this.tabs = names.map((name, i) =>
      element("button", { type: "button", role: "tab", id: `tab-${i}`, "aria-controls": `panel-${i}`, title: name }, named(short(name))));
    this.list = element("div", { role: "tablist", class: "tabs", "aria-label": "Models" }, ...this.tabs);
    this.stop = roving(this.tabs);
    this.frame = element("div", { class: "models" });
    this.panels = articles.map((_, i) => element("div", { id: `panel-${i}` }));
    this.tabs.forEach((tab, i) => {
      tab.addEventListener("click", () => chosen(i));
      tab.addEventListener("focus", () => chosen(i));
    });
    articles[0]?.before(this.list, this.frame);
    this.frame.append(...this.panels);
    this.panels.forEach((panel, i) => panel.append(articles[i] as HTMLElement));
    this.arrange();
    WIDE.addEventListener("change", () => {
      this.arrange();
      changed();
    });
  }

  /** Show a model's article. */
  show(model: number, printing: boolean): void {
    if (model === this.chosen && printing === this.printing) return;
    [this.chosen, this.printing] = [model, printing];
    this.arrange();
  }

  /** Whether a model's article is seen. */
  shows(model: number): boolean {
    return this.all || model === this.chosen;
  }

  private get beside(): boolean {
    return WIDE.matches && this.panels.length <= BESIDE && !this.printing;
  }

  private get all(): boolean {
    return this.printing || this.panels.length < 2 || this.beside;
  }

  private arrange(): void {
    this.list.hidden = this.all;
    this.frame.classList.toggle("beside", this.beside && this.panels.length > 1);
    this.frame.style.setProperty("--models", `${this.panels.length}`);
    this.panels.forEach((panel, i) => {
      panel.hidden = !this.shows(i);
      if (this.all) {
        panel.removeAttribute("role");
        panel.removeAttribute("aria-labelledby");
      } else {
        panel.setAttribute("role", "tabpanel");
        panel.setAttribute("aria-labelledby", `tab-${i}`);
      }
      this.tabs[i]?.setAttribute("aria-selected", `${i === this.chosen}`);
    });
    const tab = this.tabs[this.chosen];
    if (tab) this.stop(tab);
  }
}
