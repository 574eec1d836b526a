/** The strip under the shop: the way of the event that came last, live. */
import { element } from "./element.js";
import { createJourneys, standing, steps } from "./journeys.js";
import { followTraces } from "./trace-source.js";

const ASIDE_MS = 3000;
const SIGNS = { done: "✓", open: "…", again: "↻", stopped: "✕" };

/** Beside the receiver the strip would only say the same once more. */
export function startStrip(strip) {
  if (window.parent !== window) return;
  document.body.classList.add("with-strip");
  strip.hidden = false;
  const now = element("div", { class: "strip-now" }, element("span", {}, "Events will show here as they arrive."));
  strip.append(now, receiverLink());
  let last = null;
  const journeys = createJourneys((journey) => {
    if (last !== null && (journey.at < last.at || isAside(journey, last))) return;
    last = journey;
    now.replaceChildren(...drawing(journey));
  });
  followTraces({
    trace: (record) => journeys.add(record),
    ended: (reason) => now.replaceChildren(element("span", {}, `The demo has ended: ${reason}.`)),
  });
}

/** A page view right after a purchase would hide it before it was seen. */
function isAside(journey, last) {
  return journey.name === "page" && last.name !== "page" && Date.parse(journey.at) - Date.parse(last.at) < ASIDE_MS;
}

function receiverLink() {
  return element(
    "a",
    { class: "strip-link", href: "/demo/receiver", target: "_blank" },
    "Watch",
    element("span", { class: "strip-more" }, " it arrive"),
    element("span", { "aria-hidden": "true" }, " →"),
  );
}

function drawing(journey) {
  const now = standing(journey);
  const way = steps(journey).map(({ mark, word }) =>
    element("li", { class: `way way-${mark}` }, element("span", { "aria-hidden": "true" }, SIGNS[mark]), word),
  );
  return [
    element("span", { class: "strip-name" }, element("code", {}, journey.name)),
    element("ol", { class: "strip-way" }, ...way),
    element(
      "span",
      { class: `state state-${now.kind}` },
      element("span", { "aria-hidden": "true" }, now.sign),
      now.word,
    ),
  ];
}
