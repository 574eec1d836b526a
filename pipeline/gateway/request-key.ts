/** Where requests carry their pipeline key: Bearer, Basic, X-Write-Key, X-Pipeline-Key, query, body. */
import type { IncomingHttpHeaders } from "node:http";

/** `conflict`: the request carries two that differ. */
export type RequestKey = { kind: "key"; key: string } | { kind: "none" } | { kind: "conflict" };

const NONE: RequestKey = { kind: "none" };
const CONFLICT: RequestKey = { kind: "conflict" };

/** The key that headers and query carry. */
export function keyOfHead(headers: IncomingHttpHeaders, query: string): RequestKey {
  let found: string | null = null;
  for (const key of candidates(headers, query)) {
    if (found !== null && found !== key) return CONFLICT;
    found = key;
  }
  return found === null ? NONE : { kind: "key", key: found };
}

/** The key of the whole request, once the body's `writeKey` is known. */
export function withBodyKey(head: RequestKey, writeKey: unknown): RequestKey {
  if (typeof writeKey !== "string" || !isWhole(writeKey)) return head;
  if (head.kind === "key") return head.key === writeKey ? head : CONFLICT;
  return { kind: "key", key: writeKey };
}

function candidates(headers: IncomingHttpHeaders, query: string): string[] {
  const found: string[] = [];
  const authorization = headers.authorization;
  if (authorization !== undefined) found.push(keyOfAuthorization(authorization));
  const writeKey = headers["x-write-key"];
  if (typeof writeKey === "string") found.push(writeKey.trim());
  const pipelineKey = headers["x-pipeline-key"];
  if (typeof pipelineKey === "string") found.push(pipelineKey.trim());
  if (query !== "") {
    const search = new URLSearchParams(query);
    found.push(...search.getAll("writeKey"), ...search.getAll("wk"));
  }
  return found.filter(isWhole);
}

/** Jitsu's SDK sends the key masked beside the whole one. */
function isWhole(key: string): boolean {
  return key !== "" && !key.endsWith("***");
}

const SCHEME = /^(bearer|basic) +(\S+) *$/i;

function keyOfAuthorization(value: string): string {
  const [, scheme = "", token = ""] = SCHEME.exec(value) ?? [];
  if (scheme.toLowerCase() !== "basic") return token;
  const [user = "", ...password] = Buffer.from(token, "base64").toString("utf8").split(":");
  // With a password it is somebody else's: a proxy's, or a staging site's.
  return password.join(":") === "" ? user : "";
}
