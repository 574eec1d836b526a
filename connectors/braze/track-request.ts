/** How `/users/track` is called, and what its statuses mean. */
import type { DeliverySpec } from "@datafly-signal/core";

/** The API has no version in its addresses. https://www.braze.com/docs/api/endpoints/user_data/post_user_track */
const TRACK_PATH = "/users/track";

/** Of attributes, events and purchases together; contracts of before 2024 allow as many of each. */
const MOST_OBJECTS = 75;

const WRONG_KEY =
  "Braze does not know the key at this instance (401). Check rest_api_key, and that rest_endpoint is the instance of your dashboard's address.";
const NO_RIGHT =
  "Braze does not allow this (403): the key lacks the permission users.track, or the account is inactive. Check rest_api_key. It said: {{body.message?}}";
const NO_SUCH_ADDRESS = "Braze has nothing at this address (404). Check rest_endpoint.";
const TOO_MANY = "Braze asks for fewer requests (429). Its limits stand in Settings > APIs and Identifiers.";

export function trackRequest(endpoint: string): DeliverySpec {
  return {
    endpoint: { url: `${endpoint}${TRACK_PATH}` },
    auth: { kind: "bearer", token: "{{secret.rest_api_key}}" },
    body: {
      encoding: "json",
      envelope: {
        attributes: { $collect: "{{payload.attributes}}" },
        events: { $collect: "{{payload.events}}" },
        purchases: { $collect: "{{payload.purchases}}" },
      },
    },
    batch: { items: MOST_OBJECTS },
    responses: {
      message: "body.message",
      bisect: [400],
      rules: [
        { status: 401, outcome: "misconfigured", reason: WRONG_KEY },
        { status: 403, outcome: "misconfigured", reason: NO_RIGHT },
        { status: 404, outcome: "misconfigured", reason: NO_SUCH_ADDRESS },
        // The header differs by contract: seconds to wait, seconds left, or the moment itself.
        {
          status: 429,
          when: [{ path: "headers.x-ratelimit-retry-after", matches: "^[0-9]+$" }],
          outcome: "throttle",
          reason: TOO_MANY,
          retry_after: { path: "headers.x-ratelimit-retry-after", unit: "s" },
        },
        {
          status: 429,
          when: [{ path: "headers.x-ratelimit-reset", matches: "^[0-9]{10,}$" }],
          outcome: "throttle",
          reason: TOO_MANY,
          retry_after: { path: "headers.x-ratelimit-reset", unit: "epoch_s" },
        },
        {
          status: 429,
          when: [{ path: "headers.x-ratelimit-reset", matches: "^[0-9]{1,9}$" }],
          outcome: "throttle",
          reason: TOO_MANY,
          retry_after: { path: "headers.x-ratelimit-reset", unit: "s" },
        },
        { status: 429, outcome: "throttle", reason: TOO_MANY },
      ],
    },
    test: {
      method: "POST",
      body: {},
      rules: [
        // Nothing to track is what an empty request is refused for, once the key was found to be right.
        {
          status: 400,
          when: [{ path: "body.message", exists: true }],
          result: "ok",
          message: "Braze knows the key, and it may track users.",
        },
        { status: 401, result: "credentials", field: "rest_api_key", message: WRONG_KEY },
        { status: 403, result: "permission", field: "rest_api_key", message: NO_RIGHT },
        { status: 404, result: "not_found", field: "rest_endpoint", message: NO_SUCH_ADDRESS },
      ],
    },
  };
}
