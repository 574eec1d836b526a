/** Fits properties into the schema of a recommended event: kinds put right, everything else moved into `metadata`. */
import { isJsonObject, type JsonObject, type JsonValue } from "@datafly-signal/core";
import { LONGEST_TEXT } from "./event-properties.ts";
import {
  isOrder,
  isReversal,
  PRODUCT_SCHEMA,
  type PropertyKind,
  type RecommendedSchema,
  recommendedSchema,
} from "./recommended-schemas.ts";

/** `lacks`: what the schema requires and the event has not, as in `products[0].price`. */
export type FittedEvent = { properties: JsonObject } | { lacks: string[] };

/** What stands for the products of an order that names none. */
export const WHOLE_ORDER = { product_id: "order", product_name: "Order", variant_id: "order" };

/** Undefined where the event is no recommended one. */
export function fitRecommended(name: string, given: JsonObject): FittedEvent | undefined {
  const schema = recommendedSchema(name);
  if (schema === null) return undefined;
  const reversal = isReversal(name);
  const properties = fit(given, schema, reversal);
  if ("products" in schema.known) completeBasket(name, properties);
  else nameProduct(properties);
  const lacks = [
    ...missing(properties, schema, ""),
    ...needsTotal(name, properties),
    ...productsOf(properties).flatMap((product, index) => missing(product, PRODUCT_SCHEMA, `products[${index}].`)),
  ];
  return lacks.length === 0 ? { properties } : { lacks };
}

export function productsOf({ products }: JsonObject): JsonObject[] {
  return Array.isArray(products) ? products.filter(isJsonObject) : [];
}

function fit(given: JsonObject, { known }: RecommendedSchema, reversal: boolean): JsonObject {
  const fitted: JsonObject = {};
  const beside: JsonObject = {};
  for (const [key, value] of Object.entries(given)) {
    const kind = Object.hasOwn(known, key) ? known[key] : undefined;
    const own = kind === undefined ? undefined : valueOf(value, kind, reversal);
    if (kind === undefined && value !== null) beside[key] = value;
    else if (own !== undefined) fitted[key] = own;
  }
  const metadata = { ...beside, ...(isJsonObject(fitted["metadata"]) ? fitted["metadata"] : {}) };
  delete fitted["metadata"];
  return Object.keys(metadata).length === 0 ? fitted : { ...fitted, metadata };
}

function valueOf(value: JsonValue, kind: PropertyKind, reversal: boolean): JsonValue | undefined {
  if (value === null) return undefined;
  switch (kind) {
    case "text":
      return textOf(value)?.slice(0, LONGEST_TEXT);
    case "address": {
      // Half an address leads nowhere.
      const address = textOf(value);
      return address !== undefined && address.length <= LONGEST_TEXT ? address : undefined;
    }
    case "currency":
      return currencyOf(value);
    case "amount":
    case "quantity": {
      const number = numberOf(value);
      const amount = reversal && number !== undefined ? Math.abs(number) : number;
      return amount !== undefined && amount >= 0 ? amount : undefined;
    }
    case "products":
      return (Array.isArray(value) ? value : [value]).filter(isJsonObject).map((one) => productOf(one, reversal));
    case "list":
      return Array.isArray(value) ? value : [value];
    case "object":
      return isJsonObject(value) ? value : undefined;
    default:
      return kind satisfies never;
  }
}

export function textOf(value: JsonValue | undefined): string | undefined {
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  return typeof value === "string" && value.trim() !== "" ? value.trim() : undefined;
}

export function numberOf(value: JsonValue | undefined): number | undefined {
  const isNumeric = typeof value === "number" || (typeof value === "string" && value.trim() !== "");
  const number = isNumeric ? Number(value) : Number.NaN;
  return Number.isFinite(number) ? number : undefined;
}

export function currencyOf(value: JsonValue | undefined): string | undefined {
  const code = textOf(value)?.toUpperCase();
  return code !== undefined && /^[A-Z]{3}$/.test(code) ? code : undefined;
}

/** Without a quantity it is one. */
function productOf(given: JsonObject, reversal: boolean): JsonObject {
  const product = fit(given, PRODUCT_SCHEMA, reversal);
  nameProduct(product);
  // A refund tells what came back more often than what it cost; the sum stands in total_value.
  if (reversal) product["price"] ??= 0;
  return withWholeQuantity(product, product["quantity"] ?? 1);
}

/** Braze requires three names, which many senders do not tell apart. */
function nameProduct(product: JsonObject): void {
  const id = product["product_id"] ?? product["product_name"];
  if (id === undefined) return;
  product["product_id"] = id;
  product["product_name"] ??= id;
  product["variant_id"] ??= id;
}

/** Braze counts in whole units: of a length or a weight the price is that of all of it. */
function withWholeQuantity(product: JsonObject, quantity: JsonValue): JsonObject {
  const { price, metadata } = product;
  if (typeof quantity !== "number" || Number.isInteger(quantity)) return { ...product, quantity };
  const whole = { ...(isJsonObject(metadata) ? metadata : {}), units: quantity };
  return {
    ...product,
    quantity: 1,
    ...(typeof price === "number" && { price: rounded(price * quantity) }),
    metadata: whole,
  };
}

/** What follows from the products, where the event does not say it. */
function completeBasket(name: string, properties: JsonObject): void {
  const products = productsOf(properties);
  const total = properties["total_value"];
  if (products.length === 0) {
    delete properties["products"];
    if (isOrder(name) && total !== undefined) properties["products"] = [{ ...WHOLE_ORDER, quantity: 1, price: total }];
  } else if (total === undefined && !isDelta(properties)) {
    const sum = sumOf(products);
    // A refund of nothing is one whose amount was not said.
    if (sum !== 0 || name !== "ecommerce.order_refunded") properties["total_value"] = sum;
  }
}

function isDelta({ action }: JsonObject): boolean {
  return action === "add" || action === "remove";
}

function needsTotal(name: string, properties: JsonObject): string[] {
  const needed = name === "ecommerce.cart_updated" && !isDelta(properties);
  return needed && properties["total_value"] === undefined ? ["total_value"] : [];
}

/** Price times quantity of all of them. */
export function sumOf(products: readonly JsonObject[]): number {
  return rounded(
    products.reduce((sum, { price, quantity }) => sum + (numberOf(price) ?? 0) * (numberOf(quantity) ?? 1), 0),
  );
}

/** Without the noise of binary fractions. */
function rounded(amount: number): number {
  return Number(amount.toFixed(6));
}

function missing(object: JsonObject, { required }: RecommendedSchema, before: string): string[] {
  return required.filter((key) => object[key] === undefined).map((key) => `${before}${key}`);
}
