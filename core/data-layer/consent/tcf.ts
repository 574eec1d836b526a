/** IAB TCF v2: finds the TC string in an event's consent and decodes what was consented to. */
import { TCString } from "@iabtcf/core";
import { TC_STRING_NAMES } from "../../event/consent.ts";
import { isJsonObject, type JsonObject } from "../../json.ts";
import { countVendors } from "./tcf-bounds.ts";

/** What a TC string says. */
export interface TcfConsent {
  /** By the purpose's number, 1 to 11. */
  purposes: JsonObject;
  /** The numbers of the purposes that are consented to. */
  consented: readonly number[];
  /** The numbers of the vendors that are consented to. */
  vendors: readonly number[];
  cmpId: number;
  policyVersion: number;
  vendorListVersion: number;
}

/** Purposes that the framework defines; the string has room for 24. */
const PURPOSES = 11;
/** Real ones have a few hundred characters to two thousand. */
const MAX_LENGTH = 8_192;
/** The vendor list has some 1,500; legitimate interests and restrictions name them again. */
const MAX_NAMED = 12_000;
const MAX_VENDORS = 5_000;
const REMEMBERED = 500;

/** The TC string of a consent object; undefined when there is none. */
export function findTcString(consent: JsonObject): string | undefined {
  for (const name of TC_STRING_NAMES) {
    if (!Object.hasOwn(consent, name)) continue;
    const value = consent[name];
    const text = isJsonObject(value) ? (value["tcString"] ?? value["tc_string"]) : value;
    if (typeof text === "string" && text.trim() !== "") return text.trim();
  }
  return undefined;
}

/**
 * Decodes TC strings; null for one that is none. A visitor sends the same string with every event, so the last ones are
 * remembered. `vendors` are those whose consent is kept, all when undefined.
 */
export function compileTcfDecoder(vendors: readonly number[] | undefined): (text: string) => TcfConsent | null {
  const wanted = vendors === undefined ? undefined : new Set(vendors);
  const remembered = new Map<string, TcfConsent | null>();
  return (text) => {
    if (text.length > MAX_LENGTH) return null;
    const known = remembered.get(text);
    if (known !== undefined) return known;
    const decoded = decode(text, wanted);
    if (remembered.size >= REMEMBERED) remembered.clear();
    remembered.set(text, decoded);
    return decoded;
  };
}

function decode(text: string, wanted: ReadonlySet<number> | undefined): TcfConsent | null {
  // The other segments say nothing of consent to the organisation's vendors.
  const core = text.split(".", 1)[0] ?? "";
  const named = countVendors(core, MAX_NAMED);
  if (named === null || named === MAX_NAMED) return null;
  try {
    const model = TCString.decode(core);
    if (model.version !== 2) return null;
    const purposes: JsonObject = {};
    for (let id = 1; id <= PURPOSES; id += 1) purposes[String(id)] = model.purposeConsents.has(id);
    const vendors: number[] = [];
    model.vendorConsents.forEach((granted, id) => {
      if (granted && (wanted === undefined || wanted.has(id))) vendors.push(id);
    });
    if (vendors.length > MAX_VENDORS) return null;
    return {
      purposes,
      consented: Object.keys(purposes)
        .filter((id) => purposes[id] === true)
        .map(Number),
      vendors,
      cmpId: Number(model.cmpId),
      policyVersion: Number(model.policyVersion),
      vendorListVersion: Number(model.vendorListVersion),
    };
  } catch {
    return null;
  }
}

/** `context.tcf_decoded`: a copy, since the decoder remembers and events are changed in place. */
export function decodedView(tcf: TcfConsent | null): JsonObject {
  if (tcf === null) return { valid: false };
  return {
    valid: true,
    purposes: [...tcf.consented],
    vendors: [...tcf.vendors],
    cmp_id: tcf.cmpId,
    policy_version: tcf.policyVersion,
    vendor_list_version: tcf.vendorListVersion,
  };
}
