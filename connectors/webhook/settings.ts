/** What a lane's settings come to, and what is wrong with them beyond their form. */
import type { BatchLimits, JsonObject, SettingsContext, SettingsFault, TypedSettings } from "@datafly-signal/core";
import { type Authentication, readAuthentication } from "./authentication.ts";
import type { CONFIG_FIELDS } from "./config-fields.ts";
import { contentTypeOf, readHeaders } from "./headers.ts";
import { readTemplate } from "./template-reader.ts";
import type { Template } from "./template.ts";

export const BATCH_DEFAULTS: BatchLimits = { size: 100, bytes: 1_048_576, intervalMs: 5_000 };

export type Settings = TypedSettings<typeof CONFIG_FIELDS>;

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
}

/** What they come to, with everything that is wrong; where something is, the rest counts for nothing. */
export function readSettings(
  settings: Partial<Settings>,
  context: SettingsContext,
): { read: WebhookSettings; faults: SettingsFault[] } {
  const faults: SettingsFault[] = [];
  const { method = "POST", authentication: scheme = "none" } = settings;
  const authentication = readAuthentication(scheme, settings.auth_token ?? "");
  if (typeof authentication === "string") faults.push({ field: "auth_token", message: authentication });
  const headers = readHeaders(headersOf(settings), scheme === "bearer" || scheme === "basic");
  const batch = readBatch(settings, context, faults);
  const read: WebhookSettings = {
    url: settings.url ?? "",
    method,
    headers: headers.headers,
    contentType: contentTypeOf(headers.headers),
    authentication: typeof authentication === "string" ? { kind: "none" } : authentication,
    template: readPayload(settings, batch !== null, faults),
    batch,
  };
  return { read, faults: [...faults, ...headers.faults] };
}

const headersOf = ({ headers = {} }: Partial<Settings>): JsonObject => headers;

function readPayload(settings: Partial<Settings>, batched: boolean, faults: SettingsFault[]): Template | null {
  if (settings.payload_format !== "custom") return null;
  const field = "payload_template";
  const source = settings.payload_template;
  if (source === undefined) {
    faults.push({ field, message: "The payload format custom needs a template." });
    return null;
  }
  const template = readTemplate(source);
  if ("faults" in template) {
    for (const { message, line, column } of template.faults) {
      faults.push({ field, message: `Line ${line}, column ${column}: ${message}`, line, column });
    }
    return null;
  }
  if (batched && !template.readsBatch) {
    const message =
      "With batching on, the template must go over batch ({{#each batch}}), or all events but one would be lost.";
    faults.push({ field, message });
  }
  return template;
}

/** `batch` of the revision and the three flat fields are two spellings of the same; `batch` wins where both are given. */
function readBatch(settings: Partial<Settings>, context: SettingsContext, faults: SettingsFault[]): BatchLimits | null {
  const { batch, given } = context;
  const limits = {
    size: checkLimit(faults, "batch.size", {
      value: batch.size ?? settings.batch_size ?? BATCH_DEFAULTS.size,
      most: 1_000,
    }),
    bytes: checkLimit(faults, "batch.bytes", { value: batch.bytes ?? BATCH_DEFAULTS.bytes, most: 8 * 1_048_576 }),
    intervalMs: checkLimit(faults, "batch.interval_ms", {
      value: batch.intervalMs ?? settings.batch_interval_ms ?? BATCH_DEFAULTS.intervalMs,
      most: 60_000,
    }),
  };
  const asks = batch.size !== undefined && batch.size > 1;
  const enabled = given.has("batch_enabled") ? settings.batch_enabled === "true" : undefined;
  if (enabled === false && asks) {
    const message = "batch_enabled is false, but batch.size asks for batches. Remove one of them.";
    faults.push({ field: "batch_enabled", message });
  }
  return (enabled ?? asks) ? limits : null;
}

function checkLimit(faults: SettingsFault[], field: string, { value, most }: { value: number; most: number }): number {
  const least = field === "batch.interval_ms" ? 0 : 1;
  if (!Number.isInteger(value) || value < least || value > most) {
    faults.push({ field, message: `${field} must be a whole number from ${least} to ${most}.` });
  }
  return value;
}
