import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { gzipSync } from "node:zlib";
import { mutations } from "../garbage.ts";
import { type RequestParts, simulatedRequest } from "../simulated-request.ts";
import { DAY_MS, SECOND_MS } from "../strict.ts";
import {
  AMPLITUDE,
  OVER_QUOTA_DEVICE,
  OVER_QUOTA_USER,
  SILENCED_DEVICE,
  TAKES_AND_FAILS,
  simulator,
} from "./simulator.ts";

const START = Date.parse("2026-11-21T12:00:00Z");
const HTTP_V2 = `https://${AMPLITUDE.usHost}/2/httpapi`;
const BATCH = `https://${AMPLITUDE.usHost}/batch`;
const EVENT = { user_id: "user-20391", event_type: "Order Completed", time: START, insert_id: "order-88231-completed" };

/** The vendor with a clock that the test moves. */
function vendor() {
  const clock = { now: START };
  const world = simulator.newWorld(() => clock.now);
  const send = (body: unknown, more: Partial<RequestParts> = {}) => {
    const parts = { method: "POST", url: HTTP_V2, headers: { "Content-Type": "application/json" }, ...more };
    const text = typeof body === "string" || body instanceof Uint8Array ? body : JSON.stringify(body);
    const { status, body: answer } = simulator.handle(simulatedRequest({ ...parts, body: text }, clock.now), world);
    return { status, body: answer as Record<string, unknown> };
  };
  const upload = (events: unknown, more: object = {}, url: string = HTTP_V2) =>
    send({ api_key: AMPLITUDE.apiKey, events, ...more }, { url });
  return { clock, world, send, upload };
}

/** The whole event of the vendor's page. */
const DOCUMENTED = {
  user_id: "jane@example.com",
  device_id: "C8F9E604-F01A-4BD9-95C6-8E5357DF265D",
  event_type: "watch_tutorial",
  time: 1_396_381_378_123,
  event_properties: { load_time: 0.8371, source: "notification", dates: ["monday", "tuesday"] },
  user_properties: { age: 25, gender: "female", interests: ["chess", "football", "music"] },
  groups: { team_id: "1", company_name: ["One", "Two"] },
  ...{ app_version: "2.1.3", platform: "iOS", os_name: "Android", os_version: "4.2.2", device_brand: "Verizon" },
  ...{ device_manufacturer: "Apple", device_model: "iPhone 9,1", carrier: "Verizon", country: "United States" },
  ...{ region: "California", city: "San Francisco", dma: "San Francisco-Oakland-San Jose, CA", language: "English" },
  ...{ price: 4.99, quantity: 3, revenue: -1.99, productId: "Store Product Id", revenueType: "Refund" },
  ...{ location_lat: 37.77, location_lng: -122.39, ip: "127.0.0.1", event_id: 23, session_id: 1_396_381_378_123 },
  insert_id: "5f0adeff-6668-4427-8d02-57d803a2b841",
};

describe("Amplitude's HTTP V2 API", () => {
  it("takes the event of the page, and says what it took", () => {
    const { world, send } = vendor();
    const text = JSON.stringify({ api_key: AMPLITUDE.apiKey, events: [DOCUMENTED] });
    const expected = { code: 200, events_ingested: 1, payload_size_bytes: text.length, server_upload_time: START };
    assert.deepEqual(send(text), { status: 200, body: expected });
    assert.deepEqual(world.warnings, ["revenue -1.99 gives way to price * quantity"]);
    const gzip = { "Content-Type": "application/json", "Content-Encoding": "gzip" };
    assert.equal(send(gzipSync(text), { headers: gzip }).status, 200);
  });

  it("counts an insert_id once in seven days, of one device", () => {
    const { clock, world, upload } = vendor();
    upload([EVENT]);
    clock.now += 7 * DAY_MS;
    upload([EVENT, { ...EVENT, insert_id: "another" }, { ...EVENT, user_id: "user-20392" }]);
    assert.deepEqual(
      world.accepted.map(({ isDuplicate }) => isDuplicate),
      [false, true, false, false],
    );
    clock.now += 1;
    upload([EVENT]);
    assert.equal(world.counted().length, 4);
  });

  const refused: [string, Record<string, unknown>, object][] = [
    ["a name that is missing", { event_type: undefined }, { events_with_missing_fields: { event_type: [1] } }],
    ["an empty name", { event_type: "" }, { events_with_invalid_fields: { event_type: [1] } }],
    ["a reserved name", { event_type: "[Amplitude] Revenue" }, { events_with_invalid_fields: { event_type: [1] } }],
    ["time as ISO 8601", { time: "2026-11-21T12:00:00Z" }, { events_with_invalid_fields: { time: [1] } }],
    ["time with a fraction", { time: START + 0.5 }, { events_with_invalid_fields: { time: [1] } }],
    ["an id that stands for none", { user_id: "Anonymous" }, { events_with_invalid_fields: { user_id: [1] } }],
    ["a number as id", { user_id: 12_345_678 }, { events_with_invalid_fields: { user_id: [1] } }],
    ["a short id and no other", { user_id: "u1" }, { events_with_invalid_id_lengths: { user_id: [1] } }],
    ["no id", { user_id: undefined }, { events_with_missing_fields: { user_id: [1], device_id: [1] } }],
    ["a price as text", { price: "9.99" }, { events_with_invalid_fields: { price: [1] } }],
    ["a fraction of items", { quantity: 1.5 }, { events_with_invalid_fields: { quantity: [1] } }],
    ["properties as text", { event_properties: "{}" }, { events_with_invalid_fields: { event_properties: [1] } }],
    ["a group as a number", { groups: { team: 7 } }, { events_with_invalid_fields: { groups: [1] } }],
  ];
  for (const [what, fields, told] of refused) {
    it(`refuses ${what}, by its index, and takes nothing of the request`, () => {
      const { world, upload } = vendor();
      const { status, body } = upload([EVENT, { ...EVENT, ...fields }]);
      const { code, error, ...maps } = body;
      assert.deepEqual([status, code, typeof error], [400, 400, "string"]);
      assert.deepEqual(maps, told);
      assert.equal(world.accepted.length, 0);
      assert.equal(upload([EVENT]).status, 200);
    });
  }

  it("refuses properties deeper than 40 layers", () => {
    const nested = (layers: number): unknown => (layers === 0 ? 1 : { a: nested(layers - 1) });
    const { upload } = vendor();
    assert.equal(upload([{ ...EVENT, event_properties: nested(40) }]).status, 200);
    assert.equal(upload([{ ...EVENT, event_properties: nested(41) }]).status, 400);
  });

  it("takes shorter ids where the request says so, and drops a short one beside a good one", () => {
    const { world, upload } = vendor();
    assert.equal(upload([{ ...EVENT, user_id: "u1" }], { options: { min_id_length: 2 } }).status, 200);
    assert.equal(upload([{ ...EVENT, device_id: "d1" }]).status, 200);
    assert.deepEqual(world.warnings, ["device_id is shorter than 5: it is dropped"]);
  });

  it("tells what is wrong with the request", () => {
    const { send, upload } = vendor();
    const wrong = (answer: { status: number; body: object }) => [answer.status, answer.body];
    const body = { api_key: AMPLITUDE.apiKey, events: [EVENT] };
    const missing = (field: string) => ({ code: 400, error: "Request missing required field", missing_field: field });
    const told = (error: string) => [400, { code: 400, error }];
    assert.deepEqual(wrong(send("")), told("Missing request body"));
    assert.deepEqual(wrong(send("{")), told("Invalid JSON request body"));
    assert.deepEqual(wrong(send(body, { headers: {} })), told("Invalid JSON request body"));
    assert.deepEqual(wrong(send(body, { url: `https://${AMPLITUDE.usHost}/httpapi` })), told("Invalid request path"));
    assert.deepEqual(wrong(send({ events: [EVENT] })), [400, missing("api_key")]);
    assert.deepEqual(wrong(upload([])), [400, missing("events")]);
    assert.deepEqual(wrong(upload(["purchase"])), told("Invalid event JSON"));
    for (const key of ["unknown", AMPLITUDE.revokedApiKey, AMPLITUDE.euApiKey]) {
      assert.deepEqual(wrong(send({ ...body, api_key: key })), told(`Invalid API key: ${key}`));
    }
    const eu = { url: `https://${AMPLITUDE.euHost}/2/httpapi` };
    assert.equal(send({ ...body, api_key: AMPLITUDE.euApiKey }, eu).status, 200);
  });

  it("takes 2,000 events and 1 MB, more of the latter as a batch", () => {
    const many = (count: number, filling = "") =>
      Array.from({ length: count }, (_, at) => ({
        ...EVENT,
        user_id: `user-${at}`,
        insert_id: `${at}`,
        event_properties: { filling },
      }));
    const tooLarge = { status: 413, body: { code: 413, error: "Payload too large" } };
    const { upload } = vendor();
    assert.equal(upload(many(2000)).status, 200);
    assert.deepEqual(upload(many(2001)), tooLarge);
    assert.deepEqual(upload(many(10, "x".repeat(100_000))), tooLarge);
    assert.equal(upload(many(10, "x".repeat(100_000)), {}, BATCH).status, 200);
    assert.deepEqual(upload(many(2001), {}, BATCH), tooLarge);
  });

  it("throttles a user above 30 events a second over half a minute, and lets go of it", () => {
    const { clock, world, upload } = vendor();
    const events = Array.from({ length: 901 }, (_, at) => ({ ...EVENT, insert_id: `i${at}` }));
    const other = { ...EVENT, user_id: "user-77777", device_id: "device-1" };
    assert.equal(upload(events.slice(0, 900)).status, 200);
    const { status, body } = upload([other, ...events.slice(900)]);
    assert.deepEqual(body, {
      code: 429,
      error: "Too many requests for some devices and users",
      eps_threshold: 30,
      throttled_devices: {},
      throttled_users: { "user-20391": 31 },
      throttled_events: [1],
    });
    assert.equal(status, 429);
    assert.equal(upload([other]).status, 200);
    assert.equal(upload(events.slice(900), {}, BATCH).status, 200);
    clock.now += 30 * SECOND_MS;
    assert.equal(upload(events.slice(0, 1)).status, 200);
    assert.equal(world.counted().length, 902);
  });

  it("silences devices, and holds users to their quota", () => {
    const { world, upload } = vendor();
    world.objects.push({ kind: SILENCED_DEVICE, id: "device-loud" });
    world.objects.push({ kind: OVER_QUOTA_USER, id: "user-20391", facts: { events: 500_200 } });
    const silenced = upload([
      { ...EVENT, user_id: "user-1" },
      { ...EVENT, user_id: "user-2", device_id: "device-loud" },
    ]);
    assert.equal(silenced.status, 400);
    assert.deepEqual(silenced.body["silenced_events"], [1]);
    assert.deepEqual(silenced.body["silenced_devices"], ["device-loud"]);
    const quota = upload([EVENT], {}, BATCH);
    assert.equal(quota.status, 429);
    assert.deepEqual(quota.body["exceeded_daily_quota_users"], { "user-20391": 500_200 });
    assert.deepEqual(quota.body["throttled_events"], [0]);
    world.objects.push({ kind: OVER_QUOTA_DEVICE, id: "device-busy" });
    const device = upload([{ ...EVENT, user_id: "user-1", device_id: "device-busy" }], {}, BATCH);
    assert.deepEqual(device.body["exceeded_daily_quota_devices"], { "device-busy": 500_001 });
  });

  it("may have taken what it answered with 500", () => {
    const { world, upload } = vendor();
    world.next("error", "unavailable", "throttled");
    assert.deepEqual(
      [upload([EVENT]), upload([EVENT]), upload([EVENT])].map(({ status }) => status),
      [500, 503, 429],
    );
    assert.equal(world.accepted.length, 0);
    world.objects.push({ kind: TAKES_AND_FAILS, id: "" });
    assert.equal(upload([EVENT]).status, 500);
    world.objects.pop();
    assert.equal(upload([EVENT]).status, 200);
    assert.deepEqual([world.accepted.length, world.counted().length], [2, 1]);
  });

  it("has an answer to every body", () => {
    const { send } = vendor();
    for (const body of mutations({ api_key: AMPLITUDE.apiKey, events: [DOCUMENTED], options: { min_id_length: 1 } })) {
      assert.ok([200, 400, 413, 429].includes(send(JSON.stringify(body)).status), JSON.stringify(body));
    }
    const names = [{ ...EVENT, user_id: "constructor", device_id: "__proto__" }];
    assert.equal(send({ api_key: AMPLITUDE.apiKey, events: names }).status, 200);
    assert.equal(send(`${"[".repeat(400_000)}${"]".repeat(400_000)}`).status, 400);
  });

  it("warns of what it takes without use", () => {
    const { world, upload } = vendor();
    const { insert_id: _, ...bare } = EVENT;
    upload([
      { ...bare, time: 1_795_262_400, user_properties: { $set: { plan: "pro" } }, ip: "$remote", colour: "red" },
    ]);
    assert.deepEqual(world.warnings, [
      "no insert_id: a request that comes again counts twice",
      "time 1795262400 is 1970-01-21T18:41:02.400Z",
      "colour is no field of an event",
      "ip $remote is the address of the server that sends",
      "operations on user_properties are only carried out of $identify",
    ]);
  });
});
