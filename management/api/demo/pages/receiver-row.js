/** One event of the receiver: a line that says how it stands, and its four steps when it is opened. */
import { element } from "./element.js";
import { hint, standing, steps } from "./journeys.js";
import { createSteps } from "./receiver-steps.js";

const SIGNS = { done: "✓", open: "…", again: "↻", stopped: "✕" };
const TIME = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });

let made = 0;

/** @returns {{ node: HTMLElement, at(): string, update(journey: object): void }} */
export function createRow(first) {
  made += 1;
  const panel = element("div", { class: "panel", id: `panel-${made}`, hidden: true });
  const head = element("button", {
    class: "row-head",
    type: "button",
    "aria-expanded": "false",
    "aria-controls": panel.id,
  });
  const node = element("li", { class: "row" }, head, panel);
  let journey = first;

  const drawPanel = () => {
    if (!panel.hidden) panel.replaceChildren(createSteps(journey));
  };
  const draw = () => {
    node.dataset.at = journey.at;
    node.dataset.kind = standing(journey).kind;
    head.replaceChildren(...headParts(journey));
    drawPanel();
  };
  head.addEventListener("click", () => {
    panel.hidden = !panel.hidden;
    head.setAttribute("aria-expanded", String(!panel.hidden));
    drawPanel();
  });
  draw();
  return {
    node,
    at: () => journey.at,
    update(next) {
      journey = next;
      draw();
    },
  };
}

function headParts(journey) {
  const now = standing(journey);
  const way = steps(journey).map(({ mark, word }) =>
    element("span", { class: `way way-${mark}` }, element("span", { "aria-hidden": "true" }, SIGNS[mark]), word),
  );
  const state = element(
    "span",
    { class: `state state-${now.kind}` },
    element("span", { "aria-hidden": "true" }, now.sign),
    now.word,
  );
  return [
    element("time", { class: "row-time", datetime: journey.at }, timeOf(journey.at)),
    element(
      "span",
      { class: "row-what" },
      element("code", { class: "row-name" }, journey.name),
      element("span", { class: "row-hint" }, hint(journey)),
    ),
    element("span", { class: "row-way" }, ...way),
    element(
      "span",
      { class: "row-state" },
      state,
      now.detail === "" ? null : element("span", { class: "row-detail" }, now.detail),
    ),
    element("span", { class: "chevron", "aria-hidden": "true" }),
  ];
}

function timeOf(at) {
  const date = new Date(at);
  return Number.isNaN(date.getTime()) ? "" : TIME.format(date);
}
