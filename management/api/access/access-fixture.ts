/** For tests: access control on a real server and database, with a clock that is moved by hand and cheap passwords. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { type Database, findUserByEmail, insertUser } from "@datafly-signal/ports/store";
import { openSqlite } from "@datafly-signal/ports/store/sqlite";
import { type ApiRig, type RigAnswer, type RigFault, openApiRig } from "../http/api-rig.ts";
import type { Method, Role } from "../http/route.ts";
import { type Access, type AccessOptions, createAccess } from "./access.ts";
import { newUser } from "./new-user.ts";
import { createPasswords } from "./passwords.ts";

export const PASSWORD = "four quiet lamps by a river";
export const SECRET = Buffer.alloc(32, "a");
export const ORGANISATION = "org_test";

export interface SessionBody {
  access_token: string;
  refresh_token: string;
  token_type: string;
  expires_in: number;
  user: { id: string; email: string; role: string; last_login_at: string | null };
}

export interface FaultBody {
  error: RigFault;
}

interface CallOptions {
  token?: string;
  body?: unknown;
  query?: Record<string, string | number | boolean>;
  headers?: Record<string, string>;
}

export interface AccessRig {
  rig: ApiRig;
  access: Access;
  database: Database;
  clock: { wall(): number; monotonic(): number; advance(milliseconds: number): void };
  call<Body = Record<string, unknown>>(method: Method, path: string, options?: CallOptions): Promise<RigAnswer<Body>>;
  /** The call must be refused. @returns the code */
  refused(method: Method, path: string, options?: CallOptions): Promise<string>;
  /** Makes `<name>@example.com` with `PASSWORD`. @returns the id */
  addUser(name: string, role?: Role): Promise<string>;
  login(name: string, password?: string): Promise<RigAnswer<SessionBody>>;
  /** Signs in. */
  session(name: string, password?: string): Promise<SessionBody>;
  apiToken(session: SessionBody, scopes: readonly string[], expiresAt?: string): Promise<{ id: string; token: string }>;
  close(): Promise<void>;
}

const START = Date.parse("2026-11-21T09:00:00.000Z");

export async function openAccessRig({
  database: given,
  options = {},
}: { database?: Database; options?: Partial<AccessOptions> } = {}): Promise<AccessRig> {
  let elapsed = 0;
  const clock = {
    wall: () => START + elapsed,
    monotonic: () => elapsed,
    advance: (milliseconds: number) => void (elapsed += milliseconds),
  };
  const database = given ?? (await openSqlite({ path: ":memory:" }));
  const access = createAccess({
    database,
    organisationId: ORGANISATION,
    jwtSecret: SECRET,
    random: randomBytes,
    clock,
    passwords: createPasswords({ random: randomBytes, cost: { memoryKiB: 8, passes: 1 }, atOnce: 4, waiting: 200 }),
    rateLimits: { attemptRpm: 100_000, publicRpm: 100_000, userRpm: 100_000, apiTokenRpm: 100_000 },
    ...options,
  });
  const { authenticate, limit, routes } = access;
  const rig = await openApiRig({ routes, database, api: { authenticate, limit, newId, now: clock.wall } });

  const call: AccessRig["call"] = (method, path, { token, headers = {}, ...rest } = {}) => {
    const authorization: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
    return rig.call(method, path, { role: null, headers: { ...authorization, ...headers }, ...rest });
  };
  const login: AccessRig["login"] = (name, password = PASSWORD) =>
    call("POST", "/auth/login", { body: { email: `${name}@example.com`, password } });
  return {
    rig,
    access,
    database,
    clock,
    call,
    login,
    async refused(method, path, options) {
      const { status, body } = await call<FaultBody>(method, path, options);
      assert.ok(status >= 400, `${method} ${path} answered ${status}`);
      return body.error.code;
    },
    async addUser(name, role = "source_viewer") {
      const passwords = createPasswords({ random: randomBytes, cost: { memoryKiB: 8, passes: 1 } });
      const passwordHash = await passwords.hash(PASSWORD);
      const id = newId("usr_");
      const user = newUser({ id, email: `${name}@example.com`, name, role, passwordHash }, clock.wall());
      await database.transaction((queries) => insertUser(queries, user));
      return id;
    },
    async session(name, password) {
      const { status, body } = await login(name, password);
      assert.equal(status, 200, JSON.stringify(body));
      return body;
    },
    async apiToken({ access_token: token }, scopes, expiresAt) {
      const body = { name: "for a test", scopes, ...(expiresAt !== undefined && { expires_at: expiresAt }) };
      const answer = await call<{ id: string; token: string }>("POST", "/api-tokens", { token, body });
      assert.equal(answer.status, 201, JSON.stringify(answer.body));
      return answer.body;
    },
    async close() {
      await rig.close();
      if (given === undefined) await database.close();
    },
  };
}

let ids = 0;

/** Those of one moment are in the order in which they were made, also by several rigs on one database. */
function newId(prefix: string): string {
  ids += 1;
  return prefix + String(ids).padStart(26, "0");
}

/** How an account stands in the database. */
export async function accountOf({ database }: AccessRig, name: string) {
  const user = await findUserByEmail(database.queries, `${name}@example.com`);
  assert.ok(user, `${name} is gone`);
  return user;
}
