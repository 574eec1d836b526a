/** The fields of one of Amplitude's events: which it must have, which values it refuses, and what it takes without using it. */
import { type JsonRecord, asList, epochUnit, isRecord } from "../strict.ts";

/** What the vendor says of one event; a field may be named in several. */
export interface EventFaults {
  missing: string[];
  invalid: string[];
  idLengths: string[];
  warnings: string[];
}

const STRINGS = [
  ...["app_version", "platform", "os_name", "os_version", "device_brand", "device_manufacturer", "device_model"],
  ...["carrier", "country", "region", "city", "dma", "language", "productId", "revenueType", "currency", "ip"],
  ...["idfa", "idfv", "adid", "android_id", "insert_id", "partner_id"],
];
const NUMBERS = ["price", "revenue", "location_lat", "location_lng"];
const INTEGERS = ["quantity", "event_id", "session_id"];
const OBJECTS = ["event_properties", "user_properties", "groups", "group_properties", "plan"];
const OTHERS = ["user_id", "device_id", "event_type", "time", "library", "$skip_user_properties_sync"];
const KNOWN = new Set([...STRINGS, ...NUMBERS, ...INTEGERS, ...OBJECTS, ...OTHERS]);

const RESERVED_NAMES = new Set(
  ["Start Session", "End Session", "Revenue", "Revenue (Verified)", "Revenue (Unverified)", "Merged User"].map(
    (name) => `[Amplitude] ${name}`,
  ),
);
const INVALID_IDS = new Set([
  ...["anonymous", "nil", "none", "null", "n/a", "na", "undefined", "unknown", "", "{}", "lmy47d", "0", "-1"],
  "00000000-0000-0000-0000-000000000000",
]);
const OPERATIONS = [
  "$set",
  "$setOnce",
  "$add",
  "$append",
  "$prepend",
  "$unset",
  "$preInsert",
  "$postInsert",
  "$remove",
];
const MAX_DEPTH = 40;
const MAX_STRING = 1024;
const MAX_GROUP_TYPES = 5;
const MAX_GROUP_VALUES = 10;

/** @param minIdLength `options.min_id_length` of the request, 5 without it */
export function checkEvent(event: JsonRecord, minIdLength: number): EventFaults {
  const faults: EventFaults = { missing: [], invalid: [], idLengths: [], warnings: [] };
  checkName(event, faults);
  checkIds(event, minIdLength, faults);
  checkTime(event, faults);
  checkKinds(event, faults);
  checkProperties(event, faults);
  checkRevenue(event, faults);
  return faults;
}

function checkName(event: JsonRecord, { missing, invalid, warnings }: EventFaults): void {
  const name = event["event_type"];
  if (name === undefined || name === null) missing.push("event_type");
  else if (typeof name !== "string" || name === "" || RESERVED_NAMES.has(name)) invalid.push("event_type");
  if (event["insert_id"] === undefined) warnings.push("no insert_id: a request that comes again counts twice");
  if (name === "$groupidentify" && !isRecord(event["groups"])) warnings.push("$groupidentify without groups");
  if (name !== "$groupidentify" && event["group_properties"] !== undefined) {
    warnings.push("group_properties are only used of $groupidentify");
  }
}

/** An id that is too short is dropped from its event; one of the two must be left. */
function checkIds(event: JsonRecord, minIdLength: number, faults: EventFaults): void {
  const given = ["user_id", "device_id"].filter((field) => event[field] !== undefined && event[field] !== null);
  const wrong = given.filter((field) => isWrongId(event[field]));
  const short = given.filter((field) => !wrong.includes(field) && String(event[field]).length < minIdLength);
  faults.invalid.push(...wrong);
  if (given.length === 0) faults.missing.push("user_id", "device_id");
  else if (short.length === given.length) faults.idLengths.push(...short);
  else faults.warnings.push(...short.map((field) => `${field} is shorter than ${minIdLength}: it is dropped`));
}

function isWrongId(id: unknown): boolean {
  return typeof id !== "string" || INVALID_IDS.has(id.toLowerCase());
}

function checkTime(event: JsonRecord, { invalid, warnings }: EventFaults): void {
  const time = event["time"];
  if (time === undefined) return;
  if (typeof time !== "number" || !Number.isInteger(time) || time < 0) invalid.push("time");
  else if (epochUnit(time) !== "millis")
    warnings.push(`time ${time} is ${new Date(Math.min(time, 8.64e15)).toISOString()}`);
}

function checkKinds(event: JsonRecord, { invalid, warnings }: EventFaults): void {
  const refuse = (fields: readonly string[], isRight: (value: unknown) => boolean) =>
    invalid.push(
      ...fields.filter((field) => event[field] !== undefined && event[field] !== null && !isRight(event[field])),
    );
  refuse(STRINGS, (value) => typeof value === "string");
  refuse(NUMBERS, (value) => typeof value === "number");
  refuse(INTEGERS, Number.isInteger);
  refuse(OBJECTS, isRecord);
  const long = Object.keys(event).filter(
    (field) => String(event[field]).length > MAX_STRING && typeof event[field] === "string",
  );
  warnings.push(...long.map((field) => `${field} is longer than ${MAX_STRING} characters`));
  warnings.push(
    ...Object.keys(event)
      .filter((field) => !KNOWN.has(field))
      .map((field) => `${field} is no field of an event`),
  );
  if (event["ip"] === "$remote") warnings.push("ip $remote is the address of the server that sends");
}

function checkProperties(event: JsonRecord, { invalid, warnings }: EventFaults): void {
  for (const field of ["event_properties", "user_properties"]) if (depth(event[field]) > MAX_DEPTH) invalid.push(field);
  const users = isRecord(event["user_properties"]) ? Object.keys(event["user_properties"]) : [];
  const isIdentify = event["event_type"] === "$identify";
  if (!isIdentify && users.some((name) => OPERATIONS.includes(name))) {
    warnings.push("operations on user_properties are only carried out of $identify");
  }
  if (!isRecord(event["groups"])) return;
  const values = Object.values(event["groups"]).flatMap(asList);
  if (values.some((value) => typeof value !== "string")) invalid.push("groups");
  if (Object.keys(event["groups"]).length > MAX_GROUP_TYPES || values.length > MAX_GROUP_VALUES) {
    warnings.push(`only ${MAX_GROUP_TYPES} group types and ${MAX_GROUP_VALUES} groups are tracked`);
  }
}

function checkRevenue(event: JsonRecord, { warnings }: EventFaults): void {
  const [price, quantity = 1, revenue] = [event["price"], event["quantity"], event["revenue"]];
  const hasRevenue = price !== undefined || revenue !== undefined;
  if (!hasRevenue && (event["productId"] !== undefined || event["revenueType"] !== undefined)) {
    warnings.push("productId and revenueType need price or revenue");
  }
  if (typeof price !== "number" || typeof quantity !== "number" || typeof revenue !== "number") return;
  if (Math.abs(price * quantity - revenue) > 0.005) warnings.push(`revenue ${revenue} gives way to price * quantity`);
}

function depth(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  return 1 + Math.max(0, ...Object.values(value).map(depth));
}
