/** Amplitude: events, users and groups by its HTTP V2 API, or its Batch Event Upload API. */
import { defineConnector } from "@datafly-signal/core";
import { classifyAnswer } from "./classify-answer.ts";
import { delivery } from "./delivery.ts";
import { DEFAULT_MIN_ID_LENGTH, eventPreparer } from "./prepare-event.ts";
import { SCHEMA } from "./schema.ts";

export default defineConnector({
  key: "amplitude",
  name: "Amplitude",
  description: "Product analytics: sends events, user properties and groups to an Amplitude project.",
  category: "analytics",
  tags: ["product analytics", "revenue", "user properties", "groups"],
  status: "ga",
  website: "https://amplitude.com",
  api: { version: "HTTP V2", documentation: "https://amplitude.com/docs/apis/analytics/http-v2" },
  config_fields: [
    {
      key: "api_key",
      label: "API key",
      type: "secret",
      required: true,
      max_length: 200,
      help_text:
        "The API key of the project, not its secret key. In Amplitude: Settings → Organization settings → Projects → your project → General.",
    },
    {
      key: "region",
      label: "Data region",
      type: "select",
      required: true,
      options: ["us", "eu"],
      default: "us",
      help_text:
        "Where the project lives: eu if you sign in at app.eu.amplitude.com, else us. Each project has its key in one region only.",
    },
    {
      key: "endpoint",
      label: "Endpoint",
      type: "select",
      required: false,
      options: ["httpapi", "batch"],
      default: "httpapi",
      help_text:
        "httpapi shows events within seconds and takes 30 events a second of one user or device; batch takes 1,000 and shows them within minutes.",
    },
    {
      key: "min_id_length",
      label: "Minimum ID length",
      type: "string",
      required: false,
      number: { minimum: 1, maximum: 128 },
      default: String(DEFAULT_MIN_ID_LENGTH),
      example: "5",
      help_text:
        "User and device IDs with fewer characters are not sent. Amplitude's own minimum is 5: lower it if your user IDs are shorter.",
    },
  ],
  variants: [
    {
      key: "default",
      name: "Default",
      description: "Events as they happen, by the HTTP V2 API.",
      default_config: { endpoint: "httpapi" },
    },
    {
      key: "bulk",
      name: "Bulk",
      description: "Large volumes, history and busy users, by the Batch Event Upload API.",
      default_config: { endpoint: "batch" },
    },
  ],
  // 10 requests a second of 100 events are the 1,000 events a second that Amplitude takes on its smallest plan.
  limits: { rps: 10, daily: 0, batch: { size: 1_000, bytes: 8_000_000, intervalMs: 1_000 }, concurrency: 4 },
  consent_categories: ["analytics"],
  schema: SCHEMA,
  delivery: ({ region, endpoint, min_id_length }) => delivery({ region, endpoint, minIdLength: min_id_length }),
  hooks: ({ endpoint, min_id_length }) => ({
    event: eventPreparer(min_id_length),
    classify: (outcomes, { response, request }) => classifyAnswer(outcomes, { response, request, endpoint }),
  }),
});
