/** The paths of the gateway: what each takes, and how it presents itself. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { CollectType } from "@datafly-signal/core";
import type { TakeEvents } from "./collect.ts";
import type { Exchange } from "./exchange.ts";
import type { OneEventPath } from "./one-event.ts";
import { PIXEL_TYPES } from "./pixel.ts";
import { JITSU_SURFACE, PICTURE_SURFACE, READ_SURFACE, SDK_SURFACE, SEED_SURFACE, type Surface } from "./surface.ts";

export type Route =
  /** A POST whose body holds events. */
  | { kind: "collect"; surface: Surface; take: TakeEvents }
  /** A POST that is answered 200 and thrown away: the metrics of foreign SDKs. */
  | { kind: "ignored"; surface: Surface }
  /** A GET or HEAD. */
  | { kind: "read"; surface: Surface; read: (exchange: Exchange) => void }
  /** A file that answers every method itself. */
  | { kind: "file"; surface: Surface; serve: ServeFile };

/** `query` is without the question mark. */
export type ServeFile = (req: IncomingMessage, res: ServerResponse, query: string) => void;

export interface RouteSteps {
  one(path: OneEventPath): TakeEvents;
  batch: TakeEvents;
  /** A batch, answered with Jitsu's words beside ours. */
  jitsuBatch: TakeEvents;
  pixel(exchange: Exchange, take: TakeEvents): void;
  sourceConfig(exchange: Exchange): void;
  /** Null when there is no collector to serve. */
  collector: ServeFile | null;
}

const SEED_PATHS: readonly (readonly [path: string, type: CollectType])[] = [
  ["/v1/t", "track"],
  ["/v1/p", "page"],
  ["/v1/i", "identify"],
  ["/v1/g", "group"],
];
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
/** The last one is RudderStack's for `sendBeacon`, with the key in the query. */
const BATCHES = ["/v1/batch", "/v1/b", "/v1/import", "/beacon/v1/batch"];
/** Below `/api/s/` and, from servers, `/api/s/s2s/`. */
const JITSU: readonly (readonly [names: readonly string[], type: CollectType | null])[] = [
  [["track", "t"], "track"],
  [["page", "p"], "page"],
  [["identify", "i"], "identify"],
  [["group", "g"], "group"],
  [["screen", "s"], "screen"],
  [["alias", "a"], "alias"],
  [["event", "e"], null],
];
const JITSU_PREFIXES = ["/api/s/", "/api/s/s2s/"];
const JITSU_ACCEPTED = '{"success":true,"ok":true}';

export function routeTable(steps: RouteSteps): Map<string, Route> {
  const table = new Map<string, Route>();
  const collect = (path: string, surface: Surface, take: TakeEvents): void =>
    void table.set(path, { kind: "collect", surface, take });
  for (const [path, type] of SEED_PATHS) collect(path, SEED_SURFACE, steps.one({ type, typeRequired: true }));
  for (const [path, type] of ONE_EVENT) collect(path, SDK_SURFACE, steps.one({ type, typeRequired: false }));
  for (const path of BATCHES) collect(path, SDK_SURFACE, steps.batch);
  table.set("/v1/m", { kind: "ignored", surface: SDK_SURFACE });
  for (const prefix of JITSU_PREFIXES) {
    for (const [names, type] of JITSU) {
      const take = steps.one({ type, typeRequired: type === null, accepted: JITSU_ACCEPTED });
      for (const name of names) collect(`${prefix}${name}`, JITSU_SURFACE, take);
    }
    collect(`${prefix}batch`, JITSU_SURFACE, steps.jitsuBatch);
  }
  for (const type of PIXEL_TYPES) {
    const take = steps.one({ type, typeRequired: false, input: "pixel" });
    const read = (exchange: Exchange): void => steps.pixel(exchange, take);
    table.set(`/v1/pixel/${type}`, { kind: "read", surface: PICTURE_SURFACE, read });
  }
  table.set("/sourceConfig", { kind: "read", surface: READ_SURFACE, read: steps.sourceConfig });
  if (steps.collector !== null) {
    const route: Route = { kind: "file", surface: READ_SURFACE, serve: steps.collector };
    for (const path of ["/datafly.js", "/d.js"]) table.set(path, route);
  }
  return table;
}

/** A path as clients misspell it: doubled slashes, a slash at the end, a whole URL. Never answered by a redirect. */
export function tidyPath(path: string): string {
  const local = path.startsWith("/") ? path : path.replace(/^https?:\/\/[^/]*/i, "");
  const tidy = local.replace(/\/{2,}/g, "/");
  return tidy.length > 1 && tidy.endsWith("/") ? tidy.slice(0, -1) : tidy;
}
