/** A plot in words: its crossovers as sentences, what was not looked at, and some of its figures as a table. */

import { told } from "./crossover";
import type { Current } from "./current";
import type { Data } from "./data";
import type { Drawn } from "./drawn";
import { element, named, say } from "./elements";
import { about, decimal, exact, short } from "./numbers";
import { type Range, at, count } from "./range";

/** Rows of the table, and sentences about pairs. */
const ROWS = 20;
const PAIRS = 15;

export class Words {
  readonly note = element("p", { class: "note", id: "plot-note", hidden: true });
  readonly crossings = element("ul", { class: "crossings", "aria-label": "Crossovers" });
  readonly details: HTMLDetailsElement;
  /** The picture in a sentence, for who does not see it. */
  summary = "";
  private readonly table = element("table");
  private drawn: Drawn | null = null;
  private tabled: Drawn | null = null;

  constructor(private readonly data: Data, private readonly models: readonly Current[]) {
    this.details = element("details", { class: "figures" }, element("summary", {}, "The plotted figures as a table"),
      element("div", { class: "scroll", role: "region", tabindex: 0, "aria-label": "Plotted figures" }, this.table));
    this.details.addEventListener("toggle", () => this.tabulate());
  }

  /** The crossovers in sentences, and the picture in one. */
  show(drawn: Drawn, patient: boolean, wanted: number): void {
    this.drawn = drawn;
    const { crossovers, metric, whole, late, large, range, indices, control } = drawn;
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
    this.summary = this.summarized(drawn, label, symbol, items.map((item) => item.textContent ?? ""));
    this.tabulate();
  }

  /** Nothing is drawn. */
  clear(): void {
    this.drawn = null;
    this.note.hidden = this.crossings.hidden = true;
  }

  private summarized({ curves, metric, range }: Drawn, label: string, symbol: string, sentences: string[]): string {
    const lines = this.models.map(({ evaluated }, i) => {
      const known = (curves[i] ?? []).flatMap((totals) => (totals?.[metric] ? [totals[metric]] : []));
      const [first, last] = [known[0], known.at(-1)];
      return `${short(evaluated.model.name)} ${first && last ? `from ${about(first)} to ${about(last)}` : "has no figures here"}`;
    });
    return `${label} against ${short(symbol)} ${over(symbol, range)}: ${lines.join("; ")}. ${sentences.join(". ")}`;
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

/** A range of a symbol, as it is said. */
export function over(symbol: string, range: Range): string {
  return `from ${short(symbol)} = ${decimal(at(range, range.low))} to ${decimal(at(range, range.high))}`;
}

function unseen(range: Range, looked: number): string {
  const all = about([count(range), 1n]);
  const some = `Not every size was looked at: ${looked} of ${all}.`;
  const parts = range.per === 100n ? "Only hundredths were looked at." : `Only multiples of 1/${range.per} were looked at.`;
  const seen = range.per !== 1n && BigInt(looked) === count(range) ? parts : some;
  return `${seen} A change and a change back between two of them are not seen.`;
}
