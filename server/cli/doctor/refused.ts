/** What the last refused requests have in common, and how to end it. */
import { type GatewayErrorCode, isOpaqueOrigin, OPAQUE_ORIGIN_CURE } from "@datafly-signal/core";
import type { Status } from "@datafly-signal/management-api";
import { type Finding, warning } from "./finding.ts";

type Sample = Status["refused_samples"][number];

const SHOWN_GROUPS = 8;

/** One finding for each code, origin and pipeline, the most frequent first. */
export function refusedFindings(samples: readonly Sample[]): Finding[] {
  const groups = new Map<string, Sample[]>();
  for (const sample of samples) {
    const key = JSON.stringify([sample.code, sample.pipeline, originMatters(sample) ? sample.origin : null]);
    groups.set(key, [...(groups.get(key) ?? []), sample]);
  }
  return [...groups.values()]
    .toSorted((a, b) => b.length - a.length)
    .slice(0, SHOWN_GROUPS)
    .flatMap((group) => {
      const [newest] = group;
      return newest === undefined ? [] : [warning("refused requests", messageOf(group, newest), cureOf(newest))];
    });
}

function originMatters({ code }: Sample): boolean {
  return code === "origin_not_allowed";
}

function messageOf(group: readonly Sample[], newest: Sample): string {
  const from = newest.origin === null ? newest.ip : newest.origin;
  const pipeline = newest.pipeline === null ? "" : ` for ${newest.pipeline}`;
  const said = originMatters(newest) ? "" : `: ${newest.message}`;
  return `${newest.code} (${newest.status}), ${group.length} of the last refused${pipeline}, newest ${newest.at} from ${from}${said}`;
}

function cureOf(sample: Sample): string {
  const pipeline = sample.pipeline === null ? "the pipeline it belongs to" : `pipeline ${sample.pipeline}`;
  if (sample.code === "origin_not_allowed") {
    if (isOpaqueOrigin(sample.origin)) return OPAQUE_ORIGIN_CURE;
    return `Add ${hostOf(sample.origin)} to domain_allowlist of ${pipeline}, if that site is yours.`;
  }
  if (sample.code === "rate_limited") {
    return `Raise rate_limit_rps of ${pipeline}, or let the client send batches (POST /v1/batch).`;
  }
  const known: Readonly<Record<string, string>> = CURES;
  return known[sample.code] ?? "See docs/errors.md.";
}

const CURES: Readonly<Partial<Record<GatewayErrorCode, string>>> = {
  missing_pipeline_key:
    "Let the client send its key: Authorization: Bearer dk_…, or data-pipeline-key on the script tag.",
  invalid_pipeline_key:
    "Compare the key on the page or in the client with pipeline_key and pipeline_keys in signal.yaml; an old key may stay in pipeline_keys while it rotates out.",
  conflicting_keys: "Let the client send one key: the header and the body's writeKey differ.",
  invalid_json: "Let the client send one JSON object as UTF-8; the message says what was wrong.",
  invalid_event: "Mend the field that the message names, where the event is made.",
  no_event_accepted: "Mend the fields that the answer's errors name, where the events are made.",
  invalid_encoding: "Content-Encoding may be gzip, br or deflate, and must be what the body is.",
  payload_too_large: "Split what is sent, or raise MAX_PAYLOAD_SIZE (MAX_BATCH_SIZE for the number of events).",
  overloaded: "See disk and memory above; clients that retry lose nothing.",
  request_timeout: "Clients or a proxy before this server send too slowly: see the proxy's timeouts.",
  headers_too_large: "Let the client send fewer or smaller cookies and headers.",
  bad_request: "Something that is no HTTP/1.1 client calls this port: see the proxy before this server.",
  internal_error: "See the server's log at that time.",
};

function hostOf(origin: string | null): string {
  try {
    return new URL(origin ?? "").host || (origin ?? "its host");
  } catch {
    return origin ?? "its host";
  }
}
