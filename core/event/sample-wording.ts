/** Samples in the words of Segment's specification, for names that are not GA4's. */
import { isJsonObject, type JsonObject } from "../json.ts";

const RENAMED: Readonly<Record<string, string>> = {
  transaction_id: "order_id",
  value: "revenue",
  items: "products",
  search_term: "query",
  item_list_id: "list_id",
  item_list_name: "category",
  payment_type: "payment_method",
  shipping_tier: "shipping_method",
  creative_name: "creative",
  creative_slot: "position",
  promotion_name: "name",
};
const RENAMED_IN_ITEMS: Readonly<Record<string, string>> = {
  item_id: "product_id",
  item_name: "name",
  item_brand: "brand",
  item_category: "category",
  item_variant: "variant",
  index: "position",
  item_url: "url",
  item_image: "image_url",
};

/** An event about one product has its fields beside the others, one about several a list. */
export function inSegmentsWords({ items, ...rest }: JsonObject, aboutOneItem: boolean): JsonObject {
  const own = renamed(rest, RENAMED);
  const list = Array.isArray(items) ? items.filter(isJsonObject).map(segmentItem) : [];
  if (list.length === 0) return own;
  if (!aboutOneItem) return { ...own, products: list };
  const value = rest["value"] === undefined ? {} : { value: rest["value"] };
  return { ...own, ...value, ...list[0] };
}

function segmentItem(item: JsonObject): JsonObject {
  const renamedItem = renamed(item, RENAMED_IN_ITEMS);
  return { ...renamedItem, sku: renamedItem["product_id"] ?? "" };
}

function renamed(object: JsonObject, names: Readonly<Record<string, string>>): JsonObject {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [names[key] ?? key, value]));
}
