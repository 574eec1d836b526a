/** Google Ads: conversions by the Data Manager API, or by the older Google Ads API. */
import { defineConnector } from "@datafly-signal/core";
import { adsApiPlan } from "./upload-plan.ts";
import { CONFIG_FIELDS } from "./config-fields.ts";
import { DATA_MANAGER_VERSION, dataManagerPlan } from "./ingest-plan.ts";
import { SCHEMA } from "./schema.ts";
import { checkSettings, readSettings } from "./settings.ts";

const DAY_MS = 86_400_000;

const STEP =
  "It is a step on the way to a conversion. Where it is to count, choose the blueprint Funnel, or map it and give it its own conversion action.";

const EVENTS_WITHOUT = {
  page_view: "Google Ads counts conversions, and page views are none.",
  view_item: "Google Ads counts conversions, and a look at a product is none.",
  search: "Google Ads counts conversions, and searches are none.",
  add_to_cart: STEP,
  begin_checkout: STEP,
  add_payment_info: STEP,
  login: "Google Ads counts conversions, and a visitor who comes back is none.",
};

export default defineConnector({
  key: "google_ads",
  name: "Google Ads",
  description: "Sends conversions to Google Ads, by click ID and by hashed contact details.",
  category: "advertising",
  tags: ["conversions", "offline_conversions", "enhanced_conversions"],
  status: "ga",
  website: "https://ads.google.com",
  simple_icon: "googleads",
  api: {
    version: DATA_MANAGER_VERSION,
    documentation: "https://developers.google.com/data-manager/api/reference/rest/v1/events/ingest",
  },
  config_fields: CONFIG_FIELDS,
  variants: [
    {
      key: "default",
      name: "Default",
      description: "Conversions by the Data Manager API, which needs no developer token.",
      default_config: { api: "data_manager" },
    },
    {
      key: "google_ads_api",
      name: "Google Ads API",
      description: "Conversions and adjustments by the older Google Ads API, for developer tokens that already use it.",
      default_config: { api: "google_ads" },
    },
  ],
  events_without: EVENTS_WITHOUT,
  // 300 requests a minute and 100,000 a day for a Google Cloud project, 2,000 events a request.
  limits: {
    rps: 4,
    burst: 8,
    daily: 100_000,
    batch: { size: 2_000, bytes: 4_194_304, intervalMs: 5_000 },
    concurrency: 2,
  },
  consent_categories: ["advertising"],
  // The longest time after a click for which Google counts conversions.
  maxEventAgeMs: 90 * DAY_MS,
  schema: SCHEMA,
  check: checkSettings,
  plan(given, context) {
    const settings = readSettings(given, context);
    return given.api === "google_ads" ? adsApiPlan(settings) : dataManagerPlan(settings);
  },
});
