/** For tests: routes on a real server and database, with a caller of any role, a clock that stands, and ids that count. */
import { madeId } from "@datafly-signal/core";
import { type AuditLogRow, type Database, listAuditLogs } from "@datafly-signal/ports/store";
import { openSqlite } from "@datafly-signal/ports/store/sqlite";
import type { FastifyInstance } from "fastify";
import { permissionsOf } from "../access/permissions.ts";
import type { AuditEntry } from "../audit/audit-entry.ts";
import { createApp } from "./app.ts";
import type { RequestFacts } from "./authenticate.ts";
import { type ApiOptions, mountApi } from "./mount-api.ts";
import { type Caller, type Fault, fault, type Method, type Role, type Route } from "./route.ts";

export interface RigOptions {
  routes: readonly Route[] | ((database: Database) => readonly Route[]);
  /** Another database than one in memory of its own; who opened it closes it. */
  database?: Database;
  /** What the foundation is given instead. */
  api?: Partial<ApiOptions>;
}

interface RigCall {
  /** Who calls, as `usr_<role>`; null for nobody; without it an administrator. */
  role?: Role | null;
  /** The API token it is called with. */
  tokenId?: string;
  /** Sent as JSON; a text or bytes as they are. */
  body?: unknown;
  headers?: Record<string, string>;
  query?: Record<string, string | number | boolean>;
}

export interface RigAnswer<Body> {
  status: number;
  /** Of JSON what it says, of anything else its text; undefined without any. Its type is the test's to say. */
  body: Body;
  headers: Record<string, string | undefined>;
}

/** What stands in `error`. */
export interface RigFault {
  code: string;
  message: string;
  details?: { path: string; message: string }[];
}

type AnyMethod = Method | "HEAD" | "OPTIONS";

export interface ApiRig {
  database: Database;
  server: FastifyInstance;
  /** @param path below `/v1/admin`. Throws what a handler threw, unless the answer is wanted by `fails`. */
  call<Body = Record<string, unknown>>(method: AnyMethod, path: string, options?: RigCall): Promise<RigAnswer<Body>>;
  /** As `call`, for what ends with INTERNAL. */
  fails(method: AnyMethod, path: string, options?: RigCall): Promise<RigAnswer<{ error: RigFault }>>;
  /** All audit records, oldest first, with their changes as data. */
  audits(): Promise<(Omit<AuditLogRow, "changes"> & { changes: AuditEntry["changes"] })[]>;
  /** What the foundation logged. */
  logs: { level: string; fields: object; message: string }[];
  /** How often the configuration has changed. */
  changes(): number;
  now(): number;
  advance(milliseconds: number): void;
  close(): Promise<void>;
}

const START = Date.parse("2026-11-21T09:00:00.000Z");

export async function openApiRig({ routes, database: given, api = {} }: RigOptions): Promise<ApiRig> {
  let now = START;
  let ids = 0;
  let changes = 0;
  const database = given ?? (await openSqlite({ path: ":memory:", now: () => now }));
  const logs: ApiRig["logs"] = [];
  const log = (level: string) => (fields: object, message: string) => void logs.push({ level, fields, message });
  const logger = { debug: log("debug"), info: log("info"), warn: log("warn"), error: log("error") };
  const server = createApp({ logger });
  const thrown: unknown[] = [];
  mountApi(server, {
    routes: watched(typeof routes === "function" ? routes(database) : routes, thrown),
    database,
    authenticate: byHeader,
    limit: () => null,
    now: () => now,
    newId: (prefix) => madeId(prefix, now, numbered((ids += 1))),
    sealer: {
      seal: (text) => Buffer.from(text).toString("base64"),
      open: (text) => Buffer.from(text, "base64").toString(),
    },
    onConfigurationChanged: () => void (changes += 1),
    logger,
    checkAnswers: true,
    ...api,
  });
  await server.ready();
  const fails: ApiRig["fails"] = (method, path, options = {}) => inject(server, { method, path, ...options });
  return {
    database,
    server,
    fails,
    async call<Body>(method: AnyMethod, path: string, options: RigCall = {}) {
      thrown.length = 0;
      const answer = await inject<Body>(server, { method, path, ...options });
      if (answer.status === 500)
        throw thrown[0] ?? new Error(`${method} ${path} failed: ${JSON.stringify(logs.at(-1))}`);
      return answer;
    },
    async audits() {
      const rows = await listAuditLogs(database.queries, { limit: 10_000 });
      return rows.toReversed().map((row) => ({ ...row, changes: JSON.parse(row.changes) as AuditEntry["changes"] }));
    },
    logs,
    changes: () => changes,
    now: () => now,
    advance: (milliseconds) => void (now += milliseconds),
    async close() {
      await server.close();
      if (given === undefined) await database.close();
    },
  };
}

interface Injected extends RigCall {
  method: string;
  path: string;
}

async function inject<Body>(server: FastifyInstance, call: Injected): Promise<RigAnswer<Body>> {
  const { method, path, role = "org_admin", tokenId, body, headers = {}, query } = call;
  const text = new URLSearchParams(
    Object.fromEntries(Object.entries(query ?? {}).map(([name, value]) => [name, String(value)])),
  ).toString();
  const response = await server.inject({
    method: method as "GET",
    url: `/v1/admin${path}${text === "" ? "" : `?${text}`}`,
    headers: {
      ...(role !== null && { authorization: `Bearer ${[role, tokenId].filter(Boolean).join(":")}` }),
      ...(body !== undefined && { "content-type": "application/json" }),
      ...headers,
    },
    ...(body !== undefined && { payload: asPayload(body) }),
  });
  const isJson = String(response.headers["content-type"]).startsWith("application/json");
  return {
    status: response.statusCode,
    body: (response.payload === "" ? undefined : isJson ? JSON.parse(response.payload) : response.payload) as Body,
    headers: response.headers as Record<string, string | undefined>,
  };
}

function asPayload(body: unknown): string | Buffer {
  return typeof body === "string" || Buffer.isBuffer(body) ? body : JSON.stringify(body);
}

/** `Bearer <role>[:<token's id>]`. */
async function byHeader({ authorization, ipAddress, userAgent }: RequestFacts): Promise<Caller | Fault> {
  const [role, tokenId] = (authorization?.replace(/^Bearer /, "") ?? "").split(":") as [Role, string?];
  if (authorization === undefined) return fault("MISSING_TOKEN");
  const permissions = permissionsOf(role);
  const email = `${role}@example.com`;
  return { userId: `usr_${role}`, email, role, permissions, tokenId: tokenId ?? null, ipAddress, userAgent };
}

/** Keeps what handlers throw, so that a test says it instead of 500. */
function watched(routes: readonly Route[], thrown: unknown[]): Route[] {
  return routes.map((route) => ({
    ...route,
    async handle(call) {
      try {
        return await route.handle(call);
      } catch (error) {
        thrown.push(error);
        throw error;
      }
    },
  }));
}

/** Ten bytes that count up in the last four. */
function numbered(count: number): Uint8Array {
  const bytes = new Uint8Array(10);
  new DataView(bytes.buffer).setUint32(6, count);
  return bytes;
}
