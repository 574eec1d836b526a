/** Data Manager's warnings: optional fields that are wrong cost nothing but themselves, and are named in the answer of a request that succeeds. */
import { type JsonRecord, isRecord } from "../strict.ts";

export interface FieldWarning {
  field: string;
  description: string;
  /** WarningReason. */
  reason: string;
}

export function findFieldWarnings(events: readonly JsonRecord[]): FieldWarning[] {
  return events.flatMap((event, index) => {
    const at = `events.events[${index}]`;
    const warn = (field: string, reason: string, description: string): FieldWarning => ({
      field: `${at}.${field}`,
      description,
      reason: `WARNING_REASON_${reason}`,
    });
    const found: FieldWarning[] = [];
    if (event["clientId"] !== undefined && !/^\d+\.\d+$/.test(String(event["clientId"]))) {
      found.push(warn("client_id", "INVALID_CLIENT_ID", "The client ID is not valid."));
    }
    return [...found, ...findCartWarnings(event, warn)];
  });
}

function findCartWarnings(
  event: JsonRecord,
  warn: (field: string, reason: string, description: string) => FieldWarning,
): FieldWarning[] {
  const cart = event["cartData"];
  if (!isRecord(cart)) return [];
  const found: FieldWarning[] = [];
  const ads = isRecord(event["adIdentifiers"]) ? event["adIdentifiers"] : {};
  if (ads["gbraid"] !== undefined || ads["wbraid"] !== undefined) {
    const reason = "CART_DATA_NOT_SUPPORTED_WITH_GBRAID_OR_WBRAID";
    found.push(warn("cart_data", reason, "Cart data cannot be used with gbraid or wbraid."));
  }
  if (cart["merchantId"] !== undefined && !/^\d+$/.test(String(cart["merchantId"]))) {
    found.push(warn("cart_data.merchant_id", "INVALID_MERCHANT_ID", "The merchant ID is not valid."));
  }
  const required = [
    ["merchantProductId", "merchant_product_id", "MERCHANT_PRODUCT_ID"],
    ["unitPrice", "unit_price", "UNIT_PRICE"],
  ] as const;
  for (const [position, item] of ((cart["items"] ?? []) as JsonRecord[]).entries()) {
    for (const [name, path, word] of required) {
      if (item[name] !== undefined && item[name] !== "") continue;
      const field = `cart_data.items[${position}].${path}`;
      found.push(warn(field, `CART_DATA_ITEM_${word}_MISSING`, `The ${path} is missing in the cart item.`));
    }
  }
  return found;
}
