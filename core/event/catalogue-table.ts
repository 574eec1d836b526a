/** The shape of the event catalogue: plain data, one table for each vertical. */
import type { JsonObject, JsonValue } from "../json.ts";

export type Vertical = "general" | "ecommerce" | "travel" | "media" | "publishing" | "saas" | "mobile";

/** What a value must look like: times are ISO 8601, `epoch` is in milliseconds, codes are as their standards write them. */
export type PropertyForm = "currency" | "country" | "airline" | "date" | "time" | "epoch" | "url" | "email";

export interface PropertyDefinition {
  type: "string" | "number" | "integer" | "boolean" | "array" | "object";
  description: string;
  /** Names it is also sent under, in order of preference, in snake_case (camelCase is implied). */
  aliases?: readonly string[];
  form?: PropertyForm;
  /** The only values it may have. */
  values?: readonly string[];
  minimum?: number;
  maximum?: number;
  /** Of an array: what each entry is. */
  entries?: PropertyDefinition;
  /** Of an object: its fields; others may stand beside them. */
  fields?: Readonly<Record<string, PropertyDefinition>>;
  /** Of an object: at least one of these fields must be there. */
  needsOneOf?: readonly string[];
  /** Its value in sample events, where neither the event nor the scene says another. */
  sample?: JsonValue;
  /** Its value in sample events is this text and a number of five digits. */
  serial?: string;
  /** Its value in sample events is so many days after the event (before it, when negative), as a date or a time. */
  days?: number;
}

/** `Property` are the names that stand in the vertical's properties or in those that all verticals share. */
export interface CatalogueEvent<Property extends string = string> {
  /** The canonical name (GA4 where GA4 has one), snake_case. */
  name: string;
  /** Other names it is sent under; case does not matter, and spaces, `-` and `_` are equal. */
  aliases?: readonly string[];
  description: string;
  /** The call it is sent with; `track` when left out. */
  call?: "page" | "identify" | "group";
  /** What an event without them cannot be used for. */
  required?: readonly Property[];
  /** What most vendors make use of. */
  recommended?: readonly Property[];
  optional?: readonly Property[];
  /** It is about a single product, whose fields may stand in the properties themselves. */
  aboutOneItem?: boolean;
  /** Where in the scene of a sample it happens. */
  page: string;
  /** Values in sample events that differ from the scene's. */
  sample?: JsonObject;
  /** Days in sample events that differ from the definition's. */
  days?: Readonly<Record<string, number>>;
}

export interface CatalogueVertical<Property extends string = string> {
  vertical: Vertical;
  properties: Readonly<Record<string, PropertyDefinition>>;
  events: readonly CatalogueEvent<Property>[];
}
