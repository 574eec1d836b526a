/** Brings a payload into what the Data Manager API takes: one wrong field would have the whole request refused. */
import type { JsonObject, JsonValue } from "@datafly-signal/core";
import { listOf, objectOf, present, textOf } from "./json-parts.ts";
import type { MerchantFeed } from "./settings.ts";

const CLICK_IDS = ["gclid", "gbraid", "wbraid"] as const;
const DIGEST = /^[0-9a-f]{64}$/i;
const MOST_IDENTIFIERS = 10;

/**
 * The event as it is sent, of the web where nothing is said of its source. Of several click ids the surest stays; identifiers that are incomplete or not hashed go, as do
 * items without a product; the products' feed is put beside them, and where the conversion counts is told elsewhere.
 */
export function conversionEvent(payload: JsonValue, feed: MerchantFeed): JsonObject {
  const { destinationReferences: _, adIdentifiers, userData, cartData, customVariables, ...rest } = objectOf(payload);
  const ads = oneClickId(objectOf(adIdentifiers));
  const identifiers = userIdentifiers(objectOf(userData)["userIdentifiers"]);
  const cart = isBraid(ads) ? undefined : wholeCart(objectOf(cartData), feed);
  const variables = listOf(customVariables).filter(isSet);
  return {
    eventSource: "WEB",
    ...present(rest),
    ...(Object.keys(ads).length > 0 && { adIdentifiers: ads }),
    ...(identifiers.length > 0 && { userData: { userIdentifiers: identifiers } }),
    ...(cart !== undefined && { cartData: cart }),
    ...(variables.length > 0 && { customVariables: variables }),
  };
}

/** Something by which Google can find a click or a person. */
export function hasIdentifiers({ adIdentifiers, userData }: JsonObject): boolean {
  const { landingPageDeviceInfo: _, ...ids } = objectOf(adIdentifiers);
  return Object.keys(ids).length > 0 || userData !== undefined;
}

/** Only one may be used, and only a gclid goes with cart data. */
function oneClickId(ads: JsonObject): JsonObject {
  const { gclid: _gclid, gbraid: _gbraid, wbraid: _wbraid, ...others } = ads;
  const kept = CLICK_IDS.find((name) => textOf(ads[name]).trim() !== "");
  return { ...present(others), ...(kept !== undefined && { [kept]: textOf(ads[kept]).trim() }) };
}

function isBraid(ads: JsonObject): boolean {
  return ads["gbraid"] !== undefined || ads["wbraid"] !== undefined;
}

/** Each is one of an e-mail address, a phone number and an address; nothing in clear is ever let through. */
function userIdentifiers(value: JsonValue | undefined): JsonObject[] {
  const seen = new Set<string>();
  const all = listOf(value).flatMap((one): JsonObject[] => {
    const { emailAddress, phoneNumber, address } = objectOf(one);
    return [
      ...digest(emailAddress, "emailAddress"),
      ...digest(phoneNumber, "phoneNumber"),
      ...wholeAddress(objectOf(address)),
    ];
  });
  const distinct = all.filter((one) => {
    const text = JSON.stringify(one);
    return seen.has(text) ? false : seen.add(text);
  });
  return distinct.slice(0, MOST_IDENTIFIERS);
}

function digest(value: JsonValue | undefined, name: string): JsonObject[] {
  const text = textOf(value);
  return DIGEST.test(text) ? [{ [name]: text.toLowerCase() }] : [];
}

/** Google asks for all four of its fields. */
function wholeAddress({ givenName, familyName, regionCode, postalCode }: JsonObject): JsonObject[] {
  const names = [givenName, familyName].map((name) => textOf(name).toLowerCase());
  const [given = "", family = ""] = names;
  const region = textOf(regionCode).toUpperCase();
  const postal = textOf(postalCode);
  const isWhole = names.every((name) => DIGEST.test(name)) && /^[A-Z]{2}$/.test(region) && postal !== "";
  return isWhole ? [{ address: { givenName: given, familyName: family, regionCode: region, postalCode: postal } }] : [];
}

/** A cart is of use by its items; an item is known by its product. */
function wholeCart(cart: JsonObject, feed: MerchantFeed): JsonObject | undefined {
  const items = listOf(cart["items"]).filter((item) => textOf(objectOf(item)["merchantProductId"]) !== "");
  return items.length === 0 ? undefined : { ...feed, ...present(cart), items };
}

function isSet(variable: JsonValue): boolean {
  const { variable: name, value } = objectOf(variable);
  return textOf(name) !== "" && textOf(value) !== "";
}
