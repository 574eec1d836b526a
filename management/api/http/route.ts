/** A route of the management API: what it takes, what it answers, who may call it, and what it does. Everything else (checks, transaction, audit, OpenAPI) follows from it. */
import type { ManagementErrorCode } from "@datafly-signal/core";
import type { Queries } from "@datafly-signal/ports/store";
import type { Static, TSchema } from "typebox";
import type { Permission, Role } from "../access/permissions.ts";
import type { AuditEntry } from "../audit/audit-entry.ts";

/** Who calls: a person with an access token, a person's API token, or nobody on a public route. */
export interface Caller {
  /** `usr_…`; null for nobody. */
  userId: string | null;
  /** As audit records name it; empty for nobody. */
  email: string;
  role: Role | null;
  /** What may be done: the role's, and of an API token only what its scopes leave. */
  permissions: ReadonlySet<Permission>;
  /** The API token it was called with. */
  tokenId: string | null;
  /** The session it was called in, of a person who signed in. */
  sessionId?: string;
  ipAddress: string;
  userAgent: string | null;
}

export type { Role };

export interface Call<Params, Query, Body> {
  params: Params;
  query: Query;
  body: Body;
  headers: Readonly<Record<string, string | undefined>>;
  caller: Caller;
  /** Of a route that changes something: its transaction, which a fault rolls back. */
  queries: Queries;
  /** Wall clock, epoch milliseconds: one for all that the call writes. */
  now: number;
  /** A new id: prefix and UUID v7. */
  newId(prefix: string): string;
  /** Adds an audit record to the transaction. Values of secrets are the writer's to leave out. */
  audit(entry: AuditEntry): void;
  /** The call changes the configuration: the snapshot's number rises in the same transaction, and all parts follow within a second. */
  touchConfiguration(): void;
}

export interface Success {
  status: number;
  /** Undefined for 204. */
  body?: unknown;
  headers?: Record<string, string>;
}

/** What is answered instead: `{error: {code, message, details?}}` with the code's status. */
export interface Fault {
  fault: ManagementErrorCode;
  /** The table's message where left out; what happened, to what, and what to do now. */
  message?: string;
  details?: FaultDetail[];
  headers?: Record<string, string>;
}

/** One of several faults of a request. */
export interface FaultDetail {
  /** Where: as in `config.url`, `mapping.events.purchase.mappings[2].source`; empty for the whole. */
  path: string;
  message: string;
  /** In a text of several lines, from 1. */
  line?: number;
  column?: number;
}

export function fault(code: ManagementErrorCode, message?: string, details?: FaultDetail[]): Fault {
  return { fault: code, ...(message !== undefined && { message }), ...(details !== undefined && { details }) };
}

export function isFault(value: unknown): value is Fault {
  return typeof value === "object" && value !== null && "fault" in value;
}

export type Method = "GET" | "POST" | "PATCH" | "PUT" | "DELETE";

/** The parts of a route that are data. */
export interface RouteFacts {
  method: Method;
  /** Below `/v1/admin`, with parameters as in `/pipelines/{id}`. */
  path: string;
  /** Once in the API: as in `createPipeline`. */
  operation: string;
  /** The heading it stands under in the reference. */
  tag: string;
  /** One line. */
  summary: string;
  description?: string;
  /** `public`, `signed_in` (anyone who is), or the permission it needs. */
  access: "public" | "signed_in" | Permission;
  params?: TSchema;
  query?: TSchema;
  body?: TSchema;
  /** By status; null is an empty body. */
  answers: Readonly<Record<number, { description: string; schema: TSchema | null }>>;
  /** What can go wrong besides what every route has (malformed, unauthenticated, forbidden, rate limited, internal). */
  errors: readonly ManagementErrorCode[];
  /** Runs in a transaction with its audit records. Routes that only read, and those that keep their own transactions, leave it out. */
  changes?: true;
  /** Of a route that only reads: all it reads is of one moment, in a transaction that others wait for. */
  consistent?: true;
  /** The answer shows a secret once: it is not kept for an Idempotency-Key. */
  showsSecret?: true;
  /** Body limit in bytes, where it is another than 1 MiB. */
  bodyLimit?: number;
}

export interface Route extends RouteFacts {
  handle(call: Call<never, never, never>): Promise<Success | Fault> | Success | Fault;
}

type StaticOf<S> = S extends TSchema ? Static<S> : Record<string, never>;

/** A route with its handler's argument typed by its schemas. */
export function defineRoute<
  Params extends TSchema | undefined = undefined,
  Query extends TSchema | undefined = undefined,
  Body extends TSchema | undefined = undefined,
>(
  route: Omit<RouteFacts, "params" | "query" | "body"> & {
    params?: Params;
    query?: Query;
    body?: Body;
    handle(call: Call<StaticOf<Params>, StaticOf<Query>, StaticOf<Body>>): Promise<Success | Fault> | Success | Fault;
  },
): Route {
  return route as unknown as Route;
}
