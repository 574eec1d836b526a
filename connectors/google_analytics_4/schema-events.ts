/** The parameters of the recommended events, as the events reference has them. */
import type { VendorField, VendorFieldType } from "@datafly-signal/core";

const REFERENCE = "https://developers.google.com/analytics/devguides/collection/protocol/ga4/reference/events";

type Needed = VendorField["required"];

/** What each parameter is, wherever it stands. */
const PARAMS: Readonly<Record<string, readonly [type: VendorFieldType, description: string]>> = {
  affiliation: ["string", "The shop or partner."],
  content_id: ["string", "The id of the content."],
  content_type: ["string", "The kind of content."],
  coupon: ["string", "The coupon's code."],
  creative_name: ["string", "The name of the promotion's picture or text."],
  creative_slot: ["string", "The place of the promotion on the page."],
  currency: ["string", "ISO 4217; needed with value."],
  customer_type: ["string", "new or returning, where that is known."],
  group_id: ["string", "The group."],
  item_list_id: ["string", "The list's id."],
  item_list_name: ["string", "The list's name."],
  items: ["array", "The products, at most 200."],
  lead_source: ["string", "Where the lead came from."],
  method: ["string", "By which means."],
  item_id: ["string", "The id of what was shared."],
  payment_type: ["string", "How it is paid."],
  promotion_id: ["string", "The promotion's id."],
  promotion_name: ["string", "The promotion's name."],
  search_term: ["string", "What was searched for."],
  shipping: ["number", "The cost of shipping, not in value."],
  shipping_tier: ["string", "How it is shipped."],
  tax: ["number", "The tax, not in value."],
  transaction_id: ["string", "The order; a purchase that comes twice under one id counts once."],
  value: ["number", "Price times quantity of all items, without tax and shipping."],
};

const ITEM: Readonly<Record<string, readonly [type: VendorFieldType, description: string]>> = {
  item_id: ["string", "The product's id; it or item_name is needed."],
  item_name: ["string", "The product's name; it or item_id is needed."],
  affiliation: ["string", "The shop or partner that sells it."],
  coupon: ["string", "The product's coupon."],
  discount: ["number", "What is taken off one."],
  index: ["integer", "Its place in the list."],
  item_brand: ["string", "Its brand."],
  item_category: ["string", "Its category."],
  item_category2: ["string", "The second level of its category."],
  item_category3: ["string", "The third level of its category."],
  item_category4: ["string", "The fourth level of its category."],
  item_category5: ["string", "The fifth level of its category."],
  item_list_id: ["string", "The id of its list."],
  item_list_name: ["string", "The name of its list."],
  item_variant: ["string", "Its variant."],
  location_id: ["string", "The place it is about, as Google's Place ID."],
  price: ["number", "The price of one after its discount, in the event's currency."],
  promotion_id: ["string", "The promotion it is part of."],
  promotion_name: ["string", "The name of that promotion."],
  creative_name: ["string", "The name of that promotion's picture or text."],
  creative_slot: ["string", "The place of that promotion on the page."],
  quantity: ["number", "How many; one when left out."],
};

function param(name: string, required: Needed): VendorField {
  const [type, description] = PARAMS[name] ?? ["any", "A parameter."];
  return { path: `events[].params.${name}`, type, required, description, link: REFERENCE };
}

const ITEM_FIELDS: readonly VendorField[] = Object.entries(ITEM).map(([name, [type, description]]) => ({
  path: `events[].params.items[].${name}`,
  type,
  required: name === "item_id" || name === "item_name" ? "conditional" : false,
  description,
  link: REFERENCE,
}));

const MONEY = { currency: "conditional", value: "conditional" } as const;

/** A shop's event: it needs its items, and a value needs its currency. */
function withItems(params: Readonly<Record<string, Needed>>, items: Needed = true): readonly VendorField[] {
  return [...fields({ ...params, items }), ...ITEM_FIELDS];
}

function fields(params: Readonly<Record<string, Needed>>): readonly VendorField[] {
  return Object.entries(params).map(([name, required]) => param(name, required));
}

const LIST = { item_list_id: false, item_list_name: false } as const;
const PROMOTION = { promotion_id: false, promotion_name: false, creative_name: false, creative_slot: false } as const;
const ORDER = { ...MONEY, coupon: false, shipping: false, tax: false, affiliation: false } as const;

export const EVENT_FIELDS: Readonly<Record<string, readonly VendorField[]>> = {
  view_item_list: withItems({ ...MONEY, ...LIST }),
  select_item: withItems(LIST),
  view_item: withItems(MONEY),
  add_to_wishlist: withItems(MONEY),
  add_to_cart: withItems(MONEY),
  remove_from_cart: withItems(MONEY),
  view_cart: withItems(MONEY),
  begin_checkout: withItems({ ...MONEY, coupon: false }),
  add_shipping_info: withItems({ ...MONEY, coupon: false, shipping_tier: false }),
  add_payment_info: withItems({ ...MONEY, coupon: false, payment_type: false }, false),
  purchase: withItems({ ...ORDER, transaction_id: true, customer_type: false }),
  refund: withItems({ ...ORDER, transaction_id: true }, false),
  view_promotion: withItems(PROMOTION, false),
  select_promotion: withItems(PROMOTION, false),
  search: fields({ search_term: true }),
  sign_up: fields({ method: false }),
  login: fields({ method: false }),
  share: fields({ method: false, content_type: false, item_id: false }),
  select_content: fields({ content_type: false, content_id: false }),
  generate_lead: fields({ ...MONEY, lead_source: false }),
  join_group: fields({ group_id: false }),
};
