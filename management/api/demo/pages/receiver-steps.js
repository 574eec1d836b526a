/** The four steps of an event's way: what it looked like at each, and what changed from the step before. */
import { compare } from "./compare.js";
import { element } from "./element.js";
import { foldedLines, LINE_SIGNS, lineNode } from "./folded-lines.js";
import { duration, laneOf, lastTry, replaysUntil } from "./journeys.js";

/** @param {Set<string>} unfolded which folded lines were opened, kept by whoever draws the steps again */
export function createSteps(journey, unfolded) {
  return element(
    "div",
    { class: "steps" },
    received(journey),
    mapped(journey, unfolded),
    request(journey, unfolded),
    answer(journey),
  );
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
  const note = "From the page, made complete by the gateway. The data layer has hashed every e-mail address in it.";
  return step(1, "Received", note, json(processed.event));
}

function mapped(journey, unfolded) {
  const lane = laneOf(journey);
  if (lane === null) return step(2, "Mapped", "Not there yet.");
  if (lane.outcome === "filtered") return step(2, "Mapped", `Not sent: ${String(lane.reason).replaceAll("_", " ")}.`);
  if (lane.outcome === "dead_lettered") return step(2, "Mapped", `The mapping failed: ${lane.detail ?? lane.reason}.`);
  const name = lane.vendorEventName ?? journey.name;
  return step(
    2,
    "Mapped",
    `By the integration's mapping: ${name}.`,
    json(lane.payload, { before: journey.processed?.event, name: "mapped", unfolded }),
    legend(),
  );
}

function legend() {
  const part = (mark, text) => element("span", { class: `legend json-${mark}` }, `${LINE_SIGNS[mark]} ${text}`);
  return element(
    "p",
    { class: "legends", "aria-hidden": "true" },
    part("moved", "moved"),
    part("changed", "changed"),
    part("new", "made by the mapping"),
  );
}

function request(journey, unfolded) {
  const sent = lastTry(journey);
  if (sent === null) return step(3, "Request", "Not sent yet.");
  const { method, url, headers, body } = sent.request;
  const parsed = parse(body);
  const before = laneOf(journey)?.payload;
  const shown = parsed === undefined ? plain(body) : json(parsed, { before, name: "request", unfolded });
  const note =
    sent.attempt > 1 || replaysUntil(journey, sent) > 0
      ? `As it was sent at ${tryName(journey, sent)}.`
      : "As it was sent.";
  return step(3, "Request", note, wire([`${method} ${url}`, ...headerLines(headers)]), shown);
}

function answer(journey) {
  const sent = lastTry(journey);
  if (sent === null) return step(4, "Answer", "None yet.");
  const tries = element(
    "ol",
    { class: "tries" },
    ...journey.tries.map((one) => element("li", {}, tryLine(journey, one))),
  );
  if (sent.response === null) return step(4, "Answer", sent.reason ?? "There was no answer.", tries);
  const { status, headers, body } = sent.response;
  const parsed = parse(body);
  const shown = parsed === undefined ? plain(body) : json(parsed);
  return step(
    4,
    "Answer",
    sent.reason ?? `After ${duration(sent.durationMs)}.`,
    tries,
    wire([`HTTP ${status}`, ...headerLines(headers)]),
    shown,
  );
}

function tryName(journey, sent) {
  return `${replaysUntil(journey, sent) > 0 ? "replay, try" : "try"} ${sent.attempt}`;
}

function tryLine(journey, sent) {
  const status = sent.response === null ? "no answer" : String(sent.response.status);
  const name = tryName(journey, sent);
  return `${name[0].toUpperCase()}${name.slice(1)}: ${status}, ${sent.outcome}, ${duration(sent.durationMs)}`;
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

/**
 * Pretty JSON; with a step before each line says what became of it, and long stretches without a change are folded.
 * @param {{ before: unknown, name: string, unfolded: Set<string> } | undefined} against
 */
function json(value, against) {
  if (isLeftOut(value)) return leftOut(value);
  const { before } = against ?? {};
  const isComparable = against !== undefined && before !== undefined && !isLeftOut(before);
  const { lines, gone } = compare(value, isComparable ? before : value);
  const shown = isComparable ? foldedLines(lines, against) : lines.map(lineNode);
  const pre = element("pre", { class: "json", tabindex: "0" }, ...shown);
  return element("div", {}, pre, gone === 0 ? null : element("p", { class: "gone" }, goneText(gone)));
}

function goneText(gone) {
  const [values, are] = gone === 1 ? ["value", "is"] : ["values", "are"];
  return `− ${gone} ${values} of the step before ${are} not sent.`;
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
