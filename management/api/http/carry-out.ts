/** Calls a route's handler: what changes something in one transaction with its audit records, its number and its Idempotency-Key. */
import { type Database, type Queries, raiseConfigurationNumber } from "@datafly-signal/ports/store";
import { insertAudit } from "../audit/audit.ts";
import type { AuditEntry } from "../audit/audit-entry.ts";
import { type Answer, faultAnswer, JSON_TYPE } from "./answers.ts";
import { checkAnswer } from "./check-answer.ts";
import type { Endpoint, Input } from "./endpoint.ts";
import { answeredBefore, type AnswerSealer, keepAnswer, type OnceOnly } from "./idempotency.ts";
import { type Call, type Caller, type Fault, fault, isFault, type Success } from "./route.ts";

export interface Services {
  database: Database;
  newId(prefix: string): string;
  sealer: AnswerSealer;
  /** After a change of the configuration was committed; it must not throw. */
  onConfigurationChanged(): void;
  checkAnswers: boolean;
}

/** A call of a route that is admitted, read and checked. */
export interface ReadyCall {
  endpoint: Endpoint;
  input: Input;
  headers: Readonly<Record<string, string | undefined>>;
  caller: Caller;
  now: number;
  once: OnceOnly | null;
}

/** What the handler asked for beside its answer. */
interface Wishes {
  audits: AuditEntry[];
  touched: boolean;
}

/** Takes a transaction back. */
class TakenBack extends Error {
  readonly fault: Fault;

  constructor(fault: Fault) {
    super(fault.fault);
    this.name = "TakenBack";
    this.fault = fault;
  }
}

class MisusedCallError extends Error {
  constructor(operation: string) {
    super(`${operation} changes the configuration, but is no route that changes something: say \`changes: true\`.`);
    this.name = "MisusedCallError";
  }
}

export async function carryOut(request: ReadyCall, services: Services): Promise<Answer> {
  if (request.endpoint.route.changes !== true) return read(request, services);
  try {
    return await change(request, services);
  } catch (error) {
    if (error instanceof TakenBack) return faultAnswer(error.fault);
    throw error;
  }
}

/** Audit records are kept whatever is answered: a login that failed is one. */
async function read(request: ReadyCall, services: Services): Promise<Answer> {
  const { database } = services;
  const wishes: Wishes = { audits: [], touched: false };
  const handle = (queries: Queries) => handled(request, services, { queries, wishes });
  const isConsistent = request.endpoint.route.consistent === true;
  const result = await (isConsistent ? database.transaction(handle) : handle(database.queries));
  if (wishes.touched) throw new MisusedCallError(request.endpoint.route.operation);
  if (wishes.audits.length > 0) {
    await database.transaction((queries) => insertAudit(queries, wishes.audits, authorship(request, services)));
  }
  return isFault(result) ? faultAnswer(result) : successAnswer(result);
}

async function change(request: ReadyCall, services: Services): Promise<Answer> {
  const { once, now } = request;
  const { sealer, newId } = services;
  const wishes: Wishes = { audits: [], touched: false };
  const answer = await services.database.transaction(async (queries) => {
    const before = once && (await answeredBefore(queries, once, { sealer, now }));
    if (isFault(before)) throw new TakenBack(before);
    if (before !== null) return before;
    const result = await handled(request, services, { queries, wishes });
    if (isFault(result)) throw new TakenBack(result);
    const answer = successAnswer(result);
    if (wishes.touched) await raiseConfigurationNumber(queries, now);
    await insertAudit(queries, wishes.audits, authorship(request, services));
    const isKept = once === null || (await keepAnswer(queries, once, { answer, salt: newId(""), sealer, now }));
    if (!isKept) throw new TakenBack(fault("IDEMPOTENCY_CONFLICT"));
    return answer;
  });
  if (wishes.touched) services.onConfigurationChanged();
  return answer;
}

async function handled(
  { endpoint, input, headers, caller, now }: ReadyCall,
  { newId, checkAnswers }: Services,
  { queries, wishes }: { queries: Queries; wishes: Wishes },
): Promise<Success | Fault> {
  const call: Call<unknown, unknown, unknown> = {
    ...input,
    headers,
    caller,
    queries,
    now,
    newId,
    audit: (entry) => void wishes.audits.push(entry),
    touchConfiguration: () => void (wishes.touched = true),
  };
  // The handler's types are its schemas', which the input was checked against.
  const result = await endpoint.route.handle(call as Call<never, never, never>);
  if (checkAnswers) checkAnswer(endpoint, result);
  return result;
}

function authorship({ caller, now }: ReadyCall, { newId }: Services) {
  return { author: caller, now, newId };
}

/** JSON, unless the handler says what its text is. */
function successAnswer({ status, body, headers = {} }: Success): Answer {
  if (body === undefined) return { status, headers, body: undefined };
  if (typeof body === "string" && headers["content-type"] !== undefined) return { status, headers, body };
  return { status, headers: { ...headers, "content-type": JSON_TYPE }, body: JSON.stringify(body) };
}
