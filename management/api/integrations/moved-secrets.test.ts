/** Secrets that would go to another host. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { ConfigField, JsonObject } from "@datafly-signal/core";
import type { IntegrationDocument } from "../configuration/configuration-changes.ts";
import { movedSecrets } from "./moved-secrets.ts";

const field = (key: string, facts: Partial<ConfigField>): ConfigField => ({
  ...{ key, label: key, type: "string", required: false, help_text: "" },
  ...facts,
});
const FIELDS = [field("url", { url: true }), field("token", { type: "secret" }), field("other", { type: "secret" })];
const base: IntegrationDocument = {
  ...{ id: "tmpl_a", name: "A", vendor: "own" },
  config: { url: "https://a.example.com/in" },
  secrets: { token: "s3cret" },
};

function paths(config: JsonObject, given: JsonObject = {}, spec: (JsonObject | undefined)[] = []): string[] {
  const [before, after] = spec;
  const next = { ...base, secrets: {}, config: { token: "s3cret", ...config }, ...(after && { delivery_spec: after }) };
  const from = { ...base, ...(before && { delivery_spec: before }) };
  return movedSecrets([from, next], given, { config_fields: FIELDS }).map(({ path }) => path);
}

const spec = (url: string, tokenUrl?: string): JsonObject => ({
  endpoint: { url },
  ...(tokenUrl !== undefined && { auth: { kind: "oauth2_client_credentials", token_url: tokenUrl } }),
  body: { envelope: { text: "see https is fine", items: ["{{config.x}}"] } },
});

test("another path of the same host carries them over, another host does not", () => {
  assert.deepEqual(paths({ url: "https://a.example.com/other?x=1" }), []);
  assert.deepEqual(paths({ url: "https://b.example.com/in" }), ["config.token"]);
  assert.deepEqual(paths({ url: "https://a.example.com:8443/in" }), ["config.token"]);
  assert.deepEqual(paths({ url: "https://a.example.com@b.example.com/in" }), ["config.token"]);
  assert.deepEqual(paths({ url: "{{pipeline_param.url}}" }), ["config.token"]);
  assert.deepEqual(paths({}), ["config.token"]);
});

test("what is given again, or not there, is no fault", () => {
  assert.deepEqual(paths({ url: "https://b.example.com/in" }, { token: "new" }), []);
  assert.deepEqual(paths({ url: "https://b.example.com/in", token: "" }), []);
});

test("the addresses of a delivery spec count as well, tokens' among them", () => {
  const same = { url: "https://a.example.com/in" };
  const one = spec("https://api.example.com/v1", "https://login.example.com/t");
  assert.deepEqual(paths(same, {}, [one, spec("https://api.example.com/v2", "https://login.example.com/t")]), []);
  assert.deepEqual(paths(same, {}, [one, spec("https://api.example.com/v1", "https://evil.example.com/t")]), [
    "config.token",
  ]);
  assert.deepEqual(paths(same, {}, [one, spec("https://{{config.host}}/v1")]), ["config.token"]);
  assert.deepEqual(paths(same, {}, [undefined, one]), ["config.token"]);
  assert.deepEqual(paths(same, {}, [one, undefined]), []);
  const filled = spec("https://{{config.host}}/v1");
  assert.deepEqual(paths({ ...same, host: "b.example.com" }, {}, [filled, filled]), ["config.token"]);
});
