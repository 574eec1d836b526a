/** The vendor commands over the whole shelf: the catalogue, requests of an install, and what answers mean. */
import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Writable } from "node:stream";
import { after, before, describe, it } from "node:test";
import { loadConnectors } from "@datafly-signal/connectors";
import { vendorExample } from "@datafly-signal/connectors/example-case";
import { createOutput } from "../output.ts";
import { UsageError } from "../usage.ts";
import { vendorCommand } from "./vendor.ts";

interface Shown {
  method: string;
  url: string;
  headers: Record<string, string>;
  body: unknown;
}

let folder: string;
before(async () => (folder = await mkdtemp(join(tmpdir(), "vendor-command-"))));
after(() => rm(folder, { recursive: true }));

async function file(name: string, content: unknown): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, typeof content === "string" ? content : JSON.stringify(content));
  return path;
}

function collected(): { stream: Writable; text: () => string } {
  const chunks: string[] = [];
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      chunks.push(chunk.toString());
      done();
    },
  });
  return { stream, text: () => chunks.join("") };
}

async function run(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const [out, err] = [collected(), collected()];
  const output = createOutput(args.includes("--json"), { out: out.stream, err: err.stream });
  const code = await vendorCommand(args, output);
  return { code, out: out.text(), err: err.text() };
}

const connectors = [...(await loadConnectors()).values()];
const META = { pixel_id: "1234567890", access_token: "EAAB-a-secret-token" };
const PURCHASE = {
  event: "Order Completed",
  messageId: "a1b2c3d4-0000-4000-8000-000000000001",
  userId: "user_1",
  timestamp: "2026-02-25T14:30:00.000Z",
  properties: { order_id: "ORD-1", revenue: 79.99, currency: "USD", products: [{ product_id: "SKU-1", quantity: 1 }] },
};
const NOW = "2026-02-25T14:31:00Z";

describe("vendor list", () => {
  it("is the catalogue as an array", async () => {
    const { code, out } = await run("list", "--json");
    const entries = JSON.parse(out) as { key: string; name: string; category: string; status: string }[];
    assert.equal(code, 0);
    assert.deepEqual(
      entries.map(({ key, name, category, status }) => ({ key, name, category, status })),
      connectors.map(({ key, name, category, status }) => ({ key, name, category, status })),
    );
    assert.ok(entries.every((entry) => !("installed" in entry)));
  });

  it("is a table for people, of what is searched for", async () => {
    const { out } = await run("list", "meta");
    assert.match(
      out,
      /^KEY +NAME +CATEGORY +STATUS +BLUEPRINTS\nmeta_capi +Meta Conversions API +advertising +ga +default/,
    );
    assert.equal(out.trimEnd().split("\n").length, 2);
  });
});

describe("vendor request", () => {
  for (const connector of connectors) {
    it(`${connector.key}: sends the vendor's example, the same in every run, without secrets where that is asked`, async () => {
      const { settings, event, now } = await vendorExample(connector);
      const config = await file("config.json", { ...settings.parameters, ...settings.secrets });
      const events = await file("events.json", [event]);
      const args = ["request", connector.key, "--config", config, "--events", events, "--now", String(now)];
      const [first, again, clean] = [await run(...args), await run(...args), await run(...args, "--redact")];
      assert.deepEqual([first.code, first.err], [0, ""]);
      assert.deepEqual(again, first);
      const requests = JSON.parse(first.out) as Shown[];
      assert.ok(requests.length > 0);
      for (const request of requests) {
        assert.deepEqual(Object.keys(request), ["method", "url", "headers", "body"]);
        assert.ok(URL.canParse(request.url));
        assert.ok(request.body !== null);
      }
      for (const secret of Object.values(settings.secrets)) assert.ok(!clean.out.includes(secret));
      assert.equal((JSON.parse(clean.out) as Shown[]).length, requests.length);
    });
  }

  it("takes the variant's blueprint, a blueprint by name, and a mapping of one's own", async () => {
    const config = await file("config.json", META);
    const events = await file("events.json", { ...PURCHASE, context: { ip: "203.0.113.7", userAgent: "A" } });
    const mapping = await file(
      "m.yaml",
      "version: 2\ndefaults:\n  action: map\n  mappings:\n    - {source: \"'Own'\", target: event_name}\n",
    );
    const base = ["request", "meta_capi", "--config", config, "--events", events, "--now", NOW];
    const plain = await run(...base);
    const retail = await run(...base, "--variant", "retail");
    assert.equal((await run(...base, "--blueprint", "retail")).out, retail.out);
    assert.equal((JSON.parse(plain.out) as Shown[]).length, 1);
    const own = await run(...base, "--mapping", mapping);
    assert.equal(own.code, 0);
    assert.notEqual(own.out, plain.out);
    await assert.rejects(run(...base, "--blueprint", "retial"), UsageError);
  });

  it("takes an install call's body, and a batch of events", async () => {
    const config = await file("config.json", {
      name: "Meta",
      variant: "default",
      config: META,
      delivery_mode: "server_side",
    });
    const events = await file("events.json", { batch: [PURCHASE, { ...PURCHASE, messageId: "other" }] });
    const { out } = await run("request", "meta_capi", "--config", config, "--events", events, "--now", NOW);
    const [request] = JSON.parse(out) as { body: { data: { event_id: string }[] } }[];
    assert.deepEqual(
      request?.body.data.map(({ event_id }) => event_id),
      [PURCHASE.messageId, "other"],
    );
  });

  it("says what is not sent, and why; the rest is sent", async () => {
    const config = await file("config.json", META);
    const denied = { ...PURCHASE, messageId: "b", context: { consent: { marketing: false, advertising: false } } };
    const old = { ...PURCHASE, messageId: "c", timestamp: "2026-02-01T00:00:00Z" };
    const events = await file("events.json", [{ type: "track" }, denied, old, PURCHASE]);
    const { code, out, err } = await run("request", "meta_capi", "--config", config, "--events", events, "--now", NOW);
    assert.equal(code, 0);
    assert.match(err, /^event 0 is not sent: .*\nevent 1 is not sent: Its context.consent does not grant .*\nevent 2 /);
    const [request] = JSON.parse(out) as { body: { data: object[] } }[];
    assert.equal(request?.body.data.length, 1);
  });

  it("says all that is wrong with the settings, and never a secret", async () => {
    const config = await file("config.json", { pixel_id: "abc", access_token: "two words are none", pixel: "1" });
    const events = await file("events.json", PURCHASE);
    const { code, out, err } = await run("request", "meta_capi", "--config", config, "--events", events);
    assert.deepEqual([code, out], [1, ""]);
    assert.match(err, /pixel_id/);
    assert.match(err, /access_token/);
    assert.match(err, /pixel:|"pixel"/);
    assert.doesNotMatch(err, /two words/);
  });

  const wrong: [string, string[]][] = [
    ["no vendor", ["request"]],
    ["an unknown vendor", ["request", "meta", "--events", "-"]],
    ["no events", ["request", "meta_capi"]],
    ["a file that there is not", ["request", "meta_capi", "--events", "/nowhere.json"]],
    ["another word", ["requests", "meta_capi"]],
    ["standard input twice", ["request", "meta_capi", "--events", "-", "--config", "-"]],
  ];
  for (const [what, args] of wrong)
    it(`refuses ${what}`, async () => {
      await assert.rejects(run(...args), UsageError);
    });
});

describe("vendor outcome", () => {
  for (const connector of connectors) {
    it(`${connector.key}: has one outcome for each event, for any answer`, async () => {
      for (const status of [200, 400, 401, 403, 404, 429, 500, 503]) {
        const response = await file("r.json", { status, headers: { "Retry-After": "7" }, body: "" });
        const { code, out } = await run("outcome", connector.key, "--response", response, "--events", "3");
        assert.equal(code, 0);
        const outcomes = JSON.parse(out) as { index: number; outcome: string; reason: string | null }[];
        assert.deepEqual(
          outcomes.map(({ index }) => index),
          [0, 1, 2],
        );
        for (const { outcome, reason } of outcomes) assert.equal(reason === null, outcome === "delivered");
        if (status === 429) assert.ok(outcomes.every(({ outcome }) => outcome !== "delivered"));
      }
    });
  }

  const answers: [what: string, vendor: string, response: object, outcomes: string[]][] = [
    [
      "a token that ended",
      "meta_capi",
      { status: 400, body: { error: { code: 190, message: "x" } } },
      ["misconfigured"],
    ],
    ["a throttle with 403", "meta_capi", { status: 403, body: { error: { code: 4, message: "x" } } }, ["throttle"]],
    ["a fault inside a 200", "tiktok", { status: 200, body: { code: 40105, message: "x" } }, ["misconfigured"]],
    [
      "some of a batch",
      "amplitude",
      { status: 400, body: { code: 400, error: "x", events_with_invalid_fields: { time: [1] } } },
      ["retry", "reject"],
    ],
    [
      "who only shared a refused request",
      "google_ads",
      {
        status: 400,
        body: {
          error: {
            message: "x",
            details: [
              {
                "@type": "type.googleapis.com/google.rpc.BadRequest",
                fieldViolations: [{ field: "events.events[1].currency", description: "x" }],
              },
            ],
          },
        },
      },
      ["retry", "reject", "retry"],
    ],
  ];
  for (const [what, vendor, response, outcomes] of answers)
    it(`tells ${what}`, async () => {
      const path = await file("r.json", response);
      const { out } = await run("outcome", vendor, "--response", path, "--events", String(outcomes.length));
      assert.deepEqual(
        (JSON.parse(out) as { outcome: string }[]).map(({ outcome }) => outcome),
        outcomes,
      );
    });

  it("says of a batch that was refused for one event that it is sent again in halves", async () => {
    const path = await file("r.json", { status: 400, body: { error: { code: 100, message: "x" } } });
    const reasons = async (count: string): Promise<string[]> => {
      const { out } = await run("outcome", "meta_capi", "--response", path, "--events", count);
      return (JSON.parse(out) as { reason: string }[]).map(({ reason }) => reason);
    };
    for (const reason of await reasons("3")) assert.match(reason, /sent again in halves/);
    for (const reason of await reasons("1")) assert.doesNotMatch(reason, /halves/);
  });

  it("takes events from a file, and settings that differ", async () => {
    const response = await file("r.json", { status: 200, body: { events_received: 2 } });
    const events = await file("events.json", [PURCHASE, { type: "track" }]);
    const config = await file("config.json", META);
    const { out } = await run(
      ...["outcome", "meta_capi", "--response", response, "--events", events, "--config", config, "--now", NOW],
    );
    const outcomes = JSON.parse(out) as { outcome: string }[];
    assert.deepEqual(
      outcomes.map(({ outcome }) => outcome),
      ["delivered", "reject"],
    );
  });

  it("refuses an answer without a status, and a number of events that is none", async () => {
    const nothing = await file("r.json", {});
    const fine = await file("fine.json", { status: 200 });
    await assert.rejects(run("outcome", "meta_capi", "--response", nothing), UsageError);
    await assert.rejects(run("outcome", "meta_capi", "--response", fine, "--events", "0"), UsageError);
    await assert.rejects(run("outcome", "meta_capi"), UsageError);
  });
});
