/** The fields of an event of HTTP V2, which are those of the Batch Event Upload API too. */
import type { VendorField, VendorFieldType, VendorSchema } from "@datafly-signal/core";

const EVENT = "https://amplitude.com/docs/apis/analytics/http-v2#keys-for-the-event-argument";
const IDENTIFY = "https://amplitude.com/docs/apis/analytics/identify";
const GROUP_IDENTIFY = "https://amplitude.com/docs/apis/analytics/group-identify";
const REVENUE = "https://amplitude.com/docs/data/sources/instrument-track-revenue";

const field = (
  path: string,
  type: VendorFieldType | readonly VendorFieldType[],
  description: string,
  more: Partial<VendorField> = {},
): VendorField => ({ path, type, required: false, description, link: EVENT, ...more });

/** What the operations of `$identify` and `$groupidentify` do, each to the properties that it names. */
const OPERATIONS: readonly (readonly [name: string, type: VendorFieldType, description: string])[] = [
  ["$set", "object", "Sets properties."],
  ["$setOnce", "object", "Sets properties that have no value yet."],
  ["$add", "object", "Adds numbers to properties."],
  ["$append", "object", "Adds values at the end of list properties."],
  ["$prepend", "object", "Adds values at the beginning of list properties."],
  ["$preInsert", "object", "Adds values at the beginning of list properties that do not hold them."],
  ["$postInsert", "object", "Adds values at the end of list properties that do not hold them."],
  ["$remove", "object", "Takes values out of list properties."],
  ["$unset", "object", "Removes properties; the values are not looked at."],
  ["$clearAll", "any", "Removes all properties."],
];

const operations = (path: string, link: string): VendorField[] =>
  OPERATIONS.map(([name, type, description]) => field(`${path}.${name}`, type, description, { link }));

export const SCHEMA: VendorSchema = {
  fields: [
    field("event_type", "string", "What happened; some names that begin with [Amplitude] are the vendor's own.", {
      required: true,
    }),
    field("user_id", "string", "Who, after a login: five characters or more unless min_id_length lowers it.", {
      required: "conditional",
    }),
    field("device_id", "string", "Who, before a login; one of user_id and device_id is needed.", {
      required: "conditional",
    }),
    field("time", "integer", "When, in milliseconds since 1970; the time of the upload when left out."),
    field(
      "insert_id",
      "string",
      "By which Amplitude knows, for seven days, an event of the device that comes again; the message id.",
    ),
    field("session_id", "integer", "When the session began, in milliseconds since 1970; -1 is none."),
    field("event_id", "integer", "A counter that orders events of the same time."),
    field(
      "event_properties",
      "object",
      "What is known of the event: any keys, up to 40 layers, texts of up to 1,024 characters.",
    ),
    field("user_properties", "object", "What is known of the user from now on: any keys, up to 40 layers."),
    field(
      "groups",
      "object",
      "The groups it belongs to, by their type: a text or a list of texts; needs the Accounts add-on.",
    ),
    field("price", "number", "The price of one item; negative for a refund.", { link: REVENUE }),
    field("quantity", "integer", "How many items; 1 when left out.", { link: REVENUE }),
    field(
      "revenue",
      "number",
      "The revenue; where price and quantity are sent too, their product counts. Negative for a refund.",
      {
        link: REVENUE,
      },
    ),
    field("productId", "string", "The item; needs price and quantity, or revenue.", { link: REVENUE }),
    field("revenueType", "string", "The kind of revenue; needs price and quantity, or revenue.", { link: REVENUE }),
    field("currency", "string", "The currency of price and revenue, ISO 4217.", { link: REVENUE }),
    field("app_version", "string", "The version of the app."),
    field("platform", "string", "The platform, as in Web, iOS or Android."),
    field("os_name", "string", "The operating system of a phone, or the browser."),
    field("os_version", "string", "The version of the operating system, or of the browser."),
    field("device_brand", "string", "The device's brand."),
    field("device_manufacturer", "string", "Who made the device."),
    field("device_model", "string", "The device's model."),
    field("carrier", "string", "The mobile carrier."),
    field("country", "string", "The user's country; setting one of country, region, city and dma resets the others."),
    field("region", "string", "The user's region."),
    field("city", "string", "The user's city."),
    field("dma", "string", "The user's Designated Market Area."),
    field("language", "string", "The user's language."),
    field("location_lat", "number", "The user's latitude."),
    field("location_lng", "number", "The user's longitude."),
    field("ip", "string", "The user's IP address, from which Amplitude finds country, region, city and DMA."),
    field("idfa", "string", "The advertising id of an iOS device."),
    field("idfv", "string", "The vendor id of an iOS device."),
    field("adid", "string", "The advertising id of an Android device."),
    field("android_id", "string", "The Android id, which is not the advertising id."),
    field("plan", "object", "The tracking plan."),
    field("plan.branch", "string", "The tracking plan's branch."),
    field("plan.source", "string", "The tracking plan's source."),
    field("plan.version", "string", "The tracking plan's version."),
    field("partner_id", "string", "The id that Amplitude gave an integration partner."),
    field("$skip_user_properties_sync", "boolean", "Leaves the user's properties off this event."),
  ],
  events: {
    $identify: operations("user_properties", IDENTIFY),
    $groupidentify: [
      field("groups", "object", "The group, by its type.", { required: true, link: GROUP_IDENTIFY }),
      field("group_properties", "object", "What is known of the group from now on.", { link: GROUP_IDENTIFY }),
      ...operations("group_properties", GROUP_IDENTIFY),
    ],
  },
};
