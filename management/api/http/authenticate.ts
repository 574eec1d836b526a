/** What the foundation asks of access control: who calls, and whether they call too often. */
import type { Caller, Fault } from "./route.ts";

/** What is known of a request before its body is read. */
export interface RequestFacts {
  /** As it was sent: of a GET route it may be HEAD. */
  method: string;
  /** As it was sent, without the query: `/v1/admin/pipelines/pip_…`. */
  path: string;
  /** The route's operation, as in `createPipeline`: what decisions are made by, since one path can be written in several ways. */
  operation: string;
  /** The whole header, as in `Bearer …`. */
  authorization: string | undefined;
  ipAddress: string;
  /** At most 512 characters. */
  userAgent: string | null;
}

/** Who calls. Not asked on public routes. A fault is the answer: MISSING_TOKEN, INVALID_TOKEN, EXPIRED_TOKEN, PASSWORD_CHANGE_REQUIRED, RATE_LIMITED. */
export type Authenticate = (facts: RequestFacts) => Promise<Caller | Fault>;

/** Counts the request; RATE_LIMITED with Retry-After where it is one too many. Asked on public routes too, with nobody as caller. */
export type Limit = (caller: Caller, facts: RequestFacts) => Fault | null;

/** The caller of a public route. */
export function nobody({ ipAddress, userAgent }: RequestFacts): Caller {
  return { userId: null, email: "", role: null, permissions: new Set(), tokenId: null, ipAddress, userAgent };
}
