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

test("an address counts as requests find it, however it is written", () => {
  const same = { url: "https://a.example.com/in" };
  const one = spec("https://api.example.com/v1");
  const others = [
    "https:evil.example.com/v1",
    "https:\\\\evil.example.com/v1",
    "ht\ttps://evil.example.com/v1",
    "{{config.x}}/v1",
  ];
  for (const url of [...others, "\u0001https://evil.example.com", "https://api.example.com{{config.x}}/v1"])
    assert.deepEqual(paths(same, {}, [one, spec(url)]), ["config.token"], url);
  assert.deepEqual(paths(same, {}, [one, spec("https://api.example.com/{{config.x}}")]), []);
  const tested = { ...one, test: { url: "https://evil.example.com/me" } };
  assert.deepEqual(paths(same, {}, [one, tested]), ["config.token"]);
  assert.deepEqual(paths({ url: "https:b.example.com/in" }), ["config.token"]);
  assert.deepEqual(paths({ url: "http://a.example.com/in" }), ["config.token"]);
});

test("settings that are filled into a spec's host count, in whatever order, and secrets do not", () => {
  const filled = spec("https://{{config.host}}/v1");
  const from = { ...base, config: { url: "https://a.example.com/in", host: "b" }, delivery_spec: filled };
  const next = { ...from, secrets: {}, config: { token: "s3cret", host: "b", url: "https://a.example.com/in" } };
  assert.deepEqual(movedSecrets([from, next], {}, { config_fields: FIELDS }), []);
});

test("a secret as reads show it is not given, and a mapping's parameters are settings", () => {
  const moved = { url: "https://b.example.com/in" };
  assert.deepEqual(paths(moved, { token: { set: true } }), ["config.token"]);
  const mapping = (url: string): string => `version: 2\nparameters: { url: "${url}" }\n`;
  const next = (url: string): IntegrationDocument => ({ ...base, config: { token: "s3cret" }, mapping: mapping(url) });
  const pathsTo = (url: string): string[] =>
    movedSecrets([base, next(url)], {}, { config_fields: FIELDS }).map(({ path }) => path);
  assert.deepEqual(pathsTo("https://a.example.com/other"), []);
  assert.deepEqual(pathsTo("https://b.example.com/in"), ["config.token"]);
  const twice = movedSecrets(
    [next("https://a.example.com"), next("https://b.example.com")],
    {},
    { config_fields: FIELDS },
  );
  assert.deepEqual(twice.length, 1);
});
