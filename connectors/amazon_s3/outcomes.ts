/** What answers mean (https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html): for all events of an object alike. */
import {
  type AttemptFacts,
  retryAfterOf,
  type VendorOutcome,
  type VendorRequest,
  type VendorResponse,
} from "@datafly-signal/core";
import { type ErrorAnswer, errorAnswer } from "./error-answer.ts";

/** What is wrong, and with which setting. */
interface Fault {
  field: string;
  kind: "credentials" | "permission" | "not_found" | "unknown";
  words(answer: ErrorAnswer): string;
}

const SKEWED = "The clock of Signal's server is more than 15 minutes off. Set it, or have it kept by NTP.";

const FAULTS: Readonly<Record<string, Fault>> = {
  InvalidAccessKeyId: fault("access_key_id", "credentials", "There is no such access key. Check access_key_id."),
  SignatureDoesNotMatch: fault(
    "secret_access_key",
    "credentials",
    "secret_access_key is not the secret of access_key_id. Enter the pair again, or make a new key.",
  ),
  ExpiredToken: fault("session_token", "credentials", "session_token has ended. Enter new credentials, best a user's."),
  InvalidToken: fault(
    "session_token",
    "credentials",
    "session_token does not belong to this access key. Enter both anew.",
  ),
  TokenRefreshRequired: fault("session_token", "credentials", "session_token has ended. Enter new credentials."),
  AccessDenied: fault(
    "access_key_id",
    "permission",
    "access_key_id may not write here. Give its user s3:PutObject on the bucket's objects (and kms:GenerateDataKey for a " +
      "key of KMS), and look at the bucket's policy.",
  ),
  AllAccessDisabled: fault(
    "bucket",
    "permission",
    "All access to the bucket is disabled. Ask AWS Support, or use another one.",
  ),
  AccountProblem: fault("access_key_id", "permission", "There is a problem with the AWS account. Ask AWS Support."),
  NotSignedUp: fault("access_key_id", "permission", "The AWS account is not signed up for S3. Sign it up."),
  InvalidPayer: fault("access_key_id", "permission", "All access to the bucket is disabled. Check the account."),
  NoSuchBucket: fault("bucket", "not_found", "There is no such bucket. Check bucket, or create it."),
  InvalidBucketName: fault("bucket", "not_found", "This is no name of a bucket. Check bucket."),
  InvalidBucketState: fault("bucket", "unknown", "The bucket's state does not allow it. Look at it in the S3 console."),
  PermanentRedirect: { field: "region", kind: "not_found", words: otherRegion },
  AuthorizationHeaderMalformed: { field: "region", kind: "not_found", words: otherRegionOrKey },
  IllegalLocationConstraintException: { field: "region", kind: "not_found", words: otherRegion },
  InvalidStorageClass: fault("storage_class", "unknown", "The store has no such storage class. Check storage_class."),
  InvalidEncryptionAlgorithmError: fault("sse", "unknown", "The store has no such encryption. Check sse."),
  KeyTooLongError: fault("prefix", "unknown", "The key is too long. Shorten prefix."),
  InvalidURI: fault("prefix", "unknown", "The key cannot be read. Check prefix."),
  InvalidArgument: fault("sse", "unknown", "A setting is not accepted. Check sse, kms_key_id and storage_class."),
  InvalidRequest: fault(
    "sse",
    "unknown",
    "The request is not accepted. Check sse, kms_key_id, storage_class and path_style.",
  ),
  NotImplemented: fault("endpoint", "unknown", "The store cannot do this. Check sse, storage_class and overwrite."),
  MethodNotAllowed: fault(
    "endpoint",
    "not_found",
    "No objects can be written at this address. Check endpoint and path_style.",
  ),
  QuotaExceeded: fault("bucket", "permission", "The bucket is full. Raise its quota, or use another one."),
};

const REFUSED = fault(
  "access_key_id",
  "credentials",
  "The credentials are not accepted. Check access_key_id and secret_access_key.",
);

const KMS = fault(
  "kms_key_id",
  "permission",
  "The key of KMS cannot be used. Check kms_key_id, its region and state, and that access_key_id may use it.",
);

/** The settings that an answer finds wrong; null where it says nothing of them. */
export function faultOf(answer: ErrorAnswer): Fault | null {
  const { status, code } = answer;
  const known = Object.hasOwn(FAULTS, code) ? FAULTS[code] : undefined;
  if (known !== undefined) return known;
  if (code.startsWith("KMS.")) return KMS;
  if (isSkewed(answer) || isRepeatable(answer)) return null;
  if (status === 401) return REFUSED;
  if (status === 403) return FAULTS["AccessDenied"] ?? null;
  if (status === 404 || status === 410) {
    return fault(
      "bucket",
      "not_found",
      "There is nothing at this address. Check bucket, region, endpoint and path_style.",
    );
  }
  if (status === 405) return FAULTS["MethodNotAllowed"] ?? null;
  return status === 301 || status === 302 || status === 308
    ? { field: "region", kind: "not_found", words: otherRegion }
    : null;
}

function fault(field: string, kind: Fault["kind"], words: string): Fault {
  return { field, kind, words: () => words };
}

function otherRegion({ region }: ErrorAnswer): string {
  return region === null
    ? "The bucket is in another region, or has another address. Check region, endpoint and path_style."
    : `The bucket is in ${region}. Set region to it.`;
}

function otherRegionOrKey(answer: ErrorAnswer): string {
  return answer.region === null
    ? "The signature names no region or key of S3. Check region and access_key_id."
    : otherRegion(answer);
}

export function isSkewed({ code }: ErrorAnswer): boolean {
  return code === "RequestTimeTooSkewed" || code === "RequestExpired";
}

/** Goes by itself: damaged on the way, a conflict with another write, or a bucket that is being set up. */
const REPEATED: ReadonlySet<string> = new Set([
  ...["RequestTimeout", "IncompleteBody", "BadDigest", "InvalidDigest", "XAmzContentSHA256Mismatch", "InternalError"],
  ...["OperationAborted", "ConditionalRequestConflict", "TemporaryRedirect", "Redirect"],
]);

const BUSY: ReadonlySet<string> = new Set([
  ...["SlowDown", "ServiceUnavailable", "Throttling", "ThrottlingException", "TooManyRequests", "RequestLimitExceeded"],
  "Busy",
]);

function isRepeatable({ code }: ErrorAnswer): boolean {
  return REPEATED.has(code) || BUSY.has(code);
}

/** One outcome for all: an object is stored as a whole or not at all. */
export function classifyAnswer(
  response: VendorResponse,
  { covers }: VendorRequest,
  facts?: Pick<AttemptFacts, "now">,
): VendorOutcome[] {
  const outcome = outcomeOf(response, { several: covers.length > 1, now: facts?.now });
  return covers.map(() => outcome);
}

function outcomeOf(
  response: VendorResponse,
  { several, now }: { several: boolean; now: number | undefined },
): VendorOutcome {
  const { status } = response;
  if (status >= 200 && status <= 299) return { kind: "delivered" };
  const answer = errorAnswer(response);
  const { code, shown } = answer;
  // The key is made of the batch: what stands under it is this object, from a try whose answer was lost.
  if (status === 412) return { kind: "delivered" };
  if (isSkewed(answer)) return { kind: "retry", reason: `S3 refused the time of the request (${shown}). ${SKEWED}` };
  if (status === 413 || code === "EntityTooLarge") {
    const reason = `The object is too large for the store (${shown}). Lower max_object_bytes.`;
    return several ? { kind: "reject", reason, bisect: true } : { kind: "reject", reason };
  }
  const wait = retryAfterOf(response, now);
  if (BUSY.has(code) || status === 429 || status === 503) {
    return { kind: "throttle", reason: `S3 asks for fewer requests (${shown}).`, ...wait };
  }
  const wrong = faultOf(answer);
  if (wrong !== null)
    return { kind: "misconfigured", reason: `S3 refused the object (${shown}). ${wrong.words(answer)}` };
  if (
    REPEATED.has(code) ||
    status === 307 ||
    status === 408 ||
    status === 409 ||
    status === 425 ||
    status < 400 ||
    status >= 500
  ) {
    return { kind: "retry", reason: `S3 could not take the object (${shown}).`, ...wait };
  }
  return { kind: "reject", reason: `S3 refused the object (${shown}).` };
}
