/** Properties that mean the same in every vertical, and what one item of a list of products is. */
import type { PropertyDefinition } from "./catalogue-table.ts";

/** The fields of one item, in GA4 names. */
export const ITEM_FIELDS: Readonly<Record<string, PropertyDefinition>> = {
  item_id: { type: "string", description: "The product's id.", aliases: ["product_id", "sku", "id"] },
  item_name: { type: "string", description: "The product's name.", aliases: ["name", "product_name", "title"] },
  item_brand: { type: "string", description: "Its brand.", aliases: ["brand"] },
  item_category: {
    type: "string",
    description: "Its category; the first level, where there are several.",
    aliases: ["category", "product_category"],
  },
  item_category2: { type: "string", description: "The second level of its category." },
  item_category3: { type: "string", description: "The third level of its category." },
  item_category4: { type: "string", description: "The fourth level of its category." },
  item_category5: { type: "string", description: "The fifth level of its category." },
  item_variant: { type: "string", description: "Its variant, as in a size or a colour.", aliases: ["variant"] },
  item_list_id: { type: "string", description: "The id of the list it was shown in.", aliases: ["list_id"] },
  item_list_name: {
    type: "string",
    description: "The name of the list it was shown in.",
    aliases: ["list_name", "list"],
  },
  index: { type: "integer", description: "Its place in that list.", aliases: ["position"], minimum: 0 },
  price: {
    type: "number",
    description: "The price of one, after its discount, without shipping.",
    aliases: ["item_price", "unit_price"],
  },
  quantity: { type: "number", description: "How many of it; one when left out.", aliases: ["qty"], minimum: 0 },
  coupon: { type: "string", description: "A coupon for this product.", aliases: ["coupon_code"] },
  discount: { type: "number", description: "What is taken off the price of one.", aliases: ["discount_amount"] },
  affiliation: { type: "string", description: "The shop or partner that sells it." },
  location_id: { type: "string", description: "The place it is about, as Google's Place ID." },
  item_url: { type: "string", form: "url", description: "The address of its page.", aliases: ["url", "product_url"] },
  item_image: {
    type: "string",
    form: "url",
    description: "The address of its picture.",
    aliases: ["image_url", "image"],
  },
};

export const SHARED = {
  value: {
    type: "number",
    description: "What the event is worth, in `currency`: the sum of price times quantity, without tax and shipping.",
    aliases: ["revenue", "total", "order_total", "amount"],
    sample: 25,
  },
  currency: {
    type: "string",
    form: "currency",
    description: "The currency of all amounts. Needed wherever there is an amount.",
    aliases: ["currency_code"],
  },
  items: {
    type: "array",
    description: "The products it is about.",
    aliases: ["products", "contents"],
    entries: {
      type: "object",
      description: "One product.",
      fields: ITEM_FIELDS,
      needsOneOf: ["item_id", "item_name"],
    },
  },
  transaction_id: {
    type: "string",
    description: "The id of the order, booking or payment. Vendors count one id once.",
    aliases: ["order_id", "order_number", "checkout_id"],
    serial: "ORD-",
  },
  coupon: {
    type: "string",
    description: "The coupon's code.",
    aliases: ["coupon_code", "coupon_id"],
    sample: "SPRING10",
  },
  tax: { type: "number", description: "The tax in it.", aliases: ["taxes", "total_tax"], sample: 17.5 },
  discount: {
    type: "number",
    description: "What was taken off in all.",
    aliases: ["total_discount", "discount_amount"],
    sample: 10,
  },
  affiliation: {
    type: "string",
    description: "The shop or partner that sold it.",
    aliases: ["store", "store_name"],
    sample: "Online Shop",
  },
  payment_type: {
    type: "string",
    description: "How it is paid, as in credit_card or paypal.",
    aliases: ["payment_method"],
    sample: "credit_card",
  },
  search_term: {
    type: "string",
    description: "What was searched for.",
    aliases: ["query", "search_query", "search_string"],
    sample: "weekend",
  },
  results_count: {
    type: "integer",
    description: "How many results there were.",
    aliases: ["results", "number_of_results", "result_count"],
    minimum: 0,
    sample: 12,
  },
  method: {
    type: "string",
    description: "By which means it was done, as in email, google or link.",
    aliases: ["auth_method"],
    sample: "email",
  },
  content_type: { type: "string", description: "The kind of content, as in product or article.", sample: "product" },
  content_id: { type: "string", description: "The id of that content.", sample: "summer-guide" },
  url: {
    type: "string",
    form: "url",
    description: "The address it happened at, or that was opened.",
    aliases: ["page_location", "page_url"],
  },
  title: { type: "string", description: "The title of what was shown.", aliases: ["page_title"] },
  reason: { type: "string", description: "Why, as the sender words it.", sample: "expired" },
} satisfies Record<string, PropertyDefinition>;

export type SharedProperty = keyof typeof SHARED;
