/** Puts trace records together to journeys: one event's way, received → mapped → request → answer. */

const KEPT = 300;
/** Tries of a delivery in all. */
const TRIES = 6;
const HASH = /^[0-9a-f]{64}$/;

/** Keeps the newest journeys; `change` is called with each that is new or went on. */
export function createJourneys(change) {
  const journeys = new Map();
  return {
    add(record) {
      let journey = journeys.get(record.messageId);
      if (journey === undefined) {
        journey = { messageId: record.messageId, name: record.eventName, at: record.at, processed: null, tries: [] };
        journeys.set(record.messageId, journey);
        if (journeys.size > KEPT) journeys.delete(journeys.keys().next().value);
      }
      if (!take(journey, record)) return;
      change(journey);
    },
    has: (messageId) => journeys.has(messageId),
    all: () => [...journeys.values()],
    clear: () => journeys.clear(),
  };
}

/** False when the record was there already: after a lost connection the past comes once more. */
function take(journey, record) {
  if (record.stage === "processed") {
    if (journey.processed !== null) return false;
    journey.processed = record;
    journey.at = record.receivedAt;
    return true;
  }
  if (journey.tries.some((known) => known.attempt === record.attempt && known.at === record.at)) return false;
  journey.tries.push(record);
  journey.tries.sort((left, right) => (left.at < right.at ? -1 : 1));
  return true;
}

/** What became of it in its integration; the demo has one. */
export function laneOf(journey) {
  return journey.processed?.lanes[0] ?? null;
}

export function lastTry(journey) {
  return journey.tries.at(-1) ?? null;
}

/** How often it was replayed before that try: a replay counts its tries from 1 again. */
export function replaysUntil(journey, sent) {
  const until = journey.tries.slice(0, journey.tries.indexOf(sent) + 1);
  return until.filter((one, index) => index > 0 && one.attempt <= until[index - 1].attempt).length;
}

/**
 * How a journey stands: kind, sign and words, since a colour alone says nothing to many.
 * @returns {{ kind: string, sign: string, word: string, detail: string, reason?: string }} `reason` is why it is dead
 */
export function standing(journey) {
  const sent = lastTry(journey);
  if (sent !== null) return standingOfTry(sent, replaysUntil(journey, sent) > 0);
  const lane = laneOf(journey);
  if (lane?.outcome === "filtered")
    return { kind: "filtered", sign: "⊘", word: "Filtered", detail: words(lane.reason) };
  if (lane?.outcome === "dead_lettered") {
    return { kind: "dead", sign: "✕", word: "Dead letter", detail: "", reason: lane.detail ?? words(lane.reason) };
  }
  return { kind: "waiting", sign: "…", word: "On its way", detail: "" };
}

function standingOfTry(sent, isReplayed) {
  const status = sent.response === null ? "no answer" : String(sent.response.status);
  if (sent.outcome === "delivered") {
    const detail = isReplayed ? "after a replay" : sent.attempt > 1 ? `try ${sent.attempt}` : "";
    return { kind: "delivered", sign: "✓", word: `${status} · ${duration(sent.durationMs)}`, detail };
  }
  const again = ["retry", "throttle", "refresh"].includes(sent.outcome) && sent.attempt < TRIES;
  if (again)
    return { kind: "retry", sign: "↻", word: `${status} · trying again`, detail: `try ${sent.attempt} of ${TRIES}` };
  return { kind: "dead", sign: "✕", word: `${status} · dead letter`, detail: "", reason: sent.reason ?? "" };
}

/** The four steps: done, under way or not reached, each with a word on it. */
export function steps(journey) {
  const lane = laneOf(journey);
  const sent = lastTry(journey);
  const stopped = lane !== null && lane.outcome !== "mapped";
  const mapped = lane?.outcome === "mapped" || (lane === null && sent !== null);
  const { kind } = standing(journey);
  return [
    { name: "received", mark: "done", word: "Received" },
    { name: "mapped", mark: mapped ? "done" : stopped ? "stopped" : "open", word: "Mapped" },
    { name: "request", mark: sent !== null ? "done" : "open", word: "Request" },
    {
      name: "answer",
      mark: sent === null ? "open" : kind === "delivered" ? "done" : kind === "retry" ? "again" : "stopped",
      word: "Answer",
    },
  ];
}

/** What an event is about, in a few words: its sum, its product, its page. Nothing of an event's shape is certain. */
export function hint(journey) {
  const event = journey.processed?.event;
  const items = at(event, "properties", "items");
  const value = at(event, "properties", "value") ?? at(event, "properties", "revenue");
  const parts = [];
  if (value !== undefined) parts.push(`${sum(value)} ${text(at(event, "properties", "currency"))}`);
  if (Array.isArray(items)) parts.push(items.length === 1 ? text(at(items[0], "item_name")) : `${items.length} items`);
  if (at(event, "type") === "identify")
    parts.push(text(at(event, "userId")), short(text(at(event, "traits", "email"))));
  if (at(event, "type") === "page") {
    parts.push(text(at(event, "properties", "path") ?? at(event, "context", "page", "path") ?? at(event, "name")));
  }
  return parts
    .map((part) => part.trim().slice(0, 80))
    .filter((part) => part !== "")
    .join(" · ");
}

function at(value, ...names) {
  return names.reduce((inner, name) => (typeof inner === "object" && inner !== null ? inner[name] : undefined), value);
}

function sum(value) {
  return typeof value === "number" ? value.toFixed(2) : text(value);
}

function text(value) {
  return typeof value === "string" || typeof value === "number" ? String(value) : "";
}

/** A hash in full says nothing more to anybody. */
function short(value) {
  return HASH.test(value) ? `e-mail ${value.slice(0, 8)}…` : value;
}

export function duration(ms) {
  return ms < 1000 ? `${Math.max(1, Math.round(ms))} ms` : `${(ms / 1000).toFixed(1)} s`;
}

/** `consent_denied` → `consent denied`. */
function words(code) {
  return String(code).replaceAll("_", " ");
}
