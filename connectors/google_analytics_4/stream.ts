/** The data stream that events go to, and what it asks of them. */
import type { Settings } from "./config-fields.ts";
import { LONGEST_VALUE } from "./limits.ts";

export interface Stream {
  /** The query parameter that names it. */
  parameter: "measurement_id" | "firebase_app_id";
  /** The setting that holds it. */
  field: "measurement_id" | "firebase_app_id";
  /** Of an app: events carry `app_instance_id`, and some names are allowed. */
  isApp: boolean;
  /** Google drops what is not as recommended. */
  isStrict: boolean;
  /** Characters of a parameter's value. */
  longestValue: number;
  /** Events carry `debug_mode`. */
  showsDebug: boolean;
}

export function streamOf(settings: Settings): Stream {
  const { measurement_id, firebase_app_id, debug_mode, validation_behavior, property_tier } = settings;
  const isApp = firebase_app_id !== undefined || measurement_id?.startsWith("G-") !== true;
  return {
    parameter: isApp ? "firebase_app_id" : "measurement_id",
    field: firebase_app_id === undefined ? "measurement_id" : "firebase_app_id",
    isApp,
    // The validation server is asked for all it can say.
    isStrict: validation_behavior === "ENFORCE_RECOMMENDATIONS" || debug_mode === "validate",
    longestValue: LONGEST_VALUE[property_tier],
    showsDebug: debug_mode === "debug_view",
  };
}
