/**
 * The state of the page, and a link's text of it: #X=224&N=1&.metric=macs.
 *
 * A size is named by its symbol; what else there is to see has a dot before its name, which a symbol's is written without.
 */

import type { Data } from "./data";
import { read } from "./numbers";

export type Scale = "linear" | "log";

/** The column by which layers are sorted; null for the order of the network. */
export interface Sort {
  column: string;
  descending: boolean;
}

export interface State {
  /** What stands in the box of every control. */
  sizes: string[];
  /** The metric that shares, bars and colours are about. */
  metric: number;
  /** The model whose tab is open. */
  model: number;
  formulas: boolean;
  filter: string;
  sort: Sort | null;
  plot: PlotState;
}

export interface PlotState {
  metric: number;
  /** The control whose symbol is the x axis. */
  control: number;
  /** The range; "" for the one around the value that the control starts at. */
  from: string;
  to: string;
  x: Scale;
  y: Scale;
}

export function starting(data: Data): State {
  return {
    sizes: data.controls.map((control) => control.start),
    metric: 0,
    model: 0,
    formulas: false,
    filter: "",
    sort: null,
    plot: { metric: 0, control: 0, from: "", to: "", x: "linear", y: "linear" },
  };
}

/** A column of the layers that can be sorted by; a metric's is its number. */
export const COLUMNS = ["name", "kind", "output", "share"];

const LONGEST = 200;

/** What a link calls the controls: as the page does, with a number where it calls two the same. */
function keys(data: Data): string[] {
  const seen = new Map<string, number>();
  return data.controls.map(({ label }) => {
    const count = (seen.get(label) ?? 0) + 1;
    seen.set(label, count);
    return count > 1 ? `${label} (${count})` : label;
  });
}

/** What stands behind the # of a link; a size, or an end of the range, that is no number is left out. */
export function toHash(state: State, data: Data): string {
  const { plot } = state;
  const sizes = keys(data).flatMap((key, i) => {
    const text = (state.sizes[i] ?? "").trim();
    return read(text) ? [[escape(key), escape(text)] as const] : [];
  });
  const metric = (number: number): string => escape(data.metrics[number]?.name ?? "");
  const view: [string, string, boolean][] = [
    [".metric", metric(state.metric), state.metric !== 0],
    [".model", `${state.model + 1}`, state.model !== 0],
    [".formulas", "shown", state.formulas],
    [".filter", escape(state.filter.slice(0, LONGEST)), state.filter !== ""],
    [".sort", escape(sortText(state.sort)), state.sort !== null],
    [".plot", metric(plot.metric), plot.metric !== 0],
    [".over", escape(keys(data)[plot.control] ?? ""), plot.control !== 0],
    [".from", escape(plot.from), read(plot.from) !== null],
    [".to", escape(plot.to), read(plot.to) !== null],
    [".x", plot.x, plot.x !== "linear"],
    [".y", plot.y, plot.y !== "linear"],
  ];
  const shown = view.flatMap(([name, text, told]) => (told ? [[name, text] as const] : []));
  return [...sizes, ...shown].map(([name, text]) => `${name}=${text}`).join("&");
}

function sortText(sort: Sort | null): string {
  return sort ? `${sort.descending ? "-" : ""}${sort.column}` : "";
}

/** Written so that no dot is in front, and a / for fractions stays one. */
function escape(text: string): string {
  return encodeURIComponent(wellFormed(text)).replace(/^\./, "%2E").replaceAll("%2F", "/");
}

/** Half a pair of surrogates cannot be written in a link. */
function wellFormed(text: string): string {
  return Array.from(text, (c) => (/^[\ud800-\udfff]$/.test(c) ? "\ufffd" : c)).join("");
}

/** A link that cannot be followed: what is wrong with it. */
export class LinkError extends Error {}

/** The state that a link tells, the rest as at the start. Raises LinkError for a link that tells none. */
export function fromHash(hash: string, data: Data): State {
  const state = starting(data);
  const text = hash.replace(/^#/, "");
  if (!text) return state;
  const controls = new Map(keys(data).map((key, i) => [wellFormed(key), i]));
  const metrics = new Map(data.metrics.map(({ name }, i) => [wellFormed(name), i]));
  const told = new Set<string>();
  for (const part of text.split("&")) {
    const equals = part.indexOf("=");
    if (equals < 1) throw new LinkError(`“${excerpt(part)}” is not of the form name=value`);
    const key = part.slice(0, equals);
    const name = decode(key);
    const value = decode(part.slice(equals + 1));
    if (told.has(key)) throw new LinkError(`${excerpt(name)} is there twice`);
    told.add(key);
    if (key.startsWith(".")) {
      view(state, name, value, controls, metrics, data);
    } else {
      const control = controls.get(name);
      if (control === undefined) throw new LinkError(`there is no symbol ${excerpt(name)}`);
      if (!read(value)) throw new LinkError(`${excerpt(name)} = ${excerpt(value)} is not a number`);
      state.sizes[control] = value;
    }
  }
  return state;
}

function view(
  state: State,
  name: string,
  value: string,
  controls: Map<string, number>,
  metrics: Map<string, number>,
  data: Data,
): void {
  const known = <T>(found: T | undefined): T => {
    if (found === undefined) throw new LinkError(`${excerpt(name)} cannot be ${excerpt(value)}`);
    return found;
  };
  const scale = (): Scale => known(value === "log" || value === "linear" ? value : undefined);
  const number = (): string => known(read(value) ? value : undefined);
  switch (name) {
    case ".metric":
      state.metric = known(metrics.get(value));
      break;
    case ".model":
      state.model = known(data.models.findIndex((_, i) => `${i + 1}` === value) + 1 || undefined) - 1;
      break;
    case ".formulas":
      state.formulas = known(value === "shown" || undefined);
      break;
    case ".filter":
      state.filter = value;
      break;
    case ".sort": {
      const descending = value.startsWith("-");
      const column = value.slice(descending ? 1 : 0);
      known(COLUMNS.includes(column) || data.metrics.some((_, i) => `${i}` === column) || undefined);
      state.sort = { column, descending };
      break;
    }
    case ".plot":
      state.plot.metric = known(metrics.get(value));
      break;
    case ".over":
      state.plot.control = known(controls.get(value));
      break;
    case ".from":
      state.plot.from = number();
      break;
    case ".to":
      state.plot.to = number();
      break;
    case ".x":
      state.plot.x = scale();
      break;
    case ".y":
      state.plot.y = scale();
      break;
    default:
      throw new LinkError(`${excerpt(name)} is unknown`);
  }
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new LinkError(`“${excerpt(text)}” is broken`);
  }
}

function excerpt(text: string): string {
  return text.length > 60 ? `${text.slice(0, 40)}…` : text;
}
