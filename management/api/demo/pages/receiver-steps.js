/** The four steps of an event's way: what it looked like at each, and what changed from the step before. */
import { compare } from "./compare.js";
import { element } from "./element.js";
import { duration, laneOf, lastTry } from "./journeys.js";

const MARKS = { none: " ", same: " ", moved: "→", changed: "~", new: "+" };
const MARK_WORDS = { moved: "moved: ", changed: "changed: ", new: "new: " };

export function createSteps(journey) {
  return element("div", { class: "steps" }, received(journey), mapped(journey), request(journey), answer(journey));
}

function step(number, title, note, ...parts) {
  return element(
    "section",
    { class: "step" },
    element("h3", {}, element("span", { class: "step-number", "aria-hidden": "true" }, String(number)), title),
    element("p", { class: "step-note" }, note),
    ...parts,
  );
}

function received(journey) {
  const { processed } = journey;
  if (processed === null) return step(1, "Received", "Not recorded.");
  return step(1, "Received", "From the page, made complete by the gateway.", json(processed.event, processed.event));
}

function mapped(journey) {
  const lane = laneOf(journey);
  if (lane === null) return step(2, "Mapped", "Not there yet.");
  if (lane.outcome === "filtered") return step(2, "Mapped", `Not sent: ${String(lane.reason).replaceAll("_", " ")}.`);
  if (lane.outcome === "dead_lettered") return step(2, "Mapped", `The mapping failed: ${lane.detail ?? lane.reason}.`);
  const name = lane.vendorEventName ?? journey.name;
  return step(
    2,
    "Mapped",
    `By the integration's mapping: ${name}.`,
    json(lane.payload, journey.processed?.event),
    legend(),
  );
}

function legend() {
  const part = (mark, text) => element("span", { class: `legend json-${mark}` }, `${MARKS[mark]} ${text}`);
  return element(
    "p",
    { class: "legends", "aria-hidden": "true" },
    part("moved", "moved"),
    part("changed", "changed"),
    part("new", "made by the mapping"),
  );
}

function request(journey) {
  const sent = lastTry(journey);
  if (sent === null) return step(3, "Request", "Not sent yet.");
  const { method, url, headers, body } = sent.request;
  const parsed = parse(body);
  const before = laneOf(journey)?.payload;
  const shown = parsed === undefined ? plain(body) : json(parsed, before);
  const note = sent.attempt > 1 ? `As it was sent at try ${sent.attempt}.` : "As it was sent.";
  return step(3, "Request", note, wire([`${method} ${url}`, ...headerLines(headers)]), shown);
}

function answer(journey) {
  const sent = lastTry(journey);
  if (sent === null) return step(4, "Answer", "None yet.");
  const tries = element("ol", { class: "tries" }, ...journey.tries.map((one) => element("li", {}, tryLine(one))));
  if (sent.response === null) return step(4, "Answer", sent.reason ?? "There was no answer.", tries);
  const { status, headers, body } = sent.response;
  const parsed = parse(body);
  const shown = parsed === undefined ? plain(body) : json(parsed, parsed);
  return step(
    4,
    "Answer",
    sent.reason ?? `After ${duration(sent.durationMs)}.`,
    tries,
    wire([`HTTP ${status}`, ...headerLines(headers)]),
    shown,
  );
}

function tryLine(sent) {
  const status = sent.response === null ? "no answer" : String(sent.response.status);
  return `Try ${sent.attempt}: ${status}, ${sent.outcome}, ${duration(sent.durationMs)}`;
}

function headerLines(headers) {
  return Object.entries(headers ?? {}).map(([name, value]) => `${name}: ${value}`);
}

function wire(lines) {
  return element("pre", { class: "wire", tabindex: "0" }, lines.join("\n"));
}

function plain(body) {
  if (isLeftOut(body)) return leftOut(body);
  return element("pre", { class: "wire", tabindex: "0" }, body === null || body === "" ? "(empty)" : String(body));
}

/** Pretty JSON, each line with what it is against the step before. */
function json(value, before) {
  if (isLeftOut(value)) return leftOut(value);
  const { lines, gone } = compare(value, isLeftOut(before) ? value : before);
  const pre = element("pre", { class: "json", tabindex: "0" });
  for (const line of lines) pre.append(lineNode(line));
  const count =
    gone === 0
      ? null
      : element(
          "p",
          { class: "gone" },
          `− ${gone} ${gone === 1 ? "value" : "values"} of the step before ${gone === 1 ? "is" : "are"} not sent.`,
        );
  return element("div", {}, pre, count);
}

function lineNode({ indent, text, mark, from }) {
  const word = MARK_WORDS[mark];
  return element(
    "span",
    { class: `json-line json-${mark}` },
    element("span", { class: "json-mark", "aria-hidden": "true" }, MARKS[mark]),
    word === undefined ? null : element("span", { class: "out-of-sight" }, word),
    `${"  ".repeat(indent)}${text}`,
    from === undefined ? null : element("span", { class: "json-from" }, `  ← ${from}`),
    "\n",
  );
}

function isLeftOut(value) {
  return typeof value === "object" && value !== null && value.left_out === true;
}

function leftOut({ bytes }) {
  return element("p", { class: "gone" }, `Too large to keep here: ${Number(bytes).toLocaleString("en")} bytes.`);
}

function parse(body) {
  if (typeof body !== "string") return undefined;
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
