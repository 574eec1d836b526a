/** Reads a lane's connection settings: what they come to, or everything that is wrong with them. */
import type { BatchLimits, ConnectionSettings, JsonObject, JsonValue, SettingsFault } from "@datafly-signal/core";
import { readAuthentication, type Authentication } from "./authentication.ts";
import { contentTypeOf, readHeaders } from "./headers.ts";
import { readTemplate } from "./template-reader.ts";
import type { Template } from "./template.ts";

export const BATCH_DEFAULTS: BatchLimits = { size: 100, bytes: 1_048_576, intervalMs: 5_000 };
const TIMEOUT_DEFAULT_MS = 30_000;

export interface WebhookSettings {
  url: string;
  method: "POST" | "PUT";
  /** The user's headers as they are sent. */
  headers: Record<string, string>;
  contentType: string;
  authentication: Authentication;
  /** Null sends the canonical payload. */
  template: Template | null;
  /** Null sends each event by itself. */
  batch: BatchLimits | null;
  timeoutMs: number;
  maxRetries: number;
}

/** Settings with their faults gathered on the way: each reader takes its default where something is wrong. */
interface Reading {
  parameters: JsonObject;
  faults: SettingsFault[];
}

/** The settings, or all faults at once (never empty). */
export function readSettings(settings: ConnectionSettings): WebhookSettings | SettingsFault[] {
  const reading: Reading = { parameters: settings.parameters, faults: [] };
  const url = readUrl(reading, settings.environment);
  const method = readOne(reading, "method", ["POST", "PUT"]);
  const scheme = readOne(reading, "authentication", ["none", "bearer", "basic", "hmac"]);
  const authentication = readAuthentication(scheme, settings.secrets["auth_token"] ?? "");
  if (typeof authentication === "string") reading.faults.push({ field: "auth_token", message: authentication });
  const { headers, faults } = readHeaders(reading.parameters["headers"], scheme === "bearer" || scheme === "basic");
  reading.faults.push(...faults);
  const batch = readBatch(reading, settings.batch);
  const template = readPayload(reading, batch !== null);
  const timeoutMs = readInteger(reading, "timeout_ms", { fallback: TIMEOUT_DEFAULT_MS, least: 1, most: 60_000 });
  const maxRetries = readInteger(reading, "max_retries", { fallback: 5, least: 0, most: 5 });
  const retries = readBoolean(reading, "retry_enabled") ?? true;
  if (reading.faults.length > 0 || typeof authentication === "string") return reading.faults;
  const contentType = contentTypeOf(headers);
  return {
    url,
    method,
    headers,
    contentType,
    authentication,
    template,
    batch,
    timeoutMs,
    maxRetries: retries ? maxRetries : 0,
  };
}

function readUrl(reading: Reading, environment: ConnectionSettings["environment"]): string {
  const text = given(reading, "url");
  const refuse = (message: string): string => {
    reading.faults.push({ field: "url", message });
    return "";
  };
  if (text === undefined) return refuse("The endpoint's URL is missing. Enter it with https://.");
  if (typeof text === "string" && text.includes("{{"))
    return refuse("The URL holds a placeholder that was not filled in.");
  const url = typeof text === "string" ? URL.parse(text.trim()) : null;
  if (url === null || !["http:", "https:"].includes(url.protocol)) {
    return refuse("This is not a URL. Enter it in full, such as https://hooks.example.com/events.");
  }
  if (url.username !== "" || url.password !== "") {
    return refuse("A URL may not carry credentials. Use authentication basic with auth_token.");
  }
  if (environment === "production" && url.protocol !== "https:") {
    return refuse("In production the URL must begin with https://.");
  }
  if (environment === "production" && !["", "8443"].includes(url.port)) {
    return refuse("In production the port must be 443 or 8443.");
  }
  url.hash = "";
  return url.href;
}

function readPayload(reading: Reading, batched: boolean): Template | null {
  const format = readOne(reading, "payload_format", ["canonical", "custom"]);
  if (format === "canonical") return null;
  const field = "payload_template";
  const source = given(reading, field);
  if (typeof source !== "string" || source.trim() === "") {
    reading.faults.push({ field, message: "The payload format custom needs a template." });
    return null;
  }
  const template = readTemplate(source);
  if ("faults" in template) {
    for (const { message, line, column } of template.faults) {
      reading.faults.push({ field, message: `Line ${line}, column ${column}: ${message}`, line, column });
    }
    return null;
  }
  if (batched && !template.readsBatch) {
    const message =
      "With batching on, the template must go over batch ({{#each batch}}), or all events but one would be lost.";
    reading.faults.push({ field, message });
  }
  return template;
}

/** `batch` of the revision and the three flat fields are two spellings of the same; `batch` wins where both are given. */
function readBatch(reading: Reading, batch: Partial<BatchLimits>): BatchLimits | null {
  const enabled = readBoolean(reading, "batch_enabled");
  const size = readInteger(reading, "batch_size", { fallback: BATCH_DEFAULTS.size, least: 1, most: 1_000 });
  const interval = { fallback: BATCH_DEFAULTS.intervalMs, least: 0, most: 60_000 };
  const intervalMs = readInteger(reading, "batch_interval_ms", interval);
  const limits = {
    size: checkLimit(reading, "batch.size", batch.size ?? size, 1_000),
    bytes: checkLimit(reading, "batch.bytes", batch.bytes ?? BATCH_DEFAULTS.bytes, 8 * 1_048_576),
    intervalMs: checkLimit(reading, "batch.interval_ms", batch.intervalMs ?? intervalMs, 60_000),
  };
  if (enabled === false && batch.size !== undefined && batch.size > 1) {
    const message = "batch_enabled is false, but batch.size asks for batches. Remove one of them.";
    reading.faults.push({ field: "batch_enabled", message });
  }
  const on = enabled ?? (batch.size !== undefined && batch.size > 1);
  return on ? limits : null;
}

function checkLimit(reading: Reading, field: string, value: number, most: number): number {
  const least = field === "batch.interval_ms" ? 0 : 1;
  if (!Number.isInteger(value) || value < least || value > most) {
    reading.faults.push({ field, message: `${field} must be a whole number from ${least} to ${most}.` });
  }
  return value;
}

function readOne<Option extends string>(
  reading: Reading,
  field: string,
  options: readonly [Option, ...Option[]],
): Option {
  const value = given(reading, field);
  const text = typeof value === "string" ? value.trim().toLowerCase() : value;
  const option = options.find((each) => each.toLowerCase() === text);
  if (value !== undefined && option === undefined) {
    reading.faults.push({ field, message: `${field} must be one of: ${options.join(", ")}.` });
  }
  return option ?? options[0];
}

function readBoolean(reading: Reading, field: string): boolean | undefined {
  const value = given(reading, field);
  // An object may have a toString of its own.
  const text = typeof value === "object" ? "" : String(value).trim().toLowerCase();
  if (value === undefined || text === "true" || text === "false")
    return value === undefined ? undefined : text === "true";
  reading.faults.push({ field, message: `${field} must be true or false.` });
  return undefined;
}

function readInteger(
  reading: Reading,
  field: string,
  { fallback, least, most }: { fallback: number; least: number; most: number },
): number {
  const value = given(reading, field);
  if (value === undefined) return fallback;
  const number = typeof value === "string" && /^\d{1,9}$/.test(value.trim()) ? Number(value) : value;
  if (typeof number === "number" && Number.isInteger(number) && number >= least && number <= most) return number;
  reading.faults.push({ field, message: `${field} must be a whole number from ${least} to ${most}.` });
  return fallback;
}

/** A form sends what was left empty as an empty text: it counts as unset. */
function given({ parameters }: Reading, field: string): JsonValue | undefined {
  const value = parameters[field];
  return value === null || value === "" ? undefined : value;
}
