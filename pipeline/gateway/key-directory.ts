/** Pipeline keys, origins and rate limits of the current snapshot, looked up on every request. */
import {
  compileOrigins,
  rateBucket,
  type Clock,
  type ConfigSnapshot,
  type OriginList,
  type PipelineConfig,
  type RateBucket,
} from "@datafly-signal/core";

/** What a request with a known key is held to. */
export interface PipelineGate {
  pipelineId: string;
  origins: OriginList;
  limits: KeyLimits;
  /** Wall clock, epoch milliseconds: from then on the key is refused. */
  endsAt: number;
}

interface KeyLimits {
  requestsPerSecond: number;
  requests: RateBucket;
  events: RateBucket;
}

export interface KeyDirectory {
  load(snapshot: ConfigSnapshot): void;
  /**
   * Undefined for an unknown or revoked key, or one of a disabled pipeline. Jitsu's SDK takes no key but in the form
   * `id:secret`: where that is no key as a whole, the part before the colon is.
   */
  gate(key: string): PipelineGate | undefined;
  /** Whether any enabled pipeline takes events of pages of this origin. */
  allowsSomewhere(origin: string): boolean;
}

/** Events are limited at this many times the requests. */
const EVENTS_PER_REQUEST = 10;
/** Origins whose answer is remembered; strangers can send any number of them. */
const REMEMBERED_ORIGINS = 1_000;

export function keyDirectory(options: { environment: "development" | "production"; clock: Clock }): KeyDirectory {
  const localhost = options.environment === "development";
  let gates = new Map<string, PipelineGate>();
  let anywhere: OriginList = compileOrigins([], { localhost });
  return {
    load(snapshot) {
      const before = gates;
      gates = new Map();
      const lists: OriginList[] = [compileOrigins([], { localhost })];
      for (const pipeline of snapshot.pipelines.filter((each) => each.enabled)) {
        const origins = remembering(compileOrigins(pipeline.domainAllowlist, { localhost }));
        lists.push(origins);
        for (const key of pipeline.keys) {
          const limits = limitsOf(pipeline, before.get(key)?.limits, options.clock.monotonic());
          gates.set(key, { pipelineId: pipeline.id, origins, limits, endsAt: pipeline.keyEnds?.[key] ?? Infinity });
        }
      }
      anywhere = remembering({ shown: "*", allows: (origin) => lists.some((list) => list.allows(origin)) });
    },
    gate(key) {
      const gate = gates.get(key) ?? gates.get(beforeColon(key));
      // Looked at here too: the configuration that revokes it may be late.
      return gate === undefined || gate.endsAt === Infinity || options.clock.wall() < gate.endsAt ? gate : undefined;
    },
    allowsSomewhere: (origin) => anywhere.allows(origin),
  };
}

function beforeColon(key: string): string {
  const colon = key.indexOf(":");
  return colon === -1 ? "" : key.slice(0, colon);
}

/** A new snapshot does not refill buckets whose limit it leaves alone. */
function limitsOf(pipeline: PipelineConfig, before: KeyLimits | undefined, now: number): KeyLimits {
  const requestsPerSecond = pipeline.rateLimitRps;
  if (before?.requestsPerSecond === requestsPerSecond) return before;
  return {
    requestsPerSecond,
    requests: rateBucket(requestsPerSecond, now),
    events: rateBucket(requestsPerSecond * EVENTS_PER_REQUEST, now),
  };
}

function remembering(list: OriginList): OriginList {
  const answers = new Map<string, boolean>();
  return {
    shown: list.shown,
    allows(origin) {
      const known = answers.get(origin);
      if (known !== undefined) return known;
      const answer = list.allows(origin);
      if (answers.size >= REMEMBERED_ORIGINS) answers.clear();
      answers.set(origin, answer);
      return answer;
    },
  };
}
