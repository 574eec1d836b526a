/** The user's hashed data: the fields that Google knows, and no hash that is none. */
import { isJsonObject, type JsonObject, type JsonValue, type Refusal } from "@datafly-signal/core";
import { isNothing } from "./values.ts";

const MOST = { sha256_email_address: 3, sha256_phone_number: 3, address: 2 } as const;
const HASHED = ["sha256_first_name", "sha256_last_name", "sha256_street"];
const PLAIN = ["city", "region", "postal_code", "country"];

/** Each list as far as Google takes it; lists of one may be the one value. Undefined where nothing is left. */
export function readyUserData(given: JsonValue | undefined): { data: JsonObject | undefined } | Refusal {
  if (!isJsonObject(given)) return { data: undefined };
  const data: Record<string, JsonValue> = {};
  for (const key of ["sha256_email_address", "sha256_phone_number"] as const) {
    const hashes = listOf(given[key]);
    const bad = hashes.find((one) => !isHash(one));
    if (bad !== undefined) return noHash(key);
    if (hashes.length > 0) data[key] = hashes.slice(0, MOST[key]);
  }
  const addresses: JsonObject[] = [];
  for (const one of listOf(given["address"])) {
    const made = readyAddress(one);
    if ("refuse" in made) return made;
    if (Object.keys(made.address).length > 0) addresses.push(made.address);
  }
  if (addresses.length > 0) data["address"] = addresses.slice(0, MOST.address);
  return { data: Object.keys(data).length === 0 ? undefined : data };
}

function readyAddress(given: JsonValue): { address: JsonObject } | Refusal {
  const address: Record<string, JsonValue> = {};
  if (!isJsonObject(given)) return { address };
  for (const key of HASHED) {
    const hash = given[key];
    if (isNothing(hash)) continue;
    if (!isHash(hash)) return noHash(key);
    address[key] = hash;
  }
  for (const key of PLAIN) {
    const value = given[key];
    if (typeof value === "string" && !isNothing(value)) address[key] = value;
  }
  return { address };
}

/** What is called a hash and is none is likely personal data in clear: it is not to leave. */
function noHash(key: string): Refusal {
  return { refuse: `user_data holds a ${key} that is no SHA-256 in hexadecimal. Use the transform sha256.` };
}

function isHash(value: JsonValue): value is string {
  return typeof value === "string" && /^[0-9a-f]{64}$/i.test(value);
}

function listOf(value: JsonValue | undefined): JsonValue[] {
  const list = Array.isArray(value) ? value : value === undefined ? [] : [value];
  return list.filter((one) => !isNothing(one));
}
