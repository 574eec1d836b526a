/** Names that the protocol takes, and those it keeps for itself. */
import { LONGEST_NAME, LONGEST_PROPERTY_NAME } from "./limits.ts";

const RESERVED_EVENTS = new Set([
  ...["ad_activeview", "ad_click", "ad_exposure", "ad_query", "ad_reward", "adunit_exposure", "app_clear_data"],
  ...["app_exception", "app_install", "app_remove", "app_store_refund", "app_update", "app_upgrade"],
  ...["dynamic_link_app_open", "dynamic_link_app_update", "dynamic_link_first_open", "error", "firebase_campaign"],
  ...["firebase_in_app_message_action", "firebase_in_app_message_dismiss", "firebase_in_app_message_impression"],
  ...["first_open", "first_visit", "notification_dismiss", "notification_foreground", "notification_open"],
  ...["notification_receive", "notification_send", "os_update", "session_start", "user_engagement"],
]);
const APP_EVENTS = new Set(["ad_impression", "in_app_purchase", "screen_view"]);

const RESERVED_PARAM = "firebase_conversion";
const RESERVED_PREFIXES = ["_", "firebase_", "ga_", "google_", "gtag."];
/** A parameter of items that Google itself has begin like its own. */
const BUSINESS_VERTICAL = "google_business_vertical";
const RESERVED_PROPERTIES = new Set([
  ...["first_open_time", "first_visit_time", "last_deep_link_referrer", "user_id", "first_open_after_install"],
]);

const FORM = /^[A-Za-z]\w*$/;

/** Why an event cannot have this name; undefined where it can. */
export function eventNameFault(name: string, { isApp }: { isApp: boolean }): string | undefined {
  const shown = JSON.stringify(name.slice(0, 60));
  if (!FORM.test(name)) {
    return `Google Analytics takes no event called ${shown}: names begin with a letter and hold letters, digits and _. Set events[0].name in the mapping.`;
  }
  if (name.length > LONGEST_NAME)
    return `The event's name ${shown} has ${name.length} characters, and Google Analytics takes ${LONGEST_NAME}. Set a shorter one in the mapping.`;
  if (RESERVED_EVENTS.has(name))
    return `Google Analytics keeps the event name ${shown} for itself. Give the event another name in the mapping, or do not send it.`;
  if (APP_EVENTS.has(name) && !isApp)
    return `Google Analytics takes ${shown} from app streams alone, and this integration sends to a web stream. Give the event another name in the mapping.`;
  return undefined;
}

/** A parameter's name with what it may not hold replaced; undefined where it cannot be one. */
export function paramName(name: string): string | undefined {
  const made = name.replaceAll(/\W/g, "_");
  const isReserved = made === RESERVED_PARAM || RESERVED_PREFIXES.some((prefix) => name.startsWith(prefix));
  return FORM.test(made) && made.length <= LONGEST_NAME && !isReserved ? made : undefined;
}

/** The same of an item's field. */
export function itemParamName(name: string): string | undefined {
  return name === BUSINESS_VERTICAL ? name : paramName(name);
}

/** The same of a user property. */
export function propertyName(name: string): string | undefined {
  const made = paramName(name);
  return made !== undefined && made.length <= LONGEST_PROPERTY_NAME && !RESERVED_PROPERTIES.has(made)
    ? made
    : undefined;
}
