/** What foreign SDKs ask for before they send: the settings of a source, which here lead them back to where they asked. */
import type { Admission } from "./admission.ts";
import type { Exchange, Responder } from "./exchange.ts";
import { keyOfHead } from "./request-key.ts";
import type { RequestOrigin } from "./request-origin.ts";

export interface SdkSettingsParts {
  admission: Admission;
  respond: Responder;
  originOf: (exchange: Exchange) => RequestOrigin;
}

/** Not by caches in between: the answer names the host by which it was asked. */
const CACHE = "private, max-age=60";

const PATH = /^\/v1\/projects\/(.+)\/settings$/;
/** Stands for all of them, where a path is shown: the key is not. */
export const SETTINGS_PATH = "/v1/projects/{key}/settings";

/** The key in a path of Segment's settings; null for any other path. */
export function settingsKey(path: string): string | null {
  const key = PATH.exec(path)?.[1];
  if (key === undefined) return null;
  try {
    return decodeURIComponent(key);
  } catch {
    return key;
  }
}

/** `GET /v1/projects/{key}/settings`, as Segment's browser and mobile SDKs read it. */
export function segmentSettings(exchange: Exchange, key: string, parts: SdkSettingsParts): void {
  parts.admission.admit(exchange, key, () => {
    const { protocol, host } = parts.originOf(exchange);
    const apiHost = `${host}/v1`;
    answer(exchange, parts, {
      // Exactly one: the SDK looks for the scripts of all others on Segment's servers.
      integrations: { "Segment.io": { apiKey: key, apiHost, protocol, retryQueue: true } },
      plan: { track: everything(), identify: everything(), group: everything() },
      // No share of calls is measured. The host is named all the same: left out, it would be Segment's.
      metrics: { sampleRate: 0, host: apiHost, protocol },
      edgeFunction: {},
      analyticsNextEnabled: true,
      middlewareSettings: {},
      enabledMiddleware: {},
      remotePlugins: [],
      legacyVideoPluginsEnabled: false,
    });
  });
}

function everything(): object {
  return { __default: { enabled: true, integrations: {} } };
}

/** `GET /sourceConfig`, as RudderStack's browser and mobile SDKs read it: no destination runs in the client. */
export function rudderSourceConfig(exchange: Exchange, parts: SdkSettingsParts): void {
  const head = keyOfHead(exchange.req.headers, exchange.query);
  if (head.kind === "conflict") return parts.respond.refuse(exchange, "conflicting_keys");
  if (head.kind === "none") return parts.respond.refuse(exchange, "missing_pipeline_key");
  const { key } = head;
  parts.admission.admit(exchange, key, () => {
    const id = exchange.gate?.pipelineId ?? "";
    answer(exchange, parts, {
      source: {
        id,
        name: id,
        writeKey: key,
        enabled: true,
        workspaceId: "",
        updatedAt: "1970-01-01T00:00:00.000Z",
        config: { statsCollection: { errors: { enabled: false }, metrics: { enabled: false } } },
        destinations: [],
        connections: [],
        // Empty, so that the SDK stays with the data plane it was given.
        dataplanes: {},
      },
    });
  });
}

function answer(exchange: Exchange, { respond }: SdkSettingsParts, settings: object): void {
  respond.answer(exchange, { status: 200, body: JSON.stringify(settings), cache: CACHE });
}
