import assert from "node:assert/strict";
import { test } from "node:test";
import type { Status } from "@datafly-signal/management-api";
import type { ServerFacts } from "../../control/server-facts.ts";
import type { Finding } from "./finding.ts";
import { clockFindings, diskFinding, memoryFinding, nodeFinding } from "./machine.ts";
import { refusedFindings } from "./refused.ts";
import { runningFindings } from "./running.ts";

const GIB = 2 ** 30;
const NOW = Date.parse("2026-11-21T09:00:00.000Z");

const MACHINE: [title: string, finding: Finding | undefined, level: Finding["level"], words: RegExp][] = [
  ["an old Node", nodeFinding("22.4.0"), "fault", /24 or newer is needed/],
  ["a new Node", nodeFinding("25.0.0"), "ok", /25/],
  [
    "little memory",
    memoryFinding({ total: GIB / 2, budget: GIB / 2, rss: null }),
    "warning",
    /MEMORY_BUDGET is 512 MiB/,
  ],
  [
    "a large server",
    memoryFinding({ total: GIB, budget: GIB / 4, rss: 0.9 * GIB }),
    "warning",
    /takes 922 MiB of 1 GiB/,
  ],
  ["memory enough", memoryFinding({ total: GIB, budget: GIB / 4, rss: GIB / 4 }), "ok", /256 MiB/],
  ["no disk", diskFinding({ path: "/d", free: GIB, reserve: GIB }), "fault", /answered with 503/],
  ["little disk", diskFinding({ path: "/d", free: 1.5 * GIB, reserve: GIB }), "warning", /traces and backups stop/],
  ["disk enough", diskFinding({ path: "/d", free: 3 * GIB, reserve: GIB }), "ok", /3 GiB are free at \/d/],
  ["a clock of the last century", clock({ wall: 0 }), "fault", /1970-01-01/],
  ["a clock that was set", clock({ step: 400 }), "warning", /by 300 ms/],
  ["a clock behind the events", clock({ lastEventAt: NOW + 60_000 }), "fault", /60 s in the future/],
  ["a sound clock", clock({ lastEventAt: NOW - 600_000 }), "ok", /newest event came 10 min ago/],
];
for (const [title, finding, level, words] of MACHINE) {
  test(`machine: ${title}`, () => {
    assert.equal(finding?.level, level, finding?.message);
    assert.match(finding?.message ?? "", words);
    assert.equal(finding?.cure === undefined, level === "ok");
  });
}

function clock({
  wall = NOW,
  step = 100,
  lastEventAt = null,
}: {
  wall?: number;
  step?: number;
  lastEventAt?: number | null;
}) {
  return clockFindings({ wall, monotonic: 5 }, { wall: wall + step, monotonic: 105 }, lastEventAt)[0];
}

type Sample = Status["refused_samples"][number];

function sample(code: string, more: Partial<Sample> = {}): Sample {
  const request = { method: "POST", path: "/v1/t", status: 400, message: "m", ip: "192.0.2.1" };
  return { at: "2026-11-21T09:00:00.000Z", code, origin: null, pipeline: "Shop", ...request, ...more };
}

test("refused requests are put together, the most frequent first, each with its cure", () => {
  const findings = refusedFindings([
    sample("rate_limited"),
    sample("origin_not_allowed", { origin: "https://shop.example.com:8443" }),
    sample("origin_not_allowed", { origin: "https://shop.example.com:8443" }),
    sample("origin_not_allowed", { origin: "null", pipeline: null }),
    sample("a_code_of_tomorrow"),
  ]);
  assert.deepEqual(
    findings.map(({ cure }) => cure),
    [
      "Add shop.example.com:8443 to domain_allowlist of pipeline Shop, if that site is yours.",
      "Raise rate_limit_rps of pipeline Shop, or let the client send batches (POST /v1/batch).",
      "The page has no origin (it was opened from a file): serve it over http.",
      "See docs/errors.md.",
    ],
  );
  assert.match(findings[0]?.message ?? "", /2 of the last refused for Shop/);
});

function facts(change: Partial<Status>, notReady: string[] = []): ServerFacts {
  const events = { accepted: 0, processed: 0, unprocessed: 0, unprocessable: {} };
  const status: Status = {
    events,
    integrations: [integration({})],
    refused: {},
    refused_samples: [],
    set_aside: { replayed: {}, newest: null },
    configuration: { snapshot: 1, refused: null },
    ...change,
  };
  return { pid: 7, now: "", last_event_at: null, not_ready: notReady, troubles: [], rss: 1, status };
}

function integration(change: Partial<Status["integrations"][number]>): Status["integrations"][number] {
  const counts = { accepted: 0, delivered: 0, retried: 0, replayed: 0, expired: 0, in_flight: 3 };
  const nothing = { filtered: {}, dead_lettered: {} };
  return { id: "tmpl_1", name: "orders", vendor: "webhook", circuit: "healthy", ...counts, ...nothing, ...change };
}

const RUNNING: [title: string, facts: ServerFacts, level: Finding["level"], words: RegExp][] = [
  ["a database that is away", { ...facts({}), troubles: ["database: It is away."] }, "fault", /database: It is away/],
  ["not ready", facts({}, ["processor: stuck"]), "fault", /not ready: processor: stuck/],
  [
    "a refused change",
    facts({ configuration: { snapshot: 1, refused: { since: "s", faults: ["f1"] } } }),
    "fault",
    /since s.*f1/,
  ],
  [
    "a backlog",
    facts({ events: { accepted: 0, processed: 0, unprocessed: 20_000, unprocessable: {} } }),
    "warning",
    /20000 events wait/,
  ],
  [
    "events set aside",
    facts({
      events: { accepted: 3, processed: 3, unprocessed: 0, unprocessable: { schema_validation_failed: 3 } },
      set_aside: {
        replayed: { schema_validation_failed: 1 },
        newest: {
          position: 17,
          at: "2026-11-21T09:00:00.000Z",
          error: "schema_validation_failed",
          details: "properties.value is text. Send a number.\nproperties.id is missing.",
          event: "Order Completed",
          message_id: "m-1",
          pipeline: "Shop",
        },
      },
    }),
    "warning",
    /failed 3, of them replayed: .* 1\. The newest, at 2026-11-21T09.*: Order Completed of Shop, .*: properties.value is text. Send a number\.$/,
  ],
  ["none configured", facts({ integrations: [] }), "warning", /events are kept and go nowhere/],
  [
    "an open circuit",
    facts({ integrations: [integration({ circuit: "open", circuit_reason: "timeout" })] }),
    "fault",
    /orders is open: timeout; 3 in flight/,
  ],
  ["a weak one", facts({ integrations: [integration({ circuit: "degraded" })] }), "warning", /orders is degraded/],
  [
    "dead letters",
    facts({ integrations: [integration({ dead_lettered: { rejected: 2 }, expired: 1 })] }),
    "warning",
    /rejected 2 \(1 of them expired\)/,
  ],
];
for (const [title, given, level, words] of RUNNING) {
  test(`running: ${title}`, () => {
    const unwell = runningFindings(given).filter((one) => one.level !== "ok");
    assert.deepEqual(
      unwell.map((one) => one.level),
      [level],
    );
    assert.match(unwell[0]?.message ?? "", words);
    assert.match(unwell[0]?.cure ?? "", /\w/);
  });
}

test("running: nothing to say", () => {
  assert.deepEqual([...new Set(runningFindings(facts({})).map(({ level }) => level))], ["ok"]);
});
