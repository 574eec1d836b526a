/** What the Google Ads API's answers mean: rows are told apart inside a 200, requests refused by the code of their error. */
import type { JsonObject, SpecHooks, VendorOutcome } from "@datafly-signal/core";
import { rowMeaning, wholeMeaning } from "./upload-codes.ts";
import { cleaner, type Clean, codeOf, readGoogleError, waitOf, withWait } from "./google-error.ts";
import { bodyOf, listOf, objectOf, textOf } from "./json-parts.ts";
import type { Settings } from "./settings.ts";

interface AdsError {
  /** As in `EXPIRED_EVENT`. */
  code: string;
  words: string;
  /** Of the row in the request; null where it is about none. */
  index: number | null;
}

export function classifyAdsApi(given: Settings): NonNullable<SpecHooks["classify"]> {
  const clean = cleaner([given.oauth_client_secret, given.refresh_token, given.developer_token]);
  return (outcomes, { response, now }) => {
    if (response.status === 200) return byRows(outcomes, response.body, clean);
    const error = readGoogleError(response.body);
    const wait = waitOf(response, { error, now });
    const errors = readErrors(error.details, clean);
    const meaning = wholeMeaning(errors[0]?.code ?? error.reason);
    if (meaning !== undefined)
      return withWait(
        outcomes.map(() => meaning),
        wait,
      );
    const row = errors.find(({ index }) => index !== null);
    if (response.status === 400 && row !== undefined) return oneRow(outcomes, row);
    return withWait(outcomes, wait);
  };
}

/** `partialFailureError` names the rows that failed; all others were taken. */
function byRows(outcomes: readonly VendorOutcome[], body: string, clean: Clean): VendorOutcome[] {
  const answer = bodyOf(body);
  if (answer === null) {
    // A row that was taken is known again by its order.
    const reason = "Google's answer was cut off, so that the rows are sent again.";
    return outcomes.map(() => ({ kind: "retry", reason }));
  }
  const errors = readErrors(listOf(objectOf(answer["partialFailureError"])["details"]).map(objectOf), clean);
  const found: VendorOutcome[] = outcomes.map(() => ({ kind: "delivered" }));
  for (const error of errors) {
    const outcome = outcomeOf(error, outcomes.length > 1);
    if (error.index === null) return outcomes.map(() => outcome);
    if (error.index < found.length) found[error.index] = outcome;
  }
  const { message } = objectOf(answer["partialFailureError"]);
  if (errors.length === 0 && textOf(message) !== "") {
    const reason = `Google refused rows without saying which: ${clean(textOf(message))}`;
    return outcomes.map(() => ({ kind: "reject", reason, ...(outcomes.length > 1 && { bisect: true as const }) }));
  }
  return found;
}

function outcomeOf({ code, words }: AdsError, several: boolean): VendorOutcome {
  const meaning = rowMeaning(code, several) ?? wholeMeaning(code);
  if (meaning !== undefined) return meaning;
  const said = [words, code].filter((part) => part !== "").join(" ");
  return { kind: "reject", reason: `Google refused the conversion${said === "" ? "." : `: ${said}`}` };
}

/** One row had the whole request refused: the others only shared it. */
function oneRow(outcomes: readonly VendorOutcome[], error: AdsError): VendorOutcome[] {
  return outcomes.map((outcome, index): VendorOutcome => (index === error.index ? outcomeOf(error, false) : outcome));
}

/** Errors of `GoogleAdsFailure`, in whatever detail they stand. */
function readErrors(details: readonly JsonObject[], clean: Clean): AdsError[] {
  return details
    .flatMap(({ errors }) => listOf(errors).map(objectOf))
    .map(({ errorCode, message, location }) => {
      const [code] = Object.values(objectOf(errorCode));
      const elements = listOf(objectOf(location)["fieldPathElements"]).map(objectOf);
      const index = elements.map((element) => Number(element["index"] ?? Number.NaN)).find(Number.isInteger);
      return {
        code: codeOf(textOf(code)),
        words: clean(textOf(message)),
        index: index ?? firstRow(elements),
      };
    });
}

/** The first row's index is 0, which some answers leave out as protobuf's default. */
function firstRow(elements: readonly JsonObject[]): number | null {
  const [first] = elements;
  const name = textOf(first?.["fieldName"]);
  return name === "conversions" || name === "conversion_adjustments" ? 0 : null;
}
