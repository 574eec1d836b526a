/** A vendor's payload as data: which fields there are; connectors bring it, previews and the builder use it. */
import { isJsonObject, type JsonValue } from "../json.ts";
import { parsePath, type PathSegment } from "./path.ts";
import { didYouMean } from "./suggest.ts";
import { kindOf } from "./transforms/definition.ts";

export type VendorFieldType = "string" | "number" | "integer" | "boolean" | "object" | "array" | "any";

export interface VendorField {
  /** Path in the payload; `[]` is every item: `custom_data.contents[].id`. */
  path: string;
  /** Several where the vendor takes several, as a text or a list of texts. */
  type: VendorFieldType | readonly VendorFieldType[];
  /** `conditional`: needed in some cases that the description names. A field within a list is needed where the list is there. */
  required: boolean | "conditional";
  /** One sentence. */
  description: string;
  /** The vendor's page about it. */
  link?: string;
  /** The values that the vendor knows. */
  enum?: readonly (string | number | boolean)[];
}

export interface VendorSchema {
  fields: readonly VendorField[];
  /** By the vendor's name of an event: fields that are other for it, or that only it has. */
  events?: Readonly<Record<string, readonly VendorField[]>>;
}

/** What is wrong with a payload; a warning is what the vendor may well take. */
export interface PayloadFault {
  path: string;
  message: string;
  level: "fault" | "warning";
  link?: string;
}

/** A field with its path read. */
export interface ReadField extends VendorField {
  segments: readonly PathSegment[];
}

/** The fields for an event, those of the event over the common ones; fields whose path cannot be read are left out. */
export function fieldsFor(schema: VendorSchema, vendorEventName: string | null): ReadField[] {
  const { events = {} } = schema;
  const own = vendorEventName !== null && Object.hasOwn(events, vendorEventName) ? (events[vendorEventName] ?? []) : [];
  const byPath = new Map([...schema.fields, ...own].map((field) => [field.path, field]));
  return [...byPath.values()].flatMap((field) => {
    const segments = parsePath(field.path);
    return "fault" in segments ? [] : [{ ...field, segments }];
  });
}

/** A value at a path, with the path as it is in this payload: `contents[1].id`. */
export interface Spot {
  path: string;
  value: JsonValue | undefined;
}

/** Everything that a path with `[]` leads to; a list that is not there has nothing in it. */
export function spotsOf(payload: JsonValue, segments: readonly PathSegment[]): Spot[] {
  let spots: Spot[] = [{ path: "", value: payload }];
  for (const segment of segments) {
    spots = spots.flatMap(({ path, value }): Spot[] => {
      if (segment.kind === "key") {
        const inner = isJsonObject(value) && Object.hasOwn(value, segment.key) ? value[segment.key] : undefined;
        return [{ path: path === "" ? segment.key : `${path}.${segment.key}`, value: inner ?? undefined }];
      }
      if (segment.kind === "index") {
        const inner = Array.isArray(value) ? value[segment.index] : undefined;
        return [{ path: `${path}[${segment.index}]`, value: inner ?? undefined }];
      }
      return Array.isArray(value) ? value.map((item, index) => ({ path: `${path}[${index}]`, value: item })) : [];
    });
  }
  return spots;
}

const NAMES: Readonly<Record<VendorFieldType, string>> = {
  string: "a text",
  number: "a number",
  integer: "a whole number",
  boolean: "true or false",
  object: "an object",
  array: "a list",
  any: "a value",
};

function isOfType(value: JsonValue, type: VendorFieldType): boolean {
  if (type === "any") return true;
  if (type === "array") return Array.isArray(value);
  if (type === "object") return isJsonObject(value);
  return type === "integer" ? Number.isInteger(value) : typeof value === type;
}

const typesOf = ({ type }: VendorField): readonly VendorFieldType[] => (typeof type === "string" ? [type] : type);

function faultOf(field: ReadField, { value }: Spot): string | undefined {
  if (value === undefined) return field.required === true ? "is missing; the vendor requires it." : undefined;
  const types = typesOf(field);
  if (!types.some((type) => isOfType(value, type))) {
    return `must be ${types.map((type) => NAMES[type]).join(" or ")}, not ${kindOf(value)}.`;
  }
  const known = field.enum;
  if (known === undefined || typeof value === "object" || known.includes(value)) return undefined;
  const near = typeof value === "string" ? didYouMean(value, known.map(String)) : "";
  return `must be one of ${known.slice(0, 12).join(", ")}${known.length > 12 ? ", …" : ""}.${near}`;
}

/** Fields of the payload that the schema does not know, down to where it says what is in an object. */
function unknownFields(payload: JsonValue, fields: readonly ReadField[]): PayloadFault[] {
  const known = new Set<string>();
  for (const { segments } of fields) segments.forEach((_, index) => known.add(keyOf(segments.slice(0, index + 1))));
  const described = new Set(
    [...known].map((key) => key.slice(0, Math.max(key.lastIndexOf("."), key.lastIndexOf("[]")))),
  );
  const found: PayloadFault[] = [];
  const visit = (value: JsonValue, key: string, path: string): void => {
    if (Array.isArray(value)) {
      if (described.has(key) && known.has(`${key}[]`))
        value.forEach((item, index) => visit(item, `${key}[]`, `${path}[${index}]`));
      return;
    }
    if (!isJsonObject(value) || (key !== "" && !described.has(key))) return;
    const names = [...known].filter((one) => one.startsWith(`${key}.`)).map((one) => one.slice(key.length + 1));
    for (const [name, inner] of Object.entries(value)) {
      const at = path === "" ? name : `${path}.${name}`;
      if (known.has(`${key}.${name}`)) visit(inner, `${key}.${name}`, at);
      else
        found.push({
          path: at,
          message: `is no field that is known of this vendor.${didYouMean(name, names)}`,
          level: "warning",
        });
    }
  };
  visit(payload, "", "");
  return found;
}

/** A path's form for comparison: every key with a point before it, every item as `[]`. */
export const keyOf = (segments: readonly PathSegment[]): string =>
  segments.map((segment) => (segment.kind === "key" ? `.${segment.key}` : "[]")).join("");

/** What is wrong with a payload by the vendor's schema: missing and wrong fields, and, as warnings, unknown ones. */
export function payloadFaults(
  payload: JsonValue,
  schema: VendorSchema,
  vendorEventName: string | null,
): PayloadFault[] {
  const fields = fieldsFor(schema, vendorEventName);
  const wrong = fields.flatMap((field) =>
    spotsOf(payload, field.segments).flatMap((spot): PayloadFault[] => {
      const message = faultOf(field, spot);
      if (message === undefined) return [];
      return [{ path: spot.path, message, level: "fault", ...(field.link !== undefined && { link: field.link }) }];
    }),
  );
  return [...wrong, ...unknownFields(payload, fields)];
}
