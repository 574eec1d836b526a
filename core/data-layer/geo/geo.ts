/** The geo step: where an address is, by the operator's own MMDB file, and what becomes of the address afterwards. */
import { addressKind } from "./address.ts";
import { Reader, type Response } from "mmdb-lib";
import Type from "typebox";
import { isJsonObject, type JsonObject, type JsonValue } from "../../json.ts";
import { remembered } from "../remembered.ts";
import type { DataLayerStep } from "../step.ts";

export const GeoSection = Type.Object(
  {
    enabled: Type.Optional(Type.Boolean({ default: true, description: "false looks no address up." })),
    database: Type.String({
      minLength: 1,
      maxLength: 4_096,
      description:
        "Path of an MMDB file with cities or countries (GeoLite2, DB-IP and others), beside this file or absolute.",
    }),
    language: Type.Optional(
      Type.String({
        default: "en",
        pattern: "^[a-z]{2}(-[A-Z]{2})?$",
        description: "The language of names, where the file has it.",
      }),
    ),
    ip: Type.Optional(
      Type.Enum(["keep", "mask", "remove"], {
        default: "keep",
        description:
          "What becomes of context.ip afterwards: mask sets the last 8 bits of IPv4, the last 80 of IPv6 to zero.",
      }),
    ),
  },
  { additionalProperties: false, description: "Adds context.location from context.ip." },
);

export type GeoConfig = Type.Static<typeof GeoSection>;

/** Looks an address up; null when the file does not know it. */
export type Locate = (ip: string) => JsonObject | null;

/**
 * Reads an MMDB file: `context.location` in the fields that Segment's specification names, as far as the file has them.
 * @throws {Error} when the bytes are no MMDB file
 */
export function openLocations(file: Uint8Array, language = "en"): Locate {
  const reader = new Reader<Response>(Buffer.from(file.buffer, file.byteOffset, file.byteLength));
  const find = remembered((ip) => ({ found: locationOf(reader.get(ip) as JsonValue, language) }));
  return (ip) => (addressKind(ip) === null ? null : find(ip).found);
}

export function compileGeo(config: GeoConfig | undefined, locate: Locate | null): DataLayerStep | null {
  if (config === undefined || config.enabled === false) return null;
  const clean = cleanAddress(config);
  return ({ event: { context } }) => {
    const { ip } = context;
    const found = typeof ip === "string" ? (locate?.(ip) ?? null) : null;
    if (found !== null) {
      const given = context["location"];
      if (isJsonObject(given)) context["location"] = { ...found, ...given };
      else if (given === undefined || given === null) context["location"] = { ...found };
    }
    clean?.(context);
    return null;
  };
}

/** What becomes of `context.ip`: anything but text has no mask and is taken out. Null when it stays. */
export function cleanAddress(config: GeoConfig | undefined): ((context: JsonObject) => void) | null {
  const { enabled = true, ip: afterwards = "keep" } = config ?? {};
  if (!enabled || afterwards === "keep") return null;
  return (context) => {
    const { ip } = context;
    if (ip === undefined) return;
    if (afterwards === "mask" && typeof ip === "string") context["ip"] = maskAddress(ip);
    else delete context["ip"];
  };
}

/** The network of an address: 24 bits of IPv4, 48 of IPv6; what is no address is taken out. */
export function maskAddress(ip: string): string {
  const kind = addressKind(ip);
  if (kind === "ipv4") return ip.replace(/\d+$/, "0");
  if (kind === null) return "";
  const mapped = /^(.*:)(\d+\.\d+\.\d+)\.\d+$/.exec(ip);
  if (mapped !== null) return `${mapped[1]}${mapped[2]}.0`;
  const [head = "", tail] = (ip.split("%")[0] ?? "").split("::");
  const before = head === "" ? [] : head.split(":");
  const after = tail === undefined || tail === "" ? [] : tail.split(":");
  const groups = [...before, ...Array.from({ length: 8 - before.length - after.length }, () => "0"), ...after];
  return `${groups.slice(0, 3).join(":")}::`;
}

function locationOf(record: JsonValue, language: string): JsonObject | null {
  if (!isJsonObject(record)) return null;
  const { country, registered_country: registered, city, subdivisions, postal, location, continent } = record;
  const region = Array.isArray(subdivisions) ? subdivisions[0] : undefined;
  const place = country ?? registered;
  const found: Record<string, JsonValue | undefined> = {
    country: field(place, "iso_code"),
    country_name: nameIn(place, language),
    region: nameIn(region, language),
    region_code: field(region, "iso_code"),
    city: nameIn(city, language),
    postal_code: field(postal, "code"),
    latitude: field(location, "latitude"),
    longitude: field(location, "longitude"),
    time_zone: field(location, "time_zone"),
    continent: field(continent, "code"),
  };
  const known = Object.entries(found).flatMap(([key, value]) => (value === undefined ? [] : [[key, value] as const]));
  return known.length === 0 ? null : Object.fromEntries(known);
}

function nameIn(place: JsonValue | undefined, language: string): JsonValue | undefined {
  const names = field(place, "names");
  return field(names, language) ?? field(names, "en");
}

function field(holder: JsonValue | undefined, key: string): JsonValue | undefined {
  return isJsonObject(holder) ? holder[key] : undefined;
}
