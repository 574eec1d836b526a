/** The Data Manager API: `POST /v1/events:ingest`, one conversion action a request. */
import { type DeliveryPlan, type JsonObject, type SettingsFault, type SpecHooks } from "@datafly-signal/core";
import { compile, joined } from "./compile.ts";
import { actionOf, ADRIFT, isAdrift } from "./conversion-action.ts";
import { conversionEvent, hasIdentifiers } from "./conversion-event.ts";
import { classifyDataManager } from "./ingest-answer.ts";
import { dataManagerTest } from "./ingest-connection-test.ts";
import type { GoogleAdsSettings } from "./settings.ts";

/** https://developers.google.com/data-manager/api/reference/rest/v1/events/ingest */
export const DATA_MANAGER_VERSION = "v1";

const NOTHING_TO_MATCH =
  "The event has nothing by which Google finds a click or a person: a click ID, or a hashed e-mail address, phone number or whole address.";

/** The plan, with one of its own for each conversion action that the settings name. */
export function dataManagerPlan(settings: GoogleAdsSettings): DeliveryPlan | SettingsFault[] {
  const { usual, byEvent } = settings.actions;
  const plans = new Map<string, DeliveryPlan>();
  for (const action of new Set([usual, ...byEvent.values()])) {
    const made = compile(spec(settings, action), settings, hooks(settings));
    if (Array.isArray(made)) return made;
    plans.set(action, made);
  }
  return joined(plans, (delivery) => {
    const found = actionOf(delivery, settings.actions);
    return "refuse" in found ? found : { to: found.action };
  });
}

function spec({ customer, manager, validateOnly }: GoogleAdsSettings, action: string) {
  const destination: JsonObject = {
    operatingAccount: { accountType: "GOOGLE_ADS", accountId: customer },
    ...(manager !== "" && { loginAccount: { accountType: "GOOGLE_ADS", accountId: manager } }),
    productDestinationId: action,
  };
  const around: JsonObject = { destinations: [destination], encoding: "HEX" };
  return {
    endpoint: { url: `https://datamanager.googleapis.com/${DATA_MANAGER_VERSION}/events:ingest` },
    body: {
      encoding: "json" as const,
      envelope: { ...around, events: "$events", ...(validateOnly && { validateOnly: true }) },
    },
    dedupe: { path: "transactionId" },
    responses: { message: "body.error.message", bisect: [400] },
    test: dataManagerTest(around),
  };
}

function hooks({ cart, given }: GoogleAdsSettings): SpecHooks {
  return {
    event(value, delivery) {
      const event = conversionEvent(value, cart);
      if (isAdrift(delivery, event["transactionId"])) return { refuse: ADRIFT };
      return hasIdentifiers(event) ? { value: event } : { refuse: NOTHING_TO_MATCH };
    },
    classify: classifyDataManager(given),
  };
}
