import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { JsonValue } from "../json.ts";
import type { DeliverySpec } from "./spec-schema.ts";
import { delivery, FACTS, faultsOf, planOf, refusalOf, requestOf } from "./spec-fixture.ts";

const urlOf = (endpoint: DeliverySpec["endpoint"], payload: JsonValue = {}, given = {}): string =>
  requestOf({ endpoint, body: { encoding: "none" } }, payload, given).url;

const HOST = "https://api.example.com";

describe("URLs", () => {
  const table: [name: string, endpoint: DeliverySpec["endpoint"], payload: JsonValue, url: string][] = [
    [
      "a value in the path is encoded",
      { url: `${HOST}/{{payload.id}}/x` },
      { id: "a/b?c#d e" },
      `${HOST}/a%2Fb%3Fc%23d%20e/x`,
    ],
    [
      "a value in the query of the text too",
      { url: `${HOST}/?q={{payload.id}}` },
      { id: "a&b=c+d" },
      `${HOST}/?q=a%26b%3Dc%2Bd`,
    ],
    [
      "query by name",
      { url: HOST, query: { "a b": "{{payload.id}}", c: "x" } },
      { id: "é" },
      `${HOST}/?a%20b=%C3%A9&c=x`,
    ],
    ["query beside a query", { url: `${HOST}/?v=1`, query: { c: "x" } }, {}, `${HOST}/?v=1&c=x`],
    [
      "empty and optional is left out",
      { url: HOST, query: { a: "{{payload.no?}}", b: "{{payload.empty?}}" } },
      { empty: "" },
      `${HOST}/`,
    ],
    [
      "characters that signatures encode",
      { url: `${HOST}/{{payload.id}}` },
      { id: "!'()*" },
      `${HOST}/%21%27%28%29%2A`,
    ],
    ["slashes that are meant", { url: `${HOST}/{{payload.id | path}}` }, { id: "a/b c/d" }, `${HOST}/a/b%20c/d`],
    ["numbers and truth", { url: `${HOST}/{{payload.n}}/{{payload.t}}` }, { n: 1.5, t: true }, `${HOST}/1.5/true`],
    [
      "an object as JSON",
      { url: HOST, query: { o: "{{payload.o}}" } },
      { o: { a: [1] } },
      `${HOST}/?o=%7B%22a%22%3A%5B1%5D%7D`,
    ],
    [
      "all of a payload's scalars",
      { url: HOST, query: { v: "1", $spread: "{{payload}}" } },
      { a: 1, b: "x y", c: null, d: [1, 2], e: { f: 1 }, g: "" },
      `${HOST}/?v=1&a=1&b=x%20y&d=1&d=2&e=%7B%22f%22%3A1%7D`,
    ],
    ["half a character", { url: `${HOST}/{{payload.id}}` }, { id: "\ud800" }, `${HOST}/%EF%BF%BD`],
    [
      "filters one after the other",
      { url: `${HOST}/{{payload.id | trim | lowercase | sha256}}` },
      { id: " A " },
      `${HOST}/ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb`,
    ],
    [
      "a time's day and hour",
      { url: `${HOST}/dt={{event.timestamp | date}}/{{event.timestamp | hour}}` },
      {},
      `${HOST}/dt=2026-02-25/14`,
    ],
    ["a default", { url: `${HOST}/{{payload.no | default:web}}` }, {}, `${HOST}/web`],
    [
      "the delivery",
      { url: `${HOST}/{{delivery.message_id}}/{{delivery.vendor_event_name}}` },
      {},
      `${HOST}/m-1/Purchase`,
    ],
  ];
  for (const [name, endpoint, payload, url] of table) it(name, () => assert.equal(urlOf(endpoint, payload), url));

  for (const id of [".", ".."]) {
    it(`refuses a value that would climb: ${id}`, () => {
      const spec = { endpoint: { url: `${HOST}/a/{{payload.id}}/b` } };
      assert.match(refusalOf(spec, { id }), /out of the URL's path/);
      assert.match(refusalOf({ endpoint: { url: `${HOST}/{{payload.id | path}}/b` } }, { id: `a/${id}` }), /out of/);
    });
  }

  it("refuses an event without what the URL needs, and only that", () => {
    const plan = planOf({ endpoint: { url: `${HOST}/{{payload.id}}` } });
    const { requests, refused } = plan.build([delivery({ id: 1 }), delivery({}), delivery({ id: "" })], FACTS);
    assert.deepEqual(
      requests.map(({ covers }) => covers),
      [[0]],
    );
    const reason = "The request needs payload.id, and this event has none.";
    assert.deepEqual(refused, [
      { index: 1, reason },
      { index: 2, reason },
    ]);
  });

  const guarded: [url: string, parameters: Record<string, string>, isGuarded: boolean][] = [
    [`${HOST}/{{config.a}}`, { a: "x" }, false],
    ["https://{{config.a}}.example.com/", { a: "shop-1" }, true],
    ["{{config.a}}/in", { a: "https://api.example.com/base/" }, true],
  ];
  for (const [url, parameters, isGuarded] of guarded) {
    it(`${url} is ${isGuarded ? "" : "not "}guarded`, () => {
      assert.equal(planOf({ endpoint: { url } }, { parameters }).guarded, isGuarded);
      assert.equal(planOf({ endpoint: { url } }, { parameters, guarded: true }).guarded, true);
    });
  }

  it("joins a setting that holds a whole URL", () => {
    const given = { parameters: { a: "https://api.example.com/base/" } };
    assert.equal(urlOf({ url: "{{config.a}}/in" }, {}, given), "https://api.example.com/base/in");
    const plain = { parameters: { a: "https://api.example.com/base?x=1" } };
    assert.equal(urlOf({ url: "{{config.a}}", query: { y: "2" } }, {}, plain), "https://api.example.com/base?x=1&y=2");
  });

  it("does not guard a host that the connector's own options choose", () => {
    const field = { key: "a", label: "A", type: "select", options: ["eu"], required: true, help_text: "." } as const;
    const given = { parameters: { a: "eu" }, fields: [field] };
    assert.equal(planOf({ endpoint: { url: "https://{{config.a}}.example.com/" } }, given).guarded, false);
  });

  const wrong: [name: string, url: string, parameters: Record<string, string>, fault: RegExp][] = [
    ["an event may not choose the host", "https://{{event.host}}/", {}, /only settings may choose/],
    ["a payload may not end it", "https://api.example{{payload.x}}", {}, /only settings may choose/],
    ["a host with a slash", "https://{{config.a}}.example.com/", { a: "evil.com/" }, /^a: a is no part of a host name/],
    ["a host with a user", "https://{{config.a}}.example.com/", { a: "x@evil" }, /no part of a host name/],
    ["no scheme", "api.example.com/x", {}, /is not a URL/],
    ["another scheme", "ftp://api.example.com/x", {}, /is not a URL/],
    ["http in production", "http://api.example.com/x", {}, /must begin with https/],
    ["another port in production", "https://api.example.com:22/x", {}, /port .* must be 443 or 8443/],
    ["credentials", "https://a:b@api.example.com/x", {}, /may not carry credentials/],
    ["a setting that is no URL", "{{config.a}}", { a: "nonsense" }, /^a: a is not a URL/],
    ["braces that do not close", "https://api.example.com/{{config.a", {}, /do not close/],
  ];
  for (const [name, url, parameters, fault] of wrong) {
    it(`refuses ${name}`, () => assert.match(faultsOf({ endpoint: { url } }, { parameters }).join("\n"), fault));
  }
});

const SIGNED = { algorithm: "sha256", secret: "{{secret.key}}" } as const;
const CLIENT = { token_url: "https://login.example.com/token", client_id: "id-1", client_secret: "{{secret.key}}" };

describe("headers", () => {
  const header = (value: string, payload: JsonValue, event = {}): string | undefined =>
    planOf({ headers: { "X-A": value } }).build([delivery(payload, { event })], FACTS).requests[0]?.headers["X-A"];

  it("are left out where they are empty", () => assert.equal(header("{{payload.no?}}", {}), undefined));
  it("forward what the visitor's browser said", () =>
    assert.equal(header("{{event.context.userAgent?}}", {}, { context: { userAgent: "Mozilla/5.0" } }), "Mozilla/5.0"));
  it("take no line break and nothing but ASCII from a value", () => {
    assert.equal(header("{{payload.a}}", { a: "a\r\nX-B: é😀\0" }), "a%0D%0AX-B: %C3%A9%F0%9F%98%80%00");
  });
  it("take the place of ours, in whatever case", () => {
    const { headers } = requestOf({ headers: { "content-type": "application/vnd.example+json", "user-agent": "x" } });
    assert.deepEqual(headers, { "content-type": "application/vnd.example+json", "user-agent": "x" });
  });
  it("are not for framing", () => {
    for (const name of ["Host", "content-length", "Transfer-Encoding", "Accept-Encoding"])
      assert.match(faultsOf({ headers: { [name]: "1" } }).join(), /set by Signal itself/);
    assert.match(faultsOf({ headers: { "X A": "1" } }).join(), /not a header name/);
  });
  const framing: [place: string, spec: Partial<DeliverySpec>][] = [
    ["auth.name", { auth: { kind: "header", name: "Host", value: "{{secret.key}}" } }],
    ["auth.header", { auth: { kind: "oauth2_client_credentials", ...CLIENT, header: "Transfer-Encoding" } }],
    ["sign.header", { sign: { ...SIGNED, header: "content-length" } }],
    ["sign.timestamp.header", { sign: { ...SIGNED, header: "X-S", timestamp: { header: "TE" } } }],
  ];
  for (const [place, spec] of framing) {
    it(`are not for framing in ${place} either`, () => {
      const [fault = "", ...others] = faultsOf(spec, { secrets: { key: "k-12345" } });
      assert.deepEqual(others, []);
      assert.ok(fault.includes(place), fault);
      assert.match(fault, /set by Signal itself/);
    });
  }
});

describe("the connection test", () => {
  const SPEC: Partial<DeliverySpec> = {
    endpoint: { url: `${HOST}/{{config.site}}/events` },
    auth: { kind: "bearer", token: "{{secret.key}}" },
    headers: { "X-Site": "{{config.site}}", "X-Ip": "{{event.context.ip?}}" },
  };
  const given = { parameters: { site: "site-1" }, secrets: { key: "k-12345" } };

  it("is sent as deliveries are, without what needs an event", () => {
    const { test } = planOf({ ...SPEC, test: { body: { ping: "{{config.site}}" } } }, given);
    assert.deepEqual(test?.request(FACTS), {
      method: "POST",
      url: `${HOST}/site-1/events`,
      headers: {
        "Content-Type": "application/json",
        "User-Agent": "Datafly-Signal/0.1.0",
        "X-Site": "site-1",
        Authorization: "Bearer k-12345",
      },
      body: '{"ping":"site-1"}',
      covers: [],
    });
    const plain = planOf(
      { ...SPEC, test: { url: `${HOST}/me`, query: { v: "1" }, headers: { "X-T": "1" } } },
      given,
    ).test;
    const { method, url, headers, body } = plain?.request(FACTS) ?? {};
    assert.deepEqual([method, url, headers?.["X-T"], body], ["GET", `${HOST}/me?v=1`, "1", null]);
  });

  const results: [status: number, body: string, result: object][] = [
    [200, "", { ok: true, message: "The vendor took the request." }],
    [
      401,
      "",
      { ok: false, kind: "credentials", field: "key", message: "The vendor refused the credentials (401). Check key." },
    ],
    [
      404,
      "",
      {
        ok: false,
        kind: "not_found",
        field: "site",
        message: "There is nothing at the vendor's address (404). Check site.",
      },
    ],
    [
      400,
      '{"error":"bad site k-12345"}',
      { ok: false, kind: "not_found", field: "site", message: "No such site: bad site [redacted]" },
    ],
  ];
  for (const [status, body, result] of results) {
    it(`reads ${status} ${body}`, () => {
      const rules = [
        {
          status: 400,
          when: [{ path: "body.error", matches: "site" }],
          result: "not_found" as const,
          field: "site",
          message: "No such site: {{body.error}}",
        },
      ];
      assert.deepEqual(planOf({ ...SPEC, test: { rules } }, given).test?.read({ status, headers: {}, body }), result);
    });
  }

  it("has a URL of its own where deliveries need an event for theirs", () => {
    const endpoint = { url: `${HOST}/{{payload.id}}` };
    assert.match(faultsOf({ endpoint, test: {} }).join(), /test\.url: There is no event/);
    planOf({ endpoint, test: { url: HOST } });
  });
});
