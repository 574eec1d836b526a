/** The configuration of a start without a file: one pipeline, and while developing the demo. */
import type { DataLayerConfig } from "../data-layer/data-layer.ts";
import type { JsonObject } from "../json.ts";
import { derivedId } from "./ids.ts";
import { DEFAULT_RATE_LIMIT_RPS, type FileIntegration, type FilePipeline, type SignalFile } from "./signal-file.ts";

const PIPELINE = { name: "My site", slug: "my-site" };
const RECEIVER = "Demo receiver";
const PLACE = { file: "", line: 1, column: 1, path: "" };

/** The demo's receiver, and whose pages may send besides those of development. */
export interface BuiltInDemo {
  receiveUrl: string;
  domainAllowlist: string[];
}

/** @param demo null is no demo: the pipeline alone */
export function builtInFile(pipelineKey: string, demo: BuiltInDemo | null): SignalFile {
  const pipeline: FilePipeline = {
    id: derivedId("pipeline", PIPELINE.slug),
    ...PIPELINE,
    type: "web",
    enabled: true,
    keys: [{ key: pipelineKey, expiresAt: null }],
    labels: [],
    domainAllowlist: demo?.domainAllowlist ?? [],
    rateLimitRps: DEFAULT_RATE_LIMIT_RPS,
    parameters: {},
    secretParameters: [],
    assignments: [],
    place: PLACE,
  };
  if (demo === null) return { version: 1, pipelines: [pipeline], integrations: [], sections: {} };
  const receiver = demoReceiver(demo.receiveUrl);
  const assignment = {
    id: derivedId("assignment", PIPELINE.slug, RECEIVER),
    integrationId: receiver.id,
    revision: "latest" as const,
    enabled: true,
    place: PLACE,
  };
  return {
    version: 1,
    pipelines: [{ ...pipeline, assignments: [assignment] }],
    integrations: [receiver],
    dataLayer: DEMO_DATA_LAYER,
    sections: {},
    demo: { receiveUrl: demo.receiveUrl },
  };
}

function demoReceiver(url: string): FileIntegration {
  return {
    id: derivedId("template", RECEIVER),
    name: RECEIVER,
    vendor: "webhook",
    vendorName: "Custom Webhook",
    custom: false,
    description: "",
    variant: "default",
    deliveryMode: "server_side",
    content: {
      parameters: { url },
      secrets: {},
      mapping: DEMO_MAPPING,
      consentCategories: [],
      rateLimits: { rps: null, burst: null, daily: null },
      batch: {},
      deliverySpec: null,
    },
    mappingText: null,
    revision: null,
    earlier: [],
    place: PLACE,
  };
}

/** The demo's shop promises that nobody's e-mail address is sent on: not by a mapping, and not by what passes as it is. */
const DEMO_DATA_LAYER: DataLayerConfig = {
  pii_rules: {
    hash_fields: ["traits.email", "context.traits.email", "properties.email"],
    detect: { emails: "hash" },
  },
};

/** What an advertising vendor's conversion interface typically wants; everything else passes as it is. */
const DEMO_MAPPING: JsonObject = {
  version: 2,
  global: {
    mappings: [
      { source: "messageId", target: "event_id" },
      { source: "timestamp", target: "event_time", transform: "to_unix_seconds" },
    ],
  },
  events: {
    view_item: commerce("ViewContent"),
    add_to_cart: commerce("AddToCart"),
    begin_checkout: commerce("InitiateCheckout"),
    purchase: commerce("Purchase", [{ source: "canonical.transaction_id", target: "custom_data.order_id" }]),
    identify: {
      vendor_event_name: "Login",
      mappings: [{ value: "Login", target: "event_name" }, ...visitor()],
    },
  },
  defaults: { action: "pass_through" },
};

function commerce(vendorEventName: string, more: JsonObject[] = []): JsonObject {
  return {
    vendor_event_name: vendorEventName,
    mappings: [
      { value: vendorEventName, target: "event_name" },
      { source: "context.page.url", target: "event_source_url" },
      ...visitor(),
      { source: "canonical.value", target: "custom_data.value", transform: "to_number" },
      { source: "canonical.currency", target: "custom_data.currency", transform: "uppercase" },
      ...more,
      { source: "canonical.items[].item_id", target: "custom_data.contents[].id" },
      { source: "canonical.items[].quantity", target: "custom_data.contents[].quantity", default_value: 1 },
      { source: "canonical.items[].price", target: "custom_data.contents[].item_price", transform: "to_number" },
    ],
  };
}

function visitor(): JsonObject[] {
  return [
    {
      source: ["traits.email", "context.traits.email", "properties.email"],
      target: "user_data.em",
      transform: ["normalize_email", "sha256"],
    },
    { source: "userId", target: "user_data.external_id", transform: "sha256" },
    { source: "anonymousId", target: "user_data.anonymous_id" },
  ];
}
