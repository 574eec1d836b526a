/** The management API of a running server as its administrator uses it: by its typed client, or by plain requests. */
import { type ManagementClient, openManagementClient, type Result } from "@datafly-signal/management-client";
import type { SignalServer } from "./signal-server.ts";

export const ADMINISTRATOR = { email: "admin@example.com", password: "six tall ships off the coast" };

/** For `startSignal`: who the first administrator is, and no limit of requests. */
export const ADMINISTRATOR_ENV = {
  SIGNAL_ADMIN_EMAIL: ADMINISTRATOR.email,
  SIGNAL_ADMIN_PASSWORD: ADMINISTRATOR.password,
  MANAGEMENT_RATE_LIMIT_RPM: "1000000",
};

interface Answer {
  status: number;
  headers: Headers;
  /** Of JSON what it says, of anything else its text. */
  body: unknown;
}

export interface SignedIn {
  client: ManagementClient;
  accessToken: string;
  refreshToken: string;
  /** @param path below `/v1/admin` */
  call(method: string, path: string, body?: unknown): Promise<Answer>;
}

interface SignInOptions {
  account?: { email: string; password: string };
  /** Sees every answer, as text. */
  fetch?: typeof fetch;
}

/** Signs in; the client tries nothing twice, so that a test sees what is answered. @throws where that is refused */
export async function signedIn(server: SignalServer, options: SignInOptions = {}): Promise<SignedIn> {
  const { account = ADMINISTRATOR, fetch: fetching = fetch } = options;
  const base = { baseUrl: server.management, fetch: fetching, retries: 0 };
  const session = await done(openManagementClient(base).login({ body: account }));
  const accessToken = session.access_token;
  return {
    client: openManagementClient({ ...base, token: accessToken }),
    accessToken,
    refreshToken: session.refresh_token,
    async call(method, path, body) {
      const response = await fetching(`${server.management}/v1/admin${path}`, {
        method,
        headers: {
          authorization: `Bearer ${accessToken}`,
          ...(body !== undefined && { "content-type": "application/json" }),
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      const isJson = response.headers.get("content-type")?.startsWith("application/json") === true;
      return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text };
    },
  };
}

/** What a call answers that must succeed. @throws with the fault, and its details */
export async function done<Data>(call: Promise<Result<Data>>): Promise<Data> {
  const result = await call;
  if (result.ok) return result.data;
  const { code, message, details = [] } = result.error;
  throw new Error(`${result.status} ${code}: ${message} ${JSON.stringify(details)}`);
}

/** The code that a call is refused with; null where it succeeds. */
export async function refusal(call: Promise<Result<unknown>>): Promise<string | null> {
  const result = await call;
  return result.ok ? null : result.error.code;
}
