import assert from "node:assert/strict";
import { test } from "node:test";
import type { Operator } from "@datafly-signal/management-api";
import { StoreError } from "@datafly-signal/ports/store";
import { operatorMethods, refusalOf } from "./operator-methods.ts";

type Given = Parameters<Operator["applyConfiguration"]>[0];

function methodsOf(operator: Partial<Operator>) {
  const calls: string[] = [];
  const never = (): Promise<never> => Promise.reject(new TypeError("not asked for"));
  const whole: Operator = {
    exportConfiguration: never,
    applyConfiguration: never,
    secretsStatus: never,
    rotateSecrets: never,
    resetPassword: never,
    accounts: async () => ["jane@example.com"],
    ...operator,
  };
  const methods = operatorMethods({
    operator: whole,
    settings: { configFile: null },
    reload: async () => void calls.push("reload"),
  });
  const { signal } = new AbortController();
  return { calls, ask: (name: string, args = {}) => methods[name]?.(args, signal) };
}

const FILE = { yaml: "version: 1", fileName: "a.yaml", folder: "/f", variables: { A: "1", B: 2 }, files: ["x"] };
const APPLIED = { changes: ["one"], objects: [], warnings: [] };

test("what is applied is current before the answer; what is only compared changes nothing", async () => {
  const seen: Given[] = [];
  const { calls, ask } = methodsOf({ applyConfiguration: async (given) => (seen.push(given), APPLIED) });
  await ask("config-apply", { ...FILE, dryRun: true });
  assert.deepEqual(calls, []);
  assert.deepEqual(await ask("config-apply", { ...FILE, prune: true, discardWaiting: "yes" }), {
    ok: true,
    ...APPLIED,
  });
  assert.deepEqual(calls, ["reload"]);
  assert.deepEqual(seen[1], {
    yaml: "version: 1",
    variables: { A: "1" },
    prune: true,
    discardWaiting: false,
    dryRun: false,
    origin: { fileName: "a.yaml", folder: "/f", files: {}, discardBy: "--discard-waiting" },
  });
});

test("arguments that lack are wrong usage, and a database that is away is said in words", async () => {
  const away = new StoreError("The database cannot be reached.", { fault: "away", cure: "Look at it." });
  const { ask } = methodsOf({ secretsStatus: () => Promise.reject(away) });
  for (const [method, args] of [
    ["config-apply", {}],
    ["config-apply", { ...FILE, yaml: "" }],
    ["reset-password", { email: 7 }],
  ] as const) {
    await assert.rejects(async () => ask(method, args), { name: "ControlError", code: "bad_request" });
  }
  await assert.rejects(async () => ask("secrets-status"), {
    code: "refused",
    message: /cannot be reached\. Look at it/,
  });
});

test("why there is no password", async () => {
  const { ask } = methodsOf({ resetPassword: async () => ({ ok: false, reason: "disabled" }) });
  await assert.rejects(async () => ask("reset-password", { email: "jane@example.com" }), {
    code: "not_found",
    message: /jane@example\.com is disabled/,
  });
  assert.match(refusalOf("x@shop.example.com", "unknown_email", []), /There is none at all yet/);
});
