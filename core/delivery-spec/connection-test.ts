/** The spec's `test`: the request that shows whether settings work, and what its answer tells. */
import type { ConnectionTest, ConnectionTestResult, VendorRequest, VendorResponse } from "../connector/contract.ts";
import { type Answer, answerOf } from "./answer-scope.ts";
import { readWords, redactor, type WriteWords } from "./answer-words.ts";
import type { Auth } from "./auth.ts";
import { tokenHeader } from "./build-requests.ts";
import { type AnswerFacts } from "./classify-response.ts";
import { readEncoding } from "./encode-body.ts";
import { readJsonTemplate } from "./json-template.ts";
import { laidOver, readHeaders, usualHeaders } from "./request-headers.ts";
import { type Holds, readConditions } from "./response-condition.ts";
import type { TestSpec } from "./responses-schema.ts";
import { Missing, readsEvent, type Scope, SETTING_ROOTS } from "./scope.ts";
import { addSpecFault, type SpecReading } from "./spec-reading.ts";
import type { DeliverySpec } from "./spec-schema.ts";
import type { RequestSigner } from "./aws-signature.ts";
import { readUrl } from "./url-template.ts";

type Kind = Exclude<TestRuleKind, "ok">;
type TestRuleKind = NonNullable<TestSpec["rules"]>[number]["result"];

interface TestRule {
  holds: Holds;
  result: TestRuleKind;
  field: string | undefined;
  words: WriteWords;
}

const TEST_ROOTS = [...SETTING_ROOTS, "now", "batch_id", "token"];

/** Undefined where the spec is at fault. */
export function readTest(
  reading: SpecReading,
  spec: DeliverySpec & { test: TestSpec },
  { auth, answers, sign }: { auth: Auth; answers: AnswerFacts; sign: RequestSigner | undefined },
): ConnectionTest | undefined {
  const { test, endpoint } = spec;
  const url = readUrl(reading, "test", {
    url: test.url ?? endpoint.url,
    query: { ...(test.url === undefined && endpoint.query), ...test.query },
  });
  if (url?.placeholders.some(readsEvent) === true) {
    addSpecFault(reading, "test.url", "There is no event when a connection is tried: give the test a url of its own.");
  }
  const headers = readHeaders(reading, "test.headers", { ...withoutEvents(spec.headers), ...test.headers });
  const json =
    test.body === undefined
      ? undefined
      : readJsonTemplate(reading, "test.body", { value: test.body, roots: TEST_ROOTS });
  const encoding =
    json === undefined ? undefined : readEncoding(reading, asOne(spec), { envelope: json, perEvent: true });
  const rules = readRules(reading, test, answers);
  const wanted = test.body === undefined || (json !== undefined && encoding !== undefined);
  if (url === undefined || headers === undefined || rules === undefined || !wanted) return undefined;
  const method: VendorRequest["method"] = test.method ?? (test.body === undefined ? "GET" : "POST");
  return {
    request(facts) {
      const scope: Scope = {
        ...reading.settings,
        now: new Date(facts.now).toISOString(),
        batch_id: facts.batchId,
        token: facts.token ?? "",
      };
      const body = encoding?.body({ events: [], collected: [] }, scope);
      const text = body === undefined || body instanceof Missing || "refuse" in body ? null : body.text;
      const address = url.write(scope, auth.query);
      const own = headers.write(scope);
      const usual = usualHeaders(text === null ? null : (encoding?.contentType ?? null));
      const carried = { ...auth.headers, ...tokenHeader(auth, facts) };
      const request: VendorRequest = {
        method,
        url: typeof address === "string" ? address : endpoint.url,
        headers: laidOver(laidOver(usual, own instanceof Missing ? {} : own), carried),
        body: text,
        covers: [],
      };
      const signed = sign?.(request, facts.now) ?? request;
      return auth.sign?.(signed, facts.now) ?? signed;
    },
    read: (response) => resultOf(response, rules, answers),
  };
}

/** Headers that say something of an event have nothing to say. */
function withoutEvents(headers: DeliverySpec["headers"] = {}): Record<string, string> {
  const ofEvents = /\{\{\s*(event|payload|delivery)\b/;
  return Object.fromEntries(Object.entries(headers).filter(([, text]) => !ofEvents.test(text)));
}

/** A test sends one document, whatever deliveries are written as. */
function asOne({ body }: DeliverySpec): DeliverySpec["body"] {
  const lines = body.encoding === "ndjson" || body.encoding === "csv" || body.encoding === "none";
  return lines ? { encoding: "json" } : body;
}

function readRules(reading: SpecReading, { rules = [] }: TestSpec, { secrets }: AnswerFacts): TestRule[] | undefined {
  const redact = redactor(secrets);
  const read: TestRule[] = [];
  for (const [index, rule] of rules.entries()) {
    const holds = readConditions(rule);
    const words = readWords(rule.message, redact);
    if (typeof holds !== "function") addSpecFault(reading, `test.rules[${index}]`, holds.fault);
    else if (typeof words !== "function") addSpecFault(reading, `test.rules[${index}].message`, words.fault);
    else read.push({ holds, result: rule.result, field: rule.field, words });
  }
  return read.length === rules.length ? read : undefined;
}

function resultOf(response: VendorResponse, rules: readonly TestRule[], facts: AnswerFacts): ConnectionTestResult {
  const answer = answerOf(response);
  const rule = rules.find(({ holds }) => holds(answer));
  if (rule !== undefined) {
    const { result, field, words } = rule;
    const message = words(answer);
    return result === "ok"
      ? { ok: true, message }
      : { ok: false, kind: result, ...(field !== undefined && { field }), message };
  }
  return usualResult(answer, facts);
}

/** By the status alone, as HTTP means it. */
function usualResult({ status }: Answer, { credentials, addresses }: AnswerFacts): ConnectionTestResult {
  if (status >= 200 && status <= 299) return { ok: true, message: "The vendor took the request." };
  const failed = (kind: Kind, message: string, field?: string): ConnectionTestResult => ({
    ok: false,
    kind,
    ...(field !== undefined && { field }),
    message,
  });
  const [credential] = credentials;
  const [address] = addresses;
  if (status === 401)
    return failed(
      "credentials",
      `The vendor refused the credentials (401). Check ${credential ?? "them"}.`,
      credential,
    );
  if (status === 403) {
    return failed(
      "permission",
      `The vendor knows the credentials and does not allow this (403). Give ${credential ?? "them"} the right to write.`,
      credential,
    );
  }
  if (status === 404 || status === 410) {
    return failed(
      "not_found",
      `There is nothing at the vendor's address (${status}). Check ${address ?? "the endpoint"}.`,
      address,
    );
  }
  if (status === 429) return failed("limited", "The vendor asks for fewer requests (429). Try again in a minute.");
  if (status >= 500) return failed("unavailable", `The vendor cannot answer now (${status}). Try again later.`);
  return failed("unknown", `The vendor answered ${status}, which tells nothing of the settings.`);
}
