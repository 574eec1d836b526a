/** Meta Conversions API: server events of Facebook and Instagram advertisers, to the dataset's edge of the Graph API. */
import { defineConnector, type JsonObject } from "@datafly-signal/core";
import { RESPONSES, TEST_RULES, withRegainTime } from "./answers.ts";
import { CONFIG_FIELDS } from "./config-fields.ts";
import { finishEvent, MAX_AGE_MS, MAX_STORE_AGE_MS } from "./event.ts";
import { SCHEMA } from "./schema.ts";

/** Each version of Graph serves this API for two years at least (Using the API; page of 2026-02-06 shows this one). */
const GRAPH_VERSION = "v25.0";
const DATASET = `https://graph.facebook.com/${GRAPH_VERSION}/{{config.pixel_id}}`;

/** Limited Data Use: 0 has Meta find country and state, 1 is the United States (Data processing options). */
const LIMITED: Readonly<Record<string, (state: string) => JsonObject>> = {
  off: () => ({ data_processing_options: [] }),
  "auto-geolocate": () => limited(0, 0),
  fixed: (state) => limited(1, Number(state)),
};

function limited(country: number, state: number): JsonObject {
  return {
    data_processing_options: ["LDU"],
    data_processing_options_country: country,
    data_processing_options_state: state,
  };
}

const connector = defineConnector({
  key: "meta_capi",
  name: "Meta Conversions API",
  description: "Sends conversions of websites, apps and shops to Meta, for ads on Facebook and Instagram.",
  category: "advertising",
  tags: ["facebook", "instagram"],
  status: "ga",
  website: "https://www.facebook.com/business/tools/conversions-api",
  simple_icon: "meta",
  api: {
    version: GRAPH_VERSION,
    documentation: "https://developers.facebook.com/documentation/ads-commerce/conversions-api/using-the-api",
  },
  config_fields: CONFIG_FIELDS,
  variants: [
    { key: "default", name: "Default", description: "Events of a website.", default_config: {} },
    {
      key: "retail",
      name: "Retail",
      description: "Events of an online shop; goes with the blueprint Retail.",
      default_config: { default_action_source: "website" },
    },
    {
      key: "physical_store",
      name: "Shops",
      description: "Sales at a till, which Meta takes for 62 days.",
      default_config: { default_action_source: "physical_store" },
    },
    {
      key: "app",
      name: "Mobile app",
      description: "Events of mobile apps, of a dataset that the app is connected with.",
      default_config: { default_action_source: "app" },
    },
  ],
  // Meta sets no limit of its own for this API; requests hold up to 1,000 events.
  limits: { rps: 50, daily: 0, batch: { size: 1_000, bytes: 2_097_152, intervalMs: 1_000 }, concurrency: 8 },
  consent_categories: ["advertising"],
  maxEventAgeMs: MAX_AGE_MS,
  schema: SCHEMA,
  check: ({ ldu_mode, ldu_state }) =>
    ldu_mode === "fixed" && ldu_state === undefined
      ? [
          {
            field: "ldu_state",
            message: "State is missing. ldu_mode fixed needs the state whose law holds, such as 1000.",
          },
        ]
      : [],
  delivery: {
    endpoint: { url: `${DATASET}/events` },
    auth: { kind: "query", name: "access_token", value: "{{secret.access_token}}" },
    body: {
      encoding: "json",
      envelope: { data: "$events", test_event_code: "{{config.test_event_code?}}" },
    },
    dedupe: { path: "event_id" },
    responses: RESPONSES,
    test: { method: "GET", url: DATASET, query: { fields: "id,name" }, rules: TEST_RULES },
  },
  hooks: ({ default_action_source: actionSource, ldu_mode: mode, ldu_state: state }) => {
    const defaults = { actionSource, processing: LIMITED[mode ?? ""]?.(state ?? "0") ?? {} };
    return {
      event: (value, delivery, facts) => finishEvent(value, { delivery, facts, defaults }),
      classify: (outcomes, { response }) => withRegainTime(outcomes, response),
    };
  },
});

/** Where everything happens in shops, events are taken for as long as Meta takes them there. */
export default {
  ...connector,
  plan(settings: Parameters<typeof connector.plan>[0]) {
    const made = connector.plan(settings);
    const inShops = settings.parameters["default_action_source"] === "physical_store";
    return Array.isArray(made) || !inShops ? made : { ...made, maxEventAgeMs: MAX_STORE_AGE_MS };
  },
};
