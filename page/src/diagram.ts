/**
 * The diagram of a model: its boxes in the colours of their shares.
 *
 * The boxes are buttons, one stop of the Tab key for all, and the arrow keys go from box to box.
 */

import { type Shade, shade } from "./colour";
import type { Model, Ramp } from "./data";
import { button, element, roving, say } from "./elements";
import type { Parts } from "./model";
import { type Fraction, compare, percent } from "./numbers";
import { costOf, shareOf } from "./shares";

/** Steps of the legend, and of the colours, which are no finer than one sees. */
const LEGEND = 12;
const STEPS = 240;

interface Drawn {
  group: SVGGElement;
  shapes: SVGElement[];
  texts: SVGElement[];
  layers: readonly number[];
  step: number;
}

export interface Pointing {
  /** A pointer or the focus is on a box, or on none any more. */
  over(box: string | null): void;
  /** A box is chosen, or left again. */
  choose(box: string): void;
}

export class Diagram {
  private readonly drawn = new Map<string, Drawn>();
  private readonly scale = element("div", { class: "scale", "aria-hidden": "true" });
  private readonly least = element("span");
  private readonly most = element("span");
  readonly caption: HTMLElement;
  private ramp: Ramp | null = null;
  private stop: (to: SVGElement) => void = () => {};

  constructor(section: Element, model: Model, number: number, colour: HTMLElement, pointing: Pointing) {
    const scroll = section.querySelector<HTMLElement>(".scroll");
    this.caption = element("p", { class: "caption", id: `caption-${number}`, dir: "auto" });
    this.scale.append(...Array.from({ length: LEGEND }, () => element("i")));
    const legend = element("p", { class: "legend" }, this.least, this.scale, this.most);
    const zoom = zoomOf(scroll);
    section.querySelector("h3")?.after(element("div", { class: "tools" }, colour, legend, zoom));
    section.append(this.caption);
    const svg = scroll?.querySelector("svg");
    if (!svg) return;
    svg.setAttribute("role", "group");
    svg.setAttribute("aria-label", `Layers of ${model.name}`);
    const boxes = new Map(Object.entries(model.boxes));
    for (const group of svg.querySelectorAll<SVGGElement>("g[data-box]")) {
      const name = group.dataset["box"] ?? "";
      const layers = boxes.get(name) ?? [];
      this.drawn.set(name, {
        group, layers, step: -1, shapes: [...group.querySelectorAll<SVGElement>("polygon, path, ellipse")],
        texts: [...group.querySelectorAll<SVGElement>("text")],
      });
      const lines = [...group.querySelectorAll("text")];
      lines.forEach((text) => text.before(" ")); // words of their own for who reads them, or copies them
      const written = lines.map((text) => text.textContent?.trim()).join(" ");
      this.listen(group, name, [written, namesOf(model, layers)].filter(Boolean).join(", "), pointing);
    }
    this.stop = roving([...this.drawn.values()].map(({ group }) => group));
  }

  /** Colour the boxes. */
  show(parts: Parts, total: Fraction, metric: number, ramp: Ramp): void {
    const costs = [...this.drawn.values()].map(({ layers }) => costOf(parts, layers, metric));
    const most = costs.reduce((a, b) => (compare(a, b) < 0 ? b : a), [0n, 1n] as Fraction);
    if (ramp !== this.ramp) this.recolour(ramp);
    let i = 0;
    for (const drawn of this.drawn.values()) {
      const step = Math.round(STEPS * shareOf(costs[i++] as Fraction, most));
      if (step !== drawn.step) paint(drawn, step, shades(ramp)[step] as Shade);
    }
    say(this.least, "0 %");
    say(this.most, percent(most, total));
  }

  /** Mark the box that is pointed at and the one that is chosen. */
  mark(over: string | null, chosen: string | null): void {
    for (const [name, { group }] of this.drawn) {
      group.classList.toggle("lit", name === over || name === chosen);
      group.setAttribute("aria-pressed", `${name === chosen}`);
    }
  }

  /** Bring a box into view. */
  reveal(box: string): void {
    const group = this.drawn.get(box)?.group;
    if (!group) return;
    this.stop(group);
    const scroll = group.closest(".scroll");
    const [inside, outside] = [group.getBoundingClientRect(), scroll?.getBoundingClientRect()];
    if (scroll && outside) {
      scroll.scrollBy(inside.left - outside.left - (outside.width - inside.width) / 2,
                      inside.top - outside.top - (outside.height - inside.height) / 2);
    }
  }

  private recolour(ramp: Ramp): void {
    this.ramp = ramp;
    for (const drawn of this.drawn.values()) drawn.step = -1;
    [...this.scale.children].forEach((one, i) => {
      (one as HTMLElement).style.background = shade(ramp, i / (LEGEND - 1)).fill;
    });
  }

  private listen(group: SVGGElement, name: string, label: string, pointing: Pointing): void {
    group.setAttribute("role", "button");
    group.setAttribute("aria-label", label);
    group.setAttribute("aria-describedby", this.caption.id);
    group.addEventListener("pointerenter", () => pointing.over(name));
    group.addEventListener("pointerleave", () => pointing.over(null));
    group.addEventListener("focus", () => pointing.over(name));
    group.addEventListener("blur", () => pointing.over(null));
    group.addEventListener("click", () => pointing.choose(name));
    group.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      pointing.choose(name);
    });
  }
}

/** The names of layers; of many the first and the last. */
export function namesOf(model: Model, layers: readonly number[]): string {
  const names = layers.map((layer) => model.layers[layer]?.name ?? "");
  return names.length > 3 ? `${names[0]} … ${names.at(-1)}, ${names.length} layers` : names.join(", ");
}

function paint(drawn: Drawn, step: number, { fill, text }: Shade): void {
  drawn.step = step;
  for (const shape of drawn.shapes) shape.style.fill = fill;
  for (const one of drawn.texts) one.style.fill = text;
}

const KNOWN = new Map<Ramp, Shade[]>();

function shades(ramp: Ramp): Shade[] {
  const known = KNOWN.get(ramp) ?? Array.from({ length: STEPS + 1 }, (_, i) => shade(ramp, i / STEPS));
  KNOWN.set(ramp, known);
  return known;
}

/** Two buttons: as wide as there is room, or as large as it was drawn. */
function zoomOf(scroll: HTMLElement | null): HTMLElement {
  const set = (fit: boolean): void => {
    scroll?.classList.toggle("fit", fit);
    wide.setAttribute("aria-pressed", `${fit}`);
    actual.setAttribute("aria-pressed", `${!fit}`);
  };
  const wide = button("Fit width", () => set(true));
  const actual = button("Actual size", () => set(false));
  set(true);
  return element("div", { class: "zoom", role: "group", "aria-label": "Size of the diagram" }, wide, actual);
}
