/** A vendor's API as its documentation describes it: takes a request, checks it, and answers in the vendor's shapes. No network. */
import type { SimulatedRequest } from "./simulated-request.ts";
import type { Misbehaviour, World } from "./world.ts";

export interface SimulatedAnswer {
  status: number;
  headers?: Record<string, string>;
  /** An object is sent as JSON. */
  body: string | object;
  /** Nothing is sent: the vendor stays silent until the caller gives up, or ends the connection. `status` is 0 then. */
  silence?: "timeout" | "reset";
}

export interface VendorSimulator {
  /** The folder's name. */
  key: string;
  /** Host names it answers at, the first where a server is told none; `*.example.com` is every name below. */
  hosts: readonly string[];
  /** A filled world: what the folder's constants name exists and works. @param now the vendor's clock, epoch milliseconds */
  newWorld(now: () => number): World;
  /** Same request and same world, same answer. Throws where the request could not have reached the vendor. */
  handle(request: SimulatedRequest, world: World): SimulatedAnswer;
}

/** What a vendor's folder says; `defineSimulator` adds what all have in common. */
export interface SimulatorParts extends Omit<VendorSimulator, "handle"> {
  answer(request: SimulatedRequest, world: World): SimulatedAnswer;
  /** The vendor's own shapes of its faults. `retryAfterSeconds` is only set where the test named one. */
  faults: Record<"error" | "unavailable" | "throttled", (facts: FaultFacts) => SimulatedAnswer>;
}

interface FaultFacts {
  request: SimulatedRequest;
  world: World;
  retryAfterSeconds?: number;
}

const PROXY_PAGE =
  "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad Gateway</h1></center>\r\n</body>\r\n</html>\r\n";

/** Makes a simulator that keeps its requests and misbehaves as its world says. */
export function defineSimulator(parts: SimulatorParts): VendorSimulator {
  const { key, hosts, newWorld } = parts;
  return {
    key,
    hosts,
    newWorld,
    handle(request, world) {
      if (!servesHost(hosts, request.url.hostname)) throw new Error(`${request.url.hostname} is no host of ${key}`);
      if (request.url.protocol !== "https:") throw new Error(`${key} was asked over ${request.url.protocol} in clear`);
      world.requests.push(request);
      const misbehaviour = world.takeNext();
      return misbehaviour === null ? parts.answer(request, world) : misbehave(parts, { request, world, misbehaviour });
    },
  };
}

function misbehave(
  parts: SimulatorParts,
  { request, world, misbehaviour }: FaultFacts & { misbehaviour: Misbehaviour },
): SimulatedAnswer {
  switch (misbehaviour.kind) {
    case "timeout":
    case "reset":
      return { status: 0, body: "", silence: misbehaviour.kind };
    case "html":
      return { status: 502, headers: { "content-type": "text/html" }, body: PROXY_PAGE };
    case "truncated": {
      const { status, headers, body } = readAnswer(parts.answer(request, world));
      return { status, headers, body: body.slice(0, Math.floor(body.length / 2)) };
    }
    case "error":
      return parts.faults.error({ request, world });
    default:
      return parts.faults[misbehaviour.kind]({ request, world, ...misbehaviour });
  }
}

/** Is the host one of these? */
export function servesHost(hosts: readonly string[], hostname: string): boolean {
  return hosts.some((host) => (host.startsWith("*.") ? hostname.endsWith(host.slice(1)) : host === hostname));
}

/** An answer as a client reads it: header names in lower case, the body as text. */
export function readAnswer(answer: SimulatedAnswer): { status: number; headers: Record<string, string>; body: string } {
  const isText = typeof answer.body === "string";
  const headers: Record<string, string> = isText ? {} : { "content-type": "application/json; charset=UTF-8" };
  for (const [name, value] of Object.entries(answer.headers ?? {})) headers[name.toLowerCase()] = value;
  return { status: answer.status, headers, body: isText ? String(answer.body) : JSON.stringify(answer.body) };
}

/** `Retry-After` where seconds are named, else no header. */
export function retryAfter(seconds: number | undefined): Record<string, string> {
  return seconds === undefined ? {} : { "retry-after": String(seconds) };
}
