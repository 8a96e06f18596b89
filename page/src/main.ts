/** The page: what a reader sets goes to the models, and what these say goes to every part of the page, once a frame. */

import { Article, type ViewEvents } from "./article";
import { Controls, settingOf } from "./controls";
import { Current } from "./current";
import type { Data } from "./data";
import { button, element, say } from "./elements";
import { Frames, calm } from "./frames";
import { Evaluated, type Size, sizeOf } from "./model";
import { about } from "./numbers";
import { Plot } from "./plot";
import { LinkError, type State, fromHash, starting, toHash } from "./state";
import { Tabs } from "./tabs";
import { Theme } from "./theme";
import { Totals } from "./totals";

/** How long a reader has to be still for the link to be written and the totals to be spoken. */
const LINK = 250;
const SPOKEN = 800;

function start(data: Data): void {
  const part = (id: string): HTMLElement => document.getElementById(id) ?? element("div");
  const main = part("main");
  const said = part("said");
  const models = data.models.map((model) => new Current(new Evaluated(model, data)));
  let state = starting(data);
  let sizes: Size[] = state.sizes.map(sizeOf);

  const frames = new Frames(() => show());
  const change = (changes: Partial<State>): void => {
    state = { ...state, ...changes };
    say(said, ""); // what was said is of the state before
    frames.ask();
    linked();
    if (changes.sizes) speak();
  };

  // -- the link

  const address = (): string => `${location.href.replace(/#.*$/s, "")}#${toHash(state, data)}`;
  const linked = calm(LINK, () => {
    try {
      history.replaceState(null, "", address());
    } catch {
      // Some browsers refuse it in a file or when it comes too often; the link can still be copied.
    }
  });
  const follow = (): void => {
    if (location.hash === `#${main.id}`) return; // it is a link to the figures, not of a state
    try {
      state = fromHash(location.hash, data);
      say(said, "");
    } catch (error) {
      if (!(error instanceof LinkError)) throw error;
      state = starting(data);
      say(said, `The link's state could not be read: ${error.message}. The page is as at its start.`);
    }
  };
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(address());
      say(said, "Link copied.");
    } catch {
      const box = element("input", { readonly: true, class: "link", "aria-label": "Link", value: address() });
      said.replaceChildren("Copy this link: ", box);
      box.select();
    }
  };
  const reset = (): void => change(starting(data));

  // -- the parts of the page

  const theme = new Theme(data, () => repaint());
  const controls = new Controls(part("controls"), data, (control, text) => {
    change({ sizes: state.sizes.map((now, i) => (i === control ? text : now)) });
  }, [button("Reset", reset, { id: "reset" }), button("Copy link", () => void copy(), { id: "copy" })]);
  const totals = new Totals(part("totals"), data, models);
  const plot = new Plot(part("plot"), data, models, (changes) => change({ plot: { ...state.plot, ...changes } }));
  const views: ViewEvents = {
    metric: (metric) => change({ metric }),
    filter: (filter) => change({ filter }),
    sort: (sort) => change({ sort }),
    formulas: (formulas) => change({ formulas }),
  };
  const roots = models.map((_, i) => part(`model-${i}`));
  const articles: (Article | undefined)[] = [];
  const tabs = new Tabs(roots, data.models.map(({ name }) => name), (model) => {
    if (model !== state.model) change({ model });
  }, () => frames.ask());
  const spoken = element("p", { class: "unseen", role: "status", id: "spoken" });
  document.body.append(spoken);

  const speak = calm(SPOKEN, () => {
    const texts = models.map(({ evaluated, figures, fault }) =>
      fault ? "" : `${evaluated.model.name}: ${data.metrics.map(({ label }, i) => `${label} ${figures?.[i] ? about(figures[i]) : "unknown"}`).join(", ")}`);
    say(spoken, texts.filter(Boolean).join(". "));
  });

  /** Show the parts of the page, whatever goes wrong in one of them; the browser is told of it. */
  const each = (parts: (() => void)[]): void => {
    for (const shown of parts) {
      try {
        shown();
      } catch (error) {
        reportError(error);
      }
    }
  };
  const show = (): void => {
    sizes = state.sizes.map((text, i) => (sizes[i]?.text === text ? (sizes[i] as Size) : sizeOf(text)));
    each([
      ...models.map((model) => () => model.move(sizes)),
      () => controls.show(sizes, models.map(({ fault }) => fault)),
      () => totals.show(settingOf(data, sizes)),
      () => plot.show(state, sizes),
      () => tabs.show(state.model, theme.light),
      ...roots.map((root, i) => () => {
        if (!tabs.shows(i)) return;
        articles[i] ??= new Article(root, models[i] as Current, data, i, views);
        articles[i]?.show(state, theme.ramp, theme.light);
      }),
    ]);
  };
  const repaint = (): void => {
    document.documentElement.classList.toggle("paper", theme.light);
    show();
    each([() => plot.repaint(theme.light)]);
  };

  window.addEventListener("hashchange", () => {
    follow();
    frames.ask();
    speak();
  });
  // The browser's own way there would put the link of the state out of the address.
  document.querySelector("a.skip")?.addEventListener("click", (event) => {
    event.preventDefault();
    main.tabIndex = -1;
    main.focus();
    main.scrollIntoView();
  });

  // The figures at the start are what a model keeps that has none at the sizes of the link.
  each(models.map((model) => () => model.move(sizes)));
  follow();
  show();
}

const written = document.getElementById("data")?.textContent;
if (written) start(JSON.parse(written) as Data);
