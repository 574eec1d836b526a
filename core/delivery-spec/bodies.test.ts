import assert from "node:assert/strict";
import { createHash, createHmac } from "node:crypto";
import { describe, it } from "node:test";
import { gunzipSync } from "node:zlib";
import type { JsonValue } from "../json.ts";
import type { BodySpec, DeliverySpec, SigningSpec } from "./spec-schema.ts";
import { delivery, FACTS, faultsOf, NOW, planOf, refusalOf, requestOf } from "./spec-fixture.ts";

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

  it("goes without the one event that cannot be written", () => {
    const body: BodySpec = { encoding: "xml", envelope: { r: { e: "$events" } } };
    const given = [{ a: 1 }, { "#text": { a: 1 } }, { "@_a": ["x"] }, { b: 2 }].map((payload) => delivery(payload));
    const { requests, refused } = planOf({ body }).build(given, FACTS);
    assert.deepEqual(
      requests.flatMap(({ covers }) => covers),
      [0, 3],
    );
    assert.deepEqual(
      refused.map(({ index }) => index),
      [1, 2],
    );
  });

  it("tells the items of one event apart", () => {
    const body: BodySpec = {
      encoding: "json",
      event: "{{payload.events}}",
      flatten: true,
      envelope: { events: "$events" },
    };
    const made = requestOf({ body, dedupe: { path: "id" } }, { events: [{ n: 1 }, { n: 2 }, { id: "own" }] });
    assert.equal(made.body, '{"events":[{"n":1,"id":"m-1"},{"n":2,"id":"m-1-1"},{"id":"own"}]}');
    assert.deepEqual(made.items, [3]);
    assert.match(refusalOf({ body }, { events: [] }), /holds nothing to send/);
    const collect: BodySpec = { encoding: "json", envelope: { rows: { $collect: "{{payload.rows?}}" } } };
    assert.match(refusalOf({ body: collect }, {}), /holds nothing to send/);
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
