/** One event of the receiver: a line that says how it stands, and its four steps when it is opened. */
import { element } from "./element.js";
import { hint, standing, steps } from "./journeys.js";
import { createSteps } from "./receiver-steps.js";

const SIGNS = { done: "✓", open: "…", again: "↻", stopped: "✕" };
const TIME = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });

let made = 0;

/**
 * @param {(messageId: string) => Promise<string | null>} replay answers why it could not
 * @returns {{ node: HTMLElement, at(): string, update(journey: object): void }}
 */
export function createRow(first, replay) {
  made += 1;
  const panel = element("div", { class: "panel", id: `panel-${made}`, hidden: true });
  const foot = createFoot(() => replay(first.messageId));
  const head = element("button", {
    class: "row-head",
    type: "button",
    "aria-expanded": "false",
    "aria-controls": panel.id,
  });
  const node = element("li", { class: "row" }, head, foot.node, panel);
  const unfolded = new Set();
  let journey = first;

  const drawPanel = () => {
    if (!panel.hidden) panel.replaceChildren(createSteps(journey, unfolded));
  };
  const draw = () => {
    node.dataset.at = journey.at;
    node.dataset.kind = standing(journey).kind;
    head.replaceChildren(...headParts(journey));
    const isLeft = foot.node.contains(document.activeElement);
    foot.draw(standing(journey));
    if (isLeft && foot.node.hidden) head.focus({ preventScroll: true });
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

/** What is said of a dead letter, and its button; nothing of other events. */
function createFoot(replay) {
  const reason = element("p", { class: "row-reason" });
  const button = element("button", { class: "button small", type: "button" }, "Replay");
  const node = element("div", { class: "row-foot", hidden: true }, reason, button);
  const draw = (now) => {
    node.hidden = now.kind !== "dead";
    reason.textContent = now.reason ?? "";
    setBusy(false);
  };
  const setBusy = (isBusy) => {
    button.setAttribute("aria-disabled", String(isBusy));
    button.textContent = isBusy ? "Replaying…" : "Replay";
  };
  button.addEventListener("click", async () => {
    if (button.getAttribute("aria-disabled") === "true") return;
    setBusy(true);
    const fault = await replay();
    if (fault === null) return;
    setBusy(false);
    reason.textContent = fault;
  });
  return { node, draw };
}

function timeOf(at) {
  const date = new Date(at);
  return Number.isNaN(date.getTime()) ? "" : TIME.format(date);
}
