import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, before, describe, it } from "node:test";
import { type Minio, startMinio } from "./minio.ts";
import { encodeKey } from "./s3-client.ts";

describe("MinIO", () => {
  let minio: Minio;
  before(async () => {
    minio = await startMinio();
    await minio.createBucket("events");
  });
  after(() => minio?.stop());

  const put = (key: string, body: string | Buffer = "{}", headers: Record<string, string> = {}) =>
    ({ method: "PUT", path: `/events/${encodeKey(key)}`, body, headers }) as const;

  it("keeps what was put with the right key, byte by byte, under any key", async () => {
    const body = Buffer.from(Array.from({ length: 256 }, (_, at) => at));
    for (const key of ["plain.ndjson.gz", "date=2026-11-21/event=sign up/a+b (1)!*'.json", "straße/日本.csv"]) {
      const answer = await minio.send(put(key, body, { "Content-Type": "application/x-test" }));
      assert.equal(answer.status, 200, answer.body.toString());
      const stored = await minio.read("events", key);
      assert.deepEqual(stored.body, body);
      assert.equal(stored.headers["content-type"], "application/x-test");
      const etag = createHash("md5").update(body).digest("hex");
      assert.deepEqual(await minio.list("events", key), [{ key, bytes: 256, etag }]);
    }
    await assert.rejects(minio.read("events", "never/put"), /NoSuchKey/);
  });

  it("has one object after the same key was put twice, and keeps the first where asked to", async () => {
    await minio.send(put("twice/a", "first"));
    await minio.send(put("twice/a", "second"));
    assert.equal((await minio.list("events", "twice/")).length, 1);
    assert.equal((await minio.read("events", "twice/a")).body.toString(), "second");
    const third = await minio.send(put("twice/a", "third", { "If-None-Match": "*" }));
    assert.equal(third.status, 412);
    assert.equal(third.errorCode, "PreconditionFailed");
    assert.equal((await minio.read("events", "twice/a")).body.toString(), "second");
  });

  it("refuses a wrong signature, and stores nothing", async () => {
    const { accessKeyId, secretAccessKey } = { accessKeyId: "signal-test-key", secretAccessKey: "another-secret" };
    const unknown = { accessKeyId: "unknown-key", secretAccessKey };
    const cases = [
      ["SignatureDoesNotMatch", await minio.send(put("no/secret"), { accessKeyId, secretAccessKey })],
      ["InvalidAccessKeyId", await minio.send(put("no/key"), unknown)],
      ["AccessDenied", await minio.send(put("no/signature"), null)],
      ["RequestTimeTooSkewed", await minio.send(put("no/clock", "{}", { "X-Amz-Date": "20200101T000000Z" }))],
    ] as const;
    for (const [code, answer] of cases) {
      assert.equal(answer.errorCode, code);
      assert.equal(answer.status, 403, code);
    }
    const changed = await minio.send(put("no/payload", "{}", { "X-Amz-Content-Sha256": "0".repeat(64) }));
    assert.deepEqual([changed.status, changed.errorCode], [400, "XAmzContentSHA256Mismatch"]);
    assert.deepEqual(await minio.list("events", "no/"), []);
  });

  it("tells a missing bucket from missing rights", async () => {
    const missing = await minio.send({ method: "PUT", path: "/nowhere/a", body: "{}" });
    assert.deepEqual([missing.status, missing.errorCode], [404, "NoSuchBucket"]);
    const Resource = ["arn:aws:s3:::events/signal/*"];
    const limited = await minio.limitedTo([{ Effect: "Allow", Action: ["s3:PutObject"], Resource }]);
    assert.equal((await minio.send(put("signal/a"), limited)).status, 200);
    for (const request of [put("elsewhere/a"), { method: "GET", path: "/events/signal/a" } as const]) {
      const answer = await minio.send(request, limited);
      assert.deepEqual([answer.status, answer.errorCode], [403, "AccessDenied"]);
    }
    const { sessionToken, ...half } = limited;
    assert.ok(sessionToken);
    assert.equal((await minio.send(put("signal/b"), half)).status, 403);
  });
});
