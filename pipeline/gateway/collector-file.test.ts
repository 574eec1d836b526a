import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { request } from "node:http";
import { startRig, type Rig } from "./gateway-rig.ts";

const CODE = `window.datafly = "${"é".repeat(2_000)}";`;
const HASH = "0123456789abcdef";
const FRESH = "public, max-age=300, must-revalidate";

let rig: Rig;
before(async () => {
  rig = await startRig({ collector: { code: CODE, hash: HASH } });
});
after(() => rig.close());

interface Answer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: Buffer;
}

function ask(method: string, path: string, headers: Record<string, string> = {}): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const outgoing = request({ host: "127.0.0.1", port: rig.port, method, path, headers }, (incoming) => {
    const chunks: Buffer[] = [];
    incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
    incoming.on("end", () =>
      resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, body: Buffer.concat(chunks) }),
    );
  });
  outgoing.on("error", reject);
  outgoing.end();
  return promise;
}

function assertOpen({ headers }: Answer): void {
  assert.equal(headers["access-control-allow-origin"], "*");
  assert.equal(headers["access-control-allow-credentials"], undefined);
  assert.equal(headers["cross-origin-resource-policy"], "cross-origin");
  assert.equal(headers["x-content-type-options"], "nosniff");
}

test("both names serve the script to every page, in the smallest encoding that is taken", async () => {
  const rows: [accepts: string | null, encoding: string | undefined][] = [
    [null, undefined],
    ["", undefined],
    ["gzip", "gzip"],
    ["gzip, deflate, br, zstd", "br"],
    ["br;q=0, gzip;q=0.5", "gzip"],
    ["BR", "br"],
    ["*", "br"],
    ["*;q=0", undefined],
    ["br;q=0, *", "gzip"],
    ["identity, gzip;q=0", undefined],
    ["br;q=rubbish", undefined],
  ];
  for (const path of ["/datafly.js", "/d.js", "//datafly.js/"]) {
    for (const [accepts, encoding] of rows) {
      const answer = await ask("GET", path, accepts === null ? {} : { "accept-encoding": accepts });
      assert.equal(answer.status, 200);
      assert.equal(answer.headers["content-type"], "text/javascript; charset=utf-8");
      assert.equal(answer.headers["content-encoding"], encoding, String(accepts));
      assert.equal(answer.headers["vary"], "Accept-Encoding");
      assert.equal(answer.headers["etag"], `W/"${HASH}"`);
      assert.equal(answer.headers["cache-control"], FRESH);
      assert.equal(Number(answer.headers["content-length"]), answer.body.length);
      const { body } = answer;
      const plain = encoding === "br" ? brotliDecompressSync(body) : encoding === "gzip" ? gunzipSync(body) : body;
      assert.equal(plain.toString(), CODE);
      assertOpen(answer);
    }
  }
});

test("an address that names the hash is kept for a year, any other one is asked for again soon", async () => {
  const rows: [query: string, forever: boolean][] = [
    [`?v=${HASH}`, true],
    [`?x=1&v=${HASH}`, true],
    ["?v=older", false],
    ["?v=", false],
    [`?w=${HASH}`, false],
  ];
  for (const [query, forever] of rows) {
    const { headers } = await ask("GET", `/datafly.js${query}`);
    assert.equal(headers["cache-control"], forever ? "public, max-age=31536000, immutable" : FRESH, query);
  }
});

test("what the browser has already is not sent again", async () => {
  const rows: [header: string, status: number][] = [
    [`W/"${HASH}"`, 304],
    [`"${HASH}"`, 304],
    [`"other", W/"${HASH}"`, 304],
    ["*", 304],
    [HASH, 200],
    ['"other"', 200],
    ["", 200],
  ];
  for (const [header, status] of rows) {
    const answer = await ask("GET", "/d.js", { "if-none-match": header });
    assert.equal(answer.status, status, header);
    assert.equal(answer.headers["etag"], `W/"${HASH}"`);
    assert.equal(answer.headers["cache-control"], FRESH);
    assert.equal(answer.headers["vary"], "Accept-Encoding");
    if (status === 304) assert.equal(answer.body.length, 0);
    assertOpen(answer);
  }
});

test("other methods", async () => {
  const head = await ask("HEAD", "/datafly.js", { "accept-encoding": "gzip" });
  assert.deepEqual([head.status, head.headers["content-encoding"], head.body.length], [200, "gzip", 0]);
  const preflight = await ask("OPTIONS", "/datafly.js", { origin: "https://anywhere.example" });
  assert.deepEqual([preflight.status, preflight.headers["access-control-allow-origin"]], [204, "*"]);
  const post = await ask("POST", "/datafly.js");
  assert.deepEqual([post.status, post.headers["allow"]], [405, "GET, HEAD, OPTIONS"]);
  assert.equal((JSON.parse(post.body.toString()) as Record<string, string>)["error"], "method_not_allowed");
});

test("without a collector there is nothing at its paths", async () => {
  const bare = await startRig();
  const reply = await bare.send({ method: "GET", path: "/datafly.js" });
  assert.deepEqual([reply.status, reply.json["error"]], [404, "not_found"]);
  await bare.close();
});
