/** The table of the layers of a model: figures, shares and formulas; sorted, filtered and summed up as the reader likes. */

import type { Layer, Metric, Model } from "./data";
import { button, element, named, roving, say } from "./elements";
import { calm } from "./frames";
import type { Parts } from "./model";
import { type Fraction, ZERO, about, compare, percent } from "./numbers";
import { costOf, shareOf } from "./shares";
import type { Sort, State } from "./state";

interface Row {
  row: HTMLTableRowElement;
  name: HTMLButtonElement;
  /** What a filter looks into. */
  text: string;
  output: HTMLElement;
  outputFormula: HTMLElement;
  figures: HTMLElement[];
  share: HTMLElement;
  bar: HTMLElement;
  part: string;
  formula: HTMLElement;
  /** What it was last filled with. */
  filled: Filling | null;
}

/** What the rows are filled with. */
interface Filling {
  parts: Parts;
  whole: Fraction;
  most: Fraction;
  metric: number;
  formulas: boolean;
}

export interface LayerEvents {
  over(layer: number | null): void;
  choose(layer: number): void;
  filter(text: string): void;
  sort(sort: Sort | null): void;
  formulas(shown: boolean): void;
}

/** Of more rows than this those out of sight are filled when the reader has been still so long, so many at a time. */
const MANY = 100;
const STILL = 150;
const AT_ONCE = 60;
/** Characters of a formula that stand in a cell before it is cut; the rest is seen on hovering. */
const FORMULA = 400;

export class Layers {
  private readonly rows: Row[];
  private readonly heads = new Map<string, HTMLTableCellElement>();
  private readonly body = element("tbody");
  private readonly table: HTMLTableElement;
  private readonly box: HTMLInputElement;
  private readonly formulas: HTMLInputElement;
  private readonly count = element("p", { class: "count", role: "status" });
  private readonly foot: { name: HTMLElement; figures: HTMLElement[]; share: HTMLElement };
  private order: number[];
  private filter: string | null = null;
  private shown: number[];
  private stop: (to: HTMLElement) => void;
  private filling: Filling | null = null;
  private readonly seen = new Set<number>();
  private readonly settled = calm(STILL, () => this.fillSome());

  constructor(section: Element, private readonly model: Model, private readonly metrics: Metric[], number: number, events: LayerEvents) {
    this.rows = model.layers.map((layer, i) => rowOf(layer, metrics, i, events));
    this.order = model.layers.map((_, i) => i);
    this.shown = this.order;
    this.box = element("input", { id: `filter-${number}`, type: "search", class: "filter", placeholder: "name or kind", autocomplete: "off", spellcheck: "false" });
    this.box.addEventListener("input", () => events.filter(this.box.value));
    this.formulas = element("input", { id: `formulas-${number}`, type: "checkbox" });
    this.formulas.addEventListener("change", () => events.formulas(this.formulas.checked));
    const figures = metrics.map(() => element("td", { class: "figure" }));
    this.foot = { name: element("th", { scope: "row", colspan: 3 }), figures, share: element("td", { class: "share" }) };
    this.body.append(...this.rows.map(({ row }) => row));
    this.stop = roving(this.rows.map(({ name }) => name));
    this.table = element(
      "table", { class: "rows" }, columns(metrics), element("thead", {}, this.head(events)), this.body,
      element("tfoot", {}, element("tr", {}, this.foot.name, ...figures, this.foot.share, element("td", { class: "formula" }))),
    );
    const tools = element(
      "div", { class: "tools" }, element("label", { for: this.box.id }, element("span", {}, "Filter"), this.box),
      element("label", { for: this.formulas.id, class: "check" }, this.formulas, element("span", {}, "Formulas")), this.count,
    );
    this.table.style.setProperty("--metrics", `${metrics.length}`);
    const heading = element("h3", {}, "Layers");
    const scroll = element("div", { class: "scroll", role: "region", tabindex: 0, "aria-label": `Layers of ${model.name}` }, this.table);
    section.append(heading, tools, scroll);
    this.watch();
  }

  /** Know which rows are seen, and fill those that come into sight. */
  private watch(): void {
    const places = new Map<Element, number>(this.rows.map(({ row }, i) => [row, i]));
    const observer = new IntersectionObserver((entries) => {
      for (const { target, isIntersecting } of entries) {
        const i = places.get(target) as number;
        if (isIntersecting) this.seen.add(i);
        else this.seen.delete(i);
      }
      this.seen.forEach((i) => this.fill(i));
    });
    this.rows.forEach(({ row }) => observer.observe(row));
  }

  /** Show the parts of a model; with `every` the rows that are out of sight too. */
  show(parts: Parts, totals: Fraction[], state: State, every: boolean): void {
    const { metric, formulas } = state;
    const whole = totals[metric] ?? ZERO;
    const most = parts.costs.reduce((a, costs) => (compare(a, costs[metric] ?? ZERO) < 0 ? (costs[metric] as Fraction) : a), ZERO);
    const first = this.filling === null;
    this.filling = { parts, whole, most, metric, formulas };
    if (first || every || this.rows.length <= MANY) this.rows.forEach((_, i) => this.fill(i));
    else {
      this.seen.forEach((i) => this.fill(i));
      this.settled();
    }
    this.table.classList.toggle("formulas", state.formulas);
    if (this.formulas.checked !== state.formulas) this.formulas.checked = state.formulas;
    this.heading(state);
    const moved = this.arrange(parts, state.sort, metric);
    const chosen = this.choose(state.filter);
    if (moved || chosen) this.begin();
    this.sums(parts, totals, metric);
  }

  /** Mark rows that are pointed at and those that are chosen. */
  mark(over: ReadonlySet<number>, chosen: ReadonlySet<number>): void {
    this.rows.forEach(({ row, name }, i) => {
      row.classList.toggle("lit", over.has(i) || chosen.has(i));
      const pressed = `${chosen.has(i)}`;
      if (name.getAttribute("aria-pressed") !== pressed) name.setAttribute("aria-pressed", pressed);
    });
  }

  /** Bring a row into view, within the table. */
  reveal(layer: number): void {
    const row = this.rows[layer];
    const scroll = row?.row.closest(".scroll");
    if (!row || !scroll || row.row.hidden) return;
    this.stop(row.name);
    const [inside, outside] = [row.row.getBoundingClientRect(), scroll.getBoundingClientRect()];
    scroll.scrollBy(0, inside.top - outside.top - (outside.height - inside.height) / 2);
  }

  /** Fill some of the rows that are not up to date, and go on with the others a little later. */
  private fillSome(): void {
    const behind = this.rows.flatMap((row, i) => (row.filled === this.filling ? [] : [i]));
    behind.slice(0, AT_ONCE).forEach((i) => this.fill(i));
    if (behind.length > AT_ONCE) requestAnimationFrame(() => this.fillSome());
  }

  private fill(i: number): void {
    const [row, layer, filling] = [this.rows[i] as Row, this.model.layers[i] as Layer, this.filling];
    if (!filling || row.filled === filling) return;
    row.filled = filling;
    const { parts, whole, most, metric, formulas } = filling;
    const costs = parts.costs[i] ?? [];
    const extents = parts.extents[i];
    say(row.output, extents ? extents.join("×") : layer.output.formula);
    row.figures.forEach((cell, m) => say(cell, costs[m] ? about(costs[m]) : ""));
    const cost = costs[metric] ?? null;
    say(row.share, cost ? percent(cost, whole) : "");
    const part = cost ? shareOf(cost, most).toFixed(4) : "0";
    if (part !== row.part) {
      row.part = part;
      row.bar.style.setProperty("--part", part);
    }
    if (!formulas) return;
    if (extents) say(row.outputFormula, layer.output.formula);
    const formula = layer.costs[metric]?.formula ?? "";
    say(row.formula, formula.length > FORMULA ? `${formula.slice(0, FORMULA)}…` : formula);
  }

  private heading({ metric, sort }: State): void {
    const share = this.heads.get("share")?.querySelector("button");
    const label = this.metrics[metric]?.label ?? "";
    if (share) say(share, `share of ${label}`);
    const formula = this.heads.get("formula");
    if (formula) say(formula, `formula of ${label}`);
    for (const [column, head] of this.heads) {
      const sorted = sort?.column !== column ? "none" : sort.descending ? "descending" : "ascending";
      if (column !== "formula" && head.getAttribute("aria-sort") !== sorted) head.setAttribute("aria-sort", sorted);
    }
  }

  private head(events: LayerEvents): HTMLTableRowElement {
    const sorts = [["name", "layer"], ["kind", "kind"], ["output", "output"], ...this.metrics.map(({ label }, i) => [`${i}`, label]), ["share", "share"]];
    const cells = (sorts as [string, string][]).map(([column, text]) => {
      const figure = column !== "name" && column !== "kind" && column !== "output" && column !== "share";
      const head = element("th", { scope: "col", "aria-sort": "none", class: figure ? "figure" : column },
        button(text, () => events.sort(next(column, head)), { class: "sort" }));
      this.heads.set(column, head);
      return head;
    });
    const formula = element("th", { scope: "col", class: "formula" });
    this.heads.set("formula", formula);
    return element("tr", {}, ...cells, formula);
  }

  /** Show the rows that a filter finds; whether they are others than before. */
  private choose(filter: string): boolean {
    if (this.box.value !== filter) this.box.value = filter;
    if (this.filter === filter) return false;
    this.filter = filter;
    const wanted = filter.trim().toLowerCase();
    this.shown = [];
    this.rows.forEach(({ row, text }, i) => {
      row.hidden = !text.includes(wanted);
      if (!row.hidden) this.shown.push(i);
    });
    const all = this.rows.length;
    say(this.count, this.shown.length === all ? `${all} layers` : `${this.shown.length} of ${all} layers`);
    return true;
  }

  /** Let the Tab key come to the first row that is shown. */
  private begin(): void {
    const first = this.order.find((layer) => !(this.rows[layer] as Row).row.hidden);
    if (first !== undefined) this.stop((this.rows[first] as Row).name);
  }

  /** Bring the rows into order; whether it is another one than before. */
  private arrange(parts: Parts, sort: Sort | null, metric: number): boolean {
    const order = this.rows.map((_, i) => i);
    if (sort) {
      const by = comparison(this.model, parts, sort.column === "share" ? `${metric}` : sort.column);
      order.sort((a, b) => (sort.descending ? by(b, a) : by(a, b)) || a - b);
    }
    if (order.every((layer, i) => layer === this.order[i])) return false;
    this.order = order;
    this.body.append(...order.map((layer) => (this.rows[layer] as Row).row));
    return true;
  }

  private sums(parts: Parts, totals: Fraction[], metric: number): void {
    const sums = this.metrics.map((_, m) => costOf(parts, this.shown, m));
    const all = this.shown.length === this.rows.length;
    say(this.foot.name, all ? "all layers" : `${this.shown.length} of ${this.rows.length} layers`);
    this.foot.figures.forEach((cell, m) => say(cell, about(sums[m] ?? ZERO)));
    say(this.foot.share, percent(sums[metric] ?? ZERO, totals[metric] ?? ZERO));
  }
}

/** The next way to sort by a column: figures from the greatest, texts from A; the third time as in the network. */
function next(column: string, head: Element): Sort | null {
  const now = head.getAttribute("aria-sort");
  const first = column !== "name" && column !== "kind" ? "descending" : "ascending";
  if (now === "none") return { column, descending: first === "descending" };
  return now === first ? { column, descending: first !== "descending" } : null;
}

function comparison(model: Model, parts: Parts, column: string): (a: number, b: number) => number {
  const text = (of: (layer: Layer) => string) => (a: number, b: number) =>
    of(model.layers[a] as Layer).localeCompare(of(model.layers[b] as Layer), "en", { numeric: true });
  if (column === "name") return text((layer) => layer.name);
  if (column === "kind") return text((layer) => layer.kind);
  if (column === "output") {
    const size = (layer: number): bigint => parts.extents[layer]?.reduce((a, b) => a * b, 1n) ?? -1n;
    return (a, b) => (size(a) < size(b) ? -1 : size(a) > size(b) ? 1 : 0);
  }
  const cost = (layer: number): Fraction => parts.costs[layer]?.[Number(column)] ?? [-1n, 1n];
  return (a, b) => compare(cost(a), cost(b));
}

/** Widths of their own, so that a figure that grows does not move the rows. */
function columns(metrics: Metric[]): HTMLElement {
  const classes = ["name", "kind", "output", ...metrics.map(() => "figure"), "share", "formula"];
  return element("colgroup", {}, ...classes.map((name) => element("col", { class: name })));
}

function rowOf(layer: Layer, metrics: Metric[], i: number, events: LayerEvents): Row {
  const name = button("", () => events.choose(i), { class: "layer", "aria-pressed": "false", title: titleOf(layer) });
  name.append(named(layer.name));
  const output = element("span");
  const outputFormula = element("span", { class: "formula" });
  const figures = metrics.map(() => element("td", { class: "figure" }));
  const share = element("span", { class: "percent" });
  const bar = element("span", { class: "part", "aria-hidden": "true" });
  const formula = element("td", { class: "formula", dir: "auto" });
  const head = element("th", { scope: "row", class: "name" }, name);
  if (layer.training) head.append(" ", element("small", { class: "training" }, "training only"));
  const kind = element("td", { class: "kind", title: layer.kind }, named(layer.kind));
  if (layer.times) kind.append(" ", element("b", { class: "times" }, layer.times));
  const row = element("tr", { "data-layer": i, class: layer.training ? "training" : "" }, head, kind,
    element("td", { class: "output" }, output, outputFormula), ...figures, element("td", { class: "share" }, share, bar), formula);
  row.addEventListener("pointerenter", () => events.over(i));
  row.addEventListener("pointerleave", () => events.over(null));
  name.addEventListener("focus", () => events.over(i));
  name.addEventListener("blur", () => events.over(null));
  row.addEventListener("click", (event) => {
    if (!name.contains(event.target as Node)) events.choose(i);
  });
  const text = `${layer.name}\n${layer.module}\n${layer.kind}`.toLowerCase();
  return { row, name, text, output, outputFormula, figures, share, bar, part: "", formula, filled: null };
}

function titleOf(layer: Layer): string {
  return layer.module ? `${layer.name} (${layer.module})` : layer.name;
}
