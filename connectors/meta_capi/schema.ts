/** The fields of a server event (Conversions API, Parameters; pages of 2026-01-09 to 2026-06-28). */
import type { VendorField, VendorSchema } from "@datafly-signal/core";
import { CUSTOM_DATA, PURCHASE_DATA } from "./schema-custom-data.ts";
import { USER_DATA } from "./schema-user-data.ts";

const PAGES = "https://developers.facebook.com/documentation/ads-commerce/conversions-api/parameters";
const EVENT_PAGE = `${PAGES}/server-event`;
const APP_PAGE = `${PAGES}/app-data`;
const ORIGINAL_PAGE = `${PAGES}/original-event`;

const EVENT: readonly VendorField[] = [
  {
    path: "event_name",
    type: "string",
    required: true,
    description: "The name of a standard event, or one of your own; counts as a copy together with event_id.",
  },
  {
    path: "event_time",
    type: "integer",
    required: true,
    description: "When it happened, in seconds since 1970; at most 7 days ago, 62 for physical_store.",
  },
  {
    path: "event_id",
    type: "string",
    required: false,
    description: "Of two events of the same name and id within 48 hours, the Pixel's included, one counts.",
  },
  {
    path: "event_source_url",
    type: "string",
    required: "conditional",
    description: "The address of the page; needed for action_source website.",
  },
  {
    path: "action_source",
    type: "string",
    required: "conditional",
    description: "Where it happened; the setting default_action_source where it is left out.",
    enum: [
      ...["website", "app", "email", "phone_call", "chat"],
      ...["physical_store", "system_generated", "business_messaging", "other"],
    ],
  },
  { path: "referrer_url", type: "string", required: false, description: "The page before it." },
  {
    path: "opt_out",
    type: "boolean",
    required: false,
    description: "True has Meta use the event for attribution alone, not to choose who sees ads.",
  },
  {
    path: "data_processing_options",
    type: "array",
    required: false,
    description: "LDU limits the use of data, an empty list says that it is not limited; settings fill it otherwise.",
  },
  {
    path: "data_processing_options_country",
    type: "integer",
    required: "conditional",
    description: "With LDU: 1 for the United States, 0 to have Meta find out.",
  },
  {
    path: "data_processing_options_state",
    type: "integer",
    required: "conditional",
    description: "With LDU: the state's number, such as 1000 for California, 0 to have Meta find out.",
  },
].map((field) => ({ ...field, link: EVENT_PAGE }) as VendorField);

const APP_DATA: readonly VendorField[] = [
  {
    path: "app_data",
    type: "object",
    required: "conditional",
    description: "The app; needed for action_source app, and made of the context where it is left out.",
    link: APP_PAGE,
  },
  {
    path: "app_data.advertiser_tracking_enabled",
    type: ["integer", "boolean"],
    required: "conditional",
    description: "Whether the user lets the advertiser track, as asked by iOS.",
    link: APP_PAGE,
  },
  {
    path: "app_data.application_tracking_enabled",
    type: ["integer", "boolean"],
    required: "conditional",
    description: "Whether the app's own settings allow tracking.",
    link: APP_PAGE,
  },
  {
    path: "app_data.extinfo",
    type: "array",
    required: "conditional",
    description: "Sixteen facts of app and device, in Meta's order.",
    link: APP_PAGE,
  },
];

const ORIGINAL: readonly VendorField[] = [
  ["event_name", "string", "The name of the event that this one belongs to, as a late one to its order."],
  ["event_time", "integer", "When that event happened, in seconds since 1970."],
  ["order_id", "string", "The order of that event."],
  ["event_id", "string", "The id of that event."],
].map(
  ([key, type, description]) =>
    ({ path: `original_event_data.${key}`, type, required: false, description, link: ORIGINAL_PAGE }) as VendorField,
);

export const SCHEMA: VendorSchema = {
  fields: [...EVENT, ...USER_DATA, ...CUSTOM_DATA, ...APP_DATA, ...ORIGINAL],
  events: { Purchase: PURCHASE_DATA },
};
