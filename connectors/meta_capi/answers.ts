/** What Graph's answers mean: its `error.code` decides, the HTTP status is no guide (throttling comes as 403). */
import type { DeliverySpec, VendorOutcome, VendorResponse } from "@datafly-signal/core";

type Responses = NonNullable<DeliverySpec["responses"]>;
type Rules = NonNullable<Responses["rules"]>;
type TestRules = NonNullable<NonNullable<DeliverySpec["test"]>["rules"]>;
type Conditions = NonNullable<Rules[number]["when"]>;

/** Graph API, rate limits; 341 and 368 are said to pass with time, too. */
const THROTTLED = [
  4, 17, 32, 341, 368, 613, 80_000, 80_001, 80_002, 80_003, 80_004, 80_005, 80_006, 80_008, 80_009, 80_014,
];
const BROKEN_TOKEN = [102, 104, 190];
const code = (...codes: number[]): Conditions => [{ path: "body.error.code", in: codes }];
const PERMISSION: Conditions = [{ path: "body.error.code", matches: "^(3|10|2[0-9][0-9])$" }];
const MISSING_PERMISSION: Conditions = [
  ...code(100),
  { path: "body.error.message", matches: "(?i)missing permissions?$" },
];
const NO_OBJECT: Conditions = [...code(100), { path: "body.error.error_subcode", equals: 33 }];
const subcode = (...subcodes: number[]): Conditions => [
  ...code(...BROKEN_TOKEN),
  { path: "body.error.error_subcode", in: subcodes },
];

const NEW_TOKEN = "Generate a new one in Events Manager and enter it as access_token.";
const WHERE_ID =
  "Compare pixel_id with the Dataset ID in Events Manager, and assign the dataset to the token's system user.";
const SAID = "{{body.error.message?}}";

const badEvent = (...when: Conditions): Rules[number] => ({
  when: [...code(100), ...when],
  outcome: "reject",
  bisect: true,
  reason: `Meta refused the event: ${SAID}`,
});

const RULES: Rules = [
  { when: code(...THROTTLED), outcome: "throttle", reason: `Meta asks for fewer requests. It said: ${SAID}` },
  { when: code(1, 2), outcome: "retry", reason: `Meta cannot take events now. It said: ${SAID}` },
  {
    when: [{ path: "body.error.is_transient", equals: true }],
    outcome: "retry",
    reason: `Meta had a passing fault. It said: ${SAID}`,
  },
  {
    when: subcode(463),
    outcome: "misconfigured",
    field: "access_token",
    reason: `The access token has expired. ${NEW_TOKEN}`,
  },
  {
    when: subcode(458, 459, 460, 464, 467, 492),
    outcome: "misconfigured",
    field: "access_token",
    reason: `Meta has withdrawn the access token. ${NEW_TOKEN} It said: ${SAID}`,
  },
  {
    when: code(...BROKEN_TOKEN),
    outcome: "misconfigured",
    field: "access_token",
    reason: `Meta does not take the access token. ${NEW_TOKEN} It said: ${SAID}`,
  },
  {
    when: NO_OBJECT,
    outcome: "misconfigured",
    field: "pixel_id",
    reason: `There is no such dataset, or the token may not use it. ${WHERE_ID}`,
  },
  {
    when: code(803),
    outcome: "misconfigured",
    field: "pixel_id",
    reason: `Meta knows no dataset of this id. ${WHERE_ID}`,
  },
  ...[PERMISSION, MISSING_PERMISSION].map((when): Rules[number] => ({
    when,
    outcome: "misconfigured",
    field: "access_token",
    reason: `The access token may not send to this dataset. Assign the dataset to its system user, or generate a token at the dataset. Meta said: ${SAID}`,
  })),
  {
    when: code(2_635, 2_500),
    outcome: "misconfigured",
    reason: `Meta no longer serves this version of its API: update Signal. It said: ${SAID}`,
  },
  {
    when: [...code(100), { path: "text", matches: "test_event_code" }],
    outcome: "misconfigured",
    field: "test_event_code",
    reason:
      "Meta does not take the test event code. Take the one that Test events shows now, or clear test_event_code.",
  },
  {
    when: [...code(100), { path: "body.error.error_subcode", equals: 2_804_003 }],
    outcome: "reject",
    bisect: true,
    reason: "The event is older than Meta takes: 7 days, 62 for action_source physical_store.",
  },
  {
    ...badEvent({ path: "body.error.error_user_msg", exists: true }),
    reason: "Meta refused the event: {{body.error.error_user_title?}}. {{body.error.error_user_msg}}",
  },
  badEvent(),
];

/** 400 without a code that is known is about an event, too: the others of its request are not to be lost with it. */
export const RESPONSES: Responses = { message: "body.error.message", bisect: [400], rules: RULES };

/** Of reading the dataset. */
export const TEST_RULES: TestRules = [
  { when: code(...THROTTLED), result: "limited", message: "Meta asks for fewer requests. Try again in a few minutes." },
  { when: code(1, 2), result: "unavailable", message: `Meta cannot answer now. Try again later. It said: ${SAID}` },
  {
    when: subcode(463),
    result: "credentials",
    field: "access_token",
    message: `The access token has expired. ${NEW_TOKEN}`,
  },
  {
    when: code(...BROKEN_TOKEN),
    result: "credentials",
    field: "access_token",
    message: `Meta does not take the access token. ${NEW_TOKEN} It said: ${SAID}`,
  },
  ...[PERMISSION, MISSING_PERMISSION].map((when): TestRules[number] => ({
    when,
    result: "permission",
    field: "access_token",
    message: `Meta knows the token, and it may not read this dataset. It may still be one that can send: send an event with a test event code to see. Meta said: ${SAID}`,
  })),
  {
    when: NO_OBJECT,
    result: "not_found",
    field: "pixel_id",
    message: `Meta takes the token and shows it no such dataset. ${WHERE_ID} A token that may send and not read sees the same: then send an event with a test event code.`,
  },
  { when: code(803), result: "not_found", field: "pixel_id", message: `Meta knows no dataset of this id. ${WHERE_ID}` },
  {
    when: code(100),
    result: "not_found",
    field: "pixel_id",
    message: `The id is not that of a dataset. ${WHERE_ID} Meta said: ${SAID}`,
  },
  {
    status: 200,
    when: [{ path: "body.name", exists: true }],
    result: "ok",
    message: "The token reads the dataset {{body.name}}.",
  },
  { status: 200, when: [{ path: "body.id", exists: true }], result: "ok", message: "The token reads the dataset." },
];

const MINUTE_MS = 60_000;
const LONGEST_MS = 3_600_000;

/** Throttled answers say in a header in how many minutes Meta takes calls again (Graph API, rate limits). */
export function withRegainTime(outcomes: VendorOutcome[], { headers }: VendorResponse): VendorOutcome[] {
  const minutes = regainMinutes(headers["x-business-use-case-usage"] ?? "");
  if (minutes <= 0) return outcomes;
  const retryAfterMs = Math.min(minutes * MINUTE_MS, LONGEST_MS);
  return outcomes.map((one) =>
    one.kind === "throttle" && one.retryAfterMs === undefined ? { ...one, retryAfterMs } : one,
  );
}

/** The longest of all uses that the header lists; 0 where it names none. */
function regainMinutes(header: string): number {
  const found = [...header.slice(0, 16_384).matchAll(/"estimated_time_to_regain_access"\s*:\s*(\d{1,6})/g)];
  return Math.max(0, ...found.map(([, minutes]) => Number(minutes)));
}
