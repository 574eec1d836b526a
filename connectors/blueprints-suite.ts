/** Holds a vendor's blueprints to the contract: whole, covering, the same for all spellings of an event, and with golden requests. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  canonicalEventName,
  catalogueEvents,
  compileMapping,
  isJsonObject,
  mappingCoverage,
  sampleEvent,
  type Blueprint,
  type JsonObject,
  type SignalEvent,
} from "@datafly-signal/core";
import { CASE_NOW, caseFacts } from "./contract-case.ts";
import type { Subject } from "./contract-subject-case.ts";
import { blueprintEvents, makeGolden, mappedEvent, openRun, runEvent } from "./golden-case.ts";

/** What a default blueprint has, or says in its head that the vendor has no place for. */
const USUAL = [
  "page_view",
  "view_item",
  "search",
  "add_to_cart",
  "begin_checkout",
  "add_payment_info",
  "purchase",
  "refund",
  "sign_up",
  "login",
  "generate_lead",
  "subscribe",
];

export function blueprintsSuite(subject: Subject): void {
  const { key, connector } = subject;
  const { blueprints = [] } = connector;
  if (blueprints.length === 0) return;
  describe(`${key}: blueprints`, () => {
    it("has a default one, and a schema to hold them against", () => {
      assert.ok(blueprints.some((blueprint) => blueprint.key === "default"));
      assert.ok(connector.schema !== undefined);
      for (const { description } of blueprints) assert.match(description, /\.$/);
    });
    for (const blueprint of blueprints) blueprintTests(subject, blueprint);
  });
}

function blueprintTests(subject: Subject, blueprint: Blueprint): void {
  const { connector, golden } = subject;
  const name = blueprint.key;
  const events = blueprintEvents(blueprint);

  it(`${name}: is a sound mapping`, () => {
    const made = compileMapping(blueprint.mapping);
    assert.ok(!("faults" in made), "faults" in made ? JSON.stringify(made.faults) : "");
    assert.deepEqual(made.warnings ?? [], []);
    assert.ok(events.length > 0);
  });

  it(`${name}: names events as the catalogue does, and reads their properties from canonical.*`, () => {
    for (const event of events) assert.equal(canonicalEventName(event) ?? event, event);
    const lines = blueprint.mapping.split("\n").filter((line) => !/^\s*#/.test(line));
    // A vendor may have properties of its own to write to.
    const reads = lines.filter((line) => /\bproperties[.[]/.test(line.replace(/\btarget: *("[^"]*"|[^\s,}]+)/, "")));
    assert.deepEqual(reads, [], "read canonical.… instead: it has the property under all of its names");
  });

  it(`${name}: fills every field that the vendor requires`, () => {
    for (const { section, required } of mappingCoverage(blueprint.mapping, connector.schema ?? { fields: [] }))
      assert.deepEqual(required.missing, [], section);
  });

  if (name === "default") {
    it("default: has the usual events, or says why not", () => {
      const without = connector.events_without ?? {};
      for (const event of USUAL) {
        const isThere = events.includes(event);
        assert.ok(isThere !== Object.hasOwn(without, event), `${event}: a section, or a reason in events_without`);
      }
      for (const reason of Object.values(without)) assert.match(reason, /\.$/);
    });
  }

  it(`${name}: makes the same of an event under all of its names`, () => {
    const compiled = compileMapping(blueprint.mapping);
    assert.ok(!("faults" in compiled));
    for (const event of events) {
      const aliases = catalogueEvents().find((one) => one.name === event)?.aliases ?? [];
      for (const alias of aliases.slice(0, 2)) {
        const [canonical, aliased] = [event, alias].map((spelling): unknown => {
          const result = compiled.mapping.apply(sampleOf(spelling) as unknown as SignalEvent, {});
          return result.kind === "mapped" ? result.payload : result;
        });
        assert.deepEqual(aliased, canonical, `${alias} and ${event}`);
      }
    }
  });

  it(`${name}: has its golden requests, and they are what it makes`, () => {
    const file = golden.get(name) ?? null;
    assert.ok(file !== null, `golden/${name}.json is missing. Make it: npm run golden -- ${connector.key}`);
    assert.deepEqual(
      makeGolden(connector, blueprint, file),
      file,
      `If the difference is meant: npm run golden -- ${connector.key}`,
    );
  });

  it(`${name}: sends an id by which the vendor knows an event that came twice`, () => {
    if (connector.no_dedupe !== undefined) return void assert.match(connector.no_dedupe, /\.$/);
    const file = golden.get(name);
    assert.ok(file);
    const run = openRun(connector, blueprint, file.settings);
    for (const { event, given } of file.cases) {
      const differs = ([one, other]: [JsonObject, JsonObject]): boolean => {
        const made = [one, other].map((part) => JSON.stringify(runEvent(run, { ...given, ...part })));
        return made[0] !== made[1];
      };
      const own: [JsonObject, JsonObject] = [{ messageId: `${event}-a` }, { messageId: `${event}-b` }];
      assert.ok(
        differs(own) || differs(twoSubjects(given)),
        `${event}: two events that differ by their id alone make the same request`,
      );
    }
  });

  it(`${name}: makes one request of many events, as far as the vendor takes many`, () => {
    const file = golden.get(name);
    assert.ok(file);
    const run = openRun(connector, blueprint, file.settings);
    const { plan } = run;
    const deliveries = file.cases.flatMap(({ given }, index) => {
      const delivery = mappedEvent(run, given, index);
      return "fault" in delivery ? [] : [delivery];
    });
    const { requests, refused } = plan.build(deliveries, caseFacts({}));
    assert.deepEqual(refused, []);
    const covered = requests.flatMap(({ covers }) => covers).toSorted((a, b) => a - b);
    assert.deepEqual([...new Set(covered)], [...deliveries.keys()]);
    for (const { covers, body } of requests) {
      assert.ok(covers.length <= plan.batch.size);
      assert.ok(Buffer.byteLength(body ?? "") <= plan.batch.bytes);
    }
  });
}

/** What an event is about may be what the vendor knows it by. */
const SUBJECTS = ["transaction_id", "lead_id"];

/** The event as it is of two orders or leads. */
function twoSubjects({ properties }: JsonObject): [JsonObject, JsonObject] {
  const known = isJsonObject(properties) ? properties : {};
  const ids = SUBJECTS.filter((name) => known[name] !== undefined);
  const of = (id: string): JsonObject => ({
    properties: { ...known, ...Object.fromEntries(ids.map((name) => [name, id])) },
  });
  return [of("id-a"), of("id-b")];
}

function sampleOf(name: string): JsonObject {
  return sampleEvent(name, {
    messageId: "message-1",
    anonymousId: "4f1c2f3e-0b53-4f7a-9b1c-2a7d5b9e6c10",
    timestamp: new Date(CASE_NOW).toISOString(),
    consent: [],
  });
}
