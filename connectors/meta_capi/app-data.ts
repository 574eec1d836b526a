/** What Meta must know of the app an event comes from (App data parameters), from the context that mobile SDKs send. */
import { isJsonObject, type DeliveryRecord, type JsonObject, type JsonValue } from "@datafly-signal/core";

/** The event with `app_data` where it happened in an app and the mapping does not bring the data. */
export function withAppData(event: JsonObject, { event: { context } }: DeliveryRecord): JsonObject {
  if (event["action_source"] !== "app") return event;
  const given = isJsonObject(event["app_data"]) ? event["app_data"] : {};
  const device = objectOf(context["device"]);
  const version = versionOf(context);
  return {
    ...event,
    app_data: {
      advertiser_tracking_enabled: device["adTrackingEnabled"] === true ? 1 : 0,
      application_tracking_enabled: 1,
      ...(version !== null && { extinfo: extinfo(version, context) }),
      ...given,
    },
  };
}

export function appFault({ action_source: source, app_data: app }: JsonObject): string | null {
  if (source !== "app" || Array.isArray(objectOf(app)["extinfo"])) return null;
  return (
    "The event is of an app, and its context does not say whether of Android or iOS. " +
    "Send context.os, or give app_data.extinfo in the mapping."
  );
}

/** `a2` is Android, `i2` iOS. */
function versionOf(context: JsonObject): "a2" | "i2" | null {
  const { type, manufacturer } = objectOf(context["device"]);
  const system = textOf(objectOf(context["os"])["name"]).toLowerCase();
  const device = textOf(type).toLowerCase();
  if (device === "ios" || /^(ios|ipados)$/.test(system) || textOf(manufacturer).toLowerCase() === "apple") return "i2";
  return device === "android" || system === "android" ? "a2" : null;
}

/** Sixteen places in Meta's order; what is not known stays empty. */
function extinfo(version: string, context: JsonObject): string[] {
  const [app, os, device, screen, network] = ["app", "os", "device", "screen", "network"].map((key) =>
    objectOf(context[key]),
  ) as [JsonObject, JsonObject, JsonObject, JsonObject, JsonObject];
  const timezone = textOf(context["timezone"]);
  return [
    version,
    textOf(app["namespace"]),
    textOf(app["version"]),
    textOf(app["build"] ?? app["version"]),
    textOf(os["version"]),
    textOf(device["model"]),
    textOf(context["locale"]).replaceAll("-", "_"),
    "",
    textOf(network["carrier"]),
    textOf(screen["width"]),
    textOf(screen["height"]),
    textOf(screen["density"]),
    "",
    "",
    "",
    timezone,
  ];
}

function objectOf(value: JsonValue | undefined): JsonObject {
  return isJsonObject(value) ? value : {};
}

function textOf(value: JsonValue | undefined): string {
  return typeof value === "string" || typeof value === "number" ? String(value) : "";
}
