/** What the catalogue's events carry in a shop, in GA4 names. */
import type { JsonObject } from "../json.ts";

export interface SampleProperties {
  properties: JsonObject;
  /** The page it happens on. */
  page: { name: string; path: string };
  /** The event is about a single product, not a list of them. */
  aboutOneItem: boolean;
}

const HEADPHONES: JsonObject = {
  item_id: "SKU-1234",
  item_name: "Wireless Headphones",
  item_brand: "Example Audio",
  item_category: "Audio",
  item_variant: "black",
  price: 79.99,
  quantity: 1,
  index: 1,
  item_url: "https://shop.example.com/products/headphones",
  item_image: "https://shop.example.com/images/headphones.jpg",
};
const CABLE: JsonObject = {
  item_id: "SKU-5678",
  item_name: "Charging Cable, 2 m",
  item_brand: "Example Audio",
  item_category: "Accessories",
  item_variant: "white",
  price: 12.5,
  quantity: 2,
  index: 2,
  item_url: "https://shop.example.com/products/cable",
  item_image: "https://shop.example.com/images/cable.jpg",
};

const CURRENCY = { currency: "GBP" };
/** 79.99 + 2 × 12.50. */
const BASKET: JsonObject = { ...CURRENCY, value: 104.99, items: [HEADPHONES, CABLE] };
const ONE: JsonObject = { ...CURRENCY, value: 79.99, items: [HEADPHONES] };
const LIST: JsonObject = { item_list_id: "audio", item_list_name: "Audio", items: [HEADPHONES, CABLE] };
const ORDER: JsonObject = {
  transaction_id: "ORD-10001",
  affiliation: "Online Shop",
  ...BASKET,
  tax: 17.5,
  shipping: 4.99,
  discount: 10,
  coupon: "SPRING10",
};
const CHECKOUT: JsonObject = { ...BASKET, coupon: "SPRING10" };
const COUPON: JsonObject = { transaction_id: "ORD-10001", coupon: "SPRING10", discount: 10 };
const PROMOTION: JsonObject = {
  promotion_id: "promo-spring",
  promotion_name: "Spring Sale",
  creative_name: "banner",
  creative_slot: "home-top",
};

const PAGES = {
  home: { name: "Home", path: "/" },
  list: { name: "Audio", path: "/category/audio" },
  product: { name: "Wireless Headphones", path: "/products/headphones" },
  cart: { name: "Cart", path: "/cart" },
  checkout: { name: "Checkout", path: "/checkout" },
  thanks: { name: "Thank you", path: "/checkout/thank-you" },
  account: { name: "Account", path: "/account" },
  search: { name: "Search", path: "/search" },
} as const;

type Sample = readonly [properties: JsonObject, page: keyof typeof PAGES, about?: "one item"];

const SAMPLES: Readonly<Record<string, Sample>> = {
  page_view: [{}, "product"],
  sign_up: [{ method: "email" }, "account"],
  login: [{ method: "email" }, "account"],
  logout: [{}, "account"],
  search: [{ search_term: "wireless headphones", results: 12 }, "search"],
  share: [{ method: "email", content_type: "product", item_id: "SKU-1234" }, "product"],
  generate_lead: [{ ...CURRENCY, value: 25, lead_source: "contact form" }, "home"],
  view_item_list: [LIST, "list"],
  filter_item_list: [{ ...LIST, filters: [{ type: "colour", value: "black" }] }, "list"],
  select_item: [{ ...LIST, items: [HEADPHONES] }, "list", "one item"],
  view_item: [ONE, "product", "one item"],
  add_to_cart: [ONE, "product", "one item"],
  remove_from_cart: [ONE, "cart", "one item"],
  view_cart: [BASKET, "cart"],
  begin_checkout: [CHECKOUT, "checkout"],
  add_shipping_info: [{ ...CHECKOUT, shipping_tier: "express" }, "checkout"],
  add_payment_info: [{ ...CHECKOUT, payment_type: "credit_card" }, "checkout"],
  checkout_step_viewed: [{ ...CHECKOUT, step: 2, shipping_tier: "express" }, "checkout"],
  checkout_step_completed: [
    { ...CHECKOUT, step: 2, shipping_tier: "express", payment_type: "credit_card" },
    "checkout",
  ],
  purchase: [ORDER, "thanks"],
  order_updated: [ORDER, "account"],
  refund: [ORDER, "account"],
  order_cancelled: [ORDER, "account"],
  add_to_wishlist: [ONE, "product", "one item"],
  remove_from_wishlist: [ONE, "account", "one item"],
  view_promotion: [PROMOTION, "home"],
  select_promotion: [PROMOTION, "home"],
  coupon_entered: [COUPON, "checkout"],
  coupon_applied: [COUPON, "checkout"],
  coupon_denied: [{ ...COUPON, reason: "expired" }, "checkout"],
  coupon_removed: [COUPON, "checkout"],
  product_reviewed: [{ ...ONE, review_id: "review-1", review_body: "Good sound.", rating: 5 }, "product", "one item"],
};

const FALLBACK: Sample = [ORDER, "thanks"];

/** The sample of a canonical event; a name without one gets a purchase's. */
export function sampleProperties(canonical: string): SampleProperties {
  const sample = Object.hasOwn(SAMPLES, canonical) ? SAMPLES[canonical] : undefined;
  const [properties, page, about] = sample ?? FALLBACK;
  return { properties: structuredClone(properties), page: PAGES[page], aboutOneItem: about === "one item" };
}
