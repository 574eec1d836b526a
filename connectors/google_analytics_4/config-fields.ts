/** The settings of a connection: one data stream, its secret, and how strictly Google looks at what is sent. */
import type { ConfigField, TypedSettings } from "@datafly-signal/core";

const FIREBASE_APP_ID = String.raw`^\d+:\d+:(android|ios|web):[0-9a-zA-Z]+$`;

export const CONFIG_FIELDS = [
  {
    key: "measurement_id",
    label: "Measurement ID",
    type: "string",
    required: true,
    unless: "firebase_app_id",
    placeholder: "G-XXXXXXXXXX",
    example: "G-ABC123DEF4",
    // An app's ID is understood here, too.
    pattern: String.raw`^(G-[A-Z0-9]{4,20}|\d+:\d+:(android|ios|web):[0-9a-zA-Z]+)$`,
    max_length: 100,
    help_text:
      "In Google Analytics: Admin, Data streams, your web stream, Measurement ID (not the stream's number). For an app stream leave it empty and give the Firebase app ID.",
  },
  {
    key: "api_secret",
    label: "API secret",
    type: "secret",
    required: true,
    help_text:
      "In Google Analytics: Admin, Data streams, the same stream, Measurement Protocol API secrets, Create. Each stream has its own, and upper and lower case matter.",
  },
  {
    key: "firebase_app_id",
    label: "Firebase app ID",
    type: "string",
    required: false,
    example: "1:1234567890:android:321abc456def7890",
    pattern: FIREBASE_APP_ID,
    max_length: 100,
    help_text:
      "For an app stream, in place of the measurement ID, as in 1:1234567890:android:321abc456def7890. It stands in the Firebase console under Project settings, General, Your apps.",
  },
  {
    key: "region",
    label: "Collection endpoint",
    type: "select",
    required: false,
    options: ["global", "eu"],
    default: "global",
    help_text: "eu sends to region1.google-analytics.com, so that events are collected in the European Union.",
  },
  {
    key: "debug_mode",
    label: "Debug mode",
    type: "select",
    required: false,
    options: ["off", "debug_view", "validate"],
    spellings: { true: "debug_view", on: "debug_view", false: "off" },
    default: "off",
    help_text:
      "debug_view marks events, so that they show in DebugView as well. validate sends them to Google's validation server instead, one by one: it says what is wrong with each, and none of them is recorded.",
  },
  {
    key: "validation_behavior",
    label: "Validation",
    type: "select",
    required: false,
    options: ["RELAXED", "ENFORCE_RECOMMENDATIONS"],
    default: "RELAXED",
    help_text:
      "RELAXED is Google's advice for sending: it takes as much as it can. With ENFORCE_RECOMMENDATIONS it drops events that are not exactly as recommended, without a word.",
  },
  {
    key: "property_tier",
    label: "Kind of property",
    type: "select",
    required: false,
    options: ["standard", "360"],
    default: "standard",
    help_text: "Texts in parameters are cut to 100 characters, in a property of Google Analytics 360 to 500.",
  },
] as const satisfies readonly ConfigField[];

export type Settings = TypedSettings<typeof CONFIG_FIELDS>;
