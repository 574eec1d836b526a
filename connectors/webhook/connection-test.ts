/** The connection test: one event that says it is a test, sent as any other would be. */
import type { ConnectionTest, ConnectionTestResult, DeliveryRecord, VendorResponse } from "@datafly-signal/core";
import { requestBuilder } from "./requests.ts";
import type { WebhookSettings } from "./settings.ts";

const NAME = "Datafly Connection Test";

export function connectionTest(settings: WebhookSettings): ConnectionTest {
  const build = requestBuilder(settings);
  return {
    request(facts) {
      const [request] = build([testDelivery(facts.batchId, facts.now)], facts).requests;
      if (request !== undefined) return { ...request, covers: [] };
      // The template cannot take the test event: that says nothing of the endpoint.
      const [plain] = requestBuilder({ ...settings, template: null })(
        [testDelivery(facts.batchId, facts.now)],
        facts,
      ).requests;
      return { method: settings.method, url: settings.url, headers: {}, body: "{}", ...plain, covers: [] };
    },
    read: resultOf,
  };
}

function testDelivery(id: string, now: number): DeliveryRecord {
  const timestamp = new Date(now).toISOString();
  const messageId = `test-${id}`;
  const event = {
    type: "track",
    event: NAME,
    messageId,
    timestamp,
    receivedAt: timestamp,
    context: {},
    properties: {},
  } as const;
  return {
    v: 1,
    deliveryId: `test:${messageId}`,
    messageId,
    pipelineId: "",
    integrationId: "",
    pipelineIntegrationId: "",
    revision: 0,
    snapshot: 0,
    eventName: NAME,
    vendorEventName: null,
    payload: { ...event },
    event: { ...event },
    consent: null,
    timestamp,
    receivedAt: timestamp,
    raw: { partition: 0, offset: 0 },
  } as DeliveryRecord;
}

function resultOf({ status }: VendorResponse): ConnectionTestResult {
  if (status >= 200 && status <= 299) return { ok: true, message: `The endpoint took the test event (${status}).` };
  if (status === 401 || status === 403) {
    const message = `The endpoint refused the credentials (${status}). Check auth_token.`;
    return { ok: false, kind: status === 401 ? "credentials" : "permission", field: "auth_token", message };
  }
  if (status === 404 || status === 410 || (status >= 300 && status <= 399)) {
    const message = `There is no endpoint at this URL (${status}). Check url.`;
    return { ok: false, kind: "not_found", field: "url", message };
  }
  if (status === 429) return { ok: false, kind: "limited", message: "The endpoint asks for fewer requests (429)." };
  if (status >= 500) return { ok: false, kind: "unavailable", message: `The endpoint cannot answer now (${status}).` };
  const message = `The endpoint refused the test event (${status}). It may want another form: see payload_format.`;
  return { ok: false, kind: "unknown", field: "payload_format", message };
}
