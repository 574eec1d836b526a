/** How events become requests, what answers mean, and how a connection is tried. */
import {
  type DeliverySpec,
  isJsonObject,
  type ResponsesSpec,
  type SpecHooks,
  type TestSpec,
} from "@datafly-signal/core";
import type { Settings } from "./config-fields.ts";
import { readyEvent } from "./ready-event.ts";
import { readyHead } from "./ready-head.ts";
import { readyBody } from "./ready-body.ts";
import { type Stream, streamOf } from "./stream.ts";

const HOSTS = { global: "www.google-analytics.com", eu: "region1.google-analytics.com" } as const;
const COLLECT = "/mp/collect";
/** Validates and keeps nothing. */
const VALIDATE = `/debug${COLLECT}`;

/** What stands in the request once, for all of its events. */
const HEAD = {
  client_id: "{{payload.client_id?}}",
  app_instance_id: "{{payload.app_instance_id?}}",
  user_id: "{{payload.user_id?}}",
  user_properties: "{{payload.user_properties?}}",
  user_data: "{{payload.user_data?}}",
  consent: "{{payload.consent?}}",
  user_location: "{{payload.user_location?}}",
  ip_override: "{{payload.ip_override?}}",
  device: "{{payload.device?}}",
  user_agent: "{{payload.user_agent?}}",
};

export function deliveryOf(settings: Settings): DeliverySpec {
  const host = HOSTS[settings.region];
  const stream = streamOf(settings);
  const query = { [stream.parameter]: `{{config.${stream.field}}}` };
  const isValidated = settings.debug_mode === "validate";
  return {
    endpoint: { url: `https://${host}${isValidated ? VALIDATE : COLLECT}`, query },
    auth: { kind: "query", name: "api_secret", value: "{{secret.api_secret}}" },
    body: {
      encoding: "json",
      envelope: { ...HEAD, events: "$events" },
      event: "{{payload.events}}",
      flatten: true,
    },
    // The validation server says what is wrong, and not always with which event.
    batch: { events: isValidated ? 1 : 25 },
    dedupe: { path: "params.event_id" },
    responses: RESPONSES,
    test: connectionTest(host, { stream, query }),
  };
}

/**
 * A body that Google cannot read is the only thing a status other than 2xx could mean by it: never the same again. The
 * validation server alone answers with a body.
 */
const RESPONSES: ResponsesSpec = {
  bisect: [400],
  rules: [
    {
      status: 200,
      when: [{ path: "body.validationMessages", exists: true }],
      outcome: "reject",
      bisect: true,
      reason:
        "The validation server found fault with the event ({{body.validationMessages[0].validationCode?}} {{body.validationMessages[0].fieldPath?}}): {{body.validationMessages[0].description?}}",
    },
  ],
};

const TEST_EVENT = { name: "connection_test", params: { session_id: "1772029800", engagement_time_msec: 1 } };

function connectionTest(host: string, { stream, query }: { stream: Stream; query: Record<string, string> }): TestSpec {
  const who = stream.isApp ? { app_instance_id: "0".repeat(32) } : { client_id: "1000000000.1772029800" };
  const first = "body.validationMessages[0]";
  const said = "{{body.validationMessages[0].description?}}";
  return {
    method: "POST",
    url: `https://${host}${VALIDATE}`,
    query,
    body: { ...who, validation_behavior: "ENFORCE_RECOMMENDATIONS", events: [TEST_EVENT] },
    rules: [
      {
        status: 200,
        when: [{ path: `${first}.fieldPath`, matches: "measurement_id|firebase_app_id" }],
        result: "not_found",
        field: stream.field,
        message: `The validation server does not take the stream. Check ${stream.field}. It said: ${said}`,
      },
      {
        status: 200,
        when: [{ path: `${first}.fieldPath`, matches: "api_secret" }],
        result: "credentials",
        field: "api_secret",
        message: `The validation server does not take the secret. Check api_secret. It said: ${said}`,
      },
      {
        status: 200,
        when: [{ path: "body.validationMessages", exists: true }],
        result: "unknown",
        message: `The validation server found fault with the test event: ${said}`,
      },
      {
        status: 200,
        result: "ok",
        message: `Google's validation server answers and finds nothing wrong. It does not look at ${stream.field} and api_secret, and no part of Google Analytics says whether they are right: send an event and look for it under Realtime.`,
      },
    ],
  };
}

export function hooksOf(settings: Settings): SpecHooks {
  const stream = streamOf(settings);
  return {
    event(value, delivery) {
      const { payload } = delivery;
      const head = readyHead(isJsonObject(payload) ? payload : {}, delivery.event, stream);
      return "refuse" in head ? head : readyEvent(value, delivery, stream);
    },
    request: (request, deliveries) => ({ ...request, body: readyBody(request.body, deliveries[0], stream) }),
  };
}
