/** A vendor's server for tests: keeps what arrives and answers as the test says. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface Received {
  path: string;
  headers: IncomingMessage["headers"];
  body: string;
  at: number;
}

export type Answer = (request: Received, response: ServerResponse, count: number) => void;

export interface Receiver {
  url: string;
  requests: Received[];
  close(): Promise<void>;
}

/** Listens on loopback; answers 200 when no other answer is given. */
export async function startReceiver(answer?: Answer): Promise<Receiver> {
  const requests: Received[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const received: Received = {
        path: request.url ?? "/",
        headers: request.headers,
        body: Buffer.concat(chunks).toString("utf8"),
        at: Date.now(),
      };
      requests.push(received);
      if (answer === undefined) response.end("ok");
      else answer(received, response, requests.length);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** How often each messageId has arrived, by `messageId` or `id` of the bodies (single or batched). */
export function arrivals(requests: readonly Received[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const request of requests) {
    const parsed = JSON.parse(request.body) as Record<string, unknown> | Record<string, unknown>[];
    for (const event of Array.isArray(parsed) ? parsed : [parsed]) {
      const id = String(event["messageId"] ?? event["id"]);
      counts.set(id, (counts.get(id) ?? 0) + 1);
    }
  }
  return counts;
}
