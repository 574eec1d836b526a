import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { mutations } from "../garbage.ts";
import { simulatedRequest } from "../simulated-request.ts";
import { readAnswer } from "../simulator.ts";
import { AXON, simulator } from "./simulator.ts";

const START = Date.parse("2026-11-21T12:00:00Z");
const PURCHASE = {
  ...{ id: "m1", type: "track", name: "purchase", timestamp: "2026-01-01T00:00:00.000Z" },
  ...{ anonymous_id: "a1", user_id: "u1", properties: { transaction_id: "O-1", value: 9.99, currency: "USD" } },
  context: { page: { url: "https://shop.example.com/thanks" } },
};

interface Sent {
  key?: string;
  org?: string;
  dataset?: string;
  method?: string;
  headers?: Record<string, string>;
}

function vendor() {
  const world = simulator.newWorld(() => START);
  const send = (body: unknown, sent: Sent = {}) => {
    const { key = AXON.key, org = AXON.orgId, dataset = AXON.datasetId, method = "POST" } = sent;
    const url = `https://${AXON.host}/v1/orgs/${org}/datasets/${dataset}/events`;
    const headers = { Authorization: `Bearer ${key}`, "Content-Type": "application/json", ...sent.headers };
    const text = typeof body === "string" ? body : JSON.stringify(body);
    const answer = simulator.handle(simulatedRequest({ method, url, headers, body: text }, START), world);
    const { status, body: told } = answer;
    return { status, body: told as Record<string, unknown>, headers: readAnswer(answer).headers };
  };
  return { world, send };
}

describe("Axon", () => {
  it("writes events into the dataset, each id once", () => {
    const { world, send } = vendor();
    const events = [PURCHASE, { ...PURCHASE, id: "m2", type: "identify", name: undefined, traits: { plan: "pro" } }];
    assert.deepEqual(send({ events }).body, { accepted: 2, duplicates: 0 });
    assert.deepEqual(send({ events }).body, { accepted: 2, duplicates: 2 });
    assert.deepEqual(
      world.counted().map(({ scope, name, dedupeKey }) => [scope, name, dedupeKey]),
      [
        [AXON.datasetId, "purchase", "m1"],
        [AXON.datasetId, "identify", "m2"],
      ],
    );
    assert.equal(send({ events: [] }).status, 200);
  });

  it("tells a wrong key, missing rights and wrong ids apart", () => {
    const { world, send } = vendor();
    const body = { events: [PURCHASE] };
    const cases: [Sent, number][] = [
      [{ key: "unknown" }, 401],
      [{ key: AXON.revokedKey }, 401],
      [{ headers: { Authorization: AXON.key } }, 401],
      [{ key: AXON.readOnlyKey }, 403],
      [{ dataset: AXON.otherDatasetId }, 403],
      [{ org: "org-unknown" }, 404],
      [{ dataset: "dataset-unknown" }, 404],
      [{ method: "PUT" }, 404],
    ];
    for (const [sent, status] of cases) assert.equal(send(body, sent).status, status, JSON.stringify(sent));
    assert.deepEqual(world.accepted, []);
  });

  it("takes events for an archived dataset and shows none", () => {
    const { world, send } = vendor();
    assert.equal(send({ events: [PURCHASE] }, { dataset: AXON.archivedDatasetId }).status, 200);
    assert.deepEqual(world.accepted, []);
    assert.deepEqual(world.warnings, ["the dataset dataset-old-000 is archived: m1 does not appear"]);
  });

  const faults: [object, string][] = [
    [{ id: "" }, "id is required"],
    [{ type: "purchase" }, "type is none of track, page, identify, group"],
    [{ name: undefined }, "name is required of track"],
    [{ anonymous_id: undefined }, "anonymous_id is required"],
    [{ timestamp: START }, "timestamp is no time of ISO 8601"],
    [{ user_id: 7 }, "user_id is no text"],
    [{ properties: [] }, "properties is no object"],
  ];
  for (const [fields, message] of faults) {
    it(`leaves out an event of which ${message}`, () => {
      const { world, send } = vendor();
      const { status, body } = send({
        events: [
          { ...PURCHASE, ...fields },
          { ...PURCHASE, id: "m2" },
        ],
      });
      assert.equal(status, 200);
      const [error] = body["errors"] as { index: number; message: string }[];
      assert.deepEqual([error?.index, error?.message], [0, message]);
      assert.deepEqual(
        world.accepted.map(({ dedupeKey }) => dedupeKey),
        ["m2"],
      );
      assert.equal(send({ events: [{ ...PURCHASE, ...fields }] }).status, 422);
    });
  }

  it("takes 100 events and 1 MB", () => {
    const { send } = vendor();
    const many = (count: number) => Array.from({ length: count }, (_, at) => ({ ...PURCHASE, id: `m${at}` }));
    assert.equal(send({ events: many(100) }).status, 200);
    assert.equal(send({ events: many(101) }).status, 413);
    assert.equal(send(" ".repeat(1_000_001)).status, 413);
    for (const body of ["", "{", "[]", "{}"]) assert.equal(send(body).status, 400);
  });

  it("has an answer to every body", () => {
    const { send } = vendor();
    for (const body of mutations({ events: [PURCHASE] })) {
      assert.ok([200, 400, 422].includes(send(JSON.stringify(body)).status), JSON.stringify(body));
    }
    assert.equal(send(`${"[".repeat(400_000)}${"]".repeat(400_000)}`).status, 400);
  });

  it("stays silent, fails and throttles when it is told to", () => {
    const { world, send } = vendor();
    world.next("timeout", "error", "unavailable", { kind: "throttled", retryAfterSeconds: 7 });
    const answers = Array.from({ length: 5 }, () => send({ events: [PURCHASE] }));
    assert.deepEqual(
      answers.map(({ status }) => status),
      [0, 500, 503, 429, 200],
    );
    assert.equal(answers[3]?.headers["retry-after"], "7");
    assert.equal(world.accepted.length, 1);
  });
});
