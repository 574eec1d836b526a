/** The receiver: every event that arrives, the newest on top, with its way. */
import { element } from "./element.js";
import { createJourneys, standing } from "./journeys.js";
import { createRow } from "./receiver-row.js";
import { followTraces } from "./trace-source.js";

const SHOWN = 200;
const FRAMED = window.parent !== window;
const WAY = ["Received", "Mapped", "Request", "Answer"];

const page = Object.fromEntries(
  ["rows", "empty", "counts", "live", "pause", "clear", "behaviour", "notice"].map((id) => [
    id,
    document.getElementById(id),
  ]),
);
const rows = new Map();
const waiting = new Map();
const journeys = createJourneys(receive);
let paused = false;
let skipped = 0;
/** What happened before is not shown again when the stream begins anew. */
let clearedAt = "";

function receive(journey) {
  const known = rows.get(journey.messageId);
  if (known !== undefined) known.update(journey);
  else if (paused) waiting.set(journey.messageId, journey);
  else show(journey);
  drawCounts();
}

function show(journey) {
  const row = createRow(journey, replay);
  rows.set(journey.messageId, row);
  const newer = [...rows.values()].findLast((other) => other !== row && other.at() > row.at());
  if (newer === undefined) page.rows.prepend(row.node);
  else placeByTime(row);
  if (rows.size > SHOWN) removeOldest();
  page.empty.hidden = true;
}

/** A late record belongs where its time says. */
function placeByTime(row) {
  const later = [...page.rows.children].find((node) => node.dataset.at <= row.at());
  page.rows.insertBefore(row.node, later ?? null);
}

function removeOldest() {
  const oldest = page.rows.lastElementChild;
  for (const [id, row] of rows) if (row.node === oldest) rows.delete(id);
  oldest?.remove();
}

function drawCounts() {
  const counts = { all: 0, delivered: 0, retry: 0, dead: 0 };
  for (const journey of journeys.all()) {
    counts.all += 1;
    const { kind } = standing(journey);
    if (kind in counts) counts[kind] += 1;
  }
  const count = (name, value) => element("div", {}, element("dt", {}, name), element("dd", {}, String(value)));
  page.counts.replaceChildren(
    count("Events", counts.all),
    count("Delivered", counts.delivered),
    count("Trying again", counts.retry),
    count("Dead letters", counts.dead),
  );
  page.pause.textContent = paused ? `Go on${waiting.size > 0 ? ` (${waiting.size} new)` : ""}` : "Pause";
}

function drawEmpty() {
  page.empty.hidden = rows.size > 0 || "ended" in document.body.dataset;
  const { collector, key } = document.body.dataset;
  const command = [
    `curl http://${collector}/v1/t \\`,
    `  -H 'Authorization: Bearer ${key}' \\`,
    `  -d '{"type":"track","event":"Order Completed","properties":{"revenue":79.99}}'`,
  ].join("\n");
  const invitation = FRAMED
    ? element("p", {}, "Look at a product in the shop beside this, and it arrives here.")
    : element(
        "p",
        {},
        "Open the shop, look at a product, and it arrives here. ",
        element("a", { href: "/demo/shop" }, "Open the shop"),
      );
  page.empty.replaceChildren(
    element(
      "p",
      { class: "empty-way", "aria-hidden": "true" },
      ...WAY.map((word) => element("span", { class: "way" }, word)),
    ),
    element("h2", {}, "Nothing has arrived yet."),
    invitation,
    element("p", { class: "or" }, "Or send an event yourself:"),
    element("pre", { tabindex: "0" }, command),
    copyButton(command),
  );
}

function copyButton(text) {
  const button = element("button", { class: "button", type: "button" }, "Copy");
  button.addEventListener("click", async () => {
    const copied = await navigator.clipboard?.writeText(text).then(
      () => true,
      () => false,
    );
    button.textContent = copied ? "Copied" : "Select it and copy";
  });
  return button;
}

function setPaused(value) {
  paused = value;
  page.pause.setAttribute("aria-pressed", String(paused));
  if (!paused) {
    for (const journey of waiting.values()) show(journey);
    waiting.clear();
  }
  drawCounts();
}

function clear() {
  clearedAt = new Date().toISOString();
  journeys.clear();
  rows.clear();
  waiting.clear();
  page.rows.replaceChildren();
  skipped = 0;
  page.notice.hidden = true;
  drawCounts();
  drawEmpty();
}

function drawLive(isLive) {
  page.live.className = `state ${isLive ? "state-delivered" : "state-retry"}`;
  page.live.textContent = isLive ? "● Live" : "↻ Connecting again";
}

const BEHAVIOURS = {
  well: () => "The vendor answers well.",
  fail: (left) => `The vendor fails ${times(left)} (500).`,
  refuse: (left) => `The vendor refuses ${times(left)} (400).`,
  slow: (left) => `The vendor is slow ${times(left)} (3 s).`,
};

function times(left) {
  return left === 1 ? "once more" : `${left} more times`;
}

function drawBehaviour({ answer, left }) {
  page.behaviour.textContent = (BEHAVIOURS[answer] ?? BEHAVIOURS.well)(left);
  for (const button of document.querySelectorAll("[data-answer]")) {
    button.setAttribute("aria-pressed", String(button.dataset.answer === answer));
  }
}

async function behave(button) {
  const isOn = button.getAttribute("aria-pressed") === "true";
  const wanted = isOn ? { answer: "well" } : { answer: button.dataset.answer, left: Number(button.dataset.left) };
  const headers = { "content-type": "application/json" };
  await fetch("/demo/behaviour", { method: "POST", headers, body: JSON.stringify(wanted) }).catch(() => undefined);
}

/** Why it could not be replayed; null when it is on its way again, which the stream will show. */
async function replay(messageId) {
  const headers = { "content-type": "application/json" };
  const body = JSON.stringify({ messageId });
  const answer = await fetch("/demo/replay", { method: "POST", headers, body }).catch(() => null);
  if (answer === null) return "The server does not answer.";
  const said = await answer.json().catch(() => ({}));
  if (!answer.ok) return said.error?.message ?? `The server answered ${answer.status}.`;
  const [why] = Object.keys(said.skipped ?? {});
  return said.replayed > 0 ? null : `It was left as it is: ${String(why ?? "unknown").replaceAll("_", " ")}.`;
}

/** What was seen stays to be read; nothing that needs the demo can be pressed any more. */
function endDemo(reason) {
  document.body.dataset.ended = "";
  page.live.className = "state state-filtered";
  page.live.textContent = "■ Ended";
  page.notice.textContent = `The demo has ended: ${reason}. The server works by that file now, and what had arrived stays here until you close the page.`;
  page.notice.hidden = false;
  document.querySelector(".vendor").disabled = true;
  for (const id of ["to-shop", "to-both"]) document.getElementById(id).hidden = true;
  page.empty.hidden = true;
}

page.pause.addEventListener("click", () => setPaused(!paused));
page.clear.addEventListener("click", clear);
for (const button of document.querySelectorAll("[data-answer]")) button.addEventListener("click", () => behave(button));
for (const id of ["to-shop", "to-both"]) document.getElementById(id).hidden = FRAMED;

followTraces({
  trace(record) {
    if (record.at <= clearedAt && !journeys.has(record.messageId)) return;
    journeys.add(record);
  },
  state(isLive) {
    drawLive(isLive);
    if (isLive) drawEmpty();
  },
  behaviour: drawBehaviour,
  ended: endDemo,
  skipped(count) {
    skipped += count;
    page.notice.textContent = `${skipped} events came faster than they can be shown, and were left out here. They were delivered all the same.`;
    page.notice.hidden = false;
  },
});
drawCounts();
