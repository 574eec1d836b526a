/** A connection is tested through the API: by the main thread's own sender, behind the same guard as deliveries. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { done } from "../harness/signed-in.ts";
import { type ControlRig, openControlRig } from "./control-rig.ts";

const TOKEN = "t0ken-of-the-endpoint";
const EVENT = { type: "track", event: "purchase", properties: { value: 79.99 } };

async function installed({ client, vendor }: ControlRig): Promise<string> {
  const config = { url: `${vendor.url}/in`, authentication: "bearer", auth_token: TOKEN };
  const body = { name: "Orders", config };
  const { template } = await done(client.installIntegration({ params: { key: "webhook" }, body }));
  return template.id;
}

test("an event is sent to the endpoint as a delivery would be, and no secret is seen", async () => {
  const rig = await openControlRig({
    answer: (request, response) => {
      response.statusCode = request.path === "/in" ? 400 : 200;
      response.end(`not with ${request.headers.authorization}`);
    },
  });
  try {
    const id = await installed(rig);
    const tested = await rig.api.call("POST", `/integration-templates/${id}/test`, { event: EVENT });
    assert.equal(tested.status, 200, JSON.stringify(tested.body));
    const result = tested.body as { ok: boolean; status: number; took_ms: number };
    assert.deepEqual([result.ok, result.status], [false, 400]);
    assert.ok(result.took_ms < 10_000);
    const [received] = rig.vendor.requests;
    assert.equal(received?.headers.authorization, `Bearer ${TOKEN}`);
    assert.match(received?.body ?? "", /"value":79.99/);
    const nothing = await rig.api.call("POST", `/integration-templates/${id}/test`);
    assert.equal(nothing.status, 200, JSON.stringify(nothing.body));
    await rig.server.stop();
    assert.ok(!(JSON.stringify(tested.body) + JSON.stringify(nothing.body) + rig.server.output()).includes(TOKEN));
  } finally {
    await rig.close();
  }
});

test("an address in the own network is refused before anything is sent", async () => {
  const rig = await openControlRig({ env: { SIGNAL_ALLOW_PRIVATE_ADDRESSES: "false" } });
  try {
    const id = await installed(rig);
    const { body } = await rig.api.call("POST", `/integration-templates/${id}/test`, { event: EVENT });
    const { ok, kind, field, message } = body as Record<string, unknown>;
    assert.deepEqual([ok, kind, field], [false, "unavailable", "url"]);
    assert.match(String(message), /private|loopback/);
    assert.deepEqual(rig.vendor.requests, []);
  } finally {
    await rig.close();
  }
});
