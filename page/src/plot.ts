/**
 * The plot: one metric of every model against one symbol, as a picture and in words. This is what is asked for, and the
 * figures that are looked at for it.
 *
 * A closed form exists at whole numbers only: where every one of them is there the line has steps, as floors have.
 */

import { axisOf } from "./axis";
import { type Order, orderOf, runs, withEnds } from "./crossover";
import type { Current } from "./current";
import { Curves } from "./curve";
import type { Control, Data } from "./data";
import type { Drawn } from "./drawn";
import { button, choice, element, labelled, say } from "./elements";
import { calm } from "./frames";
import type { Size, TotalsAt } from "./model";
import { type Fraction, ZERO, compare, plain, read, short, times } from "./numbers";
import { Picture } from "./picture";
import { EVERY, type Range, SOME, at, between, count, sampled, usual } from "./range";
import type { PlotState, State } from "./state";
import { Words, over } from "./words";

/** Milliseconds that curves may take within a frame, and the search for crossovers too: so many sizes are looked at. */
const PATIENCE = 12;
/** How long the reader has to be still for the rest, and what that may take. */
const STILL = 120;
const LONG = 250;

export class Plot {
  private readonly curves: Curves;
  private readonly metric: HTMLSelectElement;
  private readonly control: HTMLSelectElement;
  private readonly from = element("input", { id: "plot-from", class: "box", type: "text", inputmode: "decimal", autocomplete: "off", size: 7 });
  private readonly to = element("input", { id: "plot-to", class: "box", type: "text", inputmode: "decimal", autocomplete: "off", size: 7 });
  private readonly x = element("input", { id: "plot-x", type: "checkbox" });
  private readonly y = element("input", { id: "plot-y", type: "checkbox" });
  private readonly reset: HTMLButtonElement;
  private readonly trouble = element("p", { class: "fault", id: "plot-fault", role: "status", dir: "auto" });
  private readonly picture: Picture;
  private readonly words: Words;
  private drawn: Drawn | null = null;
  /** The boxes that are being typed in. */
  private readonly typed = new Set<HTMLInputElement>();
  private wanted: { key: string; indices: bigint[] } = { key: "", indices: [] };
  private last: { state: State; sizes: readonly Size[] } | null = null;
  private readonly settled = calm(STILL, () => this.last && this.show(this.last.state, this.last.sizes, true));

  constructor(
    root: HTMLElement,
    private readonly data: Data,
    private readonly models: readonly Current[],
    private readonly changed: (change: Partial<PlotState>) => void,
  ) {
    this.curves = new Curves(models);
    this.metric = choice("plot-metric", data.metrics.map(({ label }) => label), 0);
    this.control = choice("plot-control", data.controls.map(({ label }) => short(label)), 0);
    this.reset = button("Reset range", () => this.changed({ from: "", to: "" }));
    this.listen();
    this.picture = new Picture(data, models, this.curves, (from, to) => this.changed({ from, to }));
    this.words = new Words(data, models);
    const pickers = element("div", { class: "tools", role: "group", "aria-label": "Axes of the plot" },
      labelled("Plot", this.metric), labelled("against", this.control), labelled("from", this.from), labelled("to", this.to),
      element("label", { class: "check", for: this.x.id }, this.x, element("span", {}, "log x")),
      element("label", { class: "check", for: this.y.id }, this.y, element("span", {}, "log y")), this.reset);
    const { legend, canvas } = this.picture;
    const { note, crossings, details } = this.words;
    root.append(element("h2", {}, "Plot"), pickers, this.trouble, legend, canvas, note, crossings, details);
    root.hidden = !data.controls.length;
  }

  /** Show the curves at sizes; `patient` where the reader is still. */
  show(state: State, sizes: readonly Size[], patient = false): void {
    if (!this.data.controls.length) return;
    this.last = { state, sizes };
    const { plot } = state;
    this.fields(plot);
    const [asked, other] = this.ranges(plot, sizes);
    const range = asked ?? (this.drawn?.control === plot.control ? this.drawn.range : other);
    say(this.trouble, asked ? "" : `${this.complaint(plot)} ${range ? `The plot goes on ${over(this.data.controls[plot.control]?.label ?? "", range)}.` : "There is nothing to plot."}`);
    for (const box of [this.from, this.to]) box.setAttribute("aria-invalid", `${!asked}`);
    this.picture.canvas.hidden = this.words.details.hidden = !range;
    if (range) {
      this.draw(plot, sizes, range, patient);
    } else {
      this.drawn = null;
      this.words.clear();
    }
    this.picture.mark(sizes);
  }

  /** Draw again in the colours of the page; for a printer as wide as paper is. */
  repaint(paper: boolean): void {
    this.picture.renew(paper);
    if (this.last) this.show(this.last.state, this.last.sizes);
  }

  // -- what is asked for

  private listen(): void {
    this.metric.addEventListener("change", () => this.changed({ metric: Number(this.metric.value) }));
    this.control.addEventListener("change", () => this.changed({ control: Number(this.control.value), from: "", to: "" }));
    this.from.addEventListener("change", () => this.changed({ from: this.from.value.trim() }));
    this.to.addEventListener("change", () => this.changed({ to: this.to.value.trim() }));
    for (const box of [this.from, this.to]) {
      box.addEventListener("input", () => this.typed.add(box));
      for (const event of ["change", "blur"]) box.addEventListener(event, () => this.typed.delete(box));
    }
    this.x.addEventListener("change", () => this.changed({ x: this.x.checked ? "log" : "linear" }));
    this.y.addEventListener("change", () => this.changed({ y: this.y.checked ? "log" : "linear" }));
  }

  private fields({ metric, control, x, y }: PlotState): void {
    this.metric.value = `${metric}`;
    this.control.value = `${control}`;
    this.x.checked = x === "log";
    this.y.checked = y === "log";
  }

  /** The range that is asked for, and the one where none is; null where that is no range. */
  private ranges({ control, from, to, x }: PlotState, sizes: readonly Size[]): [asked: Range | null, other: Range | null] {
    const parameters = this.models.flatMap(({ evaluated }) => evaluated.model.parameters.filter((p) => p.control === control));
    const own = this.data.controls[control] as Control;
    const least = BigInt(Math.min(...parameters.map((p) => p.least)));
    const rational = parameters.some((p) => p.slots.length === 2);
    const present = sizes[control]?.number;
    const begin = read(own.start) ?? present ?? ([1n, 1n] as Fraction);
    const [low, high] = usual(begin, own, rational ? null : least);
    const reached = present && compare(present, high) > 0 ? times(present, 2n) : high;
    const [a, b] = [from ? read(from) : low, to ? read(to) : reached];
    for (const [box, text, value] of [[this.from, from, a], [this.to, to, b]] as const) {
      const shown = text || (value ? plain(value) : "");
      if (!this.typed.has(box) && box.value !== shown) box.value = shown;
    }
    const bottom = x === "log" && least < 1n ? 1n : least; // a logarithmic axis has no 0
    return [a && b && between(a, b, bottom, rational), between(low, reached, bottom, rational)];
  }

  private complaint({ from, to }: PlotState): string {
    for (const text of [from, to]) if (text && !read(text)) return `${short(text)} is not a number.`;
    for (const text of [from, to]) if ((read(text) ?? ZERO)[0] < 0n) return `There are no sizes below 0, such as ${short(text)}.`;
    return "A range goes from one size to a greater one.";
  }

  // -- curves

  private draw(plot: PlotState, sizes: readonly Size[], asked: Range, patient: boolean): void {
    const range = plot.x === "log" && asked.low < 1n ? { ...asked, low: 1n } : asked;
    const every = count(range) <= BigInt(EVERY);
    const wanted = this.sizes(plot, range, every ? EVERY : SOME);
    this.curves.turn(sizes, plot.control, range);
    this.curves.allow(patient ? LONG : PATIENCE);
    const indices = this.curves.reached(wanted);
    const less = indices.length < wanted.length;
    const { control, metric, x, y } = plot;
    const { key } = this.curves;
    const before = this.drawn;
    const same = before && !before.late && before.key === key && before.metric === metric && before.control === control &&
      before.x === x && before.y === y && before.range.low === range.low && before.range.high === range.high &&
      before.indices.length === indices.length && before.indices.every((index, i) => index === indices[i]);
    if (same && this.picture.made) return;
    const curves = this.models.map((_, model) => indices.map((index) => this.curves.at(model, index) ?? null));
    this.curves.allow(patient ? LONG : PATIENCE);
    const crossovers = this.crossovers(metric, indices, curves, every && !less);
    const late = less || this.curves.late;
    if (late && !patient) this.settled();
    const figures = curves.flatMap((curve) => curve.flatMap((totals) => (totals?.[metric] ? [totals[metric]] : [])));
    const greatest = figures.reduce((a, b) => (compare(a, b) < 0 ? b : a), ZERO);
    const axes = { x: axisOf(x, at(range, range.low), at(range, range.high)), y: axisOf(y, ZERO, greatest) };
    const whole = every && !less && range.per === 1n;
    const large = indices.filter((_, place) => curves.some((curve) => curve[place]?.length === 0)).length;
    this.drawn = { control, metric, range, indices, whole, late, large, x, y, axes, curves, key, crossovers };
    this.picture.show(this.drawn);
    this.words.show(this.drawn, patient, wanted.length);
    this.picture.canvas.setAttribute("aria-label", this.words.summary);
  }

  /** The sizes that are to be looked at, with the one that the page starts at, which is legal. */
  private sizes({ control, x }: PlotState, range: Range, most: number): bigint[] {
    const key = `${control} ${x} ${range.low} ${range.high} ${range.per}`;
    if (this.wanted.key === key) return this.wanted.indices;
    const legal = (index: bigint): boolean => this.models.every(({ evaluated }) => evaluated.allows(control, at(range, index)));
    const indices = sampled(range, x, most, legal);
    const start = read((this.data.controls[control] as Control).start);
    const [index, under] = start ? times(start, range.per) : ZERO;
    const place = nearest(indices, index);
    if (under === 1n && index > range.low && index < range.high && indices[place] !== index) indices.splice(place, 0, index);
    this.wanted = { key, indices };
    return indices;
  }

  private crossovers(metric: number, indices: bigint[], curves: TotalsAt[][], every: boolean): Drawn["crossovers"] {
    const places = new Map(indices.map((index, place) => [index, place]));
    const pairs = this.models.flatMap((_, second) => Array.from({ length: second }, (_, first) => [first, second] as const));
    return pairs.map(([first, second]) => {
      const order = (index: bigint): Order | null => {
        const place = places.get(index);
        const figure = (model: number): Fraction | null =>
          (place === undefined ? this.curves.at(model, index) : curves[model]?.[place])?.[metric] ?? null;
        const a = figure(first);
        return a && orderOf(a, figure(second));
      };
      return { first, second, runs: runs(every ? indices : withEnds(indices, order), order) };
    });
  }
}

function nearest(indices: readonly bigint[], index: bigint): number {
  let [low, high] = [0, indices.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((indices[middle] as bigint) < index) low = middle + 1;
    else high = middle;
  }
  return low;
}
