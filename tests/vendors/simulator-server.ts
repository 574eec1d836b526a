/** Serves simulated vendors on loopback over plain http, for tests of a whole server. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { simulatedRequest } from "./simulated-request.ts";
import { readAnswer, servesHost, type SimulatedAnswer, type VendorSimulator } from "./simulator.ts";
import type { World } from "./world.ts";

export interface SimulatorServer {
  /** `http://127.0.0.1:<port>`. */
  url: string;
  port: number;
  /** By vendor; also holds the requests (`world(key).requests`). */
  world(key: string): World;
  close(): Promise<void>;
}

interface Served {
  simulator: VendorSimulator;
  world: World;
}

/**
 * Listens on a free port of 127.0.0.1. Whose request it is: the path's first part where it is a vendor's key (`/meta_capi/v25.0/…`), else the
 * `Host` header where it is one of a vendor's hosts, else the only vendor there is. Of a vendor with several hosts the one is meant that
 * `Host` or the path's part after the key names, else the first.
 * @param now the vendors' clock, epoch milliseconds
 */
export async function startSimulators(
  simulators: readonly VendorSimulator[],
  now: () => number = Date.now,
): Promise<SimulatorServer> {
  const served = simulators.map((simulator): Served => ({ simulator, world: simulator.newWorld(now) }));
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => answerOne({ served, request, response, body: Buffer.concat(chunks) }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    world(key) {
      const found = served.find(({ simulator }) => simulator.key === key);
      if (found === undefined) throw new Error(`${key} is not served`);
      return found.world;
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

interface Exchange {
  served: readonly Served[];
  request: IncomingMessage;
  response: ServerResponse;
  body: Buffer;
}

function answerOne({ served, request, response, body }: Exchange): void {
  const target = findTarget(served, request);
  if (target === null) {
    response.writeHead(404, { "content-type": "text/plain" }).end("no vendor has this host or path");
    return;
  }
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(request.headers))
    headers[name] = Array.isArray(value) ? value.join(", ") : (value ?? "");
  const parts = { method: request.method ?? "GET", url: target.url, headers, body };
  try {
    const answer = target.simulator.handle(simulatedRequest(parts, target.world.now()), target.world);
    sendAnswer(request, response, answer);
  } catch (error) {
    response.writeHead(599, { "content-type": "text/plain" }).end(`the simulator failed: ${String(error)}`);
  }
}

function sendAnswer(request: IncomingMessage, response: ServerResponse, answer: SimulatedAnswer): void {
  if (answer.silence === "reset") request.socket.destroy();
  if (answer.silence !== undefined) return;
  const { status, headers, body } = readAnswer(answer);
  response.writeHead(status, headers).end(body);
}

function findTarget(served: readonly Served[], request: IncomingMessage): (Served & { url: URL }) | null {
  const host = (request.headers.host ?? "").replace(/:\d+$/, "").toLowerCase();
  const path = request.url ?? "/";
  const [, first = "", second = ""] = (path.split("?")[0] ?? "").split("/");
  const byPath = served.find(({ simulator }) => simulator.key === first);
  const byHost = served.find(({ simulator }) => servesHost(simulator.hosts, host));
  const found = byPath ?? byHost ?? (served.length === 1 ? served[0] : undefined);
  if (found === undefined) return null;
  const { hosts } = found.simulator;
  const afterKey = byPath === undefined ? path : path.slice(first.length + 1);
  const isNamedInPath = byPath !== undefined && servesHost(hosts, second);
  const rest = isNamedInPath ? afterKey.slice(second.length + 1) : afterKey;
  const named = isNamedInPath ? second : servesHost(hosts, host) ? host : (hosts[0] ?? "").replace(/^\*/, "any");
  return { ...found, url: new URL(`https://${named}${rest.startsWith("/") ? rest : `/${rest}`}`) };
}
