import assert from "node:assert/strict";
import { test } from "node:test";
import { afterAttempt, type AttemptShowed, type Circuit, CLOSED_CIRCUIT, probeAtOnce } from "./circuit.ts";

function after(circuit: Circuit, showed: AttemptShowed, now: number, probe = false): Circuit {
  return afterAttempt(circuit, showed, { now, probe });
}

function failing(times: number, everyMs = 100): Circuit {
  let circuit = CLOSED_CIRCUIT;
  for (let count = 0; count < times; count += 1) circuit = after(circuit, "failed", count * everyMs);
  return circuit;
}

test("opens at the twentieth failure in a row within a minute", () => {
  assert.equal(failing(19).state, "closed");
  assert.equal(failing(20).state, "failing");
  assert.equal(failing(20, 3_158).state, "closed", "20 failures in 60,002 ms");
  assert.equal(failing(40, 3_158).state, "closed", "too slow for ever");
  assert.equal(failing(20, 3_157).state, "failing", "20 failures in 59,983 ms");
});

test("any answer of a living vendor breaks the row", () => {
  for (const showed of ["succeeded", "answered"] as const) {
    let circuit = after(failing(19), showed, 2_000);
    for (let count = 0; count < 19; count += 1) circuit = after(circuit, "failed", 2_100 + count);
    assert.equal(circuit.state, "closed", showed);
  }
});

test("probes slow down from 5 s to 60 s", () => {
  let circuit = failing(20);
  const delays = [circuit.probeAt - 1_900];
  for (let count = 0; count < 5; count += 1) {
    const now = circuit.probeAt;
    circuit = after(circuit, "failed", now, true);
    delays.push(circuit.probeAt - now);
  }
  assert.deepEqual(delays, [5_000, 10_000, 20_000, 40_000, 60_000, 60_000]);
});

test("three probes in a row that succeed close it", () => {
  let circuit = failing(20);
  circuit = after(circuit, "succeeded", 7_000, true);
  assert.deepEqual([circuit.state, circuit.probeAt], ["failing", 7_000]);
  circuit = after(circuit, "succeeded", 7_001, true);
  circuit = after(circuit, "failed", 7_002, true);
  assert.deepEqual([circuit.successes, circuit.probeAt], [0, 17_002]);
  for (const now of [20_000, 20_001]) circuit = after(circuit, "succeeded", now, true);
  assert.equal(circuit.state, "failing");
  assert.equal(after(circuit, "succeeded", 20_002, true), CLOSED_CIRCUIT);
});

test("requests that were under way when it opened do not move it", () => {
  const open = failing(20);
  for (const showed of ["succeeded", "answered", "failed"] as const)
    assert.equal(after(open, showed, 2_000), open, showed);
});

test("a throttled probe neither closes nor slows", () => {
  const circuit = after(failing(20), "answered", 7_000, true);
  assert.deepEqual([circuit.state, circuit.probeAt, circuit.successes], ["failing", 12_000, 0]);
});

test("a misconfiguration opens at once and is probed once a minute, and at every new revision", () => {
  let circuit = after(CLOSED_CIRCUIT, "misconfigured", 1_000);
  assert.deepEqual([circuit.state, circuit.probeAt], ["misconfigured", 61_000]);
  circuit = after(circuit, "misconfigured", 61_000, true);
  assert.equal(circuit.probeAt, 121_000);
  assert.equal(probeAtOnce(circuit, 70_000).probeAt, 70_000);
  assert.equal(probeAtOnce(circuit, 130_000).probeAt, 121_000);
  assert.equal(probeAtOnce(CLOSED_CIRCUIT, 70_000), CLOSED_CIRCUIT);
  assert.equal(after(failing(20), "misconfigured", 2_000).state, "misconfigured");
});
