/** A gateway that answers as the test says, and keeps what browsers sent to it. */
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

interface Sent {
  method: string;
  path: string;
  contentType: string;
  /** The events of the request, with what the request says for all of them. */
  events: (Record<string, unknown> & { messageId: string })[];
  bytes: number;
  at: number;
}

export interface FakeGateway {
  url: string;
  sent: Sent[];
  close(): Promise<void>;
}

export type FakeAnswer = (sent: Sent, response: ServerResponse, count: number) => void;

/** Answers 200 when no other answer is given. Serves `script` at /datafly.js. */
export async function startFakeGateway(script: string, answer?: FakeAnswer): Promise<FakeGateway> {
  const sent: Sent[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      if (request.url === "/datafly.js") return response.setHeader("content-type", "text/javascript").end(script);
      response.setHeader("access-control-allow-origin", request.headers.origin ?? "*");
      response.setHeader("access-control-allow-credentials", "true");
      response.setHeader("access-control-expose-headers", "Retry-After");
      const body = Buffer.concat(chunks);
      const { batch, ...rest } = JSON.parse(body.toString("utf8") || "{}") as { batch?: Sent["events"] };
      const one: Sent = {
        method: request.method ?? "",
        path: request.url ?? "",
        contentType: request.headers["content-type"] ?? "",
        events: batch === undefined ? [rest as Sent["events"][number]] : batch.map((event) => ({ ...rest, ...event })),
        bytes: body.length,
        at: Date.now(),
      };
      sent.push(one);
      if (answer === undefined) return response.end('{"success":true}');
      return answer(one, response, sent.length);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    sent,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
