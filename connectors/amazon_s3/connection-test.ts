/**
 * The connection test: writes an empty object. Nothing less tells all: HEAD answers without a word of what is wrong, and
 * whoever may look at a bucket need not be allowed to write.
 */
import type { ConnectionTest, ConnectionTestResult, VendorResponse } from "@datafly-signal/core";
import { errorAnswer } from "./error-answer.ts";
import { faultOf, isSkewed } from "./outcomes.ts";
import { putObject } from "./requests.ts";
import type { S3Settings } from "./settings.ts";

/** Athena, Spark and Glue pass over names that begin with a point. */
const NAME = ".datafly-connection-test";

export function connectionTest(settings: S3Settings): ConnectionTest {
  const { common } = settings.keys;
  const key = common === "" ? NAME : `${common}/${NAME}`;
  return {
    request: ({ now }) => putObject(settings, { key, body: "", covers: [], headers: {} }, now),
    read: (response) => resultOf(response, key),
  };
}

function resultOf(response: VendorResponse, key: string): ConnectionTestResult {
  const { status } = response;
  if ((status >= 200 && status <= 299) || status === 412) {
    return { ok: true, message: `The bucket took an empty object, ${key}.` };
  }
  const answer = errorAnswer(response);
  const { shown } = answer;
  if (isSkewed(answer)) {
    return {
      ok: false,
      kind: "unknown",
      message: `S3 refused the time of the request (${shown}). Set the server's clock.`,
    };
  }
  const wrong = faultOf(answer);
  if (wrong !== null) {
    const { kind, field } = wrong;
    return { ok: false, kind, field, message: `S3 refused the object (${shown}). ${wrong.words(answer)}` };
  }
  if (status === 429 || status === 503) {
    return { ok: false, kind: "limited", message: `S3 asks for fewer requests (${shown}). Try again in a minute.` };
  }
  if (status >= 500)
    return { ok: false, kind: "unavailable", message: `S3 cannot answer now (${shown}). Try again later.` };
  return { ok: false, kind: "unknown", message: `S3 answered ${shown}, which tells nothing of the settings.` };
}
