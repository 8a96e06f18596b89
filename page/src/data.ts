/**
 * What the page is told: JSON in <script type="application/json" id="data">, written by symconv/writers/page.
 *
 * All text in it may be a stranger's: it goes into the page as text alone (textContent, setAttribute), never as HTML.
 */

/** A tree: a number is a slot, a string a whole number in decimal digits, an array an operation on trees. */
export type Tree = number | string | [Operation, ...Tree[]];

/**
 * "+", "*": of any number of trees. "-": the negative of one. "//", "^/": the floor and the ceiling of a quotient, whose
 * divisor is at least 1. "max", "min", "gcd". "equals", "reaches": 1 where a = b, a ≥ b, else 0. "power": a^b, b ≥ 0.
 * "make_divisible" of u, v, d: d·max(1, ⌊(2u + dv)/(2dv)⌋, ⌈9u/(10dv)⌉).
 */
export type Operation =
  | "+" | "-" | "*" | "//" | "^/" | "max" | "min" | "gcd" | "equals" | "reaches" | "power" | "make_divisible";

/** A whole number over another, which is at least 1 where the formula holds. */
export type Ratio = [over: Tree, under: Tree];

/** Sizes: alternatives of comparisons that hold together, each of x mod period, or of x itself where that is "0". */
export type Sizes = [period: string, sign: ">=" | "<=" | "==", number: string][][];

export type Step =
  /** A slot gets a value. */
  | ["let", slot: number, value: Tree]
  /** The value of a slot is among these sizes; else the complaint of that number. */
  | ["among", slot: number, sizes: Sizes, complaint: number]
  /** left ≥ right, left = right, left ≠ right, or left ≥ 1 divides right; else the complaint of that number. */
  | ["require", relation: "at least" | "equal" | "differs" | "divides", left: Tree, right: Tree, complaint: number]
  /** For begin ≤ slot < end the steps of a body; where the slot is null once, if begin < end. */
  | ["repeat", slot: number | null, begin: string, end: Tree, body: Step[]];

/**
 * A program: steps over slots that hold whole numbers of any size. The first slots are its parameters.
 *
 * It is run from the top; the first check that fails ends it with its complaint.
 */
export interface Program {
  slots: number;
  steps: Step[];
}

/** What is said where a check fails: `X = 31 is outside the domain X ≥ 32: …`, the values of `symbols` and then `tail`. */
export interface Complaint {
  symbols: number[];
  tail: string;
}

/** A symbol that the page has a control for; models that have a symbol of the same name share it. */
export interface Control {
  name: string;
  /** The name, and whose it is where a width in channels and a width as a multiplier have one name. */
  label: string;
  /** What it stands for, "batch", "extent", …; "" where that is not known. */
  role: string;
  /** At which value it starts: a whole number, or a fraction "11/10". "" where no legal one is known. */
  start: string;
  /** The ends of the slider and its step over legal sizes; null where there is nothing to choose. */
  slider: [low: number, high: number, step: number] | null;
  /** What the numbers of the slider are parts of: 1, or 20 for twentieths. */
  per: number;
}

/** A symbol as one model has it. */
export interface Parameter {
  /** The number of its control. */
  control: number;
  /** Its slot, or those of its numerator and denominator for a rational one. */
  slots: [number] | [over: number, under: number];
  /** The least value of its kind; a rational one is above it. */
  least: number;
  /** Its kind in words, "positive integer". */
  kind: string;
}

export interface Layer {
  /** Its whole path, stage2/block0/conv1. */
  name: string;
  /** The framework's own name for it, where that is another one; else "". */
  module: string;
  /** Its kind and telling fields, conv 3×3, 64, padding 1. */
  kind: string;
  /** How often it runs, ×3 or ×(n1 − 1), where that is not once; else "". */
  times: string;
  /** Works in training only, and counts nothing. */
  training: boolean;
  /** What comes out: as a formula, and its extents without the batch; null where they depend on the round. */
  output: { formula: string; extents: Tree[] | null };
  /** One for each metric, in all its rounds; null for nothing. */
  costs: ({ formula: string; value: Ratio } | null)[];
}

export interface Model {
  name: string;
  description: string;
  parameters: Parameter[];
  complaints: Complaint[];
  /** Conditions of the domain that a page cannot check, in words; the page says them. */
  unchecked: string[];
  /** Checks the domain, then has the totals: one for each metric. */
  totals: Program & { values: Ratio[] };
  /** Has what the layers are made of, where the domain holds. */
  parts: Program;
  layers: Layer[];
  /** All layers that a box of the diagram stands for, by its data-box. */
  boxes: Record<string, number[]>;
}

/** The colours of shares in the OKLab space, for a light page and a dark one: lightness at share 0 and at the greatest. */
export interface Ramp {
  light: number;
  saturated: number;
  chroma: number;
  hue: number;
  /** What text is written in on the shades; whichever contrasts more. */
  ink: string;
  paper: string;
}

export interface Metric {
  /** macs */
  name: string;
  /** MACs */
  label: string;
}

export interface Data {
  metrics: Metric[];
  controls: Control[];
  models: Model[];
  ramps: { light: Ramp; dark: Ramp };
}
