/**
 * What a payload may hold: Braze's event object with the identifier of its profile, and beside it `attributes` and
 * `purchases`. The connector makes the objects of `/users/track` of it.
 */
import type { VendorField, VendorSchema } from "@datafly-signal/core";

const API = "https://www.braze.com/docs/api/objects_filters";
const IDS = "https://www.braze.com/docs/api/endpoints/user_data/post_user_track";
const EVENT = `${API}/event_object`;
const PURCHASE = `${API}/purchase_object`;
const PROFILE = `${API}/user_attributes_object`;
const COMMERCE = "https://www.braze.com/docs/user_guide/data/activation/events/recommended_events";

type Row = readonly [
  path: string,
  type: VendorField["type"],
  required: VendorField["required"],
  description: string,
  values?: readonly string[],
];

const fields = (link: string, rows: readonly Row[]): VendorField[] =>
  rows.map(([path, type, required, description, values]) => ({
    ...{ path, type, required, description, link },
    ...(values !== undefined && { enum: values }),
  }));

const SUBSCRIPTION = ["opted_in", "subscribed", "unsubscribed"];

const identity = fields(IDS, [
  ["external_id", "string", "conditional", "Your id of the user; case counts, at most 987 bytes."],
  ["user_alias", "object", "conditional", "Who it is where there is no external_id: a name under a label."],
  ["user_alias.alias_name", "string", "conditional", "The visitor's id; needed with user_alias."],
  ["user_alias.alias_label", "string", "conditional", "What kind of id it is; needed with user_alias."],
  ["braze_id", "string", "conditional", "Braze's own id of the profile, where there is neither of these."],
  ["email", "string", "conditional", "The profile's e-mail address, where there is no id at all."],
  ["phone", "string", "conditional", "The profile's phone number in E.164, where there is no e-mail address either."],
  ["_update_existing_only", "boolean", false, "True: no profile is made; false is set for aliases, which need it."],
]);

const event = fields(EVENT, [
  ["name", "string", "conditional", "The event's name, at most 255 characters; needed for anything but attributes."],
  ["time", "string", false, "When, ISO 8601; the event's own time when left out. A time ahead becomes now."],
  ["app_id", "string", false, "The site or app it is counted for; the integration's when left out."],
  ["properties", "object", false, "What there is to say of it, at most 100 KB; texts of at most 255 characters."],
]);

const purchases = fields(PURCHASE, [
  ["purchases", "array", false, "Purchase objects beside the event; those of an order are made of its products."],
  ["purchases[].product_id", "string", true, "The product, or its category; at most 255 characters."],
  ["purchases[].currency", "string", true, "ISO 4217."],
  ["purchases[].price", ["number", "string"], true, "The price of one; negative for what was paid back."],
  ["purchases[].quantity", "number", false, "How many; one when left out, and split in hundreds."],
  ["purchases[].properties", "object", false, "What else there is to say of it."],
]);

const profile = fields(PROFILE, [
  ["attributes", "object", false, "Fields of the profile: Braze's own, and custom ones under any name."],
  ["attributes.first_name", "string", false, "The first name."],
  ["attributes.last_name", "string", false, "The last name."],
  ["attributes.email", "string", false, "The e-mail address."],
  ["attributes.phone", "string", false, "The phone number, E.164."],
  ["attributes.country", "string", false, "ISO 3166-1, two letters."],
  ["attributes.home_city", "string", false, "The city."],
  ["attributes.language", "string", false, "ISO 639-1, two letters."],
  ["attributes.time_zone", "string", false, "A name of the IANA database."],
  ["attributes.dob", "string", false, "The day of birth as YYYY-MM-DD."],
  [
    "attributes.gender",
    "string",
    false,
    "F, M, O (other), N (not applicable) or P (not said).",
    ["F", "M", "O", "N", "P"],
  ],
  [
    "attributes.email_subscribe",
    "string",
    false,
    "State of e-mail; send it only where the user chose it.",
    SUBSCRIPTION,
  ],
  ["attributes.push_subscribe", "string", false, "State of push; send it only where the user chose it.", SUBSCRIPTION],
  ["attributes.subscription_groups", "array", false, "Groups with subscription_group_id and subscription_state."],
]);

const common: readonly Row[] = [
  ["properties.currency", "string", true, "ISO 4217; Braze shows amounts in USD of the day."],
  ["properties.source", "string", true, "Where it comes from, as the site's host or ios."],
  ["properties.metadata", "object", false, "Anything else: the schema takes nothing beside its own properties."],
];

/** `names` and `price`: whether they have to be there, or are filled in. */
const product = (
  before: string,
  { names, price }: Record<"names" | "price", VendorField["required"]>,
): readonly Row[] => [
  [`${before}product_id`, "string", true, "The product's id, as in the catalog."],
  [`${before}product_name`, "string", names, "The product's name; its id where it has none."],
  [`${before}variant_id`, "string", names, "The variant's id; the product's where there are no variants."],
  [`${before}price`, ["number", "string"], price, "The price of one, 0 or more; 0 where a refund names none."],
  [`${before}image_url`, "string", false, "The address of its picture."],
  [`${before}product_url`, "string", false, "The address of its page."],
];

const basket = (price: VendorField["required"], products: VendorField["required"]): readonly Row[] => [
  ...common,
  [
    "properties.total_value",
    ["number", "string"],
    "conditional",
    "What all of it is worth, 0 or more; else the sum of the products.",
  ],
  ["properties.products", "array", products, "The products; an order without them has one line for the whole of it."],
  ...product("properties.products[].", { names: "conditional", price }),
  ["properties.products[].quantity", ["number", "string"], false, "How many; one when left out."],
  ["properties.products[].metadata", "object", false, "Anything else about the product."],
];

const parts: readonly Row[] = [
  ["properties.subtotal_value", ["number", "string"], false, "After discounts, before tax and shipping."],
  ["properties.tax", ["number", "string"], false, "The tax in it."],
  ["properties.shipping", ["number", "string"], false, "What shipping costs."],
];

const discounts: readonly Row[] = [
  ["properties.total_discounts", ["number", "string"], false, "What was taken off in all."],
  ["properties.discounts", "array", false, "The discounts, each with code, amount and type."],
];

const order = (price: VendorField["required"]): readonly Row[] => [
  ["properties.order_id", "string", true, "The order's id; Braze counts distinct orders."],
  ...basket(price, "conditional"),
  ...discounts,
];

export const SCHEMA: VendorSchema = {
  fields: [...identity, ...event, ...purchases, ...profile],
  events: {
    "ecommerce.product_viewed": fields(COMMERCE, [
      ...common,
      ...product("properties.", { names: true, price: true }),
      ["properties.type", "array", false, "back_in_stock and price_drop, for what catalogs tell of them."],
    ]),
    "ecommerce.cart_updated": fields(COMMERCE, [
      ["properties.cart_id", "string", true, "The cart's id, the same up to the order."],
      [
        "properties.action",
        "string",
        false,
        "add or remove for a change, replace for the whole cart.",
        ["add", "remove", "replace"],
      ],
      ...basket(true, true),
      ...parts,
    ]),
    "ecommerce.checkout_started": fields(COMMERCE, [
      ["properties.checkout_id", "string", true, "The checkout's id."],
      ["properties.cart_id", "string", false, "The cart's id."],
      ...basket(true, true),
      ...parts,
    ]),
    "ecommerce.order_placed": fields(COMMERCE, [
      ["properties.cart_id", "string", false, "The cart's id: the order ends it."],
      ...order(true),
      ...parts,
    ]),
    "ecommerce.order_cancelled": fields(COMMERCE, [
      ...order("conditional"),
      ...parts,
      ["properties.cancel_reason", "string", true, "Why it was called off."],
    ]),
    "ecommerce.order_refunded": fields(COMMERCE, order("conditional")),
  },
};
