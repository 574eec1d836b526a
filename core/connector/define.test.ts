import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { DeliveryRecord } from "../delivery/delivery.ts";
import type { JsonObject } from "../json.ts";
import type { ConfigField, ConnectionSettings, Connector, DeliveryPlan, SettingsFault } from "./contract.ts";
import { type ConnectorDefinition, defineConnector } from "./define.ts";
import type { TypedSettings } from "./typed-settings.ts";

const FIELDS = [
  {
    key: "pixel_id",
    label: "Pixel ID",
    type: "string",
    required: true,
    pattern: "^\\d{5,20}$",
    example: "1234567890",
    help_text: "Find it in the settings.",
  },
  { key: "token", label: "Access token", type: "secret", required: true, help_text: "Make one." },
  {
    key: "mode",
    label: "Mode",
    type: "select",
    options: ["Live", "Test"],
    required: false,
    default: "Live",
    help_text: "How.",
  },
  {
    key: "region",
    label: "Region",
    type: "select",
    options: ["eu", "us"],
    spellings: { europe: "eu" },
    required: false,
    help_text: "Where.",
  },
  {
    key: "size",
    label: "Size",
    type: "string",
    required: false,
    number: { minimum: 1, maximum: 50 },
    default: "10",
    help_text: "How many.",
  },
  {
    key: "share",
    label: "Share",
    type: "string",
    required: false,
    number: { minimum: 0, maximum: 1, fraction: true },
    help_text: "Of all.",
  },
  { key: "map", label: "Map", type: "textarea", required: false, json: "object", help_text: "JSON." },
  { key: "note", label: "Note", type: "textarea", required: false, max_length: 20, help_text: "Words." },
  { key: "endpoint", label: "Endpoint", type: "string", required: false, url: true, help_text: "Where to." },
] as const satisfies readonly ConfigField[];

type Settings = TypedSettings<typeof FIELDS>;

const FACTS = {
  key: "acme",
  name: "Acme",
  description: "A vendor.",
  category: "other",
  status: "ga",
  website: "https://www.example.com",
  api: { version: "1", documentation: "https://www.example.com/docs" },
  config_fields: FIELDS,
  variants: [],
  limits: { rps: 10, daily: 0, batch: { size: 100, bytes: 10_000, intervalMs: 1_000 }, concurrency: 1 },
  consent_categories: [],
} as const;

const PLAN: DeliveryPlan = {
  batch: FACTS.limits.batch,
  timeoutMs: 1,
  maxRetries: 0,
  guarded: false,
  build: () => ({ requests: [], refused: [] }),
  classify: () => [],
};

function settingsOf(parameters: JsonObject, rest: Partial<ConnectionSettings> = {}): ConnectionSettings {
  return { parameters, secrets: { token: "t-12345" }, batch: {}, environment: "production", ...rest };
}

/** What the author's part sees of settings, or the faults. */
function read(parameters: JsonObject, rest: Partial<ConnectionSettings> = {}): Settings | SettingsFault[] {
  let seen: Settings | undefined;
  const connector = defineConnector({
    ...FACTS,
    plan(settings) {
      seen = settings;
      return PLAN;
    },
  });
  const made = connector.plan(settingsOf(parameters, rest));
  assert.ok(Array.isArray(made) !== (seen !== undefined), "the author's part is called only with sound settings");
  return seen ?? (made as SettingsFault[]);
}

describe("settings", () => {
  it("are typed by the fields", () => {
    const settings: Settings = {
      pixel_id: "1",
      token: "t",
      mode: "Test",
      region: undefined,
      size: 5,
      share: 0.5,
      map: { a: 1 },
      note: undefined,
      endpoint: undefined,
    };
    const id: string = settings.pixel_id;
    const mode: "Live" | "Test" = settings.mode;
    const region: "eu" | "us" | undefined = settings.region;
    const size: number = settings.size;
    // @ts-expect-error a value that is no option
    const other: Settings["mode"] = "live";
    // @ts-expect-error a field that there is not
    assert.equal(settings.pixel, undefined);
    // @ts-expect-error it may be missing
    const share: number = settings.share;
    assert.deepEqual([id, mode, other, region, size, share], ["1", "Test", "live", undefined, 5, 0.5]);
  });

  const taken: [name: string, parameters: JsonObject, seen: object][] = [
    ["defaults are filled in", { pixel_id: "12345" }, { pixel_id: "12345", token: "t-12345", mode: "Live", size: 10 }],
    [
      "texts are trimmed, options found in any case, numbers and JSON read",
      {
        pixel_id: " 12345\n",
        mode: "test",
        region: "EU",
        size: " 7 ",
        share: "0.25",
        map: '{"a":[1]}',
        endpoint: "https://api.example.com/x#y",
      },
      {
        pixel_id: "12345",
        token: "t-12345",
        mode: "Test",
        region: "eu",
        size: 7,
        share: 0.25,
        map: { a: [1] },
        endpoint: "https://api.example.com/x",
      },
    ],
    [
      "an option may have other spellings",
      { pixel_id: "12345", region: "Europe " },
      { pixel_id: "12345", token: "t-12345", mode: "Live", region: "eu", size: 10 },
    ],
    [
      "values may be values",
      { pixel_id: 12345, size: 50, map: { b: true } },
      { pixel_id: "12345", token: "t-12345", mode: "Live", size: 50, map: { b: true } },
    ],
    [
      "what a form left empty is unset",
      { pixel_id: "12345", mode: "", region: " ", size: null, map: "", note: "\n" },
      { pixel_id: "12345", token: "t-12345", mode: "Live", size: 10 },
    ],
    [
      "a text of several lines stays as it is",
      { pixel_id: "12345", note: "\n a\n" },
      { pixel_id: "12345", token: "t-12345", mode: "Live", size: 10, note: "\n a\n" },
    ],
  ];
  for (const [name, parameters, seen] of taken) it(name, () => assert.deepEqual(read(parameters), seen));

  const refused: [name: string, parameters: JsonObject, fault: string][] = [
    ["a required one that is missing", {}, "pixel_id: Pixel ID is missing. Find it in the settings."],
    [
      "another form",
      { pixel_id: "x" },
      "pixel_id: Pixel ID does not have the right form, such as 1234567890. Find it in the settings.",
    ],
    ["a list", { pixel_id: ["1"] }, "pixel_id: pixel_id must be text, such as 1234567890."],
    ["no option", { pixel_id: "12345", mode: "dry" }, "mode: mode must be one of: Live, Test."],
    ["too small a number", { pixel_id: "12345", size: "0" }, "size: size must be a whole number from 1 to 50."],
    ["half a number", { pixel_id: "12345", size: 1.5 }, "size: size must be a whole number from 1 to 50."],
    ["no number", { pixel_id: "12345", share: "much" }, "share: share must be a number from 0 to 1."],
    [
      "no JSON",
      { pixel_id: "12345", map: "{a}" },
      "map: map is not JSON. Paste the whole text, from the first bracket to the last.",
    ],
    ["JSON of another kind", { pixel_id: "12345", map: "[1]" }, "map: map must be a JSON object: {…}."],
    ["too long a text", { pixel_id: "12345", note: "x".repeat(21) }, "note: note is longer than 20 characters."],
    [
      "a placeholder",
      { pixel_id: "{{pipeline_param.id}}" },
      "pixel_id: pixel_id holds a placeholder that was not filled in.",
    ],
    ["NUL", { pixel_id: "12345", note: "a\0" }, "note: note holds a NUL character. Paste it again."],
    [
      "no address",
      { pixel_id: "12345", endpoint: "example.com" },
      "endpoint: endpoint is not a URL. Enter it in full, such as https://api.example.com/events.",
    ],
    [
      "a setting that there is not",
      { pixel_id: "12345", pixelid: "1" },
      "pixelid: Acme has no setting pixelid. Did you mean pixel_id?",
    ],
    [
      "a secret among the others",
      { pixel_id: "12345", __proto__: 1, toString: "x" },
      "toString: Acme has no setting toString.",
    ],
  ];
  for (const [name, parameters, fault] of refused) {
    it(`refuses ${name}`, () => {
      const made = read(parameters);
      assert.ok(Array.isArray(made));
      assert.deepEqual(
        made.map(({ field, message }) => `${field}: ${message}`),
        [fault],
      );
    });
  }

  it("may be required unless another is given", () => {
    const fields = [
      { key: "site", label: "Site", type: "string", required: true, unless: "app", help_text: "Which." },
      { key: "app", label: "App", type: "string", required: false, help_text: "Which." },
    ] as const satisfies readonly ConfigField[];
    const connector = defineConnector({ ...FACTS, config_fields: fields, plan: () => PLAN });
    const planned = (parameters: JsonObject): unknown =>
      connector.plan({ parameters, secrets: {}, batch: {}, environment: "production" });
    for (const given of [{ site: "s" }, { app: "a" }, { site: "s", app: "a" }]) assert.equal(planned(given), PLAN);
    for (const given of [{}, { app: " " }])
      assert.deepEqual(planned(given), [{ field: "site", message: "Site is missing. Which." }]);
  });

  it("says all faults at once, in the order of the form, the vendor's own among them, and no secret", () => {
    const connector = defineConnector({
      ...FACTS,
      check: ({ pixel_id, token = "" }) => [
        { field: "map", message: "It does not fit." },
        { field: "pixel_id", message: pixel_id === undefined ? "Nothing to see." : "Seen." },
        ...(token.length < 20 ? [{ field: "token", message: "It is too short." }] : []),
      ],
      plan: () => PLAN,
    });
    const made = connector.plan(settingsOf({ pixel_id: "x", size: "1e9" }));
    assert.ok(Array.isArray(made));
    assert.deepEqual(
      made.map(({ field }) => field),
      ["pixel_id", "pixel_id", "token", "size", "map"],
    );
    assert.doesNotMatch(JSON.stringify(made), /t-12345/);
  });

  it("says which were given, and limits that the integration lowered", () => {
    const seen: unknown[] = [];
    const connector = defineConnector({
      ...FACTS,
      plan(_, { given, limits, environment }) {
        seen.push([...given], limits, environment);
        return PLAN;
      },
    });
    connector.plan(
      settingsOf({ pixel_id: "12345", size: "10" }, { batch: { size: 5, bytes: 1e9, intervalMs: 5_000 } }),
    );
    assert.deepEqual(seen, [
      ["pixel_id", "token", "size"],
      { size: 5, bytes: 10_000, intervalMs: 5_000 },
      "production",
    ]);
  });
});

const SPEC = {
  endpoint: { url: "https://api.example.com/{{config.pixel_id}}" },
  auth: { kind: "bearer", token: "{{secret.token}}" },
  body: { encoding: "json", envelope: { size: "{{config.size}}", mode: "{{config.mode}}", events: "$events" } },
} as const satisfies ConnectorDefinition<typeof FIELDS>["delivery"];

const record = {
  deliveryId: "d",
  messageId: "m",
  payload: { a: 1 },
  event: { type: "track" },
} as unknown as DeliveryRecord;

function built(connector: Connector, settings = settingsOf({ pixel_id: "12345" })): [url: string, body: unknown][] {
  const plan = connector.plan(settings);
  assert.ok(!Array.isArray(plan), JSON.stringify(plan));
  return plan.build([record], { now: 0, batchId: "b" }).requests.map(({ url, body }) => [url, body]);
}

describe("delivery as data", () => {
  it("reads checked settings, defaults and types among them", () => {
    assert.deepEqual(built(defineConnector({ ...FACTS, delivery: SPEC })), [
      ["https://api.example.com/12345", '{"size":10,"mode":"Live","events":[{"a":1}]}'],
    ]);
  });

  it("may differ by settings", () => {
    const connector = defineConnector({
      ...FACTS,
      delivery: ({ mode }) => ({ ...SPEC, endpoint: { url: `https://api.example.com/${mode.toLowerCase()}` } }),
    });
    assert.equal(built(connector)[0]?.[0], "https://api.example.com/live");
  });

  it("is corrected by hooks", () => {
    const connector = defineConnector({
      ...FACTS,
      delivery: SPEC,
      hooks: ({ size }) => ({
        event: (value, { messageId }) => (size === 10 ? { value: { value, messageId } } : { refuse: "Too many." }),
        request: (request) => ({ ...request, url: `${request.url}?hooked` }),
        classify: (outcomes) => outcomes.map(() => ({ kind: "reject", reason: "hooked" })),
      }),
      test: ({ pixel_id }) => ({ request: () => ({}) as never, read: () => ({ ok: true, message: pixel_id }) }),
      preparation: ({ pixel_id, size }) => (size === 10 ? { key: pixel_id, next: () => ({ ready: true }) } : undefined),
    });
    assert.deepEqual(built(connector), [
      [
        "https://api.example.com/12345?hooked",
        '{"size":10,"mode":"Live","events":[{"value":{"a":1},"messageId":"m"}]}',
      ],
    ]);
    const plan = connector.plan(settingsOf({ pixel_id: "12345" }));
    assert.ok(!Array.isArray(plan));
    const request = { method: "POST", url: "", headers: {}, body: null, covers: [0] } as const;
    assert.deepEqual(plan.classify({ status: 200, headers: {}, body: "" }, { ...request, covers: [0] }), [
      { kind: "reject", reason: "hooked" },
    ]);
    assert.equal(plan.test?.read({ status: 200, headers: {}, body: "" }).message, "12345");
    assert.equal(plan.preparation?.key, "12345");
    const refused = connector.plan(settingsOf({ pixel_id: "12345", size: 9 }));
    assert.ok(!Array.isArray(refused));
    assert.deepEqual(refused.build([record], { now: 0, batchId: "b" }).refused, [{ index: 0, reason: "Too many." }]);
    assert.equal("preparation" in refused, false);
  });
});

describe("the age of events", () => {
  it("may differ by settings", () => {
    const eventAge = ({ pixel_id: id }: { pixel_id: string }): number | undefined => (id === "12345" ? 5 : undefined);
    const connector = defineConnector({ ...FACTS, delivery: SPEC, maxEventAgeMs: 9, eventAge });
    const ages = ["12345", "67890"].map((pixel_id) => {
      const plan = connector.plan(settingsOf({ pixel_id }));
      return Array.isArray(plan) ? plan : plan.maxEventAgeMs;
    });
    assert.deepEqual([connector.maxEventAgeMs, ...ages], [9, 5, undefined]);
    assert.ok(!("eventAge" in connector));
  });
});

describe("an integration's own delivery spec", () => {
  const own = { endpoint: { url: "https://own.example.com/{{config.tenant}}" }, body: { encoding: "json" } };
  const given = settingsOf({ tenant: "t-1" }, { deliverySpec: own });
  const connector = defineConnector({ ...FACTS, takes_delivery_spec: true, delivery: SPEC });

  it("takes the place of the connector's, and is guarded", () => {
    assert.deepEqual(built(connector, given), [["https://own.example.com/t-1", '{"a":1}']]);
    const plan = connector.plan(given);
    assert.ok(!Array.isArray(plan) && plan.guarded);
  });

  it("is not looked at where the connector takes none", () => {
    assert.ok(Array.isArray(defineConnector({ ...FACTS, delivery: SPEC }).plan(given)));
  });

  it("is checked, each fault at its path", () => {
    const made = connector.plan({
      ...given,
      deliverySpec: { endpoint: { url: 1 }, auth: { kind: "beare" }, body: { encoding: "yaml" } },
    });
    assert.deepEqual(made, [
      { field: "delivery_spec.endpoint.url", message: "Must be text, not a number." },
      {
        field: "delivery_spec.auth.kind",
        message:
          "Must be one of: none, bearer, basic, header, query, oauth2_client_credentials, oauth2_refresh_token, service_account, aws_sigv4. Did you mean bearer?",
      },
      {
        field: "delivery_spec.body.encoding",
        message: "Must be one of: json, form, ndjson, csv, xml, none.",
      },
    ]);
  });
});
