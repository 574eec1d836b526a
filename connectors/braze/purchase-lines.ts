/** Purchase objects: of an order's products, one for each line, and those that a mapping makes itself. */
import { isJsonObject, type JsonObject, type JsonValue, type Refusal } from "@datafly-signal/core";
import { allowedProperties, LONGEST_TEXT } from "./event-properties.ts";
import { currencyOf, numberOf, productsOf, sumOf, textOf, WHOLE_ORDER } from "./recommended-event.ts";

/** Braze takes a quantity of at most so many. */
const MOST_UNITS = 100;
/** A request holds 75 objects, those of one event among them. */
export const MOST_LINES = 70;

export const TOO_MANY_LINES: Refusal = { refuse: `The event makes more than ${MOST_LINES} purchases. Map fewer.` };

type Line = JsonObject & { price: number };
type Lines = JsonObject[] | Refusal;

/** The lines of an order that fits its schema; a refund's have negative prices, by which Braze takes them off the revenue. */
export function orderLines(properties: JsonObject, { time, refund }: { time: string; refund: boolean }): JsonObject[] {
  const { order_id, currency, total_value, affiliation, coupon } = properties;
  const products = productsOf(properties);
  // Products without prices would take nothing off.
  const isPriced = sumOf(products) !== 0 || numberOf(total_value) === 0;
  const lines = isPriced ? products : [{ ...WHOLE_ORDER, quantity: 1, price: total_value ?? 0 }];
  const all = lines.flatMap(({ product_id, price, quantity, metadata, ...names }) => {
    const about = { ...names, ...(isJsonObject(metadata) ? metadata : {}), order_id, affiliation, coupon };
    const line: Line = {
      product_id: product_id ?? WHOLE_ORDER.product_id,
      currency: currency ?? null,
      price: (refund ? -1 : 1) * (numberOf(price) ?? 0),
      time,
      properties: allowedProperties(withoutUndefined(about), "purchases"),
    };
    return inHundreds(line, numberOf(quantity) ?? 1);
  });
  return all.length <= MOST_LINES ? all : [...all.slice(0, MOST_LINES - 1), joined(all.slice(MOST_LINES - 1))];
}

/** Purchases as the payload has them, or what the first wrong one lacks. */
export function givenLines(given: JsonValue, time: string): Lines {
  const lines: JsonObject[] = [];
  for (const [index, one] of (Array.isArray(given) ? given : [given]).entries()) {
    if (!isJsonObject(one)) continue;
    const { properties, quantity, ...rest } = one;
    const price = numberOf(one["price"]);
    const currency = currencyOf(one["currency"]);
    const product_id = textOf(one["product_id"])?.slice(0, LONGEST_TEXT);
    const lacks = Object.entries({ product_id, currency, price }).filter(([, value]) => value === undefined);
    if (price === undefined || currency === undefined || product_id === undefined) {
      return {
        refuse: `purchases[${index}] needs ${lacks.map(([key]) => key).join(", ")}. Map them, or give them a default_value.`,
      };
    }
    const about = isJsonObject(properties) ? { properties: allowedProperties(properties, "purchases") } : {};
    const line = { ...rest, product_id, currency, price, time: textOf(one["time"]) ?? time, ...about };
    lines.push(...inHundreds(line, numberOf(quantity) ?? 1));
    if (lines.length > MOST_LINES) return TOO_MANY_LINES;
  }
  return lines;
}

/** A quantity is a number of purchases to Braze: larger ones are split, none is no purchase, and half of one is one at half the price. */
function inHundreds(line: Line, quantity: number): Line[] {
  if (quantity <= 0) return [];
  const parts = Math.ceil(quantity / MOST_UNITS);
  if (!Number.isInteger(quantity) || parts > MOST_LINES)
    return [{ ...line, price: sumOf([{ ...line, quantity }]), quantity: 1 }];
  return Array.from({ length: parts }, (_, part) => ({
    ...line,
    quantity: Math.min(MOST_UNITS, quantity - part * MOST_UNITS),
  }));
}

/** What an order has beyond the limit, as one purchase: the revenue stays exact. */
function joined(lines: readonly Line[]): Line {
  const { currency = null, time = null, properties = null }: JsonObject = lines[0] ?? {};
  const order_id = isJsonObject(properties) ? properties["order_id"] : undefined;
  const about = withoutUndefined({ order_id, lines: lines.length });
  return { product_id: "further items", currency, price: sumOf(lines), time, properties: about, quantity: 1 };
}

function withoutUndefined(object: Readonly<Record<string, JsonValue | undefined>>): JsonObject {
  const kept: JsonObject = {};
  for (const [key, value] of Object.entries(object)) if (value !== undefined) kept[key] = value;
  return kept;
}
