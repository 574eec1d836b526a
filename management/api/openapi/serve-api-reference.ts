/** Serves the OpenAPI document and the page made from it, to anyone. */
import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { stringify } from "yaml";
import type { OpenApiDocument } from "./document.ts";
import { REFERENCE_HEADERS, referencePage } from "./reference-page.ts";

interface Served {
  body: Buffer;
  gzipped: Buffer;
  headers: Readonly<Record<string, string>>;
}

/** `/openapi.json`, `/openapi.yaml`, `/docs`. They change only with the server: who has seen them asks whether they are still the same. */
export function serveApiReference(document: OpenApiDocument): (server: FastifyInstance) => void {
  const json = served(`${JSON.stringify(document, null, 2)}\n`, { "content-type": "application/json; charset=utf-8" });
  const yaml = served(stringify(document, { aliasDuplicateObjects: false, lineWidth: 0 }), {
    "content-type": "application/yaml; charset=utf-8",
  });
  const page = served(referencePage(document), REFERENCE_HEADERS);
  return (server) => {
    server.get("/openapi.json", (request, reply) => send(json, request, reply));
    server.get("/openapi.yaml", (request, reply) => send(yaml, request, reply));
    server.get("/docs", (request, reply) => send(page, request, reply));
  };
}

function served(text: string, headers: Readonly<Record<string, string>>): Served {
  const body = Buffer.from(text, "utf8");
  const etag = `W/"${createHash("sha256").update(body).digest("base64url").slice(0, 22)}"`;
  const common = { "x-content-type-options": "nosniff", etag, "cache-control": "no-cache", vary: "accept-encoding" };
  return { body, gzipped: gzipSync(body), headers: { ...headers, ...common } };
}

function send(
  { body, gzipped, headers }: Served,
  { headers: asked }: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  void reply.headers(headers);
  if (isKnown(asked["if-none-match"], headers["etag"] ?? "")) return reply.code(304).send();
  if (!/\bgzip\b(?!\s*;\s*q=0(?:\.0+)?\s*(?:,|$))/i.test(String(asked["accept-encoding"] ?? "")))
    return reply.send(body);
  return reply.header("content-encoding", "gzip").send(gzipped);
}

function isKnown(known: string | undefined, etag: string): boolean {
  const tags = (known ?? "").split(",").map((one) => one.trim().replace(/^(?:W\/)?/, "W/"));
  return tags.includes(etag) || tags.includes("W/*");
}
