/** What the running server says of itself: readiness, configuration, backlog, events set aside, integrations, refused requests. */
import { DEAD_LETTER_REASONS, EVENT_REJECTIONS } from "@datafly-signal/core";
import type { Status } from "@datafly-signal/management-api";
import type { ServerFacts } from "../../control/server-facts.ts";
import { counts, firstLine, printable } from "../output.ts";
import { fault, fine, type Finding, warning } from "./finding.ts";
import { refusedFindings } from "./refused.ts";

/** More than this waits only when processing has stopped, or cannot keep up. */
const BACKLOG = 10_000;

export function runningFindings(facts: ServerFacts): Finding[] {
  const { status } = facts;
  const refused = refusedFindings(status.refused_samples);
  return [
    readyFinding(facts),
    ...troubleFindings(facts),
    ...changeFindings(status),
    backlogFinding(status),
    setAsideFinding(status),
    ...integrationFindings(status.integrations),
    ...(refused.length > 0 ? refused : [fine("refused requests", "None of late.")]),
  ];
}

function readyFinding({ not_ready: reasons, pid }: ServerFacts): Finding {
  if (reasons.length === 0) return fine("server", `It runs as process ${pid} and is ready.`);
  return fault(
    "server",
    `It is not ready: ${reasons.join("; ")}.`,
    "Mend what the reasons name; see the server's log.",
  );
}

/** `database: …`, or an integration whose topics could not be made. */
function troubleFindings({ troubles }: ServerFacts): Finding[] {
  const cure = "Mend what it names: it is tried again by itself. Events are accepted and delivered meanwhile.";
  return troubles.map((trouble) => fault("configuration", trouble, cure));
}

function changeFindings({ configuration }: Status): Finding[] {
  const { refused } = configuration;
  if (refused === null) return [];
  const message = `The changed configuration is refused since ${refused.since}; the server runs on with the one before: ${refused.faults.join(" ")}`;
  return [fault("configuration", message, "Mend signal.yaml; it is taken up within a second.")];
}

function backlogFinding({ events }: Status): Finding {
  const said = `${events.unprocessed} events wait to be processed.`;
  if (events.unprocessed <= BACKLOG) return fine("backlog", said);
  const cure = "Ask status again: if the number does not fall, see the server's log for the processor, and the disk.";
  return warning("backlog", said, cure);
}

function setAsideFinding({ events, set_aside: { newest, replayed } }: Status): Finding {
  const { unprocessable } = events;
  const again = Object.keys(replayed).length === 0 ? "" : `, of them replayed: ${counts(replayed)}`;
  if (Object.keys(unprocessable).length === 0) return fine("set aside", "No event was set aside.");
  const all = `Events that became no delivery: ${counts(unprocessable)}${again}`;
  if (newest === null) return fine("set aside", `${all}; none waits to be looked at.`);
  const detail = firstLine(newest.details);
  const where = newest.pipeline === null ? "" : ` of ${printable(newest.pipeline)}`;
  const fault = `${newest.error}${detail === "" ? "" : `: ${detail}`}`;
  const message = `${all}. The newest, at ${newest.at}: ${printable(newest.event ?? "an event")}${where}, ${fault}`;
  const known: Readonly<Record<string, string>> = EVENT_REJECTIONS;
  const cure = `${known[newest.error] ?? "See docs/errors.md."} Look with dlq events show ${newest.position}; when its cause is mended, dlq events replay sends them again. They are kept for 7 days.`;
  return warning("set aside", message, cure);
}

function integrationFindings(integrations: Status["integrations"]): Finding[] {
  if (integrations.length === 0) {
    return [warning("integrations", "There is none: events are kept and go nowhere.", "Add one to signal.yaml.")];
  }
  const findings = integrations.flatMap((one) => [...circuitFindings(one), ...deadLetterFindings(one)]);
  return findings.length > 0
    ? findings
    : [fine("integrations", `${integrations.length}, all healthy, no dead letters.`)];
}

function circuitFindings(one: Status["integrations"][number]): Finding[] {
  if (one.circuit === "healthy") return [];
  const reason = one.circuit_reason === undefined ? "" : `: ${one.circuit_reason}`;
  const message = `${one.name} is ${one.circuit}${reason}; ${one.in_flight} in flight.`;
  const cure = `What waits is kept. See that the vendor answers and the integration's settings are right; try it with send "${one.name}".`;
  return [one.circuit === "open" ? fault("integrations", message, cure) : warning("integrations", message, cure)];
}

function deadLetterFindings(one: Status["integrations"][number]): Finding[] {
  const reasons = Object.keys(one.dead_lettered);
  if (reasons.length === 0) return [];
  const known: Readonly<Record<string, string>> = DEAD_LETTER_REASONS;
  const cures = reasons.map((reason) => `${reason}: ${known[reason] ?? "see docs/errors.md"}`);
  const message = `${one.name} has dead letters: ${counts(one.dead_lettered)}${one.expired > 0 ? ` (${one.expired} of them expired)` : ""}.`;
  return [warning("dead letters", message, `${cures.join(" ")} Look with dlq list "${one.name}".`)];
}
