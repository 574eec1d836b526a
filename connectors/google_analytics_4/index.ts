/** Google Analytics 4: events by the Measurement Protocol, from servers to a web or an app stream. */
import { defineConnector } from "@datafly-signal/core";
import { CONFIG_FIELDS } from "./config-fields.ts";
import { LIMITS, MAX_EVENT_AGE_MS } from "./limits.ts";
import { deliveryOf, hooksOf } from "./delivery.ts";
import { SCHEMA } from "./schema.ts";

export default defineConnector({
  key: "google_analytics_4",
  name: "Google Analytics 4",
  description: "Sends events to a data stream of Google Analytics 4 by the Measurement Protocol.",
  category: "analytics",
  tags: ["web", "app", "ecommerce"],
  status: "ga",
  website: "https://marketingplatform.google.com/about/analytics/",
  simple_icon: "googleanalytics",
  api: {
    // The paths carry no number: the protocol is named after the product.
    version: "Measurement Protocol (Google Analytics 4)",
    documentation: "https://developers.google.com/analytics/devguides/collection/protocol/ga4/reference",
  },
  config_fields: CONFIG_FIELDS,
  variants: [
    { key: "default", name: "Default", description: "Collected worldwide, for sites and servers.", default_config: {} },
    {
      key: "eu",
      name: "EU collection",
      description: "Events go to Google's collection endpoint in the European Union.",
      default_config: { region: "eu" },
    },
    {
      key: "retail",
      name: "Retail",
      description: "For shops: with the retail blueprint.",
      default_config: {},
    },
  ],
  limits: LIMITS,
  consent_categories: ["analytics"],
  maxEventAgeMs: MAX_EVENT_AGE_MS,
  no_dedupe:
    "Google Analytics knows only a purchase again, by its transaction_id; every other event that comes twice counts twice, and carries its event_id for your own queries.",
  schema: SCHEMA,
  delivery: deliveryOf,
  hooks: hooksOf,
});
