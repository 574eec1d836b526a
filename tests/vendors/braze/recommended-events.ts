/** The schemas of Braze's recommended e-commerce events; an event of these names that does not fit is left out. */
import { type JsonRecord, isCurrency, isRecord } from "../strict.ts";

/** An amount is a number of 0 or more. */
type Kind = "string" | "number" | "amount" | "currency" | "integer" | "array" | "object";

interface Schema {
  required: Readonly<Record<string, Kind>>;
  optional: Readonly<Record<string, Kind>>;
}

const TOTALS = { total_value: "amount", currency: "currency", source: "string" } as const;
const ORDER = { order_id: "string", products: "array", ...TOTALS } as const;
const DISCOUNTS = { total_discounts: "amount", discounts: "array" } as const;
const PARTS = { subtotal_value: "amount", tax: "amount", shipping: "amount", metadata: "object" } as const;
const IDENTITY = { product_id: "string", product_name: "string", variant_id: "string" } as const;
const LINKS = { image_url: "string", product_url: "string", metadata: "object" } as const;

const SCHEMAS: Readonly<Record<string, Schema>> = {
  "ecommerce.product_viewed": {
    required: { ...IDENTITY, price: "amount", currency: "currency", source: "string" },
    optional: { ...LINKS, type: "array" },
  },
  "ecommerce.cart_updated": {
    // `total_value` too, unless `action` is add or remove.
    required: { cart_id: "string", products: "array", currency: "currency", source: "string" },
    optional: { ...PARTS, action: "string", total_value: "amount" },
  },
  "ecommerce.checkout_started": {
    required: { checkout_id: "string", products: "array", ...TOTALS },
    optional: { ...PARTS, cart_id: "string" },
  },
  "ecommerce.order_placed": { required: ORDER, optional: { ...PARTS, ...DISCOUNTS, cart_id: "string" } },
  "ecommerce.order_refunded": { required: ORDER, optional: { ...DISCOUNTS, metadata: "object" } },
  "ecommerce.order_cancelled": {
    required: { ...ORDER, cancel_reason: "string" },
    optional: { ...PARTS, ...DISCOUNTS },
  },
};
const PRODUCT: Schema = { required: { ...IDENTITY, quantity: "integer", price: "amount" }, optional: LINKS };

/** The first thing that does not fit the schema of the event's name; null where it fits or has none. */
export function checkRecommended(name: string, properties: JsonRecord): string | null {
  const schema = SCHEMAS[name];
  if (schema === undefined) return null;
  const isDelta = ["add", "remove"].includes(String(properties["action"]));
  if (name === "ecommerce.cart_updated" && !isDelta && properties["total_value"] === undefined)
    return lacking("#/", "total_value");
  const fault = fit(properties, schema, "#/");
  if (fault !== null || !Array.isArray(properties["products"])) return fault;
  for (const [index, product] of properties["products"].entries()) {
    const path = `#/products/${index}`;
    const wrong = isRecord(product) ? fit(product, PRODUCT, path) : mismatch(path, product, "object");
    if (wrong !== null) return wrong;
  }
  return null;
}

function fit(value: JsonRecord, { required, optional }: Schema, path: string): string | null {
  const kinds: Readonly<Record<string, Kind>> = { ...required, ...optional };
  const missing = Object.keys(required).find((name) => value[name] === undefined);
  if (missing !== undefined) return lacking(path, missing);
  const more = Object.keys(value).filter((name) => kinds[name] === undefined);
  if (more.length > 0) {
    return `The property '${path}' contains additional properties ${JSON.stringify(more)} outside of the schema when none are allowed`;
  }
  const wrong = Object.entries(value).find(([name, given]) => !isKind(given, kinds[name] ?? "object"));
  const base = path.endsWith("/") ? path : `${path}/`;
  return wrong === undefined ? null : mismatch(base + wrong[0], wrong[1], kinds[wrong[0]] ?? "object");
}

function lacking(path: string, property: string): string {
  return `The property '${path}' did not contain a required property of '${property}'`;
}

function mismatch(path: string, given: unknown, kind: Kind): string {
  const type = kind === "amount" ? "number" : kind === "currency" ? "string" : kind;
  if (isKind(given, type)) return `The property '${path}' is not valid`;
  return `The property '${path}' of type ${kindOf(given)} did not match the following type: ${type}`;
}

function isKind(value: unknown, kind: Kind): boolean {
  if (kind === "amount") return typeof value === "number" && value >= 0;
  if (kind === "currency") return isCurrency(value);
  const actual = kindOf(value);
  return actual === kind || (kind === "number" && actual === "integer");
}

function kindOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  if (typeof value === "number") return Number.isInteger(value) ? "integer" : "number";
  return typeof value;
}
