/** A real server with an administrator, and calls of its management API as a program makes them. */
import { type SignalServer, startSignal, workFolder } from "../harness/signal-server.ts";

export const ADMINISTRATOR = { email: "admin@example.com", password: "correct horse battery staple" };

interface ApiAnswer {
  status: number;
  headers: Headers;
  /** Of JSON what it says, of anything else its text. */
  body: unknown;
}

export interface ApiRig {
  server: SignalServer;
  /** Of the administrator. */
  accessToken: string;
  /** @param path below `/v1/admin` @param token the administrator's when left out, null for none */
  call(method: string, path: string, options?: { body?: unknown; token?: string | null }): Promise<ApiAnswer>;
  /** As `call`, for what must succeed. */
  made<Body = { id: string }>(method: string, path: string, body?: unknown): Promise<Body>;
  close(): Promise<void>;
}

/** Limits of requests are out of the way; what vendors are sent goes nowhere. */
export async function openApiRig(env: Record<string, string> = {}): Promise<ApiRig> {
  const { folder, remove } = await workFolder();
  const server = await startSignal({
    folder,
    env: {
      SIGNAL_ADMIN_EMAIL: ADMINISTRATOR.email,
      SIGNAL_ADMIN_PASSWORD: ADMINISTRATOR.password,
      MANAGEMENT_RATE_LIMIT_RPM: "1000000",
      LOG_LEVEL: "warn",
      ...env,
    },
  });
  const base = `${server.management}/v1/admin`;
  const send = (method: string, path: string, sent: { body?: unknown; token: string | null }) =>
    callOnce(method, base + path, sent);
  const session = await send("POST", "/auth/login", { body: ADMINISTRATOR, token: null });
  const { access_token: accessToken } = expectSuccess<{ access_token: string }>(session, "login");
  return {
    server,
    accessToken,
    call: (method, path, { body, token = accessToken } = {}) => send(method, path, { body, token }),
    async made<Body>(method: string, path: string, body?: unknown) {
      return expectSuccess<Body>(await send(method, path, { body, token: accessToken }), `${method} ${path}`);
    },
    async close() {
      await server.stop();
      await remove();
    },
  };
}

function expectSuccess<Body>({ status, body }: ApiAnswer, what: string): Body {
  if (status >= 400) throw new Error(`${what} answered ${status}: ${JSON.stringify(body)}`);
  return body as Body;
}

async function callOnce(
  method: string,
  url: string,
  { body, token }: { body?: unknown; token: string | null },
): Promise<ApiAnswer> {
  const response = await fetch(url, {
    method,
    headers: {
      ...(token !== null && { authorization: `Bearer ${token}` }),
      ...(body !== undefined && { "content-type": "application/json" }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  const isJson = response.headers.get("content-type")?.startsWith("application/json") === true;
  return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text };
}
