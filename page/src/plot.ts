/**
 * The plot: one metric of every model against one symbol, drawn by uPlot, with the crossovers marked and told in words.
 *
 * A closed form exists at whole numbers only: where every one of them is there the line has steps, as floors have.
 */

import uPlot from "uplot";
import { type Axis, axisOf } from "./axis";
import { type Order, type Run, orderOf, runs, told, withEnds } from "./crossover";
import type { Current } from "./current";
import { Curves } from "./curve";
import type { Control, Data } from "./data";
import { button, choice, element, labelled, named, say } from "./elements";
import { calm } from "./frames";
import type { Size, TotalsAt } from "./model";
import { type Fraction, ZERO, about, compare, decimal, exact, read, short, times } from "./numbers";
import { EVERY, type Range, SOME, at, between, count, indexOf, sampled, usual } from "./range";
import type { PlotState, Scale, State } from "./state";

/** Milliseconds that curves may take within a frame, and the search for crossovers too: so many sizes are looked at. */
const PATIENCE = 12;
/** How long the reader has to be still for the rest, and what that may take. */
const STILL = 120;
const LONG = 250;
const HEIGHT = 360;
/** The size on paper: the width of A4 between margins, in CSS pixels. */
const PAPER = { width: 680, height: 300 };
/** Rows of the table, sentences about pairs, changes that are marked for a pair, and labelled where they are so few. */
const ROWS = 20;
const PAIRS = 15;
const MARKS = 40;
const LABELLED = 6;
/** Line and dashes of the models in turn: told apart without colours too. */
const DASHES = [[], [8, 4], [2, 3], [10, 3, 2, 3], [14, 4], [5, 2], [1, 4], [12, 3, 2, 3, 2, 3]];

/** What is drawn: the sizes that were looked at, and the figures there. */
interface Drawn {
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

export class Plot {
  private readonly curves: Curves;
  private readonly metric: HTMLSelectElement;
  private readonly control: HTMLSelectElement;
  private readonly from = element("input", { id: "plot-from", class: "box", type: "text", inputmode: "decimal", autocomplete: "off", size: 7 });
  private readonly to = element("input", { id: "plot-to", class: "box", type: "text", inputmode: "decimal", autocomplete: "off", size: 7 });
  private readonly x = element("input", { id: "plot-x", type: "checkbox" });
  private readonly y = element("input", { id: "plot-y", type: "checkbox" });
  private readonly reset: HTMLButtonElement;
  private readonly canvas = element("div", { class: "canvas", role: "img" });
  private readonly trouble = element("p", { class: "fault", id: "plot-fault", role: "status", dir: "auto" });
  private readonly legend = element("ul", { class: "legend" });
  private readonly readings: HTMLElement[];
  private readonly reading = element("span", { class: "reading" });
  private readonly note = element("p", { class: "note", id: "plot-note", hidden: true });
  private readonly crossings = element("ul", { class: "crossings", "aria-label": "Crossovers" });
  private readonly table = element("table");
  private readonly details: HTMLDetailsElement;
  private readonly line = element("div", { class: "now", hidden: true });
  private readonly dots: HTMLElement[];
  private drawn: Drawn | null = null;
  private picture: uPlot | null = null;
  private paper = false;
  /** The boxes that are being typed in. */
  private readonly typed = new Set<HTMLInputElement>();
  private wanted: { key: string; indices: bigint[] } = { key: "", indices: [] };
  private shape = "";
  private tabled: Drawn | null = null;
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
    const names = models.map(({ evaluated }) => short(evaluated.model.name));
    this.readings = names.map(() => element("span", { class: "figure" }));
    this.dots = names.map((_, i) => element("div", { class: `dot series-${i % DASHES.length}`, hidden: true }));
    this.legend.append(...names.map((name, i) => element("li", {}, sample(i), named(name), " ", this.readings[i] as HTMLElement)));
    this.legend.append(element("li", { class: "where" }, this.reading));
    this.details = element("details", { class: "figures" }, element("summary", {}, "The plotted figures as a table"),
      element("div", { class: "scroll", role: "region", tabindex: 0, "aria-label": "Plotted figures" }, this.table));
    this.details.addEventListener("toggle", () => this.tabulate());
    const pickers = element("div", { class: "tools", role: "group", "aria-label": "Axes of the plot" },
      labelled("Plot", this.metric), labelled("against", this.control), labelled("from", this.from), labelled("to", this.to),
      element("label", { class: "check", for: this.x.id }, this.x, element("span", {}, "log x")),
      element("label", { class: "check", for: this.y.id }, this.y, element("span", {}, "log y")), this.reset);
    root.append(element("h2", {}, "Plot"), pickers, this.trouble, this.legend, this.canvas, this.note, this.crossings, this.details);
    root.hidden = !data.controls.length;
    new ResizeObserver(() => this.fit()).observe(this.canvas);
  }

  /** Show the curves at sizes; `patient` where the reader is still. */
  show(state: State, sizes: readonly Size[], patient = false): void {
    if (!this.data.controls.length) return;
    this.last = { state, sizes };
    const { plot } = state;
    this.fields(plot);
    const [asked, other] = this.ranges(plot, sizes);
    const range = asked ?? (this.drawn?.control === plot.control ? this.drawn.range : other);
    say(this.trouble, asked ? "" : `${this.complaint(plot)} ${range ? `The plot goes on ${this.over(plot.control, range)}.` : "There is nothing to plot."}`);
    for (const box of [this.from, this.to]) box.setAttribute("aria-invalid", `${!asked}`);
    this.canvas.hidden = this.details.hidden = !range;
    if (range) this.draw(plot, sizes, range, patient);
    else this.clear();
    this.mark();
  }

  private clear(): void {
    this.drawn = null;
    this.note.hidden = this.crossings.hidden = true;
  }

  /** Draw again in the colours of the page; for a printer as wide as paper is. */
  repaint(paper: boolean): void {
    this.paper = paper;
    this.shape = "";
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

  private over(control: number, range: Range): string {
    const name = short(this.data.controls[control]?.label ?? "");
    return `from ${name} = ${decimal(at(range, range.low))} to ${decimal(at(range, range.high))}`;
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
    if (same && this.shape) return;
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
    this.paint();
    this.words(patient, wanted.length);
    this.tabulate();
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

  // -- picture

  private paint(): void {
    const { control, range, indices, curves, metric, x, y, axes, whole } = this.drawn as Drawn;
    const xs = indices.map((index) => axes.x.place(at(range, index)));
    const ys = curves.map((curve) => curve.map((totals) => placed(totals?.[metric], axes.y)));
    const shape = JSON.stringify([x, y, whole, metric, control, axes.x.suffix]);
    const table = [xs, ...ys] as uPlot.AlignedData;
    if (this.picture && shape === this.shape) {
      this.picture.setData(table);
      return;
    }
    this.picture?.destroy();
    this.shape = shape;
    this.picture = new uPlot(this.options(), table, this.canvas);
    this.picture.over.append(this.line, ...this.dots);
  }

  private options(): uPlot.Options {
    const { control, metric, y, axes, whole } = this.drawn as Drawn;
    const now = (): Drawn => this.drawn as Drawn;
    const style = getComputedStyle(this.canvas);
    const colour = (name: string): string => style.getPropertyValue(name).trim();
    const font = `12px ${style.fontFamily}`;
    const axis = { stroke: colour("--muted"), font, labelFont: font, grid: { stroke: colour("--rule"), width: 1 }, ticks: { stroke: colour("--rule"), width: 1 } };
    const ticks = (side: "x" | "y", apart: number): Partial<uPlot.Axis> => ({
      splits: (picture, _, low, high) => now().axes[side].ticks(low, high, Math.max(2, Math.floor((side === "x" ? picture.width : picture.height) / apart))),
      incrs: (_, __, low, high) => [Math.max(high - low, 5)], // any that uPlot finds room for: the ticks are ours
      filter: (_, places) => places,
      values: (_, places) => places.map(now().axes[side].text),
    });
    return {
      ...(this.paper ? PAPER : { width: Math.max(this.canvas.clientWidth, 200), height: HEIGHT }), legend: { show: false },
      scales: {
        x: { time: false, range: () => xRange(now()) },
        y: { range: (_, low, high) => yRange(low, high, y) },
      },
      axes: [
        { ...axis, ...ticks("x", 90), label: short(this.data.controls[control]?.label ?? "") + axes.x.suffix, labelSize: 20, size: 34 },
        { ...axis, ...ticks("y", 45), label: this.data.metrics[metric]?.label ?? "", labelSize: 20, size: 64 },
      ],
      series: [{}, ...this.models.map((_, i): uPlot.Series => ({
        stroke: colour(`--series-${i % DASHES.length}`), width: 2, dash: DASHES[i % DASHES.length] ?? [],
        points: { size: 5, fill: colour(`--series-${i % DASHES.length}`), show: true, filter: alone },
        ...(whole ? { paths: uPlot.paths.stepped?.({ align: 1 }) } : {}),
      }))],
      cursor: {
        drag: { x: true, y: false, setScale: false },
        bind: { dblclick: () => () => { this.changed({ from: "", to: "" }); return null; } },
        points: { size: 7 },
      },
      hooks: {
        draw: [(picture) => this.crosses(picture, colour("--text"), colour("--ground")), () => this.mark()],
        setSelect: [(picture) => this.zoom(picture)],
        setCursor: [(picture) => this.read(picture.cursor.idx ?? null)],
      },
    };
  }

  /** Rings where the order of two models changes, with the sizes at which it does where there is room. */
  private crosses(picture: uPlot, ink: string, ground: string): void {
    const { crossovers, range, metric, axes } = this.drawn as Drawn;
    const pen = picture.ctx;
    const size = devicePixelRatio;
    pen.save();
    pen.strokeStyle = ink;
    pen.fillStyle = ground;
    pen.lineWidth = 2 * size;
    pen.font = `${12 * size}px ${getComputedStyle(this.canvas).fontFamily}`;
    const few = crossovers.reduce((sum, { runs }) => sum + Math.max(0, runs.length - 1), 0) <= LABELLED;
    for (const { first, second, runs } of crossovers) {
      for (const run of runs.slice(1, MARKS + 1)) {
        const value = placed((this.curves.at(second, run.from) ?? this.curves.at(first, run.from))?.[metric], axes.y);
        if (value === null) continue;
        const [left, top] = [picture.valToPos(axes.x.place(at(range, run.from)) ?? NaN, "x", true), picture.valToPos(value, "y", true)];
        pen.beginPath();
        pen.arc(left, top, 5 * size, 0, 2 * Math.PI);
        pen.fill();
        pen.stroke();
        if (few) label(pen, decimal(at(range, run.from)), left, top - 11 * size, ink, ground);
      }
    }
    pen.restore();
  }

  private zoom(picture: uPlot): void {
    const { left, width } = picture.select;
    if (width < 4) return;
    const { range, axes } = this.drawn as Drawn;
    const size = (position: number): string => plain(at(range, indexOf(range, axes.x.number(picture.posToVal(position, "x")))));
    picture.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
    this.changed({ from: size(left), to: size(left + width) });
  }

  /** The figures under the cursor; those at the present setting where there is none. */
  private read(place: number | null): void {
    if (!this.drawn || !this.last) return;
    const { indices, range, curves, metric, control } = this.drawn;
    const index = place === null ? undefined : indices[place];
    const name = short(this.data.controls[control]?.label ?? "");
    say(this.reading, index === undefined ? `at ${name} = ${short(this.last.sizes[control]?.text ?? "")}` : `at ${name} = ${decimal(at(range, index))}`);
    this.readings.forEach((where, i) => {
      const model = this.models[i] as Current;
      const totals = index === undefined ? (model.fault ? null : model.figures) : curves[i]?.[place as number];
      say(where, totals?.[metric] ? about(totals[metric]) : "–");
    });
  }

  /** A line at the present setting and a dot on every curve. */
  private mark(): void {
    const { picture, drawn, last } = this;
    if (picture?.scales["x"]?.min == null || !drawn || !last) return;
    const value = last.sizes[drawn.control]?.number;
    const [wide, high] = [picture.bbox.width / devicePixelRatio, picture.bbox.height / devicePixelRatio];
    const left = picture.valToPos((value && drawn.axes.x.place(value)) ?? NaN, "x");
    const inside = left >= 0 && left <= wide;
    this.line.hidden = !inside;
    if (inside) this.line.style.transform = `translateX(${left}px)`;
    this.dots.forEach((dot, i) => {
      const model = this.models[i] as Current;
      const figure = model.fault ? null : placed(model.figures?.[drawn.metric], drawn.axes.y);
      const top = figure === null ? NaN : picture.valToPos(figure, "y");
      dot.hidden = !(inside && top >= 0 && top <= high);
      if (!dot.hidden) dot.style.transform = `translate(${left}px, ${top}px)`;
    });
    if (picture.cursor.idx == null || (picture.cursor.left ?? -1) < 0) this.read(null);
  }

  private fit(): void {
    const width = this.canvas.clientWidth;
    if (this.paper || !this.picture || !width || width === this.picture.width) return;
    this.picture.setSize({ width, height: HEIGHT });
  }

  // -- words

  /** The crossovers in sentences, and the picture in one. */
  private words(patient: boolean, wanted: number): void {
    const { crossovers, metric, whole, late, large, range, indices, control } = this.drawn as Drawn;
    const symbol = this.data.controls[control]?.label ?? "";
    const label = this.data.metrics[metric]?.label ?? "";
    const size = (index: bigint): string => `${short(symbol)} = ${decimal(at(range, index))}`;
    const name = (model: number): string => short(this.models[model]?.evaluated.model.name ?? "");
    const sentences = crossovers.slice(0, PAIRS).map(({ first, second, runs }) => {
      const [verb, where] = told(runs, size, whole && !large);
      return [`${label}: `, named(name(first)), ` ${verb} `, named(name(second)), ` ${where}`] as (Node | string)[];
    });
    if (crossovers.length > PAIRS) sentences.push([`and ${crossovers.length - PAIRS} more pairs`]);
    if (crossovers.length && !whole && (patient || !late)) sentences.push([unseen(range, indices.length)]);
    const items = sentences.map((sentence) => element("li", {}, ...sentence));
    this.crossings.replaceChildren(...items);
    this.crossings.hidden = !items.length;
    const notes = [
      ...(patient && indices.length < wanted ? [`These sizes take long to evaluate: ${indices.length} of ${wanted} were looked at.`] : []),
      ...(large ? [`Of the ${indices.length} sizes ${large} are too large to be evaluated in a page.`] : []),
    ];
    say(this.note, notes.join(" "));
    this.note.hidden = !notes.length;
    this.canvas.setAttribute("aria-label", this.summary(label, symbol, items.map((item) => item.textContent ?? "")));
  }

  private summary(label: string, symbol: string, sentences: string[]): string {
    const { curves, metric, range, control } = this.drawn as Drawn;
    const lines = this.models.map(({ evaluated }, i) => {
      const known = (curves[i] ?? []).flatMap((totals) => (totals?.[metric] ? [totals[metric]] : []));
      const [first, last] = [known[0], known.at(-1)];
      return `${short(evaluated.model.name)} ${first && last ? `from ${about(first)} to ${about(last)}` : "has no figures here"}`;
    });
    return `${label} against ${short(symbol)} ${this.over(control, range)}: ${lines.join("; ")}. ${sentences.join(". ")}`;
  }

  /** Some of the plotted figures as a table, while it is open. */
  private tabulate(): void {
    if (!this.details.open || !this.drawn || this.drawn === this.tabled) return;
    this.tabled = this.drawn;
    const { curves, indices, metric, range, control } = this.drawn;
    const step = Math.max(1, (indices.length - 1) / (ROWS - 1));
    const places = Array.from({ length: Math.min(ROWS, indices.length) }, (_, i) => Math.round(i * step));
    const rows = places.map((place) => element("tr", {}, element("th", { scope: "row" }, decimal(at(range, indices[place] as bigint))),
      ...curves.map((curve) => {
        const totals = curve[place];
        return element("td", { class: "figure" }, totals?.[metric] ? exact(totals[metric]) : totals ? "too large for a page" : "outside the domain");
      })));
    const heads = this.models.map(({ evaluated }) => element("th", { scope: "col", class: "figure" }, named(short(evaluated.model.name))));
    const head = element("tr", {}, element("th", { scope: "col" }, named(short(this.data.controls[control]?.label ?? ""))), ...heads);
    const caption = element("caption", {}, `${this.data.metrics[metric]?.label}, ${rows.length} of ${indices.length} sizes`);
    this.table.replaceChildren(caption, element("thead", {}, head), element("tbody", {}, ...rows));
  }
}

/** A short line in the colour and the dashes of a series. */
function sample(series: number): SVGSVGElement {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  const line = document.createElementNS(space, "line");
  for (const [name, value] of [["width", "34"], ["height", "10"], ["aria-hidden", "true"], ["class", `series-${series % DASHES.length}`]] as const) svg.setAttribute(name, value);
  for (const [name, value] of [["x1", "0"], ["x2", "34"], ["y1", "5"], ["y2", "5"], ["stroke-dasharray", (DASHES[series % DASHES.length] ?? []).join(" ")]] as const) line.setAttribute(name, value);
  svg.append(line);
  return svg;
}

/** A text on its own ground, so that lines do not run through it. */
function label(pen: CanvasRenderingContext2D, text: string, left: number, bottom: number, ink: string, ground: string): void {
  pen.save();
  pen.textAlign = "center";
  pen.strokeStyle = ground;
  pen.lineWidth *= 2;
  pen.strokeText(text, left, bottom);
  pen.fillStyle = ink;
  pen.fillText(text, left, bottom);
  pen.restore();
}

/** Where a figure stands; null where there is none, or no place for it on the axis. */
function placed(value: Fraction | null | undefined, axis: Axis): number | null {
  return value ? axis.place(value) : null;
}

/** A size as it is typed. */
function plain(size: Fraction): string {
  if (size[1] === 1n) return `${size[0]}`;
  const short = decimal(size);
  return read(short) ? short : `${size[0]}/${size[1]}`;
}

/** The places of figures with none on either side, which a line would not show. */
function alone(picture: uPlot, series: number, show: boolean): number[] {
  const values = (picture.data[series] ?? []) as (number | null)[];
  if (!show) return [];
  return values.flatMap((value, i) => (value != null && values[i - 1] == null && values[i + 1] == null ? [i] : []));
}

/** The ends of the x axis: those of the range, whether there are figures or not. */
function xRange({ range, axes }: Drawn): [number, number] {
  const [low, high] = [range.low, range.high].map((index) => axes.x.place(at(range, index)) ?? 0) as [number, number];
  return low < high ? [low, high] : [low - 1, low + 1];
}

/** The ends of the y axis: from 0 on a linear one, unless all figures are near to each other. */
function yRange(low: number | null, high: number | null, scale: Scale): [number, number] {
  if (low === null || high === null) return scale === "log" ? [0, 1] : [1, 10];
  if (scale === "log") {
    const margin = Math.max((high - low) * 0.05, high > low ? 1e-6 : 0.3);
    return [low - margin, high + margin];
  }
  const margin = high > low ? Math.max((high - low) * 0.06, Math.abs(high) * 1e-9) : Math.abs(high) * 0.1 || 1;
  return [low >= 0 && low < 0.7 * high ? 0 : low - margin, high + margin];
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

function unseen(range: Range, looked: number): string {
  const all = about([count(range), 1n]);
  const some = `Not every size was looked at: ${looked} of ${all}.`;
  const parts = range.per === 100n ? "Only hundredths were looked at." : `Only multiples of 1/${range.per} were looked at.`;
  const seen = range.per !== 1n && BigInt(looked) === count(range) ? parts : some;
  return `${seen} A change and a change back between two of them are not seen.`;
}
