/** What a request says once, of the client and the user, as the protocol takes it. */
import { isJsonObject, type JsonObject, type JsonValue, type Refusal } from "@datafly-signal/core";
import { clientId, isInNumbers } from "./client-id.ts";
import { LONGEST_USER_ID } from "./limits.ts";
import { readyProperties } from "./ready-properties.ts";
import { readyUserData } from "./ready-user-data.ts";
import type { Stream } from "./stream.ts";
import { isNothing } from "./values.ts";

type Head = Record<string, JsonValue>;

const REST = ["user_location", "ip_override", "device", "user_agent"];

/** @param given the payload, or the body of the request: its other fields stay as they are */
export function readyHead(given: JsonObject, event: JsonObject, stream: Stream): { head: Head } | Refusal {
  const client = stream.isApp ? appInstance(given["app_instance_id"]) : webClient(given["client_id"], event, stream);
  if ("refuse" in client) return client;
  const user = readyUser(given);
  if ("refuse" in user) return user;
  const said = readyConsent(given["consent"]);
  if ("refuse" in said) return said;
  const { consent } = said;
  const { user_id, user_properties, user_data } = user;
  const mayShowUser = consent["ad_user_data"] !== "DENIED";
  const head: Head = {
    ...client,
    ...(user_id !== undefined && { user_id }),
    ...(Object.keys(user_properties).length > 0 && { user_properties }),
    ...(mayShowUser && user_data !== undefined && { user_data }),
    ...(Object.keys(consent).length > 0 && { consent }),
    ...placeAndDevice(given, stream),
  };
  return { head };
}

/** Google takes the place before the address, and the device before the browser's words. */
function placeAndDevice(given: JsonObject, { isApp }: Stream): Head {
  const rest: Head = {};
  for (const key of REST) {
    const value = given[key];
    if (!isNothing(value) && isJsonObject(value) === (key === "user_location" || key === "device")) rest[key] = value;
  }
  const { ip_override, user_agent, ...others } = rest;
  return {
    ...others,
    ...(ip_override !== undefined && rest["user_location"] === undefined && { ip_override }),
    ...(user_agent !== undefined && rest["device"] === undefined && !isApp && { user_agent }),
  };
}

function appInstance(id: JsonValue | undefined): { app_instance_id: string } | Refusal {
  if (typeof id === "string" && /^[0-9a-f]{32}$/i.test(id)) return { app_instance_id: id };
  return {
    refuse:
      "An app stream needs app_instance_id: the 32 hexadecimal digits that the Firebase SDK gives. Send it as vendor_ids.ga_app_instance_id.",
  };
}

function webClient(
  id: JsonValue | undefined,
  event: JsonObject,
  { isStrict }: Stream,
): { client_id: string } | Refusal {
  if (isNothing(id) || typeof id === "object")
    return {
      refuse:
        "The payload has no client_id, and Google Analytics takes no event without one. Map it from vendor_ids.ga_client_id or anonymousId.",
    };
  const client = clientId(String(id).trim(), event);
  if (isStrict && !isInNumbers(client))
    return { refuse: "client_id is not of the form 1234567890.1772029800, which strict validation asks for." };
  return { client_id: client };
}

interface User {
  user_id: string | undefined;
  user_properties: JsonObject;
  user_data: JsonObject | undefined;
}

function readyUser(given: JsonObject): User | Refusal {
  const id = given["user_id"];
  const user = isNothing(id) || typeof id === "object" ? undefined : String(id);
  if (user !== undefined && user.length > LONGEST_USER_ID)
    return { refuse: `user_id has ${user.length} characters, and Google Analytics takes ${LONGEST_USER_ID}.` };
  const made = readyProperties(given["user_properties"]);
  if ("refuse" in made) return made;
  const hashed = readyUserData(given["user_data"]);
  if ("refuse" in hashed) return hashed;
  return { user_id: user, user_properties: made.properties, user_data: hashed.data };
}

/** Google drops the whole request for another word. */
function readyConsent(given: JsonValue | undefined): { consent: JsonObject } | Refusal {
  const consent: Record<string, string> = {};
  for (const key of ["ad_user_data", "ad_personalization"]) {
    const word = isJsonObject(given) ? given[key] : undefined;
    if (isNothing(word)) continue;
    if (word !== "GRANTED" && word !== "DENIED")
      return { refuse: `consent.${key} is neither GRANTED nor DENIED. Map it with a value_map.` };
    consent[key] = word;
  }
  return { consent };
}
