/** A model at the sizes that the controls have: its figures, or the sentence that says why it has none. */

import type { Data, Model, Parameter } from "./data";
import { type Slots, TooLarge, among, ratioOf, runOf, valueOf } from "./evaluate";
import { type Fraction, quoted, read, written } from "./numbers";

/** What stands in a control: the text, and the number that it is, null where it is none. */
export interface Size {
  text: string;
  number: Fraction | null;
}

export function sizeOf(text: string): Size {
  return { text, number: read(text) };
}

/** Why a model has no figures, and which controls that is about. */
export interface Fault {
  said: string;
  controls: number[];
}

/** The value of every cost of every layer, and of the extents of its output; null for nothing. */
export interface Parts {
  costs: (Fraction | null)[][];
  extents: (bigint[] | null)[];
}

/** The total of every metric; none of them where the sizes are too large for a page, null outside of the domain. */
export type TotalsAt = readonly Fraction[] | null;

const TOO_LARGE = "these sizes are too large to be evaluated in a page";

/** One model of the page, its formulas compiled. */
export class Evaluated {
  private readonly names: string[];
  /** In the order of the controls, in which they are checked. */
  private readonly parameters: Parameter[];
  private readonly check;
  private readonly totals;
  private readonly walk;
  private readonly costs;
  private readonly extents;
  /** What the domain says of the size of a control alone. */
  private readonly own = new Map<number, (size: bigint) => boolean>();

  constructor(readonly model: Model, data: Data) {
    this.names = data.controls.map((control) => control.name);
    this.parameters = [...model.parameters].sort((a, b) => a.control - b.control);
    this.check = runOf(model.totals);
    this.totals = model.totals.values.map(ratioOf);
    this.walk = runOf(model.parts);
    this.costs = model.layers.map((layer) => layer.costs.map((cost) => cost && ratioOf(cost.value)));
    for (const parameter of model.parameters) {
      if (parameter.slots.length === 1) this.own.set(parameter.control, ownOf(model, parameter));
    }
    this.extents = model.layers.map(({ output }) => output.extents && output.extents.map((extent) => valueOf(extent)));
  }

  /** Whether a control is about this model. */
  has(control: number): boolean {
    return this.model.parameters.some((parameter) => parameter.control === control);
  }

  /** The total of every metric at sizes, by the numbers of the controls. */
  figures(sizes: readonly Size[]): Fraction[] | Fault {
    const found = this.run(sizes);
    return typeof found === "number" ? this.fault(found, sizes) : found;
  }

  /** The same where it does not matter why there are none. */
  known(sizes: readonly Size[]): TotalsAt {
    const found = this.run(sizes);
    if (Array.isArray(found)) return found;
    return typeof found !== "number" && found.said === TOO_LARGE ? [] : null;
  }

  /** Whether the domain may allow a size of a control; it does not know of what is said of several sizes together. */
  allows(control: number, [over, under]: Fraction): boolean {
    const own = this.own.get(control);
    return !own || (under === 1n && own(over));
  }

  /** The totals, the number of a complaint, or what is wrong with a parameter. */
  private run(sizes: readonly Size[]): Fraction[] | number | Fault {
    const slots = this.begin(sizes, this.model.totals.slots);
    if (!Array.isArray(slots)) return slots;
    try {
      const complaint = this.check(slots);
      return complaint < 0 ? this.totals.map((total) => total(slots)) : complaint;
    } catch (error) {
      return this.unevaluated(error);
    }
  }

  /** What its layers are made of, at sizes at which it has figures. */
  parts(sizes: readonly Size[]): Parts | Fault {
    const slots = this.begin(sizes, this.model.parts.slots);
    if (!Array.isArray(slots)) return slots;
    try {
      const complaint = this.walk(slots);
      if (complaint >= 0) return this.fault(complaint, sizes);
      return {
        costs: this.costs.map((all) => all.map((cost) => cost && cost(slots))),
        extents: this.extents.map((all) => all && all.map((extent) => extent(slots))),
      };
    } catch (error) {
      return this.unevaluated(error);
    }
  }

  /** The slots of a run, its parameters filled in; or what is wrong with one of them. */
  private begin(sizes: readonly Size[], count: number): Slots | Fault {
    const slots = new Array<bigint>(count).fill(0n);
    for (const parameter of this.parameters) {
      const { control, slots: places } = parameter;
      const size = sizes[control] as Size;
      const wrong = wrongKind(parameter, size);
      if (wrong || !size.number) {
        const name = this.names[control];
        return { said: `${name} = ${shownSize(size)} ${wrong}: ${name} is a ${parameter.kind}`, controls: [control] };
      }
      slots[places[0]] = size.number[0];
      if (places.length === 2) slots[places[1]] = size.number[1];
    }
    return slots;
  }

  private fault(number: number, sizes: readonly Size[]): Fault {
    const complaint = this.model.complaints[number];
    if (!complaint) return { said: "outside of the domain", controls: [] };
    const shown = complaint.symbols.map((control) => `${this.names[control]} = ${shownSize(sizes[control] as Size)}`);
    return { said: shown.join(", ") + complaint.tail, controls: complaint.symbols };
  }

  private unevaluated(error: unknown): Fault {
    // RangeError is what a BigInt throws that is larger than the engine can hold.
    if (!(error instanceof TooLarge || error instanceof RangeError)) throw error;
    return { said: TOO_LARGE, controls: this.model.parameters.map((parameter) => parameter.control) };
  }
}

function ownOf({ totals }: Model, { slots, least }: Parameter): (size: bigint) => boolean {
  const sizes = totals.steps.flatMap((step) => (step[0] === "among" && step[1] === slots[0] ? [among(step[2])] : []));
  return (size) => size >= BigInt(least) && sizes.every((holds) => holds(size));
}

function shownSize(size: Size): string {
  return size.number ? written(size.number) : quoted(size.text);
}

/** What is wrong with a value in Python's words; "" where its kind allows it. */
function wrongKind({ slots, least }: Parameter, size: Size): string {
  if (!size.number) return "is not a number";
  const [over, under] = size.number;
  if (slots.length === 2) return over > 0n ? "" : "is not positive";
  if (under !== 1n) return "is a fraction";
  return over < BigInt(least) ? `is below ${least}` : "";
}
