/** What TikTok's answers mean. Faults mostly come with HTTP status 200 and a `code` in the body. */
import type { DeliverySpec } from "@datafly-signal/core";

type Responses = NonNullable<DeliverySpec["responses"]>;
type TestRules = NonNullable<NonNullable<DeliverySpec["test"]>["rules"]>;

const OK = { path: "body.code", equals: 0 };
/** 40102 expired, 40104 empty, 40105 wrong or revoked, and what else there is about tokens. 40100 is another matter. */
const TOKEN = { path: "body.code", matches: "^401(0[1-9]|[1-9][0-9])$" };
/** The token is right and may not write to the event source; one that does not exist is answered alike. */
const PERMISSION = { path: "body.code", equals: 40_001 };
const NOT_FOUND = { path: "body.code", equals: 40_007 };
/** Requests a second, a minute or a day. */
const TOO_MANY = { path: "body.code", in: [40_100, 40_016] };
const PARAMETER = { path: "body.code", equals: 40_002 };
/** Not of an event that lacks what its event source asks for, as in `data.0.page: required where event_source is web`. */
const ABOUT_SOURCE = {
  path: "body.message",
  matches: "(?i)^[^.\\[]*\\b(event_source_id|pixel_code)\\b|^\\W*(invalid )?event_source\\b",
};
const ABOUT_TEST_CODE = { path: "body.message", matches: "(?i)\\btest_event_code\\b" };
const OTHER_FAULT = { path: "body.code", matches: "^4[0-9]{4}$" };
const THEIR_FAULT = { path: "body.code", matches: "^[56][0-9]{4}$" };

const SAID = "It said: {{body.message?}}";

export const RESPONSES: Responses = {
  message: "body.message",
  bisect: [400, 422],
  rules: [
    { status: "2xx", when: [OK], outcome: "delivered" },
    {
      when: [TOKEN],
      outcome: "misconfigured",
      field: "access_token",
      reason: `TikTok refused the access token ({{body.code}}). Generate a new one for the pixel and enter it as access_token. ${SAID}`,
    },
    {
      when: [PERMISSION],
      outcome: "misconfigured",
      field: "pixel_code",
      reason: `The access token may not write to this event source ({{body.code}}). Check pixel_code, event_source, and that access_token was generated for it. ${SAID}`,
    },
    {
      when: [NOT_FOUND],
      outcome: "misconfigured",
      field: "pixel_code",
      reason: `TikTok does not know the event source ({{body.code}}). Check pixel_code and event_source. ${SAID}`,
    },
    { when: [TOO_MANY], outcome: "throttle", reason: `TikTok asks for fewer requests ({{body.code}}). ${SAID}` },
    {
      when: [PARAMETER, ABOUT_SOURCE],
      outcome: "misconfigured",
      field: "pixel_code",
      reason: `TikTok does not take the event source ({{body.code}}). Check pixel_code and event_source. ${SAID}`,
    },
    {
      when: [PARAMETER, ABOUT_TEST_CODE],
      outcome: "misconfigured",
      field: "test_event_code",
      reason: `TikTok does not take the test event code ({{body.code}}). Check test_event_code, or empty it. ${SAID}`,
    },
    {
      when: [OTHER_FAULT],
      outcome: "reject",
      bisect: true,
      reason: `TikTok refused the event's data ({{body.code}}). Mend the mapping of the field and replay. ${SAID}`,
    },
    { when: [THEIR_FAULT], outcome: "retry", reason: `TikTok could not take the request ({{body.code}}). ${SAID}` },
    // Events that come twice are one to TikTok, events that never came are lost.
    { status: "2xx", outcome: "retry", reason: "TikTok's answer does not say that the events were taken." },
  ],
};

export const TEST_RULES: TestRules = [
  { status: "2xx", when: [OK], result: "ok", message: "TikTok took a test event. It counts nowhere." },
  {
    when: [TOKEN],
    result: "credentials",
    field: "access_token",
    message: `TikTok refused the access token ({{body.code}}). Generate a new one for the pixel. ${SAID}`,
  },
  {
    when: [PERMISSION],
    result: "permission",
    field: "pixel_code",
    message: `TikTok knows the access token, and it may not write to this event source ({{body.code}}). Check pixel_code and event_source, or generate a token for it. ${SAID}`,
  },
  {
    when: [NOT_FOUND],
    result: "not_found",
    field: "pixel_code",
    message: `TikTok does not know the event source ({{body.code}}). Check pixel_code and event_source. ${SAID}`,
  },
  {
    when: [PARAMETER, ABOUT_SOURCE],
    result: "not_found",
    field: "pixel_code",
    message: `TikTok does not take the event source ({{body.code}}). Check pixel_code and event_source. ${SAID}`,
  },
  {
    when: [PARAMETER, ABOUT_TEST_CODE],
    result: "unknown",
    field: "test_event_code",
    message: `TikTok does not take the test event code ({{body.code}}). Check test_event_code. ${SAID}`,
  },
  {
    when: [TOO_MANY],
    result: "limited",
    message: `TikTok asks for fewer requests ({{body.code}}). Try again in a minute.`,
  },
  { when: [OTHER_FAULT], result: "unknown", message: `TikTok refused the test event ({{body.code}}). ${SAID}` },
  { when: [THEIR_FAULT], result: "unavailable", message: `TikTok cannot answer now ({{body.code}}). Try again later.` },
  { status: "2xx", result: "unknown", message: "TikTok's answer cannot be read. Try again later." },
];
