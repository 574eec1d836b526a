/** POST requests that may be sent again: the answer is kept under the caller's Idempotency-Key, in the transaction of the change. */
import { createHash } from "node:crypto";
import {
  deleteIdempotencyRecords,
  findIdempotencyRecord,
  insertIdempotencyRecord,
  type Queries,
} from "@datafly-signal/ports/store";
import type { Answer } from "./answers.ts";
import { type Caller, type Fault, fault } from "./route.ts";

/** Seals what is kept: an answer may hold what is shown only once. */
export interface AnswerSealer {
  seal(text: string): string;
  /** Null where its key is not there any more. */
  open(sealed: string): string | null;
}

/** A request that is done at most once. */
export interface OnceOnly {
  owner: string;
  key: string;
  /** Method, path, query and body: what has to be the same when it is sent again. */
  request: string;
}

interface Kept {
  /** Without it, passwords could be guessed from the request's hash. */
  salt: string;
  answer: Answer;
}

interface Moment {
  sealer: AnswerSealer;
  /** Epoch milliseconds. */
  now: number;
}

const KEPT_MS = 24 * 60 * 60 * 1000;
const KEY = /^[\x20-\x7e]{1,255}$/;

/** Null where the request names no key, or nobody calls: strangers would share their keys. */
export function readIdempotencyKey(
  header: string | undefined,
  caller: Caller,
): Omit<OnceOnly, "request"> | null | Fault {
  const owner = caller.tokenId ?? caller.userId;
  if (header === undefined || owner === null) return null;
  if (KEY.test(header)) return { owner, key: header };
  const message = "must be 1 to 255 printable ASCII characters";
  return fault("VALIDATION_FAILED", undefined, [{ path: "headers.idempotency-key", message }]);
}

/** The answer that the same request has had; null when it is the first. */
export async function answeredBefore(
  queries: Queries,
  once: OnceOnly,
  { sealer, now }: Moment,
): Promise<Answer | null | Fault> {
  const record = await findIdempotencyRecord(queries, { owner: once.owner, idempotency_key: once.key });
  if (record === undefined || record.created_at <= now - KEPT_MS) return null;
  const text = sealer.open(record.answer);
  if (text === null) {
    return fault(
      "CONFLICT",
      "A request with this Idempotency-Key was carried out, but its answer cannot be read any more. Look whether it did what you wanted, and send others with new keys.",
    );
  }
  const { salt, answer } = JSON.parse(text) as Kept;
  if (record.request_hash !== hashOf(salt, once.request)) return fault("IDEMPOTENCY_KEY_REUSED");
  return { ...answer, headers: { ...answer.headers, "idempotency-replayed": "true" } };
}

/**
 * @param salt not to be guessed
 * @returns false when another transaction has kept one meanwhile
 */
export async function keepAnswer(
  queries: Queries,
  once: OnceOnly,
  { answer, salt, sealer, now }: Kept & Moment,
): Promise<boolean> {
  await deleteIdempotencyRecords(queries, { before: now - KEPT_MS, owner: once.owner });
  const kept: Kept = { salt, answer };
  return insertIdempotencyRecord(queries, {
    owner: once.owner,
    idempotency_key: once.key,
    request_hash: hashOf(salt, once.request),
    status: answer.status,
    answer: sealer.seal(JSON.stringify(kept)),
    created_at: now,
  });
}

/** To be run now and then. @returns how many were older than 24 hours */
export function removeOldIdempotencyKeys(queries: Queries, now: number): Promise<number> {
  return deleteIdempotencyRecords(queries, { before: now - KEPT_MS });
}

function hashOf(salt: string, request: string): string {
  return createHash("sha256").update(`${salt}\n${request}`, "utf8").digest("hex");
}
