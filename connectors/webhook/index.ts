/** Custom webhook: sends events to any HTTP endpoint of the user's. */
import { defineConnector } from "@datafly-signal/core";
import { classifyAnswer } from "./classify.ts";
import { CONFIG_FIELDS } from "./config-fields.ts";
import { connectionTest } from "./connection-test.ts";
import { requestBuilder } from "./requests.ts";
import { BATCH_DEFAULTS, readSettings } from "./settings.ts";

export default defineConnector({
  key: "webhook",
  name: "Custom Webhook",
  description: "Sends events to any HTTP endpoint, as they are or in a format of your own.",
  category: "other",
  tags: ["streaming"],
  status: "ga",
  website: "https://www.standardwebhooks.com",
  api: {
    version: "Standard Webhooks 1.0.0",
    documentation: "https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md",
  },
  config_fields: CONFIG_FIELDS,
  variants: [
    { key: "default", name: "Default", description: "One request an event, unsigned.", default_config: {} },
    {
      key: "batched",
      name: "Batched",
      description: "Up to 100 events a request, for endpoints that store rather than act.",
      default_config: { batch_enabled: "true", batch_size: "100", batch_interval_ms: "5000" },
    },
  ],
  // The endpoint is the user's own and names no quota. The rate is above what one worker sends, so that it only bounds
  // mistakes; concurrency and 429 answers protect the endpoint, and an integration may set lower limits.
  limits: { rps: 20_000, daily: 0, batch: BATCH_DEFAULTS, concurrency: 64 },
  consent_categories: [],
  takes_delivery_spec: true,
  check: (settings, context) => readSettings(settings, context).faults,
  plan(settings, context) {
    const { read } = readSettings(settings, context);
    return {
      batch: read.batch ?? { size: 1, bytes: BATCH_DEFAULTS.bytes, intervalMs: 0 },
      timeoutMs: settings.timeout_ms,
      maxRetries: settings.retry_enabled === "true" ? settings.max_retries : 0,
      guarded: true,
      test: connectionTest(read),
      build: requestBuilder(read),
      classify: classifyAnswer,
    };
  },
});
