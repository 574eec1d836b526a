import assert from "node:assert/strict";
import { test } from "node:test";
import { correctTime, parseTime } from "./event-time.ts";

const HALF_PAST_TWO = Date.parse("2026-02-25T14:30:00.000Z");

test("times are read in the forms that clients send", () => {
  const rows: [text: string, iso: string | null][] = [
    ["2026-02-25T14:30:00.000Z", "2026-02-25T14:30:00.000Z"],
    ["2026-02-25T14:30:00Z", "2026-02-25T14:30:00.000Z"],
    ["2026-02-25T14:30:00.123456789Z", "2026-02-25T14:30:00.123Z"],
    ["2026-02-25T14:30:00,5Z", "2026-02-25T14:30:00.500Z"],
    ["2026-02-25T15:30:00+01:00", "2026-02-25T14:30:00.000Z"],
    ["2026-02-25T15:30:00+0100", "2026-02-25T14:30:00.000Z"],
    ["2026-02-25T15:30:00+01", "2026-02-25T14:30:00.000Z"],
    ["2026-02-25 14:30:00", "2026-02-25T14:30:00.000Z"],
    ["2026-02-25T14:30", "2026-02-25T14:30:00.000Z"],
    ["2026-02-25", "2026-02-25T00:00:00.000Z"],
    ["2024-02-29T00:00:00.000Z", "2024-02-29T00:00:00.000Z"],
    ["2026-02-29T00:00:00.000Z", null],
    ["2026-04-31", null],
    ["2026-13-01T00:00:00.000Z", null],
    ["2026-02-25T25:00:00.000Z", null],
    ["1772029800000", null],
    ["Wed, 25 Feb 2026 14:30:00 GMT", null],
    ["yesterday", null],
    ["", null],
  ];
  for (const [text, iso] of rows) {
    const time = parseTime(text);
    assert.equal(time === null ? null : new Date(time).toISOString(), iso, text);
  }
});

test("a time is corrected by the client's clock, and never put into the future", () => {
  const receivedAt = HALF_PAST_TWO;
  const minute = 60_000;
  const rows: [name: string, original: number | null, sentAt: number | null, expected: number][] = [
    ["none", null, null, receivedAt],
    ["without sentAt it is believed", receivedAt - minute, null, receivedAt - minute],
    ["future without sentAt", receivedAt + minute, null, receivedAt],
    ["clock an hour ahead", receivedAt + 60 * minute, receivedAt + 61 * minute, receivedAt - minute],
    ["clock an hour behind", receivedAt - 61 * minute, receivedAt - 60 * minute, receivedAt - minute],
    ["sent before it happened", receivedAt, receivedAt - minute, receivedAt],
    ["years old", receivedAt - 2_000_000 * minute, receivedAt, receivedAt - 2_000_000 * minute],
  ];
  for (const [name, original, sentAt, expected] of rows) {
    assert.equal(correctTime({ original, sentAt, receivedAt }), expected, name);
  }
  const absurd = correctTime({ original: Date.parse("0001-01-01"), sentAt: Date.parse("9999-01-01"), receivedAt });
  assert.equal(new Date(absurd).toISOString(), "0000-01-01T00:00:00.000Z");
});
