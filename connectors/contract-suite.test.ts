import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import { USER_AGENT, type DeliveryPlan, type JsonObject, type VendorRequest } from "@datafly-signal/core";
import fastCheck from "fast-check";
import { buildCase, caseFaults, caseSettings, planCase, type ContractCase } from "./contract-case.ts";
import { loadConnectors } from "./index.ts";

const CATEGORIES = new Set(["advertising", "analytics", "attribution", "cdp", "cloud_storage", "other"]);
const OUTCOMES = new Set(["delivered", "retry", "throttle", "refresh", "reject", "misconfigured"]);
const SECRET = "s3cret-marker:with-colon";
const here = import.meta.dirname;
const connectors = await loadConnectors();

it("names the product's own version to vendors", async () => {
  const { version } = JSON.parse(await readFile(join(here, "package.json"), "utf8")) as { version: string };
  assert.equal(USER_AGENT, `Datafly-Signal/${version}`);
});

for (const [key, connector] of connectors) {
  const folder = join(here, key);
  const cases = await readCases(join(folder, "cases"));
  const readme = await readFile(join(folder, "README.md"), "utf8");

  describe(`${key}: catalogue entry`, () => {
    it("says who it is", () => {
      assert.match(connector.key, /^[a-z][a-z0-9_]*$/);
      assert.ok(connector.name.length > 0 && connector.name.length <= 60);
      assert.match(connector.description, /\.$/);
      assert.ok(CATEGORIES.has(connector.category));
      assert.ok(["ga", "beta", "alpha"].includes(connector.status));
      assert.equal(new URL(connector.website).protocol, "https:");
      assert.equal(new URL(connector.api.documentation).protocol, "https:");
      assert.ok(connector.api.version.length > 0);
    });

    it("has a mark: its own drawing or a slug of simple-icons", async () => {
      const logo = join(folder, "logo.svg");
      assert.ok(existsSync(logo) !== (connector.simple_icon !== undefined), "one of the two");
      if (!existsSync(logo)) return;
      const svg = await readFile(logo, "utf8");
      assert.match(svg, /^<svg [^>]*viewBox=/);
      assert.doesNotMatch(svg, /<script|href=|url\(|\son\w+=/i);
      assert.ok(svg.length < 8_192);
    });

    it("sets limits", () => {
      const { rps, daily, batch, concurrency, burst } = connector.limits;
      for (const limit of [rps, batch.size, batch.bytes, concurrency, burst ?? 1])
        assert.ok(Number.isFinite(limit) && limit > 0);
      assert.ok(daily >= 0 && batch.intervalMs >= 0);
      assert.ok(connector.maxEventAgeMs === undefined || connector.maxEventAgeMs > 0);
    });

    it("has a default variant, and variants that set fields it has", () => {
      assert.ok(connector.variants.some((variant) => variant.key === "default"));
      assert.equal(new Set(connector.variants.map((variant) => variant.key)).size, connector.variants.length);
      const fields = new Set(connector.config_fields.map((field) => field.key));
      for (const variant of connector.variants) {
        assert.ok(variant.name.length > 0 && variant.description.length > 0);
        for (const field of Object.keys(variant.default_config)) assert.ok(fields.has(field), field);
      }
    });

    for (const field of connector.config_fields) {
      it(`documents ${field.key}`, () => {
        assert.match(field.key, /^[a-z][a-z0-9_]*$/);
        assert.ok(field.label.length > 0 && field.label.length <= 60);
        assert.match(field.help_text, /\.$/);
        assert.equal(field.type === "select", field.options !== undefined);
        if (field.options !== undefined)
          assert.ok(field.default === undefined || field.options.includes(String(field.default)));
        if (field.type === "secret") assert.equal(field.default, undefined);
        assert.match(readme, new RegExp(`^\\| \`${field.key}\` +\\| ${field.type} +\\|`, "m"));
      });
    }
  });

  describe(`${key}: README`, () => {
    for (const heading of [
      `# ${connector.name}`,
      "## Prerequisites",
      "## Configuration",
      "## Set-up",
      "## Testing",
      "## Troubleshooting",
    ]) {
      it(`has ${heading}`, () => assert.ok(readme.split("\n").includes(heading)));
    }

    it("names no field that there is not", () => {
      const rows = [...readme.matchAll(/^\| `([a-z0-9_]+)` +\| (?:string|secret|select|textarea) +\|/gm)].map(
        ([, field]) => field,
      );
      assert.deepEqual(
        rows,
        connector.config_fields.map((field) => field.key),
      );
    });

    it("shows how it stands in signal.yaml", () => assert.ok(readme.includes(`vendor: ${key}`)));
  });

  describe(`${key}: settings`, () => {
    it("finds everything wrong at once", () => {
      const fields = connector.config_fields.filter(
        ({ type, required }) => type === "string" || type === "select" || required,
      );
      const parameters: JsonObject = {};
      for (const field of fields) if (field.type !== "secret") parameters[field.key] = ["?"];
      const faults = connector.plan({ parameters, secrets: {}, batch: {}, environment: "production" });
      assert.ok(Array.isArray(faults));
      const named = new Set(faults.map(({ field }) => field));
      for (const field of fields) assert.ok(named.has(field.key), `no fault names ${field.key}`);
      for (const { message } of faults) assert.match(message, /\.$/);
    });

    it("asks for what is required and left empty", () => {
      const faults = connector.plan({ parameters: {}, secrets: {}, batch: {}, environment: "production" });
      const named = Array.isArray(faults) ? faults.map(({ field }) => field) : [];
      for (const field of connector.config_fields) if (field.required) assert.ok(named.includes(field.key), field.key);
    });

    it("never throws and never repeats a secret, whatever it is given", () => {
      const fields = connector.config_fields;
      const value = fastCheck.oneof(
        fastCheck.jsonValue(),
        fastCheck.string(),
        fastCheck.constantFrom("true", "false", "0", "-1", "1e9", ...fields.flatMap(({ options }) => options ?? [])),
      );
      const record = Object.fromEntries(fields.map((field) => [field.key, value]));
      const secrets = Object.fromEntries(
        fields.filter(({ type }) => type === "secret").map((field) => [field.key, SECRET]),
      );
      const settings = fastCheck.record({ parameters: fastCheck.record(record, { requiredKeys: [] }) });
      fastCheck.assert(
        fastCheck.property(settings, ({ parameters }) => {
          const made = connector.plan({
            parameters: parameters as JsonObject,
            secrets,
            batch: {},
            environment: "production",
          });
          if (Array.isArray(made)) {
            assert.ok(made.length > 0);
            assert.ok(!JSON.stringify(made).includes(SECRET));
          }
        }),
        { numRuns: 1000 },
      );
    });
  });

  describe(`${key}: cases`, () => {
    it("shows requests, answers and faults", () => {
      assert.ok(
        cases.some(({ content }) => content.requests !== undefined),
        "no case expects requests",
      );
      assert.ok(
        cases.some(({ content }) => content.answers !== undefined),
        "no case expects outcomes",
      );
      assert.ok(
        cases.some(({ content }) => content.faults !== undefined),
        "no case expects faults",
      );
    });

    for (const { file, content } of cases) {
      it(`${file}: ${content.name}`, () => {
        assert.deepEqual(caseFaults(content), []);
        const plan = planCase(connector, content);
        if (content.faults !== undefined) return assert.deepEqual(plan, content.faults);
        assert.ok(!Array.isArray(plan), JSON.stringify(plan));
        const built = buildCase(plan, content);
        if (content.answers === undefined) {
          return assert.deepEqual(built, { requests: content.requests ?? [], refused: content.refused ?? [] });
        }
        const request = built.requests[0];
        assert.ok(request);
        for (const { response, outcome } of content.answers) {
          const whole = { headers: {}, body: "", ...response };
          const facts = { now: Date.UTC(2026, 1, 25, 14, 30), ...content.facts };
          assert.deepEqual(
            plan.classify(whole, request, facts),
            request.covers.map(() => outcome),
            String(response.status),
          );
        }
      });
    }
  });

  describe(`${key}: plans`, () => {
    const plans = cases.flatMap(({ file, content }) => {
      const plan = planCase(connector, content);
      return Array.isArray(plan) ? [] : [{ file, content, plan }];
    });

    it("stay within the contract", () => {
      for (const { plan } of plans) {
        assert.ok(plan.timeoutMs > 0 && plan.timeoutMs <= 60_000);
        assert.ok(Number.isInteger(plan.maxRetries) && plan.maxRetries >= 0 && plan.maxRetries <= 5);
        assert.ok(plan.batch.size >= 1 && plan.batch.bytes >= 1 && plan.batch.intervalMs >= 0);
      }
    });

    it("account for every delivery, and put each secret nowhere but into headers and body", () => {
      for (const { plan, content, file } of plans) {
        const { requests, refused } = buildCase(plan, content);
        const seen = [...requests.flatMap(({ covers }) => covers), ...refused.map(({ index }) => index)];
        assert.deepEqual(
          [...new Set(seen)].toSorted((a, b) => a - b),
          [...(content.deliveries ?? []).keys()],
          file,
        );
        for (const secret of Object.values(caseSettings(content).secrets)) {
          for (const { reason } of refused) assert.ok(!reason.includes(secret), file);
        }
        assert.deepEqual(plan.build([], { now: 0, batchId: "empty" }), { requests: [], refused: [] });
      }
    });

    it("make something of every answer", () => {
      for (const { plan, content } of plans) {
        const request = buildCase(plan, content).requests[0];
        if (request !== undefined) classifyAll(plan, request);
      }
    });
  });
}

function classifyAll(plan: DeliveryPlan, request: VendorRequest): void {
  const bodies = [
    "",
    "{",
    "null",
    "[]",
    '{"errors":[]}',
    '"text"',
    "<html>",
    "\u0000\uffff",
    "x".repeat(65_536),
    "[".repeat(10_000),
  ];
  const headers = [
    {},
    { "retry-after": "1" },
    { "retry-after": "soon" },
    { "retry-after": "9".repeat(400) },
    { "content-type": "" },
  ];
  for (const covers of [[0], [0, 1, 2]]) {
    for (let status = 100; status <= 599; status += 1) {
      for (const [index, body] of bodies.entries()) {
        const response = { status, headers: headers[index % headers.length] ?? {}, body };
        checkOutcomes(plan.classify(response, { ...request, covers }, { now: 0 }), { count: covers.length, status });
      }
    }
  }
}

function checkOutcomes(
  outcomes: ReturnType<DeliveryPlan["classify"]>,
  { count, status }: { count: number; status: number },
): void {
  assert.equal(outcomes.length, count);
  for (const outcome of outcomes) {
    assert.ok(OUTCOMES.has(outcome.kind), `${status}: ${outcome.kind}`);
    if (outcome.kind === "delivered") assert.ok(status >= 200 && status <= 299, String(status));
    else assert.ok(outcome.reason.length > 0 && outcome.reason.length <= 500);
    if ("retryAfterMs" in outcome) assert.ok(Number.isFinite(outcome.retryAfterMs) && (outcome.retryAfterMs ?? 0) >= 0);
  }
}

/** The cases of a folder, in the order of their file names. */
async function readCases(directory: string): Promise<{ file: string; content: ContractCase }[]> {
  const files = (await readdir(directory)).filter((file) => file.endsWith(".json")).toSorted();
  return Promise.all(
    files.map(async (file) => ({
      file,
      content: JSON.parse(await readFile(join(directory, file), "utf8")) as ContractCase,
    })),
  );
}
