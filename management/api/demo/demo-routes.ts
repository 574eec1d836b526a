/** The demo: a shop, a receiver that shows what arrives, and the vendor that it arrives at. */
import type { Clock, SnapshotSource, TraceRecord } from "@datafly-signal/core";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { DeadLetters } from "../dead-letters/dead-letters.ts";
import { messagePage, wantsHtml } from "../http/message-page.ts";
import type { Traces } from "../traces/traces.ts";
import { loadDemoPages, type PageName } from "./demo-pages.ts";
import { replayOfDemo } from "./demo-replay.ts";
import { createDemoVendor } from "./demo-vendor.ts";
import { traceStreams } from "./trace-stream.ts";
import { hostName, refuseForeignPage, refuseVisitor } from "./visitor-check.ts";

export interface DemoOptions {
  snapshots: SnapshotSource;
  traces: Traces;
  deadLetters: Pick<DeadLetters, "list" | "replay">;
  clock: Clock;
  /** The address that management listens on, as it is configured. */
  host: string;
  /** Null while the gateway is starting. */
  gatewayPort(): number | null;
}

const NO_DEMO =
  "There is no demo now: it runs only while the server has no signal.yaml. Move the file away, and leave SIGNAL_CONFIG unset, to see it.";
const NO_LETTER = "No dead letter of this event is open: it was replayed already, or it is no longer kept.";
const TITLES: Readonly<Record<string, string>> = {
  FORBIDDEN: "Not from here",
  NOT_FOUND: "No demo",
  STARTING: "Starting",
};
const LARGEST_DELIVERY = 16 * 1_048_576;

/** Adds the routes under `/demo`. They answer 404 while the configuration is not the demo's. */
export function demoRoutes(options: DemoOptions): (server: FastifyInstance) => void {
  return (server) => {
    void server.register(async (scope) => {
      scope.addHook("onRequest", async (request, reply) => {
        const { headers, socket } = request.raw;
        const { remoteAddress, localAddress } = socket;
        const forwarded = headers["x-forwarded-for"] !== undefined || headers.forwarded !== undefined;
        const visitor = { host: headers.host, remoteAddress, localAddress, forwarded };
        const refusal = refuseVisitor(visitor, options.host) ?? refuseForeignPage(request.method, headers);
        if (refusal !== null) return refuse(reply, 403, { code: "FORBIDDEN", message: refusal });
        if (options.snapshots.current().demo === undefined) {
          return refuse(reply, 404, { code: "NOT_FOUND", message: NO_DEMO });
        }
        void reply.headers({
          "x-content-type-options": "nosniff",
          "referrer-policy": "same-origin",
          "cross-origin-resource-policy": "same-origin",
        });
      });
      addPages(scope, options);
      addVendor(scope, options);
    });
  };
}

/** With a page where a person looks, else with JSON. */
function refuse(reply: FastifyReply, status: number, error: { code: string; message: string }): FastifyReply {
  void reply.code(status).header("vary", "accept");
  if (!wantsHtml(reply.request)) return reply.send({ error });
  const { body, headers } = messagePage({ title: TITLES[error.code] ?? "Not possible", text: [error.message] });
  return reply.headers(headers).send(body);
}

function addPages(scope: FastifyInstance, options: DemoOptions): void {
  const pages = loadDemoPages();
  const show = (name: PageName) => (request: FastifyRequest, reply: FastifyReply) => {
    const gatewayPort = options.gatewayPort();
    if (gatewayPort === null) {
      const message = "The gateway is still starting. Load the page again in a moment.";
      return refuse(reply.headers({ "retry-after": "1", refresh: "1" }), 503, { code: "STARTING", message });
    }
    const { body, policy } = pages.page(name, {
      hostName: hostName(request.headers.host) ?? options.host,
      gatewayPort,
      pipelineKey: options.snapshots.current().pipelines[0]?.keys[0] ?? "",
    });
    return reply
      .headers({ "content-security-policy": policy, "cache-control": "no-store" })
      .type("text/html; charset=utf-8")
      .send(body);
  };
  scope.get("/demo", show("split"));
  scope.get("/demo/shop", show("shop"));
  scope.get("/demo/shop/*", show("shop"));
  scope.get("/demo/receiver", show("receiver"));
  scope.get<{ Params: { name: string } }>("/demo/assets/:name", (request, reply) => {
    const asset = pages.asset(request.params.name);
    if (asset === undefined) return reply.callNotFound();
    return reply.header("cache-control", "max-age=60").type(asset.contentType).send(asset.body);
  });
}

function addVendor(scope: FastifyInstance, options: DemoOptions): void {
  const vendor = createDemoVendor();
  const streams = traceStreams({ ...options, traces: demoTraces(options), vendor });
  const unlisten = options.snapshots.onChange(({ demo }) => {
    if (demo === undefined) streams.end("a signal.yaml was found");
  });
  scope.addHook("onClose", async () => unlisten());
  scope.get("/demo/traces", (_request, reply) => {
    const raw = reply.raw;
    reply.hijack();
    raw.writeHead(200, { "content-type": "text/event-stream; charset=utf-8", "cache-control": "no-store" });
    if (!streams.open(raw)) raw.end("event: full\ndata: {}\n\n");
  });
  // JSON alone: a page of another origin cannot send it without being asked first, and is then refused.
  scope.post("/demo/behaviour", (request, reply) =>
    vendor.behave(request.body)
      ? reply.send(vendor.behaviour())
      : refuse(reply, 400, {
          code: "BAD_REQUEST",
          message: 'Send {"answer": "well" | "fail" | "refuse" | "slow", "left": 1 to 10}.',
        }),
  );
  scope.post("/demo/replay", async (request, reply) => {
    const result = await replayOfDemo(request.body, options);
    if (result === "malformed") {
      return refuse(reply, 400, { code: "BAD_REQUEST", message: 'Send {"messageId": "…"}.' });
    }
    if (result === "none") return refuse(reply, 404, { code: "NOT_FOUND", message: NO_LETTER });
    return reply.send(result);
  });
  void scope.register(async (deliveries) => {
    deliveries.removeAllContentTypeParsers();
    deliveries.addContentTypeParser("*", (_request, payload, done) => {
      payload.on("end", () => done(null)).on("error", done);
      payload.resume();
    });
    deliveries.post("/demo/receive", { bodyLimit: LARGEST_DELIVERY }, async (_request, reply) => {
      const { status, body, afterMs } = vendor.take();
      if (afterMs > 0) await new Promise<void>((resolve) => void options.clock.after(afterMs, resolve));
      return reply.code(status).send(body);
    });
  });
}

/** Only what the demo's own integration is about: the log may hold what another configuration left. */
function demoTraces({ snapshots, traces }: DemoOptions): Pick<Traces, "recent" | "follow"> {
  const isDemos = (record: TraceRecord): boolean => {
    const { demo, integrations } = snapshots.current();
    const ids = record.stage === "sent" ? [record.lane.integrationId] : record.lanes.map((lane) => lane.integrationId);
    return demo !== undefined && integrations.some(({ id }) => ids.includes(id));
  };
  return {
    recent: async (limit) => (await traces.recent(limit)).filter(isDemos),
    follow: (listener) => traces.follow((record) => isDemos(record) && listener(record)),
  };
}
