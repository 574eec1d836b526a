import assert from "node:assert/strict";
import { createHash, createHmac } from "node:crypto";
import { describe, it } from "node:test";
import { gunzipSync } from "node:zlib";
import type { JsonValue } from "../json.ts";
import type { BodySpec, DeliverySpec, SigningSpec } from "./spec-schema.ts";
import { delivery, FACTS, faultsOf, NOW, planOf, refusalOf, requestOf } from "./spec-fixture.ts";

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
});

const bodyOf = (body: BodySpec, payload: JsonValue, given = {}): unknown => requestOf({ body }, payload, given).body;

describe("bodies", () => {
  const given = { parameters: { n: "5", t: "x" }, secrets: { key: "k-12345" } };
  const table: [name: string, body: BodySpec, payload: JsonValue, text: string | null][] = [
    ["the payload as it is", { encoding: "json" }, { b: 1, a: [null, "é"] }, '{"b":1,"a":[null,"é"]}'],
    ["any payload", { encoding: "json" }, "text", '"text"'],
    [
      "an envelope of one",
      { encoding: "json", envelope: { data: "$event", v: 1 } },
      { a: 1 },
      '{"data":{"a":1},"v":1}',
    ],
    [
      "an envelope of many",
      { encoding: "json", envelope: { api_key: "{{secret.key}}", events: "$events" } },
      { a: 1 },
      '{"api_key":"k-12345","events":[{"a":1}]}',
    ],
    [
      "optional keys",
      { encoding: "json", envelope: { a: "{{config.no?}}", b: ["{{config.no?}}", "{{config.t}}"], e: "$event" } },
      1,
      '{"b":["x"],"e":1}',
    ],
    [
      "values that keep their type",
      { encoding: "json", envelope: { n: "{{config.n | integer}}", p: "{{payload.o}}", s: "n{{config.n}}" } },
      { o: { a: true } },
      '{"n":5,"p":{"a":true},"s":"n5"}',
    ],
    [
      "an object laid beside its neighbours",
      { encoding: "json", envelope: { v: 1, $spread: "{{payload}}" } },
      { a: 1, b: {} },
      '{"v":1,"a":1,"b":{}}',
    ],
    ["what is no object is not", { encoding: "json", envelope: { v: 1, $spread: "{{payload}}" } }, [1], '{"v":1}'],
    [
      "an event of another shape",
      { encoding: "json", event: { name: "{{delivery.vendor_event_name}}", params: "{{payload}}" } },
      { a: 1 },
      '{"name":"Purchase","params":{"a":1}}',
    ],
    [
      "lists of events joined",
      {
        encoding: "json",
        event: "{{payload.events}}",
        flatten: true,
        envelope: { id: "{{payload.id}}", events: "$events" },
      },
      { id: 1, events: [{ n: 1 }, { n: 2 }] },
      '{"id":1,"events":[{"n":1},{"n":2}]}',
    ],
    [
      "what stands elsewhere taken out",
      { encoding: "json", omit: ["id", "a.b"], envelope: { id: "{{payload.id}}", e: "$event" } },
      { id: 1, a: { b: 1, c: 2 } },
      '{"id":1,"e":{"a":{"c":2}}}',
    ],
    [
      "lists collected",
      {
        encoding: "json",
        envelope: { attributes: { $collect: "{{payload.at?}}" }, events: { $collect: "{{payload.ev?}}" } },
      },
      { ev: [{ n: 1 }, { n: 2 }] },
      '{"events":[{"n":1},{"n":2}]}',
    ],
    [
      "a form",
      { encoding: "form" },
      { a: "x y&z", b: 1, c: true, d: null, e: { f: [1] } },
      "a=x+y%26z&b=1&c=true&d=&e=%7B%22f%22%3A%5B1%5D%7D",
    ],
    [
      "a form with brackets",
      { encoding: "form", nested: "brackets" },
      { e: { f: [1, { g: 2 }] } },
      "e%5Bf%5D%5B0%5D=1&e%5Bf%5D%5B1%5D%5Bg%5D=2",
    ],
    ["a form with points", { encoding: "form", nested: "dots" }, { e: { f: [1] } }, "e.f.0=1"],
    [
      "a form with a list of events",
      { encoding: "form", envelope: { key: "{{secret.key}}", identification: "$events" } },
      { u: 1 },
      "key=k-12345&identification=%5B%7B%22u%22%3A1%7D%5D",
    ],
    ["lines", { encoding: "ndjson" }, { a: "x\ny" }, '{"a":"x\\ny"}\n'],
    [
      "xml",
      { encoding: "xml", envelope: { Orders: { "@_v": "1", Order: "$events" } } },
      { "@_id": 7, Name: "A & <B>", "#text": "t" },
      '<?xml version="1.0" encoding="UTF-8"?><Orders v="1"><Order id="7"><Name>A &amp; &lt;B&gt;</Name>t</Order></Orders>',
    ],
    ["nothing", { encoding: "none" }, { a: 1 }, null],
    [
      "rows",
      {
        encoding: "csv",
        columns: [
          { name: "id", value: "{{item.id}}" },
          { name: "say, what", value: "{{item.t?}} {{config.t}}" },
        ],
      },
      { id: 1, t: 'a "b",\nc' },
      'id,"say, what"\n1,"a ""b"",\nc x"\n',
    ],
    [
      "rows without a head",
      {
        encoding: "csv",
        header_line: false,
        delimiter: ";",
        columns: [
          { name: "a", value: "{{item.a}}" },
          { name: "b", value: "{{item.b?}}" },
        ],
      },
      { a: "x;y" },
      '"x;y";\n',
    ],
  ];
  for (const [name, body, payload, text] of table) it(name, () => assert.equal(bodyOf(body, payload, given), text));

  const refused: [name: string, body: BodySpec, payload: JsonValue, reason: RegExp][] = [
    ["a form of no object", { encoding: "form" }, [1], /must be an object/],
    ["xml of two roots", { encoding: "xml" }, { a: 1, b: 2 }, /one key/],
    [
      "xml whose keys are markup",
      { encoding: "xml", envelope: { r: "$event" } },
      { "a><b": 1 },
      /no name for an XML element/,
    ],
    [
      "an envelope's missing value",
      { encoding: "json", envelope: { id: "{{payload.id}}", e: "$events" } },
      {},
      /needs payload\.id/,
    ],
    [
      "a column's missing value",
      { encoding: "csv", columns: [{ name: "a", value: "{{item.a}}" }] },
      {},
      /needs item\.a/,
    ],
  ];
  for (const [name, body, payload, reason] of refused) {
    it(`refuses ${name}`, () => assert.match(refusalOf({ body }, payload), reason));
  }

  it("refuses a payload that is nested too deep to be written, and only that", () => {
    let deep: JsonValue = {};
    for (let level = 0; level < 100_000; level += 1) deep = { deep };
    for (const body of [
      { encoding: "json" },
      { encoding: "ndjson" },
      { encoding: "json", envelope: { e: "$events" } },
    ] as BodySpec[]) {
      const { requests, refused: not } = planOf({ body }).build([delivery({ n: 0 }), delivery(deep)], FACTS);
      assert.deepEqual(
        requests.flatMap(({ covers }) => covers),
        [0],
        body.encoding,
      );
      assert.equal(not.length, 1);
    }
  });

  it("takes characters out of XML that it cannot hold", () =>
    assert.equal(
      bodyOf({ encoding: "xml", envelope: { r: "{{payload.a}}" } }, { a: "a\0b\u001fc\ud800" }),
      '<?xml version="1.0" encoding="UTF-8"?><r>abc\ufffd</r>',
    ));

  it("compresses, the same bytes each time, and says so", () => {
    const body: BodySpec = { encoding: "ndjson", gzip: true };
    const one = requestOf({ body }, { a: 1 });
    assert.deepEqual(one.body, requestOf({ body }, { a: 1 }).body);
    assert.equal(gunzipSync(one.body ?? "").toString(), '{"a":1}\n');
    assert.equal(one.headers["Content-Encoding"], "gzip");
  });

  it("sends the dedupe id in every event; what the mapping put there stays", () => {
    const build = (payload: JsonValue, dedupe: DeliverySpec["dedupe"]): unknown =>
      JSON.parse(String(requestOf({ ...(dedupe && { dedupe }) }, payload).body));
    assert.deepEqual(build({ a: 1 }, { path: "event_id" }), { a: 1, event_id: "m-1" });
    assert.deepEqual(build({ event_id: "own" }, { path: "event_id" }), { event_id: "own" });
    assert.deepEqual(build({ event_id: "" }, { path: "event_id" }), { event_id: "m-1" });
    const digest = createHash("sha256").update("pi_1:m-1").digest("hex");
    assert.deepEqual(build({}, { path: "a.b", from: "{{delivery.id | sha256}}" }), { a: { b: digest } });
    assert.deepEqual(build({ events: [{ n: 1 }, { id: "own" }] }, { path: "events[].id" }), {
      events: [{ n: 1, id: "m-1" }, { id: "own" }],
    });
  });

  const faults: [name: string, body: BodySpec, fault: RegExp][] = [
    ["csv without columns", { encoding: "csv" }, /needs columns/],
    ["lines in an envelope", { encoding: "ndjson", envelope: { a: 1 } }, /has no envelope/],
    ["events within an event", { encoding: "json", event: { a: "$events" } }, /belong into the envelope/],
    [
      "a collection of two things",
      { encoding: "json", envelope: { $collect: "{{payload.a}} {{payload.b}}" } },
      /takes one placeholder/,
    ],
    ["an unknown root", { encoding: "json", envelope: "{{paylod.a}}" }, /there is no paylod.*Did you mean payload/],
    [
      "an unknown filter",
      { encoding: "json", envelope: "{{payload.a | lowercas}}" },
      /no filter lowercas.*Did you mean lowercase/,
    ],
    ["a path to a prototype", { encoding: "json", envelope: "{{payload.__proto__.a}}" }, /not allowed/],
    ["every item", { encoding: "json", envelope: "{{payload.a[].b}}" }, /\[\] has no place/],
  ];
  for (const [name, body, fault] of faults) it(`refuses ${name}`, () => assert.match(faultsOf({ body }).join(), fault));
});

describe("signatures", () => {
  const given = { secrets: { key: "It's a Secret to Everybody" } };
  const sign = (
    spec: Partial<SigningSpec>,
    payload: JsonValue = "Hello, World!",
    body: BodySpec = { encoding: "form", event: payload },
  ): Record<string, string> =>
    requestOf(
      { body, sign: { algorithm: "sha256", secret: "{{secret.key}}", header: "X-Signature", ...spec } },
      payload,
      given,
    ).headers;

  it("are those of GitHub's documented example", () => {
    // https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries: secret, payload and signature.
    const key = "It's a Secret to Everybody";
    const expected = "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
    assert.equal(createHmac("sha256", key).update("Hello, World!").digest("hex"), expected);
    const headers = sign({ content: "Hello, World!", prefix: "sha256=" }, { a: 1 }, { encoding: "json" });
    assert.equal(headers["X-Signature"], `sha256=${expected}`);
  });

  const table: [
    name: string,
    spec: Partial<SigningSpec>,
    content: string,
    algorithm: string,
    encoding: "hex" | "base64",
  ][] = [
    ["the body", {}, '{"a":1}', "sha256", "hex"],
    ["sha1 in base64", { algorithm: "sha1", encoding: "base64" }, '{"a":1}', "sha1", "base64"],
    ["sha512", { algorithm: "sha512" }, '{"a":1}', "sha512", "hex"],
    ["time and body", { content: "{{timestamp}}.{{body}}", timestamp: {} }, `${NOW / 1000}.{"a":1}`, "sha256", "hex"],
    [
      "milliseconds, method and path",
      { content: "{{method}}\n{{path}}\n{{timestamp}}", timestamp: { unit: "ms" } },
      `POST\n/events\n${NOW}`,
      "sha256",
      "hex",
    ],
  ];
  for (const [name, spec, content, algorithm, encoding] of table) {
    it(`are over ${name}`, () => {
      const expected = createHmac(algorithm, given.secrets.key).update(content).digest(encoding);
      assert.equal(sign(spec, { a: 1 }, { encoding: "json" })["X-Signature"], expected);
    });
  }

  it("carry their time", () =>
    assert.equal(
      sign({ timestamp: { header: "X-Timestamp", unit: "ms" } }, {}, { encoding: "json" })["X-Timestamp"],
      String(NOW),
    ));

  it("are over the bytes that are sent", () => {
    const request = requestOf(
      {
        body: { encoding: "json", gzip: true },
        sign: { algorithm: "sha256", secret: "{{secret.key}}", header: "X-S" },
      },
      { a: 1 },
      given,
    );
    const expected = createHmac("sha256", given.secrets.key)
      .update(request.body ?? "")
      .digest("hex");
    assert.equal(request.headers["X-S"], expected);
  });

  it("take a key in base64 or hex, and say when it is none", () => {
    const spec: Partial<DeliverySpec> = {
      sign: { algorithm: "sha256", secret: "{{secret.key}}", secret_encoding: "base64", header: "X-S", content: "x" },
    };
    const made = requestOf(spec, {}, { secrets: { key: "AAEC/w==" } });
    assert.equal(
      made.headers["X-S"],
      createHmac("sha256", Buffer.from([0, 1, 2, 255]))
        .update("x")
        .digest("hex"),
    );
    assert.deepEqual(faultsOf(spec, { secrets: { key: "no base64!" } }), ["key: key is not base64. Paste it again."]);
  });
});
