/** The data layer and consent, changed by the API, count for the next events. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { done } from "../harness/signed-in.ts";
import { until } from "../harness/until.ts";
import { type ControlRig, type Lane, LATE_MS, makeLane, openControlRig, sent, statusOf, track } from "./control-rig.ts";

/** A change counts everywhere after this long. */
const WITHIN_MS = 1000;
const BOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)";

let rig: ControlRig;
let lane: Lane;
before(async () => {
  rig = await openControlRig();
  lane = await makeLane(rig, { name: "Layered", config: { url: rig.vendor.url } });
});
after(() => rig.close());

let count = 0;
const nextId = (): string => `layer-${(count += 1)}`;

/** Changes the layer and sends events until one is treated so; answers how long that took. */
async function timeUntil(
  change: Promise<unknown>,
  isTreated: (messageId: string) => Promise<boolean>,
): Promise<number> {
  await change;
  const began = performance.now();
  await until(LATE_MS, () => isTreated(nextId()));
  return performance.now() - began;
}

const put = (config: object): Promise<unknown> => done(rig.client.replaceDataLayer({ body: { config } }));

async function arrivedBody(messageId: string, event: object = {}): Promise<Record<string, unknown>> {
  const request = await sent(rig, lane.key, { messageId, ...event });
  return JSON.parse(request.body) as Record<string, unknown>;
}

test("personal data is hashed within a second after it is asked for, and not any more a second after it is not", async (t) => {
  const address = "jane@example.com";
  const emailOf = async (messageId: string): Promise<unknown> => {
    const { properties } = await arrivedBody(messageId, { properties: { email: address } });
    return (properties as Record<string, unknown>)["email"];
  };
  const times: number[] = [];
  for (let round = 0; round < 3; round += 1) {
    const on = put({ pii_rules: { hash_fields: ["properties.email"] } });
    times.push(await timeUntil(on, async (id) => /^[0-9a-f]{64}$/.test(String(await emailOf(id)))));
    times.push(await timeUntil(put({}), async (id) => (await emailOf(id)) === address));
  }
  t.diagnostic(`counts after ${times.map(Math.round).join(" ")} ms`);
  const median = times.toSorted((a, b) => a - b)[3] ?? Number.NaN;
  assert.ok(median < WITHIN_MS, `counts after ${times.join(" ")} ms`);
});

test("bots are filtered, and events that a rule drops, each under its own reason", async () => {
  const config = {
    bot_filtering: {},
    routing_rules: [{ condition: 'event == "Internal Test"', action: "drop" }],
  };
  await put(config);
  const layer = await done(rig.client.getDataLayer());
  assert.deepEqual(layer.config, config);
  const send = (event: object): Promise<number> => track(rig.server, lane.key, { messageId: nextId(), ...event });
  const filtered = async (reason: string): Promise<number> =>
    (await statusOf(rig, lane.integrationId)).filtered[reason] ?? 0;
  assert.deepEqual([await filtered("bot"), await filtered("routing_rule")], [0, 0]);
  await until(LATE_MS, async () => {
    await send({ context: { userAgent: BOT } });
    await send({ event: "Internal Test" });
    return (await filtered("bot")) > 0 && (await filtered("routing_rule")) > 0;
  });
  await arrivedBody(nextId(), { event: "Order Completed" });
  const refused = await rig.client.updateDataLayer({
    body: { config: { routing_rules: [{ condition: "event ==", action: "drop" }] } },
  });
  assert.ok(!refused.ok);
  assert.deepEqual([refused.status, refused.error.code], [422, "VALIDATION_FAILED"]);
  assert.deepEqual((await done(rig.client.getDataLayer())).config, config, "a refused change changes nothing");
});

test("the organisation's default consent counts for lanes that ask for consent", async () => {
  const { client } = rig;
  const body = { consent_categories: ["analytics"] };
  await done(client.createRevision({ params: { id: lane.integrationId }, body }));
  const at = { id: lane.pipelineId, pi: lane.laneId };
  await done(client.updatePipelineIntegration({ params: at, body: { revision: "latest" } }));
  const denied = async (): Promise<number> => (await statusOf(rig, lane.integrationId)).filtered["consent_denied"] ?? 0;
  await until(LATE_MS, async () => {
    await track(rig.server, lane.key, { messageId: nextId() });
    return (await denied()) > 0;
  });
  await done(client.updateOrganisation({ body: { settings: { consent: { default_policy: { analytics: true } } } } }));
  await until(LATE_MS, async () => {
    const messageId = nextId();
    await track(rig.server, lane.key, { messageId });
    await new Promise((resolve) => setTimeout(resolve, 200));
    return rig.vendor.requests.some(({ body }) => body.includes(`"${messageId}"`));
  });
});
