/** The paths of the gateway: what each takes, and who may send it which headers. */
import type { CollectType } from "@datafly-signal/core";
import type { TakeEvents } from "./collect.ts";

export type Route =
  /** A POST whose body holds events. */
  | { kind: "collect"; allowHeaders: string; take: TakeEvents }
  /** A POST that is answered 200 and thrown away: the metrics of foreign SDKs. */
  | { kind: "ignored"; allowHeaders: string };

/** The seed's value, byte for byte. */
const SEED_HEADERS = "Content-Type, Authorization";
/** What foreign SDKs send besides. */
export const OTHER_HEADERS = `${SEED_HEADERS}, X-Write-Key, AnonymousId, X-Retry-Count, Content-Encoding`;

/** Product, Segment and RudderStack say the same things by different paths. */
const ONE_EVENT: readonly (readonly [path: string, type: CollectType])[] = [
  ["/v1/track", "track"],
  ["/v1/page", "page"],
  ["/v1/identify", "identify"],
  ["/v1/group", "group"],
  ["/v1/screen", "screen"],
  ["/v1/alias", "alias"],
  ["/v1/s", "screen"],
  ["/v1/a", "alias"],
];
const SEED_PATHS: readonly (readonly [path: string, type: CollectType])[] = [
  ["/v1/t", "track"],
  ["/v1/p", "page"],
  ["/v1/i", "identify"],
  ["/v1/g", "group"],
];

export function routeTable(steps: {
  one: (path: { type: CollectType; typeRequired: boolean }) => TakeEvents;
  batch: TakeEvents;
}): Map<string, Route> {
  const table = new Map<string, Route>();
  for (const [path, type] of SEED_PATHS) {
    table.set(path, { kind: "collect", allowHeaders: SEED_HEADERS, take: steps.one({ type, typeRequired: true }) });
  }
  for (const [path, type] of ONE_EVENT) {
    table.set(path, { kind: "collect", allowHeaders: OTHER_HEADERS, take: steps.one({ type, typeRequired: false }) });
  }
  for (const path of ["/v1/batch", "/v1/b", "/v1/import"]) {
    table.set(path, { kind: "collect", allowHeaders: OTHER_HEADERS, take: steps.batch });
  }
  table.set("/v1/m", { kind: "ignored", allowHeaders: OTHER_HEADERS });
  return table;
}

/** A path as clients misspell it: doubled slashes, a slash at the end, a whole URL. Never answered by a redirect. */
export function tidyPath(path: string): string {
  const local = path.startsWith("/") ? path : path.replace(/^https?:\/\/[^/]*/i, "");
  const tidy = local.replace(/\/{2,}/g, "/");
  return tidy.length > 1 && tidy.endsWith("/") ? tidy.slice(0, -1) : tidy;
}
