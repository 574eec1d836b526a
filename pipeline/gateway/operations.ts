/** `/health`, `/ready` and `/metrics`: for those who run the gateway. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Registry } from "prom-client";

/** Answers when it knows the path; false leaves the request to others. */
export type Operations = (path: string, req: IncomingMessage, res: ServerResponse) => boolean;

export function operations(options: { registry: Registry; ready: () => string[] }): Operations {
  return (path, req, res) => {
    if (path !== "/health" && path !== "/ready" && path !== "/metrics") return false;
    if (req.method === "OPTIONS") send(res, { status: 204, body: "", allow: "GET, HEAD, OPTIONS" });
    else if (req.method !== "GET" && req.method !== "HEAD") {
      send(res, {
        status: 405,
        body: '{"error":"method_not_allowed","message":"This path takes GET."}',
        allow: "GET, HEAD, OPTIONS",
      });
    } else if (path === "/health") {
      send(res, { status: 200, body: '{"status":"ok"}' });
    } else if (path === "/ready") {
      const reasons = options.ready();
      const body = JSON.stringify(reasons.length === 0 ? { status: "ready" } : { status: "not_ready", reasons });
      send(res, { status: reasons.length === 0 ? 200 : 503, body });
    } else {
      void sendMetrics(res, options.registry);
    }
    return true;
  };
}

async function sendMetrics(res: ServerResponse, registry: Registry): Promise<void> {
  const body = await registry.metrics().catch(() => null);
  if (body === null)
    send(res, { status: 500, body: '{"error":"internal_error","message":"The metrics could not be collected."}' });
  else send(res, { status: 200, body, type: registry.contentType });
}

function send(res: ServerResponse, answer: { status: number; body: string; type?: string; allow?: string }): void {
  const headers = ["Content-Type", answer.type ?? "application/json", "Cache-Control", "no-store"];
  if (answer.status !== 204) headers.push("Content-Length", String(Buffer.byteLength(answer.body)));
  if (answer.allow !== undefined) headers.push("Allow", answer.allow);
  res.writeHead(answer.status, headers);
  res.end(answer.body);
}
