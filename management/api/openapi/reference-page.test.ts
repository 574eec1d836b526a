import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import { MANAGEMENT_ERRORS } from "@datafly-signal/core";
import { curlExample } from "./curl-example.ts";
import { openApiOf } from "./openapi-document.ts";
import { REFERENCE_HEADERS, referencePage } from "./reference-page.ts";
import { sampleRoutes } from "./sample-routes-fixture.ts";

const document = openApiOf(sampleRoutes(), { version: "1.2.3" });
const page = referencePage(document);

test("every operation, object and error has an anchor, each once, and every link leads to one", () => {
  const anchors = [...page.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id);
  assert.deepEqual(anchors, [...new Set(anchors)]);
  const wanted = ["createShelf", "openDoor", "schema-Shelf", ...Object.keys(MANAGEMENT_ERRORS)];
  for (const one of wanted) assert.ok(anchors.includes(one), one);
  for (const [, id] of page.matchAll(/href="#([^"]+)"/g)) assert.ok(anchors.includes(id), `#${id}`);
});

test("it runs nothing, loads nothing, and its policy allows its own style alone", () => {
  assert.doesNotMatch(page, /<script|<img|<iframe|<form|style="|\son\w+="|@import|url\(/i);
  assert.doesNotMatch(page, /(?:src|href)="(?:https?:)?\/\//i);
  const style = /<style>(.*)<\/style>/s.exec(page)?.[1] ?? "";
  const hash = createHash("sha256").update(style).digest("base64");
  const policy = REFERENCE_HEADERS["content-security-policy"] ?? "";
  assert.ok(policy.startsWith("default-src 'none'"));
  assert.ok(policy.includes(`style-src 'sha256-${hash}'`));
});

test("what routes say is text, never markup", () => {
  const routes = sampleRoutes();
  const [first] = routes;
  assert.ok(first !== undefined);
  const evil = { ...first, summary: "<script>alert(1)</script>", description: "`<b>`", tag: '"><i>' };
  const made = referencePage(openApiOf([evil], { version: "<u>" }));
  assert.doesNotMatch(made, /<script|<i>|<u>|<b>`/);
});

test("fields are listed with what is inside them, required ones marked", () => {
  const article = page.slice(page.indexOf('<article id="createShelf"'), page.indexOf('<article id="getShelf"'));
  const rows = [...article.matchAll(/<tr role="row" class="(d\d)"><th[^>]*><code>(.*?)<\/th>/g)];
  const shown = rows.map(([, depth, name = ""]) => `${depth} ${name.replace(/<[^>]+>/g, "")}`);
  assert.deepEqual(shown, [
    "d0 Idempotency-Key",
    "d0 name required",
    "d0 kind",
    "d0 labels",
    "d0 place",
    "d1 place.room required",
    "d1 place.height",
    "d1 place.books",
    "d2 place.books[].title required",
    "d0 parameters",
  ]);
  assert.match(article, /not empty; at most 100 characters/);
  assert.match(article, /Needs <code>pipelines:create<\/code>.*<code>org_admin<\/code>, <code>source_admin<\/code>/);
  assert.match(article, /<a href="#MANAGED_BY_FILE">/);
});

test("the example is a command that a shell reads as it is meant", () => {
  const operation = document.paths["/shelves"]?.["post"];
  assert.ok(operation !== undefined);
  const command = curlExample({ document, method: "post", path: "/shelves", operation });
  const script = `curl() { printf '%s\\0' "$@"; }\n${command}`;
  const shell = execFileSync("/bin/sh", ["-c", script], { env: { TOKEN: "secret" }, encoding: "utf8" });
  const [url, , token, , type, , body = ""] = shell.split("\0");
  assert.equal(url, "http://localhost:8084/v1/admin/shelves");
  assert.deepEqual([token, type], ["Authorization: Bearer secret", "Content-Type: application/json"]);
  assert.deepEqual(JSON.parse(body), { name: "Winter <coats> & 'hats'" });
});
