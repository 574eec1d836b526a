/** Axon: events into a dataset of an organisation, in batches. */
import { defineConnector, type ResponsesSpec } from "@datafly-signal/core";
import { asAxonEvent } from "./axon-event.ts";
import { SCHEMA } from "./schema.ts";

/** Axon shows its reference to customers only; address, version and fields are provisional while the integration is in beta. */
const API_VERSION = "v1";
const API = `https://api.axon.dev/${API_VERSION}`;

const SAID = "{{body.error.message?}}";

const NOT_TAKEN = {
  outcome: "retry",
  reason: "Axon took nothing of the request because of other events in it. This one is sent again without them.",
} as const;

/** The events that an answer names in `errors`. */
function refusedBy(by: "index" | "id"): NonNullable<NonNullable<ResponsesSpec["rules"]>[number]["items"]> {
  return {
    path: "body.errors",
    by,
    key: by,
    rules: [{ outcome: "reject", reason: "Axon refused the event: {{item.message?}}" }],
  };
}

export default defineConnector({
  key: "axon",
  name: "Axon",
  description:
    "Send event and analytics data to Axon for data orchestration, dataset management, and centralised event collection.",
  category: "other",
  status: "beta",
  website: "https://axon.dev",
  api: { version: API_VERSION, documentation: "https://axon.dev" },
  config_fields: [
    {
      key: "api_key",
      label: "API Key",
      type: "secret",
      required: true,
      help_text: "Your Axon API key for authenticating server-to-server event delivery.",
    },
    {
      key: "org_id",
      label: "Organisation ID",
      type: "string",
      required: true,
      pattern: "^[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$",
      example: "org-abc-123",
      placeholder: "org-abc-123",
      help_text: "Your Axon organisation ID, found in the Axon dashboard under Settings.",
    },
    {
      key: "dataset_id",
      label: "Dataset ID",
      type: "string",
      required: true,
      pattern: "^[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$",
      example: "dataset-xyz-456",
      placeholder: "dataset-xyz-456",
      help_text: "The Axon dataset ID to write events into.",
    },
  ],
  variants: [
    { key: "default", name: "Default", description: "All events, up to 100 in a request.", default_config: {} },
  ],
  limits: { rps: 50, daily: 0, batch: { size: 100, bytes: 1_000_000, intervalMs: 1_000 }, concurrency: 4 },
  consent_categories: ["analytics"],
  schema: SCHEMA,
  // The format is provisional: an integration may carry what Axon has told its customer.
  takes_delivery_spec: true,
  delivery: {
    endpoint: { url: `${API}/orgs/{{config.org_id}}/datasets/{{config.dataset_id}}/events` },
    auth: { kind: "bearer", token: "{{secret.api_key}}" },
    headers: { "Idempotency-Key": "{{batch_id}}" },
    body: { encoding: "json", envelope: { events: "$events" } },
    dedupe: { path: "id" },
    timeout_ms: 10_000,
    responses: {
      message: "body.error.message",
      bisect: [400, 422],
      rules: [
        // The rest was taken. An event is named by its place, else by its id.
        { status: "2xx", when: [{ path: "body.errors[0].index", exists: true }], items: refusedBy("index") },
        { status: "2xx", when: [{ path: "body.errors[0].id", exists: true }], items: refusedBy("id") },
        // Nothing was taken: what is not named is sent again without the others.
        {
          status: [400, 422],
          when: [{ path: "body.errors[0].index", exists: true }],
          items: { ...refusedBy("index"), others: NOT_TAKEN },
        },
        {
          status: [400, 422],
          when: [{ path: "body.errors[0].id", exists: true }],
          items: { ...refusedBy("id"), others: NOT_TAKEN },
        },
        // The dataset has these events.
        { status: 409, outcome: "delivered" },
        {
          status: 401,
          outcome: "misconfigured",
          field: "api_key",
          reason: `Your API key is invalid or has been revoked (401). Generate a new key in the Axon dashboard and update the integration config. ${SAID}`,
        },
        {
          status: 403,
          outcome: "misconfigured",
          field: "api_key",
          reason: `The API key does not have write permissions for the specified dataset (403). Check key permissions in Axon. ${SAID}`,
        },
        {
          status: 404,
          outcome: "misconfigured",
          field: "dataset_id",
          reason: `The org_id or dataset_id is incorrect (404). Verify both values in the Axon dashboard. ${SAID}`,
        },
        {
          status: [408, 504],
          outcome: "retry",
          reason: `Axon took too long ({{status}}): its API may be experiencing issues. Check the Axon status page for service status. ${SAID}`,
        },
      ],
    },
    test: {
      method: "POST",
      body: { events: [] },
      rules: [
        { status: "2xx", result: "ok", message: "Axon knows the key and the dataset. No event was written." },
        // It looked at the body, which it does not before key and dataset were right.
        {
          status: [400, 422],
          result: "ok",
          message: "Axon knows the key and the dataset, and takes no empty list. No event was written.",
        },
        {
          status: 401,
          result: "credentials",
          field: "api_key",
          message: "Your API key is invalid or has been revoked. Generate a new key in the Axon dashboard.",
        },
        {
          status: 403,
          result: "permission",
          field: "api_key",
          message:
            "The API key does not have write permissions for the specified dataset. Check key permissions in Axon.",
        },
        {
          status: 404,
          result: "not_found",
          field: "dataset_id",
          message: "The org_id or dataset_id is incorrect. Verify both values in the Axon dashboard.",
        },
      ],
    },
  },
  hooks: () => ({ event: asAxonEvent }),
});
