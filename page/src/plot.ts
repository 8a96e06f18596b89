/**
 * The plot: one metric of every model against one symbol, drawn by uPlot, with the crossovers marked and told in words.
 *
 * A closed form exists at whole numbers only: where every one of them is there the line has steps, as floors have.
 */

import uPlot from "uplot";
import { type Run, orderOf, runs, told } from "./crossover";
import type { Current } from "./current";
import { type Curve, Curves, totalsAt } from "./curve";
import type { Control, Data } from "./data";
import { button, choice, element, labelled, named, say } from "./elements";
import { calm } from "./frames";
import type { Size } from "./model";
import { type Fraction, about, decimal, exact, read, short, tick, times, toNumber } from "./numbers";
import { EVERY, type Range, SOME, at, between, count, logTicks, sampled, usual } from "./range";
import type { PlotState, Scale, State } from "./state";

/** Milliseconds that curves may take within a frame; where they would take longer fewer sizes are looked at first. */
const PATIENCE = 12;
/** How many sizes are looked at in a hurry, and how long the reader has to be still for the rest. */
const HURRIED = 100;
const STILL = 120;
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
  x: Scale;
  y: Scale;
  curves: Curve[];
  crossovers: { first: number; second: number; runs: Run[] }[];
}

export class Plot {
  private readonly curves = new Curves();
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
  private readonly crossings = element("ul", { class: "crossings", "aria-label": "Crossovers" });
  private readonly table = element("table");
  private readonly details: HTMLDetailsElement;
  private readonly line = element("div", { class: "now", hidden: true });
  private readonly dots: HTMLElement[];
  private drawn: Drawn | null = null;
  private picture: uPlot | null = null;
  private paper = false;
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
    root.append(element("h2", {}, "Plot"), pickers, this.trouble, this.legend, this.canvas, this.crossings, this.details);
    root.hidden = !data.controls.length;
    new ResizeObserver(() => this.fit()).observe(this.canvas);
  }

  /** Show the curves at sizes; with `patient` at all the sizes that are to be looked at, whatever it takes. */
  show(state: State, sizes: readonly Size[], patient = false): void {
    if (!this.data.controls.length) return;
    this.last = { state, sizes };
    this.fields(state.plot);
    const range = this.range(state.plot, sizes);
    say(this.trouble, range ? "" : this.complaint(state.plot));
    for (const box of [this.from, this.to]) box.setAttribute("aria-invalid", `${!range}`);
    if (range) this.draw(state.plot, sizes, range, patient);
    this.mark();
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
    this.x.addEventListener("change", () => this.changed({ x: this.x.checked ? "log" : "linear" }));
    this.y.addEventListener("change", () => this.changed({ y: this.y.checked ? "log" : "linear" }));
  }

  private fields({ metric, control, x, y }: PlotState): void {
    this.metric.value = `${metric}`;
    this.control.value = `${control}`;
    this.x.checked = x === "log";
    this.y.checked = y === "log";
  }

  private range({ control, from, to }: PlotState, sizes: readonly Size[]): Range | null {
    const parameters = this.models.flatMap(({ evaluated }) => evaluated.model.parameters.filter((p) => p.control === control));
    const own = this.data.controls[control] as Control;
    const least = parameters.reduce((low, p) => Math.min(low, p.least), Infinity);
    const rational = parameters.some((p) => p.slots.length === 2);
    const present = sizes[control]?.number;
    const begin = read(own.start) ?? present ?? ([1n, 1n] as Fraction);
    const [low, high] = usual(begin, own, rational ? null : BigInt(Number.isFinite(least) ? least : 1));
    const reached = present && toNumber(present) > toNumber(high) ? ([2n * present[0], present[1]] as Fraction) : high;
    const [a, b] = [from ? read(from) : low, to ? read(to) : reached];
    for (const [box, text, value] of [[this.from, from, a], [this.to, to, b]] as const) {
      const shown = text || (value ? decimal(value) : "");
      if (document.activeElement !== box || !text) if (box.value !== shown) box.value = shown;
    }
    return a && b && between(a, b, BigInt(least), rational);
  }

  private complaint({ from, to }: PlotState): string {
    for (const text of [from, to]) if (text && !read(text)) return `${short(text)} is not a number.`;
    return "A range goes from one size to a greater one.";
  }

  // -- curves

  private draw(plot: PlotState, sizes: readonly Size[], range: Range, patient: boolean): void {
    const every = count(range) <= BigInt(EVERY);
    const look = (most: number): bigint[] => this.sizes(plot, range, most);
    let indices = look(every ? EVERY : SOME);
    const took = this.curves.cost(this.models, sizes, plot.control, range, indices);
    const hurried = !patient && took > PATIENCE && indices.length > HURRIED;
    if (hurried) {
      indices = look(HURRIED);
      this.settled();
    }
    const curves = this.curves.of(this.models, sizes, plot.control, range, indices);
    const before = this.drawn;
    const same = before && before.metric === plot.metric && before.control === plot.control && before.x === plot.x &&
      before.y === plot.y && before.indices.length === indices.length && before.range.low === range.low &&
      before.range.high === range.high && before.curves.every((curve, i) => curve === curves[i]);
    if (same && this.shape) return;
    const crossovers = this.crossovers(plot, sizes, range, indices, curves);
    const whole = every && !hurried && range.per === 1n;
    this.drawn = { control: plot.control, metric: plot.metric, range, indices, whole, x: plot.x, y: plot.y, curves, crossovers };
    this.paint();
    this.words(hurried);
    this.tabulate();
  }

  /** The sizes that are looked at, with the one that the page starts at, which is legal. */
  private sizes({ control, x }: PlotState, range: Range, most: number): bigint[] {
    const { start, slider } = this.data.controls[control] as Control;
    const steps = range.per === 1n && slider ? { first: BigInt(slider[0]), step: BigInt(slider[2]) } : undefined;
    const indices = sampled(range, x, most, steps);
    const number = read(start);
    const [index, under] = number ? times(number, range.per) : [0n, 1n];
    const place = nearest(indices, index);
    if (under === 1n && index > range.low && index < range.high && indices[place] !== index) indices.splice(place, 0, index);
    return indices;
  }

  private crossovers(plot: PlotState, sizes: readonly Size[], range: Range, indices: bigint[], curves: Curve[]): Drawn["crossovers"] {
    const { metric, control } = plot;
    const known = new Map(indices.map((index, place) => [index, place]));
    const figure = (model: number, index: bigint): Fraction | null => {
      const place = known.get(index);
      const found = place !== undefined ? curves[model]?.[place] : totalsAt(this.models[model] as Current, sizes, control, at(range, index));
      return found?.[metric] ?? null;
    };
    const pairs = this.models.flatMap((_, second) => Array.from({ length: second }, (_, first) => [first, second] as const));
    return pairs.map(([first, second]) => ({
      first, second, runs: runs(indices, (index) => orderOf(figure(first, index), figure(second, index))),
    }));
  }

  // -- picture

  private paint(): void {
    const { range, indices, curves, metric, x, y, whole } = this.drawn as Drawn;
    const xs = indices.map((index) => toNumber(at(range, index)));
    const ys = curves.map((curve) => curve.map((totals) => plotted(totals?.[metric], y)));
    const shape = JSON.stringify([x, y, whole, metric, this.drawn?.control]);
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
    const { control, metric, x, y, whole } = this.drawn as Drawn;
    const style = getComputedStyle(this.canvas);
    const colour = (name: string): string => style.getPropertyValue(name).trim();
    const font = `12px ${style.fontFamily}`;
    const axis = { stroke: colour("--muted"), font, labelFont: font, grid: { stroke: colour("--rule"), width: 1 }, ticks: { stroke: colour("--rule"), width: 1 } };
    const logarithmic = (scale: Scale): Partial<uPlot.Axis> => scale === "log" ? { splits: (_, __, low, high) => logTicks(low, high), filter: (_, ticks) => ticks } : {};
    return {
      ...(this.paper ? PAPER : { width: Math.max(this.canvas.clientWidth, 200), height: HEIGHT }), legend: { show: false },
      scales: {
        x: { time: false, distr: x === "log" ? 3 : 1, range: (_, low, high) => [low, high] },
        y: { distr: y === "log" ? 3 : 1, range: (_, low, high) => yRange(low, high, y) },
      },
      axes: [
        { ...axis, ...logarithmic(x), label: short(this.data.controls[control]?.label ?? ""), labelSize: 20, size: 34, values: (_, ticks) => ticks.map(tick), space: 60 },
        { ...axis, ...logarithmic(y), label: this.data.metrics[metric]?.label ?? "", labelSize: 20, size: 64, values: (_, ticks) => ticks.map(tick) },
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
    const { crossovers, curves, indices, range, metric, y } = this.drawn as Drawn;
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
        const place = nearest(indices, run.from);
        const value = plotted((curves[second]?.[place] ?? curves[first]?.[place])?.[metric], y);
        if (value === null) continue;
        const [left, top] = [picture.valToPos(toNumber(at(range, run.from)), "x", true), picture.valToPos(value, "y", true)];
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
    const { range } = this.drawn as Drawn;
    const size = (position: number): string => {
      const value = picture.posToVal(position, "x");
      return range.per === 1n ? `${Math.round(value)}` : value.toFixed(2);
    };
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
    const left = picture.valToPos(value ? toNumber(value) : NaN, "x");
    const inside = left >= 0 && left <= wide;
    this.line.hidden = !inside;
    if (inside) this.line.style.transform = `translateX(${left}px)`;
    this.dots.forEach((dot, i) => {
      const model = this.models[i] as Current;
      const figure = model.fault ? null : plotted(model.figures?.[drawn.metric], drawn.y);
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
  private words(hurried: boolean): void {
    const { crossovers, metric, whole, range, indices, control } = this.drawn as Drawn;
    const symbol = this.data.controls[control]?.label ?? "";
    const label = this.data.metrics[metric]?.label ?? "";
    const size = (index: bigint): string => `${short(symbol)} = ${decimal(at(range, index))}`;
    const name = (model: number): string => short(this.models[model]?.evaluated.model.name ?? "");
    const sentences = crossovers.slice(0, PAIRS).map(({ first, second, runs }) => {
      const [verb, where] = told(runs, size);
      return [`${label}: `, named(name(first)), ` ${verb} `, named(name(second)), ` ${where}`] as (Node | string)[];
    });
    if (crossovers.length > PAIRS) sentences.push([`and ${crossovers.length - PAIRS} more pairs`]);
    if (crossovers.length && !whole && !hurried) sentences.push([unseen(range, indices.length)]);
    const items = sentences.map((sentence) => element("li", {}, ...sentence));
    this.crossings.replaceChildren(...items);
    this.crossings.hidden = !items.length;
    this.canvas.setAttribute("aria-label", this.summary(label, symbol, items.map((item) => item.textContent ?? "")));
  }

  private summary(label: string, symbol: string, sentences: string[]): string {
    const { curves, metric, range } = this.drawn as Drawn;
    const lines = this.models.map(({ evaluated }, i) => {
      const known = (curves[i] ?? []).flatMap((totals) => (totals?.[metric] ? [totals[metric]] : []));
      const [first, last] = [known[0], known.at(-1)];
      return `${short(evaluated.model.name)} ${first && last ? `from ${about(first)} to ${about(last)}` : "has no figures here"}`;
    });
    const where = `${short(symbol)} from ${decimal(at(range, range.low))} to ${decimal(at(range, range.high))}`;
    return `${label} against ${where}: ${lines.join("; ")}. ${sentences.join(". ")}`;
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
        const value = curve[place]?.[metric];
        return element("td", { class: "figure" }, value ? exact(value) : "outside the domain");
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

/** A figure as a float; null where it has no place on the axis. */
function plotted(value: Fraction | null | undefined, scale: Scale): number | null {
  const number = value ? toNumber(value) : NaN;
  return Number.isFinite(number) && (scale === "linear" || number > 0) ? number : null;
}

/** The places of figures with none on either side, which a line would not show. */
function alone(picture: uPlot, series: number, show: boolean): number[] {
  const values = (picture.data[series] ?? []) as (number | null)[];
  if (!show) return [];
  return values.flatMap((value, i) => (value != null && values[i - 1] == null && values[i + 1] == null ? [i] : []));
}

/** The ends of the y axis: from 0 on a linear one, unless all figures are near to each other. */
function yRange(low: number, high: number, scale: Scale): [number, number] {
  if (low == null || high == null || !Number.isFinite(low)) return [1, 10];
  if (scale === "log") return low === high ? [low / 2, high * 2] : [low / (high / low) ** 0.05, high * (high / low) ** 0.05];
  const margin = (high - low) * 0.06 || Math.abs(high) * 0.1 || 1;
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
  if (range.per !== 1n && BigInt(looked) === count(range)) return "Only hundredths were looked at: a change and a change back between two of them are not seen.";
  const all = tick(Number(count(range)));
  return `Not every size was looked at: ${looked} of ${all}. A change and a change back between two of them are not seen.`;
}
