/** A model's article: its diagram and its layers, which point at each other. */

import type { Current } from "./current";
import { keptOf } from "./totals";
import type { Data, Ramp } from "./data";
import { Diagram, namesOf } from "./diagram";
import { choice, element, labelled, say } from "./elements";
import { type LayerEvents, Layers } from "./layers";
import type { Parts } from "./model";
import { ZERO, exact, percent } from "./numbers";
import { boxesOfLayers, costOf } from "./shares";
import type { State } from "./state";

/** What a reader changes in an article that is the same in all of them. */
export interface ViewEvents extends Pick<LayerEvents, "filter" | "sort" | "formulas"> {
  metric(metric: number): void;
}

/** What is pointed at or chosen: a box, or a layer with the box that it belongs to. */
interface Target {
  box: string | null;
  layers: number[];
}

const NOTHING: Target = { box: null, layers: [] };

export class Article {
  private readonly diagram: Diagram;
  private readonly layers: Layers;
  private readonly boxes: ReadonlyMap<string, number[]>;
  private readonly boxOf: (string | null)[];
  private readonly fault = element("p", { class: "fault", dir: "auto" });
  private readonly colour: HTMLSelectElement;
  private over = NOTHING;
  private chosen = NOTHING;
  private state: State | null = null;
  private last: unknown[] = [];
  /** What a model has that never had figures. */
  private readonly none: Parts;

  constructor(readonly root: HTMLElement, private readonly current: Current, private readonly data: Data, number: number, events: ViewEvents) {
    const { model } = current.evaluated;
    this.none = { costs: model.layers.map(() => data.metrics.map(() => null)), extents: model.layers.map(() => null) };
    this.boxes = new Map(Object.entries(model.boxes));
    this.boxOf = boxesOfLayers(this.boxes, model.layers.length);
    this.colour = choice(`colour-${number}`, data.metrics.map(({ label }) => label), 0);
    this.colour.addEventListener("change", () => events.metric(Number(this.colour.value)));
    const colour = labelled("Colours and bars", this.colour);
    this.diagram = new Diagram(root.querySelector(".diagram") ?? root, model, number, colour, {
      over: (box) => this.point(box === null ? NOTHING : this.ofBox(box)),
      choose: (box) => this.choose(this.ofBox(box), "diagram"),
    });
    this.layers = new Layers(root.querySelector(".layers") ?? root, model, data.metrics, number, {
      ...events,
      over: (layer) => this.point(layer === null ? NOTHING : this.ofLayer(layer)),
      choose: (layer) => this.choose(this.ofLayer(layer), "table"),
    });
    root.querySelector("h2")?.after(this.fault);
    for (const form of root.querySelectorAll<HTMLElement>(".forms dd")) {
      if (form.scrollWidth > form.clientWidth) form.tabIndex = 0; // so that the keyboard can scroll it
    }
    if (model.unchecked.length) {
      const said = `Not checked in this page: ${model.unchecked.join("; ")}`;
      root.querySelector(".forms")?.append(element("p", { class: "note", dir: "auto" }, said));
    }
  }

  /** Show the figures at the present sizes, for a printer of every layer at once. */
  show(state: State, ramp: Ramp, printing: boolean): void {
    const { fault } = this.current;
    this.state = state;
    this.root.classList.toggle("stale", fault !== null);
    const found = this.current.parts();
    const unknown = found && "said" in found ? ` Of its layers there are no figures: ${found.said}.` : "";
    say(this.fault, `${fault ? `${fault.said} ${keptOf(this.data, this.current)}` : ""}${unknown}`.trim());
    if (this.colour.value !== `${state.metric}`) this.colour.value = `${state.metric}`;
    const parts = this.parts() ?? this.none;
    const figures = this.current.figures ?? [];
    const now = [parts, state.metric, state.filter, state.sort, state.formulas, ramp, printing];
    if (now.every((one, i) => one === this.last[i])) return;
    this.last = now;
    this.diagram.show(parts, figures[state.metric] ?? ZERO, state.metric, ramp);
    this.layers.show(parts, figures, state, printing);
    this.explain();
  }

  private parts(): Parts | null {
    const found = this.current.parts();
    return found && "costs" in found ? found : null;
  }

  private ofBox(box: string): Target {
    return { box, layers: this.boxes.get(box) ?? [] };
  }

  private ofLayer(layer: number): Target {
    return { box: this.boxOf[layer] ?? null, layers: [layer] };
  }

  private point(over: Target): void {
    this.over = over;
    this.mark();
  }

  /** Choose what is clicked on, or leave it where it was chosen; the other side brings it into view. */
  private choose(target: Target, side: "diagram" | "table"): void {
    const same = target.box === this.chosen.box && target.layers.join() === this.chosen.layers.join();
    this.chosen = same ? NOTHING : target;
    this.mark();
    if (same) return;
    if (side === "diagram" && target.layers[0] !== undefined) this.layers.reveal(target.layers[0]);
    if (side === "table" && target.box !== null) this.diagram.reveal(target.box);
  }

  private mark(): void {
    this.diagram.mark(this.over.box, this.chosen.box);
    this.layers.mark(new Set(this.over.layers), new Set(this.chosen.layers));
    this.explain();
  }

  /** The line under the diagram: what is pointed at, or chosen, and what it costs. */
  private explain(): void {
    const target = this.over.layers.length || this.over.box !== null ? this.over : this.chosen;
    const parts = this.parts();
    const told = target.layers.length || target.box !== null;
    say(this.diagram.caption, told && parts ? this.told(target, parts) : "Point at a box or a row: its figures stand here.");
  }

  private told({ layers }: Target, parts: Parts): string {
    const { model } = this.current.evaluated;
    if (!layers.length) return "The input: it costs nothing.";
    const alone = layers.length === 1 ? model.layers[layers[0] as number] : undefined;
    const figures = this.data.metrics.map(({ label }, metric) => {
      const cost = costOf(parts, layers, metric);
      const share = percent(cost, this.current.figures?.[metric] ?? ZERO);
      return `${label} ${exact(cost)}` + (metric === this.state?.metric || cost[0] ? ` (${share})` : "");
    });
    const kind = alone ? ` · ${alone.kind}${alone.times && ` ${alone.times}`}` : "";
    return `${namesOf(model, layers)}${kind} · ${figures.join(" · ")}`;
  }
}
