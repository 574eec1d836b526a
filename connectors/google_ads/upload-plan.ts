/** The Google Ads API: conversions by `uploadClickConversions`, changes of earlier ones by `uploadConversionAdjustments`. */
import { type DeliveryPlan, type JsonObject, type SettingsFault, type SpecHooks } from "@datafly-signal/core";
import { classifyAdsApi } from "./upload-answer.ts";
import { clickConversion, conversionAdjustment } from "./upload-row.ts";
import { adsApiTest } from "./upload-connection-test.ts";
import { compile, joined } from "./compile.ts";
import { actionOf, ADJUSTMENT, ADRIFT, isAdrift } from "./conversion-action.ts";
import { conversionEvent } from "./conversion-event.ts";
import type { GoogleAdsSettings } from "./settings.ts";

/** https://developers.google.com/google-ads/api/reference/rpc/v25/ConversionUploadService */
const ADS_API_VERSION = "v25";

/** The vendor takes 2,000. An answer repeats every row, and of an answer no more than 64 KiB are read. */
const ROWS = 50;

const NOTHING_TO_MATCH =
  "The event has nothing by which the Google Ads API finds a click or a person: a click ID, or a hashed e-mail address or phone number.";

const SERVICES = {
  conversions: { call: "uploadClickConversions", rows: "conversions" },
  adjustments: { call: "uploadConversionAdjustments", rows: "conversionAdjustments" },
} as const;

type Service = keyof typeof SERVICES;

export function adsApiPlan(settings: GoogleAdsSettings): DeliveryPlan | SettingsFault[] {
  const plans = new Map<Service, DeliveryPlan>();
  for (const service of ["conversions", "adjustments"] as const) {
    const made = compile(spec(settings, service), settings, hooks(settings, service));
    if (Array.isArray(made)) return made;
    plans.set(service, made);
  }
  return joined(plans, (delivery) => {
    const found = actionOf(delivery, settings.actions);
    if ("refuse" in found) return found;
    return { to: delivery.vendorEventName === ADJUSTMENT ? "adjustments" : "conversions" };
  });
}

function spec(settings: GoogleAdsSettings, service: Service) {
  const { customer, manager, validateOnly } = settings;
  const { call, rows } = SERVICES[service];
  const base = `https://googleads.googleapis.com/${ADS_API_VERSION}/customers/${customer}`;
  const envelope: JsonObject = { [rows]: "$events", partialFailure: true, ...(validateOnly && { validateOnly: true }) };
  return {
    endpoint: { url: `${base}:${call}` },
    headers: {
      "developer-token": "{{secret.developer_token}}",
      ...(manager !== "" && { "login-customer-id": manager }),
    },
    body: { encoding: "json" as const, envelope },
    batch: { events: ROWS },
    // The order is what Google knows a conversion by, and an adjustment finds it by.
    dedupe: { path: "transactionId" },
    responses: { message: "body.error.message", bisect: [400] },
    test: adsApiTest(settings, `${base}:${SERVICES.conversions.call}`),
  };
}

function hooks({ actions, cart, customer, given }: GoogleAdsSettings, service: Service): SpecHooks {
  return {
    event(value, delivery) {
      const found = actionOf(delivery, actions);
      if ("refuse" in found) return found;
      const event = conversionEvent(value, cart);
      const facts = { customer, action: found.action };
      if (isAdrift(delivery, event["transactionId"])) return { refuse: ADRIFT };
      if (service === "adjustments") return { value: conversionAdjustment(event, facts) };
      const row = clickConversion(event, facts);
      return row === undefined ? { refuse: NOTHING_TO_MATCH } : { value: row };
    },
    classify: classifyAdsApi(given),
  };
}
