/** The recipes of deploy/ for nginx and Caddy, as they are: what reaches the gateway, and what its clients get back. */
import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { configuration, KEY } from "../harness/configuration.ts";
import { arrivals, type Receiver, startReceiver } from "../harness/receiver.ts";
import { freePort, type SignalServer, startSignal, workFolder } from "../harness/signal-server.ts";
import { until } from "../harness/until.ts";
import { cleaning } from "./cleaning.ts";
import { type Proxy, proxyOptions, type ProxyName, startProxy } from "./proxy.ts";
import { type Answered, ask, type Asked, askHttp2 } from "./tls-client.ts";

const LATE_MS = 60_000;
const SHOP = "https://shop.example.com";
const DATA = "data.example.com";

interface Site {
  proxy: Proxy;
  receiver: Receiver;
  server: SignalServer;
  /** Starts the gateway again where it was. */
  restart(): Promise<void>;
  /** Posts an event, over TLS unless said otherwise. */
  post(messageId: string, more?: Partial<Asked>): Promise<Answered>;
  /** What a vendor received of an event. */
  delivered(messageId: string): Promise<{ context: { ip?: string }; anonymousId: string }>;
}

async function site(t: TestContext, name: ProxyName): Promise<Site> {
  const clean = cleaning(t);
  const { folder, remove } = await workFolder();
  clean(remove);
  const receiver = await startReceiver();
  clean(receiver.close);
  const gatewayPort = await freePort();
  const env = { GATEWAY_PORT: String(gatewayPort), TRUSTED_PROXIES: "127.0.0.1", COOKIE_DOMAIN: "example.com" };
  const config = configuration([{ name: "Orders", url: receiver.url }]);
  const start = (): Promise<SignalServer> => startSignal({ folder, config, env });
  const parts = { server: await start() };
  clean(() => parts.server.stop());
  const proxy = await startProxy(name, { folder, gatewayPort });
  clean(proxy.stop);
  const to = { port: proxy.tlsPort, ca: proxy.ca, host: DATA, path: "/v1/t" };
  return Object.assign(parts, {
    proxy,
    receiver,
    async restart() {
      parts.server = await start();
    },
    post: (messageId: string, more: Partial<Asked> = {}) =>
      ask({
        ...to,
        ...more,
        headers: { authorization: `Bearer ${KEY}`, ...more.headers },
        body: more.body ?? event(messageId),
      }),
    async delivered(messageId: string) {
      const found = await until(LATE_MS, () => receiver.requests.find(({ body }) => body.includes(`"${messageId}"`)));
      return JSON.parse(found.body) as { context: { ip?: string }; anonymousId: string };
    },
  });
}

function event(messageId: string, text = ""): string {
  return JSON.stringify({ type: "track", event: "Proxied", messageId, properties: { text } });
}

for (const name of ["nginx", "caddy"] as const) {
  test(`${name}: what reaches the gateway, and what comes back`, proxyOptions(name), async (t) => {
    const { proxy, post, delivered } = await site(t, name);
    const plain = { port: proxy.httpPort, ca: null };
    const forged = {
      origin: SHOP,
      "x-forwarded-for": "203.0.113.9",
      "x-real-ip": "203.0.113.9",
      forwarded: "for=203.0.113.9",
    };

    await t.test(
      "the visitor's address is the one that the proxy sees, whatever the client says of itself",
      async () => {
        assert.equal((await post("real", { from: "127.0.0.5", headers: { origin: SHOP } })).status, 200);
        assert.equal((await delivered("real")).context.ip, "127.0.0.5");
        assert.equal((await post("forged", { from: "127.0.0.6", headers: forged })).status, 200);
        assert.equal((await delivered("forged")).context.ip, "127.0.0.6");
      },
    );

    await t.test("collect paths over http are answered, not redirected; so are HTTP/2 and GET", async () => {
      assert.deepEqual(await post("http", plain).then(({ status, body }) => [status, body]), [200, '{"success":true}']);
      const http2 = { port: proxy.tlsPort, ca: proxy.ca, host: DATA, path: "/v1/t", body: event("http2") };
      assert.equal(await askHttp2({ ...http2, headers: { authorization: `Bearer ${KEY}` } }), 200);
      for (const more of [{}, plain]) {
        const script = await post("", { ...more, path: "/datafly.js", method: "GET", body: "" });
        assert.equal(script.status, 200);
        assert.match(String(script.headers["content-type"]), /javascript/);
      }
      await delivered("http2");
    });

    await t.test("the visitor's cookie passes as it was set, and comes back", async () => {
      const first = await post("browser", { headers: { origin: SHOP } });
      const cookie = String(first.headers["set-cookie"]);
      assert.match(
        cookie,
        /^_dfid=[0-9a-f-]{36}; Domain=example\.com; Path=\/; Max-Age=34560000; HttpOnly; Secure; SameSite=Lax$/,
      );
      assert.equal(first.headers["access-control-allow-origin"], SHOP);
      const value = cookie.slice(0, cookie.indexOf(";"));
      await post("again", { headers: { origin: SHOP, cookie: value } });
      assert.equal(`_dfid=${(await delivered("again")).anonymousId}`, value);
    });

    await t.test("a preflight passes", async () => {
      const headers = { origin: SHOP, "access-control-request-method": "POST" };
      const answer = await post("", { method: "OPTIONS", headers, body: "" });
      assert.equal(answer.status, 204);
      assert.equal(answer.headers["access-control-allow-headers"], "Content-Type, Authorization");
    });

    await t.test(
      "what is too large is refused by the gateway; far larger things by the proxy, readable for pages",
      async () => {
        for (const bytes of [1_200_000, 6_000_000, 9_000_000]) {
          const answer = await post("", { body: event("large", "x".repeat(bytes)), headers: { origin: SHOP } });
          assert.equal(answer.status, 413, `${bytes} bytes: ${answer.body}`);
          assert.equal((JSON.parse(answer.body) as { error: string }).error, "payload_too_large");
          assert.equal(answer.headers["access-control-allow-origin"], SHOP);
        }
        assert.equal((await post("", { body: event("fits", "x".repeat(1_000_000)) })).status, 200);
      },
    );

    await t.test("metrics and readiness stay inside", async () => {
      for (const path of ["/metrics", "//metrics", "/metrics/", "/ready", "/./ready", "/x/../metrics"]) {
        const answer = await post("", { path, method: "GET", body: "" });
        assert.equal(answer.status, 404, path);
        assert.doesNotMatch(answer.body, /signal_/);
      }
      for (const path of ["/signal/metrics", "/signal//metrics", "//signal/ready", "/signal/../signal/metrics"]) {
        const answer = await post("", { host: "www.example.com", path, method: "GET", body: "" });
        assert.equal(answer.status, 404, path);
      }
    });

    await t.test("the same under a path of the shop's own host, which goes on serving the shop", async () => {
      const www = { host: "www.example.com" };
      for (const more of [www, { ...www, ...plain }]) {
        assert.equal((await post("prefixed", { ...more, path: "/signal/v1/t" })).status, 200);
        assert.equal((await post("", { ...more, path: "/", method: "GET", body: "" })).body, "the shop");
      }
      await delivered("prefixed");
      for (const path of ["/signal", "/signal/v1/t/", "/signal//v1/t"]) {
        const { status } = await post("prefixed", { ...www, path });
        assert.ok(status < 300 || status >= 400, `${path} is answered ${status}`);
      }
    });

    await t.test("another name is not answered as if an event had been taken", async () => {
      const { status, body } = await post("stray", { ...plain, host: "other.example.com" });
      assert.ok(status === 404 || body === '{"success":true}', `${status} ${body}`);
    });
  });

  test(
    `${name}: a gateway that is away is 502 with Retry-After, and no accepted event is lost`,
    proxyOptions(name),
    async (t) => {
      const there = await site(t, name);
      const accepted: string[] = [];
      const statuses = new Set<number>();
      let stopped = false;
      const sending = Array.from({ length: 3 }, async (_, sender) => {
        for (let index = 0; !stopped; index += 1) {
          const messageId = `over-${sender}-${index}`;
          for (let answered = 0; answered !== 200 && !stopped;) {
            const answer = await there.post(messageId);
            answered = answer.status;
            statuses.add(answered);
            if (answered === 200) accepted.push(messageId);
            else await new Promise((resolve) => setTimeout(resolve, 50));
          }
          await new Promise((resolve) => setTimeout(resolve, 5));
        }
      });
      await until(LATE_MS, () => accepted.length > 20);
      assert.equal(await there.server.stop(), 0);
      const away = await until(LATE_MS, async () => {
        const answer = await there.post("away", { headers: { origin: SHOP } });
        return answer.status === 200 ? null : answer;
      });
      assert.equal(away.status, 502);
      assert.equal(away.headers["retry-after"], "2");
      assert.equal(away.headers["access-control-allow-origin"], SHOP);
      assert.equal(away.headers["access-control-allow-credentials"], "true");
      assert.equal(away.headers["content-type"], "application/json");
      assert.equal((JSON.parse(away.body) as { error: string }).error, "unavailable");
      await there.restart();
      const before = accepted.length;
      await until(LATE_MS, () => accepted.length > before + 20);
      await there.server.kill();
      await there.restart();
      const again = accepted.length;
      await until(LATE_MS, () => accepted.length > again + 20);
      stopped = true;
      await Promise.all(sending);
      const missing = (): string[] => {
        const arrived = arrivals(there.receiver.requests);
        return accepted.filter((id) => !arrived.has(id));
      };
      await until(
        LATE_MS,
        () => missing().length === 0,
        () => `${missing().length} of ${accepted.length} are missing`,
      );
      assert.deepEqual(
        [...statuses].filter((status) => ![200, 502, 503].includes(status)),
        [],
      );
    },
  );
}
