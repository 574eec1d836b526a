/** TikTok Events API 2.0: web, app, offline and CRM events of one event source, in batches. */
import { defineConnector } from "@datafly-signal/core";
import { checkEvent } from "./event-check.ts";
import { RESPONSES, TEST_RULES } from "./answers.ts";
import { SCHEMA } from "./schema.ts";

/** Of the Business API, which carries Events API 2.0: https://business-api.tiktok.com/portal/docs?id=1771101303285761 */
const API_VERSION = "v1.3";

const DAY_MS = 86_400_000;

/** An event under it is seen in the tab Test events alone, and counts nowhere. */
const TEST_CODE = "{{config.test_event_code | default:TEST00000}}";
/** SHA-256 of "datafly-connection-test": nobody's id. */
const NOBODY = "78c192f8fedfbbc3402b66c4c72d07711964695a9a220a106b86509c35713b29";

export default defineConnector({
  key: "tiktok",
  name: "TikTok Events API",
  description: "Sends web, app, offline and CRM events to TikTok for measurement, optimisation and audiences.",
  category: "advertising",
  status: "ga",
  website: "https://ads.tiktok.com",
  simple_icon: "tiktok",
  api: { version: API_VERSION, documentation: "https://business-api.tiktok.com/portal/docs?id=1771101303285761" },
  config_fields: [
    {
      key: "pixel_code",
      label: "Pixel code",
      type: "string",
      required: true,
      pattern: "^[A-Za-z0-9]{4,40}$",
      example: "C5ABCDEF1234GHIJ5678",
      placeholder: "C5ABCDEF1234GHIJ5678",
      help_text:
        "The event source that events go to. In TikTok Ads Manager: Tools > Events > Web Events, below the pixel's name. For app events the TikTok App ID, for offline and CRM events the event set's ID.",
    },
    {
      key: "access_token",
      label: "Access token",
      type: "secret",
      required: true,
      help_text:
        "An Events API token that may write to the pixel. In TikTok Ads Manager: Tools > Events > the pixel > Settings > Events API > Generate Access Token. It is shown once.",
    },
    {
      key: "test_event_code",
      label: "Test event code",
      type: "string",
      required: false,
      pattern: "^[A-Za-z0-9_-]{1,64}$",
      example: "TEST12345",
      placeholder: "TEST12345",
      help_text:
        "Sends every event as a test, which counts nowhere. It stands in Events Manager in the pixel's tab Test Events. Empty it to send real events.",
    },
    {
      key: "event_source",
      label: "Event source",
      type: "select",
      required: false,
      options: ["web", "app", "offline", "crm"],
      default: "web",
      help_text: "What the ID above is of: web a pixel, app an app, offline and crm an event set.",
    },
    {
      key: "limited_data_use",
      label: "Limited Data Use",
      type: "select",
      required: false,
      options: ["false", "true"],
      default: "false",
      help_text:
        "true flags every web and app event for limited processing, as laws of US states ask for after an opt-out. Single events are flagged by the mapping's field limited_data_use.",
    },
  ],
  variants: [
    { key: "default", name: "Website", description: "Events of a website, to a pixel.", default_config: {} },
    {
      key: "retail",
      name: "Retail",
      description: "Events of an online shop, to a pixel, with the mapping of the blueprint Retail.",
      default_config: {},
    },
    {
      key: "travel",
      name: "Travel",
      description: "Searches, offers and bookings, to a pixel, with the mapping of the blueprint Travel.",
      default_config: {},
    },
    {
      key: "media",
      name: "Media",
      description: "Programmes, articles and subscriptions, to a pixel, with the mapping of the blueprint Media.",
      default_config: {},
    },
    {
      key: "app",
      name: "App",
      description: "Events of an app, to its TikTok App ID.",
      default_config: { event_source: "app" },
    },
    {
      key: "offline",
      name: "Offline",
      description: "Sales in shops and by phone, to an offline event set.",
      default_config: { event_source: "offline" },
    },
    {
      key: "crm",
      name: "CRM",
      description: "Leads on their way, to a CRM event set.",
      default_config: { event_source: "crm" },
    },
  ],
  limits: { rps: 50, daily: 0, batch: { size: 1_000, bytes: 1_000_000, intervalMs: 1_000 }, concurrency: 4 },
  consent_categories: ["advertising"],
  maxEventAgeMs: 7 * DAY_MS,
  schema: SCHEMA,
  delivery: ({ event_source: source, limited_data_use: limited }) => ({
    endpoint: { url: `https://business-api.tiktok.com/open_api/${API_VERSION}/event/track/` },
    auth: { kind: "header", name: "Access-Token", value: "{{secret.access_token}}" },
    body: {
      encoding: "json",
      envelope: {
        event_source: "{{config.event_source}}",
        event_source_id: "{{config.pixel_code}}",
        test_event_code: "{{config.test_event_code?}}",
        data: "$events",
      },
      ...(limited === "true" &&
        (source === "web" || source === "app") && { event: { $spread: "{{payload}}", limited_data_use: true } }),
    },
    dedupe: { path: "event_id" },
    responses: RESPONSES,
    test: {
      method: "POST",
      body: {
        event_source: "{{config.event_source}}",
        event_source_id: "{{config.pixel_code}}",
        test_event_code: TEST_CODE,
        data: [
          {
            event: "DataflyConnectionTest",
            event_time: "{{now | unix}}",
            event_id: "connection-test-{{batch_id}}",
            user: { external_id: NOBODY },
            page: { url: "https://www.example.com/" },
          },
        ],
      },
      rules: TEST_RULES,
    },
  }),
  hooks: () => ({ event: checkEvent }),
  eventAge: ({ event_source: source }) => (source === "offline" || source === "crm" ? 28 * DAY_MS : undefined),
});
