/**
 * The strict schemas of Braze's recommended e-commerce events: what does not fit is dropped by Braze, and nothing may stand
 * beside these properties (user_guide/data/activation/events/recommended_events).
 */

export type PropertyKind = "text" | "address" | "amount" | "quantity" | "currency" | "products" | "list" | "object";

export interface RecommendedSchema {
  known: Readonly<Record<string, PropertyKind>>;
  required: readonly string[];
}

const COMMON = { currency: "currency", source: "text", metadata: "object" } as const;
const PARTS = { subtotal_value: "amount", tax: "amount", shipping: "amount" } as const;
const BASKET = { ...COMMON, products: "products", total_value: "amount" } as const;
const DISCOUNTS = { total_discounts: "amount", discounts: "list" } as const;
const IDENTITY = { product_id: "text", product_name: "text", variant_id: "text" } as const;
const LINKS = { image_url: "address", product_url: "address" } as const;

const ORDER = ["order_id", "total_value", "currency", "products", "source"];

const SCHEMAS: Readonly<Record<string, RecommendedSchema>> = {
  "ecommerce.product_viewed": {
    known: { ...COMMON, ...IDENTITY, ...LINKS, price: "amount", type: "list" },
    required: ["product_id", "product_name", "variant_id", "price", "currency", "source"],
  },
  "ecommerce.cart_updated": {
    known: { ...BASKET, ...PARTS, cart_id: "text", action: "text" },
    // `total_value` too, unless `action` is add or remove.
    required: ["cart_id", "currency", "products", "source"],
  },
  "ecommerce.checkout_started": {
    known: { ...BASKET, ...PARTS, checkout_id: "text", cart_id: "text" },
    required: ["checkout_id", "total_value", "currency", "products", "source"],
  },
  "ecommerce.order_placed": {
    known: { ...BASKET, ...PARTS, ...DISCOUNTS, order_id: "text", cart_id: "text" },
    required: ORDER,
  },
  "ecommerce.order_cancelled": {
    known: { ...BASKET, ...PARTS, ...DISCOUNTS, order_id: "text", cancel_reason: "text" },
    required: [...ORDER, "cancel_reason"],
  },
  "ecommerce.order_refunded": {
    known: { ...BASKET, ...DISCOUNTS, order_id: "text" },
    required: ORDER,
  },
};

export const PRODUCT_SCHEMA: RecommendedSchema = {
  known: { ...IDENTITY, ...LINKS, quantity: "quantity", price: "amount", metadata: "object" },
  required: ["product_id", "product_name", "variant_id", "quantity", "price"],
};

/** Null for the name of any other event. */
export function recommendedSchema(name: string): RecommendedSchema | null {
  return Object.hasOwn(SCHEMAS, name) ? (SCHEMAS[name] ?? null) : null;
}

/** Orders stand for money: one that does not fit is refused, and not sent as something else. */
export function isOrder(name: string): boolean {
  return name.startsWith("ecommerce.order_");
}

/** Their amounts are sent as they are: Braze itself takes them off. */
export function isReversal(name: string): boolean {
  return name === "ecommerce.order_refunded" || name === "ecommerce.order_cancelled";
}
