import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { buildCollector } from "./collector-script.ts";

const MAX_GZIP_BYTES = 5_000;

test("the script is small, says its version, and is known by its hash", async (context) => {
  const { code, hash } = await buildCollector();
  const { length } = gzipSync(code, { level: 9 });
  context.diagnostic(`${length} bytes gzip, ${code.length} plain`);
  assert.ok(length <= MAX_GZIP_BYTES, `${length} bytes gzip`);
  assert.ok(code.includes('"@datafly/collector"'));
  assert.equal(hash, createHash("sha256").update(code).digest("hex").slice(0, 16));
});

test("builds at the same time end well, and give the same", async () => {
  const builds = await Promise.all([buildCollector(), buildCollector(), buildCollector()]);
  assert.equal(new Set(builds.map(({ hash }) => hash)).size, 1);
});

test("shortened names leave those alone that the gateway, the browser or the storage know", async () => {
  const { code } = await buildCollector();
  const kept =
    "writeKey sentAt batch messageId anonymousIdHint anonymousIdReset anonymousId properties traits context timestamp " +
    "keepalive credentials turn settled sent event q";
  for (const name of kept.split(" ")) assert.match(code, new RegExp(`\\b${name}\\b`), name);
});
