/** The settings as the delivery reads them: ids in digits, conversion actions by canonical event name. */
import {
  canonicalEventName,
  type JsonObject,
  type SettingsContext,
  type SettingsFault,
  type TypedSettings,
} from "@datafly-signal/core";
import type { CONFIG_FIELDS } from "./config-fields.ts";

export type Settings = TypedSettings<typeof CONFIG_FIELDS>;

export interface GoogleAdsSettings {
  customer: string;
  /** Of the manager account; empty where there is none. */
  manager: string;
  actions: ConversionActions;
  cart: MerchantFeed;
  validateOnly: boolean;
  /** As they were given: for the credentials. */
  given: Settings;
  context: SettingsContext;
}

export interface ConversionActions {
  usual: string;
  /** By canonical event name, and by the name as it stands in the setting. */
  byEvent: ReadonlyMap<string, string>;
}

/** What is known of the shop's products beside the event; fields that are not set are left out. */
export interface MerchantFeed {
  merchantId?: string;
  merchantFeedLabel?: string;
  merchantFeedLanguageCode?: string;
}

const ACTION = /^\d{1,19}$/;

export function readSettings(given: Settings, context: SettingsContext): GoogleAdsSettings {
  const { merchant_id, merchant_feed_label, merchant_feed_language } = given;
  return {
    customer: digits(given.customer_id),
    manager: digits(given.login_customer_id ?? ""),
    actions: { usual: given.conversion_action_id, byEvent: readMap(given.conversion_action_map ?? {}) },
    cart: {
      ...(merchant_id !== undefined && { merchantId: merchant_id }),
      ...(merchant_feed_label !== undefined && { merchantFeedLabel: merchant_feed_label.toUpperCase() }),
      ...(merchant_feed_language !== undefined && { merchantFeedLanguageCode: merchant_feed_language.toLowerCase() }),
    },
    validateOnly: given.validate_only === "true",
    given,
    context,
  };
}

/** What no field says by itself. */
export function checkSettings({ api, developer_token, conversion_action_map }: Partial<Settings>): SettingsFault[] {
  const faults: SettingsFault[] = [];
  for (const [event, action] of Object.entries(conversion_action_map ?? {})) {
    if (isAction(action)) continue;
    const message = `conversion_action_map: "${event.slice(0, 60)}" must have the number of a conversion action, such as "555000222".`;
    faults.push({ field: "conversion_action_map", message });
  }
  if (api === "google_ads" && developer_token === undefined) {
    const message =
      "Developer token is missing: the Google Ads API asks for one. Find it in the manager account, Admin > API Center, or set api to data_manager, which needs none.";
    faults.push({ field: "developer_token", message });
  }
  return faults;
}

function readMap(map: JsonObject): ReadonlyMap<string, string> {
  const actions = new Map<string, string>();
  for (const [event, action] of Object.entries(map)) {
    actions.set(event, String(action));
    const canonical = canonicalEventName(event);
    if (canonical !== undefined && canonical !== null) actions.set(canonical, String(action));
  }
  return actions;
}

function isAction(action: unknown): boolean {
  if (typeof action === "number") return Number.isSafeInteger(action) && action > 0;
  return typeof action === "string" && ACTION.test(action);
}

const digits = (id: string): string => id.replaceAll("-", "");
