import assert from "node:assert/strict";
import { test } from "node:test";
import { mutations } from "../garbage.ts";
import { NOW, conversion, destination, errorOf, event, ingest, newWorld, refresh, upload } from "./ads-rig.ts";
import { GOOGLE_ADS, simulator } from "./simulator.ts";

test("a refresh token gives an access token, which works until its hour is over", () => {
  let now = NOW;
  const world = simulator.newWorld(() => now);
  const { status, json } = refresh({}, world);
  assert.deepEqual([status, json["expires_in"], json["token_type"]], [200, 3599, "Bearer"]);
  const token = String(json["access_token"]);
  assert.equal(ingest({ token, world }).status, 200);
  now += 3599 * 1000;
  assert.equal(ingest({ token, world }).status, 401);
});

const grants: [string, Record<string, string | undefined>, number, string][] = [
  ["a revoked refresh token", { refresh_token: GOOGLE_ADS.revokedRefreshToken }, 400, "invalid_grant"],
  ["an unknown refresh token", { refresh_token: "1//none" }, 400, "invalid_grant"],
  ["an unknown client", { client_id: "none" }, 401, "invalid_client"],
  ["a wrong client secret", { client_secret: "wrong" }, 401, "invalid_client"],
  ["another grant", { grant_type: "password" }, 400, "unsupported_grant_type"],
  ["no grant", { grant_type: undefined }, 400, "invalid_request"],
  ["no refresh token", { refresh_token: undefined }, 400, "invalid_request"],
];
for (const [title, changes, status, error] of grants) {
  test(`token endpoint: ${title}: ${status} ${error}`, () => {
    const got = refresh(changes);
    assert.deepEqual([got.status, got.json["error"]], [status, error]);
  });
}

test("outages come in the shape of the API that has them", () => {
  const world = newWorld();
  world.next("error", { kind: "unavailable", retryAfterSeconds: 9 }, "throttled", "throttled", "error");
  const codes = [ingest({ world }), ingest({ world }), ingest({ world })];
  assert.deepEqual(
    codes.map(({ json }) => errorOf(json).status),
    ["INTERNAL", "UNAVAILABLE", "RESOURCE_EXHAUSTED"],
  );
  assert.equal(codes[1]?.headers["retry-after"], "9");
  const ads = upload({ conversions: [conversion()] }, { world });
  assert.equal(ads.status, 429);
  assert.match(ads.body, /"quotaError":"RESOURCE_TEMPORARILY_EXHAUSTED"/);
  assert.deepEqual([refresh({}, world).status, world.accepted.length], [500, 0]);
});

test("whatever the body, there is an answer, and a fault takes nothing", () => {
  const bodies = { destinations: [destination()], events: [event()], encoding: "HEX" };
  for (const body of mutations(bodies)) {
    const got = ingest({ body: JSON.stringify(body) });
    assert.ok([200, 400, 403].includes(got.status));
    if (got.status !== 200) assert.deepEqual(got.world.accepted, [], JSON.stringify(body));
  }
  for (const body of mutations({ conversions: [conversion()], partialFailure: true })) {
    const got = upload(body as Record<string, unknown>);
    assert.ok([200, 400].includes(got.status));
  }
});
