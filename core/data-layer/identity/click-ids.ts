/** The ids that vendors put into the addresses of the pages an advertisement leads to. */

/** Parameters in lower case, and the name of the id. */
export const CLICK_IDS: ReadonlyMap<string, string> = new Map([
  ["gclid", "gclid"],
  ["gbraid", "gbraid"],
  ["wbraid", "wbraid"],
  ["dclid", "dclid"],
  ["fbclid", "fbclid"],
  ["ttclid", "ttclid"],
  ["msclkid", "msclkid"],
  ["twclid", "twclid"],
  ["li_fat_id", "li_fat_id"],
  ["epik", "epik"],
  ["sccid", "sccid"],
  ["rdt_cid", "rdt_cid"],
  ["irclickid", "irclickid"],
  ["cjevent", "cjevent"],
  ["tduid", "tduid"],
]);

const LONGEST_QUERY = 8_192;

/**
 * The click ids of an address, and Meta's `fbc`, which is made of its `fbclid`: `fb.1.<milliseconds>.<fbclid>`
 * (https://developers.facebook.com/docs/marketing-api/conversions-api/parameters/fbp-and-fbc).
 * @param at when the click was seen, epoch milliseconds
 */
export function clickIdsOf(url: string, at: number, longest: number): Record<string, string> {
  const mark = url.indexOf("?");
  if (mark === -1) return {};
  const query = (url.slice(mark + 1).split("#")[0] ?? "").slice(0, LONGEST_QUERY);
  const ids: Record<string, string> = {};
  for (const [parameter, value] of new URLSearchParams(query)) {
    const name = CLICK_IDS.get(parameter.toLowerCase());
    if (name !== undefined && value !== "" && value.length <= longest) ids[name] ??= value;
  }
  const { fbclid } = ids;
  if (fbclid !== undefined) ids["fbc"] = `fb.1.${at}.${fbclid}`;
  return ids;
}
