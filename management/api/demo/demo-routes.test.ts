import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { ask, type DemoFixture, KEY, startDemo } from "./demo-fixture.ts";

let demo: DemoFixture;
before(async () => {
  demo = await startDemo();
});
after(() => demo.http.close());

const json = { "content-type": "application/json" };

test("the shop loads datafly.js from the host name that it was opened with", async () => {
  const { port } = new URL(demo.url);
  for (const name of ["127.0.0.1", "localhost", "shop.localhost"]) {
    const { status, text, headers } = await ask(`${demo.url}/demo/shop`, { headers: { host: `${name}:${port}` } });
    assert.equal(status, 200);
    assert.ok(text.includes(`<script src="//${name}:8080/datafly.js" data-pipeline-key="${KEY}"></script>`), text);
    assert.match(String(headers["content-security-policy"]), new RegExp(`script-src 'self' ${name}:8080;`));
  }
});

test("every address of the shop is the shop; a file that does not exist is none", async () => {
  for (const path of ["shop/products/mug", "shop/cart", "shop/checkout", "shop/thanks", "shop/"]) {
    assert.match((await ask(`${demo.url}/demo/${path}`)).text, /<title>shop\.example\.com<\/title>/, path);
  }
  for (const path of ["assets/none.js", "assets/..%2Fdemo-routes.ts", "assets/shop.html", "elsewhere"]) {
    assert.equal((await ask(`${demo.url}/demo/${path}`)).status, 404, path);
  }
});

test("pages run no script but their own, and everything they name is there", async () => {
  for (const path of ["/demo", "/demo/shop", "/demo/receiver"]) {
    const { text, headers } = await ask(demo.url + path);
    const policy = String(headers["content-security-policy"]);
    assert.match(policy, /default-src 'none'/);
    assert.doesNotMatch(policy, /unsafe|\*/);
    assert.equal(headers["x-content-type-options"], "nosniff");
    assert.doesNotMatch(text, /<script>|\son\w+=|style="|javascript:/, "no inline script or style");
    for (const [, asset = ""] of text.matchAll(/"(\/demo\/assets\/[^"]+)"/g)) {
      assert.equal((await ask(demo.url + asset)).status, 200, asset);
    }
  }
});

test("scripts import only what is there", async () => {
  const seen = new Set<string>();
  const follow = async (name: string): Promise<void> => {
    if (seen.has(name)) return;
    seen.add(name);
    const { status, text, headers } = await ask(`${demo.url}/demo/assets/${name}`);
    assert.equal(status, 200, name);
    assert.match(String(headers["content-type"]), /^text\/javascript/);
    assert.doesNotMatch(text, /innerHTML|insertAdjacentHTML|document\.write|\beval\(/, name);
    for (const [, next = ""] of text.matchAll(/from "\.\/([^"]+)"/g)) await follow(next);
  };
  for (const entry of ["shop.js", "receiver.js", "split.js"]) await follow(entry);
  assert.ok(seen.size > 10);
});

test("a name that only resolves to this machine sees nothing", async () => {
  for (const path of ["/demo", "/demo/shop", "/demo/receiver", "/demo/traces", "/demo/assets/shop.js"]) {
    const { status, text } = await ask(demo.url + path, { headers: { host: "rebound.example.com" } });
    assert.equal(status, 403, path);
    assert.doesNotMatch(text, new RegExp(KEY));
  }
  assert.equal((await ask(`${demo.url}/health`, { headers: { host: "rebound.example.com" } })).status, 200);
});

test("the vendor answers as it was told to", async () => {
  const receive = () => ask(`${demo.url}/demo/receive`, { method: "POST", headers: json, body: "not { json" });
  assert.deepEqual([(await receive()).status, (await receive()).text], [200, '{"received":true}']);
  const behave = (body: string, headers: Record<string, string> = json) =>
    ask(`${demo.url}/demo/behaviour`, { method: "POST", headers, body });
  assert.equal((await behave('{"answer":"fail","left":2}')).status, 200);
  assert.deepEqual([(await receive()).status, (await receive()).status, (await receive()).status], [500, 500, 200]);
  assert.equal((await behave('{"answer":"refuse"}')).status, 200);
  assert.equal((await receive()).status, 400);
  assert.equal((await behave('{"answer":"explode"}')).status, 400);
  assert.equal((await behave("{")).status, 400);
  const simple = await behave('{"answer":"fail"}', { "content-type": "text/plain" });
  assert.equal(simple.status, 400, "what a page of another origin can send without being asked has no effect");
  assert.equal((await receive()).status, 200);
});

test("a delivery over management's own limit of a body is taken", async () => {
  const answer = await ask(`${demo.url}/demo/receive`, { method: "POST", headers: json, body: "x".repeat(3_000_000) });
  assert.equal(answer.status, 200);
});

test("without the demo's configuration every address says why there is nothing", async () => {
  demo.setDemo(null);
  for (const path of ["/demo", "/demo/shop", "/demo/receiver", "/demo/traces", "/demo/assets/shop.js"]) {
    const { status, text } = await ask(demo.url + path);
    assert.equal(status, 404, path);
    assert.match(text, /only while the server has no signal\.yaml/);
  }
  assert.equal((await ask(`${demo.url}/demo/receive`, { method: "POST", headers: json, body: "{}" })).status, 404);
  demo.setDemo({ receiveUrl: "http://127.0.0.1:1/demo/receive" });
  assert.equal((await ask(`${demo.url}/demo/shop`)).status, 200);
});

const PERSON = { accept: "text/html,application/xhtml+xml,*/*;q=0.8" };

test("a person is told in words what a program is told in JSON", async () => {
  demo.setDemo(null);
  const { status, text, headers } = await ask(`${demo.url}/demo/shop/cart`, { headers: PERSON });
  assert.deepEqual([status, headers["content-type"]], [404, "text/html; charset=utf-8"]);
  assert.match(text, /<p>There is no demo now: it runs only while the server has no signal\.yaml/);
  assert.match(String(headers["content-security-policy"]), /^default-src 'none'; style-src 'sha256-/);
  demo.setDemo({ receiveUrl: "http://127.0.0.1:1/demo/receive" });
  const rebound = await ask(`${demo.url}/demo`, { headers: { ...PERSON, host: "rebound.example.com" } });
  assert.deepEqual([rebound.status, rebound.headers["content-type"]], [403, "text/html; charset=utf-8"]);
  assert.match(rebound.text, /only under localhost/);
});

const OTHERS: [what: string, headers: Record<string, string>][] = [
  ["another site", { origin: "https://shop.example.com", "sec-fetch-site": "cross-site" }],
  ["another port of this machine", { origin: "http://127.0.0.1:1", "sec-fetch-site": "same-site" }],
  ["a page without an origin", { origin: "null" }],
  ["a browser that only says it is another site", { "sec-fetch-site": "cross-site" }],
];
for (const [what, headers] of OTHERS) {
  test(`nothing is changed for ${what}`, async () => {
    for (const path of ["behaviour", "replay"]) {
      const body = path === "replay" ? '{"messageId":"m"}' : '{"answer":"fail"}';
      const answer = await ask(`${demo.url}/demo/${path}`, { method: "POST", headers: { ...json, ...headers }, body });
      assert.equal(answer.status, 403, path);
    }
  });
}

test("what is no wish for a replay is told so, and so is one for which nothing is open", async () => {
  const origin = demo.url;
  const replay = async (body: string) =>
    (await ask(`${demo.url}/demo/replay`, { method: "POST", headers: { ...json, origin }, body })).status;
  const wrong = [
    "{}",
    "[]",
    '"m"',
    "null",
    '{"messageId":""}',
    '{"messageId":5}',
    `{"messageId":"${"m".repeat(256)}"}`,
  ];
  for (const body of wrong) assert.equal(await replay(body), 400, body);
  assert.equal(await replay('{"messageId":"unknown"}'), 404);
});

test("while the gateway starts, the pages say so and load again", async () => {
  demo.setGatewayPort(null);
  const { status, headers, text } = await ask(`${demo.url}/demo/shop`);
  assert.deepEqual([status, headers["refresh"]], [503, "1"]);
  assert.match(text, /still starting/);
  demo.setGatewayPort(8080);
});

test("on IPv6 the page is told an address that its policy can hold", async () => {
  const six = await startDemo("::1");
  const { status, text, headers } = await ask(`${six.url}/demo/shop`);
  assert.equal(status, 200);
  assert.match(text, /src="\/\/\[::1\]:8080\/datafly\.js"/);
  assert.match(String(headers["content-security-policy"]), /script-src 'self' http:;/);
  await six.http.close();
});
