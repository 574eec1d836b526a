/** Where events go, in what envelope, and what answers mean for a request as a whole. */
import type { DeliverySpec } from "@datafly-signal/core";
import { DEFAULT_MIN_ID_LENGTH } from "./prepare-event.ts";

export type Endpoint = "httpapi" | "batch";

/** By the project's data region (https://amplitude.com/docs/apis/analytics/http-v2#regions). */
const HOSTS = { us: "https://api2.amplitude.com", eu: "https://api.eu.amplitude.com" } as const;

/** HTTP V2 is the `2`; the Batch Event Upload API has no version and takes the same body. */
const ENDPOINTS: Readonly<Record<Endpoint, { path: string; batch: { events: number; bytes: number } }>> = {
  // Of the 2,000 events and 1 MB, or 20 MB, that Amplitude takes: one throttled user stops a whole request.
  httpapi: { path: "/2/httpapi", batch: { events: 100, bytes: 950_000 } },
  batch: { path: "/batch", batch: { events: 1_000, bytes: 8_000_000 } },
};

/** A device of its own, on which the connection test leaves nothing but its name. */
const TEST_DEVICE = "datafly-signal-connection-test";

const WRONG_KEY = "(?i)invalid[ _]api[ _]key";

export function delivery({
  region,
  endpoint,
  minIdLength,
}: {
  region: keyof typeof HOSTS;
  endpoint: Endpoint;
  minIdLength: number;
}): DeliverySpec {
  const { path, batch } = ENDPOINTS[endpoint];
  const other = region === "us" ? "eu" : "us";
  const unknownKey = `Amplitude's ${region} region does not know this API key. Check api_key; if the project lives in the ${other} region, set region to ${other}.`;
  // Amplitude's own minimum needs no words.
  const options = minIdLength === DEFAULT_MIN_ID_LENGTH ? {} : { options: { min_id_length: minIdLength } };
  return {
    endpoint: { url: `${HOSTS[region]}${path}` },
    headers: { Accept: "*/*" },
    body: { encoding: "json", envelope: { api_key: "{{secret.api_key}}", events: "$events", ...options } },
    batch,
    dedupe: { path: "insert_id", from: "{{delivery.message_id}}" },
    responses: {
      message: "body.error",
      bisect: [400],
      rules: [
        {
          status: 400,
          when: [{ path: "text", matches: WRONG_KEY }],
          outcome: "misconfigured",
          field: "api_key",
          reason: unknownKey,
        },
        {
          status: 400,
          when: [{ path: "body.missing_field", equals: "api_key" }],
          outcome: "misconfigured",
          field: "api_key",
          reason: "Amplitude found no API key in the request. Check api_key.",
        },
      ],
    },
    test: {
      method: "POST",
      body: {
        api_key: "{{secret.api_key}}",
        // An $identify is not counted and stands in no chart; with the same insert_id Amplitude passes over it for seven days.
        events: [{ event_type: "$identify", device_id: TEST_DEVICE, insert_id: TEST_DEVICE }],
        ...options,
      },
      rules: [
        { status: 200, result: "ok", message: `Amplitude's ${region} region took a test with this API key.` },
        {
          status: 400,
          when: [{ path: "text", matches: WRONG_KEY }],
          result: "credentials",
          field: "api_key",
          message: unknownKey,
        },
        {
          status: 400,
          when: [{ path: "body.missing_field", equals: "api_key" }],
          result: "credentials",
          field: "api_key",
          message: "Amplitude found no API key in the request. Enter api_key.",
        },
        {
          status: 429,
          result: "limited",
          message: "Amplitude takes no more of the test for now (429). Try again in half a minute.",
        },
        { status: 400, result: "unknown", message: "Amplitude refused the test (400): {{body.error?}}" },
      ],
    },
  };
}
