/** Names, partitions, limits and retention of the log's topics. */

const DAY_MS = 86_400_000;

export const RAW_EVENTS = "raw-events";
export const DLQ_EVENTS = "dlq-events";
export const OUTCOMES = "outcomes";
export const WORKER_LEDGER = "worker-ledger";
/** What events looked like on their way, for a share of them and for failures. */
export const TRACES = "traces";
/** Compacted: what was done with a dead letter since it was written, by `dl_…` id. */
export const DEAD_LETTER_STATES = "dead-letter-states";

/** A delivery that has waited this long is given up as `expired_waiting`. */
export const MAX_WAIT_MS = 10 * DAY_MS;

/** What the log must know of a topic before anything is written to it. */
export interface TopicSpec {
  name: string;
  partitions: number;
  /** How long records are kept, in milliseconds; null keeps them (compacted topics keep the last of each key). */
  retentionMs: number | null;
  compacted: boolean;
  /** The largest record value accepted, in bytes. */
  maxRecordBytes: number;
}

export function deliveryTopic(integrationId: string): string {
  return `delivery-${integrationId}`;
}

export function deadLetterTopic(integrationId: string): string {
  return `dlq-delivery-${integrationId}`;
}

/** The consumer group of the processors. */
export const PROCESSOR_GROUP = "event-processor";

/** The consumer group of the workers of one integration. */
export function workerGroup(integrationId: string): string {
  return `delivery-worker-${integrationId}`;
}

/** The topics every deployment has. `partitions` is 4 embedded, 12 on Kafka, fixed at creation. */
export function fixedTopics(partitions: number): TopicSpec[] {
  const mib = 1_048_576;
  return [
    { name: RAW_EVENTS, partitions, retentionMs: 7 * DAY_MS, compacted: false, maxRecordBytes: 4 * mib },
    { name: DLQ_EVENTS, partitions: 1, retentionMs: 7 * DAY_MS, compacted: false, maxRecordBytes: 8 * mib },
    { name: OUTCOMES, partitions: 1, retentionMs: 3 * DAY_MS, compacted: false, maxRecordBytes: mib },
    { name: TRACES, partitions: 1, retentionMs: 3 * DAY_MS, compacted: false, maxRecordBytes: mib },
    { name: WORKER_LEDGER, partitions: 1, retentionMs: null, compacted: true, maxRecordBytes: 8 * mib },
    { name: DEAD_LETTER_STATES, partitions: 1, retentionMs: null, compacted: true, maxRecordBytes: mib },
  ];
}

/** The two topics of one integration. */
export function integrationTopics(integrationId: string, partitions: number): TopicSpec[] {
  const bytes = 8 * 1_048_576;
  return [
    {
      name: deliveryTopic(integrationId),
      partitions,
      retentionMs: MAX_WAIT_MS + 4 * DAY_MS,
      compacted: false,
      maxRecordBytes: bytes,
    },
    {
      name: deadLetterTopic(integrationId),
      partitions: 1,
      retentionMs: 7 * DAY_MS,
      compacted: false,
      maxRecordBytes: bytes,
    },
  ];
}
