import assert from "node:assert/strict";
import { test } from "node:test";
import type { SignalEvent } from "../../event/event.ts";
import { layered, TIME } from "../layered-fixture.ts";
import { compileSessions, type SessionConfig } from "./sessions.ts";

const MINUTE = 60_000;

/** Runs events one after the other, `[minutes after the first, fields]`, and answers each with what it caused. */
function visit(config: SessionConfig, events: [minute: number, fields?: object][]) {
  const step = compileSessions(config);
  assert.ok(step !== null);
  let state: Uint8Array | undefined;
  return events.map(([minute, fields], index) => {
    const at = new Date(TIME + minute * MINUTE).toISOString();
    const subject = layered(
      { messageId: `m${index}`, timestamp: at, ...structuredClone(fields) },
      { time: TIME + 30 * 24 * 60 * MINUTE },
    );
    if (step.key(subject) === null) return { session: undefined, before: [] as readonly SignalEvent[] };
    const verdict = step.run(subject, state);
    state = verdict.state ?? state;
    return { session: subject.event.context["session"] as Record<string, unknown>, before: verdict.before ?? [] };
  });
}

test("events within the pause are one session, a longer pause begins the next", () => {
  const visits = visit({}, [[0], [30], [59], [90], [90 + 24 * 60]]);
  assert.deepEqual(
    visits.map(({ session }) => [session?.["number"], session?.["is_new"], session?.["id"]]),
    [
      [1, true, TIME],
      [1, false, TIME],
      [1, false, TIME],
      [2, true, TIME + 90 * MINUTE],
      [3, true, TIME + (90 + 24 * 60) * MINUTE],
    ],
  );
});

test("a session ends after its longest time, however busy", () => {
  const busy: [number][] = Array.from({ length: 13 }, (_, index) => [index * 10]);
  const numbers = visit({ max_duration_hours: 1 }, busy).map(({ session }) => session?.["number"]);
  assert.deepEqual(numbers, [1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 3]);
});

test("events for the beginning and the end, with ids derived from what caused them", () => {
  const context = { page: { url: "https://shop.example.com/" }, consent: { analytics: true } };
  const run = () =>
    visit({ track_session_start: true, track_session_end: true }, [
      [0, { context }],
      [10, { context }],
      [120, { context, userId: "u1" }],
    ]);
  const [first, second, third] = run();
  assert.deepEqual(
    first?.before.map(({ event }) => event),
    ["session_start"],
  );
  assert.deepEqual(second?.before, []);
  assert.deepEqual(
    third?.before.map(({ event }) => event),
    ["session_end", "session_start"],
  );
  const [end, start] = third?.before ?? [];
  assert.deepEqual(end?.["properties"], { session_id: TIME, session_number: 1, duration_seconds: 600, event_count: 2 });
  assert.equal(end?.timestamp, new Date(TIME + 10 * MINUTE).toISOString());
  assert.deepEqual(end?.context["consent"], { analytics: true });
  assert.equal(end?.context["page"], undefined);
  assert.deepEqual(start?.context["page"], context.page);
  assert.deepEqual([start?.["userId"], start?.["anonymousId"]], ["u1", "a1"]);
  assert.match(String(start?.messageId), /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  assert.notEqual(start?.messageId, end?.messageId);
  assert.deepEqual(run()[2]?.before, third?.before);
});

test("an end that a stripped event causes is stripped itself", () => {
  const [, second] = visit({ track_session_end: true }, [
    [0],
    [120, { context: { consent: { marketing: false }, consent_policy: { stripped: true } } }],
  ]);
  assert.deepEqual(second?.before[0]?.context["consent_policy"], { stripped: true });
});

test("late events stay in the session there is, or in none; clocks that run ahead do not stretch it", () => {
  const [, late, older] = visit({}, [[100], [90], [0]]);
  assert.deepEqual([late?.session?.["number"], older?.session], [1, undefined]);
  const ahead = compileSessions({});
  const subject = layered({ timestamp: "2099-01-01T00:00:00.000Z" });
  assert.ok(ahead?.run(subject, undefined).state !== undefined);
  assert.equal((subject.event.context["session"] as Record<string, unknown>)["id"], TIME);
});

test("servers' events, events without a visitor, and those that name their session have none of ours", () => {
  const step = compileSessions({});
  assert.equal(step?.key(layered({}, { pipelineType: "server" })), null);
  assert.equal(step?.key(layered({ anonymousId: null })), null);
  assert.equal(step?.key(layered({ context: { session: { id: 5 } } })), null);
  assert.equal(compileSessions(undefined), null);
});

test("bytes that are no state begin anew", () => {
  const step = compileSessions({});
  for (const bytes of ["", "x y z w", "1 2"]) {
    const subject = layered();
    step?.run(subject, Buffer.from(bytes));
    assert.equal((subject.event.context["session"] as Record<string, unknown>)["number"], 1);
  }
});
