/** The bar of controls: a slider and a box for every symbol, folded to one line where there is little room. */

import type { Control, Data } from "./data";
import { button, element, named, say } from "./elements";
import type { Fault, Size } from "./model";
import { read, short, written } from "./numbers";

/** Controls that are always open on a narrow screen. */
const FEW = 3;

interface Row {
  box: HTMLInputElement;
  slider: HTMLInputElement | null;
  /** What a step of the slider is a part of. */
  per: bigint;
}

export class Controls {
  private readonly rows: Row[];
  private readonly setting = element("p", { class: "setting" });

  constructor(
    root: HTMLElement,
    private readonly data: Data,
    private readonly changed: (control: number, text: string) => void,
    actions: HTMLElement[],
  ) {
    this.rows = data.controls.map((control, i) => this.row(control, i));
    const rows = this.rows.map((row, i) => place(row, data.controls[i] as Control, i));
    const sizes = element("div", { id: "sizes", class: "sizes" }, ...rows);
    const narrow = matchMedia("(max-width: 40rem)").matches;
    let open = !(narrow && rows.length > FEW);
    const fold = (): void => {
      sizes.hidden = !open;
      toggle.setAttribute("aria-expanded", `${open}`);
    };
    const toggle = button("Sizes", () => {
      open = !open;
      fold();
    }, { "aria-controls": "sizes", class: "fold" });
    fold();
    toggle.hidden = !rows.length;
    root.append(element("div", { class: "bar" }, toggle, this.setting, element("div", { class: "actions" }, ...actions)), sizes);
  }

  /** Show sizes, and which of them a fault is about; `faults` by the numbers of the models. */
  show(sizes: readonly Size[], faults: readonly (Fault | null)[]): void {
    this.rows.forEach(({ box, slider, per }, i) => {
      const size = sizes[i] as Size;
      if (box.value !== size.text) box.value = size.text;
      if (slider && size.number) {
        const steps = (size.number[0] * per) / size.number[1];
        if (slider.value !== `${steps}`) slider.value = `${steps}`;
        const spoken = written(size.number);
        if (slider.getAttribute("aria-valuetext") !== spoken) slider.setAttribute("aria-valuetext", spoken);
      }
      const about = faults.flatMap((fault, model) => (fault?.controls.includes(i) ? [`fault-${model}`] : []));
      box.setAttribute("aria-invalid", `${about.length > 0}`);
      if (about.length) box.setAttribute("aria-describedby", about.join(" "));
      else box.removeAttribute("aria-describedby");
    });
    say(this.setting, settingOf(this.data, sizes));
  }

  private row(control: Control, i: number): Row {
    const box = element("input", {
      id: `box-${i}`, class: "box", type: "text", inputmode: "decimal", autocomplete: "off", spellcheck: "false", size: 7,
      value: control.start,
    });
    box.addEventListener("input", () => this.changed(i, box.value));
    box.addEventListener("keydown", (event) => this.step(event, i, box));
    if (!control.slider) return { box, slider: null, per: 1n };
    const [min, max, step] = control.slider;
    const per = BigInt(control.per);
    const slider = element("input", { id: `slider-${i}`, class: "slider", type: "range", min, max, step });
    slider.setAttribute("aria-labelledby", `name-${i}`);
    slider.addEventListener("input", () => this.changed(i, decimal(BigInt(slider.value), per)));
    return { box, slider, per };
  }

  /** The arrow keys move a whole number in a box. */
  private step(event: KeyboardEvent, control: number, box: HTMLInputElement): void {
    const by = { ArrowUp: 1n, ArrowDown: -1n, PageUp: 10n, PageDown: -10n }[event.key];
    const size = read(box.value);
    if (by === undefined || size?.[1] !== 1n) return;
    event.preventDefault();
    this.changed(control, `${size[0] + by}`);
  }
}

function decimal(steps: bigint, per: bigint): string {
  return per === 1n ? `${steps}` : `${Number(steps) / Number(per)}`;
}

function place({ box, slider }: Row, { label: name, role }: Control, i: number): HTMLElement {
  const label = element("label", { for: box.id, id: `name-${i}`, title: name }, named(name));
  if (role) label.append(" ", element("small", {}, role));
  return element("div", { class: "control", "data-control": i }, label, slider ?? element("span", { class: "slider" }), box);
}

/** Letters that are written from right to left, which would turn the figures beside them. */
const TURNING = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff]|[\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u;

/** Letters of a size in a line. */
const LONGEST = 60;

/** The sizes in a line: X = 224, N = 1. */
export function settingOf(data: Data, sizes: readonly Size[], only?: (control: number) => boolean): string {
  const shown = data.controls.flatMap(({ label: name }, i) => (only?.(i) === false ? [] : [`${TURNING.test(name) ? `\u2068${name}\u2069` : name} = ${short(sizes[i]?.text.trim() ?? "", LONGEST) || "(nothing)"}`]));
  return shown.join(", ");
}
