/** The fields of a request of the Measurement Protocol, with one event in `events`. */
import type { VendorField, VendorFieldType, VendorSchema } from "@datafly-signal/core";
import { EVENT_FIELDS } from "./schema-events.ts";

const REFERENCE = "https://developers.google.com/analytics/devguides/collection/protocol/ga4/reference";
const USER_DATA = "https://developers.google.com/analytics/devguides/collection/ga4/uid-data";
const PROPERTIES = "https://developers.google.com/analytics/devguides/collection/protocol/ga4/user-properties";
const SENDING = "https://developers.google.com/analytics/devguides/collection/protocol/ga4/sending-events";

const optional = (path: string, type: VendorFieldType, description: string, link = REFERENCE): VendorField => ({
  path,
  type,
  required: false,
  description,
  link,
});

const hashed = (key: string, what: string): VendorField => ({
  path: `user_data.${key}`,
  type: ["array", "string"],
  required: false,
  description: `${what}, as SHA-256 in hexadecimal; one or a list.`,
  link: USER_DATA,
});

const address = (key: string, description: string): VendorField =>
  optional(`user_data.address[].${key}`, "string", description, USER_DATA);

const device = (key: string, description: string): VendorField => optional(`device.${key}`, "string", description);

const consent = (key: string, description: string): VendorField => ({
  ...optional(`consent.${key}`, "string", description),
  enum: ["GRANTED", "DENIED"],
});

export const SCHEMA: VendorSchema = {
  fields: [
    {
      path: "client_id",
      type: "string",
      required: true,
      description: "The browser: two positive numbers with a dot between them, as in the cookie _ga.",
      link: REFERENCE,
    },
    {
      path: "app_instance_id",
      type: "string",
      required: "conditional",
      description: "The installed app, for app streams instead of client_id: 32 hexadecimal digits.",
      link: REFERENCE,
    },
    optional("user_id", "string", "The user after a login, at most 256 characters and no personal data."),
    optional(
      "timestamp_micros",
      "integer",
      "When it happened, in microseconds since 1970; at most 72 hours ago.",
      SENDING,
    ),
    optional(
      "user_properties",
      "object",
      "What is known of the user, by names of at most 24 characters: each {value}, at most 25.",
      PROPERTIES,
    ),
    optional("user_data", "object", "Who the user is, hashed; only together with user_id.", USER_DATA),
    hashed("sha256_email_address", "The e-mail address, at most 3"),
    hashed("sha256_phone_number", "The phone number as E.164 with its +, at most 3"),
    optional("user_data.address", "array", "Where the user lives, at most 2.", USER_DATA),
    address("sha256_first_name", "The first name in lower case without digits and symbols, as SHA-256."),
    address("sha256_last_name", "The last name in lower case without digits and symbols, as SHA-256."),
    address("sha256_street", "Street and number in lower case without symbols, as SHA-256."),
    address("city", "The city in lower case without digits and symbols."),
    address("region", "The state or region in lower case without digits and symbols."),
    address("postal_code", "The postal code without . and ~."),
    address("country", "ISO 3166-1, two letters."),
    optional("consent", "object", "What the visitor allowed; left out, Google takes what the tag on the page said."),
    consent("ad_user_data", "Whether data about the user may go to Google for advertising."),
    consent("ad_personalization", "Whether advertising may be personalised."),
    optional("user_location", "object", "Where the visitor is; goes before ip_override."),
    optional("user_location.city", "string", "The city; in the US together with region and country."),
    optional("user_location.region_id", "string", "ISO 3166-2, as in US-CA."),
    optional("user_location.country_id", "string", "ISO 3166-1, two letters."),
    optional("user_location.subcontinent_id", "string", "UN M49, as in 021."),
    optional("user_location.continent_id", "string", "UN M49, as in 019."),
    optional(
      "ip_override",
      "string",
      "The visitor's address, of which Google makes a place where there is no user_location.",
    ),
    optional("device", "object", "The visitor's device; goes before user_agent."),
    device("category", "As in desktop, mobile, tablet, smart TV."),
    device("language", "ISO 639-1, as in en or en-US."),
    device("screen_resolution", "Width and height, as in 1920x1080."),
    device("operating_system", "As in Android."),
    device("operating_system_version", "As in 14."),
    device("model", "As in Pixel 9 Pro."),
    device("brand", "As in Google."),
    device("browser", "As in Chrome."),
    device("browser_version", "As in 136.0.7103.60."),
    optional(
      "user_agent",
      "string",
      "The browser's own words, of which Google makes a device; for web streams without device.",
    ),
    {
      path: "events",
      type: "array",
      required: true,
      description: "The event, as a list of one.",
      link: REFERENCE,
    },
    {
      path: "events[].name",
      type: "string",
      required: true,
      description: "At most 40 letters, digits and _, beginning with a letter; some names are reserved.",
      link: REFERENCE,
    },
    optional("events[].timestamp_micros", "integer", "When this event happened, before the request's time.", SENDING),
    optional(
      "events[].params",
      "object",
      "At most 25 parameters with names of at most 40 characters and texts of at most 100.",
    ),
    {
      path: "events[].params.session_id",
      type: ["string", "integer"],
      required: false,
      description: "The session, as the second since 1970 in which it began.",
      link: REFERENCE,
    },
    optional("events[].params.engagement_time_msec", "number", "Milliseconds of attention since the event before."),
    optional("events[].params.debug_mode", "boolean", "Shows the event in DebugView."),
    optional("events[].params.event_id", "string", "Signal's id of the event; a parameter of ours, for queries."),
    optional("events[].params.page_location", "string", "The page's address, at most 1,000 characters."),
    optional("events[].params.page_referrer", "string", "The address before it, at most 420 characters."),
    optional("events[].params.page_title", "string", "The page's title, at most 300 characters."),
  ],
  events: EVENT_FIELDS,
};
