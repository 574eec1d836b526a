import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { loadSimulators, simulatorFolders } from "./index.ts";
import { simulatedRequest } from "./simulated-request.ts";
import { readAnswer } from "./simulator.ts";

const NOW = Date.parse("2026-11-21T12:00:00Z");
const folders = simulatorFolders();
const simulators = await loadSimulators();

test("there are simulators, each of its folder", () => {
  assert.ok(folders.length >= 4);
  assert.deepEqual(
    simulators.map(({ key }) => key),
    folders,
  );
});

for (const simulator of simulators) {
  const host = (simulator.hosts[0] ?? "").replace(/^\*/, "any");
  const request = () => simulatedRequest({ method: "POST", url: `https://${host}/`, body: "{}" }, NOW);
  const world = () => simulator.newWorld(() => NOW);

  test(`${simulator.key}: names its sources and has tests`, () => {
    for (const name of ["SOURCES.md", "simulator.test.ts"]) {
      assert.ok(existsSync(join(import.meta.dirname, simulator.key, name)), name);
    }
  });

  test(`${simulator.key}: answers the same to the same, and keeps what it was asked`, () => {
    const [first, second] = [world(), world()];
    assert.deepEqual(simulator.handle(request(), first), simulator.handle(request(), second));
    assert.equal(first.requests.length, 1);
    assert.deepEqual(first.accepted, []);
  });

  test(`${simulator.key}: misbehaves as told, once each, and takes nothing meanwhile`, () => {
    const here = world();
    here.next(
      "error",
      "unavailable",
      { kind: "throttled", retryAfterSeconds: 3 },
      "html",
      "timeout",
      "reset",
      "truncated",
    );
    const answers = Array.from({ length: 7 }, () => simulator.handle(request(), here));
    const [error, unavailable, throttled, html, timeout, reset] = answers;
    // What a vendor says of its faults is in the status or in the body, never only a 200 like any other.
    const well = readAnswer(simulator.handle(request(), world()));
    for (const fault of [error, unavailable, throttled]) {
      assert.ok(fault !== undefined && fault.silence === undefined && fault.status >= 200);
      assert.notDeepEqual(readAnswer(fault), well);
    }
    assert.equal(unavailable?.status, 503);
    assert.deepEqual([html?.status, timeout?.silence, reset?.silence], [502, "timeout", "reset"]);
    assert.equal(here.takeNext(), null);
    assert.deepEqual(here.accepted, []);
  });

  test(`${simulator.key}: another host or plain http is a fault of the test, not an answer`, () => {
    for (const url of ["https://vendor.invalid/", `http://${host}/`]) {
      assert.throws(() => simulator.handle(simulatedRequest({ method: "POST", url }, NOW), world()));
    }
  });
}
