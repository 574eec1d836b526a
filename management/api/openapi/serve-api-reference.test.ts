import assert from "node:assert/strict";
import { test } from "node:test";
import { gunzipSync } from "node:zlib";
import fastify from "fastify";
import { parse } from "yaml";
import { openApiOf } from "./openapi-document.ts";
import { serveApiReference } from "./serve-api-reference.ts";
import { sampleRoutes } from "./sample-routes-fixture.ts";

const document = openApiOf(sampleRoutes(), { version: "1.2.3" });
const server = fastify();
serveApiReference(document)(server);

test("anyone gets the document, as JSON and as YAML, and the page", async () => {
  const json = await server.inject("/openapi.json");
  assert.equal(json.headers["content-type"], "application/json; charset=utf-8");
  assert.deepEqual(json.json(), document);
  const yaml = await server.inject("/openapi.yaml");
  assert.equal(yaml.headers["content-type"], "application/yaml; charset=utf-8");
  assert.deepEqual(parse(yaml.body), document);
  const page = await server.inject("/docs");
  assert.equal(page.headers["content-type"], "text/html; charset=utf-8");
  assert.match(page.body, /^<!doctype html>/);
});

const KNOWN: readonly [title: string, header: (etag: string) => string, status: number][] = [
  ["the same", (etag) => etag, 304],
  ["strengthened on the way", (etag) => etag.replace("W/", ""), 304],
  ["among others", (etag) => `"other", ${etag}`, 304],
  ["any", () => "*", 304],
  ["another", () => '"other"', 200],
];

for (const [title, header, status] of KNOWN) {
  test(`whoever names a tag that is ${title} gets ${status}`, async () => {
    for (const url of ["/openapi.json", "/openapi.yaml", "/docs"]) {
      const etag = String((await server.inject(url)).headers["etag"]);
      const answer = await server.inject({ url, headers: { "if-none-match": header(etag) } });
      assert.deepEqual([answer.statusCode, answer.headers["etag"]], [status, etag], url);
      assert.equal(answer.body === "", status === 304);
    }
  });
}

const ENCODINGS: readonly [accepted: string, encoding: string | undefined][] = [
  ["gzip, deflate, br", "gzip"],
  ["br;q=1.0, gzip;q=0.8", "gzip"],
  ["identity", undefined],
  ["gzip;q=0", undefined],
];

for (const [accepted, encoding] of ENCODINGS) {
  test(`whoever accepts ${accepted} gets it ${encoding ?? "as it is"}`, async () => {
    const answer = await server.inject({ url: "/openapi.json", headers: { "accept-encoding": accepted } });
    assert.equal(answer.headers["content-encoding"], encoding);
    const body = encoding === "gzip" ? gunzipSync(answer.rawPayload) : answer.rawPayload;
    assert.deepEqual(JSON.parse(body.toString("utf8")), document);
  });
}
