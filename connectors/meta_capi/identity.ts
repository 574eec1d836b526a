/** Who did it: `user_data` (Customer information parameters, and the baseline requirements of Best practices). */
import { isJsonObject, type DeliveryRecord, type JsonObject, type JsonValue } from "@datafly-signal/core";

const HASHED = ["em", "ph", "fn", "ln", "ge", "db", "ct", "st", "zp", "country"];

/** Each by itself, and any part of it, tells too little: Meta refuses the request. */
const TOO_LITTLE = [
  ["ct", "country", "st", "zp", "ge", "client_user_agent"],
  ["db", "client_user_agent"],
  ["fn", "ge"],
  ["ln", "ge"],
  ["client_ip_address"],
];

const SHA256 = /^[0-9a-f]{64}$/;

/** In one sentence without personal data; null where Meta can tell who it was. */
export function identityFault(user: JsonValue | undefined): string | null {
  const data = isJsonObject(user) ? user : {};
  const given = Object.keys(data).filter((key) => isGiven(data[key]));
  const raw = HASHED.find((key) => given.includes(key) && !listOf(data[key]).every(isHash));
  if (raw !== undefined) return `user_data.${raw} is in clear: Meta takes SHA-256 digests. End its row with sha256.`;
  if (!TOO_LITTLE.some((set) => given.every((key) => set.includes(key)))) return null;
  const found = given.length === 0 ? "nothing" : `only ${given.join(", ")}`;
  return (
    `The event does not say who it was: user_data has ${found}. Meta needs an e-mail address, a phone number, a user id, ` +
    "fbp, fbc, or the IP address and the user agent together."
  );
}

/**
 * The event with `user_data` as Meta takes it: without what is empty, and a click id as it stands in an address made the
 * `fbc` of it, `fb.1.<when it was seen, ms>.<fbclid>`, whose letters keep their case (fbp and fbc parameters).
 */
export function withUser(event: JsonObject, { timestamp }: DeliveryRecord): JsonObject {
  const { user_data: given } = event;
  if (!isJsonObject(given)) return event;
  const user = Object.fromEntries(Object.entries(given).filter(([, value]) => isGiven(value)));
  const { fbc } = user;
  const seenAt = Date.parse(timestamp);
  const isBare = typeof fbc === "string" && !fbc.startsWith("fb.") && Number.isFinite(seenAt);
  return { ...event, user_data: isBare ? { ...user, fbc: `fb.1.${seenAt}.${fbc}` } : user };
}

function isGiven(value: JsonValue | undefined): boolean {
  return listOf(value).some((one) => one !== null && one !== "");
}

function listOf(value: JsonValue | undefined): JsonValue[] {
  return value === undefined ? [] : Array.isArray(value) ? value : [value];
}

function isHash(value: JsonValue): boolean {
  return typeof value === "string" && SHA256.test(value);
}
