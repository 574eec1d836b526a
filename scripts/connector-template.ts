/** The files of a new connector: a small vendor that works by itself, to be turned into the real one step by step. */

/** By path in the folder. @param today as in 2026-11-21 */
export function connectorFiles(key: string, { name, today }: { name: string; today: string }): Record<string, string> {
  return {
    "index.ts": index(key, name),
    "schema.ts": SCHEMA,
    "blueprints/default.yaml": BLUEPRINT,
    "cases/request-batch.json": json(requestCase()),
    "cases/answers.json": json(answersCase(name)),
    "cases/faults.json": json(faultsCase(name)),
    "cases/tests.json": json(testsCase()),
    "README.md": readme(key, name, today),
    "logo.svg": LOGO,
  };
}

const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

const index = (key: string, name: string): string => `/** ${name}: events by its HTTP API. */
import { defineConnector } from "@datafly-signal/core";
import { SCHEMA } from "./schema.ts";

/** https://api.example.com/docs */
const API_VERSION = "v1";

export default defineConnector({
  key: "${key}",
  name: "${name}",
  description: "Sends events to ${name}.",
  category: "other",
  status: "alpha",
  website: "https://www.example.com",
  api: { version: API_VERSION, documentation: "https://api.example.com/docs" },
  config_fields: [
    {
      key: "workspace_id",
      label: "Workspace ID",
      type: "string",
      required: true,
      pattern: "^[A-Za-z0-9_-]{3,64}$",
      example: "workspace-1",
      help_text: "The workspace that events go to. It stands in the settings of ${name}.",
    },
    {
      key: "api_key",
      label: "API key",
      type: "secret",
      required: true,
      help_text: "A key that may write events. Make one in the settings of ${name}.",
    },
  ],
  variants: [{ key: "default", name: "Default", description: "Up to 100 events a request.", default_config: {} }],
  limits: { rps: 50, daily: 0, batch: { size: 100, bytes: 1_048_576, intervalMs: 1_000 }, concurrency: 4 },
  consent_categories: ["analytics"],
  schema: SCHEMA,
  delivery: {
    endpoint: { url: \`https://api.example.com/\${API_VERSION}/workspaces/{{config.workspace_id}}/events\` },
    auth: { kind: "bearer", token: "{{secret.api_key}}" },
    body: { encoding: "json", envelope: { events: "$events" } },
    dedupe: { path: "id" },
    responses: {
      message: "body.error.message",
      bisect: [400],
      rules: [
        {
          status: 200,
          when: [{ path: "body.errors", exists: true }],
          items: {
            path: "body.errors",
            by: "index",
            key: "index",
            rules: [
              { when: [{ path: "code", equals: "busy" }], outcome: "retry", reason: "${name} was busy." },
              { outcome: "reject", reason: "${name} refused the event: {{item.message?}}" },
            ],
          },
        },
      ],
    },
    test: { method: "GET", url: \`https://api.example.com/\${API_VERSION}/workspaces/{{config.workspace_id}}\` },
  },
});
`;

const SCHEMA = `/** The fields of an event (https://api.example.com/docs). */
import type { VendorSchema } from "@datafly-signal/core";

export const SCHEMA: VendorSchema = {
  fields: [
    { path: "name", type: "string", required: true, description: "What happened." },
    { path: "time", type: "integer", required: true, description: "When, in seconds since 1970." },
    { path: "visitor_id", type: "string", required: true, description: "Who, before a login." },
    { path: "user_id", type: "string", required: false, description: "Who, after a login." },
    { path: "email_sha256", type: "string", required: false, description: "The e-mail address, trimmed, in lower case, as SHA-256." },
    { path: "page_url", type: "string", required: false, description: "The address of the page." },
    { path: "search_term", type: "string", required: false, description: "What was searched for." },
    { path: "order_id", type: "string", required: false, description: "The order." },
    { path: "value", type: "number", required: false, description: "What it is worth, in \`currency\`." },
    { path: "currency", type: "string", required: false, description: "ISO 4217." },
    { path: "items", type: "array", required: false, description: "The products." },
    { path: "items[].id", type: "string", required: true, description: "The product's id." },
    { path: "items[].quantity", type: "number", required: false, description: "How many." },
    { path: "items[].price", type: "number", required: false, description: "The price of one." },
  ],
};
`;

const SECTIONS: readonly (readonly [event: string, name: string, rows: readonly string[]])[] = [
  ["page_view", "page_viewed", []],
  ["view_item", "product_viewed", ["VALUE", "ITEMS"]],
  ["search", "searched", ["    - { source: canonical.search_term, target: search_term }"]],
  ["add_to_cart", "product_added", ["VALUE", "ITEMS"]],
  ["begin_checkout", "checkout_started", ["VALUE", "ITEMS"]],
  ["add_payment_info", "payment_entered", ["VALUE"]],
  ["purchase", "order_completed", ["ORDER", "VALUE", "ITEMS"]],
  ["refund", "order_refunded", ["ORDER", "VALUE"]],
  ["sign_up", "signed_up", []],
  ["login", "logged_in", []],
  ["generate_lead", "lead_submitted", ["VALUE"]],
  ["subscribe", "subscribed", ["VALUE"]],
];

const ROWS: Readonly<Record<string, readonly string[]>> = {
  ORDER: ["{ source: canonical.transaction_id, target: order_id, transform: to_string }"],
  VALUE: [
    "{ source: canonical.value, target: value, transform: to_number }",
    "{ source: canonical.currency, target: currency, transform: uppercase }",
  ],
  ITEMS: [
    '{ source: "canonical.items[].item_id", target: "items[].id", transform: to_string }',
    '{ source: "canonical.items[].quantity", target: "items[].quantity", transform: to_number }',
    '{ source: "canonical.items[].price", target: "items[].price", transform: to_number }',
  ],
};

const BLUEPRINT = `# name: Default
# description: The usual events of shops and other sites.
# vertical: default
version: 2
delivery_mode: server_side
global:
  mappings:
    - { source: anonymousId, target: visitor_id, required: true }
    - { source: timestamp, target: time, transform: to_unix_seconds, required: true }
    - { source: userId, target: user_id }
    - { source: [traits.email, context.traits.email], target: email_sha256, transform: [normalize_email, sha256] }
    - { source: context.page.url, target: page_url }
events:
${SECTIONS.map(([event, name, rows]) => section(event, name, rows)).join("")}defaults: { action: drop }
`;

function section(event: string, name: string, rows: readonly string[]): string {
  const lines = rows.flatMap((row) => ROWS[row]?.map((one) => `      - ${one}`) ?? [`  ${row}`]);
  return [
    `  ${event}:\n`,
    `    vendor_event_name: ${name}\n`,
    "    enrichments:\n",
    `      - { target: name, value: ${name} }\n`,
    ...(lines.length === 0 ? [] : ["    mappings:\n", ...lines.map((line) => `${line}\n`)]),
  ].join("");
}

const SETTINGS = { parameters: { workspace_id: "workspace-1" }, secrets: { api_key: "secret-api-key" } };

const delivery = (messageId: string, name: string): unknown => ({
  event: { messageId, event: name },
  payload: { name, time: 1_772_029_800, visitor_id: "visitor-1" },
});

const requestCase = (): unknown => ({
  name: "many events are one request, each with its id",
  settings: SETTINGS,
  deliveries: [delivery("m-1", "page_viewed"), delivery("m-2", "searched")],
  requests: [
    {
      method: "POST",
      url: "https://api.example.com/v1/workspaces/workspace-1/events",
      headers: {
        "Content-Type": "application/json",
        "User-Agent": "Datafly-Signal/0.1.0",
        Authorization: "Bearer <api_key>",
      },
      body: {
        events: [
          { name: "page_viewed", time: 1_772_029_800, visitor_id: "visitor-1", id: "m-1" },
          { name: "searched", time: 1_772_029_800, visitor_id: "visitor-1", id: "m-2" },
        ],
      },
      covers: [0, 1],
    },
  ],
});

const answersCase = (name: string): unknown => ({
  name: "what its answers mean",
  settings: SETTINGS,
  deliveries: [delivery("m-1", "page_viewed"), delivery("m-2", "searched")],
  answers: [
    { response: { status: 200, body: '{"accepted":2}' }, outcome: { kind: "delivered" } },
    {
      response: { status: 200, body: '{"errors":[{"index":1,"code":"invalid","message":"time is in the future"}]}' },
      outcomes: [{ kind: "delivered" }, { kind: "reject", reason: `${name} refused the event: time is in the future` }],
    },
    {
      response: { status: 200, body: '{"errors":[{"index":0,"code":"busy"}]}' },
      outcomes: [{ kind: "retry", reason: `${name} was busy.` }, { kind: "delivered" }],
    },
    {
      response: { status: 400, body: '{"error":{"message":"an event has no name"}}' },
      outcome: {
        kind: "reject",
        reason: "The vendor refused the batch (400). It said: an event has no name",
        bisect: true,
      },
    },
    {
      response: { status: 401 },
      outcome: { kind: "misconfigured", reason: "The vendor refused the credentials (401). Check api_key." },
    },
    {
      response: { status: 403 },
      outcome: { kind: "misconfigured", reason: "The vendor does not allow this (403). Check that api_key may write." },
    },
    {
      response: { status: 404 },
      outcome: {
        kind: "misconfigured",
        reason: "There is nothing at the vendor's address (404). Check workspace_id.",
      },
    },
    {
      response: { status: 413 },
      outcome: { kind: "reject", reason: "The batch is too large for the vendor (413).", bisect: true },
    },
    {
      response: { status: 429, headers: { "retry-after": "30" } },
      outcome: { kind: "throttle", reason: "The vendor asks for fewer requests (429).", retryAfterMs: 30_000 },
    },
    {
      response: { status: 503 },
      outcome: { kind: "retry", reason: "The vendor could not take the request (503)." },
    },
  ],
});

const faultsCase = (name: string): unknown => ({
  name: "everything wrong is said at once",
  settings: { parameters: { workspace_id: "no id" } },
  faults: [
    {
      field: "workspace_id",
      message: `Workspace ID does not have the right form, such as workspace-1. The workspace that events go to. It stands in the settings of ${name}.`,
    },
    {
      field: "api_key",
      message: `API key is missing. A key that may write events. Make one in the settings of ${name}.`,
    },
  ],
});

const testsCase = (): unknown => ({
  name: "the connection test tells a wrong key from a wrong workspace",
  settings: SETTINGS,
  test_request: {
    method: "GET",
    url: "https://api.example.com/v1/workspaces/workspace-1",
    headers: { "User-Agent": "Datafly-Signal/0.1.0", Authorization: "Bearer <api_key>" },
    body: null,
    covers: [],
  },
  tests: [
    { response: { status: 200 }, result: { ok: true } },
    { response: { status: 401 }, result: { ok: false, kind: "credentials", field: "api_key" } },
    { response: { status: 403 }, result: { ok: false, kind: "permission", field: "api_key" } },
    { response: { status: 404 }, result: { ok: false, kind: "not_found", field: "workspace_id" } },
    { response: { status: 500 }, result: { ok: false, kind: "unavailable" } },
  ],
});

const readme = (key: string, name: string, today: string): string => `# ${name}

Sends events to ${name}.

## Overview

Events are delivered from Signal's servers to the API of ${name} (v1, held against
[its documentation](https://api.example.com/docs) on ${today}). Nothing is loaded on the page.

## Prerequisites

- An account at ${name}, and a workspace in it.
- An API key that may write events.

## Configuration

<!-- configuration: written by \`npm run docs:connectors\` -->
<!-- end of configuration -->

## Set-up

### Management UI

1. Open **Integrations** and its tab **Integration Library**.
2. Find ${name}, and choose **Install**.
3. Enter the workspace ID and the API key, choose a blueprint, and choose **Install Integration**.
4. Choose **Test connection**, then assign the integration to a pipeline.

### Management API

\`\`\`bash
curl -X POST http://localhost:8084/v1/admin/integration-catalog/${key}/install \\
  -H "Authorization: Bearer YOUR_TOKEN" \\
  -H "Content-Type: application/json" \\
  -d '{
    "name": "${name}",
    "variant": "default",
    "blueprint": "default",
    "config": { "workspace_id": "workspace-1", "api_key": "your-api-key" },
    "delivery_mode": "server_side"
  }'
\`\`\`

In \`signal.yaml\` ([reference](../../docs/configuration.md)):

\`\`\`yaml
integrations:
  - name: ${name}
    vendor: ${key}
    config:
      workspace_id: workspace-1
    secrets:
      api_key: \${API_KEY}
\`\`\`

## Events

<!-- events: written by \`npm run docs:connectors\` -->
<!-- end of events -->

Each event carries its \`messageId\` as \`id\`: one that arrives twice counts once.

## Testing

1. Choose **Test connection**: it reads the workspace and sends no event.
2. Send an event: \`npm run --silent signal -- send "${name}" --event purchase\`.
3. Look for it at ${name}, and at the integration's deliveries in Signal.

## Troubleshooting

| Problem | Solution                                                                             |
| ------- | ------------------------------------------------------------------------------------ |
| 400     | An event lacks a field. The dead letter says which; mend the mapping and replay it.  |
| 401     | The API key is wrong or was revoked. Enter a new one; waiting events go out with it. |
| 403     | The key may not write events. Give it that right, or make another one.               |
| 404     | There is no such workspace. Check \`workspace_id\`.                                    |
| 413     | The batch was too large. It is sent again in halves by itself.                       |
| 429     | The vendor's limit was met. Signal waits as long as it asks for.                     |
| 503     | The vendor cannot answer now. Signal tries again by itself.                          |
`;

const LOGO = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64" role="img" aria-label="Logo">
  <rect width="64" height="64" rx="14" fill="#3b4a6b"/>
  <path d="M16 40l12-14 9 9 11-15" fill="none" stroke="#fff" stroke-width="5" stroke-linecap="round" stroke-linejoin="round"/>
</svg>
`;
