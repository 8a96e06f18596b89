/** The totals of all models side by side: Python writes the table, this keeps its figures. */

import type { Data } from "./data";
import { settingOf } from "./controls";
import type { Current } from "./current";
import { element, say } from "./elements";
import { about, exact, ratio, short } from "./numbers";

interface Cell {
  exact: Element;
  about: Element;
  ratio: Element | null;
}

interface Row {
  row: Element;
  cells: Cell[];
  fault: HTMLElement;
  kept: HTMLElement;
}

export class Totals {
  private readonly rows: Row[];
  private readonly at: Element | null;

  constructor(root: HTMLElement, private readonly data: Data, private readonly models: readonly Current[]) {
    this.rows = models.map((_, i) => rowOf(root, i));
    this.at = root.querySelector(".at");
    const scroll = root.querySelector(".scroll");
    for (const [name, value] of [["role", "region"], ["tabindex", "0"], ["aria-label", "Totals"]] as const) {
      scroll?.setAttribute(name, value);
    }
  }

  show(setting: string): void {
    if (this.at) say(this.at, setting && `at ${setting}`);
    this.rows.forEach(({ row, cells, fault, kept }, i) => {
      const model = this.models[i] as Current;
      cells.forEach((cell, metric) => this.figure(cell, model, metric));
      row.classList.toggle("stale", model.fault !== null);
      fault.classList.toggle("shown", model.fault !== null);
      say(fault, model.fault?.said ?? "");
      say(kept, keptOf(this.data, model));
    });
  }

  private figure(cell: Cell, model: Current, metric: number): void {
    const value = model.figures?.[metric];
    say(cell.exact, value ? exact(value) : "–");
    say(cell.about, value ? about(value) : "");
    const first = this.models[0] as Current;
    const beside = model.fault || first.fault ? undefined : first.figures?.[metric]; // not at other sizes than the first
    if (cell.ratio) say(cell.ratio, value && beside ? ratio(value, beside) : "");
  }
}

/** Which sizes the figures of a model are of that has none at the present ones. */
export function keptOf(data: Data, model: Current): string {
  if (!model.fault) return "";
  const name = `\u2068${short(model.evaluated.model.name)}\u2069`;
  if (!model.figures) return `There are no figures of ${name} yet.`;
  const setting = settingOf(data, model.at, (control) => model.evaluated.has(control));
  return setting ? `The figures of ${name} are those at ${setting}.` : "";
}

function rowOf(root: HTMLElement, i: number): Row {
  const row = root.querySelector(`tr[data-model="${i}"]`) ?? element("tr");
  const fault = root.querySelector<HTMLElement>(`.fault[data-model="${i}"]`) ?? element("p");
  fault.id = `fault-${i}`;
  fault.setAttribute("role", "status");
  fault.dir = "auto";
  const kept = element("p", { class: "kept", dir: "auto" });
  fault.after(kept);
  const cells = [...row.querySelectorAll("td[data-metric]")].map((cell) => {
    const compared = i ? element("span", { class: "ratio" }) : null;
    if (compared) cell.append(" ", compared);
    return {
      exact: cell.querySelector(".exact") ?? element("span"),
      about: cell.querySelector(".about") ?? element("span"),
      ratio: compared,
    };
  });
  return { row, cells, fault, kept };
}
