/** Elements of the page, made of names and texts of ours and of text of strangers, which stays text. */

type Attributes = Record<string, string | number | boolean>;

/** An element; an attribute that is false is left out, one that is true is empty. */
export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...inside: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== false) made.setAttribute(name, value === true ? "" : `${value}`);
  }
  made.append(...inside);
  return made;
}

/** A stranger's name, which has a direction of its own. */
export function named(name: string): HTMLElement {
  return element("bdi", {}, name);
}

/** Set the text of an element where it is another one: what has not changed is not painted again. */
export function say(where: Element, text: string): void {
  const inside = where.firstChild;
  if (inside instanceof Text && !inside.nextSibling) {
    if (inside.data !== text) inside.data = text;
  } else if (inside || text) {
    where.textContent = text;
  }
}

export function choice(id: string, options: string[], chosen: number): HTMLSelectElement {
  const made = element("select", { id }, ...options.map((text, i) => element("option", { value: i, dir: "auto" }, text)));
  made.value = `${chosen}`;
  return made;
}

export function button(text: string, pressed: () => void, attributes: Attributes = {}): HTMLButtonElement {
  const made = element("button", { type: "button", ...attributes }, text);
  made.addEventListener("click", pressed);
  return made;
}

/** A label before what it is for. */
export function labelled(text: string, control: HTMLElement): HTMLLabelElement {
  return element("label", { for: control.id }, element("span", {}, text), control);
}

/**
 * One stop of the Tab key for many elements: the arrow keys, Home and End go from one to the next of those that are
 * shown, in the order in which they stand. Returns what makes an element the one that Tab comes to.
 */
export function roving(all: readonly (HTMLElement | SVGElement)[]): (to: HTMLElement | SVGElement) => void {
  let current = all[0];
  all.forEach((one) => one.setAttribute("tabindex", one === current ? "0" : "-1"));
  const stop = (to: HTMLElement | SVGElement): void => {
    current?.setAttribute("tabindex", "-1");
    to.setAttribute("tabindex", "0");
    current = to;
  };
  const move = (event: KeyboardEvent): void => {
    const shown = all.filter((one) => one.getClientRects().length > 0).sort(inOrder);
    const at = shown.indexOf(event.currentTarget as HTMLElement);
    const to = { ArrowDown: at + 1, ArrowRight: at + 1, ArrowUp: at - 1, ArrowLeft: at - 1, Home: 0, End: shown.length - 1 }[
      event.key
    ];
    if (to === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    const next = shown[Math.min(Math.max(to, 0), shown.length - 1)];
    if (next) {
      stop(next);
      next.focus();
    }
  };
  all.forEach((one) => one.addEventListener("keydown", move as EventListener));
  return stop;
}

/** The order of elements in the page. */
function inOrder(a: Node, b: Node): number {
  return a.compareDocumentPosition(b) & Node.DOCUMENT_POSITION_FOLLOWING ? -1 : 1;
}
