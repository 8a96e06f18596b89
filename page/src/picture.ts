/**
 * The picture of a plot, drawn by uPlot: a line a model, rings at crossovers, the present setting, the figures under the
 * cursor.
 */

import uPlot from "uplot";
import type { Curves } from "./curve";
import type { Current } from "./current";
import type { Data } from "./data";
import { type Drawn, placed } from "./drawn";
import { element, named, say } from "./elements";
import type { Size } from "./model";
import { about, decimal, plain, short } from "./numbers";
import { at, indexOf } from "./range";
import type { Scale } from "./state";

const HEIGHT = 360;
/** The size on paper: the width of A4 between margins, in CSS pixels. */
const PAPER = { width: 680, height: 300 };
/** Changes that are marked for a pair, and labelled where they are so few. */
const MARKS = 40;
const LABELLED = 6;
/** Line and dashes of the models in turn: told apart without colours too. */
const DASHES = [[], [8, 4], [2, 3], [10, 3, 2, 3], [14, 4], [5, 2], [1, 4], [12, 3, 2, 3, 2, 3]];

export class Picture {
  readonly canvas = element("div", { class: "canvas", role: "img" });
  readonly legend = element("ul", { class: "legend" });
  private readonly readings: HTMLElement[];
  private readonly reading = element("span", { class: "reading" });
  private readonly line = element("div", { class: "now", hidden: true });
  private readonly dots: HTMLElement[];
  private picture: uPlot | null = null;
  private drawn: Drawn | null = null;
  private sizes: readonly Size[] = [];
  private paper = false;
  /** What the picture was made for; with other figures of the same it is only filled anew. */
  private shape = "";

  constructor(
    private readonly data: Data,
    private readonly models: readonly Current[],
    private readonly curves: Curves,
    private readonly zoomed: (from: string, to: string) => void,
  ) {
    const names = models.map(({ evaluated }) => short(evaluated.model.name));
    this.readings = names.map(() => element("span", { class: "figure" }));
    this.dots = names.map((_, i) => element("div", { class: `dot series-${i % DASHES.length}`, hidden: true }));
    this.legend.append(...names.map((name, i) => element("li", {}, sample(i), named(name), " ", this.readings[i] as HTMLElement)));
    this.legend.append(element("li", { class: "where" }, this.reading));
    new ResizeObserver(() => this.fit()).observe(this.canvas);
  }

  /** Whether there is a picture that figures can be filled into. */
  get made(): boolean {
    return this.shape !== "";
  }

  /** The next picture is made anew, in the colours of the page; for a printer as wide as paper is. */
  renew(paper: boolean): void {
    this.paper = paper;
    this.shape = "";
  }

  /** Show what is drawn. */
  show(drawn: Drawn): void {
    this.drawn = drawn;
    const { control, range, indices, curves, metric, x, y, axes, whole } = drawn;
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
        bind: { dblclick: () => () => { this.zoomed("", ""); return null; } },
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
    this.zoomed(size(left), size(left + width));
  }

  /** The figures under the cursor; those at the present setting where there is none. */
  private read(place: number | null): void {
    if (!this.drawn) return;
    const { indices, range, curves, metric, control } = this.drawn;
    const index = place === null ? undefined : indices[place];
    const name = short(this.data.controls[control]?.label ?? "");
    say(this.reading, index === undefined ? `at ${name} = ${short(this.sizes[control]?.text ?? "")}` : `at ${name} = ${decimal(at(range, index))}`);
    this.readings.forEach((where, i) => {
      const model = this.models[i] as Current;
      const totals = index === undefined ? (model.fault ? null : model.figures) : curves[i]?.[place as number];
      say(where, totals?.[metric] ? about(totals[metric]) : "–");
    });
  }

  /** A line at the present setting and a dot on every curve. */
  mark(sizes: readonly Size[] = this.sizes): void {
    this.sizes = sizes;
    const { picture, drawn } = this;
    if (picture?.scales["x"]?.min == null || !drawn) return;
    const value = sizes[drawn.control]?.number;
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
